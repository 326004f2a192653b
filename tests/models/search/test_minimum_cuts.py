"""Minimum cuts and the sets that they find, against all sets of small networks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.mip import Flags, Mip
from models.search.cells import sides
from models.search.enclosures import Use, enclosures, use_of
from models.search.form import make_form
from models.search.lp import Relaxation
from models.search.min_cut import graph_of, sink_side
from tests.models.search.networks import markets

Arcs = list[tuple[int, int, int]]


@st.composite
def _arcs(draw: st.DrawFn) -> tuple[int, Arcs]:
    nodes = draw(st.integers(2, 6))
    node = st.integers(0, nodes - 1)
    arcs = draw(st.lists(st.tuples(node, node, st.integers(0, 5)).filter(lambda arc: arc[0] != arc[1]), min_size=1))
    return nodes, arcs


@settings(max_examples=200)
@given(_arcs())
def test_the_sink_side_is_that_of_the_cheapest_cut_nearest_to_the_sink(drawn: tuple[int, Arcs]) -> None:
    nodes, arcs = drawn
    tail, head, amount = (np.array(part) for part in zip(*arcs, strict=True))
    graph, place = graph_of(tail, head, nodes)
    capacity = np.zeros(len(graph.head))
    np.add.at(capacity, place, amount.astype(np.float64))
    found = sink_side(graph, capacity, 0, nodes - 1)
    cost = {}
    for count in range(nodes - 1):
        for some in combinations(range(1, nodes - 1), count):
            inside = np.isin(np.arange(nodes), [*some, nodes - 1])
            cost[tuple(inside.tolist())] = int(amount[~inside[tail] & inside[head]].sum())
    least = min(cost.values())
    cheapest = [side for side, price in cost.items() if price == least]
    assert tuple(found.tolist()) == min(cheapest, key=sum)


def _missing(use: Use, inside: Flags, lacks: float) -> float:
    """Return e(S) at a price of 1, as the module writes it."""
    side = use.side
    within = np.append(inside, False)
    enters = within[side.head] & ~within[side.tail]
    limit = np.where(side.gated, np.minimum(use.most, lacks) * use.opened, use.most)
    return float(np.minimum(use.through, limit)[enters].sum() - use.taken[within[side.at]].sum())


@settings(max_examples=60)
@given(markets())
def test_no_set_round_a_demand_misses_less(mip: Mip) -> None:
    form = make_form(mip)
    relaxation = Relaxation(form.mip)
    assert relaxation.solve(30.0)
    for side in sides(form):
        use = use_of(side, relaxation.values)
        for seed in np.unique(side.at[use.taken > 1e-6]):
            for sets in enclosures(use, np.array([seed])):
                lacks = float(side.most[(side.at == seed) & (use.taken > 0)].sum())
                own = np.flatnonzero(side.part == side.part[seed])
                others = own[own != seed]
                every = (
                    np.isin(np.arange(side.count), [seed, *some])
                    for count in range(len(others) + 1)
                    for some in combinations(others.tolist(), count)
                )
                found = [np.isin(np.arange(side.count), cells) for cells in sets]
                assert all(inside[seed] for inside in found)
                least = min(_missing(use, inside, lacks) for inside in found)
                assert least == pytest.approx(min(_missing(use, inside, lacks) for inside in every), abs=1e-6)
