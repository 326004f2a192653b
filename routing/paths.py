"""Least-cost paths between many pairs, and the lines they follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import dijkstra

from routing.network import Flags, Floats, Graph, Ints, Lines, RoadNetwork

_CELLS_AT_ONCE = 4_000_000  # sources times nodes held in memory: 48 MB of costs and predecessors


@dataclass(frozen=True, eq=False)
class Paths:
    """Paths of ``len(cost)`` pairs, their steps end to end."""

    cost: Floats  # per pair; infinite where there is no path
    pair: Ints  # per step, ascending
    edge: Ints  # per step, in driving order
    against: Flags  # per step: driven from the edge's head to its tail

    def total(self, per_edge: Floats) -> Floats:
        """Return the sum of a value of the edges along each path; zero where there is no path."""
        sums = np.bincount(self.pair, weights=per_edge[self.edge], minlength=len(self.cost))
        return sums.astype(np.float64, copy=False)


def least_cost_paths(graph: Graph, source: Ints, target: Ints) -> Paths:
    """Return the least-cost path of each pair of nodes (Dijkstra, once per distinct source).

    Only the paths asked for are walked back, all of a batch of sources at a time, so the memory in use
    does not grow with the number of sources.
    """
    cost = np.full(len(source), np.inf)
    starts, row = np.unique(source, return_inverse=True)
    batch = max(1, _CELLS_AT_ONCE // max(1, graph.matrix.shape[0]))
    steps = []
    for first in range(0, len(starts), batch):
        here = np.flatnonzero((row >= first) & (row < first + batch))
        costs, before = dijkstra(graph.matrix, indices=starts[first : first + batch], return_predecessors=True)
        cost[here] = costs[row[here] - first, target[here]]
        found = here[np.isfinite(cost[here])]
        steps.append(_walk_back(before, row[found] - first, source[found], target[found], found))
    pair, tail, head, rank = (np.concatenate(part) for part in zip(*steps, strict=True)) if steps else _nothing()
    order = np.lexsort((-rank, pair))
    entry = graph.entry(tail[order], head[order])
    return Paths(cost, pair[order], graph.edge[entry], graph.against[entry])


def _nothing() -> tuple[Ints, ...]:
    return tuple(np.empty(0, dtype=np.int64) for _ in range(4))


def _walk_back(
    before: npt.NDArray[np.int32], row: Ints, source: Ints, target: Ints, pair: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Follow the predecessors of all pairs together; one round takes each pair one arc back.

    Returns
    -------
    pair, tail, head, rank
        Per arc; ``rank`` counts from the target.
    """
    parts = [_nothing()]
    head = target.copy()
    active = head != source
    rank = 0
    while active.any():
        row, source, pair, head = row[active], source[active], pair[active], head[active]
        tail = before[row, head].astype(np.int64)
        parts.append((pair, tail, head, np.full(len(pair), rank, dtype=np.int64)))
        head, rank = tail, rank + 1
        active = head != source
    pairs, tails, heads, ranks = (np.concatenate(part) for part in zip(*parts, strict=True))
    return pairs, tails, heads, ranks


def path_lines(network: RoadNetwork, paths: Paths, wanted: Ints) -> Lines:
    """Return the line of each wanted pair, drawn in driving order along the true road geometries.

    Parameters
    ----------
    network
        On which the paths were found.
    paths
        Of any pairs.
    wanted
        Pairs, ascending and each once, that have a path of at least one step.
    """
    if not len(wanted):
        return np.empty(0, dtype=object)
    mine = np.isin(paths.pair, wanted)
    edge, against = paths.edge[mine], paths.against[mine]
    pair = np.searchsorted(wanted, paths.pair[mine])
    used, local = np.unique(edge, return_inverse=True)
    points = shapely.get_coordinates(network.geometry[used])
    count = shapely.get_num_coordinates(network.geometry[used])
    begin = np.cumsum(count) - count
    sizes = count[local]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    backwards = np.repeat(against, sizes)
    position = np.where(backwards, np.repeat(sizes, sizes) - 1 - within, within) + np.repeat(begin[local], sizes)
    xy, owner = points[position], np.repeat(pair, sizes)
    again = np.zeros(len(xy), dtype=bool)  # the joint of two edges is drawn once
    again[1:] = (xy[1:] == xy[:-1]).all(axis=1) & (owner[1:] == owner[:-1])
    last = np.append(owner[1:] != owner[:-1], True)
    left = np.bincount(owner[~again], minlength=len(wanted))
    again[last] &= left[owner[last]] > 1  # a path between two plants at one spot is still a line
    return np.asarray(shapely.linestrings(xy[~again], indices=owner[~again]), dtype=object)
