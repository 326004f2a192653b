"""Compiled searches: Dijkstra from one source after the other, stopped once all its targets are settled.

The graph is in compressed sparse rows: the arcs out of node ``u`` are ``first[u]`` to ``first[u + 1] - 1``,
arc ``a`` ends at ``head[a]`` and costs ``weight[a]``, not negative. The queue is a heap with four children
per entry (Johnson 1975) whose outdated entries are skipped when they come up.

Of several arcs that reach a node at the same cost from nodes settled before it, the one with the lowest
number counts. So the path between two nodes depends neither on the order of the queue nor on how the
sources are spread over threads.

The graph may be a smaller one that stands for the whole (:mod:`routing.elimination`); paths are written
out in arcs of the whole graph.

The kernels release the interpreter lock and touch nothing but their arguments, so threads may run them side
by side. Compiled code is kept beside this file, or in the user's cache folder where that is not writable.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Arcs = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

NO_ARC = -1
_WANTED, _SETTLED = np.uint8(1), np.uint8(2)
_CHILDREN = 4


class Rows(NamedTuple):
    """A graph of n nodes and m arcs, by the node that an arc leaves."""

    first: Ints  # (n + 1,)
    head: Arcs  # (m,)
    tail: Arcs  # (m,)
    weight: Floats  # (m,)


class Wanted(NamedTuple):
    """The targets of s sources: those of source ``i`` are ``target[begin[i]:begin[i + 1]]``.

    ``target`` may hold those of other sources too, so ``begin`` need not start at zero.
    """

    source: Ints  # (s,)
    begin: Ints  # (s + 1,)
    target: Ints


class Shortcuts(NamedTuple):
    """What the arcs of a smaller graph stand for: arcs of the whole graph, or two arcs or shortcuts each."""

    arcs: int  # of the whole graph; arc ``arcs + i`` is shortcut i
    child: Arcs  # the two parts of each shortcut, both made before it, (shortcuts, 2)
    code: Arcs  # the arc or shortcut behind each arc of the smaller graph


class Quantities(NamedTuple):
    """What is added up along paths, per arc of the graph that is searched."""

    value: Floats  # (m, k)
    size: Ints  # arcs of the whole graph that it stands for, (m,)


class _Room(NamedTuple):
    """What one search works in."""

    cost: Floats  # per node: least so far
    via: Arcs  # per node: last arc of the cheapest path so far
    state: Bytes  # per node
    key: Floats  # of the queue, (m + 1,)
    node: Arcs  # of the queue, (m + 1,)


@njit(cache=True, nogil=True)
def _push(key: Floats, node: Arcs, size: int, new_key: float, new_node: int) -> None:
    """Put an entry into a heap of ``size`` entries."""
    at = size
    while at > 0:
        parent = (at - 1) // _CHILDREN
        if key[parent] <= new_key:
            break
        key[at], node[at] = key[parent], node[parent]
        at = parent
    key[at], node[at] = new_key, new_node


@njit(cache=True, nogil=True)
def _drop_first(key: Floats, node: Arcs, size: int) -> None:
    """Take the least entry out of a heap of which ``size`` entries remain; entry ``size`` fills the hole."""
    last_key, last_node = key[size], node[size]
    at = 0
    while True:
        child = at * _CHILDREN + 1
        if child >= size:
            break
        best = child
        for other in range(child + 1, min(child + _CHILDREN, size)):
            if key[other] < key[best]:
                best = other
        if key[best] >= last_key:
            break
        key[at], node[at] = key[best], node[best]
        at = best
    key[at], node[at] = last_key, last_node


@njit(cache=True, nogil=True)
def _search(rows: Rows, room: _Room, source: int, wanted: int) -> None:
    """Fill ``cost`` and ``via`` until ``wanted`` nodes, marked in ``state``, are settled.

    What is not settled in the end has a bound, not a cost.
    """
    cost, via, state = room.cost, room.via, room.state
    for there in range(len(cost)):
        cost[there] = np.inf
    cost[source] = 0.0
    via[source] = NO_ARC
    room.key[0], room.node[0] = 0.0, source
    size = 1
    while size > 0:
        tail, so_far = room.node[0], room.key[0]
        size -= 1
        _drop_first(room.key, room.node, size)
        if state[tail] & _SETTLED:
            continue
        if state[tail] & _WANTED:
            wanted -= 1
            if wanted == 0:
                return
        state[tail] |= _SETTLED
        for arc in range(rows.first[tail], rows.first[tail + 1]):
            there, total = rows.head[arc], so_far + rows.weight[arc]
            if total < cost[there]:
                cost[there], via[there] = total, arc
                _push(room.key, room.node, size, total, there)
                size += 1
            elif total == cost[there] and not state[there] & _SETTLED and arc < via[there]:
                via[there] = arc


@njit(cache=True, nogil=True)
def _mark(state: Bytes, target: Ints, begin: int, end: int) -> int:
    """Mark the targets ``begin`` to ``end - 1`` as wanted; return how many nodes that are."""
    for node in range(len(state)):
        state[node] = 0
    wanted = 0
    for pair in range(begin, end):
        if not state[target[pair]]:
            state[target[pair]] = _WANTED
            wanted += 1
    return wanted


@njit(cache=True, nogil=True)
def _with_room(array: Arcs, size: int) -> Arcs:
    """Return an array of these entries with room for at least ``size``."""
    if size <= len(array):
        return array
    longer = np.empty(max(size, 2 * len(array)), dtype=np.int32)
    for at in range(len(array)):
        longer[at] = array[at]
    return longer


@njit(cache=True, nogil=True)
def add_up_shortcuts(shortcuts: Shortcuts, total: Floats, size: Ints) -> None:
    """Complete values and numbers of arcs, given those of the whole graph's arcs, by those of the shortcuts.

    ``total`` has shape (arcs and shortcuts, k), ``size`` (arcs and shortcuts,).
    """
    for shortcut in range(len(shortcuts.child)):
        here = shortcuts.arcs + shortcut
        one, two = shortcuts.child[shortcut, 0], shortcuts.child[shortcut, 1]
        size[here] = size[one] + size[two]
        for column in range(total.shape[1]):
            total[here, column] = total[one, column] + total[two, column]


@njit(cache=True, nogil=True)
def _add_up(room: _Room, tail: Arcs, last: int, of: Quantities, sums: Floats) -> int:
    """Add the values of the arcs on the way to ``last`` to ``sums`` (k,); return the number of arcs written out."""
    via = room.via
    count, arc = 0, via[last]
    while arc != NO_ARC:
        count += of.size[arc]
        for column in range(of.value.shape[1]):
            sums[column] += of.value[arc, column]
        arc = via[tail[arc]]
    return count


@njit(cache=True, nogil=True)
def _written_out(shortcuts: Shortcuts, arc: int, stack: Arcs, steps: Arcs, end: int) -> Arcs:
    """Write what an arc stands for into ``steps``, the last arc at ``end - 1``; return the stack, maybe longer."""
    stack[0], waiting = shortcuts.code[arc], 1
    while waiting:
        waiting -= 1
        this = stack[waiting]
        if this < shortcuts.arcs:
            end -= 1
            steps[end] = this
            continue
        stack = _with_room(stack, waiting + 2)
        stack[waiting] = shortcuts.child[this - shortcuts.arcs, 0]
        stack[waiting + 1] = shortcuts.child[this - shortcuts.arcs, 1]
        waiting += 2
    return stack


@njit(cache=True, nogil=True)
def search_block(
    rows: Rows, shortcuts: Shortcuts, wanted: Wanted, of: Quantities, with_steps: bool
) -> tuple[Floats, Floats, Ints, Arcs]:
    """Search from each source to its own targets, p pairs in all.

    Parameters
    ----------
    rows, wanted
        The graph, the sources and their targets.
    shortcuts
        What its arcs stand for.
    of
        Quantities to add up along the paths.
    with_steps
        Whether the arcs of the paths are wanted.

    Returns
    -------
    cost
        (p,); infinite where there is no path.
    sums
        Of ``of.value`` along each path, (p, k).
    count
        Arcs of each path in the whole graph, (p,).
    steps
        Arcs of the whole graph, all paths end to end, from source to target; empty unless ``with_steps``.
    """
    nodes, arcs, offset = len(rows.first) - 1, len(rows.head), wanted.begin[0]
    pairs = wanted.begin[-1] - offset
    room = _Room(
        np.empty(nodes, dtype=np.float64),
        np.empty(nodes, dtype=np.int32),
        np.empty(nodes, dtype=np.uint8),
        np.empty(arcs + 1, dtype=np.float64),
        np.empty(arcs + 1, dtype=np.int32),
    )
    cost, sums = np.empty(pairs, dtype=np.float64), np.zeros((pairs, of.value.shape[1]), dtype=np.float64)
    count = np.zeros(pairs, dtype=np.int64)
    steps, stack, used = np.empty(1024, dtype=np.int32), np.empty(64, dtype=np.int32), 0
    for row in range(len(wanted.source)):
        begin, end = wanted.begin[row], wanted.begin[row + 1]
        _search(rows, room, wanted.source[row], _mark(room.state, wanted.target, begin, end))
        for pair in range(begin, end):
            mine, last = pair - offset, wanted.target[pair]
            cost[mine] = room.cost[last]
            if cost[mine] == np.inf:
                continue
            count[mine] = _add_up(room, rows.tail, last, of, sums[mine])
            if not with_steps:
                continue
            used += count[mine]
            steps = _with_room(steps, used)
            at, arc = used, room.via[last]
            while arc != NO_ARC:
                stack = _written_out(shortcuts, arc, stack, steps, at)
                at -= of.size[arc]
                arc = room.via[rows.tail[arc]]
    return cost, sums, count, steps[:used]


@njit(cache=True, nogil=True)
def put_steps(begin: Ints, count: Ints, steps: Arcs, reverse: bool, out: Arcs) -> None:
    """Copy some paths, end to end in ``steps``, to where each begins in ``out``.

    Parameters
    ----------
    begin, count
        Where each path begins in the result, and its number of arcs, (p,).
    steps
        Arcs.
    reverse
        Whether the result lists the arcs of a path from the last to the first.
    out
        Filled with arcs.
    """
    read = 0
    for path in range(len(begin)):
        for step in range(count[path]):
            out[begin[path] + (count[path] - 1 - step if reverse else step)] = steps[read]
            read += 1


@njit(cache=True, nogil=True)
def sum_steps(begin: Ints, edge: Arcs, per_edge: Floats) -> Floats:
    """Return the sum of ``per_edge`` over the edges ``edge[begin[i]:begin[i + 1]]`` of each path ``i``."""
    sums = np.zeros(len(begin) - 1, dtype=np.float64)
    for path in range(len(begin) - 1):
        for step in range(begin[path], begin[path + 1]):
            sums[path] += per_edge[edge[step]]
    return sums
