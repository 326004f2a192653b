"""Roads from an OpenStreetMap extract (``.osm.pbf``, ``.osm``): ways cut into edges between junctions.

OSMnx reads such files without a filter, so that the outlines of industrial land become roads. Here only
ways with a drivable ``highway`` count, outlines of squares (``area=yes``) do not, and a way that leaves the
extract is cut where its nodes are missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import osmium
import pandas as pd
import shapely
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import WAY, Way

from data.roadtags import OSM_KEYS
from data.turns import no_turns, read_turns

OSM_SUFFIXES = (".pbf", ".osm", ".osm.gz", ".osm.bz2")


@dataclass
class _Ways:
    """Nodes of all ways end to end, and the tags of each way."""

    way: list[int] = field(default_factory=list)  # index of the way, per node
    ref: list[int] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)  # NaN where the extract has no such node
    lat: list[float] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    number: list[int] = field(default_factory=list)  # OpenStreetMap's, per way


def read_osm(path: Path, highways: frozenset[str]) -> gpd.GeoDataFrame:
    """Return drivable edges as the file tags them.

    Parameters
    ----------
    path
        A file that libosmium reads.
    highways
        Values of the ``highway`` tag to keep.

    Returns
    -------
    geopandas.GeoDataFrame
        ``u``, ``v`` (node ids), one text column per OpenStreetMap key in use, ``no_turns`` (see
        :func:`data.turns.no_turns`), LineStrings in EPSG:4326
        drawn the way the OSM way is. Edges end where a node is shared by two ways, is passed twice by
        one way, or where a way ends or is cut.

    Raises
    ------
    RuntimeError
        When libosmium cannot read the file.
    """
    ways = _collect(path, highways)
    ref = np.asarray(ways.ref, dtype=np.int64)
    lonlat = np.column_stack([np.asarray(ways.lon, dtype=float), np.asarray(ways.lat, dtype=float)])
    way = np.asarray(ways.way, dtype=np.int64)
    point, edge, start, end = _cut(ref, way, np.isfinite(lonlat[:, 0]) if len(ref) else np.zeros(0, dtype=bool))
    tags = pd.DataFrame(ways.tags, columns=list(OSM_KEYS), dtype="object")
    table = tags.iloc[way[start]].reset_index(drop=True)
    table.insert(0, "u", ref[start])
    table.insert(1, "v", ref[end])
    number = np.asarray(ways.number, dtype=np.int64)[way[start]]
    table["no_turns"] = pd.Series(no_turns(read_turns(path), number, ref[start], ref[end]), dtype="str")
    lines = shapely.linestrings(lonlat[point], indices=edge) if len(point) else np.empty(0, dtype=object)
    return gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:4326")


def _collect(path: Path, highways: frozenset[str]) -> _Ways:
    ways = _Ways()
    reader = (
        osmium.FileProcessor(str(path))
        .with_locations()
        .with_filter(EntityFilter(WAY))
        .with_filter(KeyFilter("highway"))
    )
    for way in reader:
        if not isinstance(way, Way):
            continue
        tags = way.tags
        if tags.get("highway") not in highways or tags.get("area") == "yes":
            continue
        nodes = [(node.ref, node.location) for node in way.nodes]
        ways.way += [len(ways.tags)] * len(nodes)
        ways.ref += [ref for ref, _ in nodes]
        ways.lon += [place.lon if place.valid() else np.nan for _, place in nodes]
        ways.lat += [place.lat if place.valid() else np.nan for _, place in nodes]
        ways.number.append(way.id)
        ways.tags.append({key: tags[key] for key in OSM_KEYS if key in tags})
    return ways


def _cut(
    ref: npt.NDArray[np.int64], way: npt.NDArray[np.int64], there: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], ...]:
    """Cut chains of nodes at junctions and gaps.

    Returns
    -------
    point, edge, start, end
        ``point`` are positions in ``ref``, edge after edge, ``edge`` the edge each belongs to;
        ``start`` and ``end`` are the positions of each edge's first and last node.
    """
    step = np.flatnonzero((way[:-1] == way[1:]) & there[:-1] & there[1:] & (ref[:-1] != ref[1:]))
    if not len(step):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing, nothing
    goes_on = np.zeros(len(step), dtype=bool)  # this step continues the one before it
    goes_on[1:] = step[1:] == step[:-1] + 1
    passes = np.concatenate([step, step[~np.append(goes_on[1:], False)] + 1])  # every node of every chain, once
    _, inverse, count = np.unique(ref[passes], return_inverse=True, return_counts=True)
    shared = np.zeros(len(ref), dtype=bool)
    shared[passes] = count[inverse] > 1
    opens = ~goes_on | shared[step]  # an edge begins with this step
    closes = np.append(opens[1:], True)
    number = np.cumsum(opens) - 1
    point = np.concatenate([step, step[closes] + 1])
    edge = np.concatenate([number, number[closes]])
    order = np.lexsort((point, edge))
    return point[order], edge[order], step[opens], step[closes] + 1
