"""What a pop-up says: a title and rows of label and value, as plain text that the page never parses."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from maps.numbers import DAYS_PER_YEAR, NOT_GIVEN, amount, distance, number, percent, plural
from maps.scene import Scene

Popup = dict[str, Any]  # title: str, rows: [[label, value], ...]

ARROW = " → "
_CLASSES = 2  # vehicle classes that one row names


def popup(title: str, *rows: tuple[str, str]) -> Popup:
    """Return a pop-up without the rows that have nothing to say."""
    return {"title": title, "rows": [list(row) for row in rows if row[1] not in ("", NOT_GIVEN)]}


def plants(scene: Scene, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return what is known of each plant beside its streams."""
    barred = _barred_rows(scene)
    return [
        popup(
            row.name,
            ("Sector", row.sector),
            *barred.get(row.plant, ()),
            ("Note", getattr(row, "note", "")),
            ("Source", getattr(row, "source", "")),
        )
        for row in layer.itertuples(index=False)
    ]


def _barred_rows(scene: Scene) -> dict[str, list[tuple[str, str]]]:
    """Return, by plant, which vehicle classes cannot reach it and why, classes of one reason together."""
    rows: dict[str, list[tuple[str, str]]] = {}
    told = scene.plan.unreachable_by_class
    for (plant, reason), vehicles in told.groupby(["plant", "reason"], sort=False)["vehicle"]:
        names = list(dict.fromkeys(scene.vehicle_names.get(name, name) for name in vehicles))
        who = ", ".join(names[:_CLASSES]) + (f" and {len(names) - _CLASSES} more" if len(names) > _CLASSES else "")
        rows.setdefault(str(plant), []).append(("Not reached by", f"{who}: {reason}"))
    return rows


