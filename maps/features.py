"""Layers as GeoJSON for the page: geometry in degrees, style and pop-up computed once, here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from maps.geometry import ARROW_AT, Array, bearings, to_degrees
from maps.palette import Symbol

Properties = dict[str, Any]
Collection = dict[str, Any]

CASING = "#FFFFFF"
INK = "#26323B"


def collection(shapes: gpd.GeoSeries, properties: Sequence[Properties], decimals: int = 6) -> Collection:
    """Return a FeatureCollection; the geometry is turned into GeoJSON in one go."""
    return _collect(to_degrees(shapes, decimals), properties)


def _collect(shapes: np.ndarray[tuple[int], np.dtype[np.object_]], properties: Sequence[Properties]) -> Collection:
    drawn = [(text, own) for text, own in zip(shapely.to_geojson(shapes), properties, strict=True) if text]
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": json.loads(text), "properties": own} for text, own in drawn],
    }


def arrowheads(arcs: Array, colours: Sequence[str], sizes: Sequence[float], crs: object) -> Collection:
    """Return one arrowhead per arc (given in the study's metres), turned the way the arc runs."""
    count, points, _ = arcs.shape
    if not count:
        return _collect(np.empty(0, dtype=object), [])
    flat = gpd.GeoSeries(shapely.points(arcs.reshape(-1, 2)), crs=crs).to_crs(4326)
    degrees = shapely.get_coordinates(flat.to_numpy()).reshape(count, points, 2)
    turns = bearings(degrees)
    heads = np.asarray(shapely.points(np.round(degrees[:, ARROW_AT], 6)), dtype=object)
    properties = [
        {"icon": arrow_svg(colour, turn, size), "size": [round(size), round(size)]}
        for colour, turn, size in zip(colours, turns, sizes, strict=True)
    ]
    return _collect(heads, properties)


def arrow_svg(colour: str, turn: float, size: float) -> str:
    """Return an arrowhead that points up, turned clockwise."""
    return (
        f'<svg viewBox="0 0 24 24" width="{size:.0f}" height="{size:.0f}"><path d="M12 1 22 21 12 16.5 2 21z" '
        f'fill="{colour}" stroke="{CASING}" stroke-width="2" transform="rotate({turn:.0f} 12 12)"/></svg>'
    )


def plant_svg(symbol: Symbol, size: int = 18) -> str:
    """Return the mark of a plant."""
    return (
        f'<svg viewBox="0 0 24 24" width="{size}" height="{size}"><path d="{symbol.path}" fill="{symbol.fill}" '
        f'stroke="{INK}" stroke-width="2.4" stroke-linejoin="round"/></svg>'
    )


def disc_svg(colour: str, size: float, *, hollow: bool) -> str:
    """Return a disc for what is left over, a ring for what is missing."""
    body = (
        f'r="8.5" fill="{CASING}" fill-opacity="0.75" stroke="{colour}" stroke-width="5"'
        if hollow
        else f'r="11" fill="{colour}" fill-opacity="0.8" stroke="{CASING}" stroke-width="1.5"'
    )
    return f'<svg viewBox="0 0 24 24" width="{size:.0f}" height="{size:.0f}"><circle cx="12" cy="12" {body}/></svg>'


def square_svg(fill: str, size: int = 14, *, dashed: bool = False) -> str:
    """Return a square: a candidate site (dashed) or a hub."""
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<svg viewBox="0 0 24 24" width="{size}" height="{size}"><path d="M3 3h18v18H3z" fill="{fill}" '
        f'stroke="{INK}" stroke-width="2.6"{dash}/></svg>'
    )


def line(colour: str, weight: float, **more: object) -> Properties:
    """Return a Leaflet line style."""
    return {"color": colour, "weight": round(float(weight), 2), "opacity": 1, "fill": False} | more


def fill(colour: str, opacity: float, **more: object) -> Properties:
    """Return a Leaflet area style."""
    return {"color": colour, "weight": 0.6, "fillColor": colour, "fillOpacity": opacity, "fill": True} | more
