"""The road network as compact arrays, and what a vehicle may use of it at what speed.

Edges stand for roads; a road open both ways gives two arcs. Arrays are read-only: a changed network is a
new one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Lines = npt.NDArray[np.object_]

_NO_ACCESS = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency", "bus", "psv"})
_HGV_OPEN = frozenset({"yes", "designated", "official", "permissive", "destination", "delivery", "local"})
_HGV_FROM_T = 3.5  # a goods vehicle above this gross weight is an hgv in OpenStreetMap's terms
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

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
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
        if vehicle.gross_weight_t > _HGV_FROM_T:
            allowed &= ~self.hgv_closed
        if vehicle.dangerous:
            allowed &= ~self.hazmat_closed
        return allowed

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
        chosen = np.flatnonzero(allowed[edge] & (tail != head))
        weight = np.maximum(cost[edge[chosen]], _LEAST_COST)
        key = tail[chosen] * self.node_count + head[chosen]
        order = np.lexsort((edge[chosen], weight, key))  # the edge number decides between equals
        _, first = np.unique(key[order], return_index=True)
        pick = order[first]
        chosen, weight = chosen[pick], weight[pick]
        counts = np.bincount(tail[chosen], minlength=self.node_count)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        shape = (self.node_count, self.node_count)
        matrix = csr_array((weight, head[chosen].astype(np.int32), start), shape=shape)
        return Graph(matrix, key[order][first], edge[chosen], against[chosen])

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
    road for through goods traffic (no, private, agricultural, ...) close it; destination does not.
    """
    node, _ = pd.factorize(np.concatenate([edges["u"].to_numpy(object), edges["v"].to_numpy(object)]))
    node = node.astype(np.int64)
    lines = edges.geometry.to_numpy()
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])
    _, first = np.unique(node, return_index=True)
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
        hgv_closed=(hgv == "no").to_numpy(dtype=bool, copy=True),
        hazmat_closed=(edges["hazmat"] == "no").to_numpy(dtype=bool, copy=True),
        closed=barred.to_numpy(dtype=bool, copy=True),
        geometry=np.array(lines, dtype=object),
    )
