"""Plans of any size made from a seed, to be drawn: plants, exchanges, pipes, truck routes, what is left over.

Plants stand in industrial areas on a grid of bent roads. Trucks take the shortest way on it, so that many share
a road; pipes run in bent trenches between near plants, one to three to a trench. Nothing is optimised: only
what the drawing needs is there, in the tables of a real plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from data.contracts import make_table
from data.plan import Plan
from data.read_study import read_study
from data.study import Study

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Of all features: what is left over is the rest.
SHARES = {"plants": 0.10, "exchanges": 0.30, "pipes": 0.30, "hauls": 0.20, "unplaced": 0.05}
_SECTORS = ("power", "oil refinery", "cement", "paper", "steel", "chemicals", "food", "brewery", "glass", "water works")
_RESOURCES = [
    "steam_10bar", "fly_ash", "gypsum", "cooling_water", "biogas", "sewage_sludge", "steel_slag", "treated_effluent",
]  # fmt: skip
_DIAMETERS_MM = (80, 150, 250, 400)
_ROAD_M, _BENDS = 1500.0, 6  # of a stretch of road between two crossings
_TRENCH_BENDS = 40
_ORIGIN = (600_000.0, 6_150_000.0)


@dataclass(frozen=True)
class _Roads:
    """Crossings of a bent grid, and the shortest ways between them."""

    xy: Floats  # shape (crossings, 2)
    links: coo_array
    bends: dict[tuple[int, int], Floats]


def drawn_plan(features: int, *, seed: int = 1) -> tuple[Study, Plan]:
    """Return a study and a plan with a number of features (at least 100); the same seed gives the same ones."""
    rng = np.random.default_rng([seed, features])
    count = {name: round(share * features) for name, share in SHARES.items()}
    count["unserved"] = features - sum(count.values())
    roads = _roads(rng, max(int(np.sqrt(count["plants"])) * 2, 6))
    home = rng.integers(0, len(roads.xy), count["plants"])
    xy = roads.xy[home] + rng.normal(0, 250, (count["plants"], 2))
    base = read_study("kalundborg")
    study = _study(base, rng, xy, roads)
    names = study.plants["plant"].to_numpy()
    routes, hauls = _hauls(rng, names, home, roads, count["hauls"])
    trenches, corridors, pipes = _pipes(rng, names, xy, count["pipes"])
    lines = gpd.GeoDataFrame(
        {"key": [*corridors["corridor"], *routes], "kind": ["corridor"] * len(corridors) + ["route"] * len(routes)},
        geometry=[*trenches, *routes.values()], crs=study.crs,
    )  # fmt: skip
    plan = Plan(
        problem=study.name, status="optimal", objective=1e6, bound=1e6, gap=0.0,
        exchanges=_exchanges(rng, pipes.merge(corridors, on="corridor"), hauls, count["exchanges"]),
        built_corridors=make_table("plan", "built_corridors", corridors),
        built_pipes=make_table("plan", "built_pipes", pipes),
        hauls=make_table("plan", "hauls", hauls),
        unplaced=_left(rng, "unplaced", names, count["unplaced"]),
        unserved=_left(rng, "unserved", names, count["unserved"]),
        geometries=lines,
    )  # fmt: skip
    return study, plan


def _study(base: Study, rng: np.random.Generator, xy: Floats, roads: _Roads) -> Study:
    """Return the bundled study's catalogue with made-up plants and roads, and nothing else."""
    number = np.arange(len(xy))
    plants = gpd.GeoDataFrame(
        {"plant": [f"p{n}" for n in number], "name": [f"Works no. {n}" for n in number],
         "sector": rng.choice(_SECTORS, len(xy)), "country": "", "note": "", "source": "made from a seed"},
        geometry=shapely.points(xy), crs=base.crs,
    )  # fmt: skip
    ways = gpd.GeoDataFrame(
        {"u": [u for u, _ in roads.bends], "v": [v for _, v in roads.bends], "highway": "tertiary"},
        geometry=shapely.linestrings(np.stack(list(roads.bends.values()))), crs=base.crs,
    )  # fmt: skip
    empty = {name: getattr(base, name).iloc[:0] for name in ("streams", "zones", "crossings", "pipelines", "sites")}
    name = f"{len(xy):,} works made from a seed"
    settings = base.settings.model_copy(update={"name": name, "description": "", "sources": ["Made from a seed"]})
    return base.replace(name=name, settings=settings, plants=plants, roads=ways, **empty)


