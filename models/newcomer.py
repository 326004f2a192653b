"""What a newcomer adds, place by place, with as few whole solves as the bounds allow.

The value of a newcomer at a place is what the region, the newcomer included, saves when it is exchanged with:

    value = cost(region) + cost(newcomer alone) - cost(region with newcomer)

with the newcomer alone disposing of all it gives and buying all it wants. It is never negative. Each cost is known
within its bound, so a value is known between

    least = bound(region) + alone - cost(with),      most = cost(region) + alone - bound(with).

The linear relaxation of the region with the newcomer gives a first ``most``. Cases are solved from the greatest first
``most`` down, and no longer once the wanted number of values are surely at least as great as all that is left.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from data.plan import Plan
from data.problem import Problem
from models.prepare import prepare_network
from models.progress import Progress, silent
from models.session import Session

_STANDING_GAP = 0.02  # of the plan whose pipes and roads stand before a newcomer comes


@dataclass(frozen=True)
class Case:
    """A newcomer at a place: the streams of the Problem that are there only with it."""

    place: str
    plant_type: str
    streams: frozenset[str]


@dataclass(frozen=True)
class Worth:
    """What a case adds, currency per year: between ``least`` and ``most``; ``value`` where it was solved."""

    case: Case
    least: float
    most: float
    value: float | None = None
    plan: Plan | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Worths:
    """The region without any newcomer, and every case, the best first."""

    base: Plan
    cases: tuple[Worth, ...]
    solved: int
    seconds: float


def without(problem: Problem, streams: frozenset[str]) -> Problem:
    """Return a Problem that lacks some supplies and demands, and what is said of their quality."""
    supplies, demands, quality = problem.supplies, problem.demands, problem.quality
    lost = quality["supply"].isin(streams) | quality["demand"].isin(streams)
    return problem.replace(
        supplies=supplies[~supplies["supply"].isin(streams)].reset_index(drop=True),
        demands=demands[~demands["demand"].isin(streams)].reset_index(drop=True),
        quality=quality[~lost].reset_index(drop=True),
    )


def kept(problem: Problem, plan: Plan) -> Problem:
    """Return a Problem of one period in which what a plan builds is there already, and no longer paid for.

    Trenches, pipes and hub modules are existing; loading bays in use cost nothing more. New ones may be added.
    """
    corridors, pipes, routes, hubs = problem.corridors, problem.pipes, problem.routes, problem.hubs
    laid = plan.built_pipes.set_index(["corridor", "resource", "option"])["count"]
    place = list(zip(pipes["corridor"], pipes["resource"], pipes["option"], strict=True))
    count = laid.reindex(place).fillna(0).to_numpy() if len(laid) else np.zeros(len(pipes))
    there = count > 0
    bays = routes["route"].isin(plan.hauls["route"])
    modules = plan.built_hubs.set_index("hub")["modules"] if len(plan.built_hubs) else {}
    return problem.replace(
        corridors=corridors.assign(existing=corridors["existing"] | corridors["corridor"].isin(
            plan.built_corridors["corridor"])),
        pipes=pipes.assign(
            existing=pipes["existing"] | there,
            capacity=pipes["capacity"] * np.maximum(count, 1.0),
            min_flow=pipes["min_flow"].mask(there, 0.0),
            max_parallel=pipes["max_parallel"].mask(there, 1),
            upgrade_of=pipes["upgrade_of"].mask(there, ""),
        ),
        routes=routes.assign(fixed_cost=routes["fixed_cost"].mask(bays, 0.0)),
        hubs=hubs.assign(existing=[max(int(modules.get(hub, 0)), now) for hub, now in zip(
            hubs["hub"], hubs["existing"], strict=True)]),
    )  # fmt: skip


def alone(problem: Problem, streams: frozenset[str]) -> float:
    """Return what streams cost when nothing is exchanged: disposal, purchase and their CO2, currency per year."""
    price = problem.settings.co2_price
    supplies = problem.supplies[problem.supplies["supply"].isin(streams)]
    demands = problem.demands[problem.demands["demand"].isin(streams)]
    left = supplies["quantity"] * (supplies["unplaced_cost"] + price * supplies["co2_unplaced"])
    bought = demands["quantity"] * (demands["unserved_cost"] + price * demands["co2_unserved"])
    return float(left.sum() + bought.sum())


def worths(
    problem: Problem, cases: Sequence[Case], *, best: int, keep: bool = True, progress: Progress | None = None
) -> Worths:
    """Return what each case adds to the region that a Problem of one period is about.

    Parameters
    ----------
    problem
        With the streams of all cases, which no must-serve demand is among.
    cases
        Newcomers and places.
    best
        How many of the best are wanted exactly; cases that are surely none of them are left at their bounds.
    keep
        What the plan without a newcomer builds stands and is paid for, whatever comes; else all is planned anew.
    progress
        Called with a sentence at each step.

    Returns
    -------
    Worths
        Sorted by value, then by ``most``. Without cases' values where the base has no plan.
    """
    started, say = perf_counter(), progress or silent
    everyone = frozenset[str]().union(*(case.streams for case in cases))
    say("Planning the region without a newcomer")
    session = Session(without(_rough(problem) if keep else problem, everyone))
    base = session.solve()
    if keep and base.has_solution:
        problem = kept(problem, base)
        base = session.solve(without(problem, everyone))
    if base.objective is None or base.bound is None:
        return Worths(base, (), 0, perf_counter() - started)
    say(f"Bounding {len(cases)} cases by their linear relaxations")
    ranked = sorted((_bounded(problem, case, everyone, session, base.objective) for case in cases),
                    key=lambda worth: (-worth.most, worth.case.place, worth.case.plant_type))  # fmt: skip
    done: list[Worth] = []
    for number, worth in enumerate(ranked):
        sure = sorted((known.least for known in done), reverse=True)
        if len(sure) >= best and worth.most <= sure[best - 1]:
            done += ranked[number:]
            break
        say(f"Planning with {worth.case.plant_type} at {worth.case.place} ({number + 1} of {len(ranked)})")
        done.append(_solved(problem, worth, everyone, session, base))
    order = sorted(done, key=lambda worth: (worth.value is None, -(worth.value or 0.0), -worth.most))
    return Worths(base, tuple(order), sum(w.value is not None for w in done), perf_counter() - started)


def _rough(problem: Problem) -> Problem:
    """Return a Problem that is planned to :data:`_STANDING_GAP` only: for what stands, a good plan is enough."""
    solver = problem.settings.solver
    rough = solver.model_copy(update={"gap": max(solver.gap, _STANDING_GAP)})
    return problem.replace(settings=problem.settings.model_copy(update={"solver": rough}))


def _with(problem: Problem, case: Case, everyone: frozenset[str]) -> Problem:
    return without(problem, everyone - case.streams)


def _bounded(problem: Problem, case: Case, everyone: frozenset[str], session: Session, cost: float) -> Worth:
    started = perf_counter()
    problem = _with(problem, case, everyone)
    if not _reachable(problem, case.streams):
        return Worth(case, 0.0, 0.0, seconds=perf_counter() - started)
    least = copy.copy(session).lower_bound(problem)
    most = max(cost + alone(problem, case.streams) - least, 0.0)
    return Worth(case, 0.0, most, seconds=perf_counter() - started)


def _reachable(problem: Problem, streams: frozenset[str]) -> bool:
    """Return whether anything can come to or leave any of the streams."""
    network = prepare_network(problem)
    supplies = network.supplies.loc[network.supplies["supply"].isin(streams), "bound"]
    demands = network.demands.loc[network.demands["demand"].isin(streams), "bound"]
    return bool((supplies > 0).any() or (demands > 0).any())


def _solved(problem: Problem, worth: Worth, everyone: frozenset[str], session: Session, base: Plan) -> Worth:
    """Return the case solved, beginning with the plan without it."""
    started = perf_counter()
    plan = copy.copy(session).solve(_with(problem, worth.case, everyone))
    if plan.objective is None or base.objective is None or base.bound is None:
        return worth
    lone = alone(problem, worth.case.streams)
    proven = plan.bound if plan.bound is not None else -np.inf
    most = min(worth.most, max(base.objective + lone - proven, 0.0))
    least = min(max(base.bound + lone - plan.objective, 0.0), most)
    value = min(max(base.objective + lone - plan.objective, least), most)
    return Worth(worth.case, least, most, value, plan, worth.seconds + perf_counter() - started)
