"""``symbioplan init``: a study to fill in, as a folder or as one workbook."""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from data import (
    Fault,
    InputError,
    documented_exchanges,
    read_study,
    study_to_workbook,
    template_content,
    write_content,
    write_study,
    write_tables,
)
from symbioplan.cli_base import JsonOption, QuietOption, Voice, app


@app.command("init", epilog="Examples: `symbioplan init my-study` and `symbioplan init --xlsx my-study.xlsx`")
def init_command(
    place: Annotated[Path, typer.Argument(metavar="DIR|FILE.xlsx", help="A new folder, or a new workbook.")],
    *,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write one workbook (FILE.xlsx, or study.xlsx in DIR).")] = False,
    source: Annotated[
        str | None, typer.Option("--from", metavar="STUDY", help="Begin with this study instead of the example.")
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a commented study to fill in, a folder or one workbook; it plans as it is."""
    if xlsx or place.suffix.lower() == ".xlsx":
        target = place if place.suffix.lower() == ".xlsx" else place / "study.xlsx"
        written, study = _workbook(target, source), place
    else:
        written, study = _folder(place, source), place
    words = ", ".join(path.name for path in written)
    text = f"{place} is ready: edit {words}, then\n  symbioplan plan {study} --out {study.with_suffix('')}-plan"
    Voice(quiet, as_json).answer({"folder": str(place), "files": [path.name for path in written]}, text)


def _workbook(target: Path, source: str | None) -> list[Path]:
    layers = target.with_name(f"{target.stem}-layers")
    for path in (target, layers):
        if path.exists():
            raise InputError([Fault(str(path), "", "something that is already there", "a new file")])
    study = None if source is None else read_study(source)
    documented = None if source is None else documented_exchanges(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        if study is None:
            write_content(template_content(), made)
        else:
            study_to_workbook(study, made, documented=documented)
        parts = sorted(Path(scratch).iterdir())
        return [path.replace(target.with_name(path.name)) for path in parts]


def _folder(folder: Path, source: str | None) -> list[Path]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError([Fault(str(folder), "", "something that is already there", "a new or empty folder")])
    if source is None:
        with as_file(files("data").joinpath("template")) as template:
            shutil.copytree(template, folder, dirs_exist_ok=True)
    else:
        study, documented = read_study(source), documented_exchanges(source)
        write_study(study, folder)
        if documented is not None:
            write_tables({"documented": documented}, folder)
    return sorted(folder.iterdir())
