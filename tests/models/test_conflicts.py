"""No plan: the requirements that contradict each other, each told, none too many, and what would be enough."""

from __future__ import annotations

from itertools import combinations, count
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from data.settings import Limits, Solver
from models.conflicts import Search, conflict_reasons
from models.requirements import Requirement, above, amount, below, relax
from tests.models import cases

FEW = settings(max_examples=12, deadline=None, derandomize=True)


def starved(*quantities: float, supply: float = 100, **more):
    """Demands at B, C, D that must be served from one supply."""
    ends = "BCDEFGHIJKLMNOPQRSTU"[: len(quantities)]
    return cases.make(
        supplies=[cases.supply(quantity=supply)],
        demands=[cases.demand(end, quantity, must_serve=True) for end, quantity in zip(ends, quantities, strict=True)],
        routes=[cases.route(end=end, co2_per_unit=0.5) for end in ends],
        **more,
    )


def search(problem, *, seconds: float = 60.0) -> tuple[Search, tuple[Requirement, ...]]:
    relaxed = relax(problem)
    until = perf_counter() + seconds
    return Search(relaxed, problem.settings.solver, until=until, stop=lambda: False), relaxed.requirements


def conflict(problem) -> list[tuple[str, object]]:
    """The sources of the smallest conflict, which must be proven so."""
    searched, asked = search(problem)
    found = searched.conflict()
    assert found is not None
    assert found.smallest
    return [asked[number].source for number in found.members]


def only(problem, sources):
    """The problem with these requirements and no others."""
    served = {key for component, key in sources if component == "served"}
    cap = problem.limits.co2_cap_t_per_year if any(component == "co2_cap" for component, _ in sources) else None
    must = problem.demands["demand"].isin(served)
    return problem.replace(demands=problem.demands.assign(must_serve=must), limits=Limits(co2_cap_t_per_year=cap))


def test_two_demands_and_one_supply():
    plan = models.solve(starved(60, 70, 30))
    assert plan.status == "infeasible"
    assert plan.reasons == (
        "these 2 requirements contradict each other, and no fewer do",
        "(1) demand B-ash of plant B must be served: 60 t/year of ash",
        "(2) demand C-ash of plant C must be served: 70 t/year of ash",
        # 100 t less 70 and 30 of the others leave nothing for B; less 60 and 30 leave 10 for C
        "it would be enough to leave demand B-ash unserved, or to ask for no more than 10 t/year in demand C-ash",
    )
    assert plan.checker == ()


def test_three_demands_of_which_any_two_fit():
    assert len(conflict(starved(40, 40, 40))) == 3


def test_the_smallest_of_two_conflicts_is_found():
    """B, C and D need 105 of 100; E alone needs two t of CO2 more than the cap. One is fewer than three."""
    problem = cases.make(
        cap=20,
        supplies=[cases.supply(), cases.supply("Z", 50)],
        demands=[cases.demand(end, 35, must_serve=True) for end in "BCD"] + [cases.demand("E", 22, must_serve=True)],
        routes=[*(cases.route(end=end) for end in "BCD"), cases.route("Z", "E", co2_per_unit=1)],
    )
    assert conflict(problem) == [("co2_cap", "cap"), ("served", "E-ash")]


def test_cap_against_must_serve():
    plan = models.solve(starved(60, 20, cap=25))
    assert plan.reasons == (
        "these 2 requirements contradict each other, and no fewer do",
        "(1) CO2 must stay within the cap of 25 t/year",
        "(2) demand B-ash of plant B must be served: 60 t/year of ash",
        # (60 + 20) x 0.5 = 40; 25 t allow 50 t hauled, of which C takes 20
        "it would be enough to raise the CO2 cap to 40 t/year, or to ask for no more than 30 t/year in demand B-ash",
    )


def test_cap_that_nothing_can_keep():
    """40 t are left in any case and emit 40; the least of 0.5 and 0.1 t per t moves 60 t for 6."""
    assert models.solve(cases.carbon(cap=45)).reasons == (
        "CO2 must stay within the cap of 45 t/year, which is impossible whatever else is given up",
        "it would be enough to raise the CO2 cap to 46 t/year",
    )


