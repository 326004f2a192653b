"""Exchanges: they add up to what is placed, served and paid for transport."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.periods import said
from models.checks.tolerance import RELATIVE, differs, sentences


def exchange_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return every exchange that names the wrong ends, and every sum that does not come out."""
    return [*_end_rules(problem, plan), *_sum_rules(plan), *_transport_rules(plan)]


def _end_rules(problem: Problem, plan: Plan) -> list[str]:
    """Return exchanges whose ends are not streams of the problem, or hubs of the plan, as they say."""
    table, hubs = plan.exchanges, set(zip(plan.built_hubs["hub"], plan.built_hubs["period"], strict=True))
    givers = _ends(problem.supplies, "supply")
    takers = _ends(problem.demands, "demand")
    reach = _serves(problem.grades)
    violations = []
    for row in table.itertuples(index=False):
        who = f"exchange {row.exchange}: "
        for kind, name, end, known in (
            ("supply", row.supply, (row.from_node, row.resource), givers),
            ("demand", row.demand, (row.to_node, row.received_as), takers),
        ):
            if name in known:
                if known[name] != end:
                    violations.append(f"{who}{kind} {name} is {known[name]}, not {end}")
            elif (name, row.period) not in hubs:
                violations.append(f"{who}{kind} {name} is neither a {kind} nor a hub of the plan")
        if row.received_as != row.resource and row.received_as not in reach.get(row.resource, ()):
            violations.append(f"{who}{row.resource} may not serve as {row.received_as}")
        if row.quantity < 0 or row.quantity_sent < row.quantity * (1 - RELATIVE):
            violations.append(f"{who}{row.quantity:g} arrive of {row.quantity_sent:g} sent")
    return violations


def _ends(streams: pd.DataFrame, key: str) -> dict[str, tuple[str, str]]:
    return {row[key]: (row["node"], row["resource"]) for row in streams.to_dict("records")}


def _serves(grades: pd.DataFrame) -> dict[str, set[str]]:
    """Return which lesser grades each resource may serve, in any number of steps."""
    reach: dict[str, set[str]] = {}
    for better, lesser in zip(grades["resource"], grades["serves"], strict=True):
        reach.setdefault(better, set()).add(lesser)
    for _ in reach:
        for better, lessers in reach.items():
            reach[better] = lessers.union(*(reach.get(lesser, set()) for lesser in lessers))
    return reach


def _sum_rules(plan: Plan) -> list[str]:
    table = plan.exchanges
    parts = []
    for streams, name, amount in ((plan.unplaced, "supply", "quantity_sent"), (plan.unserved, "demand", "quantity")):
        sums = table.groupby([name, "period"])[amount].sum().rename("sum").reset_index()
        parts.append(streams.merge(sums, on=[name, "period"], how="left").fillna({"sum": 0.0}))
    supplies, demands = parts
    return [
        *sentences(
            supplies,
            differs(supplies["sum"], supplies["placed"]),
            "supply {supply}: {placed:g} are placed, but its exchanges send {sum:g}",
        ),
        *sentences(
            demands,
            differs(demands["sum"], demands["served"]),
            "demand {demand}: {served:g} are served, but its exchanges bring {sum:g}",
        ),
    ]


def _transport_rules(plan: Plan) -> list[str]:
    """Return periods in which the exchanges do not share the cost of all transport in use; what is idle is nobody's."""
    carrying = plan.built_pipes[plan.built_pipes["flow_forward"] + plan.built_pipes["flow_backward"] > 0]
    pipes = _where(plan.built_pipes, carrying, ["corridor", "resource", "period"])  # with those that were replaced
    corridors = _where(plan.built_corridors, carrying, ["corridor", "period"])
    hauls = plan.hauls[plan.hauls["quantity"] > 0]
    parts = {
        "cost": [
            (corridors, "fixed_cost"),
            (pipes, "fixed_cost"),
            (pipes, "flow_cost"),
            (hauls, "cost"),
            (plan.fleets, "cost"),
        ],
        "co2": [(pipes, "co2"), (hauls, "co2")],
    }
    violations = []
    for column, amounts in parts.items():
        rows = pd.concat([table[["period"]].assign(amount=table[name]) for table, name in amounts])
        rows["size"] = rows["amount"].abs()
        shared = plan.exchanges.groupby("period")[column].sum().rename("shared")
        sums = rows.groupby("period")[["amount", "size"]].sum().join(shared, how="outer").fillna(0.0)
        violations += [
            f"exchanges share {row.shared:g} of transport {column}, but transport comes to {row.amount:g}"
            + said(str(row.Index))
            for row in sums.itertuples()
            if abs(row.amount - row.shared) > RELATIVE * max(1.0, row.size)
        ]
    return violations


def _where(table: pd.DataFrame, other: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows whose keys the other table has too."""
    return table[pd.MultiIndex.from_frame(table[keys]).isin(pd.MultiIndex.from_frame(other[keys]))]
