"""From plants to the road: the nearest point of a segment, not the nearest junction.

A plant joins the network by a straight access leg to the nearest point of a road that a vehicle may use;
the road is cut there.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from routing.network import Flags, Floats, Ints, Lines, RoadNetwork

_STUB_NODES = 10  # a component of fewer nodes is a stub, whatever its share
_STUB_SHARE = 0.05  # so is one with a smaller share of all nodes
_AT_NODE_M = 0.01  # a foot this near the end of an edge is the end


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where plants meet the road; one entry per plant that does, in the order given."""

    plant: npt.NDArray[np.object_]
    edge: Ints
    along_m: Floats  # from the edge's tail, on the map
    access: Lines  # straight line from the plant to the road
    too_far: dict[str, float]  # the other plants: map distance to the nearest usable road, metres


def snap(network: RoadNetwork, allowed: Flags, plants: gpd.GeoSeries, max_snap_m: float) -> Snaps:
    """Find the road of each plant.

    Parameters
    ----------
    network
        In the CRS of ``plants``.
    allowed
        Which edges may be used.
    plants
        Points or polygons, indexed by plant. Polygons are left at their boundary.
    max_snap_m
        A plant farther from any road meets none.

    Notes
    -----
    Only edges within a large strongly connected component count, so that a plant is not stranded on a
    one-way stub or in a scrap that the extract cut off; where none is near enough, any edge does.
    "Large" is the largest, or one with at least 10 nodes and 5 % of them all: an island's network, or a shore
    that the vehicle's bans cut off.
    """
    shapes = plants.to_numpy()
    areal = shapely.get_dimensions(shapes) == 2
    shapes = np.where(areal, shapely.boundary(shapes), shapes)
    connected = allowed & _in_large_component(network, allowed)
    edge, distance = _nearest(network, connected, shapes)
    stray = distance > max_snap_m
    if stray.any():
        other_edge, other_distance = _nearest(network, allowed, shapes[stray])
        edge[stray], distance[stray] = other_edge, other_distance
    near = distance <= max_snap_m
    names = plants.index.to_numpy(dtype=object)
    lines = network.geometry[edge[near]]
    access = shapely.shortest_line(shapes[near], lines)
    foot = shapely.get_point(access, -1)
    too_far = dict(zip(names[~near], distance[~near].tolist(), strict=True))
    return Snaps(names[near], edge[near], shapely.line_locate_point(lines, foot), access, too_far)


def _in_large_component(network: RoadNetwork, allowed: Flags) -> Flags:
    label = network.components(allowed)
    used = np.zeros(network.node_count, dtype=bool)
    used[network.tail[allowed]] = used[network.head[allowed]] = True
    size = np.bincount(label[used], minlength=label.max(initial=-1) + 1)
    large = size >= max(_STUB_NODES, _STUB_SHARE * used.sum())
    if len(size):
        large[size.argmax()] = True
    inside: Flags = (label[network.tail] == label[network.head]) & large[label[network.tail]]
    return inside


def _nearest(network: RoadNetwork, allowed: Flags, shapes: Lines) -> tuple[Ints, Floats]:
    """Return the nearest allowed edge of each shape and its distance (infinite when there is none)."""
    usable = np.flatnonzero(allowed)
    edge, distance = np.zeros(len(shapes), dtype=np.int64), np.full(len(shapes), np.inf)
    if not len(usable) or not len(shapes):
        return edge, distance
    tree = shapely.STRtree(network.geometry[usable])
    (shape, found), away = tree.query_nearest(shapes, return_distance=True)
    order = np.lexsort((found, shape))  # of several equally near, the first in the table
    _, first = np.unique(shape[order], return_index=True)
    pick = order[first]
    edge[shape[pick]], distance[shape[pick]] = usable[found[pick]], away[pick]
    return edge, distance


