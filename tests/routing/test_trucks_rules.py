"""Who may drive where: last legs, turns, bans, gates; and why a class cannot reach a plant."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra

from data.settings import Trucks
from data.study import Study
from routing.network import RoadNetwork, Vehicle
from routing.profiles import vehicle_of
from routing.trips import find_ground
from routing.trucks import truck_routes
from tests.routing.truck_cases import ACID, ADR, ASH, TIPPER, UTM, make_roads, make_study, pairs, real_study

SMALL = {**TIPPER, "vehicle": "small", "gross_weight_t": 7.0, "height_m": 3.0, "axle_load_t": 5.0, "length_m": 8.0,
         "width_m": 2.3, "cost_per_km": 2.0}  # fmt: skip
Row = tuple[str, str, list[tuple[float, float]], dict[str, object]]


def metres(study: Study, *asked: tuple[str, str]) -> list[float]:
    """Length of the tipper's way of each pair; NaN where there is none."""
    routes = truck_routes(study, pairs(*[(a, b, "ash") for a, b in asked])).routes
    routes = routes[routes["vehicle"] == "tipper"].set_index(["from_node", "to_node"])["distance_m"]
    return [float(routes.get(pair, np.nan)) for pair in asked]


def ladder(**tags: object) -> list[Row]:
    """A main road round three sides of a square (6 km) and a street (2 km) across it; every node is 1 km apart."""
    points = [*[(0, y) for y in (0, 1000, 2000)], (1000, 2000), *[(2000, y) for y in (2000, 1000, 0)]]
    rows: list[Row] = [(f"m{i}", f"m{i + 1}", [a, b], {}) for i, (a, b) in enumerate(pairwise(points))]
    street = [(0, 0), (1000, 0), (2000, 0)]
    return [*rows, ("m0", "s", street[:2], tags), ("s", "m6", street[1:], tags)]


@pytest.mark.parametrize(
    ("tags", "through"),
    [
        ({}, True),
        ({"access": "destination"}, False),
        ({"motor_vehicle": "delivery"}, False),
        ({"hgv": "destination"}, False),
        ({"access": "destination", "hgv": "yes"}, True),
        ({"access": "no", "hgv": "delivery"}, False),
    ],
)
def test_a_last_leg_road_is_no_way_through(tags: dict[str, object], through: bool) -> None:
    plants: dict[str, object] = {"west": (0, 1000), "east": (2000, 1000), "in": (500, 0), "too": (1500, 0)}
    study = make_study(make_roads(*ladder(**tags)), plants)
    there, into, out, within = metres(study, ("west", "east"), ("west", "in"), ("too", "east"), ("in", "too"))
    assert there == pytest.approx(4000)  # both ways round are as long
    assert (into, out, within) == pytest.approx((1500, 1500, 1000))  # who has business there may drive there
    study = make_study(make_roads(*ladder(**tags)), {"a": (0, 100), "b": (2000, 100)})
    assert metres(study, ("a", "b")) == pytest.approx([2200 if through else 5800])


def test_what_lies_behind_a_last_leg_road_is_reached_through_it() -> None:
    rows = [*ladder(), ("m3", "d", [(1000, 2000), (1000, 3000)], {"access": "destination"}),
            ("d", "e", [(1000, 3000), (1000, 4000)], {})]  # fmt: skip
    study = make_study(make_roads(*rows), {"p": (1000, 3500), "q": (0, 1000), "r": (1000, 4000)})
    assert metres(study, ("p", "q"), ("q", "p"), ("r", "p")) == pytest.approx([3500, 3500, 500])


def test_dangerous_goods_have_last_legs_of_their_own() -> None:
    study = make_study(make_roads(*ladder(hazmat="destination")), {"a": (0, 100), "b": (2000, 100)})
    routes = truck_routes(study, pairs(("a", "b", "ash"), ("a", "b", "acid"))).routes.set_index("resource")
    assert routes["distance_m"].to_dict() == pytest.approx({"ash": 2200, "acid": 5800})


