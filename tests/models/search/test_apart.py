"""Markets that only trenches join, taken apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.highs import solve_mip
from models.mip import Mip
from models.search.form import make_form
from models.search.lp import with_rows
from models.search.pieces import Pieces
from models.search.strong_root import Root
from tests.models.search.networks import in_trenches, market, markets

# 24 to give, 16 taken next door, 84 taken behind a pipe of 50: a relaxation builds a third of it for the last 8.
PIPE = [(0, 1, 50.0, 84.0, 0.0)]


def _strengthen(pieces: Pieces, heard: list[float], *, workers: int = 1) -> None:
    pieces.strengthen(workers=workers, left_s=lambda: 30.0, ended=lambda: False, told=heard.append)


@settings(max_examples=60)
@given(markets(), markets(), st.integers(0, 20).map(float), st.integers(1, 2))
def test_pieces_bound_the_whole_from_below(first: Mip, second: Mip, price: float, workers: int) -> None:
    mip = in_trenches(first, second, price=price)
    best = solve_mip(mip, gap=0.0, time_limit_s=30)
    assert best.values is not None
    least = mip.objective(best.values)
    form = make_form(mip)
    root, pieces = Root(form), Pieces(form)
    heard: list[float] = []
    for _ in range(2):
        assert root.solve(30.0)
        pieces.price(root)
        _strengthen(pieces, heard, workers=workers)
        assert pieces.bound >= root.relaxation.bound - 1e-6  # at its prices nothing is lost
        root.replace(pieces.rows())
    assert root.solve(30.0)
    assert max([root.bound, pieces.bound, *heard]) <= least + 1e-6
    strong = solve_mip(with_rows(form.mip, root.rows), gap=0.0, time_limit_s=30)
    assert strong.values is not None
    assert form.mip.objective(strong.values) == pytest.approx(least, rel=1e-6, abs=1e-6)


def test_cuts_found_apart_hold_together() -> None:
    # Two such markets in one trench at 10: both pipes are worth it (-240 + 50 each) and the trench is paid once.
    alone = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)
    form = make_form(in_trenches(alone, alone, price=10.0))
    root, pieces = Root(form), Pieces(form)
    assert len(pieces.pieces) == 2
    assert pieces.worth_it
    assert root.solve(30.0)
    weak = root.bound
    pieces.price(root)
    _strengthen(pieces, [])
    root.replace(pieces.rows())
    assert root.solve(30.0)
    assert weak < root.bound - 50
    assert root.bound == pytest.approx(7 + 2 * (50 - 240) + 10)


def test_what_only_one_market_has_stays_with_it() -> None:
    alone = market(2, PIPE, [(0, 24.0)], [(0, 16.0), (1, 84.0)], price=10.0)
    form = make_form(in_trenches(alone, alone, price=10.0))
    root, pieces = Root(form), Pieces(form)
    assert root.advance(left_s=lambda: 30.0, ended=lambda: False)
    rows = root.relaxation.extra
    assert len(rows) > 0
    pieces.share_out(rows)
    assert sum(len(piece.root.relaxation.extra) for piece in pieces.pieces) == len(rows)
    columns = np.concatenate([piece.columns for piece in pieces.pieces])
    assert len(np.unique(columns)) == len(columns) == len(form.mip.cost) - 1  # the trench is alone
    assert not Pieces(make_form(alone)).worth_it
