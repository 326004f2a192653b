"""Why the solver stopped is told as it is, and never more than is proven."""

from __future__ import annotations

import numpy as np
import pytest

import models
from data.errors import InputError
from data.settings import Solver
from models import highs
from models.mip import relative_gap
from tests.models import cases


def test_unreachable_demand():
    plan = models.solve(cases.make(supplies=[cases.supply()], demands=[cases.demand(must_serve=True)]))
    assert plan.status == "infeasible"
    assert not plan.has_solution
    assert plan.reasons == (
        "demand B-ash must be served with 60 t/year of ash at B, but no supply of it can reach that place",
    )
    assert set(plan.seconds) == {"build", "solve", "read", "check"}


def test_too_narrow_route():
    problem = cases.make(
        supplies=[cases.supply()], demands=[cases.demand(must_serve=True)], routes=[cases.route(capacity=7)]
    )
    assert models.solve(problem).reasons[0].endswith("but at most 7 t/year can reach that place")


def test_cap_out_of_reach():
    plan = models.solve(cases.carbon(cap=39))
    assert plan.reasons == (
        "the CO2 cap is 39 t/year, but even if everything that can be exchanged were, 40 t/year would be left",
    )


def circle(**pipe):
    """A to B by truck at -4, B to C in a pipe at 1, C to A by truck at 2: each round earns 1."""
    return cases.make(
        supplies=[cases.supply(unplaced_cost=1)],
        demands=[cases.demand()],
        routes=[cases.route(unit_cost=-4), cases.route("C", "A", unit_cost=2)],
        corridors=[cases.corridor("B", "C", both_ways=False)],
        pipes=[cases.pipe("BC", **{"unit_cost": 1, **pipe})],
    )


def test_earning_in_a_circle_is_unbounded():
    plan = models.solve(circle())
    assert plan.status == "unbounded"
    assert not plan.has_solution
    (reason,) = plan.reasons
    assert "earns 1 EUR/t in each round" in reason
    assert any(way in reason for way in ("A -> B -> C -> A", "B -> C -> A -> B", "C -> A -> B -> C"))
    assert plan.checker == ()


@pytest.mark.parametrize("pipe", [{"unit_cost": 2}, {"unit_cost": 3}])
def test_a_circle_that_earns_nothing_is_no_harm(pipe):
    plan = models.solve(circle(**pipe))
    assert plan.status == "optimal"
    assert plan.checker == ()


def test_nothing_earns_to_and_fro_in_one_pipe():
    """Bounds rest on that nothing does: B to C and back at -0.5 is no way to anywhere."""
    problem = circle(unit_cost=-0.5)
    problem = problem.replace(corridors=problem.corridors.assign(both_ways=True), routes=problem.routes.iloc[:1])
    plan = models.solve(problem)
    assert plan.objective == pytest.approx(40 - 60 * 4)
    assert plan.checker == ()


def test_cap_with_nothing_to_decide():
    problem = cases.make(cap=10, supplies=[cases.supply(co2_unplaced=1)])
    assert models.solve(problem).status == "infeasible"


def hard(seed: int = 0, size: int = 25):
    """A capacitated facility location problem that takes HiGHS more than a moment."""
    rng = np.random.default_rng(seed)
    places = rng.random((size, 2))
    return {
        "supplies": [cases.supply(f"s{i}", 150, fixed_cost=60 + i % 7) for i in range(size)],
        "demands": [cases.demand(f"d{i}", 20 + i % 9, must_serve=True) for i in range(size)],
        "routes": [
            cases.route(f"s{i}", f"d{j}", unit_cost=round(10 * float(np.hypot(*(places[i] - places[j]))), 3))
            for i in range(size)
            for j in range(size)
        ],
    }


def test_wide_gap_is_called_gap_reached():
    plan = models.solve(cases.make(solver=Solver(gap=0.9), **hard()))
    assert plan.status == "gap_reached"
    assert 1e-6 < plan.gap <= 0.9
    assert plan.bound < plan.objective
    assert plan.gap == pytest.approx((plan.objective - plan.bound) / plan.objective)
    assert plan.checker == ()


def test_time_limit_without_a_plan():
    plan = models.solve(cases.make(solver=Solver(gap=0.0, time_limit_s=1e-6), **hard()))
    assert plan.status == "time_limit"
    assert plan.objective is None
    assert plan.gap is None
    assert plan.reasons == ("no plan was found within the time limit; that does not mean that there is none",)
    assert plan.checker == ()


