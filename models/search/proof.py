"""The proof: HiGHS on the strengthened programme, from the best plan, without what cannot be better.

Reduced-cost fixing: with bound B and reduced costs r of the strengthened relaxation, B counts columns with r > 0 at
their lower bound, so a plan cheaper than C keeps them within (C - B) / r of it; the like above; whole columns are
rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from highspy import HighsModelStatus

from models.highs import HELD, set_options, set_start
from models.mip import Floats
from models.search.form import Form
from models.search.lp import on_one_thread
from models.search.plans import Part, Plans, part_of
from models.search.standing import Race
from models.search.strong_root import Root


def narrowed(form: Form, root: Root, cost: float) -> tuple[Floats, Floats]:
    """Return bounds of the columns that every plan cheaper than ``cost`` keeps."""
    mip = form.mip
    lower, upper = mip.lower.copy(), mip.upper.copy()
    room = cost - root.bound
    if not np.isfinite(room) or not len(root.values):
        return lower, upper
    room = max(room, 0.0) + 1e-6 * max(1.0, abs(cost))
    dear = root.reduced_costs
    scale = 1e-7 * max(1.0, float(np.abs(mip.cost).max(initial=0.0)))
    low, high = dear > scale, dear < -scale
    upper[low] = np.minimum(upper[low], lower[low] + room / dear[low])
    lower[high] = np.maximum(lower[high], upper[high] + room / dear[high])
    whole = mip.integer
    upper[whole] = np.floor(upper[whole] + 1e-6)
    lower[whole] = np.ceil(lower[whole] - 1e-6)
    return lower, np.maximum(upper, lower)


@dataclass
class Proof:
    """One run of HiGHS on what is left of the programme."""

    form: Form
    root: Root
    race: Race
    seed: int
    options: dict[str, str | int | float | bool]

    def run(self, *, until: Callable[[], bool]) -> bool:
        """Prove bounds and offer plans until told to end; return whether the optimum is proven."""
        plans: Plans = self.race.plans
        cost = plans.cost
        part = part_of(self.form, self.root.rows, *narrowed(self.form, self.root, cost))
        if part is None or not len(part.free):
            # Nothing cheaper than the plan is left.
            if part is not None:
                plans.offer(part.rest)
            self.race.told(plans.cost)
            return True
        highs = on_one_thread(part.mip)
        own = {"mip_rel_gap": self.race.gap * 0.5, "random_seed": self.seed, "time_limit": self.race.left_s()}
        set_options(highs, {**own, **self.options})
        if plans.best is not None:
            set_start(highs, plans.best[part.free])
        listener = _Listener(self.race, part, cost, until)
        for source in (highs.cbMipInterrupt, highs.cbSimplexInterrupt, highs.cbMipImprovingSolution):
            source.subscribe(listener.listen)
        highs.cbMipUserSolution.subscribe(listener.inject)
        highs.run()
        return self._end(highs, part, cost)

    def _end(self, highs: highspy.Highs, part: Part, cost: float) -> bool:
        status, info = highs.getModelStatus(), highs.getInfo()
        infeasible = status == HighsModelStatus.kInfeasible
        if info.primal_solution_status == HELD:
            self.race.plans.offer(part.whole(np.asarray(highs.getSolution().col_value)))
        bound = np.inf if infeasible else info.mip_dual_bound
        if np.isfinite(cost) or not infeasible:
            self.race.told(min(bound, cost))
        return status in (HighsModelStatus.kOptimal, HighsModelStatus.kInfeasible)


@dataclass
class _Listener:
    """What HiGHS tells and is told while it runs."""

    race: Race
    part: Part
    cost: float
    until: Callable[[], bool]
    told: float = np.inf

    def listen(self, event: highspy.highs.HighsCallbackEvent) -> None:
        """Take note of bounds and plans; interrupt when told to end."""
        kind, data = event.callback_type, event.data_out
        if kind == highspy.cb.HighsCallbackType.kCallbackMipInterrupt:
            self.race.told(min(data.mip_dual_bound, self.cost))
        elif kind == highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution:
            self.race.plans.offer(self.part.whole(np.asarray(data.mip_solution)))
        if kind != highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution and self.until():
            event.interrupt()

    def inject(self, event: highspy.highs.HighsCallbackEvent) -> None:
        """Hand over a better plan found elsewhere."""
        plans = self.race.plans
        best, cost = plans.best, plans.cost
        if (
            best is not None
            and event.data_in is not None
            and cost < min(self.told, event.data_out.mip_primal_bound) - 1e-9 * abs(cost)
        ):
            self.told = cost
            event.data_in.setSolution(best[self.part.free])
