"""The second bundled study from end to end: proven, checked, on dry land, and compared with what is documented."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import symbioplan
from tests.symbioplan.conftest import load_example


@pytest.fixture(scope="module")
def yamaguchi(tmp_path_factory, run):
    """What ``symbioplan plan yamaguchi`` writes."""
    out = tmp_path_factory.mktemp("plans") / "yamaguchi"
    done = run("plan", "yamaguchi", "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    return out


def test_the_plan_is_proven_and_the_checker_agrees(yamaguchi):
    summary = json.loads((yamaguchi / "plan.json").read_text(encoding="utf-8"))
    assert summary["status"] in ("optimal", "gap_reached")
    assert summary["checker"] == "ok"
    assert summary["gap"] <= 0.01  # a proven 1 % is what the study promises
    assert summary["input_digest"] == symbioplan.read_study("yamaguchi").digest
    assert all(summary["indicators"][name]["saving"] > 0 for name in ("cost", "co2", "water", "landfill"))


def test_documented_exchanges_are_found_again(yamaguchi, run):
    done = run("compare", str(yamaguchi), "--documented", "--json")
    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert facts["documented"] >= 12
    assert facts["found_same_mode"] >= 0.8 * facts["documented"]
    assert all(row["found"] or row["reason"] for row in facts["exchanges"])


def test_ash_is_washed_where_eco_tech_stands_and_a_new_hub_stands_on_a_parcel(yamaguchi):
    hubs = pd.read_csv(yamaguchi / "plan" / "built_hubs.csv").set_index("hub")
    washed = hubs.loc["ecotech:ash_washing", "throughput"]
    exchanges = pd.read_csv(yamaguchi / "plan" / "exchanges.csv", keep_default_na=False)
    cake = exchanges.query("from_node == 'ecotech' and resource == 'washed_ash_cake'")
    assert cake["quantity"].sum() == pytest.approx(washed * 0.9 / 0.8)
    assert set(cake["to_node"]) == {"tokuyama_cement", "ube_cement"}
    parcels = set(symbioplan.read_study("yamaguchi").sites["site"])
    others = hubs.drop(index="ecotech:ash_washing")
    assert set(others["technology"]) == {"plastics_gasification"}
    assert set(others["node"]) <= parcels
    via = exchanges[exchanges["via_hub"].isin(others.index)]
    assert {"waste_plastics", "ammonia"} <= set(via["resource"])
    assert json.loads((yamaguchi / "plan.json").read_text(encoding="utf-8"))["counts"]["hubs"] == 2


def test_both_modes_are_used_and_pipes_stay_within_a_cluster_and_off_the_sea(yamaguchi):
    exchanges = pd.read_csv(yamaguchi / "plan" / "exchanges.csv")
    piped = exchanges[exchanges["mode"] == "pipeline"]
    assert len(piped) > 10
    assert (exchanges["mode"] == "truck").sum() > 30
    assert piped["distance_m"].max() < 15_000  # clusters are 20 km and more apart
    study = symbioplan.read_study("yamaguchi")
    forbidden = study.zones.loc[study.zones["forbidden"], "geometry"].union_all()
    pipes = gpd.read_file(yamaguchi / "plan.gpkg", layer="pipelines").to_crs(study.crs)
    assert pipes.intersection(forbidden).length.max() == pytest.approx(0, abs=1e-6)


def test_clinker_takes_the_private_road_and_strangers_do_not(yamaguchi):
    hauls = pd.read_csv(yamaguchi / "plan" / "hauls.csv").set_index(["from_node", "to_node", "resource"])
    assert 29e3 < hauls.loc[("isa_cement", "ube_cement", "clinker"), "distance_m"] < 33e3
    private = _private_road()
    routes = gpd.read_file(yamaguchi / "plan.gpkg", layer="truck_routes").to_crs(private.crs)
    along = routes.intersection(private.geometry.iloc[0].buffer(30)).length > 5000
    ends = routes.loc[along, ["from_node", "to_node"]]
    assert len(ends) > 0
    assert ends.isin(["isa_cement", "ube_cement", "ube_material"]).any(axis=1).all(), ends


def _private_road():
    roads = symbioplan.read_study("yamaguchi").roads
    return roads[roads["access"] == "destination"]


def test_the_example_that_draws_assumptions_anew_counts_what_is_found():
    example = load_example("redraw")
    totals, often = example.redraw("yamaguchi", "prices", 1)
    assert len(totals) == 1
    assert sum(often.values()) == totals[0] > 0
    study = symbioplan.read_study("yamaguchi")
    moved = example.other_places(study, np.random.default_rng(0)).plants.distance(study.plants)
    assert 0 < moved.max() <= example.FARTHEST_M
