"""What must hold for any problem: the oracle agrees, the checker agrees, more supply is never worse."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from models.build import build_model
from models.compile import compile_model
from models.highs import solve_mip
from models.network import build_network
from models.reasons import infeasible_reasons
from models.tighten import tighten
from tests.models import cases
from tests.models.oracle import best_cost

NODES, RESOURCES = ("A", "B", "C", "D"), ("ash", "fly")
few = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=20)


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


def optimum(problem) -> float | None:
    """The model's optimum without a plan read back; None when infeasible."""
    network = tighten(build_network(problem))
    if infeasible_reasons(problem, network):
        return None
    model = build_model(problem, network)
    mip = compile_model(model).mip
    result = solve_mip(mip, gap=problem.settings.solver.gap, time_limit_s=problem.settings.solver.time_limit_s)
    return None if result.values is None else mip.objective(result.values)


@many
@given(problem=problems())
def test_brute_force_agrees(problem):
    expected = best_cost(problem)
    found = optimum(problem)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


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
