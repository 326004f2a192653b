import pandas as pd

from data.frames import read_tables
from data.plan import read_plan, write_plan
from maps import write_outputs, write_tables


def test_all_outputs(study, plan, tmp_path):
    write_outputs(study, plan, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "map.html",
        "map.png",
        "plan.gpkg",
        "plan.xlsx",
        "report.html",
        "tables",
    ]
    assert {path.stem for path in (tmp_path / "out" / "tables").iterdir()} == {*plan.tables}


def test_tables_come_back_as_they_were(study, plan, tmp_path):
    formula = plan.replace(exchanges=plan.exchanges.assign(via_hub='=HYPERLINK("x")'))
    write_tables(study, formula, tmp_path)
    tables, faults = read_tables(tmp_path, "plan", skip=("geometries",))
    assert not faults
    for name, table in formula.tables.items():
        pd.testing.assert_frame_equal(tables[name], table)


def test_a_plan_is_redrawn_from_its_folder(study, plan, tmp_path):
    write_plan(plan, tmp_path / "plan")
    write_outputs(study, plan, tmp_path / "a")
    write_outputs(study, read_plan(tmp_path / "plan"), tmp_path / "b")
    for name in ("map.html", "map.png", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
