"""Our plans of published instances beside their known optima, and beside other solvers.

``DIR/optima.csv`` has the columns ``instance`` (a file's name without its suffix, or a Problem folder's),
``optimum``, ``status`` (``optimal`` or ``best known``) and, if wanted, ``family`` and ``source``. Every instance
found below DIR is solved, also those without an optimum. ``docs/known-optima.md`` says how to read the output.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import models
from benchmarks import peers
from benchmarks.instances import Instance, find_instances
from data.errors import Fault, InputError, SymbioplanError
from data.problem import Problem
from data.settings import Solver

Record = dict[str, Any]

TOLERANCE = 1e-6  # relative; a plan better, or a bound higher, than a proven optimum by more is a failure
GAP = 5e-5  # asked of every solver: a plan within 1e-4 of the optimum, and proven
STATUSES = ("optimal", "best known")
_COLUMNS = ("instance", "optimum", "status")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command line takes."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="instances, and optima.csv")
    parser.add_argument("--time-limit", type=float, default=600.0, metavar="S", help="per instance and solver")
    parser.add_argument("--gap", type=float, default=GAP, help="relative gap at which a solver may stop")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", metavar="PATTERN", help="names of instances or families, such as 'cap*' or mcnd")
    parser.add_argument("--peers", default="", help=f"comma-separated: {', '.join(peers.NAMES)}; on the plain model")


def run(asked: argparse.Namespace) -> tuple[list[Record], int]:
    """Solve, print a line per instance as it comes (unless JSON is asked for), and return the exit code."""
    records: list[Record] = []
    for record in solve_all(
        asked.folder,
        solver=Solver(gap=asked.gap, time_limit_s=asked.time_limit, threads=asked.threads),
        only=asked.only,
        rivals=_rivals(asked.peers),
    ):
        if not asked.json:
            if not records:
                print(header(record), flush=True)
            print(line(record), flush=True)
        records.append(record)
    if not records:
        print(f"no instance found in {asked.folder}", file=sys.stderr)
        return [], 2
    if not asked.json:
        print(summary(records))
    return records, int(any(record["failures"] for record in records))


def _rivals(asked: str) -> list[str]:
    names = [name.strip() for name in asked.split(",") if name.strip()]
    if unknown := set(names) - set(peers.NAMES):
        raise InputError([Fault("--peers", "", ", ".join(sorted(unknown)), " or ".join(peers.NAMES))])
    for name in names:
        if not peers.available(name):
            print(f"{name} is left out: it is not installed", file=sys.stderr)
    return [name for name in names if peers.available(name)]


def read_optima(folder: Path) -> dict[str, tuple[float, str, str]]:
    """Return optimum, status and family by instance; empty without an ``optima.csv``.

    Raises
    ------
    InputError
        A missing column, an optimum that is no number, an unknown status, an instance named twice.
    """
    path = folder / "optima.csv"
    if not path.is_file():
        return {}
    table = pd.read_csv(path, dtype=str, comment="#", skipinitialspace=True).fillna("")
    faults = [Fault(path.name, name, "no such column", name) for name in _COLUMNS if name not in table]
    if faults:
        raise InputError(faults)
    table = table.apply(lambda column: column.str.strip())
    optimum, status = pd.to_numeric(table["optimum"], errors="coerce"), table["status"].str.casefold()
    for bad, column, expected in (
        (optimum.isna(), "optimum", "a number"),
        (~status.isin(STATUSES), "status", " or ".join(STATUSES)),
        (table["instance"].duplicated() | (table["instance"] == ""), "instance", "a name that is used once"),
    ):
        faults += [
            Fault(path.name, column, repr(table.loc[row, column]), expected, row=row + 2) for row in table[bad].index
        ]
    if faults:
        raise InputError(faults)
    families = table["family"] if "family" in table else pd.Series("", index=table.index)
    return {
        name: (float(best), kind, family)
        for name, best, kind, family in zip(table["instance"], optimum, status, families, strict=True)
    }


def solve_all(folder: Path, *, solver: Solver, only: str | None = None, rivals: Sequence[str] = ()) -> Iterator[Record]:
    """Yield a record per instance, in the order of ``optima.csv`` and then of the files without an optimum."""
    if not folder.is_dir():
        raise InputError([Fault(str(folder), "", "no such folder", "a folder of instances")])
    optima = read_optima(folder)
    found = _by_name(folder)
    for name in [*optima, *(name for name in found if name not in optima)]:
        optimum, status, family = optima.get(name, (None, None, ""))
        instance = found.get(name)
        family = family or (instance.family if instance else "")
        if only and not (fnmatch.fnmatch(name, only) or fnmatch.fnmatch(family, only)):
            continue
        record: Record = {"instance": name, "family": family, "optimum": optimum, "optimum_status": status}
        if instance is None:
            yield record | _nothing("no file of this name")
            continue
        try:
            problem = instance.problem()
        except InputError as error:
            if optimum is None and instance.family == "cflp":
                print(f"{instance.path} is passed over: {error}", file=sys.stderr)  # any text, such as a README
                continue
            yield record | _nothing(str(error), failed=True)
            continue
        yield record | _solve(problem, solver, optimum, status, rivals)


def _by_name(folder: Path) -> dict[str, Instance]:
    """Return instances by name; of two with the same name the later is called by its path below the folder."""
    found: dict[str, Instance] = {}
    for instance in find_instances(folder):
        name = instance.name
        if name in found:
            name = (instance.path.relative_to(folder).parent / name).as_posix()
        found[name] = instance
    return found


def _nothing(why: str, *, failed: bool = False) -> Record:
    keys = ("ours", "bound", "gap_to_optimum", "proven_gap", "seconds", "status", "checker")
    return dict.fromkeys(keys) | {"failures": [why] if failed else [], "notes": [] if failed else [why], "peers": {}}


def _solve(
    problem: Problem, solver: Solver, optimum: float | None, status: str | None, rivals: Sequence[str]
) -> Record:
    problem = problem.replace(settings=problem.settings.model_copy(update={"solver": solver}))
    started = time.perf_counter()
    try:
        plan = models.solve(problem)
    except SymbioplanError as error:
        return _nothing(str(error), failed=True)
    seconds = time.perf_counter() - started
    violations = models.check(problem, plan)
    record: Record = {
        "ours": plan.objective,
        "bound": plan.bound,
        "gap_to_optimum": excess(plan.objective, optimum),
        "proven_gap": plan.gap,
        "seconds": round(seconds, 2),
        "status": plan.status,
        "checker": "agrees" if not violations else "; ".join(violations[:3]),
    }
    verdict = judge(plan.objective, plan.bound, optimum, status, plan.status)
    verdict["failures"] += [f"the checker: {violation}" for violation in violations]
    return record | verdict | {"peers": {name: _peer(name, problem, solver, optimum) for name in rivals}}


def _peer(name: str, problem: Problem, solver: Solver, optimum: float | None) -> Record:
    try:
        found = peers.run_peer(
            name, problem, time_limit_s=solver.time_limit_s, gap=solver.gap, threads=solver.threads
        )  # fmt: skip
    except SymbioplanError as error:
        return {"status": str(error), "ours": None, "bound": None, "gap_to_optimum": None, "proven_gap": None}
    return {
        "version": found.version,
        "status": found.status,
        "objective": found.objective,
        "bound": found.bound,
        "gap_to_optimum": excess(found.objective, optimum),
        "proven_gap": found.gap,
        "seconds": round(found.build_s + found.solve_s, 2),
    }


def excess(objective: float | None, optimum: float | None) -> float | None:
    """Return ``(objective - optimum) / |optimum|``, None where one is missing or the optimum is 0."""
    if objective is None or not optimum:
        return None
    return (objective - optimum) / abs(optimum)


def judge(
    objective: float | None, bound: float | None, optimum: float | None, status: str | None, ended: str
) -> Record:
    """Return what is wrong (``failures``) and what is only remarkable (``notes``) about a plan and its bound."""
    failures: list[str] = []
    notes: list[str] = []
    if ended == "infeasible" and optimum is not None:
        failures.append("called infeasible, yet an optimum is known")
    if optimum is not None:
        slack = TOLERANCE * max(abs(optimum), 1.0 if optimum == 0 else 0.0)
        found = failures if status == "optimal" else notes
        if objective is not None and objective < optimum - slack:
            found.append("better than the " + ("proven optimum" if status == "optimal" else "best known"))
        if bound is not None and bound > optimum + slack:
            found.append("the bound lies above the " + ("proven optimum" if status == "optimal" else "best known"))
    return {"failures": failures, "notes": notes}


_WIDTHS = {"instance": 14, "family": 8, "ours": 15, "bound": 15, "optimum": 15, "": 5, "gap": 9, "proven": 9,
           "s": 8, "status": 12}  # fmt: skip


def header(record: Record) -> str:
    """Return the heads of the columns; a peer has five of its own."""
    own = _row(list(_WIDTHS)) + "  checker"
    theirs = "".join(f" | {name:>15} {'gap':>9} {'proven':>9} {'s':>8}  ours/{name} x" for name in record["peers"])
    return own + theirs


def _row(cells: Sequence[str]) -> str:
    return " ".join(
        f"{cell:<{width}}" if name in ("instance", "family", "", "status") else f"{cell:>{width}}"
        for (name, width), cell in zip(_WIDTHS.items(), cells, strict=True)
    )


def line(record: Record) -> str:
    """Return one instance as a line, with what is wrong or remarkable after it."""
    status = {"optimal": "opt", "best known": "best"}.get(record["optimum_status"] or "", "")
    cells = [
        record["instance"], record["family"], _money(record["ours"]), _money(record["bound"]),
        _money(record["optimum"]), status, _percent(record["gap_to_optimum"]), _percent(record["proven_gap"]),
        "" if record["seconds"] is None else f"{record['seconds']:.1f}", record["status"] or "",
    ]  # fmt: skip
    text = (
        _row(cells) + "  " + ("agrees" if record["checker"] == "agrees" else "VIOLATED" if record["checker"] else "-")
    )
    for peer in record["peers"].values():
        text += (
            f" | {_money(peer.get('objective')):>15} {_percent(peer['gap_to_optimum']):>9}"
            f" {_percent(peer['proven_gap']):>9} {peer.get('seconds') or 0:>8.1f}  {_ratio(record, peer)}"
        )
    return "\n".join(
        [text, *(f"    FAILED: {why}" for why in record["failures"]), *(f"    {n}" for n in record["notes"])]
    )


def _ratio(record: Record, peer: Record) -> str:
    """Return our cost over the peer's, and how many times longer the peer took."""
    cost = record["ours"] / peer["objective"] if record["ours"] and peer.get("objective") else None
    times = peer["seconds"] / record["seconds"] if peer.get("seconds") and record["seconds"] else None
    return f"{'-' if cost is None else f'{cost:.4f}'} {'-' if times is None else f'{times:.1f}x'}"


