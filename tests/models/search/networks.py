"""Small fixed-charge networks as arrays, made without the model, and their optimum by trying everything."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import block_diag, csr_array

from models.mip import Mip

Arc = tuple[int, int, float, float, float]  # from, to, fixed cost, capacity, unit cost


def network(
    nodes: int, arcs: list[Arc], commodities: list[tuple[int, dict[int, float]]], *, both_ways: bool = False
) -> Mip:
    """Return the programme that meets every demand of each commodity (its origin, demand by node) at least cost.

    Columns: per commodity and arc a flow (and, ``both_ways``, one back), per commodity a supply and its
    demands, per arc a gate. Rows: balance, ``flow (+ back) <= most * gate``, total flow <= capacity * gate.
    """
    ways = 2 if both_ways else 1
    flows = len(commodities) * len(arcs) * ways
    demands = [(k, node, amount) for k, (_, wanted) in enumerate(commodities) for node, amount in wanted.items()]
    supply = flows
    taken = supply + len(commodities)
    gate = taken + len(demands)
    count = gate + len(arcs)
    cost, lower, upper = np.zeros(count), np.zeros(count), np.full(count, np.inf)
    upper[gate:], cost[gate:] = 1.0, [arc[2] for arc in arcs]
    rows: list[tuple[dict[int, float], float, float]] = []

    def flow(k: int, a: int, way: int) -> int:
        return (k * len(arcs) + a) * ways + way

    for k, (origin, wanted) in enumerate(commodities):
        total = sum(wanted.values())
        upper[supply + k] = total
        balance: list[dict[int, float]] = [{} for _ in range(nodes)]
        balance[origin][supply + k] = 1.0
        for a, (tail, head, _, capacity, unit) in enumerate(arcs):
            most = min(capacity, total)
            for way in range(ways):
                start, end = (tail, head) if way == 0 else (head, tail)
                column = flow(k, a, way)
                cost[column], upper[column] = unit, most
                balance[start][column] = -1.0
                balance[end][column] = 1.0
            rows.append(({**{flow(k, a, way): 1.0 for way in range(ways)}, gate + a: -most}, -np.inf, 0.0))
        for d, (of, node, amount) in enumerate(demands):
            if of == k:
                lower[taken + d] = upper[taken + d] = amount
                balance[node][taken + d] = -1.0
        rows += [(entries, 0.0, 0.0) for entries in balance if entries]
    for a, arc in enumerate(arcs):
        every = {flow(k, a, way): 1.0 for k in range(len(commodities)) for way in range(ways)}
        rows.append(({**every, gate + a: -arc[3]}, -np.inf, 0.0))
    matrix = np.zeros((len(rows), count))
    for number, (entries, _, _) in enumerate(rows):
        for column, value in entries.items():
            matrix[number, column] = value
    integer = np.zeros(count, dtype=bool)
    integer[gate:] = True
    sides = np.array([row[1:] for row in rows])
    return Mip(cost, lower, upper, integer, csr_array(matrix), sides[:, 0], sides[:, 1], offset=3.0)


def optimum(mip: Mip) -> float:
    """Return the least objective by trying all whole columns, infinite when nothing is feasible."""
    whole = np.flatnonzero(mip.integer)
    best = np.inf
    matrix = mip.matrix.toarray()
    equal = mip.row_lower == mip.row_upper
    below = ~equal & np.isfinite(mip.row_upper)
    above = ~equal & np.isfinite(mip.row_lower)
    for chosen in product(*(range(int(mip.lower[w]), int(mip.upper[w]) + 1) for w in whole)):
        lower, upper = mip.lower.copy(), mip.upper.copy()
        lower[whole] = upper[whole] = chosen
        if mip.offset + mip.cost[whole] @ np.asarray(chosen) >= best and (mip.cost >= 0).all():
            continue
        solved = linprog(
            mip.cost,
            A_ub=np.vstack([matrix[below], -matrix[above]]),
            b_ub=np.concatenate([mip.row_upper[below], -mip.row_lower[above]]),
            A_eq=matrix[equal],
            b_eq=mip.row_upper[equal],
            bounds=np.column_stack([lower, upper]),
        )
        if solved.success:
            best = min(best, mip.offset + solved.fun)
    return best


@st.composite
def networks(draw: st.DrawFn) -> Mip:
    """Draw a network of up to 5 nodes, 7 arcs and 3 commodities, feasible or not."""
    nodes = draw(st.integers(3, 5))
    pairs = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda pair: pair[0] != pair[1])
    ends = draw(st.lists(pairs, min_size=nodes - 1, max_size=7, unique=True))
    price = st.integers(0, 30).map(float)
    arcs = [(*pair, draw(price), float(draw(st.integers(2, 12))), draw(price) / 10) for pair in ends]
    commodities = []
    for _ in range(draw(st.integers(1, 3))):
        origin = draw(st.integers(0, nodes - 1))
        others = st.sampled_from([node for node in range(nodes) if node != origin])
        wanted = draw(st.dictionaries(others, st.integers(1, 4).map(float), min_size=1, max_size=3))
        commodities.append((origin, wanted))
    return network(nodes, arcs, commodities, both_ways=draw(st.booleans()))


def market(
    nodes: int,
    arcs: list[Arc],
    supplies: list[tuple[int, float]],
    demands: list[tuple[int, float]],
    *,
    price: float,
    most_pipes: int = 1,
    both_ways: bool = False,
) -> Mip:
    """Return the programme in which anything may be placed anywhere and each unit that is earns ``price``.

    Columns: flows (``both_ways``: and those back), placed per supply, served per demand, and per arc a number of
    pipes. Rows: balance, ``flow (+ back) <= capacity * pipes``.
    """
    ways = 2 if both_ways else 1
    placed = ways * len(arcs)
    served = placed + len(supplies)
    pipes = served + len(demands)
    count = pipes + len(arcs)
    matrix = np.zeros((nodes + len(arcs), count))
    cost, upper = np.zeros(count), np.full(count, np.inf)
    for a, (tail, head, fixed, capacity, unit) in enumerate(arcs):
        for way, (start, end) in enumerate(((tail, head), (head, tail))[:ways]):
            flow = ways * a + way
            matrix[start, flow], matrix[end, flow], matrix[nodes + a, flow] = -1.0, 1.0, 1.0
            cost[flow], upper[flow] = unit, capacity * most_pipes
        matrix[nodes + a, pipes + a] = -capacity
        cost[pipes + a], upper[pipes + a] = fixed, most_pipes
    for s, (node, amount) in enumerate(supplies):
        matrix[node, placed + s], upper[placed + s] = 1.0, amount
    for d, (node, amount) in enumerate(demands):
        matrix[node, served + d], upper[served + d], cost[served + d] = -1.0, amount, -price
    integer = np.arange(count) >= pipes
    lower = np.concatenate([np.zeros(nodes), np.full(len(arcs), -np.inf)])
    return Mip(cost, np.zeros(count), upper, integer, csr_array(matrix), lower, np.zeros(nodes + len(arcs)))


@st.composite
def markets(draw: st.DrawFn) -> Mip:
    """Draw a market of up to 5 nodes, 6 arcs, 3 supplies and 3 demands."""
    nodes = draw(st.integers(3, 5))
    pairs = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda pair: pair[0] != pair[1])
    ends = draw(st.lists(pairs, min_size=nodes - 1, max_size=6, unique=True))
    price = st.integers(0, 30).map(float)
    arcs = [(*pair, draw(price), float(draw(st.integers(1, 12))), draw(price) / 50) for pair in ends]
    streams = st.lists(st.tuples(st.integers(0, nodes - 1), st.integers(1, 9).map(float)), min_size=1, max_size=3)
    most_pipes, both_ways = draw(st.integers(1, 2)), draw(st.booleans())
    return market(
        nodes, arcs, draw(streams), draw(streams), price=draw(price), most_pipes=most_pipes, both_ways=both_ways
    )


def in_trenches(first: Mip, second: Mip, *, price: float) -> Mip:
    """Return two markets whose pipes, in their order, lie two by two in trenches at one price each."""
    pipes = [np.flatnonzero(first.integer), len(first.cost) + np.flatnonzero(second.integer)]
    count, trenches = len(first.cost) + len(second.cost), max(len(own) for own in pipes)
    upper = np.concatenate([first.upper, second.upper, np.ones(trenches)])
    needs = np.zeros((sum(len(own) for own in pipes), count + trenches))
    row = 0
    for own in pipes:
        for trench, pipe in enumerate(own):
            needs[row, pipe], needs[row, count + trench] = 1.0, -upper[pipe]
            row += 1
    both = block_diag([first.matrix, second.matrix]).toarray()
    matrix = np.vstack([np.hstack([both, np.zeros((len(both), trenches))]), needs])
    return Mip(
        cost=np.concatenate([first.cost, second.cost, np.full(trenches, price)]),
        lower=np.concatenate([first.lower, second.lower, np.zeros(trenches)]),
        upper=upper,
        integer=np.concatenate([first.integer, second.integer, np.ones(trenches, dtype=bool)]),
        matrix=csr_array(matrix),
        row_lower=np.concatenate([first.row_lower, second.row_lower, np.full(row, -np.inf)]),
        row_upper=np.concatenate([first.row_upper, second.row_upper, np.zeros(row)]),
        offset=7.0,
    )
