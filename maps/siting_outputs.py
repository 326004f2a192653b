"""Files of siting: the suitability as a cloud-optimised GeoTIFF, the sites as a GeoPackage, the map, the tables."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.frames import write_tables
from data.study import Raster, Study
from maps.geopackage import write_layers
from maps.gis_layers import PLACES, TABLES, Frames, Kind
from maps.qgis_style import Style
from maps.qml import Category, SymbolLayer, area, categorised, marker
from maps.rasters import write_cog
from maps.siting_layers import EXCLUDED, hex_colours, sites
from maps.siting_map import write_siting_map

_SAID = {
    "area_m2": "Area where something may stand (m²)", "score": "Score (0 to 1)", "rank": "Rank", "origin": "What it is",
    "rank_best": "Rank at best, with other weights", "rank_worst": "Rank at worst, with other weights",
    "top_share": "Share of other weights with which it is among the best", "reason": "Why excluded",
    "score_class": "Score, by fifths",
}  # fmt: skip
_FIFTHS = ("0.8 to 1.0", "0.6 to 0.8", "0.4 to 0.6", "0.2 to 0.4", "0.0 to 0.2")
_KINDS = {
    "site_points": Kind(PLACES, "Point", "Ranked sites", "A point in each site.", ("study", "sites")),
    "sites": Kind(PLACES, "MultiPolygon", "Ranked sites as areas", "Sites given as areas.", ("study", "sites")),
    "site_scores": Kind(TABLES, "", "Scores of sites", "What each criterion adds.", ("study", "site_scores")),
}


def write_siting(study: Study, folder: Path) -> None:
    """Write ``siting.html``, ``suitability.tif``, ``sites.gpkg`` and the tables of a study that was sited.

    Nothing is written for a study that carries no result of siting.
    """
    if study.suitability is None:
        return
    write_siting_map(study, folder / "siting.html")
    write_suitability(study.suitability, folder / "suitability.tif")
    write_sites(study, folder / "sites.gpkg")
    plain = pd.DataFrame(study.sites.drop(columns=study.sites.geometry.name))
    write_tables({"sites": plain, "site_scores": study.site_scores}, folder / "tables")


def write_suitability(raster: Raster, path: Path) -> None:
    """Write a raster as a cloud-optimised GeoTIFF: tiled, compressed, with overviews, NaN where there is nothing."""
    write_cog({"suitability from 0 to 1": raster}, path)


def write_sites(study: Study, path: Path) -> None:
    """Write ranked sites as polygons and as points, each with its QGIS style, and ``site_scores`` as a table."""
    layer = sites(study).drop(columns=["colour", "class_colour"])
    frames: Frames = {
        "site_points": layer.set_geometry(layer.geometry.representative_point()),
        "sites": layer[layer.geom_type.isin(["Polygon", "MultiPolygon"])],
        "site_scores": study.site_scores,
    }
    write_layers(frames, _KINDS, {name: _style(frame, _KINDS[name].shape) for name, frame in frames.items()}, path)


def _style(frame: gpd.GeoDataFrame | pd.DataFrame, shape: str) -> Style:
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    named = {
        str(column): _SAID.get(str(column), str(column).replace("_", " ").capitalize())
        for column in frame.columns
        if column != geometry
    }
    if not shape:
        return Style("", named, "site")
    middles = hex_colours(pd.Series([0.9, 0.7, 0.5, 0.3, 0.1]))
    classes = [Category(name, name, _symbol(shape, colour)) for name, colour in zip(_FIFTHS, middles, strict=True)]
    other = Category("", "excluded", _symbol(shape, EXCLUDED))
    return Style(shape, named, "name", categorised("score_class", [*classes, other]))


def _symbol(shape: str, colour: str) -> list[SymbolLayer]:
    return [marker("circle", colour, 3.5)] if shape == "Point" else [area(colour, 0.6)]
