"""``map.png``: the plan as a static picture for documents, made without a browser.

The same layers as on the web map, drawn where most plants stand; what lies farther away is named at the edge in
its direction. Pipes in one trench lie side by side. In the report the same picture is an SVG whose ground is a
bitmap and whose names are text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from data.plan import Plan
from data.study import Study
from maps import background, layers
from maps.credits import credit
from maps.figures import INK, MUTED, drawing, inline_svg, printable, shortened, text_width
from maps.geometry import Array, main_cluster, within_budget
from maps.numbers import distance
from maps.picture_labels import place_labels
from maps.picture_legend import DOTS, MARKERS, draw_legend
from maps.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE, HIGH, LEGEND = 10.4, 7.4, 2.6  # inches: the whole, and the legend's column
DPI = 150
_ZONE_VERTICES, _ROAD_VERTICES = 20_000, 30_000
_POINT_PER_MM = 72 / 25.4
_NAME_PT, _LINE_EM = 7.0, 1.25
_SOLID, _DRIVEN, _COARSE = (), (2.4, 1.2), (0.8, 1.6)  # dash and gap, millimetres


def write_picture(study: Study, plan: Plan, path: Path) -> None:
    """Write the plan as a PNG of 1560 by 1110 pixels; of several phases the last is drawn.

    Raises
    ------
    data.errors.InputError
        When the plan names a line or place that neither it nor the study holds.
    """
    with drawing():
        figure = _figure(picture_scene(study, plan), names_as_text=False)
        figure.savefig(path, dpi=DPI, metadata={"Software": "symbioplan"})


def picture_svg(scene: Scene) -> str:
    """Return the same picture as an SVG element for a page."""
    with drawing("map"):
        figure = _figure(scene, names_as_text=True)
        return inline_svg(figure, name="map", title=f"Map of the plan for {scene.study.name}")


def picture_scene(study: Study, plan: Plan) -> Scene:
    """Return what the picture shows: of several phases the last."""
    return Scene(study, plan.in_phase(plan.phases[-1]), whole=plan) if plan.phases else Scene(study, plan)


def phase_shown(plan: Plan) -> str:
    """Return which phase of a plan the picture shows, in words; blank when there is one."""
    return f"{plan.phases[-1]}, the last of {len(plan.phases)}" if plan.phases else ""


@dataclass(frozen=True)
class _Frame:
    """The part of the country that is drawn, and how it falls on the page."""

    west: float
    south: float
    metres_per_inch: float
    wide: float  # inches
    high: float

    @property
    def limits(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in metres."""
        return (self.west, self.south, self.west + self.wide * self.metres_per_inch,
                self.south + self.high * self.metres_per_inch)  # fmt: skip

    def page(self, xy: Array) -> Array:
        """Return coordinates in inches from the lower left corner."""
        return np.asarray((xy - [self.west, self.south]) / self.metres_per_inch, dtype=np.float64)


def _frame(scene: Scene, wide: float, high: float) -> _Frame:
    points = scene.study.plant_points
    near = shapely.get_coordinates(points[main_cluster(points)].to_numpy()) if len(points) else np.zeros((1, 2))
    low, top = near.min(axis=0), near.max(axis=0)
    scale = max(*((top - low) / (wide * 0.80, high * 0.80)), 50.0)
    west, south = (low + top) / 2 - np.array([wide, high]) / 2 * scale
    return _Frame(float(west), float(south), float(scale), wide, high)


