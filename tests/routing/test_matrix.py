"""Many-to-many searches against SciPy and networkx: costs, sums, steps, threads, and the smaller graph."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from pyproj import CRS
from scipy.sparse.csgraph import dijkstra

from data.catalogue import read_catalogue
from data.roads import read_road_edges
from data.settings import LayerSpec
from routing import matrix
from routing.matrix import route_matrix, search_pairs
from routing.network import Arcs, Graph, RoadNetwork, Vehicle, arc_graph, build_network
from routing.paths import least_cost_paths, path_lines

LORRY = Vehicle(40, 4.0, 11.5, dangerous=False, max_speed_kmh=80, cost_per_km=1.0, cost_per_h=30.0)
VAN = Vehicle(3.5, 2.8, 2.0, dangerous=False, max_speed_kmh=120, cost_per_km=0.4, cost_per_h=25.0)


def random_graph(seed: int, nodes: int = 60, arcs: int = 150, *, whole: bool = False) -> Graph:
    """Sparse, with dead ends, bends, one ways, parallel arcs and unreachable parts; whole costs give ties."""
    random = np.random.default_rng(seed)
    tail, head = random.integers(0, nodes, (2, arcs))
    cost = random.integers(0, 4, arcs).astype(float) if whole else random.uniform(0, 10, arcs)
    back = random.random(arcs) < 0.6
    tail, head = np.append(tail, head[back]), np.append(head, tail[back])
    edge = np.append(np.arange(arcs), np.flatnonzero(back))
    return arc_graph(Arcs(nodes, tail, head, edge, np.arange(len(edge)) >= arcs), np.append(cost, cost[back]))


def all_pairs(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(source, len(target)), np.tile(target, len(source))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_agree_with_scipy(seed: int, whole: bool) -> None:
    graph = random_graph(seed, arcs=(50, 80, 150)[seed % 3], whole=whole)
    random = np.random.default_rng(seed)
    few, many = random.choice(60, 5, replace=False), random.choice(60, 25, replace=False)
    expected = dijkstra(graph.matrix)
    ends = {(int(t), int(h)): w for t, h, w in zip(*graph.matrix.tocoo().coords, graph.matrix.data, strict=True)}
    per_edge = np.random.default_rng(9).uniform(0, 1, (2, 150))
    for source, target in ((few, many), (many, few), (many, many)):  # as it is, backwards, with a smaller graph
        start, end = all_pairs(source, target)
        found = search_pairs(graph, start, end, per_edge=per_edge)
        assert found.cost == pytest.approx(expected[start, end], rel=1e-12)
        steps = np.diff(found.begin)
        pair = np.repeat(np.arange(len(start)), steps)
        for values, sums in zip(per_edge, found.sums.T, strict=True):
            assert np.bincount(pair, values[found.edge], len(start)) == pytest.approx(sums)
        of_arc = {(e, a): k for k, (e, a) in enumerate(zip(graph.edge.tolist(), graph.against.tolist(), strict=True))}
        tails, heads = graph.matrix.tocoo().coords
        for i in np.flatnonzero(np.isfinite(found.cost)):
            mine = slice(found.begin[i], found.begin[i + 1])
            keys = zip(found.edge[mine].tolist(), found.against[mine].tolist(), strict=True)
            arcs = [of_arc[key] for key in keys]
            walk = [int(start[i]), *(int(heads[arc]) for arc in arcs)]
            assert [int(tails[arc]) for arc in arcs] == walk[:-1]  # each step goes on from where the last ended
            assert walk[-1] == end[i]
            cost = sum(ends[at] for at in pairwise(walk))
            assert cost == pytest.approx(found.cost[i], abs=1e-12)


def test_threads_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_graph(3, nodes=400, arcs=900, whole=True)
    random = np.random.default_rng(1)
    source, target = random.integers(0, 400, (2, 500))
    one = search_pairs(graph, source, target, threads=1)
    for threads, at_once in ((2, 4), (7, 1), (3, 50)):
        monkeypatch.setattr(matrix, "_SOURCES_AT_ONCE", at_once)
        other = search_pairs(graph, source, target, threads=threads)
        for name in ("cost", "begin", "edge", "against"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_without_steps_costs_and_sums_are_the_same() -> None:
    graph = random_graph(5, nodes=300, arcs=500)
    source, target = all_pairs(np.arange(40), np.arange(100, 150))
    per_edge = np.random.default_rng(2).uniform(0, 1, (3, 500))
    whole = search_pairs(graph, source, target, per_edge=per_edge)
    bare = search_pairs(graph, source, target, per_edge=per_edge, with_steps=False)
    assert np.array_equal(whole.cost, bare.cost)
    assert np.array_equal(whole.sums, bare.sums)
    assert not len(bare.edge)
    assert not bare.begin.any()


def test_the_same_pair_twice_and_a_node_to_itself() -> None:
    graph = random_graph(7, arcs=200)
    source, target = np.array([4, 4, 9, 4]), np.array([17, 17, 9, 4])
    found = search_pairs(graph, source, target)
    assert found.cost[0] == found.cost[1]
    assert found.cost[2:].tolist() == [0, 0]
    assert np.diff(found.begin)[2:].tolist() == [0, 0]
    assert search_pairs(graph, source[:0], target[:0]).cost.shape == (0,)


SOURCES = [("ube_roads.parquet", 6690), ("liege_1656.parquet", 32631), ("baltimore.osm.pbf", 32618),
           ("Helsinki.osm.pbf", 3067), ("liechtenstein-latest.osm.pbf", 2056)]  # fmt: skip


@pytest.fixture(scope="module", params=SOURCES, ids=[name for name, _ in SOURCES])
def network(request: pytest.FixtureRequest, shared_data: Path) -> RoadNetwork:
    name, epsg = request.param
    highways = read_catalogue().highways
    edges = read_road_edges(LayerSpec(path=name), shared_data / "roads", crs=CRS(epsg), highways=highways)
    return build_network(edges, highways)


@pytest.mark.shared
@pytest.mark.parametrize("vehicle", [LORRY, VAN], ids=["lorry", "van"])
def test_shared_extracts_agree_with_networkx(network: RoadNetwork, vehicle: Vehicle) -> None:
    cost, allowed = network.generalised_cost(vehicle), network.open_to(vehicle)
    oracle = nx.MultiDiGraph()
    for tail, head, oneway, weight, is_open in zip(
        network.tail.tolist(), network.head.tolist(), network.oneway.tolist(), cost.tolist(), allowed, strict=True
    ):
        if is_open:
            oracle.add_edge(tail, head, weight=weight)
            if not oneway:
                oracle.add_edge(head, tail, weight=weight)
    random = np.random.default_rng(4)
    starts, ends = random.choice(np.unique(network.tail[allowed]), (2, 12), replace=False)
    source, target = all_pairs(starts, ends)
    graph = network.graph(cost, allowed)
    paths = least_cost_paths(graph, source, target)
    for start in starts[:3].tolist():
        expected = nx.single_source_dijkstra_path_length(oracle, start)
        mine = paths.cost[source == start]
        assert mine == pytest.approx([expected.get(end, np.inf) for end in ends.tolist()], rel=1e-9)
    found = np.isfinite(paths.cost)
    assert found.mean() > 0.5
    assert paths.total(cost)[found] == pytest.approx(paths.cost[found], rel=1e-9)
    assert allowed[paths.edge].all()
    table = route_matrix(network, vehicle, source, target)
    assert table.cost == pytest.approx(paths.cost, rel=1e-12)
    assert table.distance_m[found] == pytest.approx(paths.total(network.length_m)[found])
    assert table.hours[found] == pytest.approx(paths.total(network.hours(vehicle.max_speed_kmh))[found])
    assert np.isinf(table.distance_m[~found]).all()
    lines = path_lines(network, paths, np.flatnonzero(found))
    for at, node in ((0, source), (-1, target)):
        drawn = shapely.get_coordinates(shapely.get_point(lines, at))
        assert np.hypot(*(drawn - np.column_stack([network.x, network.y])[node[found]]).T).max() < 0.2
    on_map = shapely.length(network.geometry)
    assert shapely.length(lines) == pytest.approx(paths.total(on_map)[found], rel=1e-6, abs=2)  # no jumps
