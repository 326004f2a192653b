"""Pieces of a network that only whole columns join, each with a relaxation of its own.

Pipes of different resources meet in nothing but their trenches. With the rows J that say so, of whole columns alone
("a pipe needs its trench", y - t <= 0), priced at lambda instead of required, the programme falls apart:
    min { c x : all rows } >= lambda b + sum_p min { (c - lambda J) x_p : rows of piece p, bounds },
lambda <= 0 where J has an upper side b alone (Lagrangian relaxation: Geoffrion 1974, Mathematical Programming Study 2:
82-114). At the prices of the joint relaxation both sides are equal for the relaxations; cuts found piece by piece
then raise the right one, hold in the joint relaxation too, and give better prices there. A piece is solved many
times faster than its share of the whole, and pieces are worked on side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from models.mip import Flags, Ints, Mip
from models.search.form import Form
from models.search.lp import Rows, joined, no_rows
from models.search.strong_root import Root
from models.search.structure import Gates, StrongRows, find_balance

_LARGEST = 0.8  # of the whole programme's coefficients: with more in one piece nothing is gained


@dataclass(eq=False)
class Piece:
    """Columns of the whole form in their order, their relaxation, and how fast it has risen (per second)."""

    columns: Ints
    root: Root
    rate: float = np.inf
    busy: bool = False


class Pieces:
    """The pieces of a form; columns of no piece have no row but those that join pieces."""

    def __init__(self, form: Form) -> None:
        mip = form.mip
        joins = _joining(form)
        self._mip, self._rows = mip, np.flatnonzero(joins)
        self._joining = csr_array(mip.matrix[self._rows])
        own = csr_array(mip.matrix[np.flatnonzero(~joins)])
        rows, count = own.shape
        entries = own.tocoo()
        ends = (entries.coords[0] + count, entries.coords[1])
        graph = csr_array((np.ones(own.nnz, np.int8), ends), shape=(count + rows, count + rows))
        label = connected_components(graph, directed=False)[1]
        weight = np.bincount(label[count + entries.coords[0]], minlength=label.max(initial=-1) + 1)
        row_of = np.flatnonzero(~joins)
        self.pieces = [
            _piece(form, np.flatnonzero(label[:count] == part), row_of[label[count:] == part])
            for part in np.flatnonzero(weight)
        ]
        self.share = float(weight.max(initial=0) / max(own.nnz, 1))
        self._alone = weight[label[:count]] == 0
        self._fixed = 0.0

    @property
    def worth_it(self) -> bool:
        """Return whether the pieces are much smaller than the whole."""
        return self.share <= _LARGEST

    @property
    def bound(self) -> float:
        """Return what the relaxations of all pieces prove at the prices that they were given last."""
        return self._fixed + sum(piece.root.bound for piece in self.pieces)

    def price(self, root: Root) -> None:
        """Price the rows that join pieces as the joint relaxation did last."""
        mip, prices = self._mip, root.relaxation.prices[self._rows]
        side = np.where(prices > 0, mip.row_lower[self._rows], np.where(prices < 0, mip.row_upper[self._rows], 0.0))
        cost = mip.cost - self._joining.T @ prices
        least = np.where(cost > 0, mip.lower, mip.upper)[self._alone]
        self._fixed = mip.offset + float(prices @ side) + float(cost[self._alone] @ least)
        for piece in self.pieces:
            piece.root.reprice(cost[piece.columns])
            piece.rate = np.inf

    def share_out(self, rows: Rows) -> None:
        """Give each piece the rows that have no column outside it."""
        for piece in self.pieces:
            inside = np.zeros(len(self._mip.cost), dtype=bool)
            inside[piece.columns] = True
            outside = np.bincount(_line(rows.matrix)[~inside[rows.matrix.indices]], minlength=len(rows))
            mine = rows.take(outside == 0)
            piece.root.add(replace(mine, matrix=csr_array(mine.matrix.tocsc()[:, piece.columns].tocsr())))

    def rows(self) -> Rows:
        """Return the rows that bind in the pieces, and those found last, over the columns of the whole."""
        found = []
        for piece in self.pieces:
            rows = piece.root.relaxation.binding()
            matrix = rows.matrix
            shape = (len(rows), len(self._mip.cost))
            found.append(
                replace(rows, matrix=csr_array((matrix.data, piece.columns[matrix.indices], matrix.indptr), shape))
            )
        return joined([no_rows(len(self._mip.cost)), *found])

    def strengthen(
        self, *, workers: int, left_s: Callable[[], float], ended: Callable[[], bool], told: Callable[[float], None]
    ) -> None:
        """Strengthen all pieces side by side, those first that rise fastest, until none can or time is up."""
        lock = Lock()
        open_ = list(self.pieces)

        def work() -> None:
            while left_s() > 0 and not ended():
                with lock:
                    idle = [piece for piece in open_ if not piece.busy]
                    if not idle:
                        return
                    piece = max(idle, key=lambda piece: piece.rate)
                    piece.busy = True
                more = _advance(piece, left_s, ended)
                with lock:
                    piece.busy = False
                    if not more:
                        open_.remove(piece)
                told(self.bound)

        with ThreadPoolExecutor(workers, thread_name_prefix="HiGHS pieces") as pool:
            for job in [pool.submit(work) for _ in range(workers)]:
                job.result()


def _advance(piece: Piece, left_s: Callable[[], float], ended: Callable[[], bool]) -> bool:
    began, before = perf_counter(), piece.root.bound
    more = piece.root.advance(left_s=left_s, ended=ended)
    piece.rate = (piece.root.bound - before) / (perf_counter() - began)
    return more


def _line(matrix: csr_array) -> Ints:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _joining(form: Form) -> Flags:
    """Return the rows of whole columns alone, ways not among them, that say what another column needs."""
    matrix = form.mip.matrix
    line, count = _line(matrix), matrix.shape[0]
    other = ~form.mip.integer | form.ways
    others = np.bincount(line[other[matrix.indices]], minlength=count)
    needs = np.bincount(line[matrix.data < 0], minlength=count)
    return np.asarray((others == 0) & (needs > 0))


def _piece(form: Form, columns: Ints, rows: Ints) -> Piece:
    """Return a part of a form as a form; no row of it leads outside."""
    mip = form.mip
    place = np.full(len(mip.cost), -1)
    place[columns] = np.arange(len(columns))
    own = Mip(
        mip.cost[columns], mip.lower[columns], mip.upper[columns], mip.integer[columns],
        csr_array(mip.matrix[rows].tocsc()[:, columns].tocsr()), mip.row_lower[rows], mip.row_upper[rows],
    )  # fmt: skip
    strong, gates = form.strong, form.gates
    lies = (place[strong.x] >= 0) & (place[strong.y] >= 0)
    behind = (place[gates.behind] >= 0) & (place[gates.gate] >= 0)
    pairs = place[form.way] >= 0
    return Piece(
        columns,
        Root(
            Form(
                mip=own,
                given=own,
                strong=StrongRows(place[strong.x[lies]], place[strong.y[lies]], strong.slope[lies]),
                gates=Gates(
                    gates.row[behind], place[gates.behind[behind]], place[gates.gate[behind]],
                    gates.slope[behind], gates.size[behind],
                ),
                balance=find_balance(own),
                forward=place[form.forward[pairs]],
                backward=place[form.backward[pairs]],
                way=place[form.way[pairs]],
            )
        ),
    )  # fmt: skip
