"""The road network as compact arrays, and what a vehicle may use of it at what speed.

Edges stand for roads; a road open both ways gives two arcs. Arrays are read-only: a changed network is a
new one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from routing.signs import HGV_THROUGH, LAST_LEG, TUNNELS, USUAL, truck_signs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Lines = npt.NDArray[np.object_]

_NO_ACCESS = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency", "bus", "psv"})
_HGV_OPEN = HGV_THROUGH | LAST_LEG
HGV_FROM_T = 3.5  # a goods vehicle above this gross weight is an hgv in OpenStreetMap's terms
_LEAST_COST = 1e-9  # scipy takes a stored zero for an edge of no cost or for no edge, depending on its form


@dataclass(frozen=True)
class Vehicle:
    """What decides where a vehicle may drive, and what it minimises there."""

    gross_weight_t: float
    height_m: float
    axle_load_t: float
    dangerous: bool  # laden with dangerous goods
    max_speed_kmh: float
    cost_per_km: float
    cost_per_h: float
    tunnel_code: str = "B"  # of dangerous goods: barred from tunnels of this category and the later letters
    length_m: float = 0.0
    width_m: float = 0.0


def _none(dtype: str, *shape: int) -> Any:  # noqa: ANN401
    return field(default_factory=lambda: np.empty(shape or (0,), dtype=dtype))


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Edges between nodes 0 to n - 1; every array has one entry per edge but ``x`` and ``y``, one per node.

    Lengths are metres on the ground, coordinates are in ``crs``. Limits are infinite where none is tagged.
    ``geometry`` is drawn from ``tail`` to ``head``.
    """

    crs: CRS
    x: Floats
    y: Floats
    tail: Ints
    head: Ints
    oneway: Flags  # True: only from tail to head
    length_m: Floats
    speed_kmh: Floats  # as tagged, else usual for trucks on such a road
    max_weight_t: Floats
    max_height_m: Floats
    max_axle_load_t: Floats
    hgv_closed: Flags
    hazmat_closed: Flags
    closed: Flags  # to everyone
    geometry: Lines
    destination: Flags = _none("bool")  # open to whoever has business there only
    hgv_destination: Flags = _none("bool")  # the same for goods vehicles
    hazmat_destination: Flags = _none("bool")  # the same for dangerous goods
    toll: Flags = _none("bool")
    designated: Flags = _none("bool")  # signed for goods vehicles
    tunnel: Ints = _none("int64")  # category of ADR: 0 none, 1 to 4 for B to E
    road_class: Ints = _none("int64")  # row of the catalogue's highways; -1 unknown
    rise_m: Floats = _none("float64")  # how much higher the head lies than the tail; NaN unknown
    max_length_m: Floats = _none("float64")  # of a vehicle
    max_width_m: Floats = _none("float64")
    turns: Ints = _none("int64", 0, 4)  # forbidden: from edge, driven against it, to edge, driven against it

    def __post_init__(self) -> None:
        for name, usual in USUAL.items():
            if len(getattr(self, name)) != self.edge_count:
                object.__setattr__(self, name, np.full(self.edge_count, usual))
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def node_count(self) -> int:
        """Return the number of nodes."""
        return len(self.x)

    @property
    def edge_count(self) -> int:
        """Return the number of edges."""
        return len(self.tail)

    @cached_property
    def arcs(self) -> tuple[Ints, Ints, Ints, Flags]:
        """Return tail, head, edge and whether it is driven against the edge, per arc."""
        back = np.flatnonzero(~self.oneway)
        edge = np.concatenate([np.arange(self.edge_count), back])
        against = np.arange(len(edge)) >= self.edge_count
        tail = np.concatenate([self.tail, self.head[back]])
        head = np.concatenate([self.head, self.tail[back]])
        return tail, head, edge, against

    def open_to(self, vehicle: Vehicle) -> Flags:
        """Return which edges the vehicle may use: limits, bans and access as tagged."""
        allowed = ~self.closed
        allowed &= self.max_weight_t >= vehicle.gross_weight_t
        allowed &= self.max_height_m >= vehicle.height_m
        allowed &= self.max_axle_load_t >= vehicle.axle_load_t
        allowed &= self.max_length_m >= vehicle.length_m
        allowed &= self.max_width_m >= vehicle.width_m
        if vehicle.gross_weight_t > HGV_FROM_T:
            allowed &= ~self.hgv_closed
        if vehicle.dangerous:
            allowed &= ~self.hazmat_closed & (self.tunnel < TUNNELS.index(vehicle.tunnel_code))
        return allowed

    def last_leg_only(self, vehicle: Vehicle) -> Flags:
        """Return which edges the vehicle may use only to reach what lies along them."""
        heavy = vehicle.gross_weight_t > HGV_FROM_T
        only: Flags = self.hgv_destination if heavy else self.destination
        return only | self.hazmat_destination if vehicle.dangerous else only

    def hours(self, max_speed_kmh: float) -> Floats:
        """Return the driving time of each edge in hours under a speed cap."""
        return self.length_m / 1000 / np.minimum(self.speed_kmh, max_speed_kmh)

    def generalised_cost(self, vehicle: Vehicle) -> Floats:
        """Return ``cost_per_km * km + cost_per_h * h`` of each edge, in currency."""
        return vehicle.cost_per_km * self.length_m / 1000 + vehicle.cost_per_h * self.hours(vehicle.max_speed_kmh)

    def graph(self, cost: Floats, allowed: Flags) -> Graph:
        """Return the cheapest arc per ordered pair of nodes, over the allowed edges.

        Parameters
        ----------
        cost
            Per edge, not negative.
        allowed
            Per edge.
        """
        tail, head, edge, against = self.arcs
        chosen = np.flatnonzero(allowed[edge])
        edge = edge[chosen]
        return arc_graph(Arcs(self.node_count, tail[chosen], head[chosen], edge, against[chosen]), cost[edge])

    def components(self, allowed: Flags) -> Ints:
        """Return the strongly connected component of each node, over the allowed edges."""
        matrix = self.graph(np.ones(self.edge_count), allowed).matrix
        _, label = connected_components(matrix, directed=True, connection="strong")
        return np.asarray(label, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Graph:
    """A sparse matrix of costs, and the edge behind each of its entries."""

    matrix: csr_array
    key: Ints  # tail * node count + head, ascending as in the matrix
    edge: Ints
    against: Flags  # driven from the edge's head to its tail

    def entry(self, tail: Ints, head: Ints) -> Ints:
        """Return the positions of existing arcs."""
        found: Ints = np.searchsorted(self.key, tail * self.matrix.shape[0] + head)
        return found


@dataclass(frozen=True, eq=False)
class Arcs:
    """Roads as they are driven, between nodes 0 to ``nodes`` - 1, in any order."""

    nodes: int
    tail: Ints
    head: Ints
    edge: Ints
    against: Flags  # driven from the edge's head to its tail


def arc_graph(arcs: Arcs, cost: Floats) -> Graph:
    """Return the cheapest arc per ordered pair of nodes; loops are left out. ``cost`` is per arc."""
    nodes, tail, head, edge, against = arcs.nodes, arcs.tail, arcs.head, arcs.edge, arcs.against
    chosen = np.flatnonzero(tail != head)
    weight = np.maximum(cost[chosen], _LEAST_COST)
    key = tail[chosen] * nodes + head[chosen]
    pick = _cheapest_per_key(key, weight, edge[chosen])
    chosen, weight = chosen[pick], weight[pick]
    counts = np.bincount(tail[chosen], minlength=nodes)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    matrix = csr_array((weight, head[chosen].astype(np.int32), start), shape=(nodes, nodes))
    return Graph(matrix, key[pick], edge[chosen], against[chosen])


def _cheapest_per_key(key: Ints, weight: Floats, edge: Ints) -> Ints:
    """Return the position of the cheapest of each key, by key; the edge number decides between equals."""
    order = np.argsort(key, kind="stable")
    same = np.zeros(len(key) + 1, dtype=bool)
    same[1:-1] = key[order[1:]] == key[order[:-1]]
    shared = np.flatnonzero(same[1:] | same[:-1])  # few: parallel roads
    rivals = order[shared]
    order[shared] = rivals[np.lexsort((edge[rivals], weight[rivals], key[rivals]))]
    picked: Ints = order[~same[:-1]]
    return picked


def along_curve(x: Floats, y: Floats) -> Ints:
    """Return the order of points along a Z-order curve (Morton 1966), which keeps neighbours together.

    A search that walks through memory as it walks through the country takes about half the time.
    """
    code = np.zeros(len(x), dtype=np.uint64)
    reach = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9) if len(x) else 1.0
    for axis, values in enumerate((x, y)):
        bits = ((values - values.min(initial=np.inf)) / reach * 0xFFFF).astype(np.uint64)
        for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
            bits = (bits | bits << np.uint64(shift)) & np.uint64(mask)
        code |= bits << np.uint64(axis)
    return np.argsort(code, kind="stable").astype(np.int64)


