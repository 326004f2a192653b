"""Tables on disk: one folder, one file per table, CSV or Parquet, whichever is there."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from data.contracts import Family, conform, contract, empty_table
from data.errors import Fault, InputError
from data.sheets import is_workbook, read_sheet

_OUR_MARKS = ("plan.json", "candidates.gpkg", "front.csv", "matches.csv", "siting.json", "newcomers.json")
TABLE_FORMATS = "a table as CSV (UTF-8, cells separated by commas), Parquet or XLSX"


def read_table(path: Path, *, sheet: str | None = None) -> pd.DataFrame:
    """Return a CSV, Parquet or workbook table with its cells as they stand, nothing guessed.

    CSV cells stay text so that an id such as ``007`` or ``NA`` keeps its spelling.

    Raises
    ------
    ValueError
        When the file is no such table; the message says what it is instead.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return pd.read_parquet(path)
    if is_workbook(path):
        cells = read_sheet(path, sheet)
        if cells.faults:
            raise InputError(cells.faults)
        return cells.frame
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[], encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"text that is not UTF-8 (byte {error.start})"
        raise ValueError(msg) from None
    if len(table.columns) == 1 and ";" in str(table.columns[0]):
        msg = "cells separated by semicolons"
        raise ValueError(msg)
    return table


def read_tables(
    folder: Path, family: Family, *, skip: tuple[str, ...] = ()
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Return every table of a family from a folder; a missing one is empty."""
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for table in contract(family):
        if table in skip:
            continue
        there = [path for suffix in (".csv", ".parquet") if (path := folder / f"{table}{suffix}").exists()]
        if len(there) > 1:
            faults.append(Fault(f"{table}.csv", "", "a CSV and a Parquet file of it", "one of the two"))
        if not there:
            tables[table] = empty_table(family, table)
            continue
        try:
            raw = read_table(there[0])
        except (ValueError, OSError, csv.Error) as error:
            faults.append(Fault(there[0].name, "", str(error).splitlines()[0], TABLE_FORMATS))
            continue
        tables[table], found = conform(raw, family, table, file=there[0].name)
        faults += found
    return tables, faults


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as ``<name>.csv``; floats keep every digit, so reading gives them back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a scratch folder that becomes ``target`` when the block ends well, and vanishes otherwise.

    An existing ``target`` is replaced only at the last moment, so an interrupted run loses nothing.

    Raises
    ------
    InputError
        When ``target`` holds something that symbioplan did not write: it would be lost.
    """
    target = target.resolve()
    refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        scratch.chmod(0o755)  # mkdtemp makes private folders; results are for colleagues
        yield scratch
        old = scratch.with_name(scratch.name + ".old")
        if target.exists():
            target.rename(old)
        try:
            scratch.rename(target)
        except OSError:
            old.rename(target)  # put back what was there
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a scratch path that takes the place of ``target`` when the block ends well; else not even a folder is made.

    Raises
    ------
    InputError
        When ``target`` is a folder.
    """
    if target.is_dir():
        raise InputError([Fault(str(target), "", "a folder", "a file to write")])
    standing = next(folder for folder in target.absolute().parents if folder.exists())
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=standing) as scratch:
        path = Path(scratch) / target.name
        yield path
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def refuse_foreign(target: Path) -> None:
    """Raise when an output would replace something that symbioplan did not write.

    Raises
    ------
    InputError
        Naming the folder.
    """
    ours = any((target / mark).exists() for mark in _OUR_MARKS)
    if target.exists() and not ours and (not target.is_dir() or any(target.iterdir())):
        expected = "a new or empty folder, or an earlier output of symbioplan to replace"
        raise InputError([Fault(str(target), "", "files that symbioplan did not write", expected)])
