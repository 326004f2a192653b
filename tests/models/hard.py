"""Problems that keep a solver busy."""

from __future__ import annotations

import numpy as np

from data.problem import Problem
from data.settings import Solver
from tests.models import cases


def grid(size: int = 5, resources: int = 3, solver: Solver | None = None) -> Problem:
    """A square grid of corridors, three diameters for each resource, shared trenches: slow to prove."""
    rng = np.random.default_rng(0)
    names = [f"r{number}" for number in range(resources)]
    steps = [(i, j, i + di, j + dj) for i in range(size) for j in range(size) for di, dj in ((1, 0), (0, 1))]
    ends = [(f"n{i}.{j}", f"n{a}.{b}") for i, j, a, b in steps if a < size and b < size]
    corridors = [cases.corridor(start, end, fixed_cost=int(rng.integers(50, 150))) for start, end in ends]
    pipes = [
        cases.pipe(row["corridor"], name, option, fixed_cost=cost, capacity=capacity, unit_cost=0.05)
        for row in corridors
        for name in names
        for option, cost, capacity in (("S", 20, 40), ("M", 33, 90), ("L", 43, 200))
    ]
    places = [f"n{i}.{j}" for i, j in rng.integers(0, size, (8 * resources, 2))]
    amounts = rng.integers(30, 90, len(places)).tolist()
    supplies = {
        (place, name): cases.supply(place, amount, name, unplaced_cost=3)
        for place, amount, name in zip(places[::2], amounts[::2], names * 4, strict=True)
    }
    demands = {
        (place, name): cases.demand(place, amount, name, unserved_cost=8)
        for place, amount, name in zip(places[1::2], amounts[1::2], names * 4, strict=True)
    }
    return cases.make(
        supplies=list(supplies.values()), demands=list(demands.values()), corridors=corridors, pipes=pipes,
        solver=solver or Solver(gap=0.0),
    )  # fmt: skip
