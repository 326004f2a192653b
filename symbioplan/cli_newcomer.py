"""``symbioplan newcomer``: where a newcomer adds most, and which plant type would."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data import Fault, InputError, read_study, refuse_foreign
from data.newcomers import read_newcomer, type_streams
from symbioplan import account, newcomers
from symbioplan.cli_base import JsonOption, OutOption, QuietOption, Voice, app, exit_as


@app.command("newcomer", epilog="Example: `symbioplan newcomer kalundborg --type greenhouse --out out/greenhouse`")
def newcomer_command(
    source: Annotated[
        str, typer.Argument(metavar="STUDY|PLAN", help="A study, or what `symbioplan plan` wrote (its study is used).")
    ],
    out: OutOption,
    *,
    streams: Annotated[
        Path | None,
        typer.Option("--streams", metavar="FILE", help="The newcomer's streams: the columns of streams without plant."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="NAME", help="A plant type of the catalogue, or all; may be repeated."),
    ] = None,
    at: Annotated[
        str, typer.Option("--at", metavar="sites|grid", help="Where it could stand; sites where there are any.")
    ] = "",
    spacing_km: Annotated[
        float | None, typer.Option(min=0.05, metavar="KM", help="Between points of the grid; else some 24 points.")
    ] = None,
    best: Annotated[int, typer.Option(min=1, help="How many of the best are wanted exactly.")] = 3,
    every: Annotated[bool, typer.Option("--every", help="Plan every case, also those that are surely not best.")] = (
        False
    ),
    replan: Annotated[
        bool, typer.Option("--replan", help="Plan everything anew; else what is built without a newcomer stands.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find where in the region a newcomer adds most value, or which type of plant would."""
    voice = Voice(quiet, as_json)
    refuse_foreign(out)
    if (streams is None) == (not kind):
        raise InputError([Fault("newcomer", "--streams, --type", "both or neither", "one of the two")])
    if at not in ("", "sites", "grid"):
        raise InputError([Fault("newcomer", "--at", repr(at), "sites or grid")])
    inside = Path(source) / "study"
    study = read_study(inside if (inside / "study.toml").is_file() else source)
    table = read_newcomer(streams, study) if streams is not None else type_streams(kind or [], study)
    on_sites = at == "sites" or (at == "" and len(study.sites) > 0)
    spacing = None if spacing_km is None else spacing_km * 1000
    places = newcomers.site_places(study) if on_sites else newcomers.grid_places(study, spacing_m=spacing)
    count = len(places.points) * table["plant_type"].nunique()
    found = newcomers.find_newcomers(
        study, table, places, best=count if every else best, keep=not replan, progress=voice.progress
    )
    if found.worths.base.has_solution:
        newcomers.write_newcomers(found, out)
    voice.answer(
        newcomers.newcomer_facts(found, out), account.newcomer_text(found.study, found.table, found.worths, out)
    )
    exit_as([found.worths.base, *(worth.plan for worth in found.worths.cases if worth.plan is not None)])
