"""Every way of breaking a plan is seen by the checker."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import models
from data.contracts import empty_table
from data.plan import Plan
from tests.models import cases


def put(table: str, column: str, value: object, row: int = 0):
    """A change of one cell of one table."""

    def change(plan: Plan) -> Plan:
        frame = getattr(plan, table).copy()
        frame.loc[frame.index[row], column] = value
        return plan.replace(**{table: frame})

    return change


def times(table: str, column: str, factor: float):
    def change(plan: Plan) -> Plan:
        frame = getattr(plan, table)
        return plan.replace(**{table: frame.assign(**{column: frame[column] * factor})})

    return change


def drop(table: str):
    return lambda plan: plan.replace(**{table: getattr(plan, table).iloc[1:]})


def drop_last(table: str):
    return lambda plan: plan.replace(**{table: getattr(plan, table).iloc[:-1]})


def twice(table: str):
    return lambda plan: plan.replace(**{table: pd.concat([getattr(plan, table)] * 2, ignore_index=True)})


def fields(**changes: object):
    return lambda plan: plan.replace(**changes)


def both(*changes):
    def change(plan: Plan) -> Plan:
        for one in changes:
            plan = one(plan)
        return plan

    return change


BROKEN = {
    # rows
    "unknown supply": (
        "truck",
        put("unplaced", "supply", "ghost"),
        "unplaced: ghost / A / ash is not a row of supplies",
    ),
    "missing supply": ("truck", drop("unplaced"), "unplaced: A-ash / A / ash of supplies is missing"),
    "demand twice": ("truck", twice("unserved"), "unserved: B-ash / B / ash is there twice"),
    "unknown option": (
        "options",
        put("built_pipes", "option", "DN1"),
        "built_pipes: AB / ash / DN1 is not a row of pipes",
    ),
    "turned corridor": (
        "options",
        put("built_corridors", "from_node", "B"),
        "built_corridors: AB / B / B is not a row",
    ),
    "unknown route": ("truck", put("hauls", "route", "R"), "hauls: R / A / B / ash / tipper is not a row of routes"),
    "unknown vehicle": ("fleet_whole", put("fleets", "vehicle", "car"), "fleets: car is not a row of vehicles"),
    "unknown hub": ("hub", put("built_hubs", "hub", "kiln"), "built_hubs: kiln / B / milling is not a row of hubs"),
    "no number": ("truck", put("hauls", "quantity", np.nan), "hauls: row 1 has no quantity"),
    # streams
    "placed too much": (
        "truck",
        both(put("unplaced", "placed", 130.0), put("unplaced", "quantity", -30.0)),
        "placed 130 is more than 100",
    ),
    "placed negative": ("truck", put("unplaced", "placed", -1.0), "placed -1 is negative"),
    "rest does not add up": ("truck", put("unplaced", "quantity", 39.0), "39 is said to be left, but it is 40"),
    "disposal cost": ("truck", put("unplaced", "cost", 1.0), "cost of the rest is 1, but should be 2000"),
    "disposal CO2": ("co2_price", put("unplaced", "co2", 1.0), "CO2 of the rest is 1, but should be 40"),
    "served too much": ("truck", put("unserved", "served", 61.0), "demand B-ash: served 61 is more than 60"),
    "virgin cost": ("truck", put("unserved", "cost", 1.0), "demand B-ash: cost of the rest is 1, but should be 0"),
    "must serve": (
        "must_serve",
        both(put("unserved", "served", 59.0), put("unserved", "quantity", 1.0)),
        "demand B-ash: must be served with 60, but only 59 arrive",
    ),
    # pipes and corridors
    "negative flow": ("options", put("built_pipes", "flow_forward", -5.0), "forward flow -5 is negative"),
    "negative back flow": ("options", put("built_pipes", "flow_backward", -5.0), "backward flow -5 is negative"),
    "over capacity": (
        "options",
        both(put("built_pipes", "option", "DN50"), put("built_pipes", "fixed_cost", 100.0)),
        "flow 60 is more than the capacity 50",
    ),
    "least flow": ("least_flow", put("built_pipes", "flow_forward", 40.0), "flow 40 is less than the least flow 50"),
    "to and fro": ("least_flow", put("built_pipes", "flow_backward", 10.0), "60 and 10 flow to and fro"),
    "pipe cost": ("options", put("built_pipes", "fixed_cost", 1.0), "fixed cost is 1, but should be 130"),
    "pumping cost": ("shared_trench", put("built_pipes", "flow_cost", 1.0), "flow cost is 1, but should be 60"),
    "pipe CO2": ("co2_price", put("built_pipes", "co2", 1.0), "CO2 is 1, but should be 6"),
    "too many side by side": (
        "parallel",
        put("built_pipes", "count", 3),
        "pipe DN50 for ash in corridor AB: 3 side by side, but 2 fit",
    ),
    "no room": ("parallel", put("built_pipes", "count", 2), "3 new pipes for ash (DN50, DN80); they do not fit"),
    "cost of one of two": ("parallel", put("built_pipes", "count", 2), "fixed cost is 100, but should be 200"),
    "no pipe": ("parallel", put("built_pipes", "count", 0), "pipe DN50 for ash in corridor AB: 0 pipes are none"),
    "replaced pipe still used": (
        "upgrade_chain",
        put("built_pipes", "flow_forward", 5.0),
        "pipe DN80 for ash in corridor AB: flow 5 in a pipe that was replaced",
    ),
    "upgrade of nothing": ("upgrade_chain", drop("built_pipes"), "1 of DN150 for ash replace DN80, but 0 of it"),
    "upgrade twice": (
        "upgrade",
        both(put("built_pipes", "count", 2), put("built_pipes", "fixed_cost", 240.0)),
        "2 of DN80 for ash replace DN50, but 1 of it are there",
    ),
    "no trench": (
        "shared_trench",
        drop("built_corridors"),
        "pipe DN100 for ash in corridor AB: its corridor is not among the built ones",
    ),
    "trench cost": (
        "shared_trench",
        put("built_corridors", "fixed_cost", 1.0),
        "corridor AB: fixed cost is 1, but should be 1000",
    ),
    "trench length": ("shared_trench", put("built_corridors", "length_m", 1.0), "length is 1 m, but should be 500 m"),
    "full corridor": (
        "full_corridor",
        put("built_pipes", "flow_forward", 20.0),
        "flow 60 over all resources is more than the capacity 50",
    ),
    # trucks
    "negative haul": ("truck", put("hauls", "quantity", -1.0), "route AB-ash: quantity -1 is negative"),
    "route capacity": ("must_serve", put("hauls", "quantity", 60.0), "quantity 60 is more than the capacity 30"),
    "haul cost": ("bay_pays", put("hauls", "cost", 600.0), "cost is 600, but should be 1600"),
    "haul CO2": ("co2_free", put("hauls", "co2", 1.0), "route AB-ash: CO2 is 1, but should be 30"),
    "trips": ("fleet_whole", put("hauls", "trips_per_year", 1.0), "1 trips/year, but should be 6"),
    "hours": ("fleet_whole", put("hauls", "hours_per_year", 1.0), "1 h/year, but should be 12"),
    "too few vehicles": (
        "fleet_whole",
        both(put("fleets", "vehicles", 1.0), put("fleets", "cost", 80.0)),
        "12 h/year are hauled, but 1 have 8",
    ),
    "half a vehicle": (
        "fleet_whole",
        both(put("fleets", "vehicles", 1.5), put("fleets", "cost", 120.0)),
        "1.5 is not a whole number",
    ),
    "no vehicle": ("fleet_whole", drop("fleets"), "12 h/year are hauled, but none is there"),
    "fleet hours": ("fleet_whole", put("fleets", "hours_per_year", 11.0), "11 h/year, but 12 are hauled"),
    "fleet cost": ("fleet_whole", put("fleets", "cost", 1.0), "vehicle tipper: cost is 1, but should be 160"),
    # hubs
    "too few modules": ("hub", put("built_hubs", "modules", 2), "throughput 80 is more than 2 modules hold (60)"),
    "too many modules": ("hub", put("built_hubs", "modules", 4), "4 modules, but at most 3 may stand"),
    "hub cost": ("hub", put("built_hubs", "cost", 1.0), "hub mill: cost is 1, but should be 280"),
    "negative throughput": ("hub", put("built_hubs", "throughput", -1.0), "throughput -1 is negative"),
    # balance
    "from nowhere": ("truck", put("hauls", "quantity", 50.0), "node B: 10 t/year of ash go out and did not come in"),
    "to nowhere": ("truck", put("hauls", "quantity", 50.0), "node A: 10 t/year of ash come in and do not go out"),
    "hub eats nothing": ("hub", put("hauls", "quantity", 50.0), "node B: 30 t/year of ash go out and did not come in"),
    "loss forgotten": ("lossy", put("built_pipes", "flow_forward", 60.0), "node B: 12 t/year of ash go out"),
    "wrong grade": (
        "grades",
        put("unserved", "served", 70.0),
        "node B: 10 t/year of coarse go out and did not come in",
    ),
    # exchanges
    "exchange too small": (
        "truck",
        put("exchanges", "quantity_sent", 50.0),
        "supply A-ash: 60 are placed, but its exchanges send 50",
    ),
    "exchange missing": ("truck", drop("exchanges"), "demand B-ash: 60 are served, but its exchanges bring 0"),
    "exchange to elsewhere": (
        "truck",
        put("exchanges", "to_node", "A"),
        "demand B-ash is ('B', 'ash'), not ('A', 'ash')",
    ),
    "exchange of nobody": ("truck", put("exchanges", "supply", "ghost"), "supply ghost is neither a supply nor a hub"),
    "exchange of a wrong grade": ("grades", put("exchanges", "resource", "coarse"), "not ('A', 'coarse')"),
    "more arrives than is sent": ("truck", put("exchanges", "quantity", 61.0), "61 arrive of 60 sent"),
    "exchange cost": (
        "truck",
        put("exchanges", "cost", 1.0),
        "exchanges share 1 of transport cost, but transport comes to 600",
    ),
    "exchange CO2": (
        "co2_free",
        put("exchanges", "co2", 1.0),
        "exchanges share 1 of transport co2, but transport comes to 30",
    ),
    # quality, choices
    "mix too salty": (
        "blend",
        both(put("exchanges", "quantity", 30.0), put("exchanges", "quantity", 30.0, 2)),
        "B-ash: the chloride of its ash is 55, more than 40",
    ),
    "washed ash forgotten": ("treatment", put("exchanges", "supply", "A-ash", 2), "B-ash: the chloride of its ash is"),
    "mix unknown": (
        "treatment",
        put("exchanges", "supply", "ghost", 2),
        "the chloride of what ghost gives is not known",
    ),
    "forbidden exchange": (
        "forbidden_exchange",
        put("exchanges", "to_node", "B"),
        "the exchange from A to B is forbidden, but 30 are exchanged",
    ),
    "forced exchange": (
        "forced_exchange",
        put("exchanges", "quantity", 10.0),
        "the exchange from A to B of ash is forced to 0.5 of what it could be, but is 0.166667",
    ),
    "forced corridor": ("choices", both(drop("built_corridors"), drop("built_pipes")), "corridor AB2 is forced, but"),
    "forbidden corridor": (
        "choices",
        both(put("built_corridors", "corridor", "AB"), put("built_pipes", "corridor", "AB")),
        "corridor AB is forbidden, but in the plan",
    ),
    "forced hub": ("choices", drop("built_hubs"), "hub idle is forced, but not in the plan"),
    "forbidden hub": (
        "choices",
        both(put("built_hubs", "hub", "mill"), put("built_hubs", "technology", "milling")),
        "hub mill is forbidden, but in the plan",
    ),
    # accounts
    "objective": ("truck", fields(objective=2500.0), "the objective is 2500, but the plan costs 2600"),
    "cost term": ("truck", times("costs", "amount", 2.0), "costs: disposal is 4000, but should be 2000"),
    "cost term missing": (
        "truck",
        fields(costs=empty_table("plan", "costs")),
        "costs: hauling is 0, but should be 600",
    ),
    "grade cost": ("grades", both(times("costs", "amount", 0.0)), "costs: grades is 0, but should be 180"),
    "bound above": ("truck", fields(bound=2700.0), "the bound 2700 is above the objective 2600"),
    "gap": ("truck", fields(bound=1300.0), "the gap is 0, but objective and bound are 0.5 apart"),
    "gap without bound": ("truck", fields(bound=None, gap=0.1), "no bound is proven"),
    "called optimal": ("truck", fields(bound=1300.0, gap=0.5), "status is optimal, but the gap is 0.5"),
    "called infeasible": ("truck", fields(status="infeasible"), "status is infeasible, yet a plan is held"),
    "indicator": ("truck", put("indicators", "plan", 1.0), "indicators: cost is 1, but should be 2600"),
    # periods
    "unknown period": ("phases_hub", put("hauls", "period", "9"), "hauls: '9' is not a period"),
    "no period": ("phases", put("exchanges", "period", ""), "exchanges: '' is not a period"),
    "another year's supply": (
        "phases_cap",
        put("unplaced", "period", "2"),
        "unplaced: A-ash@1 / A / ash / 2 is not a row of supplies",
    ),
    "used before it is built": (
        "phases",
        put("built_pipes", "built_in", "2"),
        "pipe in corridor AB for ash: DN100: said to be built in 2, but it stands in 1 first",
    ),
    "built in no period": (
        "phases",
        put("built_corridors", "built_in", ""),
        "corridor AB: said to be built in no period",
    ),
    "un-built": (
        "phases_idle",
        drop_last("built_pipes"),
        "pipe in corridor AB for ash: DN100: 1 stood, but only 0 in 2: nothing is un-built",
    ),
    "not paid while idle": ("phases_idle", drop_last("built_pipes"), "costs: pipes in 2 is 900, but should be 0"),
    "module sold": (
        "phases_hub",
        both(put("built_hubs", "modules", 3, 0), put("built_hubs", "modules", 2, 1)),
        "hub mill: 2 stood, but only 1 in 2: nothing is un-built",
    ),
    "pipe taken out": ("phases_parallel", drop_last("built_pipes"), "1 stood, but only 0 in 2: nothing is un-built"),
    "replaced where there is none": (
        "phases_upgrade",
        put("built_pipes", "period", "1", 2),
        "pipe in corridor AB for ash: DN80: 1 stood, but only 0 in 2: nothing is un-built",
    ),
    "another option later": (
        "phases_option",
        put("built_pipes", "option", "DN50", 0),
        "corridor AB: DN50 and DN80 for ash are built",
    ),
    "weights forgotten": (
        "phases_fleet",
        times("costs", "amount", 0.5),
        "costs: disposal in 2 is 6000, but should be 12000",
    ),
    "balance in one period": (
        "phases_fleet",
        put("hauls", "quantity", 50.0, 1),
        "node B: 30 t/year of ash come in and do not go out in 2",
    ),
    "fleet of one period": (
        "phases_fleet",
        put("fleets", "vehicles", 1.0, 0),
        "12 h/year are hauled, but 1 have 8 (in 1)",
    ),
    "exchange in another period": (
        "phases_cap",
        put("exchanges", "period", "2"),
        "supply A-ash@1: 60 are placed, but its exchanges send 0 (in 1)",
    ),
    "indicator of one year": (
        "phases_cap",
        put("indicators", "plan", 50.0, 2),
        "indicators: co2 is 50, but should be 120",
    ),
    "rows without objective": (
        "truck",
        fields(objective=None),
        "no objective is held, yet there are rows in exchanges",
    ),
    "optimal without objective": ("truck", fields(objective=None), "status is optimal, yet no objective is held"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_plan_is_seen(name):
    case, change, expected = BROKEN[name]
    plan = cases.solved(case)
    assert plan.checker == ()
    found = models.check(cases.KNOWN[case][0], change(plan))
    assert any(expected in violation for violation in found), found


def test_against_the_direction():
    case = cases.options()
    one_way = case.replace(corridors=case.corridors.assign(both_ways=False))
    plan = models.solve(one_way)
    turned = plan.built_pipes.assign(flow_forward=0.0, flow_backward=60.0)
    found = models.check(one_way, plan.replace(built_pipes=turned))
    assert any("60 flow against the only direction" in violation for violation in found)


def test_two_options_in_one_corridor():
    plan = cases.solved("options")
    more = plan.built_pipes.assign(option="DN50", fixed_cost=100.0, flow_forward=0.0)
    found = models.check(cases.options(), plan.replace(built_pipes=pd.concat([plan.built_pipes, more])))
    assert any("2 new pipes for ash (DN80, DN50); one may be built" in violation for violation in found)


def test_over_the_cap():
    found = models.check(cases.carbon(cap=50), cases.solved("co2_free"))
    assert found == ("CO2 is 70 t/year, more than the cap of 50",)


def test_over_the_cap_in_one_period():
    case = cases.cap_each_period()
    plan = models.solve(cases.phased(case, co2_cap_t_per_year=None))
    assert plan.objective == pytest.approx(3100)
    assert models.check(case, plan) == ("CO2 is 70 t/year in 1, more than the cap of 50",)


@pytest.mark.parametrize(
    ("name", "limits", "expected"),
    [
        ("budget", {"investment_budget": (299.0, 400.0)}, "300 EUR are invested in 1, more than the budget of 299"),
        ("budget", {"investment_budget": (700.0, 0.0)}, "400 EUR are invested in 2, more than the budget of 0"),
        ("budget_capex", {"investment_budget": 2999.0}, "3000 EUR are invested, more than the budget of 2999"),
        ("phases_hub", {"investment_budget": 199.0}, "200 EUR are invested in 2, more than the budget of 199"),
        ("phases_partners", {"max_new_partners": (2, 1)}, "2 plants join in 2 (C, D), more than 1 may"),
        ("partners", {"max_new_partners": 1}, "2 plants join (A, B), more than 1 may"),
        ("hub_sites", {"max_hub_sites": 0}, "hubs stand at 1 place (S), more than 0"),
        ("phases_sites", {"max_hub_sites": (1, 1)}, "hubs stand at 2 places in 2 (S, T), more than 1"),
        ("hub", {"max_hub_sites": 0}, "hubs stand at 1 place (B), more than 0"),
    ],
)
def test_limits_of_what_is_new(name, limits, expected):
    problem = cases.KNOWN[name][0]
    strict = problem.replace(limits=problem.limits.model_copy(update=limits))
    assert models.check(strict, cases.solved(name)) == (expected,)


def test_small_rounding_is_allowed():
    plan = cases.solved("truck")
    hauls = plan.hauls.assign(quantity=plan.hauls["quantity"] + 1e-9)
    assert models.check(cases.trucking(), plan.replace(hauls=hauls)) == ()
