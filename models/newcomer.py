"""What a newcomer adds, place by place: the plan stands, and only what the newcomer touches is decided again.

The value of a newcomer at a place is what the region, the newcomer included, saves when it is exchanged with:

    value = cost(region) + cost(newcomer alone) - cost(region with newcomer)

with the newcomer alone disposing of all it gives and buying all it wants. It is never negative.

1. What the plan builds stands and is paid for; no other pipe is laid but the newcomer's own (:func:`standing`).
2. A newcomer touches the resources of its streams and all that grades and technologies link them with
   (:func:`touched`). The rest stays as it is planned, costs the same on both sides, and falls away.
3. The small Problem that is left, in which every flow is free again, is solved without and with the newcomer. Each
   cost is known within its bound:

       least = bound(region) + alone - cost(with)          most = cost(region) + alone - bound(with)

Who decides everything anew with the same ways on offer saves no less: what ``least`` rests on is still allowed.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import pandas as pd

from data.errors import SolverError
from data.plan import Plan
from data.problem import Problem
from models.engine import run
from models.network import Network
from models.optimise import OPTIMAL_GAP, build
from models.progress import silent
from models.session import Session

_COUPLING = ("co2_cap_t_per_year", "landfill_cap_t_per_year", "max_partners", "max_new_partners", "investment_budget")


@dataclass(frozen=True)
class Case:
    """A newcomer at a place: what of the Problem, its own node among it, is there only with it."""

    place: str
    plant_type: str
    node: str
    streams: frozenset[str]
    corridors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Worth:
    """What a case adds, currency per year: at least ``least``, at most ``most``.

    ``status`` says why the solver stopped (as :class:`data.plan.Plan` does), or ``out_of_reach`` where nothing can
    come or go. ``plan``, once made, is of what the newcomer touches only.
    """

    case: Case
    least: float
    most: float
    status: str
    plan: Plan | None = None
    seconds: float = 0.0


class Valuation:
    """What newcomers at many places add to a region of one period that is planned.

    Parameters
    ----------
    problem
        With the streams and ways of all cases; no demand of theirs must be served. Its caps and budgets (CO2,
        landfill, partners, investment) and what it forces bind the plan, and are left out here.
    plan
        Of the same Problem without any case.
    cases
        Newcomers at places.
    """

    def __init__(self, problem: Problem, plan: Plan, cases: Sequence[Case]) -> None:
        there = standing(problem, plan, frozenset[str]().union(*(case.corridors for case in cases)))
        kinds = {
            kind: [case for case in cases if case.plant_type == kind] for kind in {case.plant_type for case in cases}
        }
        self._parts = {
            kind: _Part(without(there, [case for case in cases if case.plant_type != kind]), mine)
            for kind, mine in kinds.items()
        }

    def worth(self, case: Case) -> Worth:
        """Return what a case adds; the solver begins with the plan without it."""
        return self._parts[case.plant_type].worth(case)

    def planned(self, worth: Worth) -> Worth:
        """Return a worth with the plan that it rests on, read back and checked; as it is where nothing is added."""
        return self._parts[worth.case.plant_type].planned(worth) if worth.least > 0 else worth


def without(problem: Problem, cases: Sequence[Case]) -> Problem:
    """Return a Problem that lacks the streams, hubs and ways of some cases, and what is said of their quality."""
    streams, corridors = (
        frozenset[str]().union(*(getattr(case, name) for case in cases)) for name in ("streams", "corridors")
    )
    nodes = {case.node for case in cases}
    supplies, demands, quality, hubs = problem.supplies, problem.demands, problem.quality, problem.hubs
    routes = problem.routes
    lost = quality["supply"].isin(streams) | quality["demand"].isin(streams)
    gone = {
        "supplies": supplies["supply"].isin(streams),
        "demands": demands["demand"].isin(streams),
        "quality": lost,
        "hubs": hubs["node"].isin(nodes),
        "routes": routes["from_node"].isin(nodes) | routes["to_node"].isin(nodes),
        "corridors": problem.corridors["corridor"].isin(corridors),
        "pipes": problem.pipes["corridor"].isin(corridors),
    }
    tables = problem.tables
    return problem.replace(**{name: tables[name][~rows].reset_index(drop=True) for name, rows in gone.items()})


def standing(problem: Problem, plan: Plan, new: frozenset[str]) -> Problem:
    """Return a Problem of one period in which a plan stands and only ``new`` corridors are still to be built.

    Trenches, pipes and hub modules of the plan are there already and no longer paid for, and loading bays in use cost
    nothing more. Pipes that it does not build are on offer in ``new`` corridors only.
    """
    corridors, pipes, routes, hubs = problem.corridors, problem.pipes, problem.routes, problem.hubs
    laid = plan.built_pipes.set_index(["corridor", "resource", "option"])["count"]
    place = list(zip(pipes["corridor"], pipes["resource"], pipes["option"], strict=True))
    count = laid.reindex(place).fillna(0).to_numpy() if len(laid) else np.zeros(len(pipes))
    there = count > 0
    pipes = pipes.assign(
        existing=pipes["existing"] | there,
        capacity=pipes["capacity"] * np.maximum(count, 1.0),
        min_flow=pipes["min_flow"].mask(there, 0.0),
        max_parallel=pipes["max_parallel"].mask(there, 1),
    )
    above = pipes[there & (pipes["upgrade_of"] != "")]
    replaced = set(zip(above["corridor"], above["resource"], above["upgrade_of"], strict=True))
    gone = np.array([key in replaced for key in place], dtype=bool)
    pipes = pipes.assign(upgrade_of=pipes["upgrade_of"].mask(there, ""))
    pipes = pipes[(pipes["existing"] & ~gone) | pipes["corridor"].isin(new)]
    modules = hubs["hub"].map(plan.built_hubs.set_index("hub")["modules"]) if len(plan.built_hubs) else 0
    modules = pd.Series(modules, hubs.index).fillna(0).astype("int64")
    return problem.replace(
        corridors=corridors.assign(existing=corridors["existing"] | ~corridors["corridor"].isin(new)),
        pipes=pipes.reset_index(drop=True),
        routes=routes.assign(fixed_cost=routes["fixed_cost"].mask(routes["route"].isin(plan.hauls["route"]), 0.0)),
        hubs=hubs.assign(existing=np.maximum(modules, hubs["existing"])),
    )


def touched(problem: Problem, streams: frozenset[str]) -> Problem:
    """Return the part of a Problem that streams touch: their resources and all that grades and technologies link.

    Caps, budgets and forced exchanges go: they bind this part together with the rest, which keeps to them.
    """
    linked = _linked(problem, streams)
    recipes = problem.recipes[problem.recipes["resource"].isin(linked)]
    part = {
        name: table[table["resource"].isin(linked)].reset_index(drop=True)
        for name, table in problem.tables.items()
        if name in ("supplies", "demands", "pipes", "routes", "grades", "recipes")
    }
    corridors, hubs, quality = problem.corridors, problem.hubs, problem.quality
    hubs = hubs[hubs["technology"].isin(recipes["technology"])].reset_index(drop=True)
    corridors = corridors[corridors["corridor"].isin(part["pipes"]["corridor"])].reset_index(drop=True)
    named = (
        quality["supply"].isin(part["supplies"]["supply"])
        | quality["demand"].isin(part["demands"]["demand"])
        | quality["technology"].isin(recipes["technology"])
    )
    limits = problem.limits
    kept = {
        "forbidden_corridors": tuple(name for name in limits.forbidden_corridors if name in set(corridors["corridor"])),
        "forbidden_hubs": tuple(name for name in limits.forbidden_hubs if name in set(hubs["hub"])),
        "forced_exchanges": (), "forced_corridors": (), "forced_hubs": (),
    }  # fmt: skip
    return problem.replace(
        **part,
        corridors=corridors,
        hubs=hubs,
        quality=quality[named].reset_index(drop=True),
        limits=limits.model_copy(update={**kept, **dict.fromkeys(_COUPLING)}),
    )


def _linked(problem: Problem, streams: frozenset[str]) -> set[str]:
    ends = [problem.supplies.rename(columns={"supply": "stream"}), problem.demands.rename(columns={"demand": "stream"})]
    own = pd.concat([table[["stream", "resource"]] for table in ends])
    links = pd.concat([
        problem.grades.assign(link="grade " + problem.grades.index.astype("str")).melt(
            "link", ["resource", "serves"], value_name="name"),
        problem.recipes.assign(link="recipe " + problem.recipes["technology"], name=problem.recipes["resource"]),
    ])[["link", "name"]]  # fmt: skip
    found = set(own.loc[own["stream"].isin(streams), "resource"])
    while True:
        more = found | set(links.loc[links["link"].isin(links.loc[links["name"].isin(found), "link"]), "name"])
        if more == found:
            return found
        found = more


def alone(problem: Problem, streams: frozenset[str]) -> float:
    """Return what streams cost when nothing is exchanged: disposal, purchase and their CO2, currency per year."""
    price = problem.settings.co2_price
    supplies = problem.supplies[problem.supplies["supply"].isin(streams)]
    demands = problem.demands[problem.demands["demand"].isin(streams)]
    left = supplies["quantity"] * (supplies["unplaced_cost"] + price * supplies["co2_unplaced"])
    bought = demands["quantity"] * (demands["unserved_cost"] + price * demands["co2_unserved"])
    return float(left.sum() + bought.sum())


class _Part:
    """The part of the region that newcomers of one type touch, planned without them."""

    def __init__(self, there: Problem, cases: Sequence[Case]) -> None:
        self.cases = cases
        streams = frozenset[str]().union(*(case.streams for case in cases))
        self.problem = _solved_closely(touched(there, streams))
        self.session = Session(without(self.problem, cases))
        self.base = self.session.solve()
        if self.base.objective is None or self.base.bound is None:
            reasons = "; ".join(self.base.reasons) or self.base.status
            raise SolverError(f"the plan does not hold once it stands: {reasons}")
        self.cost, self.bound = self.base.objective, self.base.bound

    def worth(self, case: Case) -> Worth:
        started, problem = perf_counter(), self._with(case)
        built = build(problem)
        if built.compiled is None or not _reachable(built.network, case.streams):
            return Worth(case, 0.0, 0.0, "out_of_reach", seconds=perf_counter() - started)
        solver, mip = problem.settings.solver, built.compiled.mip
        start = self.session.start(built.compiled)
        result = run(mip, solver, until=started + solver.time_limit_s, say=silent, stop=lambda: False, start=start)
        lone = alone(problem, case.streams)
        most = np.inf if result.bound is None else max(self.cost + lone - result.bound, 0.0)
        reached = 0.0 if result.values is None else self.bound + lone - mip.objective(result.values)
        status = (
            "optimal" if result.status == "gap_reached" else result.status
        )  # OPTIMAL_GAP is that of a proven optimum
        noise = OPTIMAL_GAP * max(abs(self.cost), 1.0)  # less than this is what the solver leaves open
        return Worth(
            case, min(reached, most) if reached > noise else 0.0, most, status, seconds=perf_counter() - started
        )

    def planned(self, worth: Worth) -> Worth:
        plan = copy.copy(self.session).solve(self._with(worth.case))
        return replace(worth, plan=plan if plan.has_solution else None)

    def _with(self, case: Case) -> Problem:
        return without(self.problem, [other for other in self.cases if other is not case])


def _solved_closely(problem: Problem) -> Problem:
    solver = problem.settings.solver.model_copy(update={"gap": OPTIMAL_GAP})
    return problem.replace(settings=problem.settings.model_copy(update={"solver": solver}))


def _reachable(network: Network, streams: frozenset[str]) -> bool:
    """Return whether anything can come to or leave any of the streams."""
    supplies = network.supplies.loc[network.supplies["supply"].isin(streams), "bound"]
    demands = network.demands.loc[network.demands["demand"].isin(streams), "bound"]
    return bool((supplies > 0).any() or (demands > 0).any())
