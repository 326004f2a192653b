"""Plans: parts of the programme to solve, whole columns to fit given flows, and the best plans found.

A part is the programme with some columns fixed, and everything that then is decided taken out: columns behind a
closed gate, and rows without a column left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from scipy.sparse import csr_array

from models.mip import Flags, Floats, Ints, Mip
from models.search.form import Form, closed_behind
from models.search.lp import Answer, Relaxation, Rows, solve_small, with_rows
from models.search.rounding import opened

_TOLERANCE = 1e-6
_TRACE = 1e-5  # of the most that a flow may be


@dataclass(frozen=True)
class Part:
    """What is left of a programme when some columns are fixed; ``free`` columns of the whole are its own."""

    mip: Mip
    free: Ints
    rest: Floats

    def whole(self, values: Floats) -> Floats:
        """Return values of the part as values of the whole programme."""
        out = self.rest.copy()
        out[self.free] = values
        return out


def part_of(form: Form, rows: Rows, lower: Floats, upper: Floats) -> Part | None:
    """Return the part of the form's programme, with more rows, inside narrower bounds; None when bounds cross."""
    upper = np.where(closed_behind(form, upper), 0.0, upper)
    if (lower > upper + 1e-9).any():
        return None
    fixed = upper - lower <= 1e-12
    free = np.flatnonzero(~fixed)
    rest = np.where(fixed, lower, 0.0)
    mip = with_rows(form.mip, rows) if len(rows) else form.mip
    settled = mip.matrix @ rest
    matrix = csr_array(mip.matrix.tocsc()[:, free].tocsr())
    row_lower, row_upper = mip.row_lower - settled, mip.row_upper - settled
    left = np.diff(matrix.indptr) > 0
    slack = 1e-7 * np.maximum(1.0, np.abs(settled))
    if (~left & ((row_lower > slack) | (row_upper < -slack))).any():
        return None
    kept = np.flatnonzero(left)
    part = Mip(
        cost=mip.cost[free],
        lower=lower[free],
        upper=upper[free],
        integer=mip.integer[free],
        matrix=csr_array(matrix[kept]),
        row_lower=row_lower[kept],
        row_upper=row_upper[kept],
        offset=mip.offset + float(mip.cost @ rest),
    )
    return Part(part, free, rest)


@dataclass
class Plans:
    """The best plans found, safe to share between threads.

    Attributes
    ----------
    best, cost
        The cheapest plan of the form's programme (None: none yet) and its cost.
    pool
        A few good plans that differ in their whole columns, cheapest first.
    """

    form: Form
    best: Floats | None = None
    cost: float = np.inf
    pool: list[tuple[float, Floats]] = field(default_factory=list)
    keep: int = 8
    _lock: Lock = field(default_factory=Lock)

    def offer(self, values: Floats) -> bool:
        """Take a plan of the form's programme if it is feasible; return whether it is the new best."""
        form = self.form
        whole = np.where(form.mip.integer, np.round(values), values)
        whole = np.clip(whole, form.mip.lower, form.mip.upper)
        given = form.drop(whole)
        if not form.given.is_feasible(given, tolerance=_TOLERANCE):
            return False
        plan, cost = form.lift(given), form.given.objective(given)
        with self._lock:
            better = cost < self.cost - 1e-9 * max(1.0, abs(self.cost) if np.isfinite(self.cost) else 1.0)
            if better:
                self.best, self.cost = plan, cost
            self._remember(cost, plan)
        return better

    def _remember(self, cost: float, plan: Floats) -> None:
        whole = self.form.mip.integer
        if any(np.array_equal(plan[whole], other[whole]) for _, other in self.pool):
            return
        self.pool = sorted([*self.pool, (cost, plan)], key=lambda pair: pair[0])[: self.keep]


def settle(form: Form, values: Floats, *, seconds: float) -> Floats | None:
    """Return the cheapest plan with the whole columns that the values' flows need, or None.

    Linear programmes and rounding down in turn: what the flows leave unused is closed. Traces of flows, of which
    interior points are full, need nothing.
    """
    mip = form.mip
    trace = ~mip.integer & (mip.lower == 0) & np.isfinite(mip.upper) & (values < _TRACE * mip.upper)
    values = np.where(trace, 0.0, values)
    plan: Floats | None = None
    for _ in range(2):
        values = _rounded(form, values)
        held = mip.integer & ~form.ways
        lower = np.where(held, values, mip.lower)
        upper = np.where(held, values, mip.upper)
        part = part_of(form, _none(form), lower, upper)
        if part is None:
            return plan
        solved = _flows(part, seconds)
        if solved is None:
            return plan
        plan = values = form.lift(solved[: form.columns])
    return _lightened(form, values)


def _rounded(form: Form, values: Floats) -> Floats:
    """Return the values with gates open for all flows, and of options only one."""
    out = opened(form.mip, values)
    options = form.options
    out[options.gate] = options.chosen(values)
    return out


def _lightened(form: Form, plan: Floats) -> Floats:
    """Return a plan without gates that nothing passes, the ways as they are."""
    return np.where(form.ways, plan, np.minimum(opened(form.mip, plan), np.where(form.mip.integer, plan, np.inf)))


def _flows(part: Part, seconds: float) -> Floats | None:
    if not len(part.free):
        return part.rest
    relaxation = Relaxation(part.mip)
    return part.whole(relaxation.values) if relaxation.solve(seconds) else None


def _none(form: Form) -> Rows:
    return Rows(csr_array((0, len(form.mip.cost))), np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Tried:
    """What a part gave: a better plan or not, whether it was solved to its end, how many whole columns it had."""

    better: bool
    done: bool
    size: int


def try_part(
    form: Form, rows: Rows, plans: Plans, lower: Floats, upper: Floats,
    *, seconds: float, gap: float, seed: int, stop: Callable[[], bool],
) -> Tried:  # fmt: skip
    """Look for a plan cheaper than the best inside narrower bounds and offer it; ``stop`` is asked often."""
    part = part_of(form, rows, lower, upper)
    if part is None or not len(part.free):
        return Tried(better=False, done=True, size=0)
    best, cost = plans.best, plans.cost
    start = None
    if best is not None and (best >= lower - 1e-9).all() and (best <= upper + 1e-9).all():
        start = best[part.free]
    answer: Answer = solve_small(part.mip, seconds=seconds, gap=gap, seed=seed, start=start, stop=stop)
    better = False
    if answer.values is not None:
        found = part.whole(answer.values)
        better = plans.offer(found)
        newer = plans.best
        if not better and best is not None and newer is not None and newer is not best:
            # Another thread has found a better plan since: what changed here may hold there too.
            better = plans.offer(np.where(found != best, found, newer))
        if not better and part.mip.objective(answer.values) < cost - 1e-6 * abs(cost):
            settled = settle(form, found, seconds=seconds)
            better = settled is not None and plans.offer(settled)
    return Tried(better=better, done=answer.done, size=int(part.mip.integer.sum()))


def unchanged(form: Form, plan: Floats, free: Flags) -> tuple[Floats, Floats]:
    """Return bounds that hold a plan's whole columns, those that are free and all others left as they are."""
    mip = form.mip
    held = mip.integer & ~free
    return np.where(held, np.round(plan), mip.lower), np.where(held, np.round(plan), mip.upper)
