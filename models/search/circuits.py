"""Flows sent round circuits, compiled: change the flow of one arc, send the difference back the cheapest way.

The way back is a cheapest path for that one amount, each arc at what the change costs it (:mod:`models.search.changes`;
circuits as neighbours of a plan: Ghamlouche, Crainic and Gendreau 2003, Operations Research 51: 655-667). Costs may be
negative: labels are taken smallest first and may be set again. A path with shared gates is priced too high, so what
counts is the cost of the changes once they are made; they are taken back if that is not below the limit. One node, the
last, is the world outside.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numba import njit

from models.mip import Ints
from models.search.changes import (
    BROKEN,
    LEAST,
    LOGGED,
    SEARCH,
    TRACE,
    UPPER,
    VALUE,
    Network,
    State,
    change_flow,
    price,
    undo,
)
from models.search.compiled import uncounted

_PARENT, _VIA, _SEEN, _NEXT = 0, 1, 2, 3  # of a node in a search
_SAME = 1e-9  # share by which amounts that are the same may differ
_NEAR = 8  # steps away at most from which an amount is taken


class _Errand(NamedTuple):
    """Carry an amount from one node to another, where so much is wanted; one bundle is left out."""

    left_out: int
    source: int
    amount: float
    goal: int
    wanted: float


@uncounted
def draw(state: State) -> float:
    """Return a random number in [0, 1) (xorshift: Marsaglia 2003, Journal of Statistical Software 8 (14))."""
    x = state.random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state.random[0] = x
    return float(x >> np.uint64(11)) / 9007199254740992.0


@uncounted
def _lies_above(node: Ints, here: int, other: int) -> bool:
    """Return whether a node lies on the way to another, or is it."""
    while here >= 0 and here != other:
        here = node[here, _PARENT]
    return bool(here == other)


@njit(cache=True, nogil=True)
def _search(net: Network, state: State, errand: _Errand, cost: float, limit: float) -> bool:
    """Look for the cheapest path, less than the limit with the cost so far; return whether there is one.

    What enters or leaves the world there is free to be any amount: what is wanted goes on from there.
    """
    label, carried, node = state.label, state.carried, state.node
    world = len(net.node_first) - 2
    state.counts[SEARCH] += 1
    search = state.counts[SEARCH]
    label[errand.source], carried[errand.source] = cost, errand.amount
    node[errand.source, _PARENT], node[errand.source, _VIA], node[errand.source, _SEEN] = -1, errand.left_out, search
    heap = [(cost, errand.source)]
    while len(heap) > 0 and heap[0][1] != errand.goal:
        base, here = heapq.heappop(heap)
        if base > label[here] + LEAST:
            continue
        sent = errand.wanted if here == world else carried[here]
        for p in range(net.node_first[here], net.node_first[here + 1]):
            bundle = net.at_node[p]
            to, arrives, change = _step(net, bundle, here, sent)
            seen = node[to, _SEEN] == search
            most = min(limit, label[to]) if seen else limit
            if bundle == errand.left_out or to == errand.source:
                continue
            if to == errand.goal and not _is_wanted(errand, arrives, world):
                continue
            new = base + _price_once(net, state, bundle, change, most - base)
            if new < most - LEAST and not (seen and _lies_above(node, here, to)):
                label[to], carried[to] = new, arrives
                node[to, _PARENT], node[to, _VIA], node[to, _SEEN] = here, bundle, search
                heapq.heappush(heap, (new, to))
    return len(heap) > 0


@uncounted
def _price_once(net: Network, state: State, bundle: int, change: float, most: float) -> float:
    """Return the price of a change or, where it is not below ``most``, something that is not either."""
    slot, priced, search = 2 * bundle + int(change < 0.0), state.priced, state.counts[SEARCH]
    if state.priced_at[slot] == search and priced[slot, 1] == change:
        cost = priced[slot, 0]
        if cost < priced[slot, 2] or cost >= most:  # the price itself; or no less than what was asked, and enough so
            return float(cost)
    state.priced_at[slot] = search
    priced[slot, 0], priced[slot, 1], priced[slot, 2] = price(net, state, bundle, change, most), change, most
    return float(priced[slot, 0])


@uncounted
def _step(net: Network, bundle: int, here: int, sent: float) -> tuple[int, float, float]:
    """Return where a bundle leads from a node, how much arrives there, and by what its flow changes."""
    if net.ends[bundle, 0] == here:
        return net.ends[bundle, 1], sent * net.gain[bundle], sent
    return net.ends[bundle, 0], sent / net.gain[bundle], -sent / net.gain[bundle]


@uncounted
def _is_wanted(errand: _Errand, arrives: float, world: int) -> bool:
    return errand.goal == world or abs(arrives - errand.wanted) <= _SAME * errand.wanted


@uncounted
def _carry(net: Network, state: State, errand: _Errand) -> float:
    """Change the flows along the path that was found; return the cost, inf where it cannot be."""
    node, world = state.node, len(net.node_first) - 2
    here, after = errand.goal, -1
    while here != errand.source:
        node[here, _NEXT] = after
        after, here = here, node[here, _PARENT]
    cost, sent = 0.0, errand.amount
    while after >= 0:
        bundle = node[after, _VIA]
        sent = errand.wanted if here == world else sent
        here, sent, change = _step(net, bundle, here, sent)
        cost += change_flow(net, state, bundle, change)
        if cost == np.inf:
            return cost
        after = node[after, _NEXT]
    return cost if _is_wanted(errand, sent, world) else np.inf


@njit(cache=True, nogil=True)
def turn(net: Network, state: State, bundle: int, change: float, limit: float) -> float:
    """Change a bundle's flow and send it back; return the change of cost, inf where it was not below the limit."""
    state.counts[LOGGED] = 0
    cost = change_flow(net, state, bundle, change)
    if cost < limit and state.counts[BROKEN] == 0:
        first, last, size = net.ends[bundle, 0], net.ends[bundle, 1], abs(change)
        errand = _Errand(bundle, last, size * net.gain[bundle], first, size)
        if change < 0.0:
            errand = _Errand(bundle, first, size, last, size * net.gain[bundle])
        if _search(net, state, errand, cost, limit):
            cost += _carry(net, state, errand)
            if cost < limit and state.counts[BROKEN] == 0:
                return cost
    undo(net, state)
    return np.inf


