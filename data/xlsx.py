"""Workbooks written: foreign text stays text, and the same content gives the same bytes.

The one place that knows XlsxWriter; what a sheet holds is decided by its callers.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

MAX_ROWS, MAX_TEXT = 1_048_576, 32_767  # of a sheet, of a cell: limits of the format
_MOST_LINES = 12  # a longer text is read in its cell
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run when the cell is edited again
_NO_TEXT = re.compile("[\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold at all
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)  # every workbook's date

INK, PALE, EDGE = "#1F3B4D", "#E8EEF2", "#B8C4CC"
STYLES: Mapping[str, Mapping[str, object]] = {
    "text": {},
    "wrapped": {"text_wrap": True},
    "title": {"bold": True, "font_size": 14, "font_color": INK},
    "section": {"bold": True, "font_size": 11, "font_color": INK, "bottom": 1, "bottom_color": EDGE},
    "hint": {"italic": True, "font_color": "#5A6670"},
    "label": {"bold": True, "font_color": INK},
    "header": {"bold": True, "font_color": "#FFFFFF", "bg_color": INK, "text_wrap": True, "valign": "vcenter",
               "border": 1, "border_color": EDGE},
    "must": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#8A4B08", "text_wrap": True, "valign": "vcenter",
             "border": 1, "border_color": EDGE},
    "total": {"bold": True, "bg_color": PALE, "top": 1, "bottom": 1, "border_color": EDGE},
    "link": {"font_color": "#0B5394", "underline": 1},
    "good": {"bold": True, "font_color": "#1B5E20"},
    "bad": {"bold": True, "font_color": "#B00020"},
    "plain text": {"num_format": "@"},
    "input": {"bg_color": "#FFFBE6", "border": 1, "border_color": EDGE},
}  # fmt: skip
_BESIDE_NUMBERS = ("text", "wrapped", "hint", "header")
NUMBERS: Mapping[str, str] = {
    "whole": "#,##0",
    "money": "#,##0",
    "amount": "[>=100]#,##0;[>0]#,##0.00;General",
    "decimal": "#,##0.0",
    "fine": "#,##0.00",
    "share": "0.0 %",
    "gap": "0.000 %",
    "plain": "General",
}


def printable(text: str) -> str:
    """Return the text without what XML cannot hold (lone surrogates and the like become a question mark)."""
    return _NO_TEXT.sub("\ufffd", text)


class _Exact(float):
    """A number that is written with all its digits; XlsxWriter alone writes 16, and a float may need 17."""

    def __format__(self, spec: str) -> str:
        """Return the shortest text that reads back as the same number."""
        whole = self.is_integer() and abs(self) < 2**53
        return str(int(self)) if whole else float.__repr__(self)


class Book:
    """A workbook that is written when the block ends."""

    def __init__(self, path: Path, *, title: str) -> None:
        self._book = xlsxwriter.Workbook(
            str(path),
            {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        one_line = _CONTROLS.sub(" ", printable(title))
        self._book.set_properties({"title": one_line[:200], "author": "symbioplan", "created": _EPOCH})
        self._footer = "&L" + one_line[:80].replace("&", "&&") + "&C&A&RPage &P of &N"
        self._formats: dict[tuple[str, ...], Any] = {}

    def __enter__(self) -> Book:
        """Return the book."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the file, unless something went wrong."""
        if kind is None:
            self._book.close()

    def sheet(self, name: str, *, columns: Sequence[float], colour: str | None = None) -> Sheet:
        """Return a new sheet with columns of these widths (characters), set up to print one page wide."""
        made = self._book.add_worksheet(name)
        for number, width in enumerate(columns):
            made.set_column(number, number, width)
        made.set_landscape()
        made.set_paper(9)  # A4
        made.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        made.fit_to_pages(1, 0)
        made.set_footer(self._footer)
        made.hide_gridlines(1)
        if colour:
            made.set_tab_color(colour)
        return Sheet(self, made)

    def format(self, style: str, number: str = "", *, quoted: bool = False) -> Any:  # noqa: ANN401 - XlsxWriter's own
        """Return one of :data:`STYLES`, with one of the :data:`NUMBERS`."""
        key = (style, number, "quoted" if quoted else "")
        if key not in self._formats:
            base: dict[str, object] = {"valign": "top", "font_size": 10, **STYLES[style]}
            if number:
                base |= {"num_format": NUMBERS[number], "align": "right"}
            elif style in _BESIDE_NUMBERS:
                base |= {"align": "left", "indent": 1}
            if quoted:
                base["quote_prefix"] = True
            self._formats[key] = self._book.add_format(base)
        return self._formats[key]

    def define(self, name: str, formula: str) -> None:
        """Give a range a name that formulas of every sheet can use."""
        self._book.define_name(name, formula)


