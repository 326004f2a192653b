"""Capacitated facility location as in OR-Library (``cap*.txt``; Beasley 1988, EJOR 33: 235-244).

First the numbers of facilities and customers; per facility its capacity and fixed cost; per customer its
demand and what serving *all* of it from each facility costs. In ``capa``, ``capb`` and ``capc`` the word
``capacity`` stands where the capacity would: the published optima are for the values of ``OPEN_CAPACITIES``.

As a Problem: a facility is a supply with a fixed cost, a customer a demand that must be served, and every
pair a truck route whose unit cost is the cost divided by the demand.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.instances.lines import Words, number, read_lines, whole, wrong
from benchmarks.instances.tables import named, table
from data.problem import Problem

OPEN_CAPACITIES: Mapping[str, tuple[float, ...]] = {
    "capa": (8000.0, 10000.0, 12000.0, 14000.0),
    "capb": (5000.0, 6000.0, 7000.0, 8000.0),
    "capc": (5000.0, 5750.0, 6500.0, 7250.0),
}


def wants_capacity(path: Path) -> bool:
    """Return whether the file says ``capacity`` where a number would stand."""
    return "capacity" in path.read_text(encoding="utf-8-sig", errors="replace").casefold()


def read_facility(path: Path, *, capacity: float | None = None) -> Problem:
    """Return the Problem of one file; ``capacity`` is what the word ``capacity`` stands for.

    Raises
    ------
    InputError
        Naming the line that cannot be understood.
    """
    words = Words(path, read_lines(path, comments=("#",)))
    facilities, customers = (
        whole(path, words.line, words.number(f"the number of {what}"), f"the number of {what}", least=1)
        for what in ("facilities", "customers")
    )
    if capacity is None:
        # A file named capa1 to capc4 is told by its name.
        known = OPEN_CAPACITIES.get(path.stem[:-1], ())
        capacity = dict(zip("1234", known, strict=False)).get(path.stem[-1:])
    places = np.array([_facility(path, words, capacity) for _ in range(facilities)])
    demand, cost = np.empty(customers), np.empty((facilities, customers))
    for row in range(customers):
        demand[row] = words.number("the demand of a customer")
        if not demand[row] > 0:
            raise wrong(path, words.line, f"{demand[row]:g}", "a demand of more than 0")
        cost[:, row] = [words.number("the cost of serving a customer") for _ in range(facilities)]
    words.finish()
    return _problem(path.stem, places[:, 0], places[:, 1], demand, cost)


def _facility(path: Path, words: Words, capacity: float | None) -> tuple[float, float]:
    word = words.take("the capacity of a facility")
    if word.casefold().startswith("capacity"):
        if capacity is None:
            raise wrong(path, words.line, repr(word), "a capacity, or a file named like capa1 whose capacity is known")
        most = capacity
    else:
        most = number(path, words.line, word, "the capacity of a facility")
    fixed = words.number("the fixed cost of a facility")
    if most < 0 or fixed < 0:
        raise wrong(path, words.line, f"{min(most, fixed):g}", "a capacity and a fixed cost of at least 0")
    return most, fixed


def _problem(
    name: str,
    capacity: np.ndarray[tuple[int], np.dtype[np.float64]],
    fixed: np.ndarray[tuple[int], np.dtype[np.float64]],
    demand: np.ndarray[tuple[int], np.dtype[np.float64]],
    cost: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> Problem:
    facilities, customers = cost.shape
    places, people = named("facility", facilities), named("customer", customers)
    start, end = np.repeat(places, customers), np.tile(people, facilities)
    return Problem(
        name=name,
        nodes=table("nodes", node=np.concatenate([places, people]), kind="plant"),
        resources=table("resources", resource=["goods"], unit="unit"),
        supplies=table(
            "supplies", supply=places, node=places, resource="goods", quantity=capacity, fixed_cost=fixed
        ),
        demands=table(
            "demands", demand=people, node=people, resource="goods", quantity=demand, must_serve=True
        ),
        vehicles=table("vehicles", vehicle=["truck"]),
        routes=table(
            "routes", route=start + " " + end, from_node=start, to_node=end, resource="goods", vehicle="truck",
            unit_cost=(cost / demand).ravel(),
        ),
    )  # fmt: skip
