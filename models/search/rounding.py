"""Whole columns to fit given flows.

Gates open as far as the flows behind them need. Where a row allows only one of several gates (the pipes of one
resource in one corridor), the one stays that carries all their flow at the least cost; if none can, the largest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.mip import Flags, Floats, Ints, Mip
from models.search.structure import Gates

_FITS = 1e-7


@dataclass(frozen=True)
class Options:
    """Rows of gates of which at most one may be open, gate by gate.

    Attributes
    ----------
    row, gate
        The row and the gate; sorted by row.
    behind
        Flows behind each gate: one row per entry of ``gate``, one column per column of the programme.
    capacity, fixed_cost, unit_cost
        Of each gate: the most one flow behind it may be, its cost, the least cost of a unit behind it.
    """

    row: Ints
    gate: Ints
    behind: csr_array
    capacity: Floats
    fixed_cost: Floats
    unit_cost: Floats

    def chosen(self, values: Floats) -> Flags:
        """Return which gates stay open for the flows in ``values``; none in rows that carry nothing."""
        if not len(self.gate):
            return np.zeros(0, dtype=bool)
        carried = np.bincount(self.row, self.behind @ values)[self.row]
        lacks = np.maximum(carried * (1 - _FITS) - self.capacity, 0.0)
        cost = self.fixed_cost + self.unit_cost * carried
        order = np.lexsort((cost, lacks, self.row))
        first = order[np.unique(self.row[order], return_index=True)[1]]
        out = np.zeros(len(self.gate), dtype=bool)
        out[first] = carried[first] > _FITS * np.maximum(self.capacity[first], 1e-300)
        return out


def find_options(mip: Mip, gates: Gates) -> Options:
    """Return the options of a programme."""
    matrix, count = mip.matrix, len(mip.row_lower)
    row = np.repeat(np.arange(count), np.diff(matrix.indptr))
    column = matrix.indices.astype(np.int64)
    binary = mip.integer & (mip.lower == 0) & (mip.upper == 1)
    one = binary[column] & (matrix.data == 1)
    lead = binary[column] & (matrix.data == -1)
    ones, leads = np.bincount(row[one], minlength=count), np.bincount(row[lead], minlength=count)
    fits = (ones >= 2) & (ones + leads == np.diff(matrix.indptr)) & ~np.isfinite(mip.row_lower)
    fits &= ((leads == 0) & (mip.row_upper == 1)) | ((leads == 1) & (mip.row_upper == 0))
    flows = _flows_behind(mip, gates)
    entry = one & fits[row]
    entry &= np.diff(flows.indptr)[column] > 0  # ways and trenches are no options
    picked, rows = column[entry], row[entry]
    behind = csr_array(flows[picked])
    line = np.repeat(np.arange(len(picked)), np.diff(behind.indptr))
    capacity, unit = np.zeros(len(picked)), np.full(len(picked), np.inf)
    np.maximum.at(capacity, line, mip.upper[behind.indices])
    np.minimum.at(unit, line, mip.cost[behind.indices])
    return Options(rows, picked, behind, capacity, mip.cost[picked], unit)


def _flows_behind(mip: Mip, gates: Gates) -> csr_array:
    """Return which continuous columns stand behind each gate that costs something, directly or behind its ways."""
    count = len(mip.cost)
    step = coo_array((np.ones(len(gates.gate)), (gates.gate, gates.behind)), shape=(count, count)).tocsr()
    reach = (step + step @ step).tocoo()
    gate, behind = reach.coords
    fits = (mip.cost[gate] > 0) & ~mip.integer[behind]
    ones = np.ones(int(fits.sum()))
    return csr_array(coo_array((ones, (gate[fits], behind[fits])), shape=(count, count)).tocsr())


def opened(mip: Mip, values: Floats) -> Floats:
    """Return the values with whole columns as small as rows ``sum a_j x_j - u y <= r`` allow, the y whole."""
    out = np.where(mip.integer, mip.lower, values)
    row, column, value = _needs(mip)
    for _ in range(3):  # flows open ways and pipes, pipes open trenches
        need = ((mip.matrix @ out)[row] - mip.row_upper[row]) / value + out[column]
        least = out.copy()
        np.maximum.at(least, column, np.ceil(need - _FITS))
        least = np.minimum(least, mip.upper)
        if (least <= out).all():
            break
        out = least
    return out


def _needs(mip: Mip) -> tuple[Ints, Ints, Floats]:
    """Return rows with exactly one negative entry, that of a whole column: row, column, size of the entry."""
    matrix = mip.matrix
    count = len(mip.row_lower)
    row = np.repeat(np.arange(count), np.diff(matrix.indptr))
    negative = matrix.data < 0
    single = np.isfinite(mip.row_upper) & ~np.isfinite(mip.row_lower)
    single &= np.bincount(row[negative], minlength=count) == 1
    chosen = negative & single[row] & mip.integer[matrix.indices]
    return row[chosen], matrix.indices[chosen].astype(np.int64), -matrix.data[chosen]