def _roads(rng: np.random.Generator, side: int) -> _Roads:
    number = np.arange(side * side).reshape(side, side)
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    xy = _ORIGIN + _ROAD_M * (grid + rng.uniform(-0.25, 0.25, grid.shape))
    start = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    end = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    bent = _bent(rng, xy[start], xy[end], _BENDS, 0.04)
    length = np.linalg.norm(np.diff(bent, axis=1), axis=2).sum(axis=1)
    links = coo_array((length, (start, end)), shape=(side * side,) * 2)
    return _Roads(xy, links, dict(zip(zip(start.tolist(), end.tolist(), strict=True), bent, strict=True)))


def _bent(rng: np.random.Generator, start: Floats, end: Floats, bends: int, share: float) -> Floats:
    """Return lines that wander about the straight ones by a share of their length, shape (n, bends + 1, 2)."""
    step = np.linspace(0, 1, bends + 1)
    wave = np.arange(1, 5)
    way = end - start
    aside = np.stack([-way[:, 1], way[:, 0]], axis=1)
    swing = rng.normal(0, share, (len(way), 4)) / np.sqrt(wave) @ np.sin(np.pi * wave[:, None] * step)
    return start[:, None] + step[None, :, None] * way[:, None] + swing[:, :, None] * aside[:, None]


def _hauls(rng: np.random.Generator, names: npt.NDArray[np.object_], home: Ints, roads: _Roads, count: int
           ) -> tuple[dict[str, shapely.LineString], pd.DataFrame]:  # fmt: skip
    """Return the road of each route, and the hauls on them; some roads carry two resources."""
    ends = rng.integers(0, len(home), (count, 2))
    ends[:, 1] = np.where(home[ends[:, 0]] == home[ends[:, 1]], (ends[:, 1] + 1) % len(home), ends[:, 1])
    origins, which = np.unique(home[ends[:, 0]], return_inverse=True)
    _, before = dijkstra(roads.links, directed=False, indices=origins, return_predecessors=True)
    routes = {}
    for number, (row, (_, to)) in enumerate(zip(which, ends, strict=True)):
        routes[f"r{number}"] = _way(roads, before[row], int(origins[row]), int(home[to]))
    quantity = rng.lognormal(9, 1, count)
    table = pd.DataFrame({
        "route": list(routes), "from_node": names[ends[:, 0]], "to_node": names[ends[:, 1]],
        "resource": rng.choice(_RESOURCES, count), "vehicle": "tipper_40t", "quantity": quantity,
        "trips_per_year": quantity / 25, "hours_per_year": quantity / 20,
        "distance_m": [line.length for line in routes.values()], "cost": 4 * quantity, "co2": quantity / 300,
        "geometry_key": list(routes),
    })  # fmt: skip
    return routes, table


def _way(roads: _Roads, before: Ints, start: int, end: int) -> shapely.LineString:
    """Return the bent road from one crossing to another."""
    nodes = [end]
    while nodes[-1] != start and before[nodes[-1]] >= 0:
        nodes.append(int(before[nodes[-1]]))
    nodes.reverse()
    if len(nodes) < 2:  # both ends stand at one crossing
        return shapely.LineString(roads.xy[start] + np.array([[0.0, 0.0], [150.0, 90.0]]))
    pieces = [roads.bends[(u, v)] if (u, v) in roads.bends else roads.bends[(v, u)][::-1] for u, v in pairwise(nodes)]
    return shapely.LineString(np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])]))


