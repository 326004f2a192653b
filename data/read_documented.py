"""The documented exchanges of a study, for comparing plans with what was built; planning never reads them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.contracts import conform
from data.errors import Fault, InputError
from data.frames import read_table
from data.sheets import is_workbook, read_sheet, sheet_label
from data.study_sources import study_source
from data.study_workbook import conform_cells, read_study_workbook, wanted_columns


def read_documented(path: str | Path) -> pd.DataFrame:
    """Return the documented exchanges of a study (contract ``study.documented``); planning never reads them.

    Raises
    ------
    InputError
        When the study has none, or with every fault in the table.
    """
    table = documented_exchanges(path)
    if table is None:
        expected = f"the documented exchanges of {path}, as a file of the folder or a sheet of the workbook"
        raise InputError([Fault("documented.csv", "", "no such file", expected)])
    return table


def documented_exchanges(path: str | Path) -> pd.DataFrame | None:
    """Return the documented exchanges of a study as :func:`read_documented` does, ``None`` when it has none.

    Raises
    ------
    InputError
        With every fault in the table.
    """
    source = study_source(path)
    if is_workbook(source):
        sheets = read_study_workbook(source).sheets
        if "documented" not in sheets:
            return None
        label = sheet_label(source.name, sheets["documented"])
        cells = read_sheet(source, sheets["documented"], columns=wanted_columns("documented"))
        table, faults = conform_cells(cells, "documented", file=label)
        if table.empty and not faults:
            return None
    else:
        if not (source / "documented.csv").is_file():
            return None
        raw = read_table(source / "documented.csv")
        table, faults = conform(raw, "study", "documented", file="documented.csv")
    if faults:
        raise InputError(faults)
    return table
