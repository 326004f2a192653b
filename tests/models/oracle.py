"""A second opinion: every choice of trenches, pipes, bays and openings tried in turn, the rest left to scipy.

Written from ``docs/problem.md`` alone, with none of the planner's code. Knows supplies, demands, corridors,
pipes without a least flow, routes and grades.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from scipy.optimize import linprog

from data.problem import Problem


def best_cost(problem: Problem) -> float | None:
    """The optimum, or None when nothing is allowed."""
    choices = [
        *(("supply", row) for row in problem.supplies.query("fixed_cost > 0").index),
        *(("demand", row) for row in problem.demands.query("fixed_cost > 0").index),
        *(("corridor", row) for row in problem.corridors.query("fixed_cost > 0 and not existing").index),
        *(("pipe", row) for row in problem.pipes.query("not existing").index),
        *(("route", row) for row in problem.routes.query("fixed_cost > 0").index),
    ]
    best = None
    for picks in product([False, True], repeat=len(choices)):
        closed = {choice for choice, pick in zip(choices, picks, strict=True) if not pick}
        opened = [choice for choice, pick in zip(choices, picks, strict=True) if pick]
        pairs = [tuple(problem.pipes.loc[row, ["corridor", "resource"]]) for kind, row in opened if kind == "pipe"]
        if len(set(pairs)) < len(pairs):
            continue
        cost = _flow_cost(problem, closed)
        if cost is not None:
            cost += sum(_fixed(problem, kind, row) for kind, row in opened)
            best = cost if best is None else min(best, cost)
    return best


def best_cost_over_time(problem: Problem) -> float | None:
    """The optimum over several periods, trying every period in which each thing is built and each plant joins.

    Knows no fixed costs of supplies and demands.
    """
    count = len(problem.periods)
    things = [
        *(("corridor", row) for row in problem.corridors.query("fixed_cost > 0 and not existing").index),
        *(("pipe", row) for row in problem.pipes.query("not existing").index),
        *(("route", row) for row in problem.routes.query("fixed_cost > 0").index),
    ]
    budget, new = problem.limits.investment_budget, problem.limits.max_new_partners
    plants = sorted({*problem.supplies["node"], *problem.demands["node"]}) if new is not None else []
    years = [_in_period(problem, name) for name in problem.periods["period"]]
    flow_cost = cache(lambda when, closed: _flow_cost(years[when], set(closed)))
    best = None
    for joined in product(range(count + 1), repeat=len(plants)):
        if new is not None and any(joined.count(when) > new for when in range(count)):
            continue
        for built in product(range(count + 1), repeat=len(things)):
            pairs = [
                tuple(problem.pipes.loc[row, ["corridor", "resource"]])
                for (kind, row), when in zip(things, built, strict=True)
                if kind == "pipe" and when < count
            ]
            fixed = [_fixed(problem, *thing) for thing in things]
            invested = [sum(f for f, start in zip(fixed, built, strict=True) if start == when) for when in range(count)]
            if len(set(pairs)) < len(pairs) or (budget is not None and max(invested) > budget):
                continue
            total = 0.0
            for when, weight in enumerate(problem.periods["weight"]):
                away = {plant for plant, start in zip(plants, joined, strict=True) if start > when}
                closed = {thing for thing, start in zip(things, built, strict=True) if start > when}
                for kind, table in (("supply", problem.supplies), ("demand", problem.demands)):
                    closed |= {(kind, row) for row in table.index[table["node"].isin(away)]}
                cost = flow_cost(when, frozenset(closed))
                if cost is None:
                    break
                total += weight * (cost + sum(f for f, start in zip(fixed, built, strict=True) if start <= when))
            else:
                best = total if best is None else min(best, total)
    return best


def _in_period(problem: Problem, name: str) -> Problem:
    there = {
        table: rows[(rows["period"] == "") | (rows["period"] == name)]
        for table, rows in (("supplies", problem.supplies), ("demands", problem.demands))
    }
    return problem.replace(**there)


def _fixed(problem: Problem, kind: str, row: int) -> float:
    tables = {"supply": problem.supplies, "demand": problem.demands, "corridor": problem.corridors,
              "pipe": problem.pipes, "route": problem.routes}  # fmt: skip
    return float(tables[kind].loc[row, "fixed_cost"])


def _flow_cost(problem: Problem, closed: set[tuple[str, int]]) -> float | None:
    columns: list[tuple[float, float, float, dict]] = []  # cost, lower, upper, coefficients by row
    price = problem.settings.co2_price
    constant, limited = 0.0, {}
    for row, s in problem.supplies.iterrows():
        saved = s.unplaced_cost + price * s.co2_unplaced
        constant += saved * s.quantity
        most = 0.0 if ("supply", row) in closed else s.quantity
        columns.append((s.unit_cost - saved, 0.0, most, {(s.node, s.resource): 1.0}))
    for row, d in problem.demands.iterrows():
        saved = d.unserved_cost + price * d.co2_unserved
        constant += saved * d.quantity
        most = 0.0 if ("demand", row) in closed else d.quantity
        columns.append((d.unit_cost - saved, d.quantity if d.must_serve else 0.0, most, {(d.node, d.resource): -1.0}))
    corridors = problem.corridors.set_index("corridor")
    numbers = {name: row for row, name in enumerate(problem.corridors["corridor"])}
    for row, p in problem.pipes.iterrows():
        c = corridors.loc[p.corridor]
        shut = ("pipe", row) in closed or ("corridor", numbers[p.corridor]) in closed
        most = 0.0 if shut else (np.inf if np.isnan(p.capacity) else p.capacity)
        for start, end in [(c.from_node, c.to_node)] + ([(c.to_node, c.from_node)] if c.both_ways else []):
            limit = {("pipe", row): 1.0, ("corridor", p.corridor): 1.0}
            ends = {(start, p.resource): -1.0, (end, p.resource): 1 - p.loss}
            columns.append((p.unit_cost + price * p.co2_per_unit, 0.0, most, {**ends, **limit}))
        limited["pipe", row] = most
        limited["corridor", p.corridor] = np.inf if np.isnan(c.capacity) else c.capacity
    for row, r in problem.routes.iterrows():
        most = 0.0 if ("route", row) in closed else (np.inf if np.isnan(r.capacity) else r.capacity)
        ends = {(r.from_node, r.resource): -1.0, (r.to_node, r.resource): 1.0}
        columns.append((r.unit_cost + price * r.co2_per_unit, 0.0, most, ends))
    for _, g in problem.grades.iterrows():
        columns += [
            (g.unit_cost, 0.0, np.inf, {(node, g.resource): -1.0, (node, g.serves): 1.0})
            for node in problem.nodes["node"]
        ]
    return _solve(columns, {key: most for key, most in limited.items() if np.isfinite(most)}, constant)


def _solve(columns, limited, constant) -> float | None:
    kinds = {"pipe", "corridor"}
    balance = sorted({key for column in columns for key in column[3] if key[0] not in kinds}, key=str)
    upper = list(limited)
    equal, less = np.zeros((len(balance), len(columns))), np.zeros((len(upper), len(columns)))
    for number, column in enumerate(columns):
        for key, value in column[3].items():
            if key in limited:
                less[upper.index(key), number] = value
            elif key in balance:
                equal[balance.index(key), number] = value
    result = linprog(
        [column[0] for column in columns],
        A_ub=less if upper else None,
        b_ub=[limited[key] for key in upper] if upper else None,
        A_eq=equal,
        b_eq=np.zeros(len(balance)),
        bounds=[(low, None if np.isinf(high) else high) for _, low, high, _ in columns],
        method="highs",
    )
    return constant + result.fun if result.status == 0 else None
