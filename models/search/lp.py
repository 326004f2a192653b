"""HiGHS as it is used here: a relaxation whose rows, costs and bounds change, and small integer programmes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import highspy
import numpy as np
import numpy.typing as npt
from highspy import HighsModelStatus
from scipy.sparse import csr_array, diags_array, vstack

from models.highs import HELD, loaded, set_options, set_start
from models.mip import Flags, Floats, Mip
from models.search.rays import Rays, plain

_FREE = 1e30  # what is farther is infinite to HiGHS
_LET_IN = 2000  # columns let in at a time
_NOTHING = 1e-9  # of a ray's upper bound: less is not there
_PRICED = 1e-5  # of the greatest price: a row that costs less does not bind
_LARGE = 3000  # rows
_INTERIOR = {"solver": "ipx", "run_crossover": "off"}
_SIMPLEX = {"solver": "choose", "run_crossover": "on"}


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


def spread(rows: Rows, values: Floats, scale: Floats, *, cosine: float) -> Rows:
    """Return the rows that values violate most, none of them nearly parallel to a kept one that is violated more.

    Distances and angles are measured with each column divided by its ``scale``.
    """
    if len(rows) <= 1:
        return rows
    beyond = rows.matrix @ values
    beyond = np.maximum(beyond - rows.upper, rows.lower - beyond)
    scaled = csr_array(rows.matrix @ diags_array(scale))
    length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    unit = csr_array(diags_array(1 / length) @ scaled)
    close = csr_array(unit @ unit.T)
    left = np.ones(len(rows), dtype=bool)
    kept = np.zeros(len(rows), dtype=bool)
    for row in np.argsort(-beyond / length, kind="stable"):
        if left[row]:
            kept[row] = True
            part = slice(close.indptr[row], close.indptr[row + 1])
            left[close.indices[part][close.data[part] > cosine]] = False
    return rows.take(kept)


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

    It is written over rays, of which the programme's columns are sums. Rays may wait outside at 0: after each
    solve those whose reduced costs say that they could help come in (column generation), so a network with
    hundreds of resources stays small.

    Attributes
    ----------
    values, reduced_costs, objective
        Of the last solve that ended optimal, over all columns of the programme.
    central
        Whether that solve ended in the middle of the optimal face.
    bound
        What the last solve proves: the objective, less what rays that wait could still gain.
    extra
        The rows added, over all columns of the programme.
    """

    def __init__(self, mip: Mip, rays: Rays | None = None) -> None:
        self._mip = mip
        self._rays = plain(mip) if rays is None else rays
        self._matrix = self._rays.matrix
        self._cost = mip.cost @ self._matrix
        every = self._over_rays(Rows(mip.matrix, mip.row_lower, mip.row_upper))
        self._needed = _needed(every, self._rays)
        self._core = every.take(self._needed)
        self._added = Rows(csr_array((0, self._matrix.shape[1])), np.zeros(0), np.zeros(0))
        self.extra = no_rows(len(mip.cost))
        self._inside = np.ones(self._matrix.shape[1], dtype=bool)
        self._load()
        self.values = self.reduced_costs = np.zeros(len(mip.cost))
        self._row_duals, self._dear = np.zeros(len(self._core)), self._cost
        self.objective = self.bound = -np.inf
        self.infeasible = self.central = False

    def _over_rays(self, rows: Rows) -> Rows:
        return Rows(csr_array(rows.matrix @ self._matrix), rows.lower, rows.upper)

    def _load(self) -> None:
        self._columns = np.flatnonzero(self._inside)
        columns, rays = self._columns, self._rays
        rows = joined([self._core, self._added])
        small = Mip(
            self._cost[columns], rays.lower[columns], rays.upper[columns], np.zeros(len(columns), dtype=bool),
            csr_array(rows.matrix.tocsc()[:, columns].tocsr()), rows.lower, rows.upper, self._mip.offset,
        )  # fmt: skip
        self._highs = on_one_thread(small)

    @property
    def inside(self) -> Flags:
        """Return which columns do not wait."""
        return np.asarray(self._matrix @ self._inside.astype(np.float64) > 0)

    def keep_waiting(self, waiting: Flags) -> None:
        """Take columns out, to stay at 0 until they are worth their cost; their bounds must be [0, finite]."""
        self._inside = waiting.astype(np.float64) @ self._matrix <= 0
        self._load()

    def add(self, rows: Rows) -> None:
        """Append rows after those that are there."""
        if not len(rows):
            return
        added = self._over_rays(rows)
        matrix = csr_array(added.matrix.tocsc()[:, self._columns].tocsr())
        self._highs.addRows(
            len(rows), np.maximum(rows.lower, -_FREE), np.minimum(rows.upper, _FREE),
            matrix.nnz, matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
        self._added, self.extra = joined([self._added, added]), joined([self.extra, rows])

    def drop(self, which: Flags) -> None:
        """Remove some of the rows that were added."""
        gone = np.flatnonzero(which)
        self._highs.deleteRows(len(gone), (gone + len(self._core)).astype(np.int32))
        self._added, self.extra = self._added.take(~which), self.extra.take(~which)

    @property
    def prices(self) -> Floats:
        """Return the price of every row of the programme in the last solve."""
        out = np.zeros(len(self._needed))
        out[self._needed] = self._row_duals[: len(self._core)]
        return out

    def binding(self) -> Rows:
        """Return the added rows that had a price in the last solve, or that came after it."""
        loose = np.flatnonzero(self.slack())
        return self.extra.take(np.setdiff1d(np.arange(len(self.extra)), loose))

    def slack(self) -> Flags:
        """Return which added rows had no price in the last solve."""
        prices = np.abs(self._row_duals)
        return np.asarray(prices[len(self._core) :] <= _PRICED * prices.max(initial=0.0))

    def price(self, cost: Floats) -> None:
        """Change the cost of every column."""
        self._cost = cost @ self._matrix
        columns = self._columns
        self._highs.changeColsCost(len(columns), np.arange(len(columns), dtype=np.int32), self._cost[columns])

    @property
    def all_inside(self) -> bool:
        """Return whether no column waits."""
        return bool(self._inside.all())

    @property
    def is_large(self) -> bool:
        """Return whether the simplex method takes much longer than an interior point method."""
        return len(self._core) + len(self._added) > _LARGE

    @property
    def can_be_interior(self) -> bool:
        """Return whether ``solve(interior=...)`` may be asked for: all rays are bounded."""
        rays = self._rays
        return bool(np.isfinite(rays.lower).all() and np.isfinite(rays.upper).all())

    def solve(self, seconds: float, *, visits: int = 1, interior: float = 0.0) -> bool:
        """Solve from the last basis; return whether it ended optimal.

        After each of up to ``visits`` solves columns that wait are let in; ``bound`` is right in any case.
        ``interior`` (more than 0) solves anew by an interior point method that stops at this relative gap, about the
        middle of the optimal face: cuts found from there are deeper than those from a corner. Its bound is what
        its prices prove. Where that method fails a corner is taken.
        """
        until = perf_counter() + seconds
        if interior > 0 and self._solve_inside(seconds, interior):
            return True
        while True:
            if not self._solve(until - perf_counter()):
                return False
            if not self._let_in() or visits <= 1:
                return True
            visits -= 1

    def _solve(self, seconds: float) -> bool:
        self.central = False
        if not self._run(seconds):
            return False
        self.objective = self._highs.getInfo().objective_function_value
        outside = ~self._inside
        missing = np.minimum(self._dear[outside], 0.0) @ self._rays.upper[outside]
        self.bound = self.objective + float(missing)
        return True

    def _solve_inside(self, seconds: float, gap: float) -> bool:
        self._highs.clearSolver()
        set_options(self._highs, {**_INTERIOR, "ipm_optimality_tolerance": gap})
        solved = self._run(seconds)
        set_options(self._highs, _SIMPLEX)
        if not solved:
            return False
        rays, prices, dear = self._rays, self._row_duals, self._dear
        rows = joined([self._core, self._added])
        sides = np.where(prices > 0, rows.lower, np.where(prices < 0, rows.upper, 0.0))
        self.central = True
        self.objective = self._highs.getInfo().objective_function_value
        self.bound = float(self._mip.offset + prices @ sides + dear @ np.where(dear > 0, rays.lower, rays.upper))
        return True

    def _run(self, seconds: float) -> bool:
        """Run HiGHS and take over values, prices and reduced costs; return whether it ended optimal."""
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
        used = np.zeros(len(self._cost))
        used[self._columns] = solution.col_value
        used[used < _NOTHING * self._rays.upper] = 0.0
        self.values = self._matrix @ np.clip(used, self._rays.lower, self._rays.upper)
        rows = joined([self._core, self._added])
        prices = np.asarray(solution.row_dual)
        # A price on a side that a row does not have is noise.
        prices = np.where((prices > 0) & np.isinf(rows.lower), 0.0, prices)
        self._row_duals = np.where((prices < 0) & np.isinf(rows.upper), 0.0, prices)
        self._dear = self._cost - rows.matrix.T @ self._row_duals
        self.reduced_costs = self._rays.reduced_costs(self._dear)
        return True

    def _let_in(self) -> bool:
        """Let in the rays that could help; return whether there were any."""
        gain = np.zeros(len(self._cost))
        outside = ~self._inside
        gain[outside] = self._dear[outside] * self._rays.upper[outside]
        scale = 1e-9 * max(1.0, abs(self.objective))
        helps = np.flatnonzero(gain < -scale)
        if not len(helps):
            return False
        new = helps[np.argsort(gain[helps], kind="stable")[:_LET_IN]]
        matrix = csr_array(joined([self._core, self._added]).matrix.tocsc()[:, new].T.tocsr())
        self._highs.addCols(
            len(new), self._cost[new], self._rays.lower[new], self._rays.upper[new],
            matrix.nnz, matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
        self._columns = np.concatenate([self._columns, new])
        self._inside[new] = True
        return True


def _needed(rows: Rows, rays: Rays) -> Flags:
    """Return which rows the bounds of the rays do not imply."""
    matrix = rows.matrix
    matrix.data[np.abs(matrix.data) < 1e-9] = 0.0
    matrix.eliminate_zeros()
    line = np.repeat(np.arange(len(rows)), np.diff(matrix.indptr))
    ends = np.where(matrix.data > 0, rays.upper[matrix.indices], rays.lower[matrix.indices])
    greatest = np.bincount(line, matrix.data * ends, minlength=len(rows))
    return ~(np.isneginf(rows.lower) & (greatest <= rows.upper))


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
