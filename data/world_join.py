"""Coarse world highways joined to a study's own roads where these end.

The local area is every cell of a grid that a local road touches, a cell around it, and what that encloses.
World roads are cut where they enter it, and the cut end is joined to the nearest main roads of the local
network. So the study's own roads decide inside, and the coarse ones only beyond.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from pyproj import CRS
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from data.roads import geodesic_lengths
from data.settings import World
from data.world import WORLD, WorldRoads, read_world

_CELL_M = 2000.0  # of the grid that tells what is local
_MAIN_RANK = 3  # motorway to primary: what the world's highways go on as
_JOINTS = 3  # local nodes that one cut road is joined to: carriageways and slip roads lie side by side
_STUB_NODES, _STUB_SHARE = 10, 0.05  # a strongly connected part of fewer nodes or a smaller share is a stub
_SHORTEST_M = 1.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]


def with_world(
    roads: gpd.GeoDataFrame, places: gpd.GeoSeries, settings: World, *, highways: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return the roads with the world's highways beyond them.

    Parameters
    ----------
    roads
        Local edges as :func:`data.roads.road_edges` returns them; may be empty.
    places
        The plants, in the CRS of ``roads``. The world is kept around them and the local roads.
    settings
        The study's ``[world]``.
    highways
        The catalogue's highway classes with ``rank``.

    Returns
    -------
    geopandas.GeoDataFrame
        ``roads``, then coarse edges of class :data:`data.world.WORLD`, open both ways and to every vehicle.

    Raises
    ------
    InputError
        When the package with the world's highways is missing.
    """
    crs = roads.crs
    world = _near(read_world(), np.concatenate([roads.total_bounds, places.total_bounds]), crs, settings)
    world = _declared(world, settings, crs)
    local = _local_area(roads)
    links = [_kept(world, local), *_cuts(world, local, roads, settings, highways)]
    links = [part for part in links if len(part.length_m)]
    if not links:
        return roads
    coarse = _as_edges(links, crs, roads, settings.speed_kmh)
    return gpd.GeoDataFrame(pd.concat([roads, coarse], ignore_index=True), geometry="geometry", crs=crs)


@dataclass(frozen=True, eq=False)
class _Near:
    """The part of the world that matters, in the study's CRS."""

    name: Shapes
    xy: Floats
    tail: Ints
    head: Ints
    length_m: Floats

    @property
    def line(self) -> Shapes:
        """Return the edges as straight lines."""
        return _straight(self.xy[self.tail], self.xy[self.head])


@dataclass(frozen=True, eq=False)
class _Links:
    """Coarse edges to be: ends by name and place, and length."""

    u: Shapes
    v: Shapes
    from_xy: Floats
    to_xy: Floats
    length_m: Floats


def _straight(start: Floats, end: Floats) -> Shapes:
    lines: Shapes = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    return lines


def _near(world: WorldRoads, bounds: Floats, crs: CRS, settings: World) -> _Near:
    """Return the world within the bounds of all that is given and a margin."""
    corners = bounds.reshape(-1, 4)
    corners = corners[np.isfinite(corners).all(axis=1)]
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    margin = settings.margin_km * 1000
    box = (*(low - margin), *(high + margin))
    to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*box)
    there = (world.lat >= south) & (world.lat <= north)
    there &= (world.lon >= west) & (world.lon <= east) if west <= east else (world.lon >= west) | (world.lon <= east)
    kept = np.flatnonzero(there)
    new = np.full(len(there), -1)
    new[kept] = np.arange(len(kept))
    edge = there[world.tail] & there[world.head]
    xy = np.column_stack(to_degrees.transform(world.lon[kept], world.lat[kept], direction="INVERSE"))
    tail, head = new[world.tail[edge]], new[world.head[edge]]
    names = np.array([f"{WORLD}:{node}" for node in kept], dtype=object)
    crow = geodesic_lengths(_straight(xy[tail], xy[head]), crs)
    length = np.maximum(world.km[edge] * 1000, _SHORTEST_M)  # some are zero, rounded
    return _Near(names, xy, tail, head, np.maximum(length, crow))


def _local_area(roads: gpd.GeoDataFrame) -> shapely.Geometry:
    """Return the cells that the roads touch, those beside them, and what they enclose."""
    if roads.empty:
        return shapely.Polygon()
    points = shapely.get_coordinates(shapely.segmentize(roads.geometry.to_numpy(), _CELL_M / 2))
    beside = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=-1).reshape(-1, 2)
    touched = np.unique(np.floor(points / _CELL_M).astype(np.int64), axis=0)
    cells = np.unique((touched[:, None, :] + beside).reshape(-1, 2), axis=0) * _CELL_M
    boxes = shapely.box(*cells.T, *(cells + _CELL_M).T)
    parts = shapely.get_parts(shapely.coverage_union_all(boxes))
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))


def _kept(world: _Near, local: shapely.Geometry) -> _Links:
    """Return the edges that stay out of the local area."""
    shapely.prepare(local)
    out = ~shapely.intersects(local, world.line)
    tail, head = world.tail[out], world.head[out]
    return _Links(world.name[tail], world.name[head], world.xy[tail], world.xy[head], world.length_m[out])


