"""From the cells that paths use to a graph of links between terminals and junctions.

A link is a stretch of trench between two nodes. Nodes below ``terminals`` are terminals, the others are
junctions. Links that no good plan needs are dropped: dead ends, loops, the dearer of two between the same
nodes, and any that a way round over other links replaces at no more cost and length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from routing.surface import CostSurface, Floats, Ints

Cell = tuple[int, int]
Price = Callable[[Floats], float]  # what a drawn line costs, currency invested

TOLERANCE = 0.01  # a link that saves less than this against a way round is not worth its binaries


@dataclass(frozen=True)
class ExistingPipe:
    """A pipe that lies there already: what it carries and how much more of it, own units per year.

    ``diameter_mm`` is NaN where nobody knows it.
    """

    pipeline: str
    resource: str
    diameter_mm: float
    spare: float


@dataclass(frozen=True, eq=False)
class Link:
    """A stretch between the nodes ``start`` and ``end``; ``coords`` (n, 2) runs from one to the other.

    With a ``pipe`` it is no trench to dig but one that exists, with only that pipe in it.
    """

    start: int
    end: int
    coords: Floats
    cost: float
    pipe: ExistingPipe | None = None

    @cached_property
    def length_m(self) -> float:
        """Return the length of the drawn line."""
        return float(np.hypot(*np.diff(self.coords, axis=0).T).sum())

    def joined(self, other: Link, node: int, price: Price) -> Link:
        """Return this link and another that meets it in ``node`` as one."""
        first = self if self.end == node else self.turned()
        second = other if other.start == node else other.turned()
        coords = np.concatenate([first.coords, second.coords[1:]])
        return Link(first.start, second.end, coords, price(coords))

    def turned(self) -> Link:
        """Return the link in the other direction."""
        return Link(self.end, self.start, self.coords[::-1], self.cost, self.pipe)


@dataclass(frozen=True)
class Gate:
    """Where a terminal meets the grid: its cell, and the leg (n, 2) from the terminal to the cell's centre.

    ``own`` when the terminal is that cell's node; otherwise the leg is a link of its own.
    """

    cell: Cell
    leg: Floats
    own: bool


def links_from_paths(paths: Iterable[Ints], gates: Sequence[Gate], surface: CostSurface, price: Price) -> list[Link]:
    """Return the union of paths as links between terminals and junctions.

    Parameters
    ----------
    paths
        Cells (n, 2) each.
    gates
        One per terminal, in the order of the terminals' numbers.
    """
    neighbours = _neighbours(paths)
    nodes = _node_numbers(neighbours, gates)
    ends = {gate.cell: gate.leg for gate in gates if gate.own}
    links = []
    for cells in _chains(neighbours, nodes):
        coords = surface.centres(np.array(cells, dtype=np.int64))
        before, after = ends.get(cells[0], coords[:1]), ends.get(cells[-1], coords[-1:])
        coords = np.concatenate([before[:-1], coords, after[::-1][1:]])
        links.append(Link(nodes[cells[0]], nodes[cells[-1]], coords, price(coords)))
    for number, gate in enumerate(gates):
        if not gate.own and gate.cell in nodes:
            coords = np.concatenate([gate.leg, ends.get(gate.cell, gate.leg[-1:])[::-1][1:]])
            links.append(Link(number, nodes[gate.cell], coords, price(coords)))
    return links


def _neighbours(paths: Iterable[Ints]) -> Mapping[Cell, list[Cell]]:
    """Return the cells that paths join to each cell, sorted so that the result does not depend on sets."""
    joined: defaultdict[Cell, set[Cell]] = defaultdict(set)
    for path in paths:
        cells = [(row, column) for row, column in path.tolist()]
        for cell in cells:
            joined[cell]  # a path of one cell still is a place
        for first, second in pairwise(cells):
            joined[first].add(second)
            joined[second].add(first)
    return {cell: sorted(joined[cell]) for cell in sorted(joined)}


def _node_numbers(neighbours: Mapping[Cell, list[Cell]], gates: Sequence[Gate]) -> dict[Cell, int]:
    """Return the node of each cell that is one: terminals first, then junctions by position."""
    gated = {gate.cell for gate in gates}
    own = {gate.cell: number for number, gate in enumerate(gates) if gate.own}
    nodes, count = {}, len(gates)
    for cell, joined in neighbours.items():
        if cell in own:
            nodes[cell] = own[cell]
        elif len(joined) != 2 or cell in gated:
            nodes[cell] = count
            count += 1
    return nodes


def _chains(neighbours: Mapping[Cell, list[Cell]], nodes: Mapping[Cell, int]) -> list[list[Cell]]:
    """Return the runs of cells between two nodes, each once."""
    chains, walked = [], set()
    for start in nodes:
        for first in neighbours[start]:
            if (start, first) in walked:
                continue
            chain = [start, first]
            while chain[-1] not in nodes:
                one, other = neighbours[chain[-1]]
                chain.append(other if one == chain[-2] else one)
            walked |= {(chain[0], chain[1]), (chain[-1], chain[-2])}
            chains.append(chain)
    return chains


def simplified(links: Sequence[Link], terminals: int, price: Price) -> list[Link]:
    """Return the links that a good plan could need, chains through plain junctions joined."""
    current = list(links)
    while True:
        before = len(current)
        current = _joined(_without_dead_ends(_cheapest_parallel(current), terminals), terminals, price)
        if len(current) == before:
            break
    kept = _undominated(current)
    return kept if len(kept) == len(current) else simplified(kept, terminals, price)


def _cheapest_parallel(links: Sequence[Link]) -> list[Link]:
    best: dict[frozenset[int], Link] = {}
    for link in links:
        key = frozenset((link.start, link.end))
        if len(key) == 2 and (key not in best or link.cost < best[key].cost):
            best[key] = link
    return list(best.values())


def _without_dead_ends(links: Sequence[Link], terminals: int) -> list[Link]:
    degree = _degrees(links)
    loose = {node for node, count in degree.items() if count == 1 and node >= terminals}
    if not loose:
        return list(links)
    return _without_dead_ends([k for k in links if not {k.start, k.end} & loose], terminals)


def _joined(links: Sequence[Link], terminals: int, price: Price) -> list[Link]:
    """Return the links with every junction of just two links taken out."""
    current = list(links)
    for node in sorted(node for node, count in _degrees(links).items() if count == 2 and node >= terminals):
        at = [link for link in current if node in (link.start, link.end)]
        if len(at) == 2 and at[0] is not at[1]:
            current = [link for link in current if link is not at[0] and link is not at[1]]
            current.append(at[0].joined(at[1], node, price))
    return current


def _degrees(links: Sequence[Link]) -> dict[int, int]:
    degree: defaultdict[int, int] = defaultdict(int)
    for link in links:
        degree[link.start] += 1
        degree[link.end] += 1
    return degree


def _undominated(links: Sequence[Link]) -> list[Link]:
    """Return the links without those that a way round replaces, the dearest taken out first."""
    current = list(links)
    for link in sorted(links, key=lambda k: (-k.cost, k.start, k.end)):
        rest = [other for other in current if other is not link]
        cost, length = way_round(rest, link.start, link.end)
        if cost <= link.cost * (1 + TOLERANCE) and length <= link.length_m * (1 + TOLERANCE):
            current = rest
    return current


def way_round(links: Sequence[Link], start: int, end: int) -> tuple[float, float]:
    """Return cost and length of the cheapest way over some links, infinite when there is none."""
    if not links:
        return np.inf, np.inf
    graph = link_graph(links, max(start, end) + 1)
    costs, before = dijkstra(graph, indices=start, return_predecessors=True)
    if not np.isfinite(costs[end]):
        return np.inf, np.inf
    lengths = {frozenset((link.start, link.end)): link.length_m for link in links}
    length, node = 0.0, end
    while node != start:
        length += lengths[frozenset((int(before[node]), node))]
        node = int(before[node])
    return float(costs[end]), length


def link_graph(links: Sequence[Link], nodes: int) -> csr_array:
    """Return the links as a symmetric matrix of costs with at least ``nodes`` rows, of a pair the cheapest."""
    start = np.array([link.start for link in links], dtype=np.int64)
    end = np.array([link.end for link in links], dtype=np.int64)
    cost = np.array([max(link.cost, 1e-9) for link in links])  # a zero would be no link at all
    ends = np.column_stack([np.minimum(start, end), np.maximum(start, end)])
    order = np.lexsort((cost, *ends.T))
    _, first = np.unique(ends[order], axis=0, return_index=True)
    (start, end), cost = ends[order[first]].T, cost[order[first]]
    size = max(nodes, int(max(start.max(initial=-1), end.max(initial=-1))) + 1)
    data = (np.concatenate([cost, cost]), (np.concatenate([start, end]), np.concatenate([end, start])))
    return coo_array(data, shape=(size, size)).tocsr()
