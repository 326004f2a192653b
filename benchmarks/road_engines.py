"""The engines of the road benchmark, each run in a process of its own so that its memory can be told.

``python -m benchmarks.road_engines ENGINE CASE.npz RUNS SHARE COSTS.npy`` prints one JSON object. Every engine
starts from the same arrays of arcs and must return, for all pairs of sources and targets, the path; its
preparation counts. What a path costs is added up afterwards, from the path. ``SHARE`` is how many sources
(or pairs, where the engine takes one pair at a time) are done: the time is then scaled to all of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from benchmarks.least_cost_worker import peak_mib
from benchmarks.road_cases import Case

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Takes a case and how much of it to do; returns seconds to prepare, seconds to search, and the costs found.
Engine = Callable[[Case, int], tuple[float, float, Callable[[], Floats]]]


def _ours(case: Case, sources: int) -> tuple[float, float, Callable[[], Floats]]:
    from routing.matrix import search_pairs
    from routing.network import Arcs, along_curve, arc_graph

    started = time.perf_counter()
    order = along_curve(case.x, case.y)  # as build_network numbers nodes
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    arcs = np.arange(len(case.tail))
    graph = arc_graph(
        Arcs(len(case.x), rank[case.tail], rank[case.head], arcs, np.zeros(len(arcs), dtype=bool)), case.cost
    )
    prepared = time.perf_counter()
    source, target = _pairs(case, sources)
    found = search_pairs(graph, rank[source], rank[target])
    done = time.perf_counter()

    def costs() -> Floats:
        pair = np.repeat(np.arange(len(source)), np.diff(found.begin))
        sums: Floats = np.bincount(pair, weights=case.cost[found.edge], minlength=len(source)).astype(np.float64)
        return sums

    return prepared - started, done - prepared, costs


def _scipy(case: Case, sources: int) -> tuple[float, float, Callable[[], Floats]]:
    from scipy.sparse.csgraph import dijkstra

    started = time.perf_counter()
    matrix = csr_array((case.cost, (case.tail, case.head)), shape=(len(case.x), len(case.x)))
    prepared = time.perf_counter()
    paths: list[Ints] = []
    for source in case.source[:sources]:
        _, before = dijkstra(matrix, indices=source, return_predecessors=True)
        steps, node = [case.target], case.target
        while (node != source).any():  # all targets step back together
            node = np.where(node == source, source, before[node])
            steps.append(node)
        paths.append(np.stack(steps[::-1]))
    done = time.perf_counter()

    def costs() -> Floats:
        per_source = []
        for path in paths:
            moved = path[1:] != path[:-1]
            weight = np.zeros(moved.shape)
            weight[moved] = matrix[path[:-1][moved], path[1:][moved]]
            per_source.append(weight.sum(axis=0))
        return np.concatenate(per_source)

    return prepared - started, done - prepared, costs


def _igraph(case: Case, sources: int) -> tuple[float, float, Callable[[], Floats]]:
    import igraph

    started = time.perf_counter()
    graph = igraph.Graph(n=len(case.x), edges=np.column_stack([case.tail, case.head]), directed=True)
    prepared = time.perf_counter()
    weights, targets = case.cost.tolist(), case.target.tolist()
    paths = [
        graph.get_shortest_paths(source, to=targets, weights=weights, output="epath")
        for source in case.source[:sources].tolist()
    ]
    done = time.perf_counter()

    def costs() -> Floats:
        return np.array([case.cost[path].sum() for per_source in paths for path in per_source])

    return prepared - started, done - prepared, costs


def _pandana(case: Case, sources: int) -> tuple[float, float, Callable[[], Floats]]:
    import pandana
    import pandas as pd

    scale = 1e6 / (case.cost.mean() * 4 * np.sqrt(len(case.x)))  # it keeps costs as integers, in thousandths
    started = time.perf_counter()
    arcs = pd.DataFrame({"cost": case.cost * scale})
    network = pandana.Network(
        pd.Series(case.x), pd.Series(case.y), pd.Series(case.tail), pd.Series(case.head), arcs, twoway=False
    )
    prepared = time.perf_counter()
    source, target = _pairs(case, sources)
    paths = network.shortest_paths(source, target)
    done = time.perf_counter()
    return prepared - started, done - prepared, lambda: _along(case, paths)


def _networkit(case: Case, sources: int) -> tuple[float, float, Callable[[], Floats]]:
    import networkit

    started = time.perf_counter()
    arcs = (case.cost, (case.tail, case.head))
    graph = networkit.GraphFromCoo(arcs, n=len(case.x), weighted=True, directed=True)
    prepared = time.perf_counter()
    targets, paths = case.target.tolist(), []
    for source in case.source[:sources].tolist():
        search = networkit.distance.Dijkstra(graph, source, True, False)
        search.run()
        paths += [search.getPath(target) for target in targets]
    done = time.perf_counter()
    return prepared - started, done - prepared, lambda: _along(case, paths)


def _networkx(case: Case, sources: int) -> tuple[float, float, Callable[[], Floats]]:
    import networkx as nx

    started = time.perf_counter()
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(zip(case.tail.tolist(), case.head.tolist(), case.cost.tolist(), strict=True))
    prepared = time.perf_counter()
    found = [nx.single_source_dijkstra(graph, source) for source in case.source[:sources].tolist()]
    paths = [[per_source[1][target] for target in case.target.tolist()] for per_source in found]
    done = time.perf_counter()

    def costs() -> Floats:
        return np.array([nx.path_weight(graph, path, "weight") for per_source in paths for path in per_source])

    return prepared - started, done - prepared, costs


def _osmnx(case: Case, pairs: int) -> tuple[float, float, Callable[[], Floats]]:
    import networkx as nx
    import osmnx

    started = time.perf_counter()
    graph = nx.MultiDiGraph()
    graph.add_weighted_edges_from(
        zip(case.tail.tolist(), case.head.tolist(), case.cost.tolist(), strict=True), weight="cost"
    )
    prepared = time.perf_counter()
    source, target = (part[:pairs].tolist() for part in _pairs(case, len(case.source)))
    paths = osmnx.shortest_path(graph, source, target, weight="cost")
    done = time.perf_counter()

    def costs() -> Floats:
        found = [path or [] for path in paths or []]
        steps = [pairwise(path) for path in found]
        return np.array([sum(graph[tail][head][0]["cost"] for tail, head in path) for path in steps])

    return prepared - started, done - prepared, costs


ENGINES: dict[str, Engine] = {
    "ours": _ours, "scipy": _scipy, "igraph": _igraph, "pandana": _pandana, "networkit": _networkit,
    "networkx": _networkx, "osmnx": _osmnx,
}  # fmt: skip


def _along(case: Case, paths: Sequence[Any]) -> Floats:
    """Return what paths cost that are given as nodes."""
    matrix = csr_array((case.cost, (case.tail, case.head)), shape=(len(case.x), len(case.x)))
    return np.array([matrix[path[:-1], path[1:]].sum() for path in paths])


def _pairs(case: Case, sources: int) -> tuple[Ints, Ints]:
    """Return all pairs of the first sources and all targets; the target changes fastest."""
    source = np.repeat(case.source[:sources], len(case.target))
    return source, np.tile(case.target, sources)


def main() -> None:
    """Run one engine on one case."""
    name, file, runs, share, costs_file = sys.argv[1:]
    case = Case.load(Path(file))
    whole = len(case.source) * len(case.target) if name == "osmnx" else len(case.source)
    part = min(int(share), whole)
    prepare, search = [], []
    costs: Any = None
    for _ in range(int(runs)):
        prepared, searched, costs = ENGINES[name](case, part)
        prepare.append(prepared)
        search.append(searched * whole / part)
    peak = peak_mib()
    np.save(costs_file, costs())
    print(json.dumps({"prepare_s": prepare, "search_s": search, "peak_mib": peak, "share": part / whole}))


if __name__ == "__main__":
    main()
