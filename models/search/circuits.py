"""Flows sent round circuits, compiled: change the flow of one arc, send the difference back the cheapest way.

What an arc costs to change is what its gates cost then: those it opens, or leaves shut for nothing. So it depends on
the amount and on what else is open, and it may be negative. The way back is a cheapest path for that one amount
(circuits as neighbours of a plan: Ghamlouche, Crainic and Gendreau 2003, Operations Research 51: 655-667); labels are
taken smallest first and may be set again. A path with shared gates is priced too high, so what counts is the cost of
the changes once they are made; they are taken back if that is not below the limit.

Arcs stand in bundles: all columns between two nodes of which one gate lets pass (the diameters of a resource in a
trench, both ways). A bundle may change its columns with its flow. One more node, the last, is the world outside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from models.mip import Floats, Ints

VALUE, LOWER, UPPER, COST = 0, 1, 2, 3  # of a column
ACTIVITY, REACH = 0, 3  # of a row; LOWER and UPPER as of columns
_BROKEN, _LOGGED, _SEARCH, _ANEW, _CHOSEN = 0, 1, 2, 3, 4
_PARENT, _VIA, _SEEN, _NEXT = 0, 1, 2, 3
TRACE = 1e-6  # units per year: no flow is less
_EPSILON = 1e-7  # of a gate: what may pass it shut
_LEAST = 1e-6  # a change of cost that counts
_SAME = 1e-9  # share by which amounts that are the same may differ
_NEAR = 8  # steps away at most from which an amount is taken


class Network(NamedTuple):
    """What does not change.

    By column: entries in rows that are no balance (``first``, then ``row`` and ``entry``), rows whose gate it is
    (``gate_first``, ``gate_row``), its bundle or -1, its sign there. By row: ``gate`` or -1. By bundle: its two
    ``ends``, columns (``column_first``, then ``column``), ``gain`` (what arrives of a unit sent) and ``floor`` (least
    cost to open it). By node: bundles (``node_first``, ``at_node``).
    """

    first: Ints
    row: Ints
    entry: Floats
    gate_first: Ints
    gate_row: Ints
    bundle: Ints
    sign: Floats
    gate: Ints
    ends: Ints
    column_first: Ints
    column: Ints
    gain: Floats
    floor: Floats
    node_first: Ints
    at_node: Ints


class State(NamedTuple):
    """A plan as it changes: a line of ``columns`` and ``rows`` each, flows by bundle; and room for the searches.

    ``cost`` is what it costs and what the best so far did, whose flows are in ``best``, its gates not always.
    """

    columns: Floats
    best: Floats
    cost: Floats
    rows: Floats
    flow: Floats
    used: Ints
    counts: Ints
    stack: Ints
    amount: Floats
    log: Ints
    before: Floats
    label: Floats
    carried: Floats
    node: Ints
    priced: Floats
    priced_at: Ints
    random: npt.NDArray[np.uint64]
    key: Floats
    heap: Ints


class _Errand(NamedTuple):
    """Carry an amount from one node to another, where so much is wanted; one bundle is left out."""

    left_out: int
    source: int
    amount: float
    goal: int
    wanted: float


@njit(cache=True, nogil=True)
def draw(state: State) -> float:
    """Return a random number in [0, 1) (xorshift: Marsaglia 2003, Journal of Statistical Software 8 (14))."""
    x = state.random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state.random[0] = x
    return float(x >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, nogil=True)
def _is_broken(rows: Floats, row: int, activity: float) -> bool:
    return bool(activity > rows[row, UPPER] or activity < rows[row, LOWER])


@njit(cache=True, nogil=True)
def _set(net: Network, state: State, start: int, value: float) -> float:
    """Set a column, and all gates above it as they then must be; return the change of cost."""
    columns, rows, stack = state.columns, state.rows, state.stack
    bundle, old = net.bundle[start], columns[start, VALUE]
    value = 0.0 if value < TRACE else value
    if bundle >= 0:
        state.flow[bundle] += net.sign[start] * (value - old)
        state.used[bundle] += (1 if value > 0.0 else 0) - (1 if old > 0.0 else 0)
        if state.used[bundle] == 0:
            state.flow[bundle] = 0.0
    cost, need, top = 0.0, value, 1
    stack[0] = start
    given = True
    while top > 0:
        top -= 1
        column = stack[top]
        now = columns[column, VALUE]
        if not given:
            need = columns[column, LOWER]
            for k in range(net.gate_first[column], net.gate_first[column + 1]):
                row = net.gate_row[k]
                need = max(need, np.ceil(rows[row, ACTIVITY] / rows[row, REACH] + now - _EPSILON))
            need = min(need, columns[column, UPPER])
        given = False
        change = need - now
        if change == 0.0:
            continue
        columns[column, VALUE] = need
        cost += columns[column, COST] * change
        for k in range(net.first[column], net.first[column + 1]):
            row = net.row[k]
            activity = rows[row, ACTIVITY]
            rows[row, ACTIVITY] = activity + net.entry[k] * change
            state.counts[_BROKEN] -= int(_is_broken(rows, row, activity))
            state.counts[_BROKEN] += int(_is_broken(rows, row, rows[row, ACTIVITY]))
            gate = net.gate[row]
            if gate >= 0 and gate != column:
                stack[top] = gate
                top += 1
    return cost


@njit(cache=True, nogil=True)
def _level(net: Network, state: State, gate: int, row: int, activity: float) -> float:
    """Return how far a gate must be open when the activity of one of its rows is another; no less than it may be."""
    rows, now = state.rows, state.columns[gate, VALUE]
    need = max(np.ceil(activity / rows[row, REACH] + now - _EPSILON), state.columns[gate, LOWER])
    for k in range(net.gate_first[gate], net.gate_first[gate + 1]):
        if need >= now:
            break
        other = net.gate_row[k]
        if other != row:
            need = max(need, np.ceil(rows[other, ACTIVITY] / rows[other, REACH] + now - _EPSILON))
    return float(need)


@njit(cache=True, nogil=True)
def _peek(net: Network, state: State, start: int, change: float) -> float:
    """Return what it would cost to change a column; inf where a bound or a row forbids it."""
    columns, rows, stack, amount = state.columns, state.rows, state.stack, state.amount
    new = columns[start, VALUE] + change
    if new > columns[start, UPPER] + TRACE or new < columns[start, LOWER] - TRACE:
        return np.inf
    cost, top = 0.0, 1
    stack[0], amount[0] = start, change
    while top > 0:
        top -= 1
        column, step = stack[top], amount[top]
        cost += columns[column, COST] * step
        for k in range(net.first[column], net.first[column + 1]):
            row = net.row[k]
            gate = net.gate[row]
            if gate == column:
                continue
            activity = rows[row, ACTIVITY] + net.entry[k] * step
            if gate < 0:
                if _is_broken(rows, row, activity):
                    return np.inf
                continue
            need = _level(net, state, gate, row, activity)
            if need > columns[gate, UPPER]:
                return np.inf
            if need != columns[gate, VALUE]:
                stack[top], amount[top] = gate, need - columns[gate, VALUE]
                top += 1
    return cost


@njit(cache=True, nogil=True)
def _price_beside(net: Network, state: State, bundle: int, change: float, in_use: int) -> float:
    """Return the least cost of a change by one column of a bundle, in use or not, and note which."""
    best = np.inf
    for k in range(net.column_first[bundle], net.column_first[bundle + 1]):
        column = net.column[k]
        step = net.sign[column] * change
        if (state.columns[column, VALUE] > 0.0) != (in_use == 1) or (step < 0.0 and in_use == 0):
            continue
        cost = _peek(net, state, column, step)
        if cost < best:
            best = cost
            state.counts[_ANEW], state.counts[_CHOSEN] = 0, column
    return best


@njit(cache=True, nogil=True)
def _price_anew(net: Network, state: State, bundle: int, to: float, best: float) -> float:
    """Return the least cost of all of a bundle's flow in one column, and note which, if it is below the best."""
    columns, log, before = state.columns, state.log, state.before
    flow, broken, closing, place = state.flow[bundle], state.counts[_BROKEN], 0.0, len(log)
    start, end = net.column_first[bundle], net.column_first[bundle + 1]
    for k in range(start, end):
        column = net.column[k]
        if columns[column, VALUE] > 0.0:
            place -= 1
            log[place], before[place] = column, columns[column, VALUE]
            closing += _set(net, state, column, 0.0)
    for k in range(start, end):
        column = net.column[k]
        if state.counts[_BROKEN] <= broken and to * net.sign[column] > 0.0:
            cost = closing + _peek(net, state, column, to * net.sign[column])
            if cost < best - _LEAST:
                best = cost
                state.counts[_ANEW], state.counts[_CHOSEN] = 1, column
    for k in range(place, len(log)):
        _set(net, state, log[k], before[k])
    state.flow[bundle] = flow
    return best


