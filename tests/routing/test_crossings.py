"""What moves pay for the lines they meet, against every move drawn and tested by itself."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from routing import crossings_kernels as kernels
from routing.crossings import _ASIDE, Crossings
from routing.leastcost import OWNED
from routing.surface import CostSurface
from tests.routing.pipe_cases import UTM

CORNER = {"near zero": (0.0, 0.0), "as on maps": (500_000.1, 4_200_000.7)}


def flat(rows: int, columns: int, cell_m: float, corner: tuple[float, float]) -> CostSurface:
    ones = np.ones((rows, columns))
    return CostSurface(ones, ones > 0, ones < 0, Affine(cell_m, 0, corner[0], 0, -cell_m, corner[1]), UTM, cell_m)


def lines_of(drawn: list[shapely.Geometry], costs: list[float]) -> Crossings:
    lines = np.array(drawn, dtype=object)
    return Crossings(lines, np.array(costs), ("x",) * len(lines), shapely.STRtree(lines))


def one_by_one(lines: Crossings, surface: CostSurface, moves) -> np.ndarray:
    """The charge of every move of every cell, shape (rows, columns, moves), straight from the definition."""
    cells = np.argwhere(np.ones(surface.shape, dtype=bool))
    starts = surface.centres(cells) + _ASIDE * surface.cell_m
    charges = np.zeros((len(cells), len(moves)))
    for index, (down, right) in enumerate(moves):
        drawn = shapely.linestrings(np.stack([starts, starts + np.array([right, -down]) * surface.cell_m], axis=1))
        for line, cost in zip(lines.lines, lines.costs, strict=True):
            outline = shapely.boundary(line) if shapely.get_dimensions(line) == 2 else line
            charges[:, index] += np.where(shapely.intersects(drawn, outline), cost, 0.0)
    return charges.reshape(*surface.shape, len(moves))


@st.composite
def cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    cell_m, corner = draw(st.sampled_from([1.0, 10.0, 33.3])), draw(st.sampled_from(list(CORNER.values())))
    shapes, costs = [], []
    for _ in range(draw(st.integers(1, 5))):
        points = rng.uniform(-3, 20, (rng.integers(4, 7), 2))  # in cells; some lie outside the grid
        where = draw(st.sampled_from(["anywhere", "corners", "centres", "starts of moves", "ring"]))
        points = {"corners": np.round(points), "centres": np.floor(points) + 0.5,
                  "starts of moves": np.floor(points) + 0.5 + _ASIDE * [1, -1]}.get(where, points)  # fmt: skip
        points = points * [1, -1] * cell_m + corner
        shapes.append(shapely.Polygon(points) if where == "ring" else shapely.LineString(points))
        costs.append(float(rng.choice([0.1, 1.0, 500.0])))
    rows, columns = draw(st.integers(1, 18)), draw(st.integers(1, 18))
    return flat(rows, columns, cell_m, corner), lines_of(shapes, costs)


@given(cases(), st.sampled_from([8, 16]))
def test_charges_are_those_of_every_move_by_itself(case, neighbourhood):
    surface, lines = case
    cells, charges = lines.move_charges(surface, OWNED[neighbourhood])
    expected = one_by_one(lines, surface, OWNED[neighbourhood])
    met = np.argwhere(expected.any(axis=2))
    assert cells.tolist() == met.tolist()
    assert (charges == expected[tuple(met.T)]).all()


def test_what_rounding_could_decide_is_left_to_exact_geometry():
    surface = flat(3, 5, 10.0, CORNER["as on maps"])
    starts = surface.centres(np.array([[1, 0], [1, 4]])) + _ASIDE * 10.0
    lines = lines_of([shapely.LineString(starts)], [7.0])  # along the starts of a row of moves
    pieces = starts.reshape(1, 4)
    frame = (*CORNER["as on maps"], 10.0, *(_ASIDE * 10.0).tolist())
    met = np.empty((60, 3), dtype=np.int64)
    count = kernels.meetings(pieces, surface.shape, frame, np.array(OWNED[8]), met)
    assert kernels.DOUBTFUL in met[:count, 2]
    cells, charges = lines.move_charges(surface)
    expected = one_by_one(lines, surface, OWNED[8])
    assert (charges == expected[tuple(cells.T)]).all()
    assert charges.sum() == expected.sum()


@pytest.mark.parametrize("corner", CORNER.values(), ids=CORNER)
def test_a_line_between_two_columns_charges_the_moves_over_it(corner):
    x, y = corner
    surface = flat(3, 4, 10.0, corner)
    cells, charges = lines_of([shapely.LineString([(x + 20, y + 50), (x + 20, y - 50)])], [5.0]).move_charges(surface)
    # East, south-east from column 1; south-west from column 2. South meets nothing.
    assert cells.tolist() == [[row, column] for row in range(3) for column in (1, 2)]
    assert charges.tolist() == [[5, 0, 5, 0], [0, 0, 0, 5]] * 3


def test_no_lines_no_charges():
    assert Crossings(np.empty(0, dtype=object), np.empty(0), (), None).move_charges(flat(2, 2, 1, (0, 0))) is None
