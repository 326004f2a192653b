"""Rows of the plan must be rows of the problem, each once."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.periods import in_each_period, time_table

_KEYS = {
    "unplaced": ("supplies", ["supply", "node", "resource"]),
    "unserved": ("demands", ["demand", "node", "resource"]),
    "built_corridors": ("corridors", ["corridor", "from_node", "to_node"]),
    "built_pipes": ("pipes", ["corridor", "resource", "option"]),
    "hauls": ("routes", ["route", "from_node", "to_node", "resource", "vehicle"]),
    "fleets": ("vehicles", ["vehicle"]),
    "built_hubs": ("hubs", ["hub", "node", "technology"]),
}


def row_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return rows that are unknown, twice, missing, or hold something that is no number."""
    violations = []
    names = set(time_table(problem).index)
    for name, (source, keys) in _KEYS.items():
        table, given = getattr(plan, name), in_each_period(problem, getattr(problem, source))
        lost = ~table["period"].isin(names)
        violations += [f"{name}: {period!r} is not a period" for period in table.loc[lost, "period"].unique()]
        known = pd.MultiIndex.from_frame(given[[*keys, "period"]])
        own = pd.MultiIndex.from_frame(table.loc[~lost, [*keys, "period"]])
        violations += [f"{name}: {_label(key)} is not a row of {source}" for key in own[~own.isin(known)]]
        violations += [f"{name}: {_label(key)} is there twice" for key in own[own.duplicated()]]
        if name in ("unplaced", "unserved"):
            violations += [f"{name}: {_label(key)} of {source} is missing" for key in known[~known.isin(own)]]
    for name in ("exchanges", "costs"):
        lost = ~getattr(plan, name)["period"].isin(names)
        violations += [
            f"{name}: {period!r} is not a period" for period in getattr(plan, name).loc[lost, "period"].unique()
        ]
    return violations + _missing_numbers(plan)


def _label(key: tuple[str, ...]) -> str:
    return " / ".join(part for part in key if part)


def _missing_numbers(plan: Plan) -> list[str]:
    needed = {
        "unplaced": ["quantity", "placed", "cost", "co2"],
        "unserved": ["quantity", "served", "cost", "co2"],
        "built_pipes": ["flow_forward", "flow_backward", "fixed_cost", "flow_cost", "co2"],
        "hauls": ["quantity", "cost", "co2"],
        "fleets": ["vehicles", "hours_per_year", "cost"],
        "built_hubs": ["throughput", "cost"],
        "costs": ["amount"],
    }
    return [
        f"{name}: row {row + 1} has no {column}"
        for name, columns in needed.items()
        for column in columns
        for row in range(len(getattr(plan, name)))
        if pd.isna(getattr(plan, name)[column].iloc[row])
    ]
