"""Industrial regions made from a seed, as Problems of any size.

Plants stand in clusters, an industrial area each, in a region whose area grows with their number; between them
are places where corridors may fork. Candidate corridors are the Gabriel graph of all these points (Gabriel and
Sokal 1969), trenches cost more in some ground than in other. Five to ten resources each have many supplies and
demands; a pipe comes in four diameters with economies of scale, trucks join near pairs, one grade serves
another, hubs treat wastewater and burn sludge. Prices are round figures of the right order, in EUR a year: what
they must do is make pipe, truck and doing nothing compete.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import Delaunay, cKDTree

from benchmarks.instances.tables import Names, named, table
from data.contracts import empty_table
from data.problem import Problem, ProblemSettings
from data.settings import Solver

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TRENCH_EUR_PER_M = 180 * 0.0466  # invested over 50 years at 4 %
_PIPE_ANNUITY = 0.0505  # 40 years at 4 %
_BAY_EUR = 60_000 * 0.0736  # 20 years at 4 %
_WIND = 1.25  # a corridor or road is this much longer than the straight line
_PIPE_KM, _TRUCK_KM, _DETOUR = 25.0, 60.0, 1.6
_PARTNERS = 10  # nearest demands of a supply that trucks are offered to
# Diameter in mm, EUR per m of steel pipe for water, most water in t/year at 1.5 m/s and 8,000 h.
_DIAMETERS = ((100, 60.0, 339e3), (150, 85.0, 763e3), (200, 115.0, 1357e3), (300, 190.0, 3054e3))


@dataclass(frozen=True)
class _Kind:
    """A resource: EUR per t disposed of and bought, t of CO2 likewise, a typical stream in t/year, its carriers."""

    name: str
    phase: str
    disposal: float
    purchase: float
    co2_disposed: float
    co2_bought: float
    stream: float
    pipe_price: float  # of a pipe against one for water; 0: not piped
    pipe_capacity: float  # of a pipe against one for water
    truck_price: float  # EUR per t and km; 0: not hauled


@dataclass(frozen=True)
class _Ground:
    """Where things are: points in km with their names, candidate corridors as pairs of points, metres each."""

    points: Floats
    nodes: Names
    start: Ints
    end: Ints
    length_m: Floats
    corridors: Names


_KINDS = (
    _Kind("process_water", "liquid", 0.5, 1.1, 0.0, 0.0003, 250e3, 1.0, 1.0, 0.0),
    _Kind("steam_hp", "steam", 0.0, 26.0, 0.0, 0.16, 60e3, 1.8, 0.4, 0.0),
    _Kind("steam_lp", "steam", 0.0, 19.0, 0.0, 0.15, 40e3, 1.5, 0.15, 0.0),
    _Kind("ash", "solid", 24.0, 11.0, 0.005, 0.01, 25e3, 0.0, 0.0, 0.11),
    _Kind("acid", "liquid", 28.0, 65.0, 0.02, 0.1, 18e3, 2.2, 1.0, 0.16),
    _Kind("wastewater", "liquid", 1.9, 0.4, 0.0004, 0.0, 300e3, 1.0, 1.0, 0.0),
    _Kind("co2", "gas", 0.0, 55.0, 1.0, 0.1, 50e3, 1.6, 0.5, 0.14),
    _Kind("sludge", "slurry", 48.0, 15.0, 0.05, 0.02, 12e3, 1.4, 0.8, 0.13),
    _Kind("gypsum", "solid", 17.0, 14.0, 0.004, 0.02, 30e3, 0.0, 0.0, 0.11),
    _Kind("solvent", "liquid", 110.0, 260.0, 0.5, 0.9, 3e3, 0.0, 0.0, 0.2),
)
_GRADES = (("steam_hp", "steam_lp", 0.3),)
# Technology, what one throughput eats and makes, EUR per module and year, t/year of a module, EUR per throughput.
_TECHNOLOGIES = (
    ("treatment", (("wastewater", -1.0), ("process_water", 0.9)), 160e3, 600e3, 0.25),
    ("incineration", (("sludge", -1.0), ("steam_lp", 2.0)), 420e3, 30e3, 6.0),
)


def region(plants: int, *, seed: int = 1, solver: Solver | None = None) -> Problem:
    """Return a region with a number of plants (at least 4); the same seed gives the same Problem."""
    rng = np.random.default_rng([seed, plants])
    kinds = _KINDS[: int(np.clip(round(3.4 * np.log10(plants) + 1.6), 5, len(_KINDS)))]
    ground = _ground(rng, plants)
    supplies, demands = _streams(rng, kinds, plants)
    trench = _TRENCH_EUR_PER_M * ground.length_m * rng.lognormal(0.0, 0.35, len(ground.length_m))
    hubs, recipes = _hubs(rng, {kind.name for kind in kinds}, plants, ground.nodes)
    better, lesser, price = zip(*_GRADES, strict=True)
    return Problem(
        name=f"region of {plants} plants",
        settings=ProblemSettings(co2_price=70.0, solver=solver or Solver(gap=0.01)),
        nodes=table(
            "nodes", node=ground.nodes, kind=np.repeat(["plant", "junction"], [plants, len(ground.nodes) - plants]),
            x=1000 * ground.points[:, 0], y=1000 * ground.points[:, 1],
        ),
        resources=table(
            "resources", resource=[kind.name for kind in kinds], unit="t", phase=[kind.phase for kind in kinds]
        ),
        supplies=_supplies(supplies, ground.nodes, kinds),
        demands=_demands(demands, ground.nodes, kinds),
        corridors=table(
            "corridors", corridor=ground.corridors, from_node=ground.nodes[ground.start],
            to_node=ground.nodes[ground.end], length_m=ground.length_m, fixed_cost=trench,
        ),
        pipes=pd.concat(
            [_pipes(kinds, row, supplies, demands, ground) for row, kind in enumerate(kinds) if kind.pipe_price],
            ignore_index=True,
        ),
        vehicles=table("vehicles", vehicle=["lorry"]),
        routes=_routes(kinds, supplies, demands, ground),
        hubs=hubs,
        recipes=recipes,
        grades=table("grades", resource=list(better), serves=list(lesser), unit_cost=list(price)),
    )  # fmt: skip


def _ground(rng: np.random.Generator, plants: int) -> _Ground:
    points = _places(rng, plants)
    nodes = np.concatenate([named("plant", plants), named("fork", len(points) - plants)])
    start, end = _gabriel(points)
    length_m = 1000 * _WIND * np.linalg.norm(points[start] - points[end], axis=1)
    return _Ground(points, nodes, start, end, length_m, named("c", len(start)))


def _places(rng: np.random.Generator, plants: int) -> Floats:
    """Return plants and then forks, km: clusters of about six plants, 12 km² a plant."""
    side = np.sqrt(12.0 * plants)
    centres = rng.uniform(0, side, (max(plants // 6, 2), 2))
    own = centres[rng.integers(len(centres), size=plants)] + rng.normal(0, 1.2, (plants, 2))
    return np.concatenate([own, rng.uniform(0, side, (plants // 2, 2))])


def _gabriel(points: Floats) -> tuple[Ints, Ints]:
    """Return the edges of the Delaunay triangulation whose circle on the edge as diameter holds no other point."""
    triangles = Delaunay(points).simplices
    edges = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])), axis=0
    )
    start, end = edges[:, 0].astype(np.int64), edges[:, 1].astype(np.int64)
    middle, radius = (points[start] + points[end]) / 2, np.linalg.norm(points[start] - points[end], axis=1) / 2
    nearest, _ = cKDTree(points).query(middle)
    keep = nearest >= radius * (1 - 1e-9)
    return start[keep], end[keep]


def _streams(rng: np.random.Generator, kinds: tuple[_Kind, ...], plants: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return supplies and demands: ``plant``, ``kind`` (rows), ``quantity``; no plant gives what it takes."""
    share = min(2.2 / len(kinds), 0.45)
    draw = rng.uniform(size=(plants, len(kinds)))
    size = rng.lognormal(0.0, 0.7, draw.shape) * np.array([kind.stream for kind in kinds])
    out = []
    for role, (low, high) in enumerate(((0.0, share), (share, 2 * share))):
        chosen = (draw >= low) & (draw < high)
        for kind in np.flatnonzero(chosen.sum(axis=0) < 2):  # at least two of each
            free = np.flatnonzero(draw[:, kind] >= 2 * share)[2 * role : 2 * role + 2]
            chosen[free, kind] = True
        rows, columns = np.nonzero(chosen)
        out.append(pd.DataFrame({"plant": rows, "kind": columns, "quantity": np.round(size[rows, columns], -1) + 10}))
    return out[0], out[1]