class Sheet:
    """One sheet; rows and columns are counted from 0."""

    def __init__(self, book: Book, sheet: Any) -> None:  # noqa: ANN401 - XlsxWriter has no types
        self.book, self.made = book, sheet

    def put(self, row: int, column: int, value: object, style: str = "text", number: str = "") -> None:
        """Write one value as what it is: text never becomes a formula, a missing number is a blank cell.

        Raises
        ------
        ValueError
            When a text is longer than a cell can hold.
        """
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                msg = f"a text of {len(value):,} characters"
                raise ValueError(msg)
            quoted = value.startswith(_FORMULA_STARTS)
            form = self.book.format(style, quoted=quoted)
            if value:
                self.made.write_string(row, column, printable(value), form)
            else:
                self.made.write_blank(row, column, None, form)
        elif value is None or pd.isna(value):
            self.made.write_blank(row, column, None, self.book.format(style, number))
        elif isinstance(value, bool | np.bool_):
            self.made.write_boolean(row, column, bool(value), self.book.format(style))
        else:
            self.made.write_number(row, column, _Exact(value), self.book.format(style, number))  # type: ignore[arg-type]

    def total(self, row: int, column: int, formula: str, value: object, number: str = "") -> None:
        """Write a total by a formula of our own, with the value that it has now."""
        self.made.write_formula(row, column, formula, self.book.format("total", number), value)

    def link(self, row: int, column: int, sheet: str, text: str) -> None:
        """Write a link to another sheet of this workbook."""
        self.made.write_url(row, column, f"internal:'{sheet}'!A1", self.book.format("link"), string=text)

    def wide(self, row: int, first: int, last: int, text: str, *, lines: int) -> None:
        """Write a text across several columns, wrapped."""
        quoted = text.startswith(_FORMULA_STARTS)
        self.made.merge_range(row, first, row, last, "", self.book.format("wrapped", quoted=quoted))
        self.made.write_string(row, first, printable(text), self.book.format("wrapped", quoted=quoted))
        self.lines(row, lines)

    def lines(self, row: int, count: int) -> None:
        """Make a row as high as so many lines of text, within reason."""
        self.made.set_row(row, 13.5 * min(count, _MOST_LINES))

    def as_table(self, header: int, rows: int, columns: int, *, beside: int, printed: int) -> None:
        """Freeze the header and the first columns, add filters, and print the header on every page."""
        self.made.set_row(header, 42)
        self.made.freeze_panes(header + 1, beside)
        self.made.autofilter(header, 0, header + rows, columns - 1)
        self.made.repeat_rows(header)
        self.made.print_area(0, 0, header + rows, printed)

    def as_text(self, column: int, width: float) -> None:
        """Make a column one of text, in which ``1-2`` and ``007`` stay what was typed."""
        self.made.set_column(column, column, width, self.book.format("plain text"))

    def choose(
        self,
        first: int,
        last: int,
        column: int,
        *,
        values: Sequence[object] = (),
        source: str | None = None,
        strict: bool,
    ) -> None:
        """Offer values, or those of a named list; when strict, nothing else may be typed."""
        self.made.data_validation(
            first, column, last, column,
            {
                "validate": "list",
                "source": list(values) if source is None else source,
                "error_type": "stop" if strict else "warning",
                "error_title": "Not in the list",
                "error_message": "Please choose one of the list." if strict else "This is not in the list. Keep it?",
            },
        )  # fmt: skip

    def limit(self, first: int, last: int, column: int, least: float | None, most: float | None) -> None:
        """Let only numbers be typed, within limits."""
        low, high = -1e300 if least is None else least, 1e300 if most is None else most
        words = f"{'' if least is None else f' of at least {least:g}'}{'' if most is None else f' of at most {most:g}'}"
        self.made.data_validation(
            first, column, last, column,
            {
                "validate": "decimal", "criteria": "between", "minimum": low, "maximum": high,
                "error_title": "Not a number that fits", "error_message": f"Please type a number{words}.",
            },
        )  # fmt: skip

    def note(self, row: int, column: int, text: str) -> None:
        """Attach a comment that shows when the pointer is over the cell."""
        lines = sum(1 + len(line) // 44 for line in text.splitlines())
        self.made.write_comment(
            row, column, text, {"author": "symbioplan", "width": 280, "height": 16 + 16 * lines, "font_size": 9}
        )


__all__ = ["MAX_ROWS", "MAX_TEXT", "NUMBERS", "STYLES", "Book", "Sheet", "printable"]
