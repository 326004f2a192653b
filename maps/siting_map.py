"""``siting.html``: suitability and ranked sites on a Folium map, one file that needs no network."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import jinja2
import pandas as pd

from data.plan import Plan
from data.study import Study
from maps.features import INK, collection, fill, plant_svg
from maps.geometry import bounds_degrees
from maps.numbers import percent
from maps.offline import SCRIPTS, STYLES, OfflineFigure, Text, json_block
from maps.overlays import CANVAS_PANES, PANES, Overlay, overlays
from maps.scene import Scene
from maps.siting_layers import EXCLUDED, RAMP, best_rows, rank_svg, site_popups, sites, suitability_picture
from maps.webmap import OSM, JsonLayer, Start

_GROUND = ("plants", "names", "roads", "crossings", "zones")  # of the plan's map, drawn here too
_SHOWN = ("plants", "roads")
_PICTURE, _MARKS = "suitability", "ranks"  # panes below everything and above the plants


def write_siting_map(study: Study, path: Path) -> None:
    """Write what siting found as one HTML file that works with the network cut.

    Raises
    ------
    maps.offline.AssetError
        When the page would need a file that is not vendored.
    """
    path.write_text(render_siting_map(study), encoding="utf-8", errors="replace")


def render_siting_map(study: Study) -> str:
    """Return the page."""
    scene = Scene(study, Plan(problem=study.name, status="unknown"))
    ground = [overlay for overlay in overlays(scene) if overlay.key in _GROUND]
    ranked = _ranked(study)
    canvas = _canvas(study)
    figure = OfflineFigure(title=f"{study.name}: sites")
    figure.add_child(canvas)
    layers: dict[str, folium.map.Layer] = {}
    for overlay in [*reversed(ground), ranked]:
        group = folium.FeatureGroup(name=overlay.key, show=overlay.key in _SHOWN or overlay is ranked)
        for place, (pane, features) in enumerate(overlay.parts):
            key = f"{overlay.key}-{place}"
            JsonLayer(key, pane).add_to(group)
            figure.html.add_child(Text(json_block(f"sp-data-{key}", features)), name=f"data_{key}")
        group.add_to(canvas)
        layers[overlay.key] = group
    views: dict[str, Any] = {"near": None, "all": None, "credit": ""}
    if study.suitability is not None:
        image, corners = suitability_picture(study.suitability)
        picture = folium.raster_layers.ImageOverlay(image, corners, opacity=0.75, pane=_PICTURE, pixelated=True)
        picture.add_to(canvas)
        layers["suitability"] = picture
        views |= {"near": corners, "all": corners}
    if any("openstreetmap" in source.lower() for source in _sources(study)):
        views["credit"] = OSM
    Start(layers, views).add_to(canvas)
    figure.html.add_child(Text(_title(study)), name="title_box")
    figure.html.add_child(Text(_panel(scene, ground, ranked)), name="panel")
    return str(figure.render())


def _ranked(study: Study) -> Overlay:
    layer = sites(study)
    popups = site_popups(study, layer)
    area = layer.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    outlines = [
        {"style": fill(colour, 0.15, color=INK, weight=1.6, **({} if pd.notna(rank) else {"dashArray": "3 4"})),
         "area": True, **told}
        for colour, rank, told, is_area in zip(layer["colour"], layer["rank"], popups, area, strict=True)
        if is_area
    ]  # fmt: skip
    points = layer.geometry.representative_point()
    marks = [
        {"icon": rank_svg(rank, colour), "size": [24, 24] if pd.notna(rank) else [18, 18], **told}
        for rank, colour, told in zip(layer["rank"], layer["colour"], popups, strict=True)
    ]
    order = layer.index[::-1]  # the best on top
    parts = [
        ("areas", collection(layer.geometry[area], outlines)),
        (_MARKS, collection(points[order], [marks[row] for row in order])),
    ]
    return Overlay("sites", "Sites by rank", "Siting", parts, len(layer), swatch=rank_svg(1, RAMP[-1], 18))


def _canvas(study: Study) -> folium.Map:
    centre = bounds_degrees(study.plant_points)[0] if len(study.plants) else [0.0, 0.0]
    canvas = folium.Map(
        location=centre, tiles=None, control_scale=False, zoom_control="bottomleft", max_zoom=19, zoom_snap=0.5,
        zoom_delta=1, font_size="13px",
    )  # fmt: skip
    canvas.default_js, canvas.default_css = list(SCRIPTS), list(STYLES)
    for pane, z_index in {_PICTURE: 315, **PANES, _MARKS: 615}.items():
        alive = pane not in (*CANVAS_PANES, _PICTURE)
        folium.map.CustomPane(pane, z_index=z_index, pointer_events=alive).add_to(canvas)
    return canvas


def _title(study: Study) -> str:
    layer = sites(study)
    siting = study.settings.siting
    weights = study.site_scores.drop_duplicates("criterion").sort_values("weight", ascending=False, kind="stable")
    return _template("siting_title.html").render(
        name=study.name,
        found=int(layer["rank"].notna().sum()),
        excluded=int(layer["rank"].isna().sum()),
        best=best_rows(layer),
        weights=[(row.criterion, percent(row.weight)) for row in weights.itertuples(index=False)],
        exclusions=_exclusions(study),
        cell_m=siting.cell_m if siting is not None else None,
        sources=[*_sources(study), "Drawn by symbioplan with Folium and Leaflet"],
    )


def _sources(study: Study) -> list[str]:
    return [*dict.fromkeys([*study.settings.sources, *sorted(source for source in study.sites["source"] if source)])]


def _exclusions(study: Study) -> list[str]:
    siting = study.settings.siting
    if siting is None:
        return []
    forbidden = siting.exclude_forbidden_zones and bool(study.zones["forbidden"].any())
    return (["forbidden zones"] if forbidden else []) + [rule.name for rule in siting.exclude]


def _panel(scene: Scene, ground: list[Overlay], ranked: Overlay) -> str:
    sectors = sorted(scene.study.plants["sector"].unique())
    return _template("siting_panel.html").render(
        ranked=ranked,
        ramp=", ".join(RAMP),
        excluded=EXCLUDED,
        ground=[(overlay, overlay.key in _SHOWN) for overlay in ground],
        sectors=[(plant_svg(scene.symbols[sector], 14), sector) for sector in sectors],
    )


@cache
def _template(name: str) -> jinja2.Template:
    text = files("maps").joinpath("templates", name).read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
