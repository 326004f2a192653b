"""From plants to the road: the nearest point of a segment, not the nearest junction.

A plant joins the network by a straight access leg to the nearest point of a road that a vehicle may use;
the road is cut there.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from routing.network import Flags, Floats, Ints, Lines, RoadNetwork
from routing.signs import USUAL

_STUB_NODES = 10  # a component of fewer nodes is a stub, whatever its share
_STUB_SHARE = 0.05  # so is one with a smaller share of all nodes
_NOT_PER_EDGE = ("crs", "x", "y", "turns")
_AT_NODE_M = 0.01  # a foot this near the end of an edge is the end


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where plants meet the road; one entry per gate that does, in the order given."""

    plant: npt.NDArray[np.object_]
    gate: Ints  # position in what was given
    edge: Ints
    along_m: Floats  # from the edge's tail, on the map
    access: Lines  # straight line from the gate to the road
    too_far: dict[str, float]  # plants without an entry: map distance to the nearest usable road, metres

    def take(self, entries: Ints) -> Snaps:
        """Return some of the entries."""
        return Snaps(self.plant[entries], self.gate[entries], self.edge[entries], self.along_m[entries],
                     self.access[entries], self.too_far)  # fmt: skip


def snap(network: RoadNetwork, allowed: Flags, plants: gpd.GeoSeries, max_snap_m: float) -> Snaps:
    """Find the road of each plant.

    Parameters
    ----------
    network
        In the CRS of ``plants``.
    allowed
        Which edges may be used.
    plants
        Points or polygons, indexed by plant; a plant with several gates comes several times. Polygons are
        left at their boundary.
    max_snap_m
        A gate farther from any road meets none.

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
    lost = pd.Series(distance, index=names)[~pd.Index(names).isin(names[near])]
    too_far = {str(plant): float(away) for plant, away in lost.groupby(level=0, sort=False).min().items()}
    along = shapely.line_locate_point(lines, foot)
    return Snaps(names[near], np.flatnonzero(near), edge[near], along, access, too_far)


def merged(first: Snaps, others: list[Snaps], other_road_m: float) -> Snaps:
    """Return all entries of the first, and those of the others that lead to another road not much farther away.

    Parameters
    ----------
    first
        The nearest road of each gate.
    others
        Of the same gates, with other roads open.
    other_road_m
        An access leg may be this much longer than the gate's in ``first``.
    """
    away = dict(zip(first.gate.tolist(), shapely.length(first.access).tolist(), strict=True))
    nearest = [np.array([away.get(gate, -np.inf) for gate in snaps.gate.tolist()]) for snaps in others]
    chosen = [
        snaps.take(np.flatnonzero(shapely.length(snaps.access) <= limit + other_road_m))
        for snaps, limit in zip(others, nearest, strict=True)
    ]
    parts = [first, *chosen]
    every = Snaps(
        plant=np.concatenate([part.plant for part in parts]),
        gate=np.concatenate([part.gate for part in parts]),
        edge=np.concatenate([part.edge for part in parts]),
        along_m=np.concatenate([part.along_m for part in parts]),
        access=np.concatenate([part.access for part in parts]),
        too_far=first.too_far,
    )
    place = pd.DataFrame({"gate": every.gate, "edge": every.edge, "along": every.along_m.round(2)})
    return every.take(np.flatnonzero(~place.duplicated().to_numpy()))


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
    """Return the network with the plants as nodes, and the plant's node for each entry of ``snaps``.

    A plant of several gates is one node with several access legs: the cheapest way decides on the gate.

    Each road is cut at the feet of its plants. The whole road stays in the arrays, closed to everyone, so
    that edge numbers keep their meaning; the pieces and the access legs are appended. Lengths are shared
    among the pieces as on the map, and so are rises. An access leg is open both ways to every vehicle; the
    legs are the last edges of the network, in the order of ``snaps``.
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
    foot = shapely.get_coordinates(shapely.get_point(snaps.access[cuts], -1))
    number, _ = pd.factorize(snaps.plant)
    plant_node = network.node_count + len(cuts) + number.astype(np.int64)
    _, entry = np.unique(number, return_index=True)
    place = shapely.get_coordinates(shapely.get_point(snaps.access[entry], 0))
    closed = network.closed.copy()
    closed[edge[cuts]] = True
    legs, source = len(edge), pieces.source
    of_legs: dict[str, Any] = {
        "tail": plant_node, "head": foot_node, "length_m": shapely.length(snaps.access), "speed_kmh": access_kmh,
        "max_weight_t": np.inf, "max_height_m": np.inf, "max_axle_load_t": np.inf, "geometry": snaps.access,
        "rise_m": 0.0,
    }  # fmt: skip
    of_pieces: dict[str, Any] = {
        "tail": pieces.tail, "head": pieces.head, "length_m": pieces.length_m, "geometry": pieces.geometry,
        "closed": network.closed[source], "rise_m": network.rise_m[source] * pieces.share,
    }  # fmt: skip
    changed: dict[str, Any] = {"closed": closed}
    fields: dict[str, Any] = {}
    for item in dataclasses.fields(network):
        old = getattr(network, item.name)
        if item.name in _NOT_PER_EDGE:
            continue
        leg = np.empty(legs, dtype=old.dtype)
        leg[:] = of_legs.get(item.name, USUAL.get(item.name, False))
        piece = of_pieces.get(item.name, old[source])
        fields[item.name] = np.concatenate([changed.get(item.name, old), piece, leg])
    joined = dataclasses.replace(
        network,
        **fields,
        x=np.concatenate([network.x, foot[:, 0], place[:, 0]]),
        y=np.concatenate([network.y, foot[:, 1], place[:, 1]]),
        turns=_turns_of_pieces(network, source),
    )
    return joined, plant_node


def _turns_of_pieces(network: RoadNetwork, source: Ints) -> Ints:
    """Return the forbidden turns with cut edges replaced by the piece that touches the junction."""
    turns = network.turns.copy()
    cut, first, count = np.unique(source, return_index=True, return_counts=True)
    for column, at_end_if_against in ((0, 0), (2, 1)):  # one arrives at the end of an edge, one leaves from its start
        place = np.searchsorted(cut, turns[:, column])
        mine = np.flatnonzero(np.isin(turns[:, column], cut))
        place = place[mine]
        at_end = turns[mine, column + 1] == at_end_if_against
        turns[mine, column] = network.edge_count + first[place] + np.where(at_end, count[place] - 1, 0)
    return turns


@dataclass(frozen=True, eq=False)
class _Pieces:
    """What cut edges fall into; ``source`` is the edge each piece is of."""

    source: Ints
    tail: Ints
    head: Ints
    length_m: Floats
    share: Floats  # of the edge
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
    share = (end - begin) / whole
    lines = substrings(network.geometry[source], begin, end)
    return _Pieces(source, tail, head, network.length_m[source] * share, share, lines)


def substrings(lines: Lines, begin: Floats, end: Floats) -> Lines:
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