def test_limit_on_nodes_is_no_proof():
    plan = models.solve(
        cases.make(solver=Solver(gap=0.0, options={"mip_max_nodes": 0, "mip_heuristic_effort": 1.0}), **hard(size=12))
    )
    assert plan.status in ("unknown", "optimal")
    assert plan.status != "optimal" or plan.gap <= 1e-6


def test_same_input_same_plan():
    problem = cases.make(**hard(size=12))
    one, two = models.solve(problem), models.solve(problem)
    assert {name: table.to_csv() for name, table in one.tables.items()} == {
        name: table.to_csv() for name, table in two.tables.items()
    }
    assert (one.objective, one.bound, one.input_digest) == (two.objective, two.bound, two.input_digest)


def test_what_is_recorded():
    said: list[str] = []
    problem = cases.make(
        solver=Solver(gap=0.0, seed=7, threads=2, options={"presolve": "off"}),
        supplies=[cases.supply(unplaced_cost=50)], demands=[cases.demand()], routes=[cases.route(fixed_cost=1)],
    )  # fmt: skip
    plan = models.solve(problem, progress=said.append)
    assert plan.seed == 7
    assert plan.solver_options["threads"] == 2
    assert plan.solver_options["options"] == {"presolve": "off"}
    assert plan.input_digest == problem.digest()
    assert {"symbioplan", "python", "pyomo", "highs"} == set(plan.versions)
    assert said == [
        "Solving 4 columns (1 whole) and 3 rows with HiGHS", "Reading the plan back", "The checker agrees",
    ]  # fmt: skip
    assert plan.counts == {
        "plants": 2, "supplies": 1, "demands": 1, "candidate_routes": 1, "corridors": 0, "exchanges": 1,
        "pipelines": 0, "truck_routes": 1, "hubs": 0,
    }  # fmt: skip


def test_limits_that_do_not_fit_the_periods():
    problem = cases.phased(cases.two_pipes(20), investment_budget=(1.0, 2.0, 3.0), max_new_partners=(1,),
                           max_hub_sites=(1, 2, 2, 2))  # fmt: skip
    with pytest.raises(InputError) as error:
        models.solve(problem)
    assert {(fault.column, fault.found) for fault in error.value.faults} == {
        ("limits.investment_budget", "3 values"), ("limits.max_new_partners", "1 values"),
        ("limits.max_hub_sites", "4 values"),
    }  # fmt: skip


def test_budget_needs_to_know_every_investment():
    problem = cases.two_pipes(20, investment_budget=1.0)
    pipes = problem.pipes.assign(capex_fixed=[3000.0, np.nan])
    routes = cases.make(routes=[cases.route(capex_fixed=5)])
    with pytest.raises(InputError) as error:
        models.solve(problem.replace(pipes=pipes, routes=routes.routes))
    assert "pipes.csv, row 3, column capex_fixed" in str(error.value)
    assert "routes.csv, row 2, column fixed_cost" in str(error.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"nonsense": 1}, "an option of HiGHS"),
        ({"presolve": "maybe"}, "an option of HiGHS"),
        ({"threads": 2}, "the setting solver.threads"),
    ],
)
def test_wrong_solver_option(options, expected):
    problem = cases.make(solver=Solver(options=options), supplies=[cases.supply()])
    with pytest.raises(InputError, match=expected):
        models.solve(problem)


def test_vehicle_without_hours():
    problem = cases.fleet(whole=True)
    with pytest.raises(InputError) as error:
        models.solve(problem.replace(vehicles=problem.vehicles.assign(hours_per_year=np.nan)))
    assert "vehicles.csv, row 2, column hours_per_year" in str(error.value)


@pytest.mark.parametrize(
    ("objective", "bound", "gap"),
    [(10.0, 9.0, 0.1), (-10.0, -11.0, 0.1), (5.0, 5.0, 0.0), (0.0, 0.0, 0.0), (0.0, -1.0, None), (1.0, None, None)],
)
def test_relative_gap(objective, bound, gap):
    assert relative_gap(objective, bound) == (None if gap is None else pytest.approx(gap))


@pytest.mark.parametrize("name", ["shared_trench", "hub", "fleet_whole", "opening"])
def test_rounding_and_solving_again_keeps_the_optimum(name, monkeypatch):
    """HiGHS rarely leaves a binary at a millionth, so every solution is treated as if it had."""
    problem, optimum = cases.KNOWN[name]
    monkeypatch.setattr(highs, "_WHOLE", -1.0)
    plan = models.solve(problem)
    assert plan.objective == pytest.approx(optimum)
    assert plan.status == "optimal"
    assert plan.checker == ()
