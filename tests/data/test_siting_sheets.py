"""Rules of siting and technologies in a study workbook: they read back as they were, and faults name their cell."""

import openpyxl
import pytest

from data import InputError, read_study, study_to_workbook, template_content, write_content
from data.setting_keys import setting_keys
from data.siting_settings import Siting
from data.write_workbook import Content

NASTY = '=cmd()|\' "<b>"; {{x}}'
SITING = {
    "bbox": [11.0, 55.6, 11.2, 55.7],
    "max_sites": 7,
    "exclude": [
        {"on": "zones", "values": ["town", "a; b"], "within_m": 200.0},
        {"name": "far.out", "on": "plants", "beyond_m": 9000.0},
        {"name": "high", "on": "plants", "column": "height", "above": 3.5, "below": -1.0, "of": "value"},
    ],
    "criteria": [
        {"name": NASTY, "on": "plants", "linear": {"worst": 4000.0, "best": 0.0}, "unit": "m"},
        {"name": "bell", "on": "plants", "gaussian": {"best": 5.0, "spread": 2.0}, "missing": 0.25},
        {"name": "points", "on": "plants", "points": [[0.0, 1.0], [2000.0, 0.0]]},
        {"name": "steps", "on": "plants", "steps": [[500.0, 1.0], [2000.0, 0.5]], "values": [3.0, 5.0], "column": "n"},
        {"name": "classes", "on": "zones", "classes": {"industry": 1.0, "farm land": 0.5, "a=b; c": 0.0}},
    ],
}


def judged(names):
    return [[a, b, 1.5] for number, a in enumerate(names) for b in names[number + 1 :]]


def written(folder, siting):
    path = folder / "mine.xlsx"
    content = template_content()
    write_content(Content({**content.settings, "siting": siting}, content.tables), path)
    return path


@pytest.mark.parametrize("weighed", ["judgements", "weights"])
def test_rules_of_every_shape_come_through_a_workbook(tmp_path, weighed):
    names = [criterion["name"] for criterion in SITING["criteria"]]
    siting = {**SITING, "judgements": judged(names)}
    if weighed == "weights":
        criteria = [{**criterion, "weight": 1.0 + number} for number, criterion in enumerate(SITING["criteria"])]
        siting = {**SITING, "criteria": criteria}
    from data.study_workbook import read_study_workbook

    book = read_study_workbook(written(tmp_path, siting))
    assert not book.faults
    assert Siting.model_validate(book.content["siting"]) == Siting.model_validate(siting)


def test_a_workbook_without_rules_has_no_siting(tmp_path):
    content = template_content()
    write_content(content, tmp_path / "plain.xlsx")
    assert read_study(tmp_path / "plain.xlsx").settings.siting is None  # though it has the sheets
    assert not [key for key in setting_keys() if key.startswith(("siting.criteria.", "siting.exclude."))]


def test_faults_of_rules_name_sheet_row_and_column(tmp_path):
    path = written(tmp_path, {**SITING, "exclude": [{"on": "zones", "values": ["town"], "within_m": 200.0}]})
    book = openpyxl.load_workbook(path)
    sheet = book["siting_criteria"]
    column = {cell.value: cell.column for cell in sheet[3]}
    sheet.cell(4, column["best"]).value = None  # the first: a worst without a best
    sheet.cell(5, column["points"]).value = "0, 1"  # the second: two functions
    sheet.cell(6, column["on"]).value = "plnts"
    sheet.cell(8, column["classes"]).value = "industry"
    book["siting_exclude"].cell(4, 1).value = "near"
    book["siting_exclude"]["B4"] = "zoness"
    row = next(cell.row for cell in book["settings"]["A"] if cell.value == "siting.cell_m")
    book["settings"].cell(row, 1).value = "siting.criteria.roads.on"
    book["settings"].cell(row, 2).value = "roads"
    book.save(path)
    with pytest.raises(InputError) as caught:
        read_study(path)
    found = {(fault.file.removeprefix("mine.xlsx, sheet "), fault.row, fault.column) for fault in caught.value.faults}
    assert ("siting_criteria", 4, "best") in found
    assert ("siting_criteria", 5, "") in found
    assert ("siting_criteria", 8, "classes") in found
    assert ("settings", row, "key") in found

    for cell, value in ((sheet.cell(4, column["best"]), 0), (sheet.cell(5, column["points"]), None),
                        (sheet.cell(8, column["classes"]), "industry = 1")):  # fmt: skip
        cell.value = value
    book["settings"].cell(row, 2).value = None
    book.save(path)
    with pytest.raises(InputError) as caught:
        read_study(path)
    found = {(fault.file.removeprefix("mine.xlsx, sheet "), fault.row, fault.column) for fault in caught.value.faults}
    assert {("siting_criteria", 6, "on"), ("siting_exclude", 4, "on")} <= found


def test_technologies_of_a_study_come_through_a_workbook(template, tmp_path):
    toml = (template / "study.toml").read_text(encoding="utf-8")
    toml = toml.replace("[layers]\n", '[layers]\ntechnologies = "t.csv"\nrecipes = "r.csv"\n')
    (template / "study.toml").write_text(
        toml + '\n[hubs]\ntechnologies = ["crusher_2", "sludge_drying", "x"]\n', encoding="utf-8"
    )
    (template / "t.csv").write_text(
        "technology,name,recipe,module_capacity,unit,capex_per_module,throughput_resource,note\n"
        "crusher_2,=cmd(),1 t fly_ash -> 0.9 t gypsum,10,kt,100000,,'quoted' \"text\"\n"
        "x,Two ways in,,3,t/h,5e5,fly_ash,\n",
        encoding="utf-8",
    )
    (template / "r.csv").write_text(
        "technology,resource,quantity,unit\nx,fly_ash,-1,t\nx,gypsum,0.5,t\n", encoding="utf-8"
    )
    study = read_study(template)
    assert set(study.technologies["technology"]) >= {"crusher_2", "x"}
    study_to_workbook(study, tmp_path / "t.xlsx")
    again = read_study(tmp_path / "t.xlsx")
    assert again.technologies.equals(study.technologies)
    assert again.recipes.equals(study.recipes)
    assert again.digest == study.digest
