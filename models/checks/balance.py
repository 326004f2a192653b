"""Balance: at every node what comes in of a resource goes out, or serves as a lesser grade."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from data.plan import Plan
from data.problem import Problem
from models.checks.periods import said, time_table
from models.checks.tolerance import RELATIVE


def balance_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return every node and resource with a quantity from nowhere, or one that goes nowhere."""
    unit = problem.resources.set_index("resource")["unit"].to_dict()
    violations = []
    for node, period, surplus, turnover in _uneven(problem, plan):
        lost, _ = _convert(problem, surplus, turnover)
        violations += [
            f"node {node}: {abs(amount):g} {unit.get(resource, '')}/year of {resource} "
            + ("come in and do not go out" if amount > 0 else "go out and did not come in")
            + said(period)
            for resource, amount in lost.items()
        ]
    return violations


def conversion_costs(problem: Problem, plan: Plan) -> dict[str, float]:
    """Return by period the least cost of all uses as lesser grades that the balances need, currency/year."""
    costs = dict.fromkeys(time_table(problem).index, 0.0)
    for _, period, surplus, turnover in _uneven(problem, plan):
        costs[period] += _convert(problem, surplus, turnover)[1]
    return costs


def _uneven(problem: Problem, plan: Plan) -> list[tuple[str, str, dict[str, float], dict[str, float]]]:
    """Return node, period, surplus and turnover by resource, where a balance is not even."""
    terms = pd.concat(_terms(problem, plan), ignore_index=True)
    terms["size"] = terms["amount"].abs()
    table = terms.groupby(["node", "period", "resource"], sort=True)[["amount", "size"]].sum().reset_index()
    table["tolerance"] = RELATIVE * np.maximum(1.0, table["size"])
    uneven = table[table["amount"].abs() > table["tolerance"]]
    return [
        (
            str(node),
            str(period),
            dict(zip(rows["resource"], rows["amount"], strict=True)),
            dict(zip(rows["resource"], rows["tolerance"], strict=True)),
        )
        for (node, period), rows in uneven.groupby(["node", "period"], sort=True)
    ]


def _terms(problem: Problem, plan: Plan) -> list[pd.DataFrame]:
    """Return ``node``, ``period``, ``resource``, ``amount`` (positive: comes in) of everything in the plan."""
    pipes = plan.built_pipes.merge(problem.corridors[["corridor", "from_node", "to_node"]], on="corridor")
    pipes = pipes.merge(
        problem.pipes[["corridor", "resource", "option", "loss"]], on=["corridor", "resource", "option"]
    )
    keep = 1 - pipes["loss"]
    at_start = keep * pipes["flow_backward"] - pipes["flow_forward"]
    at_end = keep * pipes["flow_forward"] - pipes["flow_backward"]
    hubs = plan.built_hubs.merge(problem.recipes, on="technology")
    parts = [
        (plan.unplaced, "node", plan.unplaced["placed"]),
        (plan.unserved, "node", -plan.unserved["served"]),
        (pipes, "from_node", at_start),
        (pipes, "to_node", at_end),
        (plan.hauls, "from_node", -plan.hauls["quantity"]),
        (plan.hauls, "to_node", plan.hauls["quantity"]),
        (hubs, "node", hubs["throughput"] * hubs["quantity_per_throughput"]),
    ]
    return [
        pd.DataFrame({"node": table[end], "period": table["period"], "resource": table["resource"], "amount": amount})
        for table, end, amount in parts
    ]


def _convert(
    problem: Problem, surplus: dict[str, float], tolerance: dict[str, float]
) -> tuple[dict[str, float], float]:
    """Return what stays uneven after the cheapest uses as lesser grades, and what those cost.

    A linear programme over the rows of ``grades``: conversions >= 0, what stays over or short is penalised
    beyond any cost, resources in between pass on what they get.
    """
    grades = problem.grades
    names = sorted({*surplus, *grades["resource"], *grades["serves"]})
    place = {name: row for row, name in enumerate(names)}
    edges, count = len(grades), len(names)
    matrix = np.zeros((count, edges + 2 * count))
    for column, (better, lesser) in enumerate(zip(grades["resource"], grades["serves"], strict=True)):
        matrix[place[better], column] -= 1.0
        matrix[place[lesser], column] += 1.0
    matrix[:, edges : edges + count] = -np.eye(count)  # goes nowhere
    matrix[:, edges + count :] = np.eye(count)  # comes from nowhere
    size = max(map(abs, surplus.values()))
    needed = np.array([-surplus.get(name, 0.0) / size for name in names])
    costs = grades["unit_cost"].to_numpy(dtype=np.float64)
    penalty = 1e3 * (1.0 + np.abs(costs).sum())
    result = linprog([*costs, *[penalty] * (2 * count)], A_eq=matrix, b_eq=needed, bounds=(0, None), method="highs")
    if result.status != 0:
        return surplus, 0.0
    left = (result.x[edges : edges + count] - result.x[edges + count :]) * size
    lost = {
        name: float(amount)
        for name, amount in zip(names, left, strict=True)
        if abs(amount) > tolerance.get(name, RELATIVE)
    }
    return lost, float(costs @ result.x[:edges]) * size