@njit(cache=True, nogil=True)
def _price(net: Network, state: State, bundle: int, change: float) -> float:
    """Return the least cost of a change of a bundle's flow, and note by which column: beside the others or anew."""
    if state.used[bundle] == 0:
        return _price_beside(net, state, bundle, change, 0)
    best = _price_beside(net, state, bundle, change, 1)
    if best == np.inf:
        best = _price_beside(net, state, bundle, change, 0)
    flow = state.flow[bundle]
    several = net.column_first[bundle + 1] - net.column_first[bundle] > 1
    if several and abs(flow + change) >= TRACE and (best == np.inf or abs(flow + change) < abs(flow)):
        best = _price_anew(net, state, bundle, flow + change, best)
    return best


@njit(cache=True, nogil=True)
def _put(net: Network, state: State, column: int, value: float) -> float:
    """Set a column and remember what it was."""
    logged = state.counts[_LOGGED]
    state.log[logged], state.before[logged] = column, state.columns[column, VALUE]
    state.counts[_LOGGED] += 1
    return _set(net, state, column, value)


@njit(cache=True, nogil=True)
def _change(net: Network, state: State, bundle: int, change: float) -> float:
    """Change a bundle's flow as is cheapest; return the cost, inf where it cannot be."""
    if _price(net, state, bundle, change) == np.inf or state.counts[_LOGGED] > len(state.log) // 2:
        return np.inf
    chosen = state.counts[_CHOSEN]
    if state.counts[_ANEW] == 0:
        return _put(net, state, chosen, state.columns[chosen, VALUE] + net.sign[chosen] * change)
    cost, to = 0.0, state.flow[bundle] + change
    for k in range(net.column_first[bundle], net.column_first[bundle + 1]):
        column = net.column[k]
        if state.columns[column, VALUE] > 0.0:
            cost += _put(net, state, column, 0.0)
    return cost + _put(net, state, chosen, to * net.sign[chosen])


