"""The study's own ground under the plan: zones, roads, crossings, sites and pipes already there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maps.scene import Scene, mapped

NEUTRAL = "#D9D4C7"
ROAD_VERTICES = 40_000  # most that are drawn
LEAST_RANK = 9  # of roads whose class the catalogue does not know


def zones(scene: Scene) -> gpd.GeoDataFrame:
    """Return zones with the name and colour of their kind, large ones first so that small ones stay on top."""
    layer = scene.study.zones.copy()
    land = scene.study.land.set_index("kind")
    layer["kind_name"] = mapped(layer["kind"], land["name"].to_dict())
    layer["colour"] = mapped(layer["kind"], land["colour"].to_dict(), NEUTRAL)
    layer = layer[~(layer.geometry.is_empty | layer.geometry.isna())]
    return layer.iloc[np.argsort(-layer.area.to_numpy(), kind="stable")].reset_index(drop=True)


def crossings(scene: Scene) -> gpd.GeoDataFrame:
    """Return lines that are costly to cross, with the name and colour of their kind."""
    layer = scene.study.crossings.copy()
    lines = scene.study.lines.set_index("kind")
    layer["kind_name"] = mapped(layer["kind"], lines["name"].to_dict())
    layer["colour"] = mapped(layer["kind"], lines["colour"].to_dict(), "#8C8C8C")
    return layer[~(layer.geometry.is_empty | layer.geometry.isna())].reset_index(drop=True)


def roads(scene: Scene, vertices: int) -> gpd.GeoDataFrame:
    """Return roads merged by rank, main roads first, as many ranks as the vertex budget allows.

    Main roads are always there, however long: whoever draws them simplifies them.
    """
    layer = scene.study.roads
    empty = gpd.GeoDataFrame({"rank": pd.Series(dtype="int64")}, geometry=[], crs=scene.study.crs)
    if layer.empty or "highway" not in layer:
        return empty
    ranks = scene.study.highways.set_index("highway")["rank"].to_dict()
    rank = layer["highway"].map(lambda value: _rank(value, ranks)).to_numpy()
    shapes = layer.geometry.to_numpy()
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    shapes, rank = shapes[usable], rank[usable]
    if not len(shapes):
        return empty
    _, once = np.unique(shapely.to_wkb(shapely.normalize(shapes)), return_index=True)  # both ways are one road
    shapes, rank = shapely.simplify(shapes[np.sort(once)], 5.0), rank[np.sort(once)]
    merged = {
        int(value): shapely.line_merge(shapely.multilinestrings(_parts(shapes[rank == value])))
        for value in np.unique(rank)
    }
    spent = np.cumsum([shapely.get_num_coordinates(line) for line in merged.values()])
    kept = [value for value, so_far in zip(merged, spent, strict=True) if so_far <= vertices] or [min(merged)]
    return gpd.GeoDataFrame({"rank": kept}, geometry=[merged[value] for value in kept], crs=scene.study.crs)


def _parts(shapes: np.ndarray[tuple[int], np.dtype[np.object_]]) -> list[shapely.LineString]:
    return [part for part in shapely.get_parts(shapes) if part.geom_type == "LineString"]


def _rank(value: object, known: dict[str, int]) -> int:
    """Return the rank of a road class; OSMnx gives several classes where it merged roads."""
    classes = value if isinstance(value, (list, tuple, np.ndarray)) else str(value).split(";")
    names = [str(name).strip() for name in classes]
    return min(
        (int(known.get(name, known.get(name.removesuffix("_link"), LEAST_RANK))) for name in names),
        default=LEAST_RANK,
    )


def sites(scene: Scene) -> gpd.GeoDataFrame:
    """Return candidate parcels for shared hubs."""
    layer = scene.study.sites.copy()
    layer["name"] = mapped(layer["site"], scene.place_names)
    return layer.reset_index(drop=True)


def existing_pipelines(scene: Scene) -> gpd.GeoDataFrame:
    """Return pipes that were there before the plan."""
    layer = scene.study.pipelines.copy()
    layer["resource_name"] = mapped(layer["resource"], scene.resource_names)
    layer["unit"] = mapped(layer["resource"], scene.units, "unit/year")
    layer["colour"] = mapped(layer["resource"], scene.colours)
    return layer.reset_index(drop=True)
