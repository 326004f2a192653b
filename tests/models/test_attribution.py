"""Who sends what to whom: known networks, and sums that must come out."""

from __future__ import annotations

import numpy as np
import pytest

import models
from models.attribution import attribute
from models.network import build_network
from models.values import Values
from tests.models import cases

TRANSPORT = ["trenches", "pipes", "pumping", "loading_bays", "hauling", "vehicles"]


@pytest.mark.parametrize("name", cases.KNOWN)
def test_exchanges_pay_all_transport(name):
    plan, problem = cases.solved(name), cases.KNOWN[name][0]
    weights = dict(zip(problem.periods["period"], problem.periods["weight"], strict=True))
    weights[""] = next(iter(weights.values()), 1.0)
    transport = plan.costs[plan.costs["term"].isin(TRANSPORT)]["amount"].sum()
    # What is idle for a period is nobody's share; its trenches are free here.
    idle = plan.built_pipes.query("flow_forward + flow_backward == 0 and period != ''")
    parts = [plan.exchanges[["period", "cost"]], idle[["period"]].assign(cost=idle["fixed_cost"])]
    shared = sum((part["period"].map(weights).astype("float64") * part["cost"]).sum() for part in parts)
    assert shared == pytest.approx(transport)
    assert len(idle) == (1 if name in ("phases_idle", "phases_cap", "budget_early") else 0)


def test_trench_is_shared_by_fluid_then_by_quantity():
    plan = cases.solved("shared_trench")
    costs = plan.exchanges.set_index("supply")["cost"]
    assert costs["A-ash"] == pytest.approx(500 + 300 + 60)
    assert costs["A-brine"] == pytest.approx(500 + 200 + 40)


def test_mixing_at_a_junction():
    plan = cases.solved("junction_tree")
    table = plan.exchanges.set_index("supply")
    assert table["quantity"].to_dict() == pytest.approx({"A-ash": 20, "C-ash": 40})
    assert table["path"].to_dict() == {"A-ash": "AJ;BJ", "C-ash": "CJ;BJ"}
    assert table["distance_m"].to_dict() == pytest.approx({"A-ash": 1000, "C-ash": 1000})
    assert table["cost"].to_dict() == pytest.approx({"A-ash": 100 + 40 + 200 / 3, "C-ash": 80 + 400 / 3})


def test_loss_is_told():
    plan = cases.solved("lossy")
    row = plan.exchanges.iloc[0]
    assert (row["quantity_sent"], row["quantity"]) == pytest.approx((75, 60))


def test_vehicles_are_shared_by_hours():
    plan = cases.solved("fleet_whole")
    assert plan.exchanges["cost"].tolist() == pytest.approx([600 + 160])


def test_pipe_then_truck_is_mixed():
    problem = cases.make(
        supplies=[cases.supply(unplaced_cost=50)],
        demands=[cases.demand("C")],
        corridors=[cases.corridor(fixed_cost=60)],
        pipes=[cases.pipe(co2_per_unit=0.1)],
        routes=[cases.route("B", "C", co2_per_unit=0.2)],
    )
    row = models.solve(problem).exchanges.iloc[0]
    assert row[["mode", "path", "distance_m"]].tolist() == ["mixed", "AB;BC-ash", 1500]
    assert (row["cost"], row["co2"]) == pytest.approx((660, 18))


def test_circles_belong_to_nobody():
    """60 t go A to B; 7 t more go round A, B, C for nothing."""
    problem = cases.make(
        supplies=[cases.supply()], demands=[cases.demand()],
        routes=[cases.route(), cases.route("B", "C"), cases.route("C", "A")],
    )  # fmt: skip
    network = build_network(problem)
    values = Values(placed=np.array([60.0]), served=np.array([60.0]), arcs=np.array([67.0, 7.0, 7.0]), made=np.zeros(0))
    found = attribute(network, values)
    assert found.paths[["sent", "arrived"]].values.tolist() == [[60, 60]]
    assert found.is_complete
    assert found.arc_totals(3).tolist() == [60, 0, 0]


def test_what_vanishes_is_not_called_complete():
    problem = cases.make(supplies=[cases.supply()], demands=[cases.demand()], routes=[cases.route()])
    values = Values(placed=np.array([60.0]), served=np.array([10.0]), arcs=np.array([10.0]), made=np.zeros(0))
    assert not attribute(build_network(problem), values).is_complete


def test_nearest_demand_first():
    problem = cases.make(
        supplies=[cases.supply(unplaced_cost=50, quantity=100), cases.supply("D", 20, unplaced_cost=50)],
        demands=[cases.demand("B", 50), cases.demand("C", 70)],
        corridors=[
            cases.corridor("A", "J"),
            cases.corridor("D", "J"),
            cases.corridor("J", "B", length_m=900),
            cases.corridor("J", "C", length_m=100),
        ],
        pipes=[cases.pipe(where) for where in ("AJ", "DJ", "JB", "JC")],
    )  # fmt: skip
    table = models.solve(problem).exchanges
    assert table[["supply", "demand", "quantity"]].values.tolist() == [
        ["A-ash", "B-ash", 30], ["A-ash", "C-ash", 70], ["D-ash", "B-ash", 20],
    ]  # fmt: skip
