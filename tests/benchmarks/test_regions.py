"""Generated regions are sound Problems, and ``python -m benchmarks models`` measures them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import models
from benchmarks import region_models
from benchmarks.__main__ import main
from benchmarks.region_report import tables
from benchmarks.regions import region
from data.problem import reference_faults
from data.settings import Solver


@pytest.mark.parametrize(("plants", "resources"), [(10, 5), (30, 7), (100, 8), (300, 10)])
def test_a_region_has_what_its_size_promises(plants, resources):
    problem = region(plants)
    assert reference_faults(problem) == []
    assert len(problem.resources) == resources
    assert (problem.nodes["kind"] == "plant").sum() == plants
    for streams in (problem.supplies, problem.demands):
        assert (streams.groupby("resource").size().reindex(problem.resources["resource"], fill_value=0) >= 2).all()
    options = problem.pipes.groupby(["corridor", "resource"]).size()
    assert (options == 4).all()
    assert 1.0 < len(problem.corridors) / len(problem.nodes) < 2.5  # a planar graph without crossings
    assert len(problem.routes) > plants


def test_larger_pipes_cost_more_and_less_per_unit():
    pipes = region(10).pipes
    pipes = pipes.assign(per_unit=pipes["fixed_cost"] / pipes["capacity"])
    keys = {"index": ["corridor", "resource"], "columns": "diameter_mm"}
    cost, per_unit = (pipes.pivot_table(values=name, **keys).to_numpy() for name in ("fixed_cost", "per_unit"))
    assert (np.diff(cost) > 0).all()
    assert (np.diff(per_unit) < 0).all()


def test_the_seed_makes_the_region():
    assert region(10, seed=3).digest() == region(10, seed=3).digest()
    assert region(10, seed=3).digest() != region(10, seed=4).digest()


def test_pipes_and_trucks_are_both_worth_it():
    problem = region(6, solver=Solver(gap=0.05))
    plan = models.solve(problem)
    idle = (problem.supplies["unplaced_cost"] * problem.supplies["quantity"]).sum()
    idle += (problem.demands["unserved_cost"] * problem.demands["quantity"]).sum()
    assert plan.checker == ()
    assert plan.objective < idle
    assert len(plan.built_pipes) > 0
    assert len(plan.hauls) > 0
    assert 0 < len(plan.hauls) < len(problem.routes)


def test_models_measures_building_and_solving_beside_highs(capsys, monkeypatch):
    monkeypatch.setattr(region_models, "linopy_builds", lambda problem, runs: None)
    assert main(["models", "--sizes", "4,5", "--gap", "0.05", "--runs", "1", "--threads", "1", "--json"]) == 0
    small, large = json.loads(capsys.readouterr().out)
    assert (small["plants"], large["plants"]) == (4, 5)
    for record in (small, large):
        assert record["checker"] == "agrees"
        assert record["gap"] <= 0.05
        assert record["objective"] <= record["highs"]["objective"] / (1 - 0.05)
        assert record["highs"]["objective"] >= record["bound"] * (1 - 1e-9)
        assert record["objective"] >= record["highs"]["bound"] * (1 - 1e-9)
        assert record["ours_size"][1] <= record["plain_size"][1]
        assert min(record["ours_build_s"], record["highspy_build_s"]) > 0
    text = tables([small, large])
    assert text.count("not measured") == 2
    assert "Growth of seconds: ours as plants to the power" in text
    rows = pd.Series(text.splitlines())
    assert rows[rows.str.startswith("| 4 |")].str.count(r"\|").tolist() == [14, 12]


def test_a_plan_that_the_checker_refuses_fails(monkeypatch, capsys):
    monkeypatch.setattr(region_models, "linopy_builds", lambda problem, runs: None)
    monkeypatch.setattr("models.check", lambda problem, plan: ("a pipe carries too much",))
    assert main(["models", "--sizes", "4", "--gap", "0.05", "--runs", "1", "--threads", "1"]) == 1
    assert "a pipe carries too much" in capsys.readouterr().out


def test_another_model_from_linopy_is_not_compared(monkeypatch):
    other = {"fingerprint": [1.0] * 7, "seconds": [0.1], "version": "0"}
    monkeypatch.setattr(region_models, "linopy_builds", lambda problem, runs: other)
    with pytest.raises(RuntimeError, match="another model"):
        main(["models", "--sizes", "4", "--only-build", "--runs", "1"])
