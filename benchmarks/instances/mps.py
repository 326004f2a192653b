"""Single-commodity fixed-charge network flow written as a mixed-integer programme (``.mps``, as in MIPLIB).

Nothing is solved as it stands: the network is found again in the rows, and a file that holds anything else is
refused. Equations over flows with coefficients 1 and -1 are the balances of nodes; a row of one flow and one
binary is the flow's capacity and fixed cost. A flow in one balance only ends in the node whose balance was left
out as implied.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from benchmarks.instances.fcnet import single_commodity
from benchmarks.instances.lines import wrong
from benchmarks.instances.tables import Arcs, named
from data.errors import InputError
from data.problem import Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Programme:
    path: Path
    cost: Floats
    upper: Floats
    binary: npt.NDArray[np.bool_]
    matrix: csc_array
    row_lower: Floats
    row_upper: Floats
    row_names: list[str]

    def refused(self, row: int, expected: str) -> InputError:
        name = self.row_names[row] if row < len(self.row_names) else f"number {row + 1}"
        return wrong(self.path, None, f"the row {name}", expected)


def read_mps_network(path: Path) -> Problem:
    """Return the Problem of one file.

    Raises
    ------
    InputError
        Naming the row that belongs to no fixed-charge network.
    """
    programme = _load(path)
    rows = programme.matrix.tocsr()
    size = np.diff(rows.indptr)
    has_binary = np.zeros(len(size), dtype=bool)
    coordinates = rows.tocoo()
    has_binary[coordinates.row[programme.binary[coordinates.col]]] = True
    gate, fixed, most = _gates(programme, rows, np.flatnonzero(has_binary))
    if (programme.binary & ~gate & (programme.cost != 0)).any():
        raise wrong(path, None, "a binary that bounds no flow", "one flow for each binary")
    return _network(programme, rows, np.flatnonzero(~has_binary & (size > 0)), fixed, most)


def _load(path: Path) -> _Programme:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    if highs.readModel(str(path)) != highspy.HighsStatus.kOk:
        raise wrong(path, None, "what HiGHS cannot read", "a mixed-integer programme")
    lp = highs.getLp()
    shape = (lp.num_row_, lp.num_col_)
    matrix = csc_array((lp.a_matrix_.value_, lp.a_matrix_.index_, lp.a_matrix_.start_), shape=shape)
    integer = np.array([kind != highspy.HighsVarType.kContinuous for kind in lp.integrality_] or [False] * shape[1])
    lower, upper = np.array(lp.col_lower_), np.array(lp.col_upper_)
    if lp.sense_ != highspy.ObjSense.kMinimize or lp.offset_:
        raise wrong(path, None, "a maximum or a constant cost", "a cost to be minimised")
    if (lower != 0).any() or (integer & (upper != 1)).any():
        raise wrong(path, None, "a column with other bounds", "flows from 0 on and binaries")
    return _Programme(
        path, np.array(lp.col_cost_), upper, integer, matrix, np.array(lp.row_lower_), np.array(lp.row_upper_),
        list(lp.row_names_),
    )  # fmt: skip


def _gates(programme: _Programme, rows: csc_array, found: Ints) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    """Return which binaries bound a flow, and per flow its fixed cost and its capacity."""
    taken = np.zeros(len(programme.cost), dtype=bool)
    fixed, most = np.zeros(len(taken)), programme.upper.copy()
    for row in found.tolist():
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        columns, values = rows.indices[part], rows.data[part]
        if len(columns) != 2 or programme.binary[columns].sum() != 1:
            raise programme.refused(row, "a row of one flow and its binary")
        flow, switch = sorted(range(2), key=lambda k: bool(programme.binary[columns[k]]))
        x, y = int(columns[flow]), int(columns[switch])
        sign = np.sign(values[flow])
        end = programme.row_upper[row] if sign > 0 else -programme.row_lower[row]
        limit = -values[switch] / values[flow]
        if end != 0 or limit < 0 or taken[y] or taken[x]:
            raise programme.refused(row, "flow <= capacity * binary, each flow with a binary of its own")
        taken[[x, y]] = True
        fixed[x], most[x] = programme.cost[y], min(most[x], limit)
    return taken, fixed, most


def _network(programme: _Programme, rows: csc_array, balances: Ints, fixed: Floats, most: Floats) -> Problem:
    unequal = programme.row_lower[balances] != programme.row_upper[balances]
    if unequal.any():
        raise programme.refused(int(balances[unequal][0]), "an equation: the balance of a node")
    part = rows[balances].tocoo()
    if not np.isin(part.data, (1.0, -1.0)).all():
        raise programme.refused(int(balances[part.row[np.abs(part.data) != 1][0]]), "coefficients of 1 and -1")
    flows = np.flatnonzero(~programme.binary)
    rest = len(balances)
    head, tail = np.full(len(most), rest), np.full(len(most), rest)
    for end, sign in ((head, 1.0), (tail, -1.0)):
        chosen = part.data == sign
        if len(np.unique(part.col[chosen])) < chosen.sum():
            raise wrong(programme.path, None, "a flow that enters two nodes", "flows from one node to another")
        end[part.col[chosen]] = part.row[chosen]
    demand = np.append(programme.row_upper[balances], 0.0)
    demand[rest] = -demand.sum()
    names = named("n", rest + 1)
    keep = flows[(head != tail)[flows] & (most[flows] > 0)]
    arcs = Arcs(
        names[tail[keep]],
        names[head[keep]],
        fixed_cost=fixed[keep],
        unit_cost=programme.cost[keep],
        capacity=np.where(np.isfinite(most[keep]), most[keep], np.nan),
    )
    return single_commodity(programme.path, names, arcs, demand)
