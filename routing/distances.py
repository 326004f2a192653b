"""Distances from cells to the nearest marked one, exact, for some rows of a grid.

SciPy's transform keeps some 40 bytes for every cell that could hold the nearest mark, also far outside the
rows asked for; here marks take one byte, and only the rows asked for take more.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from data.grids import Flags, Floats

_FAR = 2**30  # cells: no mark in this column


def distances(marked: Flags, rows: slice) -> Floats:
    """Return the distance between centres from each cell of some rows to the nearest marked cell, in cells.

    Parameters
    ----------
    marked
        Shape (all rows, columns).
    rows
        Those wanted, n of them.

    Returns
    -------
    Floats
        Shape (n, columns); infinite when no cell is marked. As the distance transform of Felzenszwalb and
        Huttenlocher (2012): down the columns first, then along each row the lower envelope of the parabolas
        that the columns' nearest marks raise.
    """
    down = _down_columns(marked, rows.start, rows.stop)
    return np.asarray(np.sqrt(_along_rows(down)), dtype=np.float64)


@njit(cache=True, nogil=True)
def _down_columns(marked: Flags, top: int, bottom: int) -> npt.NDArray[np.int32]:
    """Return how many rows the nearest mark in its own column is away from each cell of rows top to bottom."""
    count, columns = marked.shape
    away = np.empty((bottom - top, columns), dtype=np.int32)
    last = np.full(columns, _FAR, dtype=np.int32)
    for row in range(bottom):
        for column in range(columns):
            last[column] = 0 if marked[row, column] else min(last[column] + 1, _FAR)
            if row >= top:
                away[row - top, column] = last[column]
    last[:] = _FAR
    for row in range(count - 1, top - 1, -1):
        for column in range(columns):
            last[column] = 0 if marked[row, column] else min(last[column] + 1, _FAR)
            if row < bottom:
                away[row - top, column] = min(away[row - top, column], last[column])
    return away


@njit(cache=True, nogil=True)
def _along_rows(down: npt.NDArray[np.int32]) -> Floats:
    """Return the squared distance to the nearest mark of any column."""
    rows, columns = down.shape
    square = np.full((rows, columns), np.inf)
    lowest = np.empty(columns, dtype=np.int64)  # columns whose parabolas make up the envelope
    begins = np.empty(columns)  # where each becomes the lowest
    for row in range(rows):
        used = 0
        for column in range(columns):
            if down[row, column] >= _FAR:
                continue
            height, start = np.float64(down[row, column]) ** 2 + np.float64(column) ** 2, -np.inf
            while used > 0:
                other = lowest[used - 1]
                start = (height - np.float64(down[row, other]) ** 2 - np.float64(other) ** 2) / (2 * (column - other))
                if start > begins[used - 1]:
                    break
                used -= 1
                start = -np.inf
            lowest[used], begins[used] = column, start
            used += 1
        if used == 0:
            continue
        k = 0
        for column in range(columns):
            while k + 1 < used and begins[k + 1] <= column:
                k += 1
            square[row, column] = np.float64(down[row, lowest[k]]) ** 2 + np.float64(column - lowest[k]) ** 2
    return square
