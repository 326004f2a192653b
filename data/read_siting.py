"""Reading what ``[siting]`` looks at: its own layers, OpenStreetMap's land use, and whether its rules fit them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from data.crs import to_study_crs
from data.download_areas import download_osm_areas
from data.errors import Fault, InputError
from data.layers import VECTOR_SUFFIXES, geometry_faults, layer_name, open_raster, read_layer
from data.osm import OSM_SUFFIXES
from data.osm_areas import read_osm_areas
from data.read_terrain import is_number
from data.settings import LAYERS, Settings
from data.settings_base import LayerSpec
from data.siting_settings import OSM, Criterion, Exclusion, Rule, Siting
from data.spelling import closest
from data.study import Ground, Raster

_KINDS = ("Point", "LineString", "Polygon")
_KEPT = ("kind", "name", "osm")  # columns of OpenStreetMap's areas


def read_siting_layers(settings: Settings, folder: Path, crs: CRS) -> tuple[dict[str, Ground], list[Fault]]:
    """Return the layers of ``[siting.layers]`` and, where it is asked for, OpenStreetMap's land use as ``osm``.

    Rasters stay on their own grid in their own CRS; features come in the study's CRS with the columns that
    the rules look at.
    """
    siting = settings.siting
    if siting is None:
        return {}, []
    layers: dict[str, Ground] = {}
    faults = []
    for name, spec in siting.layers.items():
        if name in LAYERS or name in {terrain.name for terrain in settings.terrain}:
            faults.append(Fault("study.toml", f"siting.layers.{name}", "a name that another layer has", "its own name"))
            continue
        ground, found = _read(spec, _columns(siting, name), folder, crs)
        faults += found
        if ground is not None:
            layers[name] = ground
    if siting.download is not None and OSM in siting.layers:
        faults.append(
            Fault("study.toml", "siting.download", "land use both in a layer and to download", "one of the two")
        )
    if _wants_osm(siting) and OSM not in siting.layers:
        ground, found = _osm_of_study(settings, folder, crs)
        faults += found
        if ground is not None:
            layers[OSM] = ground
    return layers, faults


def siting_faults(siting: Siting | None, grounds: Mapping[str, Ground]) -> list[Fault]:
    """Return a fault for each rule that names a layer that is not there or that it cannot look at that way.

    Parameters
    ----------
    siting
        The settings, if any.
    grounds
        Every layer of the study by name.
    """
    if siting is None:
        return []
    faults = []
    places = [f"exclude.{rule.name}" for rule in siting.exclude] + [f"criteria.{rule.name}" for rule in siting.criteria]
    for place, rule in zip(places, siting.rules, strict=True):
        where = f"siting.{place}"
        if rule.on not in grounds:
            expected = f"a layer of the study ({', '.join(sorted(grounds))})"
            hint = closest(rule.on, pd.Series(sorted(grounds)))
            faults.append(Fault("study.toml", f"{where}.on", repr(rule.on), f"{expected}: {hint}"))
            continue
        ground = grounds[rule.on]
        faults += _raster_faults(rule, where) if isinstance(ground, Raster) else _feature_faults(rule, ground, where)
    region = None if siting.region is None else grounds.get(siting.region)
    if siting.region is not None and (region is None or isinstance(region, Raster) or not _has_areas(region)):
        faults.append(Fault("study.toml", "siting.region", repr(siting.region), "a layer of polygons of the study"))
    return faults


def siting_digest(layers: Mapping[str, Ground]) -> bytes:
    """Return a digest of what the layers hold."""
    sha = hashlib.sha256()
    for name, ground in layers.items():
        sha.update(name.encode())
        if isinstance(ground, Raster):
            sha.update(ground.values.tobytes() + repr(tuple(ground.transform)).encode())
            continue
        sha.update(b"".join(shapely.to_wkb(ground.geometry.to_numpy())))
        table = pd.DataFrame(ground.drop(columns=ground.geometry.name))
        sha.update(table.to_csv(index=False, lineterminator="\n").encode())
    return sha.digest() if layers else b""


def looked_at(rule: Rule) -> str | None:
    """Return the attribute of a vector layer that a rule looks at; None where only its features count."""
    if rule.column is not None:
        return rule.column
    classed = isinstance(rule, Criterion) and rule.classes is not None
    if rule.values is None and not classed:
        return None
    return "highway" if rule.on == "roads" else "kind"


def _columns(siting: Siting, name: str) -> list[str]:
    wanted = {looked_at(rule) for rule in siting.rules if rule.on == name} - {None}
    return sorted({str(column) for column in wanted} | ({*_KEPT} if name == OSM else set()))


def _wants_osm(siting: Siting) -> bool:
    return OSM in (siting.candidates or ()) or any(rule.on == OSM for rule in siting.rules)


def _osm_of_study(settings: Settings, folder: Path, crs: CRS) -> tuple[Ground | None, list[Fault]]:
    """Return the land use of the download, else of the extract that the roads come from."""
    assert settings.siting is not None
    roads = settings.layers.get("roads")
    by_roads = roads is not None and roads.path.lower().endswith(OSM_SUFFIXES)
    if settings.siting.download is None and by_roads and roads is not None:
        return _read(roads, [*_KEPT], folder, crs)
    where = "download" if settings.siting.download is None else "siting.download"
    download = settings.siting.download or settings.download
    if download is None:
        expected = (
            'an OpenStreetMap extract: [siting.layers] osm = "region.osm.pbf", or as the roads; or [siting.download]'
        )
        return None, [Fault("study.toml", "siting.layers.osm", "nothing", expected)]
    try:
        return download_osm_areas(download, folder, crs=crs, where=where), []
    except InputError as error:
        return None, list(error.faults)


def _read(spec: LayerSpec, columns: list[str], folder: Path, crs: CRS) -> tuple[Ground | None, list[Fault]]:
    if spec.path.lower().endswith(OSM_SUFFIXES):
        return _read_extract(spec, folder, crs)
    if not (spec.path.startswith("postgresql://") or Path(spec.path).suffix.lower() in VECTOR_SUFFIXES):
        return open_raster(spec, folder)
    file = layer_name(spec)
    try:
        layer = read_layer(spec, folder)
    except InputError as error:
        return None, list(error.faults)
    faults = geometry_faults(layer, _KINDS, file=file)
    layer, unplaced = to_study_crs(layer, crs, file=file)
    if faults or unplaced:
        return None, [*faults, *unplaced]
    kept = {column: layer[column].to_numpy() for column in columns if column in layer.columns}
    return gpd.GeoDataFrame(kept, geometry=layer.geometry.to_numpy(), crs=layer.crs), []


def _read_extract(spec: LayerSpec, folder: Path, crs: CRS) -> tuple[Ground | None, list[Fault]]:
    path = folder / spec.path
    if not path.is_file():
        return None, [Fault(spec.path, "", "no such file", f"an OpenStreetMap extract at {path}")]
    try:
        return read_osm_areas(path).to_crs(crs), []
    except RuntimeError as error:
        return None, [Fault(spec.path, "", str(error).splitlines()[0], "a file that libosmium reads")]


def _raster_faults(rule: Rule, where: str) -> list[Fault]:
    faults = []
    if rule.column is not None:
        faults.append(Fault("study.toml", f"{where}.column", repr(rule.column), "none: a raster has one value"))
    classes = rule.classes or () if isinstance(rule, Criterion) else ()
    faults += [
        Fault("study.toml", f"{where}.{key}", repr(entry), "the number of a class")
        for key, entries in (("classes", classes), ("values", rule.values or ()))
        for entry in entries
        if not is_number(entry)
    ]
    return faults


def _feature_faults(rule: Rule, ground: gpd.GeoDataFrame, where: str) -> list[Fault]:
    if getattr(rule, "of", None) == "slope":
        return [Fault("study.toml", f"{where}.of", "slope of a vector layer", "a raster of elevations")]
    column, faults = looked_at(rule), []
    by_number = (isinstance(rule, Criterion) and rule.of == "value" and rule.classes is None) or _limited(rule)
    if (
        isinstance(rule, Exclusion)
        and not by_number
        and not (rule.within_m or rule.beyond_m)
        and not _has_areas(ground)
    ):
        faults.append(Fault("study.toml", f"{where}.within_m", "nothing", "how far around these points or lines"))
    if column is None:
        if by_number:
            faults.append(Fault("study.toml", f"{where}.column", "nothing", "the attribute that is looked at"))
        return faults
    if column not in ground.columns:
        there = ", ".join(map(str, ground.columns.drop(ground.geometry.name))) or "none"
        return [Fault(rule.on, column, "no such attribute", f"one of: {there}")]
    if by_number:
        values = ground[column]
        bad = pd.to_numeric(values, errors="coerce").isna() & values.notna()
        faults += [
            Fault(rule.on, column, repr(values.iloc[row]), "a number", row=int(row) + 1) for row in np.flatnonzero(bad)
        ]
    return faults


def _limited(rule: Rule) -> bool:
    return isinstance(rule, Exclusion) and rule.has_limits


def _has_areas(layer: gpd.GeoDataFrame) -> bool:
    return bool(layer.geom_type.isin(["Polygon", "MultiPolygon"]).any())
