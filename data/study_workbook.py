"""A study that is one workbook: its sheets as the content of a ``study.toml`` and as layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.contracts import Column, conform, contract
from data.errors import Fault, InputError
from data.layers import table_layer
from data.setting_keys import in_sheet, known, parse_path, parse_value
from data.settings import LAYERS
from data.sheets import Cells, open_workbook, read_sheet, sheet_label
from data.siting_sheets import SITING_SHEETS, Rules, rules_of

TABLE_SHEETS = tuple(name for name in LAYERS if name in contract("study"))  # layers that may be a sheet
PLACED_SHEETS = ("plants", "zones", "crossings", "pipelines", "sites", "gates")  # of them, those with a place
_OTHER_SHEETS = ("settings", "documented", "instructions", "choices")
_SHEETS = (*TABLE_SHEETS, *SITING_SHEETS, *_OTHER_SHEETS)
_SETTING_COLUMNS = ("key", "value", "unit", "default", "meaning")
_NEEDED = ("plants", "streams")

PLACE_COLUMNS: Mapping[str, Column] = {
    name: Column(name, kind, False, "", unit, least, most, (), said)  # type: ignore[arg-type]
    for name, kind, unit, least, most, said in (
        ("lon", "number", "degrees", -180.0, 180.0, "Longitude, east positive (WGS 84); with lat, or wkt instead"),
        ("lat", "number", "degrees", -90.0, 90.0, "Latitude, north positive (WGS 84); with lon, or wkt instead"),
        ("x", "number", "m", None, None, "Easting in the study's CRS; with y, or wkt instead"),
        ("y", "number", "m", None, None, "Northing in the study's CRS; with x, or wkt instead"),
        ("wkt", "text", "", None, None, "Outline or line as WKT, in the same coordinates: POLYGON ((11.1 55.6, ...))"),
    )
}


@dataclass
class StudyWorkbook:
    """What a workbook says, and where."""

    path: Path
    content: dict[str, Any] = field(default_factory=dict)  # as of a study.toml
    rows: dict[str, int] = field(default_factory=dict)  # of each key on the settings sheet
    faults: list[Fault] = field(default_factory=list)
    sheets: dict[str, str] = field(default_factory=dict)  # known name -> as it is spelled
    rules: Rules = field(default_factory=Rules)  # of siting

    def placed(self, fault: Fault) -> Fault:
        """Return a fault of a ``study.toml`` as one of the settings sheet, with its row."""
        fault = dataclasses.replace(fault, expected=fault.expected.replace("study.toml", "the sheet settings"))
        if fault.file != "study.toml":
            return fault
        of_rule = self.rules.placed(fault)
        if of_rule is not None:
            return of_rule
        label = sheet_label(self.path.name, "settings")
        path = fault.column.split(".")
        if path[0] == "terrain" and len(path) > 1 and path[1].isdigit() and isinstance(self.content["terrain"], list):
            path[1] = str(self.content["terrain"][int(path[1])].get("name"))
        for length in range(len(path), 0, -1):
            key = ".".join(path[:length])
            if key in self.rows:
                return Fault(label, "value", f"{fault.found} for {key}", fault.expected, row=self.rows[key])
        return dataclasses.replace(fault, file=label, column=".".join(path) if fault.column else "")

    def table_faults(self) -> list[Fault]:
        """Return what is wrong in the cells of the tables alone, for a workbook whose settings are faulty."""
        faults = []
        for name in TABLE_SHEETS:
            if name in self.sheets:
                cells = read_sheet(self.path, self.sheets[name], columns=wanted_columns(name))
                label = sheet_label(self.path.name, self.sheets[name])
                faults += conform_cells(cells, name, file=label)[1]
                if name in PLACED_SHEETS and cells.rows:
                    faults += table_layer(cells.frame, crs=None, own=None, rows=cells.rows, file=label)[1]
        return [fault for fault in faults if "not known" not in fault.found]  # declared properties are columns too


def wanted_columns(name: str) -> Mapping[str, Column]:
    """Return the columns that a sheet or CSV of a layer may have."""
    return {**contract("study")[name], **(PLACE_COLUMNS if name in PLACED_SHEETS else {})}


def conform_cells(cells: Cells, name: str, *, file: str, **more: Any) -> tuple[Any, list[Fault]]:  # noqa: ANN401
    """Return a sheet's cells as :func:`data.contracts.conform` does, with the faults of both and none twice."""
    frame = cells.frame.drop(columns=[c for c in PLACE_COLUMNS if c in cells.frame and name in PLACED_SHEETS])
    table, found = conform(frame, "study", name, file=file, rows=cells.rows, **more)
    broken = cells.broken()
    return table, [*cells.faults, *(fault for fault in found if (fault.row, fault.column) not in broken)]


def read_study_workbook(path: Path) -> StudyWorkbook:
    """Return the settings and layers of a workbook, and everything that is wrong with its sheets.

    Raises
    ------
    InputError
        When the file is no workbook, or has no settings.
    """
    book = StudyWorkbook(path)
    for made in open_workbook(path).worksheets:
        _sort(book, made)
    if "settings" not in book.sheets:
        fault = Fault(path.name, "", "no sheet settings", "a study workbook as `symbioplan init --xlsx` writes it")
        raise InputError([*book.faults, fault])
    _read_settings(book)
    _read_rules(book)
    layers = book.content.setdefault("layers", {})
    for name in TABLE_SHEETS if isinstance(layers, dict) else ():
        _add_layer(book, layers, name)
    return book