def exchanges(scene: Scene, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return who gives how much of what to whom, how, how far and at what cost."""
    trips = scene.plan.hauls.groupby(["route", "resource"])["trips_per_year"].sum().to_dict()
    money, names = scene.plan.currency, scene.resource_names
    out = []
    for row in layer.itertuples(index=False):
        driven = [trips[key] for step in row.path.split(";") if (key := (step.strip(), row.resource)) in trips]
        lost = row.quantity_sent - row.quantity
        out.append(
            popup(
                f"{row.resource_name}: {row.from_name}{ARROW}{row.to_name}",
                ("Quantity", amount(row.quantity, _per_year(row.unit))),
                ("Lost on the way", amount(lost, _per_year(row.unit)) if lost > row.quantity * 1e-6 else ""),
                ("Used as", names.get(row.received_as, row.received_as) if row.received_as != row.resource else ""),
                ("Travels by", row.mode.replace("_", " ")),
                ("Through hub", row.via_hub),
                ("Distance", distance(row.distance_m) + (", an estimate" if row.coarse_m > 0 else "")),
                ("Trips", amount(sum(driven), "per year") if driven else ""),
                ("Transport cost", amount(row.cost, f"{money}/year")),
                ("Transport CO₂", amount(row.co2, "t/year")),
                ("Period", row.period),
            )
        )
    return out


def pipelines(scene: Scene, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return what each pipe carries, how wide and how full it is, and what it costs."""
    money = f"{scene.plan.currency}/year"
    shared = layer.groupby("corridor")["resource"].transform("count").tolist()
    return [
        popup(
            f"{row.resource_name} pipeline",
            ("Section", f"{row.from_name} – {row.to_name}"),
            ("Diameter", amount(row.diameter_mm, "mm")),
            (f"Flow to {row.to_name}", amount(row.flow_forward, row.unit) if row.flow_forward > 0 else ""),
            (f"Flow to {row.from_name}", amount(row.flow_backward, row.unit) if row.flow_backward > 0 else ""),
            ("Capacity", amount(row.capacity, row.unit)),
            ("Load", percent(row.load_share)),
            ("Joined", f"in {row.pieces} pieces; flows are the largest of them" if row.pieces > 1 else ""),
            ("Length", distance(row.length_m)),
            ("Pipe", "was already there" if _yes(row.existing) else amount(row.fixed_cost, money)),
            ("Pumping", amount(row.flow_cost, money)),
            ("Trench", amount(row.trench_cost, money) + (f", shared by {plural(count, 'pipe')}" if count > 1 else "")),
            ("CO₂", amount(row.co2, "t/year")),
            ("Period", row.period),
            ("Built in", row.built_in),
        )
        for row, count in zip(layer.itertuples(index=False), shared, strict=True)
    ]


def truck_routes(scene: Scene, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return what each haul carries, in how many trips, and what it costs."""
    money = scene.plan.currency
    return [
        popup(
            f"{row.resource_name} by truck: {row.from_name}{ARROW}{row.to_name}",
            ("Quantity", amount(row.quantity, row.unit)),
            ("Vehicle", row.vehicle_name),
            ("Trips", amount(row.trips_per_year, "per year")),
            ("Trips a day", "" if pd.isna(row.trips_per_year) else number(row.trips_per_year / DAYS_PER_YEAR)),
            ("Vehicle hours", amount(row.hours_per_year, "h/year")),
            ("Distance", "" if pd.isna(row.distance_m) else f"{distance(row.distance_m)} one way"),
            ("Of it on coarse roads", f"{distance(row.coarse_m)}: an estimate" if row.coarse_m > 0 else ""),
            ("Cost", amount(row.cost, f"{money}/year")),
            ("CO₂", amount(row.co2, "t/year")),
            ("Period", row.period),
            ("Line", "straight: the road path is not known" if row.geometry_key == "" else ""),
        )
        for row in layer.itertuples(index=False)
    ]


def unplaced(scene: Scene, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return how much of a supply nobody takes."""
    return [
        popup(
            f"{row.resource_name} left over at {row.name}",
            ("Left over", amount(row.quantity, row.unit)),
            ("Placed", amount(row.placed, row.unit)),
            ("Disposal cost", amount(row.cost, f"{scene.plan.currency}/year")),
            ("CO₂ of disposal", amount(row.co2, "t/year")),
            ("Period", row.period),
        )
        for row in layer.itertuples(index=False)
    ]


def unserved(scene: Scene, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return how much of a demand is bought new."""
    return [
        popup(
            f"{row.resource_name} still bought new by {row.name}",
            ("Bought new", amount(row.quantity, row.unit)),
            ("Served by partners", amount(row.served, row.unit)),
            ("Purchase cost", amount(row.cost, f"{scene.plan.currency}/year")),
            ("CO₂ of the virgin resource", amount(row.co2, "t/year")),
            ("Period", row.period),
        )
        for row in layer.itertuples(index=False)
    ]


def hubs(scene: Scene, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return what each shared hub does."""
    return [
        popup(
            title,
            ("Hub", row.hub),
            ("Stands at", row.name),
            ("Technology", scene.technology_names.get(row.technology, row.technology.replace("_", " "))),
            ("Modules", f"{row.modules:,}"),
            ("Throughput", amount(row.throughput, "per year")),
            ("Cost", amount(row.cost, f"{scene.plan.currency}/year")),
            ("Period", row.period),
            ("Built in", row.built_in),
        )
        for title, row in zip(scene.hub_titles(layer), layer.itertuples(index=False), strict=True)
    ]


def zones(layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return what a zone is and what it means for a pipe."""
    return [
        popup(
            row.name or row.kind_name,
            ("Kind", row.kind_name),
            ("Laying pipe", _laying(row.forbidden, row.factor)),
        )
        for row in layer.itertuples(index=False)
    ]


def sites(layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return the name of each candidate site."""
    return [
        popup(row.name, ("Candidate site", row.site), ("Note", getattr(row, "note", "")))
        for row in layer.itertuples(index=False)
    ]


def existing_pipelines(layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return what a pipe that is already there carries."""
    return [
        popup(
            f"{row.resource_name} pipeline, existing",
            ("Name", row.pipeline),
            ("Diameter", amount(row.diameter_mm, "mm")),
            ("Spare capacity", amount(row.spare_capacity, row.unit)),
            ("Note", getattr(row, "note", "")),
        )
        for row in layer.itertuples(index=False)
    ]


def _laying(forbidden: object, factor: float) -> str:
    if _yes(forbidden):
        return "forbidden"
    return "" if pd.isna(factor) else f"costs × {number(factor)}"


def _yes(flag: object) -> bool:
    """Return a flag that may be missing as a plain truth value."""
    return flag is not None and flag is not pd.NA and flag == True  # noqa: E712 - NaN is no yes


def _per_year(unit: str) -> str:
    """Return the unit with its year: the plan may say ``t`` or ``t/year``."""
    return unit if "/" in unit or "year" in unit else f"{unit}/year"
