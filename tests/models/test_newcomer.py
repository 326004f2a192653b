"""What newcomers add: by hand, against whole re-solves, and what a newcomer touches."""

from __future__ import annotations

import numpy as np
import pytest

import models
from data.settings import Limits
from models.newcomer import Case, Valuation, alone, standing, touched, without
from tests.models.cases import corridor, demand, make, pipe, route, supply


def valued(problem, *cases):
    """Return the worth of each case over the plan of the problem without any."""
    plan = models.solve(without(problem, cases))
    valuation = Valuation(problem, plan, cases)
    return [valuation.worth(case) for case in cases]


def case(node: str, *streams: str, kind: str = "mill", corridors: tuple[str, ...] = ()) -> Case:
    return Case(node, kind, node, frozenset(streams), frozenset(corridors))


def two_places(**more):
    """A has 100 t to dispose of at 50, B buys 60 t at 20, hauling costs 10: the plan hauls 60, 40 are left at A.

    A newcomer buys 70 t at 30. Per tonne B saves 50 + 20 - 10 = 60. At N, 5 from A, a tonne saves 50 + 30 - 5 = 75:
    all 70 go there and 30 to B: 70 x 75 + 30 x 60 - 60 x 60 = 3450. At M, 40 from A, it saves 40: only what is left
    goes there, and the bay costs 100: 40 x 40 - 100 = 1500. No road leads to F.
    """
    return make(
        supplies=[supply(unplaced_cost=50)],
        demands=[demand(unserved_cost=20), *(demand(node, 70, unserved_cost=30) for node in "NMF")],
        routes=[route(), route(end="N", unit_cost=5), route(end="M", unit_cost=40, fixed_cost=100)],
        **more,
    )


CASES = (case("N", "N-ash"), case("M", "M-ash"), case("F", "F-ash"))


def test_two_plants_and_one_newcomer_by_hand():
    near, far, lost = valued(two_places(), *CASES)
    assert (near.least, near.most) == pytest.approx((3450, 3450))
    assert (far.least, far.most) == pytest.approx((1500, 1500))
    assert near.status == "optimal"
    assert (lost.least, lost.most, lost.status) == (0.0, 0.0, "out_of_reach")


def test_the_plan_of_a_case_is_checked_and_says_what_it_joins():
    problem = two_places()
    valuation = Valuation(problem, models.solve(without(problem, CASES)), CASES)
    first = valuation.planned(valuation.worth(CASES[0]))
    assert first.plan is not None
    assert not first.plan.checker
    assert dict(zip(first.plan.exchanges["to_node"], first.plan.exchanges["quantity"], strict=True)) == {
        "N": pytest.approx(70),
        "B": pytest.approx(30),
    }
    nothing = valuation.worth(CASES[2])
    assert valuation.planned(nothing) is nothing


def pipes(**more):
    """A pipe of 80 t from A to B is laid for 60 t (saved 70 each, 1200 a year); one of 200 t is on offer for 300 more.

    A newcomer beyond B would take 50 t by a way of its own for 400: as the plan stands it gets the 20 that are spare,
    20 x 70 - 400 = 1000. Planned anew, the larger pipe carries 100: 100 x 70 - 1500 - 400 - (60 x 70 - 1200) = 2100.
    """
    return make(
        supplies=[supply(unplaced_cost=50)],
        demands=[demand(unserved_cost=20), demand("N", 50, unserved_cost=20)],
        corridors=[corridor(fixed_cost=1000), corridor("B", "N", fixed_cost=300)],
        pipes=[
            pipe(fixed_cost=200, capacity=80),
            pipe(option="DN200", fixed_cost=500, capacity=200),
            pipe("BN", fixed_cost=100, capacity=50),
        ],
        **more,
    )


def test_what_stands_is_free_and_what_the_plan_did_not_build_is_not_on_offer():
    newcomer = case("N", "N-ash", corridors=("BN",))
    problem = pipes()
    (worth,) = valued(problem, newcomer)
    assert (worth.least, worth.most) == pytest.approx((1000, 1000))
    before, after = models.solve(without(problem, [newcomer])), models.solve(problem)
    anew = before.objective + alone(problem, newcomer.streams) - after.objective
    assert anew == pytest.approx(2100)  # planned anew it is never less


def test_types_at_one_place_do_not_see_each_other():
    """A mill and a kiln at places of their own: each is worth what it is worth without the other."""
    problem = two_places()
    both = valued(problem, case("N", "N-ash"), case("M", "M-ash", kind="kiln"))
    assert [worth.least for worth in both] == pytest.approx([3450, 1500])


def test_caps_bind_the_plan_and_no_newcomer():
    """With landfill capped nothing changes in the value: what is left at A weighs nothing here, partners are two."""
    problem = two_places(limits=Limits(max_partners=2))
    near, *_ = valued(problem, *CASES)
    assert near.least == pytest.approx(3450)


