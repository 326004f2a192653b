"""``symbioplan front``: the table, the chart, a plan folder per point, exit codes."""

import json

import pandas as pd
import pytest

from data import read_plan, read_problem, write_problem
from data.settings import Solver
from tests.models import cases


def problem_folder(problem, folder):
    write_problem(problem, folder)
    return str(folder)


def test_front_of_a_problem(run, tmp_path):
    """Cost is 1400 + 5 (70 - CO2) from 46 to 70 t/year: see the case."""
    folder, out = problem_folder(cases.carbon(), tmp_path / "problem"), tmp_path / "out"
    done = run("front", folder, "--against", "co2", "--points", "3", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "CO2 at most 58" in done.stderr
    assert "3 plans, none beaten in both" in done.stdout
    table = pd.read_csv(out / "front.csv")
    assert list(table.columns) == [
        "point", "cap", "cost", "co2", "landfill", "partners", "status", "bound", "gap", "least_proven", "checker",
    ]  # fmt: skip
    assert table["co2"].to_list() == pytest.approx([46, 58, 70])
    assert table["cost"].to_list() == pytest.approx([1520, 1460, 1400])
    assert set(table["checker"]) == {"ok"}
    assert "CO2, t/year" in (out / "front.svg").read_text(encoding="utf-8")
    second = read_plan(out / "points" / "02" / "plan")
    assert second.objective == pytest.approx(1460)
    assert read_problem(out / "points" / "02" / "problem").limits.co2_cap_t_per_year == pytest.approx(58)

    again = run("front", str(out / "points" / "02"), "--points", "2", "--out", str(out), "--json", "--quiet")
    assert again.stderr == ""  # a plan's folder is taken too, its cap kept, and the earlier output replaced
    facts = json.loads(again.stdout)
    assert [round(point["co2"]) for point in facts["points"]] == [46, 58]
    assert facts["against"] == "co2"
    assert len(list((out / "points").iterdir())) == 2


def test_front_of_a_study_draws_every_point(run, template, tmp_path):
    out = tmp_path / "out"
    done = run("front", str(template), "--against", "partners", "--points", "2", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["points"]
    assert rows[0]["partners"] == 0
    assert rows[-1]["cost"] < rows[0]["cost"]
    assert (out / "points" / "02" / "map.html").exists()
    assert len(read_plan(out / "points" / "02" / "plan").geometries) > 0


def test_no_solution_exits_1_with_the_reason(run, tmp_path):
    folder = problem_folder(cases.carbon(cap=45), tmp_path / "problem")
    done = run("front", folder, "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "raise the CO2 cap to 46 t/year" in done.stdout
    assert (tmp_path / "out" / "front.csv").exists()
    assert not (tmp_path / "out" / "front.svg").exists()


def test_a_limit_exits_3(run, tmp_path):
    problem = cases.make(
        solver=Solver(gap=0.0, time_limit_s=1e-6), supplies=[cases.supply(co2_unplaced=1)], demands=[cases.demand()],
        routes=[cases.route(fixed_cost=5)],
    )  # fmt: skip
    done = run("front", problem_folder(problem, tmp_path / "problem"), "--out", str(tmp_path / "out"), "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["points"][0]["status"] == "time_limit"


def test_bad_input_exits_2(run, tmp_path):
    folder = problem_folder(cases.carbon(), tmp_path / "problem")
    done = run("front", folder, "--against", "noise", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "one of co2, landfill, partners" in done.stderr
    assert not (tmp_path / "out").exists()
