"""Supplies and demands: bounds, what must be served, disposal and virgin purchase."""

from __future__ import annotations

from data.plan import Plan
from data.problem import Problem
from models.checks.tolerance import above, differs, sentences


def stream_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return violations of 0 <= placed <= quantity, of what must be served, and of the amounts left over."""
    supplies = plan.unplaced.merge(problem.supplies, on=["supply", "node", "resource"], suffixes=("", "_given"))
    demands = plan.unserved.merge(problem.demands, on=["demand", "node", "resource"], suffixes=("", "_given"))
    violations = []
    for table, moved, unit_cost, unit_co2, name in (
        (supplies, "placed", "unplaced_cost", "co2_unplaced", "supply"),
        (demands, "served", "unserved_cost", "co2_unserved", "demand"),
    ):
        table["rest"] = table["quantity_given"] - table[moved]
        table["rest_cost"] = table["quantity"] * table[unit_cost]
        table["rest_co2"] = table["quantity"] * table[unit_co2]
        who = f"{name} {{{name}}}: "
        for wrong, template in (
            (above(-table[moved], 0.0), f"{moved} {{{moved}:g}} is negative"),
            (above(table[moved], table["quantity_given"]), f"{moved} {{{moved}:g}} is more than {{quantity_given:g}}"),
            (differs(table["quantity"], table["rest"]), "{quantity:g} is said to be left, but it is {rest:g}"),
            (differs(table["cost"], table["rest_cost"]), "cost of the rest is {cost:g}, but should be {rest_cost:g}"),
            (differs(table["co2"], table["rest_co2"]), "CO2 of the rest is {co2:g}, but should be {rest_co2:g}"),
        ):
            violations += sentences(table, wrong, who + template)
    short = demands["must_serve"].to_numpy(dtype=bool) & above(demands["quantity_given"], demands["served"])
    return violations + sentences(
        demands, short, "demand {demand}: must be served with {quantity_given:g}, but only {served:g} arrive"
    )
