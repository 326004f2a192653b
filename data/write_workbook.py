"""A study written as one workbook to fill in: settings, a sheet per table, drop-downs, units, comments."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from data.choices import CHOICES, choice_of, write_choices
from data.contracts import Column
from data.errors import Fault, InputError
from data.frames import read_table
from data.setting_keys import SettingKey, dotted, flat, known, sections, setting_keys, write_value
from data.siting_sheets import SITING_SHEETS, rule_tables
from data.study_workbook import PLACE_COLUMNS, PLACED_SHEETS, TABLE_SHEETS, wanted_columns
from data.tomlfile import toml_value
from data.xlsx import MAX_TEXT, Book, Sheet

HEADER = 2  # row of a table's header, counted from 0; above it what the sheet is about, and the units
_SPARE_ROWS = 1000  # below the header that have drop-downs
_COORDINATES = {"degrees": ("lon", "lat"), "metres": ("x", "y")}
_WIDTHS = {"wkt": 40.0, "note": 40.0, "source": 40.0, "name": 30.0, "classes": 40.0, "values": 40.0, "points": 24.0,
           "steps": 24.0}  # fmt: skip
_ABOUT = {
    "plants": "One row per plant. The place is a point (two coordinates) or an outline (wkt).",
    "streams": "What each plant has to give (supply) and wants (demand), one row each.",
    "resources": "Only resources that the catalogue lacks, or that differ here; the sheet choices lists the catalogue.",
    "zones": "Areas that pipes avoid, as outlines (wkt). Or name a file: layers.zones in settings.",
    "crossings": "Lines that cost extra to cross, as lines (wkt). Or name a file: layers.crossings in settings.",
    "pipelines": "Pipes that are there already, as lines (wkt). Or name a file: layers.pipelines in settings.",
    "sites": "Parcels where a shared hub could stand, as points or outlines (wkt).",
    "gates": "Where trucks enter a plant, as points; without one a truck leaves a plant wherever a road is nearest.",
    "siting_criteria": "What makes a place good for a hub. One function each: worst and best (linear), best and spread "
    "(bell), points, steps or classes.",
    "siting_exclude": "Where no hub may stand: within_m or beyond_m of features, above or below a value.",
    "siting_judgements": "Instead of weights: how many times as much a criterion matters as another, every two once.",
    "documented": "Exchanges that are documented, for symbioplan compare --documented; planning never reads them.",
}
_INSTRUCTIONS = (
    ("How to use this workbook", "title"),
    ("It is a whole study for symbioplan. It plans as it is; put your own data in place of the example.", ""),
    ("", ""),
    ("1. settings", "label"),
    ("Give the study a name and the coordinate system of your region. Every other value may stay blank: the default "
     "beside it is then used.", ""),
    ("2. plants", "label"),
    ("One row per plant, with longitude and latitude in degrees (from any web map).", ""),
    ("3. streams", "label"),
    ("One row for each thing that a plant has to give (supply) or wants (demand), with its yearly quantity. The price "
     "is what disposal costs today (supply) or what buying new costs (demand), per unit of the row.", ""),
    ("4. The other sheets", "label"),
    ("May stay empty. Roads, elevation and land cover are files beside this workbook, named in settings as "
     "layers.roads and so on; without roads nothing goes by truck.", ""),
    ("5. Where a hub could stand", "label"),
    ("Fill in siting_criteria, and where nothing may stand siting_exclude; then symbioplan site FILE.xlsx --out DIR "
     "ranks places, and symbioplan plan offers them to hubs. Both empty: no siting.", ""),
    ("6. Check and plan", "label"),
    ("symbioplan check FILE.xlsx says every fault with its sheet, row and column. symbioplan plan FILE.xlsx --out DIR "
     "writes the map, the report and plan.xlsx.", ""),
    ("", ""),
    ("Good to know", "label"),
    ("Columns with a brown header must be filled in. Point at a header to read what it means. Blank rows are skipped. "
     "Rows hidden by a filter count.", ""),
    ("Formulas are fine: the value stored with the file is read, so save it in a spreadsheet program first. Merged "
     "cells, hidden sheets, error values and dates among numbers are reported, not guessed.", ""),
    ("Sheets of your own are ignored when their name begins with _ (such as _notes). Lines above a header may begin "
     "with #.", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Content:
    """What a study workbook holds: settings as in ``study.toml``, and cells by sheet and column."""

    settings: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    coordinates: str = "degrees"  # or metres: which columns plants and other places have


def template_content() -> Content:
    """Return the example of ``symbioplan init``."""
    folder = files("data").joinpath("template")
    settings = tomllib.loads(folder.joinpath("study.toml").read_text(encoding="utf-8"))
    tables = {name: read_table(Path(str(folder.joinpath(f"{name}.csv")))) for name in ("plants", "streams")}
    features = json.loads(folder.joinpath("zones.geojson").read_text(encoding="utf-8"))["features"]
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    tables["zones"] = pd.DataFrame([feature["properties"] for feature in features]).assign(
        wkt=[shapely.to_wkt(shape, rounding_precision=6) for shape in shapes]
    )
    return Content({key: value for key, value in settings.items() if key != "layers"}, tables)


def write_content(content: Content, path: Path) -> None:
    """Write a study workbook; the same content gives the same bytes.

    Raises
    ------
    InputError
        When a text is longer than a cell can hold.
    """
    title = str(content.settings.get("name", "study"))
    with Book(path, title=title) as book:
        _instructions(book)
        _settings(book, content.settings)
        tables = {**content.tables, **rule_tables(content.settings.get("siting"))}
        for name in (*TABLE_SHEETS, *SITING_SHEETS, *(name for name in ("documented",) if name in tables)):
            _table(book, name, replace(content, tables=tables))
        write_choices(book)


def _instructions(book: Book) -> None:
    sheet = book.sheet("instructions", columns=[120], colour="#1F3B4D")
    for row, (text, style) in enumerate(_INSTRUCTIONS):
        sheet.put(row, 0, text, style or "wrapped")
        if not style:
            sheet.lines(row, 1 + len(text) // 130)


def _settings(book: Book, settings: Mapping[str, Any]) -> None:
    sheet = book.sheet("settings", columns=[44, 34, 16, 20, 110], colour="#8A4B08")
    sheet.put(0, 0, "# Settings of the study. A blank value means the default beside it.", "hint")
    lists = "# Lists are separated by semicolons, pairs are written A > B. Put a name in place of * to use such a key."
    sheet.put(1, 0, lists, "hint")
    for column, title in enumerate(("key", "value", "unit", "default", "meaning")):
        sheet.put(HEADER, column, title, "must" if title in ("key", "value") else "header")
    leaves = dict(flat(settings))
    row, section = HEADER, ""
    for key, item in setting_keys().items():
        top = key.split(".")[0]
        if top != section and "." in key:
            row += 1
            sheet.put(row, 0, f"# {top}: {sections().get(top, '')}", "section")
            if top == "world":
                row += 1
                _setting(sheet, row, top, "world" in settings or None, None)
        section = top
        given = {dotted(path): value for path, value in leaves.items() if (found := known(path)) and found.key == key}
        for name, value in {**given, **({key: None} if "*" in key or not given else {})}.items():
            row += 1
            _setting(sheet, row, name, value, item)
    sheet.as_table(HEADER, row - HEADER, 5, beside=1, printed=4)


def _setting(sheet: Sheet, row: int, name: str, value: object, key: SettingKey | None) -> None:
    sheet.put(row, 0, name, "label" if key is not None and key.key in ("name", "crs") else "text")
    put(sheet, "settings", (row, 1), None if value is None else write_value(value, key), name, style="input")
    if key is None:
        sheet.choose(row, row, 1, values=("TRUE", "FALSE"), strict=True)
        sheet.put(row, 4, "TRUE: coarse highways of the world are used (needs the extra world)", "text")
        return
    sheet.put(row, 2, key.unit, "hint")
    default = key.default
    sheet.put(
        row, 3, default if isinstance(default, str | int | float) else toml_value(default or ()) if default else ""
    )
    sheet.put(row, 4, key.meaning)
    if key.choices:
        values = [int(choice) if choice.isdigit() else choice for choice in key.choices]
        sheet.choose(row, row, 1, values=values, strict=True)
    elif key.kind == "number" and "*" not in name:
        sheet.limit(row, row, 1, key.minimum, key.maximum)


def _table(book: Book, name: str, content: Content) -> None:
    table = content.tables.get(name, pd.DataFrame())
    columns = list(_columns(name, table, content.coordinates))
    sheet = book.sheet(name, columns=[_width(column) for column in columns])
    sheet.put(0, 0, f"# {_ABOUT.get(name, name)}", "hint")
    sheet.put(1, 0, "# unit", "hint")
    last = HEADER + max(len(table), 1) + _SPARE_ROWS
    for number, column in enumerate(columns):
        sheet.put(HEADER, number, column.name, "must" if column.required else "header")
        sheet.note(HEADER, number, _said(column))
        if number and column.unit:
            sheet.put(1, number, column.unit, "hint")
        if column.type in ("id", "text"):
            sheet.as_text(number, _width(column))
        _guide(sheet, last, number, column, name)
        values = table[column.name].tolist() if column.name in table else []
        for row, value in enumerate(values, start=HEADER + 1):
            put(sheet, name, (row, number), _typed(value, column), column.name, style="plain text")
    sheet.as_table(HEADER, max(len(table), 1), len(columns), beside=1, printed=len(columns) - 1)


def _typed(value: object, column: Column) -> object:
    """Return a cell of a CSV as the number or flag that it is."""
    if not isinstance(value, str) or not value:
        return value
    if column.type in ("number", "count"):
        return float(value)
    return value.lower() == "true" if column.type == "flag" else value


def _columns(name: str, table: pd.DataFrame, coordinates: str) -> list[Column]:
    """Return the columns of a sheet: the contract's, the place after the names, and declared properties."""
    columns = dict(wanted_columns(name))
    places = [columns.pop(place) for place in PLACE_COLUMNS if place in columns]
    free = [columns.pop(text) for text in ("note", "source") if text in columns]
    properties = [
        Column(str(extra), "number", False, "", "", None, None, (), "Quality property that the resource declares")
        for extra in table.columns
        if extra not in {*columns, *PLACE_COLUMNS, "note", "source"}
    ]
    wanted = ("wkt",) if name in ("zones", "crossings", "pipelines") else (*_COORDINATES[coordinates], "wkt")
    return [*columns.values(), *(place for place in places if place.name in wanted), *properties, *free]


