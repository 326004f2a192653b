"""Streams of a study matched, and the Problem made from them."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
from pydantic import ValidationError
from shapely import Point

import models
from data.contracts import empty_table, make_table
from data.settings import Finance, Phases, Settings


def stream(plant: str, resource: str, direction: str, quantity: float, price: float, **more: object):
    name = f"{plant}-{resource}-{direction}"
    return {"stream": name, "plant": plant, "resource": resource, "direction": direction, "quantity": quantity,
            "unit": "t", "price": price, **more}  # fmt: skip


def resource(name: str, **more: object):
    return {"resource": name, "unit": "t", "phase": "solid", "truck": True, "body": "tipper",
            "co2_disposal_t_per_unit": 0.1, "co2_virgin_t_per_unit": 0.5, "landfill_t_per_unit": 1,
            "virgin_t_per_unit": 1, **more}  # fmt: skip


def study(**settings: object) -> SimpleNamespace:
    """What :mod:`models` reads of a Study."""
    names = ["mill", "works", "farm"]
    points = [Point(0, 0), Point(3000, 4000), Point(0, 1000)]
    streams = [
        stream("mill", "fine", "supply", 100, 20),
        stream("works", "coarse", "demand", 60, 30, must_serve=True),
        stream("farm", "fine", "demand", 10, 5),
        stream("mill", "fine", "demand", 10, 5),
        stream("farm", "mud", "supply", 10, 5),
    ]
    vehicle = {"vehicle": "tipper", "name": "Tipper", "body": "tipper", "payload_t": 25, "volume_m3": 20,
               "gross_weight_t": 40, "height_m": 4, "axle_load_t": 10, "cost_per_km": 1, "cost_per_h": 40,
               "load_h": 0.5, "unload_h": 0.5, "empty_return": 1, "max_speed_kmh": 80, "co2_laden_kg_per_km": 1,
               "co2_empty_kg_per_km": 0.7, "fixed_cost": 90000, "hours_per_year": 2000}  # fmt: skip
    return SimpleNamespace(
        name="toy",
        settings=Settings.model_validate({"name": "toy", "crs": "EPSG:25832", "currency": "DKK", "layers": {},
                                          **settings}),
        plants=gpd.GeoDataFrame({"plant": names, "name": names, "country": ""}, geometry=points, crs=25832),
        plant_points=gpd.GeoSeries(points, index=names, crs=25832),
        streams=make_table("study", "streams", streams),
        resources=make_table("study", "resources", [resource(n) for n in ("fine", "mid", "coarse", "mud", "gas")]),
        grades=make_table("study", "grades", [
            {"resource": "fine", "serves": "mid", "unit_cost": 1}, {"resource": "mid", "serves": "coarse"},
        ]),
        vehicles=make_table("catalogue", "vehicles", [vehicle]),
        technologies=empty_table("study", "technologies"), recipes=empty_table("study", "recipes"),
        sites=empty_table("study", "sites"),
    )  # fmt: skip


def problem_of(toy):
    routes = make_table("problem", "routes", [
        {"route": "R1", "from_node": "mill", "to_node": "works", "resource": "fine", "vehicle": "tipper",
         "unit_cost": 4, "units_per_trip": 25, "hours_per_trip": 2, "distance_m": 6000},
    ])  # fmt: skip
    corridors = make_table("problem", "corridors", [
        {"corridor": "C1", "from_node": "mill", "to_node": "j1", "length_m": 500, "fixed_cost": 10},
    ])  # fmt: skip
    junctions = make_table("problem", "nodes", [{"node": "j1", "kind": "junction", "x": 1, "y": 2}])
    return models.build_problem(
        toy, routes=routes, corridors=corridors, pipes=empty_table("problem", "pipes"), junctions=junctions
    )


def test_matches():
    table = models.match(study())
    assert table[["supply", "demand", "received_as"]].values.tolist() == [
        ["mill-fine-supply", "works-coarse-demand", "coarse"],
        ["mill-fine-supply", "farm-fine-demand", "fine"],
    ]
    assert table["straight_m"].tolist() == pytest.approx([5000, 1000])
    assert table["truck"].tolist() == [True, True]
    assert table["pipe"].tolist() == [False, False]


def test_forbidden_pairs_are_left_out():
    table = models.match(study(limits={"forbidden_exchanges": [["mill", "works"]]}))
    assert table["to_plant"].tolist() == ["farm"]


@pytest.mark.parametrize(("name", "left"), [("coarse", ["farm"]), ("fine", ["farm"]), ("mud", ["works", "farm"])])
def test_forbidden_pairs_of_one_resource(name, left):
    """The resource counts as it is given (fine) and as it is received (coarse)."""
    table = models.match(study(limits={"forbidden_exchanges": [["mill", "works", name]]}))
    assert table["to_plant"].tolist() == left


def test_limits_of_streams_become_quality():
    toy = study()
    toy.resources = toy.resources.assign(properties="chloride_mg_l")
    toy.streams = toy.streams.assign(chloride_mg_l=[80, None, None, None, 5], chloride_mg_l_max=[None, 50, *[None] * 3])
    problem = problem_of(toy)
    columns = ["supply", "demand", "property", "value", "max"]
    assert problem.quality[columns].fillna(0).values.tolist() == [
        ["", "works-coarse-demand", "chloride_mg_l", 0, 50],
        ["mill-fine-supply", "", "chloride_mg_l", 80, 0],
        ["farm-mud-supply", "", "chloride_mg_l", 5, 0],
    ]
    plan = models.solve(problem)
    assert plan.status == "infeasible"  # the works must be served, and the mill's ash is too salty
    assert plan.reasons[0] == "these 2 requirements contradict each other, and no fewer do"
    assert "works-coarse-demand" in plan.reasons[1]


def test_no_streams():
    toy = study()
    toy.streams = toy.streams.iloc[:0]
    assert models.match(toy).empty


def test_problem_of_a_study():
    problem = problem_of(study(finance={"co2_price_per_t": 50}))
    assert problem.currency == "DKK"
    assert problem.settings.co2_price == 50
    assert problem.nodes[["node", "kind"]].values.tolist() == [
        ["mill", "plant"], ["works", "plant"], ["farm", "plant"], ["j1", "junction"],
    ]  # fmt: skip
    assert problem.resources["resource"].tolist() == ["fine", "coarse", "mud"]
    supply = problem.supplies.iloc[0]
    assert (supply["unplaced_cost"], supply["co2_unplaced"], supply["fixed_cost"]) == (20, 0.1, 0)
    demand = problem.demands.iloc[0]
    assert (demand["unserved_cost"], demand["co2_unserved"], demand["must_serve"]) == (30, 0.5, True)
    assert problem.vehicles[["fixed_cost", "integer_fleet"]].values.tolist() == [[0, False]]
    assert problem.grades[["resource", "serves", "unit_cost"]].values.tolist() == [["fine", "coarse", 1]]


def test_problem_of_a_study_solves():
    plan = models.solve(problem_of(study()))
    assert plan.checker == ()
    assert plan.exchanges[["supply", "demand", "mode"]].values.tolist() == [
        ["mill-fine-supply", "works-coarse-demand", "truck"],
        ["mill-fine-supply", "mill-fine-demand", "on_site"],  # a plant may use what it has itself
    ]
    assert plan.fleets["vehicles"].tolist() == pytest.approx([60 / 25 * 2 / 2000])


def test_sites_become_nodes():
    toy = study()
    sites = pd.DataFrame({"node": ["park"], "x": [5.0], "y": [6.0]})
    empty = {name: empty_table("problem", name) for name in ("routes", "corridors", "pipes")}
    problem = models.build_problem(toy, **empty, junctions=empty_table("problem", "nodes"), sites=sites)
    assert problem.nodes.iloc[-1][["node", "kind", "x"]].tolist() == ["park", "site", 5.0]


def phased_study(**settings: object):
    """Two phases of 5 and 10 years; one stream for all, one from the second phase on, one for the wrong years."""
    toy = study(phases={"start_year": 2030, "years": [5, 10]}, finance={"discount_rate": 0.0}, **settings)
    streams = toy.streams.set_index("stream")
    streams.loc["works-coarse-demand", "available_from"] = 2032
    streams.loc["farm-fine-demand", "available_to"] = 2034
    streams.loc["farm-mud-supply", ["available_from", "available_to"]] = [2031, 2040]
    toy.streams = streams.reset_index()[toy.streams.columns]
    return toy


def test_phases_of_a_study():
    problem = problem_of(phased_study())
    assert problem.periods[["period", "years", "weight"]].values.tolist() == [["2030", 5, 5], ["2035", 10, 10]]
    assert problem.supplies[["supply", "period"]].values.tolist() == [["mill-fine-supply", ""]]
    assert problem.demands[["demand", "period"]].values.tolist() == [
        ["works-coarse-demand@2035", "2035"], ["farm-fine-demand@2030", "2030"], ["mill-fine-demand", ""],
    ]  # fmt: skip


def test_quality_of_dated_streams():
    toy = phased_study()
    toy.resources = toy.resources.assign(properties="salt")
    toy.streams = toy.streams.assign(salt=7.0, salt_max=[float("nan"), 9.0, float("nan"), float("nan"), float("nan")])
    table = problem_of(toy).quality
    assert table[["supply", "demand", "property"]].values.tolist() == [
        ["mill-fine-supply", "", "salt"], ["", "works-coarse-demand@2035", "salt"],
    ]  # fmt: skip


def test_weights_of_phases():
    """At 100 % a payment after one year is worth a half, after two a quarter; annuities pay off what they stand for."""
    phases = Phases(start_year=2030, years=(1, 2))
    assert phases.spans == ((2030, 2030), (2031, 2032))
    assert phases.weights(1.0) == pytest.approx((1 / 2, 1 / 4 + 1 / 8))
    assert Phases(start_year=2030, years=(20, 20)).weights(0.05)[0] * Finance(discount_rate=0.05).annuity(20) == (
        pytest.approx(1)
    )


def test_a_limit_per_phase_has_as_many_values_as_there_are_phases():
    with pytest.raises(ValidationError, match="max_new_partners: one number, or one for each of 2 phases, not 3"):
        phased_study(limits={"max_new_partners": [1, 2, 3]})
    assert phased_study(limits={"investment_budget": [1, 2.5]}).settings.limits.investment_budget == (1, 2.5)
