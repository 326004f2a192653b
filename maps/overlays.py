"""The layers of the web map, in the groups in which its panel lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely

from maps import background, layers, popups
from maps.features import (
    CASING,
    INK,
    Collection,
    Properties,
    arrowheads,
    collection,
    disc_svg,
    fill,
    line,
    plant_svg,
    square_svg,
)
from maps.geometry import within_budget
from maps.scene import Scene

PX_PER_MM = 3.6

# Arcs over more exchanges than this hide the pipes and roads below, so they wait to be switched on.
CALM_EXCHANGES = 20

# Most vertices drawn per layer: together they keep the page below about 4 MB.
ZONE_VERTICES, ROAD_VERTICES, CROSSING_VERTICES, ROUTE_VERTICES, PIPE_VERTICES = 30_000, 40_000, 12_000, 40_000, 20_000

# Bottom to top. Only one pane is a canvas (thousands of roads), and it lets clicks through.
PANES = {
    "zones": 310, "roads": 320, "crossings": 330, "areas": 335, "old": 340, "trucks": 410, "pipes": 420,
    "exchanges": 430, "left": 590, "plants": 610, "names": 620,
}  # fmt: skip
CANVAS_PANES = ("roads", "crossings")
_DRIVEN, _COARSE = "8 5", "3 9"  # dashes of truck routes, pixels


@dataclass(frozen=True)
class Overlay:
    """One row of the panel and what it switches.

    ``parts`` are drawn in order, each in its pane; ``count`` is what the panel says beside the label.
    """

    key: str
    label: str
    group: str
    parts: Sequence[tuple[str, Collection]]
    count: int
    show: bool = True
    swatch: str = ""  # our own SVG
    colours: Sequence[tuple[str, str]] = field(default=())  # legend rows below it: colour, label
    signs: Sequence[tuple[str, str]] = field(default=())  # the same: our own SVG, label


def overlays(scene: Scene) -> list[Overlay]:
    """Return every layer that has something in it, bottom group last as the panel lists them."""
    makers: Sequence[Callable[[Scene], Overlay]] = (
        _exchanges, _pipelines, _trucks, _hubs, _unplaced, _unserved, _plants, _names, _old, _sites,
        _zones, _roads, _crossings,
    )  # fmt: skip
    made = [maker(scene) for maker in makers]
    return [overlay for overlay in made if overlay.count]


def _cased(layer: gpd.GeoDataFrame, widths: np.ndarray[tuple[int], np.dtype[np.float64]], pane: str,
           popup_rows: Sequence[Properties], **style: object) -> list[tuple[str, Collection]]:  # fmt: skip
    """Return a white casing below and coloured lines above, each moved aside by its offset."""
    offsets = layer["draw_offset_mm"].to_numpy() * PX_PER_MM if "draw_offset_mm" in layer else 0 * widths
    under = [
        {"style": line(CASING, width + 1.6, opacity=0.9, offset=round(float(offset), 1)), "quiet": True}
        for width, offset in zip(widths, offsets, strict=True)
    ]
    over = [
        {"style": {**line(colour, width, offset=round(float(offset), 1)), **style}, **rows}
        for colour, width, offset, rows in zip(layer["colour"], widths, offsets, popup_rows, strict=True)
    ]
    return [(pane, collection(layer.geometry, under)), (pane, collection(layer.geometry, over))]


def _exchanges(scene: Scene) -> Overlay:
    layer = layers.exchanges(scene)
    arcs = layers.exchange_arcs(scene)
    curved = layer.set_geometry(list(shapely.linestrings(arcs)) if len(layer) else [], crs=layer.crs)
    widths = layer["draw_width_mm"].to_numpy() * PX_PER_MM
    parts = _cased(curved, widths, "exchanges", popups.exchanges(scene, layer), opacity=0.85, smoothFactor=0.4)
    heads = arrowheads(arcs, layer["colour"].tolist(), (11 + 1.8 * widths).tolist(), layer.crs)
    swatch = _swatch(f'<path d="M1 10Q14 -2 30 8" fill="none" stroke="{INK}" stroke-width="2.5"/>'
                     f'<path d="M14 0l8 4.5-8 3z" fill="{INK}"/>')  # fmt: skip
    shown = len(layer) <= CALM_EXCHANGES
    parts.append(("exchanges", heads))
    return Overlay("exchanges", "Exchanges", "Plan", parts, len(layer), show=shown, swatch=swatch)


def _pipelines(scene: Scene) -> Overlay:
    layer = layers.pipelines(scene)
    drawn = layer.set_geometry(within_budget(layer.geometry, PIPE_VERTICES, 1.0))
    widths = layer["draw_width_mm"].to_numpy() * PX_PER_MM
    parts = _cased(drawn, widths, "pipes", popups.pipelines(scene, layer))
    swatch = _swatch(f'<path d="M1 6H31" stroke="{INK}" stroke-width="5"/>')
    return Overlay("pipelines", "Pipelines", "Plan", parts, len(layer), swatch=swatch)


def _trucks(scene: Scene) -> Overlay:
    layer = layers.truck_routes(scene)
    fine, coarse = layers.coarse_parts(scene, layer)
    parts = []
    for routes, dash in ((fine, _DRIVEN), (coarse, _COARSE)):
        drawn = routes.set_geometry(within_budget(routes.geometry, ROUTE_VERTICES))
        widths = routes["draw_width_mm"].to_numpy() * PX_PER_MM
        parts += _cased(drawn, widths, "trucks", popups.truck_routes(scene, routes), dashArray=dash, lineCap="butt")
    swatches = [
        _swatch(f'<path d="M1 6H31" stroke="{INK}" stroke-width="3" stroke-dasharray="{dash}"/>')
        for dash in ("7 4", _COARSE)
    ]
    signs = [(swatches[1], "coarse roads: an estimate")] if len(coarse) else []
    return Overlay("trucks", "Truck routes", "Plan", parts, len(layer), swatch=swatches[0], signs=signs)


def _hubs(scene: Scene) -> Overlay:
    layer = layers.hubs(scene)
    icon = square_svg("#FFFFFF", 18)
    parts = [("plants", collection(layer.geometry, _icons(icon, 18, popups.hubs(scene, layer))))]
    return Overlay("hubs", "Shared hubs", "Plan", parts, len(layer), swatch=icon)


def _unplaced(scene: Scene) -> Overlay:
    layer = layers.left_over(scene, "unplaced")
    parts = _fanned(layer, popups.unplaced(scene, layer), hollow=False)
    swatch = disc_svg(INK, 13, hollow=False)
    return Overlay("unplaced", "Supply left over", "Plan", parts, len(layer), show=False, swatch=swatch)


def _unserved(scene: Scene) -> Overlay:
    layer = layers.left_over(scene, "unserved")
    parts = _fanned(layer, popups.unserved(scene, layer), hollow=True)
    swatch = disc_svg(INK, 13, hollow=True)
    return Overlay("unserved", "Demand bought new", "Plan", parts, len(layer), show=False, swatch=swatch)


def _fanned(layer: gpd.GeoDataFrame, rows: Sequence[Properties], *, hollow: bool) -> list[tuple[str, Collection]]:
    """Return proportional symbols around each plant: left over below it, missing above it."""
    turn = layer.groupby("node").cumcount().to_numpy()
    of = layer.groupby("node")["resource"].transform("count").to_numpy()
    angle = np.pi * (turn + 0.5) / np.maximum(of, 1) * (-1 if hollow else 1)
    sizes = np.round(layer["draw_size_mm"].to_numpy() * PX_PER_MM)
    reach = 12 + sizes / 2 + np.where(of > 3, 4.0 * of, 0)
    own = [
        {"icon": disc_svg(colour, size, hollow=hollow), "size": [int(size), int(size)],
         "anchor": [int(size / 2 - far * np.cos(bend)), int(size / 2 - far * np.sin(bend))], **popup}
        for colour, size, bend, far, popup in zip(layer["colour"], sizes, angle, reach, rows, strict=True)
    ]  # fmt: skip
    return [("left", collection(layer.geometry, own))]


def _plants(scene: Scene) -> Overlay:
    layer = layers.plants(scene)
    rows = popups.plants(scene, layer)
    icons = {sector: plant_svg(symbol) for sector, symbol in scene.symbols.items()}
    own = [
        {"icon": icons[sector], "size": [18, 18], **popup} for sector, popup in zip(layer["sector"], rows, strict=True)
    ]
    outlines = layers.areas(scene)
    style = {"style": fill("#8A8F94", 0.3), "quiet": True}
    parts = [
        ("areas", collection(outlines.geometry, [style] * len(outlines))),
        ("plants", collection(layer.geometry, own)),
    ]
    return Overlay("plants", "Plants", "Study", parts, len(layer))


def _names(scene: Scene) -> Overlay:
    layer = layers.plants(scene)
    own = [{"label": name} for name in layer["name"]]
    return Overlay("names", "Plant names", "Study", [("names", collection(layer.geometry, own))], len(layer))


def _old(scene: Scene) -> Overlay:
    layer = background.existing_pipelines(scene)
    parts = _cased(layer, np.full(len(layer), 2.0), "old", popups.existing_pipelines(layer), dashArray="1 5")
    swatch = _swatch(
        f'<path d="M2 6H31" stroke="{INK}" stroke-width="3" stroke-linecap="round" stroke-dasharray="1 5"/>'
    )
    return Overlay("old", "Existing pipelines", "Study", parts, len(layer), swatch=swatch)


def _sites(scene: Scene) -> Overlay:
    layer = background.sites(scene)
    rows, icon = popups.sites(layer), square_svg("#FFFFFF", dashed=True)
    area = layer.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    outline = {"style": fill(INK, 0.08, weight=1, dashArray="4 3"), "quiet": True}
    points = layer.geometry.representative_point()
    parts = [
        ("areas", collection(layer.geometry[area], [outline] * int(area.sum()))),
        ("left", collection(points, _icons(icon, 14, rows))),
    ]
    return Overlay("sites", "Candidate sites", "Study", parts, len(layer), show=False, swatch=icon)


def _zones(scene: Scene) -> Overlay:
    layer = background.zones(scene)
    shapes = within_budget(layer.geometry, ZONE_VERTICES, 3.0)
    own = [
        {"style": fill(colour, 0.55), "area": True, **popup}
        for colour, popup in zip(layer["colour"], popups.zones(layer), strict=True)
    ]
    kinds = layer.drop_duplicates("kind").sort_values("kind_name")
    legend = list(zip(kinds["colour"], kinds["kind_name"], strict=True))
    return Overlay("zones", "Zones", "Background", [("zones", collection(shapes, own, 5))], len(layer), colours=legend)


def _roads(scene: Scene) -> Overlay:
    layer = background.roads(scene, ROAD_VERTICES)
    shapes = within_budget(layer.geometry, ROAD_VERTICES, 5.0)
    rank = layer["rank"].to_numpy()
    own = [{"style": line("#A9A194", max(2.4 - 0.3 * value, 0.7), opacity=0.9), "quiet": True} for value in rank]
    swatch = _swatch('<path d="M1 6H31" stroke="#A9A194" stroke-width="2"/>')
    return Overlay(
        "roads", "Roads", "Background", [("roads", collection(shapes, own, 5))], min(len(layer), 1), swatch=swatch
    )


def _crossings(scene: Scene) -> Overlay:
    layer = background.crossings(scene)
    joined = layer.dissolve("kind_name", as_index=False) if len(layer) else layer
    shapes = within_budget(joined.geometry, CROSSING_VERTICES, 5.0)
    own = [{"style": line(colour, 1.6, opacity=0.8), "quiet": True} for colour in joined["colour"]]
    return Overlay(
        "crossings", "Costly to cross", "Background", [("crossings", collection(shapes, own, 5))], len(layer),
        show=False, colours=list(zip(joined["colour"], joined["kind_name"], strict=True)),
    )  # fmt: skip


def _icons(icon: str, size: int, rows: Sequence[Properties]) -> list[Properties]:
    return [{"icon": icon, "size": [size, size], **popup} for popup in rows]


def _swatch(body: str) -> str:
    return f'<svg viewBox="0 0 32 12" width="32" height="12">{body}</svg>'
