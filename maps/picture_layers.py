"""What lies on a static map: land and roads as a bitmap, pipes and truck routes as cased lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from maps import background
from maps.geometry import Array, within_budget
from maps.picture_frame import Frame
from maps.picture_legend import DOTS
from maps.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SOLID, DRIVEN, COARSE = (), (2.4, 1.2), (0.8, 1.6)  # dash and gap, millimetres
_ZONE_VERTICES, _ROAD_VERTICES = 20_000, 30_000
_POINT_PER_MM = 72 / 25.4


def draw_ground(axes: Axes, scene: Scene, seen: shapely.Polygon) -> list[tuple[str, str]]:
    """Draw zones and roads as a bitmap; return colour and name of each kind of zone in sight."""
    zones = background.zones(scene)
    zones = zones.set_geometry(shapely.intersection(shapely.make_valid(zones.geometry.to_numpy()), seen))
    zones = zones[~zones.geometry.is_empty]
    shapes = within_budget(zones.geometry, _ZONE_VERTICES, 3.0)
    for shape, colour in zip(shapes, zones["colour"], strict=True):
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon" and not part.is_empty:
                axes.add_patch(PathPatch(_outline(part), facecolor=colour, alpha=0.6, linewidth=0, rasterized=True,
                                         zorder=1))  # fmt: skip
    roads = background.roads(scene, _ROAD_VERTICES)
    for rank, shape in zip(roads["rank"], roads.geometry, strict=True):
        parts = [shapely.get_coordinates(part) for part in shapely.get_parts(shapely.clip_by_rect(shape, *seen.bounds))]
        axes.add_collection(LineCollection(parts, colors="#B9B1A4", linewidths=max(2.0 - 0.25 * rank, 0.5),
                                           rasterized=True, zorder=2))  # fmt: skip
    kinds = zones.drop_duplicates("kind").sort_values("kind_name")
    return list(zip(kinds["colour"], kinds["kind_name"], strict=True))


def _outline(polygon: shapely.Polygon) -> Outline:
    rings = [shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors)]
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))


def draw_lines(
    axes: Axes, layer: gpd.GeoDataFrame, frame: Frame, *, dash: tuple[float, ...], share: float = 1.0
) -> list[Array]:
    """Draw cased lines, those of one trench or road next to each other, and return their coordinates.

    ``share`` of the usual width, and of how far they are moved aside.
    """
    metres_per_mm = share * frame.metres_per_inch / 25.4
    room = frame.seen.buffer(0.2 * frame.metres_per_inch)
    tolerance = frame.metres_per_inch / 100
    drawn = []
    for row in layer.itertuples(index=False):
        near = shapely.simplify(shapely.intersection(row.geometry, room), tolerance)
        moved = _aside(near, row.draw_offset_mm * metres_per_mm)
        drawn += [
            (shapely.get_coordinates(part), row.colour, row.draw_width_mm * share * _POINT_PER_MM)
            for part in shapely.get_parts(moved)
            if not part.is_empty
        ]
    for xy, _, width in drawn:
        axes.plot(*xy.T, color="white", linewidth=width + 1.2 * share, alpha=0.9, zorder=3, solid_capstyle="round")
    for xy, colour, width in drawn:
        style = (0, tuple(step * share * _POINT_PER_MM / width for step in dash)) if dash else "solid"
        axes.plot(*xy.T, color=colour, linewidth=width, linestyle=style, zorder=4, dash_capstyle="butt",
                  solid_capstyle="round")  # fmt: skip
    return [xy for xy, *_ in drawn]


def _aside(line: shapely.Geometry, metres: float) -> shapely.Geometry:
    """Return the line moved to its right; as it is where that leaves nothing."""
    if abs(metres) < 1e-9 or line.is_empty:
        return line
    moved = shapely.offset_curve(line, -metres, join_style="mitre", mitre_limit=2.0)
    return line if moved.is_empty else moved


def draw_existing(axes: Axes, scene: Scene, seen: shapely.Polygon) -> None:
    """Draw pipelines that were there before, dotted."""
    layer = background.existing_pipelines(scene)
    for shape, colour in zip(layer.geometry, layer["colour"], strict=True):
        for part in shapely.get_parts(shapely.intersection(shape, seen)):
            axes.plot(*shapely.get_coordinates(part).T, color=colour, linewidth=2.2, linestyle=DOTS,
                      dash_capstyle="round", zorder=2.5)  # fmt: skip
