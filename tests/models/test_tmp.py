"""What must hold for any problem: the oracle agrees, the checker agrees, more supply is never worse."""

from __future__ import annotations

from itertools import combinations

import pyomo.environ as pyo
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from data.settings import Limits
from models.build import build_model
from models.highs import solve_model
from models.prepare import prepare_network
from models.reasons import infeasible_reasons
from tests.models import cases
from tests.models.oracle import best_cost, best_cost_over_time

NODES, RESOURCES = ("A", "B", "C", "D"), ("ash", "fly")
few = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
from hypothesis import Phase

many = settings(few, max_examples=14, phases=(Phase.generate,))


def unique(rows, *keys):
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


@st.composite
def problems(draw, *, must: bool = True):
    """Problems with at most seven fixed choices."""
    money, amount = st.sampled_from([0, 1, 2, 5, 30]), st.sampled_from([10, 20, 35, 50])
    place, name = st.sampled_from(NODES), st.sampled_from(RESOURCES)
    rarely = st.sampled_from([0, 0, 40, 200])
    supplies = [
        cases.supply(draw(place), draw(amount), draw(name), unplaced_cost=draw(money), fixed_cost=draw(rarely))
        for _ in range(draw(st.integers(1, 2)))
    ]
    demands = [
        cases.demand(draw(place), draw(amount), draw(name), unserved_cost=draw(money), co2_unserved=draw(money),
                     must_serve=must and draw(st.integers(0, 4)) == 0)
        for _ in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    pairs = draw(st.lists(st.sampled_from(list(combinations(NODES, 2))), min_size=1, max_size=3, unique=True))
    one_way = [draw(st.booleans()) for _ in pairs]
    corridors = [
        cases.corridor(a, b, both_ways=not single, fixed_cost=draw(rarely), capacity=draw(st.sampled_from(["", 30])))
        for (a, b), single in zip(pairs, one_way, strict=True)
    ]
    pipes = [
        cases.pipe(f"{a}{b}", draw(name), draw(st.sampled_from(["S", "L"])), unit_cost=draw(st.sampled_from([0, 1])),
                   fixed_cost=draw(rarely), capacity=draw(st.sampled_from(["", 25])), existing=draw(st.booleans()),
                   loss=draw(st.sampled_from([0, 0.1])) if single else 0, co2_per_unit=draw(st.sampled_from([0, 0.1])))
        for (a, b), single in zip(pairs, one_way, strict=True)
        for _ in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    routes = [
        cases.route(a, b, draw(name), unit_cost=draw(st.sampled_from([1, 4])), fixed_cost=draw(rarely),
                    capacity=draw(st.sampled_from(["", 15])))
        for a, b in draw(st.lists(st.sampled_from([("A", "B"), ("B", "A"), ("C", "B"), ("A", "D")]), max_size=2))
    ]  # fmt: skip
    grades = [{"resource": "fly", "serves": "ash", "unit_cost": 1}] if draw(st.booleans()) else []
    return cases.make(
        co2_price=draw(st.sampled_from([0, 3])),
        nodes=[{"node": node, "kind": "plant"} for node in NODES],
        resources=[{"resource": name, "unit": "t"} for name in RESOURCES],
        vehicles=[{"vehicle": "tipper"}],
        supplies=unique(supplies, "supply"),
        demands=unique(demands, "demand"),
        corridors=corridors,
        pipes=unique(pipes, "corridor", "resource", "option"),
        routes=unique(routes, "route"),
        grades=grades,
    )


@st.composite
def piped(draw):
    """A and C give to B; the larger pipe may replace the smaller one, and new pipes may lie side by side."""
    amount, money, room = (
        st.sampled_from([20, 35, 50, 80]),
        st.sampled_from([20, 60, 110]),
        st.sampled_from([12, 25, 40]),
    )
    both_ways = draw(st.booleans())
    corridors, pipes = [], []
    for start in "AC":
        corridors.append(cases.corridor(start, "B", fixed_cost=draw(st.sampled_from([0, 50])), both_ways=both_ways,
                                        capacity=draw(st.sampled_from(["", "", 45]))))  # fmt: skip
        for option in ("S", "L")[: 2 if start == "A" else draw(st.integers(1, 2))]:
            old = option == "S" and draw(st.booleans())
            new = {"max_parallel": draw(st.integers(1, 2))}
            upgrade = {"upgrade_of": "S" if option == "L" and draw(st.booleans()) else ""}
            pipes.append(cases.pipe(f"{start}B", option=option, fixed_cost=draw(money), capacity=draw(room),
                                    unit_cost=draw(st.sampled_from([0, 1])), loss=0 if both_ways else 0.1,
                                    **({"existing": True} if old else {**new, **upgrade})))  # fmt: skip
    return cases.make(
        supplies=[cases.supply(node, draw(amount), unplaced_cost=draw(st.sampled_from([3, 10]))) for node in "AC"],
        demands=[cases.demand("B", draw(amount), unserved_cost=draw(st.sampled_from([0, 5])))],
        corridors=corridors,
        pipes=pipes,
    )


@st.composite
def mixed(draw):
    """Problems with limits on what demands receive, and pairs that may not exchange."""
    problem = draw(problems(must=False))
    level = st.sampled_from([0, 4, 10])
    limits = [{"max": 4}, {"max": 3}, {"min": 5}, {"min": 2, "max": 6}, None]
    quality = [{"supply": name, "property": "salt", "value": draw(level)} for name in problem.supplies["supply"]]
    for name in problem.demands["demand"]:
        limit = draw(st.sampled_from(limits))
        quality += [{"demand": name, "property": "salt", **limit}] if limit else []
    pairs = draw(st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=2))
    return problem.replace(
        quality=cases.make(quality=quality).quality, limits=Limits(forbidden_exchanges=tuple(sorted(pairs)))
    )


def optimum(problem) -> float | None:
    """The model's optimum without a plan read back; None when infeasible."""
    network = prepare_network(problem)
    if infeasible_reasons(problem, network):
        return None
    model = build_model(problem, network)
    if not any(len(part) for part in model.component_objects(pyo.Var)):
        return float(pyo.value(model.cost))
    outcome = solve_model(model, problem.settings.solver)
    return float(pyo.value(model.cost)) if outcome.held else None


@many
@given(problem=problems())
def test_brute_force_agrees(problem):
    expected = best_cost(problem)
    found = optimum(problem)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@st.composite
def phased(draw):
    """Problems in two periods with at most three things to build, a budget, or limits on who may join."""
    money, amount = st.sampled_from([0, 1, 5, 30]), st.sampled_from([10, 20, 50])
    place, rarely = st.sampled_from(NODES[:3]), st.sampled_from([0, 40, 200])
    when = st.sampled_from(["", "1", "2"])
    supplies = [cases.supply(draw(place), draw(amount), unplaced_cost=draw(money), period=draw(when)) for _ in range(2)]
    demands = [
        cases.demand(draw(place), draw(amount), unserved_cost=draw(money), period=draw(when),
                     must_serve=draw(st.integers(0, 5)) == 0)
        for _ in range(2)
    ]  # fmt: skip
    option = st.fixed_dictionaries({
        "fixed_cost": rarely, "capacity": st.sampled_from(["", 15]), "unit_cost": st.sampled_from([0, 1]),
        "loss": st.sampled_from([0, 0, 0.1]),
    })  # fmt: skip
    one_way = draw(st.booleans())
    pipes = [cases.pipe("AB", option=name, **draw(option)) for name in draw(st.sampled_from(["S", "L", "SL"]))]
    if not one_way:
        pipes = [{**row, "loss": 0} for row in pipes]
    return cases.make(
        co2_price=0.0,
        limits=Limits(
            investment_budget=draw(st.sampled_from([None, 0.0, 200.0, 240.0])),
            max_new_partners=draw(st.sampled_from([None, None, 1, 2])),
        ),
        nodes=[{"node": node, "kind": "plant"} for node in NODES],
        resources=[{"resource": "ash", "unit": "t"}],
        vehicles=[{"vehicle": "tipper"}],
        supplies=unique(supplies, "supply"),
        demands=unique(demands, "demand"),
        corridors=[cases.corridor("A", "B", both_ways=not one_way, fixed_cost=draw(rarely))],
        pipes=pipes,
        routes=[cases.route("C", draw(st.sampled_from("AB")), unit_cost=1, fixed_cost=draw(rarely))],
        periods=[{"period": "1", "weight": draw(st.sampled_from([1, 3]))}, {"period": "2", "weight": 2}],
    )


@many
@given(problem=phased())
def test_brute_force_agrees_over_time(problem):
    expected = best_cost_over_time(problem)
    plan = models.solve(problem)
    assert plan.has_solution == (expected is not None), plan.reasons
    if expected is not None:
        assert plan.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert plan.checker == ()


@many
@given(problem=piped())
def test_brute_force_agrees_on_upgrades_and_pipes_side_by_side(problem):
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(best_cost(problem), rel=1e-6, abs=1e-6)


@many
@given(problem=mixed())
def test_brute_force_agrees_on_mixes_and_forbidden_exchanges(problem):
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.objective == pytest.approx(best_cost(problem), rel=1e-6, abs=1e-6)


@few
@given(problem=problems(must=False))
def test_plan_is_consistent(problem):
    plan = models.solve(problem)
    assert plan.checker == ()
    assert plan.status == "optimal"
    sent = plan.exchanges.groupby("supply")["quantity_sent"].sum()
    placed = plan.unplaced.set_index("supply")["placed"]
    assert sent.reindex(placed.index).fillna(0).to_list() == pytest.approx(placed.to_list(), abs=1e-6)
    assert plan.objective <= plan.indicators.set_index("indicator").loc["cost", "baseline"] + 1e-6


@few
@given(problem=problems(must=False))
def test_more_supply_is_never_worse_where_it_costs_nothing_to_leave(problem):
    free = problem.replace(supplies=problem.supplies.assign(unplaced_cost=0.0, co2_unplaced=0.0))
    more = free.replace(supplies=free.supplies.assign(quantity=free.supplies["quantity"] * 1.5))
    assert optimum(more) <= optimum(free) + 1e-6


@few
@given(problem=problems(), factor=st.sampled_from([1e-3, 1e3, 1e5]))
def test_other_units_change_nothing(problem, factor):
    """Quantities in units a thousand times smaller, prices per unit a thousand times lower."""
    scaled = problem.replace(
        supplies=_scale(problem.supplies, factor, "quantity", unit=["unplaced_cost", "unit_cost", "co2_unplaced"]),
        demands=_scale(problem.demands, factor, "quantity", unit=["unserved_cost", "unit_cost", "co2_unserved"]),
        corridors=_scale(problem.corridors, factor, "capacity", unit=[]),
        pipes=_scale(problem.pipes, factor, "capacity", unit=["unit_cost", "co2_per_unit"]),
        routes=_scale(problem.routes, factor, "capacity", unit=["unit_cost", "co2_per_unit"]),
        grades=_scale(problem.grades, factor, None, unit=["unit_cost"]),
    )
    before, after = optimum(problem), optimum(scaled)
    assert (before is None) == (after is None)
    if before is not None:
        assert after == pytest.approx(before, rel=1e-6, abs=1e-5)


def _scale(table, factor, quantity, *, unit):
    changes = {column: table[column] / factor for column in unit}
    if quantity:
        changes[quantity] = table[quantity] * factor
    return table.assign(**changes)
