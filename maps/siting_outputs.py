"""Files of siting: the suitability as a cloud-optimised GeoTIFF, the sites as a GeoPackage, the map, the tables."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import rasterio

from data.frames import write_tables
from data.study import Raster, Study
from maps.geopackage import VERSION, _store_styles, _unsynchronised, _write_table
from maps.qml import Category, area, categorised, marker
from maps.siting_layers import EXCLUDED, hex_colours, sites
from maps.siting_map import write_siting_map

_SAID = {
    "area_m2": "Area where something may stand (m²)", "score": "Score (0 to 1)", "rank": "Rank", "origin": "What it is",
    "rank_best": "Rank at best, with other weights", "rank_worst": "Rank at worst, with other weights",
    "top_share": "Share of other weights with which it is among the best", "reason": "Why excluded",
    "score_class": "Score, by fifths",
}  # fmt: skip
_FIFTHS = ("0.8 to 1.0", "0.6 to 0.8", "0.4 to 0.6", "0.2 to 0.4", "0.0 to 0.2")


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
    rows, columns = raster.values.shape
    with rasterio.open(
        path, "w", driver="COG", height=rows, width=columns, count=1, dtype="float32", crs=raster.crs.to_wkt(),
        transform=raster.transform, nodata=float("nan"), compress="deflate", blocksize=256,
        overview_resampling="average",
    ) as target:  # fmt: skip
        target.write(raster.values.astype("float32"), 1)
        target.set_band_description(1, "suitability from 0 to 1")


def write_sites(study: Study, path: Path) -> None:
    """Write ranked sites as polygons and as points, each with its QGIS style, and ``site_scores`` as a table."""
    path.unlink(missing_ok=True)
    layer = sites(study).drop(columns="colour")
    outlines = layer[layer.geom_type.isin(["Polygon", "MultiPolygon"])]
    points = layer.set_geometry(layer.geometry.representative_point())
    styles = {"site_points": _style(points, as_points=True), "sites": _style(outlines, as_points=False)}
    for name, frame, kind in (("site_points", points, "Point"), ("sites", outlines, "MultiPolygon")):
        with _unsynchronised(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="pyogrio")  # nothing to promote
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", geometry_type=kind, promote_to_multi=kind.startswith("Multi"),
                dataset_options={} if path.exists() else {"VERSION": VERSION},
                layer_options={"GEOMETRY_NAME": "geom"},
            )  # fmt: skip
    _store_styles(path, styles)
    _write_table("site_scores", study.site_scores, path)


def _style(layer: gpd.GeoDataFrame, *, as_points: bool) -> str:
    def symbol(colour: str) -> list[object]:
        return [marker("circle", colour, 3.5)] if as_points else [area(colour, 0.6)]

    middles = hex_colours(pd.Series([0.9, 0.7, 0.5, 0.3, 0.1]))
    classes = [Category(name, name, symbol(colour)) for name, colour in zip(_FIFTHS, middles, strict=True)]  # type: ignore[arg-type]
    other = Category("", "excluded", symbol(EXCLUDED))  # type: ignore[arg-type]
    named = {
        str(column): _SAID.get(str(column), str(column).replace("_", " ").capitalize())
        for column in layer.columns.drop(layer.geometry.name)
    }
    return categorised("score_class", [*classes, other], named, "name")
