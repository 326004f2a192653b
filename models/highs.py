"""HiGHS on arrays: why it stopped, what it holds, how good that is known to be.

HiGHS runs in a thread of its own and only notes how it stands; whatever the caller wants told or asked
(``on_progress``, ``stop``, Ctrl-C) happens in the caller's thread, so nothing can be raised inside HiGHS.
HiGHS keeps its pool of threads per calling thread: a fresh thread may ask for any number of them.

HiGHS does not ask whether to stop while it solves a linear relaxation, which can take a minute. A solve that is
told to stop and does not is left to itself: what it found last is the result, and its thread ends when it asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import highspy
import numpy as np
from highspy import HighsModelStatus
from highspy.highs import HighsCallbackEvent

from data.errors import SolverError
from data.plan import Status
from models.mip import Floats, Mip, MipResult, OnProgress, Standing, Stop

_WHOLE = 1e-9  # an integer column farther from a whole number is rounded and the rest solved again
POLL_S = 0.05  # how often the caller is asked and told
PATIENCE_S = 2.0  # how long a solve that is told to stop may take to do so
HELD = 2  # HiGHS's primal_solution_status of a feasible solution

_STATUSES: dict[HighsModelStatus, Status] = {
    HighsModelStatus.kOptimal: "gap_reached",
    HighsModelStatus.kModelEmpty: "gap_reached",
    HighsModelStatus.kTimeLimit: "time_limit",
    HighsModelStatus.kInterrupt: "interrupted",
    HighsModelStatus.kInfeasible: "infeasible",
    HighsModelStatus.kUnbounded: "unbounded",
    HighsModelStatus.kUnboundedOrInfeasible: "unknown",
    HighsModelStatus.kIterationLimit: "unknown",
    HighsModelStatus.kSolutionLimit: "unknown",
    HighsModelStatus.kObjectiveBound: "unknown",
    HighsModelStatus.kObjectiveTarget: "unknown",
    HighsModelStatus.kMemoryLimit: "unknown",
    HighsModelStatus.kUnknown: "unknown",
}


def solve_mip(
    mip: Mip,
    *,
    gap: float,
    time_limit_s: float,
    seed: int = 0,
    threads: int = 1,
    options: Mapping[str, str | int | float | bool] | None = None,
    start: Floats | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> MipResult:
    """Minimise a mixed-integer (or linear) programme with HiGHS.

    Parameters
    ----------
    mip
        The programme.
    gap
        Relative gap at which to stop.
    time_limit_s
        Seconds, the hand-over to HiGHS included.
    seed, threads, options
        Passed to HiGHS; ``options`` are any others, by HiGHS's own names.
    start
        A solution to begin with, one value per column; where it does not fit, HiGHS keeps its whole
        columns and solves for the others, and drops it when that fails. Ignored without whole columns.
    on_progress
        Called, in the calling thread, when the incumbent or the bound has improved.
    stop
        Asked about every 0.05 s; True interrupts and keeps the best solution.

    Returns
    -------
    MipResult
        ``interrupted`` when ``stop`` said so.

    Raises
    ------
    SolverError
        HiGHS refused the programme or failed.
    """
    began = perf_counter()
    if not len(mip.cost):
        return _nothing_to_decide(mip)
    highs = loaded(mip)
    given = {"mip_rel_gap": gap, "random_seed": seed, "threads": threads, **(options or {})}
    set_options(highs, given)
    if start is not None and mip.integer.any():
        set_start(highs, start)
    set_options(highs, {"time_limit": max(time_limit_s - (perf_counter() - began), 0.0)})
    note = _run(highs, on_progress, stop)
    if note.done.is_set() and highs.getModelStatus() == HighsModelStatus.kUnboundedOrInfeasible:
        set_options(highs, {"presolve": "off"})  # presolve alone cannot tell the two apart
        note = _run(highs, on_progress, stop)
    return _result(mip, highs) if note.done.is_set() else _left(mip, note, highs.version())


def write_model(mip: Mip, path: Path, columns: Sequence[str], rows: Sequence[str]) -> None:
    """Write the programme under these names, which have no blanks, as a free MPS file.

    Raises
    ------
    SolverError
        HiGHS could not write it.
    """
    highs = loaded(mip)
    lp = highs.getLp()
    lp.col_names_, lp.row_names_ = list(columns), list(rows)
    highs.passModel(lp)
    if highs.writeModel(str(path)) == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS could not write {path}")


def _nothing_to_decide(mip: Mip) -> MipResult:
    fits = mip.is_feasible(np.zeros(0))
    version = highspy.Highs().version()  # type: ignore[no-untyped-call]
    if not fits:
        return MipResult("infeasible", None, None, version)
    return MipResult("gap_reached", np.zeros(0), mip.offset, version)


def loaded(mip: Mip) -> highspy.Highs:
    """Return HiGHS, silent, holding the programme.

    Raises
    ------
    SolverError
        The programme holds what is not a number, or HiGHS refuses it.
    """
    matrix = mip.matrix
    bounds = (mip.lower, mip.upper, mip.row_lower, mip.row_upper)
    if not (np.isfinite(mip.cost).all() and np.isfinite(matrix.data).all()) or any(np.isnan(b).any() for b in bounds):
        raise SolverError("a cost, a coefficient or a bound of the model is not a number")  # HiGHS would take it
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    outcome = highs.passModel(
        len(mip.cost), len(mip.row_lower), matrix.nnz,
        int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize), mip.offset,
        mip.cost, mip.lower, mip.upper, mip.row_lower, mip.row_upper,
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        mip.integer.astype(np.int32),
    )  # fmt: skip
    if outcome == highspy.HighsStatus.kError:
        raise SolverError("HiGHS does not accept the model")
    return highs


def set_options(highs: highspy.Highs, options: Mapping[str, str | int | float | bool]) -> None:
    """Set options by HiGHS's own names.

    Raises
    ------
    SolverError
        HiGHS does not accept one.
    """
    for name, value in options.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS does not accept the option {name} = {value!r}")


def set_start(highs: highspy.Highs, start: Floats) -> None:
    """Give HiGHS a solution to begin with, one value per column."""
    solution = highspy.HighsSolution()
    solution.col_value = start.tolist()
    highs.setSolution(solution)


@dataclass
class _Note:
    """What HiGHS's thread writes and the caller's reads; each is one assignment."""

    standing: Standing | None = None
    solution: Floats | None = None
    cancelled: bool = False
    failure: BaseException | None = None
    done: Event = field(default_factory=Event)


def _run(highs: highspy.Highs, on_progress: OnProgress | None, stop: Stop | None) -> _Note:
    """Run HiGHS; the note is not ``done`` when it was told to stop and did not."""
    note = _Note(cancelled=stop is not None and stop())
    listener = _listener(note)
    sources = (highs.cbMipInterrupt, highs.cbMipImprovingSolution, highs.cbSimplexInterrupt, highs.cbIpmInterrupt)
    for source in sources:
        source.subscribe(listener)
    Thread(target=_work, args=(highs, note), name="HiGHS").start()
    told: Standing | None = None
    patience = PATIENCE_S
    try:
        while not note.done.wait(POLL_S):
            if note.cancelled:
                patience -= POLL_S
                if patience < 0:
                    return note
            elif stop is not None:
                note.cancelled = stop()
            standing = note.standing
            if on_progress is not None and standing is not None and standing.is_news(told):
                on_progress(standing)
                told = standing
    finally:
        note.cancelled = True  # an exception here lets HiGHS end by itself soon
    for source in sources:
        source.unsubscribe(listener)
    if note.failure is not None:
        raise SolverError(f"HiGHS failed: {note.failure}") from note.failure
    return note


def _work(highs: highspy.Highs, note: _Note) -> None:
    try:
        highs.run()
    except BaseException as error:  # noqa: BLE001 - handed to the calling thread
        note.failure = error
    finally:
        note.done.set()


def _listener(note: _Note) -> Callable[[HighsCallbackEvent], None]:
    kinds = highspy.cb.HighsCallbackType

    def listen(event: HighsCallbackEvent) -> None:
        data = event.data_out
        if event.callback_type == kinds.kCallbackMipImprovingSolution:
            note.solution = np.array(data.mip_solution, dtype=np.float64)
            return
        if note.cancelled:
            event.interrupt()
        if event.callback_type == kinds.kCallbackMipInterrupt:
            note.standing = Standing(data.running_time, _finite(data.mip_primal_bound), _finite(data.mip_dual_bound))

    return listen


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _result(mip: Mip, highs: highspy.Highs) -> MipResult:
    reason, info = highs.getModelStatus(), highs.getInfo()
    if reason not in _STATUSES:
        raise SolverError(f"HiGHS stopped with: {highs.modelStatusToString(reason)}")
    status, version = _STATUSES[reason], highs.version()
    held = info.primal_solution_status == HELD
    bound = _finite(info.mip_dual_bound) if mip.integer.any() else None
    if not mip.integer.any() and reason == HighsModelStatus.kOptimal:
        bound = info.objective_function_value
    if status in ("infeasible", "unbounded"):
        return MipResult(status, None, None, version)
    if not held:
        return MipResult(status, None, bound, version)
    values = _whole(mip, np.asarray(highs.getSolution().col_value, dtype=np.float64))
    return MipResult(status if values is not None else "unknown", values, bound, version)


def _left(mip: Mip, note: _Note, version: str) -> MipResult:
    """Return what a solve that was left to itself had found."""
    values = None if note.solution is None else _whole(mip, note.solution)
    return MipResult("interrupted", values, None if note.standing is None else note.standing.bound, version)


def _whole(mip: Mip, values: Floats) -> Floats | None:
    """Return the solution with whole numbers where they must be; None when there is none."""
    whole = values[mip.integer]
    if (np.abs(whole - np.round(whole)) > _WHOLE).any():
        return _round_and_resolve(mip, values)
    return np.where(mip.integer, np.round(values), values)


def _round_and_resolve(mip: Mip, values: Floats) -> Floats | None:
    """Fix integer columns at whole numbers and solve for the rest; return None when no solution is left.

    HiGHS accepts a binary of 1e-6, which lets a millionth of a pipe's capacity flow without the pipe.
    """
    fixed = np.where(mip.integer, np.round(values), values)
    rest = replace(
        mip,
        lower=np.where(mip.integer, fixed, mip.lower),
        upper=np.where(mip.integer, fixed, mip.upper),
        integer=np.zeros_like(mip.integer),
    )
    highs = loaded(rest)
    _run(highs, None, None)
    if highs.getInfo().primal_solution_status != HELD:
        return None
    return np.asarray(highs.getSolution().col_value, dtype=np.float64)
