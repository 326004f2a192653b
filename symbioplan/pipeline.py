"""The composition root: study → candidates → optimum → outputs."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

import maps
import models
import routing
import siting
from data import Plan, Problem, Study, whole_folder, write_plan, write_problem, write_study, write_tables
from data.contracts import make_table
from data.world import COARSE_KEY
from symbioplan.notes import class_notes, coarse_notes, hub_notes, refused_notes, study_notes
from symbioplan.progress import Progress, silent


@dataclass(frozen=True)
class Candidates:
    """What could be built: the sites, the truck routes, the pipeline corridors, and the Problem they make."""

    study: Study
    sites: gpd.GeoDataFrame
    pairs: pd.DataFrame
    routes: routing.TruckRoutes
    network: routing.PipelineNetwork
    problem: Problem
    seconds: dict[str, float] = field(default_factory=dict)
    refused: tuple[str, ...] = ()  # a sentence for each reason why a supply cannot serve a demand of its resource
    sited: siting.Sited | None = None  # what siting found, where the study asks for it

    def with_problem(self, problem: Problem) -> Candidates:
        """Return the candidates with other limits or prices in their Problem."""
        return replace(self, problem=problem)

    @property
    def geometries(self) -> gpd.GeoDataFrame:
        """Return the line of every candidate corridor and route: key, kind, geometry in the study's CRS."""
        parts = [self.network.geometries, self.routes.geometries]
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=self.study.crs)

    @property
    def unreachable(self) -> pd.DataFrame:
        """Return the plants that no truck or no pipe can reach: plant, reason, mode."""
        parts = [self.routes.unreachable.assign(mode="truck"), self.network.unreachable.assign(mode="pipeline")]
        return pd.concat(parts, ignore_index=True)

    @property
    def unreachable_by_class(self) -> pd.DataFrame:
        """Return the plants on a road that some vehicle class cannot reach: plant, vehicle, reason."""
        return make_table("plan", "unreachable_by_class", self.routes.class_reasons)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return a sentence for each plant that a mode cannot reach or reaches in an unusual way."""
        lost, odd = self.unreachable, self.network.notes
        return (
            *self.refused,
            *hub_notes(self.study, self.problem.hubs),
            *(f"siting: {note}" for note in (self.sited.notes if self.sited is not None else ())),
            *(f"not reached by {row.mode}: {row.plant}: {row.reason}" for row in lost.itertuples(index=False)),
            *(f"{row.plant}: {row.note}" for row in odd.itertuples(index=False)),
            *class_notes(self.unreachable_by_class),
        )


@dataclass(frozen=True)
class Result:
    """A study, what could be built, and what should be."""

    candidates: Candidates
    plan: Plan

    @property
    def study(self) -> Study:
        """Return the study that was planned."""
        return self.candidates.study


def plan(study: Study, *, progress: Progress = silent) -> Result:
    """Return the least-cost plan of a study with everything needed to draw it.

    Raises
    ------
    SolverError
        When the solver failed.
    """
    candidates = find_candidates(study, progress=progress)
    return Result(candidates, placed(candidates, models.solve(candidates.problem, progress=progress)))


def placed(candidates: Candidates, decided: Plan) -> Plan:
    """Return a plan of the candidates' problem with what its study adds: lines to draw, notes, counts, times."""
    paths = decided.hauls["geometry_key"]
    drawn = {*decided.built_corridors["corridor"], *paths, *(COARSE_KEY + paths)}
    geometries = candidates.geometries
    return decided.replace(
        geometries=geometries[geometries["key"].isin(drawn)].reset_index(drop=True),
        unreachable_by_class=candidates.unreachable_by_class,
        input_digest=candidates.study.digest,
        notes=(*study_notes(candidates.study), *decided.notes, *coarse_notes(decided.hauls), *candidates.notes),
        counts={**_study_counts(candidates), **decided.counts},
        seconds={**candidates.seconds, **decided.seconds},
    )


