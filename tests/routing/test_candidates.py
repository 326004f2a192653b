"""Candidate paths on small ground where the right answer can be seen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from data.settings import Pipelines
from routing import candidates
from routing.candidates import candidate_paths
from routing.corridor_graph import Prices, move_grid
from routing.corridor_links import Gate, Link, links_from_paths, simplified
from routing.crossings import Crossings
from routing.surface import CostSurface
from routing.terminals import Terminals, routing_order
from tests.routing.pipe_cases import UTM, make_study

FREE = Crossings.from_layer(make_study({"a": (0, 0)}).crossings)
PRICES = Prices(trench_per_m=1.0, plain_per_m=0.0)
ALONE = {"fork_gain": 1.0}  # no fork saves all of the way


def surface(factors) -> CostSurface:
    factors = np.asarray(factors, dtype=float)
    allowed = np.isfinite(factors)
    height = float(factors.shape[0])
    return CostSurface(np.where(allowed, factors, 1.0), allowed, ~allowed, Affine(1, 0, 0, 0, -1, height), UTM, 1.0)


def found(ground, cells, order, **settings) -> list[np.ndarray]:
    shaping = (ground, PRICES, FREE)
    return candidate_paths(move_grid(*shaping), shaping, cells, order, Pipelines(**settings))


def links(ground, cells, paths) -> list[Link]:
    gates = [Gate(cell, ground.centres(np.array([cell])), own=True) for cell in cells]
    price = ground.weighted_length_m
    return simplified(links_from_paths(paths, gates, ground, price), len(cells), price)


def ends(path) -> tuple[tuple[int, int], tuple[int, int]]:
    return tuple(path[0].tolist()), tuple(path[-1].tolist())


def three_valleys() -> tuple[CostSurface, list[tuple[int, int]]]:
    """Even valleys from north, south-west and south-east meet in the middle of steep ground."""
    factors = np.full((21, 21), 100.0)
    for k in range(11):
        factors[k, 10] = factors[20 - k, k] = factors[20 - k, 20 - k] = 1.0
    return surface(factors), [(0, 10), (20, 0), (20, 20)]


def test_the_fork_is_where_the_valleys_meet():
    ground, cells = three_valleys()
    paths = found(ground, cells, [(0, 1), (1, 2)], fork_gain=0.1)
    assert [ends(path) for path in paths[:3]] == [(cell, (10, 10)) for cell in cells]
    assert [ends(path) for path in paths[3:]] == [(cells[0], cells[1]), (cells[1], cells[2])]
    tree = links(ground, cells, paths)
    assert sorted(tuple(sorted((link.start, link.end))) for link in tree) == [(0, 3), (1, 3), (2, 3)]
    assert sum(link.cost for link in tree) == pytest.approx(10 + 2 * 10 * np.sqrt(2))


def test_a_fork_must_save_what_is_asked():
    ground, cells = three_valleys()
    # Over the middle: 38.3. Over the best terminal: twice 10 + 14.1, so the fork saves 20.7 %.
    assert len(found(ground, cells, [(0, 1), (1, 2)], fork_gain=0.20)) == 5
    assert len(found(ground, cells, [(0, 1), (1, 2)], fork_gain=0.21)) == 2


def test_no_fork_where_a_terminal_stands_at_it():
    ground, cells = three_valleys()
    cells = [(10, 10), *cells[1:]]
    assert len(found(ground, cells, [(0, 1), (1, 2)], fork_gain=0.0)) == 2


def test_on_fine_ground_the_fork_lies_in_the_right_block(monkeypatch):
    factors = np.kron(three_valleys()[0].factors, np.ones((3, 3)))
    factors[30:33, 30] = np.inf  # the west of the block in the middle is forbidden
    ground, cells = surface(factors), [(1, 31), (61, 1), (61, 61)]
    monkeypatch.setattr(candidates, "_MOST_CELLS", 21 * 21)
    forks = {ends(path)[1] for path in found(ground, cells, [(0, 1), (1, 2)], fork_gain=0.1)[:3]}
    assert forks == {(31, 31)}


def test_thinning_keeps_means_and_what_is_mostly_allowed():
    factors = np.array([[1, 3, 5, np.inf, 9], [3, 5, np.inf, np.inf, np.inf], [2, 4, 6, 6, 7]])
    thin = candidates._thinned(surface(factors), 2)
    assert thin.allowed.tolist() == [[True, False, False], [True, True, False]]
    assert thin.factors[0, 0] == 3  # of 1, 3, 3, 5
    assert thin.factors[1, :2].tolist() == [3, 6]  # half blocks at the southern edge
    assert thin.cell_m == 2
    assert (thin.transform.c, thin.transform.f) == (0, 3)


def test_a_second_path_joins_a_trench_beside_it_only_where_that_is_cheaper():
    ground, cells = surface(np.ones((30, 21))), [(5, 0), (5, 20), (7, 0), (7, 20), (29, 0), (29, 20)]
    order = [(0, 1), (2, 3), (4, 5)]
    shared = found(ground, cells, order, sharing_discount=0.5, **ALONE)
    # In the trench 2 rows away: two ways over of 2.8 and 16 metres at half the price, 13.7 instead of 20.
    assert sum(a[0] == b[0] == 5 for a, b in pairwise(shared[1].tolist())) == 16
    assert (shared[2][:, 0] == 29).all()  # 24 rows away it is not
    apart = found(ground, cells, order, sharing_discount=1.0, **ALONE)
    assert [set(path[:, 0].tolist()) for path in apart] == [{5}, {7}, {29}]


def test_the_way_over_a_plant_between_two_is_no_corridor_of_its_own():
    ground, cells = surface(np.ones((5, 21))), [(2, 0), (2, 10), (2, 20)]
    paths = found(ground, cells, [(0, 1), (1, 2), (0, 2)], **ALONE)
    kept = links(ground, cells, paths)
    assert sorted(tuple(sorted((link.start, link.end))) for link in kept) == [(0, 1), (1, 2)]


def test_the_dearer_of_two_ways_is_pruned():
    factors = np.full((7, 21), np.inf)
    factors[0], factors[6], factors[:, 0], factors[:, 20] = 1.0, 2.0, 1.0, 1.0
    ground, cells = surface(factors), [(3, 0), (3, 20)]
    north = np.array([[3, 0], [2, 0], [1, 0], *([0, k] for k in range(1, 20)), [1, 20], [2, 20], [3, 20]])
    south = north.copy()
    south[:, 0] = 6 - south[:, 0]
    (kept,) = links(ground, cells, [south, north])
    assert kept.coords[:, 1].max() == 6.5  # the centre of row 0
    # 2 steps down each side, a diagonal at each corner, 18 along the top, all at factor 1.
    assert kept.cost == pytest.approx(2 * 2 + 2 * np.sqrt(2) + 18)


def joined(xy, matched) -> list[tuple[int, int]]:
    gates = tuple(Gate((0, 0), np.array([at, at], dtype=float), own=True) for at in xy)
    pairs = pd.DataFrame(
        {"supply": [f"s{a}" for a, _ in matched], "demand": [f"d{b}" for _, b in matched],
         "start": [a for a, _ in matched], "end": [b for _, b in matched]}
    )  # fmt: skip
    names = tuple(f"p{k}" for k in range(len(xy)))
    return routing_order(Terminals(names, gates, (1,) * len(xy), pairs, {}, {}), 1e6)


def test_gabriel_neighbours_have_nobody_in_the_circle_between_them():
    # A flat rhombus: the circle over its long diagonal holds the two others; all sides and the short one are free.
    rhombus = [(0, 0), (10, 0), (5, 1), (5, -1)]
    assert joined(rhombus, [(2, 3)]) == [(2, 3), (0, 2), (0, 3), (1, 2), (1, 3)]
    assert joined([(0, 0), (1, 0), (3, 0)], [(0, 1)]) == [(0, 1), (1, 2)]
    # A match goes first, however far, although others lie between.
    assert joined(rhombus, [(0, 1)])[0] == (0, 1)
