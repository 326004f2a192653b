"""Rows and limits of a Problem that contradict the rest of it are faults."""

from __future__ import annotations

import pandas as pd
import pytest

from data import read_problem, write_problem
from data.problem import reference_faults
from data.problem_rules import stream_quality_faults
from data.settings import Limits
from tests.models import cases


def told(problem):
    return [str(fault) for fault in reference_faults(problem)]


@pytest.mark.parametrize(
    ("upgrade_of", "expected"),
    [
        (["", "DN1", ""], "row 3, column upgrade_of: found 'DN1', expected an option for ash in corridor AB"),
        (["", "DN80", ""], "row 3, column upgrade_of: found 'DN80', expected an option that does not itself"),
        (["DN90", "DN50", "DN80"], "row 4, column upgrade_of: found 'DN80', expected an option that does not"),
    ],
)
def test_upgrades(upgrade_of, expected):
    problem = cases.options()
    found = told(problem.replace(pipes=problem.pipes.assign(upgrade_of=upgrade_of)))
    assert any(expected in sentence for sentence in found), found


def test_existing_pipes_replace_nothing_and_are_one_each():
    problem = cases.options()
    pipes = problem.pipes.assign(upgrade_of=["", "DN50", ""], existing=True, max_parallel=[1, 1, 2])
    assert any("an existing pipe" in sentence for sentence in told(problem.replace(pipes=pipes)))
    assert any("column max_parallel: found 2" in sentence for sentence in told(problem.replace(pipes=pipes)))


QUALITY = {
    "exactly one of supply, demand and technology": {"supply": "A-ash", "demand": "B-ash", "property": "p", "value": 1},
    "the value of the supply": {"supply": "A-ash", "property": "p"},
    "min or max of the demand": {"demand": "B-ash", "property": "p"},
    "at most max": {"demand": "B-ash", "property": "p", "min": 2, "max": 1},
    "one of the two": {"supply": "A-ash", "property": "p", "value": 1, "max": 1},
    "nothing: the stream has one": {"supply": "A-ash", "resource": "ash", "property": "p", "value": 1},
    "a value, or min and max": {"technology": "milling", "property": "p"},
    "a technology of recipes.csv": {"technology": "magic", "property": "p", "value": 1},
}


@pytest.mark.parametrize("expected", QUALITY)
def test_quality(expected):
    problem = cases.hub()
    ash = cases.make(demands=[cases.demand()]).demands
    problem = problem.replace(demands=ash, quality=cases.make(quality=[QUALITY[expected]]).quality)
    assert any(expected in sentence for sentence in told(problem)), told(problem)


def test_two_values_of_one_property():
    row = {"supply": "A-ash", "property": "p", "value": 1}
    problem = cases.trucking().replace(quality=cases.make(quality=[row, row]).quality)
    assert any("one value per property" in sentence for sentence in told(problem))


def test_values_left_out_are_named():
    problem = cases.treatment()
    found = told(problem.replace(quality=problem.quality.iloc[2:]))
    assert any("no chloride of supply A-ash" in sentence for sentence in found)
    assert any("no chloride of the clean that washing makes" in sentence for sentence in found)


def test_choices():
    limits = Limits(
        forced_exchanges=(("A", "X"),), forbidden_exchanges=(("A", "B", "brin"),), forced_corridors=("AB",),
        forbidden_corridors=("AB",), forced_hubs=("kiln",),
    )  # fmt: skip
    found = "\n".join(told(cases.shared_trench().replace(limits=limits)))
    for part in (
        "limits.forced_exchanges: found 'X'",
        "limits.forbidden_exchanges: found 'brin', expected a known name (did you mean 'brine'?)",
        "limits.forced_corridors: found AB, expected not to be forbidden too",
        "limits.forced_hubs: found 'kiln'",
    ):
        assert part in found


def test_a_hub_that_cannot_stand_is_not_forced():
    problem = cases.hub()
    problem = problem.replace(hubs=problem.hubs.assign(max_modules=0, existing=0), limits=Limits(forced_hubs=("mill",)))
    assert any("a hub of which a module may stand" in sentence for sentence in told(problem))


def test_limits_read_back(tmp_path):
    limits = Limits(
        forced_exchanges=(("A", "B"), ("A", "B", "ash")), forbidden_exchanges=(("B", "A"),), forced_share=0.5,
        forbidden_corridors=("AB",),
    )  # fmt: skip
    problem = cases.shared_trench().replace(limits=limits)
    write_problem(problem, tmp_path)
    assert read_problem(tmp_path).limits == limits


def test_streams_without_a_value():
    nothing = float("nan")
    streams = pd.DataFrame({
        "resource": ["fine", "ash", "ash", "mud"],
        "direction": ["supply", "supply", "demand", "supply"],
        "salt": [nothing, 3.0, nothing, nothing],
        "salt_max": [nothing, nothing, 5.0, nothing],
    })  # fmt: skip
    grades = pd.DataFrame({"resource": ["fine"], "serves": ["ash"]})
    (fault,) = stream_quality_faults(streams, grades, file="streams.csv")
    assert (fault.row, fault.column) == (2, "salt")
