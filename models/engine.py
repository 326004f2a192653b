"""Which method solves a programme."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from data.errors import Fault, InputError
from data.settings import Solver
from models.highs import solve_mip
from models.mip import Floats, Mip, MipResult, Stop
from models.progress import Progress, standings


def run(
    mip: Mip, settings: Solver, *, until: float, say: Progress, stop: Stop, start: Floats | None = None
) -> MipResult:
    """Solve with the method that the settings ask for; ``auto`` chooses by size.

    Parameters
    ----------
    until
        Value of ``perf_counter`` at which the time is over.
    start
        A solution to begin with, one value per column.
    """
    method = _METHODS[settings.method]
    left = settings.model_copy(update={"time_limit_s": max(until - perf_counter(), 1e-3)})
    return method(mip, left, say, stop, start)


def require_method(settings: Solver) -> None:
    """Raise unless the method exists.

    Raises
    ------
    InputError
        Naming the methods that do.
    """
    if settings.method not in _METHODS:
        expected = f"one of {', '.join(_METHODS)} in this version"
        raise InputError([Fault("settings", "solver.method", repr(settings.method), expected)])


def _exact(mip: Mip, settings: Solver, say: Progress, stop: Stop, start: Floats | None) -> MipResult:
    return solve_mip(
        mip,
        gap=settings.gap,
        time_limit_s=settings.time_limit_s,
        seed=settings.seed,
        threads=settings.threads,
        options=settings.options,
        start=start,
        on_progress=standings(say),
        stop=stop,
    )


_METHODS: dict[str, Callable[[Mip, Solver, Progress, Stop, Floats | None], MipResult]] = {
    "auto": _exact,
    "exact": _exact,
}