def random_problem(seed: int):
    """Three resources, one a grade of another, by truck and pipe; newcomers at N and M give one and want another."""
    rng = np.random.default_rng(seed)
    names, nodes, new = ("ash", "slag", "brine"), "ABC", "NM"
    cost = lambda low, high: float(rng.integers(low, high))  # noqa: E731
    supplies = [supply(node, cost(40, 120), name, unplaced_cost=cost(5, 60)) for node in "AB" for name in names]
    demands = [demand(node, cost(30, 100), name, unserved_cost=cost(5, 60)) for node in "BC" for name in names]
    supplies += [supply(node, 50, "ash", unplaced_cost=30) for node in new]
    demands += [demand(node, 40, "slag", unserved_cost=45) for node in new]
    ways = [(a, b) for a in nodes + new for b in nodes + new if a != b and not {a, b} <= set(new)]
    routes = [
        route(a, b, name, unit_cost=cost(2, 50), fixed_cost=cost(0, 200))
        for a, b in ways for name in names[: 2 if {a, b} & set(new) else 3] if rng.random() < 0.5
    ]  # fmt: skip
    places = [corridor(a, b, fixed_cost=cost(50, 900)) for a, b in (("A", "B"), ("B", "C"), ("N", "B"), ("M", "C"))]
    laid = [
        pipe(place["corridor"], name, option, fixed_cost=price * cost(1, 4), unit_cost=1, capacity=size)
        for place in places for name in names for option, price, size in (("DN100", 40, 30), ("DN200", 90, 90))
    ]  # fmt: skip
    return make(supplies=supplies, demands=demands, routes=routes, corridors=places, pipes=laid,
                grades=[{"resource": "ash", "serves": "slag", "unit_cost": 3}], co2_price=0.0)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_bounds_hold_the_exact_value(seed):
    """The exact value: everything that stands solved in full, untouched resources too; planned anew it is no less."""
    problem = random_problem(seed)
    cases = [case("N", "N-ash", "N-slag", corridors=("NB",)), case("M", "M-ash", "M-slag", corridors=("MC",))]
    plan = models.solve(without(problem, cases))
    valuation = Valuation(problem, plan, cases)
    whole = standing(problem, plan, frozenset({"NB", "MC"}))
    before = models.solve(without(whole, cases)).objective
    for one, other in (cases, cases[::-1]):
        worth, lone = valuation.worth(one), alone(problem, one.streams)
        exact = before + lone - models.solve(without(whole, [other])).objective
        assert worth.least - 1e-3 <= exact <= worth.most + 1e-3
        assert worth.most - worth.least <= 1e-3 * max(worth.most, 1.0)
        anew = plan.objective + lone - models.solve(without(problem, [other])).objective
        assert anew >= worth.least - 1e-3


def test_only_what_grades_and_technologies_link_is_touched():
    problem = make(
        supplies=[supply(resource=name) for name in ("ash", "slag", "brine", "wet")],
        demands=[demand(resource=name) for name in ("ash", "slag", "brine", "dry")],
        routes=[route(resource=name) for name in ("ash", "slag", "brine", "wet", "dry")],
        corridors=[corridor(), corridor("B", "C")],
        pipes=[pipe(resource="brine"), pipe("BC", "slag")],
        grades=[{"resource": "ash", "serves": "slag"}],
        hubs=[{"hub": "H", "node": "B", "technology": "drying", "fixed_cost": 1, "capacity": 10}],
        recipes=[
            {"technology": "drying", "resource": "wet", "quantity_per_throughput": -1},
            {"technology": "drying", "resource": "dry", "quantity_per_throughput": 1},
        ],
        limits=Limits(co2_cap_t_per_year=1.0, forced_corridors=("AB",), forbidden_corridors=("AB", "BC")),
    )
    ash = touched(problem, frozenset({"B-slag"}))
    assert set(ash.supplies["resource"]) == {"ash", "slag"}
    assert list(ash.corridors["corridor"]) == ["BC"]
    assert ash.hubs.empty
    assert ash.limits == Limits(forbidden_corridors=("BC",))
    dry = touched(problem, frozenset({"B-dry"}))
    assert set(dry.routes["resource"]) == {"wet", "dry"}
    assert list(dry.hubs["hub"]) == ["H"]


def test_a_standing_upgrade_takes_the_place_of_what_it_replaced():
    problem = make(
        supplies=[supply(unplaced_cost=50)],
        demands=[demand(quantity=90, unserved_cost=20), demand("N", 50, unserved_cost=20)],
        corridors=[corridor(existing=True), corridor("B", "N", fixed_cost=300)],
        pipes=[
            pipe(capacity=20, existing=True),
            pipe(option="DN200", fixed_cost=100, capacity=95, upgrade_of="DN100"),
            pipe("BN", fixed_cost=100, capacity=50),
        ],
    )
    newcomer = case("N", "N-ash", corridors=("BN",))
    plan = models.solve(without(problem, [newcomer]))
    there = standing(problem, plan, newcomer.corridors)
    assert list(there.pipes["option"]) == ["DN200", "DN100"]
    assert there.pipes["corridor"].tolist() == ["AB", "BN"]
    (worth,) = valued(problem, newcomer)
    assert worth.least == 0.0  # 5 t are spare: 5 x 70 does not pay for the way of 400
