"""Which method solves a programme, and on which parts of it."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from data.settings import Solver
from models.components import solve_apart
from models.highs import solve_mip
from models.mip import Floats, Mip, MipResult, OnProgress, Stop
from models.progress import Progress, standings
from models.search import search

_EXACT_UP_TO = 200  # whole columns; beyond them ``auto`` searches, which proves what it can (decision 0008)
# Each is called as ``solve_mip`` is.
_METHODS: dict[str, Callable[..., MipResult]] = {"exact": solve_mip, "heuristic": search}


def run(
    mip: Mip, settings: Solver, *, until: float, say: Progress, stop: Stop, start: Floats | None = None
) -> MipResult:
    """Solve, part by part, with the method that the settings ask for.

    Parameters
    ----------
    until
        Value of ``perf_counter`` at which the time is over.
    start
        A solution to begin with, one value per column.
    """

    def solve_one(
        mip: Mip, *, gap: float, time_limit_s: float, start: Floats | None, on_progress: OnProgress | None
    ) -> MipResult:
        return _METHODS[_method(settings.method, mip)](
            mip,
            gap=gap,
            time_limit_s=time_limit_s,
            seed=settings.seed,
            threads=settings.threads,
            options=settings.options,
            start=start,
            on_progress=on_progress,
            stop=stop,
        )

    left = max(until - perf_counter(), 0.0)
    return solve_apart(mip, solve_one, gap=settings.gap, time_limit_s=left, start=start, on_progress=standings(say))


def _method(name: str, mip: Mip) -> str:
    """Return the method's name; ``auto`` is the one that suits the programme."""
    if name != "auto":
        return name
    return "heuristic" if int(mip.integer.sum()) > _EXACT_UP_TO else "exact"
