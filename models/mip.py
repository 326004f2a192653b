"""A mixed-integer programme as arrays, and what solving it gave: shared by HiGHS and the heuristics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from data.plan import Status

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


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

    def objective(self, values: Floats) -> float:
        """Return ``offset + cost @ values``."""
        return self.offset + float(self.cost @ values)

    def box_bound(self) -> float:
        """Return the least objective within the columns' bounds alone; it may be -inf."""
        with np.errstate(invalid="ignore"):
            least = np.where(self.cost > 0, self.cost * self.lower, self.cost * self.upper)
        return self.offset + float(np.where(self.cost == 0, 0.0, least).sum())

    def allows_no_more_than(self, other: Mip) -> bool:
        """Return whether the columns and coefficients are the other's and no bound is wider."""
        one, two = self.matrix, other.matrix
        return (
            one.shape == two.shape
            and np.array_equal(one.indptr, two.indptr)
            and np.array_equal(one.indices, two.indices)
            and np.array_equal(one.data, two.data)
            and bool((self.integer | ~other.integer).all())
            and bool((self.lower >= other.lower).all() and (self.upper <= other.upper).all())
            and bool((self.row_lower >= other.row_lower).all() and (self.row_upper <= other.row_upper).all())
        )

    def is_feasible(self, values: Floats, *, tolerance: float = 1e-6) -> bool:
        """Return whether the values keep every row, bound and wholeness within ``tolerance``.

        A row may miss its bound by the share ``tolerance`` of its terms' or its bounds' size, or of 1.
        """
        if len(values) != len(self.cost) or not np.isfinite(values).all():
            return False
        rows = self.matrix @ values
        sides = (np.where(np.isfinite(side), np.abs(side), 0.0) for side in (self.row_lower, self.row_upper))
        slack = tolerance * np.maximum.reduce([np.ones(len(rows)), abs(self.matrix) @ np.abs(values), *sides])
        whole = values[self.integer]
        return bool(
            (values >= self.lower - tolerance).all()
            and (values <= self.upper + tolerance).all()
            and (np.abs(whole - np.round(whole)) <= tolerance).all()
            and (rows >= self.row_lower - slack).all()
            and (rows <= self.row_upper + slack).all()
        )


@dataclass(frozen=True)
class MipResult:
    """Why a solve stopped, and what it holds.

    Attributes
    ----------
    status
        ``gap_reached`` when the gap that was asked for is proven (also a gap of 0).
    values
        The best solution found, one value per column, whole where it must be; None when none is held.
    bound
        Proven lower bound of the objective, offset included; None when nothing finite is proven.
    version
        Of the solver.
    """

    status: Status
    values: Floats | None
    bound: float | None
    version: str


@dataclass(frozen=True)
class Standing:
    """How a solve stands: seconds since it began, objective held, bound and relative gap; None: not yet."""

    seconds: float
    incumbent: float | None
    bound: float | None

    @property
    def gap(self) -> float | None:
        """Return ``(incumbent - bound) / |incumbent|``."""
        return None if self.incumbent is None else relative_gap(self.incumbent, self.bound)

    def is_news(self, told: Standing | None) -> bool:
        """Return whether this says something that ``told``, what was said last, did not."""
        known = self.incumbent is not None or self.bound is not None
        return known and (told is None or (self.incumbent, self.bound) != (told.incumbent, told.bound))


OnProgress = Callable[[Standing], None]
Stop = Callable[[], bool]


def relative_gap(objective: float, bound: float | None) -> float | None:
    """Return ``(objective - bound) / |objective|``; None when no bound is proven or the ratio has no meaning."""
    if bound is None:
        return None
    if objective - bound <= 1e-9:
        return 0.0
    return (objective - bound) / abs(objective) if objective else None