def test_two_conflicts_apart_need_two_to_give():
    """A and Z each fall short by 20 t: 60 + 60 against 100, and 30 + 40 against 50."""
    problem = cases.make(
        supplies=[cases.supply(), cases.supply("Z", 50, "lime")],
        demands=[
            *(cases.demand(end, 60, must_serve=True) for end in "BC"),
            cases.demand("B", 30, "lime", must_serve=True),
            cases.demand("C", 40, "lime", must_serve=True),
        ],
        routes=[
            *(cases.route(end=end) for end in "BC"),
            *(cases.route("Z", end, "lime") for end in "BC"),
        ],
    )
    reasons = models.solve(problem).reasons
    assert reasons[0] == "these 2 requirements contradict each other, and no fewer do"
    assert reasons[-1].startswith("that alone is not enough; it would be enough to ask for no more than ")
    assert reasons[-1].count("ask for no more than") == 2


def test_a_choice_of_pipes_is_part_of_the_proof():
    """Two demands fit the small and the large pipe alone; one pipe may be built, and 40 + 40 fits neither."""
    problem = cases.make(
        supplies=[cases.supply(unplaced_cost=1)],
        demands=[cases.demand(quantity=40, must_serve=True), cases.demand("C", 40, must_serve=True)],
        corridors=[cases.corridor("A", "J", fixed_cost=10), cases.corridor("J", "B"), cases.corridor("J", "C")],
        pipes=[
            cases.pipe("AJ", option="DN50", capacity=30, fixed_cost=1),
            cases.pipe("AJ", option="DN80", capacity=50, fixed_cost=2),
            cases.pipe("JB"),
            cases.pipe("JC"),
        ],
    )
    assert conflict(problem) == [("served", "B-ash"), ("served", "C-ash")]
    assert "ask for no more than 10 t/year in demand B-ash" in models.solve(problem).reasons[-1]


def test_what_would_be_enough_is_enough():
    problem = starved(60, 20, cap=25)
    assert models.solve(problem.replace(limits=Limits(co2_cap_t_per_year=40))).has_solution
    assert not models.solve(problem.replace(limits=Limits(co2_cap_t_per_year=39.9))).has_solution


def test_long_conflicts_are_told_in_part():
    reasons = models.solve(starved(*[10.0] * 15, supply=145)).reasons
    assert reasons[0].startswith("these 15 requirements contradict each other")
    assert reasons[13] == "... and 3 more"


@FEW
@given(
    quantities=st.lists(st.sampled_from([5, 15, 30, 45, 70]), min_size=1, max_size=4),
    cap=st.sampled_from([None, 5, 12, 20, 30]),
)
def test_whole_contradicts_itself_and_no_smaller_set_does(quantities, cap):
    problem = starved(*quantities, supply=80, cap=cap)
    plan = models.solve(problem)
    if plan.has_solution:
        assert search(problem)[0].conflict() is None
        return
    asked = [requirement.source for requirement in search(problem)[1]]
    found = conflict(problem)
    assert models.solve(only(problem, found)).status == "infeasible"
    for fewer in combinations(asked, len(found) - 1):
        assert models.solve(only(problem, fewer)).has_solution


def test_stopped_before_anything_was_found():
    problem = starved(60, 70)
    said: list[str] = []
    reasons = conflict_reasons(problem, until=perf_counter(), say=said.append, stop=lambda: False)
    assert reasons == (
        "there is no plan: that is proven, but the search for the requirements that contradict each other ended "
        "before it found any",
    )
    assert said == ["There is no plan: looking for the requirements that contradict each other"]


def test_stopped_half_way_claims_no_more_than_is_known():
    """Any three of four contradict each other, and with the fourth still; stopped after each number of questions."""
    relaxed = relax(starved(40, 40, 40, 10, supply=90))
    claims: list[tuple[bool, bool] | None] = []
    for calls in count(1):
        questions = iter(range(calls))
        until = perf_counter() + 60
        stopped = Search(relaxed, Solver(), until=until, stop=lambda left=questions: next(left, None) is None)
        found = stopped.conflict()
        claims.append(found and (found.irreducible, found.smallest))
        if found is not None:
            asked = Search(relaxed, Solver(), until=until, stop=lambda: False)
            assert not asked.can_meet(found.members)
            some = combinations(found.members, len(found.members) - 1)
            assert not found.irreducible or all(asked.can_meet(fewer) for fewer in some)
            if found.smallest:
                break
    assert claims[0] is None
    assert (False, False) in claims


