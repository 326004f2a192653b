"""Fronts: every point as good as it can be, none beaten by another, no more claimed than proven."""

from __future__ import annotations

from itertools import chain, combinations, pairwise

import numpy as np
import pytest

import models
from data.errors import InputError
from data.plan import Plan
from data.settings import Limits, Solver
from models.front import Point, _undominated
from models.measures import MEASURES, measured
from tests.models import cases
from tests.models.test_checker import put


def trade(**more):
    """Two plants give ash to two; the bay, the pipe and the trucks each emit and cost something else."""
    return cases.make(
        supplies=[
            cases.supply(unplaced_cost=20, co2_unplaced=1), cases.supply("Z", 50, unplaced_cost=30, co2_unplaced=0.5),
        ],
        demands=[cases.demand(), cases.demand("C", 30)],
        routes=[
            cases.route(fixed_cost=130, co2_per_unit=0.4),
            cases.route(end="C", co2_per_unit=0.1),
            cases.route("Z", "B", unit_cost=5, co2_per_unit=0.3),
        ],
        corridors=[cases.corridor(fixed_cost=500)],
        pipes=[cases.pipe(unit_cost=8, co2_per_unit=0.05)],
        **more,
    )  # fmt: skip


def costs(points, against) -> list[tuple[float, float]]:
    return [(point.measures[against], point.plan.objective) for point in points]


def approximately(pairs):
    return [(pytest.approx(amount, abs=1e-4), pytest.approx(cost, abs=1e-2)) for amount, cost in pairs]


def test_cost_against_co2_by_hand():
    """60 t by truck cost 10 and emit 0.5 each, by pipe 12 and 0.1: a tonne of CO2 less costs 2 / 0.4 = 5."""
    points = models.front(cases.carbon(), against="co2", points=4)
    assert costs(points, "co2") == approximately((co2, 1400 + 5 * (70 - co2)) for co2 in (46, 54, 62, 70))
    assert [point.cap for point in points] == [46, 54, 62, None]
    assert all(point.plan.status == "optimal" and point.plan.checker == () and point.least for point in points)


def test_partners_by_every_number_and_no_number_that_changes_nothing():
    points = models.front(cases.landfill(), against="partners", points=9)
    assert costs(points, "partners") == approximately([(0, 3500), (2, 2250), (4, 1950)])


def test_few_points_of_many_partners():
    points = models.front(cases.landfill(), against="partners", points=3)
    assert costs(points, "partners") == approximately([(0, 3500), (2, 2250), (4, 1950)])
    assert len(models.front(cases.landfill(), against="partners", points=2)) == 2


def test_landfill():
    points = models.front(cases.landfill(), against="landfill", points=5)
    assert costs(points, "landfill") == approximately([(30, 1980), (35, 1950)])


def test_of_equal_costs_the_end_has_the_least():
    """With a bay of 100 B's last 10 t save nothing and cost nothing: 30 t landfilled at the same cost as 35."""
    points = models.front(cases.landfill(bay=100), against="landfill")
    assert costs(points, "landfill") == approximately([(30, 1950)])


def test_own_limits_hold_for_all_points():
    points = models.front(cases.carbon(cap=60), against="co2", points=3)
    assert costs(points, "co2") == approximately((co2, 1400 + 5 * (70 - co2)) for co2 in (46, 53, 60))
    assert points[-1].cap == 60


def test_each_period_keeps_the_cap():
    """The same in both years, weights 1 and 1: costs twice those of one, CO2 per year as in one."""
    one = trade()
    two = one.replace(periods=cases.make(periods=[{"period": "2030"}, {"period": "2040"}]).periods)
    expected = [(co2, 2 * cost) for co2, cost in costs(models.front(one, against="co2", points=3), "co2")]
    points = models.front(two, against="co2", points=3)
    assert costs(points, "co2") == approximately(expected)
    assert all(point.plan.checker == () for point in points)


@pytest.mark.parametrize("against", ["co2", "landfill", "partners"])
def test_solving_a_point_again_gives_it_and_a_tighter_cap_costs_more(against):
    problem = trade(resources=[{"resource": "ash", "unit": "t", "landfill_t_per_unit": 0.5}])
    points = models.front(problem, against=against, points=4)
    assert len(points) >= 2
    measure = MEASURES[against]
    for point in points:
        again = models.solve(point.problem)
        assert again.objective == pytest.approx(point.plan.objective)
        assert point.plan.checker == ()
        assert models.check(point.problem, point.plan) == ()
        amount = point.measures[against]
        tighter = models.solve(measure.capped(problem, amount - (1 if measure.whole else 1e-2)))
        assert not tighter.has_solution or tighter.objective > point.plan.objective + 1e-3
    for before, after in pairwise(points):
        assert before.measures[against] < after.measures[against]
        assert before.plan.objective > after.plan.objective


