"""Plants, hubs and their names on a static map; what lies beyond it is pointed at from its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import Rectangle

from maps import layers
from maps.figures import INK, printable, shortened, text_width
from maps.geometry import Array
from maps.numbers import distance
from maps.picture_frame import Frame
from maps.picture_labels import place_labels
from maps.picture_legend import MARKERS
from maps.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAME_PT, _LINE_EM = 7.0, 1.25


def draw_places(
    axes: Axes, scene: Scene, frame: Frame, ways: shapely.MultiLineString, *, names_as_text: bool, pointers: bool
) -> None:
    """Draw plants and hubs with their names, and with ``pointers`` those beyond the frame at its edge."""
    plants, hubs = layers.plants(scene), layers.hubs(scene).drop_duplicates("node")
    page = frame.page(shapely.get_coordinates(plants.geometry.to_numpy()).reshape(-1, 2))
    inside = frame.shows(page)
    _marks(axes, scene, plants[inside])
    _hubs(axes, hubs)
    edge = _at_edge(page, frame)
    if pointers:
        _pointers(axes, page[~inside], edge[~inside], frame)
    far = np.hypot(*(page - edge).T) * frame.metres_per_inch
    named = inside | pointers
    names = [
        _label(name, plant, "" if here else f" ({distance(away)} beyond)", names_as_text=names_as_text)
        for name, plant, here, away in zip(plants["name"], plants["plant"], inside, far, strict=True)
        if here or pointers
    ]
    stood = frame.page(shapely.get_coordinates(hubs.geometry.to_numpy()).reshape(-1, 2))
    spots = np.vstack([np.where(inside[:, None], page, edge)[named], stood[frame.shows(stood)]])
    names += [
        _label(f"Hub: {name}", node, "", names_as_text=names_as_text)
        for name, node in hubs.loc[frame.shows(stood), ["name", "node"]].itertuples(index=False)
    ]
    _names(axes, names, spots, frame, ways)


def draw_beyond(axes: Axes, scene: Scene, frame: Frame, detail: Frame, *, names_as_text: bool) -> None:
    """Draw all plants, the part that the detailed map shows, and the names of those that it does not show."""
    plants = layers.plants(scene)
    at = shapely.get_coordinates(plants.geometry.to_numpy()).reshape(-1, 2)
    far = ~detail.shows(detail.page(at))
    _marks(axes, scene, plants, size=5.0)
    _hubs(axes, layers.hubs(scene), size=6.0)
    west, south, east, north = detail.seen.bounds
    axes.add_patch(
        Rectangle((west, south), east - west, north - south, fill=False, edgecolor=INK, linewidth=1.4, zorder=7)
    )
    names = [
        _label(name, plant, "", names_as_text=names_as_text)
        for name, plant in plants.loc[far, ["name", "plant"]].itertuples(index=False)
    ]
    box = frame.page(shapely.get_coordinates(detail.seen.exterior))
    _names(axes, names, frame.page(at[far]), frame, shapely.MultiLineString([box]))


def _marks(axes: Axes, scene: Scene, plants: gpd.GeoDataFrame, *, size: float = 8.0) -> None:
    for shape, sector in zip(plants.geometry, plants["sector"], strict=True):
        symbol = scene.symbols[sector]
        axes.plot(shape.x, shape.y, marker=MARKERS[symbol.shape], markersize=size, color=symbol.fill,
                  markeredgecolor=INK, markeredgewidth=1.0, zorder=6)  # fmt: skip


def _label(name: str, ident: str, more: str, *, names_as_text: bool) -> str:
    """Return a short name; where the fonts of this machine lack its letters, the id."""
    shown = name if names_as_text else printable(name, ident)
    return shortened(shown, 22.0) + more


def _hubs(axes: Axes, hubs: gpd.GeoDataFrame, *, size: float = 10.0) -> None:
    for shape in hubs.geometry.drop_duplicates():
        axes.plot(shape.x, shape.y, marker="s", markersize=size, color="white", markeredgecolor=INK,
                  markeredgewidth=2.2, zorder=7)  # fmt: skip


def _at_edge(page: Array, frame: Frame) -> Array:
    """Return where the way from the middle to each point leaves the frame, a little inside of it."""
    middle, half = np.array([frame.wide, frame.high]) / 2, np.array([frame.wide, frame.high]) / 2 - 0.12
    way = page - middle
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.nanmin(np.where(way != 0, half / np.abs(way), np.inf), axis=1)
    return np.asarray(middle + way * np.minimum(reach, 1.0)[:, None], dtype=np.float64)


def _pointers(axes: Axes, page: Array, edge: Array, frame: Frame) -> None:
    for target, (x, y) in zip(page, edge, strict=True):
        angle = np.degrees(np.arctan2(target[1] - y, target[0] - x)) - 90
        axes.plot(x / frame.wide, y / frame.high, marker=(3, 0, angle), markersize=9, color=INK, zorder=8,
                  transform=axes.transAxes)  # fmt: skip


def _names(axes: Axes, names: list[str], spots: Array, frame: Frame, ways: shapely.MultiLineString) -> None:
    em = _NAME_PT / 72
    sizes = np.array([[text_width(name) * em + 0.04, _LINE_EM * em] for name in names]).reshape(-1, 2)
    marks = np.hstack([spots - 0.075, spots + 0.075])
    bar = np.array([[0.0, 0.0, 2.6, 0.45], [frame.wide - 0.5, frame.high - 0.6, frame.wide, frame.high]])
    middles = place_labels(spots, sizes, (frame.wide, frame.high), [marks, bar], ways)
    for name, spot, middle, size in zip(names, spots, middles, sizes, strict=True):
        if np.isnan(middle[0]):
            continue
        near = np.clip(spot, middle - size / 2, middle + size / 2)
        if np.hypot(*(near - spot)) > 0.17:
            ends = np.array([spot, near]) / [frame.wide, frame.high]
            axes.plot(*ends.T, color=INK, linewidth=0.6, transform=axes.transAxes, zorder=5)
        corner = (middle - size / 2) / [frame.wide, frame.high]
        axes.add_patch(
            Rectangle(corner, size[0] / frame.wide, size[1] / frame.high, transform=axes.transAxes, facecolor="white",
                      alpha=0.8, linewidth=0, zorder=8)
        )  # fmt: skip
        x, y = middle / [frame.wide, frame.high]
        axes.text(x, y, name, fontsize=_NAME_PT, ha="center", va="center_baseline", transform=axes.transAxes, zorder=9)
