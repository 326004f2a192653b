"""Fronts: cost against CO2, landfill or partners of a Problem or a study, written as a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import maps
import models
from data import Plan, Problem, read_problem, read_study, whole_folder, write_problem, write_tables
from symbioplan import pipeline
from symbioplan.progress import Progress

_PROVEN = ("optimal", "gap_reached")


@dataclass(frozen=True)
class Source:
    """The Problem that a front is about, and the candidates of the study that it was made from, if it was."""

    problem: Problem
    candidates: pipeline.Candidates | None = None


def find_source(where: str, *, progress: Progress) -> Source:
    """Return the Problem in a folder, in a plan's folder, or of a study, by its folder or name.

    Raises
    ------
    InputError
        What is there cannot be used.
    """
    for folder in (Path(where), Path(where) / "problem"):
        if (folder / "problem.toml").is_file():
            return Source(read_problem(folder))
    candidates = pipeline.find_candidates(read_study(where), progress=progress)
    return Source(candidates.problem, candidates)


def write_front(source: Source, points: Sequence[models.Point], against: str, out: Path) -> pd.DataFrame:
    """Write ``front.csv``, ``front.svg`` and a plan folder per point, whole or not at all; return the table.

    Raises
    ------
    InputError
        When ``out`` holds files that symbioplan did not write.
    """
    table = front_table(points)
    with whole_folder(out) as folder:
        write_tables({"front": table}, folder)
        for number, point in zip(table["point"], points, strict=True):
            _write_point(source, point, folder / "points" / f"{number:02d}")
        if points[0].plan.has_solution:
            measure = models.MEASURES[against]
            maps.write_front_chart(
                _chart_points(table, against),
                folder / "front.svg",
                title=source.problem.name,
                across=f"{measure.name}, {measure.unit}",
                upward=f"cost, {_money(points[0].plan)}",
            )
    return table


def _write_point(source: Source, point: models.Point, folder: Path) -> None:
    if source.candidates is not None:
        decided = pipeline.placed(source.candidates, point.plan)
        pipeline.write_result(pipeline.Result(source.candidates.with_problem(point.problem), decided), folder)
        return
    write_problem(point.problem, folder / "problem")
    write_tables(point.plan.tables, folder / "tables")
    pipeline.write_decision(point.plan, folder)


def front_table(points: Sequence[models.Point]) -> pd.DataFrame:
    """Return a row per point: number, cap, cost, measures, why the solver stopped and what it has proven."""
    rows = [
        {
            "point": number,
            "cap": point.cap,
            "cost": point.plan.objective,
            **{name: point.measures.get(name) for name in models.MEASURES},
            "status": point.plan.status,
            "bound": point.plan.bound,
            "gap": point.plan.gap,
            "least_proven": point.least,
            "checker": "; ".join(point.plan.checker) or ("ok" if point.plan.has_solution else ""),
        }
        for number, point in enumerate(points, start=1)
    ]
    numbers = ["cap", "cost", *models.MEASURES, "bound", "gap"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))


def _chart_points(table: pd.DataFrame, against: str) -> pd.DataFrame:
    measure = models.MEASURES[against]
    labels = [
        f"point {number}: cost {cost:,.0f}, {measure.name} {amount:,.6g} {measure.unit}, {status}"
        for number, cost, amount, status in zip(*(table[c] for c in ("point", "cost", against, "status")), strict=True)
    ]
    return table[["point", "cost", "bound", "gap"]].assign(
        amount=table[against], proven=table["status"].isin(_PROVEN), label=labels
    )


def _money(plan: Plan) -> str:
    units = plan.indicators.set_index("indicator")["unit"]
    return str(units.get("cost", plan.currency))
