"""The relaxation, strengthened where it is violated.

Rounds: solve; add rows that are violated (:mod:`models.search.separation`); drop rows that no longer bind. Every
relaxation on the way bounds the optimum from below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter

import numpy as np

from models.mip import Flags, Floats, Ints
from models.search.form import Form
from models.search.lp import Relaxation, Rows, no_rows
from models.search.rays import Rays
from models.search.separation import Separation
from models.search.two_way import make_rays

_STALLED = 1e-5  # relative progress of the bound in one round that counts as none
_SLOW = 2e-4  # the same that calls for a thorough search for cuts
_PATIENCE = 4  # rounds without progress
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
    values, reduced_costs, rows
        Of the solve that gave ``bound``.
    central
        Whether ``values`` are from the middle of the optimal face, not from a corner.
    rounds
        How many were done.
    seconds
        How long the last solve took.
    """

    form: Form
    relaxation: Relaxation = field(init=False)
    separation: Separation = field(init=False)
    bound: float = -np.inf
    values: Floats = field(default_factory=lambda: np.zeros(0))
    reduced_costs: Floats = field(default_factory=lambda: np.zeros(0))
    rows: Rows = field(init=False)
    central: bool = False
    infeasible: bool = False
    rounds: int = 0
    seconds: float = 0.0
    _rays: Rays = field(init=False)
    _before: float = -np.inf
    _stalled: int = 0
    _interior: float = _LOOSE
    _thorough: bool = False
    _lock: Lock = field(default_factory=Lock)
    _idle: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        self._rays = make_rays(self.form)
        self.relaxation = Relaxation(self.form.mip, self._rays)
        self.separation = Separation(self.form)
        self.rows = no_rows(len(self.form.mip.cost))

    def copy(self) -> Relaxation:
        """Return a relaxation of its own with the rows that are there now."""
        other = Relaxation(self.form.mip, self._rays)
        with self._lock:
            rows = self.relaxation.extra
        other.add(rows)
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

    def advance(self, *, left_s: Callable[[], float], ended: Callable[[], bool]) -> bool:
        """Solve and add rows that are violated; return whether that could raise the bound further."""
        relaxation = self.relaxation
        if not self.solve(left_s()):
            return False
        if self.rounds == 1 and self._keep_waiting():
            return True
        self._drop()
        new = self.separation.violated(relaxation.values, thorough=self._thorough, ended=ended)
        if ended() or left_s() <= 0:
            return False
        if (not len(new) and self._is_exact) or self._stalled >= _PATIENCE:
            if not self._thorough:
                self._thorough = True
            elif self._interior > _TIGHT and self._may_be_central:
                self._interior = _TIGHT
            else:
                return False
            self._stalled = 0
        self.add(new)
        return True

    def solve(self, seconds: float) -> bool:
        """Solve the relaxation as it is and keep what that proves; return whether it ended optimal."""
        relaxation, began = self.relaxation, perf_counter()
        solved = relaxation.solve(seconds, interior=self._interior if self._may_be_central else 0.0)
        self.seconds = perf_counter() - began
        if not solved:
            self.infeasible = relaxation.infeasible and self.rounds == 0
            return False
        self.rounds += 1
        objective = relaxation.objective
        progress, self._before = (objective - self._before) / max(abs(objective), 1e-9), objective
        self._stalled = self._stalled + 1 if self._is_exact and abs(progress) <= _STALLED else 0
        self._thorough |= self._is_exact and progress < _SLOW
        if relaxation.bound > self.bound:
            self._note()
        return True

    def reprice(self, cost: Floats) -> None:
        """Change the costs of all columns: what was proven before no longer holds."""
        self.relaxation.price(cost)
        self.bound = self._before = -np.inf

    def replace(self, rows: Rows) -> None:
        """Put other rows in the place of all that were added."""
        with self._lock:
            self.relaxation.drop(np.ones(len(self._idle), dtype=bool))
            self._idle = self._idle[:0]
            self.add(rows)

    def add(self, rows: Rows) -> None:
        """Add rows that are valid."""
        self.relaxation.add(rows)
        self._idle = np.concatenate([self._idle, np.zeros(len(rows), dtype=np.int64)])

    def _note(self) -> None:
        """Keep what the relaxation proved last."""
        self.bound, self.values, self.rows = self.relaxation.bound, self.relaxation.values, self.relaxation.extra
        self.reduced_costs, self.central = self.relaxation.reduced_costs, self.relaxation.central

    @property
    def _is_exact(self) -> bool:
        """Return whether columns that wait could gain next to nothing."""
        relaxation = self.relaxation
        return relaxation.all_inside or relaxation.bound >= relaxation.objective - _STALLED * abs(relaxation.objective)

    @property
    def _may_be_central(self) -> bool:
        """Return whether to solve to the middle: from there columns that wait are not let in."""
        return self.relaxation.all_inside and self.relaxation.can_be_interior

    def _keep_waiting(self) -> bool:
        """Let flows wait that cost most by the weak relaxation, if there are very many; return whether any do."""
        form, relaxation, mip = self.form, self.relaxation, self.form.mip
        may = np.zeros(len(mip.cost), dtype=bool)
        may[form.strong.x] = True
        may &= (mip.lower == 0) & np.isfinite(mip.upper) & (relaxation.values <= 0)
        if may.sum() <= max(_MANY, _CROWDED * len(np.unique(form.strong.y))):
            return False
        dear = relaxation.reduced_costs * mip.upper
        relaxation.keep_waiting(may & (dear > np.quantile(dear[may], _SHARE)))
        return True

    def _drop(self) -> None:
        """Drop rows that have not bound for a while, once they are many."""
        self._idle = np.where(self.relaxation.slack(), self._idle + 1, 0)
        old: Flags = self._idle > _IDLE
        if old.sum() > 0.1 * len(self._idle):
            self.relaxation.drop(old)
            self._idle = self._idle[~old]


def strengthen(
    root: Root, *, left_s: Callable[[], float], ended: Callable[[], bool], told: Callable[[float], None]
) -> None:
    """Strengthen the relaxation in rounds of separation, until nothing is violated or time is up.

    ``left_s`` says how many seconds are left, ``ended`` whether to stop at once, ``told`` hears each new bound.
    """
    more = True
    while more:
        more = root.advance(left_s=left_s, ended=ended)
        told(root.bound)
    root.rows = root.relaxation.extra
