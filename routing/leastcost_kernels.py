"""The inner loops of the least-cost search over a raster, compiled by numba.

A label-correcting bucket queue after Dial (1969) and Denardo and Fox (1979): cells wait in buckets of equal
width and the lowest bucket is emptied before the next. With buckets no wider than the cheapest move each cell
is expanded once; where they are wider, or a lower bound draws the search to a goal, a cell that improves is
expanded again. So costs are those of Dijkstra's method in double precision; nothing is rounded to integers.

Grids are flat and have a border of forbidden cells as wide as the longest move, so that no move needs a check
against the edge. A forbidden cell costs infinity, and so does every move over it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

BLOCK = 64  # cells per block of a bucket
EXPANDED, WANTED = 1, 2  # marks of a cell
DONE, QUEUE_FULL = 0, 1
_BETTER = 1 - 1e-13  # an improvement smaller than rounding would only be expanded again and again
_EQUAL = 1 + 1e-12

Array = npt.NDArray[Any]


class Moves(NamedTuple):
    """The moves: straight ones (0 to 3), then diagonal (4 to 7), then knights'; arrays of shape (moves,).

    ``offset`` leads to the cell at the other end, ``down`` and ``right`` are its steps; ``one`` and ``two``
    lead to the cells between which a diagonal passes or over which a knight's move runs. ``share`` is what
    each cell of a move counts for, metres: half the length of a move priced by its two ends, a quarter of
    one priced by four cells, which moves are from number ``four`` on. A move and its reverse have one price:
    ``slot`` is its column in ``Ground.prices``, kept with the cell at this end (``far`` 0) or at the other
    (``far`` 1).
    """

    offset: Array
    down: Array
    right: Array
    one: Array
    two: Array
    share: Array
    slot: Array
    far: Array
    four: int


class Ground(NamedTuple):
    """What moves cost.

    ``costs`` (cells,) float32 is the cost of a metre, infinite where forbidden. Cells ``marked`` (cells,)
    keep prices of their own for the moves they own: row ``rows[h]`` of ``prices`` (n, slots), where
    ``keys[h]`` is the cell in a hash table with open addressing; its size is a power of two, -1 is empty.
    ``marked`` is empty when no cell is.
    """

    costs: Array
    marked: Array
    keys: Array
    rows: Array
    prices: Array


class Queue(NamedTuple):
    """Buckets as chains of blocks; the last bucket holds what lies beyond the ring of the others.

    ``heads`` and ``fill`` (buckets + 1,): first block of each (-1: none) and the cells in it, every other
    block being full; ``links`` (blocks,) the next block; ``pool`` (blocks * BLOCK,) the cells; ``state``
    (3,): first free block, blocks ever taken, cells waiting.
    """

    heads: Array
    fill: Array
    links: Array
    pool: Array
    state: Array


class Goal(NamedTuple):
    """Where a search ends: after ``wanted`` marked targets (-1: never), or beyond the cost ``limit``.

    With ``floor`` above zero the search is drawn to cell ``row``, ``column``, as in A*: no step of a cell's
    side costs less, and the moves over ``long`` by ``short`` cells are at least as long as
    ``max(long + near * short, far * long + off * short)``.
    """

    wanted: int
    limit: float
    floor: float
    row: int
    column: int
    near: float
    far: float
    off: float


class Field(NamedTuple):
    """What a search fills in from its source.

    ``dist`` (cells,) float64 and ``marks`` (cells,) uint8: infinity and 0 beforehand where it may come,
    ``WANTED`` on targets. ``width`` is that of the grid, ``scale`` one over the width of a bucket.
    """

    dist: Array
    marks: Array
    source: int
    width: int
    scale: float


@njit(cache=True, nogil=True, error_model="numpy")
def find(keys: Array, cell: int) -> int:
    """Return where a cell stands in the hash table, or the empty place where it would."""
    mask = keys.size - 1
    place = (cell * 0x9E3779B1 >> 7) & mask
    while keys[place] not in (cell, -1):
        place = (place + 1) & mask
    return place


@njit(cache=True, nogil=True, error_model="numpy")
def insert(keys: Array, rows: Array, cells: Array, first: int) -> None:
    """Add cells (n,) that are not there yet; they get the rows from ``first`` on."""
    for k in range(cells.size):
        place = find(keys, cells[k])
        keys[place], rows[place] = cells[k], first + k


@njit(cache=True, nogil=True, error_model="numpy")
def rows_of(keys: Array, rows: Array, cells: Array) -> Array:
    """Return the row of each cell (n,) that is in the table."""
    found = np.empty(cells.size, dtype=np.int64)
    for k in range(cells.size):
        found[k] = rows[find(keys, cells[k])]
    return found


@njit(inline="always", error_model="numpy")
def _by_ground(  # noqa: PLR0917 - arrays in a tuple would double the time of the search
    costs: Array, cell: int, metre: float, move: int, offset: Array, one: Array, two: Array, share: Array, four: int
) -> float:
    """Return the price of a move by the ground alone; ``metre`` is the cost in the cell, which the search has.

    The two ends are added first and then the two cells between, so both directions give the same bits. A
    diagonal between two forbidden cells is no move, nor is a knight's move over any.
    """
    ends = metre + costs[cell + offset[move]]
    if move < 4:
        return float(ends * share[move])
    a, b = np.float64(costs[cell + one[move]]), np.float64(costs[cell + two[move]])
    if move < four:
        return float(ends * share[move]) if a < np.inf or b < np.inf else np.inf
    return float((ends + (a + b)) * share[move])


@njit(cache=True, nogil=True, error_model="numpy")
def plain_price(costs: Array, moves: Moves, cell: int, move: int) -> float:
    """Return the price of a move by the ground alone."""
    offset, _, _, one, two, share, _, _, four = moves
    return _by_ground(costs, cell, np.float64(costs[cell]), move, offset, one, two, share, four)


@njit(cache=True, nogil=True, error_model="numpy")
def plain_prices(costs: Array, moves: Moves, cells: Array, slots: int) -> Array:
    """Return the price by the ground alone of all moves that cells (n,) own, shape (n, slots)."""
    prices = np.empty((cells.size, slots))
    for move in range(moves.offset.size):
        if not moves.far[move]:
            for k in range(cells.size):
                prices[k, moves.slot[move]] = plain_price(costs, moves, cells[k], move)
    return prices


@njit(cache=True, nogil=True, error_model="numpy")
def price(ground: Ground, moves: Moves, cell: int, move: int) -> float:
    """Return the price of a move from a cell."""
    if ground.marked.size:
        owner = cell + moves.offset[move] if moves.far[move] else cell
        if ground.marked[owner]:
            return float(ground.prices[ground.rows[find(ground.keys, owner)], moves.slot[move]])
    return plain_price(ground.costs, moves, cell, move)


@njit(cache=True, nogil=True, error_model="numpy")
def _ahead(goal: Goal, row: int, column: int) -> float:
    """Return a lower bound on the cost from a cell to the goal."""
    down, right = abs(row - goal.row), abs(column - goal.column)
    long, short = max(down, right), min(down, right)
    return goal.floor * max(long + goal.near * short, goal.far * long + goal.off * short)


@njit(inline="always", error_model="numpy")
def _new_block(heads: Array, links: Array, k: int, free: int, taken: int) -> tuple[int, int]:
    """Put an empty block before those of bucket ``k``; return the first free block and the blocks ever taken."""
    if free >= 0:
        new = free
        free = int(links[new])
    else:
        new = taken
        taken += 1
    links[new] = heads[k]
    heads[k] = new
    return free, taken


@njit(cache=True, nogil=True, error_model="numpy")
def _spill(queue: Queue, goal: Goal, field: Field, now: int) -> None:
    """Move what the ring can hold by now out of the last bucket.

    Blocks are freed before any is taken, so they cannot run out.
    """
    heads, fill, links, pool, state = queue
    dist, marks, _, width, scale = field
    ring = heads.size - 1
    block, count = heads[ring], fill[ring]
    heads[ring], fill[ring] = -1, BLOCK
    cells = np.empty(BLOCK, dtype=np.int64)
    while block >= 0:
        cells[:count] = pool[block * BLOCK : block * BLOCK + count]
        following = links[block]
        links[block] = state[0]
        state[0] = block
        for cell in cells[:count]:
            whole = dist[cell]
            if goal.floor > 0:
                whole += _ahead(goal, cell // width, cell % width)
            if marks[cell] & EXPANDED:
                state[2] -= 1
                continue
            bucket = max(int(whole * scale), now)
            k = bucket & (ring - 1) if bucket - now < ring else ring
            if heads[k] < 0 or fill[k] == BLOCK:
                state[0], state[1] = _new_block(heads, links, k, state[0], state[1])
                fill[k] = 0
            pool[heads[k] * BLOCK + fill[k]] = cell
            fill[k] += 1
        block, count = following, BLOCK


@njit(cache=True, nogil=True, error_model="numpy")
def search(  # noqa: C901, PLR0912, PLR0915 - taking from and adding to the queue, as inlined helpers, cost 16 % each
    ground: Ground, moves: Moves, queue: Queue, goal: Goal, field: Field
) -> tuple[int, int, int]:
    """Search from a source; return ``DONE`` or ``QUEUE_FULL``, and the first and last cell expanded.

    The costs in ``field`` are final up to that of the last target found.
    """
    costs, marked, keys, rows, prices = ground
    offset, down, right, one, two, share, slot, far, four = moves
    heads, fill, links, pool, state = queue
    dist, marks, source, width, scale = field
    wanted, limit, drawn = goal.wanted, goal.limit, goal.floor > 0
    ring, spare = heads.size - 1, links.size - heads.size  # blocks kept back for _spill
    special = marked.size > 0
    now = int(_ahead(goal, source // width, source % width) * scale) if drawn else 0
    lap, first, last = now, source, source
    free, taken, waiting = -1, 1, 1
    heads[now & (ring - 1)], fill[now & (ring - 1)], links[0], pool[0] = 0, 1, -1, source
    dist[source] = 0.0
    while True:
        k = now & (ring - 1)
        block = int(heads[k])
        if block < 0:  # this bucket is empty
            if wanted == 0 or waiting == 0:
                return DONE, first, last
            now += 1
            if now - lap == ring:  # nothing in the last bucket was due before
                lap = now
                state[0], state[1], state[2] = free, taken, waiting
                _spill(queue, goal, field, now)
                free, taken, waiting = state[0], state[1], state[2]
            continue
        count = fill[k] - 1
        cell = int(pool[block * BLOCK + count])
        waiting -= 1
        fill[k] = count
        if count == 0:
            heads[k], fill[k] = links[block], BLOCK
            links[block] = free
            free = block
        mark = marks[cell]
        if mark & EXPANDED:
            continue
        wanted -= mark & WANTED != 0
        marks[cell] = EXPANDED
        first, last = min(first, cell), max(last, cell)
        here, metre = dist[cell], np.float64(costs[cell])
        row, column = (cell // width, cell % width) if drawn else (0, 0)
        for move in range(offset.size):
            there = cell + offset[move]
            before = dist[there] * _BETTER
            if before <= here:
                continue
            if special and marked[there if far[move] else cell]:
                cost = here + prices[rows[find(keys, there if far[move] else cell)], slot[move]]
            else:
                cost = here + _by_ground(costs, cell, metre, move, offset, one, two, share, four)
            if cost >= before:
                continue
            whole = cost + _ahead(goal, row + down[move], column + right[move]) if drawn else cost
            if whole > limit:
                continue
            dist[there] = cost
            marks[there] &= WANTED
            bucket = max(int(whole * scale), now)
            k = bucket & (ring - 1) if bucket - now < ring else ring
            block, count = int(heads[k]), int(fill[k])
            if block < 0 or count == BLOCK:
                if free < 0 and taken >= spare:
                    return QUEUE_FULL, first, last
                free, taken = _new_block(heads, links, k, free, taken)
                block, count = int(heads[k]), 0
            pool[block * BLOCK + count] = there
            fill[k] = count + 1
            waiting += 1


@njit(cache=True, nogil=True, error_model="numpy")
def straightest(ground: Ground, moves: Moves, field: Field, target: int) -> Array:
    """Return, of all cheapest paths, one that keeps near the straight line: cells (n,) from source to target.

    On even ground a few directions make very many paths equally cheap, most of them far to one side;
    another path that joins such a one would join it at an odd place. The choice depends on costs alone, not
    on the order in which cells were expanded.
    """
    dist, _, source, width, _ = field
    top, left = source // width, source % width
    ahead_down, ahead_right = target // width - top, target % width - left
    path = [target]
    cell = target
    while cell != source:
        chosen, least = -1, 0
        for move in range(moves.offset.size):
            there = cell + moves.offset[move]
            if not dist[there] < dist[cell]:
                continue
            if dist[there] + price(ground, moves, cell, move) > dist[cell] * _EQUAL:
                continue
            aside = abs(ahead_down * (there % width - left) - ahead_right * (there // width - top))
            if chosen < 0 or aside < least or (aside == least and there < chosen):
                chosen, least = there, aside
        path.append(chosen)
        cell = chosen
    return np.array(path[::-1])
