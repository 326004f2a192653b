"""From a Problem to a Plan."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from time import perf_counter

import pandas as pd

from data.plan import Plan, Status
from data.problem import Problem
from models.build import build_model
from models.checker import check
from models.compile import compile_model
from models.conflicts import conflict_reasons
from models.engine import require_method, run
from models.indicators import indicators
from models.mip import Mip, MipResult, relative_gap
from models.network import Network, build_network
from models.progress import Progress, silent, stop_on_interrupt
from models.readback import read_tables_back
from models.reasons import infeasible_reasons
from models.support import require_supported
from models.tighten import tighten
from models.values import Values, read_values

OPTIMAL_GAP = 1e-6  # a plan this close to its bound, relatively, is called optimal


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
        plan), ``interrupted`` (Ctrl-C once; with or without a plan), ``infeasible`` with ``reasons``,
        ``unbounded`` or ``unknown``. The time limit counts from the call on. ``seconds`` has the keys
        ``build``, ``solve``, ``read`` and ``check``. The checker has run: ``checker`` is empty when it agrees.

    Raises
    ------
    UnsupportedProblemError
        The Problem uses a part that this version does not optimise.
    InputError
        Solver options or vehicles that cannot be used.
    SolverError
        HiGHS failed.
    KeyboardInterrupt
        Ctrl-C a second time, or while no solver runs.
    """
    require_supported(problem)
    require_method(problem.settings.solver)
    say = progress or silent
    until = perf_counter() + problem.settings.solver.time_limit_s
    clock = _Clock()
    with clock.stage("build"):
        network = tighten(build_network(problem))
        reasons = infeasible_reasons(problem, network)
        model = build_model(problem, network) if not reasons else None
        compiled = compile_model(model) if model is not None else None
    if model is None or compiled is None:
        return _plan(problem, "infeasible", clock, reasons=reasons)
    say(_size(compiled.mip))
    with clock.stage("solve"), stop_on_interrupt(say) as stop:
        result = run(compiled.mip, problem.settings.solver, until=until, say=say, stop=stop)
    if result.values is None:
        reasons = _why_nothing(problem, result.status, until=until, say=say)
        return _plan(problem, result.status, clock, bound=result.bound, highs=result.version, reasons=reasons)
    say("Reading the plan back")
    with clock.stage("read"):
        compiled.load(result.values)
        plan = _read(problem, network, read_values(model, network), result, clock)
    with clock.stage("check"):
        violations = check(problem, plan)
    say("The checker agrees" if not violations else f"The checker found {len(violations)} violations")
    return plan.replace(checker=violations, seconds=dict(clock.seconds))


def _size(mip: Mip) -> str:
    columns, rows = len(mip.cost), len(mip.row_lower)
    return f"Solving {columns} columns ({int(mip.integer.sum())} whole) and {rows} rows with HiGHS"


def _why_nothing(problem: Problem, status: Status, *, until: float, say: Progress) -> tuple[str, ...]:
    if status == "infeasible":
        with stop_on_interrupt(say) as stop:
            return conflict_reasons(problem, until=until, say=say, stop=stop)
    return {
        "time_limit": ("no plan was found within the time limit; that does not mean that there is none",),
        "interrupted": ("it was stopped before a plan was found",),
        "unknown": ("the solver stopped without a plan and without a proof that there is none",),
    }.get(status, ())


def _read(problem: Problem, network: Network, values: Values, result: MipResult, clock: _Clock) -> Plan:
    tables = read_tables_back(problem, network, values)
    objective = float(tables["costs"]["amount"].sum())
    # The tables' cost can lie below the solver's bound by rounding only; then the bound is the cost.
    bound = None if result.bound is None else min(result.bound, objective)
    gap = relative_gap(objective, bound)
    status = result.status
    if gap is not None and gap <= OPTIMAL_GAP and status in ("gap_reached", "time_limit", "unknown"):
        status = "optimal"
    plan = _plan(problem, status, clock, objective=objective, bound=bound, gap=gap, highs=result.version, tables=tables)
    return plan.replace(indicators=indicators(problem, plan), counts=_counts(problem, plan))


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
