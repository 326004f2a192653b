"""From a Problem to a Plan."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from time import perf_counter

import pandas as pd
import pyomo.environ as pyo

from data.plan import Plan, Status
from data.problem import Problem
from models.build import build_model
from models.checker import check
from models.checks.quality import mixing_notes
from models.highs import OPTIMAL_GAP, Outcome, solve_model
from models.indicators import indicators
from models.network import Network
from models.prepare import prepare_network
from models.readback import read_tables_back
from models.reasons import infeasible_reasons, proven_reason
from models.support import require_supported
from models.values import read_values

Progress = Callable[[str], None]


@dataclass
class _Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("build", "solve", "read", "check"), 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += perf_counter() - start


def solve(problem: Problem, *, progress: Progress | None = None) -> Plan:
    """Return the best plan that HiGHS finds and proves within the Problem's solver settings.

    Parameters
    ----------
    problem
        Tables as described in ``docs/problem.md``.
    progress
        Called with a sentence at each step.

    Returns
    -------
    Plan
        ``status`` is ``optimal`` (gap at most 1e-6), ``gap_reached``, ``time_limit`` (with or without a
        plan), ``infeasible`` with ``reasons``, ``unbounded`` or ``unknown``. ``seconds`` has the keys
        ``build``, ``solve``, ``read`` and ``check``. The checker has run: ``checker`` is empty when it agrees.

    Raises
    ------
    UnsupportedProblemError
        The Problem uses a part that this version does not optimise.
    InputError
        Solver options or vehicles that cannot be used.
    SolverError
        HiGHS failed.
    """
    require_supported(problem)
    say = progress or _silent
    clock = _Clock()
    with clock.stage("build"):
        network = prepare_network(problem)
        reasons = infeasible_reasons(problem, network)
        model = build_model(problem, network) if not reasons else None
    if model is None:
        return _plan(problem, "infeasible", clock, reasons=reasons)
    say(_size(model))
    with clock.stage("solve"):
        outcome = _solved(model, problem)
    if not outcome.held:
        reasons = _why_nothing(problem, outcome.status)
        return _plan(problem, outcome.status, clock, bound=outcome.bound, highs=outcome.version, reasons=reasons)
    say("Reading the plan back")
    with clock.stage("read"):
        plan = _read(problem, network, model, outcome, clock)
    with clock.stage("check"):
        violations = check(problem, plan)
    say("The checker agrees" if not violations else f"The checker found {len(violations)} violations")
    return plan.replace(checker=violations, notes=tuple(mixing_notes(problem, plan)), seconds=dict(clock.seconds))


def _silent(_: str) -> None:
    """Say nothing."""


def _size(model: pyo.ConcreteModel) -> str:
    rows = sum(len(part) for part in model.component_objects(pyo.Constraint))
    parts = list(model.component_objects(pyo.Var))
    columns = sum(len(part) for part in parts)
    whole = sum(len(part) for part in parts if len(part) and not next(iter(part.values())).is_continuous())
    return f"Solving {columns} columns ({whole} whole) and {rows} rows with HiGHS"


def _solved(model: pyo.ConcreteModel, problem: Problem) -> Outcome:
    """Solve, unless there is nothing to decide."""
    if not any(len(part) for part in model.component_objects(pyo.Var)):
        cap = problem.limits.co2_cap_t_per_year
        assert cap is None or not model.co2_cap  # a cap that nothing can meet is a reason found before
        return Outcome("gap_reached", held=True, bound=float(pyo.value(model.cost)), version=version("highspy"))
    return solve_model(model, problem.settings.solver)


def _why_nothing(problem: Problem, status: Status) -> tuple[str, ...]:
    return {
        "infeasible": (proven_reason(problem),),
        "time_limit": ("no plan was found within the time limit; that does not mean that there is none",),
        "unknown": ("the solver stopped without a plan and without a proof that there is none",),
    }.get(status, ())


def _read(problem: Problem, network: Network, model: pyo.ConcreteModel, outcome: Outcome, clock: _Clock) -> Plan:
    tables = read_tables_back(problem, network, read_values(model, network))
    objective = float(tables["costs"]["amount"].sum())
    # The tables' cost can lie below the solver's bound by rounding only; then the bound is the cost.
    bound = None if outcome.bound is None else min(outcome.bound, objective)
    gap = relative_gap(objective, bound)
    status = outcome.status
    if gap is not None and gap <= OPTIMAL_GAP and status in ("gap_reached", "time_limit", "unknown"):
        status = "optimal"
    plan = _plan(
        problem, status, clock, objective=objective, bound=bound, gap=gap, highs=outcome.version, tables=tables
    )
    return plan.replace(indicators=indicators(problem, plan), counts=_counts(problem, plan))


def relative_gap(objective: float, bound: float | None) -> float | None:
    """Return ``(objective - bound) / |objective|``; None when no bound is proven or the ratio has no meaning."""
    if bound is None:
        return None
    if objective - bound <= 1e-9:
        return 0.0
    return (objective - bound) / abs(objective) if objective else None


def _plan(
    problem: Problem,
    status: Status,
    clock: _Clock,
    *,
    objective: float | None = None,
    bound: float | None = None,
    gap: float | None = None,
    highs: str = "",
    reasons: tuple[str, ...] = (),
    tables: dict[str, pd.DataFrame] | None = None,
) -> Plan:
    settings = problem.settings.solver
    return Plan(
        problem=problem.name,
        status=status,
        objective=objective,
        bound=bound,
        gap=gap,
        currency=problem.currency,
        seed=settings.seed,
        input_digest=problem.digest(),
        seconds=dict(clock.seconds),
        versions={
            "symbioplan": version("symbioplan"),
            "python": platform.python_version(),
            "pyomo": version("pyomo"),
            "highs": highs or version("highspy"),
        },
        solver_options=settings.model_dump(exclude={"seed"}),
        reasons=reasons,
        **(tables or {}),
    )


def _counts(problem: Problem, plan: Plan) -> dict[str, int]:
    return {
        "plants": int((problem.nodes["kind"] == "plant").sum()),
        "supplies": len(problem.supplies),
        "demands": len(problem.demands),
        "candidate_routes": len(problem.routes),
        "corridors": len(problem.corridors),
        "exchanges": len(plan.exchanges),
        "pipelines": len(plan.built_pipes),
        "truck_routes": len(plan.hauls),
        "hubs": len(plan.built_hubs),
    }
