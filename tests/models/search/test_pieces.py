"""Each piece of the search against small networks whose optimum is found by trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

from models.highs import solve_mip
from models.mip import Mip
from models.search.few_terminals import least_tree, tree_problem
from models.search.form import Form, make_form
from models.search.lp import Relaxation, with_rows
from models.search.plans import Plans, settle
from models.search.proof import narrowed
from models.search.slope_scaling import scale_slopes
from models.search.strong_root import Root, strengthen
from tests.models.search.networks import market, markets, network, networks, optimum

# A square 0-1-2-3 with a hub 4 in its middle: spokes cost 2, sides 3. Joining 0 to 1, 2 and 3 takes four spokes.
STAR = [(0, 1, 3.0, 9.0, 0.0), (1, 2, 3.0, 9.0, 0.0), (2, 3, 3.0, 9.0, 0.0), (3, 0, 3.0, 9.0, 0.0)]
STAR += [(side, 4, 2.0, 9.0, 0.0) for side in range(4)]


def _root(form: Form) -> Root:
    root = Root(form)
    strengthen(root, left_s=lambda: 30.0, ended=lambda: False, told=lambda _: None)
    return root


def test_strong_rows_are_set_aside_only_where_a_sum_remains() -> None:
    mip = network(3, [(0, 1, 5.0, 4.0, 0.0), (1, 2, 5.0, 4.0, 0.0)], [(0, {1: 1.0}), (0, {2: 2.0})])
    form = make_form(mip)
    assert len(form.strong) == 4  # two commodities x two arcs
    assert len(form.mip.row_lower) == len(mip.row_lower) - 4
    assert sorted(form.strong.slope) == [1.0, 1.0, 2.0, 2.0]


def test_without_a_capacity_row_the_sum_of_strong_rows_takes_their_place() -> None:
    full = network(2, [(0, 1, 5.0, 9.0, 0.0)], [(0, {1: 1.0}), (0, {1: 2.0})])
    sums = np.flatnonzero((full.matrix.toarray() == -9.0).any(axis=1))
    keep = np.setdiff1d(np.arange(len(full.row_lower)), sums)
    mip = Mip(full.cost, full.lower, full.upper, full.integer, full.matrix[keep], full.row_lower[keep],
              full.row_upper[keep])  # fmt: skip
    form = make_form(mip)
    assert len(form.strong) == 2
    row = form.mip.matrix.toarray()[-1]
    assert row[-1] == -3.0  # 1 + 2 pass at most
    assert row[:2].tolist() == [1.0, 1.0]


def test_two_way_pipes_are_found() -> None:
    form = make_form(network(5, STAR, [(0, {1: 1.0, 2: 1.0, 3: 1.0})], both_ways=True))
    assert len(form.forward) == len(STAR)
    assert len(form.mip.cost) == form.columns + 2 * len(STAR)


def test_what_leaks_within_the_tolerance_opens_no_way() -> None:
    mip = network(5, STAR, [(0, {1: 1.0, 2: 1.0, 3: 1.0})], both_ways=True)
    form = make_form(mip)
    plan = solve_mip(mip, gap=0.0, time_limit_s=30).values
    assert plan is not None
    leak = plan.copy()
    leak[form.forward[0]] += 6e-7  # side 0-1 is not built: HiGHS lets so little pass
    assert mip.is_feasible(leak)
    assert form.mip.is_feasible(form.lift(leak))


@settings(max_examples=40)
@given(networks())
def test_the_form_has_the_same_optimum(mip: Mip) -> None:
    form = make_form(mip)
    given_ = solve_mip(mip, gap=0.0, time_limit_s=30)
    formed = solve_mip(form.mip, gap=0.0, time_limit_s=30)
    assert given_.status == formed.status
    if given_.values is None or formed.values is None:
        return
    dropped = form.drop(formed.values)
    assert mip.is_feasible(dropped)
    assert mip.objective(dropped) == pytest.approx(mip.objective(given_.values), rel=1e-6)
    assert form.mip.is_feasible(form.lift(given_.values))


@settings(max_examples=40)
@given(networks())
def test_the_root_bounds_from_below_and_its_rows_cut_no_plan_off(mip: Mip) -> None:
    best = optimum(mip)
    assume(np.isfinite(best))
    form = make_form(mip)
    root = _root(form)
    weak = Relaxation(form.mip)
    assert weak.solve(30.0)
    assert weak.objective - 1e-6 <= root.bound <= best * (1 + 1e-9) + 1e-6
    strong = solve_mip(with_rows(form.mip, root.rows), gap=0.0, time_limit_s=30)
    assert strong.values is not None
    assert form.mip.objective(strong.values) == pytest.approx(best, rel=1e-6)


def test_dicuts_close_the_gap_of_a_tree() -> None:
    # Weak: a third of a corridor is enough for one of three units. In directions, with cuts: the tree itself.
    form = make_form(network(5, STAR, [(0, {1: 1.0, 2: 1.0, 3: 1.0})], both_ways=True))
    root = _root(form)
    assert root.separation.dicuts > 0
    assert root.bound == pytest.approx(3.0 + 8.0)


def test_a_cut_set_counts_what_a_place_cannot_take_itself() -> None:
    # 24 to give, 16 taken next door, 84 taken behind a pipe of 50. The pipe must be whole for the last 8; a relaxation
    # with dicuts lets 8 of 24 pass through a third of it.
    pipe = [(0, 1, 50.0, 84.0, 0.0)]
    root = _root(make_form(market(2, pipe, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)))
    assert root.separation.cut_sets > 0
    assert root.bound == pytest.approx(50 - 240)


def test_a_cut_set_counts_pipes_by_rounding() -> None:
    # 10 to place over pipes of 4 at 5 each: three of them, where the relaxation builds two and a half.
    form = make_form(market(2, [(0, 1, 5.0, 4.0, 0.0)], [(0, 10.0)], [(1, 20.0)], price=10.0, most_pipes=3))
    root = _root(form)
    assert root.bound == pytest.approx(15 - 100)


def test_a_two_way_pipe_that_may_lie_twice_carries_twice() -> None:
    mip = market(2, [(0, 1, 5.0, 4.0, 0.0)], [(0, 8.0)], [(1, 8.0)], price=10.0, most_pipes=2, both_ways=True)
    assert optimum(mip) == pytest.approx(10 - 80)
    assert _root(make_form(mip)).bound <= 10 - 80 + 1e-9


@settings(max_examples=60)
@given(markets())
def test_cut_sets_cut_no_plan_of_a_market_off(mip: Mip) -> None:
    best = optimum(mip)
    form = make_form(mip)
    root = _root(form)
    assert root.bound <= best + 1e-6
    strong = solve_mip(with_rows(form.mip, root.rows), gap=0.0, time_limit_s=30)
    assert strong.values is not None
    assert form.mip.objective(strong.values) == pytest.approx(best, rel=1e-6, abs=1e-6)


@settings(max_examples=40)
@given(networks())
def test_slope_scaling_offers_only_plans(mip: Mip) -> None:
    form = make_form(mip)
    root = _root(form)
    plans = Plans(form)
    if not root.rounds:
        return
    scale_slopes(form, root.relaxation, plans, damping=0.5, rounds=8, left_s=lambda: 30.0, ended=lambda: False)
    if plans.best is not None:
        given_ = form.drop(plans.best)
        assert mip.is_feasible(given_)
        assert mip.objective(given_) == pytest.approx(plans.cost)
        assert plans.cost >= optimum(mip) * (1 - 1e-9) - 1e-6
    assert root.relaxation.solve(30.0)
    assert root.relaxation.objective <= optimum(mip) + 1e-6  # the costs are the true ones again


@settings(max_examples=40)
@given(networks())
def test_narrowed_bounds_keep_every_better_plan(mip: Mip) -> None:
    best = solve_mip(mip, gap=0.0, time_limit_s=30).values
    assume(best is not None)
    form = make_form(mip)
    root = _root(form)
    lower, upper = narrowed(form, root, mip.objective(best) + 5.0)
    part = Mip(form.mip.cost, lower, upper, form.mip.integer, form.mip.matrix, form.mip.row_lower,
               form.mip.row_upper, form.mip.offset)  # fmt: skip
    kept = solve_mip(part, gap=0.0, time_limit_s=30)
    assert kept.values is not None
    assert part.objective(kept.values) == pytest.approx(mip.objective(best), rel=1e-6)


def test_settle_opens_what_the_flows_need_and_no_more() -> None:
    mip = network(3, [(0, 1, 5.0, 4.0, 1.0), (1, 2, 5.0, 4.0, 1.0), (0, 2, 50.0, 4.0, 0.0)], [(0, {2: 2.0})])
    form = make_form(mip)
    relaxed = Relaxation(form.mip)
    assert relaxed.solve(10.0)
    plan = settle(form, relaxed.values, seconds=10.0)
    assert plan is not None
    assert plan[-3:].tolist() == [1.0, 1.0, 0.0]
    assert mip.objective(form.drop(plan)) == pytest.approx(3 + 10 + 4)


def test_demands_written_as_right_hand_sides_are_demands() -> None:
    mip = network(5, STAR, [(0, {1: 1.0, 2: 1.0, 3: 1.0})], both_ways=True)
    moves = mip.lower < mip.upper
    constant = mip.matrix @ np.where(moves, 0.0, mip.lower)
    kept = np.flatnonzero(moves)
    short = Mip(mip.cost[kept], mip.lower[kept], mip.upper[kept], mip.integer[kept], mip.matrix[:, kept],
                mip.row_lower - constant, mip.row_upper - constant, mip.offset)  # fmt: skip
    form = make_form(short)
    assert tree_problem(form) is not None
    assert _root(form).bound == pytest.approx(3.0 + 8.0)
    held = solve_mip(short, gap=0.0, time_limit_s=30).values
    assert held is not None
    assert form.mip.is_feasible(form.lift(held))


def test_least_tree_worked_by_hand() -> None:
    form = make_form(network(5, STAR, [(0, {1: 1.0, 2: 1.0, 3: 1.0})], both_ways=True))
    problem = tree_problem(form)
    assert problem is not None
    found = least_tree(problem)
    assert found is not None
    cost, used = found
    assert cost == pytest.approx(3.0 + 8.0)

    assert used.sum() == 1 + 4  # the supply and four spokes


@settings(max_examples=60)
@given(networks())
def test_the_tree_relaxation_bounds_from_below(mip: Mip) -> None:
    problem = tree_problem(make_form(mip))
    assume(problem is not None)
    found = least_tree(problem)
    best = optimum(mip)
    if found is None:
        assert np.isinf(best)
    else:
        assert found[0] <= best * (1 + 1e-9) + 1e-6
