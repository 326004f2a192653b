"""The streams of a plant that could come: from a table, or of a type of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from data.catalogue import read_catalogue
from data.contracts import conform
from data.errors import Fault, InputError
from data.frames import TABLE_FORMATS, read_table
from data.names import ResourceNames
from data.spelling import closest
from data.streams import complete_streams
from data.study import Study

ANY = "newcomer"  # stands for the plant while no place is chosen


def read_newcomer(path: Path, study: Study) -> pd.DataFrame:
    """Return the streams of one plant from a table: the columns of ``streams`` without ``plant`` and ``stream``.

    Returns
    -------
    pandas.DataFrame
        Contract ``study.streams`` in own units, with the column ``plant_type``: the file's name without its ending.

    Raises
    ------
    InputError
        With every fault in the table.
    """
    if not path.is_file():
        raise InputError([Fault(str(path), "", "no such file", "a table of a plant's streams")])
    try:
        raw = read_table(path)
    except (ValueError, OSError) as error:
        raise InputError([Fault(path.name, "", str(error).splitlines()[0], TABLE_FORMATS)]) from None
    return _streams(raw.drop(columns=["plant", "stream"], errors="ignore"), path.stem, study, path.name)


def type_streams(names: Sequence[str], study: Study) -> pd.DataFrame:
    """Return the streams of types of plants of the catalogue, ``all`` of them or some, as :func:`read_newcomer` does.

    Raises
    ------
    InputError
        Naming each type that is not known, with the nearest one.
    """
    table = read_catalogue().plant_types
    known = pd.Series(table["plant_type"].unique())
    faults = [Fault("newcomer", "--type", repr(name), closest(name, known)) for name in names
              if name not in {*known, "all"}]  # fmt: skip
    if faults:
        raise InputError(faults)
    chosen = list(known) if "all" in names else list(dict.fromkeys(names))
    plain = table.drop(columns=["name", "kind"])
    return pd.concat([
        _streams(plain[plain["plant_type"] == name].drop(columns="plant_type"), name, study, "plant_types.csv")
        for name in chosen
    ], ignore_index=True)  # fmt: skip


def _streams(raw: pd.DataFrame, plant_type: str, study: Study, file: str) -> pd.DataFrame:
    table, faults = conform(raw.assign(plant=ANY), "study", "streams", file=file)
    if table.empty and not faults:
        faults.append(Fault(file, "", "no streams", "at least one supply or demand"))
    names = ResourceNames(study.resources, read_catalogue().synonyms)
    ids, _, unknown = names.taken(table["resource"], file=file, first_row=2)
    streams, found = complete_streams(table.assign(resource=ids), plants=pd.Series([ANY]), resources=study.resources,
                                      file=file)  # fmt: skip
    must = [Fault(file, "must_serve", "true", "false: a newcomer's demand may be bought elsewhere", row=int(row) + 2)
            for row in streams.index[streams["must_serve"]]]  # fmt: skip
    if faults or unknown or found or must:
        raise InputError([*faults, *unknown, *found, *must])
    return streams.assign(plant_type=plant_type)
