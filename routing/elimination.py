"""Compiled: a smaller graph with the same least costs between the nodes that matter.

A node with up to three neighbours is left out by joining its neighbours pairwise past it: one, two or three
links become none, one or three, so the graph never grows, and no search is needed to decide (a contraction
hierarchy, Geisberger et al. 2008, goes on from there with searches that take seconds). Most junctions of a
road network go that way. A shortcut remembers the two arcs that it stands for, so a path over shortcuts
can be written out.

A link stands for the arcs between two nodes. It has two halves, ``2 * link`` and ``2 * link + 1``, one in
the list of either end; the twin of half ``h`` is ``h ^ 1``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from routing.dijkstra import NO_ARC, Rows, Shortcuts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Arcs = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_MOST = 3  # neighbours of a node that is left out


class _Links(NamedTuple):
    """Links in a list per node; entries per half but ``first`` and ``degree``, which are per node."""

    first: Arcs  # half; -1 none
    degree: Arcs
    follows: Arcs  # half; -1 none
    to: Arcs  # node
    cost: Floats  # to drive there; infinite where that is not possible
    arc: Arcs  # by which; those from the number of arcs on are shortcuts
    child: Arcs  # per arc or shortcut: the two that a shortcut is made of, (arcs and shortcuts, 2)


@njit(cache=True, nogil=True)
def _put(links: _Links, half: int, node: int, to: int) -> None:
    """Put a half that cannot be driven yet into the list of a node."""
    links.to[half], links.cost[half], links.arc[half] = to, np.inf, NO_ARC
    links.follows[half] = links.first[node]
    links.first[node] = half
    links.degree[node] += 1


@njit(cache=True, nogil=True)
def _take(links: _Links, half: int, node: int) -> None:
    """Take a half out of the list of a node."""
    links.degree[node] -= 1
    if links.first[node] == half:
        links.first[node] = links.follows[half]
        return
    at = links.first[node]
    while links.follows[at] != half:
        at = links.follows[at]
    links.follows[at] = links.follows[half]


@njit(cache=True, nogil=True)
def _between(links: _Links, node: int, to: int) -> int:
    """Return the half from one node to another, -1 where there is none."""
    half: int = links.first[node]
    while half != -1 and links.to[half] != to:
        half = links.follows[half]
    return half


@njit(cache=True, nogil=True)
def _arc_between(rows: Rows, tail: int, head: int) -> int:
    for arc in range(rows.first[tail], rows.first[tail + 1]):
        if rows.head[arc] == head:
            return arc
    return NO_ARC


@njit(cache=True, nogil=True)
def _linked(rows: Rows, most: int) -> _Links:
    """Return the links of a graph without loops and parallel arcs, with room for ``most`` shortcuts."""
    nodes, arcs = len(rows.first) - 1, len(rows.head)
    links = _Links(
        np.full(nodes, -1, dtype=np.int32),
        np.zeros(nodes, dtype=np.int32),
        np.empty(2 * arcs, dtype=np.int32),
        np.empty(2 * arcs, dtype=np.int32),
        np.empty(2 * arcs, dtype=np.float64),
        np.empty(2 * arcs, dtype=np.int32),
        np.empty((arcs + most, 2), dtype=np.int32),  # what is never written to costs no memory
    )
    half = 0
    for tail in range(nodes):
        for arc in range(rows.first[tail], rows.first[tail + 1]):
            head = rows.head[arc]
            back = _arc_between(rows, head, tail)
            if back != NO_ARC and head < tail:
                continue  # linked already
            _put(links, half, tail, head)
            _put(links, half + 1, head, tail)
            links.cost[half], links.arc[half] = rows.weight[arc], arc
            if back != NO_ARC:
                links.cost[half + 1], links.arc[half + 1] = rows.weight[back], back
            half += 2
    return links


@njit(cache=True, nogil=True)
def _improve(links: _Links, half: int, cost: float, parts: tuple[int, int], made: int) -> int:
    """Let a half be the two arcs one after the other where that is cheaper; return the arcs made by now."""
    if cost >= links.cost[half]:
        return made
    links.cost[half] = cost
    links.arc[half] = made
    links.child[made, 0], links.child[made, 1] = parts[0], parts[1]
    return made + 1


@njit(cache=True, nogil=True)
def _leave_out(links: _Links, node: int, made: int) -> int:
    """Join the neighbours of a node past it; return the number of arcs and shortcuts by now."""
    count, half = 0, links.first[node]
    near, freed = np.empty(_MOST, dtype=np.int32), np.empty(_MOST, dtype=np.int32)
    there, back = np.empty(_MOST, dtype=np.float64), np.empty(_MOST, dtype=np.float64)
    arc_there, arc_back = np.empty(_MOST, dtype=np.int32), np.empty(_MOST, dtype=np.int32)
    while half != -1:
        near[count], freed[count] = links.to[half], half & ~1
        there[count], arc_there[count] = links.cost[half], links.arc[half]
        back[count], arc_back[count] = links.cost[half ^ 1], links.arc[half ^ 1]
        _take(links, half ^ 1, links.to[half])
        half = links.follows[half]
        count += 1
    links.first[node], links.degree[node] = -1, 0
    for one in range(count):
        for two in range(one + 1, count):
            onward, reverse = back[one] + there[two], back[two] + there[one]
            if onward == np.inf and reverse == np.inf:
                continue
            half = _between(links, near[one], near[two])
            if half == -1:
                count_free = one + two - 1  # pairs (0, 1), (0, 2), (1, 2) are 0, 1, 2
                half = freed[count_free]
                _put(links, half, near[one], near[two])
                _put(links, half + 1, near[two], near[one])
            made = _improve(links, half, onward, (arc_back[one], arc_there[two]), made)
            made = _improve(links, half ^ 1, reverse, (arc_back[two], arc_there[one]), made)
    return made


@njit(cache=True, nogil=True)
def _leave_all_out(links: _Links, kept: Flags, made: int) -> int:
    """Leave out what can be, ends of dead ends first, then bends, then junctions of three; return arcs made."""
    nodes = len(kept)
    queue = np.empty((1 + _MOST) * nodes, dtype=np.int32)
    near = np.empty(_MOST, dtype=np.int32)
    for most in range(1, _MOST + 1):
        size = 0
        for node in range(nodes):
            if not kept[node] and 0 < links.degree[node] <= most:
                queue[size] = node
                size += 1
        at = 0
        while at < size:
            node, at = queue[at], at + 1
            if not 0 < links.degree[node] <= most:
                continue
            count, half = 0, links.first[node]
            while half != -1:
                near[count], half = links.to[half], links.follows[half]
                count += 1
            made = _leave_out(links, node, made)
            for position in range(count):
                other = near[position]
                if not kept[other] and 0 < links.degree[other] <= most:
                    queue[size] = other
                    size += 1
    return made


@njit(cache=True, nogil=True)
def _core_rows(links: _Links, number: Arcs, nodes: int) -> tuple[Rows, Arcs]:
    """Return what is left as a graph of ``nodes`` nodes, and the arc or shortcut behind each of its arcs."""
    first = np.zeros(nodes + 1, dtype=np.int64)
    head, tail = np.empty(len(links.to), dtype=np.int32), np.empty(len(links.to), dtype=np.int32)
    weight, code = np.empty(len(links.to), dtype=np.float64), np.empty(len(links.to), dtype=np.int32)
    arcs = 0
    for node in range(len(number)):
        if number[node] < 0:
            continue
        half = links.first[node]
        while half != -1:
            if links.cost[half] < np.inf:
                tail[arcs], head[arcs] = number[node], number[links.to[half]]
                weight[arcs], code[arcs] = links.cost[half], links.arc[half]
                arcs += 1
            half = links.follows[half]
        first[number[node] + 1] = arcs
    return Rows(first, head[:arcs], tail[:arcs], weight[:arcs]), code[:arcs]


@njit(cache=True, nogil=True)
def without_small_junctions(rows: Rows, kept: Flags) -> tuple[Rows, Shortcuts, Arcs]:
    """Return a smaller graph with the same least costs between the kept nodes.

    Parameters
    ----------
    rows
        A graph of n nodes and m arcs, without loops and without parallel arcs.
    kept
        Per node.

    Returns
    -------
    rows
        The smaller graph.
    shortcuts
        What its arcs stand for.
    number
        The node of the smaller graph that each node is, (n,); -1 where it was left out.
    """
    nodes, arcs = len(kept), len(rows.head)
    links = _linked(rows, 2 * _MOST * nodes)
    made = _leave_all_out(links, kept, arcs)
    number, left = np.empty(nodes, dtype=np.int32), 0
    for node in range(nodes):
        number[node] = -1
        if kept[node] or links.degree[node] > 0:
            number[node] = left
            left += 1
    smaller, code = _core_rows(links, number, left)
    return smaller, Shortcuts(arcs, links.child[arcs:made], code), number
