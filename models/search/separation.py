"""Rows that a relaxation violates: strong ones, then cuts; those that take longest once the others stop paying."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.mip import Floats
from models.search.cells import sides
from models.search.cut_sets import CutSets
from models.search.dicuts import Dicuts
from models.search.form import Form
from models.search.lp import Rows, joined, spread

_VIOLATED = 1e-4  # of what the gate lets pass
_FEW = 100  # strong rows; with more of them violated no cuts are looked for
_DEMANDS = 1000  # demands and supplies with new dicuts per round
_PARALLEL = 0.7  # cosine from which of two cuts one is enough


class Separation:
    """Separation over one form.

    Attributes
    ----------
    strong, dicuts, cut_sets
        Rows of each kind found so far.
    """

    def __init__(self, form: Form) -> None:
        seen, columns = sides(form), len(form.mip.cost)
        self._form = form
        self._dicuts, self._cut_sets = Dicuts(seen, columns), CutSets(seen, columns)
        upper = form.mip.upper
        self._scale = np.where(np.isfinite(upper) & (upper > 0), upper, 1.0)
        self.strong = self.dicuts = self.cut_sets = 0

    def violated(self, values: Floats, *, thorough: bool, ended: Callable[[], bool]) -> Rows:
        """Return violated rows; ``thorough`` also looks where it takes long."""
        form = self._form
        by = form.strong.violation(values)
        most = np.flatnonzero(by > _VIOLATED)
        chosen = most[np.argsort(-by[most], kind="stable")[: max(2000, len(form.strong) // 20)]]
        strong = form.strong.rows(chosen, len(form.mip.cost))
        self.strong += len(strong)
        if len(chosen) > _FEW:
            return strong
        dicuts = self._dicuts.separate(values, most=_DEMANDS, ended=ended)
        cut_sets = self._cut_sets.separate(values, thorough=thorough)
        self.dicuts += len(dicuts)
        self.cut_sets += len(cut_sets)
        return joined([strong, spread(joined([dicuts, cut_sets]), values, self._scale, cosine=_PARALLEL)])
