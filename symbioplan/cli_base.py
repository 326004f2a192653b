"""What every command of the command line shares: the app, its usual options, its voice, its exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from data import Plan
from symbioplan import account
from symbioplan.progress import silent, to_stderr

EXIT_DONE, EXIT_NO_SOLUTION, EXIT_BAD_INPUT, EXIT_STOPPED = 0, 1, 2, 3
EXIT_INTERRUPTED = 130  # the shell's convention for Ctrl-C

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Plan industrial ecosystems on the map: who exchanges what, over which pipe or road, and is it worth it.",
)

StudyArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="A study folder, a study workbook (.xlsx), or a bundled study's name.")
]
OutOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder to write; an earlier output is replaced.")
]
FileOption = Annotated[Path, typer.Option("--out", metavar="FILE.gpkg", help="GeoPackage to write.")]
AlsoOption = Annotated[
    str, typer.Option("--also", metavar="fgb,parquet", help="Write the GIS layers to gis/ in these formats too.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing while working.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines on stdout.")]


@dataclass(frozen=True)
class Voice:
    """How this run speaks: progress on stderr, the answer on stdout."""

    quiet: bool
    as_json: bool

    @property
    def progress(self) -> Callable[[str], None]:
        """Return what says what is being done."""
        return silent if self.quiet else to_stderr

    def answer(self, machine: dict[str, Any], human: str) -> None:
        """Print the answer, for machines or for people."""
        text = json.dumps(machine, indent=2, ensure_ascii=False, allow_nan=False) if self.as_json else human
        sys.stdout.write(text + "\n")


def held(decided: Plan) -> Plan:
    """Return the plan; stopped by Ctrl-C before there was one, nothing is written."""
    if decided.status == "interrupted" and not decided.has_solution:
        raise KeyboardInterrupt
    return decided


def finish(decided: Plan, out: Path, voice: Voice) -> None:
    """Print what was decided and exit with what it means."""
    facts = {**decided.summary(), "out": str(out)}
    voice.answer(facts, account.plan_text(decided, out))
    exit_as([decided])


def exit_as(plans: list[Plan]) -> None:
    """Exit with what the plans' statuses mean, the first being the one that must be there."""
    if any(decided.status in ("time_limit", "interrupted") for decided in plans):
        raise typer.Exit(EXIT_STOPPED)
    if not plans[0].has_solution:
        raise typer.Exit(EXIT_NO_SOLUTION)
