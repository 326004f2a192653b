"""What stands in each period, from what is used: built when first needed, and kept from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from models.families.ledger import Thing
from models.network import Floats


def over_time(
    table: pd.DataFrame,
    used: pd.DataFrame,
    *,
    kind: str,
    keys: list[str],
    periods: pd.DataFrame,
    decided: Mapping[Thing, Sequence[float]],
) -> pd.DataFrame:
    """Return the rows of a Problem's table that stand or are used, once for each period in which they do.

    Parameters
    ----------
    table
        The Problem's rows, one for each value of ``keys``.
    used
        ``keys``, ``when``, ``number`` (how many must have been built: 0 for what was there before and for
        what need not be built), and any further amounts, which are summed.
    kind
        Kind of the things in ``decided``, whose names are the keys separated by colons.
    periods
        ``period`` by number.
    decided
        How many the solver lets stand per period. A budget may make it build before there is a use; what it
        never uses is left out. Empty: everything is built when first used.

    Returns
    -------
    pandas.DataFrame
        The table's columns, ``when``, ``period``, ``number`` (built so far), ``built_in`` (period from which
        the first stands; blank for what is not built and when there is only one period), and the amounts, 0
        where nothing is used. Ordered by period, then as the table.
    """
    row = used[keys].merge(table[keys].assign(row=np.arange(len(table))), on=keys, how="left")["row"].to_numpy(np.int64)
    when, count = used["when"].to_numpy(np.int64), len(periods)
    place, size = row * count + when, len(table) * count

    def spread(amounts: pd.Series) -> Floats:
        sums = np.bincount(place, amounts.astype("float64"), minlength=size)
        return sums.astype(np.float64).reshape(len(table), count)

    number = np.zeros((len(table), count))
    np.maximum.at(number, (row, when), used["number"].to_numpy(dtype=np.float64))
    number = np.maximum.accumulate(number, axis=1)
    for built in np.unique(row):  # only what is used
        steps = decided.get((kind, ":".join(table[keys].iloc[built])))
        if steps is not None:
            number[built] = np.maximum(number[built], np.minimum(steps, number[built, -1]))
    there = (number > 0) | (spread(pd.Series(1.0, index=used.index)) > 0)
    periods_there, rows = np.nonzero(there.T)
    first = np.where(number.any(axis=1), (number > 0).argmax(axis=1), -1)[rows]
    names = np.asarray([*periods["period"], ""], dtype=object)
    amounts = {
        name: spread(used[name])[rows, periods_there] for name in used.columns if name not in (*keys, "when", "number")
    }
    out = table.iloc[rows].reset_index(drop=True)
    return out.assign(
        when=periods_there,
        period=pd.Series(names[periods_there], dtype="str"),
        built_in=pd.Series(names[first], dtype="str"),
        number=number[rows, periods_there],
        **amounts,
    )
