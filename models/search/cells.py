"""What can bring something into a cell of the network, and what takes it out there.

A cell is a balance row with right-hand side 0; everything is seen from the demands (``sign`` 1) or, with all signs
turned, from the supplies (``sign`` -1), so that one separation of cuts serves both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from models.mip import Flags, Floats, Ints
from models.search.form import Form


@dataclass(frozen=True)
class Side:
    """Arcs into cells, and what the cells give; node ``count`` is the outside.

    An arc is a ``column`` that brings ``gain`` of its value into cell ``head``; it passes ``reach`` at most when
    ``gate`` (-1: none) is 1, and is never more than ``upper``. ``near`` columns take ``amount`` of their value (at
    most ``most``) out of cell ``at``. ``part`` numbers the parts of the network that no arc joins.
    """

    count: int
    tail: Ints
    head: Ints
    column: Ints
    gain: Floats
    gate: Ints
    reach: Floats
    upper: Floats
    near: Ints
    at: Ints
    amount: Floats
    most: Floats
    part: Ints

    @property
    def gated(self) -> Flags:
        """Return which arcs have a gate."""
        return self.gate >= 0

    def through(self, values: Floats) -> Floats:
        """Return what each arc brings."""
        return np.maximum(self.gain * values[self.column], 0.0)

    def opened(self, values: Floats) -> Floats:
        """Return how far the gate of each arc is open; 0 without one."""
        return np.where(self.gated, values[np.maximum(self.gate, 0)], 0.0)


def sides(form: Form) -> tuple[Side, Side]:
    """Return the network of a form as seen from its demands and from its supplies."""
    gate, slope = _own_gate(form)
    return _side(form, 1.0, gate, slope), _side(form, -1.0, gate, slope)


def _own_gate(form: Form) -> tuple[Ints, Floats]:
    """Return for every column the gate that lets least through, or -1, and what it lets through."""
    gates, mip = form.gates, form.mip
    picked = np.flatnonzero(mip.integer[gates.gate] & ~mip.integer[gates.behind])
    order = picked[np.lexsort((gates.size[picked], gates.slope[picked], gates.behind[picked]))]
    first = order[np.unique(gates.behind[order], return_index=True)[1]]
    gate, slope = np.full(len(mip.cost), -1), np.full(len(mip.cost), np.inf)
    gate[gates.behind[first]], slope[gates.behind[first]] = gates.gate[first], gates.slope[first]
    return gate, slope


def _side(form: Form, sign: float, gate: Ints, slope: Floats) -> Side:
    balance = form.balance
    rows = balance.right == 0
    matrix = csr_array(balance.matrix[np.flatnonzero(rows)] * sign).tocoo()
    count, columns = matrix.shape
    row, column, value = matrix.coords[0].astype(np.int64), matrix.coords[1].astype(np.int64), matrix.data
    into, out = value > 0, value < 0
    ins, outs = np.bincount(column[into], minlength=columns), np.bincount(column[out], minlength=columns)
    gain, loss = np.zeros(columns), np.zeros(columns)
    np.add.at(gain, column[into], value[into])
    np.add.at(loss, column[out], -value[out])
    tail_of = np.full(columns, count)
    tail_of[column[out]] = row[out]
    arc = (ins == 1) & (outs == 1) & (gain <= loss)
    tail = np.where(arc[column[into]], tail_of[column[into]], count)
    near = out & (ins[column] == 0) & (outs[column] == 1) & np.isfinite(form.mip.upper[column])
    link = coo_array(
        (np.ones(int((tail < count).sum())), (tail[tail < count], row[into][tail < count])), (count, count)
    )
    return Side(
        count=count,
        tail=tail,
        head=row[into],
        column=column[into],
        gain=value[into],
        gate=gate[column[into]],
        reach=slope[column[into]],
        upper=form.mip.upper[column[into]],
        near=column[near],
        at=row[near],
        amount=-value[near],
        most=-value[near] * form.mip.upper[column[near]],
        part=connected_components(link, directed=False)[1],
    )
