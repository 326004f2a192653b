"""The arrays say what the Pyomo model says."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from models.build import build_model
from models.compile import compile_model
from models.families.ledger import linear
from models.network import build_network
from models.tighten import tighten
from tests.models import cases


def small() -> pyo.ConcreteModel:
    model = pyo.ConcreteModel()
    model.x = pyo.Var(["a b", "c"], bounds=(0, 5))
    model.n = pyo.Var(bounds=(None, 7), domain=pyo.Integers)
    model.unused = pyo.Var(bounds=(1, 2))
    x, n = model.x, model.n
    model.range = pyo.Constraint(rule=(1, linear([x["a b"], n], [3.0, -1.0], 2.0), 9))
    model.equal = pyo.Constraint(expr=linear([x["c"], n, x["c"]], [1.0, 1.0, 1.0]) == 4)
    model.written = pyo.Constraint(expr=2 * x["c"] + 1 >= n)
    model.off = pyo.Constraint(expr=n <= 0)
    model.off.deactivate()
    model.cost = pyo.Objective(expr=linear([x["c"], n], [1.0, 2.0], 10.0))
    return model


def test_ranges_constants_and_repeated_terms():
    mip = compile_model(small()).mip
    assert mip.matrix.toarray().tolist() == [[3, 0, -1, 0], [0, 2, 1, 0], [0, -2, 1, 0]]
    assert mip.row_lower.tolist() == [-1, 4, -np.inf]
    assert mip.row_upper.tolist() == [7, 4, 1]
    assert mip.lower.tolist() == [0, 0, -np.inf, 1]
    assert mip.upper.tolist() == [5, 5, 7, 2]
    assert mip.integer.tolist() == [False, False, True, False]
    assert (mip.cost.tolist(), mip.offset) == ([0, 1, 2, 0], 10)


def test_a_fixed_variable_has_equal_bounds():
    model = small()
    model.n.fix(3)
    mip = compile_model(model).mip
    assert (mip.lower[2], mip.upper[2]) == (3, 3)


def test_names_and_values():
    model = small()
    compiled = compile_model(model)
    assert compiled.column_names() == ["x[a_b]", "x[c]", "n", "unused"]
    assert compiled.row_names() == ["range", "equal", "written"]
    compiled.load(np.array([1.0, 0.5, 3.0, 2.0]))
    assert (model.x["a b"].value, model.n.value) == (1, 3)
    assert compiled.mip.is_feasible(np.array([1.0, 0.5, 3.0, 2.0])) == (pyo.value(model.written.body) <= 0)


def test_what_is_not_linear_is_refused():
    model = small()
    model.square = pyo.Constraint(expr=model.n * model.n <= 4)
    with pytest.raises(ValueError, match="not linear"):
        compile_model(model)


def test_only_one_objective_to_be_minimised():
    model = small()
    model.cost.sense = pyo.maximize
    with pytest.raises(ValueError, match="minimised"):
        compile_model(model)


@pytest.mark.parametrize("name", cases.KNOWN)
def test_pyomo_compiles_the_same(name):
    problem = cases.KNOWN[name][0]
    model = build_model(problem, tighten(build_network(problem)))
    ours = compile_model(model)
    theirs = LinearStandardFormCompiler().write(model, mixed_form=True)
    number = {id(variable): column for column, variable in enumerate(ours.columns)}
    row_number = {id(row): position for position, row in enumerate(ours.rows)}
    columns = [number[id(variable)] for variable in theirs.columns]
    rows = [row_number[id(entry.constraint)] for entry in theirs.rows]
    assert abs(ours.mip.matrix[rows][:, columns] - theirs.A).max() == 0
    assert ours.mip.cost[columns] == pytest.approx(theirs.c.toarray()[0])
    assert ours.mip.offset == pytest.approx(theirs.c_offset[0])
    side = {0: ours.mip.row_upper, 1: ours.mip.row_upper, -1: ours.mip.row_lower}
    assert [side[entry.bound_type][row] for row, entry in zip(rows, theirs.rows, strict=True)] == list(theirs.rhs)
