"""Columns of a programme as sums of rays, over which its relaxation is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array

from models.mip import Flags, Floats, Mip


@dataclass(frozen=True)
class Rays:
    """Columns as sums of rays: ``values = matrix @ rays``, no entry negative, and bounds of the rays.

    ``alone`` says which columns are one ray of their own and part of no other.
    """

    matrix: csr_array
    lower: Floats
    upper: Floats
    alone: Flags

    def reduced_costs(self, of_rays: Floats) -> Floats:
        """Return what a unit of each column costs more at least: of a column of several rays by the cheapest of them.

        Such a cost is not negative; it holds from 0 upwards only.
        """
        line = np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr))
        each = of_rays[self.matrix.indices] / self.matrix.data
        out = np.full(self.matrix.shape[0], np.inf)
        np.minimum.at(out, line, each)
        out[~np.isfinite(out)] = 0.0
        return np.where(self.alone, out, np.maximum(out, 0.0))


def plain(mip: Mip) -> Rays:
    """Return one ray for each column."""
    count = len(mip.cost)
    return Rays(csr_array(eye_array(count, format="csr")), mip.lower, mip.upper, np.ones(count, dtype=bool))