def _supplies(streams: pd.DataFrame, nodes: Names, kinds: tuple[_Kind, ...]) -> pd.DataFrame:
    kind = streams["kind"].to_numpy()
    return table(
        "supplies", supply=named("s", len(streams)), node=nodes[streams["plant"]],
        resource=np.array([one.name for one in kinds], dtype=object)[kind], quantity=streams["quantity"],
        unplaced_cost=np.array([one.disposal for one in kinds])[kind],
        co2_unplaced=np.array([one.co2_disposed for one in kinds])[kind],
    )  # fmt: skip


def _demands(streams: pd.DataFrame, nodes: Names, kinds: tuple[_Kind, ...]) -> pd.DataFrame:
    kind = streams["kind"].to_numpy()
    return table(
        "demands", demand=named("d", len(streams)), node=nodes[streams["plant"]],
        resource=np.array([one.name for one in kinds], dtype=object)[kind], quantity=streams["quantity"],
        unserved_cost=np.array([one.purchase for one in kinds])[kind],
        co2_unserved=np.array([one.co2_bought for one in kinds])[kind],
    )  # fmt: skip


def _pairs(supplies: pd.DataFrame, demands: pd.DataFrame, kind: int, points: Floats, most_km: float) -> pd.DataFrame:
    """Return pairs of a resource within a distance: ``from``, ``to`` (rows of points) and ``km``."""
    give = supplies.loc[supplies["kind"] == kind, "plant"].to_numpy()
    take = demands.loc[demands["kind"] == kind, "plant"].to_numpy()
    km = np.linalg.norm(points[give][:, None] - points[take][None], axis=2)
    row, column = np.nonzero((km <= most_km) & (give[:, None] != take[None]))
    return pd.DataFrame({"from": give[row], "to": take[column], "km": km[row, column]})