def _pipes(rng: np.random.Generator, names: npt.NDArray[np.object_], xy: Floats, count: int
           ) -> tuple[list[shapely.LineString], pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Return trenches between near plants, and pipes in them."""
    per_trench = rng.integers(1, 4, count)
    trenches = int(np.searchsorted(np.cumsum(per_trench), count)) + 1
    start = np.arange(trenches) % len(xy)
    _, near = cKDTree(xy).query(xy, k=min(2 + trenches // len(xy), len(xy)))
    end = near[start, 1 + np.arange(trenches) // len(xy)]
    lines = list(shapely.linestrings(_bent(rng, xy[start], xy[end], _TRENCH_BENDS, 0.04)))
    corridor = np.array([f"c{number}" for number in range(trenches)])
    corridors = pd.DataFrame({
        "corridor": corridor, "from_node": names[start], "to_node": names[end],
        "length_m": shapely.length(lines), "fixed_cost": 20 * shapely.length(lines),
    })  # fmt: skip
    of = np.repeat(np.arange(trenches), per_trench[:trenches])[:count]
    turn = np.concatenate([np.arange(n) for n in per_trench[:trenches]])[:count]
    diameter = rng.choice(_DIAMETERS_MM, count)
    flow = diameter**2 * rng.uniform(5, 10, count)
    pipes = pd.DataFrame({
        "corridor": corridor[of], "resource": np.array(_RESOURCES)[(of + turn) % len(_RESOURCES)],
        "option": [f"dn{size}" for size in diameter], "diameter_mm": diameter.astype(float), "flow_forward": flow,
        "flow_backward": 0.0, "capacity": 1.2 * flow, "fixed_cost": 90.0 * diameter, "flow_cost": 900.0, "co2": 3.0,
    })  # fmt: skip
    return lines, corridors, pipes


def _exchanges(rng: np.random.Generator, pipes: pd.DataFrame, hauls: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return exchanges over single pipes and hauls, each of the two as often as there are of them."""
    ways = pd.concat([
        pipes.assign(path=pipes["corridor"], mode="pipeline", quantity=pipes["flow_forward"]),
        hauls.assign(path=hauls["route"], mode="truck"),
    ], ignore_index=True)  # fmt: skip
    rows = ways.iloc[rng.choice(len(ways), count, replace=count > len(ways))]
    return make_table("plan", "exchanges", pd.DataFrame({
        "exchange": [f"e{number}" for number in range(count)], "from_node": rows["from_node"].to_numpy(),
        "to_node": rows["to_node"].to_numpy(), "resource": rows["resource"].to_numpy(),
        "received_as": rows["resource"].to_numpy(), "quantity": rows["quantity"].to_numpy(),
        "quantity_sent": rows["quantity"].to_numpy(), "unit": "t", "mode": rows["mode"].to_numpy(),
        "distance_m": 2345.0, "cost": rows["quantity"].to_numpy() * 3, "co2": 12.5,
        "supply": [f"{node} {name}" for node, name in zip(rows["from_node"], rows["resource"], strict=True)],
        "demand": [f"{node} {name}" for node, name in zip(rows["to_node"], rows["resource"], strict=True)],
        "path": rows["path"].to_numpy(),
    }))  # fmt: skip


def _left(rng: np.random.Generator, table: str, names: npt.NDArray[np.object_], count: int) -> pd.DataFrame:
    stream, done = {"unplaced": ("supply", "placed"), "unserved": ("demand", "served")}[table]
    pairs = rng.choice(len(names) * len(_RESOURCES), count, replace=False)
    node, resource = names[pairs // len(_RESOURCES)], np.array(_RESOURCES)[pairs % len(_RESOURCES)]
    rows = {
        stream: [f"{at} {name}" for at, name in zip(node, resource, strict=True)], "node": node,
        "resource": resource, "quantity": rng.lognormal(8, 1, count), done: 0.0, "cost": 100.0, "co2": 1.0,
    }  # fmt: skip
    return make_table("plan", table, pd.DataFrame(rows))
