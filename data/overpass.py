"""What every download from OpenStreetMap shares: the area, OSMnx's settings, what is kept, and clear errors."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import requests
import shapely

from data.errors import Fault, InputError, OfflineError
from data.layers import read_layer
from data.roadtags import OSM_KEYS
from data.settings_base import Download, LayerSpec

_VERSION = 1  # of the cached tables; a new one downloads afresh
_REACH_S = 15.0  # how long a server may take to say that it is there


def kept(
    download: Download,
    folder: Path,
    *,
    what: str,
    tags: object,
    fetch: Callable[[shapely.Geometry | None], gpd.GeoDataFrame],
) -> tuple[gpd.GeoDataFrame, str]:
    """Return what was fetched before, else fetch and keep it; and the name of the file that keeps it.

    Parameters
    ----------
    download
        The area, the servers and the cache folder.
    folder
        The study's folder; the cache and a polygon's path are relative to it.
    what
        Kind of the download, which begins the file's name.
    tags
        What is asked for: another question is another file.
    fetch
        Takes the polygon of the file, if the area is given so; runs with OSMnx's settings made.
    """
    polygon = _polygon_of_file(download, folder) if download.polygon is not None else None
    cache = folder / download.cache
    stored = cache / f"{what}-{_request_key(download, polygon, tags)}.parquet"
    raw = _stored(stored)
    if raw is None:
        with _osmnx_settings(download, cache):
            raw = fetch(polygon)
        _store(raw, stored)
    return raw, stored.name


def _request_key(download: Download, polygon: shapely.Geometry | None, tags: object) -> str:
    request = {
        "version": _VERSION,
        "place": download.place,
        "bbox": download.bbox,
        "polygon": None if polygon is None else shapely.to_wkt(polygon, rounding_precision=6),
        "overpass": download.overpass_url.rstrip("/"),
        "nominatim": download.nominatim_url.rstrip("/") if download.place is not None else None,
        "tags": tags,
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
def reaching(url: str, *, what: str, as_file: str) -> Iterator[None]:
    """Turn whatever goes wrong on the way to a server into one sentence that says what to do."""
    from osmnx._errors import ResponseStatusCodeError

    host = urlsplit(url).netloc
    remedy = (
        "Connect to the internet once (the answer is then kept in the study's cache folder), "
        f"or give {what} as a file: {as_file}."
    )
    try:
        yield
    except ResponseStatusCodeError as error:
        message = f"{what.capitalize()} could not be downloaded: {host} answered with an error. {remedy}"
        raise OfflineError(message) from error
    except requests.RequestException as error:
        message = f"{what.capitalize()} could not be downloaded: {host} cannot be reached. {remedy}"
        raise OfflineError(message) from error


def area(download: Download, polygon: shapely.Geometry | None, *, where: str, **said: str) -> shapely.Geometry:
    """Return the area in degrees; the outline of a place is asked for.

    Raises
    ------
    InputError
        When the place is not known, naming the key ``where``.
    OfflineError
        When the server cannot be reached; ``said`` as :func:`reaching` takes it.
    """
    if download.bbox is not None:
        return shapely.box(*download.bbox)
    if download.place is None:
        return polygon
    import osmnx
    from osmnx._errors import InsufficientResponseError

    with reaching(download.nominatim_url, **said):
        try:
            return osmnx.geocode_to_gdf(download.place).geometry.iloc[0]
        except (InsufficientResponseError, TypeError) as error:  # TypeError: it knows a point, no outline
            expected = "a place that OpenStreetMap knows with an outline, such as a municipality"
            fault = Fault("study.toml", f"{where}.place", repr(download.place), expected)
            raise InputError([fault]) from error


def say_hello(overpass_url: str) -> None:
    """Raise at once when the server is away: OSMnx would wait a minute before it tried.

    A server without a status page of free slots has no limit that OSMnx could wait for.
    """
    import osmnx

    answer = requests.get(overpass_url.rstrip("/") + "/status", timeout=_REACH_S)
    osmnx.settings.overpass_rate_limit = answer.ok and "slots" in answer.text
