"""Minimum cuts, compiled: many small ones one after the other, where building matrices would take longest.

Dinic's algorithm (Dinic 1970, Soviet Mathematics Doklady 11: 1277-1280) with levels counted from the sink, so that
the last ones say what can still reach it: the sink's side of the minimum cut nearest to it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from models.mip import Flags, Floats, Ints

_NOTHING = 1e-9  # of the greatest capacity into the sink: what is left of less counts as full


class Graph(NamedTuple):
    """Arcs both ways between pairs of nodes: ``first`` arc of each node, then ``head`` and the arc back, ``mate``."""

    first: Ints
    head: Ints
    mate: Ints


def graph_of(tail: Ints, head: Ints, nodes: int) -> tuple[Graph, Ints]:
    """Return the graph of some arcs, and which of its arcs each of them is."""
    pair, line = np.unique(np.minimum(tail, head) * nodes + np.maximum(tail, head), return_inverse=True)
    ends = np.column_stack([pair // nodes, pair % nodes]).ravel()  # arc 2 k leads up, 2 k + 1 down
    order = np.argsort(ends, kind="stable")
    where = np.empty(len(order), dtype=np.int64)
    where[order] = np.arange(len(order))
    back = np.arange(len(order)) ^ 1
    graph = Graph(
        first=np.searchsorted(ends[order], np.arange(nodes + 1)), head=ends[back][order], mate=where[back[order]]
    )
    return graph, where[2 * line + (tail > head)]


class _Work(NamedTuple):
    """Between the steps: what is ``left`` of each arc, less than ``least`` of it is none; and room by node."""

    left: Floats
    least: float
    level: Ints
    queue: Ints
    path: Ints


@njit(cache=True, nogil=True)
def sink_side(graph: Graph, capacity: Floats, source: int, sink: int) -> Flags:
    """Return which nodes lie on the sink's side of the minimum cut nearest to it."""
    nodes = len(graph.first) - 1
    most = 0.0
    for arc in range(graph.first[sink], graph.first[sink + 1]):
        most = max(most, capacity[graph.mate[arc]])
    level, queue = np.empty(nodes, dtype=np.int64), np.empty(nodes, dtype=np.int64)
    work = _Work(capacity.copy(), _NOTHING * most, level, queue, np.empty(nodes, dtype=np.int64))
    while _count_levels(graph, work, source, sink):
        _block(graph, work, source, sink)
    return level >= 0


@njit(cache=True, nogil=True)
def _count_levels(graph: Graph, work: _Work, source: int, sink: int) -> bool:
    """Write how many arcs every node is away from the sink (-1: cut off); return whether the source reaches it."""
    level, queue = work.level, work.queue
    level[:] = -1
    level[sink] = 0
    queue[0] = sink
    end = 1
    at = 0
    while at < end:
        node = queue[at]
        at += 1
        for arc in range(graph.first[node], graph.first[node + 1]):
            other = graph.head[arc]
            if level[other] < 0 and work.left[graph.mate[arc]] > work.least:
                level[other] = level[node] + 1
                queue[end] = other
                end += 1
    return bool(level[source] >= 0)


@njit(cache=True, nogil=True)
def _block(graph: Graph, work: _Work, source: int, sink: int) -> None:
    """Push along arcs that lead one level down until every such path has a full arc."""
    left, level, path = work.left, work.level, work.path
    following = graph.first[:-1].copy()
    node, length = source, 0
    while True:
        if node == sink:
            amount = left[path[0]]
            for arc in path[1:length]:
                amount = min(amount, left[arc])
            full = length
            for step in range(length - 1, -1, -1):
                left[path[step]] -= amount
                left[graph.mate[path[step]]] += amount
                if left[path[step]] <= work.least:
                    full = step
            length = full
            node = graph.head[graph.mate[path[full]]]
        while following[node] < graph.first[node + 1]:
            arc = following[node]
            if left[arc] > work.least and level[graph.head[arc]] == level[node] - 1:
                break
            following[node] += 1
        if following[node] < graph.first[node + 1]:
            path[length] = following[node]
            length += 1
            node = graph.head[following[node]]
        elif node == source:
            return
        else:
            length -= 1
            node = graph.head[graph.mate[path[length]]]
            following[node] += 1
