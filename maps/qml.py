"""Symbols and renderers as QGIS 3.22 and newer write them in styles (QML) and projects."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # written only, never parsed: no hostile XML comes in
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["marker", "line", "fill"]

WIDTH = '"draw_width_mm"'
OFFSET = '"draw_offset_mm"'
SIZE = '"draw_size_mm"'


# Characters that no XML document may hold, escaped or not.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WORD_JOINER = "\u2060"  # invisible


def legal(text: str) -> str:
    """Return the text without what no XML document may hold."""
    return _ILLEGAL.sub(" ", text)


def inert(text: str) -> str:
    """Return words to show, in which QGIS finds no expression: layouts and legends evaluate ``[% ... %]``."""
    return legal(text).replace("[%", f"[{_WORD_JOINER}%")


@dataclass(frozen=True)
class SymbolLayer:
    """One layer of a QGIS symbol: its class, its properties, and those that an expression decides per feature."""

    kind: Kind
    cls: str
    properties: Mapping[str, str]
    by_feature: Mapping[str, str] = field(default_factory=dict)
    marker: SymbolLayer | None = None  # what a marker line carries


def line(
    colour: str,
    width: float,
    *,
    dash: str = "",
    by_width: bool = False,
    wider: float = 0.0,
    offset: bool = False,
    cap: str = "",
) -> SymbolLayer:
    """Return a line in millimetres; ``dash`` such as ``3;2``, ``wider`` than each feature's own width."""
    return SymbolLayer(
        "line",
        "SimpleLine",
        {
            "line_color": rgba(colour),
            "line_style": "solid",
            "line_width": f"{width:g}",
            "line_width_unit": "MM",
            "capstyle": cap or ("flat" if dash else "round"),
            "joinstyle": "round",
            "offset": "0",
            "offset_unit": "MM",
            "use_custom_dash": "1" if dash else "0",
            "customdash": dash or "5;2",
            "customdash_unit": "MM",
        },
        ({"outlineWidth": f"{WIDTH} + {wider:g}" if wider else WIDTH} if by_width else {})
        | ({"offset": OFFSET} if offset else {}),
    )


def arrow(colour: str) -> SymbolLayer:
    """Return an arrowhead in the middle of a line."""
    return SymbolLayer(
        "line",
        "MarkerLine",
        {"placement": "centralpoint", "rotate": "1", "offset": "0", "interval": "3", "interval_unit": "MM"},
        marker=marker("filled_arrowhead", colour, 3.4, outline=colour),
    )


def marker(
    shape: str,
    fill: str,
    size: float,
    *,
    outline: str = "#26323B",
    hollow: bool = False,
    by_size: bool = False,
    down: float = 0.0,
) -> SymbolLayer:
    """Return a simple marker; a hollow one is outlined in its colour.

    One that is moved ``down`` (millimetres; up when negative) stands in the row that each feature's
    ``draw_offset_mm`` gives.
    """
    return SymbolLayer(
        "marker",
        "SimpleMarker",
        {
            "name": shape,
            "color": rgba("#FFFFFF", 0.75) if hollow else rgba(fill),
            "outline_color": rgba(fill if hollow else outline),
            "outline_style": "solid",
            "outline_width": "0.8" if hollow else "0.3",
            "outline_width_unit": "MM",
            "size": f"{size:g}",
            "size_unit": "MM",
            "angle": "0",
            "offset": "0,0",
            "offset_unit": "MM",
            "joinstyle": "round",
        },
        ({"size": SIZE} if by_size else {}) | ({"offset": f"concat({OFFSET}, ',{down:g}')"} if down else {}),
    )


def area(colour: str, opacity: float) -> SymbolLayer:
    """Return a fill with a thin outline."""
    return SymbolLayer(
        "fill",
        "SimpleFill",
        {
            "color": rgba(colour, opacity),
            "style": "solid",
            "outline_color": rgba(colour),
            "outline_style": "solid",
            "outline_width": "0.2",
            "outline_width_unit": "MM",
            "joinstyle": "round",
        },
    )


