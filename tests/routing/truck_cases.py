"""Roads, plants, vehicles and resources for the tests of truck routes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from data.contracts import make_table
from data.roads import read_road_edges, road_edges
from data.settings import Finance, LayerSpec, Settings, Trucks
from data.study import Raster, Study

UTM = CRS("EPSG:25832")
HIGHWAYS = make_table(
    "catalogue",
    "highways",
    [
        {"highway": name, "truck_kmh": kmh, "rank": rank}
        for name, kmh, rank in [
            ("motorway", 80, 1), ("motorway_link", 50, 1), ("trunk", 75, 2), ("trunk_link", 45, 2), ("primary", 60, 3),
            ("primary_link", 40, 3), ("secondary", 60, 4), ("secondary_link", 40, 4), ("tertiary", 50, 5),
            ("tertiary_link", 35, 5), ("unclassified", 40, 6), ("residential", 30, 7), ("living_street", 10, 8),
            ("service", 20, 8),
        ]
    ],
)  # fmt: skip
TIPPER = {
    "vehicle": "tipper", "name": "Tipper", "body": "tipper", "payload_t": 25.0, "volume_m3": 40.0,
    "gross_weight_t": 40.0, "height_m": 4.0, "axle_load_t": 11.5, "length_m": 16.5, "width_m": 2.55, "adr": False,
    "cost_per_km": 1.0, "cost_per_h": 30.0, "load_h": 0.5, "unload_h": 0.25, "empty_return": 1.0, "max_speed_kmh": 80.0,
    "co2_laden_kg_per_km": 0.9, "co2_empty_kg_per_km": 0.6, "fixed_cost": 40000.0, "hours_per_year": 3000.0,
}  # fmt: skip
TANKER = {**TIPPER, "vehicle": "tanker", "body": "tanker"}
ADR = {**TANKER, "vehicle": "adr_tanker", "adr": True, "cost_per_h": 40.0}
ASH = {"resource": "ash", "name": "Ash", "unit": "t", "phase": "solid", "density_kg_per_m3": 1000.0, "truck": True,
       "body": "tipper"}  # fmt: skip
ACID = {**ASH, "resource": "acid", "unit": "m3", "phase": "liquid", "body": "tanker", "adr_class": "8"}


def make_study(
    roads: gpd.GeoDataFrame,
    plants: dict[str, object],
    *,
    vehicles: tuple[dict[str, object], ...] = (TIPPER, TANKER, ADR),
    resources: tuple[dict[str, object], ...] = (ASH, ACID),
    trucks: Trucks | None = None,
    elevation: Raster | None = None,
    gates: gpd.GeoDataFrame | None = None,
) -> Study:
    crs = roads.crs
    none = gpd.GeoDataFrame(geometry=[], crs=crs)
    rest = pd.DataFrame()
    settings = Settings(
        name="test", crs=crs.to_string(), layers={}, trucks=trucks or Trucks(), finance=Finance(discount_rate=0)
    )
    shapes = [shapely.Point(*at) if isinstance(at, tuple) else at for at in plants.values()]
    return Study(
        name="test", crs=crs, settings=settings, digest="",
        plants=gpd.GeoDataFrame({"plant": list(plants)}, geometry=shapes, crs=crs),
        streams=rest, resources=make_table("study", "resources", list(resources)), grades=rest,
        vehicles=make_table("catalogue", "vehicles", list(vehicles)),
        pipe_costs=rest, land=rest, lines=rest, highways=HIGHWAYS,
        zones=none, crossings=none, roads=roads, pipelines=none, sites=none, elevation=elevation,
        gates=none if gates is None else gates,
    )  # fmt: skip


def make_roads(*rows: tuple[str, str, list[tuple[float, float]], dict[str, object]]) -> gpd.GeoDataFrame:
    table = pd.DataFrame([{"u": u, "v": v, "highway": "primary", "oneway": "no", **tags} for u, v, _, tags in rows])
    raw = gpd.GeoDataFrame(table, geometry=[shapely.LineString(points) for _, _, points, _ in rows], crs=UTM)
    raw["length"] = raw.length
    return road_edges(raw, crs=UTM, highways=HIGHWAYS, file="x")


def pairs(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"supply": f"{a}.{what}", "demand": f"{b}.{what}", "from_plant": a, "to_plant": b, "resource": what,
             "truck": True}
            for a, b, what in rows
        ],
        columns=["supply", "demand", "from_plant", "to_plant", "resource", "truck"],
    )  # fmt: skip


def real_study(shared_data: Path, name: str, epsg: int, count: int = 12, *, trucks: Trucks | None = None) -> Study:
    """Plants beside random junctions of a real network."""
    crs = CRS.from_epsg(epsg)
    roads = read_road_edges(LayerSpec(path=name), shared_data / "roads", crs=crs, highways=HIGHWAYS)
    random = np.random.default_rng(11)
    nodes = shapely.get_coordinates(shapely.get_point(roads.geometry, 0))
    spots = nodes[random.choice(len(nodes), count, replace=False)] + random.normal(0, 150, (count, 2))
    return make_study(roads, {f"p{number}": tuple(spot) for number, spot in enumerate(spots)}, trucks=trucks)
