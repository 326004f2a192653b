"""Least-cost paths over rasters against scikit-image, SciPy and moves priced by walking along them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from skimage.graph import MCP_Geometric

from routing import leastcost
from routing.leastcost import OWNED, MoveCosts


def ground(seed: int, rows: int, columns: int, closed: float = 0.2) -> np.ndarray:
    """Random costs of a metre, some cells forbidden; float32, so that the oracles start from the same numbers."""
    rng = np.random.default_rng(seed)
    costs = np.exp(rng.normal(0, 1, (rows, columns))).astype(np.float32)
    costs[rng.random((rows, columns)) < closed] = np.inf
    return costs


def walked(costs: np.ndarray, cell: tuple[int, int], step: tuple[int, int]) -> float:
    """The price of a move of unit cells by 60 samples along it, infinite at a corner of two forbidden cells."""
    share = (np.arange(60) + 0.5) / 60  # no sample lies on an edge of a cell
    rows, columns = (np.floor(cell[k] + 0.5 + share * step[k]).astype(int) for k in (0, 1))
    if abs(step[0]) == abs(step[1]) and np.isinf([costs[rows[0], columns[-1]], costs[rows[-1], columns[0]]]).all():
        return np.inf
    return float(costs[rows, columns].astype(float).mean() * np.hypot(*step))


def matrix(costs: np.ndarray, neighbourhood: int) -> coo_array:
    """All moves as a graph, cells numbered by row."""
    rows, columns = costs.shape
    found = []
    for row, column in product(range(rows), range(columns)):
        for down, right in OWNED[neighbourhood]:
            if 0 <= row + down < rows and 0 <= column + right < columns:
                price = walked(costs, (row, column), (down, right))
                if np.isfinite(price):
                    found.append((row * columns + column, (row + down) * columns + column + right, price))
    first, second, price = np.array(found).reshape(-1, 3).T
    return coo_array((price, (first.astype(int), second.astype(int))), shape=(costs.size, costs.size))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 18), st.integers(1, 18), st.floats(0, 0.5), st.sampled_from([8, 16]))
def test_costs_and_paths_are_scipys(seed, rows, columns, closed, neighbourhood):
    costs = ground(seed, rows, columns, closed)
    cells = np.argwhere(np.isfinite(costs))
    if len(cells) == 0:
        return
    moves = MoveCosts(costs, neighbourhood=neighbourhood)
    rng = np.random.default_rng(seed)
    places = cells[rng.integers(len(cells), size=4)]
    truth = dijkstra(matrix(costs, neighbourhood).tocsr(), directed=False, indices=places @ [columns, 1])
    assert moves.costs_from(places[0]).ravel() == pytest.approx(truth[0], rel=1e-9)
    found = moves.paths(places, list(product(range(4), repeat=2)))
    for (a, b), path in found.items():
        cost = truth[a, places[b] @ [columns, 1]]
        single = moves.path(places[a], places[b])
        if np.isinf(cost):
            assert path is None
            assert single is None
            continue
        assert path.cost == pytest.approx(cost, rel=1e-9)
        assert single.cost == pytest.approx(cost, rel=1e-9)
        assert path.cells[[0, -1]].tolist() == places[[a, b]].tolist()
        steps = np.diff(path.cells, axis=0).tolist()
        assert sum(walked(costs, tuple(c), tuple(s)) for c, s in zip(path.cells[:-1].tolist(), steps, strict=True)) == (
            pytest.approx(cost, rel=1e-9)
        )
        assert moves.path(places[a], places[b], limit=cost * (1 + 1e-9)) is not None
        assert cost == 0 or moves.path(places[a], places[b], limit=cost * 0.99) is None


def without_corners(costs: np.ndarray) -> np.ndarray:
    """Forbid one more cell wherever two forbidden ones meet at a corner only: scikit-image squeezes through."""
    while True:
        shut = np.isinf(costs)
        a, b, c, d = shut[:-1, :-1], shut[:-1, 1:], shut[1:, :-1], shut[1:, 1:]
        corner = np.argwhere((a & d & ~b & ~c) | (b & c & ~a & ~d))
        if len(corner) == 0:
            return costs
        costs[corner[:, 0], corner[:, 1]] = np.inf
        costs[corner[:, 0], corner[:, 1] + 1] = np.inf


@pytest.mark.parametrize("seed", range(4))
def test_costs_are_scikit_images(seed):
    costs = without_corners(ground(seed, 90, 130, 0.15))
    source = np.argwhere(np.isfinite(costs))[77]
    truth, _ = MCP_Geometric(np.where(np.isinf(costs), -1, costs).astype(float)).find_costs([source.tolist()])
    assert MoveCosts(costs).costs_from(source) == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("neighbourhood", [8, 16])
def test_no_way_between_two_forbidden_cells_that_meet(neighbourhood):
    costs = np.ones((4, 4))
    costs[[0, 1, 2, 3], [3, 2, 1, 0]] = np.inf  # a diagonal wall
    assert MoveCosts(costs, 1.0, neighbourhood).path(np.array([0, 0]), np.array([3, 3])) is None
    costs[0, 3] = 1
    assert MoveCosts(costs, 1.0, neighbourhood).path(np.array([0, 0]), np.array([3, 3])) is not None


def test_a_knights_move_pays_for_the_four_cells_it_runs_over():
    costs = np.array([[1.0, 2.0, 99.0], [99.0, 3.0, 4.0]])
    path = MoveCosts(costs, 10.0, 16).path(np.array([0, 0]), np.array([1, 2]))
    assert path.cells.tolist() == [[0, 0], [1, 2]]
    assert path.cost == pytest.approx(10 * np.sqrt(5) * (1 + 2 + 3 + 4) / 4)
    for cell in ((0, 1), (1, 1)):
        shut = costs.copy()
        shut[cell] = np.inf
        assert len(MoveCosts(shut, 10.0, 16).path(np.array([0, 0]), np.array([1, 2])).cells) > 2


def test_forbidden_ends_and_bad_costs():
    costs = np.ones((3, 3))
    costs[1, 1] = np.nan
    moves = MoveCosts(costs)
    centre, corner = np.array([1, 1]), np.array([0, 0])
    assert moves.path(corner, centre) is None
    assert moves.path(centre, corner) is None
    assert moves.path(corner, corner).cells.tolist() == [[0, 0]]
    assert moves.allowed.sum() == 8
    assert MoveCosts(np.full((3, 3), np.inf)).path(corner, centre) is None
    for wrong in (0.0, -1.0):
        with pytest.raises(ValueError, match="above zero"):
            MoveCosts(np.full((2, 2), wrong))


@pytest.mark.parametrize("neighbourhood", [8, 16])
def test_prices_of_single_moves(neighbourhood):
    costs = ground(5, 30, 40, 0.15)
    moves, graph = MoveCosts(costs, 1.0, neighbourhood), matrix(costs, neighbourhood)
    weight = {(a, b): w for a, b, w in zip(*graph.coords, graph.data, strict=True)}
    rng = np.random.default_rng(5)
    for _ in range(3):  # rows of prices are made as they are needed, so the table must grow
        cells = np.unique(rng.integers([30, 40], size=(150, 2)), axis=0)
        charges = rng.choice([0.0, 1.0, 50.0], (len(cells), len(moves.owned)))
        moves.add(cells, charges)
        for cell, row in zip(cells, charges, strict=True):
            for step, charge in zip(moves.owned, row, strict=True):
                key = (int(cell @ [40, 1]), int((cell + step) @ [40, 1]))
                if ((cell + step >= 0) & (cell + step < (30, 40))).all() and key in weight:
                    weight[key] += charge
    free = np.argwhere(np.isfinite(costs))
    for start, goal in zip(free[rng.integers(len(free), size=6)], free[rng.integers(len(free), size=6)], strict=True):
        keys = np.array(list(weight))
        truth = dijkstra(coo_array((list(weight.values()), keys.T), shape=graph.shape).tocsr(), directed=False,
                         indices=int(start @ [40, 1]))[int(goal @ [40, 1])]  # fmt: skip
        path = moves.path(start, goal)
        assert (path.cost if path else np.inf) == pytest.approx(truth, rel=1e-9)
        if path is None or len(path.cells) < 2:
            continue
        assert moves.prices(path.cells).sum() == pytest.approx(truth, rel=1e-9)
        moves.scale(path.cells[::-1], np.full(len(path.cells) - 1, 0.5))  # the reverse has the same price
        for a, b in zip(path.cells[:-1] @ [40, 1], path.cells[1:] @ [40, 1], strict=True):
            weight[(a, b) if (a, b) in weight else (b, a)] *= 0.5


@pytest.mark.parametrize("scales", [(1e-9, 1.0), (1.0, 1e9), (1e-6, 1e6)])
def test_costs_far_apart(scales):
    """Buckets much wider than the cheapest move, and paths far beyond the ring of buckets."""
    costs = ground(8, 25, 25, 0.1)
    costs *= np.where(np.random.default_rng(8).random(costs.shape) < 0.5, *scales).astype(np.float32)
    source = np.argwhere(np.isfinite(costs))[0]
    truth = dijkstra(matrix(costs, 8).tocsr(), directed=False, indices=int(source @ [25, 1]))
    moves = MoveCosts(costs)
    assert moves.costs_from(source).ravel() == pytest.approx(truth, rel=1e-9)
    goal = np.unravel_index(np.where(np.isfinite(truth), truth, -1).argmax(), costs.shape)
    assert moves.path(source, np.array(goal)).cost == pytest.approx(truth.max(where=np.isfinite(truth), initial=0))


def test_a_queue_too_small_is_made_larger(monkeypatch):
    costs = ground(9, 120, 120, 0.1)
    source = np.argwhere(np.isfinite(costs))[0]
    expected = MoveCosts(costs).costs_from(source)
    made, tried = leastcost._queue, []

    def small(ring, blocks):
        tried.append(blocks)
        return made(ring, ring + 3 + 8 * len(tried))

    monkeypatch.setattr(leastcost, "_queue", small)
    assert (MoveCosts(costs).costs_from(source) == expected).all()
    assert len(tried) > 1


@pytest.mark.parametrize("neighbourhood", [8, 16])
def test_the_same_paths_with_any_number_of_threads(neighbourhood):
    costs = np.where(ground(3, 150, 170, 0.2) < np.inf, ground(4, 150, 170, 0).round() + 1, np.inf)  # many ties
    moves = MoveCosts(costs, 25.0, neighbourhood)
    cells = np.argwhere(moves.allowed)
    places = cells[np.random.default_rng(1).integers(len(cells), size=12)]
    pairs = [(a, b) for a in range(12) for b in range(12)]
    one = moves.paths(places, pairs, threads=1)
    assert list(one) == pairs
    for threads in (2, 5):
        other = moves.paths(places, pairs, threads=threads)
        for pair, path in one.items():
            assert (path is None) == (other[pair] is None)
            assert path is None or (path.cost == other[pair].cost and (path.cells == other[pair].cells).all())
    for a, b in pairs:
        assert (one[a, b] is None) == (one[b, a] is None)
        assert one[a, b] is None or (one[a, b].cells == one[b, a].cells[::-1]).all() or one[a, b].cost == one[b, a].cost


def test_ties_keep_near_the_straight_line():
    path = MoveCosts(np.ones((60, 60))).path(np.array([5, 5]), np.array([25, 55]))
    line = np.array([20, 50]) / np.hypot(20, 50)
    off = (path.cells - [5, 5]) @ [line[1], -line[0]]
    assert abs(off).max() < 1


def test_broad_diagonals_pay_for_four_cells_and_pass_no_forbidden_one():
    costs = np.array([[1.0, 2.0], [3.0, 4.0]])
    start, goal = np.array([0, 0]), np.array([1, 1])
    assert MoveCosts(costs, broad=True).path(start, goal).cost == pytest.approx(np.sqrt(2) * 10 / 4)
    costs[0, 1] = np.inf
    assert MoveCosts(costs).path(start, goal).cost == pytest.approx(np.sqrt(2) * 5 / 2)
    assert MoveCosts(costs, broad=True).path(start, goal).cost == pytest.approx(2 + 3.5)