def _cuts(
    world: _Near, local: shapely.Geometry, roads: gpd.GeoDataFrame, settings: World, highways: pd.DataFrame
) -> list[_Links]:
    """Return the joints of the edges that enter the local area, one part per end that lies outside it.

    A joint is as long as its share of the world's road, then straight to the local node; never shorter than
    the straight line.
    """
    if roads.empty:
        return []
    names, places = _main_nodes(roads, highways)
    lines = world.line
    enters = np.flatnonzero(shapely.intersects(local, lines))
    border = shapely.boundary(local)
    parts = []
    for end, start in ((world.tail, 0), (world.head, -1)):
        node = end[enters]
        out = ~shapely.intersects_xy(local, *world.xy[node].T)
        edge, node = enters[out], node[out]
        way = lines[edge] if start == 0 else shapely.reverse(lines[edge])
        crossing = _first_crossing(way, border)
        share = np.hypot(*(crossing - world.xy[node]).T) / np.maximum(shapely.length(way), _SHORTEST_M)
        row, target = _joints(crossing, places, settings.join_km)
        ahead = geodesic_lengths(_straight(crossing[row], places[target]), roads.crs) if len(row) else np.zeros(0)
        length = world.length_m[edge[row]] * share[row] + ahead
        parts.append(_Links(world.name[node[row]], names[target], world.xy[node[row]], places[target], length))
    return parts


def _joints(crossing: Floats, places: Floats, join_km: float) -> tuple[Ints, Ints]:
    """Return pairs of a crossing and a place near enough, at most three places for each crossing."""
    most = min(_JOINTS, len(places))
    away, near = KDTree(places).query(crossing, k=most, distance_upper_bound=join_km * 1000)
    row, column = np.nonzero(np.isfinite(away.reshape(len(crossing), most)))
    return row, near.reshape(len(crossing), most)[row, column]


def _first_crossing(lines: Shapes, border: shapely.Geometry) -> Floats:
    """Return the point of the border that each line, drawn from outside, meets first."""
    points, of = shapely.get_coordinates(shapely.intersection(lines, border), return_index=True)
    met: Floats = shapely.get_coordinates(shapely.get_point(lines, 0))
    order = np.lexsort((-np.hypot(*(points - met[of]).T), of))
    met[of[order]] = points[order]  # the last assignment counts: the nearest
    return met


def _main_nodes(roads: gpd.GeoDataFrame, highways: pd.DataFrame) -> tuple[Shapes, Floats]:
    """Return name and place of the nodes of main roads from which one can drive on and come back.

    Of all roads where there is no main road.
    """
    ends = np.concatenate([roads["u"].to_numpy(object), roads["v"].to_numpy(object)])
    node, names = pd.factorize(ends)
    tail, head = node[: len(roads)], node[len(roads) :]
    back = ~roads["oneway"].to_numpy(bool)
    arcs = (np.concatenate([tail, head[back]]), np.concatenate([head, tail[back]]))
    matrix = csr_array((np.ones(len(arcs[0])), arcs), shape=(len(names), len(names)))
    label = connected_components(matrix, connection="strong")[1]
    size = np.bincount(label)
    main = roads["highway"].map(highways.set_index("highway")["rank"]).to_numpy(float) <= _MAIN_RANK
    on_main = np.zeros(len(names), dtype=bool)
    on_main[node[np.tile(main, 2)]] = True
    good = (size >= min(size.max(), max(_STUB_NODES, _STUB_SHARE * len(names))))[label]
    good &= on_main if (good & on_main).any() else True
    lines = roads.geometry.to_numpy()
    xy = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])
    first = np.unique(node, return_index=True)[1]
    return np.asarray(names, dtype=object)[good], xy[first][good]


def _declared(world: _Near, settings: World, crs: CRS) -> _Near:
    """Return the world with the links that the study adds: bridges that the data lack."""
    if not settings.links or not len(world.xy):
        return world
    ends = np.array(settings.links, dtype=float).reshape(-1, 2)
    place = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(ends[:, 0], ends[:, 1])
    away, node = KDTree(world.xy).query(np.column_stack(place), distance_upper_bound=settings.join_km * 1000)
    met = np.isfinite(away).reshape(-1, 2).all(axis=1)
    start, end = node.reshape(-1, 2)[met].T
    length = geodesic_lengths(_straight(world.xy[start], world.xy[end]), crs) if met.any() else np.empty(0)
    added = {"tail": start, "head": end, "length_m": length}
    return dataclasses.replace(world, **{k: np.concatenate([getattr(world, k), v]) for k, v in added.items()})


def _as_edges(links: list[_Links], crs: CRS, roads: gpd.GeoDataFrame, speed_kmh: float) -> gpd.GeoDataFrame:
    """Return links as road edges with the columns of ``roads``; what the world does not tell is blank."""
    given = {
        "u": np.concatenate([part.u for part in links]),
        "v": np.concatenate([part.v for part in links]),
        "highway": WORLD,
        "maxspeed_kmh": speed_kmh,
        "length_m": np.concatenate([part.length_m for part in links]),
    }
    table = pd.DataFrame(given)
    blank = {"str": "", "bool": False, "boolean": False}
    for column, dtype in roads.dtypes.drop("geometry").items():
        if column not in given:
            table[column] = blank.get(str(dtype), np.nan)
        table[column] = table[column].astype(dtype)
    ends = [np.concatenate([getattr(part, end) for part in links]) for end in ("from_xy", "to_xy")]
    edges = gpd.GeoDataFrame(table[[*roads.columns.drop("geometry")]], geometry=_straight(*ends), crs=crs)
    return edges[edges["u"] != edges["v"]]
