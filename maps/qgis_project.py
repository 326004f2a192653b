"""The QGIS project of a GeoPackage: groups, order, styles, relations, map themes, print layouts.

Written as XML for QGIS 3.22 and later, in which a renderer stands in every layer, layer ids are longer than ten
characters (shorter ones are mangled), and places are given relative to the file.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # written only, never parsed: no hostile XML comes in
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
from pyproj import CRS

from maps import qgis_raster
from maps.geometry import main_cluster
from maps.gis_layers import DECIDED, GROUND, GROUPS, KINDS, OFFERED, PLACES, SITED, TABLES, Frames
from maps.qgis_layout import Page, layout
from maps.qgis_style import VERSION, Style, elements, style_attributes
from maps.qml import inert, legal
from maps.scene import Scene
from maps.styles import alternatives

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
ALL_PERIODS = "All periods"
_QUIET = ("exchanges", "unplaced", "unserved")  # not drawn at first: the map would be crowded


@dataclass(frozen=True)
class View:
    """What one map theme is about: layers drawn over the ground, some in another of their styles."""

    title: str
    layers: tuple[str, ...]
    styles: Mapping[str, str] = field(default_factory=dict)
    printed: bool = False


_VIEWS = (
    View(
        "Pipelines and trucks",
        ("hubs", "pipelines", "truck_routes", "coarse_stretches", "existing_pipelines"),
        printed=True,
    ),
    View("Exchanges", ("hubs", "exchanges"), printed=True),
    View("Left over and bought new", ("hubs", "unplaced", "unserved")),
    View(
        "Load and trips",
        ("hubs", "pipelines", "truck_routes"),
        {"pipelines": "Load", "truck_routes": "Trips per day"},
    ),
    View("Ranked sites", ("site_points", "site_areas", qgis_raster.NAME), printed=True),
    View("Candidates", ("candidate_corridors", "candidate_routes", "candidate_coarse"), printed=True),
    View("Routes", ("alternative_routes",), printed=True),
    View("Reach", ("service_roads", "service_bands"), printed=True),
)
# Referencing table, its column, what the form calls the rows, and whose form that is: layer and column.
_RELATIONS = (
    ("exchanges", "from_node", "Gives", "plants", "plant"),
    ("exchanges", "to_node", "Takes", "plants", "plant"),
    ("streams", "plant", "Supplies and demands", "plants", "plant"),
    ("unplaced", "node", "Supply left over", "plants", "plant"),
    ("unserved", "node", "Demand bought new", "plants", "plant"),
    ("site_scores", "site", "Score by criterion", "site_points", "site"),
)


@dataclass(frozen=True)
class Shown:
    """One layer of the project: a table of the file, or the rows of one period in it."""

    name: str
    group: str
    style: Style | None  # none: the raster
    period: int | None = None  # place of the period in the plan's list
    subset: str = ""

    @property
    def title(self) -> str:
        """Return what people call the layer."""
        return qgis_raster.TITLE if self.style is None else KINDS[self.name].title

    @property
    def shape(self) -> str:
        """Return the shape of its features, or ``Raster``."""
        return "Raster" if self.style is None else KINDS[self.name].shape

    @property
    def ident(self) -> str:
        """Return the layer's id, the same every time."""
        return f"symbioplan_{self.name}" + ("" if self.period is None else f"_period_{self.period + 1}")


def project(scene: Scene, frames: Frames, styles: Mapping[str, Style], file_name: str) -> str:
    """Return the project as the text of a ``.qgs`` file.

    Parameters
    ----------
    scene
        Whose names, CRS and periods are used.
    frames, styles
        What the GeoPackage holds, top to bottom; what is empty is left out of the project.
    file_name
        Of the GeoPackage, in whose folder its project looks for it.
    """
    shown = _shown(scene, frames, styles)
    groups = list(dict.fromkeys(one.group for one in shown))
    crs, study = scene.study.crs, scene.study
    root = ET.Element("qgis", version=VERSION, projectname=legal(study.name))
    ET.SubElement(root, "homePath", path="")
    _say(root, "title", study.name)
    ET.SubElement(root, "projectCrs").append(_reference(crs))
    root.append(_tree(shown, groups, file_name))
    root.append(_relations(shown))
    extent = _extent(scene)
    root.append(_canvas(extent, crs))
    layers = ET.SubElement(root, "projectlayers")
    for one in shown:
        layers.append(_layer(one, frames, scene, file_name))
    order = ET.SubElement(root, "layerorder")
    for one in shown:
        ET.SubElement(order, "layer", id=one.ident)
    properties = ET.SubElement(root, "properties")
    ET.SubElement(ET.SubElement(properties, "Paths"), "Absolute", type="bool").text = "false"
    ET.SubElement(ET.SubElement(properties, "SpatialRefSys"), "ProjectionsEnabled", type="int").text = "1"
    presets, layouts = ET.SubElement(root, "visibility-presets"), ET.SubElement(root, "Layouts")
    for title, view, period in _themes(scene, frames):
        visible = [one for one in shown if _visible(one, view, period)]
        presets.append(_theme(title, view, visible))
        if view.printed:
            keys = [(one.ident, one.title) for one in visible]
            layouts.append(layout(Page(title=title, theme=title, extent=extent, layers=keys)))
    root.append(_metadata("projectMetadata", study.name, _abstract(scene)))
    ET.indent(root, " ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode")


