"""Roads from OpenStreetMap over the network, by OSMnx, kept on disk so that the second time needs none."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from data.errors import Fault, InputError
from data.overpass import area, kept, reaching, say_hello
from data.roads import road_edges
from data.roadtags import OSM_KEYS
from data.settings_base import Download

_SAID = {"what": "the roads", "as_file": '[layers] roads = "region.osm.pbf"'}


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
    raw, name = kept(download, folder, what="roads", tags=OSM_KEYS, fetch=lambda polygon: _fetch(download, polygon))
    return road_edges(raw, crs=crs, highways=highways, file=f"download ({name})")


def _fetch(download: Download, polygon: shapely.Geometry | None) -> gpd.GeoDataFrame:
    """Return the edges that OpenStreetMap has in the area, one row per direction, in degrees."""
    import osmnx
    from osmnx._errors import ResponseStatusCodeError

    polygon = area(download, polygon, where="download", **_SAID)
    with reaching(download.overpass_url, **_SAID):
        say_hello(download.overpass_url)
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
