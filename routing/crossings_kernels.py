"""Which moves of a grid meet straight pieces of lines, compiled by numba.

Two segments meet when the ends of neither lie on one side of the other. On which side a point lies is the sign
of a determinant; where rounding could change that sign the pair is handed back as doubtful, to be settled by
exact geometry.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

CERTAIN, DOUBTFUL = 1, 2
_ERROR = 1e-14  # of the determinant, against its two products: 3.4e-16 is proven by Shewchuk (1997)
_SPARE = 1e-3  # cells by which windows are wider than they need be

Array = npt.NDArray[Any]
Point = tuple[float, float]
Frame = tuple[float, float, float, float, float]  # left, top, side of a cell, shift of all moves in x and in y


@njit(cache=True, nogil=True)
def side(a: Point, b: Point, at: Point) -> int:
    """Return 1 or -1 for the side of the line from a to b on which a point lies, 0 where rounding may decide."""
    one, two = (b[0] - a[0]) * (at[1] - a[1]), (b[1] - a[1]) * (at[0] - a[0])
    if abs(one - two) <= _ERROR * (abs(one) + abs(two)):
        return 0
    return 1 if one > two else -1


@njit(cache=True, nogil=True)
def meet(a: Point, b: Point, start: Point, end: Point) -> int:
    """Return whether a piece from a to b meets a move: 0 (no), ``CERTAIN`` or ``DOUBTFUL``."""
    for k in (0, 1):
        if max(a[k], b[k]) < min(start[k], end[k]) or min(a[k], b[k]) > max(start[k], end[k]):
            return 0
    here, there = side(a, b, start), side(a, b, end)
    if here * there > 0:
        return 0
    first, second = side(start, end, a), side(start, end, b)
    if first * second > 0:
        return 0
    return CERTAIN if here and there and first and second else DOUBTFUL


@njit(cache=True, nogil=True)
def meetings(pieces: Array, shape: tuple[int, int], frame: Frame, moves: Array, met: Array) -> int:
    """Fill in the moves that meet pieces, as far as there is room, and return how many they are.

    Parameters
    ----------
    pieces
        Shape (n, 4): x, y, x, y.
    shape
        Rows and columns of the grid.
    moves
        Shape (m, 2): (row, column) steps.
    met
        Shape (most, 3): cell (numbered by row) * m + move, piece, ``CERTAIN`` or ``DOUBTFUL``.
    """
    rows, columns = shape
    left, top, cell_m, aside_x, aside_y = frame
    reach = np.abs(moves).max()
    count = 0
    for k in range(len(pieces)):
        a, b = (pieces[k, 0], pieces[k, 1]), (pieces[k, 2], pieces[k, 3])
        # In cells; whole numbers are where moves start.
        one = ((top - a[1] + aside_y) / cell_m - 0.5, (a[0] - aside_x - left) / cell_m - 0.5)
        two = ((top - b[1] + aside_y) / cell_m - 0.5, (b[0] - aside_x - left) / cell_m - 0.5)
        upper, lower = (one, two) if one[0] <= two[0] else (two, one)
        for row in range(max(int(np.floor(upper[0])) - reach, 0), min(int(np.ceil(lower[0])) + reach, rows - 1) + 1):
            low, high = _columns(upper, lower, row - reach - _SPARE, row + reach + _SPARE)
            begin, end = max(np.floor(low) - reach, 0.0), min(np.ceil(high) + reach, columns - 1.0)
            y = top - (row + 0.5) * cell_m + aside_y
            for column in range(int(begin), int(end) + 1):
                x = left + (column + 0.5) * cell_m + aside_x
                for move in range(len(moves)):
                    found = meet(a, b, (x, y), (x + moves[move, 1] * cell_m, y - moves[move, 0] * cell_m))
                    if found:
                        if count < len(met):
                            met[count, 0] = (row * columns + column) * len(moves) + move
                            met[count, 1], met[count, 2] = k, found
                        count += 1
    return count


@njit(cache=True, nogil=True)
def _columns(upper: Point, lower: Point, top: float, bottom: float) -> Point:
    """Return between which columns a piece, given in (row, column), lies in rows from top to bottom."""
    if lower[0] < top or upper[0] > bottom:
        return 0.0, -1e9
    one, two = upper[1], lower[1]
    per_row = (two - one) / max(lower[0] - upper[0], _SPARE)
    if upper[0] < top:
        one += per_row * (top - upper[0])
    if lower[0] > bottom:
        two -= per_row * (lower[0] - bottom)
    return min(one, two) - _SPARE, max(one, two) + _SPARE
