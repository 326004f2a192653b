"""``map.html``: the plan on a Folium map, one file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import jinja2
import pandas as pd
from branca.element import MacroElement
from folium.template import Template
from folium.utilities import JsCode

from data.plan import Plan
from data.study import Study
from maps.credits import credit
from maps.features import plant_svg
from maps.geometry import bounds_degrees, main_cluster
from maps.headline import headline
from maps.offline import SCRIPTS, STYLES, TILES, OfflineFigure, Text, json_block
from maps.overlays import CANVAS_PANES, PANES, Overlay, overlays
from maps.scene import Scene

_TILE_CREDIT = '&copy; <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors'


class JsonLayer(folium.map.Layer):
    """Features whose data lies in the page as JSON, apart from the code that draws them.

    branca compiles the code of every element as a Jinja template once more after rendering it. In
    ``folium.GeoJson`` the data is part of that code, so a plant called ``{{ ... }}`` would run in Python.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}\n"
        "var {{ this.get_name() }} = symbioplan.layer({{ this.key|tojson }}, {{ this.options|tojavascript }});\n"
        "{% endmacro %}"
    )

    def __init__(self, key: str, pane: str) -> None:
        super().__init__(name=key, overlay=True, control=False)
        self._name = "JsonLayer"
        self.key = key
        self.options: dict[str, Any] = {"pane": pane}
        if pane in CANVAS_PANES:
            self.options |= {"renderer": JsCode(f"symbioplan.canvas('{pane}')"), "interactive": False}


class Start(MacroElement):
    """Hand the map, its layers and the two views to ``symbioplan/map.js``."""

    _template = Template(
        "{% macro script(this, kwargs) %}\n"
        "symbioplan.start({{ this._parent.get_name() }}, {{ this.views|tojson }}, {\n"
        "{%- for key, layer in this.layers.items() %} {{ key|tojson }}: {{ layer.get_name() }},{% endfor %} });\n"
        "{% endmacro %}"
    )

    def __init__(self, layers: dict[str, folium.map.Layer], views: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.layers, self.views = layers, views


def write_map(study: Study, plan: Plan, path: Path) -> None:
    """Write the plan as one HTML file that works with the network cut; of several phases the last is drawn.

    Raises
    ------
    data.errors.InputError
        When the plan names a line or place that neither it nor the study holds.
    maps.offline.AssetError
        When the page would need a file that is not vendored.
    """
    phases = plan.phases
    drawn = plan.in_phase(phases[-1]) if phases else plan
    page = render_map(Scene(study, drawn, phase=f"{phases[-1]}, the last of {len(phases)}" if phases else ""))
    path.write_text(page, encoding="utf-8", errors="replace")


def render_map(scene: Scene) -> str:
    """Return the page."""
    drawn = overlays(scene)
    canvas = _canvas(scene)
    figure = OfflineFigure(title=f"{scene.study.name}: plan")
    figure.add_child(canvas)
    layers: dict[str, folium.map.Layer] = {}
    for overlay in reversed(drawn):  # what the panel lists first is drawn last, on top
        group = folium.FeatureGroup(name=overlay.label, show=overlay.show)
        for number, (pane, features) in enumerate(overlay.parts):
            key = f"{overlay.key}-{number}"
            JsonLayer(key, pane).add_to(group)
            figure.html.add_child(Text(json_block(f"sp-data-{key}", features)), name=f"data_{key}")
        group.add_to(canvas)
        layers[overlay.key] = group
    layers["osm"] = osm = folium.TileLayer(
        TILES + "/{z}/{x}/{y}.png", attr=_TILE_CREDIT, name="OpenStreetMap", show=False, max_zoom=19, z_index=1
    )
    osm.add_to(canvas)
    Start(layers, _views(scene)).add_to(canvas)
    figure.html.add_child(Text(_title(scene)), name="title_box")
    figure.html.add_child(Text(_panel(scene, drawn)), name="panel")
    return str(figure.render())


def _canvas(scene: Scene) -> folium.Map:
    """Return the bare map: our assets in place of Folium's, panes in order."""
    points = scene.study.plant_points
    centre = bounds_degrees(points)[0] if len(points) else [0.0, 0.0]
    canvas = folium.Map(
        location=centre, tiles=None, control_scale=False, zoom_control="bottomleft", max_zoom=19, zoom_snap=0.5,
        zoom_delta=1, font_size="13px",
    )  # fmt: skip
    canvas.default_js, canvas.default_css = list(SCRIPTS), list(STYLES)
    for pane, z_index in PANES.items():
        folium.map.CustomPane(pane, z_index=z_index, pointer_events=pane not in CANVAS_PANES).add_to(canvas)
    return canvas


def _views(scene: Scene) -> dict[str, Any]:
    """Return the two extents: where most plants stand, which opens first, and everything."""
    points = scene.study.plant_points
    if not len(points):
        return {"near": None, "all": None, "credit": ""}
    near = points[main_cluster(points)]
    everything = pd.concat([points, gpd.GeoSeries(list(scene.lines.values()), crs=points.crs)])
    return {"near": bounds_degrees(near), "all": bounds_degrees(everything), "credit": credit(scene.study)}


def _title(scene: Scene) -> str:
    study = scene.study
    sources = [*study.settings.sources]
    if owed := credit(study):
        sources.append(f"Map data {owed}, Open Database License")
    sources.append("Drawn by symbioplan with Folium and Leaflet")
    return _template("title.html").render(
        name=study.name,
        description=study.settings.description,
        phase=scene.phase,
        head=headline(scene),
        violations=scene.plan.checker[:5],
        sources=sources,
    )


def _panel(scene: Scene, drawn: Sequence[Overlay]) -> str:
    osm = Overlay("osm", "OpenStreetMap (needs the internet)", "Background", [], 1, show=False)
    listed = [*drawn, osm]
    names = ("Plan", "Study", "Background")
    groups = [{"name": name, "overlays": [o for o in listed if o.group == name]} for name in names]
    sectors = sorted(scene.study.plants["sector"].unique())
    return _template("panel.html").render(
        groups=[group for group in groups if group["overlays"]],
        sectors=[(plant_svg(scene.symbols[sector], 14), sector) for sector in sectors],
        resources=_legend(scene),
    )


def _legend(scene: Scene) -> list[tuple[str, str]]:
    """Return colour and name of each resource that is drawn somewhere."""
    plan = scene.plan
    tables = (plan.exchanges, plan.built_pipes, plan.hauls, plan.unplaced, plan.unserved, scene.study.pipelines)
    used = {name for table in tables for name in table["resource"]}
    rows = [(scene.colours[name], scene.resource_names.get(name, name)) for name in used]
    return sorted(rows, key=lambda row: row[1].lower())


@cache
def _template(name: str) -> jinja2.Template:
    text = files("maps").joinpath("templates", name).read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
