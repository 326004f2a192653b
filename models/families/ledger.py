"""The ledger: what each variable brings to a cell, costs and emits, and what is built for good."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression

Row = tuple[float | None, Any, float | None]  # lower bound, body, upper bound
Thing = tuple[str, str]  # what can be built: its kind and its name, whatever the period


@dataclass(frozen=True)
class Build:
    """A variable that says in one period how much of a thing is in use.

    Attributes
    ----------
    thing
        The same in every period.
    when
        Number of the period.
    fixed_cost
        Currency/year while it stands.
    invested
        What building it takes from the budget of its period.
    within
        The thing that must stand first, or None.
    choice
        Things of the same choice share the room of one for ever; None: they need no room of their own.
    share
        How much of that room one takes.
    exact
        What stands is in use: what replaces another cannot be put aside.
    """

    thing: Thing
    variable: Any
    when: int
    fixed_cost: float
    invested: float
    within: Thing | None = None
    choice: Hashable | None = None
    share: float = 1.0
    exact: bool = False


class Ledger:
    """Terms registered by the families.

    Attributes
    ----------
    cost
        Coefficient by variable (``id``): currency per unit of the variable, times the weight of its period.
    co2
        For each period, coefficient by variable: t/year per unit of the variable.
    fixed_cost, fixed_co2
        What is paid (weighted) over all periods, and emitted in each (t/year), whatever is decided.
    builds
        What the families can build.
    """

    def __init__(self, cells: int, weights: Sequence[float] = (1.0,)) -> None:
        self._balance: list[tuple[list[Any], list[float]]] = [([], []) for _ in range(cells)]
        self._variables: dict[int, Any] = {}
        self.weights = np.asarray(weights, dtype=np.float64)
        self.cost: dict[int, float] = {}
        self.co2: list[dict[int, float]] = [{} for _ in weights]
        self.fixed_cost = 0.0
        self.fixed_co2 = np.zeros(len(weights))
        self.builds: list[Build] = []

    def inflow(self, cells: Iterable[int], variables: Sequence[Any], factors: npt.ArrayLike = 1.0) -> None:
        """Register that each variable brings ``factor`` units into its cell."""
        values = np.broadcast_to(np.asarray(factors, dtype=np.float64), len(variables)).tolist()
        for cell, variable, factor in zip(cells, variables, values, strict=True):
            terms, coefficients = self._balance[cell]
            terms.append(variable)
            coefficients.append(factor)

    def outflow(self, cells: Iterable[int], variables: Sequence[Any], factors: npt.ArrayLike = 1.0) -> None:
        """Register that each variable takes ``factor`` units out of its cell."""
        self.inflow(cells, variables, -np.asarray(factors, dtype=np.float64))

    def pay(self, variables: Sequence[Any], unit_costs: npt.ArrayLike, when: npt.ArrayLike = 0) -> None:
        """Register a cost per year and unit of each variable, which lives in period ``when``."""
        weights = self.weights[np.broadcast_to(np.asarray(when, dtype=np.int64), len(variables))]
        for variable, value in zip(variables, (np.asarray(unit_costs) * weights).tolist(), strict=True):
            self._add(self.cost, variable, value)

    def emit(self, variables: Sequence[Any], unit_co2: npt.ArrayLike, when: npt.ArrayLike = 0) -> None:
        """Register CO2 per year and unit of each variable, which lives in period ``when``."""
        values = np.broadcast_to(np.asarray(unit_co2, dtype=np.float64), len(variables)).tolist()
        periods = np.broadcast_to(np.asarray(when, dtype=np.int64), len(variables)).tolist()
        for variable, value, period in zip(variables, values, periods, strict=True):
            self._add(self.co2[period], variable, value)

    def owe(self, costs: pd.Series, when: pd.Series) -> None:
        """Register costs per year that are paid whatever is decided."""
        self.fixed_cost += float((costs * self.weights[when]).sum())

    def shed(self, co2: pd.Series, when: pd.Series) -> None:
        """Register CO2, t/year, that is emitted whatever is decided."""
        self.fixed_co2 += np.bincount(when, co2, minlength=len(self.weights))

    def build(
        self,
        variables: Sequence[Any],
        rows: pd.DataFrame,
        *,
        things: Sequence[Thing],
        within: Sequence[Thing | None] | None = None,
        choices: Sequence[Hashable | None] | None = None,
    ) -> None:
        """Register what is built: the whole cost of it in a single period, otherwise paid while it stands.

        ``rows`` has ``fixed_cost``, ``invested`` and ``when`` for each variable, and may have ``share`` and
        ``exact``.
        """
        rows = rows.assign(**{name: rows.get(name, plain) for name, plain in (("share", 1.0), ("exact", False))})
        if len(self.weights) == 1:
            self.pay(variables, rows["fixed_cost"])
        nothing = [None] * len(variables)
        self.builds += [
            Build(*fields)
            for fields in zip(
                things,
                variables,
                rows["when"].tolist(),
                rows["fixed_cost"].tolist(),
                rows["invested"].tolist(),
                within or nothing,
                choices or nothing,
                rows["share"].tolist(),
                rows["exact"].tolist(),
                strict=True,
            )
        ]

    def _add(self, book: dict[int, float], variable: object, value: float) -> None:
        if value:
            key = id(variable)
            self._variables[key] = variable
            book[key] = book.get(key, 0.0) + value

    def close(self, co2_price: float) -> LinearExpression:
        """Return the objective: every cost, and the price of all CO2, each weighted by its period."""
        for weight, book in zip(self.weights.tolist(), self.co2, strict=True):
            for key, amount in book.items():
                self.cost[key] = self.cost.get(key, 0.0) + co2_price * (weight * amount)
        constant = self.fixed_cost + co2_price * float(self.weights @ self.fixed_co2)
        return self.expression(self.cost, constant)

    def balance_terms(self) -> list[tuple[list[Any], list[float]]]:
        """Return variables and coefficients per cell."""
        return self._balance

    def expression(self, book: Mapping[int, float], constant: float = 0.0) -> LinearExpression:
        """Return a book as one linear expression."""
        return linear([self._variables[key] for key in book], list(book.values()), constant)


def linear(variables: Sequence[Any], coefficients: Sequence[float], constant: float = 0.0) -> LinearExpression:
    """Return ``constant + sum(coefficient * variable)`` without building an expression tree."""
    return LinearExpression(constant=constant, linear_coefs=list(coefficients), linear_vars=list(variables))


def variables(
    keys: Sequence[Hashable], upper: npt.ArrayLike, doc: str, *, lower: npt.ArrayLike = 0.0, integer: bool = False
) -> pyo.Var:
    """Return variables with bounds; integer ones with upper bound 1 are binary."""
    count = len(keys)
    lows = np.broadcast_to(np.asarray(lower, dtype=np.float64), count).tolist()
    highs = np.broadcast_to(np.asarray(upper, dtype=np.float64), count).tolist()
    bounds = dict(zip(keys, zip(lows, highs, strict=True), strict=True))
    domain = pyo.NonNegativeIntegers if integer else pyo.NonNegativeReals
    if integer and all(high == 1 for high in highs):
        domain = pyo.Binary
    return pyo.Var(list(keys), domain=domain, bounds=bounds, doc=doc)


def named(keys: Iterable[Any], origins: Iterable[str]) -> list[Any]:
    """Return the keys, each with the origin of what it is about where any is traced (Pyomo wants equal lengths)."""
    origins, keys = list(origins), list(keys)
    if not any(origins):
        return keys
    return [(*(key if isinstance(key, tuple) else (key,)), origin) for key, origin in zip(keys, origins, strict=True)]


def constraints(rows: Mapping[Any, Row], doc: str) -> pyo.Constraint:
    """Return named rows ``lower <= body <= upper``."""
    return pyo.Constraint(list(rows), rule=dict(rows), doc=doc)