@njit(cache=True, nogil=True)
def _undo(net: Network, state: State) -> None:
    """Take back all changes since the log was emptied."""
    while state.counts[_LOGGED] > 0:
        state.counts[_LOGGED] -= 1
        logged = state.counts[_LOGGED]
        _set(net, state, state.log[logged], state.before[logged])


@njit(cache=True, nogil=True)
def _push(key: Floats, heap: Ints, size: int, label: float, node: int) -> int:
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if key[above] <= label:
            break
        key[place], heap[place] = key[above], heap[above]
        place = above
    key[place], heap[place] = label, node
    return size + 1


@njit(cache=True, nogil=True)
def _drop_first(key: Floats, heap: Ints, size: int) -> int:
    size -= 1
    label, node, place = key[size], heap[size], 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and key[below + 1] < key[below]:
            below += 1
        if key[below] >= label:
            break
        key[place], heap[place] = key[below], heap[below]
        place = below
    key[place], heap[place] = label, node
    return size


@njit(cache=True, nogil=True)
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
    label, carried, node, key, heap = state.label, state.carried, state.node, state.key, state.heap
    world = len(net.node_first) - 2
    state.counts[_SEARCH] += 1
    search = state.counts[_SEARCH]
    label[errand.source], carried[errand.source] = cost, errand.amount
    node[errand.source, _PARENT], node[errand.source, _VIA], node[errand.source, _SEEN] = -1, errand.left_out, search
    size = _push(key, heap, 0, cost, errand.source)
    while size > 0 and heap[0] != errand.goal:
        base, here = key[0], heap[0]
        size = _drop_first(key, heap, size)
        if base > label[here] + _LEAST:
            continue
        sent = errand.wanted if here == world else carried[here]
        for p in range(net.node_first[here], net.node_first[here + 1]):
            bundle = net.at_node[p]
            to, arrives, change = _step(net, bundle, here, sent)
            most = min(limit, label[to]) if node[to, _SEEN] == search else limit
            if bundle == errand.left_out or (state.used[bundle] == 0 and base + net.floor[bundle] >= most):
                continue
            if to == errand.source or (to == errand.goal and not _is_wanted(errand, arrives, world)):
                continue
            slot = 2 * bundle + int(change < 0.0)
            if state.priced_at[slot] != search or state.priced[slot, 1] != change:
                state.priced_at[slot] = search
                state.priced[slot, 0], state.priced[slot, 1] = _price(net, state, bundle, change), change
            new = base + state.priced[slot, 0]
            if new < most - _LEAST and size < len(key) and not _lies_above(node, here, to):
                label[to], carried[to] = new, arrives
                node[to, _PARENT], node[to, _VIA], node[to, _SEEN] = here, bundle, search
                size = _push(key, heap, size, new, to)
    return size > 0


