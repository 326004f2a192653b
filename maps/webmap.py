"""``map.html``: the plan on a Folium map, one file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import folium
import jinja2
from branca.element import MacroElement
from folium.template import Template

from data.plan import Plan
from data.study import Study
from maps.credits import credit
from maps.geometry import bounds_degrees
from maps.headline import Headline, headline
from maps.offline import SCRIPTS, STYLES, TILES, OfflineFigure, Text, json_block
from maps.page_data import PageData
from maps.sheets import Overlay
from maps.siting_layers import ramp_svg, suitability_picture

_TILE_CREDIT = '&copy; <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors'

OSM_OVERLAY = Overlay("osm", "OpenStreetMap (needs the internet)", "Background", [], show=False)
SUITABILITY = "suitability"
_RAMP_SAID = "Suitability: yellow is poor, violet good, grey excluded"

# Bottom to top; where much is drawn, all of it shares one canvas, ``crowd``.
PANES = {
    SUITABILITY: 305, "zones": 310, "roads": 320, "crossings": 330, "areas": 335, "old": 340, "trucks": 410,
    "pipes": 420, "exchanges": 430, "crowd": 440, "left": 590, "hubs": 600, "plants": 610, "names": 620, "measure": 630,
}  # fmt: skip


class SheetLayer(folium.map.Layer):
    """A layer whose data lies in the page as JSON, apart from the code that draws it.

    branca compiles the code of every element as a Jinja template once more after rendering it. In
    ``folium.GeoJson`` the data is part of that code, so a plant called ``{{ ... }}`` would run in Python.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}\n"
        "var {{ this.get_name() }} = symbioplan.layer({{ this.key|tojson }});\n"
        "{% endmacro %}"
    )

    def __init__(self, key: str) -> None:
        super().__init__(name=key, overlay=True, control=False, show=False)  # start.js puts it on the map
        self._name = "SheetLayer"
        self.key = key


class Start(MacroElement):
    """Hand the map and its layers to ``symbioplan/start.js``."""

    _template = Template(
        "{% macro script(this, kwargs) %}\n"
        "symbioplan.start({{ this._parent.get_name() }}, {\n"
        "{%- for key, layer in this.layers.items() %} {{ key|tojson }}: {{ layer.get_name() }},{% endfor %} });\n"
        "{% endmacro %}"
    )

    def __init__(self, layers: dict[str, folium.map.Layer]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.layers = layers


def write_map(study: Study, plan: Plan, path: Path) -> None:
    """Write the plan as one HTML file that works with the network cut; several phases share a slider.

    Raises
    ------
    data.errors.InputError
        When the plan names a line or place that neither it nor the study holds.
    maps.offline.AssetError
        When the page would need a file that is not vendored.
    """
    path.write_text(render_map(study, plan), encoding="utf-8", errors="replace")


def render_map(study: Study, plan: Plan) -> str:
    """Return the page; raises like :func:`write_map`."""
    data = PageData(study, plan)
    return render_page(data, headline(data.scene), title=f"{study.name}: plan")


def render_page(data: PageData, head: Headline, *, title: str) -> str:
    """Return a page under a head line of its own; raises like :func:`write_map`."""
    study = data.study
    canvas = _canvas(study)
    figure = OfflineFigure(title=title)
    figure.html.add_child(Text(_template("side.html").render(**_side(data, head))), name="side")
    figure.header.add_child(Text(json_block("sp-data", data.page(credit(study)))), name="data")  # the scripts read it
    figure.add_child(canvas)
    layers: dict[str, folium.map.Layer] = {}
    sheets = data.sheets()
    for overlay in bottom_up(data.overlays):
        figure.html.add_child(Text(json_block(f"sp-data-{overlay.key}", sheets[overlay.key])), name=overlay.key)
        layers[overlay.key] = layer = SheetLayer(overlay.key)
        layer.add_to(canvas)
    pictures = [OSM_OVERLAY]
    if study.suitability is not None:
        image, corners = suitability_picture(study.suitability)
        layers[SUITABILITY] = picture = folium.raster_layers.ImageOverlay(
            image, corners, opacity=0.75, pane=SUITABILITY, pixelated=True, show=False
        )
        picture.add_to(canvas)
        shown = not data.plan.has_solution  # below a plan it waits to be switched on
        pictures = [Overlay(SUITABILITY, _RAMP_SAID, "Background", [], show=shown, swatch=ramp_svg()), OSM_OVERLAY]
    layers["osm"] = osm = folium.TileLayer(
        TILES + "/{z}/{x}/{y}.png", attr=_TILE_CREDIT, name="OpenStreetMap", show=False, max_zoom=19, z_index=1
    )
    osm.add_to(canvas)
    Start(layers).add_to(canvas)
    figure.html.add_child(Text(_template("tools.html").render(beyond=data.views["beyond"])), name="tools")
    figure.html.add_child(
        Text(_template("panel.html").render(groups=_groups([*data.overlays, *pictures]))), name="panel"
    )
    return str(figure.render())


def bottom_up(overlays: Sequence[Overlay]) -> list[Overlay]:
    """Return the layers in the order of drawing: by pane, and in one pane what the panel lists first on top."""
    listed_last_first = overlays[::-1]
    return sorted(listed_last_first, key=lambda overlay: PANES[overlay.parts[-1].pane])


def _canvas(study: Study) -> folium.Map:
    """Return the bare map: our assets in place of Folium's, panes in order."""
    points = study.plant_points
    centre = bounds_degrees(points)[0] if len(points) else [0.0, 0.0]
    canvas = folium.Map(
        location=centre, tiles=None, control_scale=False, zoom_control=False, max_zoom=19, zoom_snap=0.5,
        zoom_delta=1, font_size="13px",
    )  # fmt: skip
    canvas.default_js, canvas.default_css = list(SCRIPTS), list(STYLES)
    for pane, z_index in PANES.items():
        folium.map.CustomPane(pane, z_index=z_index, pointer_events=True).add_to(canvas)
    return canvas


def _side(data: PageData, head: Headline) -> dict[str, object]:
    """Return what the side panel says."""
    study = data.study
    sources = [*study.settings.sources]
    if owed := credit(study):
        sources.append(f"Map data {owed}, Open Database License")
    sources.append("Drawn by symbioplan with Folium and Leaflet")
    return {
        "name": study.name, "description": study.settings.description, "phases": data.plan.phases,
        "beyond": data.views["beyond"], "plants": len(study.plants), "head": head,
        "violations": data.plan.checker[:5], "sources": sources,
    }  # fmt: skip


def _groups(overlays: list[Overlay]) -> list[dict[str, object]]:
    names = ("Newcomer", "Plan", "Study", "Constraints", "Background")
    groups: list[dict[str, object]] = [
        {"name": name, "overlays": [o for o in overlays if o.group == name]} for name in names
    ]
    return [group for group in groups if group["overlays"]]


@cache
def _template(name: str) -> jinja2.Template:
    text = files("maps").joinpath("templates", name).read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
