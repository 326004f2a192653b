"""HiGHS through Pyomo: why it stopped, what it holds, how good that is known to be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import highspy
import pyomo.environ as pyo
from pyomo.contrib.solver.common.results import Results, SolutionStatus, TerminationCondition
from pyomo.contrib.solver.solvers.highs import Highs

from data.errors import SolverError
from data.plan import Status
from data.settings import Solver

OPTIMAL_GAP = 1e-6  # a plan this close to its bound, relatively, is called optimal
_WHOLE = 1e-9  # an integer variable farther from a whole number is rounded and the rest solved again


@dataclass(frozen=True)
class Outcome:
    """What a solve gave; when ``held``, the model's variables hold the best plan found.

    ``bound`` is the proven lower bound in currency/year, or None when nothing finite is proven.
    """

    status: Status
    held: bool
    bound: float | None
    version: str


def solve_model(model: pyo.ConcreteModel, settings: Solver) -> Outcome:
    """Solve the model and leave the best plan found in its variables.

    Raises
    ------
    SolverError
        When HiGHS ends with neither a plan, nor a proof, nor a limit.
    """
    solver, results = _run(model, settings)
    status, held = _status(results), results.solution_status in (SolutionStatus.feasible, SolutionStatus.optimal)
    bound = _finite(results.objective_bound)
    if held:
        results.solution_loader.load_vars()
        if not _is_whole(model):
            held = _round_and_resolve(model, solver)
            status = status if held else "unknown"
    return Outcome(status, held, bound, ".".join(map(str, results.solver_version)))


def _run(model: pyo.ConcreteModel, settings: Solver) -> tuple[Highs, Results]:
    # HiGHS keeps one pool of threads per process, made by the first solve, and refuses another count after it.
    highspy.Highs.resetGlobalScheduler(True)
    solver = Highs()
    results = solver.solve(
        model,
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
        threads=settings.threads,
        time_limit=settings.time_limit_s,
        rel_gap=settings.gap,
        solver_options={"random_seed": settings.seed, **settings.options},
    )
    return solver, results


def _status(results: Results) -> Status:
    reason = results.termination_condition
    # Every variable has finite bounds, so "infeasible or unbounded" leaves one of the two.
    statuses: dict[TerminationCondition, Status] = {
        TerminationCondition.convergenceCriteriaSatisfied: "gap_reached",
        TerminationCondition.maxTimeLimit: "time_limit",
        TerminationCondition.provenInfeasible: "infeasible",
        TerminationCondition.infeasibleOrUnbounded: "infeasible",
        TerminationCondition.unbounded: "unbounded",
        TerminationCondition.interrupted: "interrupted",
        TerminationCondition.iterationLimit: "unknown",
        TerminationCondition.objectiveLimit: "unknown",
        TerminationCondition.unknown: "unknown",
    }
    if reason not in statuses:
        raise SolverError(f"HiGHS stopped with {reason.name}: {results.solver_log.strip()[-500:]}")
    return statuses[reason]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _integers(model: pyo.ConcreteModel) -> list[Any]:
    found = model.component_data_objects(pyo.Var)
    return [variable for variable in found if not variable.is_continuous() and variable.value is not None]


def _is_whole(model: pyo.ConcreteModel) -> bool:
    return all(abs(variable.value - round(variable.value)) <= _WHOLE for variable in _integers(model))


def _round_and_resolve(model: pyo.ConcreteModel, solver: Highs) -> bool:
    """Fix integer variables at whole numbers and solve for the rest; return whether a plan is left.

    HiGHS accepts a binary of 1e-6, which lets a millionth of a pipe's capacity flow without the pipe.
    """
    for variable in _integers(model):
        variable.fix(round(variable.value))
    results = solver.solve(model, load_solutions=False, raise_exception_on_nonoptimal_result=False)
    held = results.solution_status in (SolutionStatus.feasible, SolutionStatus.optimal)
    if held:
        results.solution_loader.load_vars()
    return held
