"""What it costs to change a flow, and changing it, compiled: gates open and shut with the flows behind them.

Arcs stand in bundles: all columns between two nodes of which one gate lets pass (the diameters of a resource in a
trench, both ways). A bundle may change its columns with its flow. What a change costs is what its gates cost then:
those it opens, or leaves shut for nothing. So it depends on the amount and on what else is open, and it may be
negative. Gates may stand behind gates, but not in a ring.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.mip import Floats, Ints
from models.search.compiled import uncounted

VALUE, LOWER, UPPER, COST = 0, 1, 2, 3  # of a column
ACTIVITY, REACH = 0, 3  # of a row; LOWER and UPPER as of columns
BROKEN, LOGGED, SEARCH, _ANEW, _CHOSEN = 0, 1, 2, 3, 4
TRACE = 1e-6  # units per year: no flow is less
_EPSILON = 1e-7  # of a gate: what may pass it shut
LEAST = 1e-6  # a change of cost that counts


class Network(NamedTuple):
    """What does not change.

    By column: entries in rows that are no balance (``first``, then ``row`` and ``entry``), rows whose gate it is
    (``gate_first``, ``gate_row``), its bundle or -1, its sign there, what its ``own`` gates cost, those that nothing
    outside its bundle stands behind. By row: ``gate`` or -1. By bundle: its two ``ends``, columns (``column_first``,
    then ``column``; from the first end until ``turned``), ``gain`` (what arrives of a unit sent) and ``floor`` (least
    cost to open it). By node: bundles (``node_first``, ``at_node``).
    """

    first: Ints
    row: Ints
    entry: Floats
    gate_first: Ints
    gate_row: Ints
    bundle: Ints
    sign: Floats
    own: Floats
    gate: Ints
    ends: Ints
    column_first: Ints
    column: Ints
    turned: Ints
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


@uncounted
def _is_broken(rows: Floats, row: int, activity: float) -> bool:
    return bool(activity > rows[row, UPPER] or activity < rows[row, LOWER])


@uncounted
def _opening(rows: Floats, row: int, activity: float, now: float) -> float:
    """Return how far a gate must be open for one of its rows, which has an activity with the gate as it is now."""
    return float(np.ceil(activity / rows[row, REACH] + now - _EPSILON))


@uncounted
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
                need = max(need, _opening(rows, row, rows[row, ACTIVITY], now))
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
            state.counts[BROKEN] -= int(_is_broken(rows, row, activity))
            state.counts[BROKEN] += int(_is_broken(rows, row, rows[row, ACTIVITY]))
            gate = net.gate[row]
            if gate >= 0 and gate != column:
                stack[top] = gate
                top += 1
    return cost


@uncounted
def _level(net: Network, state: State, gate: int, row: int, activity: float) -> float:
    """Return how far a gate must be open when the activity of one of its rows is another; no less than it may be."""
    rows, now = state.rows, state.columns[gate, VALUE]
    need = max(_opening(rows, row, activity, now), state.columns[gate, LOWER])
    for k in range(net.gate_first[gate], net.gate_first[gate + 1]):
        if need >= now:
            break
        other = net.gate_row[k]
        if other != row:
            need = max(need, _opening(rows, other, rows[other, ACTIVITY], now))
    return float(need)


@uncounted
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


@uncounted
def _costs(net: Network, state: State, column: int, value: float) -> float:
    """Return what a column and its own gates cost at a value."""
    return float(net.own[column] + state.columns[column, COST] * value)


@uncounted
def _one_way(net: Network, bundle: int, flow: float) -> tuple[int, int]:
    """Return where a bundle's columns begin and end that lead the way of a flow."""
    if flow > 0.0:
        return net.column_first[bundle], net.turned[bundle]
    return net.turned[bundle], net.column_first[bundle + 1]


@uncounted
def _price_in_use(net: Network, state: State, bundle: int, change: float, best: float) -> float:
    """Return the least cost of a change by one column of a bundle in use, and note which, if it is below the best."""
    for k in range(net.column_first[bundle], net.column_first[bundle + 1]):
        column = net.column[k]
        if state.columns[column, VALUE] > 0.0:
            cost = _peek(net, state, column, net.sign[column] * change)
            if cost < best:
                best = cost
                state.counts[_ANEW], state.counts[_CHOSEN] = 0, column
    return best


