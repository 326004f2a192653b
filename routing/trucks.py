"""Truck routes: which vehicle hauls what from plant to plant, along which road, at what cost.

For each pair of plants and each vehicle class that may carry the resource, the path minimises the
generalised cost ``cost_per_km * km + cost_per_h * h``. Per trip, with ``e`` the share of the empty way
back that this haul pays (``empty_return``),

    hours = (1 + e) drive + load + unload
    cost  = cost_per_km (1 + e) km + cost_per_h hours
    CO2   = km (laden + e empty)

and per unit all of it divided by the load (:func:`routing.loads.units_per_trip`). The way back is taken
to be as long as the way there.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.contracts import empty_table, make_table
from data.settings import Settings
from data.study import Study
from routing.loads import units_per_trip
from routing.network import Flags, RoadNetwork, Vehicle, build_network
from routing.paths import Paths, least_cost_paths, path_lines
from routing.snapping import join, snap

_LEG = ["vehicle", "dangerous", "from_plant", "to_plant"]
_HAUL = ["from_plant", "to_plant", "resource"]


@dataclass(frozen=True, eq=False)
class TruckRoutes:
    """Routes as the ``routes`` table of a Problem, the lines they follow, and who cannot be reached."""

    routes: pd.DataFrame
    geometries: gpd.GeoDataFrame  # key, kind ("route"), geometry in the study's CRS
    unreachable: pd.DataFrame  # plant, reason


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
        cheaper ones. Routes of one path share a ``geometry_key``.
    """
    hauls, notes = _hauls(study, pairs)
    if hauls.empty:
        return _result(study, empty_table("problem", "routes"), gpd.GeoDataFrame(), notes)
    if study.roads.empty:
        plants = pd.unique(hauls[["from_plant", "to_plant"]].to_numpy().ravel())
        notes += [(plant, "the study has no roads") for plant in plants]
        return _result(study, empty_table("problem", "routes"), gpd.GeoDataFrame(), notes)
    trips = _Trips(study)
    legs = trips.drive(hauls[_LEG].drop_duplicates(ignore_index=True))
    hauls = hauls.merge(legs, on=_LEG, validate="many_to_one")
    notes += trips.unreachable(hauls)
    priced = _priced(study.settings, hauls)
    kept = _worth_offering(priced)
    lines = trips.lines(kept[["run", "leg"]].drop_duplicates(ignore_index=True))
    kept = kept.merge(lines, on=["run", "leg"], validate="many_to_one").sort_values("order", kind="stable")
    kept["geometry_key"] = _geometry_keys(kept)
    shapes = kept.drop_duplicates("geometry_key").rename(columns={"geometry_key": "key"}).assign(kind="route")
    return _result(study, _route_table(study.settings, kept), shapes, notes)


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
    hauls = hauls[_may_carry(study.settings, hauls)].copy()
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


def _may_carry(settings: Settings, hauls: pd.DataFrame) -> Flags:
    """Return which vehicles may carry which resource: by body, or as the study lists; ADR goods by ADR only."""
    allowed = (hauls["body"] == hauls["body_of_vehicle"]) & (hauls["body"] != "")
    for vehicle, override in settings.trucks.vehicles.items():
        if override.resources is not None:
            mine = hauls["vehicle"] == vehicle
            allowed = allowed.where(~mine, hauls["resource"].isin(override.resources))
    allowed &= hauls["adr"].astype(bool) | ~hauls["dangerous"]
    flags: Flags = allowed.to_numpy(dtype=bool)
    return flags


@dataclass(frozen=True, eq=False)
class _Run:
    """All legs of one vehicle class with or without dangerous goods."""

    network: RoadNetwork  # with the plants in it
    paths: Paths


@dataclass(frozen=True, eq=False)
class _Ground:
    """The network as one set of open roads shows it, with the plants joined to it."""

    network: RoadNetwork
    node: pd.Series  # by plant
    too_far: dict[str, float]


