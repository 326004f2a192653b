"""Solving again: what is kept, what is built again, and the same plan as from scratch."""

from __future__ import annotations

from time import perf_counter

import pytest

import models
from data.errors import InputError
from data.settings import Limits
from models import engine, optimise, session
from models.progress import silent
from tests.models import cases


@pytest.fixture
def said() -> list[str]:
    return []


def with_solver(problem, **changes):
    solver = problem.settings.solver.model_copy(update=changes)
    return problem.replace(settings=problem.settings.model_copy(update={"solver": solver}))


def counted(monkeypatch) -> list[object]:
    built = []
    build = session.build
    monkeypatch.setattr(session, "build", lambda problem: built.append(problem) or build(problem))
    return built


def test_solver_settings_alone_build_nothing_again(said, monkeypatch):
    built = counted(monkeypatch)
    problem = cases.options()
    ours = models.Session(problem, progress=said.append)
    first, second = ours.solve(), ours.solve(with_solver(problem, seed=3, gap=0.1))
    assert len(built) == 1
    assert "The built model is used again" in said
    assert second.seed == 3
    assert second.objective == first.objective
    assert second.input_digest != first.input_digest


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.replace(supplies=p.supplies.assign(unplaced_cost=p.supplies["unplaced_cost"] * 3)),
        lambda p: p.replace(pipes=p.pipes.assign(fixed_cost=p.pipes["fixed_cost"] * 100)),
        lambda p: p.replace(demands=p.demands.assign(quantity=p.demands["quantity"] / 2)),
        lambda p: p.replace(settings=p.settings.model_copy(update={"co2_price": 9.0})),
        lambda p: p.replace(limits=Limits(co2_cap_t_per_year=1e6)),
        lambda p: p.replace(corridors=p.corridors.assign(existing=True)),
    ],
)
def test_a_changed_problem_has_the_plan_it_has_from_scratch(change, said, monkeypatch):
    built = counted(monkeypatch)
    ours = models.Session(cases.options(), progress=said.append)
    ours.solve()
    changed = change(cases.options())
    again, scratch = ours.solve(changed), models.solve(changed)
    assert len(built) == 2
    assert any("built again" in sentence for sentence in said)
    assert again.objective == pytest.approx(scratch.objective)
    assert (again.status, again.checker, again.input_digest) == ("optimal", (), scratch.input_digest)


def test_the_last_plan_is_where_the_next_solve_begins(monkeypatch):
    starts = []
    decide = session.decide

    def watched(built, clock, *, start, **more):
        starts.append((built, start))
        return decide(built, clock, start=start, **more)

    monkeypatch.setattr(session, "decide", watched)
    problem = cases.options()
    ours = models.Session(problem)
    ours.solve()
    dearer = problem.replace(supplies=problem.supplies.assign(unplaced_cost=problem.supplies["unplaced_cost"] + 1))
    ours.solve(dearer)
    assert starts[0][1] is None
    built, start = starts[1]
    assert built.compiled.mip.is_feasible(start)
    assert start.any()


ENOUGH = "The last plan is still proven well enough"


def test_what_is_proven_already_is_not_solved_again(said):
    problem = with_solver(cases.options(), gap=0.01)
    ours = models.Session(problem, progress=said.append)
    first = ours.solve()
    assert ENOUGH not in said
    again = ours.solve()
    assert said.count(ENOUGH) == 1
    assert (again.objective, again.bound, again.status) == (first.objective, first.bound, first.status)
    used = first.built_pipes.iloc[0]
    unused = next(n for n in ours.names() if n.startswith("pipe[") and used["option"] not in n)
    assert ours.solve(fixed={unused: 0}).objective == first.objective
    assert said.count(ENOUGH) == 2


@pytest.mark.parametrize("factor", [0.9, 0.999, 1.001, 1.1])
def test_a_bound_carried_over_is_never_above_the_optimum(factor, said):
    problem = with_solver(cases.options(), gap=0.05)
    ours = models.Session(problem, progress=said.append)
    ours.solve()
    changed = problem.replace(
        supplies=problem.supplies.assign(unplaced_cost=problem.supplies["unplaced_cost"] * factor),
        pipes=problem.pipes.assign(fixed_cost=problem.pipes["fixed_cost"] / factor),
    )
    again, best = ours.solve(changed), models.solve(with_solver(changed, gap=0.0))
    assert again.bound <= best.objective + 1e-6
    assert again.objective >= best.objective - 1e-6
    assert again.gap <= 0.05
    if abs(factor - 1) < 0.01:
        assert ENOUGH in said


