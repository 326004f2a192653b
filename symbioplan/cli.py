"""The command line: each command is one call of the library and one account of it."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

import maps
import models
import routing
from data import (
    Fault,
    InputError,
    SymbioplanError,
    documented_exchanges,
    read_documented,
    read_plan,
    read_problem,
    read_study,
    refuse_foreign,
    whole_file,
    whole_folder,
    write_problem,
    write_tables,
)
from symbioplan import account, cli_init, cli_site, fronts, pipeline  # noqa: F401 - both add their command
from symbioplan.cli_base import (
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_NO_SOLUTION,
    AlsoOption,
    FileOption,
    JsonOption,
    OutOption,
    QuietOption,
    StudyArgument,
    Voice,
    app,
    exit_as,
    finish,
    held,
)
from symbioplan.overrides import with_solver


@app.command("plan", epilog="Example: `symbioplan plan kalundborg --out out/kalundborg`")
def plan_command(
    study: StudyArgument,
    out: OutOption,
    *,
    also: AlsoOption = "",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Plan a study: candidates, optimum, map, report, GIS layers, tables."""
    voice = Voice(quiet, as_json)
    refuse_foreign(out)
    formats = _formats(also)
    voice.progress(f"reading {study}")
    read, documented = read_study(study), documented_exchanges(study)
    result = pipeline.plan(read, progress=voice.progress)
    held(result.plan)
    voice.progress(f"writing {out}")
    written = pipeline.write_result(result, out, documented=documented, also=formats)
    finish(written, out, voice)


@app.command("check", epilog="Example: `symbioplan check my-study`")
def check_command(study: StudyArgument, *, quiet: QuietOption = False, as_json: JsonOption = False) -> None:
    """Validate a study and say what is there; exit 2 with every fault listed if it is not usable."""
    read = read_study(study)
    Voice(quiet, as_json).answer(account.study_facts(read), account.study_text(read))


@app.command("candidates", epilog="Example: `symbioplan candidates kalundborg --out out/candidates`")
def candidates_command(
    study: StudyArgument, out: OutOption, *, quiet: QuietOption = False, as_json: JsonOption = False
) -> None:
    """Find sites, truck routes and pipeline corridors only: a Problem folder and GIS layers."""
    voice = Voice(quiet, as_json)
    refuse_foreign(out)
    found = pipeline.find_candidates(read_study(study), progress=voice.progress)
    with whole_folder(out) as folder:
        write_problem(found.problem, folder)
        maps.write_candidates(
            found.study.replace(sites=found.sites),
            found.geometries,
            found.problem.corridors.merge(found.network.attributes.drop(columns="existing"), on="corridor"),
            found.problem.routes,
            found.problem.pipes,
            folder / "candidates.gpkg",
            unreachable_by_class=found.unreachable_by_class,
        )
        write_tables({"unreachable_by_class": found.unreachable_by_class}, folder / "tables")
    voice.answer(account.candidate_facts(found, out), account.candidate_text(found, out))