@njit(cache=True, nogil=True)
def _step(net: Network, bundle: int, here: int, sent: float) -> tuple[int, float, float]:
    """Return where a bundle leads from a node, how much arrives there, and by what its flow changes."""
    if net.ends[bundle, 0] == here:
        return net.ends[bundle, 1], sent * net.gain[bundle], sent
    return net.ends[bundle, 0], sent / net.gain[bundle], -sent / net.gain[bundle]


@njit(cache=True, nogil=True)
def _is_wanted(errand: _Errand, arrives: float, world: int) -> bool:
    return errand.goal == world or abs(arrives - errand.wanted) <= _SAME * errand.wanted


@njit(cache=True, nogil=True)
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
        cost += _change(net, state, bundle, change)
        if cost == np.inf:
            return cost
        after = node[after, _NEXT]
    return cost if _is_wanted(errand, sent, world) else np.inf


@njit(cache=True, nogil=True)
def turn(net: Network, state: State, bundle: int, change: float, limit: float) -> float:
    """Change a bundle's flow and send it back; return the change of cost, inf where it was not below the limit."""
    state.counts[_LOGGED] = 0
    cost = _change(net, state, bundle, change)
    if cost < limit and state.counts[_BROKEN] == 0:
        first, last, size = net.ends[bundle, 0], net.ends[bundle, 1], abs(change)
        errand = _Errand(bundle, last, size * net.gain[bundle], first, size)
        if change < 0.0:
            errand = _Errand(bundle, first, size, last, size * net.gain[bundle])
        if _search(net, state, errand, cost, limit):
            cost += _carry(net, state, errand)
            if cost < limit and state.counts[_BROKEN] == 0:
                return cost
    _undo(net, state)
    return np.inf


@njit(cache=True, nogil=True)
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
        limit = -temperature * np.log(1.0 - draw(state)) if temperature > 0.0 else -_LEAST
        gained = turn(net, state, bundle, change, limit)
        if gained == np.inf:
            continue
        if gained > 0.0 and unwritten:
            state.best[:] = state.columns[:, VALUE]
            for k in range(state.counts[_LOGGED] - 1, -1, -1):
                state.best[state.log[k]] = state.before[k]
            unwritten = False
        cost[0] += gained
        if cost[0] < cost[1] - _LEAST:
            cost[1], unwritten = cost[0], True
    if unwritten:
        state.best[:] = state.columns[:, VALUE]