def test_more_that_is_allowed_is_solved_again(said):
    problem = with_solver(cases.options(), gap=0.05)
    ours = models.Session(problem, progress=said.append)
    without = ours.solve(fixed={name: 0 for name in ours.names() if name.startswith("pipe[")})
    assert ours.solve().objective == pytest.approx(530)
    assert without.objective == pytest.approx(1000)
    assert ENOUGH not in said


def test_fixed_choices_hold_and_are_told(said):
    problem = cases.options()
    ours = models.Session(problem, progress=said.append)
    free = ours.solve()
    name = next(n for n in ours.names() if n.startswith(("trench[", "pipe[")))
    without = ours.solve(fixed={n: 0 for n in ours.names() if n.startswith(("pipe[", "trench["))})
    assert without.built_pipes.empty
    assert without.objective > free.objective
    assert without.checker == ()
    assert f"fixed for this plan: {name} = 0" in without.notes
    assert said.count("The model is built again: the tables, limits or prices differ") == 0
    assert ours.solve().objective == free.objective


@pytest.mark.parametrize(("fixed", "message"), [({"nonsense": 1}, "nonsense"), ({"pipe": 1, "x": 0}, "x")])
def test_what_cannot_be_fixed_is_said(fixed, message):
    with pytest.raises(InputError, match=message):
        models.Session(cases.options()).solve(fixed=fixed)


def test_a_value_outside_the_bounds_is_said():
    ours = models.Session(cases.options())
    ours.solve()
    name = next(n for n in ours.names() if n.startswith("pipe["))
    with pytest.raises(InputError, match="from 0 to 1"):
        ours.solve(fixed={name: 7})


def test_settings_that_cannot_be_used_are_refused_also_the_second_time():
    problem = cases.options()
    ours = models.Session(problem)
    ours.solve()
    with pytest.raises(InputError, match="an option of HiGHS"):
        ours.solve(with_solver(problem, options={"nonsense": 1}))


def test_after_a_problem_without_a_plan_the_next_is_solved():
    problem = cases.make(supplies=[cases.supply()], demands=[cases.demand(must_serve=True)])
    ours = models.Session(problem)
    assert ours.solve().status == "infeasible"
    assert ours.solve(cases.options()).status == "optimal"


def test_a_file_name_and_a_problem_that_give_no_mps(tmp_path):
    with pytest.raises(InputError, match="ends in"):
        models.Session(cases.options()).write_mps(tmp_path / "model.lp")
    problem = cases.make(supplies=[cases.supply()], demands=[cases.demand(must_serve=True)])
    with pytest.raises(InputError, match="no supply of it can reach"):
        models.Session(problem).write_mps(tmp_path / "model.mps")


def test_the_time_limit_counts_what_building_took(monkeypatch):
    left = []

    def watched(mip, settings, *, until, **more):
        left.append(until - perf_counter())
        return engine.run(mip, settings, until=until, **more)

    monkeypatch.setattr(optimise, "run", watched)
    clock = optimise.Clock()
    clock.seconds["build"] = 100.0
    plan, _ = optimise.decide(optimise.build(with_solver(cases.options(), time_limit_s=300.0)), clock, say=silent)
    assert left[0] <= 200
    assert plan.status == "optimal"


def test_auto_takes_the_heuristic_for_many_whole_columns(monkeypatch):
    used = []

    def method(name):
        return lambda mip, **how: used.append(name) or engine.solve_mip(mip, **how)

    monkeypatch.setattr(engine, "_METHODS", {name: method(name) for name in ("exact", "heuristic")})
    models.solve(cases.options())
    monkeypatch.setattr(engine, "_EXACT_UP_TO", 1)
    models.solve(cases.options())
    models.solve(with_solver(cases.options(), method="exact"))
    assert used == ["exact", "heuristic", "exact"]
