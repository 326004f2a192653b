"""``symbioplan solve``: its options, what it says while it works, and Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import highspy
import pytest

from data import read_plan, read_problem, write_problem
from tests.models import cases
from tests.models.hard import grid

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals work differently on Windows")


@pytest.fixture
def small(tmp_path) -> Path:
    """``options``: 120 t/year wanted through DN100 of at most 100 or a dearer DN200."""
    write_problem(cases.options(), tmp_path / "problem")
    return tmp_path / "problem"


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    write_problem(grid(), folder / "problem")
    words = ["solve", str(folder / "problem"), "--out", str(folder / "out"), "--time-limit", "600", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "symbioplan", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


@posix
@pytest.mark.parametrize("threads", ["1", "2"])
def test_one_ctrl_c_keeps_the_best_plan(tmp_path, threads):
    process = start(tmp_path, "--threads", threads, "--json")
    assert "gap" in wait_for(process, "at most")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode == 3
    assert "press Ctrl-C again" in stderr
    plan = read_plan(tmp_path / "out" / "plan")
    assert plan.status == json.loads(stdout)["status"] == "interrupted"
    assert plan.has_solution
    assert plan.bound < plan.objective
    assert plan.gap == pytest.approx((plan.objective - plan.bound) / plan.objective)
    assert plan.checker == ()


@posix
def test_a_second_ctrl_c_drops_it(tmp_path):
    process = start(tmp_path)
    wait_for(process, "at most")
    process.send_signal(signal.SIGINT)
    wait_for(process, "press Ctrl-C again")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert "nothing was written" in stderr
    assert not (tmp_path / "out").exists()


def test_options_of_highs_are_used_and_recorded(run, small, tmp_path):
    words = ("solve", str(small), "--out", str(tmp_path / "out"), "--method", "exact")
    done = run(*words, "--option", "presolve=off", "--option", "mip_heuristic_effort=0.2", "--json")
    assert done.returncode == 0
    recorded = json.loads(done.stdout)["solver_options"]
    assert recorded["method"] == "exact"
    assert recorded["options"] == {"presolve": "off", "mip_heuristic_effort": 0.2}
    assert read_problem(tmp_path / "out" / "problem").settings.solver.options == recorded["options"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--option", "presolve"), "name=value"),
        (("--option", "nonsense=1"), "an option of HiGHS"),
        (("--option", "threads=2"), "the setting solver.threads"),
        (("--method", "magic"), "'auto', 'exact'"),
        (("--write-mps", "no/model.lp"), "ends in .mps"),
    ],
)
def test_what_cannot_be_used_is_said(run, small, tmp_path, words, said):
    done = run("solve", str(small), "--out", "out", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["problem"]


def test_the_mps_file_is_the_model(run, small, tmp_path):
    file = tmp_path / "model.mps"
    done = run("solve", str(small), "--out", str(tmp_path / "out"), "--write-mps", str(file), "--json")
    assert done.returncode == 0
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(file)) == highspy.HighsStatus.kOk
    names = highs.getLp().col_names_
    assert any(name.startswith("pipe[") for name in names)
    assert any(name.startswith("balance[") for name in highs.getLp().row_names_)
    highs.run()
    assert highs.getInfo().objective_function_value == pytest.approx(json.loads(done.stdout)["objective"])
