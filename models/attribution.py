"""Who sends what to whom: the flows of a plan taken apart into paths.

Flow decomposition (Ahuja, Magnanti and Orlin 1993, Network Flows, section 3.5) over the cells: from each
supply in the Problem's order, the shortest way that still carries something leads to the nearest demand
that is still being served; as much as fits is taken off that way, and so on. Whatever is left at the end
travels in circles and belongs to nobody. Hubs end one path and start others: what they eat is received
by the hub, what they make is sent by it. The rule is deterministic, and one of many possible: flows that
mix in a pipe have no owner by nature.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.network import Floats, Ints, Network
from models.values import Values


@dataclass(frozen=True)
class Attribution:
    """Paths and what they load.

    Attributes
    ----------
    paths
        One row per path: ``source``, ``sink`` (rows in ``sources``, ``sinks``), ``sent``, ``arrived``
        (units/year).
    loads
        One row per arc of each path: ``path``, ``arc`` (row in the network's arcs), ``quantity`` entering.
    sources, sinks
        ``cell``, ``name`` (supply, demand or hub), ``is_hub``, ``quantity``, ``left`` (not attributed).
    """

    paths: pd.DataFrame
    loads: pd.DataFrame
    sources: pd.DataFrame
    sinks: pd.DataFrame

    def arc_totals(self, arcs: int) -> Floats:
        """Return what enters each arc over all paths."""
        totals = np.bincount(self.loads["arc"].to_numpy(), self.loads["quantity"].to_numpy(), minlength=arcs)
        return np.asarray(totals, dtype=np.float64)

    @property
    def is_complete(self) -> bool:
        """Return whether every source and sink is attributed, up to a millionth."""
        both = pd.concat([self.sources, self.sinks])
        return bool((both["left"] <= 1e-6 * np.maximum(1.0, both["quantity"])).all())


def attribute(network: Network, values: Values) -> Attribution:
    """Return the flows as paths from supplies and hubs to demands and hubs."""
    sources = _ends(network, network.supplies["supply"], network.supplies["cell"], values.placed, values.made)
    sinks = _ends(network, network.demands["demand"], network.demands["cell"], values.served, -values.made)
    residual = _Residual(network, values, sources, sinks)
    paths: list[tuple[int, int, float, float]] = []
    loads: list[tuple[int, int, float]] = []
    for source in range(len(sources)):
        while (found := residual.push(source)) is not None:
            sink, arcs, amounts = found
            loads += [(len(paths), arc, amount) for arc, amount in zip(arcs, amounts, strict=False)]
            paths.append((source, sink, amounts[0], amounts[-1]))
    return Attribution(
        paths=pd.DataFrame(paths, columns=["source", "sink", "sent", "arrived"]),
        loads=pd.DataFrame(loads, columns=["path", "arc", "quantity"]).astype(
            {"path": "int64", "arc": "int64", "quantity": "float64"}
        ),
        sources=sources.assign(left=residual.source),
        sinks=sinks.assign(left=residual.sink),
    )


def _ends(network: Network, names: pd.Series, cells: pd.Series, amounts: Floats, made: Floats) -> pd.DataFrame:
    """Return streams, then what hubs put in (``made`` > 0) or take out (``made`` < 0), as one table."""
    own = pd.DataFrame({"cell": cells.to_numpy(), "name": names.to_numpy(), "is_hub": False, "quantity": amounts})
    hub = network.recipes["hub"].to_numpy()
    hubs = pd.DataFrame({
        "cell": network.recipes["cell"].to_numpy(),
        "name": network.hubs["hub"].to_numpy()[hub],
        "is_hub": True,
        "quantity": network.recipes["coefficient"].to_numpy() * made[hub],
    })  # fmt: skip
    hubs = hubs[hubs["quantity"] > 0]
    return pd.concat([own, hubs], ignore_index=True) if len(hubs) else own


class _Residual:
    """What is left of sources, sinks and arcs while paths are taken off."""

    def __init__(self, network: Network, values: Values, sources: pd.DataFrame, sinks: pd.DataFrame) -> None:
        arcs = network.arcs
        self.source, self.sink = sources["quantity"].to_numpy().copy(), sinks["quantity"].to_numpy().copy()
        self.arc = values.arcs.copy()
        self._keep = 1 - arcs["loss"].to_numpy()
        self._tail, self._head = arcs["from_cell"].to_numpy(), arcs["to_cell"].to_numpy()
        self._length = arc_lengths(network)
        self._start = sources["cell"].to_numpy()
        self._noise = _noise(len(network.cells), self._tail, self._head, self._start, self.source)
        used = np.flatnonzero(self.arc > self._noise[self._tail])
        self._out = {cell: used[rows] for cell, rows in pd.Series(used).groupby(self._tail[used]).indices.items()}
        cells = sinks["cell"].to_numpy()
        self._sinks = pd.Series(np.arange(len(sinks))).groupby(cells).indices

    def push(self, source: int) -> tuple[int, list[int], list[float]] | None:
        """Take off one path; return its sink, its arcs, and the amounts entering each and arriving."""
        start = int(self._start[source])
        if self.source[source] <= self._noise[start]:
            return None
        found = self._nearest_sink(start)
        if found is None:
            return None
        sink, arcs = found
        share = np.cumprod([1.0, *self._keep[arcs]])
        limits = [self.source[source], *(self.arc[arcs] / share[:-1]), self.sink[sink] / share[-1]]
        amounts = min(limits) * share
        self.source[source] = max(self.source[source] - amounts[0], 0.0)
        self.arc[arcs] = np.maximum(self.arc[arcs] - amounts[:-1], 0.0)
        self.sink[sink] = max(self.sink[sink] - amounts[-1], 0.0)
        return sink, arcs, amounts.tolist()

    def _nearest_sink(self, start: int) -> tuple[int, list[int]] | None:
        """Return the first open sink on the shortest way, and the arcs to it (Dijkstra)."""
        heap: list[tuple[float, int, int, int]] = [(0.0, 0, start, -1)]  # metres, arcs, cell, last arc
        last: dict[int, int] = {}
        while heap:
            metres, hops, cell, via = heappop(heap)
            if cell in last:
                continue
            last[cell] = via
            for sink in self._sinks.get(cell, ()):
                if self.sink[sink] > self._noise[cell]:
                    return int(sink), self._way_back(cell, last)
            for arc in self._out.get(cell, ()):
                if self.arc[arc] > self._noise[cell] and self._head[arc] not in last:
                    heappush(heap, (metres + self._length[arc], hops + 1, int(self._head[arc]), int(arc)))
        return None

    def _way_back(self, cell: int, last: dict[int, int]) -> list[int]:
        arcs = []
        while (arc := last[cell]) >= 0:
            arcs.append(arc)
            cell = int(self._tail[arc])
        return arcs[::-1]


def arc_lengths(network: Network) -> Floats:
    """Return metres per arc: corridor length, road distance, 0 for a use as a lesser grade."""
    corridor = network.pipes["corridor_row"].to_numpy()[network.flows["pipe"].to_numpy()]
    return np.concatenate([
        network.corridors["length_m"].to_numpy()[corridor],
        network.hauls["distance_m"].fillna(0.0).to_numpy(),
        np.zeros(len(network.grades)),
    ])  # fmt: skip


def _noise(count: int, tail: Ints, head: Ints, start: Ints, amounts: Floats) -> Floats:
    """Return per cell the amount below which a flow is the solver's rounding, from its component's total."""
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(count, count))
    _, label = connected_components(graph.tocsr(), directed=False)
    total = np.bincount(label[start], amounts, minlength=count)[label]
    return np.asarray(1e-11 * total + 1e-7 * np.minimum(1.0, total))
