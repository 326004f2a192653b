"""Over time: nothing is used before it is built, nothing is un-built, budgets, new partners."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.caps import taking_part
from models.checks.periods import each, said, time_table
from models.checks.tolerance import RELATIVE

_THINGS = {
    "corridor {}": ("built_corridors", "corridors", ["corridor"]),
    "pipe in corridor {} for {}: {}": ("built_pipes", "pipes", ["corridor", "resource", "option"]),
    "loading bay of route {}": ("hauls", "routes", ["route"]),
    "hub {}": ("built_hubs", "hubs", ["hub"]),
}


def phase_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return every broken rule that ties periods together or limits what is new in one."""
    order = {name: when for when, name in enumerate(time_table(problem).index)}
    violations: list[str] = []
    invested = [0.0] * len(order)
    capex = _capex(problem)
    for words, (name, source, keys) in _THINGS.items():
        given = getattr(problem, source).assign(yearly=getattr(problem, source)["fixed_cost"])
        rows = _new(getattr(plan, name).merge(given, on=keys, suffixes=("", "_given")), name)
        for key, own in rows.groupby(keys, sort=False):
            numbers = [0.0] * len(order)
            for period, number in zip(own["period"], own["new"], strict=True):
                numbers[order[period]] = float(number)
            violations += _thing_rules(words.format(*key), own, numbers, list(order))
            for when, step in enumerate(_steps(numbers)):
                invested[when] += max(step, 0.0) * float(own[capex].fillna(0.0).iloc[0])
    return [
        *violations,
        *_choice_rules(problem, plan, order),
        *_budget_rules(problem, invested),
        *_partner_rules(problem, plan),
    ]


def _new(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows that have been built, ``new`` of each; what was there before is no building."""
    if name == "built_hubs":
        rows["new"] = rows["modules"] - rows["existing"]
    elif name == "hauls":
        rows["new"] = (rows["fixed_cost"] > 0).astype("float64")
    else:
        number = rows["count"] if name == "built_pipes" else 1
        rows["new"] = (~rows["existing_given"]) * number
    return rows[rows["new"] > 0]


def _steps(numbers: list[float]) -> list[float]:
    return [after - before for before, after in zip([0.0, *numbers[:-1]], numbers, strict=True)]


def _thing_rules(who: str, rows: pd.DataFrame, numbers: list[float], names: list[str]) -> list[str]:
    """Return what is wrong with one thing; ``numbers`` stand in each period."""
    violations = [
        f"{who}: {before:g} stood, but only {after:g}{said(name)}: nothing is un-built"
        for name, before, after in zip(names[1:], numbers[:-1], numbers[1:], strict=True)
        if after < before
    ]
    first = next(name for name, number in zip(names, numbers, strict=True) if number > 0)
    wrong = sorted({str(name) for name in rows["built_in"]} - {first})
    return violations + [
        f"{who}: said to be built{said(name) or ' in no period'}, but it stands{said(first)} first" for name in wrong
    ]


def _choice_rules(problem: Problem, plan: Plan, order: dict[str, int]) -> list[str]:
    """Return corridors in which other new pipes come later than fit; within one period see the pipes' own rules."""
    if len(order) == 1:
        return []
    keys = ["corridor", "resource", "option"]
    pipes = plan.built_pipes[[*keys, "count"]].merge(problem.pipes.query("not existing and upgrade_of == ''"), on=keys)
    most = pipes.groupby(keys, sort=False)[["count", "max_parallel"]].max().reset_index()
    return [
        f"corridor {corridor}: {' and '.join(sorted(options['option']))} for {resource} are built over time; "
        "they do not fit side by side"
        for (corridor, resource), options in most.groupby(["corridor", "resource"], sort=False)
        if len(options) > 1 and (options["count"] / options["max_parallel"]).sum() > 1 + RELATIVE
    ]


def _capex(problem: Problem) -> str:
    """Return the column that the budget counts."""
    tables = (problem.corridors, problem.pipes, problem.routes, problem.hubs)
    given = any(table["capex_fixed"].notna().any() for table in tables)
    return "capex_fixed" if given else "yearly"


def _budget_rules(problem: Problem, invested: list[float]) -> list[str]:
    budget = problem.limits.investment_budget
    if budget is None:
        return []
    return [
        f"{amount:g} {problem.currency} are invested{said(name)}, more than the budget of {most:g}"
        for (name, most), amount in zip(each(budget, problem).items(), invested, strict=True)
        if amount > most + RELATIVE * max(1.0, most)
    ]


def _partner_rules(problem: Problem, plan: Plan) -> list[str]:
    """Return periods in which more plants give or take something for the first time than may join."""
    limit = problem.limits.max_new_partners
    if limit is None:
        return []
    known: set[str] = set()
    violations = []
    for name, most in each(limit, problem).items():
        busy = taking_part(problem, plan, name)
        new = busy - known
        known |= busy
        if len(new) > most:
            violations.append(f"{len(new)} plants join{said(name)} ({', '.join(sorted(new))}), more than {most:g} may")
    return violations
