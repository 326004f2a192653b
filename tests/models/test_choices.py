"""Quality of mixes and forced or forbidden choices: what the tiny known problems do not show."""

from __future__ import annotations

import pytest

import models
from data.errors import InputError
from data.settings import Limits
from models.checks.quality import mixing_notes
from models.prepare import prepare_network
from tests.models import cases


def values(**more):
    return [{"supply": name, "property": "salt", "value": value} for name, value in more.items()]


def test_a_limit_that_everything_keeps_traces_nothing():
    problem = cases.blend()
    quality = problem.quality.assign(max=problem.quality["max"] * 3)
    assert (prepare_network(problem.replace(quality=quality)).cells["origin"] == "").all()
    assert (prepare_network(problem).cells["origin"] != "").any()


def test_origins_of_equal_quality_are_one():
    problem = cases.blend()
    quality = problem.quality.assign(value=problem.quality["value"].where(problem.quality["value"].isna(), 100))
    origins = set(prepare_network(problem.replace(quality=quality)).flows["origin"])
    assert origins <= {"", "from A-ash ash and 1 more"}
    assert models.solve(problem.replace(quality=quality)).objective == pytest.approx(1400 - 300)  # only D


def test_a_pipe_with_several_origins_is_told():
    notes = mixing_notes(cases.blend(), cases.solved("blend"))
    assert notes == ["corridor JB: the pipe for ash carries what A-ash, C-ash give, in batches"]
    assert mixing_notes(cases.junction_tree(), cases.solved("junction_tree")) == []


def test_origins_share_a_pipe_and_a_truck():
    """70 t fit through the pipe and 60 on the route; each origin alone would fit: capacity holds for all together.

    A's 100 (salt 9) and C's 100 (salt 1) to B (exactly 5, 200 t): equal parts, 130 in all. Saved 130 x 10 - 20 bay.
    """
    problem = cases.make(
        supplies=[cases.supply(unplaced_cost=10), cases.supply("C", unplaced_cost=10)],
        demands=[cases.demand(quantity=200)],
        corridors=[cases.corridor("A", "J"), cases.corridor("C", "J"), cases.corridor("J", "B")],
        pipes=[cases.pipe("AJ"), cases.pipe("CJ"), cases.pipe("JB", capacity=70)],
        routes=[cases.route("J", unit_cost=0, fixed_cost=20, capacity=60)],
        quality=[*values(**{"A-ash": 9, "C-ash": 1}), {"demand": "B-ash", "property": "salt", "min": 5, "max": 5}],
    )
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(2000 - 1300 + 20)
    assert plan.exchanges["quantity"].tolist() == pytest.approx([65, 65])
    assert plan.hauls["quantity"].tolist() == pytest.approx([60])
    assert plan.hauls["cost"].tolist() == pytest.approx([20])
    assert plan.exchanges["cost"].sum() == pytest.approx(20)


def test_least_flow_holds_for_all_origins_together():
    """A's 30 and C's 30 reach the pipe's 50 only together."""
    problem = cases.make(
        supplies=[cases.supply(quantity=30, unplaced_cost=10), cases.supply("C", 30, unplaced_cost=10)],
        demands=[cases.demand()],
        corridors=[cases.corridor("A", "J"), cases.corridor("C", "J"), cases.corridor("J", "B")],
        pipes=[cases.pipe("AJ"), cases.pipe("CJ"), cases.pipe("JB", min_flow=50, capacity=90, fixed_cost=7)],
        quality=[*values(**{"A-ash": 9, "C-ash": 1}), {"demand": "B-ash", "property": "salt", "max": 5}],
    )
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(7)


def test_a_hub_limits_what_it_eats():
    """The mill takes a mix of at most 5: of A's 100 t (salt 9) as much as of C's 20 t (salt 1)."""
    problem = cases.make(
        supplies=[cases.supply(unplaced_cost=10), cases.supply("C", 20, unplaced_cost=10)],
        demands=[cases.demand(resource="grit", quantity=500)],
        routes=[cases.route(unit_cost=1), cases.route("C", unit_cost=1)],
        hubs=[{"hub": "mill", "node": "B", "technology": "milling", "fixed_cost": 0, "capacity": 90}],
        recipes=[
            {"technology": "milling", "resource": "ash", "quantity_per_throughput": -1},
            {"technology": "milling", "resource": "grit", "quantity_per_throughput": 1},
        ],
        quality=[
            *values(**{"A-ash": 9, "C-ash": 1}),
            {"technology": "milling", "resource": "ash", "property": "salt", "max": 5},
        ],
    )
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(1200 - 40 * 9)
    broken = plan.exchanges.assign(quantity=[30, 10, 40])
    found = models.check(problem, plan.replace(exchanges=broken))
    assert "mill: the salt of its ash is 7, more than 5" in found


def test_two_limited_demands_at_one_place_get_a_mix_each():
    """Of A's 50 (salt 9) and C's 50 (salt 1) one takes at most 3 (a quarter from A), the other at least 7."""
    takers = [{**cases.demand(quantity=40), "demand": name} for name in ("pure", "salty")]
    problem = cases.make(
        supplies=[cases.supply(quantity=50, unplaced_cost=10), cases.supply("C", 50, unplaced_cost=10)],
        demands=takers,
        routes=[cases.route(unit_cost=0), cases.route("C", unit_cost=0)],
        quality=[
            *values(**{"A-ash": 9, "C-ash": 1}),
            {"demand": "pure", "property": "salt", "max": 3},
            {"demand": "salty", "property": "salt", "min": 7},
        ],
    )
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(200)