def _shown(scene: Scene, frames: Frames, styles: Mapping[str, Style]) -> list[Shown]:
    """Return the layers that hold something, top to bottom; those of the plan once per period."""
    there = [name for name, frame in frames.items() if len(frame)]
    grouped = {group: [name for name in there if KINDS[name].group == group]
               for group in GROUPS}  # fmt: skip
    phases = scene.plan.phases
    out = [Shown(name, PLACES, styles[name]) for name in grouped[PLACES]]
    for number, phase in enumerate(phases):
        subset = "\"period\" IN ('', '" + phase.replace("'", "''") + "')"
        out += [
            Shown(name, inert(phase), styles[name], number, subset)
            for name in grouped[DECIDED]
            if frames[name]["period"].isin(["", phase]).any()
        ]
    out += [Shown(name, ALL_PERIODS if phases else DECIDED, styles[name]) for name in grouped[DECIDED]]
    for group in GROUPS[2:]:
        out += [Shown(name, group, styles[name]) for name in grouped[group]]
        if group == SITED and grouped[SITED]:
            out.append(Shown(qgis_raster.NAME, SITED, None))
    return out


def _themes(scene: Scene, frames: Frames) -> list[tuple[str, View, int | None]]:
    """Return the title, the view and the period of each map theme."""
    views = [view for view in _VIEWS if any(len(frames.get(name, ())) for name in view.layers if name != "hubs")]
    views = [view for view in views if not view.styles or any(len(frames[name]) for name in view.styles)]
    phases = scene.plan.phases
    if not phases:
        return [(view.title, view, None) for view in views]
    by_phase = [view for view in views if KINDS[view.layers[0]].group == DECIDED]
    themes: list[tuple[str, View, int | None]] = [
        (f"{inert(phase)}: {view.title}", view, number) for number, phase in enumerate(phases) for view in by_phase
    ]
    return themes + [(view.title, view, None) for view in views if view not in by_phase]


def _visible(one: Shown, view: View, period: int | None) -> bool:
    if not one.shape:
        return False
    if one.group in (PLACES, GROUND):
        return True
    return one.name in view.layers and one.period == period


def _tree(shown: Sequence[Shown], groups: Sequence[str], file_name: str) -> ET.Element:
    root = ET.Element("layer-tree-group")
    for group in groups:
        inside = [one for one in shown if one.group == group]
        aside = group == SITED and len(groups) > 1 + len({PLACES, GROUND, TABLES} & {*groups})  # there is a plan
        later = (inside[0].period or 0) > 0 or group == ALL_PERIODS or aside
        branch = ET.SubElement(
            root, "layer-tree-group", name=group, checked=_checked(not later), expanded="0" if later else "1"
        )
        for one in inside:
            ET.SubElement(
                branch,
                "layer-tree-layer",
                id=one.ident,
                name=one.title,
                source=_source(one, file_name),
                providerKey=_provider(one),
                checked=_checked(one.name not in _QUIET),
                expanded="1" if group in (PLACES, DECIDED, OFFERED, SITED) and one.name not in _QUIET else "0",
            )
    return root


def _checked(yes: bool) -> str:
    return "Qt::Checked" if yes else "Qt::Unchecked"


def _provider(one: Shown) -> str:
    return "gdal" if one.style is None else "ogr"


def _source(one: Shown, file_name: str) -> str:
    if one.style is None:
        return f"./{file_name}"
    return f"./{file_name}|layername={one.name}" + (f"|subset={legal(one.subset)}" if one.subset else "")


def _relations(shown: Sequence[Shown]) -> ET.Element:
    root, there = ET.Element("relations"), {one.ident for one in shown}
    for table, column, words, owner, key in _RELATIONS:
        if {f"symbioplan_{owner}", f"symbioplan_{table}"} <= there:
            one = ET.SubElement(
                root,
                "relation",
                id=f"symbioplan_{table}_{column}",
                name=words,
                strength="Association",
                referencingLayer=f"symbioplan_{table}",
                referencedLayer=f"symbioplan_{owner}",
            )
            ET.SubElement(one, "fieldRef", referencingField=column, referencedField=key)
    return root


