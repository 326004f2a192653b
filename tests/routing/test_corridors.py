"""Whole corridor networks, small enough to see what they should be."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from data.contracts import contract
from data.study import Raster
from routing.corridors import PipelineNetwork, pipeline_corridors
from routing.surface import cost_surface
from tests.routing.pipe_cases import all_pairs, make_study

WATER = [("a", "water", "supply", 200_000.0), ("b", "water", "demand", 150_000.0)]


def plan(*args, **kwargs) -> PipelineNetwork:
    study = make_study(*args, **kwargs)
    return pipeline_corridors(study, all_pairs(study))


def ends(network: PipelineNetwork) -> list[tuple[str, str]]:
    return sorted(network.corridors[["from_node", "to_node"]].itertuples(index=False, name=None))


def check(network: PipelineNetwork, plants: dict[str, tuple[float, float]], forbidden=()) -> None:
    """What must hold of every network."""
    for name in ("corridors", "pipes"):
        assert list(getattr(network, name).columns) == list(contract("problem")[name])
    assert list(network.junctions.columns) == list(contract("problem")["nodes"])
    lines = network.geometries.set_index("key").geometry
    nodes = {row.node: (row.x, row.y) for row in network.junctions.itertuples()} | plants
    noted = set(network.notes["plant"])
    assert list(lines.index) == network.corridors["corridor"].tolist() == network.attributes["corridor"].tolist()
    for corridor in network.corridors.itertuples():
        line = lines[corridor.corridor]
        assert line.length == pytest.approx(corridor.length_m)
        for node, at in ((corridor.from_node, line.coords[0]), (corridor.to_node, line.coords[-1])):
            assert node in noted or at == pytest.approx(nodes[node])
        for polygon in forbidden:
            assert not line.relate_pattern(polygon, "T********")
    assert set(network.pipes["corridor"]) == set(network.corridors["corridor"])


def test_one_pair_on_open_ground():
    plants = {"a": (130.0, 170.0), "b": (4170.0, 1950.0)}
    network = plan(plants, WATER)
    check(network, plants)
    assert ends(network) == [("a", "b")]
    assert network.junctions.empty
    assert network.corridors["length_m"][0] == pytest.approx(np.hypot(4040, 1780), rel=2e-3)  # nearly straight
    assert network.attributes["weighted_length_m"][0] == pytest.approx(network.corridors["length_m"][0])
    assert network.unreachable.empty
    assert network.geometries.crs.to_epsg() == 25832


def test_what_a_corridor_costs():
    network = plan(
        {"a": (50.0, 50.0), "b": (2050.0, 50.0)},
        WATER,
        zones=[(shapely.box(500, -3000, 1000, 3000), False, 3)],
        crossings=[
            (shapely.LineString([(1510, -5000), (1510, 5000)]), 7000),
            (shapely.LineString([(0, 900), (9, 900)]), 1e6),
        ],
        finance={"discount_rate": 0, "lifetime_years": {"trench": 50}, "pipe_upkeep_share": 0.01},
        right_of_way_per_m=20,
        cost_factor=2,
    )  # fmt: skip
    attributes, corridor = network.attributes.iloc[0], network.corridors.iloc[0]
    assert corridor["length_m"] == pytest.approx(2000)
    assert attributes["weighted_length_m"] == pytest.approx(3000)
    assert (attributes["crossings"], attributes["crossing_cost"]) == (1, 7000)
    base = 60 + 80 / 10 if "DN80" in set(network.pipes["option"]) else 60 + 10
    assert attributes["trench_cost_per_m"] == base
    laid = 3000 * base * 2 + 7000
    assert attributes["capex_trench"] == pytest.approx(laid + 20 * 2000)
    assert corridor["fixed_cost"] == pytest.approx((laid + 40_000) / 50 + laid * 0.01)


def test_three_plants_share_a_trench():
    # A Y: two suppliers some way apart, one taker far away
    plants = {"a": (0.0, 0.0), "b": (0.0, 4000.0), "c": (8000.0, 2000.0)}
    streams = [("a", "water", "supply", 1e5), ("b", "water", "supply", 1e5), ("c", "water", "demand", 2e5)]
    network = plan(plants, streams)
    check(network, plants)
    assert len(network.junctions) == 1
    trunk, *arms = sorted(network.corridors.itertuples(), key=lambda row: row.from_node, reverse=True)
    assert {row.from_node for row in arms if row.to_node == "j001"} >= {"a", "b"}
    assert ("c", "j001") in ends(network)
    tree = network.corridors[network.corridors["to_node"] == "j001"]["length_m"].sum()
    assert tree < 13_000  # two trenches of their own: 16,492; the best tree there is: 11,464
    both = network.pipes[network.pipes["corridor"] == trunk.corridor]["capacity"].max()
    assert both >= 2e5  # the shared stretch may carry both
    apart = plan(plants, streams, sharing_discount=1.0)
    assert tree < apart.corridors["length_m"].sum()


def test_a_resource_is_offered_only_where_it_could_flow():
    plants = {"a": (0.0, 0.0), "b": (3000.0, 0.0), "c": (6000.0, 0.0)}
    network = plan(plants, [*WATER, ("b", "heat", "supply", 9000.0), ("c", "heat", "demand", 9000.0)])
    offered = network.pipes.groupby("corridor")["resource"].unique().map(list).to_dict()
    where = dict(zip(network.corridors["corridor"], ends(network), strict=True))
    assert {where[key]: value for key, value in offered.items()} == {("a", "b"): ["water"], ("b", "c"): ["heat"]}
    assert (network.pipes.loc[network.pipes["resource"] == "heat", "loss"] > 0).all()


def test_forbidden_land_is_gone_round():
    plants = {"a": (0.0, 0.0), "b": (4000.0, 0.0)}
    lake = shapely.Point(2000, 100).buffer(900)
    network = plan(plants, WATER, zones=[(lake, True, 1)], margin_km=3)
    check(network, plants, [lake])
    assert 4300 < network.corridors["length_m"][0] < 4900  # a tight string would be about 4,380


def test_a_terminal_on_the_edge_of_forbidden_land_has_a_drawn_leg():
    plants = {"a": (0.0, 0.0), "b": (3010.0, 0.0)}
    lake = shapely.box(3020, -500, 4000, 500)  # covers part of the plant's cell
    network = plan(plants, WATER, zones=[(lake, True, 1)])
    check(network, plants, [lake])
    assert network.notes.empty
    assert network.geometries.geometry[0].coords[-1] == (3010, 0)


def test_a_terminal_inside_forbidden_land_is_joined_at_its_edge_and_said():
    plants = {"a": (0.0, 10.0), "b": (3000.0, 10.0)}
    town = shapely.box(2860, -300, 3500, 300)
    network = plan(plants, WATER, zones=[(town, True, 1)])
    check(network, plants, [town])
    assert network.notes["plant"].tolist() == ["b"]
    assert "forbidden" in network.notes["note"][0]
    assert network.geometries.geometry[0].coords[-1] == (2750, 50)


def test_a_terminal_far_inside_forbidden_land_is_unreachable():
    plants = {"a": (0.0, 0.0), "b": (9000.0, 0.0)}
    network = plan(plants, WATER, zones=[(shapely.box(6000, -3000, 12_000, 3000), True, 1)])
    assert network.corridors.empty
    reasons = network.unreachable.set_index("plant")["reason"]
    assert "zone0" in reasons["b"]
    assert "no allowed ground" in reasons["b"]
    assert "cuts it off" in reasons["a"]


def test_a_terminal_cut_off_is_named():
    plants = {"a": (0.0, 0.0), "b": (4000.0, 0.0), "island": (2000.0, 3000.0)}
    sea = shapely.box(500, 1000, 3500, 5000) - shapely.box(1800, 2800, 2200, 3200)
    streams = [*WATER, ("island", "water", "demand", 5e4)]
    network = plan(plants, streams, zones=[(sea, True, 1)])
    check(network, plants, [sea])
    assert ends(network) == [("a", "b")]
    assert network.unreachable["plant"].tolist() == ["island"]
    assert "cuts it off" in network.unreachable["reason"][0]
    assert "a" in network.unreachable["reason"][0]


def test_a_terminal_in_a_closed_yard_is_joined_through_a_gap_narrower_than_a_cell():
    plants = {"a": (0.0, 0.0), "b": (3050.0, 50.0)}
    walls = [shapely.box(2900, y, 3200, y + 40) for y in (-40, 120)]
    walls += [shapely.box(2900, y, 2940, y + 70 + y / 5) for y in (-40, 70)]  # a gate from y = 22 to 70
    walls += [shapely.box(3160, -40, 3200, 160)]
    yard = shapely.union_all(walls)
    network = plan(plants, WATER, zones=[(yard, True, 1)])
    check(network, plants, [yard])
    assert ends(network) == [("a", "b")]
    assert network.notes.empty


def test_pairs_too_far_apart_are_named():
    network = plan({"a": (0.0, 0.0), "b": (40_000.0, 0.0)}, WATER)
    assert network.corridors.empty
    assert network.unreachable["reason"].str.contains("30 km").all()
    assert network.unreachable["plant"].tolist() == ["a", "b"]
    assert network.geometries.crs.to_epsg() == 25832


def test_no_pairs_no_network():
    study = make_study({"a": (0.0, 0.0), "b": (1000.0, 0.0)}, WATER)
    pairs = all_pairs(study).assign(pipe=False)
    network = pipeline_corridors(study, pairs)
    assert network.corridors.empty
    assert network.pipes.empty
    assert network.unreachable.empty


def test_every_crossing_is_counted_once_over_the_whole_network():
    plants = {"a": (0.0, 0.0), "b": (0.0, 1000.0), "c": (8000.0, 500.0)}
    streams = [("a", "water", "supply", 1e5), ("b", "water", "supply", 1e5), ("c", "water", "demand", 2e5)]
    river = shapely.LineString([(6525, -5000), (6475, 5000)])
    network = plan(plants, streams, crossings=[(river, 50_000)])
    lines = network.geometries.geometry
    met = sum(len(shapely.get_parts(line.intersection(river))) for line in lines if line.intersects(river))
    assert network.attributes["crossings"].sum() == met == 1


def test_plants_in_one_cell_and_polygon_plants():
    plants = {"a": (10.0, 10.0), "b": (60.0, 40.0), "c": shapely.box(3000, 0, 3400, 300)}
    streams = [*WATER, ("c", "water", "demand", 1e5)]
    network = plan(plants, streams)
    inside = plants["c"].representative_point()
    check(network, {**plants, "c": (inside.x, inside.y)})
    assert ("a", "b") in ends(network)
    short = network.corridors.set_index(["from_node", "to_node"]).loc[("a", "b"), "length_m"]
    assert short == pytest.approx(np.hypot(50, 30))


def test_a_junction_never_takes_the_name_of_a_plant():
    plants = {"j001": (0.0, 0.0), "b": (0.0, 1000.0), "c": (8000.0, 500.0)}
    streams = [("j001", "water", "supply", 1e5), ("b", "water", "supply", 1e5), ("c", "water", "demand", 2e5)]
    network = plan(plants, streams)
    assert not set(network.junctions["node"]) & set(plants)


def test_the_same_study_gives_the_same_network():
    rng = np.random.default_rng(7)
    plants = {f"p{k}": tuple(rng.uniform(0, 6000, 2)) for k in range(7)}
    streams = [(plant, "water", "supply" if k % 2 else "demand", 1e5) for k, plant in enumerate(plants)]
    zones = [(shapely.box(1000, 1000, 2500, 2600), False, 4)]
    first, again = plan(plants, streams, zones=zones), plan(plants, streams, zones=zones)
    shuffled = make_study(dict(reversed(plants.items())), streams[::-1], zones=zones)
    third = pipeline_corridors(shuffled, all_pairs(shuffled).sample(frac=1, random_state=1))
    for other in (again, third):
        pd.testing.assert_frame_equal(first.corridors, other.corridors)
        pd.testing.assert_frame_equal(first.pipes, other.pipes)
        assert first.geometries.geometry.geom_equals(other.geometries.geometry).all()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.integers(0, 6))
def test_corridors_never_enter_forbidden_land(seed, count):
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 8)[:-1]
    polygons = []
    for _ in range(count):
        centre, radius = rng.uniform(0, 5000, 2), rng.uniform(0.3, 1, 7) * rng.uniform(50, 1500)
        ring = centre + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        polygons.append(shapely.Polygon(ring).buffer(0))
    plants = {f"p{k}": tuple(rng.uniform(0, 5000, 2)) for k in range(5)}
    streams = [(plant, "water", "supply" if k % 2 else "demand", 1e5) for k, plant in enumerate(plants)]
    network = plan(plants, streams, zones=[(polygon, True, 1) for polygon in polygons])
    check(network, plants, polygons)
    joined = {*network.corridors["from_node"], *network.corridors["to_node"]}
    assert joined | set(network.unreachable["plant"]) >= set(plants)
    assert not joined & set(network.unreachable["plant"])


@pytest.mark.shared
def test_corridors_over_the_hills_of_lisbon(shared_data):
    with rasterio.open(shared_data / "terrain" / "LisbonElevation.tif") as source:
        raster = Raster(source.read(1).astype(float), source.transform, CRS.from_wkt(source.crs.to_wkt()))
    crs = CRS.from_epsg(32629)
    at = gpd.GeoSeries(gpd.points_from_xy([-9.20, -9.13, -9.16], [38.72, 38.76, 38.78]), crs="EPSG:4326").to_crs(crs)
    plants = dict(zip("abc", zip(at.x, at.y, strict=True), strict=True))
    flat = plan(plants, WATER, crs=crs, cell_m=50)
    study = make_study(plants, WATER, crs=crs, cell_m=50, elevation=raster, slope_factor_per_percent=0.3)
    hilly = pipeline_corridors(study, all_pairs(study))
    check(hilly, plants)
    ground = cost_surface(study, np.array([plants["a"], plants["b"]]))
    over = ground.weighted_length_m(np.array(flat.geometries.geometry[0].coords))
    assert hilly.attributes["weighted_length_m"][0] < 0.97 * over  # it pays to mind the hills
    assert hilly.corridors["length_m"][0] > flat.corridors["length_m"][0]