@pytest.mark.parametrize(
    ("value", "up", "down", "plain"),
    [
        (1234567.2, "1,234,600", "1,234,500", "1,234,567"),
        (46.4285714, "46.429", "46.428", "46.429"),
        (39.9999999, "40", "40", "40"),
        (0.0, "0", "0", "0"),
        (-3.14159, "-3.1415", "-3.1416", "-3.1416"),
    ],
)
def test_amounts_are_rounded_to_the_safe_side(value, up, down, plain):
    assert (above(value), below(value), amount(value)) == (up, down, plain)


def piped(**limits):
    """60 t to B and 30 t to C must be served, each through a trench of its own: 100 and 80 per year."""
    return cases.make(
        limits=Limits(**limits),
        supplies=[cases.supply()],
        demands=[cases.demand(must_serve=True), cases.demand("C", 30, must_serve=True)],
        corridors=[cases.corridor(fixed_cost=100), cases.corridor("A", "C", fixed_cost=80)],
        pipes=[cases.pipe(), cases.pipe("AC")],
    )


def test_budget_against_must_serve():
    assert models.solve(piped(investment_budget=150)).reasons == (
        "these 3 requirements contradict each other, and no fewer do",
        "(1) no more than the budget of 150 EUR may be invested",
        "(2) demand B-ash of plant B must be served: 60 t/year of ash",
        "(3) demand C-ash of plant C must be served: 30 t/year of ash",
        "it would be enough to raise the investment budget to 180 EUR, or to leave demand B-ash unserved, "
        "or to leave demand C-ash unserved",
    )
    assert conflict(piped(investment_budget=90)) == [("budget", "budget"), ("served", "B-ash")]


@pytest.mark.parametrize(
    ("limit", "words", "enough"),
    [
        ("max_new_partners", "no more than 2 plants may join", "let 3 plants join"),
        ("max_partners", "no more than 2 plants may take part", "let 3 plants take part"),
    ],
)
def test_partners_against_must_serve(limit, words, enough):
    reasons = models.solve(piped(**{limit: 2})).reasons
    assert reasons[1] == f"(1) {words}"
    assert reasons[-1].startswith(f"it would be enough to {enough}, or")


def test_periods_are_named():
    periods = cases.make(periods=[{"period": "2030"}, {"period": "2040"}]).periods
    reasons = models.solve(piped(investment_budget=(150, 30)).replace(periods=periods)).reasons
    assert reasons[1:4] == (
        "(1) no more than the budget of 150 EUR may be invested in 2030",
        "(2) demand B-ash of plant B must be served in 2030: 60 t/year of ash",
        "(3) demand C-ash of plant C must be served in 2030: 30 t/year of ash",
    )
    assert reasons[-1].startswith("it would be enough to raise the investment budget in 2030 to 180 EUR")


def test_landfill_against_partners():
    """Two plants exchange 60 t at most and leave 90 of 150; A, B and C exchange 90."""
    problem = cases.landfill(cap=31, partners=2)
    assert models.solve(problem).reasons == (
        "these 2 requirements contradict each other, and no fewer do",
        "(1) no more than 31 t/year may go to landfill",
        "(2) no more than 2 plants may take part",
        "it would be enough to let 45 t/year go to landfill, or to let 3 plants take part",
    )


def must(problem, name):
    """The problem with one demand that must be served."""
    return problem.replace(demands=problem.demands.assign(must_serve=problem.demands["demand"] == name))