def _money(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{round(100 * value, 4) + 0.0:.4f}%"  # never -0.0000


def summary(records: list[Record]) -> str:
    """Return how many were solved and proven, how long it took together, and how many failed."""
    tried = [r for r in records if r["seconds"] is not None or r["failures"]]  # the others have no file
    exact = [r for r in tried if r["optimum_status"] == "optimal"]
    close = [r for r in exact if r["gap_to_optimum"] is not None and abs(r["gap_to_optimum"]) <= 1e-4]
    proven = [r for r in close if r["proven_gap"] is not None and r["proven_gap"] <= 1e-4]
    total = sum(r["seconds"] or 0.0 for r in records)
    failed = sum(bool(r["failures"]) for r in records)
    lines = [
        f"{len(tried)} instances in {total:.1f} s; of {len(exact)} with a proven optimum {len(close)} are within "
        f"1e-4 of it and {len(proven)} are proven so, in {sum(r['seconds'] or 0.0 for r in exact):.1f} s; "
        f"{failed} failed"
    ]
    for name in dict.fromkeys(name for r in records for name in r["peers"]):
        theirs = [r["peers"][name] for r in records if name in r["peers"]]
        seconds = sum(peer.get("seconds") or 0.0 for peer in theirs)
        ahead = sum(_better(r, r["peers"][name]) for r in records if name in r["peers"])
        lines.append(f"{name}: {seconds:.1f} s; ours is as cheap or cheaper in {ahead} of {len(theirs)}")
    return "\n".join(lines)


def _better(record: Record, peer: Record) -> bool:
    if record["ours"] is None:
        return False
    theirs = peer.get("objective")
    return theirs is None or bool(record["ours"] <= theirs + 1e-4 * abs(theirs))
