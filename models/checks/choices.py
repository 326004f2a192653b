"""Forced and forbidden exchanges, corridors and hubs."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.tolerance import RELATIVE


def choice_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return what is there though it is forbidden, and what is not though it is forced."""
    limits = problem.limits
    built = {
        "corridor": {*plan.built_corridors["corridor"], *plan.built_pipes["corridor"]},
        "hub": set(plan.built_hubs.loc[plan.built_hubs["modules"] > 0, "hub"]),
    }
    violations = []
    for name, there in built.items():
        forced, forbidden = getattr(limits, f"forced_{name}s"), getattr(limits, f"forbidden_{name}s")
        violations += [f"{name} {key} is forced, but not in the plan" for key in forced if key not in there]
        violations += [f"{name} {key} is forbidden, but in the plan" for key in forbidden if key in there]
    for pair in limits.forbidden_exchanges:
        amount = float(_between(plan, pair)["quantity"].sum())
        if amount > RELATIVE:
            violations.append(f"the exchange {_name(pair)} is forbidden, but {amount:g} are exchanged")
    given, wanted = _most(problem)
    for pair in limits.forced_exchanges:
        rows = _between(plan, pair)
        share = sum(
            row["quantity"] / min(given[row["from_node"], row["resource"]], wanted[row["to_node"], row["received_as"]])
            for row in rows.to_dict("records")
            if row["quantity"] > 0
        )
        if share < limits.forced_share - RELATIVE:
            violations.append(
                f"the exchange {_name(pair)} is forced to {limits.forced_share:g} of what it could be, but is {share:g}"
            )
    return violations


def _name(pair: tuple[str, ...]) -> str:
    return f"from {pair[0]} to {pair[1]}" + (f" of {pair[2]}" if len(pair) > 2 else "")


def _between(plan: Plan, pair: tuple[str, ...]) -> pd.DataFrame:
    rows = plan.exchanges[(plan.exchanges["from_node"] == pair[0]) & (plan.exchanges["to_node"] == pair[1])]
    if len(pair) > 2:
        rows = rows[(rows["resource"] == pair[2]) | (rows["received_as"] == pair[2])]
    return rows


def _most(problem: Problem) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """Return what each place could give and take of each resource, with all that its hubs could make and eat."""
    hubs = problem.hubs.merge(problem.recipes, on="technology")
    most = hubs[["max_modules", "existing"]].max(axis=1) * hubs["capacity"] * hubs["quantity_per_throughput"]
    hubs = hubs[~hubs["hub"].isin(problem.limits.forbidden_hubs)].assign(quantity=most)
    columns = ["node", "resource", "quantity"]
    giving = pd.concat([problem.supplies[columns], hubs.loc[hubs["quantity"] > 0, columns]])
    taking = pd.concat([
        problem.demands[columns],
        hubs.loc[hubs["quantity"] < 0, columns].assign(quantity=lambda rows: -rows["quantity"]),
    ])  # fmt: skip
    return tuple(table.groupby(["node", "resource"])["quantity"].sum().to_dict() for table in (giving, taking))
