"""From a Problem to a Plan."""

from __future__ import annotations

import platform
from collections.abc import Iterator
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
from models.circles import unbounded_reasons
from models.compile import Compiled, compile_model
from models.conflicts import conflict_reasons, may_hide_choices
from models.engine import run
from models.hubs import inside_hubs
from models.indicators import indicators
from models.mip import Floats, Mip, MipResult, relative_gap
from models.network import Network
from models.prepare import prepare_network
from models.progress import Progress, silent, stop_on_interrupt
from models.readback import read_tables_back
from models.reasons import infeasible_reasons
from models.support import require_supported
from models.values import Values, read_values

OPTIMAL_GAP = 1e-6  # a plan this close to its bound, relatively, is called optimal


@dataclass
class Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("build", "solve", "read", "check"), 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the block's seconds to a stage's."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += perf_counter() - start


@dataclass(frozen=True)
class Built:
    """A Problem written as a model; without one when ``reasons`` say why there is no plan."""

    problem: Problem
    network: Network
    reasons: tuple[str, ...]
    status: Status = "infeasible"  # what the reasons prove
    model: pyo.ConcreteModel | None = None
    compiled: Compiled | None = None


def build(problem: Problem) -> Built:
    """Return the Problem as a tightened network, a Pyomo model and arrays; raises as :func:`require_supported`."""
    require_supported(problem)
    network = prepare_network(problem)
    if reasons := unbounded_reasons(problem, network):
        return Built(problem, network, reasons, "unbounded")
    if reasons := infeasible_reasons(problem, network):
        return Built(problem, network, reasons)
    model = build_model(problem, network)
    return Built(problem, network, (), model=model, compiled=compile_model(model))


def solve(problem: Problem, *, progress: Progress | None = None) -> Plan:
    """Return the best plan found and proven within the Problem's solver settings.

    Ctrl-C once keeps the best plan so far.

    Parameters
    ----------
    problem
        Tables as described in ``docs/problem.md``.
    progress
        Called with a sentence at each step, and while the solver runs with what is known so far.

    Returns
    -------
    Plan
        ``status`` is ``optimal`` (gap at most 1e-6), ``gap_reached``, ``time_limit`` or ``interrupted``
        (with or without a plan), ``infeasible`` with ``reasons``, ``unbounded`` or ``unknown``. The time
        limit counts from the call on. ``seconds`` has the keys ``build``, ``solve``, ``read`` and
        ``check``. The checker has run: ``checker`` is empty when it agrees.

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
    clock = Clock()
    with clock.stage("build"):
        built = build(problem)
    return decide(built, clock, say=progress or silent)[0]


def decide(
    built: Built,
    clock: Clock,
    *,
    say: Progress,
    mip: Mip | None = None,
    start: Floats | None = None,
    known: MipResult | None = None,
) -> tuple[Plan, Floats | None]:
    """Solve what is built; return the plan and the values of the model's columns.

    Parameters
    ----------
    built
        From :func:`build`.
    clock
        The seconds spent so far count against the time limit.
    mip
        Solved instead of the built one: the same columns and rows with other numbers.
    start
        Values of the columns to begin with.
    known
        What a solve would give; nothing is solved then.
    """
    problem, settings = built.problem, built.problem.settings.solver
    until = perf_counter() + settings.time_limit_s - sum(clock.seconds.values())
    if built.compiled is None or built.model is None:
        reasons = built.reasons
        if built.status == "infeasible" and may_hide_choices(problem):
            with clock.stage("solve"):
                reasons = _why_nothing(problem, "infeasible", as_built=True, until=until, say=say)
        return _plan(problem, built.status, clock, reasons=reasons), None
    mip = mip or built.compiled.mip
    if known is None:
        say(_size(mip))
    with clock.stage("solve"), stop_on_interrupt(say) as stop:
        result = known or run(mip, settings, until=until, say=say, stop=stop, start=start)
    if result.values is None:
        as_built = mip is built.compiled.mip
        with clock.stage("solve"):
            reasons = _why_nothing(problem, result.status, as_built=as_built, until=until, say=say)
        return _plan(problem, result.status, clock, bound=result.bound, highs=result.version, reasons=reasons), None
    return finish(built, result, clock, say=say), result.values


def finish(built: Built, result: MipResult, clock: Clock, *, say: Progress) -> Plan:
    """Return the plan that a result with values is, checked."""
    problem = built.problem
    assert built.compiled is not None
    assert built.model is not None
    assert result.values is not None
    say("Reading the plan back")
    with clock.stage("read"):
        built.compiled.load(result.values)
        plan = _read(problem, built.network, read_values(built.model, built.network), result, clock)
    with clock.stage("check"):
        violations = check(problem, plan)
    say("The checker agrees" if not violations else f"The checker found {len(violations)} violations")
    return plan.replace(checker=violations, notes=tuple(mixing_notes(problem, plan)), seconds=dict(clock.seconds))


def _size(mip: Mip) -> str:
    columns, rows = len(mip.cost), len(mip.row_lower)
    return f"Solving {columns} columns ({int(mip.integer.sum())} whole) and {rows} rows with HiGHS"


def _why_nothing(problem: Problem, status: Status, *, as_built: bool, until: float, say: Progress) -> tuple[str, ...]:
    if status == "infeasible" and as_built:
        with stop_on_interrupt(say) as stop:
            return conflict_reasons(problem, until=until, say=say, stop=stop)
    return {
        "infeasible": ("there is no plan with what was fixed for it",),
        "time_limit": ("no plan was found within the time limit; that does not mean that there is none",),
        "interrupted": ("it was stopped before a plan was found",),
        "unknown": ("the solver stopped without a plan and without a proof that there is none",),
    }.get(status, ())


def _read(problem: Problem, network: Network, values: Values, result: MipResult, clock: Clock) -> Plan:
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
    clock: Clock,
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
        # A plan over periods has a row for each period.
        "exchanges": len(
            plan.exchanges.loc[
                ~inside_hubs(plan.exchanges, problem.hubs), ["supply", "demand", "resource", "received_as"]
            ].drop_duplicates()
        ),
        "pipelines": len(plan.built_pipes[["corridor", "resource", "option"]].drop_duplicates()),
        "truck_routes": plan.hauls["route"].nunique(),
        "hubs": int(problem.hubs.loc[problem.hubs["role"] == "hub", "hub"].isin(plan.built_hubs["hub"]).sum()),
    }
