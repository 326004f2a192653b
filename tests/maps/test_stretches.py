import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString

from maps.stretches import abreast, cut

MAIN = [(0, 0), (100, 0), (200, 0), (300, 0)]


def lines(*coordinates):
    return np.array([LineString(xy) for xy in coordinates], dtype=object)


def drawn(found, line):
    """Return the vertices of a line put together from its stretches again."""
    out = []
    for stretch, back in zip(found.stretch[found.line == line], found.back[found.line == line], strict=True):
        xy = shapely.get_coordinates(found.shapes[stretch])[:: -1 if back else 1]
        out += [tuple(vertex) for vertex in (xy if not out else xy[1:])]
    return out


def test_lines_are_cut_where_they_meet_and_part():
    ways = lines(MAIN, [(100, 90), (100, 0), (200, 0), (200, 90)])
    found = cut(ways)
    assert len(found.shapes) == 5  # two ends of each, and what they share
    assert np.bincount(found.stretch).tolist().count(2) == 1
    assert [drawn(found, line) for line in (0, 1)] == [list(way.coords) for way in ways]


def test_a_road_run_both_ways_is_one_stretch():
    found = cut(lines(MAIN, MAIN[::-1]))
    assert len(found.shapes) == 1
    assert sorted(found.back.tolist()) == [False, True]
    assert drawn(found, 1) == [(float(x), 0.0) for x in (300, 200, 100, 0)]


def test_random_walks_on_a_grid_come_back_whole():
    rng = np.random.default_rng(3)
    steps = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    ways = lines(*[np.cumsum(np.vstack([[0, 0], steps[rng.integers(0, 4, 40)]]), axis=0) for _ in range(30)])
    found = cut(ways)
    assert [drawn(found, line) for line in range(30)] == [list(way.coords) for way in ways]
    edges = {frozenset(pair) for way in ways for pair in zip(way.coords[:-1], way.coords[1:], strict=True)}
    assert shapely.length(found.shapes).sum() == pytest.approx(len(edges))  # each edge of the grid is there once


def test_repeated_vertices_pieces_and_nothing():
    two = MultiLineString([[(0, 0), (0, 0), (5, 0)], [(9, 0), (12, 0)]])
    found = cut(np.array([two, LineString()], dtype=object))
    assert found.line.tolist() == [0, 0]
    assert len(set(found.piece.tolist())) == 2
    assert len(cut(np.array([], dtype=object)).shapes) == 0


def test_lines_lie_side_by_side_only_where_they_share_a_road():
    ways = lines([(0, 0), (100, 0), (200, 0)], [(0, 90), (100, 0), (200, 0)])
    found = cut(ways)
    moved = abreast(found, np.array([4.0, 2.0]), 36.0)
    of = {(line, tuple(found.shapes[s].coords[0])): m
          for line, s, m in zip(found.line, found.stretch, moved, strict=True)}  # fmt: skip
    assert of == {(0, (0, 0)): 0, (1, (0, 90)): 0, (0, (100, 0)): -1, (1, (100, 0)): 2}


def test_oncoming_lines_are_on_their_own_right():
    found = cut(lines(MAIN, MAIN[::-1]))
    assert abreast(found, np.array([4.0, 4.0]), 36.0).tolist() == [2, 2]


def test_a_full_road_is_no_wider_than_it_may_be():
    found = cut(lines(*[MAIN] * 50))
    moved = abreast(found, np.full(50, 4.0), 36.0)
    assert np.ptp(moved) < 36.0
    assert len(set(moved.round(6).tolist())) == 50
