"""Small regions of plants in a row for the tests of matching."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
from shapely import Point

from data.contracts import empty_table, make_table
from data.settings import Settings

KM = {"A": 0.0, "B": 10.0, "C": 20.0, "D": 60.0}
TIPPER = {"vehicle": "tipper", "name": "Tipper", "body": "tipper", "payload_t": 25, "volume_m3": 20,
          "gross_weight_t": 40, "height_m": 4, "axle_load_t": 10, "cost_per_km": 1, "cost_per_h": 40, "load_h": 0.5,
          "unload_h": 0.5, "empty_return": 1, "max_speed_kmh": 80, "co2_laden_kg_per_km": 1,
          "co2_empty_kg_per_km": 0.7, "fixed_cost": 90000, "hours_per_year": 2000}  # fmt: skip
RESOURCES = {
    "ash": {"family": "ash", "body": "tipper", "properties": "salt"},
    "fine_ash": {"family": "ash", "body": "tipper", "properties": "salt"},
    "waste_ash": {"family": "ash", "body": "tipper", "low_code": "10 01 02"},
    "bad_ash": {"family": "ash", "body": "tipper", "low_code": "19 01 13*", "hazardous": True},
    "acid": {"family": "acid", "phase": "liquid", "body": "tanker", "adr_class": "8", "hazardous": True},
    "steam_high": {"family": "steam", "phase": "steam", "truck": False, "pipe": True, "pressure_bar": 15,
                   "temperature_c": 200},
    "steam_low": {"family": "steam", "phase": "steam", "truck": False, "pipe": True, "pressure_bar": 4,
                  "temperature_c": 150},
    "gas": {"family": "", "phase": "gas", "truck": False, "pipe": False},
}  # fmt: skip


def supply(plant: str, resource: str, **more: object) -> dict[str, object]:
    return {"stream": f"{plant}-{resource}", "plant": plant, "resource": resource, "direction": "supply",
            "quantity": 10, "unit": "t", "price": 20, **more}  # fmt: skip


def demand(plant: str, resource: str, **more: object) -> dict[str, object]:
    return {**supply(plant, resource, **more), "stream": f"{plant}+{resource}", "direction": "demand"}


def region(*streams: dict[str, object], countries: dict[str, str] | None = None, **settings: object) -> SimpleNamespace:
    """What matching reads of a Study: plants A, B, C, D at 0, 10, 20 and 60 km; fine_ash serves ash."""
    names, points = list(KM), [Point(km * 1000, 0) for km in KM.values()]
    base = {"unit": "t", "phase": "solid", "truck": True}
    extra = {name for stream in streams for name in stream if name.startswith("salt")}
    plain = [{key: value for key, value in stream.items() if key not in extra} for stream in streams]
    table = make_table("study", "streams", plain)
    for name in sorted(extra):
        table[name] = [stream.get(name) for stream in streams]
        table[name] = table[name].astype("float64")
    resources = [{**base, "resource": name, "name": name, **more} for name, more in RESOURCES.items()]
    country = [(countries or {}).get(name, "") for name in names]
    return SimpleNamespace(
        name="row", digest="", understood=(),
        settings=Settings.model_validate({"name": "row", "crs": "EPSG:25832", "layers": {}, **settings}),
        plants=gpd.GeoDataFrame({"plant": names, "name": names, "country": country}, geometry=points, crs=25832),
        plant_points=gpd.GeoSeries(points, index=names, crs=25832),
        streams=table,
        resources=make_table("study", "resources", resources),
        technologies=empty_table("study", "technologies"), recipes=empty_table("study", "recipes"),
        sites=empty_table("study", "sites"),
        grades=make_table("study", "grades", [
            {"resource": "fine_ash", "serves": "ash"}, {"resource": "steam_high", "serves": "steam_low"},
        ]),
        vehicles=make_table("catalogue", "vehicles", [TIPPER]),
    )  # fmt: skip
