"""Cuts between a demand and everything that could feed it, and between a supply and everything it could feed.

For a set S of balance rows with right-hand sides 0, a demand d in S (its column takes a_d x_d out, at most D) and
the arcs A(S) that can bring something into S:
    a_d x_d <= sum_{j in A1} a_j x_j + sum_{j in A2} min(D, a_j u_j) y_j,    A1 + A2 = A(S)
where y_j is the gate of j and u_j what it lets pass: if a gate of A2 with coefficient D is open the right side is
at least D, and otherwise it is at least what comes in. With A2 = A(S) and x_d = D this is "some pipe must enter S".
These are the mixed dicut inequalities of Ortega and Wolsey 2003 (Networks 41: 143-158) for one demand; the best S
and A2 are a minimum cut with capacities min(a_j x_j, min(D, a_j u_j) y_j). Supplies: the same with all signs turned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.mip import Flags, Floats, Ints
from models.search.cells import Side
from models.search.lp import Rows, distinct, joined, no_rows
from models.search.min_cut import Graph, graph_of, sink_side

_NESTED = 4  # cuts looked for one behind the other, per demand and round
_VIOLATED = 1e-3  # of the demand


class Dicuts:
    """Separation of the inequalities over one form."""

    def __init__(self, seen: Iterable[Side], columns: int) -> None:
        self._columns = columns
        self._jobs = [(side, job) for side in seen for job in _worth_it(side)]
        self._next = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def separate(self, values: Floats, *, most: int, ended: Callable[[], bool]) -> Rows:
        """Return violated inequalities, of at most so many demands and supplies, each time beginning with others."""
        found: list[Rows] = []
        for _ in range(len(self._jobs)):
            if len(found) >= most or ended():
                break
            side, job = self._jobs[self._next]
            self._next = (self._next + 1) % len(self._jobs)
            cuts = _cuts(side, job, values, self._columns)
            if cuts is not None:
                found.append(cuts)
        return distinct(joined(found)) if found else no_rows(self._columns)


@dataclass(frozen=True)
class _Job:
    """One demand and the arcs of its part of the network, whose cells are numbered anew; the last is the outside."""

    column: int
    at: int
    tail: Ints
    head: Ints
    nodes: int
    amount: float
    most: float
    arcs: Ints
    weight: Floats  # min(D, a u), infinite without a gate
    graph: Graph
    place: Ints  # of each arc in the graph


def _worth_it(side: Side) -> list[_Job]:
    """Return the demands for which some gate in their part lets more pass than they take.

    Where none does, every inequality is implied by the strong rows.
    """
    part = side.part[side.head]
    order = np.argsort(part, kind="stable")
    edge = np.searchsorted(part[order], np.arange(part.max(initial=-1) + 2))
    jobs = []
    known: dict[int, tuple[Ints, Ints, Ints, Ints, Graph, Ints]] = {}
    for column, at, amount, most in zip(
        side.near.tolist(), side.at.tolist(), side.amount.tolist(), side.most.tolist(), strict=True
    ):
        if most <= 0 or side.part[at] + 1 >= len(edge):
            continue
        own = int(side.part[at])
        if own not in known:
            known[own] = _renumbered(side, order[edge[own] : edge[own + 1]])
        arcs, cells, tail, head, graph, place = known[own]
        flows = side.gain[arcs] * side.reach[arcs]
        gated = side.gated[arcs]
        if (gated & (flows > most * (1 + 1e-9))).any():
            weight = np.where(gated, np.minimum(flows, most), np.inf)
            here = int(np.searchsorted(cells, at))
            jobs.append(_Job(column, here, tail, head, len(cells), amount, most, arcs, weight, graph, place))
    return jobs


def _renumbered(side: Side, arcs: Ints) -> tuple[Ints, Ints, Ints, Ints, Graph, Ints]:
    """Return arcs with the cells that they join, the outside among them and last, their ends by new number, a graph."""
    cells = np.union1d(np.concatenate([side.tail[arcs], side.head[arcs]]), [side.count])
    tail, head = np.searchsorted(cells, side.tail[arcs]), np.searchsorted(cells, side.head[arcs])
    return arcs, cells, tail, head, *graph_of(tail, head, len(cells))


def _cuts(side: Side, job: _Job, values: Floats, columns: int) -> Rows | None:
    """Return the violated inequalities of one demand, nested from the demand outwards."""
    taken = job.amount * values[job.column]
    if taken <= _VIOLATED * job.most:
        return None
    arcs = job.arcs
    gated = side.gated[arcs]
    through = np.clip(side.gain[arcs] * values[side.column[arcs]], 0.0, job.most)
    opened = np.where(gated, np.minimum(job.weight, job.most) * values[side.gate[arcs]], through)
    rows: list[Rows] = []
    # Gates alone first: such rows stay strong when the flows move.
    for by_gate in (gated, gated & (opened < through)):
        capacity = np.where(by_gate, opened, through)
        for _ in range(_NESTED):
            cut = _minimum_cut(job, capacity)
            if taken - capacity[cut].sum() <= _VIOLATED * job.most:
                break
            crossing = np.flatnonzero(cut)
            rows.append(_row(side, job, crossing, by_gate[crossing], columns))
            capacity = np.where(cut, job.most, capacity)
        if rows:
            break
    return joined(rows) if rows else None


def _minimum_cut(job: _Job, capacity: Floats) -> Flags:
    """Return which arcs of the job cross the minimum cut nearest to the demand."""
    total = np.asarray(np.bincount(job.place, capacity, minlength=len(job.graph.head)), dtype=np.float64)
    near = sink_side(job.graph, total, job.nodes - 1, job.at)
    return np.asarray(near[job.head] & ~near[job.tail])


def _row(side: Side, job: _Job, cut: Ints, by_gate: Flags, columns: int) -> Rows:
    arcs = job.arcs[cut]
    column = np.where(by_gate, side.gate[arcs], side.column[arcs])
    weight = np.where(by_gate, job.weight[cut], side.gain[arcs])
    where, line = np.unique(column, return_inverse=True)
    total = np.bincount(line, weight)
    is_gate = np.bincount(line, by_gate) > 0
    total = np.where(is_gate, np.minimum(total, job.most), total)  # one gate may stand before several arcs
    where = np.concatenate([[job.column], where])
    value = np.concatenate([[job.amount], -total]) / job.most
    matrix = coo_array((value, (np.zeros(len(where), dtype=np.int64), where)), shape=(1, columns)).tocsr()
    return Rows(csr_array(matrix), np.full(1, -np.inf), np.zeros(1))
