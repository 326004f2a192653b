"""Reading the ``[[terrain]]`` layers of a study: rasters and vectors in any CRS, each with one rule."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from data.crs import to_study_crs
from data.errors import Fault, InputError
from data.layers import VECTOR_SUFFIXES, geometry_faults, open_raster, read_layer
from data.settings import TerrainSpec
from data.study import Raster, Terrain

_KINDS = {
    "crossing_cost": ("LineString",),
    "distance": ("Point", "LineString", "Polygon"),
    "discount": ("LineString", "Polygon"),
}


def read_terrain(specs: Sequence[TerrainSpec], folder: Path, crs: CRS) -> tuple[tuple[Terrain, ...], list[Fault]]:
    """Return the terrain layers in the order given, and every fault in any of them.

    Rasters stay on their own grid in their own CRS, so that they are resampled only once, onto the cost
    surface; features come in the study's CRS.
    """
    layers, faults = [], []
    for spec in specs:
        layer, found = _vector(spec, folder, crs) if is_vector(spec) else _raster(spec, folder)
        faults += found
        if layer is not None:
            layers.append(layer)
    return tuple(layers), faults


def is_vector(spec: TerrainSpec) -> bool:
    """Return whether a terrain layer holds features rather than cells."""
    return spec.path.startswith("postgresql://") or Path(spec.path).suffix.lower() in VECTOR_SUFFIXES


def terrain_file_faults(content: Mapping[str, object], folder: Path) -> list[Fault]:
    """Return a fault per missing terrain file of a ``study.toml`` whose settings are already faulty."""
    tables = content.get("terrain")
    paths = [t.get("path") for t in tables if isinstance(t, dict)] if isinstance(tables, list) else []
    return [
        Fault(path, "", "no such file", f"a layer at {folder / path}")
        for path in paths
        if isinstance(path, str) and not path.startswith("postgresql://") and not (folder / path).exists()
    ]


def terrain_digest(terrain: Sequence[Terrain]) -> bytes:
    """Return a digest of what the layers hold; their rules are part of the settings."""
    sha = hashlib.sha256()
    for layer in terrain:
        if isinstance(layer.ground, Raster):
            sha.update(layer.ground.values.tobytes() + repr(tuple(layer.ground.transform)).encode())
            sha.update(str(layer.ground.crs.to_epsg()).encode())
            continue
        sha.update(b"".join(shapely.to_wkb(layer.ground.geometry.to_numpy())))
        table = pd.DataFrame(layer.ground.drop(columns=layer.ground.geometry.name))
        sha.update(table.to_csv(index=False, lineterminator="\n").encode())
    return sha.digest() if terrain else b""


def _where(spec: TerrainSpec, key: str) -> str:
    return f"terrain.{spec.name}.{key}"


def _raster(spec: TerrainSpec, folder: Path) -> tuple[Terrain | None, list[Fault]]:
    faults = []
    if spec.column is not None:
        faults.append(Fault("study.toml", _where(spec, "column"), repr(spec.column), "none: a raster has one value"))
    faults += [
        Fault("study.toml", _where(spec, key), repr(entry), "the number of a class")
        for key, entries in (("classes", spec.classes or ()), ("values", spec.values or ()))
        for entry in entries
        if not is_number(entry)
    ]
    raster, found = open_raster(spec, folder)
    return (None if raster is None else Terrain(spec, raster)), [*faults, *found]


def _vector(spec: TerrainSpec, folder: Path, crs: CRS) -> tuple[Terrain | None, list[Fault]]:
    faults = []
    if spec.of == "slope":
        faults.append(Fault("study.toml", _where(spec, "of"), "slope of a vector layer", "a raster of elevations"))
    valued = spec.rule in ("classes", "steps", "points", "forbidden") or spec.values is not None
    if valued and spec.column is None:
        expected = f"the attribute that {spec.rule} looks at"
        faults.append(Fault("study.toml", _where(spec, "column"), "nothing", expected))
    try:
        layer = read_layer(spec, folder)
    except InputError as error:
        return None, [*faults, *error.faults]
    if spec.column is not None and spec.column not in layer.columns:
        there = ", ".join(map(str, layer.columns.drop(layer.geometry.name))) or "none"
        faults.append(Fault(spec.path, spec.column, "no such attribute", f"one of: {there}"))
    elif spec.column is not None and spec.rule in ("steps", "points", "forbidden"):
        faults += _number_faults(layer[spec.column], spec)
    faults += geometry_faults(layer, _KINDS.get(spec.rule, ("Polygon",)), file=spec.path)
    layer, unplaced = to_study_crs(layer, crs, file=spec.path)
    if faults or unplaced:
        return None, [*faults, *unplaced]
    kept = {spec.column: layer[spec.column].to_numpy()} if spec.column is not None else {}
    return Terrain(spec, gpd.GeoDataFrame(kept, geometry=layer.geometry.to_numpy(), crs=layer.crs)), []


def _number_faults(values: pd.Series, spec: TerrainSpec) -> list[Fault]:
    bad = pd.to_numeric(values, errors="coerce").isna() & values.notna()
    return [
        Fault(spec.path, values.name, repr(values.iloc[row]), "a number", row=int(row) + 1)
        for row in np.flatnonzero(bad)
    ]


def is_number(entry: object) -> bool:
    """Return whether something is a number, or text that is one."""
    try:
        float(entry)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True