def _guide(sheet: Sheet, last: int, number: int, column: Column, table: str) -> None:
    """Add the drop-down or the limits of a column."""
    rows = (HEADER + 1, last)
    named = choice_of(table, column.name)
    if named is not None:
        sheet.choose(*rows, number, source=f"={named}", strict=CHOICES[named].strict)
    elif column.values:
        sheet.choose(*rows, number, values=column.values, strict=True)
    elif column.type == "flag":
        sheet.choose(*rows, number, values=("TRUE", "FALSE"), strict=True)
    elif column.type in ("number", "count"):
        sheet.limit(*rows, number, column.minimum, column.maximum)


def _said(column: Column) -> str:
    lines = [column.description]
    if column.unit:
        lines.append(f"Unit: {column.unit}")
    if column.values:
        lines.append("One of: " + ", ".join(column.values))
    if column.default:
        lines.append(f"When blank: {column.default}")
    lines.append("Must be filled in." if column.required else "May be blank.")
    return "\n".join(lines)


def _width(column: Column) -> float:
    if column.type in ("number", "count", "flag"):
        return max(11.0, len(column.name) + 2)
    return _WIDTHS.get(column.name, max(16.0, len(column.name) + 2))


def put(sheet: Sheet, name: str, place: tuple[int, int], value: object, column: str, *, style: str) -> None:
    """Write a value; one that no cell can hold is a fault.

    Raises
    ------
    InputError
        When a text is too long.
    """
    try:
        sheet.put(*place, value, style)
    except ValueError as error:
        expected = f"at most {MAX_TEXT:,}, which is what a cell can hold"
        raise InputError([Fault(f"sheet {name}", column, str(error), expected, row=place[0] + 1)]) from None


__all__ = ["HEADER", "PLACED_SHEETS", "Content", "template_content", "write_content"]
