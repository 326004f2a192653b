"""Where a study is: a folder, a workbook, or a bundled study by its name."""

from __future__ import annotations

import tomllib
from pathlib import Path

from data.errors import Fault, InputError
from data.sheets import is_workbook

BUNDLED = Path(__file__).parent / "studies"


def bundled_studies() -> tuple[str, ...]:
    """Return the names of the studies that come with the package."""
    return tuple(sorted(path.parent.name for path in BUNDLED.glob("*/study.toml")))


def study_folder(study: str | Path) -> Path:
    """Return the folder of a study: a path, or the name of a bundled study.

    Raises
    ------
    InputError
        When it is neither.
    """
    folder = Path(study)
    if (folder / "study.toml").is_file():
        return folder
    if str(study) in bundled_studies():
        return BUNDLED / str(study)
    bundled = ", ".join(bundled_studies())
    raise InputError([Fault(str(study), "", "no study.toml there", f"a study folder or a bundled study ({bundled})")])


def study_source(study: str | Path) -> Path:
    """Return where a study is: its folder, or its workbook; a folder may hold ``study.xlsx`` instead of ``study.toml``.

    Raises
    ------
    InputError
        When it is neither.
    """
    path = Path(study)
    if is_workbook(path):
        if not path.is_file():
            raise InputError([Fault(str(study), "", "no such file", "a study workbook")])
        return path
    if (path / "study.xlsx").is_file() and not (path / "study.toml").is_file():
        return path / "study.xlsx"
    return study_folder(study)


def study_toml(folder: Path) -> dict[str, object]:
    """Return the content of a folder's ``study.toml``.

    Raises
    ------
    InputError
        When it is no TOML.
    """
    try:
        return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Fault("study.toml", "", str(error), "valid TOML")]) from None
