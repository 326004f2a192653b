"""Truck routes: which vehicle hauls what from plant to plant, along which road, at what cost.

For each pair of plants and each vehicle class that may carry the resource, the path minimises the
generalised cost of :mod:`routing.profiles`. Per trip on flat roads without toll, with ``e`` the share of
the empty way back that this haul pays (``empty_return``),

    hours = (1 + e) drive + load + unload
    cost  = cost_per_km (1 + e) km + cost_per_h hours
    CO2   = km (laden + e empty)

and per unit all of it divided by the load (:func:`routing.loads.units_per_trip`). The way back is taken
along the same roads. Tolls and hills change cost, hours and CO2 as :mod:`routing.profiles` says; CO2
follows the fuel.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.carriage import may_carry, owned_per_h
from data.contracts import empty_table, make_table
from data.settings import Settings
from data.study import Study
from data.world import COARSE_KEY
from routing.barriers import NO_ROAD, barriers
from routing.loads import units_per_trip
from routing.paths import Paths, path_lines
from routing.profiles import vehicle_of
from routing.trips import Driving, find_ground
from routing.world import coarse_lines

_KIND = ["vehicle", "adr_class"]
_LEG = [*_KIND, "from_plant", "to_plant"]
_HAUL = ["from_plant", "to_plant", "resource"]


@dataclass(frozen=True, eq=False)
class TruckRoutes:
    """Routes as the ``routes`` table of a Problem, the lines they follow, and who cannot be reached."""

    routes: pd.DataFrame
    geometries: gpd.GeoDataFrame  # key, kind ("route" or "coarse"), geometry in the study's CRS
    unreachable: pd.DataFrame  # plant, reason
    class_reasons: pd.DataFrame = field(  # plant, vehicle, reason: a class that cannot reach a plant on a road
        default_factory=lambda: pd.DataFrame(columns=["plant", "vehicle", "reason"], dtype="str")
    )


def truck_routes(study: Study, pairs: pd.DataFrame) -> TruckRoutes:
    """Return the truck routes that are worth offering to the optimiser.

    Parameters
    ----------
    study
        With roads, vehicles and truck settings.
    pairs
        ``supply``, ``demand``, ``from_plant``, ``to_plant``, ``resource`` (the supply's), ``truck``: which
        supplies could serve which demands, and whether the resource may go by truck.

    Returns
    -------
    TruckRoutes
        Per pair of plants and resource the cheapest vehicle, and every other that emits less than all
        cheaper ones; every vehicle where they are bought whole, without what owning it costs. Routes of one
        path share a ``geometry_key``.
    """
    hauls, notes = _hauls(study, pairs)
    if hauls.empty:
        return _result(study, empty_table("problem", "routes"), gpd.GeoDataFrame(), notes)
    if study.roads.empty:
        plants = pd.unique(hauls[["from_plant", "to_plant"]].to_numpy().ravel())
        notes += [(plant, "the study has no roads") for plant in plants]
        return _result(study, empty_table("problem", "routes"), gpd.GeoDataFrame(), notes)
    wanted = hauls[_LEG].drop_duplicates(ignore_index=True)
    trips = _Trips(study, wanted)
    legs = trips.drive(wanted)
    hauls = hauls.merge(legs, on=_LEG, validate="many_to_one")
    reasons = trips.class_reasons(legs)
    notes += trips.unreachable(hauls, reasons)
    priced = _priced(study.settings, hauls)
    kept = _worth_offering(study.settings, priced)
    lines = trips.lines(kept[["run", "leg"]].drop_duplicates(ignore_index=True))
    kept = kept.merge(lines, on=["run", "leg"], validate="many_to_one").sort_values("order", kind="stable")
    kept["geometry_key"] = _geometry_keys(kept)
    result = _result(study, _route_table(study.settings, kept), _drawn(kept), notes)
    return dataclasses.replace(result, class_reasons=reasons)


def _drawn(kept: pd.DataFrame) -> pd.DataFrame:
    """Return each path once, and after them the coarse stretches of those that have any: key, kind, geometry."""
    paths = kept.drop_duplicates("geometry_key")
    coarse = paths[paths["coarse"].notna()]
    whole = pd.DataFrame({"key": paths["geometry_key"], "kind": "route", "geometry": paths["geometry"]})
    part = pd.DataFrame({"key": COARSE_KEY + coarse["geometry_key"], "kind": "coarse", "geometry": coarse["coarse"]})
    return pd.concat([whole, part], ignore_index=True)


def _result(study: Study, routes: pd.DataFrame, shapes: pd.DataFrame, notes: list[tuple[str, str]]) -> TruckRoutes:
    if shapes.empty:
        shapes = pd.DataFrame({"key": pd.Series(dtype="str"), "kind": pd.Series(dtype="str"), "geometry": []})
    geometries = gpd.GeoDataFrame(
        shapes[["key", "kind"]].reset_index(drop=True), geometry=shapes["geometry"].to_numpy(), crs=study.crs
    )
    unreachable = pd.DataFrame(sorted(set(notes)), columns=["plant", "reason"], dtype="str")
    return TruckRoutes(routes, geometries, unreachable)


def _hauls(study: Study, pairs: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Return one row per plants, resource and vehicle that may carry it, with the load of a trip."""
    by_truck = pairs["truck"].astype(bool) & (pairs["from_plant"] != pairs["to_plant"])
    hauls = pairs.loc[by_truck, _HAUL].drop_duplicates(ignore_index=True)
    goods = study.resources.loc[study.resources["truck"].astype(bool)]
    hauls = hauls.merge(goods, on="resource")[[*_HAUL, *goods.columns.difference(["resource", "temperature_c"])]]
    hauls["dangerous"] = hauls["adr_class"] != ""
    asked = hauls[_HAUL].drop_duplicates()
    vehicles = study.vehicles.rename(columns={"name": "vehicle_name"})
    hauls = hauls.merge(vehicles, how="cross", suffixes=("", "_of_vehicle"))
    hauls = hauls[may_carry(study.settings, hauls)].copy()
    loads = units_per_trip(hauls, hauls["payload_t"].to_numpy(float), hauls["volume_m3"].to_numpy(float))
    hauls["units_per_trip"] = loads
    hauls = hauls[np.isfinite(loads) & (loads > 0)].reset_index(drop=True)
    left = asked.merge(hauls[_HAUL].drop_duplicates(), on=_HAUL, how="left", indicator=True)
    lost = left.loc[left["_merge"] == "left_only", ["from_plant", "resource"]].drop_duplicates()
    notes = [
        (plant, f"no vehicle class in use can carry {resource}, or its density or molar mass is missing")
        for plant, resource in lost.itertuples(index=False)  # only what cannot be hauled
    ]
    return hauls, notes


class _Trips:
    """Paths of every leg of every vehicle class, over one network with all plants in it."""

    def __init__(self, study: Study, legs: pd.DataFrame) -> None:
        rows = study.vehicles.set_index("vehicle")
        kinds = legs[_KIND].drop_duplicates().itertuples(index=False)
        self._vehicles = {(vehicle, adr): vehicle_of(rows.loc[vehicle], adr) for vehicle, adr in kinds}
        self._share = rows["empty_return"]
        self._max_snap_km = study.settings.trucks.max_snap_km
        plants = pd.unique(legs[["from_plant", "to_plant"]].to_numpy().ravel())
        self.ground = find_ground(study, plants, self._vehicles.values())
        self._runs: list[tuple[Driving, Paths]] = []

    def drive(self, legs: pd.DataFrame) -> pd.DataFrame:
        """Return the legs with ``run``, ``leg``, what is driven, and what failed.

        ``snapped_from`` and ``snapped_to`` tell whether the plants meet a road; ``distance_m`` is NaN
        where there is no path.
        """
        groups = legs.groupby(_KIND, sort=True)
        driven = [self._drive_one((str(vehicle), str(adr)), group.copy()) for (vehicle, adr), group in groups]
        return pd.concat(driven, ignore_index=True)

    def _drive_one(self, kind: tuple[str, str], legs: pd.DataFrame) -> pd.DataFrame:
        node = self.ground.node
        legs["snapped_from"] = legs["from_plant"].isin(node.index)
        legs["snapped_to"] = legs["to_plant"].isin(node.index)
        on_road = (legs["snapped_from"] & legs["snapped_to"]).to_numpy(dtype=bool)
        driving = self.ground.driving(self._vehicles[kind], empty_return=float(self._share[kind[0]]))
        source = node.reindex(legs["from_plant"][on_road]).to_numpy(dtype=np.int64)
        target = node.reindex(legs["to_plant"][on_road]).to_numpy(dtype=np.int64)
        paths = driving.paths(source, target)
        there = np.isfinite(paths.cost)
        legs["run"] = len(self._runs)
        legs["leg"] = -1
        legs.loc[on_road, "leg"] = np.arange(len(source))
        for name, values in driving.along(paths).items():
            column = np.full(len(legs), np.nan)
            column[on_road] = np.where(there, values, np.nan)
            legs[name] = column
        self._runs.append((driving, paths))
        return legs

    def class_reasons(self, legs: pd.DataFrame) -> pd.DataFrame:
        """Return why plants that are on a road are not reached by a vehicle: plant, vehicle, reason."""
        rows = []
        tried = legs[legs["snapped_from"] & legs["snapped_to"]]
        for (vehicle, adr), group in tried.groupby(_KIND, sort=True):
            failed = group["distance_m"].isna()
            if failed.any():
                served = {*group["from_plant"][~failed], *group["to_plant"][~failed]}
                told = barriers(self.ground, self._vehicles[str(vehicle), str(adr)], group[failed])
                rows += [(plant, vehicle, why) for plant, why in sorted(told.items()) if plant not in served]
        table = pd.DataFrame(rows, columns=["plant", "vehicle", "reason"], dtype="str")
        return table.drop_duplicates(ignore_index=True)

    def unreachable(self, hauls: pd.DataFrame, reasons: pd.DataFrame) -> list[tuple[str, str]]:
        """Return the plants that no vehicle reaches, and why: too far from a road, or no way through."""
        notes = []
        for plant, away in self.ground.too_far.items():  # only the plants that are off the road
            where = f"the nearest road open to its vehicles is {away / 1000:.1f} km away"
            where = where if np.isfinite(away) else "no road is open to its vehicles"
            notes.append((plant, f"{where}; trucks.max_snap_km is {self._max_snap_km:g}"))
        tried = hauls[hauls["snapped_from"] & hauls["snapped_to"]]
        ends = pd.concat([tried.assign(plant=tried[f"{end}_plant"]) for end in ("from", "to")])
        served = ends["distance_m"].notna().groupby([ends["plant"], ends["resource"]]).any()
        lost = served[~served].reset_index()
        for plant, what in lost.groupby("plant")["resource"].agg(", ".join).items():
            mine = reasons[(reasons["plant"] == plant) & (reasons["reason"] != NO_ROAD)]
            why = f" ({'; '.join(mine['reason'].unique())})" if len(mine) else ""
            notes.append((str(plant), f"{NO_ROAD} for {what}{why}"))
        return notes

    def lines(self, wanted: pd.DataFrame) -> pd.DataFrame:
        """Return the geometry of each wanted ``run`` and ``leg``, and that of its coarse edges (None: it has none)."""
        parts = []
        for run, group in wanted.groupby("run", sort=True):
            leg = np.sort(group["leg"].to_numpy(dtype=np.int64))
            driving, paths = self._runs[int(str(run))]
            whole = path_lines(driving.network, paths, leg)
            coarse = coarse_lines(driving.network, paths, driving.coarse_m, leg)
            parts.append(pd.DataFrame({"run": run, "leg": leg, "geometry": whole, "coarse": coarse}))
        return pd.concat(parts, ignore_index=True) if parts else wanted.assign(geometry=None, coarse=None)


def _priced(settings: Settings, hauls: pd.DataFrame) -> pd.DataFrame:
    """Return the hauls that have a path short enough, with cost, hours and CO2 (see the module)."""
    near = hauls["distance_m"] <= settings.trucks.max_distance_km * 1000
    hauls = hauls[near].copy()
    share = hauls["empty_return"]
    hours = hauls["drive_h"] + share * hauls["back_h"] + hauls["load_h"] + hauls["unload_h"]
    cost_per_h = hauls["cost_per_h"] - owned_per_h(settings, hauls)
    cost = hauls["drive_cost"] + share * hauls["back_cost"] + cost_per_h * hours
    laden, empty = hauls["co2_laden_kg_per_km"], hauls["co2_empty_kg_per_km"]
    co2_kg = (hauls["fuel_m"] * laden + share * hauls["fuel_back_m"] * empty) / 1000
    return hauls.assign(
        hours_per_trip=hours,
        unit_cost=cost / hauls["units_per_trip"],
        co2_per_unit=co2_kg / 1000 / hauls["units_per_trip"],
    )


def _worth_offering(settings: Settings, hauls: pd.DataFrame) -> pd.DataFrame:
    """Keep, per plants and resource, the vehicles that no other beats on both cost and CO2.

    Where vehicles are bought whole, all: one that is there for other hauls may have hours left.
    """
    number = hauls.groupby(_HAUL, sort=False).ngroup()
    hauls = hauls.assign(group=number).sort_values(["group", "unit_cost", "co2_per_unit", "vehicle"], kind="stable")
    least = hauls.groupby("group")["co2_per_unit"].transform(lambda co2: co2.cummin().shift(fill_value=np.inf))
    hauls = hauls[(hauls["co2_per_unit"] < least) | settings.trucks.whole_vehicles]
    return hauls.assign(order=np.arange(len(hauls)))


def _geometry_keys(kept: pd.DataFrame) -> pd.Series:
    """Return ``road:from>to`` for the first path of a pair of plants, ``...#2`` for the next, and so on."""
    shape = pd.Series(pd.factorize(shapely.to_wkb(kept["geometry"].to_numpy()))[0], index=kept.index)
    pair = kept["from_plant"] + ">" + kept["to_plant"]
    rank = shape.groupby(pair).transform(lambda shapes: pd.factorize(shapes)[0]).astype("int64")
    return "road:" + pair + ("#" + (rank + 1).astype(str)).where(rank > 0, "")


def _route_table(settings: Settings, kept: pd.DataFrame) -> pd.DataFrame:
    finance, trucks = settings.finance, settings.trucks
    table = kept[
        ["resource", "vehicle", "unit_cost", "units_per_trip", "hours_per_trip", "co2_per_unit", "distance_m",
         "coarse_m", "geometry_key"]
    ].assign(
        route="road:" + kept["from_plant"] + ">" + kept["to_plant"] + ":" + kept["resource"] + ":" + kept["vehicle"],
        from_node=kept["from_plant"],
        to_node=kept["to_plant"],
        fixed_cost=trucks.loading_bay_cost * finance.annuity(finance.lifetime_years.loading_bay),
    )  # fmt: skip
    return make_table("problem", "routes", table.assign(capex_fixed=trucks.loading_bay_cost))