@uncounted
def _price_beside(net: Network, state: State, bundle: int, change: float, best: float) -> float:
    """Return the least cost of a change by another column of a bundle, and note which, if it is below the best."""
    columns, size = state.columns, abs(change)
    start, end = _one_way(net, bundle, change)
    for k in range(start, end):
        column = net.column[k]
        if size > columns[column, UPPER] + TRACE or columns[column, VALUE] > 0.0:
            continue
        if _costs(net, state, column, size) < best:
            cost = _peek(net, state, column, size)
            if cost < best:
                best = cost
                state.counts[_ANEW], state.counts[_CHOSEN] = 0, column
    return best


@uncounted
def _may_pay(net: Network, state: State, bundle: int, to: float, best: float) -> bool:
    """Return whether all of a bundle's flow in one column might cost less than the best, by what its own gates say.

    Gates above all of its columns are taken to stay as they are.
    """
    spared = 0.0
    for k in range(net.column_first[bundle], net.column_first[bundle + 1]):
        value = state.columns[net.column[k], VALUE]
        if value > 0.0:
            spared += _costs(net, state, net.column[k], value)
    start, end = _one_way(net, bundle, to)
    for k in range(start, end):
        column = net.column[k]
        fits = abs(to) <= state.columns[column, UPPER] + TRACE
        if fits and _costs(net, state, column, abs(to)) < spared + best - LEAST:
            return True
    return False


@uncounted
def _price_anew(net: Network, state: State, bundle: int, to: float, best: float) -> float:
    """Return the least cost of all of a bundle's flow in one column, and note which, if it is below the best."""
    columns, log, before = state.columns, state.log, state.before
    flow, broken, closing, place = state.flow[bundle], state.counts[BROKEN], 0.0, len(log)
    for k in range(net.column_first[bundle], net.column_first[bundle + 1]):
        column = net.column[k]
        if columns[column, VALUE] > 0.0:
            place -= 1
            log[place], before[place] = column, columns[column, VALUE]
            closing += _set(net, state, column, 0.0)
    start, end = _one_way(net, bundle, to)
    for k in range(start, end):
        if state.counts[BROKEN] <= broken:
            cost = closing + _peek(net, state, net.column[k], abs(to))
            if cost < best - LEAST:
                best = cost
                state.counts[_ANEW], state.counts[_CHOSEN] = 1, net.column[k]
    for k in range(place, len(log)):
        _set(net, state, log[k], before[k])
    state.flow[bundle] = flow
    return best


@uncounted
def price(net: Network, state: State, bundle: int, change: float, most: float) -> float:
    """Return the least cost of a change of a bundle's flow, and note by which column: beside the others or anew.

    What is not below ``most`` is not looked for: then ``most`` is returned.
    """
    if state.used[bundle] == 0:
        if net.floor[bundle] >= most:
            return most
        return _price_beside(net, state, bundle, change, most)
    best = _price_in_use(net, state, bundle, change, most)
    flow, to, other = state.flow[bundle], state.flow[bundle] + change, best == most
    if other:
        best = _price_beside(net, state, bundle, change, most)
    several = net.column_first[bundle + 1] - net.column_first[bundle] > 1 and abs(to) >= TRACE
    if several and (other or abs(to) < abs(flow)) and _may_pay(net, state, bundle, to, best):
        best = _price_anew(net, state, bundle, to, best)
    return best


@uncounted
def _put(net: Network, state: State, column: int, value: float) -> float:
    """Set a column and remember what it was."""
    logged = state.counts[LOGGED]
    state.log[logged], state.before[logged] = column, state.columns[column, VALUE]
    state.counts[LOGGED] += 1
    return _set(net, state, column, value)


@uncounted
def change_flow(net: Network, state: State, bundle: int, change: float) -> float:
    """Change a bundle's flow as is cheapest; return the cost, inf where it cannot be."""
    if price(net, state, bundle, change, np.inf) == np.inf or state.counts[LOGGED] > len(state.log) // 2:
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


@uncounted
def undo(net: Network, state: State) -> None:
    """Take back all changes since the log was emptied."""
    while state.counts[LOGGED] > 0:
        state.counts[LOGGED] -= 1
        logged = state.counts[LOGGED]
        _set(net, state, state.log[logged], state.before[logged])