def _layer(one: Shown, frames: Frames, scene: Scene, file_name: str) -> ET.Element:
    if one.style is None:
        root = _raster_layer(scene)
        abstract = qgis_raster.ABSTRACT
    else:
        root = _vector_layer(one, one.style, frames[one.name])
        abstract = KINDS[one.name].abstract
    _say(root, "id", one.ident)
    _say(root, "datasource", _source(one, file_name))
    _say(root, "layername", one.title)
    ET.SubElement(root, "srs").append(_reference(scene.study.crs if one.shape else None))
    root.append(_metadata("resourceMetadata", one.title, abstract))
    _say(root, "provider", _provider(one)).attrib["encoding"] = "UTF-8"
    others = ET.SubElement(root, "map-layer-style-manager", current="default")
    ET.SubElement(others, "map-layer-style", name="default")
    if one.style is None:
        root.append(qgis_raster.renderer())
        return root
    for name, other in alternatives(one.name, one.style).items():
        held = ET.SubElement(others, "map-layer-style", name=name)
        ET.SubElement(held, "qgis", style_attributes(other), version=VERSION).extend(elements(other))
    root.extend(elements(one.style))
    return root


def _raster_layer(scene: Scene) -> ET.Element:
    root = ET.Element("maplayer", {"type": "raster", "styleCategories": "AllStyleCategories"})
    if scene.study.suitability is not None:
        root.append(_box("extent", qgis_raster.bounds(scene.study.suitability)))
    return root


def _vector_layer(one: Shown, style: Style, frame: gpd.GeoDataFrame) -> ET.Element:
    kind = KINDS[one.name]
    drawn = {"Point": "Point", "LineString": "Line", "Polygon": "Polygon", "": "No geometry"}[kind.shape]
    root = ET.Element(
        "maplayer",
        {"type": "vector", "geometry": drawn, "wkbType": kind.geometry or "NoGeometry", **style_attributes(style)},
    )
    root.attrib["styleCategories"] = "AllStyleCategories"
    if kind.shape:
        root.append(_box("extent", tuple(frame.total_bounds)))
    return root


def _theme(title: str, view: View, visible: Sequence[Shown]) -> ET.Element:
    root = ET.Element("visibility-preset", {"name": title, "has-checked-group-info": "1"})
    for one in visible:
        ET.SubElement(root, "layer", id=one.ident, visible="1", style=view.styles.get(one.name, "default"))
    checked = ET.SubElement(root, "checked-group-nodes")
    for group in dict.fromkeys(one.group for one in visible):
        ET.SubElement(checked, "checked-group-node", id=group)
    return root


def _canvas(extent: tuple[float, float, float, float], crs: CRS) -> ET.Element:
    root = ET.Element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    _say(root, "units", "meters")
    root.append(_box("extent", extent))
    _say(root, "rotation", "0")
    ET.SubElement(root, "destinationsrs").append(_reference(crs))
    return root


def _extent(scene: Scene) -> tuple[float, float, float, float]:
    """Return where most plants stand, with room around them."""
    points = scene.study.plant_points
    if points.empty:
        return (0.0, 0.0, 1000.0, 1000.0)
    west, south, east, north = points[main_cluster(points)].total_bounds
    room = max(0.12 * max(east - west, north - south), 250.0)
    return (west - room, south - room, east + room, north + room)


def _box(tag: str, bounds: Sequence[float]) -> ET.Element:
    root = ET.Element(tag)
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        _say(root, name, f"{value:.3f}")
    return root


def _reference(crs: CRS | None) -> ET.Element:
    """Return a CRS by its definition, and by its code where it is certain: a guess would move the map."""
    root = ET.Element("spatialrefsys")
    if crs is not None:
        _say(root, "wkt", crs.to_wkt("WKT2_2019"))
        code = crs.to_authority(min_confidence=100)
        if code is not None:
            _say(root, "authid", ":".join(code))
        _say(root, "description", crs.name)
    return root


def _metadata(tag: str, title: str, abstract: str) -> ET.Element:
    root = ET.Element(tag)
    _say(root, "type", "dataset")
    _say(root, "title", title)
    _say(root, "abstract", abstract)
    return root


def _abstract(scene: Scene) -> str:
    """Return what the study is and where its data is from, on a line each."""
    settings = scene.study.settings
    return "\n".join([line for line in (settings.description, *settings.sources) if line])


def _say(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = legal(text)
    return element
