"""The plain model that other solvers get has the optima that are worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.peers import run_peer
from benchmarks.plain_model import beyond
from data.errors import UnsupportedProblemError
from data.settings import Limits
from tests.models.cases import KNOWN, make, supply


@pytest.mark.parametrize("name", [name for name, (problem, _) in KNOWN.items() if not beyond(problem)])
def test_highs_finds_the_known_optimum_of_the_plain_model(name):
    problem, best = KNOWN[name]
    found = run_peer("highs", problem, time_limit_s=60, gap=0.0, threads=1)
    assert found.objective == pytest.approx(best)
    assert found.bound == pytest.approx(best)


def test_what_the_plain_model_does_not_know_is_refused_by_name():
    problem = make(supplies=[supply()]).replace(limits=Limits(max_new_partners=3))
    with pytest.raises(UnsupportedProblemError, match="limits"):
        run_peer("highs", problem, time_limit_s=60, gap=0.0, threads=1)
