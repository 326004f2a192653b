"""A print layout of a QGIS project: one A3 page with map, legend, scale, north arrow and sources."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ET  # written only, never parsed: no hostile XML comes in
from collections.abc import Sequence
from dataclasses import dataclass

_PAGE, _PICTURE, _LABEL, _LEGEND, _SCALE_BAR, _MAP = (str(65638 + i) for i in (0, 2, 3, 4, 8, 1))
_NORTH = ":/images/north_arrows/layout_default_north_arrow.svg"  # comes with QGIS
_WIDTH_MM, _HEIGHT_MM = 420.0, 297.0
_MAP_MM = (10.0, 24.0, 300.0, 250.0)  # left, top, width, height
_FONT = "Arial,{:g},-1,5,{},0,0,0,0,0"
_ROUND = (1, 2, 5)
_ROWS = 50  # of a legend that the page has room for in the usual size


@dataclass(frozen=True)
class Page:
    """What a layout shows: name, map theme, extent, the layers of the legend with their titles, and how many rows."""

    title: str
    theme: str
    extent: tuple[float, float, float, float]
    layers: Sequence[tuple[str, str]]
    rows: int


def layout(page: Page) -> ET.Element:
    """Return the layout; titles and sources are variables of the project, so no text of the study is evaluated."""
    root = ET.Element("Layout", name=page.title, printResolution="200", units="mm")
    pages = ET.SubElement(root, "PageCollection")
    _item(pages, _PAGE, (0, 0, _WIDTH_MM, _HEIGHT_MM), background="true")
    left, top, width, height = _MAP_MM
    ident = _uuid(page.title, "map")
    _words(root, (left, 7, 400, 9), "[% @project_title %]", 20, bold=True)
    _words(root, (left, 16, 400, 6), page.title, 11)
    extent = _fitted(page.extent, width / height)
    _map(root, page, ident, extent)
    _legend(root, page, ident, (left + width + 5, top))
    _scale_bar(root, ident, (left + 4, top + height - 17), (extent[2] - extent[0]) / width * 60)
    _item(root, _PICTURE, (left + width - 18, top + 4, 14, 14), file=_NORTH, mode="2", resizeMode="0", northMode="0",
          mapUuid=ident, anchorPoint="0", pictureWidth="14", pictureHeight="14")  # fmt: skip
    _words(root, (left, top + height + 2, 400, 19), "[% @project_abstract %]", 7)
    return root


def _uuid(*words: str) -> str:
    """Return an identifier that is the same every time."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, "symbioplan/" + "/".join(words))) + "}"


def _item(parent: ET.Element, kind: str, place: Sequence[float], **attributes: str) -> ET.Element:
    left, top, width, height = place
    number = len(parent)
    spot = f"{left:g},{top:g},mm"
    fixed = {
        "type": kind, "uuid": _uuid(parent.get("name", "page"), kind, str(number)), "id": "", "zValue": str(number),
        "position": spot, "positionOnPage": spot, "size": f"{width:g},{height:g},mm", "referencePoint": "0",
        "visibility": "1", "opacity": "1", "frame": "false", "background": "false", "outlineWidthM": "0.2,mm",
        "blendMode": "0", "itemRotation": "0", "excludeFromExports": "0", "frameJoinStyle": "miter",
    }  # fmt: skip
    item = ET.SubElement(parent, "LayoutItem", {**fixed, **attributes})
    ET.SubElement(item, "FrameColor", red="120", green="130", blue="140", alpha="255")
    ET.SubElement(item, "BackgroundColor", red="255", green="255", blue="255", alpha="255")
    return item


def _words(parent: ET.Element, place: Sequence[float], text: str, size: float, *, bold: bool = False) -> ET.Element:
    item = _item(
        parent, _LABEL, place, labelText=text, htmlState="0", halign="1", valign="32", marginX="0", marginY="0"
    )
    ET.SubElement(item, "LabelFont", description=_FONT.format(size, 75 if bold else 50))
    ET.SubElement(item, "FontColor", red="38", green="50", blue="59", alpha="255")
    return item


