"""Other solvers on the plain model of a Problem."""

from __future__ import annotations

import importlib
import importlib.util
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import highspy
import numpy as np

from benchmarks.plain_model import PlainModel, plain_model
from data.problem import Problem

if TYPE_CHECKING:
    from models.mip import Mip  # the interpreter that has linopy need not have Pyomo

NAMES = ("highs", "scip")


@dataclass(frozen=True)
class PeerResult:
    """What a peer held when it stopped; ``None`` where it held nothing finite."""

    peer: str
    version: str
    status: str
    objective: float | None
    bound: float | None
    gap: float | None
    build_s: float
    solve_s: float
    rows: int
    columns: int
    nonzeros: int


def available(name: str) -> bool:
    """Return whether the peer can be run here."""
    return name == "highs" or importlib.util.find_spec("pyscipopt") is not None


def run_peer(name: str, problem: Problem, *, time_limit_s: float, gap: float, threads: int) -> PeerResult:
    """Return what a peer finds and proves on the plain model within the limit; building is timed apart."""
    started = time.perf_counter()
    model = plain_model(problem)
    highs = pass_to_highs(model)
    built = time.perf_counter() - started
    solve = _highs if name == "highs" else _scip
    started = time.perf_counter()
    version, status, objective, bound = solve(highs, time_limit_s, gap, threads)
    solved = time.perf_counter() - started
    return PeerResult(
        name, version, status, objective, bound, relative_gap(objective, bound), built, solved,
        rows=model.matrix.shape[0], columns=model.matrix.shape[1], nonzeros=model.matrix.nnz,
    )  # fmt: skip


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """Return ``(objective - bound) / |objective|``, or None where one is missing or the ratio means nothing."""
    if objective is None or bound is None:
        return None
    if objective - bound <= 1e-9:
        return 0.0
    return (objective - bound) / abs(objective) if objective else None


def pass_to_highs(model: PlainModel | Mip) -> highspy.Highs:
    """Return HiGHS holding the model."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.col_cost_, lp.offset_ = model.cost, model.offset
    lp.col_lower_, lp.col_upper_ = model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = model.matrix.indptr
    lp.a_matrix_.index_ = model.matrix.indices
    lp.a_matrix_.value_ = model.matrix.data
    kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger], dtype=object)
    lp.integrality_ = kinds[model.integer.astype(int)].tolist()
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS did not take the model")
    return highs


def fingerprint(highs: highspy.Highs) -> list[float]:
    """Return numbers that two equal models share: rows, columns, nonzeros, and sums of what they hold."""
    lp = highs.getLp()
    bounds = np.concatenate([lp.row_lower_, lp.row_upper_, lp.col_lower_, lp.col_upper_])
    whole = sum(kind != highspy.HighsVarType.kContinuous for kind in lp.integrality_)
    return [
        float(lp.num_row_),
        float(lp.num_col_),
        float(len(lp.a_matrix_.value_)),
        float(whole),
        float(np.sum(lp.col_cost_)),
        float(np.abs(lp.a_matrix_.value_).sum()),
        float(np.abs(bounds[np.isfinite(bounds)]).sum()),
    ]


Found = tuple[str, str, float | None, float | None]


def _highs(highs: highspy.Highs, time_limit_s: float, gap: float, threads: int) -> Found:
    highspy.Highs.resetGlobalScheduler(True)  # another count of threads than before is refused otherwise
    options = {"time_limit": time_limit_s, "mip_rel_gap": gap, "threads": threads}
    for option, value in options.items():
        highs.setOptionValue(option, value)
    highs.run()
    info = highs.getInfo()
    held = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    status = highs.modelStatusToString(highs.getModelStatus())
    objective = _finite(info.objective_function_value) if held else None
    whole = info.mip_node_count >= 0  # -1 after a linear programme, which has no bound apart from its optimum
    optimal = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = _finite(info.mip_dual_bound) if whole else (objective if optimal else None)
    return highs.version(), str(status).lower(), objective, bound


def _scip(highs: highspy.Highs, time_limit_s: float, gap: float, _threads: int) -> Found:
    scip = importlib.import_module("pyscipopt")
    model = scip.Model()
    model.hideOutput()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plain.mps"
        highs.writeModel(str(file))
        model.readProblem(str(file))
    # SCIP's default is one thread; its parallel mode is another solver (FiberSCIP), which we do not compare.
    for option, value in {"limits/time": time_limit_s, "limits/gap": gap}.items():
        model.setParam(option, value)
    model.optimize()
    held = model.getNSols() > 0
    objective = model.getObjVal() if held else None
    return str(scip.__version__), str(model.getStatus()), objective, _finite(model.getDualbound())


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) and abs(value) < 1e19 else None
