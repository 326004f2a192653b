"""A study that is one workbook: it reads as the folder does, round-trips, and every fault names its cell."""

import datetime as dt
import zipfile

import openpyxl
import pandas as pd
import pytest

from data import InputError, documented_exchanges, read_study, study_to_workbook, template_content, write_content
from data.setting_keys import known, parse_value, setting_keys, write_value
from data.settings import Settings
from data.sheets import plain_number, read_sheet
from data.study_workbook import TABLE_SHEETS
from data.write_workbook import Content

FIRST = 4  # row of the first plant in the template, as the spreadsheet numbers it


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "mine.xlsx"
    write_content(template_content(), path)
    return path


@pytest.fixture
def change(workbook):
    """Set cells by sheet and address, as a person would in a spreadsheet program."""

    def set_cells(cells, then=lambda book: None):
        book = openpyxl.load_workbook(workbook)
        for (sheet, address), value in cells.items():
            book[sheet][address] = value
        then(book)
        book.save(workbook)
        return workbook

    return set_cells


def cell_of(path, sheet, row, column):
    """Return the address of a cell by the name of its column."""
    names = [cell.value for cell in openpyxl.load_workbook(path)[sheet][3]]
    return sheet, openpyxl.utils.get_column_letter(names.index(column) + 1) + str(row)


def setting_row(path, key):
    column = [cell.value for cell in openpyxl.load_workbook(path)["settings"]["A"]]
    return column.index(key) + 1


def faults(path):
    with pytest.raises(InputError) as caught:
        read_study(path)
    return {(fault.file.removeprefix("mine.xlsx, sheet "), fault.row, fault.column): fault
            for fault in caught.value.faults}  # fmt: skip


def test_the_template_is_the_study_that_init_writes_as_a_folder(workbook, template):
    ours, theirs = read_study(workbook), read_study(template)
    assert ours.digest == theirs.digest
    assert ours.settings.model_dump(exclude={"layers"}) == theirs.settings.model_dump(exclude={"layers"})


def test_the_same_content_gives_the_same_bytes(workbook, tmp_path):
    write_content(template_content(), tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == workbook.read_bytes()


def test_kalundborg_goes_through_a_workbook_and_back(tmp_path):
    study = read_study("kalundborg")
    written = study_to_workbook(study, tmp_path / "k.xlsx", documented=documented_exchanges("kalundborg"))
    assert {path.name for path in written} == {"k.xlsx", "k-layers"}  # roads are beside it
    again = read_study(tmp_path / "k.xlsx")
    assert again.digest == study.digest
    for name in ("plants", "streams", "resources", "zones", "crossings", "roads", "sites"):
        assert getattr(again, name).equals(getattr(study, name)), name
    pd.testing.assert_frame_equal(documented_exchanges(tmp_path / "k.xlsx"), documented_exchanges("kalundborg"))


def test_every_column_has_a_comment_a_unit_and_what_may_be_chosen(workbook):
    book = openpyxl.load_workbook(workbook)
    for name in TABLE_SHEETS:
        sheet = book[name]
        for cell in sheet[3]:
            assert cell.comment is not None, f"{name}.{cell.value}"
    assert book["plants"][cell_of(workbook, "plants", 2, "lon")[1]].value == "degrees"
    rules = {
        (name, str(rule.sqref).split(":")[0]): rule
        for name in ("settings", *TABLE_SHEETS)
        for rule in book[name].data_validations.dataValidation
    }
    for sheet, column, source in (
        ("streams", "plant", "choice_plant"), ("streams", "resource", "choice_resource"),
        ("streams", "direction", '"supply,demand"'), ("streams", "unit", "choice_unit"),
        ("streams", "must_serve", '"TRUE,FALSE"'), ("plants", "sector", "choice_sector"),
        ("zones", "kind", "choice_land"), ("resources", "phase", '"solid,slurry,liquid,gas,steam,heat"'),
    ):  # fmt: skip
        assert rules[cell_of(workbook, sheet, FIRST, column)].formula1.lstrip("=") == source
    assert {"choice_plant", "choice_resource", "choice_unit"} <= set(book.defined_names)
    listed = [cell.value for cell in book["choices"]["A"]]
    assert {"steam_10bar", "hot_water_90"} <= set(listed)


def test_every_setting_has_a_row_with_its_meaning(workbook):
    missing = [key for key, item in setting_keys().items() if not item.meaning]
    assert not missing, f"data/contracts/settings.csv lacks {missing}"
    column = [cell.value for cell in openpyxl.load_workbook(workbook)["settings"]["A"]]
    assert set(setting_keys()) - {f"layers.*.{end}" for end in ("path", "layer", "crs")} <= set(column)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("limits.forced_exchanges", [["A", "B"], ["C d", "D", "fly_ash"]]),
        ("limits.forced_exchanges", [["A > B", "C"]]),
        ("limits.max_new_partners", [4, 4]),
        ("limits.max_new_partners", 4),
        ("phases.years", [5]),
        ("sources", ["one; with a semicolon", "two"]),
        ("sources", ["one\nwith a line break; and more", "=cmd()"]),
        ("world.links", [[10.0, 55.5, 11.0, 56.0]]),
        ("terrain.soil.steps", [[10.0, 1.0], [20.0, 1.5]]),
        ("trucks.classes", ["artic_tipper", "artic_silo"]),
    ],
)
def test_lists_are_written_so_that_they_read_back(key, value):
    item = known(tuple(key.split(".")))
    assert parse_value(write_value(value, item), item) == value