def join(network: RoadNetwork, snaps: Snaps, access_kmh: float) -> tuple[RoadNetwork, Ints]:
    """Return the network with the plants as nodes, and the node of each plant in ``snaps``.

    Each road is cut at the feet of its plants. The whole road stays in the arrays, closed to everyone, so
    that edge numbers keep their meaning; the pieces and the access legs are appended. Lengths are shared
    among the pieces as on the map. An access leg is open both ways to every vehicle.
    """
    edge, at = snaps.edge, snaps.along_m
    whole = shapely.length(network.geometry[edge])
    at_tail, at_head = at <= _AT_NODE_M, at >= whole - _AT_NODE_M
    inside = ~at_tail & ~at_head
    foot_node = np.where(at_tail, network.tail[edge], network.head[edge])
    order = np.flatnonzero(inside)[np.lexsort((at[inside], edge[inside]))]
    new = np.ones(len(order), dtype=bool)  # two plants at the same foot share its node
    new[1:] = (np.diff(edge[order]) != 0) | (np.diff(at[order]) > _AT_NODE_M)
    foot_node[order] = network.node_count + np.cumsum(new) - 1
    cuts = order[new]
    pieces = _pieces(network, edge[cuts], at[cuts], network.node_count)
    place = shapely.get_coordinates(shapely.get_point(snaps.access, 0))
    foot = shapely.get_coordinates(shapely.get_point(snaps.access[cuts], -1))
    plant_node = network.node_count + len(cuts) + np.arange(len(edge))
    closed = network.closed.copy()
    closed[edge[cuts]] = True
    legs = len(edge)
    unlimited, never = np.full(legs, np.inf), np.zeros(legs, dtype=bool)
    source = pieces.source
    joined = RoadNetwork(
        crs=network.crs,
        x=np.concatenate([network.x, foot[:, 0], place[:, 0]]),
        y=np.concatenate([network.y, foot[:, 1], place[:, 1]]),
        tail=np.concatenate([network.tail, pieces.tail, plant_node]),
        head=np.concatenate([network.head, pieces.head, foot_node]),
        oneway=np.concatenate([network.oneway, network.oneway[source], never]),
        length_m=np.concatenate([network.length_m, pieces.length_m, shapely.length(snaps.access)]),
        speed_kmh=np.concatenate([network.speed_kmh, network.speed_kmh[source], np.full(legs, access_kmh)]),
        max_weight_t=np.concatenate([network.max_weight_t, network.max_weight_t[source], unlimited]),
        max_height_m=np.concatenate([network.max_height_m, network.max_height_m[source], unlimited]),
        max_axle_load_t=np.concatenate([network.max_axle_load_t, network.max_axle_load_t[source], unlimited]),
        hgv_closed=np.concatenate([network.hgv_closed, network.hgv_closed[source], never]),
        hazmat_closed=np.concatenate([network.hazmat_closed, network.hazmat_closed[source], never]),
        closed=np.concatenate([closed, network.closed[source], never]),
        geometry=np.concatenate([network.geometry, pieces.geometry, snaps.access]),
    )
    return joined, plant_node


@dataclass(frozen=True, eq=False)
class _Pieces:
    """What cut edges fall into; ``source`` is the edge each piece is of."""

    source: Ints
    tail: Ints
    head: Ints
    length_m: Floats
    geometry: Lines


def _pieces(network: RoadNetwork, edge: Ints, at: Floats, first_node: int) -> _Pieces:
    """Cut edges, given ascending by edge and distance along it; node ``first_node + i`` is at cut i."""
    cut = np.unique(edge)
    source = np.concatenate([edge, cut])  # k cuts leave k + 1 pieces
    begin = np.concatenate([at, np.zeros(len(cut))])
    node = np.concatenate([first_node + np.arange(len(edge)), network.tail[cut]])
    order = np.lexsort((begin, source))
    source, begin, tail = source[order], begin[order], node[order]
    last = np.append(source[1:] != source[:-1], True) if len(source) else np.zeros(0, dtype=bool)
    whole = shapely.length(network.geometry[source])
    end = np.where(last, whole, np.roll(begin, -1))
    head = np.where(last, network.head[source], np.roll(tail, -1))
    length_m = network.length_m[source] * (end - begin) / whole
    return _Pieces(source, tail, head, length_m, _substrings(network.geometry[source], begin, end))


def _substrings(lines: Lines, begin: Floats, end: Floats) -> Lines:
    """Return the part of each line between two distances along it."""
    points, of = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    step[np.flatnonzero(np.diff(of, prepend=-1))] = 0
    run = np.cumsum(step)
    along = run - run[np.searchsorted(of, np.arange(len(lines)))][of] if len(lines) else run
    inner = (along > begin[of]) & (along < end[of])
    ends = np.concatenate([shapely.line_interpolate_point(lines, begin), shapely.line_interpolate_point(lines, end)])
    number = np.arange(len(lines))
    owner = np.concatenate([of[inner], number, number])
    where = np.concatenate([along[inner], begin, end])
    rank = np.concatenate([np.ones(inner.sum()), np.zeros(len(lines)), np.full(len(lines), 2)])
    order = np.lexsort((where, rank, owner))
    xy = np.concatenate([points[inner], shapely.get_coordinates(ends)])[order]
    if not len(lines):
        return np.empty(0, dtype=object)
    return np.asarray(shapely.linestrings(xy, indices=owner[order]), dtype=object)
