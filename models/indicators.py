"""What a plan is worth, against buying everything new and disposing of everything.

``saving`` is baseline less plan; it is blank for shares and counts, where a difference is no saving.
"""

from __future__ import annotations

import math

import pandas as pd

from data.contracts import make_table
from data.plan import Plan
from data.problem import Problem
from models.values import lookup

_TRANSPORT = ("trenches", "pipes", "pumping", "loading_bays", "hauling", "vehicles")


def indicators(problem: Problem, plan: Plan) -> pd.DataFrame:
    """Return the indicators table of a plan.

    ``cost`` is the objective, CO2 price included, and its baseline the objective with nothing exchanged;
    ``cost_without_co2`` leaves the CO2 charge out of both. ``byproduct_placed`` is the share of all supply
    that is placed: the mean over the units of measurement in use, since tonnes and cubic metres do not add up.
    """
    supplies, demands, price = problem.supplies, problem.demands, problem.settings.co2_price
    money = f"{problem.currency}/year"
    costs = plan.costs.set_index("term")["amount"]
    dear = float(
        (supplies["unplaced_cost"] * supplies["quantity"]).sum()
        + (demands["unserved_cost"] * demands["quantity"]).sum()
    )
    dirty = float(
        (supplies["co2_unplaced"] * supplies["quantity"]).sum() + (demands["co2_unserved"] * demands["quantity"]).sum()
    )
    hubs = lookup(plan.built_hubs["hub"], problem.hubs.set_index("hub")["co2_per_unit"]) * plan.built_hubs["throughput"]
    moved = float(plan.built_pipes["co2"].sum() + plan.hauls["co2"].sum())
    co2 = float(plan.unplaced["co2"].sum() + plan.unserved["co2"].sum() + hubs.sum()) + moved
    total = float(costs.sum())
    rows = [
        ("cost", money, dear + price * dirty, total),
        ("cost_without_co2", money, dear, total - price * co2),
        ("co2", "t/year", dirty, co2),
        *_physical(problem, plan),
        ("transport_cost", money, 0.0, float(costs.reindex(_TRANSPORT).fillna(0.0).sum())),
        ("transport_co2", "t/year", 0.0, moved),
    ]
    table = pd.DataFrame(rows, columns=["indicator", "unit", "baseline", "plan"])
    table["saving"] = table["baseline"] - table["plan"]
    counts = pd.DataFrame(_counts(problem, plan), columns=["indicator", "unit", "baseline", "plan"])
    return make_table("plan", "indicators", pd.concat([table, counts.assign(saving=math.nan)], ignore_index=True))


def _physical(problem: Problem, plan: Plan) -> list[tuple[str, str, float, float]]:
    """Return water and virgin material by what is bought new, landfill by what is disposed of."""
    per_unit = problem.resources.set_index("resource")
    rows = []
    for name, unit, column, before, after in (
        ("water", "m3/year", "water_m3_per_unit", problem.demands, plan.unserved),
        ("landfill", "t/year", "landfill_t_per_unit", problem.supplies, plan.unplaced),
        ("virgin_material", "t/year", "virgin_t_per_unit", problem.demands, plan.unserved),
    ):
        amounts = [
            float((table["quantity"] * lookup(table["resource"], per_unit[column])).sum()) for table in (before, after)
        ]
        rows.append((name, unit, amounts[0], amounts[1]))
    return rows


def _counts(problem: Problem, plan: Plan) -> list[tuple[str, str, float, float]]:
    unit = problem.resources.set_index("resource")["unit"]
    quantity = problem.supplies["quantity"].groupby(problem.supplies["resource"].map(unit)).sum()
    placed = plan.unplaced["placed"].groupby(plan.unplaced["resource"].map(unit)).sum()
    shares = (placed / quantity)[quantity > 0]
    between = plan.exchanges.query("from_node != to_node")
    partners = pd.unique(pd.concat([between["from_node"], between["to_node"]]))
    return [
        ("byproduct_placed", "share", 0.0, float(shares.mean()) if len(shares) else math.nan),
        ("partners", "plants", 0.0, float(len(partners))),
        ("exchanges", "exchanges", 0.0, float(len(plan.exchanges))),
    ]
