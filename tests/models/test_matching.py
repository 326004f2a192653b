"""Pairs judged by hand: each rule alone, and that the optimiser is offered exactly what the table allows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import models
from data import read_catalogue
from data.contracts import empty_table, make_table
from models.matching import VERDICTS
from tests.models.match_cases import KM, demand, region, supply


def only(study):
    """Return the single pair of a region and its reasons by rule."""
    matching = models.find_matches(study)
    assert len(matching.pairs) == 1
    return matching.pairs.iloc[0], matching.reasons.set_index("rule")


@pytest.mark.parametrize(
    ("given", "wanted", "verdict", "rules", "words"),
    [
        (supply("A", "ash"), demand("B", "ash"), "possible", {"kind", "way"}, "by truck, 10.0 km in a straight line"),
        (supply("A", "fine_ash"), demand("B", "ash"), "possible", {"kind", "way"}, "fine_ash may serve as ash"),
        (supply("A", "ash"), demand("B", "fine_ash"), "impossible", {"kind"}, "ash is a lesser grade than fine_ash"),
        (supply("A", "waste_ash"), demand("B", "ash"), "impossible", {"kind"}, "no grade says"),
        (supply("A", "bad_ash"), demand("B", "ash"), "impossible", {"kind", "hazard"}, "bad_ash is hazardous"),
        (supply("A", "steam_low"), demand("B", "steam_high"), "impossible", {"kind", "temperature", "pressure"},
         "4 bar is given, at least 15 bar is wanted"),
        (supply("A", "steam_high"), demand("B", "steam_low"), "possible", {"kind", "way"}, "by pipe"),
        (supply("A", "steam_high"), demand("D", "steam_low"), "impossible", {"way"}, "farther than a pipe may be (30"),
        (supply("A", "gas"), demand("B", "gas"), "impossible", {"way"}, "no pipe may carry it; no truck may carry it"),
        (supply("A", "acid"), demand("B", "acid"), "impossible", {"way"}, "no vehicle class in use may carry it"),
        (supply("A", "waste_ash"), demand("B", "waste_ash"), "conditional", {"waste"}, "waste 10 01 02 unless"),
        (supply("A", "bad_ash"), demand("B", "bad_ash"), "conditional", {"waste"}, "hazardous waste 19 01 13*"),
        (supply("A", "bad_ash"), demand("A", "bad_ash"), "possible", {"kind", "way"}, "within the plant"),
        (supply("A", "ash", available_to=2029), demand("B", "ash", available_from=2030), "conditional", {"time"},
         "never meet; this plan pools"),
    ],
)  # fmt: skip
def test_each_rule_alone(given, wanted, verdict, rules, words):
    pair, reasons = only(region(given, wanted))
    assert pair["verdict"] == verdict
    assert words in pair["reason"]
    decisive = {"possible": "ok", "conditional": "ask", "impossible": "no"}[verdict]
    assert set(reasons.index[reasons["outcome"] == decisive]) == rules
    offered = models.match(region(given, wanted))
    assert len(offered) == (verdict != "impossible" and given["plant"] != wanted["plant"])


def test_what_has_nothing_in_common_is_no_pair():
    assert models.find_matches(region(supply("A", "ash"), demand("B", "acid"))).pairs.empty
    assert models.find_matches(region(supply("A", "gas"), demand("B", "ash"))).pairs.empty


def test_every_reason_has_its_source_and_what_it_leaves_open():
    streams = [make(plant, name) for plant in "AB" for name in ("ash", "bad_ash", "steam_low", "steam_high")
               for make in (supply, demand)]  # fmt: skip
    reasons = models.find_matches(region(*streams)).reasons
    assert len(reasons) > 30
    assert (reasons[["source", "undecided", "text"]] != "").all(axis=None)
    assert set(reasons["rule"]) <= set(read_catalogue().match_rules["rule"])


@pytest.mark.parametrize(("other", "verdict"), [(60.0, "impossible"), (50.0, "impossible"), (40.0, "conditional")])
def test_outside_a_limit_only_a_mix_helps_and_only_with_what_is_inside(other, verdict):
    """Salt of 80 where at most 50 may be: mixing brings it below only with a supply below 50."""
    matching = models.find_matches(region(
        supply("A", "ash", salt=80.0), supply("B", "fine_ash", salt=other), demand("C", "ash", salt_max=50.0),
    ))  # fmt: skip
    assert matching.pairs["verdict"][0] == verdict
    assert "salt 80 is above the limit of 50" in matching.pairs["reason"][0]


def test_below_a_limit():
    pair, _ = only(region(supply("A", "ash", salt=5.0), demand("C", "ash", salt_min=10.0)))
    assert pair["verdict"] == "impossible"
    assert "salt 5 is below the limit of 10" in pair["reason"]


def test_time_with_phases():
    phases = {"start_year": 2030, "years": [5, 5]}
    early, late = {"available_to": 2034}, {"available_from": 2035}
    pair, _ = only(region(supply("A", "ash", **early), demand("B", "ash", **late), phases=phases))
    assert (pair["verdict"], pair["reason"]) == ("impossible", "in no phase are both there in all years")
    pair, _ = only(region(supply("A", "ash"), demand("B", "ash", **late), phases=phases))
    assert pair["verdict"] == "possible"


def test_too_far_for_a_pipe_of_its_own_but_others_lie_between():
    streams = [supply("A", "steam_low"), demand("B", "steam_low"), demand("D", "steam_low"),
               supply("C", "steam_low")]  # fmt: skip
    settings = {"pipelines": {"max_distance_km": 45}}
    pairs = models.find_matches(region(*streams, **settings)).pairs.set_index(["from_plant", "to_plant"])
    assert pairs["verdict"].to_dict() == {
        ("A", "B"): "possible", ("A", "D"): "conditional", ("C", "B"): "possible", ("C", "D"): "possible",
    }  # fmt: skip
    assert "only over pipes that are laid for others" in pairs["reason"]["A", "D"]


def test_the_study_chooses_what_may_be_piped():
    streams = [supply("A", "steam_low"), demand("B", "steam_low")]
    assert only(region(*streams, pipelines={"resources": ["steam_low"]}))[0]["verdict"] == "possible"
    assert only(region(*streams, pipelines={"resources": ["steam_high"]}))[0]["verdict"] == "impossible"


@pytest.mark.parametrize(
    ("resource", "countries", "words"),
    [
        ("bad_ash", {"A": "DK", "B": "SE"}, "hazardous waste from DK to SE: prior written notification"),
        ("waste_ash", {"A": "DK", "B": "SE"}, "waste from DK to SE: as green-listed waste with the Annex VII form"),
        ("waste_ash", {"A": "DK", "B": "DK"}, None),
        ("waste_ash", {"A": "DK"}, None),
        ("ash", {"A": "DK", "B": "SE"}, None),
    ],
)
def test_shipments_of_waste_between_countries(resource, countries, words):
    _, reasons = only(region(supply("A", resource), demand("B", resource), countries=countries))
    assert ("border" in reasons.index) == (words is not None)
    if words is not None:
        assert words in reasons.loc["border", "text"]
        assert "2024/1157" in reasons.loc["border", "source"]


def test_dangerous_goods_tell_class_and_tunnels():
    study = region(supply("A", "acid"), demand("B", "acid"))
    study.vehicles = study.vehicles.assign(body="tanker", adr=True)
    pair, reasons = only(study)
    assert pair["verdict"] == "conditional"
    assert "ADR class 8" in reasons.loc["adr", "text"]
    assert "tunnels of category C" in reasons.loc["adr", "text"]


def test_a_forbidden_pair_is_told_as_the_study_s_choice():
    pair, _ = only(region(supply("A", "ash"), demand("B", "ash"), limits={"forbidden_exchanges": [["A", "B"]]}))
    assert (pair["verdict"], pair["reason"]) == ("impossible", models.FORBIDDEN)


def test_an_own_resource_without_a_family_takes_that_of_its_namesake():
    study = region(supply("A", "gas"), demand("B", "ash"))
    study.resources = study.resources.replace({"gas": "boiler_fly_ash"}).assign(phase=study.resources["phase"])
    study.streams["resource"] = study.streams["resource"].replace({"gas": "boiler_fly_ash"})
    pair, _ = only(study)
    assert (pair["kind"], pair["verdict"]) == ("family", "impossible")
    assert "gas is given, solid is wanted" in pair["reason"]


def with_technologies(study, *recipes):
    """Each recipe: technology, what it eats, what it makes."""
    names, eaten, _ = zip(*recipes, strict=True)
    study.technologies = pd.DataFrame({"technology": names, "throughput_resource": eaten})
    rows = [{"technology": name, "resource": what, "quantity": sign}
            for name, used, made in recipes for what, sign in ((used, -1.0), (made, 0.9), ("gas", -0.1))]  # fmt: skip
    study.recipes = pd.DataFrame(rows)
    return study


WASH, CRUSH = ("washing", "bad_ash", "ash"), ("crushing", "ash", "waste_ash")


@pytest.mark.parametrize(
    ("given", "wanted", "recipes", "verdict", "words"),
    [
        ("bad_ash", "ash", [WASH], "technology", "through washing"),
        ("bad_ash", "waste_ash", [WASH, CRUSH], "technology", "through washing then crushing"),
        ("fine_ash", "waste_ash", [CRUSH], "technology", "through crushing"),  # it may serve as what is eaten
        ("bad_ash", "fine_ash", [WASH], "impossible", "bad_ash is hazardous"),
        ("bad_ash", "acid", [("odd", "bad_ash", "acid")], "technology", "through odd"),  # else unrelated
        ("ash", "ash", [("odd", "ash", "ash")], "possible", "the same resource"),
    ],
)
def test_a_technology_may_overcome_what_nature_forbids(given, wanted, recipes, verdict, words):
    pair, _ = only(with_technologies(region(supply("A", given), demand("B", wanted)), *recipes))
    assert pair["verdict"] == verdict
    assert words in pair["reason"]


def test_what_a_technology_needs_beside_what_it_turns_is_no_way_into_it():
    study = with_technologies(region(supply("A", "gas"), demand("B", "ash")), WASH)
    assert models.find_matches(study).pairs.empty


def test_a_technology_cannot_overcome_the_study_s_choice():
    limits = {"forbidden_exchanges": [["A", "B"]]}
    pair, _ = only(with_technologies(region(supply("A", "bad_ash"), demand("B", "ash"), limits=limits), WASH))
    assert pair["verdict"] == "impossible"


def routed(study, km=1.0):
    """Return a Problem in which every plant can send every resource to every other, whatever the matching says."""
    plants, resources = list(KM), ["ash", "fine_ash", "waste_ash", "bad_ash"]
    routes = [{"route": f"{a}{b}{r}", "from_node": a, "to_node": b, "resource": r, "vehicle": "tipper", "unit_cost": 1,
               "units_per_trip": 25, "hours_per_trip": 1, "distance_m": km * 1000}
              for a in plants for b in plants if a != b for r in resources]  # fmt: skip
    empty = {name: empty_table("problem", name) for name in ("corridors", "pipes")}
    junctions = empty_table("problem", "nodes")
    return models.build_problem(study, routes=make_table("problem", "routes", routes), **empty, junctions=junctions)


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_never_exchanges_what_the_table_calls_impossible(seed):
    """With every road open, random supplies, demands, limits, years and forbidden pairs."""
    rng = np.random.default_rng(seed)
    streams = []
    for plant in KM:
        for name in rng.choice(["ash", "fine_ash", "waste_ash", "bad_ash"], 2, replace=False):
            salt = {} if "waste" in name or "bad" in name else {"salt": float(rng.integers(0, 100))}
            start = {"available_from": 2035} if rng.random() < 0.3 else {}
            streams.append(supply(plant, name, **salt, **start))
        for name in rng.choice(["ash", "fine_ash", "waste_ash"], 2, replace=False):
            limit = {"salt_max": float(rng.integers(10, 60))} if name != "waste_ash" and rng.random() < 0.5 else {}
            end = {"available_to": 2034} if rng.random() < 0.3 else {}
            streams.append(demand(plant, name, **limit, **end))
    settings = {"phases": {"start_year": 2030, "years": [5, 5]}, "limits": {"forbidden_exchanges": [["A", "B"]]}}
    study = region(*streams, **settings)
    pairs = models.find_matches(study).pairs
    allowed = pairs[pairs["verdict"].isin(["possible", "conditional"])]
    plan = models.solve(routed(study))
    assert plan.checker == ()
    assert len(plan.exchanges) > 0
    used = {(s.split("@")[0], d.split("@")[0])
            for s, d in zip(plan.exchanges["supply"], plan.exchanges["demand"], strict=True)}  # fmt: skip
    assert used <= set(zip(allowed["supply"], allowed["demand"], strict=True))


def test_routes_tell_how_far_it_is_and_what_no_way_leads_to():
    study = region(supply("A", "ash"), demand("B", "ash"), demand("C", "ash"), supply("A", "steam_high"),
                   demand("C", "steam_low"))  # fmt: skip
    matching = models.find_matches(study)
    assert matching.pairs["verdict"].tolist() == ["possible"] * 3
    problem = routed(study)
    corridors = make_table("problem", "corridors", [
        {"corridor": "ab", "from_node": "A", "to_node": "B", "length_m": 10_500, "fixed_cost": 1},
        {"corridor": "cb", "from_node": "C", "to_node": "B", "length_m": 9_500, "fixed_cost": 1, "both_ways": True},
    ])  # fmt: skip
    pipes = make_table("problem", "pipes", [
        {"corridor": name, "resource": "steam_high", "option": "DN100", "fixed_cost": 1} for name in ("ab", "cb")
    ])  # fmt: skip
    routes = problem.routes[(problem.routes["to_node"] == "B") & (problem.routes["resource"] == "ash")]
    told = models.with_routes(matching, problem.replace(corridors=corridors, pipes=pipes, routes=routes)).pairs
    assert told["verdict"].tolist() == ["possible", "impossible", "possible"]
    assert told["truck_km"].tolist() == pytest.approx([1, np.nan, np.nan], nan_ok=True)
    assert told["pipe_km"].tolist() == pytest.approx([np.nan, np.nan, 20], nan_ok=True)
    assert told["reason"][1] == "no truck route and no pipe leads there"
    assert "20.0 km by pipe" in told["reason"][2]


def test_no_streams_no_pairs():
    study = region(supply("A", "ash"))
    assert models.find_matches(study).pairs.empty
    assert set(VERDICTS) >= set(models.find_matches(study).pairs["verdict"])
    assert isinstance(models.match(study), pd.DataFrame)
