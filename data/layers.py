"""Vector layers and rasters from whatever a GIS analyst has."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio.errors
import rasterio
import shapely
from pyproj import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.warp import Resampling, calculate_default_transform, reproject

from data.errors import Fault, InputError
from data.frames import read_table
from data.postgis import PREFIX, Address, read_postgis
from data.settings import LayerSpec
from data.study import Raster

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".geoparquet", ".csv")


def layer_name(spec: LayerSpec) -> str:
    """Return what faults call the layer; a database address loses its password."""
    if spec.path.startswith(PREFIX):
        url, _, table = spec.path.partition("#")
        return str(Address(url, (table,)))
    return spec.path


def read_layer(spec: LayerSpec, folder: Path) -> gpd.GeoDataFrame:
    """Return a vector layer as its file has it, in its own CRS (``None`` when it has none).

    Raises
    ------
    InputError
        When the file is missing or cannot be read as a layer, or two CRSs contradict each other.
    """
    name = layer_name(spec)
    if spec.path.startswith(PREFIX):
        return read_postgis(spec.path)
    path = folder / spec.path
    if not path.exists():
        raise InputError([Fault(name, "", "no such file", f"a layer at {path}")])
    try:
        layer = _read_file(path, spec.layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        expected = "a layer as " + ", ".join(VECTOR_SUFFIXES)
        raise InputError([Fault(name, "", str(error).splitlines()[0], expected)]) from None
    if spec.crs is not None:
        given = CRS.from_user_input(spec.crs)
        if layer.crs is not None and not layer.crs.equals(given, ignore_axis_order=True):
            found = f"{layer.crs.to_string()} in the file"
            raise InputError([Fault(name, "", found, f"the CRS that study.toml names, {spec.crs}")])
        layer = layer.set_crs(given, allow_override=True)
    return layer


def _read_file(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        table = read_table(path)
        missing = {"lon", "lat"} - set(table.columns)
        if missing:
            raise ValueError(f"a CSV layer without the column {' and '.join(sorted(missing))}")
        lon = pd.to_numeric(table.pop("lon"), errors="coerce")
        lat = pd.to_numeric(table.pop("lat"), errors="coerce")
        points = shapely.points(lon.to_numpy(), lat.to_numpy())
        points[(lon.isna() | lat.isna()).to_numpy()] = None
        return gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326")
    if suffix in (".parquet", ".geoparquet"):
        try:
            return gpd.read_parquet(path)
        except ValueError:  # plain Parquet: WKB in a column called geometry, and no CRS
            table = pd.read_parquet(path)
            if "geometry" not in table.columns:
                raise
            return gpd.GeoDataFrame(table, geometry=shapely.from_wkb(table["geometry"].to_numpy()))
    frame = gpd.read_file(path, layer=layer) if layer else gpd.read_file(path)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ValueError("a table without geometry")
    return frame


def open_raster(spec: LayerSpec, folder: Path) -> tuple[Raster | None, list[Fault]]:
    """Return the first band of a raster as its file has it, in its own CRS and resolution."""
    path = folder / spec.path
    if not path.exists():
        return None, [Fault(spec.path, "", "no such file", f"a raster at {path}")]
    try:
        with warnings.catch_warnings():  # an ASCII grid without a CRS is no news: it is asked for below
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as source:
                values = source.read(1, masked=True).astype("float64").filled(np.nan)
                transform, crs = source.transform, source.crs or (spec.crs and CRS.from_user_input(spec.crs))
    except RasterioError as error:
        return None, [Fault(spec.path, "", str(error).splitlines()[0], "a raster such as GeoTIFF or ASCII grid")]
    if not crs:
        expected = f'a CRS in the file, or {{path = "{spec.path}", crs = "EPSG:..."}} in study.toml'
        return None, [Fault(spec.path, "", "a raster without a CRS", expected)]
    return Raster(values, transform, CRS.from_user_input(crs)), []


def read_raster(spec: LayerSpec, folder: Path, crs: CRS, *, categorical: bool) -> tuple[Raster | None, list[Fault]]:
    """Return the first band of a raster, warped to the study's CRS.

    Classes keep their values (nearest neighbour); elevations are interpolated.
    """
    raster, faults = open_raster(spec, folder)
    if raster is None:
        return None, faults
    if raster.crs.equals(crs, ignore_axis_order=True):
        return Raster(raster.values, raster.transform, crs), []
    rows, columns = raster.values.shape
    (west, north), (east, south) = raster.transform @ (0, 0), raster.transform @ (columns, rows)
    try:
        transform, width, height = calculate_default_transform(raster.crs, crs, columns, rows, west, south, east, north)
        warped = np.full((height, width), np.nan)
        reproject(
            raster.values,
            warped,
            src_transform=raster.transform,
            src_crs=raster.crs,
            dst_transform=transform,
            dst_crs=crs,
            src_nodata=np.nan,
            dst_nodata=np.nan,
            resampling=Resampling.nearest if categorical else Resampling.bilinear,
        )
    except RasterioError as error:
        return None, [Fault(spec.path, "", str(error).splitlines()[0], "a raster such as GeoTIFF or ASCII grid")]
    return Raster(warped, transform, crs), []


def geometry_faults(layer: gpd.GeoDataFrame, kinds: tuple[str, ...], *, file: str) -> list[Fault]:
    """Return a fault for each missing, empty, non-finite, invalid or wrong kind of geometry."""
    geometry = layer.geometry.to_numpy()
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    allowed = {*kinds, *(f"Multi{kind}" for kind in kinds)}
    names = np.where(absent, "", layer.geometry.geom_type.to_numpy(dtype=object))
    wrong = ~absent & ~np.isin(names.astype(str), list(allowed))
    bounds = shapely.bounds(geometry)
    unbounded = ~absent & ~np.isfinite(bounds).all(axis=1)
    invalid = ~absent & ~wrong & ~unbounded & ~shapely.is_valid(geometry)
    expected = " or ".join(kinds).lower()

    def rows(mask: np.ndarray) -> list[int]:
        return [int(position) + 1 for position in np.flatnonzero(mask)]

    return [
        *(Fault(file, "geometry", "an empty geometry", f"a {expected}", row=row) for row in rows(absent)),
        *(Fault(file, "geometry", f"a {names[row - 1]}", f"a {expected}", row=row) for row in rows(wrong)),
        *(Fault(file, "geometry", "coordinates that are not numbers", f"a {expected}", row=row)
          for row in rows(unbounded)),
        *(Fault(file, "geometry", shapely.is_valid_reason(geometry[row - 1]), f"a valid {expected}", row=row)
          for row in rows(invalid)),
    ]  # fmt: skip


__all__ = ["geometry_faults", "layer_name", "open_raster", "read_layer", "read_raster"]
