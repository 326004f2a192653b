"""``map.png``: the plan as a static picture for documents, made without a browser.

The same layers as on the web map, drawn where most plants stand; what lies farther away is named at the edge in
its direction, and where that is much, a second map below shows the whole region. Pipes in one trench lie side by
side. In the report the same picture is an SVG whose ground is a bitmap and whose names are text.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import shapely
from matplotlib.figure import Figure

from data.plan import Plan
from data.study import Study
from maps import layers
from maps.credits import credit
from maps.figures import MUTED, drawing, inline_svg, printable, shortened, text_width
from maps.picture_frame import Frame, densest, draw_scale
from maps.picture_layers import COARSE, DRIVEN, SOLID, draw_existing, draw_ground, draw_lines
from maps.picture_legend import draw_legend
from maps.picture_places import draw_beyond, draw_places
from maps.scene import Scene

WIDE, HIGH, LEGEND = 10.4, 7.4, 2.6  # inches: the whole with one map, and the legend's column
DPI = 150
_HEAD, _FOOT, _SIDE = 0.6, 0.25, 0.1
_MANY_BEYOND = 1 / 3  # of the plants: more are not pointed at but shown on a map of their own
_TITLE = 33.0  # ems of a title in its full size
_THIN = 0.5  # width of lines on that map


def write_picture(study: Study, plan: Plan, path: Path) -> None:
    """Write the plan as a PNG, 1560 pixels wide and 1110 or more high; of several phases the last is drawn.

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


def is_wide(svg: str) -> bool:
    """Return whether an SVG element is wider than high."""
    width, height = (float(size) for size in re.findall(r'<svg[^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
    return width > height


def picture_scene(study: Study, plan: Plan) -> Scene:
    """Return what the picture shows: of several phases the last."""
    return Scene(study, plan.in_phase(plan.phases[-1]), whole=plan) if plan.phases else Scene(study, plan)


def phase_shown(plan: Plan) -> str:
    """Return which phase of a plan the picture shows, in words; blank when there is one."""
    return f"{plan.phases[-1]}, the last of {len(plan.phases)}" if plan.phases else ""


def _figure(scene: Scene, *, names_as_text: bool) -> Figure:
    points = scene.study.plant_points
    at = shapely.get_coordinates(points.to_numpy()) if len(points) else np.zeros((1, 2))
    wide, high = WIDE - LEGEND - 2 * _SIDE, HIGH - _HEAD - _FOOT
    detail = Frame.around(at[densest(at)], wide, high)
    is_apart = bool((~detail.shows(detail.page(at))).mean() > _MANY_BEYOND)
    across, up = np.maximum(np.ptp(at, axis=0), 1.0)
    below = float(np.clip(wide * up / across, 2.6, 5.0)) if is_apart else 0.0
    figure = Figure(figsize=(WIDE, HIGH + below + (_SIDE if is_apart else 0.0)), facecolor="white")
    overview = Frame.around(at, wide, below) if is_apart else None
    _maps(figure, scene, detail, overview, names_as_text=names_as_text)
    _words(figure, scene, names_as_text=names_as_text)
    return figure


def _maps(figure: Figure, scene: Scene, detail: Frame, overview: Frame | None, *, names_as_text: bool) -> None:
    """Draw the map, the one of the whole region below it where there is one, and the legend of both."""
    pipes, trucks = layers.pipelines(scene), layers.truck_routes(scene)
    fine, rough = layers.coarse_parts(scene, trucks)
    dashed = ((fine, DRIVEN), (rough, COARSE), (pipes, SOLID))
    axes = detail.axes(figure, _SIDE, _FOOT + (overview.high + _SIDE if overview else 0.0))
    kinds = draw_ground(axes, scene, detail.seen)
    drawn = [part for layer, dash in dashed for part in draw_lines(axes, layer, detail, dash=dash)]
    draw_existing(axes, scene, detail.seen)
    ways = shapely.MultiLineString([shapely.LineString(detail.page(xy)) for xy in drawn])
    draw_places(axes, scene, detail, ways, names_as_text=names_as_text, pointers=overview is None)
    draw_scale(axes, detail)
    seen = detail.seen
    if overview is not None:
        below = overview.axes(figure, _SIDE, _FOOT)
        kinds += draw_ground(below, scene, overview.seen)
        for layer, dash in dashed:
            draw_lines(below, layer, overview, dash=dash, share=_THIN)
        draw_existing(below, scene, overview.seen)
        draw_beyond(below, scene, overview, detail, names_as_text=names_as_text)
        draw_scale(below, overview)
        seen = overview.seen.union(seen)
    all_wide, all_high = figure.get_size_inches()
    high = float(all_high) - _FOOT - _SIDE
    side = figure.add_axes(((WIDE - LEGEND) / all_wide, _FOOT / all_high, (LEGEND - _SIDE) / all_wide, high / all_high))
    draw_legend(side, scene, dict.fromkeys(kinds), seen, high=high, pipes=pipes, trucks=trucks,
                names_as_text=names_as_text)  # fmt: skip


def _words(figure: Figure, scene: Scene, *, names_as_text: bool) -> None:
    """Write the title and the sources."""
    all_wide, all_high = figure.get_size_inches()
    phase = phase_shown(scene.everything)
    end = f": phase {phase}" if phase else ": the plan"
    ems = text_width(scene.study.name + end)
    size = min(14.0, max(14.0 * _TITLE / ems, 9.0))
    name = shortened(scene.study.name, _TITLE * 14.0 / size - text_width(end))
    name = name if names_as_text else printable(name, scene.study.name.encode("ascii", "ignore").decode())
    figure.text(_SIDE / all_wide, 1 - 0.34 / all_high, name + end, fontsize=size, fontweight="bold", va="center")
    text = _sources(scene, names_as_text=names_as_text)
    figure.text(_SIDE / all_wide, 0.12 / all_high, text, fontsize=6.5, color=MUTED, va="center")


def _sources(scene: Scene, *, names_as_text: bool) -> str:
    said = "; ".join([*([credit(scene.study)] if credit(scene.study) else []), *scene.study.settings.sources])
    words = f"Sources: {said}. " if said else ""
    text = shortened(f"{words}Projection: {scene.study.crs.name}. Drawn by symbioplan.", 110)
    return text if names_as_text else printable(text, f"Projection: {scene.study.crs.name}. Drawn by symbioplan.")