@pytest.mark.parametrize(
    ("tags", "adr_class", "open_to"),
    [
        ({"hazmat": "no"}, "8", False), ({"hazmat:A": "no"}, "8", False), ({"hazmat:E": "no"}, "9", False),
        ({"hazmat:D": "no"}, "9", True), ({"hazmat:D": "no"}, "3", False), ({"hazmat:C": "no"}, "3", True),
        ({"hazmat:B": "no", "hazmat:C": "no"}, "8", False), ({"hazmat:B": "no"}, "2", False),
        ({"tunnel_category": "C"}, "2.1", False), ({"tunnel_category": "A"}, "2", True), ({"hazmat:B": "no"}, "", True),
    ],
)  # fmt: skip
def test_tunnel_categories(tags: dict[str, object], adr_class: str, open_to: bool) -> None:
    study = make_study(make_roads(("a", "b", [(0, 0), (1000, 0)], tags)), {"p": (0, 0), "q": (1000, 0)},
                       resources=({**ASH, "adr_class": adr_class},), vehicles=({**TIPPER, "adr": True},))  # fmt: skip
    assert (len(truck_routes(study, pairs(("p", "q", "ash"))).routes) == 1) == open_to


def crossing(**extra: object) -> list[Row]:
    """A crossroads at c with arms of 1 km to n, e, s and w; n and e, s and e are joined by longer roads."""
    arms = {"n": (0, 1000), "e": (1000, 0), "s": (0, -2000), "w": (-1000, 0)}
    rows: list[Row] = [
        (name, "c", [at, (0, 0)], {"no_turns": extra.get(name, "")})  # type: ignore[list-item]
        for name, at in arms.items()
    ]
    rows.append(("n", "e", [(0, 1000), (1000, 1000), (1000, 0)], {}))
    return rows


def test_a_forbidden_turn_is_driven_round() -> None:
    plants: dict[str, object] = {"w": (-900, 0), "n": (0, 900), "s": (0, -900)}
    free = make_study(make_roads(*crossing()), plants)
    assert metres(free, ("w", "n"), ("n", "w")) == pytest.approx([1800, 1800])
    # No left turn from w to n: on to e, round the block; not round at e and back, nor round at s, a dead end.
    study = make_study(make_roads(*crossing(w="c>n")), plants)
    forbidden, back, other = metres(study, ("w", "n"), ("n", "w"), ("s", "n"))
    assert (back, other) == pytest.approx((1800, 1800))
    assert forbidden == pytest.approx(900 + 1000 + 2000 + 100)
    only_right = make_study(make_roads(*crossing(w="c>n;c>e;c>w")), plants)
    assert metres(only_right, ("w", "s")) == pytest.approx([1800])
    assert metres(only_right, ("w", "n")) == pytest.approx([900 + 2 * 2000 + 900])  # the dead end is for turning


def test_a_turn_is_forbidden_however_the_roads_are_cut() -> None:
    plants = {f"w{i}": (-900 + i * 300, 5) for i in range(3)} | {f"n{i}": (5, 300 + i * 300) for i in range(3)}
    study = make_study(make_roads(*crossing(w="c>n")), plants)  # type: ignore[arg-type]
    found = metres(study, ("w0", "n0"), ("w2", "n2"), ("w1", "w2"), ("n1", "n0"), ("n0", "w0"))
    assert found == pytest.approx([900 + 3000 + 700 + 10, 300 + 3000 + 100 + 10, 310, 310, 1210])


