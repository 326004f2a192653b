"""Roads from any source as one table of edges in the study's CRS.

Extracts, OSMnx graphs and edge layers spell the same facts in many ways; :func:`road_edges` is the one
place that turns them into the columns of :data:`COLUMNS`. Columns beyond those that it knows are ignored:
roads carry whatever OpenStreetMap carried.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from pyproj import CRS

from data.crs import to_study_crs
from data.errors import Fault, InputError
from data.layers import layer_name, read_layer
from data.roadtags import (
    as_text,
    by_distinct,
    class_list,
    drivable,
    joined,
    one_way,
    size_m,
    speed_kmh,
    told,
    tunnel_category,
    weight_t,
)
from data.settings import LayerSpec

COLUMNS: Mapping[str, str] = {
    "u": "str",
    "v": "str",
    "highway": "str",
    "maxspeed_kmh": "float64",  # NaN where it is not tagged
    "oneway": "bool",  # True: only from u to v
    "length_m": "float64",  # on the ground, not on the map
    "name": "str",
    "ref": "str",
    "access": "str",  # motor_vehicle, else vehicle, else access
    "hgv": "str",
    "maxweight_t": "float64",
    "maxheight_m": "float64",
    "maxaxleload_t": "float64",
    "maxlength_m": "float64",
    "maxwidth_m": "float64",
    "hazmat": "str",
    "tunnel_category": "str",  # of ADR: B to E
    "toll": "bool",
    "elev_u_m": "float64",  # height of the ground at u; NaN where it is not known
    "elev_v_m": "float64",
    "no_turns": "str",  # "via>next;...": coming along this edge to node via, no turn towards node next
}
_SNAP_M = 0.1  # ends of lines this near are one node in a layer without u and v


def empty_road_edges(crs: CRS) -> gpd.GeoDataFrame:
    """Return a table of road edges without rows."""
    table = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def read_road_edges(spec: LayerSpec, folder: Path, *, crs: CRS, highways: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the drivable road edges of a file.

    Parameters
    ----------
    spec
        An OpenStreetMap extract (``.osm.pbf``, ``.pbf``, ``.osm``), a graph that OSMnx saved
        (``.graphml``), or a layer of edges.
    folder
        The study's folder, to which the path is relative.
    crs
        The study's CRS: projected, metres.
    highways
        The catalogue's table of highway classes that a truck may use.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of :data:`COLUMNS` and ``geometry``, a LineString in ``crs`` from ``u`` to ``v``.
        An edge that may be driven both ways appears once. See :func:`road_edges`.

    Raises
    ------
    InputError
        With every fault: no such file, no CRS, no ``highway`` column, empty geometries, no edge that a
        truck may use.
    """
    from data.osm import OSM_SUFFIXES

    suffixes = (*OSM_SUFFIXES, ".graphml")
    if not spec.path.lower().endswith(suffixes):
        return road_edges(read_layer(spec, folder), crs=crs, highways=highways, file=layer_name(spec))
    path = folder / spec.path
    if not path.is_file():
        raise InputError([Fault(spec.path, "", "no such file", f"a road network at {path}")])
    graphml = path.suffix.lower() == ".graphml"
    raw = _read_graphml(path, spec) if graphml else _read_extract(path, spec, highways)
    return road_edges(raw, crs=crs, highways=highways, file=spec.path)


def _read_extract(path: Path, spec: LayerSpec, highways: pd.DataFrame) -> gpd.GeoDataFrame:
    from data.osm import read_osm

    try:
        raw = read_osm(path, frozenset(highways["highway"]))
    except (RuntimeError, OSError, ValueError) as error:
        expected = "an OpenStreetMap extract (.osm.pbf or .osm)"
        raise InputError([Fault(spec.path, "", str(error).splitlines()[0], expected)]) from None
    if raw.empty:
        expected = "at least one way that a truck may use, such as residential or primary"
        raise InputError([Fault(spec.path, "highway", "no drivable way", expected)])
    return raw


