"""A QGIS style of a layer: how it is drawn, labelled and called, for a QML document or inside a project."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET  # written only, never parsed: no hostile XML comes in
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from maps.qml import inert, rgba

VERSION = "3.22.0"  # the oldest that reads it: newer ones say nothing of a file of an older minor version
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_GEOMETRY = {"Point": "0", "LineString": "1", "Polygon": "2", "": "4"}
_PLACEMENT = {"around": "6", "along": "2", "inside": "1"}
# Names are data, and map tips are HTML.
_ESCAPED = "replace(replace(replace(to_string(coalesce({}, '')), '&', '&amp;'), '<', '&lt;'), '\"', '&quot;')"
_ROUNDED = "if({0} is null, '', format_number({0}, if(abs({0}) < 10, 2, 0)))"


@dataclass(frozen=True)
class Label:
    """Words beside each feature: a QGIS expression, and from which scale on they are shown."""

    expression: str
    where: Literal["around", "along", "inside"]
    size_pt: float = 8.0
    colour: str = "#26323B"
    bold: bool = False
    from_scale: int = 0  # largest denominator at which it is shown; 0 is any


@dataclass(frozen=True)
class Style:
    """All that a layer's look consists of.

    ``geometry`` is ``Point``, ``LineString``, ``Polygon`` or, for a table, empty; ``tip`` names the columns
    of the map tip, the first in bold, ``numbers`` those that hold numbers, and ``hidden`` those that the attribute
    form leaves out.
    """

    geometry: str
    aliases: Mapping[str, str]
    shown: str
    renderer: ET.Element | None = None
    label: Label | None = None
    tip: Sequence[str] = ()
    numbers: Sequence[str] = ()
    hidden: Sequence[str] = ()

    @property
    def classes(self) -> int:
        """Return how many classes the renderer has."""
        return 0 if self.renderer is None else len([*self.renderer.iter("category"), *self.renderer.iter("range")])


def document(style: Style) -> str:
    """Return the style as a QML document, as it lies in a GeoPackage's ``layer_styles``."""
    root = ET.Element("qgis", style_attributes(style), version=VERSION)
    root.extend(elements(style))
    ET.indent(root, " ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode")


def style_attributes(style: Style) -> dict[str, str]:
    """Return the attributes of the element that holds the parts of a style."""
    return {
        "styleCategories": "LayerConfiguration|Symbology|Labeling|Fields|Forms|MapTips",
        "readOnly": "0",
        "labelsEnabled": "0" if style.label is None else "1",
    }


def elements(style: Style) -> list[ET.Element]:
    """Return the parts of a style, as they lie in a QML document and in a layer of a project."""
    parts = [] if style.renderer is None else [style.renderer]
    if style.label is not None:
        parts.append(_labelling(style.label))
    parts += [_fields(style), _aliases(style.aliases)]
    parts += [_text("editorlayout", "generatedlayout"), _text("previewExpression", f'"{style.shown}"')]
    if style.tip:
        parts.append(_text("mapTip", _tip(style)))
    parts.append(_text("layerGeometryType", _GEOMETRY[style.geometry]))
    return parts


def _text(tag: str, text: str) -> ET.Element:
    element = ET.Element(tag)
    element.text = text
    return element


def _aliases(aliases: Mapping[str, str]) -> ET.Element:
    named = ET.Element("aliases")
    for index, (name, alias) in enumerate(aliases.items()):
        ET.SubElement(named, "alias", field=name, index=str(index + 1), name=inert(alias))  # 0 is the feature id
    return named


def _fields(style: Style) -> ET.Element:
    """Return how each column is edited; those that only serve drawing are not shown in forms."""
    root = ET.Element("fieldConfiguration")
    for name in ("fid", *style.hidden):
        one = ET.SubElement(root, "field", name=name, configurationFlags="None")
        config = ET.SubElement(ET.SubElement(one, "editWidget", type="Hidden"), "config")
        ET.SubElement(config, "Option")
    return root


def _tip(style: Style) -> str:
    first, *others = style.tip
    lines = [f"<b>[% {_ESCAPED.format(_quoted(first))} %]</b>"]
    lines += [
        f"{html.escape(inert(style.aliases[name]))}: "
        f"[% {(_ROUNDED if name in style.numbers else _ESCAPED).format(_quoted(name))} %]"
        for name in others
    ]
    return "<br>".join(lines)


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _labelling(label: Label) -> ET.Element:
    root = ET.Element("labeling", type="simple")
    settings = ET.SubElement(root, "settings", calloutType="simple")
    text = ET.SubElement(settings, "text-style", _text_attributes(label.size_pt, label.colour, bold=label.bold))
    text.attrib |= {"fieldName": label.expression, "isExpression": "1"}
    ET.SubElement(
        text,
        "text-buffer",
        {
            "bufferDraw": "1", "bufferSize": "0.7", "bufferSizeUnits": "MM", "bufferColor": rgba("#FFFFFF"),
            "bufferOpacity": "1", "bufferNoFill": "1", "bufferJoinStyle": "128", "bufferBlendMode": "0",
        },
    )  # fmt: skip
    ET.SubElement(settings, "text-format", autoWrapLength="24", useMaxLineLengthForAutoWrap="1", multilineAlign="3")
    ET.SubElement(
        settings,
        "placement",
        {
            "placement": _PLACEMENT[label.where], "dist": "0.8" if label.where == "along" else "1.6",
            "distUnits": "MM", "placementFlags": "10", "priority": "8" if label.bold else "4",
            "predefinedPositionOrder": "R,L,TR,BR,TL,BL,TSR,BSR", "quadOffset": "4", "offsetUnits": "MM",
            "offsetType": "1", "overrunDistanceUnit": "MM", "lineAnchorPercent": "0.5", "lineAnchorType": "0",
        },
    )  # fmt: skip
    ET.SubElement(
        settings,
        "rendering",
        {
            "drawLabels": "1", "obstacle": "1", "obstacleFactor": "1", "obstacleType": "1", "limitNumLabels": "0",
            "scaleVisibility": "1" if label.from_scale else "0", "scaleMin": "0", "scaleMax": str(label.from_scale),
            "mergeLines": "1" if label.where == "along" else "0", "minFeatureSize": "0", "labelPerPart": "0",
        },
    )  # fmt: skip
    return root


def _text_attributes(size_pt: float, colour: str, *, bold: bool = False) -> dict[str, str]:
    """Return the attributes of words. No font is named, not even a blank one: the program then takes its own."""
    return {
        "fontSize": f"{size_pt:g}", "fontSizeUnit": "Point", "fontWeight": "75" if bold else "50",
        "fontItalic": "0", "fontKerning": "1", "textColor": rgba(colour), "textOpacity": "1", "multilineHeight": "1",
        "allowHtml": "0", "capitalization": "0", "blendMode": "0", "textOrientation": "horizontal",
    }  # fmt: skip