def test_settings_of_every_shape_come_through(tmp_path):
    content = template_content()
    settings = {
        **content.settings,
        "sources": ["=HYPERLINK(1)", "a; b"],
        "trucks": {"classes": ["artic_tipper"], "speed_caps_kmh": {"motorway": 80.0},
                   "vehicles": {"artic_tipper": {"cost_per_km": 0.7, "resources": ["fly_ash"]}}},
        "phases": {"start_year": 2030, "years": [5, 10]},
        "limits": {"max_new_partners": [2, 3], "forbidden_exchanges": [["power", "paper", "steam_10bar"]]},
        "solver": {"gap": 1 / 3e4, "options": {"mip_heuristic_effort": 0.2}},
        "layers": {"plants": {"path": "p"}, "streams": {"path": "s"}},
    }  # fmt: skip
    wanted = Settings.model_validate(settings)
    write_content(Content({**settings, "layers": {}}, content.tables), tmp_path / "s.xlsx")
    assert read_study(tmp_path / "s.xlsx").settings.model_dump(exclude={"layers"}) == wanted.model_dump(
        exclude={"layers"}
    )


def test_hostile_text_stays_text(tmp_path):
    names = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", '"<script>alert(1)</script>"', "{{ 7*7 }}", "http://x.y",
             "bell\x07", "_x0041_", "#N/A", "TRUE", "007", "1-2"]  # fmt: skip
    content = template_content()
    plants = content.tables["plants"]
    for name in names:
        tables = {**content.tables, "plants": plants.assign(name=[name, "b", "c"], note=[name, "", ""])}
        path = tmp_path / "h.xlsx"
        write_content(Content({**content.settings, "description": name}, tables), path)
        read = read_study(path)
        assert read.plants["name"].iloc[0] == name
        assert read.plants["note"].iloc[0] == name
        assert read.settings.description == name
        with zipfile.ZipFile(path) as parts:
            sheets = [part for part in parts.namelist() if part.startswith("xl/worksheets/sheet")]
            choices = sheets[-1]  # the only sheet with formulas, all our own
            assert not any(b"<f>" in parts.read(part) for part in sheets if part != choices)


