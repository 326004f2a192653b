"""How long generated regions take to build and to solve, beside plain HiGHS, and building beside linopy and highspy.

Each size is built by ours (tightened network, Pyomo, arrays, HiGHS), by linopy and by plain highspy (the plain
model, from the same Problem), and solved by ours and by HiGHS on the plain model to the same gap within the same
limit. linopy may stand in an environment of its own: ``SYMBIOPLAN_LINOPY`` is the path of that Python.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import highspy
import numpy as np

import models
from benchmarks import peers
from benchmarks.plain_model import plain_model
from benchmarks.region_report import tables
from benchmarks.regions import region
from data.problem import Problem, write_problem
from data.settings import Solver
from models.build import build_model
from models.compile import compile_model
from models.network import build_network
from models.tighten import tighten

Record = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "models-performance.md"
SIZES = "10,30,100,300"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command line takes."""
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help=f"numbers of plants, at least 4 ({SIZES})")
    parser.add_argument("--time-limit", type=float, default=600.0, metavar="S", help="per size and solver")
    parser.add_argument("--gap", type=float, default=0.01, help="relative gap at which a solver may stop")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="of the regions")
    parser.add_argument("--runs", type=int, default=3, help="builds of which the median counts")
    parser.add_argument("--only-build", action="store_true", help="do not solve")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.relative_to(ROOT)}")


def _sizes(text: str) -> list[int]:
    sizes = [int(size) for size in text.split(",")]
    if min(sizes) < 4:
        raise ValueError(text)
    return sizes


def run(asked: argparse.Namespace) -> tuple[list[Record], int]:
    """Measure, tell each size as it is done, and return the exit code: 1 when a plan fails the checker."""
    records = []
    for record in measure(asked):
        print(json.dumps(record), file=sys.stderr, flush=True)
        records.append(record)
    if not asked.json:
        print(tables(records))
    if asked.write:
        text = PAGE.read_text(encoding="utf-8")
        head, tail = text.split("<!-- tables -->")[0], text.split("<!-- end -->")[1]
        PAGE.write_text(f"{head}<!-- tables -->\n{tables(records)}<!-- end -->{tail}", encoding="utf-8")
    return records, int(any(record.get("checker", "agrees") != "agrees" for record in records))


def measure(asked: argparse.Namespace) -> Iterator[Record]:
    """Yield one record per size."""
    solver = Solver(gap=asked.gap, time_limit_s=asked.time_limit, threads=asked.threads)
    for plants in asked.sizes:
        problem = region(plants, seed=asked.seed, solver=solver)
        record = {"benchmark": "models", "plants": plants, "gap_asked": asked.gap, "time_limit_s": asked.time_limit}
        record |= {name: len(problem.tables[name]) for name in ("resources", "supplies", "demands", "corridors")}
        record |= {"pipe_options": len(problem.pipes), "routes": len(problem.routes), "hubs": len(problem.hubs)}
        record |= _builds(problem, asked.runs)
        if not asked.only_build:
            record |= _ours(problem) | {"highs": _highs(problem, solver)}
        yield record


def _ours(problem: Problem) -> Record:
    started = time.perf_counter()
    plan = models.solve(problem)
    seconds = time.perf_counter() - started
    violations = models.check(problem, plan)
    return {
        "status": plan.status,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "seconds": round(seconds, 2),
        "stages": {name: round(value, 2) for name, value in plan.seconds.items()},
        "checker": "; ".join(violations[:3]) or "agrees",
    }


def _highs(problem: Problem, solver: Solver) -> Record:
    found = peers.run_peer(
        "highs", problem, time_limit_s=solver.time_limit_s, gap=solver.gap, threads=solver.threads
    )  # fmt: skip
    return {
        "version": found.version,
        "status": found.status,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "seconds": round(found.build_s + found.solve_s, 2),
    }


def _builds(problem: Problem, runs: int) -> Record:
    """Return how long each way to build takes until HiGHS holds the model, and how large the models are."""
    ours = [_timed(_build_ours, problem) for _ in range(runs)]
    plain = [_timed(lambda one: peers.pass_to_highs(plain_model(one)), problem) for _ in range(runs)]
    theirs = linopy_builds(problem, runs)
    if theirs is not None and not np.allclose(theirs["fingerprint"], plain[0][1], rtol=1e-9):
        raise RuntimeError("linopy built another model than highspy")
    return {
        "ours_build_s": _median(ours),
        "ours_size": _size(ours),
        "highspy_build_s": _median(plain),
        "plain_size": _size(plain),
        "linopy_build_s": None if theirs is None else round(statistics.median(theirs["seconds"]), 4),
        "linopy_version": None if theirs is None else theirs["version"],
    }


def _median(runs: list[tuple[float, list[float]]]) -> float:
    return round(statistics.median(seconds for seconds, _ in runs), 4)


def _size(runs: list[tuple[float, list[float]]]) -> list[int]:
    """Return rows, columns and nonzeros."""
    return [int(number) for number in runs[0][1][:3]]


def _timed(build: Callable[[Problem], highspy.Highs], problem: Problem) -> tuple[float, list[float]]:
    gc.collect()
    started = time.perf_counter()
    highs = build(problem)
    return time.perf_counter() - started, peers.fingerprint(highs)


def _build_ours(problem: Problem) -> highspy.Highs:
    model = build_model(problem, tighten(build_network(problem)))
    return peers.pass_to_highs(compile_model(model).mip)


def linopy_builds(problem: Problem, runs: int) -> Record | None:
    """Return what the worker tells; None where there is no linopy."""
    python = os.environ.get("SYMBIOPLAN_LINOPY")
    if python is None:
        if importlib.util.find_spec("linopy") is None:
            return None
        python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        write_problem(problem, folder)
        done = subprocess.run(
            [python, "-W", "ignore", "-m", "benchmarks.linopy_worker", folder, str(runs)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        print(f"linopy is left out: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    answer: Record = json.loads(done.stdout.splitlines()[-1])
    return answer
