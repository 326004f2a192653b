"""The column contracts: one table of columns drives validation, defaults, units and documentation.

``contracts/*.csv`` name every column of every table of the four families ``study``, ``catalogue``,
``problem`` and ``plan``. :func:`conform` turns any frame into one that keeps its contract, or says
everything that is wrong with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
import pandas as pd
import pandera.pandas as pa

from data.errors import Fault

Family = Literal["study", "catalogue", "problem", "plan"]

# What makes a row unique, per table. A table that is not named may repeat itself.
KEYS: Mapping[tuple[str, str], tuple[str, ...]] = {
    **{
        ("study", table): (key,)
        for table, key in {
            "plants": "plant",
            "streams": "stream",
            "resources": "resource",
            "technologies": "technology",
            "zones": "zone",
            "crossings": "crossing",
            "pipelines": "pipeline",
            "sites": "site",
            "documented": "exchange",
            "siting_criteria": "name",
        }.items()
    },
    ("study", "grades"): ("resource", "serves"),
    ("study", "recipes"): ("technology", "resource"),
    ("study", "site_scores"): ("site", "criterion"),
    ("catalogue", "vehicles"): ("vehicle",),
    ("catalogue", "pipe_costs"): ("pipe_class", "diameter_mm"),
    ("catalogue", "land"): ("kind",),
    ("catalogue", "lines"): ("kind",),
    ("catalogue", "highways"): ("highway",),
    ("catalogue", "families"): ("resource",),
    ("catalogue", "synonyms"): ("synonym", "resource", "language"),
    ("catalogue", "match_rules"): ("rule",),
    ("catalogue", "law"): ("resource", "note"),
    ("catalogue", "plant_types"): ("plant_type", "resource", "direction"),
    **{
        ("problem", table): (key,)
        for table, key in {
            "nodes": "node",
            "resources": "resource",
            "supplies": "supply",
            "demands": "demand",
            "corridors": "corridor",
            "routes": "route",
            "vehicles": "vehicle",
            "hubs": "hub",
            "periods": "period",
        }.items()
    },
    ("problem", "pipes"): ("corridor", "resource", "option"),
    ("problem", "recipes"): ("technology", "resource"),
    ("problem", "grades"): ("resource", "serves"),
    ("plan", "exchanges"): ("exchange",),
    ("plan", "costs"): ("term", "period"),
    ("plan", "indicators"): ("indicator",),
    ("plan", "geometries"): ("key",),
}

_TRUE, _FALSE = {"true", "1", "1.0", "yes", "y"}, {"false", "0", "0.0", "no", "n"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one table."""

    name: str
    type: Literal["id", "text", "number", "count", "flag"]
    required: bool
    default: str
    unit: str
    minimum: float | None
    maximum: float | None
    values: tuple[str, ...]
    description: str

    @property
    def dtype(self) -> str:
        """Return the pandas dtype in which the column is held."""
        if self.type == "flag":
            return "bool" if self.required or self.default else "boolean"
        return {"id": "str", "text": "str", "number": "float64", "count": "int64"}[self.type]


@cache
def contract(family: Family) -> Mapping[str, Mapping[str, Column]]:
    """Return the tables of a family, each as its columns by name, in the order of the contract."""
    tables: dict[str, dict[str, Column]] = {}
    with files("data").joinpath("contracts", f"{family}.csv").open(encoding="utf-8") as text:
        for row in csv.DictReader(text):
            tables.setdefault(row["table"], {})[row["column"]] = Column(
                name=row["column"],
                type=row["type"],  # type: ignore[arg-type]
                required=row["required"] == "yes",
                default=row["default"],
                unit=row["unit"],
                minimum=float(row["minimum"]) if row["minimum"] else None,
                maximum=float(row["maximum"]) if row["maximum"] else None,
                values=tuple(row["values"].split("|")) if row["values"] else (),
                description=row["description"],
            )
    return tables


def empty_table(family: Family, table: str) -> pd.DataFrame:
    """Return the table without rows, every column in its dtype."""
    columns = contract(family)[table].values()
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in columns})


def make_table(family: Family, table: str, rows: Iterable[Mapping[str, object]] | pd.DataFrame) -> pd.DataFrame:
    """Return rows made by our own code as a table of the contract.

    Raises
    ------
    AssertionError
        When the rows break the contract: that is a fault of ours, not of the input.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    if frame.empty:
        return empty_table(family, table)
    conformed, faults = conform(frame, family, table, file=f"{family}.{table}")
    if faults:
        raise AssertionError("\n".join(map(str, faults)))
    return conformed


def conform(
    frame: pd.DataFrame,
    family: Family,
    table: str,
    *,
    file: str,
    first_row: int = 2,
    rows: Sequence[int] | None = None,
    also: Sequence[str] = (),
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return ``frame`` as its contract wants it, and every fault found on the way.

    Parameters
    ----------
    frame
        Any columns in any order, cells as text or typed.
    family, table
        Which contract.
    file
        Name for the faults.
    first_row
        What a person calls the first row: 2 in a table with a header line, 1 in a layer.
    rows
        What a person calls each row, where that is not one number after the other.
    also
        Further numeric columns that are allowed here.

    Returns
    -------
    conformed, faults
        All contract columns in contract order with their dtypes and defaults, then the ``also``
        columns present. Text is never missing but empty; numbers are missing as NaN. The frame may
        only be used when there are no faults.
    """
    columns = dict(contract(family)[table])
    for name in also:
        columns[name] = Column(name, "number", False, "", "", None, None, (), "declared property")
    faults = _column_faults(frame, columns, contract(family)[table], file)
    counted = pd.RangeIndex(first_row, first_row + len(frame)) if rows is None else pd.Index(rows, dtype="int64")
    out: dict[str, pd.Series] = {}
    for column in columns.values():
        if column.name not in frame.columns and column.name in also:
            continue
        given = frame[column.name] if column.name in frame.columns else None
        series, found = _coerce(given, column, counted, file)
        out[column.name] = series
        faults += found
    conformed = pd.DataFrame(out, index=counted)
    broken = {(fault.row, fault.column) for fault in faults} | {(None, f.column) for f in faults if f.row is None}
    faults += [
        fault
        for fault in _value_faults(conformed, columns, file)
        if (fault.row, fault.column) not in broken and (None, fault.column) not in broken
    ]
    faults += _duplicate_faults(conformed, KEYS.get((family, table), ()), file)
    return conformed.reset_index(drop=True), faults


