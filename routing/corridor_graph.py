"""Least-cost paths over the grid of moves, one pair of terminals after the other.

Every allowed cell is a node and every move to one of its 8 or 16 neighbours an edge that costs what the
ground costs along it, and the lines it crosses. Moves that an earlier path uses are cheaper afterwards, so
later paths join it: that is how shared trenches come about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label

from data.grids import Pieces, row_slices
from routing.crossings import Crossings
from routing.leastcost import Ints, MoveCosts
from routing.surface import CostSurface

_SLACK = 2e-7  # a bound from costs that were not rounded to float32 may be this much too small


@dataclass(frozen=True)
class Prices:
    """What decides where a corridor runs, currency invested."""

    trench_per_m: float  # times the factor of the ground
    plain_per_m: float  # right of way and pipe, whatever the ground


@dataclass
class MoveGrid:
    """The costs of all moves; routing a pair makes the moves it uses cheaper.

    ``used`` are the moves that have become so, as :meth:`MoveCosts.moves_of` names them.
    """

    costs: MoveCosts
    used: set[tuple[int, int]]

    @property
    def shape(self) -> tuple[int, int]:
        """Return (rows, columns)."""
        return self.costs.shape

    def components(self) -> Pieces:
        """Return the number of the connected piece of ground each cell belongs to, shape (rows, columns).

        Forbidden cells have number 0. A move that is not straight is none where the straight ones do not
        lead the same way, so the straight ones alone decide.
        """
        pieces, _ = label(self.costs.allowed)
        return np.asarray(pieces, dtype=np.int32)

    def path(self, start: Ints, goal: Ints, at_most: float = np.inf) -> Ints | None:
        """Return the cheapest path as cells (n, 2) from start to goal, or None when there is none.

        Parameters
        ----------
        at_most
            The cost of some path that is known to exist; the search stops there.
        """
        found = self.costs.path(start, goal, limit=at_most * (1 + _SLACK))
        return None if found is None else found.cells

    def share(self, path: Ints, discount: float) -> float:
        """Make the moves of a path cost ``discount`` of what they did, once; return what it costs now."""
        moves = self.costs.moves_of(path)
        self.costs.scale(path, np.array([1.0 if move in self.used else discount for move in moves]))
        self.used.update(moves)
        return float(self.costs.prices(path).sum())


def move_grid(surface: CostSurface, prices: Prices, crossings: Crossings, neighbourhood: int = 8) -> MoveGrid:
    """Return the moves of a surface, 8 or 16 from each cell."""
    per_m = np.full(surface.shape, np.inf, dtype=np.float32)
    for rows in row_slices(surface.shape):
        metre = surface.factors[rows] * prices.trench_per_m + prices.plain_per_m
        np.copyto(per_m[rows], metre, casting="same_kind", where=surface.allowed[rows])
    costs = MoveCosts(per_m, surface.cell_m, neighbourhood)
    charged = crossings.move_charges(surface, costs.owned)
    if charged is not None:
        costs.add(*charged)
    return MoveGrid(costs, set())
