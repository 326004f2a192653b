"""Many-to-many: cost, distance and time of all wanted pairs of nodes, and their paths, on all cores.

One search per distinct source settles all targets of that source; where the distinct targets are fewer,
the searches run backwards from them. The sources are dealt to threads in small blocks. What a thread holds
is one tree of shortest paths and the steps of its block, so memory grows with the network and with the
paths asked for, never with sources times nodes. Results do not depend on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.dijkstra import Quantities, Rows, Shortcuts, Wanted, add_up_shortcuts, put_steps, search_block
from routing.elimination import without_small_junctions
from routing.network import Flags, Floats, Graph, Ints, RoadNetwork, Vehicle

Steps = npt.NDArray[np.int32]

_WORTH_PREPARING = 8  # sources; making the graph smaller takes as long as a few searches
_SOURCES_AT_ONCE = 4  # per block: small enough to share out evenly, large enough to reuse its arrays


@dataclass(frozen=True, eq=False)
class Found:
    """What searches found for p pairs, in the order given."""

    cost: Floats  # (p,); infinite where there is no path
    sums: Floats  # of each value along the path, (p, k); zero where there is no path
    begin: Ints  # the steps of pair i are begin[i] to begin[i + 1] - 1, (p + 1,); all zero without steps
    edge: Steps  # per step, in driving order
    against: Flags  # per step: driven from the edge's head to its tail


@dataclass(frozen=True, eq=False)
class Matrix:
    """Cost, distance and time of p pairs along their cheapest paths; infinite where there is none."""

    cost: Floats  # (p,), currency
    distance_m: Floats  # (p,)
    hours: Floats  # (p,)


def route_matrix(
    network: RoadNetwork, vehicle: Vehicle, source: Ints, target: Ints, *, threads: int | None = None
) -> Matrix:
    """Return cost, distance and driving time of a vehicle's cheapest path between each pair of nodes.

    Parameters
    ----------
    network
        On which ``vehicle`` drives where :meth:`RoadNetwork.open_to` lets it.
    source, target
        Nodes, (p,) each: pair ``i`` is from ``source[i]`` to ``target[i]``.
    threads
        At most; None for one per core.

    Returns
    -------
    Matrix
        No path is kept, so the memory in use does not grow with their lengths.
    """
    graph = network.graph(network.generalised_cost(vehicle), network.open_to(vehicle))
    per_edge = np.stack([network.length_m, network.hours(vehicle.max_speed_kmh)])
    found = search_pairs(graph, source, target, per_edge=per_edge, with_steps=False, threads=threads)
    sums = np.where(np.isfinite(found.cost)[:, None], found.sums, np.inf)
    return Matrix(found.cost, sums[:, 0], sums[:, 1])


def search_pairs(
    graph: Graph,
    source: Ints,
    target: Ints,
    *,
    per_edge: Floats | None = None,
    with_steps: bool = True,
    threads: int | None = None,
) -> Found:
    """Return the least cost, and on demand sums and steps, of each pair of nodes.

    Parameters
    ----------
    graph
        Costs of arcs, not negative.
    source, target
        Nodes, (p,) each.
    per_edge
        Values to add up along the paths, (k, edges).
    with_steps
        Whether the paths themselves are wanted.
    threads
        At most; None for one per core.
    """
    backward = len(np.unique(target)) < len(np.unique(source))
    if backward:
        source, target = target, source
    rows, arc = _rows(graph, backward)
    edge, against = graph.edge[arc].astype(np.int32), graph.against[arc]
    values = np.empty((len(arc), 0)) if per_edge is None else np.ascontiguousarray(per_edge[:, edge].T)
    rows, shortcuts, source, target = _smaller(rows, source, target)
    of = _quantities(shortcuts, values)
    order = np.argsort(source, kind="stable")
    starts, first = np.unique(source[order], return_index=True)
    bounds = np.append(first, len(order)).astype(np.int64)
    ends = target[order]

    def search(begin: int, end: int) -> _Block:
        wanted = Wanted(starts[begin:end], bounds[begin : end + 1], ends)
        block: _Block = search_block(rows, shortcuts, wanted, of, with_steps)
        return block

    blocks = list(_in_threads(search, len(starts), threads))
    cost, sums, begin, steps = _gathered(order, values.shape[1], blocks, backward)
    return Found(cost, sums, begin, edge[steps], against[steps])


_Block = tuple[Floats, Floats, Ints, Steps]


def _rows(graph: Graph, backward: bool) -> tuple[Rows, Ints]:
    """Return the graph, every arc turned round if asked, and the entry of the matrix that each arc is."""
    matrix = graph.matrix
    nodes, arcs = matrix.shape[0], len(matrix.indices)
    head, weight = matrix.indices.astype(np.int32, copy=False), matrix.data
    tail = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(matrix.indptr))
    if not backward:
        return Rows(matrix.indptr.astype(np.int64), head, tail, weight), np.arange(arcs)
    order = np.argsort(head, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(head, minlength=nodes))]).astype(np.int64)
    return Rows(first, tail[order], head[order], weight[order]), order


def _smaller(rows: Rows, source: Ints, target: Ints) -> tuple[Rows, Shortcuts, Ints, Ints]:
    """Return the graph to search, what its arcs stand for, and the sources and targets in it."""
    source, target = source.astype(np.int64), target.astype(np.int64)
    if len(np.unique(source)) < _WORTH_PREPARING:
        arcs = len(rows.head)
        none = np.empty((0, 2), dtype=np.int32)
        return rows, Shortcuts(arcs, none, np.arange(arcs, dtype=np.int32)), source, target
    kept = np.zeros(len(rows.first) - 1, dtype=np.bool_)
    kept[source] = kept[target] = True
    smaller, shortcuts, number = without_small_junctions(rows, kept)
    return smaller, shortcuts, number[source].astype(np.int64), number[target].astype(np.int64)


def _quantities(shortcuts: Shortcuts, value: Floats) -> Quantities:
    """Return what is added up along paths per arc of the smaller graph, from the values of all arcs (m, k)."""
    total = np.concatenate([value, np.zeros((len(shortcuts.child), value.shape[1]))])
    size = np.ones(len(total), dtype=np.int64)
    add_up_shortcuts(shortcuts, total, size)
    return Quantities(total[shortcuts.code], size[shortcuts.code])


def _in_threads(search: Callable[[int, int], _Block], count: int, threads: int | None) -> Iterator[_Block]:
    """Yield the results of all blocks of ``count`` sources in order."""
    begins = range(0, count, _SOURCES_AT_ONCE)
    ends = [min(begin + _SOURCES_AT_ONCE, count) for begin in begins]
    workers = min(threads or _cores(), len(begins))
    if workers <= 1:
        yield from map(search, begins, ends)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(search, begins, ends)


def _cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _gathered(order: Ints, columns: int, blocks: list[_Block], backward: bool) -> tuple[Floats, Floats, Ints, Steps]:
    """Return cost, sums, begin and arcs of the blocks, whose pairs are in ``order``, in the order of the pairs."""
    pairs = len(order)
    cost, sums, counts = np.empty(pairs), np.zeros((pairs, columns)), np.zeros(pairs, dtype=np.int64)
    done = 0
    for block_cost, block_sums, block_count, steps in blocks:
        mine = order[done : done + len(block_cost)]
        cost[mine], sums[mine] = block_cost, block_sums
        counts[mine] = block_count if len(steps) else 0
        done += len(block_cost)
    begin = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    arcs = np.empty(begin[-1], dtype=np.int32)
    while blocks:  # from the last, each let go as soon as it is copied
        block_cost, _, block_count, steps = blocks.pop()
        mine = order[done - len(block_cost) : done]
        if len(steps):
            put_steps(begin[mine], block_count, steps, backward, arcs)
        done -= len(block_cost)
    return cost, sums, begin, arcs
