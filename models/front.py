"""Cost against CO2, landfill or partners: the plans of which none is better in both.

The exact epsilon-constraint method (Haimes, Lasdon and Wismer 1971; Mavrotas 2009, Appl. Math. Comput. 213: 455-465):

1.  cheapest      min cost; then min measure with cost <= cheapest (lexicographic: no plan of that cost has less)
2.  least         min measure; then min cost with measure <= least
3.  in between    min cost with measure <= cap, for caps at equal steps (a number of things: every number), from the
                  tightest to the loosest, each begun with the plan before it, which keeps the looser cap as well;
                  then min measure with cost <= what was found

The model is built once. Minimising the measure adds one column, the cap itself, and one row for the cost; a cap in
between changes right-hand sides alone. A bound proven under a loose cap holds under a tighter one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from data.errors import Fault, InputError
from data.plan import Plan
from data.problem import Problem
from models.conflicts import conflict_reasons
from models.engine import run
from models.measures import Measure, find_measure, measured, more_than_any
from models.mip import Floats, Mip, MipResult, relative_gap
from models.optimise import OPTIMAL_GAP, Built, Clock, build, decide, finish
from models.progress import Progress, silent, stop_on_interrupt
from models.requirements import significant

_SAME = 1e-7  # costs are the same within this share of their size, or of 1: a tenth of what is called optimal
_WORTH = 1e-4  # less of the measure is less by this share, or it may be what the slack in cost has bought


@dataclass(frozen=True)
class Point:
    """One plan of a front.

    Attributes
    ----------
    problem
        With the cap of this point in its limits: solving it again gives the plan again.
    cap
        Of the measure; None at the cheapest plan of a Problem without one.
    measures
        How much the plan has of each measure (:func:`models.measures.measured`).
    least
        Proven: whether no plan of this cost or less has less of the measure.
    """

    problem: Problem
    plan: Plan
    cap: float | None
    measures: dict[str, float]
    least: bool


def front(problem: Problem, *, against: str, points: int = 8, progress: Progress | None = None) -> tuple[Point, ...]:
    """Return plans from the least of a measure to the least cost, none of them dominated by another.

    Parameters
    ----------
    problem
        Its own limits hold for all points.
    against
        ``co2`` (t/year of the period with most), ``landfill`` (likewise), ``partners`` (plants that take part).
    points
        Most of them, the two ends included. Caps that lead to a plan already there give no point.
    progress
        Called with a sentence at each step.

    Returns
    -------
    tuple of Point
        In falling cost. Each plan has a status, bound, gap and checker verdict of its own, and the settings' gap
        and time limit to itself. A single point without a solution when the Problem has none. Ctrl-C once
        keeps the points so far.

    Raises
    ------
    InputError
        An unknown measure, fewer than two points; and as :func:`models.solve`.
    """
    measure = find_measure(against)
    if points < 2:
        raise InputError([Fault("front", "points", str(points), "2 or more: the cheapest plan and the least one")])
    return _Front(problem, measure, against, progress or silent).trace(points)


class _Front:
    """A model built once, and what was found with it."""

    def __init__(self, problem: Problem, measure: Measure, against: str, say: Progress) -> None:
        self._problem, self._measure, self._against, self._say = problem, measure, against, say
        self._clock = Clock()
        own, most = measure.cap(problem), more_than_any(problem, against)
        self._built_cap = most if own is None else own
        with self._clock.stage("build"):
            self._built = build(measure.capped(problem, self._built_cap))
        self._interrupted = False

    def trace(self, points: int) -> tuple[Point, ...]:
        if self._built.compiled is None:
            return (self._nothing(decide(self._built, self._clock, say=self._say)[0]),)
        self._rows = self._cap_rows(self._built)
        first, values = self._cheapest()
        if values is None or self._interrupted:
            return (first,)
        least = self._least(values)
        found = [least[0]] if least else []
        if least and not self._interrupted:
            found += self._between(least[0], least[1], first, points)
        return _undominated([*found, first], self._against, self._problem.settings.solver.gap)

    def _cheapest(self) -> tuple[Point, Floats | None]:
        self._say("The cheapest plan")
        own = self._measure.cap(self._problem)
        return self._point(own, None)

    def _least(self, start: Floats) -> tuple[Point, Floats] | None:
        """Return the cheapest plan with the least of the measure that was found, and its values."""
        self._say(f"The least {self._measure.name}")
        result = self._minimised(None, start)
        if result.values is None:
            return None
        cap = float(result.values[-1])
        point, values = self._point(self._reached(cap), result.values[:-1])
        if values is None:
            return None
        return replace(point, least=result.status == "gap_reached"), values

    def _between(self, least: Point, values: Floats, first: Point, points: int) -> list[Point]:
        low, high = (point.measures[self._against] for point in (least, first))
        found = []
        for cap in self._caps(low, high, points):
            self._say(f"{self._measure.name} at most {cap:,.6g} {self._measure.unit}")
            point, better = self._point(cap, values)
            if better is None:
                break
            found.append(point)
            values = better
            if self._interrupted:
                break
        return found

    def _caps(self, low: float, high: float, points: int) -> list[float]:
        """Return the caps between the ends, rising."""
        caps = np.linspace(low, high, points)[1:-1]
        if self._measure.whole:
            every = np.arange(low + 1, high)
            caps = every if len(every) <= points - 2 else np.unique(np.round(caps))
        inside = (caps > low + _slack(low)) & (caps < high - _slack(high))
        return [significant(float(cap), digits=6, to=round) for cap in caps[inside]]

    def _point(self, cap: float | None, start: Floats | None) -> tuple[Point, Floats | None]:
        """Return the cheapest plan under a cap with the least of the measure at that cost, and its values."""
        problem = self._problem if cap is None else self._measure.capped(self._problem, cap)
        built = replace(self._built, problem=problem)
        plan, values = decide(built, self._clock, say=self._say, mip=self._capped(cap), start=start)
        if values is None:
            return self._nothing(plan), None
        assert plan.objective is not None
        least = False
        if plan.status == "interrupted":
            self._interrupted = True
        else:
            better = self._minimised(plan.objective, values)
            least = better.status == "gap_reached"
            if better.values is not None and self._is_better(better, values):
                values = better.values[:-1]
                held = MipResult(plan.status, values, plan.bound, plan.versions["highs"])
                plan = finish(built, held, self._clock, say=self._say)
        self._clock = Clock()
        return Point(problem, plan, cap, measured(problem, plan), least), values

    def _is_better(self, better: MipResult, values: Floats) -> bool:
        """Return whether the same is paid for clearly less."""
        assert better.values is not None
        before, after = self._amount(values), float(better.values[-1])
        paid, pays = self._mip.objective(values), self._mip.objective(better.values[:-1])
        return after < before - _WORTH * max(1.0, abs(before)) and pays <= paid + 2 * _slack(paid)

    def _minimised(self, cost: float | None, start: Floats) -> MipResult:
        """Minimise the measure, the cost no more than given; the last value is the measure's."""
        settings = self._problem.settings.solver
        settings = settings.model_copy(update={"method": "exact"})
        mip = self._with_cap_column(cost)
        until = perf_counter() + settings.time_limit_s
        begin = np.append(start, self._amount(start))
        with self._clock.stage("solve"), stop_on_interrupt(self._say) as stop:
            result = run(mip, settings, until=until, say=lambda _: None, stop=stop, start=begin)
        self._interrupted |= result.status == "interrupted"
        return result

    def _with_cap_column(self, cost: float | None) -> Mip:
        mip, rows, count = self._mip, self._rows, len(self._mip.row_lower)
        column = csr_array((-np.ones(len(rows)), (rows, np.zeros(len(rows), int))), (count, 1))
        most = np.inf if cost is None else cost + _slack(cost) - mip.offset
        # The slack then is 0.01, far above the solver's tolerance, and small costs stay above what it takes for 0.
        size = max(1.0, 100 * _slack(cost or 0.0))
        paid = csr_array(np.append(mip.cost / size, 0.0)[None, :])
        row_upper = mip.row_upper.copy()
        row_upper[rows] -= self._built_cap  # measure - what is fixed <= cap, the cap now being the column
        own = self._measure.cap(self._problem)
        return Mip(
            cost=np.append(np.zeros(len(mip.cost)), 1.0),
            lower=np.append(mip.lower, -np.inf),
            upper=np.append(mip.upper, np.inf if own is None else own),
            integer=np.append(mip.integer, self._measure.whole),
            matrix=csr_array(vstack([hstack([mip.matrix, column]), paid], format="csr")),
            row_lower=np.append(mip.row_lower, -np.inf),
            row_upper=np.append(row_upper, most / size),
        )

    def _capped(self, cap: float | None) -> Mip:
        row_upper = self._mip.row_upper.copy()
        row_upper[self._rows] += np.inf if cap is None else cap - self._built_cap
        return replace(self._mip, row_upper=row_upper)

    def _amount(self, values: Floats) -> float:
        """Return the measure of a solution of the model."""
        over = self._mip.matrix[self._rows] @ values - self._mip.row_upper[self._rows]
        return float(over.max(initial=-np.inf)) + self._built_cap

    def _reached(self, cap: float) -> float:
        """Return a cap that a plan with this much keeps in spite of rounding."""
        return round(cap) if self._measure.whole else significant(cap, digits=9, to=math.ceil)

    @property
    def _mip(self) -> Mip:
        assert self._built.compiled is not None
        return self._built.compiled.mip

    def _cap_rows(self, built: Built) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        assert built.compiled is not None
        names = [row.parent_component().name for row in built.compiled.rows]
        rows = np.flatnonzero(np.array(names) == self._measure.component)
        if not len(rows):
            found = f"{self._measure.name}: nothing in the Problem changes it"
            raise InputError([Fault("front", "against", found, "a measure that depends on what is exchanged")])
        return rows

    def _nothing(self, plan: Plan) -> Point:
        if plan.status == "infeasible" and self._built.compiled is not None:
            until = perf_counter() + self._problem.settings.solver.time_limit_s
            with stop_on_interrupt(self._say) as stop:
                reasons = conflict_reasons(self._problem, until=until, say=self._say, stop=stop)
            plan = plan.replace(reasons=reasons)
        return Point(self._problem, plan, self._measure.cap(self._problem), {}, least=False)


