"""Least-cost paths over the grid of moves, one pair of terminals after the other.

Every allowed cell is a node and every move to one of its eight neighbours an edge that costs the mean
of the two cells' cost per metre times the length of the move, and the lines it crosses. Moves that an
earlier path uses are cheaper afterwards, so later paths join it: that is how shared trenches come about.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from routing.crossings import MOVES, Crossings
from routing.surface import CostSurface, Floats, Ints

_FIRST_MARGIN = 16  # cells around a pair in the first window searched


@dataclass(frozen=True)
class Prices:
    """What decides where a corridor runs, currency invested."""

    trench_per_m: float  # times the factor of the ground
    plain_per_m: float  # right of way and pipe, whatever the ground


@dataclass
class MoveGrid:
    """The costs of all moves; routing a pair makes the moves it uses cheaper.

    ``weights`` has shape (4, rows, columns): entry (k, r, c) is the cost of the move from cell (r, c)
    in direction ``MOVES[k]`` and of its reverse, infinite where there is none. ``floor_per_m`` is a
    lower bound on the cost of a metre anywhere.
    """

    weights: Floats
    cell_m: float
    floor_per_m: float
    used: set[tuple[int, int, int]]

    @property
    def shape(self) -> tuple[int, int]:
        """Return (rows, columns)."""
        _, rows, columns = self.weights.shape
        return rows, columns

    def components(self) -> Ints:
        """Return the number of the connected piece of ground each cell belongs to, shape (rows, columns)."""
        rows, columns = self.shape
        graph = _graph(self.weights)
        _, labels = connected_components(graph, directed=False)
        return np.asarray(labels, dtype=np.int64).reshape(rows, columns)

    def path(self, start: Ints, goal: Ints, at_most: float = np.inf) -> Ints | None:
        """Return the cheapest path as cells (n, 2) from start to goal, or None when there is none.

        Only a window around the two is searched. A path that leaves it would be longer than some bound;
        when that bound times the cheapest metre is no better than the path found, none can be cheaper.
        Otherwise the window that would do is searched instead.

        Parameters
        ----------
        at_most
            The cost of some path that is known to exist; the search stops there.
        """
        apart = np.abs(goal - start)
        enough = self._needed_margin(at_most, apart) if np.isfinite(at_most) else max(self.shape)
        margin = min(max(_FIRST_MARGIN, int(apart.sum()) // 4), enough)
        while True:
            low, high = self._window(start, goal, margin)
            found = self._search((low, high), start, goal, at_most)
            whole = margin >= enough or bool((low == 0).all() and (high == self.shape).all())
            if found is None:
                if whole:
                    return None
                margin = enough if np.isfinite(at_most) else margin * 4
                continue
            cost, path = found
            needed = self._needed_margin(cost, apart)
            if whole or needed <= margin:
                return path
            margin, at_most = needed, cost

    def share(self, path: Ints, discount: float) -> float:
        """Make the moves of a path cost ``discount`` of what they did, once; return what it costs now."""
        total = 0.0
        for first, second in zip(path[:-1].tolist(), path[1:].tolist(), strict=True):
            step = (second[0] - first[0], second[1] - first[1])
            (row, column), key = (first, step) if step in MOVES else (second, (-step[0], -step[1]))
            move = (MOVES.index(key), row, column)
            if move not in self.used:
                self.used.add(move)
                self.weights[move] *= discount
            total += float(self.weights[move])
        return total

    def _window(self, start: Ints, goal: Ints, margin: int) -> tuple[Ints, Ints]:
        low = np.maximum(np.minimum(start, goal) - margin, 0)
        high = np.minimum(np.maximum(start, goal) + margin + 1, self.shape)
        return low, high

    def _needed_margin(self, cost: float, apart: Ints) -> int:
        """Return the margin in cells beyond which no path of this cost reaches out and comes back.

        Out through the left edge and back means at least ``apart + 2 * margin`` cells across and
        ``apart`` cells down, straight.
        """
        reach = cost / (self.floor_per_m * self.cell_m)
        across = [np.sqrt(max(reach**2 - apart[1 - axis] ** 2, 0.0)) - apart[axis] for axis in (0, 1)]
        return int(np.ceil(max(*across, 0.0) / 2 + 1e-9))

    def _search(self, window: tuple[Ints, Ints], start: Ints, goal: Ints, at_most: float) -> tuple[float, Ints] | None:
        low, high = window
        weights = self.weights[:, low[0] : high[0], low[1] : high[1]]
        source = tuple((start - low).tolist())
        number = np.ravel_multi_index(source, weights.shape[1:])
        costs = dijkstra(_graph(weights), indices=number, limit=at_most * (1 + 1e-9)).reshape(weights.shape[1:])
        target = tuple((goal - low).tolist())
        if not np.isfinite(costs[target]):
            return None
        return float(costs[target]), _straightest(weights, costs, source, target) + low


def _straightest(weights: Floats, costs: Floats, source: tuple[int, ...], target: tuple[int, ...]) -> Ints:
    """Return, of all cheapest paths in a window, one that keeps near the straight line, cells (n, 2).

    On even ground the eight moves make very many paths equally cheap, most of them far to one side;
    another path that joins such a one would join it at an odd place.
    """
    ahead = np.subtract(target, source)
    path = [target]
    while path[-1] != source:
        row, column = path[-1]
        ways = []
        for (down, right), sign in product(MOVES, (1, -1)):
            cell = row - sign * down, column - sign * right
            if not (0 <= cell[0] < costs.shape[0] and 0 <= cell[1] < costs.shape[1]):
                continue
            move = weights[(MOVES.index((down, right)), *(cell if sign == 1 else (row, column)))]
            if costs[cell] < costs[row, column] and costs[cell] + move <= costs[row, column] * (1 + 1e-12):
                aside = abs(ahead[0] * (cell[1] - source[1]) - ahead[1] * (cell[0] - source[0]))
                ways.append((aside, cell))
        path.append(min(ways)[1])
    return np.array(path[::-1], dtype=np.int64)


def move_grid(surface: CostSurface, prices: Prices, crossings: Crossings, discount: float) -> MoveGrid:
    """Return the moves of a surface; a diagonal between two forbidden cells is no move.

    ``discount`` is what shared moves will cost of their first price; it bounds the cheapest metre.
    """
    rows, columns = surface.shape
    per_m = np.where(surface.allowed, surface.factors * prices.trench_per_m + prices.plain_per_m, np.inf)
    weights = np.full((len(MOVES), rows, columns), np.inf)
    for index, (down, right) in enumerate(MOVES):
        here = (slice(0, rows - down), slice(max(-right, 0), columns - max(right, 0)))
        there = (slice(down, rows), slice(max(right, 0), columns - max(-right, 0)))
        cost = (per_m[here] + per_m[there]) / 2 * (surface.cell_m * np.hypot(down, right))
        if right and down:
            flank_a = surface.allowed[here[0], there[1]]
            flank_b = surface.allowed[there[0], here[1]]
            cost[~flank_a & ~flank_b] = np.inf
        weights[(index, *here)] = cost
    charges = crossings.move_charges(surface)
    if charges is not None:
        weights += charges
    floor = float(per_m.min(initial=np.inf)) * discount
    return MoveGrid(weights, surface.cell_m, floor, set())


def _graph(weights: Floats) -> csr_array:
    """Return a window of moves as a sparse graph with both directions of each, cells numbered by row."""
    _, rows, columns = weights.shape
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    costs = np.full((rows, columns, 2 * len(MOVES)), np.inf)
    neighbours = np.zeros(costs.shape, dtype=np.int32)
    for index, (down, right) in enumerate(MOVES):
        here = (slice(0, rows - down), slice(max(-right, 0), columns - max(right, 0)))
        there = (slice(down, rows), slice(max(right, 0), columns - max(-right, 0)))
        costs[(*here, 2 * index)] = weights[(index, *here)]
        neighbours[(*here, 2 * index)] = number[there]
        costs[(*there, 2 * index + 1)] = weights[(index, *here)]
        neighbours[(*there, 2 * index + 1)] = number[here]
    exists = np.isfinite(costs)
    ends = np.concatenate([[0], np.cumsum(exists.sum(axis=2), dtype=np.int32)]).astype(np.int32)
    return csr_array((costs[exists], neighbours[exists], ends), shape=(rows * columns, rows * columns))
