"""The inner loops of :mod:`models.search.few_terminals`, compiled."""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

from models.mip import Floats, Ints


@njit(cache=True, nogil=True)
def tables(cells: int, start: Ints, tail: Ints, cost: Floats, terminals: Ints) -> tuple[Floats, Ints]:
    """Return d, and how it is reached: an arc's number + 1, minus a subset, or 0 at a terminal itself."""
    sets = 1 << len(terminals)
    dear = np.full((sets, cells), np.inf)
    step: Ints = np.zeros((sets, cells), dtype=np.int32)
    for index in range(len(terminals)):
        dear[1 << index, terminals[index]] = 0.0
    for members in range(1, sets):
        _part(dear, step, members)
        _lead(dear[members], step[members], start, tail, cost)
    return dear, step


@njit(cache=True, nogil=True)
def _part(dear: Floats, step: Ints, members: int) -> None:
    """Let two sets part at every cell; each pair of subsets once."""
    half = (members - 1) & members
    while half > members ^ half:
        other = members ^ half
        for cell in range(dear.shape[1]):
            both = dear[half, cell] + dear[other, cell]
            if both < dear[members, cell]:
                dear[members, cell] = both
                step[members, cell] = -half
        half = (half - 1) & members


@njit(cache=True, nogil=True)
def _lead(dear: Floats, step: Ints, start: Ints, tail: Ints, cost: Floats) -> None:
    """Let arcs lead to the set from elsewhere: Dijkstra's method from all cells at once."""
    heap = [(dear[cell], np.int64(cell)) for cell in range(len(dear))]
    heapq.heapify(heap)
    while len(heap):
        here, cell = heapq.heappop(heap)
        if here > dear[cell] or here == np.inf:
            continue
        for arc in range(start[cell], start[cell + 1]):
            there = here + cost[arc]
            if there < dear[tail[arc]]:
                dear[tail[arc]] = there
                step[tail[arc]] = arc + 1
                heapq.heappush(heap, (there, np.int64(tail[arc])))
