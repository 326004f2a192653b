"""How a search stands, shared by its threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from time import perf_counter

import numpy as np

from models.mip import Standing, relative_gap
from models.search.plans import Plans

_ROUNDING = 1e-9  # relative gap that is left of the arithmetic


@dataclass
class Race:
    """Time, bound and incumbent of one search.

    Attributes
    ----------
    plans
        Holds the incumbent.
    gap
        Relative gap at which the search is over.
    began, limit_s
        By ``time.perf_counter``; seconds that the search may take.
    bound
        Greatest proven lower bound, offset included.
    over
        Set when all threads should stop.
    """

    plans: Plans
    gap: float
    began: float
    limit_s: float
    bound: float = -np.inf
    over: Event = field(default_factory=Event)

    def seconds(self) -> float:
        """Return the seconds since the search began."""
        return perf_counter() - self.began

    def left_s(self, share: float = 1.0) -> float:
        """Return the seconds that are left of a share of the time limit; not negative."""
        return max(self.limit_s * share - self.seconds(), 0.0)

    def told(self, bound: float) -> None:
        """Take note of a proven bound."""
        if np.isfinite(bound):
            self.bound = max(self.bound, bound)

    def closed(self) -> bool:
        """Return whether the gap asked for is proven."""
        if self.plans.best is None:
            return False
        gap = relative_gap(self.plans.cost, self.bound)
        return (gap is not None and gap <= max(self.gap, _ROUNDING)) or self.plans.cost <= self.bound

    def ended(self) -> bool:
        """Return whether to stop: asked to, out of time, or done."""
        return self.over.is_set() or self.left_s() <= 0 or self.closed()

    def standing(self) -> Standing:
        """Return what the user may see."""
        incumbent = self.plans.cost if self.plans.best is not None else None
        bound = self.bound if np.isfinite(self.bound) else None
        if incumbent is not None and bound is not None:
            bound = min(bound, incumbent)
        return Standing(self.seconds(), incumbent, bound)
