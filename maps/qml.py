"""QGIS styles (QML for 3.22 and newer): the palette of the web map as default styles of the GIS layers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # written only, never parsed: no hostile XML comes in
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["marker", "line", "fill"]
GEOMETRY_TYPE: Mapping[Kind, str] = {"marker": "0", "line": "1", "fill": "2"}

WIDTH = '"draw_width_mm"'
OFFSET = '"draw_offset_mm"'
SIZE = '"draw_size_mm"'
DASH = '"draw_dash"'


# Characters that no XML document may hold, escaped or not.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


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
    offset: bool = False,
    by_dash: bool = False,
) -> SymbolLayer:
    """Return a line in millimetres; ``dash`` such as ``3;2``."""
    return SymbolLayer(
        "line",
        "SimpleLine",
        {
            "line_color": rgba(colour),
            "line_style": "solid",
            "line_width": f"{width:g}",
            "line_width_unit": "MM",
            "capstyle": "flat" if dash else "round",
            "joinstyle": "round",
            "offset": "0",
            "offset_unit": "MM",
            "use_custom_dash": "1" if dash else "0",
            "customdash": dash or "5;2",
            "customdash_unit": "MM",
        },
        ({"outlineWidth": WIDTH} if by_width else {})
        | ({"offset": OFFSET} if offset else {})
        | ({"customDash": DASH} if by_dash else {}),
    )


def arrow(colour: str) -> SymbolLayer:
    """Return an arrowhead in the middle of a line."""
    return SymbolLayer(
        "line",
        "MarkerLine",
        {"placement": "centralpoint", "rotate": "1", "offset": "0", "interval": "3", "interval_unit": "MM"},
        marker=marker("filled_arrowhead", colour, 2.8, outline="#FFFFFF"),
    )


def marker(
    shape: str, fill: str, size: float, *, outline: str = "#26323B", hollow: bool = False, by_size: bool = False
) -> SymbolLayer:
    """Return a simple marker; a hollow one is outlined in its colour."""
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
            "joinstyle": "round",
        },
        {"size": SIZE} if by_size else {},
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


def single(symbol: Sequence[SymbolLayer], aliases: Mapping[str, str], shown: str) -> str:
    """Return a style with one symbol for all features."""
    root, renderer = _document("singleSymbol")
    _symbol(ET.SubElement(renderer, "symbols"), "0", symbol)
    return _finish(root, aliases, shown, symbol[0].kind)


def categorised(column: str, categories: Sequence[Category], aliases: Mapping[str, str], shown: str) -> str:
    """Return a style with one symbol per value; the last category also stands for any other value."""
    root, renderer = _document("categorizedSymbol", attr=column)
    listed, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, category in enumerate(categories):
        ET.SubElement(
            listed,
            "category",
            symbol=str(number),
            value=_legal(category.value),
            label=_legal(category.label),
            render="true",
            type="string",
        )
        _symbol(symbols, str(number), category.symbol)
    return _finish(root, aliases, shown, categories[-1].symbol[0].kind)


def _document(renderer_type: str, **attributes: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element(
        "qgis", version="3.22.0", styleCategories="LayerConfiguration|Symbology|Fields|MapTips", readOnly="0"
    )
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        {"type": renderer_type, "forceraster": "0", "symbollevels": "0", "enableorderby": "0", **attributes},
    )
    return root, renderer


def _finish(root: ET.Element, aliases: Mapping[str, str], shown: str, kind: Kind) -> str:
    named = ET.SubElement(root, "aliases")
    for index, (name, alias) in enumerate(aliases.items()):
        ET.SubElement(named, "alias", field=name, index=str(index), name=alias)
    ET.SubElement(root, "previewExpression").text = f'"{shown}"'
    ET.SubElement(root, "layerGeometryType").text = GEOMETRY_TYPE[kind]
    ET.indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


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


def _legal(text: str) -> str:
    return _ILLEGAL.sub(" ", text)


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
