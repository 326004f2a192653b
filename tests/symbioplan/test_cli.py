"""The command line: exit codes, messages, progress, and no half-written output."""

import json
import os
import signal
import subprocess
import sys
import time

import geopandas as gpd
import pandas as pd
import pytest

from data import read_plan


def test_every_command_has_help_with_an_example(run):
    for name in ("plan", "check", "init", "candidates", "solve", "draw", "compare"):
        done = run(name, "--help")
        assert done.returncode == 0
        assert "Example" in done.stdout


def test_check_says_what_is_there(run):
    done = run("check", "kalundborg", "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert facts["plants"] == 17
    assert facts["road_edges"] > 100
    assert "usable" in run("check", "kalundborg").stdout


def test_check_lists_every_fault_and_exits_2(run, template, edit):
    edit(template / "streams.csv", "power,steam_10bar,supply,60", "powr,steam_10bar,supply,sixty")
    done = run("check", str(template))
    assert done.returncode == 2
    assert "2 faults in the input" in done.stderr
    assert "did you mean 'power'?" in done.stderr
    done = run("check", str(template), "--json")
    faults = json.loads(done.stdout)["faults"]
    assert {(fault["file"], fault["row"], fault["column"]) for fault in faults} == {
        ("streams.csv", 2, "plant"),
        ("streams.csv", 2, "quantity"),
    }


def test_init_gives_a_study_that_plans(run, tmp_path):
    study, out = tmp_path / "mine", tmp_path / "out"
    assert run("init", str(study)).returncode == 0
    assert run("init", str(study)).returncode == 2  # never overwrites
    assert run("check", str(study)).returncode == 0
    done = run("plan", str(study), "--out", str(out))
    assert done.returncode == 0
    assert "finding pipeline corridors" in done.stderr
    assert "proven" in done.stdout
    assert json.loads((out / "plan.json").read_text())["counts"]["exchanges"] == 2


def test_quiet_says_nothing_on_stderr(run, template, tmp_path):
    done = run("plan", str(template), "--out", str(tmp_path / "out"), "--quiet", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["checker"] == "ok"


def test_candidates_are_a_problem_folder_that_solves(run, template, tmp_path):
    done = run("candidates", str(template), "--out", str(tmp_path / "c"), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["corridors"] >= 1
    drawn = gpd.read_file(tmp_path / "c" / "candidates.gpkg", layer="candidate_corridors")
    assert {"length_m", "crossings_by_kind", "land", "lift_m", "capex_trench"} <= set(drawn.columns)
    assert run("solve", str(tmp_path / "c"), "--out", str(tmp_path / "p")).returncode == 0


def test_a_demand_that_cannot_be_served_is_no_solution(run, template, tmp_path):
    streams = pd.read_csv(template / "streams.csv").assign(must_serve=[None, None, "true", None])
    streams["quantity"] = [10, 80, 45, 14000]
    streams.to_csv(template / "streams.csv", index=False)
    done = run("plan", str(template), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "paper" in done.stdout
    assert "steam_10bar" in done.stdout
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["status"] == "infeasible"
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "There is no plan that keeps every limit" in page
    assert "paper" in page


def test_a_limit_is_reported_as_a_limit(run, kalundborg, tmp_path):
    done = run("solve", str(kalundborg / "problem"), "--out", str(tmp_path / "p"), "--time-limit", "0.001", "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 3
    assert facts["status"] == "time_limit"
    assert facts["gap"] is None or facts["gap"] > 0


def test_a_foreign_folder_is_refused_before_any_work(run, template, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    done = run("plan", str(template), "--out", str(tmp_path))
    assert done.returncode == 2
    assert "did not write" in done.stderr
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("plan", "kalundborg"),
        ("draw", "nowhere"),
        ("compare", "a"),
        ("solve", "nowhere", "--out", "x"),
        ("fly",),
    ],
)
def test_bad_input_exits_2(run, words, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_comparing_a_plan_with_itself_finds_nothing(run, kalundborg):
    done = run("compare", str(kalundborg), str(kalundborg))
    assert done.returncode == 0
    assert "the same" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals work differently on Windows")
def test_ctrl_c_leaves_nothing_half_written(tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "symbioplan", "plan", "kalundborg", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stderr is not None
    for line in process.stderr:
        if "corridors" in line:
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_a_quality_limit_keeps_what_breaks_it_apart(run, template, tmp_path):
    toml = template / "study.toml"
    toml.write_text(toml.read_text().replace("# resources = ", "resources = "))
    (template / "resources.csv").write_text(
        "resource,unit,phase,density_kg_per_m3,pipe,pipe_class,virgin_price,properties\n"
        "rinse,m3,liquid,1000,true,water,1.5,chloride_mg_l\n"
    )
    (template / "streams.csv").write_text(
        "plant,resource,direction,quantity,unit,chloride_mg_l,chloride_mg_l_max\n"
        "power,rinse,supply,90000,m3,300,\n"
        "paper,rinse,demand,90000,m3,,100\n"
    )
    done = run("plan", str(template), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    assert read_plan(tmp_path / "out" / "plan").exchanges.empty


def test_what_is_read_but_not_planned_with_is_said(run, template, tmp_path):
    streams = pd.read_csv(template / "streams.csv").assign(available_from=[2030, None, None, None])
    streams.to_csv(template / "streams.csv", index=False)
    done = run("plan", str(template), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    assert "note: streams that exist only in some years: 1" in done.stdout
    assert "nothing can go by truck" in done.stdout
    assert any("some years" in note for note in json.loads((tmp_path / "out" / "plan.json").read_text())["notes"])
    assert "some years" in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
