"""Hubs: modules, throughput, what they cost."""

from __future__ import annotations

from data.plan import Plan
from data.problem import Problem
from models.checks.tolerance import above, differs, sentences


def hub_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return every broken rule of hubs."""
    hubs = plan.built_hubs.merge(problem.hubs, on="hub", suffixes=("", "_given"), how="left")
    hubs["most"] = hubs[["max_modules", "existing"]].max(axis=1)
    hubs["room"] = hubs["modules"] * hubs["capacity"]
    new = (hubs["modules"] - hubs["existing"]).clip(lower=0)
    hubs["paid"] = new * hubs["fixed_cost"] + hubs["throughput"] * hubs["unit_cost"]
    violations = []
    for wrong, template in (
        (above(-hubs["throughput"], 0.0), "throughput {throughput:g} is negative"),
        (
            above(hubs["throughput"], hubs["room"]),
            "throughput {throughput:g} is more than {modules} modules hold ({room:g})",
        ),
        (above(hubs["modules"], hubs["most"]), "{modules} modules, but at most {most:g} may stand"),
        (differs(hubs["cost"], hubs["paid"]), "cost is {cost:g}, but should be {paid:g}"),
    ):
        violations += sentences(hubs, wrong, "hub {hub}: " + template)
    return violations
