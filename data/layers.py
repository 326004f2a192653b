"""Vector layers and rasters from whatever a GIS analyst has."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
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
from data.sheets import is_workbook, sheet_label
from data.study import Raster

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".geoparquet", ".csv", ".xlsx", ".xlsm")


def layer_name(spec: LayerSpec) -> str:
    """Return what faults call the layer; a database address loses its password."""
    if spec.path.startswith(PREFIX):
        url, _, table = spec.path.partition("#")
        return str(Address(url, (table,)))
    return sheet_label(spec.path, spec.layer) if is_workbook(spec.path) else spec.path


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
        layer = _read_table(path, spec, name) if is_table(spec) else _read_file(path, spec.layer)
    except InputError:
        raise
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        expected = "a layer as " + ", ".join(VECTOR_SUFFIXES)
        raise InputError([Fault(name, "", str(error).splitlines()[0], expected)]) from None
    if spec.crs is not None and not is_table(spec):  # which table_layer has heeded
        given = CRS.from_user_input(spec.crs)
        if layer.crs is not None and not layer.crs.equals(given, ignore_axis_order=True):
            found = f"{layer.crs.to_string()} in the file"
            raise InputError([Fault(name, "", found, f"the CRS that study.toml names, {spec.crs}")])
        layer = layer.set_crs(given, allow_override=True)
    return layer


def _read_file(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    suffix = path.suffix.lower()
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


def is_table(spec: LayerSpec) -> bool:
    """Return whether a layer is a CSV or a sheet, with its places in columns."""
    return spec.path.lower().endswith(".csv") or is_workbook(spec.path)


def _read_table(path: Path, spec: LayerSpec, name: str) -> gpd.GeoDataFrame:
    table = read_table(path, sheet=spec.layer)
    layer, faults = table_layer(table, crs=spec.crs, own=None, rows=range(2, 2 + len(table)), file=name)
    if faults:
        raise InputError(faults)
    return layer


def table_layer(
    table: pd.DataFrame, *, crs: str | None, own: CRS | None, rows: Sequence[int], file: str
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return a table with ``lon, lat``, ``x, y`` or ``wkt`` as a layer, and what is wrong with its places.

    Parameters
    ----------
    crs
        CRS of the coordinates; WGS 84 when it is not given, and ``own`` for ``x`` and ``y``.
    own
        The study's CRS.
    rows
        What a person calls each row.

    Returns
    -------
    layer, faults
        Rows without a place have no geometry, which :func:`geometry_faults` reports.
    """
    columns = set(table.columns)
    pairs = [pair for pair in (("lon", "lat"), ("x", "y")) if columns & {*pair}]
    across, up = pairs[0] if pairs else ("lon", "lat")
    whole = {across, up} <= columns
    faults = []
    if len(pairs) > 1:
        faults.append(Fault(file, "lon, lat, x, y", "two kinds of coordinates", "lon and lat, or x and y"))
    if not whole and ("wkt" not in columns or pairs):
        missing = " and ".join(sorted({across, up} - columns))
        faults.append(Fault(file, missing, "no such column", "the columns lon and lat, or x and y with a CRS, or wkt"))
    places: npt.NDArray[np.object_] = np.full(len(table), None, dtype=object)
    if whole:
        places, found = _points(table, across, up, rows, file)
        faults += found
    if "wkt" in columns:
        places, found = _outlines(table["wkt"], places, rows, file)
        faults += found
    system = crs or ("EPSG:4326" if across == "lon" else own)
    if crs is None and across == "lon":
        faults += _degree_faults(places, rows, file)
    rest = table.drop(columns=[name for name in ("lon", "lat", "x", "y", "wkt") if name in columns])
    return gpd.GeoDataFrame(rest, geometry=places, crs=system), faults


def _points(
    table: pd.DataFrame, across: str, up: str, rows: Sequence[int], file: str
) -> tuple[npt.NDArray[np.object_], list[Fault]]:
    faults, values = [], []
    for name in (across, up):
        text = table[name].astype("object").where(table[name].notna(), "").map(str).str.strip()
        number = pd.to_numeric(text.mask(text == "", None), errors="coerce").astype("float64")
        bad = (number.isna() & (text != "")).to_numpy()
        faults += [Fault(file, name, repr(text.iloc[at]), "a number", row=rows[int(at)]) for at in np.flatnonzero(bad)]
        values.append(number.to_numpy())
    half = np.isnan(values[0]) != np.isnan(values[1])
    known = {(fault.row, fault.column) for fault in faults}
    for at in np.flatnonzero(half):
        name = across if np.isnan(values[0][at]) else up
        if not {(rows[int(at)], across), (rows[int(at)], up)} & known:
            faults.append(Fault(file, name, "nothing", f"a number: {across} and {up} go together", row=rows[int(at)]))
    points = np.asarray(shapely.points(*values), dtype=object)
    points[np.isnan(values[0]) | np.isnan(values[1])] = None
    return points, faults


def _outlines(
    wkt: pd.Series, points: npt.NDArray[np.object_], rows: Sequence[int], file: str
) -> tuple[npt.NDArray[np.object_], list[Fault]]:
    """Return the points with the outlines of the rows that have one instead."""
    text = wkt.astype("object").where(wkt.notna(), "").map(str).str.strip().to_numpy(dtype=object)
    given = text != ""
    outlines = np.full(len(text), None, dtype=object)
    outlines[given] = shapely.from_wkt(text[given], on_invalid="ignore")
    both, bad = given & ~shapely.is_missing(points), given & shapely.is_missing(outlines)
    shown = [value if len(value) < 60 else value[:57] + "..." for value in text]
    faults = [
        Fault(file, "wkt", "an outline and a point", "one of the two", row=rows[int(at)]) for at in np.flatnonzero(both)
    ]
    faults += [
        Fault(file, "wkt", repr(shown[at]), "WKT such as POLYGON ((11.1 55.6, 11.2 55.6, 11.2 55.7, 11.1 55.6))",
              row=rows[int(at)])
        for at in np.flatnonzero(bad)
    ]  # fmt: skip
    return np.where(given, outlines, points), faults


def _degree_faults(places: npt.NDArray[np.object_], rows: Sequence[int], file: str) -> list[Fault]:
    bounds = np.abs(shapely.bounds(places))
    beyond = (bounds[:, [0, 2]].max(axis=1, initial=0) > 180) | (bounds[:, [1, 3]].max(axis=1, initial=0) > 90)
    expected = "degrees of longitude and latitude, or the CRS of the layer in study.toml"
    return [
        Fault(file, "lon, lat", "coordinates beyond 180 or 90", expected, row=rows[int(at)])
        for at in np.flatnonzero(beyond)
    ]


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


__all__ = ["geometry_faults", "is_table", "layer_name", "open_raster", "read_layer", "read_raster", "table_layer"]