def _figure(scene: Scene, *, names_as_text: bool) -> Figure:
    figure = Figure(figsize=(WIDE, HIGH), facecolor="white")
    wide, high = WIDE - LEGEND - 0.2, HIGH - 0.85
    frame = _frame(scene, wide, high)
    axes = figure.add_axes((0.1 / WIDE, 0.25 / HIGH, wide / WIDE, high / HIGH), facecolor="#F7F6F2")
    west, south, east, north = frame.limits
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xticks([])
    axes.set_yticks([])
    seen = shapely.box(west, south, east, north)
    kinds = _ground(axes, scene, seen)
    pipes, trucks = layers.pipelines(scene), layers.truck_routes(scene)
    fine, rough = layers.coarse_parts(scene, trucks)
    drawn = [
        part
        for layer, dash in ((fine, _DRIVEN), (rough, _COARSE), (pipes, _SOLID))
        for part in _lines(axes, layer, frame, seen, dash=dash)
    ]
    _existing(axes, scene, seen)
    ways = shapely.MultiLineString([shapely.LineString(frame.page(xy)) for xy in drawn])
    _places(axes, scene, frame, ways, names_as_text=names_as_text)
    _scale_bar(axes, frame)
    phase = phase_shown(scene.everything)
    title = scene.study.name + (f": phase {phase}" if phase else ": the plan")
    title = title if names_as_text else printable(title, scene.study.name.encode("ascii", "ignore").decode())
    figure.text(0.1 / WIDE, 1 - 0.34 / HIGH, shortened(title, 60), fontsize=14, fontweight="bold", va="center")
    side = figure.add_axes(((WIDE - LEGEND) / WIDE, 0.25 / HIGH, (LEGEND - 0.1) / WIDE, (HIGH - 0.35) / HIGH))
    draw_legend(side, scene, kinds, pipes=pipes, trucks=trucks, names_as_text=names_as_text)
    figure.text(0.1 / WIDE, 0.12 / HIGH, _sources(scene, names_as_text=names_as_text), fontsize=6.5, color=MUTED,
                va="center")  # fmt: skip
    return figure


def _sources(scene: Scene, *, names_as_text: bool) -> str:
    said = "; ".join([*([credit(scene.study)] if credit(scene.study) else []), *scene.study.settings.sources])
    words = f"Sources: {said}. " if said else ""
    text = shortened(f"{words}Projection: {scene.study.crs.name}. Drawn by symbioplan.", 110)
    return text if names_as_text else printable(text, f"Projection: {scene.study.crs.name}. Drawn by symbioplan.")


def _ground(axes: Axes, scene: Scene, seen: shapely.Polygon) -> list[tuple[str, str]]:
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


def _lines(
    axes: Axes, layer: gpd.GeoDataFrame, frame: _Frame, seen: shapely.Polygon, *, dash: tuple[float, ...]
) -> list[Array]:
    """Draw cased lines, those of one trench or road next to each other, and return their coordinates."""
    metres_per_mm = frame.metres_per_inch / 25.4
    room = seen.buffer(0.2 * frame.metres_per_inch)
    tolerance = frame.metres_per_inch / 100
    drawn = []
    for row in layer.itertuples(index=False):
        near = shapely.simplify(shapely.intersection(row.geometry, room), tolerance)
        moved = _aside(near, row.draw_offset_mm * metres_per_mm)
        drawn += [
            (shapely.get_coordinates(part), row.colour, row.draw_width_mm * _POINT_PER_MM)
            for part in shapely.get_parts(moved)
            if not part.is_empty
        ]
    for xy, _, width in drawn:
        axes.plot(*xy.T, color="white", linewidth=width + 1.2, alpha=0.9, zorder=3, solid_capstyle="round")
    for xy, colour, width in drawn:
        style = (0, tuple(step * _POINT_PER_MM / width for step in dash)) if dash else "solid"
        axes.plot(*xy.T, color=colour, linewidth=width, linestyle=style, zorder=4, dash_capstyle="butt",
                  solid_capstyle="round")  # fmt: skip
    return [xy for xy, *_ in drawn]


def _aside(line: shapely.Geometry, metres: float) -> shapely.Geometry:
    """Return the line moved to its right; as it is where that leaves nothing."""
    if abs(metres) < 1e-9 or line.is_empty:
        return line
    moved = shapely.offset_curve(line, -metres, join_style="mitre", mitre_limit=2.0)
    return line if moved.is_empty else moved


def _existing(axes: Axes, scene: Scene, seen: shapely.Polygon) -> None:
    layer = background.existing_pipelines(scene)
    for shape, colour in zip(layer.geometry, layer["colour"], strict=True):
        for part in shapely.get_parts(shapely.intersection(shape, seen)):
            axes.plot(*shapely.get_coordinates(part).T, color=colour, linewidth=2.2, linestyle=DOTS,
                      dash_capstyle="round", zorder=2.5)  # fmt: skip


