"""Which QGIS style each GIS layer gets: by resource, sector or kind, with labels, and by load as an alternative."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # written only, never parsed
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from maps.background import NEUTRAL
from maps.gis_layers import KINDS
from maps.qgis_style import Label, Style
from maps.qml import Category, Range, SymbolLayer, area, arrow, categorised, graduated, line, marker, single
from maps.scene import Scene
from maps.siting_layers import EXCLUDED, hex_colours

_UNITS = {"m", "mm", "t", "km", "h", "ha", "m2"}
_SAID = {
    "quantity": "Quantity (per year)", "quantity_sent": "Quantity sent (per year)", "co2": "CO2 (t/year)",
    "flow": "Flow (per year)", "flow_forward": "Flow from first to second end (per year)",
    "flow_backward": "Flow from second to first end (per year)", "capacity": "Capacity (per year)",
    "load_share": "Load (share of capacity)", "trips_per_year": "Trips per year", "draw_width_mm": "Drawn width (mm)",
    "draw_offset_mm": "Drawn aside by (mm)", "draw_size_mm": "Drawn size (mm)",
    "coarse_m": "On coarse roads, an estimate (m)",
    "area_m2": "Area where something may stand (m²)", "score": "Score (0 to 1)", "origin": "What it is",
    "rank_best": "Rank at best, with other weights", "rank_worst": "Rank at worst, with other weights",
    "top_share": "Share of other weights with which it is among the best", "reason": "Why excluded",
    "score_class": "Score, by fifths",
    "pieces": "Pieces between taps", "from_name": "From", "to_name": "To",
}  # fmt: skip
_MONEY = ("cost", "fixed_cost", "flow_cost", "trench_cost")
_PALE = "#5B6670"


def aliases(layer: pd.DataFrame, currency: str) -> dict[str, str]:
    """Return what people call each column, with its unit."""
    geometry = layer.geometry.name if isinstance(layer, gpd.GeoDataFrame) else None
    out = {}
    for name in layer.columns:
        words = str(name).replace("_", " ")
        stem, _, unit = words.rpartition(" ")
        if name == geometry:
            continue
        if name in _SAID:
            out[name] = _SAID[name]
        elif name in _MONEY:
            out[name] = f"{words.capitalize()} ({currency}/year)"
        else:
            out[name] = f"{stem.capitalize()} ({unit})" if stem and unit in _UNITS else words.capitalize()
    return out


def style(scene: Scene, name: str, layer: gpd.GeoDataFrame | pd.DataFrame) -> Style:
    """Return the default style of a layer or table."""
    shown = _SHOWN.get(name, "name" if "name" in layer else str(layer.columns[0]))
    return Style(
        geometry=KINDS[name].shape,
        aliases=aliases(layer, scene.plan.currency),
        shown=shown,
        renderer=_renderer(scene, name, layer) if KINDS[name].shape else None,
        label=_LABELS.get(name),
        tip=[column for column in _TIPS.get(name, ()) if column in layer],
        numbers=list(layer.select_dtypes("number").columns),
        hidden=[column for column in layer.columns if str(column).startswith("draw_") or column == "colour"],
    )


def alternatives(name: str, default: Style) -> dict[str, Style]:
    """Return further styles of a layer by name: numbers in classes."""
    if name not in _GRADUATED:
        return {}
    title, expression, limits, unit, symbol = _GRADUATED[name]
    ranges = [
        Range(low, high, _between(low, high, unit), symbol(colour))
        for low, high, colour in zip(limits, limits[1:], _SEQUENCE, strict=False)
    ]
    return {title: replace(default, renderer=graduated(expression, ranges))}


def _between(low: float, high: float, unit: str) -> str:
    return f"{low:g} {unit} and more" if high >= _ENDLESS else f"{low:g} to {high:g} {unit}"


def _renderer(scene: Scene, name: str, layer: gpd.GeoDataFrame | pd.DataFrame) -> ET.Element:
    if name in _BY_RESOURCE:
        there = set(layer["resource"])
        categories = [
            Category(resource, scene.resource_names.get(resource, resource), _BY_RESOURCE[name](colour))
            for resource, colour in scene.colours.items()
            if resource in there
        ]
        return categorised("resource", [*categories, Category("", "other", _BY_RESOURCE[name]("#8C8C8C"))])
    if name == "plants":
        categories = [
            Category(sector, sector, [marker(symbol.shape, symbol.fill, 4.0)])
            for sector, symbol in scene.symbols.items()
            if sector
        ]
        return categorised("sector", [*categories, Category("", "other", [marker("circle", "#FFFFFF", 4.0)])])
    if name in ("zones", "crossings"):
        symbol = _zone if name == "zones" else _crossing
        kinds = layer.drop_duplicates("kind").sort_values("kind")
        categories = [
            Category(row.kind, row.kind_name, symbol(row.colour)) for row in kinds.itertuples(index=False) if row.kind
        ]
        return categorised("kind", [*categories, Category("", "other", symbol(NEUTRAL))])
    if name in _SCORED:
        return graduated('coalesce("score", -1)', list(_score_ranges(_SCORED[name])))
    if name in _RANKED:
        column, ranked_symbol = _RANKED[name]
        values = layer.drop_duplicates(column)[column].tolist()
        colours = [_SEQUENCE[min(place, len(_SEQUENCE) - 1)] for place in range(len(values))]
        ranked = [
            Category(str(value), str(value), ranked_symbol(colour))
            for value, colour in zip(values, colours, strict=True)
        ]
        return categorised(column, [*ranked, Category("", "other", ranked_symbol(NEUTRAL))])
    return single(_SINGLE[name])


def _score_ranges(symbol: Callable[[str], Sequence[SymbolLayer]]) -> Iterator[Range]:
    """Yield the fifths of the score, the best first, and what is excluded."""
    for fifth in range(4, -1, -1):
        low, high = fifth / 5, (fifth + 1) / 5
        (colour,) = hex_colours(pd.Series([low + 0.1]))
        yield Range(low, high, f"score {low:.1f} to {high:.1f}", symbol(colour))
    yield Range(-1.0, -1.0, "nothing may stand here", symbol(EXCLUDED))


def _zone(colour: str) -> list[SymbolLayer]:
    return [area(colour, 0.5)]


def _crossing(colour: str) -> list[SymbolLayer]:
    return [line(colour, 0.4)]


def _dots_over(width: float, *, by_feature: bool) -> Callable[[str], Sequence[SymbolLayer]]:
    """Return dots on a white line that hides the dashes below: a stretch that is an estimate."""
    return lambda colour: [
        line("#FFFFFF", width + 0.4, by_width=by_feature, wider=0.4, offset=by_feature, cap="flat"),
        line(colour, width, dash="0.8;2.4", by_width=by_feature, offset=by_feature),
    ]


_BY_RESOURCE: Mapping[str, Callable[[str], Sequence[SymbolLayer]]] = {
    "exchanges": lambda colour: [line(colour, 0.8, by_width=True), arrow(colour)],
    "pipelines": lambda colour: [line(colour, 1.2, by_width=True, offset=True)],
    "truck_routes": lambda colour: [line(colour, 0.8, dash="2.4;1.4", by_width=True, offset=True)],
    "coarse_stretches": _dots_over(0.8, by_feature=True),
    "unplaced": lambda colour: [marker("circle", colour, 4.0, outline="#FFFFFF", by_size=True, down=5.5)],
    "unserved": lambda colour: [marker("circle", colour, 4.0, hollow=True, by_size=True, down=-5.5)],
    "existing_pipelines": lambda colour: [line(colour, 0.5, dash="0.6;1.4")],
    "candidate_routes": lambda colour: [line(colour, 0.5, dash="2.4;1.4")],
    "candidate_coarse": _dots_over(0.5, by_feature=False),
}
# Dark to light, legible without colour vision (viridis, Smith and van der Walt 2015).
_SEQUENCE = ("#440154", "#31688E", "#35B779", "#B5DE2B", "#FDE725")
# Layers in the order of their rows: the column that ranks them, and the symbol of a rank.
_RANKED: Mapping[str, tuple[str, Callable[[str], Sequence[SymbolLayer]]]] = {
    "alternative_routes": ("rank", lambda colour: [line(colour, 1.2)]),
    "service_roads": ("band", lambda colour: [line(colour, 0.5)]),
    "service_bands": ("band", lambda colour: [area(colour, 0.35)]),
}
_SINGLE: Mapping[str, Sequence[SymbolLayer]] = {
    "outlines": [area("#8A8F94", 0.3)],
    "roads": [line("#A9A194", 0.26)],
    "sites": [marker("square", "#FFFFFF", 3.0)],
    "hubs": [marker("square", "#FFFFFF", 4.5)],
    "candidate_corridors": [line(_PALE, 0.6)],
}
_SCORED: Mapping[str, Callable[[str], Sequence[SymbolLayer]]] = {
    "site_points": lambda colour: [marker("circle", colour, 3.5)],
    "site_areas": lambda colour: [area(colour, 0.6)],
}
_ENDLESS = 1e12
# Name of the style, what is put into classes, their limits, their unit, and the symbol of a class.
_GRADUATED: Mapping[str, tuple[str, str, Sequence[float], str, Callable[[str], Sequence[SymbolLayer]]]] = {
    "pipelines": (
        "Load", '"load_share" * 100', (0, 20, 40, 60, 80, 100.001), "% of capacity",
        lambda colour: [line("#26323B", 1.6, by_width=True, wider=0.3, offset=True),
                        line(colour, 1.2, by_width=True, offset=True)],
    ),
    "truck_routes": (
        "Trips per day", '"trips_per_year" / 365', (0, 1, 5, 20, 50, _ENDLESS), "trips per day",
        lambda colour: [line("#26323B", 1.6, by_width=True, wider=0.3, offset=True),
                        line(colour, 1.2, by_width=True, offset=True)],
    ),
    "candidate_corridors": (
        "Pipe options", "pipe_options", (0, 5, 10, 20, 40, _ENDLESS), "options", lambda colour: [line(colour, 1.0)],
    ),
}  # fmt: skip
_SHOWN = {
    "roads": "rank", "zones": "kind_name", "crossings": "kind_name", "alternative_routes": "rank",
    "service_roads": "band", "service_bands": "band", "streams": "stream", "indicators": "indicator",
    "site_scores": "site", "candidate_corridors": "corridor", **dict.fromkeys(_BY_RESOURCE, "resource_name"),
}  # fmt: skip
_TIPS = {
    "plants": ("name", "sector", "gives", "wants"),
    "exchanges": ("resource_name", "from_name", "to_name", "quantity", "unit", "mode", "distance_m", "cost"),
    "pipelines": ("resource_name", "diameter_mm", "flow", "unit", "load_share", "length_m", "from_name", "to_name"),
    "truck_routes": ("resource_name", "vehicle_name", "quantity", "unit", "trips_per_year", "distance_m"),
    "unplaced": ("name", "resource_name", "quantity", "unit"),
    "unserved": ("name", "resource_name", "quantity", "unit"),
    "site_points": ("name", "rank", "score", "area_m2", "rank_best", "rank_worst", "reason"),
    "site_areas": ("name", "rank", "score", "area_m2", "rank_best", "rank_worst", "reason"),
}
_AMOUNT = 'concat("resource_name", \', \', format_number("quantity", 0), \' \', "unit")'
_LABELS = {
    "plants": Label('"name"', "around", 8.5, bold=True),
    "hubs": Label('"name"', "around", 8.5, bold=True),
    "sites": Label('"name"', "around", 7.5, _PALE, from_scale=100_000),
    "site_points": Label('if("rank" is null, \'\', to_string("rank"))', "around", 8.5, bold=True),
    "exchanges": Label(_AMOUNT, "along", 7.0, from_scale=25_000),
    "pipelines": Label(
        "concat(\"resource_name\", if(\"diameter_mm\" is null, '', concat(', DN ', round(\"diameter_mm\"))))",
        "along", 7.0, from_scale=15_000,
    ),
    "truck_routes": Label(
        "concat(\"resource_name\", ', ', format_number(\"trips_per_year\" / 365, 1), ' trips per day')",
        "along", 7.0, from_scale=50_000,
    ),
    "unplaced": Label(_AMOUNT, "around", 7.0, from_scale=15_000),
    "unserved": Label(_AMOUNT, "around", 7.0, from_scale=15_000),
    "existing_pipelines": Label('"pipeline"', "along", 7.0, _PALE, from_scale=15_000),
    "alternative_routes": Label('"rank"', "along", 9.0, bold=True),
    "service_bands": Label('"band"', "inside", 8.0, _PALE),
    "zones": Label("coalesce(nullif(\"name\", ''), '')", "inside", 7.5, _PALE, from_scale=75_000),
}  # fmt: skip
