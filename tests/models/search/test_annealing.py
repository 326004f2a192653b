"""Flows sent round circuits: what a plan costs after them, what they find, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from models.highs import solve_mip
from models.mip import Floats, Mip
from models.search import changes, search
from models.search.annealing import anneal, core_of, make_network, make_state
from models.search.circuits import wander
from models.search.form import make_form
from models.search.lp import Relaxation, Rows, with_rows
from models.search.plans import Plans
from models.search.rounding import opened
from models.search.standing import Race
from tests.models.search.networks import in_trenches, market, markets

# 24 to give, 16 taken next door, 84 taken behind a pipe of 50.
PIPE = [(0, 1, 50.0, 84.0, 0.0)]


def _least(mip: Mip) -> float:
    best = solve_mip(mip, gap=0.0, time_limit_s=30)
    assert best.values is not None
    return mip.objective(best.values)


def _wandered(mip: Mip, *, seed: int = 1, turns: int = 2000) -> Floats:
    """Return the best plan from nothing, hot first and cold then."""
    core = core_of(mip)
    net = make_network(core)
    state = make_state(net, core, np.zeros(len(core.cost)), seed=seed)
    for temperature in (30.0, 10.0, 3.0, 0.0):
        wander(net, state, turns, temperature)
    return opened(core, state.best)


@settings(max_examples=60)
@given(markets(), markets(), st.integers(0, 20).map(float), st.integers(1, 9))
def test_plans_stay_what_they_are_said_to_be(first: Mip, second: Mip, price: float, seed: int) -> None:
    mip = in_trenches(first, second, price=price)
    core = core_of(mip)
    net = make_network(core)
    state = make_state(net, core, np.zeros(len(core.cost)), seed=seed)
    least = _least(mip)
    for temperature in (20.0, 2.0, 0.0):
        wander(net, state, 300, temperature)
        now = state.columns[:, 0]
        assert mip.is_feasible(now)
        assert state.cost[0] == pytest.approx(mip.objective(now), rel=1e-9, abs=1e-6)
        assert state.rows[:, 0] == pytest.approx(core.matrix @ now, abs=1e-6)
        flow = np.zeros(len(net.ends))
        np.add.at(flow, net.bundle[net.column], (net.sign * now)[net.column])
        assert state.flow == pytest.approx(flow, abs=1e-6)
        assert least - 1e-6 <= state.cost[1] <= min(state.cost[0], mip.offset) + 1e-6


def test_pipe_that_pays_is_found_and_one_that_does_not_is_left() -> None:
    # 16 next door and 8 by pipe: at 10 a unit the pipe of 50 earns 80, at 5 only 40.
    for price, cost in ((10.0, -240.0 + 50.0), (5.0, -80.0)):
        mip = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=price)
        plan = _wandered(mip)
        assert mip.objective(plan) == pytest.approx(cost)
        assert mip.objective(plan) == pytest.approx(_least(mip))


def test_trench_shared_by_two_is_paid_once() -> None:
    # Alone each pipe earns 80 - 50 and the trench costs 45: only both together pay.
    alone = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)
    mip = in_trenches(alone, alone, price=45.0)
    assert mip.objective(_wandered(mip)) == pytest.approx(-2 * 240.0 + 2 * 50.0 + 45.0 + 7.0)


def test_what_a_recipe_makes_of_a_unit_arrives() -> None:
    # 10 of one resource become 20 of another, taken at 9 each, behind a hub whose modules take 6 and cost 30: two.
    cost = np.array([0.0, 0.0, -9.0, 30.0])  # placed, converted, served, modules
    matrix = csr_array(np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 2.0, -1.0, 0.0], [0.0, 1.0, 0.0, -6.0]]))
    mip = Mip(
        cost, np.zeros(4), np.array([10.0, np.inf, 25.0, 3.0]), np.array([False] * 3 + [True]),
        matrix, np.array([0.0, 0.0, -np.inf]), np.zeros(3),
    )  # fmt: skip
    plan = _wandered(mip)
    assert mip.is_feasible(plan)
    assert mip.objective(plan) == pytest.approx(-9 * 20.0 + 2 * 30.0)
    assert _least(mip) == pytest.approx(-120.0)


def test_most_small_markets_are_solved() -> None:
    # Annealing proves nothing; of twenty small regions it must find the optimum of nearly all.
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(20):
        arcs = [
            (a, b, float(rng.integers(5, 30)), float(rng.integers(4, 12)), float(rng.integers(0, 10)) / 50)
            for a, b in [(0, 1), (1, 2), (2, 3), (3, 4), (0, 2), (1, 3), (2, 4), (0, 4)]
        ]
        streams = [[(int(rng.integers(5)), float(rng.integers(1, 9))) for _ in range(4)] for _ in range(2)]
        mip = market(5, arcs, *streams, price=6.0, both_ways=True)
        found += mip.objective(_wandered(mip)) <= _least(mip) + 1e-6
    assert found >= 18


def test_plans_are_offered_to_the_race_and_given_ones_kept() -> None:
    mip = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)
    form = make_form(mip)
    race = Race(Plans(form), 1e-6, perf_counter(), 60.0)
    anneal(form, race, seed=1, until_s=race.seconds() + 0.3, ended=race.ended)
    assert race.plans.cost == pytest.approx(-190.0)
    anneal(form, race, seed=2, until_s=race.seconds() + 0.1, ended=race.ended)
    assert race.plans.cost == pytest.approx(-190.0)


@settings(max_examples=60)
@given(markets(), markets(), st.integers(0, 20).map(float), st.integers(1, 9), st.floats(-20, 60))
def test_prices_that_are_too_high_need_not_be_known(
    first: Mip, second: Mip, dig: float, seed: int, most: float
) -> None:
    core = core_of(in_trenches(first, second, price=dig))
    net = make_network(core)
    state = make_state(net, core, np.zeros(len(core.cost)), seed=seed)
    wander(net, state, 200, 10.0)
    before = state.columns.copy(), state.rows.copy(), state.flow.copy()
    for bundle in range(len(net.ends)):
        for change in (-state.flow[bundle], -3.0, 2.0, 5.0):
            if change != 0.0:
                cost = changes.price(net, state, bundle, change, np.inf)
                assert changes.price(net, state, bundle, change, most) <= min(cost, most) + 1e-5
    assert all(np.array_equal(a, b) for a, b in zip(before, (state.columns, state.rows, state.flow), strict=True))


def test_nothing_is_offered_where_doing_nothing_is_no_plan() -> None:
    mip = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)
    lower = mip.lower.copy()
    lower[3] = 5.0  # the demand behind the pipe must have 5
    form = make_form(replace(mip, lower=lower))
    race = Race(Plans(form), 1e-6, perf_counter(), 60.0)
    anneal(form, race, seed=1, until_s=race.seconds() + 0.1, ended=race.ended)
    assert race.plans.best is None


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("must", [0.0, 5.0])
def test_search_takes_large_networks_apart_and_anneals(
    monkeypatch: pytest.MonkeyPatch, threads: int, must: float
) -> None:
    # With what must be served doing nothing is no plan: then the first plans come from the relaxation.
    monkeypatch.setattr(Relaxation, "is_large", True)
    alone = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)
    lower = alone.lower.copy()
    lower[3] = must
    alone = replace(alone, lower=lower)
    mip = in_trenches(alone, alone, price=45.0)
    found = search(mip, gap=1e-6, time_limit_s=6.0, threads=threads)
    assert found.values is not None
    assert found.bound is not None
    assert mip.is_feasible(found.values)
    assert mip.objective(found.values) == pytest.approx(_least(mip))
    assert found.bound <= _least(mip) + 1e-6


def test_gates_in_a_ring_are_left_to_the_other_searches() -> None:
    # Two markets whose pipes need each other: no turn would ever end.
    alone = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)
    mip = in_trenches(alone, alone, price=0.0)
    first, second = np.flatnonzero(mip.integer)[:2]
    ring = np.zeros((2, len(mip.cost)))
    ring[0, [first, second]], ring[1, [first, second]] = (1.0, -1.0), (-1.0, 1.0)
    mip = with_rows(mip, Rows(csr_array(ring), np.full(2, -np.inf), np.zeros(2)))
    form = make_form(mip)
    race = Race(Plans(form), 1e-6, perf_counter(), 60.0)
    anneal(form, race, seed=1, until_s=race.seconds() + 60.0, ended=race.ended)
    assert race.seconds() < 60.0
    assert race.plans.cost == pytest.approx(7.0)
