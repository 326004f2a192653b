"""Sheets of a workbook as tables: what people type into spreadsheets, taken as it is meant or reported plainly.

Above its header a sheet may have lines whose first cell begins with ``#``; blank rows are skipped, and every
row keeps the number that the spreadsheet shows for it.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from data.contracts import Column
from data.errors import Fault, InputError

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
_CONTROL = re.compile("_x(00[01][0-9A-Fa-f])_")  # how a workbook spells a control character
_SPACES = "\u00a0\u202f\u2009 '\u2019"  # that set thousands apart somewhere
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?")
_POINTS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+")  # 1.234,5
_COMMAS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")  # 1,234.5 or 1,234,567
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # 1,234: a thousand or one


@dataclass
class Cells:
    """The cells of a sheet below its header, blank rows left out."""

    frame: pd.DataFrame
    rows: tuple[int, ...]  # as the spreadsheet numbers them
    faults: list[Fault] = field(default_factory=list)

    def broken(self) -> set[tuple[int | None, str]]:
        """Return row and column of every cell that is a fault already."""
        return {(fault.row, fault.column) for fault in self.faults}


def is_workbook(path: Path | str) -> bool:
    """Return whether a path is named like a workbook that can be read."""
    return str(path).lower().endswith(WORKBOOK_SUFFIXES)


def sheet_label(path: str, sheet: str | None) -> str:
    """Return what faults call a sheet."""
    return f"{path}, sheet {sheet}" if sheet else path


def open_workbook(path: Path) -> Any:  # noqa: ANN401 - openpyxl has no types
    """Return the workbook with the values that its formulas had when it was saved.

    Raises
    ------
    ValueError
        When the file is no workbook.
    """
    state = path.stat()
    return _open(path, state.st_mtime_ns, state.st_size)[0]


@lru_cache(maxsize=2)  # a study asks for one sheet after the other
def _open(path: Path, _changed: int, _size: int) -> tuple[Any, Any]:
    try:
        with zipfile.ZipFile(path) as parts:
            sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
            formulas = any(b"<f>" in content or b"<f " in content for content in map(parts.read, sheets))
        values = openpyxl.load_workbook(path, data_only=True)
        return values, openpyxl.load_workbook(path) if formulas else None
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ParseError, ValueError, TypeError, OSError) as error:
        expected = "an XLSX workbook without a password (save .xls and .ods files as .xlsx)"
        msg = f"no workbook that can be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        raise InputError([Fault(path.name, "", msg, expected)]) from None


def read_sheet(
    path: Path, sheet: str | None = None, *, columns: Mapping[str, Column] | None = None, file: str | None = None
) -> Cells:
    """Return the cells of one sheet (the first when none is named).

    Numbers that are stored as text are read where they can mean one thing only (``12,5`` and ``1.234,5`` are
    numbers; ``1,234`` may be a thousand or one and is a fault). Dates are years where a year is wanted.

    Parameters
    ----------
    columns
        What is wanted in which column; what is not named is passed on as it stands.
    file
        Name for the faults.

    Raises
    ------
    InputError
        When the file is no workbook or has no such sheet.
    """
    label = file or sheet_label(path.name, sheet)
    book, formulas = open_workbook(path), _open(path, path.stat().st_mtime_ns, path.stat().st_size)[1]
    name = sheet or (book.sheetnames[0] if book.sheetnames else "")
    there = {made.title: made for made in book.worksheets}
    if name not in there:
        raise InputError([Fault(label, "", "no such sheet", "one of the sheets " + ", ".join(there))])
    return _Sheet(there[name], None if formulas is None else formulas[name], columns or {}, label).cells()


@dataclass
class _Sheet:
    """One pass over a sheet that gathers faults."""

    values: Any
    formulas: Any
    columns: Mapping[str, Column]
    file: str
    faults: list[Fault] = field(default_factory=list)

    def cells(self) -> Cells:
        lines = [list(line) for line in self.values.iter_rows()]
        top = next((n for n, line in enumerate(lines) if _starts_table(line)), len(lines))
        names = self._header(lines[top], top + 1) if top < len(lines) else {}
        self._merged(top + 1, names)
        rows, content = [], []
        for line in lines[top + 1 :]:
            row = line[0].row
            found = {name: self._cell(line[position], name) for position, name in names.items()}
            self._outside(line, names)
            if any(value is not None for value in found.values()) or any(fault.row == row for fault in self.faults):
                rows.append(row)
                content.append(found)
        frame = pd.DataFrame(content, columns=list(names.values()), dtype="object")
        return Cells(frame, tuple(rows), self.faults)

    def _header(self, line: list[Any], row: int) -> dict[int, str]:
        names: dict[int, str] = {}
        for position, cell in enumerate(line):
            name = "" if cell.value is None else str(cell.value).strip()
            if not name:
                continue
            if name in names.values():
                self.faults.append(Fault(self.file, name, "a column of that name again", "each column once", row=row))
                continue
            names[position] = name
        return names

    def _merged(self, header: int, names: Mapping[int, str]) -> None:
        for merged in self.values.merged_cells.ranges:
            name = next((names[p] for p in range(merged.min_col - 1, merged.max_col) if p in names), None)
            if merged.max_row > header and name is not None:
                found = f"merged cells {merged.coord}"
                self.faults.append(
                    Fault(self.file, name, found, "one value in each cell", row=max(merged.min_row, header))
                )

    def _outside(self, line: list[Any], names: Mapping[int, str]) -> None:
        """Report a value in a column that has no name."""
        for position, cell in enumerate(line):
            if position not in names and _text(cell.value) not in (None, ""):
                found = repr(_text(cell.value))
                self.faults.append(
                    Fault(self.file, cell.column_letter, found, "nothing: its column has no name", row=cell.row)
                )

    def _cell(self, cell: Any, name: str) -> object:  # noqa: ANN401
        value = _text(cell.value)
        if value is None and self.formulas is not None:
            formula = self.formulas[cell.coordinate].value
            if isinstance(formula, str) and formula.startswith("="):
                expected = "a value: open the workbook in a spreadsheet program and save it, so that it is reckoned"
                return self._fault(cell, name, "a formula without a value", expected)
        if cell.data_type == "e":
            return self._fault(cell, name, f"the error {value}", "a value")
        column = self.columns.get(name)
        wanted = column.type if column is not None else "text"
        if isinstance(value, dt.date | dt.time | dt.timedelta):
            return self._date(cell, name, value, column)
        if isinstance(value, str) and wanted in ("number", "count"):
            return self._number(cell, name, value)
        if isinstance(value, float) and value.is_integer() and wanted in ("id", "text") and abs(value) < 2**53:
            return int(value)
        return value

    def _date(self, cell: Any, name: str, value: dt.date | dt.time | dt.timedelta, column: Column | None) -> object:  # noqa: ANN401
        kind = column.type if column is not None else "text"
        if kind == "number" and column is not None and column.unit == "year" and isinstance(value, dt.date):
            return value.year
        if kind == "text" and column is not None and not column.values and isinstance(value, dt.date):
            return value.strftime("%Y-%m-%d")
        expected = "a number" if kind in ("number", "count") else "text (format the column as text and type it again)"
        return self._fault(cell, name, f"a date or time ({value})", expected)

    def _number(self, cell: Any, name: str, text: str) -> object:  # noqa: ANN401
        number = plain_number(text)
        if number is None:
            found = f"{text!r}, which may be {text.replace(',', '')} or {text.replace(',', '.')}"
            return self._fault(cell, name, found, "a number that is not stored as text")
        return number

    def _fault(self, cell: Any, name: str, found: str, expected: str) -> object:  # noqa: ANN401
        """Note a fault and return what stands for the cell: nothing."""
        self.faults.append(Fault(self.file, name, found, expected, row=cell.row))
        return None


def _starts_table(line: list[Any]) -> bool:
    first = next((str(cell.value).strip() for cell in line if _text(cell.value) not in (None, "")), "")
    return bool(first) and not first.startswith("#")


def _text(value: object) -> object:
    """Return a cell's value; text without surrounding blanks, nothing where there are only blanks."""
    if not isinstance(value, str):
        return value
    return _CONTROL.sub(lambda match: chr(int(match[1], 16)), value).strip() or None


def plain_number(text: str) -> str | None:
    """Return a number written in another country's way as Python writes it; ``None`` where it has two meanings.

    What is no number at all comes back unchanged.
    """
    text = text.strip()
    if _GROUPED.fullmatch(text):
        text = re.sub(f"[{_SPACES}]", "", text)
    if _POINTS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if _TWO_WAYS.fullmatch(text):
        return None
    if _COMMAS.fullmatch(text) and not text.lstrip("+-").startswith("0"):
        return text.replace(",", "")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


__all__ = ["Cells", "is_workbook", "open_workbook", "plain_number", "read_sheet", "sheet_label"]