def test_gates_the_cheapest_pair_counts_and_no_way_leads_through_a_plant() -> None:
    rows = [*ladder()]
    plants: dict[str, object] = {"works": (1000, 1000), "a": (0, 500), "b": (2000, 500), "far": (1000, 2000)}
    places = [shapely.Point(10, 1000), shapely.MultiPoint([(1990, 1000), (1000, 10)])]
    gates = gpd.GeoDataFrame({"plant": ["works", "works"], "gate": ["west", "others"]}, geometry=places, crs=UTM)
    study = make_study(make_roads(*rows), plants, gates=gates)
    asked = ("works", "a"), ("b", "works"), ("works", "far"), ("a", "b")
    assert metres(study, *asked) == pytest.approx([510, 510, 2010, 3000])
    result = truck_routes(study, pairs(("works", "a", "ash"), ("b", "works", "ash")))
    ends = [line.coords[at] for line, at in zip(result.geometries.geometry, (0, -1), strict=True)]
    assert ends == [(10, 1000), (1990, 1000)]
    away = gpd.GeoDataFrame({"plant": ["works"]}, geometry=[shapely.Point(1000, 9000)], crs=UTM)
    reasons = truck_routes(study.replace(gates=away), pairs(("works", "a", "ash"))).unreachable
    assert reasons["reason"].tolist() == [
        "the nearest road open to its vehicles is 7.0 km away; trucks.max_snap_km is 3"
    ]


def peninsula(**tags: object) -> Study:
    """Two regions of roads joined by one bridge."""
    rows: list[Row] = [(f"a{i}", f"a{i + 1}", [(i * 1e3, 0), (i * 1e3 + 1e3, 0)], {}) for i in range(20)]
    rows.append(("a20", "b", [(2e4, 0), (2e4, 1e3)], tags))
    rows.append(("b", "c", [(2e4, 1e3), (2e4, 9e3)], {}))
    plants: dict[str, object] = {"p": (0, 0), "q": (5e3, 0), "r": (2e4, 8e3)}
    return make_study(make_roads(*rows), plants, vehicles=(TIPPER, SMALL, ADR), resources=(ASH, ACID))


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"maxweight": "16"}, "maxweight 16 t or less on every way, and it has 40 t"),
        ({"maxheight": "3.5"}, "maxheight 3.5 m or less on every way, and it has 4 m"),
        ({"maxaxleload": "8"}, "maxaxleload 8 t or less on every way, and it has 11.5 t"),
        ({"maxlength": "12"}, "maxlength 12 m or less on every way, and it has 16.5 m"),
        ({"maxlength": "6", "maxlength:hgv": "10 m"}, "maxlength 10 m or less on every way, and it has 16.5 m"),
        ({"maxwidth": "7'8\""}, "maxwidth 2.3368 m or less on every way, and it has 2.55 m"),
        ({"maxweight": "16", "maxheight": "3.5"}, "several limits together (maxweight, maxheight), none of them alone"),
    ],
)
def test_a_route_for_lighter_trucks_is_offered_to_them_only(tags: dict[str, object], reason: str) -> None:
    result = truck_routes(peninsula(**tags), pairs(("p", "r", "ash"), ("p", "q", "ash")))
    offered = result.routes.groupby("to_node")["vehicle"].agg(list).to_dict()
    assert offered["r"] == ["small"]
    assert result.class_reasons.to_dict("records") == [{"plant": "r", "vehicle": "tipper", "reason": reason}]
    assert result.unreachable.empty


@pytest.mark.parametrize(
    ("tags", "what", "reason"),
    [
        ({"hgv": "no"}, "ash", "hgv=no on every way"),
        ({"hazmat": "no"}, "acid", "a ban on its dangerous goods (hazmat, tunnel category) on every way"),
        ({"access": "private"}, "ash", "a private or closed road on every way"),
    ],
)
def test_why_nobody_reaches_a_plant(tags: dict[str, object], what: str, reason: str) -> None:
    result = truck_routes(peninsula(**tags), pairs(("p", "r", what), ("p", "q", what)))
    assert set(result.class_reasons["reason"]) == {reason}
    assert set(result.class_reasons["plant"]) == {"r"}
    assert result.unreachable.to_dict("records") == [
        {"plant": "r", "reason": f"no road connects it with any partner for {what} ({reason})"}
    ]


