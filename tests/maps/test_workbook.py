"""plan.xlsx: all tables, names beside ids, totals that agree, the same bytes each time, hostile text inert."""

import re
import zipfile

import openpyxl
import pytest

from data.contracts import make_table
from data.plan import Plan
from maps import write_workbook
from tests.maps.conftest import sited_study, with_hub, with_market, writes_the_same_twice

HEADER = 4  # row of the header, as the spreadsheet numbers it


@pytest.fixture
def written(study, plan, tmp_path):
    write_workbook(study, plan, tmp_path / "plan.xlsx")
    return tmp_path / "plan.xlsx"


def rows(path, sheet):
    lines = list(openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows(min_row=HEADER, values_only=True))
    names = [str(name).split("\n")[0] for name in lines[0]]
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]


def test_every_table_has_a_sheet_and_every_column_a_meaning(written):
    book = openpyxl.load_workbook(written)
    assert book.sheetnames == ["Summary", "Exchanges", "Pipelines", "Trenches", "Trucks", "Fleets", "Hubs",
                               "Beside hubs", "Sites", "Unplaced",
                               "Unserved", "Costs", "Phases", "Unreachable", "Columns"]  # fmt: skip
    explained = {(line["Sheet"], line["Column"]) for line in rows(written, "Columns") if line["Meaning"]}
    for sheet in book.worksheets[1:-1]:
        assert sheet.freeze_panes == "B5"
        assert sheet.print_title_rows == f"${HEADER}:${HEADER}"
        assert sheet.page_setup.orientation == "landscape"
        for cell in sheet[HEADER]:
            assert (sheet.title, cell.value.split("\n")[0]) in explained


def test_numbers_are_the_plans(written, plan):
    exchanges = rows(written, "Exchanges")
    assert exchanges[0]["From"] == "Harbour power station"
    assert exchanges[0]["From id"] == "power"
    assert [line["Quantity received"] for line in exchanges] == plan.exchanges["quantity"].tolist()
    truck = rows(written, "Trucks")[0]
    assert truck["Trips per day"] == pytest.approx(180_000 / 25 / 365)
    assert truck["Driven"] == pytest.approx(180_000 / 25 * 2.9 * 2)
    total = openpyxl.load_workbook(written, data_only=True)["Exchanges"]
    at = [str(cell.value).split("\n")[0] for cell in total[HEADER]].index("Transport cost")
    assert total[HEADER - 1][at].value == pytest.approx(plan.exchanges["cost"].sum())
    assert openpyxl.load_workbook(written)["Exchanges"][HEADER - 1][at].value.startswith("=SUBTOTAL(109,")


def test_what_hubs_buy_and_dispose_of_has_a_sheet_of_its_own(study, plan, tmp_path):
    write_workbook(study, with_market(plan), tmp_path / "plan.xlsx")
    assert [line["Hub"] for line in rows(tmp_path / "plan.xlsx", "Hubs")] == ["ash_wash"]
    beside = rows(tmp_path / "plan.xlsx", "Beside hubs")
    assert [(line["What"], line["Resource"], line["Quantity"], line["Unit"]) for line in beside] == [
        ("Bought new", "Surface water", 400, "m3/year"), ("Disposed of", "Sludge", 90, "t/year"),
    ]  # fmt: skip
    assert len(rows(tmp_path / "plan.xlsx", "Exchanges")) == len(with_hub(plan).exchanges)


def test_sites_are_listed_with_what_each_criterion_adds(plan, tmp_path):
    study = sited_study()
    path = tmp_path / "plan.xlsx"
    hub = {"hub": "h", "node": "yard", "technology": "dryer", "modules": 1, "throughput": 1.0, "cost": 1.0}
    write_workbook(study, plan.replace(built_hubs=make_table("plan", "built_hubs", [hub])), path)
    first, second, shut = rows(path, "Sites")
    assert [first[name] for name in ("Rank", "Site", "Hub", "Area")] == [1, "Old yard", "dryer", 6]
    assert first["Adds: near roads"] + first["Adds: level"] == pytest.approx(first["Score"])
    assert (second["Site"], second["Hub"], second["Worst rank"]) == ("Field", None, 2)
    assert (shut["Site"], shut["Rank"], shut["Excluded"]) == ("Fen", None, "protected")


def test_sites_that_were_not_judged_are_listed_too(written):
    assert [(line["Site"], line["Hub"]) for line in rows(written, "Sites")] == [("Old yard", None)]


def test_the_same_plan_gives_the_same_bytes(study, plan, tmp_path):
    assert writes_the_same_twice(lambda path: write_workbook(study, plan, path), tmp_path / "plan.xlsx")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "<script>", "http://a.b", "\x07&[Page]"])
def test_hostile_names_are_inert(study, plan, tmp_path, name):
    plants = study.plants.assign(name=[name, *study.plants["name"][1:]])
    path = tmp_path / "plan.xlsx"
    write_workbook(study.replace(plants=plants), plan.replace(problem=name, notes=(name,)), path)
    cell = openpyxl.load_workbook(path)["Exchanges"].cell(HEADER + 1, 1)
    assert (cell.value, cell.data_type) == (name.replace("\x07", "_x0007_"), "s")  # as workbooks spell it
    assert cell.quotePrefix or name[0] not in "=+-@"
    with zipfile.ZipFile(path) as parts:
        sheets = [parts.read(part) for part in parts.namelist() if part.startswith("xl/worksheets/sheet")]
    formulas = [text for sheet in sheets for text in re.findall(rb"<f>(.*?)</f>", sheet)]
    assert formulas
    assert all(text.startswith(b"SUBTOTAL(109,") for text in formulas)


def test_a_plan_in_which_nothing_is_built_has_a_workbook_all_the_same(study, tmp_path):
    write_workbook(study, Plan(problem="p", status="optimal", objective=0.0), tmp_path / "plan.xlsx")
    assert openpyxl.load_workbook(tmp_path / "plan.xlsx")["Pipelines"].cell(HEADER + 1, 1).value.startswith("no ")
