"""HiGHS as it is used here: a relaxation whose rows, costs and bounds change, and small integer programmes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import highspy
import numpy as np
import numpy.typing as npt
from highspy import HighsModelStatus
from scipy.sparse import csr_array, vstack

from models.highs import HELD, loaded, set_options, set_start
from models.mip import Flags, Floats, Mip

_FREE = 1e30  # what is farther is infinite to HiGHS
_LET_IN = 2000  # columns let in at a time


@dataclass(frozen=True)
class Rows:
    """Rows ``lower <= matrix @ x <= upper``."""

    matrix: csr_array
    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        return len(self.lower)

    def take(self, chosen: npt.ArrayLike) -> Rows:
        """Return some of the rows, by number or by flag."""
        picked = np.asarray(chosen)
        return Rows(csr_array(self.matrix[picked]), self.lower[picked], self.upper[picked])


def no_rows(columns: int) -> Rows:
    """Return no row over so many columns."""
    return Rows(csr_array((0, columns)), np.zeros(0), np.zeros(0))


def joined(parts: list[Rows]) -> Rows:
    """Return all rows of the parts in their order; there is at least one part."""
    return Rows(
        csr_array(vstack([part.matrix for part in parts], format="csr")),
        np.concatenate([part.lower for part in parts]),
        np.concatenate([part.upper for part in parts]),
    )


def distinct(rows: Rows) -> Rows:
    """Return the rows without repetitions."""
    matrix = rows.matrix
    seen: dict[bytes, int] = {}
    for row in range(len(rows)):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        seen.setdefault(matrix.indices[part].tobytes() + np.round(matrix.data[part], 9).tobytes(), row)
    return rows.take(np.fromiter(seen.values(), dtype=np.int64))


def with_rows(mip: Mip, rows: Rows) -> Mip:
    """Return the programme with more rows."""
    every = joined([Rows(mip.matrix, mip.row_lower, mip.row_upper), rows])
    return replace(mip, matrix=every.matrix, row_lower=every.lower, row_upper=every.upper)


def on_one_thread(mip: Mip) -> highspy.Highs:
    """Return HiGHS on one thread, holding the programme; for use in the calling thread."""
    highs = loaded(mip)
    set_options(highs, {"threads": 1})
    return highs


class Relaxation:
    """The linear relaxation of a programme, kept in HiGHS with its basis from solve to solve.

    Columns may wait outside at 0: after each solve those whose reduced costs say that they could help come in
    (column generation), so a network with hundreds of resources stays small.

    Attributes
    ----------
    values, reduced_costs, objective
        Of the last solve that ended optimal, over all columns.
    bound
        What the last solve proves: the objective, less what columns that wait could still gain.
    extra
        The rows added, over all columns.
    inside
        Which columns do not wait.
    """

    def __init__(self, mip: Mip) -> None:
        self._mip = mip
        self._cost = mip.cost
        self._core = Rows(mip.matrix, mip.row_lower, mip.row_upper)
        self.extra = no_rows(len(mip.cost))
        self.inside = np.ones(len(mip.cost), dtype=bool)
        self._load()
        self.values = self.reduced_costs = np.zeros(len(mip.cost))
        self._row_duals = np.zeros(len(self._core))
        self.objective = self.bound = -np.inf
        self.infeasible = False

    def _load(self) -> None:
        self._columns = np.flatnonzero(self.inside)
        mip, columns = self._mip, self._columns
        rows = joined([self._core, self.extra])
        small = Mip(
            self._cost[columns], mip.lower[columns], mip.upper[columns], np.zeros(len(columns), dtype=bool),
            csr_array(rows.matrix.tocsc()[:, columns].tocsr()), rows.lower, rows.upper, mip.offset,
        )  # fmt: skip
        self._highs = on_one_thread(small)

    def keep_waiting(self, waiting: Flags) -> None:
        """Take columns out, to stay at 0 until they are worth their cost; their bounds must be [0, finite]."""
        self.inside = ~waiting
        self._load()

    def add(self, rows: Rows) -> None:
        """Append rows after those that are there."""
        if not len(rows):
            return
        matrix = csr_array(rows.matrix.tocsc()[:, self._columns].tocsr())
        self._highs.addRows(
            len(rows), np.maximum(rows.lower, -_FREE), np.minimum(rows.upper, _FREE),
            matrix.nnz, matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
        self.extra = joined([self.extra, rows])

    def drop(self, which: Flags) -> None:
        """Remove some of the rows that were added."""
        gone = np.flatnonzero(which)
        self._highs.deleteRows(len(gone), (gone + len(self._core)).astype(np.int32))
        self.extra = self.extra.take(~which)

    def slack(self) -> Flags:
        """Return which added rows had no price in the last solve."""
        return np.asarray(np.abs(self._row_duals[len(self._core) :]) <= 1e-9)

    def price(self, cost: Floats) -> None:
        """Change the cost of every column."""
        self._cost = cost
        columns = self._columns
        self._highs.changeColsCost(len(columns), np.arange(len(columns), dtype=np.int32), cost[columns])

    def solve(self, seconds: float, *, visits: int = 1) -> bool:
        """Solve from the last basis; return whether it ended optimal.

        After each of up to ``visits`` solves columns that wait are let in; ``bound`` is right in any case.
        """
        until = perf_counter() + seconds
        while True:
            if not self._solve(until - perf_counter()):
                return False
            if not self._let_in() or visits <= 1:
                return True
            visits -= 1

    def _solve(self, seconds: float) -> bool:
        if seconds <= 0:
            return False
        highs = self._highs
        highs.setOptionValue("time_limit", highs.getRunTime() + seconds)
        highs.run()
        status = highs.getModelStatus()
        self.infeasible = status == HighsModelStatus.kInfeasible
        if status != HighsModelStatus.kOptimal:
            return False
        solution = highs.getSolution()
        self.values = np.zeros(len(self._cost))
        self.values[self._columns] = solution.col_value
        self._row_duals = np.asarray(solution.row_dual)
        core = len(self._core)
        prices = self._core.matrix.T @ self._row_duals[:core] + self.extra.matrix.T @ self._row_duals[core:]
        self.reduced_costs = self._cost - prices
        self.objective = highs.getInfo().objective_function_value
        outside = ~self.inside
        missing = np.minimum(self.reduced_costs[outside], 0.0) @ self._mip.upper[outside]
        self.bound = self.objective + float(missing)
        return True

    def _let_in(self) -> bool:
        """Let in the columns that could help; return whether there were any."""
        gain = np.where(self.inside, 0.0, self.reduced_costs * self._mip.upper)
        scale = 1e-9 * max(1.0, abs(self.objective))
        helps = np.flatnonzero(gain < -scale)
        if not len(helps):
            return False
        new = helps[np.argsort(gain[helps], kind="stable")[:_LET_IN]]
        matrix = csr_array(joined([self._core, self.extra]).matrix.tocsc()[:, new].T.tocsr())
        self._highs.addCols(
            len(new), self._cost[new], self._mip.lower[new], self._mip.upper[new],
            matrix.nnz, matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
        self._columns = np.concatenate([self._columns, new])
        self.inside[new] = True
        return True


@dataclass(frozen=True)
class Answer:
    """What a small integer programme gave: values or None, proven bound, whether it was solved to its gap."""

    values: Floats | None
    bound: float
    done: bool


def solve_small(
    mip: Mip,
    *,
    seconds: float,
    gap: float,
    seed: int = 0,
    start: Floats | None = None,
    stop: Callable[[], bool] | None = None,
) -> Answer:
    """Solve a programme with HiGHS on one thread in the calling thread.

    ``stop`` is asked often and ends the solve.
    """
    if seconds <= 0:
        return Answer(None, -np.inf, done=False)
    highs = on_one_thread(mip)
    set_options(highs, {"mip_rel_gap": gap, "random_seed": seed, "time_limit": seconds})
    if start is not None:
        set_start(highs, start)
    if stop is not None:
        asked = stop

        def listen(event: highspy.highs.HighsCallbackEvent) -> None:
            if asked():
                event.interrupt()

        highs.cbMipInterrupt.subscribe(listen)
        highs.cbSimplexInterrupt.subscribe(listen)
    highs.run()
    info, status = highs.getInfo(), highs.getModelStatus()
    done = status in (HighsModelStatus.kOptimal, HighsModelStatus.kInfeasible, HighsModelStatus.kModelEmpty)
    held = info.primal_solution_status == HELD
    values = np.asarray(highs.getSolution().col_value) if held else None
    bound = np.inf if status == HighsModelStatus.kInfeasible else info.mip_dual_bound
    if not mip.integer.any():
        bound = info.objective_function_value if status == HighsModelStatus.kOptimal else -np.inf
    return Answer(values, bound, done)
