"""A table as the report shows it: text only, which the template escapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from maps.numbers import NOT_GIVEN, number, percent


@dataclass(frozen=True, slots=True)
class Column:
    """A heading with its unit, and whether its cells are numbers (set to the right)."""

    label: str
    unit: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text; the first cell of each row is its heading.

    ``empty`` is the sentence that stands where there are no rows; ``foot`` is the row of sums.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...] = ()
    empty: str = "None."
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rows of another length than the headings: a number under a wrong heading is worse than none."""
        widths = {len(row) for row in (*self.rows, *((self.foot,) if self.foot else ()))}
        if widths - {len(self.columns)}:
            raise ValueError(f"{self.caption}: rows of {sorted(widths)} cells under {len(self.columns)} headings")


def columns(*spec: str | tuple[str, str]) -> tuple[Column, ...]:
    """Return headings: a plain string for text, (label, unit) for numbers."""
    return tuple(Column(item) if isinstance(item, str) else Column(*item, numeric=True) for item in spec)


def told(value: float | None) -> str:
    """Return a number, or a dash where there is none."""
    if value is None or pd.isna(value):
        return "–"
    text = number(float(value))
    return "0" if text in ("-0", NOT_GIVEN) else text.replace("-", "−")


def money(value: float | None) -> str:
    """Return whole currency; less than one only where it is all there is."""
    if value is None or pd.isna(value):
        return "–"
    text = f"{float(value):,.0f}"
    return "0" if text == "-0" else text.replace("-", "−")


def share(value: float | None) -> str:
    """Return a share of one as a percentage, or a dash."""
    return "–" if value is None or pd.isna(value) else percent(float(value)).replace("-", "−")


def kilometres(metres: float | None) -> str:
    """Return metres as kilometres without the unit."""
    return told(None if metres is None or pd.isna(metres) else metres / 1000)


def without_blank_columns(table: Table, labels: Sequence[str]) -> Table:
    """Return the table without those of the named columns in which every cell is blank or a dash."""
    keep = [
        position
        for position, column in enumerate(table.columns)
        if column.label not in labels or any(row[position] not in ("", "–") for row in table.rows)
    ]

    def cut(row: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(row[position] for position in keep)

    return Table(
        table.caption,
        tuple(table.columns[position] for position in keep),
        tuple(cut(row) for row in table.rows),
        cut(table.foot) if table.foot else (),
        table.empty,
        table.notes,
    )