def _read_graphml(path: Path, spec: LayerSpec) -> gpd.GeoDataFrame:
    """Return the edges of a graph that OSMnx saved, one row per direction."""
    import osmnx

    try:
        # OSMnx refuses a oneway such as "yes", "-1" or a list; the tag readers do not.
        graph = osmnx.load_graphml(path, edge_dtypes={"oneway": str, "reversed": str})
        edges = osmnx.graph_to_gdfs(graph, nodes=False).reset_index()
    except (ValueError, KeyError, TypeError, SyntaxError) as error:  # ParseError is a SyntaxError
        found = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError([Fault(spec.path, "", found, "a graph that OSMnx saved as GraphML")]) from None
    return edges


def road_edges(raw: gpd.GeoDataFrame, *, crs: CRS, highways: pd.DataFrame, file: str) -> gpd.GeoDataFrame:
    """Return any table of tagged edges as road edges.

    Parameters
    ----------
    raw
        ``highway``, a line geometry with a CRS and, wherever known, ``u``, ``v``, ``oneway``, ``length``
        or ``length_m`` (metres) and the tags of :data:`data.roadtags.TAGS`. Both ``u`` and ``v`` may be
        missing: then lines that end within 0.1 m of each other meet.
    crs
        The study's CRS.
    highways
        The catalogue's ``highways``; edges of other classes are left out, and so is an edge merged from
        several classes unless a truck may use all of them (the slowest then counts).
    file
        Name for the faults.

    Notes
    -----
    Without a ``oneway`` column, a table in which any edge has its reverse lists directions, so an edge
    without one is one way; a table without any reverse lists roads, open both ways. Lengths that are not
    given are geodesic on the ellipsoid of ``crs``. A geometry drawn from ``v`` to ``u`` is turned. A
    geometry in several parts (a road that leaves the extract and returns) is joined across the gap.

    Raises
    ------
    InputError
        With every fault.
    """
    speeds = dict(zip(highways["highway"], highways["truck_kmh"], strict=True))
    faults = _column_faults(raw, file)
    if raw.crs is None:
        faults += to_study_crs(raw, crs, file=file)[1]
    if faults:
        raise InputError(faults)
    classes = told(raw.reset_index(drop=True), "highway")
    highway = drivable(classes, speeds)
    kept = (highway != "").to_numpy()
    if not kept.any():
        found = class_list(classes, speeds) or "no drivable edge"
        raise InputError([Fault(file, "highway", found, "at least one edge of " + ", ".join(speeds))])
    rows = np.flatnonzero(kept)
    raw = raw.iloc[rows].reset_index(drop=True)
    if faults := _row_faults(raw, rows, file):
        raise InputError(faults)
    raw, _ = to_study_crs(raw, crs, file=file)
    lines = _as_lines(raw.geometry.to_numpy())
    u, v = _ends(raw, lines)
    lines = _drawn_from_u(u, v, lines)
    table = _tags(raw, highway.iloc[rows].reset_index(drop=True))
    table["length_m"], faults = _lengths(raw, lines, crs, file)
    if faults:
        raise InputError(faults)
    # Without a oneway column the direction in which a road is drawn means nothing.
    tells = "oneway" in raw.columns
    direction = one_way(raw, table["highway"]) if tells else np.zeros(len(raw), dtype=np.int64)
    against = direction == -1
    table["u"], table["v"] = np.where(against, v, u), np.where(against, u, v)
    table["oneway"] = direction != 0
    heights = _heights(raw)
    table["elev_u_m"], table["elev_v_m"] = (np.where(against, *heights[::-1]), np.where(against, *heights))
    table["no_turns"] = as_text(raw["no_turns"]) if "no_turns" in raw.columns else ""
    lines = np.where(against, shapely.reverse(lines), lines)
    edges = gpd.GeoDataFrame(table, geometry=lines, crs=crs)
    return _once(edges, directed=not tells)[[*COLUMNS, "geometry"]].astype(dict(COLUMNS))


