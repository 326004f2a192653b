"""A mixed-integer programme as arrays: what HiGHS and the heuristics work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Mip:
    """Minimise ``offset + cost @ x`` over ``row_lower <= matrix @ x <= row_upper``, ``lower <= x <= upper``.

    Attributes
    ----------
    cost, lower, upper
        One value per column; bounds may be infinite.
    integer
        Which columns must be whole.
    matrix
        One row per constraint, one column per variable.
    row_lower, row_upper
        One value per row; equal in an equation, infinite where a side is open.
    offset
        What is paid whatever is decided.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    integer: Flags
    matrix: csr_array
    row_lower: Floats
    row_upper: Floats
    offset: float = 0.0