def _column_faults(
    frame: pd.DataFrame, columns: Mapping[str, Column], own: Mapping[str, Column], file: str
) -> list[Fault]:
    known = ", ".join(own)
    faults = [
        Fault(file, str(name), "a column that is not known", f"only the columns {known}")
        for name in frame.columns
        if name not in columns
    ]
    faults += [
        Fault(file, column.name, "no such column", f"the column {column.name} ({column.description})")
        for column in columns.values()
        if column.required and column.name not in frame.columns
    ]
    return faults


def _coerce(given: pd.Series | None, column: Column, rows: pd.Index, file: str) -> tuple[pd.Series, list[Fault]]:
    """Return the column in its dtype; cells that are not of its type become missing and faults."""
    if given is None:
        given = pd.Series([column.default or None] * len(rows), dtype="object")
    text = given.astype("object").where(given.notna(), "").map(str).str.strip()
    text = text.mask(text == "", column.default)
    text.index = rows
    blank = text == ""
    if column.type in ("id", "text"):
        return text.astype("str"), []
    if column.type == "flag":
        lower = text.str.lower()
        is_true, bad = lower.isin(_TRUE), ~lower.isin(_TRUE | _FALSE) & ~blank
        series = is_true.astype("boolean").mask(blank | bad)
        if column.dtype == "bool":
            series = series.fillna(value=False)
        return series.astype(column.dtype), _cell_faults(text, bad, column, file, "true or false")
    numbers = pd.to_numeric(text.mask(blank, np.nan), errors="coerce").astype("float64")
    bad = ~blank & ~np.isfinite(numbers)
    expected = "a number"
    if column.type == "count":
        fraction = ~blank & ~bad & (numbers % 1 != 0)
        bad, expected = bad | fraction, "a whole number"
        numbers = numbers.where(~bad & ~blank, 0).astype("int64")
    return numbers, _cell_faults(text, bad, column, file, expected)


def _cell_faults(text: pd.Series, bad: pd.Series, column: Column, file: str, expected: str) -> list[Fault]:
    return [
        Fault(file, column.name, repr(value), expected, row=int(row))
        for row, value in text[bad].items()  # only the faulty cells
    ]


def _schema(columns: Mapping[str, Column]) -> pa.DataFrameSchema:
    """Return the value rules of a table as a pandera schema; dtypes are settled before it runs."""
    out = {}
    for column in columns.values():
        checks = []
        if column.minimum is not None:
            checks.append(pa.Check.ge(column.minimum, error=f"at least {column.minimum:g}"))
        if column.maximum is not None:
            checks.append(pa.Check.le(column.maximum, error=f"at most {column.maximum:g}"))
        if column.values:
            allowed = [*column.values] if column.required else [*column.values, ""]
            checks.append(pa.Check.isin(allowed, error="one of " + ", ".join(column.values)))
        if column.required and column.dtype == "str":
            checks.append(pa.Check.ne("", error="a value (" + column.description + ")"))
        out[column.name] = pa.Column(nullable=not column.required, checks=checks, required=False)
    return pa.DataFrameSchema(out)


def _value_faults(frame: pd.DataFrame, columns: Mapping[str, Column], file: str) -> list[Fault]:
    try:
        _schema(columns).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        return [
            Fault(
                file,
                str(case.column),
                "nothing" if pd.isna(case.failure_case) or case.failure_case == "" else repr(case.failure_case),
                "a number" if case.check == "not_nullable" else str(case.check),
                row=None if pd.isna(case.index) else int(case.index),
            )
            for case in error.failure_cases.itertuples(index=False)  # only the faulty cells
        ]
    return []


def _duplicate_faults(frame: pd.DataFrame, key: Sequence[str], file: str) -> list[Fault]:
    if not key or frame.empty:
        return []
    present = (frame[list(key)] != "").all(axis=1)
    again = frame.duplicated(subset=list(key)) & present
    first_rows = frame[present].reset_index(names="_row").groupby(list(key), sort=False)["_row"].first()
    faults = []
    for row, values in frame.loc[again, list(key)].iterrows():  # only the faulty rows
        label = tuple(values) if len(key) > 1 else values.iloc[0]
        faults.append(
            Fault(
                file,
                ", ".join(key),
                f"{' / '.join(map(str, values))} again",
                f"a value that is used once (first in row {int(first_rows[label])})",
                row=int(row),
            )
        )
    return faults
