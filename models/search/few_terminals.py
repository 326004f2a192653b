"""Trees to few demands, exactly: dynamic programming over sets of demands.

Relaxation: forget capacities and unit costs; every demand that must be served is joined to some supply by arcs whose
gates are paid once. With d(D, v) the least cost of arcs that lead from cell v to all demands of the set D,
    d(D, v) = min( min over E in D of d(E, v) + d(D - E, v),   min over arcs (v, w) of cost(v, w) + d(D, w) )
(Dreyfus and Wagner 1971, Networks 1: 195-207; Erickson, Monma and Veinott 1987, Mathematics of Operations Research
12: 634-664, for the order of the second part as one shortest-path search per set). d(all, outside) bounds the
optimum from below; where capacities and unit costs cost nothing more, as in a Steiner tree problem, it is the optimum.
Work grows with 3^demands x cells: it is done only where that is little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from models.mip import Flags, Floats, Ints
from models.search.form import Form

_MOST_WORK = 3e9  # sums of two costs: some seconds
_MOST_STATES = 3e7  # sets x cells


@dataclass(frozen=True)
class TreeProblem:
    """Arcs between cells; the last cell is the outside, from which every tree starts.

    Attributes
    ----------
    cells
        Their number, the outside included.
    tail, head, cost, column
        Of each arc; ``column`` of the form's programme.
    terminals
        Cells that must be reached.
    base
        What every plan pays besides, offset included.
    """

    cells: int
    tail: Ints
    head: Ints
    cost: Floats
    column: Ints
    terminals: Ints
    base: float


def tree_problem(form: Form) -> TreeProblem | None:
    """Return the relaxation, or None where it says nothing, is not valid, or would be too much work."""
    mip, balance = form.mip, form.balance
    if (balance.right != 0).any() or not len(balance.rows):
        return None
    moves = mip.upper > mip.lower
    least = np.where(mip.cost >= 0, mip.lower, mip.upper) * mip.cost
    if (mip.cost[moves] < 0).any() or not np.isfinite(least).all():
        return None
    matrix = balance.matrix.tocoo()
    row, column, value = matrix.coords[0].astype(np.int64), matrix.coords[1].astype(np.int64), matrix.data
    into, out = value > 0, value < 0
    columns, outside = len(mip.cost), len(balance.rows)
    ins, outs = np.bincount(column[into], minlength=columns), np.bincount(column[out], minlength=columns)
    if (ins > 1).any() or (outs > 1).any():
        return None
    tail, head = np.full(columns, outside), np.full(columns, outside)
    tail[column[out]], head[column[into]] = row[out], row[into]
    arcs = np.flatnonzero((ins == 1) & (mip.upper > 0))
    taken = (outs == 1) & (ins == 0) & (mip.lower > 0)
    terminals = np.unique(tail[taken])
    states = 2.0 ** len(terminals) * (outside + 1)
    if not len(terminals) or states > _MOST_STATES or 3.0 ** len(terminals) * (outside + 1) > _MOST_WORK:
        return None
    price = _price(form, arcs, tail, head)
    if price is None:
        return None
    # Whole columns that are free to move are counted by the arcs behind them; of the rest, the least is paid.
    base = mip.offset + float(np.where(moves & mip.integer, 0.0, least).sum())
    return TreeProblem(outside + 1, tail[arcs], head[arcs], price, arcs, terminals, base)


def _price(form: Form, arcs: Ints, tail: Ints, head: Ints) -> Floats | None:
    """Return what must be paid before each arc may be used; None if two places share a gate."""
    mip, gates = form.mip, form.gates
    count = len(mip.cost)
    step = coo_array((np.ones(len(gates.gate)), (gates.behind, gates.gate)), shape=(count, count)).tocsr()
    reach = (step + step @ step + step @ step @ step)[arcs].tocoo()
    arc, gate = reach.coords[0].astype(np.int64), reach.coords[1].astype(np.int64)
    paid = (mip.cost[gate] > 0) & (mip.lower[gate] == 0) & mip.integer[gate]
    arc, gate = arc[paid], gate[paid]
    place = np.minimum(tail, head)[arcs[arc]] * (count + 1) + np.maximum(tail, head)[arcs[arc]]
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(first, gate, place)
    np.maximum.at(last, gate, place)
    if (first[gate] != last[gate]).any():
        return None
    return np.bincount(arc, mip.cost[gate], minlength=len(arcs)).astype(np.float64)


def gates_of(form: Form, columns: Ints) -> Flags:
    """Return the whole columns that stand before some columns."""
    needed = np.zeros(len(form.mip.cost), dtype=bool)
    needed[columns] = True
    for _ in range(3):  # a way, its pipe, its trench
        needed[form.gates.gate[needed[form.gates.behind]]] = True
    return needed & form.mip.integer


def least_tree(problem: TreeProblem) -> tuple[float, Flags] | None:
    """Return the least cost, ``base`` included, and which arcs it uses; None if a terminal cannot be reached."""
    order = np.argsort(problem.head, kind="stable")
    tail, cost = problem.tail[order], problem.cost[order]
    start = np.searchsorted(problem.head[order], np.arange(problem.cells + 1))
    from models.search.tree_tables import tables  # numba takes half a second to import

    dear, step = tables(problem.cells, start, tail, cost, problem.terminals)
    total = float(dear[-1, problem.cells - 1])
    if not np.isfinite(total):
        return None
    used = np.zeros(len(order), dtype=bool)
    todo = [(len(dear) - 1, problem.cells - 1)]
    while todo:
        members, cell = todo.pop()
        move = int(step[members, cell])
        if move > 0:  # an arc leads on
            arc = move - 1
            used[order[arc]] = True
            todo.append((members, int(problem.head[order[arc]])))
        elif move < 0:  # two sets part here
            todo += [(-move, cell), (members ^ -move, cell)]
    return problem.base + total, used
