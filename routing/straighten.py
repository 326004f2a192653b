"""Straight lines instead of stairs: a path over eight moves is up to 8 % longer than it need be.

Points of a line are left out where the straight segment keeps to allowed cells and costs no more than
the stretch it replaces, so a corridor never enters forbidden land and never gets dearer.
"""

from __future__ import annotations

import numpy as np

from routing.corridor_links import Price
from routing.surface import CostSurface, Floats


def straightened(coords: Floats, surface: CostSurface, price: Price) -> Floats:
    """Return a line with the same ends and as few points as a greedy search leaves, shape (n, 2).

    From each point kept the search gallops: it doubles the number of points it tries to leave out while
    that works, then halves it.
    """
    points = _corners(coords)
    at = np.concatenate([[0.0], np.cumsum([price(points[k : k + 2]) for k in range(len(points) - 1)])])

    def works(first: int, last: int) -> bool:
        if last == first + 1:
            return True
        segment = points[[first, last]]
        stretch = float(at[last] - at[first])
        return surface.is_clear(*segment) and price(segment) <= stretch * (1 + 1e-9)

    kept = [0]
    while kept[-1] < len(points) - 1:
        first, step = kept[-1], 1
        while first + 2 * step < len(points) and works(first, first + 2 * step):
            step *= 2
        reach, stride = first + step, step
        while stride >= 1:
            if reach + stride < len(points) and works(first, reach + stride):
                reach += stride
            stride //= 2
        kept.append(reach)
    return points[kept]


def _corners(coords: Floats) -> Floats:
    """Return a line without repeated points and without points on a straight run."""
    moved = np.ones(len(coords), dtype=bool)
    moved[1:] = (np.diff(coords, axis=0) != 0).any(axis=1)
    points = coords[moved]
    if len(points) < 3:
        return points if len(points) > 1 else coords[[0, -1]]
    step = np.diff(points, axis=0)
    turn = step[:-1, 0] * step[1:, 1] - step[:-1, 1] * step[1:, 0]
    onward = (step[:-1] * step[1:]).sum(axis=1) > 0
    straight = (np.abs(turn) <= 1e-9 * (step**2).sum(axis=1)[:-1]) & onward
    return np.asarray(points[np.concatenate([[True], ~straight, [True]])], dtype=np.float64)
