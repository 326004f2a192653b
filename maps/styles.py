"""Which QGIS style each layer of the GeoPackage gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd

from maps.background import NEUTRAL
from maps.qml import Category, SymbolLayer, area, arrow, categorised, line, marker, single
from maps.scene import Scene

_UNITS = {
    "m": "m", "mm": "mm", "t": "t", "km": "km",
}  # fmt: skip
_SAID = {
    "quantity": "Quantity (per year)", "quantity_sent": "Quantity sent (per year)", "co2": "CO2 (t/year)",
    "flow": "Flow (per year)", "flow_forward": "Flow from first to second end (per year)",
    "flow_backward": "Flow from second to first end (per year)", "capacity": "Capacity (per year)",
    "load_share": "Load (share of capacity)", "trips_per_year": "Trips per year", "draw_width_mm": "Drawn width (mm)",
    "draw_offset_mm": "Drawn aside by (mm)", "draw_size_mm": "Drawn size (mm)",
    "draw_dash": "Drawn dashes (mm): dots for a route on coarse roads", "coarse_m": "On coarse roads, an estimate (m)",
    "pieces": "Pieces between taps", "from_name": "From", "to_name": "To",
}  # fmt: skip
_MONEY = ("cost", "fixed_cost", "flow_cost", "trench_cost")


def aliases(layer: gpd.GeoDataFrame, currency: str) -> dict[str, str]:
    """Return what people call each column, with its unit."""
    out = {}
    for name in layer.columns.drop(layer.geometry.name):
        words = str(name).replace("_", " ")
        stem, _, unit = words.rpartition(" ")
        if name in _SAID:
            out[name] = _SAID[name]
        elif name in _MONEY:
            out[name] = f"{words.capitalize()} ({currency}/year)"
        else:
            out[name] = f"{stem.capitalize()} ({unit})" if stem and unit in _UNITS else words.capitalize()
    return out


def style(scene: Scene, name: str, layer: gpd.GeoDataFrame) -> str:
    """Return the QML of a layer."""
    named = aliases(layer, scene.plan.currency)
    if name in _BY_RESOURCE:
        categories = [
            Category(resource, scene.resource_names.get(resource, resource), _BY_RESOURCE[name](colour))
            for resource, colour in scene.colours.items()
        ]
        other = Category("", "other", _BY_RESOURCE[name]("#8C8C8C"))
        return categorised("resource", [*categories, other], named, "resource_name")
    if name == "plants":
        categories = [
            Category(sector, sector, [marker(symbol.shape, symbol.fill, 4.0)])
            for sector, symbol in scene.symbols.items()
            if sector
        ]
        other = Category("", "other", [marker("circle", "#FFFFFF", 4.0)])
        return categorised("sector", [*categories, other], named, "name")
    if name in ("zones", "crossings"):
        symbol = _zone if name == "zones" else _crossing
        kinds = layer.drop_duplicates("kind").sort_values("kind")
        categories = [
            Category(row.kind, row.kind_name, symbol(row.colour)) for row in kinds.itertuples(index=False) if row.kind
        ]
        return categorised("kind", [*categories, Category("", "other", symbol(NEUTRAL))], named, "kind_name")
    if name in _RANKED:
        column, ranked_symbol = _RANKED[name]
        values = layer.drop_duplicates(column)[column].tolist()
        colours = [_SEQUENCE[min(place, len(_SEQUENCE) - 1)] for place in range(len(values))]
        ranked = [
            Category(str(value), str(value), ranked_symbol(colour))
            for value, colour in zip(values, colours, strict=True)
        ]
        return categorised(column, [*ranked, Category("", "other", ranked_symbol(NEUTRAL))], named, column)
    return single(_SINGLE[name], named, _SHOWN.get(name, "name"))


def _zone(colour: str) -> list[SymbolLayer]:
    return [area(colour, 0.5)]


def _crossing(colour: str) -> list[SymbolLayer]:
    return [line(colour, 0.4)]


_BY_RESOURCE: dict[str, Callable[[str], Sequence[SymbolLayer]]] = {
    "exchanges": lambda colour: [line(colour, 0.8, by_width=True), arrow(colour)],
    "pipelines": lambda colour: [line(colour, 1.2, by_width=True, offset=True)],
    "truck_routes": lambda colour: [line(colour, 0.8, dash="2.4;1.4", by_width=True, offset=True, by_dash=True)],
    "unplaced": lambda colour: [marker("circle", colour, 4.0, outline="#FFFFFF", by_size=True)],
    "unserved": lambda colour: [marker("circle", colour, 4.0, hollow=True, by_size=True)],
    "existing_pipelines": lambda colour: [line(colour, 0.5, dash="0.6;1.4")],
    "candidate_routes": lambda colour: [line(colour, 0.5, dash="2.4;1.4", by_dash=True)],
}
# Dark to light, legible without colour vision (viridis, Smith and van der Walt 2015).
_SEQUENCE = ("#440154", "#31688E", "#35B779", "#B5DE2B", "#FDE725")
# Layers in the order of their rows: the column that ranks them, and the symbol of a rank.
_RANKED: dict[str, tuple[str, Callable[[str], Sequence[SymbolLayer]]]] = {
    "alternative_routes": ("rank", lambda colour: [line(colour, 1.2)]),
    "service_roads": ("band", lambda colour: [line(colour, 0.5)]),
    "service_bands": ("band", lambda colour: [area(colour, 0.35)]),
}
_SINGLE: dict[str, Sequence[SymbolLayer]] = {
    "outlines": [area("#8A8F94", 0.3)],
    "roads": [line("#A9A194", 0.26)],
    "sites": [marker("square", "#FFFFFF", 3.0)],
    "hubs": [marker("square", "#FFFFFF", 4.5)],
    "candidate_corridors": [line("#5B6670", 0.6)],
}
_SHOWN = {"roads": "rank", "hubs": "hub", "candidate_corridors": "corridor"}
