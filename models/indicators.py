"""What a plan is worth, against buying everything new and disposing of everything.

``saving`` is baseline less plan; it is blank for shares and counts, where a difference is no saving.
"""

from __future__ import annotations

import math

import pandas as pd

from data.contracts import make_table
from data.plan import Plan
from data.problem import Problem
from models.hubs import inside_hubs
from models.phases import period_table
from models.values import lookup

_TRANSPORT = ("trenches", "pipes", "pumping", "loading_bays", "hauling", "vehicles")


class _Time:
    """How often a row counts: once, or over the years (``years``) or discount factors (``weight``) of periods."""

    def __init__(self, problem: Problem) -> None:
        table = period_table(problem)
        self.matters = bool(len(table) > 1 or (table["weight"] != 1).any())
        self._table = (table if self.matters else table.assign(years=1.0)).set_index("period")

    def given(self, table: pd.DataFrame, measure: str) -> pd.Series:
        """Return how often each row of a Problem's table counts; one without a period counts in all."""
        return table["period"].map(self._table[measure]).astype("float64").fillna(self._table[measure].sum())

    def planned(self, table: pd.DataFrame, measure: str) -> pd.Series:
        """Return how often each row of a plan's table counts."""
        return table["period"].map(self._table[measure]).astype("float64")

    def unit(self, name: str) -> str:
        """Return the unit of an amount per year, or of the total over all years."""
        return name if self.matters else f"{name}/year"


def indicators(problem: Problem, plan: Plan) -> pd.DataFrame:
    """Return the indicators table of a plan.

    ``cost`` is the objective, CO2 price included, and its baseline the objective with nothing exchanged;
    ``cost_without_co2`` leaves the CO2 charge out of both. ``byproduct_placed`` is the share of all supply
    that is placed: the mean over the units of measurement in use, since tonnes and cubic metres do not add up.
    Where periods have weights, money is its present value, quantities are totals over all years, and the
    units say so: ``EUR`` and ``t`` instead of ``EUR/year`` and ``t/year``.
    """
    time, price = _Time(problem), problem.settings.co2_price
    costs = plan.costs.groupby("term")["amount"].sum()

    def alone(measure: str, *columns: str) -> float:
        tables = (problem.supplies, problem.demands)
        amounts = (
            table[column] * table["quantity"] * time.given(table, measure)
            for table, column in zip(tables, columns, strict=True)
        )
        return sum(float(amount.sum()) for amount in amounts)

    def emitted(table: pd.DataFrame, co2: pd.Series) -> float:
        return float((co2 * time.planned(table, "years")).sum())

    hubs, dirt = plan.built_hubs, ("co2_unplaced", "co2_unserved")
    dear = alone("weight", "unplaced_cost", "unserved_cost")
    made = lookup(hubs["hub"], problem.hubs.set_index("hub")["co2_per_unit"]) * hubs["throughput"]
    moved = sum(emitted(table, table["co2"]) for table in (plan.built_pipes, plan.hauls))
    co2 = sum(emitted(table, table["co2"]) for table in (plan.unplaced, plan.unserved)) + emitted(hubs, made) + moved
    total = float(costs.sum())
    money = time.unit(problem.currency)
    rows = [
        ("cost", money, dear + price * alone("weight", *dirt), total),
        ("cost_without_co2", money, dear, total - float(costs.get("co2", 0.0))),
        ("co2", time.unit("t"), alone("years", *dirt), co2),
        *_physical(problem, plan, time),
        ("transport_cost", money, 0.0, float(costs.reindex(_TRANSPORT).fillna(0.0).sum())),
        ("transport_co2", time.unit("t"), 0.0, moved),
    ]
    table = pd.DataFrame(rows, columns=["indicator", "unit", "baseline", "plan"])
    table["saving"] = table["baseline"] - table["plan"]
    counts = pd.DataFrame(_counts(problem, plan, time), columns=["indicator", "unit", "baseline", "plan"])
    return make_table("plan", "indicators", pd.concat([table, counts.assign(saving=math.nan)], ignore_index=True))


def _physical(problem: Problem, plan: Plan, time: _Time) -> list[tuple[str, str, float, float]]:
    """Return water and virgin material by what is bought new, landfill by what is disposed of."""
    per_unit, hubs = problem.resources.set_index("resource"), problem.hubs.set_index("hub")
    rows = []
    for name, unit, column, before, after in (
        ("water", "m3", "water_m3_per_unit", problem.demands, plan.unserved),
        ("landfill", "t", "landfill_t_per_unit", problem.supplies, plan.unplaced),
        ("virgin_material", "t", "virgin_t_per_unit", problem.demands, plan.unserved),
    ):
        amounts = [
            float((table["quantity"] * lookup(table["resource"], per_unit[column]) * years).sum())
            for table, years in ((before, time.given(before, "years")), (after, time.planned(after, "years")))
        ]
        beside = lookup(plan.built_hubs["hub"], hubs[column]) * plan.built_hubs["throughput"]
        amounts[1] += float((beside * time.planned(plan.built_hubs, "years")).sum())
        rows.append((name, time.unit(unit), amounts[0], amounts[1]))
    return rows


def _counts(problem: Problem, plan: Plan, time: _Time) -> list[tuple[str, str, float, float]]:
    unit = problem.resources.set_index("resource")["unit"]
    supplies, unplaced = problem.supplies, plan.unplaced
    quantity = (supplies["quantity"] * time.given(supplies, "years")).groupby(supplies["resource"].map(unit)).sum()
    placed = (unplaced["placed"] * time.planned(unplaced, "years")).groupby(unplaced["resource"].map(unit)).sum()
    shares = (placed / quantity)[quantity > 0]
    between = plan.exchanges.query("from_node != to_node")
    ends = pd.unique(pd.concat([between["from_node"], between["to_node"]]))
    partners = set(ends) & set(problem.nodes.loc[problem.nodes["kind"] == "plant", "node"])
    pairs = plan.exchanges.loc[
        ~inside_hubs(plan.exchanges, problem.hubs), ["supply", "demand", "resource", "received_as"]
    ].drop_duplicates()
    return [
        ("byproduct_placed", "share", 0.0, float(shares.mean()) if len(shares) else math.nan),
        ("partners", "plants", 0.0, float(len(partners))),
        ("exchanges", "exchanges", 0.0, float(len(pairs))),
    ]
