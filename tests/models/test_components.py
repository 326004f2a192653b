"""Parts that share nothing: the same optimum as in one go, and a gap that holds for the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_array

from models import components
from models.components import solve_apart, split
from models.highs import solve_mip
from models.mip import Mip, relative_gap
from tests.models.test_highs import covering, make


def beside(*mips: Mip, offset: float = 0.0) -> Mip:
    """Several programmes as one."""
    join = {name: np.concatenate([getattr(mip, name) for mip in mips]) for name in
            ("cost", "lower", "upper", "integer", "row_lower", "row_upper")}  # fmt: skip
    return Mip(matrix=csr_array(block_diag([mip.matrix for mip in mips])), offset=offset, **join)


def exact(mip, *, gap, time_limit_s, start, on_progress):
    return solve_mip(mip, gap=gap, time_limit_s=time_limit_s, start=start, on_progress=on_progress)


@pytest.fixture
def apart(monkeypatch):
    """Treat every part, however small, on its own."""
    monkeypatch.setattr(components, "_TINY", 1)


def test_parts_are_what_shares_no_row(apart):
    whole = beside(make([[3, 2], [1, 1]], [7, 0], [9, 5], [5, 4]), make([[1, 1]], [2], [3], [1, 2]))
    first, second = split(whole)
    assert (first.columns.tolist(), first.rows.tolist()) == ([2, 3], [2])
    assert (second.columns.tolist(), second.rows.tolist()) == ([0, 1], [0, 1])
    assert second.mip.matrix.toarray().tolist() == [[3, 2], [1, 1]]
    assert (second.mip.row_lower.tolist(), second.mip.cost.tolist()) == ([7, 0], [5, 4])


def test_a_row_over_all_ties_everything_together(apart):
    whole = beside(make([[3, 2]], [7], [9], [5, 4]), make([[1, 1]], [2], [3], [1, 2]))
    tied = replace(
        whole, matrix=csr_array(np.vstack([whole.matrix.toarray(), [1, 1, 1, 1]])),
        row_lower=np.append(whole.row_lower, 0), row_upper=np.append(whole.row_upper, 10),
    )  # fmt: skip
    assert len(split(whole)) == 2
    assert len(split(tied)) == 1


def test_a_column_that_cannot_move_ties_nothing(apart):
    whole = make([[1, 1, 0], [0, 1, 1]], [7, 4], [7, 4], [5, 4, 3])
    stuck = replace(whole, lower=np.array([0.0, 2, 0]), upper=np.array([10.0, 2, 10]))
    assert len(split(whole)) == 1
    assert len(split(stuck)) == 3
    found = solve_apart(stuck, exact, gap=0, time_limit_s=60)
    assert found.values.tolist() == [5, 2, 2]
    assert found.bound == pytest.approx(5 * 5 + 2 * 4 + 2 * 3)


def test_columns_in_no_row_stand_at_their_best_bound(apart):
    whole = make([[1, 0, 0, 0]], [3], [9], [5, 4, -3, 0])
    found = solve_apart(whole, exact, gap=0, time_limit_s=60)
    assert found.values.tolist()[:3] == [3, 0, 10]
    assert found.bound == pytest.approx(15 - 30)


def test_tiny_parts_are_solved_together():
    assert len(split(beside(*[make([[3, 2]], [7], [9], [5, 4])] * 50))) == 1


def test_sums_of_parts(apart):
    """(1, 2) costs 13 in one part and (2, 0) costs 2 in the other; 100 is paid anyway."""
    whole = beside(make([[3, 2]], [7], [9], [5, 4]), make([[1, 1]], [2], [3], [1, 2]), offset=100)
    found = solve_apart(whole, exact, gap=0, time_limit_s=60)
    assert found.status == "gap_reached"
    assert found.values.tolist() == [1, 2, 2, 0]
    assert found.bound == pytest.approx(115)


@pytest.mark.parametrize("offset", [0.0, 5000.0, -150.0])
def test_the_gap_is_that_of_the_whole(apart, offset):
    """An offset against the parts' costs makes the whole's gap far wider than each part's own."""
    rng = np.random.default_rng(3)
    small = [replace(covering(40, 12, 0.7), cost=np.ceil(rng.random(12) * 20)) for _ in range(3)]
    whole = beside(*small, offset=offset)
    best = solve_mip(whole, gap=0, time_limit_s=300)
    found = solve_apart(whole, exact, gap=0.05, time_limit_s=300)
    assert found.status == "gap_reached"
    assert whole.is_feasible(found.values)
    assert relative_gap(whole.objective(found.values), found.bound) <= 0.05 + 1e-9
    assert found.bound <= whole.objective(best.values) + 1e-6


