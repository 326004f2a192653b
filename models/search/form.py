"""The programme that is worked on: strong rows set aside, two-way pipes with a column per way.

Variables
    way_f in [0, 1] for each direction f of a two-way gate row a_f f + a_b b <= u y.
Constraints
    (w1) a_f f <= u way_f;  a_b b <= u way_b
    (w2) way_f + way_b <= y, valid because nothing flows to and fro
    Together they imply the row they replace. On their own they strengthen nothing, but a cut (see
    :mod:`models.search.dicuts`) then counts a corridor only in the direction in which it enters, which is the
    bidirected cut form of the Steiner tree problem (Koch and Martin 1998, Networks 32: 207-232).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.mip import Flags, Floats, Ints, Mip
from models.search.lp import Rows, with_rows
from models.search.rounding import Options, find_options
from models.search.structure import (
    Balance,
    Gates,
    StrongRows,
    find_balance,
    find_gates,
    find_twins,
    normalised,
    set_aside,
)

_USED = 1e-6  # units per year; less passes a shut gate within the tolerance of a plan


@dataclass(frozen=True)
class Form:
    """The programme as it is worked on.

    Attributes
    ----------
    mip
        The programme without strong rows; its first ``columns`` columns are the given ones.
    given
        The programme as it came.
    strong
        The rows set aside.
    gates
        Gate rows, the strong ones included.
    balance
        Balance rows of ``mip``.
    forward, backward, way
        Two-way pipes: their two columns, and the first of their two way columns (the second follows).
    """

    mip: Mip
    given: Mip
    strong: StrongRows
    gates: Gates
    balance: Balance
    forward: Ints
    backward: Ints
    way: Ints

    @cached_property
    def ways(self) -> Flags:
        """Return which columns are way columns."""
        out = np.zeros(len(self.mip.cost), dtype=bool)
        out[self.way] = out[self.way + 1] = True
        return out

    @cached_property
    def options(self) -> Options:
        """Return the gates of which at most one may be open."""
        return find_options(self.mip, self.gates)

    @property
    def columns(self) -> int:
        """Return the number of columns of the given programme."""
        return len(self.given.cost)

    def lift(self, values: Floats) -> Floats:
        """Return a plan of the given programme as one of ``mip``: nothing to and fro, ways that are used at 1."""
        out = np.where(self.ways, 0.0, self.mip.lower)  # loads stay what they are
        out[: self.columns] = values
        both = np.minimum(out[self.forward], out[self.backward])
        out[self.forward] -= both
        out[self.backward] -= both
        for offset, column in enumerate((self.forward, self.backward)):
            out[self.way + offset] = out[column] > _USED
        return out

    def drop(self, values: Floats) -> Floats:
        """Return a plan of ``mip`` as one of the given programme."""
        return self.lift(values[: self.columns])[: self.columns]


def make_form(given: Mip) -> Form:
    """Return the form of a programme."""
    mip = _with_loads(normalised(given))
    gates = find_gates(mip)
    balance = find_balance(mip)
    line, forward, backward = find_twins(mip, gates, balance)
    mip, way = _with_ways(mip, gates, line, forward, backward)
    gates = find_gates(mip)
    core, strong = set_aside(mip, gates)
    return Form(core, given, strong, gates, find_balance(core), forward, backward, way)


def _with_loads(mip: Mip) -> Mip:
    """Return the programme with right-hand sides of balance rows as fixed columns: demands, or supplies."""
    balance = find_balance(mip)
    loaded = np.flatnonzero(np.abs(balance.right) > 1e-9)
    rows, right = balance.rows[loaded], balance.right[loaded]
    columns, count = len(mip.cost), len(rows)
    if not count:
        return mip
    old = mip.matrix.tocoo()
    value = np.concatenate([old.data, -np.sign(right)])
    row = np.concatenate([old.coords[0], rows])
    column = np.concatenate([old.coords[1], columns + np.arange(count)])
    matrix = coo_array((value, (row, column)), shape=(len(mip.row_lower), columns + count)).tocsr()
    row_lower, row_upper = mip.row_lower.copy(), mip.row_upper.copy()
    row_lower[rows] = row_upper[rows] = 0.0
    return replace(
        mip,
        cost=np.concatenate([mip.cost, np.zeros(count)]),
        lower=np.concatenate([mip.lower, np.abs(right)]),
        upper=np.concatenate([mip.upper, np.abs(right)]),
        integer=np.concatenate([mip.integer, np.zeros(count, dtype=bool)]),
        matrix=csr_array(matrix),
        row_lower=row_lower,
        row_upper=row_upper,
    )


def _with_ways(mip: Mip, gates: Gates, line: Ints, forward: Ints, backward: Ints) -> tuple[Mip, Ints]:
    """Replace two-way gate rows by (w1) and (w2)."""
    pairs, columns = len(line), len(mip.cost)
    way = columns + 2 * np.arange(pairs)
    if not pairs:
        return mip, way
    slope = dict(zip(zip(gates.row.tolist(), gates.behind.tolist(), strict=True), gates.slope.tolist(), strict=True))
    gate = np.full(len(mip.row_lower), -1)
    gate[gates.row] = gates.gate
    flow = np.column_stack([forward, backward]).ravel()
    reach = np.asarray([slope[key] for key in zip(np.repeat(line, 2).tolist(), flow.tolist(), strict=True)])
    keep = np.ones(len(mip.row_lower), dtype=bool)
    keep[line] = False
    wider = csr_array(
        (mip.matrix.data, mip.matrix.indices, mip.matrix.indptr), shape=(len(mip.row_lower), columns + 2 * pairs)
    )
    mip = replace(
        mip,
        cost=np.concatenate([mip.cost, np.zeros(2 * pairs)]),
        lower=np.concatenate([mip.lower, np.zeros(2 * pairs)]),
        upper=np.concatenate([mip.upper, np.ones(2 * pairs)]),
        integer=np.concatenate([mip.integer, np.ones(2 * pairs, dtype=bool)]),
        matrix=csr_array(wider[np.flatnonzero(keep)]),
        row_lower=mip.row_lower[keep],
        row_upper=mip.row_upper[keep],
    )
    ways = columns + np.arange(2 * pairs)
    count = np.arange(pairs)
    line_of = np.concatenate([np.arange(2 * pairs), np.arange(2 * pairs), np.repeat(2 * pairs + count, 3)])
    column_of = np.concatenate([flow, ways, np.column_stack([way, way + 1, gate[line]]).ravel()])
    value = np.concatenate([np.ones(2 * pairs), -reach, np.tile([1.0, 1.0, -1.0], pairs)])
    matrix = coo_array((value, (line_of, column_of)), shape=(3 * pairs, columns + 2 * pairs)).tocsr()
    return with_rows(mip, Rows(csr_array(matrix), np.full(3 * pairs, -np.inf), np.zeros(3 * pairs))), way


def closed_behind(form: Form, upper: Floats) -> Flags:
    """Return which columns cannot be used because a gate before them is closed (its ``upper`` is 0)."""
    shut = upper <= 0
    for _ in range(3):  # a pipe behind a trench, a way behind a pipe, a flow behind a way
        behind = form.gates.behind[shut[form.gates.gate]]
        if shut[behind].all():
            break
        shut[behind] = True
    return shut
