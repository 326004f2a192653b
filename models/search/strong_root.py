"""The relaxation, strengthened where it is violated.

Rounds: solve; add the strong rows ``x <= u y`` that are violated most and, once few are, dicut inequalities; drop
rows that no longer bind. Every relaxation on the way bounds the optimum from below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from models.mip import Flags, Floats, Ints
from models.search.cells import sides
from models.search.cut_sets import CutSets
from models.search.dicuts import Dicuts
from models.search.form import Form
from models.search.lp import Relaxation, Rows, joined, no_rows
from models.search.rays import Rays
from models.search.two_way import make_rays

_VIOLATED = 1e-4  # of what the gate lets pass
_STALLED = 1e-5  # relative progress of the bound in one round that counts as none
_PATIENCE = 4  # rounds without progress
_DEMANDS = 1000  # demands and supplies with new dicuts per round
_MANY = 10_000  # flows with strong rows beyond which most wait outside until they are worth it
_CROWDED = 10  # flows behind each gate, at least, for them to wait: of a few most are needed soon
_LOOSE, _TIGHT = 1e-6, 1e-9  # relative gaps of interior points: far from corners while cutting, then exact
_SHARE = 0.1  # of them that begin inside
_OF_USE = 1e-6  # of a column's upper bound: with less it is not used
_IDLE = 5  # rounds after which a row that does not bind is dropped


@dataclass
class Root:
    """The strengthened relaxation of a form.

    Attributes
    ----------
    relaxation
        As last solved, with the rows that were kept.
    bound
        The greatest bound seen, offset included.
    values, reduced_costs
        Of the solve that gave ``bound``.
    central
        Whether ``values`` are from the middle of the optimal face, not from a corner.
    rounds, strong, dicuts, cut_sets
        What was done: rounds, and rows of each kind ever added.
    """

    form: Form
    relaxation: Relaxation = field(init=False)
    bound: float = -np.inf
    values: Floats = field(default_factory=lambda: np.zeros(0))
    reduced_costs: Floats = field(default_factory=lambda: np.zeros(0))
    central: bool = False
    infeasible: bool = False
    rounds: int = 0
    strong: int = 0
    dicuts: int = 0
    cut_sets: int = 0
    rows: Rows = field(init=False)
    _rays: Rays = field(init=False)

    def __post_init__(self) -> None:
        self._rays = make_rays(self.form)
        self.relaxation = Relaxation(self.form.mip, self._rays)
        self.rows = no_rows(len(self.form.mip.cost))

    def copy(self) -> Relaxation:
        """Return a relaxation of its own with the rows that are there now."""
        other = Relaxation(self.form.mip, self._rays)
        other.add(self.relaxation.extra)
        return other

    def useful(self, plan: Floats | None) -> Floats:
        """Return upper bounds that keep columns at 0 that neither the relaxation nor the plan had a use for.

        In the middle of its optimal face the relaxation uses every column that any of its solutions does.
        """
        mip = self.form.mip
        used = self.relaxation.inside
        if self.central:
            used &= (mip.lower != 0) | ~np.isfinite(mip.upper) | (self.values > _OF_USE * mip.upper)
        if plan is not None:
            used |= plan > 0
        return np.where(used, mip.upper, 0.0)

    def note(self) -> None:
        """Keep what the relaxation proved last."""
        self.bound, self.values, self.rows = self.relaxation.bound, self.relaxation.values, self.relaxation.extra
        self.reduced_costs, self.central = self.relaxation.reduced_costs, self.relaxation.central


def strengthen(
    root: Root, *, left_s: Callable[[], float], ended: Callable[[], bool], told: Callable[[float], None]
) -> None:
    """Strengthen the relaxation in rounds of separation, until nothing is violated or time is up.

    ``left_s`` says how many seconds are left, ``ended`` whether to stop at once, ``told`` hears each new bound.
    """
    form = root.form
    seen, columns = sides(form), len(form.mip.cost)
    separators = Dicuts(seen, columns), CutSets(seen, columns)
    stalled, before = 0, -np.inf
    relaxation, interior = root.relaxation, _LOOSE
    idle = np.zeros(len(relaxation.extra), dtype=np.int64)
    while relaxation.solve(left_s(), interior=interior if _may_be_central(relaxation) else 0.0):
        exact = relaxation.all_inside or relaxation.bound >= relaxation.objective - _STALLED * abs(relaxation.objective)
        moved = abs(relaxation.objective - before) > _STALLED * max(abs(relaxation.objective), 1e-9)
        before = relaxation.objective
        stalled = 0 if moved or not exact else stalled + 1
        root.rounds += 1
        if relaxation.bound > root.bound:
            root.note()
            told(root.bound)
        if root.rounds == 1 and _keep_waiting(form, relaxation):
            continue
        idle = _dropped(relaxation, idle)
        new = _violated(form, separators, relaxation.values, root, ended)
        if ended() or left_s() <= 0:
            break
        if (not len(new) and exact) or stalled >= _PATIENCE:
            if interior <= _TIGHT or not _may_be_central(relaxation):
                break
            interior, stalled = _TIGHT, 0
        relaxation.add(new)
        idle = np.concatenate([idle, np.zeros(len(new), dtype=np.int64)])
    root.infeasible = root.relaxation.infeasible and root.rounds == 0
    root.rows = root.relaxation.extra


def _may_be_central(relaxation: Relaxation) -> bool:
    """Return whether to solve to the middle: from there columns that wait are not let in."""
    return relaxation.all_inside and relaxation.can_be_interior


def _keep_waiting(form: Form, relaxation: Relaxation) -> bool:
    """Let flows wait that cost most by the weak relaxation, if there are very many; return whether any do."""
    mip = form.mip
    may = np.zeros(len(mip.cost), dtype=bool)
    may[form.strong.x] = True
    may &= (mip.lower == 0) & np.isfinite(mip.upper) & (relaxation.values <= 0)
    if may.sum() <= max(_MANY, _CROWDED * len(np.unique(form.strong.y))):
        return False
    dear = relaxation.reduced_costs * mip.upper
    relaxation.keep_waiting(may & (dear > np.quantile(dear[may], _SHARE)))
    return True


def _dropped(relaxation: Relaxation, idle: Ints) -> Ints:
    idle = np.where(relaxation.slack(), idle + 1, 0)
    old: Flags = idle > _IDLE
    if old.sum() > 0.1 * len(idle):
        relaxation.drop(old)
        idle = idle[~old]
    return idle


def _violated(
    form: Form, separators: tuple[Dicuts, CutSets], values: Floats, root: Root, ended: Callable[[], bool]
) -> Rows:
    """Return violated rows: strong ones first, cuts when few strong ones are left."""
    by = form.strong.violation(values)
    most = np.flatnonzero(by > _VIOLATED)
    chosen = most[np.argsort(-by[most], kind="stable")[: max(2000, len(form.strong) // 20)]]
    strong = form.strong.rows(chosen, len(form.mip.cost))
    root.strong += len(strong)
    if len(chosen) > 100:
        return strong
    dicuts, cut_sets = separators
    cuts = dicuts.separate(values, most=_DEMANDS, ended=ended)
    more = cut_sets.separate(values)
    root.dicuts += len(cuts)
    root.cut_sets += len(more)
    return joined([strong, cuts, more])
