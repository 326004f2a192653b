"""The layers of the web map that show the study: plants, sites, constraints and the ground below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np

from maps import background, layers, popups, siting_layers
from maps.features import INK, PAPER, fill, line, line_svg, mark, mark_svg, plant_mark
from maps.geometry import within_budget
from maps.overlays import by_resource, cased, joined
from maps.parties import Parties
from maps.scene import Scene
from maps.sheets import COARSE, Facet, Overlay, Part, Value

# Most vertices drawn per layer.
ZONE_VERTICES, CROSSING_VERTICES = 30_000, 12_000

_ROAD = "#A9A194"
_SITE = mark("square", 14, "#FFFFFF", width=2)
_OLD_MM = 0.55  # width of a pipe that is there already


def study_overlays(scene: Scene, parties: Parties) -> list[Overlay]:
    """Return the layers of the study as the panel lists them, also those with nothing in them."""
    makers: Sequence[Callable[[Scene, Parties], Overlay]] = (
        _plants, _names, _old, _sites, _zones, _crossings, _roads,
    )  # fmt: skip
    return [maker(scene, parties) for maker in makers]


def _plants(scene: Scene, parties: Parties) -> Overlay:
    layer, outlines = layers.plants(scene), layers.areas(scene)
    symbols = scene.symbols
    facet = Facet("sector", "Sector", [
        Value(sector, sector, sign=mark_svg(plant_mark(symbols[sector]))) for sector in sorted(symbols)
    ])  # fmt: skip
    own = [
        {"style": plant_mark(symbols[sector]), "facets": [number], "parties": [party], "party": party, "title": name}
        for sector, number, party, name in zip(layer["sector"], facet.numbers(layer["sector"]),
                                               parties.known(layer["plant"]), layer["name"], strict=True)
    ]  # fmt: skip
    around = [
        {"style": fill("#8A8F94", 0.3), "facets": [number], "parties": [party]}
        for number, party in zip(facet.numbers(outlines["sector"]), parties.known(outlines["plant"]), strict=True)
    ]
    parts = [
        Part("areas", "area", outlines.geometry, around, counted=False),
        Part("plants", "mark", layer.geometry, own),
    ]
    return Overlay("plants", "Plants", "Study", parts, facets=[facet])


def _names(scene: Scene, parties: Parties) -> Overlay:
    layer = layers.plants(scene)
    own = [{"title": name, "party": parties.plants[plant]} for name, plant in zip(layer["name"], layer["plant"],
                                                                                 strict=True)]  # fmt: skip
    return Overlay("names", "Plant names", "Study", [Part("names", "name", layer.geometry, own)])


def _old(scene: Scene, _: Parties) -> Overlay:
    layer = background.existing_pipelines(scene).assign(draw_width_mm=_OLD_MM)
    facet = by_resource(scene, [layer["resource"]])
    numbers = [{"facets": [number]} for number in facet.numbers(layer["resource"])]
    part = cased(layer, "old", joined(popups.existing_pipelines(layer), numbers), dashArray="1 5")
    return Overlay("old", "Existing pipelines", "Study", [part], swatch=line_svg(3, "2 4"), facets=[facet])


def _sites(scene: Scene, _: Parties) -> Overlay:
    if siting_layers.has_siting(scene.study):
        return _ranked(scene)
    layer = background.sites(scene)
    area = layer.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    outline = {"style": fill(INK, 0.08, weight=1, dashArray="4 3")}
    own = [{"style": _SITE, **popup} for popup in popups.sites(layer)]
    parts = [
        Part("areas", "area", layer.geometry[area], [outline] * int(area.sum()), counted=False),
        Part("left", "mark", layer.geometry.representative_point(), own),
    ]
    return Overlay("sites", "Candidate sites", "Study", parts, show=False, swatch=mark_svg(_SITE))


def _ranked(scene: Scene) -> Overlay:
    """Return the sites that siting found, coloured by score, the best on top."""
    layer = siting_layers.sites(scene.study)[::-1].reset_index(drop=True)
    facet = Facet("score", "Score", [
        Value(name, name, colour=colour)
        for name, colour in dict(zip(layer["score_class"], layer["class_colour"], strict=True)).items()
    ])  # fmt: skip
    told = siting_layers.site_popups(scene.study, layer)
    area = layer.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    outlines = [{"style": fill(colour, 0.2, color=INK, weight=1.4, dark=PAPER)} for colour in layer.loc[area, "colour"]]
    own = [
        {"style": mark("square", 16, colour, width=2) | {"dark": PAPER}, "facets": [number], **popup}
        for colour, number, popup in zip(layer["colour"], facet.numbers(layer["score_class"]), told, strict=True)
    ]
    parts = [
        Part("areas", "area", layer.geometry[area], outlines, counted=False),
        Part("left", "mark", layer.geometry.representative_point(), own),
    ]
    best = mark_svg(mark("square", 14, siting_layers.RAMP[-1], edge="currentColor", width=2))
    shown = not scene.plan.has_solution  # beside a plan they wait to be switched on
    return Overlay("sites", "Sites by score", "Study", parts, show=shown, swatch=best, facets=[facet])


def _zones(scene: Scene, _: Parties) -> Overlay:
    layer = background.zones(scene)
    facet = _kinds(layer, "Kind")
    shapes = within_budget(layer.geometry, ZONE_VERTICES, 3.0)
    own = [
        {"style": fill(colour, 0.55), "facets": [number], **popup}
        for colour, number, popup in zip(layer["colour"], facet.numbers(layer["kind"]), popups.zones(layer),
                                         strict=True)
    ]  # fmt: skip
    parts = [Part("zones", "area", shapes, own, decimals=COARSE)]
    return Overlay("zones", "Zones", "Constraints", parts, facets=[facet], ground=True)


def _crossings(scene: Scene, _: Parties) -> Overlay:
    layer = background.crossings(scene)
    facet = _kinds(layer, "Kind")
    merged = layer.dissolve("kind", as_index=False, sort=True) if len(layer) else layer
    shapes = within_budget(merged.geometry, CROSSING_VERTICES, 3.0)
    own = [
        {"style": line(colour, 1.6, opacity=0.8), "facets": [number]}
        for colour, number in zip(merged["colour"], facet.numbers(merged["kind"]), strict=True)
    ]
    parts = [Part("crossings", "line", shapes, own, decimals=COARSE)]
    return Overlay("crossings", "Costly to cross", "Constraints", parts, show=False, facets=[facet], ground=True)


def _roads(scene: Scene, _: Parties) -> Overlay:
    layer = background.roads(scene, background.ROAD_VERTICES)
    shapes = within_budget(layer.geometry, background.ROAD_VERTICES, 5.0)
    own = [{"style": line(_ROAD, max(2.4 - 0.3 * rank, 0.7), opacity=0.9)} for rank in np.asarray(layer["rank"])]
    parts = [Part("roads", "line", shapes, own, counted=False, decimals=COARSE)]
    return Overlay("roads", "Roads", "Background", parts, swatch=line_svg(2, colour=_ROAD), ground=True)


def _kinds(layer: gpd.GeoDataFrame, label: str) -> Facet:
    kinds = layer.drop_duplicates("kind").sort_values("kind_name")
    rows = zip(kinds["kind"], kinds["kind_name"], kinds["colour"], strict=True)
    return Facet("kind", label, [Value(kind, name, colour=colour) for kind, name, colour in rows])
