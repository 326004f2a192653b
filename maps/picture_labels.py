"""Where names stand on a static map so that none covers another: the first free place around its point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.geometry import Array

_RINGS = (0.09, 0.2, 0.34, 0.52, 0.75, 1.05, 1.4)  # inches from the point to the name
_ANGLES = np.radians([0, 180, 45, -45, 135, -135, 90, -90, 20, 160, -20, -160])  # right and left first


def place_labels(
    points: Array, sizes: Array, frame: tuple[float, float], obstacles: Sequence[Array], lines: BaseGeometry
) -> Array:
    """Return the middle of each label; inches on the page.

    Parameters
    ----------
    points
        Where the named things are, shape (n, 2).
    sizes
        Width and height of each label, shape (n, 2).
    frame
        Width and height of the map: labels stay inside.
    obstacles
        Boxes that no label may cover, rows of (left, bottom, right, top), such as other symbols.
    lines
        What labels should not cover if they can help it.

    Returns
    -------
    middles
        Shape (n, 2); NaN for a label for which there is no room.

    Notes
    -----
    Greedy: the most crowded point chooses first; of the free places around it, the one wins that is near, covers
    little of the lines and is clear of other points.
    """
    taken = np.concatenate([*obstacles, np.empty((0, 4))])
    segments = shapely.STRtree(shapely.get_parts(lines))
    middles = np.full((len(points), 2), np.nan)
    if not len(points):
        return middles
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    for index in np.argsort(-(apart < 1.0).sum(axis=1), kind="stable"):
        tried = np.concatenate([_around(points[index], sizes[index], ring) for ring in _RINGS])
        boxes = np.hstack([tried - sizes[index] / 2, tried + sizes[index] / 2])
        inside = (boxes[:, :2] >= 0.02).all(axis=1) & (boxes[:, 2:] <= np.asarray(frame) - 0.02).all(axis=1)
        free = inside & ~_overlap(boxes, taken).any(axis=1)
        if free.any():
            shapes = shapely.box(*boxes[free].T)
            others = shapely.multipoints(np.delete(points, index, axis=0))
            room = np.nan_to_num(shapely.distance(shapes, others), nan=0.15)
            away = np.repeat(_RINGS, len(_ANGLES))[free]
            bad = away + 0.8 * _covered(shapes, segments) - np.minimum(room, 0.15)
            best = np.flatnonzero(free)[np.argmin(bad)]
            middles[index] = tried[best]
            taken = np.vstack([taken, boxes[best]])
    return middles


def _covered(shapes: np.ndarray[tuple[int], np.dtype[np.object_]], segments: shapely.STRtree) -> Array:
    """Return the length of the lines that each shape covers."""
    shape, segment = segments.query(shapes)
    lengths = shapely.length(shapely.intersection(shapes[shape], segments.geometries[segment]))
    return np.asarray(np.bincount(shape, lengths, minlength=len(shapes)), dtype=np.float64)


def _around(point: Array, size: Array, ring: float) -> Array:
    """Return middles of a box whose near edge is about ``ring`` away from the point in every direction."""
    way = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
    return np.asarray(point + way * ring + np.sign(np.round(way, 6)) * size / 2, dtype=np.float64)


def _overlap(boxes: Array, taken: Array) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return which boxes meet which, shape (boxes, taken)."""
    a, b = boxes[:, None], taken[None]
    return np.asarray(
        (a[..., 0] < b[..., 2]) & (a[..., 2] > b[..., 0]) & (a[..., 1] < b[..., 3]) & (a[..., 3] > b[..., 1])
    )
