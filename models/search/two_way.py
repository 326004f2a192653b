"""Two-way pipes by their extreme points, for the relaxation alone.

The rows (w1) and (w2) of :mod:`models.search.form` say of one pipe y and one direction f <= u way, way <= y. Its
plans are nothing, (y, way, f) = (1, 1, 0) and (1, 1, u), and every point of the relaxation is a sum of these with
factors in [0, 1]: "open and empty" and "open and full", per direction. Written so, both rows hold by themselves,
which leaves a region of a hundred plants a seventh of its rows. That two directions together are at most 1 is
given up: rows of which one option is built say it of most pipes, and a relaxation may leave it out. A pipe that
several pairs of flows share stays as it is: its rays would be paid for once per pair.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.mip import Floats, Ints
from models.search.form import Form
from models.search.rays import Rays, plain


def make_rays(form: Form) -> Rays:
    """Return the rays of a form: those of its two-way pipes, and one for each other column."""
    mip, count = form.mip, len(form.mip.cost)
    gate, reach = _before(form)
    mine = gate[form.way]
    pairs_before = np.bincount(mine[mine >= 0], minlength=count)
    pairs = np.flatnonzero(
        (mine >= 0) & (pairs_before[mine] == 1) & (mine == gate[form.way + 1])
        & (mip.lower[mine] == 0) & (mip.upper[mine] == 1)
        & (mip.lower[form.way] == 0) & (mip.lower[form.way + 1] == 0)
    )  # fmt: skip
    if not len(pairs):
        return plain(mip)
    way = np.concatenate([form.way[pairs], form.way[pairs] + 1])
    flow = np.concatenate([form.forward[pairs], form.backward[pairs]])
    kept = np.setdiff1d(np.arange(count), np.concatenate([way, flow]))
    empty = len(kept) + np.arange(len(way))
    full = empty + len(way)
    pipe, most = gate[way], np.minimum(reach[flow], mip.upper[flow])
    row = np.concatenate([kept, way, pipe, way, pipe, flow])
    ray = np.concatenate([np.arange(len(kept)), empty, empty, full, full, full])
    value = np.concatenate([np.ones(len(kept) + 4 * len(way)), most])
    matrix = csr_array(coo_array((value, (row, ray)), shape=(count, len(kept) + 2 * len(way))).tocsr())
    matrix.eliminate_zeros()
    alone = np.zeros(count, dtype=bool)
    alone[kept] = True
    alone[pipe] = False
    ones = np.ones(2 * len(way))
    return Rays(
        matrix, np.concatenate([mip.lower[kept], 0 * ones]), np.concatenate([mip.upper[kept], ones]), alone
    )  # fmt: skip


def _before(form: Form) -> tuple[Ints, Floats]:
    """Return the gate of each way, and how much each flow may be behind its way."""
    gates, ways = form.gates, form.ways
    gate, reach = np.full(len(form.mip.cost), -1), np.full(len(form.mip.cost), np.inf)
    of_way = ways[gates.behind]
    gate[gates.behind[of_way]] = gates.gate[of_way]
    of_flow = ways[gates.gate] & ~form.mip.integer[gates.behind]
    np.minimum.at(reach, gates.behind[of_flow], gates.slope[of_flow])
    return gate, reach