def find_candidates(study: Study, *, progress: Progress = silent) -> Candidates:
    """Return the sites, routes and corridors of a study, and the Problem that they make."""
    clock = _Clock(progress)
    sited = None
    if study.settings.siting is not None:
        with clock("siting", "finding sites"):
            sited = siting.find_sites(study)
            study = sited.study
    with clock("sites", "looking at the sites"):
        sites = siting.candidate_sites(study)
    with clock("match", "matching supplies and demands"):
        nodes = siting.site_nodes(sites)
        hubs = models.hub_offers(study, nodes)
        routed = models.with_hubs(study, hubs, nodes)
        matching = models.find_matches(study)
        found = matching if routed is study else models.find_matches(routed)
        pairs = models.hub_pairs(study, found.offered)
    with clock("roads", f"finding truck routes over {len(study.roads):,} road edges"):
        routes = routing.truck_routes(routed, pairs)
    with clock("corridors", "finding pipeline corridors"):
        network = routing.pipeline_corridors(routed, pairs)
    with clock("problem", "writing the problem"):
        problem = models.build_problem(
            study,
            routes=routes.routes,
            corridors=network.corridors,
            pipes=network.pipes,
            junctions=network.junctions,
            sites=nodes,
            hubs=hubs,
        )
    refused = refused_notes(matching)
    return Candidates(study, sites, pairs, routes, network, problem, clock.seconds, refused, sited)


def write_result(
    result: Result, out: Path | str, *, documented: pd.DataFrame | None = None, also: Sequence[str] = ()
) -> Plan:
    """Write everything a plan gives, whole or not at all, and return the plan with its times.

    Parameters
    ----------
    result
        What :func:`plan` returned.
    out
        Folder; an earlier output there is replaced.
    documented
        The study's documented exchanges, kept beside the study for ``compare --documented``.
    also
        Formats of the GIS layers in ``gis/``: ``fgb``, ``parquet``.

    Raises
    ------
    InputError
        When ``out`` holds files that symbioplan did not write.
    """
    with whole_folder(Path(out)) as folder:
        started = time.perf_counter()
        write_problem(result.candidates.problem, folder / "problem")
        write_study(result.study, folder / "study")
        if documented is not None:
            write_tables({"documented": documented}, folder / "study")
        if result.plan.has_solution:
            maps.write_outputs(result.study, result.plan, folder, also=also)
        else:
            maps.write_report(result.study, result.plan, folder / "report.html")  # why there is none
        written = result.plan.replace(
            seconds={**result.plan.seconds, "outputs": round(time.perf_counter() - started, 3)}
        )
        write_decision(written, folder)
    return written


def redraw(study: Study, decided: Plan, folder: Path, *, also: Sequence[str] = ()) -> list[str]:
    """Draw every output of a plan again, put each in place once all are drawn, and return their names.

    ``gis/`` is written in the formats that are asked for and in those that it holds already.
    """
    there = {path.suffix[1:] for path in (folder / "gis").glob("*.*")}
    also = [name for name in maps.FORMATS if name in {*also, *there}]
    with tempfile.TemporaryDirectory(prefix=".draw.", dir=folder) as scratch:
        maps.write_outputs(study, decided, Path(scratch), also=also)
        drawn = sorted(Path(scratch).iterdir())
        for path in drawn:
            place = folder / path.name
            if place.is_dir():
                shutil.rmtree(place)
            path.replace(place)
    return [path.name for path in drawn]


def write_decision(decided: Plan, folder: Path) -> None:
    """Write the plan's tables to ``plan/`` and its summary to ``plan.json``."""
    write_plan(decided, folder / "plan")
    summary = json.dumps(decided.summary(), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "plan.json").write_text(summary + "\n", encoding="utf-8")


def _study_counts(candidates: Candidates) -> dict[str, int]:
    problem = candidates.problem
    return {
        "plants": len(candidates.study.plants),
        "supplies": len(problem.supplies),
        "demands": len(problem.demands),
        "candidate_routes": len(problem.routes),
        "corridors": len(problem.corridors),
    }


class _Clock:
    """Times each stage and says what is being done."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str, sentence: str) -> Iterator[None]:
        self.progress(sentence)
        started = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - started, 3)