def build_network(edges: gpd.GeoDataFrame, highways: pd.DataFrame) -> RoadNetwork:
    """Return the network of road edges.

    Parameters
    ----------
    edges
        As :func:`data.roads.read_road_edges` returns them, in a projected CRS in metres.
    highways
        The catalogue's highway classes with ``truck_kmh``, used where no speed is tagged.

    Notes
    -----
    ``hgv`` overrides ``access``: a private road signed for lorries is open. ``access`` values that end the
    road for through goods traffic (no, private, agricultural, ...) close it; destination, delivery and
    customers leave it open for the first and last leg.
    Edges keep the order of the table; nodes are numbered so that neighbours have near numbers.
    """
    node, _ = pd.factorize(np.concatenate([edges["u"].to_numpy(object), edges["v"].to_numpy(object)]))
    node = node.astype(np.int64)
    lines = edges.geometry.to_numpy()
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])
    _, first = np.unique(node, return_index=True)
    order = along_curve(*ends[first].T)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    node, first = rank[node], first[order]
    usual = edges["highway"].map(highways.set_index("highway")["truck_kmh"]).to_numpy(dtype=np.float64)
    tagged = edges["maxspeed_kmh"].to_numpy(dtype=np.float64)
    access, hgv = edges["access"], edges["hgv"]
    barred = access.isin(_NO_ACCESS) & ~hgv.isin(_HGV_OPEN)

    def limit(column: str) -> Floats:
        numbers: Floats = np.nan_to_num(edges[column].to_numpy(dtype=np.float64), nan=np.inf, posinf=np.inf)
        return numbers

    return RoadNetwork(
        crs=edges.crs,
        x=ends[first, 0],
        y=ends[first, 1],
        tail=node[: len(edges)],
        head=node[len(edges) :],
        oneway=edges["oneway"].to_numpy(dtype=bool, copy=True),
        length_m=edges["length_m"].to_numpy(dtype=np.float64, copy=True),
        speed_kmh=np.where(np.isnan(tagged), usual, tagged),
        max_weight_t=limit("maxweight_t"),
        max_height_m=limit("maxheight_m"),
        max_axle_load_t=limit("maxaxleload_t"),
        max_length_m=limit("maxlength_m"),
        max_width_m=limit("maxwidth_m"),
        hgv_closed=(hgv == "no").to_numpy(dtype=bool, copy=True),
        hazmat_closed=(edges["hazmat"] == "no").to_numpy(dtype=bool, copy=True),
        closed=barred.to_numpy(dtype=bool, copy=True),
        geometry=np.array(lines, dtype=object),
        **truck_signs(edges, highways),
    )