class _Trips:
    """Paths of every leg; plants are joined to the road once per set of roads that vehicles may use."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._network = build_network(study.roads, study.highways)
        self._vehicles = study.vehicles.set_index("vehicle")
        self._grounds: dict[bytes, _Ground] = {}
        self._runs: list[_Run] = []

    def drive(self, legs: pd.DataFrame) -> pd.DataFrame:
        """Return the legs with ``run``, ``leg``, ``distance_m``, ``drive_h`` and what failed.

        ``snapped_from`` and ``snapped_to`` tell whether the plants meet a road; the distance is NaN
        where there is no path.
        """
        shapes = self._study.plants.set_index("plant").geometry
        plants = shapes[shapes.index.isin(legs["from_plant"]) | shapes.index.isin(legs["to_plant"])]
        driven = [
            self._drive_one(group.copy(), plants) for _, group in legs.groupby(["vehicle", "dangerous"], sort=True)
        ]
        return pd.concat(driven, ignore_index=True)

    def _drive_one(self, legs: pd.DataFrame, plants: gpd.GeoSeries) -> pd.DataFrame:
        vehicle = _vehicle(self._vehicles.loc[legs["vehicle"].iloc[0]], dangerous=bool(legs["dangerous"].iloc[0]))
        ground = self._ground(self._network.open_to(vehicle), plants)
        legs["snapped_from"] = legs["from_plant"].isin(ground.node.index)
        legs["snapped_to"] = legs["to_plant"].isin(ground.node.index)
        on_road = (legs["snapped_from"] & legs["snapped_to"]).to_numpy(dtype=bool)
        network = ground.network
        graph = network.graph(network.generalised_cost(vehicle), network.open_to(vehicle))
        source = ground.node.reindex(legs["from_plant"][on_road]).to_numpy(dtype=np.int64)
        target = ground.node.reindex(legs["to_plant"][on_road]).to_numpy(dtype=np.int64)
        paths = least_cost_paths(graph, source, target)
        there = np.isfinite(paths.cost)
        legs["run"] = len(self._runs)
        for name, values in (
            ("leg", np.arange(len(source))),
            ("distance_m", np.where(there, paths.total(network.length_m), np.nan)),
            ("drive_h", np.where(there, paths.total(network.hours(vehicle.max_speed_kmh)), np.nan)),
        ):
            column = np.full(len(legs), -1 if name == "leg" else np.nan, dtype=values.dtype)
            column[on_road] = values
            legs[name] = column
        self._runs.append(_Run(network, paths))
        return legs

    def _ground(self, allowed: Flags, plants: gpd.GeoSeries) -> _Ground:
        key = np.packbits(allowed).tobytes()
        if key not in self._grounds:
            trucks = self._study.settings.trucks
            snaps = snap(self._network, allowed, plants, trucks.max_snap_km * 1000)
            network, node = join(self._network, snaps, trucks.access_kmh)
            self._grounds[key] = _Ground(network, pd.Series(node, index=snaps.plant), snaps.too_far)
        return self._grounds[key]

    def unreachable(self, hauls: pd.DataFrame) -> list[tuple[str, str]]:
        """Return the plants that no vehicle reaches, and why: too far from a road, or no way through."""
        names = ["plant", "snapped", "distance_m", "resource"]
        ends = pd.concat(
            [
                hauls[[f"{end}_plant", f"snapped_{end}", "distance_m", "resource"]].set_axis(names, axis=1)
                for end in ("from", "to")
            ]
        )
        tried = np.tile((hauls["snapped_from"] & hauls["snapped_to"]).to_numpy(dtype=bool), 2)
        ends = ends.assign(served=ends["distance_m"].notna(), tried=tried)
        snapped = ends.groupby("plant")["snapped"].any()
        limit = self._study.settings.trucks.max_snap_km
        notes = []
        for plant in snapped.index[~snapped]:  # only the plants that are off the road
            away = min(ground.too_far[plant] for ground in self._grounds.values())
            where = f"the nearest road open to its vehicles is {away / 1000:.1f} km away"
            where = where if np.isfinite(away) else "no road is open to its vehicles"
            notes.append((plant, f"{where}; trucks.max_snap_km is {limit:g}"))
        state = ends.groupby(["plant", "resource"])[["served", "tried"]].any().reset_index()
        cut_off = state[state["tried"] & ~state["served"]].groupby("plant")["resource"].agg(", ".join)
        notes += [(str(plant), f"no road connects it with any partner for {what}") for plant, what in cut_off.items()]
        return notes

    def lines(self, wanted: pd.DataFrame) -> pd.DataFrame:
        """Return the geometry of each wanted ``run`` and ``leg``."""
        parts = []
        for run, group in wanted.groupby("run", sort=True):
            leg = np.sort(group["leg"].to_numpy(dtype=np.int64))
            this = self._runs[int(str(run))]
            parts.append(pd.DataFrame({"run": run, "leg": leg, "geometry": path_lines(this.network, this.paths, leg)}))
        return pd.concat(parts, ignore_index=True) if parts else wanted.assign(geometry=None)


def _vehicle(row: pd.Series, *, dangerous: bool) -> Vehicle:
    return Vehicle(
        gross_weight_t=float(row["gross_weight_t"]),
        height_m=float(row["height_m"]),
        axle_load_t=float(row["axle_load_t"]),
        dangerous=dangerous,
        max_speed_kmh=float(row["max_speed_kmh"]),
        cost_per_km=float(row["cost_per_km"]),
        cost_per_h=float(row["cost_per_h"]),
    )


def _priced(settings: Settings, hauls: pd.DataFrame) -> pd.DataFrame:
    """Return the hauls that have a path short enough, with cost, hours and CO2 (see the module)."""
    near = hauls["distance_m"] <= settings.trucks.max_distance_km * 1000
    hauls = hauls[near].copy()
    km, share = hauls["distance_m"] / 1000, hauls["empty_return"]
    hours = (1 + share) * hauls["drive_h"] + hauls["load_h"] + hauls["unload_h"]
    cost = hauls["cost_per_km"] * (1 + share) * km + hauls["cost_per_h"] * hours
    co2_kg = km * (hauls["co2_laden_kg_per_km"] + share * hauls["co2_empty_kg_per_km"])
    return hauls.assign(
        hours_per_trip=hours,
        unit_cost=cost / hauls["units_per_trip"],
        co2_per_unit=co2_kg / 1000 / hauls["units_per_trip"],
    )


def _worth_offering(hauls: pd.DataFrame) -> pd.DataFrame:
    """Keep, per plants and resource, the vehicles that no other beats on both cost and CO2."""
    number = hauls.groupby(_HAUL, sort=False).ngroup()
    hauls = hauls.assign(group=number).sort_values(["group", "unit_cost", "co2_per_unit", "vehicle"], kind="stable")
    least = hauls.groupby("group")["co2_per_unit"].transform(lambda co2: co2.cummin().shift(fill_value=np.inf))
    hauls = hauls[hauls["co2_per_unit"] < least]
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
         "geometry_key"]
    ].assign(
        route="road:" + kept["from_plant"] + ">" + kept["to_plant"] + ":" + kept["resource"] + ":" + kept["vehicle"],
        from_node=kept["from_plant"],
        to_node=kept["to_plant"],
        fixed_cost=trucks.loading_bay_cost * finance.annuity(finance.lifetime_years.loading_bay),
    )  # fmt: skip
    return make_table("problem", "routes", table)
