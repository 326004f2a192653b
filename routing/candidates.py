"""Paths of which the candidate corridors are made: stars over three terminals, then terminal to terminal.

A shared trench forks where the ways to three places meet best. That place is found exactly, up to the cell:
the sum of the costs from three terminals is least there. Decision 0006 says what stars are worth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from affine import Affine
from scipy.sparse.csgraph import dijkstra

from data.grids import Floats, Ints
from data.settings import Pipelines
from routing.corridor_graph import MoveGrid, Prices, move_grid
from routing.corridor_links import Cell
from routing.crossings import Crossings
from routing.surface import CostSurface

_MOST_CELLS = 160_000  # of the grid on which forks are looked for; a finer surface is thinned out to it
_MOST_STARS = 1  # per terminal


@dataclass(frozen=True)
class _Star:
    """Three terminals, the cell where the ways to them meet, and what meeting there saves, currency."""

    saving: float
    ends: tuple[int, int, int]
    fork: Cell


def candidate_paths(
    grid: MoveGrid,
    ground: tuple[CostSurface, Prices, Crossings],
    cells: Sequence[Cell],
    order: Sequence[tuple[int, int]],
    settings: Pipelines,
) -> list[Ints]:
    """Return paths as cells (n, 2): the arms of stars, the most saving first, then one per pair in order.

    Each is cheaper where an earlier one runs.

    Parameters
    ----------
    grid
        The moves of the surface; routing makes those it uses cheaper.
    ground
        What shapes the paths.
    cells
        Row and column of each terminal.
    order
        Pairs of terminals on the same piece of ground, as :func:`routing.terminals.routing_order` gives them.
    settings
        ``sharing_discount``, what a move that is used already costs of its first price; ``fork_gain``,
        what a fork must save of the way over the middle terminal.
    """
    paths, discount = [], settings.sharing_discount
    for star in _stars(ground, cells, order, settings.fork_gain):
        fork = np.array(star.fork, dtype=np.int64)
        arms = [grid.path(np.array(cells[end], dtype=np.int64), fork) for end in star.ends]
        for arm in arms:
            if arm is not None:
                grid.share(arm, discount)
                paths.append(arm)
    return paths + _shared_paths(grid, cells, order, discount)


def _shared_paths(
    grid: MoveGrid, cells: Sequence[Cell], order: Sequence[tuple[int, int]], discount: float
) -> list[Ints]:
    """Return a least-cost path per pair of terminals.

    The way over paths found so far bounds what the next one can cost, which spares most of its search.
    """
    paths, known = [], np.full((len(cells), len(cells)), np.inf)
    for start, end in order:
        at_most = float(dijkstra(known, directed=False, indices=start)[end])
        first, last = (np.array(cells[k], dtype=np.int64) for k in (start, end))
        path = grid.path(first, last, at_most)
        if path is None:  # the caller joins only terminals on the same piece of ground
            raise AssertionError(f"no path between terminals {start} and {end}")
        known[start, end] = max(grid.share(path, discount), 1e-9)
        paths.append(path)
    return paths


def _stars(
    ground: tuple[CostSurface, Prices, Crossings],
    cells: Sequence[Cell],
    order: Sequence[tuple[int, int]],
    gain: float,
) -> list[_Star]:
    """Return the forks worth having among every terminal and two that it is joined to, the best first."""
    triples = _triples(order)
    if not triples:
        return []
    surface, prices, crossings = ground
    coarse, step = thinned(surface)
    moves, at = move_grid(coarse, prices, crossings), np.array(cells) // step
    fields = {k: _field(moves, coarse, at[k]) for k in sorted({k for triple in triples for k in triple})}
    stars = []
    for one, two, three in triples:
        total = fields[one] + fields[two] + fields[three]
        place = np.unravel_index(int(np.argmin(total)), coarse.shape)
        apart = [fields[a][tuple(at[b])] for a, b in ((one, two), (one, three), (two, three))]
        chain = sum(sorted(apart)[:2])  # the same three without a fork
        if np.isfinite(chain) and total[place] < chain * (1 - gain):
            fork = _within(surface, (int(place[0]), int(place[1])), step)
            stars.append(_Star(float(chain - total[place]), (one, two, three), fork))
    stars.sort(key=lambda star: (-star.saving, star.ends))
    return stars[: _MOST_STARS * len(cells)]


def thinned(surface: CostSurface) -> tuple[CostSurface, int]:
    """Return the surface with so many cells in one that it is small enough, and how many on a side."""
    step = int(np.ceil(np.sqrt(np.prod(surface.shape) / _MOST_CELLS)))
    return _thinned(surface, step), step


def _triples(order: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    joined: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in order:
        joined[one].add(other)
        joined[other].add(one)
    found = {
        tuple(sorted((middle, *two))) for middle, others in joined.items() for two in combinations(sorted(others), 2)
    }
    return sorted((one, two, three) for one, two, three in found)


def _field(moves: MoveGrid, coarse: CostSurface, source: Ints) -> Floats:
    """Return the cost from a cell to each, infinite everywhere when thinning closed the cell."""
    if not coarse.allowed[tuple(source)]:
        return np.full(coarse.shape, np.inf)
    return np.array(moves.costs.costs_from(source))


def _thinned(surface: CostSurface, step: int) -> CostSurface:
    """Return the surface with ``step`` x ``step`` cells in one: their mean, allowed where most of them are."""
    if step == 1:
        return surface
    rows, starts = -(-surface.shape[0] // step), np.arange(0, surface.shape[1], step)
    allowed, factors = np.empty((rows, len(starts))), np.empty((rows, len(starts)))
    for row in range(rows):
        block = slice(row * step, (row + 1) * step)
        inside, priced = surface.allowed[block], np.where(surface.allowed[block], surface.factors[block], 0.0)
        allowed[row] = np.add.reduceat(inside.sum(axis=0), starts)
        factors[row] = np.add.reduceat(priced.sum(axis=0), starts)
    open_ = 2 * allowed >= step**2
    mean = np.where(open_, factors / np.maximum(allowed, 1), 1.0)
    transform = surface.transform @ Affine.scale(step)
    return CostSurface(mean, open_, ~open_, transform, surface.crs, surface.cell_m * step)


def _within(surface: CostSurface, place: Cell, step: int) -> Cell:
    """Return the allowed cell of a block that is nearest to its middle."""
    low = np.array(place) * step
    cells = np.argwhere(surface.allowed[low[0] : low[0] + step, low[1] : low[1] + step])
    row, column = low + cells[np.hypot(*(cells - (step - 1) / 2).T).argmin()]
    return int(row), int(column)
