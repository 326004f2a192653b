"""What the arrays of a fixed-charge network say about themselves.

Sets
    y gates: whole columns in [0, ...] that must be paid before anything may pass.
    x the columns behind a gate.
Rows that are looked for
    (g) gate row: sum of a_j x_j - u y <= 0 with a_j > 0, x_j >= 0, u > 0: nothing passes at y = 0.
    (s) strong row: a gate row with one continuous x and a binary y, that is x <= u y.
    (b) balance row: an equation over continuous columns.
A strong row is implied for whole y by any other gate row with the same x and y, once x <= u is a bound of x; it
is only needed to strengthen the relaxation and can wait until it is violated (Chouman, Crainic and Gendron 2017,
Transportation Science 51: 650-667). Where x and y meet in no other gate row, the sum of the strong rows of y
takes their place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.mip import Flags, Floats, Ints, Mip
from models.search.lp import Rows, with_rows


@dataclass(frozen=True)
class Gates:
    """Every pair of a column and a gate it stands behind, row by row.

    Attributes
    ----------
    row, behind, gate
        The gate row and its two columns.
    slope
        ``u / a``: the most that ``behind`` may be at gate = 1.
    size
        How many columns stand behind the gate in that row.
    """

    row: Ints
    behind: Ints
    gate: Ints
    slope: Floats
    size: Ints


@dataclass(frozen=True)
class StrongRows:
    """Rows ``x <= slope * y`` that are left out until they are violated."""

    x: Ints
    y: Ints
    slope: Floats

    def __len__(self) -> int:
        return len(self.x)

    def violation(self, values: Floats) -> Floats:
        """Return by how much of its slope each row is violated."""
        return np.asarray(values[self.x] / self.slope - values[self.y])

    def rows(self, chosen: Ints, columns: int) -> Rows:
        """Return some of them as rows over ``columns`` columns."""
        count = len(chosen)
        line = np.repeat(np.arange(count), 2)
        column = np.column_stack([self.x[chosen], self.y[chosen]]).ravel()
        value = np.column_stack([np.ones(count), -self.slope[chosen]]).ravel()
        matrix = coo_array((value, (line, column)), shape=(count, columns)).tocsr()
        return Rows(csr_array(matrix), np.full(count, -np.inf), np.zeros(count))


def normalised(mip: Mip) -> Mip:
    """Return the programme with rows that only have a lower side turned round."""
    turn = np.isfinite(mip.row_lower) & ~np.isfinite(mip.row_upper)
    sign = np.where(turn, -1.0, 1.0)
    matrix = csr_array(mip.matrix, copy=True)
    matrix.data = matrix.data * np.repeat(sign, np.diff(matrix.indptr))
    return replace(
        mip,
        matrix=matrix,
        row_lower=np.where(turn, -np.inf, mip.row_lower),
        row_upper=np.where(turn, -mip.row_lower, mip.row_upper),
    )


def find_gates(mip: Mip) -> Gates:
    """Return the gate rows (g) of a normalised programme."""
    matrix = mip.matrix
    count = len(mip.row_lower)
    row = np.repeat(np.arange(count), np.diff(matrix.indptr))
    column, value = matrix.indices.astype(np.int64), matrix.data
    entry = value != 0
    row, column, value = row[entry], column[entry], value[entry]
    negative = value < 0
    shaped = ~np.isfinite(mip.row_lower) & (mip.row_upper == 0) & (np.bincount(row[negative], minlength=count) == 1)
    fits = np.where(negative, mip.integer[column], True) & (mip.lower[column] >= 0)
    shaped &= np.bincount(row[~fits], minlength=count) == 0
    gate, reach = np.full(count, -1), np.ones(count)
    lead = negative & shaped[row]
    gate[row[lead]], reach[row[lead]] = column[lead], -value[lead]
    size = np.bincount(row[~negative], minlength=count)
    pair = ~negative & shaped[row]
    row, column, value = row[pair], column[pair], value[pair]
    return Gates(row, column, gate[row], reach[row] / value, size[row])


def set_aside(mip: Mip, gates: Gates) -> tuple[Mip, StrongRows]:
    """Return the programme without its strong rows, and the strong rows.

    The programme that is left has the same whole solutions: see the module's first paragraph.
    """
    binary = mip.integer & (mip.lower == 0) & (mip.upper == 1)
    single = (gates.size == 1) & binary[gates.gate] & ~mip.integer[gates.behind]
    key = gates.behind * len(mip.cost) + gates.gate
    covered = np.isin(key[single], key[gates.size > 1])
    alone = np.flatnonzero(single)[~covered]
    members = np.bincount(gates.gate[alone], minlength=len(mip.cost))
    summed = alone[members[gates.gate[alone]] > 1]
    lazy = np.union1d(np.flatnonzero(single)[covered], summed)
    x, y, slope = gates.behind[lazy], gates.gate[lazy], gates.slope[lazy]
    upper = mip.upper.copy()
    np.minimum.at(upper, x, slope)
    keep = np.ones(len(mip.row_lower), dtype=bool)
    keep[gates.row[lazy]] = False
    core = replace(
        mip,
        upper=upper,
        matrix=csr_array(mip.matrix[np.flatnonzero(keep)]),
        row_lower=mip.row_lower[keep],
        row_upper=mip.row_upper[keep],
    )
    if len(summed):
        core = with_rows(core, _sums(gates, summed, len(mip.cost)))
    return core, StrongRows(x, y, slope)


def _sums(gates: Gates, chosen: Ints, columns: int) -> Rows:
    """Return one row per gate: the sum of its strong rows."""
    gate, line = np.unique(gates.gate[chosen], return_inverse=True)
    total = np.bincount(line, gates.slope[chosen])
    count = len(gate)
    matrix = coo_array(
        (
            np.concatenate([np.ones(len(chosen)), -total]),
            (np.concatenate([line, np.arange(count)]), np.concatenate([gates.behind[chosen], gate])),
        ),
        shape=(count, columns),
    ).tocsr()
    return Rows(csr_array(matrix), np.full(count, -np.inf), np.zeros(count))


@dataclass(frozen=True)
class Balance:
    """The balance rows (b): what each column brings into them.

    Attributes
    ----------
    rows
        Their numbers.
    matrix
        Their entries as a csc array, one column per column of the programme.
    right
        Their right-hand sides.
    """

    rows: Ints
    matrix: csr_array
    right: Floats


def find_balance(mip: Mip) -> Balance:
    """Return the equations over continuous columns that cannot be negative."""
    matrix = mip.matrix
    count = len(mip.row_lower)
    row = np.repeat(np.arange(count), np.diff(matrix.indptr))
    odd = mip.integer[matrix.indices] | (mip.lower[matrix.indices] < 0)
    equation = mip.row_lower == mip.row_upper
    equation &= np.bincount(row[odd], minlength=count) == 0
    rows = np.flatnonzero(equation)
    return Balance(rows, csr_array(matrix[rows]), mip.row_lower[rows])


def find_twins(mip: Mip, gates: Gates, balance: Balance) -> tuple[Ints, Ints, Ints]:
    """Return the two-way gate rows: row, forward and backward column.

    Two columns are each other's way back when their balance entries cancel, no other row can gain from both
    being used, and using both costs something or nothing: then some optimum never uses both.
    """
    two = np.flatnonzero((gates.size == 2) & ~mip.integer[gates.behind])
    line, position, count = np.unique(gates.row[two], return_index=True, return_counts=True)
    position, line = position[count == 2], line[count == 2]
    order = two[np.argsort(gates.row[two], kind="stable")]
    first = np.searchsorted(gates.row[order], line)
    forward, backward = gates.behind[order[first]], gates.behind[order[first + 1]]
    columns = balance.matrix.tocsc()
    difference = columns[:, forward] + columns[:, backward]
    entries = np.diff(columns.indptr)
    cancel = (np.asarray(abs(difference).sum(axis=0)).ravel() <= 1e-12) & (entries[forward] > 0)
    harmless = _harmless(mip, balance.rows)
    paid = mip.cost[forward] + mip.cost[backward] >= 0
    fits = cancel & paid & harmless[forward] & harmless[backward]
    fits &= (mip.lower[forward] == 0) & (mip.lower[backward] == 0)
    fits &= mip.upper[gates.gate[order[first]]] == 1  # of several pipes side by side each way may use all
    tight = gates.slope[order[first]]
    chosen = np.flatnonzero(fits)
    chosen = chosen[np.lexsort((tight[chosen], forward[chosen]))]  # of several rows of one pair the tightest
    chosen = chosen[np.unique(forward[chosen], return_index=True)[1]]
    return line[chosen], forward[chosen], backward[chosen]


def _harmless(mip: Mip, apart: Ints) -> Flags:
    """Return which columns can shrink without breaking a row, the rows ``apart`` not counted."""
    matrix = mip.matrix
    row = np.repeat(np.arange(len(mip.row_lower)), np.diff(matrix.indptr))
    needs = np.where(matrix.data > 0, np.isfinite(mip.row_lower[row]), np.isfinite(mip.row_upper[row]))
    needs &= ~np.isin(row, apart)
    return np.asarray(np.bincount(matrix.indices[needs], minlength=len(mip.cost)) == 0)
