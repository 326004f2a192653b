"""Least-cost paths over a raster with 8 or 16 moves, exact to the discretisation.

A move costs what the ground costs along the straight line between two cell centres: half of a straight or
diagonal move lies in each of its two cells, a quarter of a knight's move in each of four. Forbidden cells
cannot be crossed, nor the corner where two of them meet. Single moves may have prices of their own, for a
line that they cross or a trench that is there already. Moves cost the same in both directions.

Costs of ground are kept in float32 (a relative error of at most 6e-8), costs of paths in float64, because
ten thousand moves added in float32 would be wrong in the fourth digit. One search needs 9 bytes a cell beside
the 4 (5 with prices of its own) of the ground, and touches the cells that are nearer than its farthest
target. [Decision 0005](../docs/decisions/0005-raster-engine.md) says why it is this engine.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt

from routing import leastcost_kernels as kernels

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OWNED: dict[int, tuple[tuple[int, int], ...]] = {
    8: ((0, 1), (1, 0), (1, 1), (1, -1))
}  # (row, column): each move once, without its reverse
OWNED[16] = (*OWNED[8], (1, 2), (1, -2), (2, 1), (2, -1))

_BORDER = 2  # cells, as far as a knight jumps
_MAX_RING = 2**14  # buckets; what lies beyond waits in one more
_SCRATCH_BYTES = 2 * 2**30  # all threads together, as far as one search fits
_EVERYWHERE = kernels.Goal(-1, np.inf, 0.0, 0, 0, 0.0, 0.0, 0.0)
_ROOM = {8: (np.sqrt(2) - 1, 0.0, 0.0), 16: (np.sqrt(5) - 2, np.sqrt(5) - np.sqrt(2), np.sqrt(8) - np.sqrt(5))}


@dataclass(frozen=True)
class LeastCostPath:
    """Cells (n, 2) from one end to the other, and what the moves between them cost."""

    cells: Ints
    cost: float


@dataclass
class _Scratch:
    """What one search writes to; clean between searches."""

    dist: Floats
    marks: npt.NDArray[np.uint8]
    queue: kernels.Queue

    @classmethod
    def fitting(cls, cells: int, ring: int) -> _Scratch:
        """Return scratch for a grid; the arrays of the queue take memory only as far as they are used."""
        return cls(np.full(cells, np.inf), np.zeros(cells, dtype=np.uint8), _queue(ring, 4 * ring + cells // 512))

    def clean(self, first: int, last: int, margin: int) -> None:
        """Undo a search that expanded cells from ``first`` to ``last``."""
        touched = slice(max(first - margin, 0), last + margin + 1)
        self.dist[touched], self.marks[touched] = np.inf, 0
        self.queue.heads[:] = -1


class MoveCosts:
    """The costs of all moves of a grid, and least-cost paths over them.

    Parameters
    ----------
    per_m
        Shape (rows, columns): cost of a metre in each cell, above zero; not finite where forbidden.
    cell_m
        Side of a cell.
    neighbourhood
        8 or 16 moves from each cell.
    broad
        Price a diagonal by the mean of all four cells that meet at its middle, and let it pass only where
        none of them is forbidden, as pyorps does: for a strip of ground as broad as a cell.
    """

    def __init__(
        self, per_m: npt.NDArray[np.floating], cell_m: float = 1.0, neighbourhood: int = 8, *, broad: bool = False
    ) -> None:
        self.shape: tuple[int, int] = (per_m.shape[0], per_m.shape[1])
        self.cell_m = cell_m
        self.owned = OWNED[neighbourhood]
        self._width = self.shape[1] + 2 * _BORDER
        padded = np.full((self.shape[0] + 2 * _BORDER, self._width), np.inf, dtype=np.float32)
        inner = padded[_BORDER:-_BORDER, _BORDER:-_BORDER]
        inner[:] = per_m
        np.putmask(inner, ~np.isfinite(inner), np.inf)
        if not (inner > 0).all():
            raise ValueError("the cost of a metre must be above zero; mark forbidden cells with infinity")
        self._costs = padded.ravel()
        self._moves = _moves(neighbourhood, self._width, cell_m, 4 if broad else 8)
        self._room = _ROOM[neighbourhood]
        self._marked = np.empty(0, dtype=np.uint8)
        self._keys, self._rows = np.full(16, -1, dtype=np.int64), np.zeros(16, dtype=np.int32)
        self._prices, self._count = np.empty((0, len(self.owned))), 0
        self._floor_per_m, self._typical_per_m, self._dearest = _spread(self._costs, cell_m)
        self._kept: _Scratch | None = None

    @property
    def allowed(self) -> npt.NDArray[np.bool_]:
        """Return which cells are not forbidden, shape (rows, columns)."""
        return np.isfinite(self._costs.reshape(-1, self._width)[_BORDER:-_BORDER, _BORDER:-_BORDER])

    def add(self, cells: Ints, charges: Floats) -> None:
        """Charge moves on top of the ground.

        Parameters
        ----------
        cells
            Shape (n, 2), no cell twice.
        charges
            Shape (n, owned moves), not below zero, in the order of ``owned``: the move from the cell and
            its reverse.
        """
        rows = self._own(self._flat(cells))
        self._prices[rows] += charges
        self._dearest += float(charges.max(initial=0.0))

    def scale(self, cells: Ints, factors: Floats) -> None:
        """Multiply the prices of the moves of a path of cells (n, 2) by factors (n - 1,) of at most 1."""
        owner, slot, length = self._moves_of(cells)
        rows = self._own(owner)
        self._prices[rows, slot] *= factors
        self._floor_per_m = min(self._floor_per_m, float((self._prices[rows, slot] / length).min(initial=np.inf)))

    def prices(self, cells: Ints) -> Floats:
        """Return the price of each move of a path of cells (n, 2), shape (n - 1,)."""
        flat, ground = self._flat(cells), self._ground()
        move = self._move_numbers(flat)
        pairs = zip(flat[:-1].tolist(), move.tolist(), strict=True)
        return np.array([kernels.price(ground, self._moves, cell, step) for cell, step in pairs], dtype=np.float64)

    def moves_of(self, cells: Ints) -> list[tuple[int, int]]:
        """Return a key for each move of a path of cells (n, 2), the same in both directions."""
        owner, slot, _ = self._moves_of(cells)
        return list(zip(owner.tolist(), slot.tolist(), strict=True))

    def path(self, start: Ints, goal: Ints, *, limit: float = np.inf) -> LeastCostPath | None:
        """Return the cheapest path from a cell (row, column) to another, or None where there is none.

        The search is drawn to the goal by what the remaining metres cost at least. Not for use in threads:
        the memory of one search serves the next.

        Parameters
        ----------
        limit
            A path that costs more is none.
        """
        self._kept = self._kept or self._scratch()
        row, column = (goal + _BORDER).tolist()
        aim = kernels.Goal(1, limit, self._floor_per_m * self.cell_m, row, column, *self._room)
        return self._search(self._kept, start, goal[None], aim)[0]

    def paths(
        self, cells: Ints, pairs: Iterable[tuple[int, int]], *, threads: int | None = None
    ) -> dict[tuple[int, int], LeastCostPath | None]:
        """Return the cheapest path of each pair, None where there is none.

        One search serves all pairs that share an end. The result is the same for any number of threads.

        Parameters
        ----------
        cells
            Shape (n, 2): the places that pairs are numbers of.
        threads
            All processors when not given, as far as memory is bounded.
        """
        pairs = list(dict.fromkeys(pairs))
        served = _by_source(pairs)
        shelf: SimpleQueue[_Scratch] = SimpleQueue()

        def serve(source: int) -> dict[tuple[int, int], LeastCostPath | None]:
            try:
                scratch = shelf.get_nowait()
            except Empty:
                scratch = self._scratch()
            ends = served[source]
            found = self._search(scratch, cells[source], cells[ends], _EVERYWHERE._replace(wanted=len(ends)))
            shelf.put(scratch)
            return {(source, end): path for end, path in zip(ends, found, strict=True)}

        most = max(1, _SCRATCH_BYTES // (9 * self._costs.size))
        workers = max(1, min(threads or os.cpu_count() or 1, most, len(served)))
        with ThreadPoolExecutor(workers) as pool:
            results: dict[tuple[int, int], LeastCostPath | None] = {}
            for part in pool.map(serve, served):
                results |= part
        return {(a, b): results[a, b] if (a, b) in results else _turned(results[b, a]) for a, b in pairs}

    def costs_from(self, source: Ints) -> Floats:
        """Return the cost of the cheapest path from a cell (row, column) to each, shape (rows, columns)."""
        scratch = self._scratch()
        start = int(self._flat(source[None])[0])
        field = kernels.Field(scratch.dist, scratch.marks, start, self._width, 1 / self._bucket())
        self._run(scratch, field, [], _EVERYWHERE)
        return scratch.dist.reshape(-1, self._width)[_BORDER:-_BORDER, _BORDER:-_BORDER]

    def _search(self, scratch: _Scratch, source: Ints, targets: Ints, goal: kernels.Goal) -> list[LeastCostPath | None]:
        """Return the path from a cell to each of targets (n, 2); leave the scratch clean."""
        start, ends = int(self._flat(source[None])[0]), self._flat(targets).tolist()
        field = kernels.Field(scratch.dist, scratch.marks, start, self._width, 1 / self._bucket())
        first, last = self._run(scratch, field, ends, goal)
        ground, found = self._ground(), []
        for end in ends:
            path = None
            if scratch.marks[end] & kernels.EXPANDED:
                flat = kernels.straightest(ground, self._moves, field, end)
                path = LeastCostPath(self._cells(flat), float(scratch.dist[end]))
            found.append(path)
        scratch.clean(first, last, 2 * self._width + _BORDER)
        scratch.marks[ends] = 0
        return found

    def _run(self, scratch: _Scratch, field: kernels.Field, ends: Sequence[int], goal: kernels.Goal) -> tuple[int, int]:
        """Fill in a field; return the first and last cell expanded.

        Should the queue be too small, the search is done again with a larger one: its length cannot be
        known, and is far below the bound that could be given.
        """
        if np.isinf(self._costs[field.source]):
            return field.source, field.source
        aim = goal if goal.wanted < 0 else goal._replace(wanted=len(set(ends)))
        while True:
            scratch.marks[ends] = kernels.WANTED
            done, first, last = kernels.search(self._ground(), self._moves, scratch.queue, aim, field)
            if done == kernels.DONE:
                return first, last
            scratch.clean(first, last, 2 * self._width + _BORDER)
            scratch.queue = _queue(len(scratch.queue.heads) - 1, 2 * len(scratch.queue.links))

    def _bucket(self) -> float:
        """Return the width of a bucket: the cheapest move, unless next to nothing."""
        return max(self._floor_per_m, self._typical_per_m / _MAX_RING) * self.cell_m * (1 - 1e-9)

    def _scratch(self) -> _Scratch:
        span = min(self._dearest / self._bucket() + 3, _MAX_RING) if np.isfinite(self._floor_per_m) else 1
        return _Scratch.fitting(self._costs.size, 1 << max(6, int(np.ceil(np.log2(span)))))

    def _ground(self) -> kernels.Ground:
        return kernels.Ground(self._costs, self._marked, self._keys, self._rows, self._prices)

    def _flat(self, cells: Ints) -> Ints:
        return np.asarray((cells[:, 0] + _BORDER) * self._width + cells[:, 1] + _BORDER, dtype=np.int64)

    def _cells(self, flat: Ints) -> Ints:
        return np.column_stack([flat // self._width - _BORDER, flat % self._width - _BORDER])

    def _move_numbers(self, flat: Ints) -> Ints:
        """Return which move leads from each cell of a path to the next."""
        order = np.argsort(self._moves.offset)
        found = np.searchsorted(self._moves.offset, np.diff(flat), sorter=order)
        return np.asarray(order[found], dtype=np.int64)

    def _moves_of(self, cells: Ints) -> tuple[Ints, Ints, Floats]:
        """Return owner (flat), slot and length in metres of each move of a path."""
        flat = self._flat(cells)
        move = self._move_numbers(flat)
        length = np.hypot(self._moves.down[move], self._moves.right[move]) * self.cell_m
        return np.where(self._moves.far[move] > 0, flat[1:], flat[:-1]), self._moves.slot[move], length

    def _own(self, owners: Ints) -> Ints:
        """Return the row of prices of each flat cell, made if there is none."""
        if not self._marked.size:
            self._marked = np.zeros(self._costs.size, dtype=np.uint8)
        new = np.unique(owners[self._marked[owners] == 0])
        if len(new):
            count = self._count + len(new)
            if 2 * count > len(self._keys):
                self._rehash(count)
            if count > len(self._prices):
                self._prices = np.concatenate([self._prices, np.empty((count, len(self.owned)))])
            prices = kernels.plain_prices(self._costs, self._moves, new, len(self.owned))
            self._prices[self._count : count] = prices
            kernels.insert(self._keys, self._rows, new, self._count)
            self._marked[new], self._count = 1, count
        return np.asarray(kernels.rows_of(self._keys, self._rows, owners), dtype=np.int64)

    def _rehash(self, count: int) -> None:
        """Make the hash table large enough for so many cells."""
        size = 1 << int(np.ceil(np.log2(4 * count)))
        used = self._keys >= 0
        ordered = self._keys[used][np.argsort(self._rows[used])]  # by row, so that rows stay what they are
        self._keys, self._rows = np.full(size, -1, dtype=np.int64), np.zeros(size, dtype=np.int32)
        kernels.insert(self._keys, self._rows, ordered, 0)


def _queue(ring: int, blocks: int) -> kernels.Queue:
    links, pool = np.empty(blocks, dtype=np.int32), np.empty(blocks * kernels.BLOCK, dtype=np.int32)
    heads, fill = np.full(ring + 1, -1, dtype=np.int32), np.zeros(ring + 1, dtype=np.int32)
    return kernels.Queue(heads, fill, links, pool, np.zeros(3, dtype=np.int64))


def _moves(neighbourhood: int, width: int, cell_m: float, four: int) -> kernels.Moves:
    """Return the tables of the moves of a grid; from number ``four`` on they are priced by four cells."""
    owned = OWNED[neighbourhood]
    steps = [(*step, slot, 0) for slot, step in enumerate(owned)]
    steps += [(-down, -right, slot, 1) for down, right, slot, _ in steps]
    steps.sort(key=lambda step: abs(step[0]) + abs(step[1]))  # straight, diagonal, knights'; stable
    down, right, slot, far = np.array(steps, dtype=np.int64).T
    between = np.array([_between(*step[:2]) for step in steps], dtype=np.int64) @ np.array([width, 1])
    share = np.hypot(down, right) * cell_m / np.where(np.arange(len(steps)) < four, 2, 4)
    return kernels.Moves(
        offset=down * width + right,
        down=down.copy(),
        right=right.copy(),
        one=between[:, 0].copy(),
        two=between[:, 1].copy(),
        share=share,
        slot=slot.copy(),
        far=far.copy(),
        four=four,
    )


def _between(down: int, right: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the steps to the cells between which a diagonal passes or over which a knight's move runs."""
    if abs(down) == 2:
        return (down // 2, 0), (down // 2, right)
    if abs(right) == 2:
        return (0, right // 2), (down, right // 2)
    return ((0, right), (down, 0)) if down and right else ((0, 0), (0, 0))


def _spread(costs: npt.NDArray[np.float32], cell_m: float) -> tuple[float, float, float]:
    """Return the cost of the cheapest and of a typical metre, and of the dearest move over plain ground."""
    least = float(costs.min(initial=np.inf))
    if np.isinf(least):
        return np.inf, np.inf, np.inf
    finite = np.isfinite(costs)
    most, mean = float(costs.max(initial=0.0, where=finite)), float(costs.mean(where=finite, dtype=np.float64))
    return least, mean, most * cell_m * np.sqrt(5)


def _by_source(pairs: Sequence[tuple[int, int]]) -> Mapping[int, list[int]]:
    """Return, for few sources, the targets that each should search: every pair is served by one of its ends."""
    left = list({tuple(sorted(pair)): pair for pair in pairs}.values())
    served: defaultdict[int, list[int]] = defaultdict(list)
    while left:
        often = Counter(end for pair in left for end in set(pair))
        source = min(often, key=lambda end: (-often[end], end))
        served[source] = [b if a == source else a for a, b in left if source in (a, b)]
        left = [pair for pair in left if source not in pair]
    return served


def _turned(path: LeastCostPath | None) -> LeastCostPath | None:
    return None if path is None else LeastCostPath(path.cells[::-1], path.cost)