@app.command("solve", epilog="Example: `symbioplan solve out/candidates --out out/plan --gap 0.01 --time-limit 60`")
def solve_command(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM", help="A Problem folder.")],
    out: OutOption,
    *,
    gap: Annotated[float | None, typer.Option(min=0, max=0.999999, help="Stop at this relative gap.")] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0.001, metavar="S", help="Stop after so many seconds.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(metavar="auto|exact|heuristic", help="How to solve; auto decides by size.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the solver.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the solver.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="An option of HiGHS; may be repeated.")
    ] = None,
    write_mps: Annotated[
        Path | None, typer.Option(metavar="FILE.mps", help="Also write the model as a free MPS file.")
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Solve a Problem folder: the optimiser alone. Ctrl-C once keeps the best plan so far."""
    voice = Voice(quiet, as_json)
    refuse_foreign(out)
    asked = {"gap": gap, "time_limit_s": time_limit, "method": method, "threads": threads, "seed": seed}
    read = with_solver(read_problem(problem), asked, option or [])
    session = models.Session(read, progress=voice.progress)
    if write_mps is not None:
        with whole_file(write_mps) as file:
            session.write_mps(file)
    decided = held(session.solve())
    with whole_folder(out) as folder:
        write_problem(read, folder / "problem")
        write_tables(decided.tables, folder / "tables")
        pipeline.write_decision(decided, folder)
    finish(decided, out, voice)


@app.command("front", epilog="Example: `symbioplan front kalundborg --against co2 --points 8 --out out/front`")
def front_command(
    source: Annotated[
        str, typer.Argument(metavar="PROBLEM|STUDY", help="A Problem folder, a plan's folder, or a study.")
    ],
    out: OutOption,
    *,
    against: Annotated[str, typer.Option(metavar="co2|landfill|partners", help="What cost is weighed against.")] = (
        "co2"
    ),
    points: Annotated[int, typer.Option(min=2, help="Most plans, the cheapest and the least one included.")] = 8,
    gap: Annotated[float | None, typer.Option(min=0, max=0.999999, help="Stop each plan at this relative gap.")] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0.001, metavar="S", help="Stop each plan after so many seconds.")
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Weigh cost against CO2, landfill or partners: plans of which none is better in both, a table and a chart."""
    voice = Voice(quiet, as_json)
    refuse_foreign(out)
    found = fronts.find_source(source, progress=voice.progress)
    problem = with_solver(found.problem, {"gap": gap, "time_limit_s": time_limit}, [])
    plans = models.front(problem, against=against, points=points, progress=voice.progress)
    held(plans[0].plan)
    table = fronts.write_front(found, plans, against, out)
    voice.answer(account.front_facts(table, plans, against, out), account.front_text(table, plans, against, out))
    exit_as([point.plan for point in plans])


@app.command("routes", epilog="Example: `symbioplan routes kalundborg bioenergi farms digestate --out out/routes.gpkg`")
def routes_command(
    study: StudyArgument,
    start: Annotated[str, typer.Argument(metavar="FROM", help="Plant where the truck is loaded.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="Plant where it is unloaded.")],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A resource, or a vehicle class.")],
    out: FileOption,
    *,
    count: Annotated[int, typer.Option(min=1, max=10, help="How many routes are wanted.")] = 3,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find plausibly different truck routes between two plants, to compare: a GeoPackage and a table."""
    voice = Voice(quiet, as_json)
    read = read_study(study)
    voice.progress(f"finding routes over {len(read.roads):,} road edges")
    found = routing.alternative_routes(read, start, end, what, count=count)
    with whole_file(out) as file:
        maps.write_alternatives(read, found, file)
    voice.answer(account.route_facts(found, out), account.route_text(found, read, out))
    if found.empty:
        raise typer.Exit(EXIT_NO_SOLUTION)


@app.command(
    "reach", epilog="Example: `symbioplan reach kalundborg asnaes artic_tipper --km 5,10,20 --out out/reach.gpkg`"
)
def reach_command(
    study: StudyArgument,
    plant: Annotated[str, typer.Argument(metavar="PLANT", help="Where the truck starts.")],
    vehicle: Annotated[str, typer.Argument(metavar="VEHICLE", help="Vehicle class.")],
    out: FileOption,
    *,
    km: Annotated[str, typer.Option(help="Limits of the bands in km, such as 5,10,20.")] = "",
    minutes: Annotated[str, typer.Option(help="Limits of the bands in minutes, such as 10,30.")] = "",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find what a plant reaches by truck within distances or driving times: roads and areas in a GeoPackage."""
    voice = Voice(quiet, as_json)
    limits = {"km": _limits("--km", km), "minutes": _limits("--minutes", minutes)}
    read = read_study(study)
    voice.progress(f"driving from {plant} over {len(read.roads):,} road edges")
    area = routing.service_area(read, plant, vehicle, **limits)
    with whole_file(out) as file:
        maps.write_service_area(read, area.roads, area.bands, file)
    voice.answer(account.reach_facts(area.bands, out), account.reach_text(area.bands, out))
    if area.roads.empty:
        raise typer.Exit(EXIT_NO_SOLUTION)


@app.command("draw", epilog="Example: `symbioplan draw out/kalundborg`")
def draw_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `symbioplan plan` wrote.")],
    *,
    also: AlsoOption = "",
    postgis: Annotated[
        str,
        typer.Option(
            metavar="postgresql://USER@HOST/DB#SCHEMA",
            help="Replace the plan's layers in this PostGIS schema too; the password may be in PGPASSWORD.",
        ),
    ] = "",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Redraw every output of a plan without solving."""
    voice = Voice(quiet, as_json)
    formats = _formats(also)
    study, decided = read_study(folder / "study"), read_plan(folder / "plan")
    voice.progress(f"drawing {folder}")
    names = pipeline.redraw(study, decided, folder, also=formats)
    if postgis:
        names.append(str(maps.write_postgis(study, decided, postgis)))
    voice.answer({"out": str(folder), "written": names}, f"redrawn in {folder}: {', '.join(names)}")


@app.command(
    "compare",
    epilog="Examples: `symbioplan compare out/a out/b` and `symbioplan compare out/kalundborg --documented`",
)
def compare_command(
    plans: Annotated[list[Path], typer.Argument(metavar="PLAN [PLAN]", help="Folders that `symbioplan plan` wrote.")],
    *,
    documented: Annotated[bool, typer.Option("--documented", help="Compare one plan with what is documented.")] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what differs between two plans, or which documented exchanges a plan found again."""
    wanted = 1 if documented else 2
    if len(plans) != wanted:
        found = f"{len(plans)} plan{'' if len(plans) == 1 else 's'}"
        expected = "one plan with --documented, or two plans"
        raise InputError([Fault("compare", "", found, expected)])
    voice = Voice(quiet, as_json)
    if documented:
        rows = models.compare_documented(
            read_problem(plans[0] / "problem"), read_plan(plans[0] / "plan"), read_documented(plans[0] / "study")
        )
        voice.answer(account.documented_facts(rows), account.documented_text(rows))
        return
    differences = models.compare_plans(read_plan(plans[0] / "plan"), read_plan(plans[1] / "plan"))
    voice.answer(account.difference_facts(differences), account.difference_text(differences))


# Commands in modules of their own; imported here so that they are listed after the others.
from symbioplan import cli_match, cli_newcomer  # noqa: E402, F401


def _formats(text: str) -> tuple[str, ...]:
    return maps.checked_formats(part.strip() for part in text.split(",") if part.strip())


def _limits(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise InputError([Fault("reach", option, repr(text), "numbers separated by commas")]) from None


def main() -> None:
    """Run the command line and turn errors into exit codes."""
    try:
        code = app(standalone_mode=False)
    except typer.Exit as stop:
        code = stop.exit_code
    except InputError as error:
        _say_error(str(error), [_fault_facts(fault) for fault in error.faults])
        code = EXIT_BAD_INPUT
    except SymbioplanError as error:
        _say_error(str(error), [])
        code = EXIT_BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_DONE
    except Exception as error:
        show = getattr(error, "show", None)  # the command line library's own usage errors
        if show is None:
            raise
        show()
        code = EXIT_BAD_INPUT
    if code == EXIT_INTERRUPTED:  # Typer returns it for Ctrl-C
        sys.stderr.write("stopped; nothing was written\n")
    if any(thread.name.startswith("HiGHS") for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or EXIT_DONE)  # a solve that was told to stop and goes on: nobody waits for it
    sys.exit(code or EXIT_DONE)


def _say_error(message: str, faults: list[dict[str, object]]) -> None:
    sys.stderr.write(f"symbioplan: {message}\n")
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": message, "faults": faults}, indent=2, ensure_ascii=False) + "\n")


def _fault_facts(fault: Fault) -> dict[str, object]:
    return {name: getattr(fault, name) for name in ("file", "row", "column", "found", "expected")}
