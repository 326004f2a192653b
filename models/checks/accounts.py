"""The accounts: objective, bound, gap, status, the CO2 cap."""

from __future__ import annotations

import math

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.balance import conversion_costs
from models.checks.periods import said, time_table
from models.checks.tolerance import RELATIVE, lookup


def account_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return what is wrong with the cost, the CO2, the bound, the gap and the status."""
    time = time_table(problem)
    co2 = _co2(problem, plan).reindex(time.index).fillna(0.0)
    terms = {key: amount * time["weight"][key[1]] for key, amount in _terms(problem, plan).items()}
    terms |= {("co2", name): problem.settings.co2_price * time["weight"][name] * co2[name] for name in time.index}
    total, size = sum(terms.values()), sum(map(abs, terms.values()))
    tolerance = RELATIVE * max(1.0, size)
    violations = []
    assert plan.objective is not None
    if not abs(plan.objective - total) <= tolerance:
        violations.append(f"the objective is {plan.objective:.9g}, but the plan costs {total:.9g}")
    stated = plan.costs.groupby(["term", "period"])["amount"].sum().to_dict()
    violations += [
        f"costs: {key[0]}{said(key[1])} is {stated.get(key, 0.0):.9g}, but should be {terms.get(key, 0.0):.9g}"
        for key in sorted({*terms, *stated})
        if not abs(stated.get(key, 0.0) - terms.get(key, 0.0)) <= tolerance
    ]
    cap = problem.limits.co2_cap_t_per_year
    violations += [
        f"CO2 is {amount:g} t/year{said(str(name))}, more than the cap of {cap:g}"
        for name, amount in co2.items()
        if cap is not None and amount > cap + RELATIVE * max(1.0, abs(cap))
    ]
    timed = len(time) > 1 or bool((time["weight"] != 1).any())
    emitted = float((co2 * time["years"]).sum()) if timed else float(co2.sum())
    return [*violations, *_proof_rules(plan, plan.objective), *_indicator_rules(plan, total, emitted, tolerance)]


def _co2(problem: Problem, plan: Plan) -> pd.Series:
    """Return all CO2 by period, t/year, from quantities and the problem's coefficients."""
    pipes = plan.built_pipes.merge(problem.pipes, on=["corridor", "resource", "option"])
    routes = lookup(plan.hauls["route"], problem.routes.set_index("route")["co2_per_unit"])
    hubs = lookup(plan.built_hubs["hub"], problem.hubs.set_index("hub")["co2_per_unit"])
    supply = lookup(plan.unplaced["supply"], problem.supplies.set_index("supply")["co2_unplaced"])
    demand = lookup(plan.unserved["demand"], problem.demands.set_index("demand")["co2_unserved"])
    parts = [
        (plan.unplaced, plan.unplaced["quantity"] * supply),
        (plan.unserved, plan.unserved["quantity"] * demand),
        (pipes, (pipes["flow_forward"] + pipes["flow_backward"]) * pipes["co2_per_unit"]),
        (plan.hauls, plan.hauls["quantity"] * routes),
        (plan.built_hubs, plan.built_hubs["throughput"] * hubs),
    ]
    rows = pd.concat([table[["period"]].assign(co2=amount) for table, amount in parts])
    return rows.groupby("period")["co2"].sum()


def _terms(problem: Problem, plan: Plan) -> dict[tuple[str, str], float]:
    """Return every term of the objective but CO2 by period, per year, from the problem's coefficients."""
    supplies = plan.unplaced.merge(problem.supplies, on="supply", suffixes=("", "_given"))
    demands = plan.unserved.merge(problem.demands, on="demand", suffixes=("", "_given"))
    pipes = plan.built_pipes.merge(problem.pipes, on=["corridor", "resource", "option"], suffixes=("", "_given"))
    corridors = plan.built_corridors.merge(problem.corridors, on="corridor", suffixes=("", "_given"))
    hauls = plan.hauls.merge(problem.routes, on="route", suffixes=("", "_given"))
    fleets = plan.fleets.merge(problem.vehicles, on="vehicle", suffixes=("", "_given"))
    hubs = plan.built_hubs.merge(problem.hubs, on="hub", suffixes=("", "_given"))
    modules = (hubs["modules"] - hubs["existing"]).clip(lower=0)
    bays = (hauls["quantity"] > 0) | (hauls["built_in"] != "")
    sums = {
        "giving": (supplies, supplies["placed"] * supplies["unit_cost"]),
        "opening_supplies": (supplies, supplies["fixed_cost"] * (supplies["placed"] > 0)),
        "disposal": (supplies, supplies["quantity"] * supplies["unplaced_cost"]),
        "taking": (demands, demands["served"] * demands["unit_cost"]),
        "opening_demands": (demands, demands["fixed_cost"] * (demands["served"] > 0)),
        "virgin_purchase": (demands, demands["quantity"] * demands["unserved_cost"]),
        "trenches": (corridors, corridors["fixed_cost_given"] * ~corridors["existing_given"]),
        "pipes": (pipes, pipes["count"] * pipes["fixed_cost_given"] * ~pipes["existing_given"]),
        "pumping": (pipes, (pipes["flow_forward"] + pipes["flow_backward"]) * pipes["unit_cost"]),
        "loading_bays": (hauls, hauls["fixed_cost"] * bays),
        "hauling": (hauls, hauls["quantity"] * hauls["unit_cost"]),
        "vehicles": (fleets, fleets["vehicles"] * fleets["fixed_cost"]),
        "hubs": (hubs, modules * hubs["fixed_cost"] + hubs["throughput"] * hubs["unit_cost"]),
    }
    names = time_table(problem).index
    terms = {
        (term, name): float(amount[table["period"] == name].sum())
        for term, (table, amount) in sums.items()
        for name in names
    }
    return {**terms, **{("grades", name): cost for name, cost in conversion_costs(problem, plan).items()}}


def _proof_rules(plan: Plan, objective: float) -> list[str]:
    """Return where the plan claims more than is proven."""
    bound, gap = plan.bound, plan.gap
    violations = []
    if plan.status in ("infeasible", "unbounded"):
        violations.append(f"status is {plan.status}, yet a plan is held")
    if bound is not None:
        if not bound <= objective + RELATIVE * max(1.0, abs(objective)):
            violations.append(f"the bound {bound:.9g} is above the objective {objective:.9g}")
        true_gap = max(objective - bound, 0.0) / abs(objective) if objective else (0.0 if bound >= 0 else math.inf)
        if gap is not None and not abs(gap - true_gap) <= 1e-9 + RELATIVE * true_gap:
            violations.append(f"the gap is {gap:.9g}, but objective and bound are {true_gap:.9g} apart")
    elif gap is not None:
        violations.append(f"the gap is {gap:.9g}, but no bound is proven")
    # 1e-6 is the gap at which a plan may be called optimal.
    if plan.status == "optimal" and not (gap is not None and gap <= RELATIVE * (1 + RELATIVE)):
        violations.append(f"status is optimal, but the gap is {gap}")
    return violations


def _indicator_rules(plan: Plan, cost: float, co2: float, tolerance: float) -> list[str]:
    stated = plan.indicators.set_index("indicator")["plan"].to_dict()
    return [
        f"indicators: {name} is {stated[name]:.9g}, but should be {amount:.9g}"
        for name, amount, slack in (("cost", cost, tolerance), ("co2", co2, RELATIVE * max(1.0, abs(co2))))
        if name in stated and not abs(stated[name] - amount) <= slack
    ]
