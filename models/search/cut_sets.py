"""Cuts round several demands and supplies at once: what must enter a set of cells beyond what it has itself.

For a set S of cells (see :mod:`models.search.cells`), some demands K in S (their columns take a_d x_d out, at most
D_d), and the arcs A(S) that can bring something into S, of which F have no gate and bring U_j at most, for instance
the supplies in S: the balance of S says
    sum_K a_d x_d <= sum_F U_j + sum_{A1} a_j x_j + sum_{A2} a_j u_j y_j,    F + A1 + A2 = A(S).
With R = sum_K D_d - sum_F U_j > 0, a step t > 0, n = ceil(R / t) and r = R - (n - 1) t, mixed-integer rounding gives
    sum_{A2} G(min(a_j u_j, R)) y_j + sum_{A1} a_j x_j + sum_K (D_d - a_d x_d) >= n r,
    G(u) = floor(u / t) r + min(u mod t, r).
At t = R these are flow covers: what the supplies of S cannot give must come through gates that count R at most, so
two small supplies need two pipes. At the capacity of a pipe as step, they count how many of it are needed. Both are
cut-set inequalities (Padberg, Van Roy and Wolsey 1985, Operations Research 33: 842-861; Marchand and Wolsey 2001,
Operations Research 49: 363-371; Raack, Koster, Orlowski and Wessaely 2011, Networks 57: 141-156).

S grows from each demand by the cell that is joined to it best by open gates; a thorough search also takes sets found
round it by minimum cuts (:mod:`models.search.enclosures`), which lack more and are entered by less. K, F and t are
tried for every set.
Supplies: the same with all signs turned.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.mip import Flags, Floats, Ints
from models.search.cells import Side
from models.search.cut_growth import Found, Network, grow, judge, rounded
from models.search.enclosures import Use, enclosures, use_of
from models.search.lp import Rows, distinct, joined, no_rows

_USED = 1e-9  # less is not there
_PER_SEED = 3  # inequalities over the sets found by minimum cuts round one cell


class CutSets:
    """Separation of the inequalities over one form."""

    def __init__(self, seen: Iterable[Side], columns: int) -> None:
        self._sides, self._columns = tuple(seen), columns

    def separate(self, values: Floats, *, thorough: bool) -> Rows:
        """Return violated inequalities, a few for each cell with demands."""
        found = [row for side in self._sides for row in _rows(use_of(side, values), self._columns, thorough)]
        return distinct(joined(found)) if found else no_rows(self._columns)


def _rows(use: Use, columns: int, thorough: bool) -> list[Rows]:
    side = use.side
    seeds = np.unique(side.at[use.taken > 1e-6 * np.maximum(side.most, 1.0)])
    if not len(seeds):
        return []
    network = _network(use)
    grown = [_row(use, cells, found, columns) for cells, found in grow(network, seeds)]
    for sets in enclosures(use, seeds) if thorough else ():
        judged = [(found, cells) for cells in sets if (found := judge(network, cells)) is not None]
        judged.sort(key=lambda pair: -pair[0].violation)
        grown += [_row(use, cells, found, columns) for found, cells in judged[:_PER_SEED]]
    return grown


def _network(use: Use) -> Network:
    """Return the arcs and the demands that are in use, by cell."""
    side = use.side
    used = np.flatnonzero((use.through > _USED) | (use.opened > _USED))
    used = used[np.argsort(side.head[used], kind="stable")]
    inner = used[side.tail[used] < side.count]
    pull = np.where(side.gated[inner], use.opened[inner], (use.through[inner] > _USED).astype(np.float64))
    here = np.concatenate([side.tail[inner], side.head[inner]])
    there = np.concatenate([side.head[inner], side.tail[inner]])
    order = np.argsort(here, kind="stable")
    near = np.argsort(side.at, kind="stable")
    cells = np.arange(side.count + 1)
    return Network(
        arcs=np.searchsorted(side.head[used], cells), tail=side.tail[used], through=use.through[used],
        opened=use.opened[used], most=use.most[used], gated=side.gated[used],
        links=np.searchsorted(here[order], cells), there=there[order], pull=np.concatenate([pull, pull])[order],
        demands=np.searchsorted(side.at[near], cells), asked=side.most[near], taken=use.taken[near],
    )  # fmt: skip


def _row(use: Use, cells: Ints, found: Found, columns: int) -> Rows:
    """Return one inequality, scaled to a right-hand side n r of 1."""
    side = use.side
    inside: Flags = np.zeros(side.count + 1, dtype=bool)
    inside[cells] = True
    near = np.flatnonzero(inside[side.at] & (use.taken >= found.share_taken * side.most))
    arcs = np.flatnonzero(inside[side.head] & ~inside[side.tail])
    free, gated = arcs[~side.gated[arcs]], arcs[side.gated[arcs]]
    through, most = use.through[free], use.most[free]
    full = np.isfinite(most) & (through > _USED) & (through >= found.share_brought * most)
    lacks = side.most[near].sum() - most[full].sum()
    step = found.step if found.step > 0 else lacks
    weight = rounded(np.minimum(use.most[gated], lacks), step, lacks)
    through, opened = use.through[gated], use.opened[gated]
    # Where neither is in use the gate is taken: it stays strong when the flows move.
    by_gate = (weight * opened < through) | (np.maximum(through, opened) <= _USED)
    flows = np.concatenate([free[~full], gated[~by_gate]])
    column = np.concatenate([side.column[flows], side.gate[gated[by_gate]], side.near[near]])
    value = np.concatenate([-side.gain[flows], -weight[by_gate], side.amount[near]])
    pieces = np.ceil(lacks / step - 1e-9)
    right = pieces * (lacks - (pieces - 1) * step)
    matrix = coo_array((value / right, (np.zeros(len(column), dtype=np.int64), column)), shape=(1, columns)).tocsr()
    return Rows(csr_array(matrix), np.full(1, -np.inf), np.full(1, (side.most[near].sum() - right) / right))