def _sort(book: StudyWorkbook, made: Any) -> None:  # noqa: ANN401 - openpyxl has no types
    title, name = made.title, made.title.strip().lower()
    label = sheet_label(book.path.name, title)
    if title.startswith("_"):
        return
    if name not in _SHEETS:
        expected = f"one of {', '.join(_SHEETS)}; sheets of your own begin with _ (_notes)"
        book.faults.append(Fault(label, "", "a sheet that is not known", expected))
    elif made.sheet_state != "visible" and name not in ("instructions", "choices"):
        expected = "a sheet that can be seen, or none: what is planned with is not hidden"
        book.faults.append(Fault(label, "", "a hidden sheet", expected))
    elif name in book.sheets:
        book.faults.append(Fault(label, "", f"a second sheet {name}", "one"))
    else:
        book.sheets[name] = title


def _add_layer(book: StudyWorkbook, layers: dict[str, Any], name: str) -> None:
    """Name a sheet with rows as the layer's place; an empty one is as good as none, where the layer may be absent."""
    if name not in book.sheets:
        return
    title, given = book.sheets[name], layers.get(name, {})
    label = sheet_label(book.path.name, title)
    cells = read_sheet(book.path, title, columns=wanted_columns(name))
    if not cells.rows and ("path" in given or name not in _NEEDED):
        if given and "path" not in given:
            del layers[name]
        return
    if "path" in given:
        book.faults.append(Fault(label, "", f"rows, and the file {given['path']} in the settings", "one of the two"))
    layers[name] = {**given, "path": book.path.name, "layer": title}


def _read_settings(book: StudyWorkbook) -> None:
    title = book.sheets["settings"]
    label = sheet_label(book.path.name, title)
    cells = read_sheet(book.path, title)
    book.faults += cells.faults
    frame = cells.frame
    for column in frame.columns:
        if column not in _SETTING_COLUMNS:
            expected = "only the columns " + ", ".join(_SETTING_COLUMNS)
            book.faults.append(Fault(label, column, "a column that is not known", expected))
    lost = [column for column in ("key", "value") if column not in frame.columns]
    book.faults += [Fault(label, column, "no such column", f"the column {column}") for column in lost]
    if lost:
        return
    for row, key, value in zip(cells.rows, frame["key"], frame["value"], strict=True):  # one row per setting
        if isinstance(key, str) and key.startswith("#"):
            continue
        found = None if key is None and value is None else _add_setting(book, str(key or ""), value, row)
        if found is not None:
            book.faults.append(dataclasses.replace(found, file=label, row=row))
    terrain = book.content.get("terrain")
    if isinstance(terrain, dict):
        book.content["terrain"] = [
            {"name": name, **table} for name, table in terrain.items() if isinstance(table, dict)
        ]


def _read_rules(book: StudyWorkbook) -> None:
    """Put the rules of siting in their place."""
    for name, key in SITING_SHEETS.items():
        if name not in book.sheets:
            continue
        label = sheet_label(book.path.name, book.sheets[name])
        cells = read_sheet(book.path, book.sheets[name], columns=wanted_columns(name))
        table, found = conform_cells(cells, name, file=label)
        rules, misread = rules_of(table, name, label=label, rows=cells.rows)
        book.faults += [*found, *misread]
        siting = book.content.setdefault("siting", {}) if rules else None
        if isinstance(siting, dict):
            siting[key] = book.rules.content[key] = rules
            book.rules.labels[key], book.rules.rows[key] = label, cells.rows


def _add_setting(book: StudyWorkbook, key: str, value: object, row: int) -> Fault | None:
    """Put one setting in its place; return what is wrong with it, if anything."""
    path = _path(key)
    if not path or in_sheet(path):
        expected = "a key such as finance.discount_rate" + ("; put a name in place of *" if "*" in key else "")
        expected = f"the sheet siting_{path[1]}" if path else expected
        return None if value is None and key else Fault("", "key", repr(key), expected)
    name = ".".join(path)
    if name in book.rows:
        return Fault("", "key", f"{key} again", f"each key once (first in row {book.rows[name]})")
    book.rows[name] = row
    if value is None or (path == ("world",) and value is False):
        return None
    if path == ("world",) and value is True:
        book.content.setdefault("world", {})
        return None
    try:
        meant = parse_value(value, known(path))
    except ValueError:
        return Fault("", "value", f"{value!r} for {key}", "a value, or a list as TOML writes it")
    return _put(book.content, (*path, "path") if path[0] == "layers" and len(path) == 2 else path, meant, key)


def _path(key: str) -> tuple[str, ...]:
    """Return the names of a dotted key; none when it is no key, or one whose ``*`` is still to be named."""
    try:
        return () if "*" in key else parse_path(key)
    except ValueError:
        return ()


def _put(content: dict[str, Any], path: tuple[str, ...], value: object, key: str) -> Fault | None:
    node: Any = content
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            return Fault("", "key", f"{key}, though {part} has a value", "one or the other")
    if isinstance(node.get(path[-1]), dict):
        return Fault("", "key", f"{key}, though there are keys below it", "one or the other")
    node[path[-1]] = value
    return None
