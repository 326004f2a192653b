"""A second opinion: every choice of trenches, pipes, bays and openings tried in turn, the rest left to scipy.

Written from ``docs/problem.md`` alone, with none of the planner's code. Knows supplies, demands, corridors,
pipes without a least flow (several side by side, upgrades), routes, grades, quality of mixes and forbidden
exchanges: then every arc carries each supply's quantity apart.
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
        *(("supply", row, 1) for row in problem.supplies.query("fixed_cost > 0").index),
        *(("demand", row, 1) for row in problem.demands.query("fixed_cost > 0").index),
        *(("corridor", row, 1) for row in problem.corridors.query("fixed_cost > 0 and not existing").index),
        *(("pipe", row, problem.pipes.loc[row, "max_parallel"]) for row in problem.pipes.query("not existing").index),
        *(("route", row, 1) for row in problem.routes.query("fixed_cost > 0").index),
    ]
    best = None
    for picks in product(*(range(most + 1) for *_, most in choices)):
        count = {(kind, row): pick for (kind, row, _), pick in zip(choices, picks, strict=True)}
        serving = _pipes_in_service(problem, count)
        if serving is None:
            continue
        cost = _flow_cost(problem, {key for key, pick in count.items() if not pick}, serving)
        if cost is not None:
            cost += sum(pick * _fixed(problem, *key) for key, pick in count.items() if pick)
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
    flow_cost = cache(lambda when, closed, serving: _flow_cost(years[when], set(closed), dict(serving)))
    best = None
    for joined in product(range(count + 1), repeat=len(plants)):
        if new is not None and any(joined.count(when) > new for when in range(count)):
            continue
        for built in product(range(count + 1), repeat=len(things)):
            fixed = [_fixed(problem, *thing) for thing in things]
            invested = [sum(f for f, start in zip(fixed, built, strict=True) if start == when) for when in range(count)]
            if budget is not None and max(invested) > budget:
                continue
            total = 0.0
            for when, weight in enumerate(problem.periods["weight"]):
                away = {plant for plant, start in zip(plants, joined, strict=True) if start > when}
                closed = {thing for thing, start in zip(things, built, strict=True) if start > when}
                for kind, table in (("supply", problem.supplies), ("demand", problem.demands)):
                    closed |= {(kind, row) for row in table.index[table["node"].isin(away)]}
                there = {thing: int(start <= when) for thing, start in zip(things, built, strict=True)}
                serving = _pipes_in_service(problem, there)
                cost = None if serving is None else flow_cost(when, frozenset(closed), frozenset(serving.items()))
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


def _pipes_in_service(problem: Problem, count: dict[tuple[str, int], int]) -> dict[int, int] | None:
    """How many of each pipe may carry something; None when they do not fit or replace what is not there."""
    there = {row: 1 if p.existing else count["pipe", row] for row, p in problem.pipes.iterrows()}
    number = {(p.corridor, p.resource, p.option): row for row, p in problem.pipes.iterrows()}
    serving, room = dict(there), {}
    for row, p in problem.pipes.iterrows():
        if p.existing:
            continue
        if p.upgrade_of:
            serving[number[p.corridor, p.resource, p.upgrade_of]] -= there[row]
        else:
            place = (p.corridor, p.resource)
            room[place] = room.get(place, 0) + there[row] / p.max_parallel
    fits = all(part <= 1 + 1e-9 for part in room.values()) and all(left >= 0 for left in serving.values())
    return serving if fits else None


def _fixed(problem: Problem, kind: str, row: int) -> float:
    tables = {"supply": problem.supplies, "demand": problem.demands, "corridor": problem.corridors,
              "pipe": problem.pipes, "route": problem.routes}  # fmt: skip
    return float(tables[kind].loc[row, "fixed_cost"])


def _flow_cost(problem: Problem, closed: set[tuple[str, int]], serving: dict[int, int]) -> float | None:
    columns: list[tuple[float, float, float, dict]] = []  # cost, lower, upper, coefficients by row
    price, constant = problem.settings.co2_price, 0.0
    forbidden = set(problem.limits.forbidden_exchanges)
    traced = len(problem.quality) > 0 or bool(forbidden)
    origins = problem.supplies["supply"].to_list() if traced else [""]
    home = dict(zip(problem.supplies["supply"], problem.supplies["node"], strict=True))
    value = problem.quality.query("supply != ''").set_index(["supply", "property"])["value"].to_dict()
    bounds = problem.quality.query("demand != ''")
    limited: dict[tuple, float] = {(row.demand, row.property, side): 0.0 for _, row in bounds.iterrows() for side in
                                   ("min", "max") if not np.isnan(row[side])}  # fmt: skip
    for row, s in problem.supplies.iterrows():
        saved = s.unplaced_cost + price * s.co2_unplaced
        constant += saved * s.quantity
        most = 0.0 if ("supply", row) in closed else s.quantity
        columns.append((s.unit_cost - saved, 0.0, most, {(s.node, s.resource, s.supply if traced else ""): 1.0}))
    for row, d in problem.demands.iterrows():
        saved = d.unserved_cost + price * d.co2_unserved
        constant += saved * d.quantity
        most = 0.0 if ("demand", row) in closed else d.quantity
        limited["demand", d.demand] = most
        for origin in origins:
            terms = {(d.node, d.resource, origin): -1.0, ("demand", d.demand): 1.0}
            for _, limit in bounds[bounds["demand"] == d.demand].iterrows():
                known = value.get((origin, limit.property), 0.0)
                terms[d.demand, limit.property, "max"] = known - limit["max"]
                terms[d.demand, limit.property, "min"] = limit["min"] - known
            barred = traced and (home[origin], d.node) in forbidden
            least = d.quantity if d.must_serve and not traced else 0.0
            columns.append((d.unit_cost - saved, least, 0.0 if barred else most, terms))
    columns += _pipe_columns(problem, closed, serving, origins, limited)
    for row, r in problem.routes.iterrows():
        most = 0.0 if ("route", row) in closed else (np.inf if np.isnan(r.capacity) else r.capacity)
        limited["route", row] = most
        for origin in origins:
            ends = {(r.from_node, r.resource, origin): -1.0, (r.to_node, r.resource, origin): 1.0, ("route", row): 1.0}
            columns.append((r.unit_cost + price * r.co2_per_unit, 0.0, most, ends))
    for _, g in problem.grades.iterrows():
        columns += [
            (g.unit_cost, 0.0, np.inf, {(node, g.resource, origin): -1.0, (node, g.serves, origin): 1.0})
            for node in problem.nodes["node"]
            for origin in origins
        ]
    return _solve(columns, {key: most for key, most in limited.items() if np.isfinite(most)}, constant)


def _pipe_columns(problem: Problem, closed, serving, origins, limited) -> list[tuple[float, float, float, dict]]:
    columns, price = [], problem.settings.co2_price
    corridors = problem.corridors.set_index("corridor")
    numbers = {name: row for row, name in enumerate(problem.corridors["corridor"])}
    for row, p in problem.pipes.iterrows():
        c = corridors.loc[p.corridor]
        shut = serving[row] == 0 or ("corridor", numbers[p.corridor]) in closed
        most = 0.0 if shut else (np.inf if np.isnan(p.capacity) else p.capacity * serving[row])
        for start, end in [(c.from_node, c.to_node)] + ([(c.to_node, c.from_node)] if c.both_ways else []):
            limit = {("pipe", row): 1.0, ("corridor", p.corridor): 1.0}
            for origin in origins:
                ends = {(start, p.resource, origin): -1.0, (end, p.resource, origin): 1 - p.loss}
                columns.append((p.unit_cost + price * p.co2_per_unit, 0.0, most, {**ends, **limit}))
        limited["pipe", row] = most
        limited["corridor", p.corridor] = np.inf if np.isnan(c.capacity) else c.capacity
    return columns


def _solve(columns, limited, constant) -> float | None:
    names = {key for column in columns for key in column[3]}
    balance = sorted((key for key in names if len(key) == 3 and key[2] not in ("min", "max")), key=str)
    upper, place = list(limited), {key: row for row, key in enumerate(balance)}
    equal, less = np.zeros((len(balance), len(columns))), np.zeros((len(upper), len(columns)))
    for number, column in enumerate(columns):
        for key, value in column[3].items():
            if key in limited:
                less[upper.index(key), number] = value
            elif key in place:
                equal[place[key], number] = value
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
