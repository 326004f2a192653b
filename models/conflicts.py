"""Which requirements contradict each other, and what would have to give.

Every question is one to HiGHS: can these requirements be met together, and if not, by how much are they missed at
least? What is searched for is a *conflict*: requirements that cannot be met together, though they can once any one
of them is left out.

1.  Elastic filter (Chinneck 2008, Feasibility and Infeasibility in Optimization, section 6.1): every requirement may
    be missed at a price; those that are missed are kept from then on, until the kept ones cannot be met together.
    Whatever is missed in one round is a *correction*: leaving it out makes all others possible.
2.  Deletion filter (Chinneck and Dravnieks 1991, ORSA J. Computing 3: 157-168): each that is not needed is dropped.
3.  Smallest (Ignatiev et al. 2015, CP, LNCS 9255: 173-182): every conflict shares a requirement with every correction,
    so a smallest set that does is a conflict that no other is smaller than, or yields another correction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array, hstack

from data.problem import Problem
from data.settings import Solver
from models.highs import solve_mip
from models.mip import Mip, MipResult, Stop
from models.progress import Progress
from models.requirements import Relaxed, Requirement, relax

_MISSED = 1e-6  # a requirement missed by less than this share of its size, or of 1, is met
_LISTED = 12  # longer conflicts are told in part
_LONGEST_S = 60.0  # a reason that takes longer than this to find is not worth the wait


class _StoppedError(Exception):
    """The time is over or the user has stopped the search."""


@dataclass(frozen=True)
class Conflict:
    """Numbers of requirements that cannot be met together.

    ``irreducible``: any of them left out, the others can be met; ``smallest``: no conflict has fewer.
    """

    members: tuple[int, ...]
    irreducible: bool
    smallest: bool


class Search:
    """The search for a conflict, stopped at ``until`` (of ``perf_counter``) or when ``stop`` says so."""

    def __init__(self, relaxed: Relaxed, settings: Solver, *, until: float, stop: Stop) -> None:
        self._relaxed, self._settings, self._until, self._stop = relaxed, settings, until, stop
        self._count = len(relaxed.requirements)
        self._corrections: list[frozenset[int]] = []

    def can_meet(self, asked: Iterable[int]) -> bool:
        """Return whether some plan meets these requirements."""
        found = self._solve(self._with(asked), gap=1.0)
        if found.values is None and found.status != "infeasible":
            raise _StoppedError
        return found.values is not None

    def shortfalls(self, hard: Iterable[int], soft: Iterable[int], *, gap: float = 0.1) -> dict[int, float] | None:
        """Return which of ``soft`` are missed, and by how much, when all ``hard`` are met and little is missed.

        None when ``hard`` cannot be met together.
        """
        hard, soft = list(hard), list(soft)
        mip, rows = self._with([*hard, *soft]), self._rows(soft)
        sign = np.where(np.isfinite(mip.row_lower[rows]), 1.0, -1.0)
        bound = np.where(sign > 0, mip.row_lower[rows], mip.row_upper[rows])
        scale = np.maximum(1.0, np.abs(bound))
        count, width = len(rows), len(mip.cost)
        slack = csr_array((sign * scale, (rows, np.arange(count))), (len(mip.row_lower), count))
        elastic = replace(
            mip,
            cost=np.append(mip.cost, np.ones(count)),
            lower=np.append(mip.lower, np.zeros(count)),
            upper=np.append(mip.upper, np.full(count, np.inf)),
            integer=np.append(mip.integer, np.zeros(count, bool)),
            matrix=csr_array(hstack([mip.matrix, slack], format="csr")),
        )
        found = self._solve(elastic, gap=gap)
        if found.values is None:
            if found.status == "infeasible":
                return None
            raise _StoppedError
        missed = dict(zip(rows.tolist(), found.values[width:].tolist(), strict=True))
        size = dict(zip(rows.tolist(), scale.tolist(), strict=True))
        out = {}
        for number in soft:
            own = self._relaxed.requirements[number].rows
            if max(missed[row] for row in own) > _MISSED:
                out[number] = max(missed[row] * size[row] for row in own)
        return out

    def conflict(self) -> Conflict | None:
        """Return the best conflict found in time; None when not even a first one is known."""
        try:
            members = self._filtered()
        except _StoppedError:
            return None
        return self._improved(members)

    def _filtered(self) -> list[int]:
        hard: list[int] = []
        while (missed := self.shortfalls(hard, self._others(hard))) is not None:
            if not missed:
                raise _StoppedError  # can be met within the solver's tolerance after all
            self._corrections.append(frozenset(missed))
            hard += missed
        return hard

    def _improved(self, members: list[int]) -> Conflict:
        kept: list[int] = []
        rest, step = members, max(len(members) // 2, 1)
        try:
            while rest:
                part, others = rest[:step], rest[step:]
                if not self.can_meet([*kept, *others]):
                    rest = others
                elif len(part) == 1:
                    kept, rest = [*kept, *part], others
                else:
                    step //= 2
        except _StoppedError:
            return Conflict(tuple(sorted([*kept, *rest])), irreducible=False, smallest=False)
        try:
            return self._smallest(kept)
        except _StoppedError:
            return Conflict(tuple(sorted(kept)), irreducible=True, smallest=len(kept) <= 1)

    def _smallest(self, members: list[int]) -> Conflict:
        while len(few := self._hitting()) < len(members):
            missed = self.shortfalls(few, self._others(few))
            if missed is None:
                members = few
                break
            if not missed:
                raise _StoppedError
            self._corrections.append(frozenset(missed))
        return Conflict(tuple(sorted(members)), irreducible=True, smallest=True)

    def _hitting(self) -> list[int]:
        """Return the fewest requirements that share one with every correction."""
        sets = [sorted(correction) for correction in self._corrections]
        count = len(sets)
        starts = np.cumsum([0, *map(len, sets)]).astype(np.int32)
        columns = np.array([number for own in sets for number in own], dtype=np.int32)
        found = self._solve(
            Mip(
                cost=np.ones(self._count),
                lower=np.zeros(self._count),
                upper=np.ones(self._count),
                integer=np.ones(self._count, bool),
                matrix=csr_array((np.ones(len(columns)), columns, starts), (count, self._count)),
                row_lower=np.ones(count),
                row_upper=np.full(count, np.inf),
            ),
            gap=0.0,
        )
        if found.values is None or found.status != "gap_reached":
            raise _StoppedError
        return np.flatnonzero(found.values > 0.5).tolist()

    def _others(self, some: Collection[int]) -> list[int]:
        return [number for number in range(self._count) if number not in set(some)]

    def _rows(self, some: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([row for number in some for row in self._relaxed.requirements[number].rows], dtype=np.int64)

    def _with(self, asked: Iterable[int]) -> Mip:
        relaxed, rows = self._relaxed, self._rows(asked)
        lower, upper = relaxed.mip.row_lower.copy(), relaxed.mip.row_upper.copy()
        lower[rows], upper[rows] = relaxed.lower[rows], relaxed.upper[rows]
        return replace(relaxed.mip, row_lower=lower, row_upper=upper)

    def _solve(self, mip: Mip, *, gap: float) -> MipResult:
        left = self._until - perf_counter()
        if left <= 0 or self._stop():
            raise _StoppedError
        settings = self._settings
        return solve_mip(mip, gap=gap, time_limit_s=left, seed=settings.seed, threads=settings.threads, stop=self._stop)


def conflict_reasons(problem: Problem, *, until: float, say: Progress, stop: Stop) -> tuple[str, ...]:
    """Return why a Problem that is known to have no plan has none, in sentences.

    Parameters
    ----------
    problem
        Proven to have no plan.
    until
        Value of ``perf_counter`` at which to say what is known.
    say, stop
        Told what is done; asked whether to stop.
    """
    say("There is no plan: looking for the requirements that contradict each other")
    relaxed = relax(problem)
    until = min(until, perf_counter() + _LONGEST_S)
    search = Search(relaxed, problem.settings.solver, until=until, stop=stop)
    conflict = search.conflict()
    if conflict is None:
        return (
            "there is no plan: that is proven, but the search for the requirements that contradict each other ended "
            "before it found any",
        )
    members = [relaxed.requirements[number] for number in conflict.members]
    return (*_told(conflict, members), *_remedy(search, conflict, relaxed.requirements))


def may_hide_choices(problem: Problem) -> bool:
    """Return whether something forbidden may be why something else cannot be reached."""
    limits = problem.limits
    return bool(limits.forbidden_corridors or limits.forbidden_hubs or limits.forbidden_exchanges)


def _told(conflict: Conflict, members: list[Requirement]) -> list[str]:
    if not members:
        return ["quantities and capacities contradict each other, whatever is asked for"]
    if len(members) == 1:
        return [f"{members[0].words}, which is impossible whatever else is given up"]
    lines = [f"({number}) {member.words}" for number, member in enumerate(members[:_LISTED], start=1)]
    if len(members) > _LISTED:
        lines.append(f"... and {len(members) - _LISTED} more")
    return [_head(conflict), *lines]


def _head(conflict: Conflict) -> str:
    count = len(conflict.members)
    if conflict.smallest:
        return f"these {count} requirements contradict each other, and no fewer do"
    if conflict.irreducible:
        return (
            f"these {count} requirements contradict each other, though any {count - 1} of them do not; "
            "whether fewer do elsewhere was not settled in time"
        )
    return f"some of these {count} requirements contradict each other; which was not settled in time"


def _remedy(search: Search, conflict: Conflict, requirements: tuple[Requirement, ...]) -> list[str]:
    """Return what would be enough: any one member alone, or else several requirements together."""
    numbers = range(len(requirements))
    alone = []
    try:
        for member in conflict.members[:_LISTED]:
            missed = search.shortfalls([number for number in numbers if number != member], [member], gap=0.0)
            if missed:
                alone.append(requirements[member].eased(missed[member]))
        if alone:
            return [f"it would be enough to {', or to '.join(alone)}"]
        missed = search.shortfalls([], numbers, gap=0.0)
    except _StoppedError:
        return [f"it would be enough to {', or to '.join(alone)}"] if alone else []
    if not missed:
        return []
    together = [requirements[number].eased(short) for number, short in missed.items()]
    more = f", and {len(together) - _LISTED} more" if len(together) > _LISTED else ""
    return [f"that alone is not enough; it would be enough to {', and to '.join(together[:_LISTED])}{more}"]