def _slack(size: float) -> float:
    return _SAME * max(1.0, abs(size))


def _undominated(points: list[Point], against: str, gap: float) -> tuple[Point, ...]:
    """Return the points, rising in the measure, that no other is at least as good as in both.

    ``points`` rise in their caps. Each gets the best bound proven under its own or a looser cap.
    """
    bounds = [-np.inf if point.plan.bound is None else point.plan.bound for point in points]
    proven = np.maximum.accumulate(bounds[::-1])[::-1]
    points = [_with_bound(point, float(bound), gap) for point, bound in zip(points, proven, strict=True)]
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (point.measures[against], point.plan.objective)):
        cost = point.plan.objective
        assert cost is not None
        if not kept or cost < (best := kept[-1].plan.objective or 0.0) - _slack(best):
            kept.append(point)
    return tuple(kept)


def _with_bound(point: Point, bound: float, gap: float) -> Point:
    plan = point.plan
    if not np.isfinite(bound) or (plan.bound is not None and bound <= plan.bound):
        return point
    assert plan.objective is not None
    bound = min(bound, plan.objective)
    apart = relative_gap(plan.objective, bound)
    status = plan.status
    if apart is not None and apart <= max(gap, OPTIMAL_GAP):
        status = "optimal" if apart <= OPTIMAL_GAP else "gap_reached"
    return replace(point, plan=plan.replace(bound=bound, gap=apart, status=status))
