"""Plans from relaxations whose fixed costs follow the use that is made of them.

Dynamic slope scaling (Crainic, Gendron and Hernu 2004, Journal of Heuristics 10: 525-545; Kim and Pardalos 1999,
Operations Research Letters 24: 195-203) on the strengthened relaxation: where a gate y was used to ``v``,
    cost of y <- cost / v,
so that using it as much again costs the whole fixed cost. Damped as in capacity scaling (Katayama, Chen and Kubo 2009,
Journal of Computational and Applied Mathematics 232: 90-101):
    factor <- factor / (damping * min(factor v, ceil) + 1 - damping)
A gate that is not used grows dearer, one in full use stays. Each relaxation's flows give a plan.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.mip import Flags, Floats
from models.search.form import Form
from models.search.lp import Relaxation, Rows
from models.search.plans import Plans, settle

_OPEN = 1e-6  # a gate below this is not in use
_MOST = 1e4  # no fixed cost is made dearer than this many times
_INTERIOR = 1e-6  # relative gap of interior points, in place of corners where those take long
_SETTLED = 0.02  # share of the gates in use whose use is fractional below which the scaling has converged


def scale_slopes(
    form: Form,
    relaxation: Relaxation,
    plans: Plans,
    *,
    damping: float,
    rounds: int,
    left_s: Callable[[], float],
    ended: Callable[[], bool],
    factor: Floats | None = None,
) -> Flags:
    """Offer plans to ``plans`` and return which gates the last relaxations used; the relaxation's costs are restored.

    Parameters
    ----------
    damping
        In (0, 1]: 1 is undamped.
    rounds
        Relaxations solved at most.
    factor
        Of the fixed costs to begin with; 1 when not given.
    """
    mip = form.mip
    gates = mip.integer & (mip.cost > 0)
    interior = _INTERIOR if relaxation.is_large and relaxation.can_be_interior else 0.0
    factor = np.ones(len(mip.cost)) if factor is None else factor
    used = np.zeros(len(mip.cost), dtype=bool)
    before: Flags | None = None
    stale = 0  # plans since the last that was better
    for number in range(rounds):
        relaxation.price(np.where(gates, mip.cost * factor, mip.cost))
        if ended() or not relaxation.solve(left_s(), interior=interior):
            break
        values = relaxation.values
        _more_strong(form, relaxation, values)
        use = values[gates]
        opened = use > _OPEN
        fractional = opened & (np.abs(use * factor[gates] - np.ceil(use * factor[gates] - 1e-6)) > 0.05)
        settled = fractional.sum() <= _SETTLED * max(opened.sum(), 1)
        if number >= 3 or settled:
            used[gates] |= opened
        if number % 3 == 2 or settled or number == rounds - 1 or plans.best is None:
            plan = settle(form, values, seconds=left_s())
            stale = 0 if plan is not None and plans.offer(plan) else stale + 1
        if (settled and before is not None and np.array_equal(before, opened)) or (number > 4 / damping and stale >= 2):
            break
        before = opened
        share = np.clip(values * factor, 0.0, np.maximum(np.ceil(values - _OPEN), 1.0))
        share = share / np.maximum(np.ceil(values - _OPEN), 1.0)
        factor = np.where(gates, np.minimum(factor / (damping * share + 1 - damping + 1e-9), _MOST), 1.0)
    relaxation.price(mip.cost)
    return used


def _more_strong(form: Form, relaxation: Relaxation, values: Floats) -> None:
    by = form.strong.violation(values)
    worst = np.flatnonzero(by > 0.01)
    if len(worst):
        chosen = worst[np.argsort(-by[worst], kind="stable")[:1000]]
        rows: Rows = form.strong.rows(chosen, len(form.mip.cost))
        relaxation.add(rows)