def _column_faults(raw: gpd.GeoDataFrame, file: str) -> list[Fault]:
    faults = []
    if not {"highway", "fclass"} & set(raw.columns):
        expected = "the column highway (primary, residential, ... as in OpenStreetMap)"
        faults.append(Fault(file, "highway", "no such column", expected))
    if ("u" in raw.columns) != ("v" in raw.columns):
        missing = "v" if "u" in raw.columns else "u"
        faults.append(Fault(file, missing, "no such column", "both u and v (node ids), or neither"))
    return faults


def _row_faults(raw: gpd.GeoDataFrame, rows: npt.NDArray[np.int64], file: str) -> list[Fault]:
    geometry = raw.geometry.to_numpy()
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    wrong = ~absent & ~np.isin(shapely.get_type_id(geometry), [1, 5])
    unbounded = ~absent & ~np.isfinite(shapely.bounds(geometry)).all(axis=1)
    checks = [
        ("geometry", absent, "an empty geometry", "a line"),
        ("geometry", wrong, "a geometry that is no line", "a line"),
        ("geometry", unbounded, "coordinates that are not numbers", "a line"),
    ]
    checks += [
        (end, (as_text(raw[end]) == "").to_numpy(), "nothing", "the id of a node")
        for end in ("u", "v")
        if end in raw.columns
    ]
    return [
        Fault(file, column, found, expected, row=int(rows[position]) + 1)
        for column, mask, found, expected in checks
        for position in np.flatnonzero(mask)  # only the faulty rows
    ]


def _as_lines(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return flat LineStrings; parts that do not touch are joined in their order."""
    lines: npt.NDArray[np.object_] = np.array(shapely.force_2d(geometry), dtype=object)
    parted = shapely.get_type_id(lines) == 5
    if parted.any():
        merged = shapely.line_merge(lines[parted])
        still = shapely.get_type_id(merged) == 5
        points, of = shapely.get_coordinates(merged[still], return_index=True)
        merged[still] = shapely.linestrings(points, indices=of) if still.any() else merged[still]
        lines[parted] = merged
    return lines


def _ends(
    raw: gpd.GeoDataFrame, lines: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return the node ids, from the table or else from where the lines end."""
    if "u" in raw.columns:
        return as_text(raw["u"]).to_numpy(dtype=object), as_text(raw["v"]).to_numpy(dtype=object)
    ends = [shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)]
    cells = np.round(np.concatenate(ends) / _SNAP_M).astype(np.int64)
    _, node = np.unique(cells, axis=0, return_inverse=True)
    ids = node.reshape(-1).astype(str).astype(object)
    return ids[: len(lines)], ids[len(lines) :]


def _drawn_from_u(
    u: npt.NDArray[np.object_], v: npt.NDArray[np.object_], lines: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """Turn the lines that are drawn from v to u.

    A node is where most of the lines that name it end, so a line is turned when that puts its ends where
    more of its neighbours' ends are. Undirected exports draw lines either way.
    """
    count = len(lines)
    ends = [shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)]
    _, place = np.unique(np.round(np.concatenate(ends) / _SNAP_M).astype(np.int64), axis=0, return_inverse=True)
    start, end = place.reshape(-1)[:count], place.reshape(-1)[count:]
    node = pd.factorize(np.concatenate([u, v]))[0].astype(np.int64)
    tail, head = node[:count], node[count:]
    key = np.concatenate([tail, tail, head, head]) * (place.max() + 1) + np.concatenate([start, end, start, end])
    _, inverse, votes = np.unique(key, return_inverse=True, return_counts=True)
    tail_start, tail_end, head_start, head_end = votes[inverse].reshape(4, count)
    turned = tail_end + head_start > tail_start + head_end
    return np.where(turned, shapely.reverse(lines), lines)


