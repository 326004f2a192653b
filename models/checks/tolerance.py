"""How far a number may be off, and how a difference is told."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

RELATIVE = 1e-6


def slack(*sizes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return a millionth of the largest size, element by element, and at least of one unit."""
    out: npt.NDArray[np.float64] = np.asarray(1.0, dtype=np.float64)
    for size in sizes:
        finite = np.nan_to_num(np.abs(np.asarray(size, dtype=np.float64)), nan=0.0, posinf=0.0)
        out = np.maximum(out, finite)
    return RELATIVE * out


def above(value: pd.Series, most: pd.Series | float) -> npt.NDArray[np.bool_]:
    """Return where a value is greater than allowed; a missing limit allows everything."""
    limit = np.asarray(most, dtype=np.float64)
    number = value.to_numpy(dtype=np.float64)
    return np.asarray(~(number <= limit + slack(number, limit)) & ~np.isnan(limit))


def differs(value: pd.Series, expected: pd.Series) -> npt.NDArray[np.bool_]:
    """Return where a value is not what it should be; missing differs from everything."""
    left, right = value.to_numpy(dtype=np.float64), expected.to_numpy(dtype=np.float64)
    return np.asarray(~(np.abs(left - right) <= slack(left, right)))


def sentences(table: pd.DataFrame, wrong: npt.NDArray[np.bool_], template: str) -> list[str]:
    """Return the template filled from each row that is wrong, with the row's period where it says one."""
    if not wrong.any():
        return []
    return [
        template.format(**row) + (f" (in {row['period']})" if row.get("period") else "")
        for row in table[wrong].to_dict("records")
    ]


def lookup(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Return the number that belongs to each key, NaN where there is none (also of no keys at all)."""
    return pd.Series(values.reindex(keys).to_numpy(dtype=np.float64), index=keys.index)