def test_a_class_leaves_by_another_road_when_it_is_near() -> None:
    rows = [*ladder(), ("x", "y", [(-1000, 900), (-40, 900)], {"maxweight": "5"}),
            ("y", "m1", [(-40, 900), (0, 1000)], {"maxweight": "5"})]  # fmt: skip
    for other_road_m, expected in ((250, [np.hypot(0, 240) + 1000 + 0]), (100, [np.nan])):
        trucks = Trucks(other_road_m=other_road_m)
        study = make_study(make_roads(*rows), {"p": (-240, 1000), "q": (0, 2000)}, vehicles=(TIPPER, SMALL | {
            "gross_weight_t": 4.0}), trucks=trucks)  # fmt: skip
        assert metres(study, ("p", "q")) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("seed", range(6))
def test_a_heavier_vehicle_never_has_a_cheaper_way(seed: int) -> None:
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 5000, (40, 2))
    rows: list[Row] = []
    for a, b in random.integers(0, 40, (90, 2)):
        if a != b:
            tags = {
                "oneway": random.choice(["yes", "no", "no"]), "maxweight": random.choice(["", "", "5", "16", "30"]),
                "maxheight": random.choice(["", "", "3.5"]), "access": random.choice(["", "", "", "destination"]),
            }  # fmt: skip
            rows.append((str(a), str(b), [tuple(xy[a]), tuple(xy[b])], tags))
    sizes = [(4.0, 2.5), (10.0, 3.0), (20.0, 3.9), (40.0, 4.0)]
    fleet = tuple({**TIPPER, "vehicle": f"v{w:g}", "gross_weight_t": w, "height_m": h} for w, h in sizes)
    plants = {f"p{i}": tuple(at) for i, at in enumerate(random.uniform(0, 5000, (8, 2)))}
    study = make_study(make_roads(*rows), plants, vehicles=fleet)  # type: ignore[arg-type]
    vehicles = [vehicle_of(row, "") for _, row in study.vehicles.iterrows()]
    ground = find_ground(study, plants, vehicles)
    node = ground.node.to_numpy(dtype=np.int64)
    source, target = (part.ravel() for part in np.meshgrid(node, node))
    costs = [ground.driving(vehicle, empty_return=1.0).paths(source, target).cost for vehicle in vehicles]
    for lighter, heavier in pairwise(costs):
        assert (heavier >= lighter - 1e-9).all()
    assert np.isfinite(costs[0]).sum() >= np.isfinite(costs[-1]).sum()


State = tuple[tuple[int, int], int]


