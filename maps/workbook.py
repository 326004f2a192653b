"""``plan.xlsx``: the plan as a workbook that logistics engineers filter, print and calculate with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from xlsxwriter.utility import xl_range_abs

from data.plan import Plan
from data.study import Study
from data.xlsx import MAX_ROWS, MAX_TEXT, Book, Sheet
from maps.headline import headline
from maps.scene import Scene
from maps.workbook_columns import Column, Table
from maps.workbook_tables import tables

_ABOUT, _TOTALS, _HEADER, _FIRST = 1, 2, 3, 4  # rows of a table's sheet, counted from 0
_WIDEST = 24.0  # of a column of text, in characters
_LONG = 40.0  # a column of sentences is as wide as it asks for
_WORDS = {"true": "yes", "false": "no"}


def write_workbook(study: Study, plan: Plan, path: Path) -> None:
    """Write the plan as a workbook: a summary, a sheet per table, and a sheet that explains every column.

    The same study and plan give the same bytes. Text of the study never becomes a formula or a link.
    """
    scene = Scene(study, plan)
    made = tables(scene)
    with Book(path, title=f"{plan.problem or study.name}: plan") as book:
        _summary(book, scene, made)
        for table in made:
            _table_sheet(book, table)
        _meanings(book, made)


def _summary(book: Book, scene: Scene, made: list[Table]) -> None:
    plan, said = scene.plan, headline(scene)
    sheet = book.sheet("Summary", columns=[30, 20, 18, 18, 18], colour="#1F3B4D")
    sheet.put(0, 0, plan.problem or scene.study.name, "title")
    sheet.put(1, 0, scene.study.settings.description, "hint")
    money = plan.currency if plan.phases else f"{plan.currency}/year"
    facts: list[tuple[str, object, str, str]] = [
        ("Result", said.status, "label", ""),
        ("Objective", plan.objective, money, "money"),
        ("No plan can cost less than", plan.bound, money, "money"),
        ("Gap", plan.gap, "of the objective", "gap"),
        ("Checker", said.checker, "good" if said.checker_ok else "bad", ""),
    ]
    row = 3
    for label, value, extra, number in facts:
        sheet.put(row, 0, label, "label")
        sheet.put(row, 1, value, "text" if number else extra, number)
        if number:
            sheet.put(row, 2, extra if value is not None else "not known", "hint")
        row += 1
    row = _indicators(sheet, plan, row + 1)
    row = _lines(sheet, row, "Reasons why there is no plan", plan.reasons)
    row = _lines(sheet, row, "Violations that the checker found", plan.checker)
    row = _contents(sheet, row, made)
    row = _lines(sheet, row, "What the reader must know", plan.notes)
    row = _lines(sheet, row, "Sources", scene.study.settings.sources)
    _made_with(sheet, row, plan)


def _indicators(sheet: Sheet, plan: Plan, row: int) -> int:
    for column, title in enumerate(("Indicator", "Unit", "Baseline", "Plan", "Saving")):
        sheet.put(row, column, title, "header")
    baseline = "Everything bought new and everything left over disposed of"
    sheet.note(row, 2, baseline)
    sheet.note(row, 4, "Baseline less plan; negative where the plan needs more")
    for item in plan.indicators.itertuples(index=False):  # a dozen
        row += 1
        number = "share" if item.unit == "share" else "money"
        name = item.indicator.replace("_", " ").replace("co2", "CO2")
        sheet.put(row, 0, name[:1].upper() + name[1:])
        sheet.put(row, 1, "" if item.unit == "share" else item.unit)
        for column, value in enumerate((item.baseline, item.plan, item.saving), start=2):
            sheet.put(row, column, value, "text", number)
    sheet.put(row + 1, 0, f"Baseline: {baseline[:1].lower()}{baseline[1:]}. Saving: baseline less plan.", "hint")
    return row + 3


def _contents(sheet: Sheet, row: int, made: list[Table]) -> int:
    sheet.put(row, 0, "Sheets of this workbook", "section")
    for table in made:
        row += 1
        sheet.link(row, 0, table.name, table.name)
        sheet.put(row, 1, len(table), "text", "whole")
        sheet.put(row, 2, _first_sentence(table.about) if len(table) else table.empty, "hint")
    sheet.link(row + 1, 0, "Columns", "Columns")
    sheet.put(row + 1, 2, "What every column means, with its unit.", "hint")
    return row + 3


def _lines(sheet: Sheet, row: int, title: str, lines: Iterable[str]) -> int:
    """Write a section of sentences, each over the whole width and as high as it needs."""
    sentences = [line for line in lines if line]
    if not sentences:
        return row
    sheet.put(row, 0, title, "section")
    for line in sentences:
        row += 1
        sheet.wide(row, 0, 4, _short(line), lines=1 + len(line) // 105)
    return row + 2


def _made_with(sheet: Sheet, row: int, plan: Plan) -> None:
    sheet.put(row, 0, "Made with", "section")
    facts = [
        *((f"{name} version", version) for name, version in sorted(plan.versions.items())),
        *((f"Solver: {name}", str(value)) for name, value in sorted(plan.solver_options.items())),
        ("Seed", str(plan.seed)),
        ("Digest of the input", plan.input_digest),
    ]
    for label, value in facts:
        row += 1
        sheet.put(row, 0, label)
        sheet.put(row, 1, _short(value))


def _table_sheet(book: Book, table: Table) -> None:
    widths = [_width(column) for column in table.columns]
    sheet = book.sheet(table.name, columns=widths)
    sheet.put(0, 0, table.name, "title")
    sheet.put(_ABOUT, 0, table.about, "hint")
    count = min(len(table), MAX_ROWS - _FIRST)
    lines = np.ones(count, dtype=int)
    for number, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
        sheet.put(_HEADER, number, f"{column.title}\n{column.unit}" if column.unit else column.title, "header")
        sheet.note(_HEADER, number, _explained(column))
        cells = [_cell(value) for value in column.values.iloc[:count].tolist()]
        for row, value in enumerate(cells, start=_FIRST):
            sheet.put(row, number, value, "text" if column.number else "wrapped", column.number)
        if not column.number and not column.aside:
            lines = np.maximum(lines, [1 + len(str(value)) // int(width * 1.1) for value in cells])
    for high in np.flatnonzero(lines > 1).tolist():
        sheet.lines(_FIRST + high, int(lines[high]))
    if count < len(table):
        sheet.put(0, 3, f"only the first {count:,} of {len(table):,} rows fit on a sheet; tables/ has all", "bad")
    if len(table):
        _totals(sheet, table, count)
    else:
        sheet.put(_FIRST, 0, table.empty, "hint")
    printed = max((n for n, column in enumerate(table.columns) if not column.aside), default=0)
    sheet.as_table(_HEADER, max(count, 1), len(table.columns), beside=1, printed=printed)


def _totals(sheet: Sheet, table: Table, count: int) -> None:
    """Write sums above the header: of the rows that a filter shows, as spreadsheets reckon them."""
    if not any(column.total for column in table.columns):
        return
    sheet.put(_TOTALS, 0, "Total of the rows shown", "total")
    for number, column in enumerate(table.columns[1:], start=1):
        if column.total:
            cells = xl_range_abs(_FIRST, number, _FIRST + count - 1, number)
            formula = f"=SUBTOTAL(109,{cells})"
            sheet.total(_TOTALS, number, formula, float(column.values.iloc[:count].sum()), column.number)
        else:
            sheet.put(_TOTALS, number, None, "total")


def _meanings(book: Book, made: list[Table]) -> None:
    sheet = book.sheet("Columns", columns=[14, 22, 16, 100, 34])
    sheet.put(0, 0, "Columns", "title")
    sheet.put(_ABOUT, 0, "What every column of this workbook means. Names in tables/*.csv are for programs.", "hint")
    for number, title in enumerate(("Sheet", "Column", "Unit", "Meaning", "In tables/*.csv")):
        sheet.put(_HEADER, number, title, "header")
    row = _HEADER
    for table in made:
        for column in table.columns:
            row += 1
            cells = (table.name, column.title, column.unit, column.meaning, column.source or "computed here")
            for number, text in enumerate(cells):
                sheet.put(row, number, text, "wrapped")
    sheet.as_table(_HEADER, row - _HEADER, 5, beside=2, printed=4)


def _width(column: Column) -> float:
    """Return the width that shows numbers as they are, and text in full where it is not long."""
    if column.number or column.values.empty:
        return column.width
    longest = max(column.values.map(lambda value: len(str(_cell(value)))))
    return float(min(max(longest + 3, len(column.title) + 4, 9), _WIDEST if column.width < _LONG else column.width))


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


def _explained(column: Column) -> str:
    unit = f"\nUnit: {column.unit}" if column.unit else ""
    return f"{column.meaning}{unit}"


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return _WORDS[str(value).lower()]
    return _short(value) if isinstance(value, str) else value


def _short(text: str) -> str:
    """Return a text as long as a cell can hold."""
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


__all__ = ["write_workbook"]
