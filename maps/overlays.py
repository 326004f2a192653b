"""The layers of the web map that show the plan, each as it is in one phase."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from maps import layers, popups
from maps.features import (
    INK,
    PAPER,
    PX_PER_MM,
    Properties,
    arrowheads,
    disc,
    line,
    line_svg,
    mark,
    mark_svg,
    ring,
    swatch,
)
from maps.geometry import within_budget
from maps.numbers import DAYS_PER_YEAR
from maps.parties import Parties, users, users_of
from maps.scene import Scene
from maps.sheets import Facet, Overlay, Part, Value

# Arcs over more exchanges than this hide the pipes and roads below, so they wait to be switched on.
CALM_EXCHANGES = 20

# Most vertices drawn per layer, of routes those of all roads in use. A vertex takes about 8 bytes.
ROUTE_VERTICES, PIPE_VERTICES = 100_000, 150_000

_MODES = {"pipeline": "by pipe", "truck": "by truck", "mixed": "by pipe and truck", "on_site": "within one plant"}
_DIAMETERS = ((100, "up to 100 mm"), (200, "100 to 200 mm"), (400, "200 to 400 mm"), (np.inf, "over 400 mm"))
_UNKNOWN = "diameter not given"
_ON_ROADS = "Width: quantity, compared within each resource. Side by side: on one road."
_DRIVEN, _COARSE = "8 5", "3 9"  # dashes of truck routes, pixels
_HUB = mark("hub", 25, INK, edge=PAPER, width=1.5)
_BESIDE_PX = 25  # how far a hub stands left of the plant that it shares a place with


def plan_overlays(scene: Scene, parties: Parties) -> list[Overlay]:
    """Return the layers of the plan in one phase, as the panel lists them, also those with nothing in them."""
    makers: Sequence[Callable[[Scene, Parties], Overlay]] = (
        _exchanges, _pipelines, _trucks, _hubs, _unplaced, _unserved,
    )  # fmt: skip
    return [maker(scene, parties) for maker in makers]


def by_resource(scene: Scene, resources: Sequence[pd.Series]) -> Facet:
    """Return the facet of resources that some of the columns name, by their names."""
    used = {name for column in resources for name in column}
    names = {name: scene.resource_names.get(name, name) for name in used}
    rows = sorted(used, key=lambda name: (names[name].lower(), name))
    return Facet("resource", "Resource", [Value(name, names[name], colour=scene.colours[name]) for name in rows])


def cased(layer: gpd.GeoDataFrame, pane: str, properties: Sequence[Properties], *, vertices: int = 0,
          **style: object) -> Part:  # fmt: skip
    """Return coloured lines with a pale edge, each moved aside by its offset; with ``vertices`` they share roads."""
    widths = layer["draw_width_mm"].to_numpy() * PX_PER_MM
    aside = "draw_offset_mm" in layer and not vertices
    offsets = layer["draw_offset_mm"].to_numpy() * PX_PER_MM if aside else 0 * widths
    drawn = [
        {"style": line(colour, width, offset=round(float(offset), 1), casing=1, **style), **own}
        for colour, width, offset, own in zip(layer["colour"], widths, offsets, properties, strict=True)
    ]
    return Part(pane, "way" if vertices else "line", layer.geometry, drawn, vertices=vertices)


def joined(*columns: Sequence[Properties]) -> list[Properties]:
    """Return what several sources say of each feature, in one."""
    return [{key: value for own in row for key, value in own.items()} for row in zip(*columns, strict=True)]


def _exchanges(scene: Scene, parties: Parties) -> Overlay:
    layer, arcs = layers.exchanges(scene), layers.exchange_arcs(scene)
    every = scene.everything.exchanges
    resource = by_resource(scene, [every["resource"]])
    modes = Facet("mode", "Way", [Value(mode, words) for mode, words in _MODES.items() if mode in set(every["mode"])])
    facets = zip(resource.numbers(layer["resource"]), modes.numbers(layer["mode"]), strict=True)
    whose = [
        {"facets": list(numbers), "parties": sorted({end for end in ends if end is not None})}
        for numbers, ends in zip(facets, parties.ends(layer), strict=True)
    ]
    curved = layer.set_geometry(list(shapely.linestrings(arcs[:, ::2])) if len(layer) else [], crs=layer.crs)
    lines = cased(curved, "exchanges", joined(popups.exchanges(scene, layer), whose), opacity=0.85)
    heads, turns = arrowheads(arcs, layer.crs)
    sizes = 11 + 1.8 * layer["draw_width_mm"] * PX_PER_MM
    arrows = [
        {"style": mark("arrow", size, colour, edge=PAPER, width=1.2), "spot": [turn], **own}
        for size, colour, turn, own in zip(sizes, layer["colour"], turns, whose, strict=True)
    ]
    sign = swatch('<path d="M1 10Q14 -2 30 8" fill="none" stroke="currentColor" stroke-width="2.5"/>'
                  '<path d="M14 0l8 4.5-8 3z" fill="currentColor"/>')  # fmt: skip
    parts = [lines, Part("exchanges", "mark", heads, arrows, counted=False)]
    shown = len(every) <= CALM_EXCHANGES
    return Overlay("exchanges", "Exchanges", "Plan", parts, show=shown, swatch=sign, facets=[resource, modes],
                   note="Width: quantity, compared within each resource.")  # fmt: skip


def _pipelines(scene: Scene, parties: Parties) -> Overlay:
    layer, used = layers.pipelines(scene), users(scene, parties)
    every = scene.everything.built_pipes
    resource, sizes = by_resource(scene, [every["resource"]]), _diameters(every["diameter_mm"])
    whose = [
        {"facets": [number, size], "parties": users_of(row.corridor, row.resource, used),
         "amount": 0 if pd.isna(row.length_m) else round(row.length_m / 1000, 2)}
        for row, number, size in zip(layer.itertuples(index=False), resource.numbers(layer["resource"]),
                                     sizes.numbers([_class(value) for value in layer["diameter_mm"]]), strict=True)
    ]  # fmt: skip
    drawn = layer.set_geometry(within_budget(layer.geometry, PIPE_VERTICES, 1.0))
    part = cased(drawn, "pipes", joined(popups.pipelines(scene, layer), whose))
    return Overlay("pipelines", "Pipelines", "Plan", [part], swatch=line_svg(5), facets=[resource, sizes], unit="km",
                   note="Side by side: in one trench.")  # fmt: skip


def _diameters(diameters_mm: pd.Series) -> Facet:
    """Return the classes in use, each with the width of its widest pipe."""
    widths = layers.pipe_widths_mm(diameters_mm, diameters_mm.max()) * PX_PER_MM
    widest = widths.groupby([_class(value) for value in diameters_mm]).max().to_dict() if len(widths) else {}
    names = [name for _, name in _DIAMETERS] + [_UNKNOWN]
    return Facet(
        "diameter", "Diameter", [Value(name, name, sign=line_svg(widest[name])) for name in names if name in widest]
    )


def _class(diameter_mm: float) -> str:
    return next((name for most, name in _DIAMETERS if diameter_mm <= most), _UNKNOWN)  # NaN is never less


def _trucks(scene: Scene, parties: Parties) -> Overlay:
    layer, used = layers.truck_routes(scene), users(scene, parties)
    resource = by_resource(scene, [scene.everything.hauls["resource"]])
    trips = layer["trips_per_year"].fillna(0).to_numpy() / DAYS_PER_YEAR
    layer["_whose"] = [
        {"facets": [number], "amount": round(float(daily), 3),
         "parties": users_of(row.route, row.resource, used) or parties.known([row.from_node, row.to_node])}
        for row, number, daily in zip(layer.itertuples(index=False), resource.numbers(layer["resource"]), trips,
                                      strict=True)
    ]  # fmt: skip
    fine, coarse = layers.coarse_parts(scene, layer)
    parts = []
    for routes, dash in ((fine, _DRIVEN), (coarse, _COARSE)):
        own = joined(popups.truck_routes(scene, routes), routes["_whose"].tolist())
        if dash == _COARSE:  # counted where the fine part is
            own = [{**each, "amount": 0} for each in own]
        parts.append(cased(routes, "trucks", own, vertices=ROUTE_VERTICES, dashArray=dash, lineCap="butt"))
    some = scene.everything.hauls["coarse_m"].gt(0).any()
    signs = [Value("coarse", "coarse roads: an estimate", sign=line_svg(3, _COARSE))] if some else []
    parts[1] = replace(parts[1], counted=False)
    return Overlay("trucks", "Truck routes", "Plan", parts, swatch=line_svg(3, "7 4"), facets=[resource], signs=signs,
                   unit="trips/day", note=_ON_ROADS)  # fmt: skip


def _hubs(scene: Scene, parties: Parties) -> Overlay:
    layer = layers.hubs(scene)
    kinds = dict.fromkeys(scene.everything.built_hubs["technology"])
    facet = Facet(
        "technology",
        "Technology",
        [Value(kind, scene.technology_names.get(kind, kind.replace("_", " "))) for kind in kinds],
    )
    turn = layer.groupby("node").cumcount().to_numpy()
    beside = layer["node"].isin(scene.study.plants["plant"]).to_numpy()
    own = [
        {"style": _HUB, "facets": [number], "parties": [parties.hubs[hub]], "party": parties.hubs[hub],
         "title": title, "spot": [0, -_BESIDE_PX * int(there), _BESIDE_PX * int(place)]}
        for hub, title, number, there, place in zip(layer["hub"], scene.hub_titles(layer),
                                                    facet.numbers(layer["technology"]), beside, turn, strict=True)
    ]  # fmt: skip
    parts = [Part("hubs", "mark", layer.geometry, own)]
    return Overlay("hubs", "Shared hubs", "Plan", parts, swatch=mark_svg(_HUB, 18), facets=[facet])


def _unplaced(scene: Scene, parties: Parties) -> Overlay:
    layer = layers.left_over(scene, "unplaced")
    facet = by_resource(scene, [layers.not_nothing(scene.everything.unplaced)["resource"]])
    parts = _fanned(layer, popups.unplaced(scene, layer), facet, parties, above=False)
    sign = mark_svg(mark("disc", 13, "currentColor", edge="none", width=1))
    return Overlay("unplaced", "Supply left over", "Plan", parts, show=False, swatch=sign, facets=[facet],
                   note="Area: quantity, compared within each resource.")  # fmt: skip


def _unserved(scene: Scene, parties: Parties) -> Overlay:
    layer = layers.left_over(scene, "unserved")
    facet = by_resource(scene, [layers.not_nothing(scene.everything.unserved)["resource"]])
    parts = _fanned(layer, popups.unserved(scene, layer), facet, parties, above=True)
    sign = mark_svg(mark("disc", 13, "none", edge="currentColor", width=3))
    return Overlay("unserved", "Demand bought new", "Plan", parts, show=False, swatch=sign, facets=[facet],
                   note="Area: quantity, compared within each resource.")  # fmt: skip


def _fanned(layer: gpd.GeoDataFrame, rows: Sequence[Properties], facet: Facet, parties: Parties, *,
            above: bool) -> list[Part]:  # fmt: skip
    """Return proportional symbols around each plant: left over (discs) below it, missing (rings) above it."""
    sizes = np.round(layer["draw_size_mm"].to_numpy() * PX_PER_MM)
    right, down = fan(layer["node"], sizes, above=above)
    own = [
        {"style": ring(size, colour) if above else disc(size, colour), "facets": [number],
         "parties": parties.known([node]), "spot": [0, int(x), int(y)], **popup}
        for size, colour, number, node, x, y, popup in zip(
            sizes, layer["colour"], facet.numbers(layer["resource"]), layer["node"], right, down, rows, strict=True)
    ]  # fmt: skip
    return [Part("left", "mark", layer.geometry, own)]


def fan(node: pd.Series, sizes_px: npt.NDArray[np.float64], *, above: bool) -> tuple[npt.NDArray[np.float64], ...]:
    """Return how many pixels right and down of their place marks stand, so that those of one place are apart."""
    turn = node.groupby(node).cumcount().to_numpy()
    of = node.groupby(node).transform("count").to_numpy()
    angle = np.pi * (turn + 0.5) / np.maximum(of, 1)
    reach = 12 + sizes_px / 2 + np.where(of > 3, 4.0 * of, 0)
    return -np.rint(reach * np.cos(angle)), np.rint(reach * np.sin(angle)) * (-1 if above else 1)
