"""Roads from OpenStreetMap over the network, by OSMnx, kept on disk so that the second time needs none."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd
import requests
import shapely
from pyproj import CRS

from data.errors import Fault, InputError, OfflineError
from data.layers import read_layer
from data.roads import road_edges
from data.roadtags import OSM_KEYS
from data.settings import Download, LayerSpec

_VERSION = 1  # of the cached table; a new one downloads afresh
_REACH_S = 15.0  # how long a server may take to say that it is there


def download_road_edges(download: Download, folder: Path, *, crs: CRS, highways: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the road edges of a place, box or polygon, from the cache or from OpenStreetMap.

    Parameters
    ----------
    download
        The area, the servers and the cache folder.
    folder
        The study's folder; the cache and a polygon's path are relative to it.
    crs
        The study's CRS.
    highways
        The catalogue's table of highway classes.

    Returns
    -------
    geopandas.GeoDataFrame
        As :func:`data.roads.read_road_edges` returns it.

    Raises
    ------
    OfflineError
        When it is not in the cache and a server cannot be reached or refuses.
    InputError
        When the place is not known, the polygon cannot be read, or there is no road in the area.
    """
    polygon = _polygon_of_file(download, folder) if download.polygon is not None else None
    cache = folder / download.cache
    stored = cache / f"roads-{_request_key(download, polygon)}.parquet"
    raw = _stored(stored)
    if raw is None:
        with _osmnx_settings(download, cache):
            raw = _fetch(download, polygon)
        _store(raw, stored)
    return road_edges(raw, crs=crs, highways=highways, file=f"download ({stored.name})")


def _request_key(download: Download, polygon: shapely.Geometry | None) -> str:
    request = {
        "version": _VERSION,
        "place": download.place,
        "bbox": download.bbox,
        "polygon": None if polygon is None else shapely.to_wkt(polygon, rounding_precision=6),
        "overpass": download.overpass_url.rstrip("/"),
        "nominatim": download.nominatim_url.rstrip("/") if download.place is not None else None,
        "tags": OSM_KEYS,
    }
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16]


def _stored(path: Path) -> gpd.GeoDataFrame | None:
    try:
        return gpd.read_parquet(path)
    except (OSError, ValueError):  # absent, or left behind broken: fetch it again
        return None


def _store(raw: gpd.GeoDataFrame, path: Path) -> None:
    """Write the table so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".parquet")
    os.close(handle)
    try:
        raw.to_parquet(scratch)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    finally:
        Path(scratch).unlink(missing_ok=True)


def _polygon_of_file(download: Download, folder: Path) -> shapely.Geometry:
    """Return the first polygon of the layer, in degrees."""
    name = str(download.polygon)
    layer = read_layer(LayerSpec(path=name), folder)
    if layer.crs is None:
        raise InputError([Fault(name, "", "a layer without a CRS", "a layer that knows its CRS")])
    if layer.empty or layer.geometry.iloc[0] is None or "Polygon" not in layer.geometry.iloc[0].geom_type:
        raise InputError([Fault(name, "geometry", "no polygon", "a first feature that is a polygon", row=1)])
    return layer.geometry.to_crs("EPSG:4326").iloc[0]


@contextmanager
def _osmnx_settings(download: Download, cache: Path) -> Iterator[None]:
    """Set OSMnx's globals for one download, and put back what was there.

    OSMnx also replaces ``socket.getaddrinfo`` while it pins a server's address; that too is put back.
    """
    import osmnx

    ours: dict[str, Any] = {
        "cache_folder": cache / "osmnx",
        "use_cache": True,  # an interrupted download of a large area goes on where it stopped
        "overpass_url": download.overpass_url,
        "nominatim_url": download.nominatim_url,
        "overpass_rate_limit": True,
        "doh_url_template": None,  # names are resolved by the system, not by a third party
        "useful_tags_way": sorted({*osmnx.settings.useful_tags_way, *OSM_KEYS}),
        "all_oneway": False,
        "cache_only_mode": False,
    }
    before = {name: getattr(osmnx.settings, name) for name in ours}
    resolver = socket.getaddrinfo
    try:
        for name, value in ours.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolver


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    """Turn whatever goes wrong on the way to a server into one sentence that says what to do."""
    from osmnx._errors import ResponseStatusCodeError

    host = urlsplit(url).netloc
    remedy = (
        "Connect to the internet once (the answer is then kept in the study's cache folder), "
        'or give the roads as a file: [layers] roads = "region.osm.pbf".'
    )
    try:
        yield
    except ResponseStatusCodeError as error:
        message = f"The roads could not be downloaded: {host} answered with an error. {remedy}"
        raise OfflineError(message) from error
    except requests.RequestException as error:
        message = f"The roads could not be downloaded: {host} cannot be reached. {remedy}"
        raise OfflineError(message) from error


def _fetch(download: Download, polygon: shapely.Geometry | None) -> gpd.GeoDataFrame:
    """Return the edges that OpenStreetMap has in the area, one row per direction, in degrees."""
    import osmnx
    from osmnx._errors import ResponseStatusCodeError

    if download.place is not None:
        polygon = _outline(download.place, download.nominatim_url)
    elif download.bbox is not None:
        polygon = shapely.box(*download.bbox)
    with _reaching(download.overpass_url):
        _say_hello(download.overpass_url)
        try:
            graph = osmnx.graph_from_polygon(
                polygon,
                network_type="drive_service",  # alleys and plant roads included, private ones not
                simplify=False,
                retain_all=True,
                truncate_by_edge=True,
            )
        except ResponseStatusCodeError:
            raise
        except ValueError as error:  # nothing there, or an area that is none
            found = str(error).splitlines()[0] or "no road"
            expected = "an area in which OpenStreetMap has roads"
            raise InputError([Fault("study.toml", "download", found, expected)]) from error
    # Merged edges must not mix limits: a bridge of 7.5 t stays an edge of its own.
    differ = [key for key in OSM_KEYS if key not in ("name", "ref", "toll")]
    graph = osmnx.simplify_graph(graph, edge_attrs_differ=differ)
    edges = osmnx.graph_to_gdfs(graph, nodes=False).reset_index()
    for column in edges.columns.difference(["geometry", "u", "v", "length"]):
        edges[column] = edges[column].astype(str).where(edges[column].notna(), "")
    known = [name for name in ("u", "v", "length", *OSM_KEYS, "geometry") if name in edges.columns]
    return edges[known]


def _outline(place: str, nominatim_url: str) -> shapely.Geometry:
    import osmnx
    from osmnx._errors import InsufficientResponseError

    with _reaching(nominatim_url):
        try:
            return osmnx.geocode_to_gdf(place).geometry.iloc[0]
        except (InsufficientResponseError, TypeError) as error:  # TypeError: it knows a point, no outline
            expected = "a place that OpenStreetMap knows with an outline, such as a municipality"
            fault = Fault("study.toml", "download.place", repr(place), expected)
            raise InputError([fault]) from error


def _say_hello(overpass_url: str) -> None:
    """Raise at once when the server is away: OSMnx would wait a minute before it tried.

    A server without a status page of free slots has no limit that OSMnx could wait for.
    """
    import osmnx

    answer = requests.get(overpass_url.rstrip("/") + "/status", timeout=_REACH_S)
    osmnx.settings.overpass_rate_limit = answer.ok and "slots" in answer.text