def packing(rows: int, columns: int) -> Mip:
    """Covering turned: nothing may be taken, and more pays."""
    mip = covering(rows, columns, 0.7)
    return replace(mip, cost=-mip.cost, row_lower=np.full(rows, -np.inf), row_upper=np.full(rows, 370.0))


def test_parts_may_be_as_far_from_proven_as_they_are_large(apart):
    """What a small one leaves of the gap is lost to a large one; what nothing costs says little of what plans cost."""
    small, large = packing(40, 60), packing(400, 90)
    asked = []

    def noting(mip, *, gap, time_limit_s, start, on_progress):
        asked.append((len(mip.cost), gap, mip.offset))
        return exact(mip, gap=0.5, time_limit_s=time_limit_s, start=start, on_progress=on_progress)

    solve_apart(beside(large, small, offset=100_000.0), noting, gap=0.01, time_limit_s=60)
    relaxed = solve_mip(replace(large, integer=np.zeros(90, dtype=bool)), gap=0, time_limit_s=60)
    share = small.matrix.nnz / (small.matrix.nnz + large.matrix.nnz)
    assert relaxed.bound < -100
    assert asked[0] == (60, pytest.approx(0.01 * share, rel=0.01), pytest.approx(100_000 + relaxed.bound))
    assert asked[1][0] == 90


@pytest.mark.parametrize("part", [0, 1])
def test_one_part_without_a_solution_leaves_the_whole_without(apart, part):
    mips = [make([[3, 2]], [7], [9], [5, 4]), make([[1, 1]], [2], [3], [1, 2])]
    mips[part] = replace(mips[part], row_lower=np.array([900.0]), row_upper=np.array([901.0]))
    found = solve_apart(beside(*mips), exact, gap=0, time_limit_s=60)
    assert (found.status, found.values, found.bound) == ("infeasible", None, None)


def test_without_time_nothing_is_claimed(apart):
    whole = beside(make([[3, 2]], [7], [9], [5, 4]), covering(), offset=100)
    found = solve_apart(whole, exact, gap=0, time_limit_s=0)
    assert found.status == "time_limit"
    assert found.values is None
    assert found.bound == 100  # all columns at 0


def test_stopped_between_parts_keeps_the_start(apart):
    whole = beside(make([[3, 2]], [7], [9], [5, 4]), covering(), covering(500, 90))
    first = solve_mip(whole, gap=0.9, time_limit_s=60).values
    seen = []

    def stopping(mip, *, gap, time_limit_s, start, on_progress):
        return solve_mip(mip, gap=gap, time_limit_s=time_limit_s, start=start, on_progress=on_progress,
                         stop=lambda: bool(seen))  # fmt: skip

    found = solve_apart(whole, stopping, gap=0, time_limit_s=60, start=first, on_progress=seen.append)
    assert found.status == "interrupted"
    assert whole.is_feasible(found.values)
    assert whole.objective(found.values) <= whole.objective(first)
    assert found.bound <= seen[0].incumbent
    assert seen[0].incumbent <= whole.objective(first) + 1e-6
