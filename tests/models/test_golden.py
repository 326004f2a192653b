"""The written model of each family, as an LP file, is the one that was reviewed.

To regenerate after a wanted change: ``SYMBIOPLAN_UPDATE_GOLDEN=1 pytest tests/models/test_golden.py`` and
review the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyomo.environ as pyo
import pytest

from models.build import build_model
from models.prepare import prepare_network
from tests.models import cases

GOLDEN = Path(__file__).parent / "golden"


def lp_text(problem, path: Path) -> str:
    model = build_model(problem, prepare_network(problem))
    model.write(str(path), io_options={"symbolic_solver_labels": True})
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", cases.KNOWN)
def test_lp_file(name, tmp_path):
    found = lp_text(cases.KNOWN[name][0], tmp_path / "model.lp")
    golden = GOLDEN / f"{name}.lp"
    if os.environ.get("SYMBIOPLAN_UPDATE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(cases.KNOWN)


def test_every_constraint_says_what_it_is():
    problem = cases.shared_trench()
    model = build_model(problem, prepare_network(problem))
    assert all(part.doc for part in model.component_objects((pyo.Constraint, pyo.Var)))
