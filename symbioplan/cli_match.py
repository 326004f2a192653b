"""``symbioplan match``: which supply could serve which demand, and why or why not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import models
from data import read_study, refuse_foreign
from symbioplan import account, matches, pipeline
from symbioplan.cli_base import JsonOption, QuietOption, StudyArgument, Voice, app


@app.command("match", epilog="Example: `symbioplan match kalundborg --out out/match`")
def match_command(
    study: StudyArgument,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for tables and the matrix; an earlier output is replaced."),
    ] = None,
    routes: Annotated[
        bool, typer.Option("--routes", help="Also look for truck routes and pipeline corridors, as a plan would.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say which supply could serve which demand, as it is, on conditions, through a technology, or why not."""
    voice = Voice(quiet, as_json)
    if out is not None:
        refuse_foreign(out)
    read = read_study(study)
    matching = models.find_matches(read)
    if routes:
        matching = models.with_routes(matching, pipeline.find_candidates(read, progress=voice.progress).problem)
    if out is not None:
        matches.write_matches(read, matching, out)
    voice.answer(matches.match_facts(read, matching), account.match_text(read, matching, out))
