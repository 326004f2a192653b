"""Tiny problems, one per family of constraints, whose optimum is worked out by hand beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import models
from data.contracts import make_table
from data.plan import Plan
from data.problem import Problem, ProblemSettings
from data.settings import Limits, Solver

Rows = Sequence[Mapping[str, object]]


def make(
    *,
    co2_price: float = 0.0,
    cap: float | None = None,
    solver: Solver | None = None,
    limits: Limits | None = None,
    **tables: Rows,
) -> Problem:
    """A Problem from rows; nodes and resources named anywhere are made when not given."""
    ends = ("node", "from_node", "to_node")
    everywhere = [row for rows in tables.values() for row in rows]
    nodes = sorted({str(row[end]) for row in everywhere for end in ends if end in row})
    names = sorted({str(row[key]) for row in everywhere for key in ("resource", "serves") if key in row})
    vehicles = sorted({str(row["vehicle"]) for row in tables.get("routes", ())})
    tables.setdefault("nodes", [{"node": node, "kind": "plant"} for node in nodes])
    tables.setdefault("resources", [{"resource": name, "unit": "t"} for name in names])
    tables.setdefault("vehicles", [{"vehicle": name} for name in vehicles])
    return Problem(
        name="case",
        settings=ProblemSettings(co2_price=co2_price, solver=solver or Solver(gap=0.0)),
        limits=limits or Limits(co2_cap_t_per_year=cap),
        **{name: make_table("problem", name, rows) for name, rows in tables.items()},
    )


def supply(node: str = "A", quantity: float = 100, resource: str = "ash", **more: object) -> dict[str, object]:
    return {"supply": f"{node}-{resource}", "node": node, "resource": resource, "quantity": quantity, **more}


def demand(node: str = "B", quantity: float = 60, resource: str = "ash", **more: object) -> dict[str, object]:
    return {"demand": f"{node}-{resource}", "node": node, "resource": resource, "quantity": quantity, **more}


def route(start: str = "A", end: str = "B", resource: str = "ash", **more: object) -> dict[str, object]:
    key = f"{start}{end}-{resource}"
    return {"route": key, "from_node": start, "to_node": end, "resource": resource, "vehicle": "tipper",
            "unit_cost": 10, "distance_m": 1000, **more}  # fmt: skip


def corridor(start: str = "A", end: str = "B", **more: object) -> dict[str, object]:
    return {"corridor": f"{start}{end}", "from_node": start, "to_node": end, "length_m": 500, **more}


def pipe(where: str = "AB", resource: str = "ash", option: str = "DN100", **more: object) -> dict[str, object]:
    return {"corridor": where, "resource": resource, "option": option, "fixed_cost": 0, **more}


def trucking(**more: object) -> Problem:
    """60 of 100 t go by truck: 40 t x 50 disposal + 60 t x 10 hauling + bay."""
    return make(
        supplies=[supply(unplaced_cost=50)], demands=[demand(unserved_cost=20)], routes=[route(**more)]
    )  # fmt: skip


def opening() -> Problem:
    """Two supplies of 50 t with fixed costs 900 and 100, one demand of 60 t with fixed cost 50.

    Saved per unit: 20 + 5 - 10 = 15. The second supply alone: 50 x 15 - 100 - 50 = 600; both: 900 - 1050 < 0.
    Cost: 50 x 20 (first left) + 10 x 5 (short) + 50 x 10 + 100 + 50 = 1700.
    """
    return make(
        supplies=[
            supply("A", 50, unplaced_cost=20, fixed_cost=900),
            supply("C", 50, unplaced_cost=20, fixed_cost=100),
        ],
        demands=[demand(unserved_cost=5, fixed_cost=50)],
        routes=[route("A"), route("C")],
    )


def must_serve() -> Problem:
    """Nothing is saved, yet 60 t must arrive: 60 x 10 = 600, with 30 of them limited on the cheap route.

    30 x 10 + 30 x 12 = 660, and the demand's own fixed cost of 5.
    """
    return make(
        supplies=[supply("A", 100), supply("C", 100)],
        demands=[demand(must_serve=True, fixed_cost=5)],
        routes=[route("A", capacity=30), route("C", unit_cost=12)],
    )


def shared_trench() -> Problem:
    """A trench of 1000 pays only for two fluids: savings 60 x 15 - 300 = 600 and 40 x 20 - 200 = 600.

    Cost: trench 1000 + pipes 500 + pumping 100 x 1 + ash left 40 x 16 = 2240; apart neither pays.
    """
    return make(
        supplies=[supply(unplaced_cost=16), supply(quantity=40, resource="brine", unplaced_cost=21)],
        demands=[demand(), demand(resource="brine", quantity=40)],
        corridors=[corridor(fixed_cost=1000)],
        pipes=[pipe(fixed_cost=300, unit_cost=1), pipe(resource="brine", fixed_cost=200, unit_cost=1)],
    )


def options(**more: object) -> Problem:
    """A small pipe (50 t) at 100, a large one (no limit) at 130, a bad one dearer than the large one.

    Saved: 50 x 10 - 100 = 400 or 60 x 10 - 130 = 470. Cost: 100 x 10 - 470 = 530.
    """
    return make(
        supplies=[supply(unplaced_cost=10)],
        demands=[demand()],
        corridors=[corridor()],
        pipes=[
            pipe(option="DN50", fixed_cost=100, capacity=50),
            pipe(option="DN80", fixed_cost=130, **more),
            pipe(option="DN90", fixed_cost=140, **more),
        ],
    )


def upgrade(*, chain: bool = False) -> Problem:
    """An existing pipe of 50 t; DN80 (80 t) replaces it for 120, DN150 (no limit) replaces DN80 for 15 more.

    Saved per t: 10. The old pipe: 500; DN80: 80 x 10 - 120 = 680 (the old one carries nothing beside it);
    both steps: 90 x 10 - 135 = 765. Cost: 100 x 10 less that.
    """
    pipes = [
        pipe(option="DN50", fixed_cost=999, capacity=50, existing=True),
        pipe(option="DN80", fixed_cost=120, capacity=80, upgrade_of="DN50"),
        pipe(option="DN150", fixed_cost=15, upgrade_of="DN80"),
    ]
    return make(
        supplies=[supply(unplaced_cost=10)],
        demands=[demand(quantity=90)],
        corridors=[corridor(fixed_cost=999, existing=True)],
        pipes=pipes[: 3 if chain else 2],
    )


def parallel() -> Problem:
    """Two pipes fit in the trench: DN50 (50 t) at 100 each, DN80 (80 t) at 130 each; 120 t save 10 each.

    Two DN50: 1000 - 200 = 800; one of each: 1200 - 230 = 970; two DN80: 1200 - 260 = 940. Trench 70.
    Cost: 1200 - 970 + 70 = 300.
    """
    return make(
        supplies=[supply(quantity=120, unplaced_cost=10)],
        demands=[demand(quantity=120)],
        corridors=[corridor(fixed_cost=70)],
        pipes=[
            pipe(option="DN50", fixed_cost=100, capacity=50, max_parallel=2),
            pipe(option="DN80", fixed_cost=130, capacity=80, max_parallel=2),
        ],
    )


def least_flow() -> Problem:
    """A free pipe that needs at least 80 t cannot be used for 60 t; one that needs 50 t can, at 1 per t more.

    Cost: 40 x 10 left + 60 x 1 = 460.
    """
    return make(
        supplies=[supply(unplaced_cost=10)],
        demands=[demand()],
        corridors=[corridor(), corridor("A", "B") | {"corridor": "AB2"}],
        pipes=[pipe(min_flow=80, capacity=200), pipe("AB2", min_flow=50, unit_cost=1)],
    )


def lossy() -> Problem:
    """A pipe that loses a fifth: 75 t enter so that 60 t arrive.

    Cost: 25 x 10 left + 75 x 2 pumping = 400.
    """
    return make(
        supplies=[supply(unplaced_cost=10)],
        demands=[demand()],
        corridors=[corridor()],
        pipes=[pipe(loss=0.2, unit_cost=2)],
    )


def junction_tree() -> Problem:
    """Two suppliers meet at J and share the trench to B; an existing corridor joins C.

    Saved 60 x 30; AJ 100 + JB 200 trenches; CJ exists. All 60 t come from C (40) and A (20):
    60 x (1 + 1) pumping. Cost: 80 + 0 left of A at 30 -> 80 x 30 = 2400, + 300 + 120 = 2820; C's 40 at 35.
    """
    return make(
        supplies=[supply("A", 100, unplaced_cost=30), supply("C", 40, unplaced_cost=35)],
        demands=[demand()],
        corridors=[
            corridor("A", "J", fixed_cost=100),
            corridor("B", "J", fixed_cost=200),
            corridor("C", "J", fixed_cost=999, existing=True),
        ],
        pipes=[
            pipe("AJ", unit_cost=1),
            pipe("BJ", unit_cost=1),
            pipe("CJ", unit_cost=1, fixed_cost=999, existing=True),
        ],
    )


def full_corridor() -> Problem:
    """A corridor holds 50 t of everything: brine saves 20, ash 15, so brine goes first: 40 brine and 10 ash.

    Cost: 90 x 15 + 0 + trench 100 = 1450.
    """
    return make(
        supplies=[supply(unplaced_cost=15), supply(quantity=40, resource="brine", unplaced_cost=20)],
        demands=[demand(), demand(resource="brine", quantity=40)],
        corridors=[corridor(fixed_cost=100, capacity=50)],
        pipes=[pipe(), pipe(resource="brine")],
    )


def fleet(*, whole: bool) -> Problem:
    """60 t x 2 h / 10 t = 12 h; a vehicle has 8 h and costs 80: 1.5 vehicles, 120, or 2 whole ones, 160.

    Cost: 40 x 50 + 60 x 10 = 2600 and the vehicles. With whole ones 40 t in one vehicle would save less.
    """
    return make(
        supplies=[supply(unplaced_cost=50)],
        demands=[demand()],
        routes=[route(units_per_trip=10, hours_per_trip=2)],
        vehicles=[{"vehicle": "tipper", "fixed_cost": 80, "hours_per_year": 8, "integer_fleet": whole}],
    )


def hub() -> Problem:
    """A hub at B makes 0.5 t grit of 1 t ash; modules of 30 at 100, of which one is there and two more may come.

    A throughput saves 10 (ash) + 0.5 x 40 (grit) - 10 (truck) - 1 (unit) = 19: a module pays 570 for 100.
    Grit demand 40 allows 80, so 80 by two new modules: 20 x 10 left + 80 x 10 + 80 + 200 = 1280.
    """
    return make(
        supplies=[supply(unplaced_cost=10)],
        demands=[demand("B", 40, "grit", unserved_cost=40)],
        routes=[route()],
        hubs=[{"hub": "mill", "node": "B", "technology": "milling", "fixed_cost": 100, "capacity": 30, "unit_cost": 1,
               "max_modules": 3, "existing": 1}],
        recipes=[
            {"technology": "milling", "resource": "ash", "quantity_per_throughput": -1},
            {"technology": "milling", "resource": "grit", "quantity_per_throughput": 0.5},
        ],
    )  # fmt: skip


def branches(*, sites: int | tuple[int, ...] | None = None) -> Problem:
    """Ash of A (100 t) and C (40 t) is milled at S or T, for nothing, and all grit is wanted at B, 1 per t away.

    A to S costs 1 and to T 5, C to S 6 and to T 1: with a mill at each 100 + 40 + 140 = 280, with one at S
    100 + 240 + 140 = 480, at T 500 + 40 + 140 = 680. What is not milled costs 50, so all is.
    """
    mill = {"technology": "milling", "fixed_cost": 0, "capacity": 140}
    return make(
        limits=Limits(max_hub_sites=sites),
        nodes=[*({"node": n, "kind": "plant"} for n in "ABC"), *({"node": n, "kind": "site"} for n in "ST")],
        supplies=[supply(unplaced_cost=50), supply("C", 40, unplaced_cost=50)],
        demands=[demand(quantity=140, resource="grit")],
        routes=[
            *(route(a, b, unit_cost=c) for a, b, c in (("A", "S", 1), ("A", "T", 5), ("C", "S", 6), ("C", "T", 1))),
            *(route(site, "B", "grit", unit_cost=1) for site in "ST"),
        ],
        hubs=[{"hub": f"{site}-mill", "node": site, **mill} for site in "ST"],
        recipes=[
            {"technology": "milling", "resource": "ash", "quantity_per_throughput": -1},
            {"technology": "milling", "resource": "grit", "quantity_per_throughput": 1},
        ],
    )


def grades() -> Problem:
    """Fine serves mid at 1, mid serves coarse at 2: fine may serve coarse at 3.

    60 t save 10 - 4 - 3 = 3 each. Cost: 40 x 10 + 60 x (4 + 3) = 820.
    """
    return make(
        supplies=[supply(resource="fine", unplaced_cost=10)],
        demands=[demand(resource="coarse")],
        routes=[route(resource="fine", unit_cost=4)],
        grades=[
            {"resource": "fine", "serves": "mid", "unit_cost": 1},
            {"resource": "mid", "serves": "coarse", "unit_cost": 2},
        ],
    )


def carbon(*, price: float = 0.0, cap: float | None = None) -> Problem:
    """Truck at 10 emits 0.5 t/t, pipe at 12 emits 0.1 t/t; leaving ash emits 1 t/t and costs 20.

    No price: 60 t by truck, 40 left: 800 + 600 = 1400 with 70 t CO2. At 10 per t the pipe (13) beats the truck
    (15): 40 x 30 + 60 x 13 = 1980. With a cap of 50: 40 left emit 40, 10 for 60 t, so 10/0.4 = 25 t... of
    truck allow 0.5 x + 0.1 (60 - x) <= 10, x = 10: 800 + 100 + 600 = 1500.
    """
    return make(
        co2_price=price,
        cap=cap,
        supplies=[supply(unplaced_cost=20, co2_unplaced=1)],
        demands=[demand()],
        routes=[route(co2_per_unit=0.5)],
        corridors=[corridor()],
        pipes=[pipe(unit_cost=12, co2_per_unit=0.1)],
    )


TWO = ({"period": "1", "years": 2, "weight": 2}, {"period": "2", "years": 4, "weight": 3})


def dated(row: dict[str, object], period: str, quantity: float) -> dict[str, object]:
    """A supply or demand that is there in one period only."""
    name = next(iter(row))
    return {**row, name: f"{row[name]}@{period}", "period": period, "quantity": quantity}


def phased(problem: Problem, **limits: object) -> Problem:
    """The problem in two periods of weights 2 and 3."""
    periods = make_table("problem", "periods", TWO)
    return problem.replace(periods=periods, limits=problem.limits.model_copy(update=limits))


def kept(*, later: float) -> Problem:
    """A pipe of 300 pays in the first period (60 x 20 - 300 = 900) and not in the second, but has been built.

    Later 10 t: 10 x 20 - 300 = -100; 2 x 900 - 3 x 100 = 1500 saved of (2 + 3) x 100 x 20. Built in the second
    period alone it saves nothing. Later 0 t: 2 x 900 - 3 x 300 = 900, idle in the second period.
    """
    demands = [dated(demand(), "1", 60), *([dated(demand(), "2", later)] if later else [])]
    return phased(
        make(
            supplies=[supply(unplaced_cost=20)],
            demands=demands,
            corridors=[corridor()],
            pipes=[pipe(fixed_cost=300)],
        )
    )


def trench_waits() -> Problem:
    """As ``shared_trench``, where brine is wanted in the second period only: nothing pays in the first.

    Ash alone loses 400 a year, both gain 200: 5 x (1600 + 840) - 3 x 200, all built in the second period.
    """
    problem = shared_trench()
    demands = [demand(), dated(demand(resource="brine"), "2", 40)]
    return phased(problem.replace(demands=make_table("problem", "demands", demands)))


def one_for_ever() -> Problem:
    """20 t, then 60 t through one pipe for both: DN50 (50 t) at 100 or DN80 at 130, 10 saved per t.

    DN80: 2 x (200 - 130) + 3 x (600 - 130) = 1550; DN50: 2 x (200 - 100) + 3 x (500 - 100) = 1400; another one
    in each period would save 1610. Cost: 5 x 1000 - 1550 = 3450.
    """
    problem = options()
    demands = make_table("problem", "demands", [dated(demand(), "1", 20), dated(demand(), "2", 60)])
    return phased(problem.replace(demands=demands))


def growing(**more: object) -> Problem:
    """20 t wanted, then 60 t, through DN50 pipes of 20 t at 100; 10 saved per t."""
    demands = [dated(demand(), "1", 20), dated(demand(), "2", 60)]
    pipes = [pipe(option="DN50", fixed_cost=100, capacity=20, **more)]
    if not more:
        pipes.append(pipe(option="DN80", fixed_cost=50, upgrade_of="DN50"))
    return phased(make(supplies=[supply(unplaced_cost=10)], demands=demands, corridors=[corridor()], pipes=pipes))


def blend_later() -> Problem:
    """As ``blend``, without C in the first period: A alone is too salty for B, so D's 30 t are all.

    2 x (1000 - 300) + 3 x 560.
    """
    problem = blend()
    given = supply("C", 40, unplaced_cost=10)
    supplies = make_table("problem", "supplies", [supply(unplaced_cost=10), dated(given, "2", 40)])
    quality = problem.quality.replace({"supply": {"C-ash": "C-ash@2"}})
    return phased(problem.replace(supplies=supplies, quality=quality))


def two_pipes(saved: float, **limits: object) -> Problem:
    """AB for 300 saves ``saved`` per t, CD for 400 saves 15 per t, 60 t each; capex 10 times the yearly cost."""
    problem = make(
        supplies=[supply(unplaced_cost=saved), supply("C", unplaced_cost=15)],
        demands=[demand(), demand("D")],
        corridors=[corridor(), corridor("C", "D")],
        pipes=[pipe(fixed_cost=300), pipe("CD", fixed_cost=400)],
    )
    return problem.replace(limits=Limits(**limits))  # type: ignore[arg-type]


def budget() -> Problem:
    """400 in each period buy one pipe: AB first, 5 x (1200 - 300) + 3 x (900 - 400) = 6000 of 5 x 3500."""
    return phased(two_pipes(20, investment_budget=400.0))


def budget_early() -> Problem:
    """D wants nothing in the first period, and the second period's budget is too small for CD.

    AB first saves 5 x (600 - 300) = 1500 and CD is never built; CD first, idle, and AB after it save
    -2 x 400 + 3 x 500 + 3 x 300 = 1600 of 5 x 2500.
    """
    problem = two_pipes(10, investment_budget=(400.0, 300.0))
    demands = make_table("problem", "demands", [demand(), dated(demand("D"), "2", 60)])
    return phased(problem.replace(demands=demands))


def budget_capex() -> Problem:
    """One period, 4000 for what invests 3000 (AB, saves 900) or 4000 (CD, saves 500): 3500 - 900."""
    problem = two_pipes(20, investment_budget=4000.0)
    return problem.replace(pipes=problem.pipes.assign(capex_fixed=[3000.0, 4000.0]))


def joining(new: int | tuple[int, ...]) -> Problem:
    """By truck at 10 per t, A to B saves 60 x 10 = 600 a year and C to D 60 x 5 = 300."""
    return make(
        supplies=[supply(unplaced_cost=20), supply("C", unplaced_cost=15)],
        demands=[demand(), demand("D")],
        routes=[route(), route("C", "D")],
        limits=Limits(max_new_partners=new),
    )


def cap_each_period() -> Problem:
    """As ``carbon(cap=50)``, then a year of 10 t, all of which go by truck with 5 t CO2: 2 x 1500 + 3 x 100.

    A cap on both together would let 60 t go by truck in the first: 2 x 1400 + 3 x 100.
    """
    problem = carbon(cap=50)
    given = supply(unplaced_cost=20, co2_unplaced=1)
    supplies = make_table("problem", "supplies", [dated(given, "1", 100), dated(given, "2", 10)])
    return phased(problem.replace(supplies=supplies))


def hub_grows() -> Problem:
    """As ``hub``, with 10 t grit wanted first and 40 t then.

    20 throughputs fit into the module that is there: 1000 + 10 x 40 - 20 x 19 = 1020; then 1280 as there.
    """
    problem = hub()
    wanted = demand("B", 40, "grit", unserved_cost=40)
    return phased(
        problem.replace(demands=make_table("problem", "demands", [dated(wanted, "1", 10), dated(wanted, "2", 40)]))
    )


def fleet_resized() -> Problem:
    """As ``fleet``, with 60 t and then 20 t: 2 vehicles, then 1. 2 x 2760 + 3 x (80 x 50 + 200 + 80)."""
    problem = fleet(whole=True)
    return phased(
        problem.replace(demands=make_table("problem", "demands", [dated(demand(), "1", 60), dated(demand(), "2", 20)]))
    )


def weighted() -> Problem:
    """One period that counts seven times: 7 x 2600."""
    return trucking().replace(periods=make_table("problem", "periods", [{"period": "all", "years": 9, "weight": 7}]))


def landfill(*, cap: float | None = None, partners: int | None = None, bay: float = 130) -> Problem:
    """Half a tonne of each tonne of ash left is landfilled; all left costs 100 x 20 + 50 x 30 = 3500.

    Z to B saves 25 for each of 50 t, A to C 10 for each of 30 t: 3500 - 1250 - 300 = 1950, and 35 t are landfilled.
    B's other 10 t from A save 10 each but need the bay: with a cap of 32 they come all the same, for 1980.
    Of two partners Z and B are best: 2250.
    """
    return make(
        limits=Limits(landfill_cap_t_per_year=cap, max_partners=partners),
        supplies=[supply(unplaced_cost=20), supply("Z", 50, unplaced_cost=30)],
        demands=[demand(), demand("C", 30)],
        routes=[route(fixed_cost=bay), route(end="C"), route("Z", "B", unit_cost=5)],
        resources=[{"resource": "ash", "unit": "t", "landfill_t_per_unit": 0.5}],
    )


def star(*, limits: Limits | None = None, **tables: Rows) -> Problem:
    """A (100 t) and C (40 t) give through J to B (90 t, 1 per t on the last pipe) and D (30 t); all save 10 per t.

    Nothing limited: 90 x 9 + 30 x 10 = 1110 saved of 1400.
    """
    return make(
        limits=limits,
        supplies=[supply(unplaced_cost=10), supply("C", 40, unplaced_cost=10)],
        demands=[demand(quantity=90), demand("D", 30)],
        corridors=[corridor("A", "J"), corridor("C", "J"), corridor("J", "B"), corridor("J", "D")],
        pipes=[pipe("AJ"), pipe("CJ"), pipe("JB", unit_cost=1), pipe("JD")],
        **tables,
    )


def blend() -> Problem:
    """B takes at most 40 mg/l of chloride; A has 100, C has 10. The mix of a t from A and 40 t from C:

    100 a + 400 <= 40 (a + 40), so a = 20. D takes 30 t more from A.
    Cost: 1400 - 60 x 9 - 30 x 10 = 560.
    """
    return star(
        quality=[
            {"supply": "A-ash", "property": "chloride", "value": 100},
            {"supply": "C-ash", "property": "chloride", "value": 10},
            {"demand": "B-ash", "property": "chloride", "max": 40},
        ]
    )


def treatment() -> Problem:
    """Washing 50 t makes 45 t with 5 mg/l, which may be mixed with r t of raw ash (100 mg/l) up to 20 mg/l.

    80 r <= 15 x 45, r = 8.4375. Saved: 58.4375 x 10 - 50 x 2 washing - 53.4375 x 1 hauling = 430.9375.
    Cost: 1000 - 430.9375 = 569.0625.
    """
    return make(
        supplies=[supply(unplaced_cost=10)],
        demands=[demand()],
        routes=[route(unit_cost=1), route(resource="clean", unit_cost=1)],
        hubs=[{"hub": "washer", "node": "A", "technology": "washing", "fixed_cost": 0, "capacity": 50, "unit_cost": 2}],
        recipes=[
            {"technology": "washing", "resource": "ash", "quantity_per_throughput": -1},
            {"technology": "washing", "resource": "clean", "quantity_per_throughput": 0.9},
        ],
        grades=[{"resource": "clean", "serves": "ash"}],
        quality=[
            {"supply": "A-ash", "property": "chloride", "value": 100},
            {"technology": "washing", "property": "chloride", "value": 5},
            {"demand": "B-ash", "property": "chloride", "max": 20},
        ],
    )


def forbidden_exchange() -> Problem:
    """A may not give to B, though both hang on J: C's 40 t go to B, 30 t of A's to D.

    Cost: 1400 - 40 x 9 - 30 x 10 = 740.
    """
    return star(limits=Limits(forbidden_exchanges=(("A", "B"),)))


def forced_exchange() -> Problem:
    """Hauling costs 4 more than it saves, but half of the 60 t that could be exchanged must be.

    Cost: 70 x 10 + 30 x 14 = 1120.
    """
    return make(
        limits=Limits(forced_exchanges=(("A", "B", "ash"),), forced_share=0.5),
        supplies=[supply(unplaced_cost=10)],
        demands=[demand()],
        routes=[route(unit_cost=14)],
    )


def choices() -> Problem:
    """The dearer corridor is forced and the cheaper one forbidden; so are a useless hub and a useful one.

    Cost: 40 x 10 left + 40 x 50 grit bought + 100 trench + 30 for the idle mill = 2530.
    """
    hub = {"node": "B", "capacity": 50, "fixed_cost": 30}
    return make(
        limits=Limits(
            forced_corridors=("AB2",), forbidden_corridors=("AB",), forced_hubs=("idle",), forbidden_hubs=("mill",)
        ),
        supplies=[supply(unplaced_cost=10)],
        demands=[demand(), demand(resource="grit", quantity=40, unserved_cost=50)],
        corridors=[corridor(fixed_cost=50), corridor(fixed_cost=100) | {"corridor": "AB2"}],
        pipes=[pipe("AB"), pipe("AB2")],
        hubs=[{"hub": "idle", "technology": "drying", **hub}, {"hub": "mill", "technology": "milling", **hub}],
        recipes=[
            {"technology": "drying", "resource": "mud", "quantity_per_throughput": -1},
            {"technology": "milling", "resource": "ash", "quantity_per_throughput": -1},
            {"technology": "milling", "resource": "grit", "quantity_per_throughput": 1},
        ],
    )


# name -> (problem, optimum)
KNOWN = {
    "truck": (trucking(), 2600),
    "bay_pays": (trucking(fixed_cost=1000), 3600),
    "bay_does_not_pay": (trucking(fixed_cost=4000), 6200),
    "opening": (opening(), 1700),
    "must_serve": (must_serve(), 665),
    "shared_trench": (shared_trench(), 2240),
    "options": (options(), 530),
    "upgrade": (upgrade(), 320),
    "upgrade_chain": (upgrade(chain=True), 235),
    "parallel": (parallel(), 300),
    "least_flow": (least_flow(), 460),
    "lossy": (lossy(), 400),
    "junction_tree": (junction_tree(), 2820),
    "full_corridor": (full_corridor(), 1450),
    "blend": (blend(), 560),
    "treatment": (treatment(), 569.0625),
    "forbidden_exchange": (forbidden_exchange(), 740),
    "forced_exchange": (forced_exchange(), 1120),
    "choices": (choices(), 2530),
    "fleet_shared": (fleet(whole=False), 2720),
    "fleet_whole": (fleet(whole=True), 2760),
    "hub": (hub(), 1280),
    "hub_sites": (branches(sites=1), 480),
    # one place for two years, both for three: 2 x 480 + 3 x 280
    "phases_sites": (phased(branches(), max_hub_sites=(1, 2)), 1800),
    "grades": (grades(), 820),
    "co2_free": (carbon(), 1400),
    "co2_price": (carbon(price=10), 1980),
    "co2_cap": (carbon(cap=50), 1500),
    "weighted": (weighted(), 18200),
    "phases": (kept(later=10), 8500),
    "phases_trench": (trench_waits(), 11600),
    "phases_idle": (kept(later=0), 9100),
    "phases_option": (one_for_ever(), 3450),
    # DN50 at once and its upgrade on top of it later: 5 x 1000 - 2 x (200 - 100) - 3 x (600 - 150)
    "phases_upgrade": (growing(), 3450),
    # one, then three side by side: 5 x 1000 - 2 x (200 - 100) - 3 x (600 - 300)
    "phases_parallel": (growing(max_parallel=3), 3900),
    "phases_blend": (blend_later(), 3080),
    "phases_choices": (phased(choices()), 5 * 2530),
    "phases_hub": (hub_grows(), 5880),
    "phases_fleet": (fleet_resized(), 18360),
    "phases_cap": (cap_each_period(), 3300),
    "budget": (budget(), 11500),
    "budget_early": (budget_early(), 10900),
    "budget_capex": (budget_capex(), 2600),
    "partners": (joining(3), 2900),
    "phases_partners": (phased(joining(2)), 13600),
    "landfill_cap": (landfill(cap=32), 1980),
    "all_partners": (landfill(partners=2), 2250),
}


@cache
def solved(name: str) -> Plan:
    """The plan of a known problem, solved once for all tests."""
    return models.solve(KNOWN[name][0])
