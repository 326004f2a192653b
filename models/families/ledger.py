"""The ledger: what each variable brings to a cell, costs and emits."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression

Row = tuple[float | None, Any, float | None]  # lower bound, body, upper bound


class Ledger:
    """Terms registered by the families.

    Attributes
    ----------
    cost, co2
        Coefficient by variable (``id``): currency and t per unit of the variable.
    fixed_cost, fixed_co2
        What is paid and emitted whatever is decided, currency/year and t/year.
    """

    def __init__(self, cells: int) -> None:
        self._balance: list[tuple[list[Any], list[float]]] = [([], []) for _ in range(cells)]
        self._variables: dict[int, Any] = {}
        self.cost: dict[int, float] = {}
        self.co2: dict[int, float] = {}
        self.fixed_cost = 0.0
        self.fixed_co2 = 0.0

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

    def pay(self, variables: Sequence[Any], unit_costs: npt.ArrayLike) -> None:
        """Register a cost per unit of each variable."""
        self._add(self.cost, variables, unit_costs)

    def emit(self, variables: Sequence[Any], unit_co2: npt.ArrayLike) -> None:
        """Register CO2 per unit of each variable."""
        self._add(self.co2, variables, unit_co2)

    def _add(self, book: dict[int, float], variables: Sequence[Any], units: npt.ArrayLike) -> None:
        values = np.broadcast_to(np.asarray(units, dtype=np.float64), len(variables)).tolist()
        for variable, value in zip(variables, values, strict=True):
            if value:
                key = id(variable)
                self._variables[key] = variable
                book[key] = book.get(key, 0.0) + value

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