def test_all_faults_come_together_with_sheet_row_and_column(workbook, change):
    at = lambda sheet, row, column: cell_of(workbook, sheet, row, column)  # noqa: E731
    gap, unknown = setting_row(workbook, "solver.gap"), setting_row(workbook, "solver.seed")
    change(
        {
            at("plants", 5, "lat"): "north",
            at("streams", 4, "plant"): "powr",
            at("streams", 5, "quantity"): "1,200",
            at("streams", 6, "quantity"): dt.date(2026, 3, 1),
            at("streams", 7, "direction"): "suply",
            at("zones", 4, "wkt"): "POLYGON ((",
            ("settings", f"B{unknown}"): "x",
            ("settings", f"A{gap}"): "solver.gapp",
        }
    )
    found = faults(workbook)
    for place in (
        ("plants", 5, "lat"), ("streams", 5, "quantity"), ("streams", 6, "quantity"), ("streams", 7, "direction"),
        ("settings", unknown, "value"), ("settings", gap, "value"),
    ):  # fmt: skip
        assert place in found, place
    assert "1200 or 1.200" in found["streams", 5, "quantity"].found
    assert "a date" in found["streams", 6, "quantity"].found
    assert "solver.gapp" in found["settings", gap, "value"].found
    change({("settings", f"B{unknown}"): None, ("settings", f"A{gap}"): "solver.gap"})
    found = faults(workbook)
    assert {("zones", 4, "wkt"), ("streams", 4, "plant"), ("plants", 5, "lat")} <= set(found)
    assert "did you mean 'power'" in found["streams", 4, "plant"].expected


def test_blank_rows_are_skipped_and_rows_keep_their_numbers(workbook, change):
    def spread(book):
        book["streams"].insert_rows(5, amount=3)
        book["streams"]["A12"] = "   "

    change({}, spread)
    assert len(read_study(workbook).streams) == 4
    change({cell_of(workbook, "streams", 9, "resource"): "steem_10bar"})
    assert set(faults(workbook)) == {("streams", 9, "resource")}


def test_what_a_spreadsheet_can_hold_besides_is_reported(workbook, change):
    def spoil(book):
        book["plants"].merge_cells("B4:B5")
        book["sites"].sheet_state = "hidden"
        book.create_sheet("plants 2")
        book.create_sheet("_scratch")["A1"] = "anything"

    change(
        {
            cell_of(workbook, "streams", 4, "quantity"): "=2*30",  # saved without being reckoned
            cell_of(workbook, "streams", 5, "price"): "#DIV/0!",
            ("streams", "Z6"): "a stray note",
        },
        spoil,
    )
    found = faults(workbook)
    assert "merged cells B4:B5" in found["plants", 4, "name"].found
    assert "hidden" in found["sites", None, ""].found
    assert "not known" in found["plants 2", None, ""].found
    assert "formula without a value" in found["streams", 4, "quantity"].found
    assert "#DIV/0!" in found["streams", 5, "price"].found
    assert "no name" in found["streams", 6, "Z"].expected
    assert not any("_scratch" in place[0] for place in found)


def test_a_date_is_its_year_where_a_year_is_wanted(workbook, change):
    change({cell_of(workbook, "streams", 4, "available_from"): dt.date(2031, 1, 1)})
    assert read_study(workbook).streams["available_from"].iloc[0] == 2031


@pytest.mark.parametrize(
    ("text", "number"),
    [("12,5", "12.5"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1 234 567", "1234567"),
     ("1'234,50", "1234.50"),
     ("0,125", "0.125"), ("1,234,567", "1234567"), ("1,234", None),
     ("-7,5", "-7.5"), ("sixty", "sixty"), ("1e3", "1e3")],
)  # fmt: skip
def test_numbers_of_other_countries(text, number):
    assert plain_number(text) == number


def test_formulas_are_read_by_their_stored_values(tmp_path):
    import xlsxwriter

    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("t")
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_formula(1, 0, "=6*7", None, 42)
        sheet.write_string(1, 1, "x")
    assert read_sheet(path, "t").frame.to_dict("records") == [{"a": 42, "b": "x"}]


def test_a_file_that_is_no_workbook_says_so(tmp_path):
    (tmp_path / "mine.xlsx").write_bytes(b"\xd0\xcf\x11\xe0 an old or locked one")
    assert "no workbook" in faults(tmp_path / "mine.xlsx")["mine.xlsx", None, ""].found


def test_a_layer_may_be_a_file_beside_the_workbook_but_not_twice(workbook, change, tmp_path):
    zones = read_study(workbook).zones
    zones.to_file(tmp_path / "zones.gpkg")
    key = setting_row(workbook, "layers.*.path")
    change({("settings", f"A{key}"): "layers.zones", ("settings", f"B{key}"): "zones.gpkg"})
    assert ("zones", None, "") in faults(workbook)
    change({}, lambda book: book["zones"].delete_rows(4, 10))
    assert len(read_study(workbook).zones) == 2