@pytest.mark.parametrize(
    ("problem", "words", "enough"),
    [
        (
            # of 90 t, 20 from A and 40 from C keep the mix: see the case
            must(cases.blend(), "B-ash"),
            {
                "what demand B-ash receives must have chloride at most 40",
                "demand B-ash of plant B must be served: 90 t/year of ash",
            },
            {
                "give up that demand B-ash receives chloride at most 40",
                "ask for no more than 60 t/year in demand B-ash",
            },
        ),
        (
            must(cases.star(limits=Limits(forbidden_corridors=("JB",))), "B-ash"),
            {"demand B-ash of plant B must be served: 90 t/year of ash", "corridor JB is forbidden"},
            {"leave demand B-ash unserved", "allow corridor JB"},
        ),
        (
            must(cases.star(limits=Limits(forbidden_exchanges=(("A", "B"),))), "B-ash"),
            {"demand B-ash of plant B must be served: 90 t/year of ash", "the exchange from A to B is forbidden"},
            {"ask for no more than 40 t/year in demand B-ash", "allow the exchange from A to B"},
        ),
        (
            cases.star(
                limits=Limits(forced_exchanges=(("A", "B"),), forbidden_exchanges=(("A", "B", "ash"),))
            ),
            {"the exchange from A to B is forced", "the exchange from A to B of ash is forbidden"},
            {"no longer force the exchange from A to B", "allow the exchange from A to B of ash"},
        ),
        (
            cases.star(limits=Limits(forced_exchanges=(("A", "D"),), forbidden_corridors=("AJ",))),
            {"the exchange from A to D is forced", "corridor AJ is forbidden"},
            {"no longer force the exchange from A to D", "allow corridor AJ"},
        ),
        (
            must(cases.hub().replace(limits=Limits(forbidden_hubs=("mill",))), "B-grit"),
            {"demand B-grit of plant B must be served: 40 t/year of grit", "hub mill is forbidden"},
            {"leave demand B-grit unserved", "allow hub mill"},
        ),
    ],
)  # fmt: skip
def test_quality_and_choices(problem, words, enough):
    plan = models.solve(problem)
    assert plan.status == "infeasible"
    assert plan.reasons[0] == f"these {len(words)} requirements contradict each other, and no fewer do"
    assert {reason[4:] for reason in plan.reasons[1:-1]} == words
    assert set(plan.reasons[-1].removeprefix("it would be enough to ").split(", or to ")) == enough


def test_budget_against_forced_corridors_and_hubs():
    problem = cases.star(limits=Limits(forced_corridors=("AJ", "CJ"), investment_budget=100))
    problem = problem.replace(corridors=problem.corridors.assign(fixed_cost=70.0))
    assert models.solve(problem).reasons[1:] == (
        "(1) no more than the budget of 100 EUR may be invested",
        "(2) corridor AJ is forced",
        "(3) corridor CJ is forced",
        "it would be enough to raise the investment budget to 140 EUR, or to no longer force corridor AJ, "
        "or to no longer force corridor CJ",
    )
    problem = cases.hub().replace(limits=Limits(forced_hubs=("mill",), investment_budget=50))
    problem = problem.replace(hubs=problem.hubs.assign(existing=0))
    assert conflict(problem) == [("budget", "budget"), ("modules", "mill")]


def test_places_of_hubs_against_must_serve():
    """S and T mill 70 t each at most: B's 140 t of grit need both."""
    problem = cases.branches(sites=1)
    problem = problem.replace(hubs=problem.hubs.assign(capacity=70.0), demands=problem.demands.assign(must_serve=True))
    assert models.solve(problem).reasons == (
        "these 2 requirements contradict each other, and no fewer do",
        "(1) hubs may stand at no more than 1 place",
        "(2) demand B-grit of plant B must be served: 140 t/year of grit",
        "it would be enough to let hubs stand at 2 places, or to ask for no more than 70 t/year in demand B-grit",
    )


def test_a_place_that_is_there_counts():
    problem = cases.branches(sites=1)
    problem = problem.replace(hubs=problem.hubs.assign(existing=1))
    assert models.solve(problem).status == "infeasible"
    problem = problem.replace(hubs=problem.hubs.assign(existing=[0, 1]))  # T is there, so S may not come
    assert models.solve(problem).objective == pytest.approx(680)