def _tags(raw: gpd.GeoDataFrame, highway: pd.Series) -> pd.DataFrame:
    text = {column: told(raw, column) for column in ("name", "ref", "access", "hgv", "hazmat", "toll")}
    numbers = {
        "maxspeed_kmh": speed_kmh,
        "maxweight_t": weight_t,
        "maxheight_m": size_m,
        "maxaxleload_t": weight_t,
        "maxlength_m": size_m,
        "maxwidth_m": size_m,
    }
    table = pd.DataFrame({"highway": highway})
    for column, read in numbers.items():
        table[column] = by_distinct(told(raw, column), read, "float64")
    for column in ("name", "ref"):
        table[column] = by_distinct(text[column], joined, "str")
    for column in ("access", "hgv", "hazmat"):
        table[column] = by_distinct(text[column].str.lower(), joined, "str")
    table["tunnel_category"] = tunnel_category(raw)
    table["toll"] = text["toll"].str.lower().isin(["yes", "true", "1"])
    return table


def _heights(raw: gpd.GeoDataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the heights at u and v as the table has them, NaN where it has none."""

    def height(column: str) -> npt.NDArray[np.float64]:
        if column not in raw.columns:
            return np.full(len(raw), np.nan)
        numbers: npt.NDArray[np.float64] = pd.to_numeric(raw[column], errors="coerce").to_numpy(dtype=np.float64)
        return numbers

    return height("elev_u_m"), height("elev_v_m")


def geodesic_lengths(lines: npt.NDArray[np.object_], crs: CRS) -> npt.NDArray[np.float64]:
    """Return the length on the ellipsoid, metres, of lines in ``crs``."""
    points, of = shapely.get_coordinates(lines, return_index=True)
    transformer = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = transformer.transform(points[:, 0], points[:, 1])
    geod = crs.get_geod() or pyproj.Geod(ellps="WGS84")
    _, _, step = geod.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    within = of[:-1] == of[1:]
    total = np.bincount(of[:-1][within], weights=step[within], minlength=len(lines))
    return total.astype(np.float64, copy=False)


def _lengths(
    raw: gpd.GeoDataFrame, lines: npt.NDArray[np.object_], crs: CRS, file: str
) -> tuple[npt.NDArray[np.float64], list[Fault]]:
    """Return the given lengths, and geodesic ones where none is given."""
    measured = geodesic_lengths(lines, crs)
    column = next((name for name in ("length_m", "length") if name in raw.columns), None)
    if column is None:
        return measured, []
    given = pd.to_numeric(raw[column], errors="coerce").to_numpy(dtype=np.float64)
    usable = np.isfinite(given) & (given >= 0)
    compared = usable & (measured > 1)
    ratio = float(np.median(given[compared] / measured[compared])) if compared.any() else 1.0
    if not 0.5 < ratio < 2:
        found = f"lengths that are about {ratio:.3g} times the lines' own"
        return measured, [Fault(file, column, found, "metres")]
    return np.where(usable, given, measured), []


def _once(edges: gpd.GeoDataFrame, *, directed: bool) -> gpd.GeoDataFrame:
    """Return each road once: reverse twins of two-way edges and exact repetitions are dropped.

    ``directed`` says that no column told which edges are one way: then the twins do.
    """
    lines = edges.geometry.to_numpy()
    rounded = shapely.transform(lines, lambda points: np.round(points, 2))
    shape = pd.factorize(shapely.to_wkb(shapely.normalize(rounded)))[0]
    node = pd.factorize(np.concatenate([edges["u"], edges["v"]]))[0]
    tail, head = node[: len(edges)], node[len(edges) :]
    pair = pd.DataFrame({"a": np.minimum(tail, head), "b": np.maximum(tail, head), "shape": shape})
    road = pair.groupby(["a", "b", "shape"], sort=False).ngroup().to_numpy()
    if directed:
        way = pd.DataFrame({"road": road, "up": tail < head})
        both = way.groupby("road")["up"].transform("nunique").to_numpy() > 1
        if both.any():
            edges["oneway"] |= ~both & (tail != head)
            edges.loc[both, "oneway"] = False
    start = np.where(edges["oneway"], tail, -1)  # one-way twins are two carriageways
    again = pd.DataFrame({"road": road, "start": start}).duplicated().to_numpy()
    return edges[~again].reset_index(drop=True)
