"""The inner loops of :mod:`models.search.cut_sets`, compiled: sets grown from cells, the best inequality of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit

from models.mip import Flags, Floats, Ints

_CELLS = 30  # a set has at most so many
_PIECES = 6  # steps that make up what a set lacks, at most
_STEPS = 12  # different capacities tried as steps of one set
_SHARES = (0.999, 0.5, 1e-6)  # a column in use to this share of its most counts as full
_VIOLATED = 1e-3  # of the right-hand side


class Network(NamedTuple):
    """Arcs in use by the cell they lead to, links between cells either way, and demands, by cell.

    ``arcs``, ``links`` and ``demands`` say where those of each cell begin.
    """

    arcs: Ints
    tail: Ints
    through: Floats
    opened: Floats
    most: Floats
    gated: Flags
    links: Ints
    there: Ints
    pull: Floats
    demands: Ints
    asked: Floats
    taken: Floats


class Found(NamedTuple):
    """An inequality: its violation, the shares from which demands and free arcs count as full, its step (0: none)."""

    violation: float
    share_taken: float
    share_brought: float
    step: float


def grow(network: Network, seeds: Ints) -> Iterator[tuple[Ints, Found]]:
    """Yield the cells and the most violated inequality of the sets grown from each seed, where there is one."""
    cells = np.zeros((len(seeds), _CELLS), dtype=np.int64)
    size = np.zeros(len(seeds), dtype=np.int64)
    best = np.zeros((len(seeds), len(Found._fields)))
    _grow_all(network, seeds, cells, size, best)
    for seed in np.flatnonzero(size):
        yield cells[seed, : size[seed]], Found(*best[seed].tolist())


def judge(network: Network, cells: Ints) -> Found | None:
    """Return the most violated inequality of one set, or None."""
    best = np.array([_VIOLATED, 0.0, 0.0, 0.0])
    return Found(*best.tolist()) if _judge(network, cells, best) else None


def rounded(capacity: Floats, step: float, lacks: float) -> Floats:
    """Return G of capacities, as the module on the inequalities writes it."""
    last = lacks - (np.ceil(lacks / step - 1e-9) - 1) * step
    whole = np.floor(capacity / step + 1e-12)
    return np.asarray(whole * last + np.clip(capacity - whole * step, 0.0, last))


@njit(cache=True, nogil=True)
def _grow_all(network: Network, seeds: Ints, cells: Ints, size: Ints, best: Floats) -> None:
    count = len(network.arcs) - 1
    inside = np.zeros(count + 1, dtype=np.bool_)
    pull = np.zeros(count)
    edge = np.empty(count, dtype=np.int64)
    grown = np.empty(_CELLS, dtype=np.int64)
    crossing = np.empty(len(network.tail), dtype=np.int64)
    for index in range(len(seeds)):
        cell, length, reached = seeds[index], 0, 0
        best[index, 0] = _VIOLATED
        while cell >= 0 and length < len(grown):
            grown[length] = cell
            inside[cell] = True
            length += 1
            crosses = _crossing(network, grown[:length], inside, crossing)
            if _improve(network, grown[:length], crossing[:crosses], best[index]):
                cells[index, :length] = grown[:length]
                size[index] = length
            for link in range(network.links[cell], network.links[cell + 1]):
                other = network.there[link]
                if not inside[other]:
                    if pull[other] == 0.0:
                        edge[reached] = other
                        reached += 1
                    pull[other] += network.pull[link]
            cell = _best_joined(edge[:reached], pull, inside)
        inside[grown[:length]] = False
        pull[edge[:reached]] = 0.0


@njit(cache=True, nogil=True)
def _judge(network: Network, cells: Ints, best: Floats) -> bool:
    inside = np.zeros(len(network.arcs), dtype=np.bool_)
    inside[cells] = True
    crossing = np.empty(len(network.tail), dtype=np.int64)
    crosses = _crossing(network, cells, inside, crossing)
    return _improve(network, cells, crossing[:crosses], best)


@njit(cache=True, nogil=True)
def _best_joined(edge: Ints, pull: Floats, inside: Flags) -> int:
    """Return the cell outside that is joined best, or -1."""
    cell, most = -1, 1e-6
    for other in edge:
        if not inside[other] and pull[other] > most:
            cell, most = other, pull[other]
    return cell


@njit(cache=True, nogil=True)
def _crossing(network: Network, grown: Ints, inside: Flags, crossing: Ints) -> int:
    """Write the arcs that lead into the set; return their number."""
    count = 0
    for cell in grown:
        for arc in range(network.arcs[cell], network.arcs[cell + 1]):
            if not inside[network.tail[arc]]:
                crossing[count] = arc
                count += 1
    return count


@njit(cache=True, nogil=True)
def _improve(network: Network, grown: Ints, crossing: Ints, best: Floats) -> bool:
    """Write the most violated inequality of one set if it beats the best; return whether it did."""
    better = False
    before = -1.0
    for share_taken in _SHARES:
        asked, unserved = _asked(network, grown, share_taken)
        if asked == before:
            continue
        before, full_before = asked, -1.0
        for share_brought in _SHARES:
            full, brought = _brought(network, crossing, share_brought)
            lacks = asked - full
            if lacks > 1e-6 * asked and full != full_before:
                full_before = full
                step, violation = _best_step(network, crossing, lacks, unserved + brought)
                if violation > best[0]:
                    best[0], best[1], best[2], best[3] = violation, share_taken, share_brought, step
                    better = True
    return better


@njit(cache=True, nogil=True)
def _asked(network: Network, grown: Ints, share: float) -> tuple[float, float]:
    """Return what the demands that are served to a share ask for, and what of it is not served."""
    asked, unserved = 0.0, 0.0
    for cell in grown:
        for demand in range(network.demands[cell], network.demands[cell + 1]):
            if network.taken[demand] >= share * network.asked[demand]:
                asked += network.asked[demand]
                unserved += network.asked[demand] - network.taken[demand]
    return asked, unserved


@njit(cache=True, nogil=True)
def _brought(network: Network, crossing: Ints, share: float) -> tuple[float, float]:
    """Return what the arcs without a gate that are full to a share bring at most, and what the others bring."""
    full, brought = 0.0, 0.0
    for arc in crossing:
        if not network.gated[arc]:
            if network.most[arc] < np.inf and network.through[arc] >= share * network.most[arc]:
                full += network.most[arc]
            else:
                brought += network.through[arc]
    return full, brought


@njit(cache=True, nogil=True)
def _best_step(network: Network, crossing: Ints, lacks: float, brought: float) -> tuple[float, float]:
    """Return the step whose inequality is violated most (0: what the set lacks), and by how much."""
    best, violation = 0.0, _violation(network, crossing, lacks, brought, lacks)
    tried, count = np.empty(_STEPS), 0
    for arc in crossing:
        step = network.most[arc]
        if network.gated[arc] and step < lacks and count < _STEPS and not (tried[:count] == step).any():
            tried[count] = step
            count += 1
            last = lacks - (np.ceil(lacks / step - 1e-9) - 1) * step
            if last >= 0.02 * step and lacks <= _PIECES * step:
                found = _violation(network, crossing, lacks, brought, step)
                if found > violation:
                    best, violation = step, found
    return best, violation


@njit(cache=True, nogil=True)
def _violation(network: Network, crossing: Ints, lacks: float, brought: float, step: float) -> float:
    pieces = np.ceil(lacks / step - 1e-9)
    last = lacks - (pieces - 1) * step
    left, right = brought, pieces * last
    for arc in crossing:
        if network.gated[arc] and left < right:
            capacity = min(network.most[arc], lacks)
            whole = np.floor(capacity / step + 1e-12)
            weight = whole * last + min(max(capacity - whole * step, 0.0), last)
            left += min(network.through[arc], weight * network.opened[arc])
    return float((right - left) / right)
