"""Shared fixtures: studies to copy and break, the public test data, and what must not be skipped in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from benchmarks import browser

# A slow machine must not fail a property: examples are bounded in number, never in time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public road networks, rasters and cases that stands beside the checkout."""
    if not SHARED.is_dir():
        message = f"no public test data at {SHARED}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the tests' cache apart from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["SYMBIOPLAN_CACHE"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def chromium():
    """Return a browser; where there is none the test is skipped, in CI it fails."""
    try:
        with browser.chromium() as started:
            yield started
    except browser.NoBrowserError as error:
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(f"the browser tests must run in CI: {error}")
        pytest.skip(str(error))


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A fresh copy of the study folder that ``symbioplan init`` writes."""
    return Path(shutil.copytree(ROOT / "data" / "template", tmp_path / "study"))


@pytest.fixture
def edit() -> Callable[[Path, str, str], None]:
    """Replace text in a file; it must be there."""

    def replace(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace
