"""Truck routes: loads, costs by hand, which vehicles are offered, who cannot be reached."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from data.contracts import contract
from data.roads import empty_road_edges
from data.settings import Trucks
from data.study import Study
from routing.loads import units_per_trip
from routing.network import Vehicle, build_network
from routing.snapping import join, snap
from routing.trucks import TruckRoutes, truck_routes
from tests.routing.truck_cases import ACID, ASH, HIGHWAYS, TIPPER, make_roads, make_study, pairs, real_study

UTM = CRS("EPSG:25832")
ROAD = make_roads(("a", "b", [(0, 0), (30_000, 0)], {}), ("b", "c", [(30_000, 0), (60_000, 0)], {}))


def test_cost_hours_and_co2_by_hand() -> None:
    study = make_study(ROAD, {"p": (0, 1000), "q": (30_000, 0)})
    result = truck_routes(study, pairs(("p", "q", "ash")))
    assert list(result.routes.columns) == list(contract("problem")["routes"])
    route = result.routes.iloc[0]
    assert (route["route"], route["from_node"], route["to_node"]) == ("road:p>q:ash:tipper", "p", "q")
    assert route["distance_m"] == pytest.approx(31_000)
    hours = 2 * (30 / 60 + 1 / 20) + 0.75
    assert route["hours_per_trip"] == pytest.approx(hours)
    assert route["units_per_trip"] == 25
    assert route["unit_cost"] == pytest.approx((62 * 1.0 + hours * 30) / 25)
    assert route["co2_per_unit"] == pytest.approx(31 * 1.5 / 1000 / 25)
    assert route["fixed_cost"] == pytest.approx(60_000 / 20)
    assert np.isnan(route["capacity"])
    assert result.unreachable.empty
    drawn = result.geometries.set_index("key").loc[route["geometry_key"]]
    assert drawn["kind"] == "route"
    assert list(drawn["geometry"].coords) == [(0, 1000), (0, 0), (30_000, 0)]
    assert result.geometries.crs == UTM


def test_a_shared_way_back_costs_its_share() -> None:
    half = {**TIPPER, "empty_return": 0.5}
    study = make_study(ROAD, {"p": (0, 0), "q": (30_000, 0)}, vehicles=(half,))
    route = truck_routes(study, pairs(("p", "q", "ash"))).routes.iloc[0]
    assert route["hours_per_trip"] == pytest.approx(1.5 * 0.5 + 0.75)
    assert route["unit_cost"] == pytest.approx((45 + 30 * 1.5) / 25)
    assert route["co2_per_unit"] == pytest.approx(30 * (0.9 + 0.3) / 1000 / 25)


@pytest.mark.parametrize(
    ("unit", "density", "molar_mass", "expected"),
    [
        ("t", 1000.0, np.nan, 25.0),  # mass binds
        ("t", 500.0, np.nan, 20.0),  # 40 m3 binds
        ("t", np.nan, np.nan, 25.0),
        ("m3", 1000.0, np.nan, 25.0),
        ("m3", 500.0, np.nan, 40.0),
        ("m3", np.nan, np.nan, 40.0),
        ("Nm3", np.nan, 16.0, 25_000 / (16 / 22.414)),
        ("Nm3", 100.0, 16.0, 40 * 100 / (16 / 22.414)),
        ("Nm3", 100.0, np.nan, np.nan),
        ("MWh", 1000.0, np.nan, np.nan),
    ],
)
def test_load_in_the_resource_s_own_unit(unit: str, density: float, molar_mass: float, expected: float) -> None:
    row = pd.DataFrame({"unit": [unit], "density_kg_per_m3": [density], "molar_mass_g_per_mol": [molar_mass]})
    assert units_per_trip(row, np.array([25.0]), np.array([40.0]))[0] == pytest.approx(expected, nan_ok=True)


def test_who_may_carry_what() -> None:
    study = make_study(ROAD, {"p": (0, 0), "q": (30_000, 0)})
    routes = truck_routes(study, pairs(("p", "q", "ash"), ("p", "q", "acid"), ("p", "q", "ash"))).routes
    assert list(zip(routes["resource"], routes["vehicle"], strict=True)) == [("ash", "tipper"), ("acid", "adr_tanker")]
    listed = Trucks.model_validate({"vehicles": {"tanker": {"resources": ["ash"]}, "tipper": {"resources": []}}})
    routes = truck_routes(study.replace(settings=study.settings.model_copy(update={"trucks": listed})),
                          pairs(("p", "q", "ash"))).routes  # fmt: skip
    assert routes["vehicle"].tolist() == ["tanker"]


def test_only_what_may_go_by_truck() -> None:
    study = make_study(ROAD, {"p": (0, 0), "q": (30_000, 0)}, resources=(ASH, {**ACID, "truck": False}))
    asked = pairs(("p", "q", "ash"), ("p", "q", "acid"), ("q", "q", "ash"), ("q", "p", "ash"))
    asked.loc[3, "truck"] = False
    assert truck_routes(study, asked).routes["route"].tolist() == ["road:p>q:ash:tipper"]
    nothing = truck_routes(study, pairs())
    assert list(nothing.routes.columns) == list(contract("problem")["routes"])
    assert (len(nothing.geometries), len(nothing.unreachable)) == (0, 0)


def test_dominated_vehicles_are_dropped() -> None:
    clean = {**TIPPER, "vehicle": "electric", "cost_per_km": 2.0, "co2_laden_kg_per_km": 0.2}
    dear = {**TIPPER, "vehicle": "dear", "cost_per_km": 3.0, "co2_laden_kg_per_km": 0.5}
    twin = {**TIPPER, "vehicle": "twin"}
    study = make_study(ROAD, {"p": (0, 0), "q": (30_000, 0)}, vehicles=(clean, dear, TIPPER, twin))
    result = truck_routes(study, pairs(("p", "q", "ash")))
    assert result.routes["vehicle"].tolist() == ["tipper", "electric"]
    assert result.routes["geometry_key"].nunique() == len(result.geometries) == 1


def test_paths_differ_by_vehicle_and_goods() -> None:
    roads = make_roads(
        ("a", "b", [(0, 0), (10_000, 0)], {"hazmat": "no"}),
        ("a", "b", [(0, 0), (5_000, 9_000), (10_000, 0)], {}),
    )
    study = make_study(roads, {"p": (0, 0), "q": (10_000, 0)})
    result = truck_routes(study, pairs(("p", "q", "ash"), ("p", "q", "acid")))
    by_resource = result.routes.set_index("resource")
    assert by_resource["distance_m"].to_dict() == pytest.approx({"ash": 10_000, "acid": 2 * np.hypot(5_000, 9_000)})
    assert by_resource["geometry_key"].tolist() == ["road:p>q", "road:p>q#2"]
    lengths = result.geometries.set_index("key").length
    assert lengths[by_resource["geometry_key"]].tolist() == pytest.approx(by_resource["distance_m"].tolist())


def test_unreachable_plants_are_named() -> None:
    roads = make_roads(
        *[(f"a{i}", f"a{i + 1}", [(i * 1e3, 0), (i * 1e3 + 1e3, 0)], {}) for i in range(20)],
        *[(f"b{i}", f"b{i + 1}", [(i * 1e3, 5e4), (i * 1e3 + 1e3, 5e4)], {}) for i in range(20)],
    )
    plants: dict[str, object] = {"p": (0, 0), "q": (5e3, 0), "far": (0, 9e3), "island": (0, 5e4)}
    study = make_study(roads, plants, resources=(ASH, ACID, {**ASH, "resource": "heat", "unit": "MWh"}))
    result = truck_routes(
        study, pairs(("p", "q", "ash"), ("far", "q", "ash"), ("island", "q", "ash"), ("q", "p", "heat"))
    )
    assert result.routes["route"].tolist() == ["road:p>q:ash:tipper"]
    assert result.unreachable.set_index("plant")["reason"].to_dict() == {
        "far": "the nearest road open to its vehicles is 9.0 km away; trucks.max_snap_km is 3",
        "island": "no road connects it with any partner for ash",
        "q": "no vehicle class in use can carry heat, or its density or molar mass is missing",
    }


def test_limits_of_distance_and_snap() -> None:
    plants: dict[str, object] = {"p": (0, 0), "q": (30_000, 0), "r": (60_000, 0), "s": (0, 2_000)}
    asked = pairs(("p", "q", "ash"), ("p", "r", "ash"), ("s", "q", "ash"))
    study = make_study(ROAD, plants, trucks=Trucks(max_distance_km=40, max_snap_km=1))
    result = truck_routes(study, asked)
    assert result.routes["to_node"].tolist() == ["q"]
    assert result.unreachable["plant"].tolist() == ["s"]


def test_without_roads() -> None:
    study = make_study(empty_road_edges(UTM), {"p": (0, 0), "q": (1, 0)})
    result = truck_routes(study, pairs(("p", "q", "ash")))
    assert result.routes.empty
    assert result.unreachable["reason"].unique().tolist() == ["the study has no roads"]


def test_same_input_same_routes() -> None:
    plants: dict[str, object] = {"p": (0, 0), "q": shapely.box(29_000, 100, 30_000, 400), "r": (60_000, 0)}
    asked = pairs(*[(a, b, what) for a in plants for b in plants for what in ("ash", "acid") if a != b])
    one, two = truck_routes(make_study(ROAD, plants), asked), truck_routes(make_study(ROAD, plants), asked)
    pd.testing.assert_frame_equal(one.routes, two.routes)
    pd.testing.assert_frame_equal(one.geometries, two.geometries)
    assert one.routes["route"].is_unique
    assert set(one.routes["geometry_key"]) == set(one.geometries["key"])
    turned = truck_routes(make_study(ROAD, plants), asked.sample(frac=1, random_state=3))
    assert set(turned.routes["route"]) == set(one.routes["route"])


def real(shared_data: Path, name: str, epsg: int) -> tuple[Study, TruckRoutes]:
    """A real network without what an undirected search over nodes cannot see."""
    study = real_study(shared_data, name, epsg, trucks=Trucks(designated_factor=1))
    roads = study.roads.assign(no_turns="", elev_u_m=np.nan, elev_v_m=np.nan)
    for column in ("access", "hgv", "hazmat"):
        roads[column] = roads[column].replace("destination", "")
    study = study.replace(roads=roads)
    plants = study.plants["plant"]
    asked = pairs(*[(a, b, what) for what in ("ash", "acid") for a in plants for b in plants if a != b])
    return study, truck_routes(study, asked)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "epsg"),
    [("ube_roads.parquet", 6690), ("liege_1656.parquet", 32631), ("baltimore.osm.pbf", 32618),
     ("Helsinki.osm.pbf", 3067), ("liechtenstein-latest.osm.pbf", 2056)],
)  # fmt: skip
def test_real_networks_agree_with_networkx(shared_data: Path, name: str, epsg: int) -> None:
    study, result = real(shared_data, name, epsg)
    routes = result.routes[result.routes["vehicle"] == "tipper"].set_index(["from_node", "to_node"])
    assert len(routes) > 60
    lengths = result.geometries.set_index("key").length[routes["geometry_key"]].to_numpy()
    assert routes["distance_m"].to_numpy() == pytest.approx(lengths, rel=0.03)
    lorry = Vehicle(
        40, 4.0, 11.5, dangerous=False, max_speed_kmh=80, cost_per_km=1, cost_per_h=30, length_m=16.5, width_m=2.55
    )
    network = build_network(study.roads, HIGHWAYS)
    snaps = snap(network, network.open_to(lorry), study.plants.set_index("plant").geometry, 3000)
    network, node = join(network, snaps, access_kmh=20)
    oracle = nx.MultiDiGraph()
    usable = network.open_to(lorry)
    table = zip(network.tail, network.head, network.oneway, network.generalised_cost(lorry), usable, strict=True)
    for tail, head, oneway, cost, allowed in table:
        if allowed:
            oracle.add_edge(tail, head, weight=cost)
            if not oneway:
                oracle.add_edge(head, tail, weight=cost)
    trip = routes["distance_m"] / 1000 + 30 * (routes["hours_per_trip"] - 0.75) / 2
    by_plant = dict(zip(snaps.plant, node.tolist(), strict=True))
    for source in list(by_plant)[:4]:
        expected = nx.single_source_dijkstra_path_length(oracle, by_plant[source])
        mine = trip.loc[source].to_dict() if source in trip.index else {}
        others = {plant: expected[at] for plant, at in by_plant.items() if at in expected and plant != source}
        assert mine == pytest.approx(others)
