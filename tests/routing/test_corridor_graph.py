"""Least-cost paths against networkx, and the union of paths against graphs drawn by hand."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.corridor_graph import Prices, move_grid
from routing.corridor_links import Gate, Link, links_from_paths, simplified, way_round
from routing.crossings import Crossings
from routing.straighten import straightened
from routing.surface import CostSurface
from tests.routing.pipe_cases import UTM, make_study

FREE = Crossings.from_layer(make_study({"a": (0, 0)}).crossings)
PRICES = Prices(trench_per_m=3.0, plain_per_m=1.0)


def surface(factors, allowed=None) -> CostSurface:
    factors = np.asarray(factors, dtype=float)
    allowed = np.ones(factors.shape, dtype=bool) if allowed is None else np.asarray(allowed, dtype=bool)
    return CostSurface(factors, allowed, ~allowed, Affine(10, 0, 0, 0, -10, factors.shape[0] * 10.0), UTM, 10.0)


def crossings(*lines: tuple[list[tuple[float, float]], float]) -> Crossings:
    study = make_study({"a": (0, 0)}, crossings=[(shapely.LineString(line), cost) for line, cost in lines])
    return Crossings.from_layer(study.crossings)


def oracle(ground: CostSurface) -> nx.Graph:
    """The same graph, cell by cell."""
    graph, (rows, columns) = nx.Graph(), ground.shape
    price = ground.factors * PRICES.trench_per_m + PRICES.plain_per_m
    for r in range(rows):
        for c in range(columns):
            for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
                s, d = r + dr, c + dc
                if not (0 <= s < rows and 0 <= d < columns and ground.allowed[r, c] and ground.allowed[s, d]):
                    continue
                if dr and dc and not (ground.allowed[r, d] or ground.allowed[s, c]):
                    continue
                graph.add_edge((r, c), (s, d), weight=(price[r, c] + price[s, d]) / 2 * 10 * np.hypot(dr, dc))
    return graph


def cost(graph: nx.Graph, path) -> float:
    return sum(graph.edges[tuple(a), tuple(b)]["weight"] for a, b in pairwise(path))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 0.45), st.integers(3, 60), st.integers(3, 30), st.floats(0.3, 1))
def test_paths_cost_what_networkx_says(seed, closed, rows, columns, discount):
    rng = np.random.default_rng(seed)
    ground = surface(rng.choice([0.5, 1, 1.3, 5, 20], (rows, columns)), rng.random((rows, columns)) >= closed)
    graph, grid = oracle(ground), move_grid(ground, PRICES, FREE)
    cells = np.argwhere(ground.allowed)
    if len(cells) < 2:
        return
    for _ in range(4):
        start, goal = cells[rng.integers(len(cells), size=2)]
        path = grid.path(start, goal)
        ends = tuple(start.tolist()), tuple(goal.tolist())
        if ends[0] != ends[1] and (ends[0] not in graph or ends[1] not in graph or not nx.has_path(graph, *ends)):
            assert path is None
            continue
        assert path is not None
        assert (path[0] == start).all()
        assert (path[-1] == goal).all()
        if ends[0] != ends[1]:
            best = nx.dijkstra_path_length(graph, *ends)
            assert cost(graph, path.tolist()) == pytest.approx(best)
            assert grid.path(start, goal, best) is not None  # bounded by the truth it is found as well
        before = {
            tuple(sorted((tuple(a), tuple(b)))) for a, b in zip(path[:-1].tolist(), path[1:].tolist(), strict=True)
        }
        grid.share(path, discount)
        for a, b in before:
            if not graph.edges[a, b].get("shared"):
                graph.edges[a, b]["weight"] *= discount
                graph.edges[a, b]["shared"] = True


def test_no_squeezing_between_two_forbidden_cells():
    allowed = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]])
    ground = surface(np.ones((3, 3)), allowed)
    grid = move_grid(ground, PRICES, FREE)
    assert grid.path(np.array([0, 0]), np.array([2, 2])) is None
    assert grid.components()[0, 0] != grid.components()[2, 2]
    allowed[0, 2] = 1  # now one corner is open
    grid = move_grid(surface(np.ones((3, 3)), allowed), PRICES, FREE)
    assert grid.path(np.array([0, 0]), np.array([2, 2])) is not None


def test_a_path_pays_for_each_line_once():
    ground = surface(np.ones((5, 9)))
    road = crossings(([(42, -10), (42, 60)], 500.0), ([(61, -10), (63, 60)], 70.0))
    grid = move_grid(ground, PRICES, road)
    path = grid.path(np.array([2, 0]), np.array([2, 8]))
    assert path is not None
    assert grid.share(path, 1.0) == pytest.approx(80 * 4 + 570)


def test_a_line_through_the_centres_of_cells_is_paid_once():
    ground = surface(np.ones((5, 9)))
    for x in (45, 40):  # through centres; along the edges of cells
        grid = move_grid(ground, PRICES, crossings(([(x, -10), (x, 60)], 500.0)))
        path = grid.path(np.array([2, 0]), np.array([3, 8]))
        assert path is not None
        assert grid.share(path, 1.0) == pytest.approx(4 * (70 + 10 * np.sqrt(2)) + 500)


def test_a_dear_river_is_crossed_at_its_end():
    ground = surface(np.ones((9, 9)))
    grid = move_grid(ground, PRICES, crossings(([(45, 25), (45, 100)], 1e6)))
    path = grid.path(np.array([0, 0]), np.array([0, 8]))
    assert path is not None
    assert path[:, 0].max() >= 6  # round the southern end at y = 25


def test_drawn_lines_pay_for_true_crossings():
    lines = crossings(
        ([(0, 10), (10, -10), (20, 10), (30, -10)], 10.0),  # a river that winds: three times
        ([(5, -5), (5, 5)], 1.0),
        ([(40, 0), (60, 0)], 100.0),  # along
        ([(100, -5), (100, 5)], 1000.0),  # at the end: no crossing
    )
    assert lines.charge(np.array([[0.0, 0.0], [50.0, 0.0], [100.0, 0.0]])) == (131.0, 5)
    assert FREE.charge(np.array([[0.0, 0.0], [1.0, 0.0]])) == (0.0, 0)


def price(coords) -> float:
    return float(np.hypot(*np.diff(coords, axis=0).T).sum())


def gate(cell, at=None, own=True) -> Gate:
    centre = [cell[1] * 10 + 5.0, 50 - cell[0] * 10 - 5.0]
    return Gate(cell, np.array([centre if at is None else at, centre], dtype=float), own)


def test_paths_that_share_cells_meet_in_a_junction():
    ground = surface(np.ones((5, 5)))
    paths = [np.array([[0, 0], [1, 1], [2, 2], [3, 2], [4, 2]]), np.array([[0, 4], [1, 3], [2, 2], [3, 2], [4, 2]])]
    gates = [gate((0, 0)), gate((0, 4)), gate((4, 2))]
    links = links_from_paths(paths, gates, ground, price)
    assert sorted((link.start, link.end) for link in links) == [(0, 3), (1, 3), (3, 2)]
    assert sum(link.length_m for link in links) == pytest.approx(2 * 20 * np.sqrt(2) + 20)
    assert {tuple(link.coords[-1 if link.end == 3 else 0]) for link in links} == {(25.0, 25.0)}


def test_terminals_in_one_cell_and_on_a_leg():
    ground = surface(np.ones((5, 5)))
    paths = [np.array([[2, 0], [2, 1], [2, 2]]), np.array([[2, 2]])]
    gates = [
        gate((2, 0), at=(1, 21)),
        gate((2, 2)),
        gate((2, 2), at=(28, 29), own=False),
        gate((2, 1), at=(15, 45), own=False),
    ]
    links = links_from_paths(paths, gates, ground, price)
    assert sorted((link.start, link.end) for link in links) == [(0, 4), (2, 1), (3, 4), (4, 1)]
    by_ends = {(link.start, link.end): link.coords.tolist() for link in links}
    assert by_ends[0, 4][0] == [1, 21]
    assert (by_ends[2, 1][0], by_ends[2, 1][-1]) == ([28, 29], [25, 25])
    assert by_ends[3, 4] == [[15, 45], [15, 25]]


def straight(start, end, cost, *between) -> Link:
    return Link(start, end, np.array([[start, 0.0], *between, [end, 0.0]]), cost)


def test_what_no_plan_needs_is_dropped():
    links = [
        straight(0, 5, 5), straight(5, 1, 4),  # joined: 5 is a plain junction
        straight(0, 6, 1), straight(6, 7, 1),  # a dead end
        straight(0, 1, 30, [0, 9.0]),  # dearer than the way over 5
        straight(1, 1, 3, [2, 2]),  # a loop
        straight(1, 2, 1),
    ]  # fmt: skip
    kept = simplified(links, 3, price)
    assert sorted(tuple(sorted((link.start, link.end))) for link in kept) == [(0, 1), (1, 2)]
    assert next(link for link in kept if {link.start, link.end} == {0, 1}).length_m == 9


def test_a_way_round_at_no_more_cost_replaces_a_link():
    links = [straight(0, 1, 10), straight(1, 2, 10), straight(0, 2, 20.5, [1, 0.0])]
    assert sorted((link.start, link.end) for link in simplified(links, 3, price)) == [(0, 1), (1, 2)]
    dear = [*links[:2], straight(0, 2, 15, [1, 0.0])]
    assert len(simplified(dear, 3, price)) == 3
    assert way_round(links[:2], 0, 2) == (20, 2)
    assert way_round([], 0, 2) == (np.inf, np.inf)
    assert way_round(links[:1], 0, 2) == (np.inf, np.inf)


def test_stairs_become_a_straight_line():
    ground = surface(np.ones((10, 20)))
    cells = np.array([[k // 2, k] for k in range(18)])
    line = straightened(ground.centres(cells), ground, ground.weighted_length_m)
    assert line.tolist() == ground.centres(cells[[0, -1]]).tolist()


def test_straight_lines_go_round_forbidden_ground_and_never_cost_more():
    rng = np.random.default_rng(3)
    allowed = rng.random((40, 40)) > 0.15
    ground = surface(rng.choice([1, 2, 6], (40, 40)), allowed)
    grid = move_grid(ground, PRICES, FREE)
    cells = np.argwhere(grid.components() == np.bincount(grid.components()[allowed]).argmax())
    boxes = shapely.union_all(
        [shapely.box(c * 10, 390 - r * 10, c * 10 + 10, 400 - r * 10) for r, c in np.argwhere(~allowed)]
    )
    for _ in range(20):
        path = grid.path(*cells[rng.integers(len(cells), size=2)])
        before = ground.centres(path)
        if len(before) < 2:
            continue
        after = straightened(before, ground, ground.weighted_length_m)
        assert (after[[0, -1]] == before[[0, -1]]).all()
        assert ground.weighted_length_m(after) <= ground.weighted_length_m(before) * (1 + 1e-6)
        assert price(after) <= price(before) * (1 + 1e-9) or ground.factors.max() > 1
        assert not shapely.LineString(after).relate_pattern(boxes, "T********")