def _pipes(
    kinds: tuple[_Kind, ...], row: int, supplies: pd.DataFrame, demands: pd.DataFrame, ground: _Ground
) -> pd.DataFrame:
    """Offer a resource four diameters on each corridor that is no great detour between a supply and a demand."""
    kind = kinds[row]
    takers = demands[demands["kind"].isin(_takers(kinds, row))].assign(kind=row)
    pairs = _pairs(supplies, takers, row, ground.points, _PIPE_KM)
    middle = (ground.points[ground.start] + ground.points[ground.end]) / 2
    away = np.linalg.norm(ground.points[:, None] - middle[None], axis=2)  # of each point to each corridor
    near = np.zeros(len(middle), dtype=bool)
    for start, end, km in zip(pairs["from"], pairs["to"], pairs["km"], strict=True):
        near |= away[start] + away[end] <= _DETOUR * km + 1.0
    on = np.flatnonzero(near)
    diameter, price, capacity = (np.array(column) for column in zip(*_DIAMETERS, strict=True))
    laid, chosen = np.repeat(on, len(diameter)), np.tile(np.arange(len(diameter)), len(on))
    length = ground.length_m[laid]
    return table(
        "pipes",
        corridor=ground.corridors[laid],
        resource=kind.name,
        option=np.array([f"DN{mm}" for mm in diameter], dtype=object)[chosen],
        fixed_cost=_PIPE_ANNUITY * price[chosen] * kind.pipe_price * length,
        unit_cost=2e-5 * length * (100 / diameter[chosen]) ** 0.5 * np.sqrt(kind.pipe_price),
        capacity=capacity[chosen] * kind.pipe_capacity,
        diameter_mm=diameter[chosen].astype(float),
    )


def _takers(kinds: tuple[_Kind, ...], row: int) -> list[int]:
    """Return the kinds whose demands a kind may serve: its own, and lesser grades."""
    lesser = {serves for better, serves, _ in _GRADES if better == kinds[row].name}
    return [other for other, kind in enumerate(kinds) if other == row or kind.name in lesser]


def _routes(kinds: tuple[_Kind, ...], supplies: pd.DataFrame, demands: pd.DataFrame, ground: _Ground) -> pd.DataFrame:
    """Return truck routes from each supply to its nearest demands."""
    found = []
    for row, kind in enumerate(kinds):
        if kind.truck_price:
            pairs = _pairs(supplies, demands, row, ground.points, _TRUCK_KM).sort_values("km", kind="stable")
            pairs = pairs[pairs.groupby("from").cumcount() < _PARTNERS]
            found.append(pairs.assign(resource=kind.name, unit_cost=3.5 + kind.truck_price * _WIND * pairs["km"]))
    routes = pd.concat(found, ignore_index=True)
    return table(
        "routes", route=named("r", len(routes)), from_node=ground.nodes[routes["from"]],
        to_node=ground.nodes[routes["to"]], resource=routes["resource"], vehicle="lorry",
        unit_cost=routes["unit_cost"], fixed_cost=_BAY_EUR, units_per_trip=25.0,
        hours_per_trip=0.8 + routes["km"] * _WIND * 2 / 55, co2_per_unit=0.00008 * routes["km"],
        distance_m=1000 * _WIND * routes["km"],
    )  # fmt: skip


def _hubs(rng: np.random.Generator, known: set[str], plants: int, nodes: Names) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return places for each technology whose resources there are: one for every twelve plants, at least two."""
    used = [one for one in _TECHNOLOGIES if known.issuperset(resource for resource, _ in one[1])]
    if not used:
        return empty_table("problem", "hubs"), empty_table("problem", "recipes")
    count = max(plants // 12, 2)
    hubs = [
        table(
            "hubs", hub=np.array([f"{name} {k + 1}" for k in range(count)], object),
            node=nodes[rng.choice(plants, count, replace=False)], technology=name, fixed_cost=fixed, capacity=capacity,
            unit_cost=unit, max_modules=3,
        )
        for name, _, fixed, capacity, unit in used
    ]  # fmt: skip
    lines = [(name, resource, quantity) for name, recipe, *_ in used for resource, quantity in recipe]
    name, resource, quantity = (list(column) for column in zip(*lines, strict=True))
    recipes = table("recipes", technology=name, resource=resource, quantity_per_throughput=quantity)
    return pd.concat(hubs, ignore_index=True), recipes