def test_a_lowest_value_holds():
    problem = cases.blend()
    limited = problem.quality["demand"] != ""
    quality = problem.quality.assign(max=float("nan"), min=[*[float("nan")] * 2, 70.0])
    assert limited.tolist() == [False, False, True]
    plan = models.solve(problem.replace(quality=quality))
    assert plan.checker == ()
    # 100 a + 10 c >= 70 (a + c): c = a / 2; 60 from A, 30 from C; D takes 10 of C's rest and 20 of A's.
    assert plan.exchanges.groupby("demand")["quantity"].sum().to_dict() == pytest.approx({"B-ash": 90, "D-ash": 30})
    assert plan.objective == pytest.approx(1400 - 810 - 300)


def test_without_a_value_it_is_a_fault():
    problem = cases.blend()
    with pytest.raises(
        InputError, match=r"no chloride of supply C-ash: expected its value|no chloride of supply C-ash"
    ):
        models.solve(problem.replace(quality=problem.quality.iloc[[0, 2]]))


def test_a_forbidden_exchange_by_either_name_of_its_resource():
    for name, allowed in (("fine", False), ("coarse", False), ("mid", True)):
        problem = cases.grades()
        nodes = cases.make(resources=[{"resource": "mid", "unit": "t"}]).resources
        assert set(nodes["resource"]) <= set(problem.resources["resource"])
        plan = models.solve(problem.replace(limits=Limits(forbidden_exchanges=(("A", "B", name),))))
        assert plan.exchanges.empty is not allowed
        assert plan.checker == ()


def test_a_forced_exchange_that_nothing_can_bring():
    plan = models.solve(cases.trucking().replace(limits=Limits(forced_exchanges=(("B", "A"),))))
    assert plan.status == "infeasible"
    assert plan.reasons == (
        "the exchange from B to A is forced, but nothing that the one gives can reach the other and be used there",
    )


def test_a_forced_exchange_beside_a_cheaper_one():
    """B would take everything from C; a tenth of what A could give it must come from A, at 3 more per t."""
    problem = cases.make(
        limits=Limits(forced_exchanges=(("A", "B"),), forced_share=0.1),
        supplies=[cases.supply(), cases.supply("C")],
        demands=[cases.demand(unserved_cost=20)],
        routes=[cases.route(unit_cost=8), cases.route("C", unit_cost=5)],
    )
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(54 * 5 + 6 * 8)


def test_a_forced_corridor_is_paid_though_it_is_empty():
    problem = cases.shared_trench()
    corridors = cases.make(
        corridors=[cases.corridor(fixed_cost=1000), cases.corridor("B", "C", fixed_cost=70)]
    ).corridors
    nodes = cases.make(corridors=[cases.corridor("A", "B"), cases.corridor("B", "C")]).nodes
    changed = problem.replace(corridors=corridors, nodes=nodes, limits=Limits(forced_corridors=("BC",)))
    plan = models.solve(changed)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(2240 + 70)
    assert plan.built_corridors["corridor"].tolist() == ["AB", "BC"]


def test_a_forced_hub_is_used_where_it_pays():
    problem = cases.hub()
    hubs = problem.hubs.assign(fixed_cost=9999, existing=0)
    assert models.solve(problem.replace(hubs=hubs)).built_hubs.empty
    plan = models.solve(problem.replace(hubs=hubs, limits=Limits(forced_hubs=("mill",))))
    assert plan.checker == ()
    assert plan.built_hubs[["modules", "throughput"]].values.tolist() == [[1, 30]]


def test_several_pipes_run_one_way():
    """Two pipes of at least 30 t each fit; 40 t fill one of them, not one in each direction."""
    problem = cases.make(
        supplies=[cases.supply(quantity=40, unplaced_cost=10)],
        demands=[cases.demand(quantity=40)],
        corridors=[cases.corridor()],
        pipes=[cases.pipe(fixed_cost=10, capacity=35, min_flow=30, max_parallel=2)],
    )
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(5 * 10 + 10)
    assert plan.built_pipes["count"].tolist() == [1]


def test_a_replaced_pipe_with_a_least_flow_stands_idle():
    problem = cases.upgrade()
    plan = models.solve(problem.replace(pipes=problem.pipes.assign(min_flow=[40.0, 60.0])))
    assert plan.checker == ()
    assert plan.built_pipes["option"].tolist() == ["DN80"]
    assert plan.objective == pytest.approx(320)


def test_upgrades_of_a_pipe_of_no_use_still_exclude_each_other():
    """The old pipe needs 99 t and is never used; of the two pipes that may take its place one is laid."""
    new = {"upgrade_of": "old", "capacity": 30, "fixed_cost": 1}
    problem = cases.make(
        supplies=[cases.supply(unplaced_cost=10)],
        demands=[cases.demand()],
        corridors=[cases.corridor(existing=True)],
        pipes=[
            cases.pipe(option="old", existing=True, min_flow=99),
            cases.pipe(option="a", **new),
            cases.pipe(option="b", **new, unit_cost=1),
            cases.pipe(option="c", **new | {"capacity": 20, "fixed_cost": 0}),
        ],
    )
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(700 + 1)
