"""Parts of a programme that share no row, solved one after the other.

A column that cannot move ties nothing together. Parts of few coefficients are put together: HiGHS takes them in
one go. Each part is solved with the others' plans as its offset, or their relaxations where there are none yet, so that
its relative gap is measured against about what the whole will cost; gaps in currency add up, and what one part
leaves of the gap or the time is the next one's. When all are solved and the whole is not proven, the parts farthest
from their bounds go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from data.plan import Status
from models.highs import solve_mip
from models.mip import Floats, Ints, Mip, MipResult, OnProgress, Standing, relative_gap

_TINY = 1000  # coefficients; smaller parts are put together until they have as many
_SMALL = 50  # whole columns; a part with fewer is solved to the end, which costs little and leaves the gap to others
_FEW_S = 5.0  # in which a small part has a good plan
_RELAXED = 0.02  # most of the time for the relaxations of all parts
_ABSOLUTE = 1e-6  # HiGHS's own absolute gap: a part this close to its bound is proven


class SolveOne(Protocol):
    """What solves one programme."""

    def __call__(
        self, mip: Mip, *, gap: float, time_limit_s: float, start: Floats | None, on_progress: OnProgress | None
    ) -> MipResult:
        """Solve as :func:`models.highs.solve_mip` does."""


@dataclass(frozen=True)
class Part:
    """Columns and rows of the whole, and the programme that they are."""

    columns: Ints
    rows: Ints
    mip: Mip

    @property
    def weight(self) -> float:
        """Return the part's share of the gap and of the time."""
        return float(self.mip.matrix.nnz + 1)


def split(mip: Mip) -> list[Part]:
    """Return the parts that share no row, those with the fewest coefficients first."""
    count, rows = len(mip.cost), len(mip.row_lower)
    if not count:
        return [Part(np.arange(count), np.arange(rows), mip)]
    moves = mip.lower < mip.upper
    kept = _without(mip.matrix, ~moves)
    matrix = kept.tocoo()
    ends = (matrix.coords[0] + count, matrix.coords[1])
    graph = csr_array((np.ones(matrix.nnz, np.int8), ends), shape=(count + rows, count + rows))
    found, label = connected_components(graph, directed=False)
    size = np.bincount(label[:count], np.bincount(matrix.coords[1], minlength=count), minlength=found)
    order = np.argsort(size, kind="stable")
    before = np.concatenate([[0], np.cumsum(size[order])[:-1]]) // _TINY
    group = np.empty(found, np.int64)
    own = np.where(size[order] < _TINY, before, before[-1] + 1 + np.arange(found))
    group[order] = np.unique(own, return_inverse=True)[1]
    if not group.any():
        return [Part(np.arange(count), np.arange(rows), mip)]
    constant = mip.matrix @ np.where(moves, 0.0, mip.lower)
    whole = replace(mip, matrix=kept, row_lower=mip.row_lower - constant, row_upper=mip.row_upper - constant)
    return list(_parts(whole, group[label[:count]], group[label[count:]]))


def _without(matrix: csr_array, columns: npt.NDArray[np.bool_]) -> csr_array:
    kept = matrix.copy()
    kept.data[columns[kept.indices]] = 0.0
    kept.eliminate_zeros()
    return kept


def _parts(mip: Mip, column_group: Ints, row_group: Ints) -> Iterator[Part]:
    for group in range(int(column_group.max(initial=-1)) + 1):
        columns, rows = np.flatnonzero(column_group == group), np.flatnonzero(row_group == group)
        part = Mip(
            cost=mip.cost[columns],
            lower=mip.lower[columns],
            upper=mip.upper[columns],
            integer=mip.integer[columns],
            matrix=csr_array(mip.matrix[rows][:, columns]),
            row_lower=mip.row_lower[rows],
            row_upper=mip.row_upper[rows],
        )
        yield Part(columns, rows, part)


