"""Lines, arcs and extents; arrays in, arrays out, in the study's metres unless a name says degrees."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

Array = npt.NDArray[np.float64]

ARC_POINTS = 41
ARROW_AT = 24  # point of the arc that carries the arrowhead: past the middle, clear of both plants
_FAR, _NEAR_M = 4.0, 500.0  # times as far as the one before; what is nearer than this is not told apart


def arcs(start: Array, end: Array, bulge: Array, loop_radius: float) -> Array:
    """Return quadratic arcs that bend to the left of the way from start to end.

    Parameters
    ----------
    start, end
        Coordinates, shape (n, 2).
    bulge
        Height of the arc as a share of the distance, shape (n,).
    loop_radius
        Radius of the circle drawn where start and end are the same place.

    Returns
    -------
    lines
        Shape (n, ARC_POINTS, 2).
    """
    step = np.linspace(0.0, 1.0, ARC_POINTS)[None, :, None]
    way = end - start
    left = np.stack([-way[:, 1], way[:, 0]], axis=1)
    control = (start + end) / 2 + 2 * bulge[:, None] * left  # a quadratic arc rises to half its control point
    lines = (1 - step) ** 2 * start[:, None] + 2 * step * (1 - step) * control[:, None] + step**2 * end[:, None]
    same = np.hypot(way[:, 0], way[:, 1]) < loop_radius / 10
    turn = 2 * np.pi * step[..., 0] - np.pi / 2
    radius = loop_radius * (1 + 2 * bulge[same, None])
    lines[same] = np.stack(
        [start[same, 0, None] + radius * np.cos(turn), start[same, 1, None] + radius * (1 + np.sin(turn))], axis=2
    )
    return np.asarray(lines, dtype=np.float64)


def bearings(lines_degrees: Array) -> Array:
    """Return the heading of each arc at its arrowhead on a Mercator screen, degrees clockwise from up."""
    before, after = lines_degrees[:, ARROW_AT - 1], lines_degrees[:, ARROW_AT + 1]
    east = np.radians(after[:, 0] - before[:, 0])
    north = np.arctanh(np.sin(np.radians(after[:, 1]))) - np.arctanh(np.sin(np.radians(before[:, 1])))
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360)


def main_cluster(points: gpd.GeoSeries) -> npt.NDArray[np.bool_]:
    """Return which points are not far outliers: all of them, unless a few make a picture of the whole useless.

    Points are taken in the order of their distance from the median one. Where the next is several times as far
    as the one before, it and all beyond are outliers, as long as they are no more than a third.
    """
    xy = shapely.get_coordinates(points.to_numpy())
    if len(xy) < 3:
        return np.ones(len(xy), dtype=bool)
    away = np.hypot(*(xy - np.median(xy, axis=0)).T)
    order = np.argsort(away, kind="stable")
    reach = np.maximum(away[order], _NEAR_M)
    jumps = np.flatnonzero(reach[1:] > _FAR * reach[:-1]) + 1
    jumps = jumps[3 * (len(xy) - jumps) <= len(xy)]
    inside = np.ones(len(xy), dtype=bool)
    if len(jumps):
        inside[order[jumps[0] :]] = False
    return inside


def parted(line: shapely.LineString, part: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry]:
    """Return a line without the segments that another consists of, and those segments, both as drawn.

    Parameters
    ----------
    line
        With the very coordinates of ``part``, in either direction.
    part
        Line or lines.
    """
    xy = shapely.get_coordinates(line)
    segments = np.hstack([xy[:-1], xy[1:]])
    ends = [shapely.get_coordinates(each) for each in shapely.get_parts(part)]
    known = np.concatenate([np.hstack([each[:-1], each[1:]]) for each in ends])
    known = np.concatenate([known, known[:, [2, 3, 0, 1]]])
    inside = pd.MultiIndex.from_arrays(segments.T).isin(pd.MultiIndex.from_arrays(known.T))
    run = np.concatenate([[0], np.cumsum(inside[1:] != inside[:-1])])
    pieces: list[list[Array]] = [[], []]
    for number in range(run[-1] + 1 if len(run) else 0):
        mine = np.flatnonzero(run == number)
        pieces[int(inside[mine[0]])].append(xy[mine[0] : mine[-1] + 2])
    rest, stretch = (shapely.MultiLineString([shapely.LineString(piece) for piece in some]) for some in pieces)
    return rest, stretch


def within_budget(lines: gpd.GeoSeries, vertices: int, tolerance: float = 2.0) -> gpd.GeoSeries:
    """Return the geometries simplified, ever more, until all together have few enough vertices."""
    valid = bool(lines.geom_type.str.contains("Polygon").any())  # lines may cross themselves: several times as fast
    simple = lines.simplify(tolerance, preserve_topology=valid)
    while shapely.get_num_coordinates(simple.to_numpy()).sum() > vertices and tolerance < 20_000:
        tolerance *= 2
        simple = lines.simplify(tolerance, preserve_topology=valid)
    return simple


def to_degrees(lines: gpd.GeoSeries, decimals: int = 6) -> npt.NDArray[np.object_]:
    """Return the geometries in longitude and latitude with rounded coordinates."""
    return np.asarray(shapely.transform(lines.to_crs(4326).to_numpy(), lambda xy: np.round(xy, decimals)), dtype=object)


def bounds_degrees(points: gpd.GeoSeries) -> list[list[float]]:
    """Return south-west and north-east corners as Leaflet wants them, with room around a single point."""
    west, south, east, north = points.to_crs(4326).total_bounds
    room_x, room_y = max(0.004 - (east - west), 0) / 2, max(0.002 - (north - south), 0) / 2
    return [
        [round(float(south - room_y), 6), round(float(west - room_x), 6)],
        [round(float(north + room_y), 6), round(float(east + room_x), 6)],
    ]
