"""Carrying something in a circle must not earn money: no plan could be the best one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.problem import Problem
from models.network import Floats, Ints, Network


def unbounded_reasons(problem: Problem, network: Network) -> tuple[str, ...]:
    """Return a sentence that names a circle in which a quantity could be carried at a profit; empty without one.

    Only arcs without losses count: where something is lost, every round needs more supply.
    """
    arcs = network.arcs.assign(cost=_unit_costs(problem, network))
    arcs = arcs[arcs["loss"] == 0]
    if not (arcs["cost"] < 0).any():
        return ()
    tail, head = arcs["from_cell"].to_numpy(), arcs["to_cell"].to_numpy()
    circle = _negative_circle(tail, head, arcs["cost"].to_numpy(dtype=np.float64), len(network.cells))
    if not len(circle):
        return ()
    cells = network.cells.iloc[[*tail[circle], tail[circle[0]]]]
    first = cells["resource"].iloc[0]
    unit = problem.resources.set_index("resource").loc[first, "unit"]
    gain = -float(arcs["cost"].to_numpy()[circle].sum())
    return (
        f"carrying {first} in a circle, {' -> '.join(cells['node'])}, earns {gain:,.5g} {problem.currency}/{unit} "
        "in each round: a cost on the way has the wrong sign",
    )


def _unit_costs(problem: Problem, network: Network) -> Floats:
    """Return what a unit costs on each arc, CO2 included, in the order of ``network.arcs``."""
    price, pipes = problem.settings.co2_price, network.pipes
    flows = (pipes["unit_cost"] + price * pipes["co2_per_unit"]).to_numpy()[network.flows["pipe"].to_numpy()]
    hauls = network.hauls["unit_cost"] + price * network.hauls["co2_per_unit"]
    return np.concatenate([flows, hauls.to_numpy(), network.grades["unit_cost"].to_numpy()]).astype(np.float64)


def _negative_circle(tail: Ints, head: Ints, cost: Floats, count: int) -> Ints:
    """Return the arcs of a circle of negative cost in their order, or none (Bellman 1958, Ford 1956)."""
    reached, into = np.zeros(count), np.full(count, -1, dtype=np.int64)
    slack = 1e-9 * max(1.0, float(np.abs(cost).max()))
    for _ in range(count + 1):
        found = pd.DataFrame({"head": head, "cost": reached[tail] + cost})
        best = found.loc[found.groupby("head")["cost"].idxmin()]
        better = best[best["cost"].to_numpy() < reached[best["head"].to_numpy()] - slack]
        if better.empty:
            return np.zeros(0, dtype=np.int64)
        reached[better["head"]], into[better["head"]] = better["cost"], better.index
        if len(circle := _circle(tail, into, int(better["head"].iloc[0]))):
            return circle
    return np.zeros(0, dtype=np.int64)


def _circle(tail: Ints, into: Ints, cell: int) -> Ints:
    """Return the arcs of the circle that the way back from a cell runs into, if it does."""
    seen: dict[int, int] = {}
    way: list[int] = []
    while cell not in seen and into[cell] >= 0:
        seen[cell] = len(way)
        way.append(int(into[cell]))
        cell = int(tail[into[cell]])
    return np.array(way[seen[cell] :][::-1] if cell in seen else [], dtype=np.int64)
