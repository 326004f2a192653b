"""The whole search against the optimum by trying everything, and its manners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from data.errors import SolverError
from models.highs import solve_mip
from models.mip import Mip, Standing
from models.search import search
from tests.models.search.networks import network, networks, optimum

TRIANGLE = [(0, 1, 10.0, 5.0, 1.0), (1, 2, 10.0, 5.0, 1.0), (0, 2, 25.0, 5.0, 1.0)]


def test_worked_by_hand() -> None:
    # 3 units 0 -> 1 and 2 units 0 -> 2. By 1: 10 + 10 fixed, 3 + 2 x 2 units; arc (0, 1) is just full.
    mip = network(3, TRIANGLE, [(0, {1: 3.0}), (0, {2: 2.0})])
    result = search(mip, gap=0.0, time_limit_s=20)
    assert result.status == "gap_reached"
    assert result.values is not None
    assert mip.objective(result.values) == pytest.approx(3 + 20 + 7)
    assert result.bound == pytest.approx(30)


@settings(max_examples=40)
@given(networks())
def test_finds_the_optimum_and_proves_it(mip: Mip) -> None:
    best = optimum(mip)
    result = search(mip, gap=0.0, time_limit_s=30)
    if np.isinf(best):
        assert result.status == "infeasible"
        assert result.values is None
        return
    assert result.status == "gap_reached"
    assert result.values is not None
    assert mip.is_feasible(result.values)
    assert mip.objective(result.values) == pytest.approx(best, rel=1e-6)
    assert result.bound is not None
    assert result.bound <= best * (1 + 1e-6)


@settings(max_examples=15)
@given(networks())
def test_two_threads_agree_with_one(mip: Mip) -> None:
    one, two = (search(mip, gap=0.0, time_limit_s=30, threads=threads) for threads in (1, 2))
    assert one.status == two.status
    if one.values is not None and two.values is not None:
        assert mip.objective(one.values) == pytest.approx(mip.objective(two.values), rel=1e-6)


def test_says_what_it_holds_and_knows() -> None:
    mip = network(3, TRIANGLE, [(0, {1: 3.0}), (0, {2: 2.0})])
    heard: list[Standing] = []
    search(mip, gap=0.0, time_limit_s=20, on_progress=heard.append)
    for now in heard:
        assert now.bound is None or now.bound <= 30 + 1e-6
        assert now.incumbent is None or now.incumbent >= 30 - 1e-6


def test_stops_when_told_and_keeps_the_start() -> None:
    mip = _hard()
    start = solve_mip(mip, gap=0.5, time_limit_s=10).values
    assert start is not None
    result = search(mip, gap=0.0, time_limit_s=600, start=start, stop=lambda: True)
    assert result.status == "interrupted"
    assert result.values is not None
    assert mip.objective(result.values) <= mip.objective(start) + 1e-6


def test_a_start_that_breaks_a_row_is_dropped() -> None:
    mip = network(3, TRIANGLE, [(0, {1: 3.0}), (0, {2: 2.0})])
    result = search(mip, gap=0.0, time_limit_s=20, start=np.zeros(len(mip.cost)))
    assert result.values is not None
    assert mip.objective(result.values) == pytest.approx(30)


def test_nothing_whole_is_a_linear_programme() -> None:
    mip = network(3, TRIANGLE, [(0, {1: 3.0}), (0, {2: 2.0})])
    free = replace(mip, integer=np.zeros_like(mip.integer))
    assert search(free, gap=0.0, time_limit_s=20).bound == pytest.approx(solve_mip(free, gap=0, time_limit_s=9).bound)


def test_an_option_that_highs_does_not_know_is_refused() -> None:
    with pytest.raises(SolverError, match="no_such_option"):
        search(_hard(), gap=0.0, time_limit_s=20, options={"no_such_option": 1})


def _hard() -> Mip:
    rng = np.random.default_rng(1)
    arcs = [(i, j, float(rng.integers(5, 50)), 8.0, 1.0) for i in range(8) for j in range(8) if i != j]
    return network(8, arcs, [(k, {(k + step) % 8: 3.0 for step in (1, 3, 5)}) for k in range(8)])
