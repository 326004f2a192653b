"""Small studies for the pipeline tests, built without files. Coordinates are metres in EPSG:25832."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from data.contracts import empty_table, make_table
from data.settings import Settings
from data.study import Raster, Study

UTM = CRS.from_epsg(25832)

RESOURCES = pd.DataFrame(
    [
        {"resource": "water", "unit": "m3", "phase": "liquid", "density_kg_per_m3": 998.2, "viscosity_mpa_s": 1.0016,
         "pipe": True, "pipe_class": "water"},
        {"resource": "brine", "unit": "t", "phase": "liquid", "density_kg_per_m3": 1100, "viscosity_mpa_s": 1.5,
         "pipe": True, "pipe_class": "water"},
        {"resource": "sludge", "unit": "t", "phase": "slurry", "density_kg_per_m3": 1050, "viscosity_mpa_s": 20,
         "pipe": True, "pipe_class": "water"},
        {"resource": "steam", "unit": "t", "phase": "steam", "pressure_bar": 10, "temperature_c": 200,
         "pipe": True, "pipe_class": "steam"},
        {"resource": "heat", "unit": "MWh", "phase": "heat", "temperature_c": 90, "return_temperature_c": 50,
         "pipe": True, "pipe_class": "hot_water"},
        {"resource": "gas", "unit": "Nm3", "phase": "gas", "molar_mass_g_per_mol": 16.04, "pressure_bar": 8,
         "temperature_c": 15, "viscosity_mpa_s": 0.011, "pipe": True, "pipe_class": "gas"},
    ]
)  # fmt: skip

PIPE_COSTS = pd.DataFrame(
    [
        {"pipe_class": name, "diameter_mm": size, "pipe_cost_per_m": scale * size,
         "trench_cost_per_m": 60.0 + size / 10, "heat_loss_pair": name == "hot_water"}
        for name, scale in (("water", 1.5), ("steam", 8.0), ("hot_water", 7.0), ("gas", 2.0))
        for size in (50, 80, 100, 150, 200, 300, 400, 500, 600)
    ]
)  # fmt: skip


def make_settings(finance: dict[str, object] | None = None, **pipelines: object) -> Settings:
    return Settings.model_validate(
        {
            "name": "test",
            "crs": "EPSG:25832",
            "layers": {"plants": "plants.csv", "streams": "streams.csv"},
            "finance": finance or {},
            "pipelines": {"cell_m": 100, "margin_km": 1, **pipelines},
        }
    )


def make_study(
    plants: dict[str, tuple[float, float] | shapely.Geometry],
    streams: list[tuple[str, str, str, float]] = (),
    *,
    zones: list[tuple[shapely.Geometry, bool, float]] = (),
    crossings: list[tuple[shapely.Geometry, float]] = (),
    elevation: Raster | None = None,
    landcover: Raster | None = None,
    crs: CRS = UTM,
    finance: dict[str, object] | None = None,
    **pipelines: object,
) -> Study:
    """Return a study; streams are (plant, resource, direction, quantity)."""
    sites = [g if isinstance(g, shapely.Geometry) else shapely.Point(g) for g in plants.values()]
    rows = [
        {"stream": f"{plant}_{resource}_{direction}", "plant": plant, "resource": resource, "direction": direction,
         "quantity": quantity, "unit": "own"}
        for plant, resource, direction, quantity in streams
    ]  # fmt: skip
    return Study(
        name="test",
        crs=crs,
        settings=make_settings(finance, **pipelines),
        digest="",
        plants=gpd.GeoDataFrame({"plant": list(plants)}, geometry=sites, crs=crs),
        streams=make_table("study", "streams", rows),
        resources=make_table("study", "resources", RESOURCES),
        grades=empty_table("study", "grades"),
        vehicles=empty_table("catalogue", "vehicles"),
        pipe_costs=make_table("catalogue", "pipe_costs", PIPE_COSTS),
        land=empty_table("catalogue", "land"),
        lines=empty_table("catalogue", "lines"),
        highways=empty_table("catalogue", "highways"),
        zones=gpd.GeoDataFrame(
            {
                "zone": [f"zone{k}" for k in range(len(zones))],
                "forbidden": [zone[1] for zone in zones],
                "factor": [float(zone[2]) for zone in zones],
            },
            geometry=[zone[0] for zone in zones],
            crs=crs,
        ),
        crossings=gpd.GeoDataFrame(
            {"crossing": [f"line{k}" for k in range(len(crossings))], "cost": [float(line[1]) for line in crossings]},
            geometry=[line[0] for line in crossings],
            crs=crs,
        ),
        roads=gpd.GeoDataFrame(geometry=[], crs=crs),
        pipelines=gpd.GeoDataFrame(geometry=[], crs=crs),
        sites=gpd.GeoDataFrame({"site": []}, geometry=[], crs=crs),
        elevation=elevation,
        landcover=landcover,
    )


def all_pairs(study: Study) -> pd.DataFrame:
    """Return every supply with every demand of the same resource elsewhere."""
    supplies = study.streams[study.streams["direction"] == "supply"]
    demands = study.streams[study.streams["direction"] == "demand"]
    both = supplies.merge(demands, on="resource", suffixes=("_s", "_d"))
    both = both[both["plant_s"] != both["plant_d"]]
    return pd.DataFrame(
        {
            "supply": both["stream_s"],
            "demand": both["stream_d"],
            "from_plant": both["plant_s"],
            "to_plant": both["plant_d"],
            "resource": both["resource"],
            "received_as": both["resource"],
            "pipe": True,
        }
    ).reset_index(drop=True)
