"""Sets of cells round a demand that lack much and that little enters: minimum cuts, for :mod:`models.search.cut_sets`.

For a set S, what it may lack R and a price m in [0, 1], with the terms of that module,
    e(S) = sum_{gated A(S)} min(a_j x_j, min(a_j u_j, R) y_j) + sum_{other A(S)} min(a_j x_j, m U_j)
           - sum_{d in S} max(0, m D_d - (D_d - a_d x_d))
is what a flow cover of S misses to be violated when S lacks R and m = 1. Its minimum over the sets that hold a cell
is a minimum cut. The inequality does not count what S lacks beyond R, e(S) does; so m falls until S lacks no more than
R (the Lagrangian relaxation of that bound), and by halves rises again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from models.mip import Flags, Floats, Ints
from models.search.cells import Side
from models.search.min_cut import Graph, graph_of, sink_side

_SIZES = (1.0, 2.0, 4.0)  # of what the demands of the cell ask for: what a set may lack
_HALVINGS = 4
_TRIED = len(_SIZES) * _HALVINGS


@dataclass(frozen=True)
class Use:
    """A side of the network and the use that is made of it: by arc, and ``taken`` by demand.

    ``most`` is what an arc can bring at most, through its gate or at all.
    """

    side: Side
    through: Floats
    opened: Floats
    most: Floats
    taken: Floats


def use_of(side: Side, values: Floats) -> Use:
    """Return the use that values make of a side."""
    most = np.where(side.gated, side.gain * side.reach, side.gain * side.upper)
    return Use(side, side.through(values), side.opened(values), most, side.amount * values[side.near])


def enclosures(use: Use, seeds: Ints) -> Iterator[list[Ints]]:
    """Yield the sets found round each of the seeds, which are cells.

    Parts of the network with one demand are left out: there :mod:`models.search.dicuts` finds all there is.
    """
    part = use.side.part[seeds]
    for own in np.unique(part):
        area = _area(use, int(own))
        if len(area.asked) > 1:
            for seed in seeds[part == own]:
                sets = np.unique(_sets_round(area, int(np.searchsorted(area.cells, seed))), axis=0)
                yield [area.cells[inside] for inside in sets]


class _Area(NamedTuple):
    """A part of the network, its cells numbered anew; then come the outside and the place where demands end.

    ``arc`` says which arc of ``graph`` each arc in use adds to, ``end`` the same of what each cell's demands take.
    """

    cells: Ints
    head: Ints
    inner: Flags
    gated: Flags
    through: Floats
    opened: Floats
    most: Floats
    arc: Ints
    at: Ints
    asked: Floats
    taken: Floats
    end: Ints
    graph: Graph


def _area(use: Use, own: int) -> _Area:
    side = use.side
    arcs = np.flatnonzero((side.part[side.head] == own) & ((use.through > 0) | (use.opened > 0)))
    near = np.flatnonzero((side.part[side.at] == own) & (use.taken > 0))
    cells = np.flatnonzero(side.part == own)
    count = len(cells)
    inner = side.tail[arcs] < side.count
    tail = np.where(inner, np.searchsorted(cells, side.tail[arcs]), count)
    head = np.searchsorted(cells, side.head[arcs])
    every = np.arange(count)
    graph, place = graph_of(
        np.concatenate([tail, every]), np.concatenate([head, np.full(count, count + 1)]), count + 2
    )  # fmt: skip
    return _Area(
        cells=cells, head=head, inner=inner, gated=side.gated[arcs], through=use.through[arcs],
        opened=use.opened[arcs], most=use.most[arcs], arc=place[: len(arcs)],
        at=np.searchsorted(cells, side.at[near]), asked=side.most[near], taken=use.taken[near],
        end=place[len(arcs) :], graph=graph,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _sets_round(area: _Area, here: int) -> Flags:
    """Return sets round a cell, one per row."""
    found = np.zeros((_TRIED, len(area.cells)), dtype=np.bool_)
    asked = 0.0
    for demand in range(len(area.at)):
        if area.at[demand] == here:
            asked += area.asked[demand]
    count = 0
    for size in _SIZES:
        low, high, price = 0.0, 1.0, 1.0
        for _ in range(_HALVINGS):
            inside = _least(area, here, size * asked, price)
            found[count] = inside[:-2]
            count += 1
            too_much = _lacks(area, inside) > size * asked
            if price == 1.0 and not too_much:
                break
            if too_much:
                high = price
            else:
                low = price
            price = (low + high) / 2
    return found[:count]


@njit(cache=True, nogil=True)
def _least(area: _Area, here: int, size: float, price: float) -> Flags:
    """Return which nodes are in the set with the least e."""
    capacity = np.zeros(len(area.graph.head))
    total = 1.0
    for arc in range(len(area.arc)):
        through, most = area.through[arc], area.most[arc]
        limit = min(most, size) * area.opened[arc] if area.gated[arc] else price * most
        crossing = min(through, limit)
        capacity[area.arc[arc]] += crossing
        total += crossing
    for demand in range(len(area.at)):
        gain = price * area.asked[demand] - (area.asked[demand] - area.taken[demand])
        if gain > 0:
            capacity[area.end[area.at[demand]]] += gain
    capacity[area.end[here]] += total
    count = len(area.cells)
    return sink_side(area.graph, capacity, count, count + 1)


@njit(cache=True, nogil=True)
def _lacks(area: _Area, inside: Flags) -> float:
    lacks = 0.0
    for demand in range(len(area.at)):
        if inside[area.at[demand]]:
            lacks += area.asked[demand]
    for arc in range(len(area.arc)):
        if not area.gated[arc] and not area.inner[arc] and inside[area.head[arc]] and area.most[arc] < np.inf:
            lacks -= area.most[arc]
    return lacks