def _map(parent: ET.Element, page: Page, ident: str, extent: Sequence[float]) -> None:
    item = _item(
        parent, _MAP, _MAP_MM, uuid=ident, followPreset="true", followPresetName=page.theme, frame="true",
        background="true", mapRotation="0", keepLayerSet="false", drawCanvasItems="false", labelMargin="0,mm",
    )  # fmt: skip
    item.set("id", "map")
    ET.SubElement(item, "Extent", {name: f"{value:.3f}" for name, value in zip(
        ("xmin", "ymin", "xmax", "ymax"), extent, strict=True)})  # fmt: skip


def _legend(parent: ET.Element, page: Page, map_ident: str, corner: tuple[float, float]) -> None:
    """Write a legend of the theme's layers, of which it shows what lies within the map, so small that it fits."""
    share = min(1.0, _ROWS / max(page.rows, 1))
    item = _item(
        parent, _LEGEND, (*corner, 100, 250), map_uuid=map_ident, legendFilterByMap="1", legendFilterByAtlas="0",
        resizeToContents="1", columnCount="1", columnSpace="3", splitLayer="1", equalColumnWidth="0", boxSpace="1",
        symbolWidth="6", symbolHeight=f"{3 * share:.2f}", lineSpacing="0.8", titleAlignment="1", symbolAlignment="1",
        title="", wrapChar="", fontColor="#26323b", wmsLegendWidth="50", wmsLegendHeight="25",
    )  # fmt: skip
    styles = ET.SubElement(item, "styles")
    for name, size, weight, margins in (
        ("title", 12, 75, {"marginBottom": 2.0}), ("group", 10, 75, {"marginTop": 2.0}),
        ("subgroup", 9, 75, {"marginTop": 3.0}), ("symbol", 8, 50, {"marginTop": 1.2}),
        ("symbolLabel", 8, 50, {"marginTop": 1.0, "marginLeft": 2.0}),
    ):  # fmt: skip
        gaps = {side: f"{(1.0 if side == 'marginLeft' else share) * gap:g}" for side, gap in margins.items()}
        one = ET.SubElement(styles, "style", {"name": name, "alignment": "1", "indent": "0", **gaps})
        ET.SubElement(one, "styleFont", description=_FONT.format(round(size * max(share, 0.6), 1), weight))
    tree = ET.SubElement(item, "layer-tree-group")
    for ident, title in page.layers:
        ET.SubElement(tree, "layer-tree-layer", id=ident, name=title, checked="Qt::Checked", expanded="1",
                      providerKey="ogr", legend_exp="")  # fmt: skip


def _scale_bar(parent: ET.Element, map_ident: str, corner: tuple[float, float], metres: float) -> None:
    """Write a scale bar of two segments, together about as long as so many metres on the ground."""
    segment = max((step * 10**power for power in range(1, 7) for step in _ROUND if step * 10**power <= metres / 2),
                  default=1)  # fmt: skip
    kilometres = segment >= 1000
    item = _item(
        parent, _SCALE_BAR, (*corner, 80, 13), style="Single Box", mapUuid=map_ident, background="true",
        unitType="km" if kilometres else "meters", unitLabel="km" if kilometres else "m",
        numUnitsPerSegment=f"{segment / 1000 if kilometres else segment:g}", numMapUnitsPerScaleBarUnit="1",
        numSegments="2", numSegmentsLeft="0", segmentSizeMode="0", segmentMillimeters="30", height="2.5",
        labelBarSpace="1.5", boxContentSpace="1.5", alignment="0", outlineWidth="0.2", minBarWidth="50",
        maxBarWidth="150", lineJoinStyle="miter", lineCapStyle="square", numSubdivisions="1",
        subdivisionsHeight="1.5", labelVerticalPlacement="0", labelHorizontalPlacement="0",
    )  # fmt: skip
    ET.SubElement(item, "scaleBarFont", description=_FONT.format(8, 50))
    for name, level in (("strokeColor", "38"), ("fillColor", "38"), ("fillColor2", "255")):
        ET.SubElement(item, name, red=level, green=level, blue=level, alpha="255")


def _fitted(extent: Sequence[float], aspect: float) -> tuple[float, float, float, float]:
    """Return the extent made wider or taller so that it fills the map."""
    west, south, east, north = extent
    width, height = max(east - west, (north - south) * aspect), max(north - south, (east - west) / aspect)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