class Oracle:
    """A search over states (edge, direction, phase): 0 leaving, 1 on the mainland, 2 arriving."""

    def __init__(self, network: RoadNetwork, vehicle: Vehicle, cost: np.ndarray, legs: np.ndarray) -> None:
        self.last = network.last_leg_only(vehicle) | legs
        plain = np.flatnonzero(~network.closed & ~self.last)
        streets = nx.Graph(zip(network.tail[plain].tolist(), network.head[plain].tolist(), strict=True))
        self.main = max(nx.connected_components(streets), key=len)
        self.bans = {tuple(turn) for turn in network.turns.tolist()}
        self.arcs: dict[tuple[int, int], tuple[int, int]] = {}
        for edge in np.flatnonzero(network.open_to(vehicle)).tolist():
            ends = int(network.tail[edge]), int(network.head[edge])
            self.arcs[edge, 0] = ends
            if not network.oneway[edge]:
                self.arcs[edge, 1] = ends[::-1]
        self.leaving: dict[int, list[tuple[int, int]]] = {}
        for arc, (tail, _) in self.arcs.items():
            self.leaving.setdefault(tail, []).append(arc)
        signed = {(edge, way) for edge, way, *onward in self.bans if {(edge, way), tuple(onward)} <= set(self.arcs)}
        self.after = {arc for first in signed for arc in self.leaving.get(self.arcs[first][1], [])}
        self.graph = nx.DiGraph()
        for arc, (tail, head) in self.arcs.items():
            for phase in self.phases(arc):
                self.graph.add_edge(("from", tail), (arc, phase), weight=cost[arc[0]])
                self.graph.add_edge((arc, phase), ("to", head), weight=0.0)
                for state in self.next((arc, phase)):
                    self.graph.add_edge((arc, phase), state, weight=cost[state[0][0]])

    def phases(self, arc: tuple[int, int]) -> list[int]:
        if self.main.issuperset(self.arcs[arc]):
            return [] if self.last[arc[0]] else [1]
        return [0, 2]

    def next(self, state: State) -> list[State]:
        (edge, way), phase = state
        head = self.arcs[edge, way][1]
        follow = self.leaving.get(head, [])
        dead_end = all(other == edge for other, _ in follow)
        states = []
        for arc in follow:
            back = arc[0] == edge and (edge, way) in self.after and not dead_end
            if (edge, way, *arc) in self.bans or back:
                continue
            # On the mainland a street is left or entered; within a street one may begin to arrive.
            allowed = {True: ((1, 2), (1, 2), ()), False: ((0, 2), (), (2,))}[head in self.main][phase]
            states += [(arc, new) for new in self.phases(arc) if new in allowed]
        return states


@pytest.mark.shared
@pytest.mark.parametrize(("name", "epsg"), [("Helsinki.osm.pbf", 3067), ("liechtenstein-latest.osm.pbf", 2056)])
def test_last_legs_and_turns_agree_with_a_search_over_edges(shared_data: Path, name: str, epsg: int) -> None:
    study = real_study(shared_data, name, epsg)
    vehicle = vehicle_of(pd.Series(TIPPER), "8")
    ground = find_ground(study, study.plants["plant"], [vehicle])
    assert len(ground.network.turns) > 0
    assert ground.network.last_leg_only(vehicle).any()
    driving = ground.driving(vehicle, empty_return=1.0)
    cost = driving.costs.weight[0]
    states = Oracle(ground.network, vehicle, cost, ground.legs).graph
    node = ground.node.to_numpy(dtype=np.int64)
    source, target = (part.ravel() for part in np.meshgrid(node[:5], node, indexing="ij"))
    found = driving.paths(source, target).cost
    blind = ground.network.graph(cost, ground.network.open_to(vehicle)).matrix
    assert np.isfinite(found).mean() > 0.5
    for start in node[:5]:
        expected = nx.single_source_dijkstra_path_length(states, ("from", int(start)))
        for end, mine in zip(target[source == start], found[source == start], strict=True):
            if end != start:
                assert mine == pytest.approx(expected.get(("to", int(end)), np.inf))
    plain = np.concatenate([dijkstra(blind, indices=start)[node] for start in node[:5]])
    assert (found >= plain - 1e-9).all()
    if name.startswith("Helsinki"):
        assert (found > plain + 1e-6).sum() > 5  # the signs matter


@pytest.mark.shared
def test_helsinki_limits_close_roads_to_heavy_vehicles(shared_data: Path) -> None:
    study = real_study(shared_data, "Helsinki.osm.pbf", 3067)
    fleet = pd.DataFrame([TIPPER, {**SMALL, "gross_weight_t": 3.6, "height_m": 2.0, "axle_load_t": 2.0}])
    network = find_ground(study, study.plants["plant"], [vehicle_of(row, "") for _, row in fleet.iterrows()]).network
    heavy, light = (network.open_to(vehicle_of(row, "")) for _, row in fleet.iterrows())
    assert (light & ~heavy).sum() >= 20
    assert not (heavy & ~light).any()
    assert not network.open_to(vehicle_of(fleet.iloc[0], "8"))[network.max_weight_t < 40].any()
