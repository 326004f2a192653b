"""Least-cost paths between many pairs, and the lines they follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from routing.dijkstra import sum_steps
from routing.matrix import Steps, search_pairs
from routing.network import Flags, Floats, Graph, Ints, Lines, RoadNetwork

_STEPS_AT_ONCE = 500_000  # steps whose points are held in memory, about 100 MB of them


@dataclass(frozen=True, eq=False)
class Paths:
    """Paths of ``len(cost)`` pairs, their steps end to end."""

    cost: Floats  # per pair; infinite where there is no path
    begin: Ints  # the steps of pair i are begin[i] to begin[i + 1] - 1; one entry more than pairs
    edge: Steps  # per step, in driving order
    against: Flags  # per step: driven from the edge's head to its tail

    @property
    def pair(self) -> Ints:
        """Return the pair of each step, ascending."""
        return np.repeat(np.arange(len(self.cost)), np.diff(self.begin))

    def total(self, per_edge: Floats) -> Floats:
        """Return the sum of a value of the edges along each path; zero where there is no path."""
        sums: Floats = sum_steps(self.begin, self.edge, np.ascontiguousarray(per_edge, dtype=np.float64))
        return sums


def least_cost_paths(graph: Graph, source: Ints, target: Ints, *, threads: int | None = None) -> Paths:
    """Return the least-cost path of each pair of nodes; see :func:`routing.matrix.search_pairs`."""
    found = search_pairs(graph, source, target, threads=threads)
    return Paths(found.cost, found.begin, found.edge, found.against)


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
    return np.concatenate([_lines(network, paths, batch) for batch in _batches(paths, wanted)])


def _batches(paths: Paths, wanted: Ints) -> Iterator[Ints]:
    """Yield the wanted pairs in batches whose points fit in memory."""
    steps = np.cumsum(np.diff(paths.begin)[wanted])
    yield from np.split(wanted, np.flatnonzero(np.diff(steps // _STEPS_AT_ONCE)) + 1)


def _lines(network: RoadNetwork, paths: Paths, wanted: Ints) -> Lines:
    counts = np.diff(paths.begin)[wanted]
    pair = np.repeat(np.arange(len(wanted)), counts)
    mine = np.arange(len(pair)) + np.repeat(paths.begin[wanted] - np.cumsum(counts) + counts, counts)
    edge, against = paths.edge[mine], paths.against[mine]
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