def test_partners_against_every_choice_of_plants():
    problem = trade()
    plants = problem.nodes["node"].tolist()
    best: dict[int, float] = {}
    for some in chain.from_iterable(combinations(plants, count) for count in range(len(plants) + 1)):
        alone = problem.replace(
            routes=problem.routes[problem.routes["from_node"].isin(some) & problem.routes["to_node"].isin(some)],
            pipes=problem.pipes if {"A", "B"} <= set(some) else problem.pipes.iloc[:0],
        )
        cost = models.solve(alone).objective
        best[len(some)] = min(cost, best.get(len(some), np.inf))
    for point in models.front(problem, against="partners"):
        count = int(point.measures["partners"])
        assert point.plan.objective == pytest.approx(min(cost for most, cost in best.items() if most <= count))


def test_no_plan_says_why():
    problem = cases.carbon(cap=45)
    (point,) = models.front(problem, against="co2")
    assert point.plan.status == "infeasible"
    assert point.plan.reasons == models.solve(problem).reasons
    (point,) = models.front(problem, against="partners")
    assert point.plan.reasons == models.solve(problem).reasons
    (point,) = models.front(cases.carbon(cap=39), against="co2")
    assert "40 t/year would be left" in point.plan.reasons[0]


def test_no_time_no_claim():
    (point,) = models.front(trade(solver=Solver(gap=0.0, time_limit_s=1e-6)), against="co2")
    assert point.plan.status == "time_limit"
    assert not point.plan.has_solution


@pytest.mark.parametrize(
    ("against", "points", "expected"),
    [
        ("noise", 3, "one of co2, landfill, partners"),
        ("co2", 1, "2 or more"),
        ("landfill", 3, "a measure that depends on what is exchanged"),
    ],
)
def test_what_cannot_be_asked(against, points, expected):
    with pytest.raises(InputError, match=expected):
        models.front(trade(), against=against, points=points)


def found(amount: float, cost: float, bound: float, status: str = "time_limit") -> Point:
    plan = Plan(problem="case", status=status, objective=cost, bound=bound, gap=(cost - bound) / cost)
    return Point(trade(), plan, amount, {"co2": amount}, least=False)


def test_beaten_points_are_left_out_and_bounds_handed_on():
    """Listed from the tightest cap; what is proven under a looser cap holds under a tighter one."""
    points = [found(10, 100, 50), found(20, 90, 80, "gap_reached"), found(30, 95, 70), found(40, 60, 60, "optimal")]
    kept = _undominated(points, "co2", gap=0.2)
    assert [(point.cap, point.plan.bound, point.plan.status) for point in kept] == [
        (10, 80, "gap_reached"), (20, 80, "gap_reached"), (40, 60, "optimal"),
    ]  # fmt: skip
    assert kept[0].plan.gap == pytest.approx(0.2)


def test_measures_are_those_of_the_indicators():
    plan = models.solve(cases.landfill())
    stated = plan.indicators.set_index("indicator")["plan"]
    amounts = measured(cases.landfill(), plan)
    assert amounts == {"co2": stated["co2"], "landfill": 35.0, "partners": 4.0}
    assert stated["landfill"] == 35.0


def test_checker_sees_caps_that_are_broken():
    plan = models.solve(cases.landfill())
    problem = cases.landfill().replace(limits=Limits(landfill_cap_t_per_year=34, max_partners=3))
    assert set(models.check(problem, plan)) == {
        "35 t/year are disposed of, more than the cap of 34", "4 plants take part (A, B, C, Z), more than 3 may",
    }  # fmt: skip
    kept = problem.replace(limits=Limits(landfill_cap_t_per_year=35, max_partners=4))
    assert models.check(kept, plan) == ()
    assert models.check(kept, put("unplaced", "quantity", 90.0)(plan)) != ()


def test_landfill_that_nothing_can_avoid_is_seen_before_solving():
    problem = cases.make(
        limits=Limits(landfill_cap_t_per_year=10),
        supplies=[cases.supply()],
        resources=[{"resource": "ash", "unit": "t", "landfill_t_per_unit": 0.5}],
    )
    assert models.solve(problem).reasons == (
        "no more than 10 t/year may go to landfill, but even if everything that can be exchanged were, "
        "50 t/year would be left",
    )