def rgba(colour: str, opacity: float = 1.0) -> str:
    """Return ``r,g,b,a`` of a ``#RRGGBB`` colour; other spellings are drawn grey."""
    text = colour.lstrip("#")
    try:
        red, green, blue = (int(text[i : i + 2], 16) for i in (0, 2, 4))
    except ValueError:
        red = green = blue = 140
    return f"{red},{green},{blue},{round(opacity * 255)}"


@dataclass(frozen=True)
class Category:
    """One value of the column that decides the symbol, what the legend calls it, and its symbol."""

    value: str
    label: str
    symbol: Sequence[SymbolLayer]


@dataclass(frozen=True)
class Range:
    """The numbers of one class, what the legend calls it, and its symbol."""

    lower: float
    upper: float
    label: str
    symbol: Sequence[SymbolLayer]


def single(symbol: Sequence[SymbolLayer]) -> ET.Element:
    """Return a renderer with one symbol for all features."""
    renderer = _renderer("singleSymbol")
    _symbol(ET.SubElement(renderer, "symbols"), "0", symbol)
    return renderer


def categorised(column: str, categories: Sequence[Category]) -> ET.Element:
    """Return a renderer with a symbol for each value of a column; an empty value stands for all others."""
    renderer = _renderer("categorizedSymbol", attr=column)
    listed, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, category in enumerate(categories):
        ET.SubElement(
            listed,
            "category",
            symbol=str(number),
            value=legal(category.value),
            label=inert(category.label),
            render="true",
            type="string",
        )
        _symbol(symbols, str(number), category.symbol)
    return renderer


def graduated(column: str, ranges: Sequence[Range]) -> ET.Element:
    """Return a renderer with a symbol for each class of a column of numbers."""
    renderer = _renderer("graduatedSymbol", attr=column, graduatedMethod="GraduatedColor")
    listed, symbols = ET.SubElement(renderer, "ranges"), ET.SubElement(renderer, "symbols")
    for number, each in enumerate(ranges):
        ET.SubElement(
            listed,
            "range",
            symbol=str(number),
            lower=f"{each.lower:.15g}",
            upper=f"{each.upper:.15g}",
            label=inert(each.label),
            render="true",
        )
        _symbol(symbols, str(number), each.symbol)
    ET.SubElement(renderer, "classificationMethod", id="Custom")
    return renderer


def _renderer(kind: str, **attributes: str) -> ET.Element:
    fixed = {"type": kind, "forceraster": "0", "symbollevels": "0", "enableorderby": "0"}
    return ET.Element("renderer-v2", {**fixed, **attributes})


def _symbol(parent: ET.Element, name: str, symbol_layers: Sequence[SymbolLayer]) -> None:
    symbol = ET.SubElement(
        parent, "symbol", name=name, type=symbol_layers[0].kind, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    for number, layer in enumerate(symbol_layers):
        element = ET.SubElement(symbol, "layer", {"class": layer.cls, "enabled": "1", "locked": "0", "pass": "0"})
        _option_map(element, layer.properties)
        _by_feature(element, layer.by_feature)
        if layer.marker is not None:
            _symbol(element, f"@{name}@{number}", [layer.marker])


def _option_map(parent: ET.Element, properties: Mapping[str, str]) -> None:
    options = ET.SubElement(parent, "Option", type="Map")
    for key, value in properties.items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)


def _by_feature(parent: ET.Element, expressions: Mapping[str, str]) -> None:
    """Write the properties that an expression decides for each feature."""
    options = ET.SubElement(ET.SubElement(parent, "data_defined_properties"), "Option", type="Map")
    ET.SubElement(options, "Option", type="QString", name="name", value="")
    if expressions:
        properties = ET.SubElement(options, "Option", type="Map", name="properties")
        for key, expression in expressions.items():
            one = ET.SubElement(properties, "Option", type="Map", name=key)
            ET.SubElement(one, "Option", type="bool", name="active", value="true")
            ET.SubElement(one, "Option", type="QString", name="expression", value=expression)
            ET.SubElement(one, "Option", type="int", name="type", value="3")
    ET.SubElement(options, "Option", type="QString", name="type", value="collection")