@uncounted
def _first_change(net: Network, state: State, bundle: int) -> float:
    """Return by how much to change a bundle's flow: to nothing, to a smaller column, to all, or as others nearby."""
    columns, flow, world = state.columns, state.flow[bundle], len(net.node_first) - 2
    start, end = net.column_first[bundle], net.column_first[bundle + 1]
    kind = draw(state)
    if flow != 0.0 and kind < 0.4:
        return float(-flow)
    if flow != 0.0 and kind < 0.6 and end - start > 1:
        most = columns[net.column[start + int(draw(state) * (end - start))], UPPER]
        return float((most - abs(flow)) * np.sign(flow) if most < abs(flow) else -flow)
    if end - start == 1 and kind < 0.7:
        column = net.column[start]
        return float(net.sign[column] * (columns[column, UPPER] - columns[column, VALUE]))
    node = net.ends[bundle, 0]
    if net.ends[bundle, 1] != world and draw(state) < 0.5:
        node = net.ends[bundle, 1]
    amount = 0.0
    for _ in range(_NEAR):
        many = net.node_first[node + 1] - net.node_first[node]
        other = net.at_node[net.node_first[node] + int(draw(state) * many)]
        size = abs(state.flow[other])
        if net.column_first[other + 1] - net.column_first[other] == 1 and draw(state) < 0.5:
            size = columns[net.column[net.column_first[other]], UPPER] - size
        if 0.0 < size < np.inf:
            amount = size
            if draw(state) < 0.5:
                break
        to = net.ends[other, 1] if net.ends[other, 0] == node else net.ends[other, 0]
        node = to if to != world else node
    if flow != 0.0 and draw(state) < 0.7:
        return float(-np.sign(flow) * min(amount, abs(flow)))
    return amount if draw(state) < 0.5 else -amount


@njit(cache=True, nogil=True)
def wander(net: Network, state: State, turns: int, temperature: float) -> None:
    """Try turns at a temperature, and write down the best plan that they lead to.

    A turn is taken whose cost is below ``-temperature ln(u)``, u uniform in (0, 1] (threshold form of the rule of
    Metropolis et al. 1953, Journal of Chemical Physics 21: 1087-1092); at 0 only what is better.
    """
    cost, unwritten = state.cost, False
    for _ in range(turns):
        bundle = 0
        for _ in range(20):
            bundle = int(draw(state) * len(net.ends))
            if state.flow[bundle] != 0.0 or net.column_first[bundle + 1] - net.column_first[bundle] == 1:
                break
        change = _first_change(net, state, bundle)
        if not TRACE < abs(change) < np.inf:
            continue
        limit = -temperature * np.log(1.0 - draw(state)) if temperature > 0.0 else -LEAST
        gained = turn(net, state, bundle, change, limit)
        if gained == np.inf:
            continue
        if gained > 0.0 and unwritten:
            state.best[:] = state.columns[:, VALUE]
            for k in range(state.counts[LOGGED] - 1, -1, -1):
                state.best[state.log[k]] = state.before[k]
            unwritten = False
        cost[0] += gained
        if cost[0] < cost[1] - LEAST:
            cost[1], unwritten = cost[0], True
    if unwritten:
        state.best[:] = state.columns[:, VALUE]
