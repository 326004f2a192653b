"""Cases of the road benchmark: arcs with costs and the terminals between which paths are wanted.

``liege`` is the shared extract under the costs of a 40 t lorry. ``grid-N`` is made: a grid of streets, shaken,
with a third of the side streets missing (about 2.8 streets meet at a junction, as in towns; 2.1 in Liège, where
bends and dead ends count), one street in twenty one way, and faster roads every eighth and sixty-fourth row and
column, so that the best ways climb to main roads and come down again as they do in real networks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PER_KM, PER_H = 1.0, 30.0  # what the lorry minimises, EUR
_STREET_M = 150.0


class Case(NamedTuple):
    """Arcs of a network without parallels, in which every node reaches every other, and terminals."""

    x: Floats
    y: Floats
    tail: Ints
    head: Ints
    cost: Floats  # per arc, EUR
    source: Ints
    target: Ints

    def save(self, path: Path) -> None:
        """Write the case for another process."""
        arrays: dict[str, Any] = self._asdict()
        np.savez(path, **arrays)

    @staticmethod
    def load(path: Path) -> Case:
        """Read a case that another process wrote."""
        with np.load(path) as stored:
            return Case(**{name: stored[name] for name in Case._fields})

    def only(self, terminals: int) -> Case:
        """Return the case with so many sources and targets."""
        return self._replace(source=self.source[:terminals], target=self.target[:terminals])


def liege(data: Path, terminals: int) -> Case:
    """Return the shared extract of Liège (about 75,000 junctions) for a 40 t lorry."""
    from pyproj import CRS

    from data.catalogue import read_catalogue
    from data.roads import read_road_edges
    from data.settings import LayerSpec
    from routing.network import Vehicle, build_network

    highways = read_catalogue().highways
    spec = LayerSpec(path="liege_1656.parquet")
    edges = read_road_edges(spec, data / "roads", crs=CRS("EPSG:32631"), highways=highways)
    network = build_network(edges, highways)
    lorry = Vehicle(40, 4.0, 11.5, dangerous=False, max_speed_kmh=80, cost_per_km=PER_KM, cost_per_h=PER_H)
    graph = network.graph(network.generalised_cost(lorry), network.open_to(lorry)).matrix.tocoo()
    return _connected(network.x, network.y, (graph.row, graph.col, graph.data), terminals)


def grid(nodes: int, terminals: int) -> Case:
    """Return a made network of about so many nodes."""
    random = np.random.default_rng(nodes)
    side = round(np.sqrt(nodes / 0.96))  # the missing streets cut off some crossings
    row, column = (part.ravel() for part in np.divmod(np.arange(side * side), side))
    x, y = (_STREET_M * (at + random.uniform(-0.3, 0.3, side * side)) for at in (column, row))
    eastward, northward = np.flatnonzero(column < side - 1), np.flatnonzero(row < side - 1)
    tail = np.concatenate([eastward, northward])
    head = np.concatenate([eastward + 1, northward + side])
    line = np.concatenate([row[eastward], column[northward]])
    kept = (random.random(len(tail)) > 1 / 3) | (line % 8 == 0)
    tail, head, line = tail[kept], head[kept], line[kept]
    km = np.hypot(x[head] - x[tail], y[head] - y[tail]) / 1000
    kmh = np.select([line % 64 == 0, line % 8 == 0], [80.0, 60.0], 30.0)
    cost = PER_KM * km + PER_H * km / kmh
    back = random.random(len(tail)) > 0.05
    arcs = (np.append(tail, head[back]), np.append(head, tail[back]), np.append(cost, cost[back]))
    return _connected(x, y, arcs, terminals)


def _connected(x: Floats, y: Floats, arcs: tuple[Ints, Ints, Floats], terminals: int) -> Case:
    """Return the largest part in which every node reaches every other, with terminals spread over it.

    ``arcs`` are tail, head and cost.
    """
    tail, head, cost = arcs
    matrix = csr_array((cost, (tail, head)), shape=(len(x), len(x)))
    _, label = connected_components(matrix, directed=True, connection="strong")
    inside = label == np.bincount(label).argmax()
    number = np.cumsum(inside) - 1
    kept = inside[tail] & inside[head]
    random = np.random.default_rng(len(x))
    chosen = random.permutation(int(inside.sum()))[: 2 * terminals]
    return Case(
        x[inside], y[inside], number[tail[kept]], number[head[kept]], cost[kept],
        chosen[:terminals], chosen[terminals:],
    )  # fmt: skip
