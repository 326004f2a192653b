"""Files of newcomers: the value as a cloud-optimised GeoTIFF, a GeoPackage, the map, a picture."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.plan import Plan
from data.study import Raster
from maps.geopackage import write_layers
from maps.gis_layers import DECIDED, PLACES, Frames, Kind
from maps.newcomer_layers import Newcomers
from maps.newcomer_map import write_newcomer_map
from maps.newcomer_picture import newcomer_picture
from maps.qgis_style import Label, Style
from maps.qml import Category, area, arrow, categorised, line, marker
from maps.rasters import write_cog
from maps.scene import Scene

_SAID = {
    "rank": "Rank: one more than are surely better", "place": "Place", "plant_type": "Plant type",
    "at_least": "Adds at least (currency a year)", "at_most": "Adds at most, as the plan stands (currency a year)",
    "value_class": "Value, by class", "joins": "Exchanges that it would join", "exchanges": "How many exchanges",
    "cell_m": "Size of the cell (m)",
}  # fmt: skip
_KINDS = {
    "newcomer_places": Kind(PLACES, "Point", "Newcomer: ranked places", "The best type at each place."),
    "newcomer_cells": Kind(PLACES, "Polygon", "Newcomer: value of each cell", "What a newcomer adds at least."),
    "newcomer_exchanges": Kind(DECIDED, "LineString", "Newcomer: exchanges", "Straight, from whom to whom."),
}


def write_newcomer_files(
    newcomers: Newcomers, plan: Plan, folder: Path, *, bands: dict[str, Raster], notes: tuple[str, ...] = ()
) -> None:
    """Write ``newcomers.html``, ``newcomers.gpkg``, ``newcomers.svg`` and, of a grid, ``newcomers.tif``."""
    write_newcomer_map(newcomers, plan, folder / "newcomers.html", notes=notes)
    write_newcomer_layers(newcomers, plan, folder / "newcomers.gpkg")
    (folder / "newcomers.svg").write_text(newcomer_picture(newcomers), encoding="utf-8", errors="replace")
    if bands:
        write_cog(bands, folder / "newcomers.tif")


def write_newcomer_layers(newcomers: Newcomers, plan: Plan, path: Path) -> None:
    """Write places, cells and exchanges as a GeoPackage, each with its QGIS style."""
    frames: Frames = {
        "newcomer_places": newcomers.places.drop(columns="colour"),
        "newcomer_cells": newcomers.areas.drop(columns=["colour", "x", "y"]),
        "newcomer_exchanges": newcomers.lines,
    }
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    colours = Scene(newcomers.study, plan, tuple(newcomers.exchanges["resource"].unique())).colours
    write_layers(
        frames, _KINDS, {name: _style(newcomers, name, frame, colours) for name, frame in frames.items()}, path
    )


def _style(newcomers: Newcomers, name: str, frame: gpd.GeoDataFrame | pd.DataFrame, colours: dict[str, str]) -> Style:
    shape = _KINDS[name].shape
    named = {str(column): _SAID.get(str(column), str(column).replace("_", " ").capitalize())
             for column in frame.columns if column != "geometry"}  # fmt: skip
    if name == "newcomer_exchanges":
        used = sorted(set(frame["resource"]))
        lines = [Category(key, key, [line(colours[key], 0.8), arrow(colours[key])]) for key in used]
        return Style(shape, named, "resource", categorised("resource", lines), tip=["resource", "from_name", "to_name"])
    classes = [
        Category(words, words, [marker("circle", colour, 3.5)] if shape == "Point" else [area(colour, 0.6)])
        for words, colour in newcomers.classes.items()
    ]
    label = Label('"rank"', "around") if shape == "Point" else None
    return Style(shape, named, "name", categorised("value_class", classes), label, tip=["name", "at_least", "joins"])
