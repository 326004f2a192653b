"""Land use from OpenStreetMap over the network, by OSMnx, kept on disk so that the second time needs none."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from data.errors import Fault, InputError
from data.osm_areas import AREA_KEYS, AREA_TAGS, area_kind
from data.overpass import area, kept, reaching, say_hello
from data.settings_base import Download

_SAID = {"what": "the land use", "as_file": '[siting.layers] osm = "region.osm.pbf"'}


def download_osm_areas(download: Download, folder: Path, *, crs: CRS, where: str) -> gpd.GeoDataFrame:
    """Return the land use of a place, box or polygon, from the cache or from OpenStreetMap.

    Parameters
    ----------
    download
        The area, the servers and the cache folder.
    folder
        The study's folder; the cache and a polygon's path are relative to it.
    crs
        The study's CRS.
    where
        Key of the download in the settings, for faults.

    Returns
    -------
    geopandas.GeoDataFrame
        As :func:`data.osm_areas.read_osm_areas` returns it, in the study's CRS. What lies across the edge of the
        area is whole.

    Raises
    ------
    OfflineError
        When it is not in the cache and a server cannot be reached or refuses.
    InputError
        When the place is not known, the polygon cannot be read, or OpenStreetMap says nothing of the area.
    """
    raw, _ = kept(download, folder, what="land", tags=AREA_TAGS, fetch=lambda polygon: _fetch(download, polygon, where))
    return raw.to_crs(crs)


def _fetch(download: Download, polygon: shapely.Geometry | None, where: str) -> gpd.GeoDataFrame:
    """Return areas of one kind each, in degrees."""
    import osmnx
    from osmnx._errors import InsufficientResponseError

    polygon = area(download, polygon, where=where, **_SAID)
    with reaching(download.overpass_url, **_SAID):
        say_hello(download.overpass_url)
        try:
            found = osmnx.features_from_polygon(polygon, tags=AREA_TAGS)
        except InsufficientResponseError as error:
            expected = "an area in which OpenStreetMap knows what land is used for"
            raise InputError([Fault("study.toml", where, "no land use", expected)]) from error
    found = found[found.geom_type.isin(["Polygon", "MultiPolygon"])].reset_index()
    text = {key: found[key].astype(str).where(found[key].notna(), "") if key in found else pd.Series("", found.index)
            for key in (*AREA_KEYS, "name")}  # fmt: skip
    tags = pd.DataFrame(text).to_dict("records")
    frame = gpd.GeoDataFrame(
        {
            "osm": found["element"].str[0] + found["id"].astype(str),
            "kind": pd.Series([area_kind(one) for one in tags], index=found.index, dtype="str"),
            "name": text["name"].astype("str"),
        },
        geometry=shapely.make_valid(found.geometry.to_numpy()),
        crs="EPSG:4326",
    )
    frame = frame[(frame["kind"] != "") & frame.geom_type.isin(["Polygon", "MultiPolygon"])]
    return frame.sort_values("osm", kind="stable", ignore_index=True)
