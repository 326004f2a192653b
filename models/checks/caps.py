"""Caps on what a plan leaves for landfill, on how many plants take part and at how many places hubs stand."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.periods import each, said, time_table
from models.checks.tolerance import RELATIVE


def cap_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return where more is disposed of, more plants take part, or hubs stand at more places, than may."""
    return [*_landfill_rules(problem, plan), *_partner_rules(problem, plan), *_site_rules(problem, plan)]


def _landfill_rules(problem: Problem, plan: Plan) -> list[str]:
    cap = problem.limits.landfill_cap_t_per_year
    if cap is None:
        return []
    mass = dict(zip(problem.resources["resource"], problem.resources["landfill_t_per_unit"], strict=True))
    left = plan.unplaced["quantity"] * plan.unplaced["resource"].map(mass).astype("float64")
    own = dict(zip(problem.hubs["hub"], problem.hubs["landfill_t_per_unit"], strict=True))
    dumped = plan.built_hubs["throughput"] * plan.built_hubs["hub"].map(own).astype("float64")
    both, when = pd.concat([left, dumped]), pd.concat([plan.unplaced["period"], plan.built_hubs["period"]])
    sums = both.groupby(when.to_numpy()).sum().reindex(time_table(problem).index).fillna(0.0)
    return [
        f"{amount:g} t/year are disposed of{said(str(name))}, more than the cap of {cap:g}"
        for name, amount in sums.items()
        if amount > cap + RELATIVE * max(1.0, cap)
    ]


def _partner_rules(problem: Problem, plan: Plan) -> list[str]:
    most = problem.limits.max_partners
    if most is None:
        return []
    busy = taking_part(problem, plan)
    if len(busy) <= most:
        return []
    return [f"{len(busy)} plants take part ({', '.join(sorted(busy))}), more than {most:g} may"]


def _site_rules(problem: Problem, plan: Plan) -> list[str]:
    """Return periods in which hubs stand at too many places; one that was there before counts, used or not."""
    limit = problem.limits.max_hub_sites
    if limit is None:
        return []
    hubs = problem.hubs[problem.hubs["role"] == "hub"]
    home, old = dict(zip(hubs["hub"], hubs["node"], strict=True)), set(hubs.loc[hubs["existing"] > 0, "node"])
    built = plan.built_hubs[(plan.built_hubs["modules"] > 0) & plan.built_hubs["hub"].isin(home)]
    violations = []
    for name, most in each(limit, problem).items():
        places = old | {home[hub] for hub in built.loc[built["period"] == name, "hub"]}
        if len(places) > most:
            number = "1 place" if len(places) == 1 else f"{len(places)} places"
            violations.append(f"hubs stand at {number}{said(name)} ({', '.join(sorted(places))}), more than {most:g}")
    return violations


def taking_part(problem: Problem, plan: Plan, period: str | None = None) -> set[str]:
    """Return the plants that give or take something, in one period or in any."""
    busy: set[str] = set()
    for table, moved in ((plan.unplaced, "placed"), (plan.unserved, "served")):
        there = (table[moved] > RELATIVE) & ((table["period"] == period) | (period is None))
        busy |= set(table.loc[there, "node"])
    return busy & set(problem.nodes.loc[problem.nodes["kind"] == "plant", "node"])