def _places(axes: Axes, scene: Scene, frame: _Frame, ways: shapely.MultiLineString, *, names_as_text: bool) -> None:
    """Draw plants and hubs with their names, and those beyond the frame as pointers at its edge."""
    plants, hubs = layers.plants(scene), layers.hubs(scene)
    at = shapely.get_coordinates(plants.geometry.to_numpy()).reshape(-1, 2)
    page = frame.page(at)
    inside = np.all((page > 0.1) & (page < [frame.wide - 0.1, frame.high - 0.1]), axis=1)
    for (x, y), sector in zip(at[inside], plants["sector"][inside], strict=True):
        symbol = scene.symbols[sector]
        axes.plot(x, y, marker=MARKERS[symbol.shape], markersize=8, color=symbol.fill, markeredgecolor=INK,
                  markeredgewidth=1.0, zorder=6)  # fmt: skip
    _hubs(axes, hubs)
    edge = _at_edge(page, frame)
    spots = np.where(inside[:, None], page, edge)
    _pointers(axes, page[~inside], edge[~inside], frame)
    far = np.hypot(*(page - edge).T) * frame.metres_per_inch
    names = [
        _label(name, plant, "" if here else f" ({distance(away)} beyond)", names_as_text=names_as_text)
        for name, plant, here, away in zip(plants["name"], plants["plant"], inside, far, strict=True)
    ]
    stood = frame.page(shapely.get_coordinates(hubs.geometry.to_numpy()).reshape(-1, 2))
    spots = np.vstack([spots, stood])
    names += [_label(f"Hub: {name}", node, "", names_as_text=names_as_text)
              for name, node in zip(hubs["name"], hubs["node"], strict=True)]  # fmt: skip
    _names(axes, names, spots, frame, ways)


def _label(name: str, ident: str, more: str, *, names_as_text: bool) -> str:
    """Return a short name; where the fonts of this machine lack its letters, the id."""
    shown = name if names_as_text else printable(name, ident)
    return shortened(shown, 22.0) + more


def _hubs(axes: Axes, hubs: gpd.GeoDataFrame) -> None:
    for shape in hubs.geometry.drop_duplicates():
        axes.plot(shape.x, shape.y, marker="s", markersize=10, color="white", markeredgecolor=INK, markeredgewidth=2.2,
                  zorder=7)  # fmt: skip


def _at_edge(page: Array, frame: _Frame) -> Array:
    """Return where the way from the middle to each point leaves the frame, a little inside of it."""
    middle, half = np.array([frame.wide, frame.high]) / 2, np.array([frame.wide, frame.high]) / 2 - 0.12
    way = page - middle
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.nanmin(np.where(way != 0, half / np.abs(way), np.inf), axis=1)
    return np.asarray(middle + way * np.minimum(reach, 1.0)[:, None], dtype=np.float64)


def _pointers(axes: Axes, page: Array, edge: Array, frame: _Frame) -> None:
    for target, (x, y) in zip(page, edge, strict=True):
        angle = np.degrees(np.arctan2(target[1] - y, target[0] - x)) - 90
        axes.plot(x / frame.wide, y / frame.high, marker=(3, 0, angle), markersize=9, color=INK, zorder=8,
                  transform=axes.transAxes)  # fmt: skip


def _names(axes: Axes, names: list[str], spots: Array, frame: _Frame, ways: shapely.MultiLineString) -> None:
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


def _scale_bar(axes: Axes, frame: _Frame) -> None:
    """Draw a bar of a round length and an arrow to the north of the grid."""
    most = 2.0 * frame.metres_per_inch
    power = 10.0 ** np.floor(np.log10(most))
    metres = next(factor * power for factor in (5, 2, 1) if factor * power <= most)
    length = metres / frame.metres_per_inch
    for part, colour in ((0, INK), (1, "white")):
        axes.add_patch(
            Rectangle(((0.15 + part * length / 2) / frame.wide, 0.14 / frame.high), length / 2 / frame.wide,
                      0.06 / frame.high, transform=axes.transAxes, facecolor=colour, edgecolor=INK, linewidth=0.8,
                      zorder=9)
        )  # fmt: skip
    axes.text(0.15 / frame.wide, 0.24 / frame.high, "0", transform=axes.transAxes, fontsize=7, zorder=9)
    axes.text((0.15 + length) / frame.wide, 0.24 / frame.high, distance(metres), transform=axes.transAxes, fontsize=7,
              ha="center", zorder=9)  # fmt: skip
    x, top = 1 - 0.25 / frame.wide, 1 - 0.12 / frame.high
    axes.annotate("N", xy=(x, top), xytext=(x, 1 - 0.5 / frame.high), xycoords="axes fraction", ha="center",
                  va="center", fontsize=9, fontweight="bold", zorder=9,
                  arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4})  # fmt: skip
