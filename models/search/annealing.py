"""Plans from nothing: flows sent round circuits, what is dearer taken too, and less so as time goes by.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983, Science 220: 671-680) whose moves are circuits, each the
cheapest for its first change (:mod:`models.search.circuits`). It needs no relaxation. Flows that enter more than two
balances (recipes of several inputs) stay as they are, and so does every whole column that no flow stands behind.
Behind a recipe that turns one unit into less or more only amounts that begin at a supply come out right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from models.mip import Flags, Floats, Ints, Mip
from models.search.changes import Network, State
from models.search.circuits import wander
from models.search.form import Form
from models.search.rounding import opened
from models.search.standing import Race
from models.search.structure import Gates, find_balance, find_gates, normalised, set_aside

_HOT, _COLD = 0.3, 0.01  # temperature at first and at last, as shares of what a gate costs on average
_TURNS = 200  # between looks at the clock
_TELL_S = 5.0  # between plans offered
_TOLERANCE = 1e-7  # of the size of a row
_MOST = 1e9  # units per year: a column's size where it is unbounded, or larger
_GATES_ABOVE = 5  # gates above one another, at most
_LOG = 4096  # changes of one turn, at most, besides those of its largest bundle


def anneal(form: Form, race: Race, *, seed: int, until_s: float, ended: Callable[[], bool]) -> None:
    """Improve the best plan, or doing nothing, until so many seconds of the race have passed; plans are offered."""
    if race.plans.best is None:
        race.plans.offer(form.mip.lower)
    best = race.plans.best
    if best is None:
        return
    mip = core_of(form.given)
    net = make_network(mip)
    paid = mip.cost[mip.integer & (mip.cost > 0)]
    if not len(net.ends) or not len(paid) or _gates_in_a_ring(find_gates(mip), len(mip.cost)):
        return
    hot = _HOT * float(paid.mean())
    alone = mip.integer.copy()  # whole columns that are no gates
    alone[net.gate[net.gate >= 0]] = False

    def plan(values: Floats) -> Floats:
        """Return values with gates as their flows need them."""
        return np.where(alone, np.round(values), opened(mip, values))

    state = make_state(net, mip, plan(form.drop(best)), seed=seed)
    offered, began, told = state.cost[1], race.seconds(), race.seconds()
    while not ended() and race.seconds() < until_s:
        passed = (race.seconds() - began) / (until_s - began)
        wander(net, state, _TURNS, hot * (_COLD / _HOT) ** passed)
        if state.cost[1] < offered and race.seconds() > told + _TELL_S:
            race.plans.offer(form.lift(plan(state.best)))
            offered, told = state.cost[1], race.seconds()
    race.plans.offer(form.lift(plan(state.best)))


def core_of(given: Mip) -> Mip:
    """Return a programme normalised and without its strong rows, which whole gates imply."""
    whole = normalised(given)
    return set_aside(whole, find_gates(whole))[0]


def _gates_in_a_ring(gates: Gates, count: int) -> bool:
    """Return whether some gate stands behind itself, through others."""
    graph = csr_array((np.ones(len(gates.gate), np.int8), (gates.behind, gates.gate)), shape=(count, count))
    return bool(connected_components(graph, connection="strong")[0] < count)


def make_network(mip: Mip) -> Network:
    """Return the network of a normalised programme without its strong rows."""
    count, rows = len(mip.cost), len(mip.row_lower)
    balance, gates = find_balance(mip), find_gates(mip)
    world = len(balance.rows)
    arcs = _find_arcs(mip, balance.matrix)
    bundle, sign, ends, column_first, column = _bundles(gates, arcs, world)
    others = np.delete(np.arange(rows), balance.rows)
    entries = mip.matrix[others].tocsc()
    gate = np.full(rows, -1)
    gate[gates.row] = gates.gate
    led = np.flatnonzero(gate >= 0)
    led = led[np.argsort(gate[led], kind="stable")]
    node = ends.ravel()
    order = np.argsort(node, kind="stable")
    own = _own(mip, gates, bundle)
    # Columns that pay more than they cost may be dear to open and still cheap to use.
    opening = np.where(mip.cost < 0, -np.inf, own)[column]
    return Network(
        first=entries.indptr.astype(np.int64),
        row=others[entries.indices],
        entry=entries.data.astype(np.float64),
        gate_first=np.searchsorted(gate[led], np.arange(count + 1)),
        gate_row=led,
        bundle=bundle,
        sign=sign,
        own=own,
        gate=gate,
        ends=ends,
        column_first=column_first,
        column=column,
        turned=column_first[:-1] + np.bincount(bundle[column[sign[column] > 0]], minlength=len(ends)),
        gain=arcs.gain[column[column_first[:-1]]],
        floor=np.minimum.reduceat(opening, column_first[:-1]) if len(ends) else np.zeros(0),
        node_first=np.searchsorted(node[order], np.arange(world + 2)),
        at_node=order // 2,
    )


class _Arcs(NamedTuple):
    """By column where it comes from, where it leads, what arrives of a unit, and whether it is an arc at all."""

    tail: Ints
    head: Ints
    gain: Floats
    fits: Flags


def _find_arcs(mip: Mip, balance: csr_array) -> _Arcs:
    count, world = len(mip.cost), balance.shape[0]
    entries = balance.tocsc()
    line = np.repeat(np.arange(count), np.diff(entries.indptr))
    gives = entries.data < 0
    given, gets = (np.bincount(line[side], minlength=count) for side in (gives, ~gives))
    out = np.bincount(line[gives], -entries.data[gives], minlength=count)
    into = np.bincount(line[~gives], entries.data[~gives], minlength=count)
    tail, head = np.full(count, world), np.full(count, world)
    tail[line[gives]], head[line[~gives]] = entries.indices[gives], entries.indices[~gives]
    fits = ~mip.integer & (mip.lower >= 0) & (given <= 1) & (gets <= 1) & (given + gets > 0)
    fits &= np.where(given == 1, out == 1, into == 1)
    return _Arcs(tail, head, np.where(given + gets == 2, into, 1.0), fits)


def _bundles(gates: Gates, arcs: _Arcs, world: int) -> tuple[Ints, Floats, Ints, Ints, Ints]:
    """Return by column its bundle and sign; by bundle its ends, and its columns, those from the first end first."""
    tail, head, gain, _ = arcs
    count = len(tail)
    above, top = np.full(count, -1), np.arange(count)
    above[gates.behind] = gates.gate
    for _ in range(_GATES_ABOVE):
        top = np.where(above[top] >= 0, above[top], top)
    whole = gain == 1
    first, last = np.where(whole, np.minimum(tail, head), tail), np.where(whole, np.maximum(tail, head), head)
    sign = np.where(tail == first, 1.0, -1.0)
    alone = np.where(last == world, np.arange(count), top)
    chosen = np.flatnonzero(arcs.fits)
    key = np.column_stack([first, last, alone, gain])[chosen]
    number = np.unique(key, axis=0, return_inverse=True)[1].ravel() if len(chosen) else chosen
    order = np.lexsort((-sign[chosen], number))
    bundle = np.full(count, -1)
    bundle[chosen] = number
    column = chosen[order]
    starts = np.searchsorted(number[order], np.arange(number.max(initial=-1) + 2))
    lead = column[starts[:-1]]
    return bundle, sign, np.column_stack([first[lead], last[lead]]), starts, column


def _own(mip: Mip, gates: Gates, bundle: Ints) -> Floats:
    """Return by column what its own gates cost, those that nothing outside its bundle stands behind."""
    count, many = len(mip.cost), int(bundle.max(initial=-1)) + 1
    low, high = np.full(count, many), np.full(count, -2)
    np.minimum.at(low, gates.gate, bundle[gates.behind])
    np.maximum.at(high, gates.gate, bundle[gates.behind])
    own = (low == high) & (low >= 0) & (mip.lower == 0) & (mip.cost > 0)
    cost = np.zeros(count)
    mine = own[gates.gate]
    np.maximum.at(cost, gates.behind[mine], mip.cost[gates.gate[mine]])
    return cost


def make_state(net: Network, mip: Mip, values: Floats, *, seed: int) -> State:
    """Return a plan as the searches change it."""
    sides = np.where(np.isfinite(mip.upper), np.minimum(np.abs(mip.upper), _MOST), 1.0)
    matrix = mip.matrix
    size = np.ones(len(mip.row_lower))
    line = np.repeat(np.arange(len(size)), np.diff(matrix.indptr))
    np.maximum.at(size, line, np.abs(matrix.data) * sides[matrix.indices])
    slack = _TOLERANCE * size
    reach = np.ones(len(size))
    lead = matrix.indices == net.gate[line]
    reach[line[lead]] = -matrix.data[lead]
    flow, used = np.zeros(len(net.ends)), np.zeros(len(net.ends), dtype=np.int64)
    np.add.at(flow, net.bundle[net.column], (net.sign * values)[net.column])
    np.add.at(used, net.bundle[net.column], (values[net.column] > 0).astype(np.int64))
    nodes, slots = len(net.node_first) - 1, 2 * len(net.ends)
    deepest = len(net.row) + 1  # each column above another has its own entries
    log = _LOG + 2 * int(np.diff(net.column_first).max(initial=0))
    return State(
        best=values.copy(),
        cost=np.full(2, mip.objective(values)),
        columns=np.column_stack([values, mip.lower, mip.upper, mip.cost]).astype(np.float64),
        rows=np.column_stack([matrix @ values, mip.row_lower - slack, mip.row_upper + slack, reach]),
        flow=flow,
        used=used,
        counts=np.zeros(5, dtype=np.int64),
        stack=np.zeros(deepest, dtype=np.int64),
        amount=np.zeros(deepest),
        log=np.zeros(log, dtype=np.int64),
        before=np.zeros(log),
        label=np.zeros(nodes),
        carried=np.zeros(nodes),
        node=np.zeros((nodes, 4), dtype=np.int64),
        priced=np.zeros((slots, 3)),
        priced_at=np.zeros(slots, dtype=np.int64),
        random=np.array([2 * seed + 1], dtype=np.uint64),
    )
