"""Columns and sheets of ``plan.xlsx``, and how they are made of tables of the study and the plan."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from data.contracts import contract
from maps.scene import Scene, mapped

WIDTHS = {"text": 16.0, "name": 26.0, "id": 15.0, "long": 44.0}


@dataclass(frozen=True)
class Column:
    """One column of one sheet."""

    title: str
    unit: str
    meaning: str
    values: pd.Series
    number: str = ""  # one of data.xlsx.NUMBERS; text when blank
    width: float = 11.0
    total: bool = False  # may be added up
    aside: bool = False  # for looking up in tables/*.csv; not printed
    source: str = ""  # table.column of tables/*.csv that it comes from


@dataclass(frozen=True)
class Table:
    """One sheet."""

    name: str
    about: str
    columns: tuple[Column, ...]
    empty: str  # what it says when it has no rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0].values)


@dataclass(frozen=True)
class Maker:
    """Makes columns of one table of the plan (or study), with what the contract says about each."""

    table: str
    frame: pd.DataFrame
    currency: str
    family: str = "plan"

    def of(self, column: str, title: str, number: str = "", *, total: bool = False, aside: bool = False) -> Column:
        """Return a column as the plan's table has it."""
        known = contract(self.family)[self.table][column]
        values = self.frame[column]
        return Column(
            title, known.unit.replace("currency", self.currency), known.description, values, number,
            WIDTHS["id" if known.type == "id" or aside else "text"] if not number else 11.0,
            total=total, aside=aside, source=f"{self.table}.{column}",
        )  # fmt: skip

    def names(self, column: str, title: str, names: dict[str, str]) -> tuple[Column, Column]:
        """Return what people call the things of an id column, and their ids beside it."""
        meaning = contract("plan")[self.table][column].description
        values = mapped(self.frame[column], names)
        named = Column(title, "", f"{meaning}: its name", values, width=WIDTHS["name"])
        return named, self.of(column, f"{title} id")

    def derived(
        self, title: str, unit: str, meaning: str, values: pd.Series, number: str = "", *, total: bool = False
    ) -> Column:
        """Return a column that is computed from others."""
        width = 11.0 if number else WIDTHS["text"]
        return Column(title, unit.replace("currency", self.currency), meaning, values, number, width, total=total)

    def invested(self) -> tuple[Column, ...]:
        """Return what is invested, where the plan's table says it."""
        there = "capex_fixed" in contract("plan")[self.table] and "capex_fixed" in self.frame
        return (self.of("capex_fixed", "Investment", "money", total=True),) if there else ()

    def dated(self, scene: Scene, *, built: bool) -> tuple[Column, ...]:
        """Return the columns about periods, where the plan has several."""
        if not scene.plan.phases:
            return ()
        columns = [self.of("period", "Phase")]
        return (*columns, self.of("built_in", "Stands from")) if built else tuple(columns)


def maker(scene: Scene, table: str, frame: pd.DataFrame | None = None) -> Maker:
    """Return the maker of a table of the plan, or of some of its rows."""
    rows = scene.plan.tables[table] if frame is None else frame
    return Maker(table, pd.DataFrame(rows).reset_index(drop=True), scene.plan.currency)


def units(make: Maker, scene: Scene, column: str = "resource") -> Column:
    """Return the unit of each row's resource."""
    values = mapped(make.frame[column], scene.units, "unit/year")
    return make.derived("Unit", "", "Unit of the quantities in this row", values)
