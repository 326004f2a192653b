"""How things are drawn on the web map: styles as the page reads them, and the signs of its legend."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from maps.geometry import ARROW_AT, Array, bearings
from maps.palette import SHAPES, Symbol

Properties = dict[str, Any]

PAPER = "#FFFFFF"
INK = "#26323B"
PX_PER_MM = 3.6

# Paths in a box of 24 by 24 that ``symbioplan/shapes.js`` draws, filled by the even-odd rule.
MARKS = {
    **SHAPES,
    "arrow": "M12 1 22 21 12 16.5 2 21z",
    "disc": "M12 1a11 11 0 1 1 0 22a11 11 0 1 1 0-22z",
    "hub": "M7 2h10L23 12 17 22H7L1 12z"  # solid in the middle: a hole takes no click
    "M8 5.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6zM16 5.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6z"
    "M12 16.4a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6z",
}


def mark(shape: str, size: float, fill: str, *, edge: str = INK, width: float = 1.8, opacity: float = 1) -> Properties:
    """Return the style of a mark: one of :data:`MARKS`, its size and the width of its edge in pixels.

    A style may have ``dark``, the colour of its edge on a dark page.
    """
    return {"mark": shape, "size": round(float(size), 1), "fillColor": fill, "fillOpacity": opacity, "color": edge,
            "weight": width}  # fmt: skip


def plant_mark(symbol: Symbol) -> Properties:
    """Return the style of a plant."""
    return mark(symbol.shape, 18, symbol.fill)


def line(colour: str, weight: float, **more: object) -> Properties:
    """Return the style of a line; ``casing`` puts a pale edge below it and ``offset`` moves it aside, in pixels."""
    return {"color": colour, "weight": round(float(weight), 2)} | {key: own for key, own in more.items() if own}


def fill(colour: str, opacity: float, **more: object) -> Properties:
    """Return the style of an area."""
    return {"color": colour, "weight": 0.6, "fillColor": colour, "fillOpacity": opacity, "fill": True} | more


def arrowheads(arcs: Array, crs: object) -> tuple[gpd.GeoSeries, list[int]]:
    """Return where the arrowhead of each arc (in the study's metres) stands, and its degrees clockwise from up."""
    count, points, _ = arcs.shape
    if not count:
        return gpd.GeoSeries([], crs=crs), []
    flat = gpd.GeoSeries(shapely.points(arcs.reshape(-1, 2)), crs=crs).to_crs(4326)
    degrees = shapely.get_coordinates(flat.to_numpy()).reshape(count, points, 2)
    heads = gpd.GeoSeries(shapely.points(arcs[:, ARROW_AT]), crs=crs)
    return heads, np.rint(bearings(degrees)).astype(int).tolist()


def mark_svg(style: Properties, size: float = 14) -> str:
    """Return a mark for the legend."""
    edge = style["weight"] * 24 / style["size"]
    return (
        f'<svg viewBox="-1 -1 26 26" width="{size:.0f}" height="{size:.0f}"><path fill-rule="evenodd" '
        f'd="{MARKS[style["mark"]]}" fill="{style["fillColor"]}" fill-opacity="{style["fillOpacity"]}" '
        f'stroke="{style["color"]}" stroke-width="{edge:.1f}" stroke-linejoin="round"/></svg>'
    )


def line_svg(width: float, dash: str = "", colour: str = "currentColor") -> str:
    """Return a line for the legend."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return swatch(f'<path d="M1 6H31" stroke="{colour}" stroke-width="{width:.1f}"{dashed}/>')


def swatch(body: str) -> str:
    """Return a sign of the legend, 32 by 12 pixels."""
    return f'<svg viewBox="0 0 32 12" width="32" height="12">{body}</svg>'


def disc(size: float, colour: str) -> Properties:
    """Return the style of a disc."""
    return mark("disc", size, colour, edge=PAPER, width=1.2, opacity=0.9)


def ring(size: float, colour: str) -> Properties:
    """Return the style of a ring whose middle takes clicks, too."""
    return mark("disc", size, PAPER, edge=colour, width=max(2.0, 0.22 * size), opacity=0.85)
