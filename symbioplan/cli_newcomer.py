"""``symbioplan newcomer``: where a newcomer adds most, and which plant type would."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data import Fault, InputError, Study, read_study, refuse_foreign
from data.newcomers import read_newcomers
from symbioplan import account, newcomer_outputs, newcomer_places, newcomers
from symbioplan.cli_base import EXIT_STOPPED, JsonOption, OutOption, QuietOption, Voice, app


@app.command("newcomer", epilog="Example: `symbioplan newcomer kalundborg --type greenhouse --out out/greenhouse`")
def newcomer_command(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study, which is planned first, or what `symbioplan plan` wrote.")
    ],
    out: OutOption,
    *,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="DIR", help="What `symbioplan plan` wrote for the study: that plan stands."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="NAME", help="A plant type of the catalogue, or all; may be repeated."),
    ] = None,
    streams: Annotated[
        list[Path] | None,
        typer.Option(
            "--streams", metavar="FILE", help="A newcomer's streams: the columns of streams without plant; repeatable."
        ),
    ] = None,
    gives: Annotated[
        list[str] | None,
        typer.Option("--gives", metavar="TEXT", help="What a newcomer has: '20 MW of hot_water_60'; repeatable."),
    ] = None,
    wants: Annotated[
        list[str] | None,
        typer.Option("--wants", metavar="TEXT", help="What it needs: '50000 t of fly_ash'; repeatable."),
    ] = None,
    technology: Annotated[
        list[str] | None,
        typer.Option(
            "--technology", metavar="NAME", help="What may stand beside it, such as heat_pump_90; repeatable."
        ),
    ] = None,
    which: Annotated[
        str, typer.Option("--which", metavar="types", help="types: which plant type of the catalogue adds most.")
    ] = "",
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="sites|grid", help="Where it could stand; without it a grid, of many types sites."
        ),
    ] = "",
    spacing_km: Annotated[
        float | None,
        typer.Option(min=0.05, metavar="KM", help="Size of the coarsest cells of the grid; else about 40."),
    ] = None,
    best: Annotated[int, typer.Option(min=1, help="How many of the best are planned in full and listed.")] = 12,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find where in the region a newcomer adds most value, or which type of plant would."""
    voice = Voice(quiet, as_json)
    refuse_foreign(out)
    types = [*(kind or []), *(["all"] if which == "types" else [])]
    _require(which, at, some=bool(types or streams or gives or wants))
    read, region = _region(study, plan)
    coming = read_newcomers(read, types=types, tables=streams or (), gives=gives or (), wants=wants or (),
                            technologies=technology or ())  # fmt: skip
    if region is None:
        region = newcomers.planned_region(read, progress=voice.progress)
    many = len(coming) > 1
    on_sites = at == "sites" or (at == "" and many and len(region.study.sites) > 0)
    spacing = None if spacing_km is None else spacing_km * 1000
    places = newcomer_places.site_places(region.study) if on_sites else newcomer_places.grid_places(
        region.study, spacing_m=spacing, levels=0 if many else 4)  # fmt: skip
    found = newcomers.find_newcomers(region, coming, places, best=best, progress=voice.progress)
    table = newcomer_outputs.newcomer_table(found)
    newcomer_outputs.write_newcomers(found, table, out)
    facts = newcomer_outputs.newcomer_facts(found, table, out)
    voice.answer(facts, account.newcomer_text(region.study, table, facts["notes"], out))
    if not table["status"].isin(["optimal", "out_of_reach"]).all():
        raise typer.Exit(EXIT_STOPPED)


def _region(study: str, plan: Path | None) -> tuple[Study, newcomers.Region | None]:
    """Return the study, and the region where it is planned already."""
    written = Path(study)
    if plan is None:
        planned = (written / "plan" / "plan.json").is_file()
        region = newcomers.read_region(written) if planned else None
        return (read_study(study) if region is None else region.study), region
    region = newcomers.read_region(plan)
    if written.resolve() != plan.resolve() and read_study(study).digest != region.plan.input_digest:
        raise InputError(
            [Fault(str(plan), "", "a plan of another study, or of this one as it was", f"a plan of {study}")]
        )
    return region.study, region


def _require(which: str, at: str, *, some: bool) -> None:
    """Raise one error that names every option that makes no sense."""
    faults = []
    if which not in ("", "types"):
        faults.append(Fault("newcomer", "--which", repr(which), "types"))
    if at not in ("", "sites", "grid"):
        faults.append(Fault("newcomer", "--at", repr(at), "sites or grid"))
    if not some and which in ("", "types"):
        expected = "--type, --streams, --gives, --wants or --which types"
        faults.append(Fault("newcomer", "", "no newcomer", expected))
    if faults:
        raise InputError(faults)
