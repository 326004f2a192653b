"""The road network as arrays: who may drive where, how fast, and the cheapest paths."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from data.roads import road_edges
from routing.network import RoadNetwork, Vehicle, build_network
from routing.paths import least_cost_paths, path_lines
from routing.snapping import join, snap

UTM = CRS("EPSG:25832")
HIGHWAYS = pd.DataFrame({"highway": ["primary", "service"], "truck_kmh": [60.0, 20.0], "rank": [3, 8]})
LORRY = Vehicle(44, 4.0, 11.5, dangerous=False, max_speed_kmh=80, cost_per_km=1.0, cost_per_h=30.0)


def edges(*rows: tuple[str, str, list[tuple[float, float]], dict[str, object]]) -> gpd.GeoDataFrame:
    table = pd.DataFrame([{"u": u, "v": v, "highway": "primary", "oneway": "no", **tags} for u, v, _, tags in rows])
    raw = gpd.GeoDataFrame(table, geometry=[shapely.LineString(points) for _, _, points, _ in rows], crs=UTM)
    raw["length"] = raw.length  # as on the map, so that expectations are round
    return road_edges(raw, crs=UTM, highways=HIGHWAYS, file="x")


def network(*rows: tuple[str, str, list[tuple[float, float]], dict[str, object]]) -> RoadNetwork:
    return build_network(edges(*rows), HIGHWAYS)


def line(*rows: dict[str, object]) -> RoadNetwork:
    """Nodes 0, 1, 2, ... in a row, 1 km apart."""
    return network(*((str(i), str(i + 1), [(i * 1e3, 0), (i * 1e3 + 1e3, 0)], tags) for i, tags in enumerate(rows)))


def points(**xy: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(*at) for at in xy.values()], index=list(xy), crs=UTM)


def route(net: RoadNetwork, plants: gpd.GeoSeries, vehicle: Vehicle = LORRY) -> tuple[float, shapely.LineString]:
    """Return the metres and the line from the first plant to the second; NaN when there is none."""
    snaps = snap(net, net.open_to(vehicle), plants, 3000)
    joined, node = join(net, snaps, access_kmh=20)
    graph = joined.graph(joined.generalised_cost(vehicle), joined.open_to(vehicle))
    paths = least_cost_paths(graph, node[:1], node[1:2])
    if not np.isfinite(paths.cost[0]):
        return float("nan"), None
    return float(paths.total(joined.length_m)[0]), path_lines(joined, paths, np.array([0]))[0]


def test_speeds_are_tagged_else_usual_and_capped_by_the_vehicle() -> None:
    net = line({"maxspeed": "100"}, {"maxspeed": "30"}, {}, {"highway": "service"})
    assert net.speed_kmh.tolist() == [100, 30, 60, 20]
    assert (1 / net.hours(80)).tolist() == pytest.approx([80, 30, 60, 20])
    assert net.generalised_cost(LORRY).tolist() == pytest.approx([1 + 30 / 80, 2, 1.5, 2.5])


@pytest.mark.parametrize(
    ("tags", "change", "open_to"),
    [
        ({}, {}, True),
        ({"maxweight": "40"}, {}, False),
        ({"maxweight": "44"}, {}, True),
        ({"maxheight": "3.9"}, {}, False),
        ({"maxheight": "3.9"}, {"height_m": 3.5}, True),
        ({"maxaxleload": "8"}, {}, False),
        ({"maxlength": "12"}, {"length_m": 16.5}, False),
        ({"maxlength": "12"}, {"length_m": 12.0}, True),
        ({"maxlength": "8", "maxlength:hgv": "18"}, {"length_m": 16.5}, True),
        ({"maxwidth": "2.3"}, {"width_m": 2.55}, False),
        ({"maxwidth:physical": "3"}, {"width_m": 2.55}, True),
        ({"hgv": "no"}, {}, False),
        ({"hgv": "no"}, {"gross_weight_t": 3.5}, True),
        ({"hazmat": "no"}, {}, True),
        ({"hazmat": "no"}, {"dangerous": True}, False),
        ({"access": "private"}, {}, False),
        ({"access": "destination"}, {}, True),
        ({"access": "no", "hgv": "designated"}, {}, True),
        ({"access": "no", "motor_vehicle": "yes"}, {}, True),
    ],
)
def test_what_is_open_to_whom(tags: dict[str, object], change: dict[str, object], open_to: bool) -> None:
    vehicle = dataclasses.replace(LORRY, **change)  # type: ignore[arg-type]
    assert line(tags, {}).open_to(vehicle).tolist() == [open_to, True]


def test_arrays_cannot_be_changed() -> None:
    net = line({})
    with pytest.raises(ValueError, match="read-only"):
        net.length_m[0] = 0


def test_oneway_is_driven_one_way() -> None:
    net = network(
        ("a", "b", [(0, 0), (1000, 0)], {"oneway": "yes"}),
        ("b", "c", [(1000, 0), (1000, 1000)], {}),
        ("c", "a", [(1000, 1000), (0, 0)], {}),
    )
    there, back = points(p=(100, 0), q=(900, 0)), points(q=(900, 0), p=(100, 0))
    assert route(net, there)[0] == pytest.approx(800)
    assert route(net, back)[0] == pytest.approx(100 + 1000 + np.hypot(1000, 1000) + 100)


def test_parallel_roads_take_the_cheaper() -> None:
    net = network(
        ("a", "b", [(0, 0), (500, 400), (1000, 0)], {}),
        ("a", "b", [(0, 0), (1000, 0)], {"highway": "service"}),
        ("b", "c", [(1000, 0), (2000, 0)], {}),
    )
    assert route(net, points(p=(0, 0), q=(2000, 0)))[0] == pytest.approx(2 * np.hypot(500, 400) + 1000)
    patient = dataclasses.replace(LORRY, cost_per_h=0)
    assert route(net, points(p=(0, 0), q=(2000, 0)), patient)[0] == pytest.approx(2000)


def test_snapping_is_to_the_segment_and_the_leg_counts() -> None:
    net = line({}, {})
    metres, drawn = route(net, points(p=(250, 100), q=(1750, -50)))
    assert metres == pytest.approx(100 + 1500 + 50)
    assert list(drawn.coords) == [(250, 100), (250, 0), (1000, 0), (1750, 0), (1750, -50)]


def test_several_plants_on_one_road_and_at_one_gate() -> None:
    net = line({"maxspeed": "50"})
    plants = points(a=(200, 10), b=(800, 0), c=(200, -20), d=(0, 5), e=(1000, 5))
    snaps = snap(net, net.open_to(LORRY), plants, 3000)
    joined, node = join(net, snaps, access_kmh=20)
    assert joined.node_count == 2 + 2 + 5  # two cuts for three plants; d and e stand at the ends
    assert not joined.open_to(LORRY)[0]
    assert joined.length_m[1:4].tolist() == pytest.approx([200, 600, 200])
    assert joined.speed_kmh.tolist() == [50, 50, 50, 50, *[20] * 5]
    graph = joined.graph(joined.length_m, joined.open_to(LORRY))
    paths = least_cost_paths(graph, node[[0, 1, 3, 3]], node[[2, 0, 4, 3]])
    assert paths.cost.tolist() == pytest.approx([30, 610, 1010, 0])
    assert [list(drawn.coords) for drawn in path_lines(joined, paths, np.array([0, 2]))] == [
        [(200, 10), (200, 0), (200, -20)],
        [(0, 5), (0, 0), (200, 0), (800, 0), (1000, 0), (1000, 5)],
    ]


def test_polygon_is_left_at_its_boundary() -> None:
    net = line({})
    plants = gpd.GeoSeries([shapely.box(300, -200, 500, -50), shapely.Point(1000, 0)], index=["p", "q"], crs=UTM)
    metres, drawn = route(net, plants)
    assert metres == pytest.approx(50 + 1000 - drawn.coords[1][0])
    assert drawn.coords[0][1] == -50


def test_a_bent_road_is_cut_along_its_line() -> None:
    net = network(("a", "b", [(0, 0), (100, 0), (100, 100), (200, 100)], {}))
    _, drawn = route(net, points(p=(110, 30), q=(150, 120)))
    assert list(drawn.coords) == [(110, 30), (100, 30), (100, 100), (150, 100), (150, 120)]
    _, back = route(net, points(q=(150, 120), p=(110, 30)))
    assert list(back.coords) == list(drawn.coords)[::-1]


def test_a_stub_does_not_strand_a_plant() -> None:
    ring = [((0, 0), (1000, 0)), ((1000, 0), (1000, 1000)), ((1000, 1000), (0, 1000)), ((0, 1000), (0, 0))]
    rows = [(str(i), str((i + 1) % 4), [a, b], {}) for i, (a, b) in enumerate(ring)]
    stub = ("1", "x", [(1000, 0), (2000, 0)], {"oneway": "yes"})
    scrap = ("y", "z", [(1200, 300), (1300, 300)], {})
    net = network(*rows, stub, scrap)  # type: ignore[arg-type]
    snaps = snap(net, net.open_to(LORRY), points(p=(1250, 290)), 3000)
    assert shapely.get_coordinates(snaps.access)[1].tolist() == [1000, 290]
    close = snap(net, net.open_to(LORRY), points(p=(1250, 290)), 100)
    assert shapely.get_coordinates(close.access)[1].tolist() == [1250, 300]  # better than no road
    far = snap(net, net.open_to(LORRY), points(p=(1250, 290)), 1)
    assert far.too_far == {"p": pytest.approx(10)}


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_agree_with_networkx(seed: int) -> None:
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 5000, (40, 2))
    rows = []
    for a, b in random.integers(0, 40, (110, 2)):
        if a != b:
            tags = {"oneway": random.choice(["yes", "no", "-1"]), "highway": random.choice(["primary", "service"])}
            rows.append((str(a), str(b), [tuple(xy[a]), tuple(xy[b])], tags))
    table = edges(*rows)
    net = build_network(table, HIGHWAYS)
    cost = net.generalised_cost(LORRY)
    oracle = nx.MultiDiGraph()
    for tail, head, oneway, weight in zip(net.tail, net.head, net.oneway, cost, strict=True):
        oracle.add_edge(tail, head, weight=weight)
        if not oneway:
            oracle.add_edge(head, tail, weight=weight)
    source, target = (part.ravel() for part in np.meshgrid(range(0, net.node_count, 5), range(net.node_count)))
    paths = least_cost_paths(net.graph(cost, net.open_to(LORRY)), source, target)
    assert paths.total(cost)[np.isfinite(paths.cost)] == pytest.approx(paths.cost[np.isfinite(paths.cost)])
    for start in np.unique(source):
        expected = nx.single_source_dijkstra_path_length(oracle, start)
        mine = dict(zip(target[source == start], paths.cost[source == start], strict=True))
        assert {node: value for node, value in mine.items() if np.isfinite(value)} == pytest.approx(expected)
    drawn = np.flatnonzero(np.isfinite(paths.cost) & (source != target))
    lines = path_lines(net, paths, drawn)
    assert shapely.length(lines) == pytest.approx(paths.total(net.length_m)[drawn])
    assert shapely.get_coordinates(shapely.get_point(lines, -1))[:, 0] == pytest.approx(net.x[target[drawn]])


def test_nothing_to_do() -> None:
    net = line({})
    nothing = np.empty(0, dtype=np.int64)
    paths = least_cost_paths(net.graph(net.length_m, net.open_to(LORRY)), nothing, nothing)
    assert len(paths.cost) == 0
    assert len(path_lines(net, paths, nothing)) == 0
    snaps = snap(net, np.zeros(1, dtype=bool), points(p=(0, 0)), 3000)
    assert snaps.too_far == {"p": float("inf")}
    joined, node = join(net, snaps, access_kmh=20)
    assert (joined.edge_count, len(node)) == (1, 0)
