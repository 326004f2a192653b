"""Fixtures for runs from end to end."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_example(name: str) -> ModuleType:
    """Import one of the documented examples by its file."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own, as a user does."""

    def call(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "symbioplan", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)

    return call


@pytest.fixture(scope="session")
def kalundborg(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., subprocess.CompletedProcess[str]]) -> Path:
    """What ``symbioplan plan kalundborg`` writes."""
    out = tmp_path_factory.mktemp("plans") / "kalundborg"
    done = run("plan", "kalundborg", "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    return out
