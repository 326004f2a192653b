"""The independent checker of a plan: is it allowed, and does it cost what it says.

Works from the tables of Problem and Plan alone, with no Pyomo and none of the code that built the model or
read it back. Every rule returns sentences that name the row and the amount.
"""

from __future__ import annotations

from data.plan import Plan
from data.problem import Problem
from models.checks.accounts import account_violations
from models.checks.balance import balance_violations
from models.checks.caps import cap_violations
from models.checks.choices import choice_violations
from models.checks.exchanges import exchange_violations
from models.checks.hubs import hub_violations
from models.checks.phases import phase_violations
from models.checks.pipelines import pipeline_violations
from models.checks.quality import quality_violations
from models.checks.rows import row_violations
from models.checks.streams import stream_violations
from models.checks.trucks import truck_violations


def check(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Return every rule that the plan breaks, in words; empty when it breaks none.

    Quantities may be off by a millionth of what they are compared with (and of one unit), money by a
    millionth of the plan's turnover: solvers work to such tolerances.
    """
    if not plan.has_solution:
        return tuple(_empty_violations(plan))
    if unknown := row_violations(problem, plan):
        return tuple(unknown)  # the other rules look these rows up
    return tuple(
        violation
        for rule in (
            stream_violations,
            pipeline_violations,
            truck_violations,
            hub_violations,
            balance_violations,
            exchange_violations,
            quality_violations,
            choice_violations,
            phase_violations,
            cap_violations,
            account_violations,
        )
        for violation in rule(problem, plan)
    )


def _empty_violations(plan: Plan) -> list[str]:
    full = [name for name, table in plan.tables.items() if len(table)]
    violations = [f"no objective is held, yet there are rows in {', '.join(full)}"] if full else []
    if plan.status in ("optimal", "gap_reached"):
        violations.append(f"status is {plan.status}, yet no objective is held")
    return violations
