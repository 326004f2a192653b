"""Plausibly different truck routes between two plants, for a person to compare.

The penalty method: the best path is found, its roads are made dearer, and so on (Bader, Dees, Geisberger,
Sanders 2011, "Alternative route graphs in road networks"). A path counts as another route when it shares
at most 70 % of its length with each route already found and costs at most 1.4 times the best one.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data.errors import Fault, InputError
from data.spelling import closest
from data.study import Study
from routing.network import Floats
from routing.paths import Paths, path_lines
from routing.profiles import vehicle_of
from routing.trips import Driving, find_ground
from routing.trucks import truck_routes

MAX_OVERLAP = 0.7  # of a route's length
MAX_COST = 1.4  # times the best
_DEARER = 1.3  # each time a road has been used
_ROUNDS = 30
COLUMNS = {
    "rank": "int64",
    "vehicle": "str",
    "distance_m": "float64",  # one way
    "coarse_m": "float64",  # of it on coarse roads of the world: an estimate
    "drive_h": "float64",  # one way, laden
    "hours_per_trip": "float64",  # with the way back, loading and unloading
    "cost_per_trip": "float64",  # currency
    "co2_t_per_trip": "float64",
    "cost_ratio": "float64",  # to the best route
    "overlap": "float64",  # greatest share of its length on any route before it
}


def alternative_routes(study: Study, from_plant: str, to_plant: str, what: str, *, count: int = 3) -> gpd.GeoDataFrame:
    """Return up to ``count`` different routes between two plants, the cheapest first.

    Parameters
    ----------
    study
        With roads.
    from_plant, to_plant
        Plants.
    what
        A resource, which goes by the cheapest vehicle that may carry it, or a vehicle class, which then
        carries no dangerous goods.
    count
        How many routes are wanted. There may be fewer, in a valley even one, and none without a way.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of :data:`COLUMNS` and ``geometry`` in the study's CRS. Times, cost and CO2 are of one
        trip as :mod:`routing.trucks` counts them.

    Raises
    ------
    InputError
        When a plant, or the resource or vehicle, is not known, or no truck carries it.
    """
    _check(study, from_plant, to_plant, what)
    vehicle, adr = _vehicle(study, from_plant, to_plant, what)
    if not vehicle or study.roads.empty:
        return _table(study, [])
    row = study.vehicles.set_index("vehicle").loc[vehicle]
    kind = vehicle_of(row, adr)
    ground = find_ground(study, [from_plant, to_plant], [kind])
    if ground.too_far:
        return _table(study, [])
    driving = ground.driving(kind, empty_return=float(row["empty_return"]))
    ends = ground.node.loc[[from_plant, to_plant]].to_numpy(dtype=np.int64)
    routes = _different(driving, ends, count)
    return _table(study, [_described(driving, route, row) for route in routes])


def _check(study: Study, from_plant: str, to_plant: str, what: str) -> None:
    plants = study.plants["plant"]
    kinds = pd.concat([study.vehicles["vehicle"], study.resources["resource"]])
    faults = [
        Fault("routes", name, repr(value), closest(value, plants))
        for name, value in (("from", from_plant), ("to", to_plant))
        if value not in set(plants)
    ]
    if from_plant == to_plant:
        faults.append(Fault("routes", "to", repr(to_plant), "another plant than the first"))
    if what not in set(kinds):
        faults.append(Fault("routes", "what", repr(what), closest(what, kinds) + ", a resource or vehicle class"))
    if faults:
        raise InputError(faults)


def _vehicle(study: Study, from_plant: str, to_plant: str, what: str) -> tuple[str, str]:
    """Return the vehicle class and the ADR class of what it carries."""
    if what in set(study.vehicles["vehicle"]):
        return what, ""
    pair = {"supply": "", "demand": "", "from_plant": from_plant, "to_plant": to_plant, "resource": what, "truck": True}
    offered = truck_routes(study, pd.DataFrame([pair])).routes
    if offered.empty:
        return "", ""
    adr = study.resources.set_index("resource").loc[what, "adr_class"]
    return str(offered.loc[offered["unit_cost"].idxmin(), "vehicle"]), str(adr)


@dataclass(frozen=True, eq=False)
class _Route:
    paths: Paths  # of one pair
    overlap: float
    ratio: float


def _different(driving: Driving, ends: Floats, count: int) -> list[_Route]:
    """Return the best path and others that differ from it and from each other, cheapest first."""
    source, target = ends[:1].astype(np.int64), ends[1:].astype(np.int64)
    weight = driving.costs.weight.copy()
    length = driving.network.length_m
    found: list[_Route] = []
    best = np.inf
    for _ in range(_ROUNDS):
        paths = driving.paths(source, target, weight)
        if not np.isfinite(paths.cost[0]):
            break
        cost = float(driving.costs.total(paths, driving.costs.weight)[0])
        best = min(best, cost)
        shared = [np.isin(paths.edge, other.paths.edge) for other in found]
        run = length[paths.edge]
        overlap = max((float(run[same].sum() / run.sum()) for same in shared), default=0.0)
        if overlap <= MAX_OVERLAP and cost <= MAX_COST * best:
            found.append(_Route(paths, overlap, cost / best))
        if len(found) == count:
            break
        weight[:, paths.edge] *= _DEARER
    return sorted(found, key=lambda route: route.ratio)


def _described(driving: Driving, route: _Route, row: pd.Series) -> dict[str, object]:
    driven = {name: float(values[0]) for name, values in driving.along(route.paths).items()}
    share = float(row["empty_return"])
    hours = driven["drive_h"] + share * driven["back_h"] + float(row["load_h"]) + float(row["unload_h"])
    laden, empty = float(row["co2_laden_kg_per_km"]), float(row["co2_empty_kg_per_km"])
    return {
        "vehicle": row.name,
        "distance_m": driven["distance_m"],
        "coarse_m": driven["coarse_m"],
        "drive_h": driven["drive_h"],
        "hours_per_trip": hours,
        "cost_per_trip": driven["drive_cost"] + share * driven["back_cost"] + float(row["cost_per_h"]) * hours,
        "co2_t_per_trip": (driven["fuel_m"] * laden + share * driven["fuel_back_m"] * empty) / 1e6,
        "cost_ratio": route.ratio,
        "overlap": route.overlap,
        "geometry": path_lines(driving.network, route.paths, np.array([0]))[0],
    }


def _table(study: Study, rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=[*COLUMNS, "geometry"])
    table["rank"] = np.arange(1, len(rows) + 1)
    shapes = gpd.GeoSeries(table.pop("geometry").to_list(), crs=study.crs)
    return gpd.GeoDataFrame(table.astype(COLUMNS), geometry=shapes, crs=study.crs)
