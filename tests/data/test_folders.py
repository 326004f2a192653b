"""Values on disk: whole or not at all, and read back unchanged."""

import pandas as pd
import pytest

from data import InputError, Plan, Problem, make_table, read_plan, read_problem, whole_folder, write_plan, write_problem


@pytest.fixture
def problem():
    return Problem(
        name='odd "name" = é',
        nodes=make_table(
            "problem", "nodes", [{"node": "a", "kind": "plant", "x": 0.1}, {"node": "b", "kind": "plant"}]
        ),
        resources=make_table("problem", "resources", [{"resource": "w", "unit": "t"}]),
        supplies=make_table("problem", "supplies", [{"supply": "s", "node": "a", "resource": "w", "quantity": 1 / 3}]),
        demands=make_table("problem", "demands", [{"demand": "d", "node": "b", "resource": "w", "quantity": 2.0}]),
    )


def test_a_problem_reads_back_unchanged(problem, tmp_path):
    write_problem(problem, tmp_path)
    again = read_problem(tmp_path)
    assert again.digest() == problem.digest()
    for name, table in problem.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)


def test_a_problem_table_may_be_parquet(problem, tmp_path):
    write_problem(problem, tmp_path)
    pd.read_csv(tmp_path / "supplies.csv").to_parquet(tmp_path / "supplies.parquet")
    with pytest.raises(InputError, match="one of the two"):
        read_problem(tmp_path)
    (tmp_path / "supplies.csv").unlink()
    assert read_problem(tmp_path).supplies.equals(problem.supplies)


def test_names_that_point_nowhere_are_faults(problem, tmp_path):
    write_problem(problem, tmp_path)
    supplies = pd.read_csv(tmp_path / "supplies.csv").assign(node="z", resource="y")
    supplies.to_csv(tmp_path / "supplies.csv", index=False)
    with pytest.raises(InputError) as caught:
        read_problem(tmp_path)
    assert {(fault.file, fault.row, fault.column) for fault in caught.value.faults} == {
        ("supplies.csv", 2, "node"),
        ("supplies.csv", 2, "resource"),
    }


def test_a_plan_reads_back_unchanged(tmp_path):
    plan = Plan(
        problem="p",
        status="time_limit",
        objective=3.25,
        bound=None,
        gap=None,
        checker=("supply s: 2 t too much",),
        costs=make_table("plan", "costs", [{"term": "haul", "amount": 0.1 + 0.2}]),
        seconds={"solve": 0.5},
    )
    write_plan(plan, tmp_path)
    again = read_plan(tmp_path)
    assert again.summary() == plan.summary()
    pd.testing.assert_frame_equal(again.costs, plan.costs)


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    def fail():
        with whole_folder(tmp_path / "out") as folder:
            (folder / "plan.json").write_text("{}")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_output_is_replaced_and_a_foreign_folder_is_not(tmp_path):
    out = tmp_path / "out"
    for text in ("1", "2"):
        with whole_folder(out) as folder:
            (folder / "plan.json").write_text(text)
    assert (out / "plan.json").read_text() == "2"
    mine = tmp_path / "home"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="did not write"), whole_folder(mine):
        pass
    assert (mine / "thesis.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out"]
