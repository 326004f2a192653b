"""HiGHS on arrays: worked examples, a start that is used, and stopping that keeps what is held."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from data.errors import SolverError
from models import highs
from models.highs import solve_mip
from models.mip import Mip


def make(rows, lower, upper, cost, *, most=10.0, integer=True, offset=0.0) -> Mip:
    matrix = csr_array(np.asarray(rows, dtype=np.float64))
    count = len(cost)
    return Mip(
        cost=np.asarray(cost, dtype=np.float64),
        lower=np.zeros(count),
        upper=np.full(count, most),
        integer=np.full(count, integer),
        matrix=matrix,
        row_lower=np.asarray(lower, dtype=np.float64),
        row_upper=np.asarray(upper, dtype=np.float64),
        offset=offset,
    )


def covering(rows: int = 400, columns: int = 80, density: float = 0.2) -> Mip:
    """Covering with whole columns: HiGHS finds covers at once and proves little for a long time."""
    rng = np.random.default_rng(1)
    matrix = csr_array(random_array((rows, columns), density=density, rng=rng, format="csr"))
    matrix.data = np.ceil(matrix.data * 10)
    return Mip(
        cost=np.ceil(rng.random(columns) * 20),
        lower=np.zeros(columns),
        upper=np.full(columns, 9.0),
        integer=np.ones(columns, dtype=bool),
        matrix=matrix,
        row_lower=np.full(rows, 37.0),
        row_upper=np.full(rows, np.inf),
    )


def test_whole_columns():
    """3x + 2y >= 7 at cost 5x + 4y: (1, 2) costs 13; (3, 0) 15; (2, 1) 14; the relaxation 7/3 * 5."""
    found = solve_mip(make([[3, 2]], [7], [np.inf], [5, 4], offset=100), gap=0, time_limit_s=60)
    assert found.status == "gap_reached"
    assert found.values.tolist() == [1, 2]
    assert found.bound == pytest.approx(113)


def test_linear():
    found = solve_mip(make([[3, 2]], [7], [np.inf], [5, 4], integer=False), gap=0, time_limit_s=60)
    assert found.values.tolist() == pytest.approx([7 / 3, 0])
    assert found.bound == pytest.approx(35 / 3)


@pytest.mark.parametrize("integer", [True, False])
def test_infeasible(integer):
    found = solve_mip(make([[1, 1]], [21], [np.inf], [1, 1], integer=integer), gap=0, time_limit_s=60)
    assert (found.status, found.values, found.bound) == ("infeasible", None, None)


@pytest.mark.parametrize("integer", [True, False])
def test_unbounded(integer):
    found = solve_mip(make([[1, -1]], [0], [0], [-1, 0], most=np.inf, integer=integer), gap=0, time_limit_s=60)
    assert (found.status, found.values) == ("unbounded", None)


@pytest.mark.parametrize(("upper", "status"), [(1.0, "gap_reached"), (-1.0, "infeasible")])
def test_nothing_to_decide(upper, status):
    found = solve_mip(make(np.zeros((1, 0)), [-np.inf], [upper], [], offset=7), gap=0, time_limit_s=60)
    assert found.status == status
    assert found.bound == (7 if status == "gap_reached" else None)


def test_no_time_proves_nothing():
    found = solve_mip(covering(), gap=0, time_limit_s=0)
    assert (found.status, found.values, found.bound) == ("time_limit", None, None)


def test_stopping_keeps_the_best_found():
    seen = []
    found = solve_mip(covering(), gap=0, time_limit_s=300, on_progress=seen.append, stop=lambda: bool(seen))
    assert found.status == "interrupted"
    assert covering().is_feasible(found.values)
    assert found.bound < covering().objective(found.values) <= seen[0].incumbent
    assert seen[0].gap == pytest.approx((seen[0].incumbent - seen[0].bound) / seen[0].incumbent)


def test_a_solve_that_does_not_stop_is_left_to_itself(monkeypatch):
    monkeypatch.setattr(highs, "PATIENCE_S", 0.0)
    monkeypatch.setattr(highs.HighsCallbackEvent, "interrupt", lambda event: None)
    seen = []
    found = solve_mip(covering(), gap=0, time_limit_s=4, on_progress=seen.append, stop=lambda: bool(seen))
    assert any(thread.name == "HiGHS" for thread in threading.enumerate())
    assert found.status == "interrupted"
    assert covering().is_feasible(found.values)
    assert found.bound < covering().objective(found.values) <= seen[0].incumbent


def test_an_error_of_the_listener_reaches_the_caller():
    def fail(_):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        solve_mip(covering(), gap=0, time_limit_s=300, on_progress=fail)


def test_a_start_is_where_the_search_begins():
    mip = covering()
    best = solve_mip(mip, gap=0.5, time_limit_s=60).values
    again = solve_mip(mip, gap=0, time_limit_s=60, start=best, options={"mip_max_nodes": 0, "mip_heuristic_effort": 0})
    assert mip.objective(again.values) <= mip.objective(best)


def test_any_number_of_threads_one_after_the_other():
    for threads in (1, 2, 1):
        assert solve_mip(make([[3, 2]], [7], [9], [5, 4]), gap=0, time_limit_s=60, threads=threads).bound == 13


def test_numbers_and_options_that_cannot_be_used():
    with pytest.raises(SolverError, match="not a number"):
        solve_mip(make([[np.nan, 2]], [7], [9], [5, 4]), gap=0, time_limit_s=60)
    with pytest.raises(SolverError, match="nonsense"):
        solve_mip(make([[3, 2]], [7], [9], [5, 4]), gap=0, time_limit_s=60, options={"nonsense": 1})
