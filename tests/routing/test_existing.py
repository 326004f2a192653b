"""Existing pipes, heights and land along corridors."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine

import models
from data.contracts import make_table
from data.study import Raster
from routing.corridors import pipeline_corridors
from routing.hydraulics import pump_head_m
from routing.profile import landcover_shares, profile
from tests.routing.pipe_cases import UTM, all_pairs, make_study

PLANTS = {"a": (0.0, 0.0), "b": (6000.0, 0.0)}
WATER = [("a", "water", "supply", 200_000.0), ("b", "water", "demand", 150_000.0)]


def pipelines(*rows: tuple[str, str, float, list[tuple[float, float]]]) -> gpd.GeoDataFrame:
    table = make_table("study", "pipelines", [
        {"pipeline": name, "resource": resource, "diameter_mm": 200.0, "spare_capacity": spare}
        for name, resource, spare, _ in rows
    ])  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=[shapely.LineString(row[3]) for row in rows], crs=UTM)


def solved(study):
    pairs = all_pairs(study)
    network = pipeline_corridors(study, pairs)
    study = study.replace(
        streams=study.streams.assign(price=np.where(study.streams["direction"] == "supply", 0.0, 5.0)),
        plants=study.plants.assign(name=study.plants["plant"], sector="x"),
    )
    problem = models.build_problem(
        study, routes=make_table("problem", "routes", []), corridors=network.corridors, pipes=network.pipes,
        junctions=network.junctions,
    )  # fmt: skip
    return network, models.solve(problem)


def test_an_existing_pipe_is_chosen_and_not_paid():
    old = pipelines(("main", "water", 180_000.0, [(500, 300), (5500, 300)]))
    network, plan = solved(make_study(PLANTS, WATER).replace(pipelines=old))
    row = network.corridors[network.corridors["existing"]].iloc[0]
    assert {row["from_node"], row["to_node"]} == {"main_start", "main_end"}
    assert row["fixed_cost"] == 0
    pipe = network.pipes[network.pipes["existing"]].iloc[0]
    assert (pipe["capacity"], pipe["fixed_cost"], pipe["diameter_mm"]) == (180_000, 0, 200)
    assert set(network.junctions["node"]) >= {"main_start", "main_end"}
    used = plan.built_pipes[plan.built_pipes["existing"]]
    assert used[["flow_forward", "flow_backward"]].to_numpy().max() == pytest.approx(150_000)
    assert plan.built_corridors.loc[~plan.built_corridors["existing"], "length_m"].sum() < 1500
    assert plan.checker == ()


def test_a_pipe_that_ends_at_plants_needs_no_trench_and_crosses_the_sea():
    sea = [(shapely.box(1000, -9000, 5000, 9000), True, 1)]
    alone = make_study(PLANTS, WATER, zones=sea)
    assert pipeline_corridors(alone, all_pairs(alone)).corridors.empty
    old = pipelines(("sealine", "water", 90_000.0, [(20, 10), (5990, 10)]))
    network, plan = solved(alone.replace(pipelines=old))
    assert network.corridors[["from_node", "to_node"]].to_numpy().tolist() == [["a", "b"]]
    assert network.unreachable.empty
    assert plan.exchanges["quantity"].sum() == pytest.approx(90_000)


def test_pipes_of_no_use_are_said():
    old = pipelines(("full", "water", 0.0, [(0, 0), (9, 9)]), ("brine_main", "brine", 5.0, [(0, 0), (9, 9)]))
    study = make_study(PLANTS, WATER).replace(pipelines=old)
    notes = pipeline_corridors(study, all_pairs(study)).notes.set_index("plant")["note"]
    assert "without spare" in notes["full"]
    assert "brine" in notes["brine_main"]


def test_profile_of_a_hill():
    x = -950 + 100 * np.arange(100)
    hill = Raster(
        np.tile(np.maximum(0, 50 - np.abs(x - 3050) / 40), (40, 1)), Affine(100, 0, -1000, 0, -100, 2000), UTM
    )
    along = profile(hill, np.array([[50.0, 50.0], [3050.0, 50.0], [4050.0, 50.0]]), 50.0)
    assert along.lift_m == pytest.approx(25, abs=0.5)
    assert along.climb_m == pytest.approx(50, abs=0.5)
    assert along.height_m.max() == pytest.approx(50, abs=0.5)
    assert profile(hill, np.array([[90_000.0, 0.0], [90_100.0, 0.0]]), 50.0) is None


def test_head_over_a_summit_and_down():
    at, height = np.array([0.0, 500, 1000]), np.array([10.0, 40, 5])
    assert pump_head_m(at, height, 0.01) == pytest.approx(35)  # 30 m up and 5 m of friction to the summit
    assert pump_head_m(at, height[::-1], 0.01) == pytest.approx(40)
    assert pump_head_m(at, np.array([50.0, 30, 0]), 0.01) == 0
    assert pump_head_m(at, np.full(3, 7.0), 0.01) == pytest.approx(10)


def test_uphill_costs_more_than_flat_and_downhill_less():
    x = -950 + 100 * np.arange(100)
    slope = Raster(np.tile(x / 50.0, (60, 1)), Affine(100, 0, -1000, 0, -100, 3000), UTM)
    flat = make_study(PLANTS, WATER, slope_factor_per_percent=0.0)
    turned = [("b", "water", "supply", 2e5), ("a", "water", "demand", 1.5e5)]
    costs = {}
    down = make_study(PLANTS, turned, slope_factor_per_percent=0.0).replace(elevation=slope)
    for name, study in (("flat", flat), ("up", flat.replace(elevation=slope)), ("down", down)):
        network = pipeline_corridors(study, all_pairs(study))
        costs[name] = network.pipes.set_index("option")["unit_cost"].iloc[0]
    assert costs["down"] < costs["flat"] < costs["up"]
    # 120 m: 0.002725 kWh per m3 and metre over an efficiency of 0.7, at 90 per MWh
    assert costs["up"] - costs["flat"] == pytest.approx(0.9982 * 0.002724 * 120 / 0.7 * 0.09, rel=0.02)


def test_shares_of_land_cover():
    cover = Raster(np.array([[1.0, 2.0]]), Affine(500, 0, 0, 0, -500, 500), UTM)
    shares = landcover_shares(cover, np.array([[0.0, 250.0], [800.0, 250.0]]), 10.0)
    assert shares == pytest.approx({"1": 5 / 8, "2": 3 / 8}, abs=0.01)