def solve_apart(
    mip: Mip,
    solve_one: SolveOne,
    *,
    gap: float,
    time_limit_s: float,
    start: Floats | None = None,
    on_progress: OnProgress | None = None,
) -> MipResult:
    """Solve the parts of a programme one after the other; the gap is that of the whole.

    Parameters
    ----------
    solve_one
        Solves a part.
    gap, time_limit_s, start, on_progress
        As of :func:`models.highs.solve_mip`, for the whole.

    Returns
    -------
    MipResult
        ``gap_reached`` only when the bounds of all parts together prove it; ``values`` only when every
        part has some.
    """
    began = perf_counter()
    parts = split(mip)
    if len(parts) == 1:
        return solve_one(mip, gap=gap, time_limit_s=time_limit_s, start=start, on_progress=on_progress)
    return _Whole(mip, parts, gap=gap, until=began + time_limit_s, start=start, tell=on_progress).solve(
        solve_one, began
    )


class _Whole:
    """What is known of every part: values, objective and bound in currency, and why it stopped last."""

    def __init__(
        self, mip: Mip, parts: list[Part], *, gap: float, until: float, start: Floats | None, tell: OnProgress | None
    ) -> None:
        self.mip, self.parts, self.gap, self.until, self.tell = mip, parts, gap, until, tell
        self.start = [None if start is None else start[part.columns] for part in parts]
        first = np.clip(np.zeros(len(mip.cost)), mip.lower, mip.upper) if start is None else start
        self.values = [self._fitting(part, first[part.columns]) for part in parts]
        held = zip(parts, self.values, strict=True)
        self.objective = np.array([np.nan if v is None else part.mip.objective(v) for part, v in held])
        self.bound = np.array([part.mip.box_bound() for part in parts])
        self.solved = np.zeros(len(parts), dtype=bool)
        self.status: list[Status] = ["time_limit"] * len(parts)
        self.version = ""

    @staticmethod
    def _fitting(part: Part, values: Floats) -> Floats | None:
        return values if part.mip.is_feasible(values) else None

    def solve(self, solve_one: SolveOne, began: float) -> MipResult:
        weights = np.array([part.weight for part in self.parts])
        self._relax(began)
        for number in range(len(self.parts)):
            share = weights[number] / weights[number:].sum()
            root_share = np.sqrt(weights[number]) / np.sqrt(weights[number:]).sum()
            left = max(self.until - perf_counter(), 0.0)
            small = number + 1 < len(self.parts) and self.parts[number].mip.integer.sum() < _SMALL
            # In a share by size a small part may find no plan in a short time.
            seconds = max(left * share, min(left * root_share, _FEW_S))
            self._solve(number, solve_one, 0.0 if small else self._unspent(number) * share, seconds, began)
            if self.status[number] in ("infeasible", "unbounded"):
                return MipResult(self.status[number], None, None, self.version)
            if self.status[number] == "interrupted":
                break
        else:
            self._refine(solve_one, began)
        return self._result()

    def _relax(self, began: float) -> None:
        """Bound each part by its relaxation, as far as there is time for that."""
        until = began + _RELAXED * (self.until - began)
        for number, part in enumerate(self.parts):
            relaxed = replace(part.mip, integer=np.zeros(len(part.columns), dtype=bool))
            found = solve_mip(relaxed, gap=0.0, time_limit_s=max(until - perf_counter(), 0.0))
            if found.status == "gap_reached" and found.bound is not None:
                self.bound[number] = max(self.bound[number], found.bound)

    def _solve(self, number: int, solve_one: SolveOne, gap: float, seconds: float, began: float) -> None:
        part, others = self.parts[number], self._expected(number)
        found = solve_one(
            replace(part.mip, offset=others),
            gap=gap,
            time_limit_s=seconds,
            start=self.start[number],
            on_progress=None if self.tell is None else self._teller(number, began),
        )
        self.version, self.status[number], self.solved[number] = found.version, found.status, True
        if found.values is not None and not part.mip.objective(found.values) > self.objective[number]:
            self.values[number] = self.start[number] = found.values
            self.objective[number] = part.mip.objective(found.values)
        if found.bound is not None:
            self.bound[number] = max(self.bound[number], found.bound - others)

    def _refine(self, solve_one: SolveOne, began: float) -> None:
        """Give the time that is left to the parts that are farthest from proven, while the whole is not."""
        finished = np.zeros(len(self.parts), dtype=bool)
        while not self._is_proven() and perf_counter() < self.until and not finished.all():
            apart = np.where(finished, -1.0, self._apart())
            worst = int(apart.argmax())
            allowed = self.gap - self._share(np.delete(self._apart(), worst).sum())
            self._solve(worst, solve_one, max(allowed, 0.0), self.until - perf_counter(), began)
            finished[worst] = self.status[worst] != "gap_reached" or allowed <= 0
            if self.status[worst] == "interrupted":
                return

    def _apart(self) -> Floats:
        """Return objective less bound of every part; infinite where nothing is held."""
        return np.where(np.isnan(self.objective), np.inf, np.maximum(self.objective - self.bound, 0.0))

    def _others(self, number: int) -> float:
        """Return the offset and the objectives of the other parts that hold something."""
        return self.mip.offset + float(np.nansum(np.delete(self.objective, number)))

    def _expected(self, number: int) -> float:
        """Return about what the others will cost, offset included: their bounds where they are not solved yet."""
        known = self.solved | ~np.isfinite(self.bound)
        return self.mip.offset + float(np.nansum(np.delete(np.where(known, self.objective, self.bound), number)))

    def _share(self, amount: float) -> float:
        """Return an amount relative to the cost of what is held."""
        cost = abs(self.mip.offset + float(np.nansum(self.objective)))
        return amount / cost if cost else (np.inf if amount > _ABSOLUTE else 0.0)

    def _unspent(self, number: int) -> float:
        """Return what the parts before one leave of the gap."""
        return max(self.gap - self._share(float(self._apart()[:number].sum())), 0.0)

    def _is_proven(self) -> bool:
        apart = self._apart()
        return bool((apart <= _ABSOLUTE).all()) or self._share(float(apart.sum())) <= self.gap

    def _teller(self, number: int, began: float) -> OnProgress:
        """Return a listener to one part that tells how the whole stands."""
        cost, bound = self._others(number), self.mip.offset + float(np.delete(self.bound, number).sum())
        own_cost, own_bound, expected = self.objective[number], self.bound[number], self._expected(number)
        known = not np.isnan(np.delete(self.objective, number)).any()

        def tell(now: Standing) -> None:
            assert self.tell is not None
            held = [] if now.incumbent is None else [now.incumbent - expected + cost]
            held += [] if np.isnan(own_cost) else [cost + own_cost]
            least = bound + max(own_bound, -np.inf if now.bound is None else now.bound - expected)
            self.tell(
                Standing(
                    perf_counter() - began,
                    min(held) if held and known else None,
                    float(least) if np.isfinite(least) else None,
                )
            )

        return tell

    def _result(self) -> MipResult:
        total = self.mip.offset + float(self.bound.sum())
        bound = total if np.isfinite(total) else None
        status: Status = next((s for s in ("interrupted", "time_limit", "unknown") if s in self.status), "gap_reached")
        if any(values is None for values in self.values):
            return MipResult("unknown" if status == "gap_reached" else status, None, bound, self.version)
        values = np.empty(len(self.mip.cost))
        for part, own in zip(self.parts, self.values, strict=True):
            values[part.columns] = own
        gap = relative_gap(self.mip.objective(values), bound)
        if self._is_proven() or (gap is not None and gap <= self.gap):
            status = "gap_reached"
        elif status == "gap_reached":
            status = "time_limit"  # every part kept its share, the whole did not, and the time was over
        return MipResult(status, values, bound, self.version)
