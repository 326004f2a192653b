"""From a Pyomo model to arrays.

Pyomo's own compilers walk expression trees and write a range as two rows; every row that our families make is
one ``LinearExpression``, which can be read term by term (decision 0007 has the times).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression, MonomialTermExpression, NumericExpression
from pyomo.repn import generate_standard_repn
from scipy.sparse import csr_array

from models.collector import collector_paused
from models.mip import Floats, Mip


@dataclass(frozen=True)
class Compiled:
    """A Pyomo model as arrays, with the variables and constraints that its columns and rows stand for."""

    mip: Mip
    columns: tuple[Any, ...]
    rows: tuple[Any, ...]

    def load(self, values: Floats) -> None:
        """Give every variable of the model its value."""
        for variable, value in zip(self.columns, values.tolist(), strict=True):
            variable.set_value(value, skip_validation=True)

    def identities(self) -> list[tuple[str, Hashable]]:
        """Return each column's component and index: the same in two models where they mean the same."""
        return [(variable.parent_component().name, variable.index()) for variable in self.columns]

    def column_names(self) -> list[str]:
        """Return the variables' names without blanks, such as ``flow[AB,ash,DN100,forward]``."""
        return _names(self.columns)

    def row_names(self) -> list[str]:
        """Return the constraints' names without blanks."""
        return _names(self.rows)


def _names(parts: Iterable[Any]) -> list[str]:
    names = [re.sub(r"\s+", "_", part.name) for part in parts]
    if len(set(names)) < len(names):  # two names that differ in blanks only
        names = [f"{name}#{number}" for number, name in enumerate(names)]
    return names


@collector_paused()
def compile_model(model: pyo.ConcreteModel) -> Compiled:
    """Return the model as arrays; columns and rows in the order in which the model declares them.

    Every variable is a column, also one that no row uses; a fixed variable is a column with equal bounds.

    Raises
    ------
    ValueError
        A row or the objective is not linear, or the objective is not a single one to be minimised.
    """
    columns = tuple(v for part in model.component_objects(pyo.Var, active=True) for v in part.values())
    number = {id(variable): column for column, variable in enumerate(columns)}
    rows: list[Any] = []
    lower: list[float] = []
    upper: list[float] = []
    coefficients: list[float] = []
    indices: list[int] = []
    starts = [0]
    for part in model.component_objects(pyo.Constraint, active=True):
        for row in part.values():
            if not row.active:
                continue
            low, body, high = row.to_bounded_expression(evaluate_bounds=True)
            constant = _append(body, number, coefficients, indices)
            rows.append(row)
            lower.append(-np.inf if low is None else low - constant)
            upper.append(np.inf if high is None else high - constant)
            starts.append(len(indices))
    shape = (len(rows), len(columns))
    matrix = csr_array((_floats(coefficients), np.asarray(indices, np.int32), np.asarray(starts, np.int32)), shape)
    matrix.sum_duplicates()
    cost, offset = _objective(model, number)
    column_lower, column_upper = _bounds(columns)
    mip = Mip(
        cost=cost,
        lower=column_lower,
        upper=column_upper,
        integer=np.fromiter((not v.is_continuous() for v in columns), bool, len(columns)),
        matrix=matrix,
        row_lower=_floats(lower),
        row_upper=_floats(upper),
        offset=offset,
    )
    return Compiled(mip, columns, tuple(rows))


def _append(body: NumericExpression, number: dict[int, int], coefficients: list[float], indices: list[int]) -> float:
    """Append the terms of a linear expression and return its constant."""
    if body.__class__ is not LinearExpression:
        return _append_any(body, number, coefficients, indices)
    constant = 0.0
    for term in body.args:
        if term.__class__ is MonomialTermExpression:
            coefficient, variable = term.args
            coefficients.append(coefficient)
            indices.append(number[id(variable)])
        else:
            constant += pyo.value(term)
    return constant


def _append_any(
    body: NumericExpression, number: dict[int, int], coefficients: list[float], indices: list[int]
) -> float:
    """Append what Pyomo makes of any other expression: slower, for rows written with operators."""
    found = generate_standard_repn(body, compute_values=True)
    if not found.is_linear():
        raise ValueError(f"not linear: {body}")
    coefficients += found.linear_coefs
    indices += [number[id(variable)] for variable in found.linear_vars]
    return float(found.constant)


def _objective(model: pyo.ConcreteModel, number: dict[int, int]) -> tuple[Floats, float]:
    objectives = list(model.component_data_objects(pyo.Objective, active=True))
    if len(objectives) != 1 or objectives[0].sense != pyo.minimize:
        raise ValueError("one objective to be minimised is expected")
    coefficients: list[float] = []
    indices: list[int] = []
    offset = _append(objectives[0].expr, number, coefficients, indices)
    cost = np.zeros(len(number))
    np.add.at(cost, indices, _floats(coefficients))
    return cost, float(offset)


def _bounds(columns: tuple[Any, ...]) -> tuple[Floats, Floats]:
    pairs = [(v.value, v.value) if v.fixed else v.bounds for v in columns]
    lower = _floats([-np.inf if low is None else low for low, _ in pairs])
    upper = _floats([np.inf if high is None else high for _, high in pairs])
    return lower, upper


def _floats(values: list[float]) -> Floats:
    return np.asarray(values, dtype=np.float64)
