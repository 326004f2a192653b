"""Chromium for benchmarks and tests: the one of the system where there is one, else playwright's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")


class NoBrowserError(RuntimeError):
    """There is no playwright, or no Chromium that it could start."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser without a window; ``CHROMIUM`` may name another one.

    Raises
    ------
    NoBrowserError
        When none can be started.
    """
    try:
        from playwright import sync_api as api
    except ImportError as error:
        raise NoBrowserError("playwright is not installed") from error
    system = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=system, args=list(ARGUMENTS))
        except api.Error as error:
            raise NoBrowserError(f"no Chromium could be started: {str(error).splitlines()[0]}") from error
        try:
            yield browser
        finally:
            browser.close()
