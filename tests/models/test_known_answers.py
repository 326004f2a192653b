"""The optimum of each tiny problem is the one worked out by hand, and the checker agrees."""

from __future__ import annotations

import pandas as pd
import pytest

import models
from tests.models import cases


@pytest.mark.parametrize("name", cases.KNOWN)
def test_optimum(name):
    plan, optimum = cases.solved(name), cases.KNOWN[name][1]
    assert plan.checker == ()
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(optimum, rel=1e-9)
    assert plan.bound == pytest.approx(optimum, rel=1e-6)
    assert plan.gap <= 1e-6


def test_what_is_built_stands_from_then_on():
    table = cases.solved("phases_idle").built_pipes
    assert table[["period", "built_in", "fixed_cost", "flow_forward"]].values.tolist() == [
        ["1", "1", 300, 60], ["2", "1", 300, 0],
    ]  # fmt: skip
    table = cases.solved("phases_trench").built_corridors
    assert table[["corridor", "period", "built_in"]].values.tolist() == [["AB", "2", "2"]]


def test_budget_builds_before_there_is_a_use():
    table = cases.solved("budget_early").built_pipes
    assert table[["corridor", "period", "built_in", "flow_forward"]].values.tolist() == [
        ["CD", "1", "1", 0], ["AB", "2", "2", 60], ["CD", "2", "1", 60],
    ]  # fmt: skip


def test_upgrades_and_pipes_side_by_side_over_time():
    table = cases.solved("phases_upgrade").built_pipes
    assert table[["option", "period", "built_in", "flow_forward"]].values.tolist() == [
        ["DN50", "1", "1", 20], ["DN50", "2", "1", 0], ["DN80", "2", "2", 60],
    ]  # fmt: skip
    table = cases.solved("phases_parallel").built_pipes
    assert table[["period", "built_in", "count", "fixed_cost"]].values.tolist() == [
        ["1", "1", 1, 100], ["2", "1", 3, 300],
    ]  # fmt: skip


def test_modules_and_vehicles_by_period():
    hubs = cases.solved("phases_hub").built_hubs
    assert hubs[["period", "built_in", "modules"]].values.tolist() == [["1", "2", 1], ["2", "2", 3]]
    assert cases.solved("phases_fleet").fleets[["period", "vehicles"]].values.tolist() == [["1", 2], ["2", 1]]


def test_costs_by_period_add_up_to_the_objective():
    plan = cases.solved("phases_fleet")
    amounts = plan.costs.groupby("period")["amount"].sum()
    assert amounts.to_dict() == pytest.approx({"1": 2 * 2760, "2": 3 * 4280})


def test_indicators_over_years():
    table = cases.solved("phases_cap").indicators.set_index("indicator")
    assert table.loc["cost", ["unit", "baseline", "plan"]].tolist() == ["EUR", 20 * (2 * 100 + 3 * 10), 3300]
    assert table.loc["co2", ["unit", "baseline", "plan"]].tolist() == ["t", 2 * 100 + 4 * 10, 2 * 50 + 4 * 5]
    assert table.loc["byproduct_placed", "plan"] == pytest.approx((2 * 60 + 4 * 10) / (2 * 100 + 4 * 10))


def test_cheapest_supply_is_opened():
    plan = cases.solved("opening")
    assert plan.exchanges["supply"].tolist() == ["C-ash"]
    assert plan.unserved["quantity"].tolist() == pytest.approx([10])


def test_large_option_is_chosen_and_dominated_never():
    plan = cases.solved("options")
    assert plan.built_pipes["option"].tolist() == ["DN80"]


def test_least_flow_is_not_met_by_sending_to_and_fro():
    problem = cases.least_flow()
    plan = models.solve(problem.replace(pipes=problem.pipes.iloc[:1], corridors=problem.corridors.iloc[:1]))
    assert plan.objective == pytest.approx(1000)
    assert plan.built_pipes.empty


def test_loss_does_not_swallow_what_nobody_takes():
    problem = cases.lossy()
    plan = models.solve(problem.replace(demands=problem.demands.assign(quantity=10.0)))
    assert plan.built_pipes["flow_forward"].tolist() == pytest.approx([12.5])
    assert plan.built_pipes["flow_backward"].tolist() == [0]
    assert plan.checker == ()


def test_pipe_flows_against_the_corridors_direction():
    plan = cases.solved("junction_tree")
    flows = plan.built_pipes.set_index("corridor")
    assert flows.loc["BJ", "flow_backward"] == pytest.approx(60)
    assert flows.loc["CJ", "flow_forward"] == pytest.approx(40)
    assert not flows.loc["BJ", "existing"]
    assert flows.loc["CJ", "fixed_cost"] == 0


def test_one_way_corridor_is_not_used_backwards():
    problem = cases.junction_tree()
    plan = models.solve(problem.replace(corridors=problem.corridors.assign(both_ways=False)))
    assert plan.built_pipes.empty


def test_existing_pipe_and_a_new_one_beside_it():
    problem = cases.options(capacity=55)
    pipes = problem.pipes.assign(existing=[True, False, False])
    plan = models.solve(problem.replace(pipes=pipes))
    assert plan.objective == pytest.approx(100 * 10 - 50 * 10)  # 10 t more would not pay for a second pipe
    pipes = pipes.assign(fixed_cost=[100, 30, 40.0])
    plan = models.solve(problem.replace(pipes=pipes))
    assert plan.objective == pytest.approx(100 * 10 - 60 * 10 + 30)
    assert sorted(plan.built_pipes["option"]) == ["DN50", "DN80"]
    assert plan.checker == ()


def test_whole_fleet_is_left_at_home_when_it_does_not_pay():
    problem = cases.fleet(whole=True)
    plan = models.solve(problem.replace(supplies=problem.supplies.assign(unplaced_cost=12.0)))
    assert plan.hauls.empty  # 2 t saved per t: 40 t in the first vehicle save 80, its cost
    assert plan.objective == pytest.approx(1200)


def test_hub_appears_in_exchanges():
    plan = cases.solved("hub")
    assert plan.built_hubs["modules"].tolist() == [3]
    assert plan.built_hubs["throughput"].tolist() == pytest.approx([80])
    assert plan.exchanges[["supply", "demand", "via_hub", "mode"]].values.tolist() == [
        ["A-ash", "mill", "mill", "truck"],
        ["mill", "B-grit", "mill", "on_site"],
    ]


def test_hub_without_an_outlet_is_not_built():
    problem = cases.hub()
    plan = models.solve(problem.replace(demands=problem.demands.iloc[:0]))
    assert plan.built_hubs.empty
    assert plan.objective == pytest.approx(1000)


def test_grade_is_received_as_the_lesser_one():
    plan = cases.solved("grades")
    assert plan.exchanges[["resource", "received_as"]].values.tolist() == [["fine", "coarse"]]
    assert plan.costs.set_index("term")["amount"]["grades"] == pytest.approx(180)


def test_grade_serves_one_way_only():
    problem = cases.grades()
    swapped = problem.grades.rename(columns={"resource": "serves", "serves": "resource"})
    plan = models.solve(problem.replace(grades=swapped[problem.grades.columns]))
    assert plan.exchanges.empty


def test_on_site_use_costs_no_transport():
    plan = models.solve(cases.make(supplies=[cases.supply(unplaced_cost=5)], demands=[cases.demand("A")]))
    assert plan.exchanges[["mode", "distance_m", "cost", "path"]].values.tolist() == [["on_site", 0, 0, ""]]
    assert plan.objective == pytest.approx(200)


def test_nothing_to_decide():
    plan = models.solve(cases.make(supplies=[cases.supply(unplaced_cost=5)]))
    assert (plan.status, plan.objective, plan.gap, plan.checker) == ("optimal", 500, 0, ())


def test_indicators_of_a_plan():
    problem = cases.carbon(price=10)
    resources = problem.resources.assign(water_m3_per_unit=2.0, landfill_t_per_unit=1.0, virgin_t_per_unit=1.5)
    plan = models.solve(problem.replace(resources=resources))
    table = plan.indicators.set_index("indicator")
    assert table.loc["cost", ["baseline", "plan", "saving"]].tolist() == pytest.approx([3000, 1980, 1020])
    assert table.loc["cost_without_co2", "plan"] == pytest.approx(1520)
    assert table.loc["co2", ["baseline", "plan"]].tolist() == pytest.approx([100, 46])
    assert table.loc["landfill", ["baseline", "plan"]].tolist() == pytest.approx([100, 40])
    assert table.loc["water", ["baseline", "saving"]].tolist() == pytest.approx([120, 120])
    assert table.loc["virgin_material", "saving"] == pytest.approx(90)
    assert table.loc["byproduct_placed", "plan"] == pytest.approx(0.6)
    assert table.loc["partners", "plan"] == 2
    assert pd.isna(table.loc["partners", "saving"])
