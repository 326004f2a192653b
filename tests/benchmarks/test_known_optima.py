"""``python -m benchmarks known_optima``: what it prints, and when it fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.known_optima import judge
from tests.benchmarks import instance_files as files


def folder_with(folder: Path, optima: str) -> Path:
    (folder / "two.txt").write_text(files.FACILITY, encoding="utf-8")
    (folder / "tree.gr").write_text(files.STEINER, encoding="utf-8")
    if optima:
        (folder / "optima.csv").write_text("instance,family,optimum,status,source\n" + optima, encoding="utf-8")
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, object]]]:
    code = main(["known_optima", *arguments, "--json", "--threads", "1"])
    return code, json.loads(capsys.readouterr().out)


def test_right_optima_pass(tmp_path, capsys):
    optima = f"two,cflp,{files.FACILITY_OPTIMUM},optimal,hand\ntree,steiner,{files.STEINER_OPTIMUM},optimal,hand\n"
    code, records = run(capsys, str(folder_with(tmp_path, optima)))
    assert code == 0
    assert [(r["instance"], r["ours"], r["gap_to_optimum"]) for r in records] == [
        ("two", 110.0, 0.0),
        ("tree", 6.0, 0.0),
    ]
    assert all(r["checker"] == "agrees" and r["proven_gap"] == 0 and r["failures"] == [] for r in records)


@pytest.mark.parametrize(
    ("claimed", "failure"),
    [(111.0, "better than the proven optimum"), (109.0, "the bound lies above the proven optimum")],
)
def test_a_plan_that_contradicts_a_proven_optimum_fails(tmp_path, capsys, claimed, failure):
    code, records = run(capsys, str(folder_with(tmp_path, f"two,cflp,{claimed},optimal,wrong\n")))
    assert code == 1
    assert records[0]["failures"] == [failure]
    assert records[1]["instance"] == "tree"  # no optimum: solved all the same, and no gap
    assert records[1]["gap_to_optimum"] is None
    assert records[1]["failures"] == []


def test_best_known_may_be_beaten(tmp_path, capsys):
    code, records = run(capsys, str(folder_with(tmp_path, "two,cflp,111,best known,old\n")), "--only", "cflp")
    assert code == 0
    assert [r["notes"] for r in records] == [["better than the best known"]]


def test_a_plan_that_the_checker_refuses_fails(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("models.check", lambda problem, plan: ("d1 is served 3 of 4",))
    code, records = run(capsys, str(folder_with(tmp_path, "")), "--only", "tree")
    assert code == 1
    assert records[0]["failures"] == ["the checker: d1 is served 3 of 4"]


def test_a_tolerance_of_a_millionth_and_an_infeasible_verdict():
    assert judge(999999.5, 999999.5, 1e6, "optimal", "optimal")["failures"] == []
    assert len(judge(999998.5, 999998.5, 1e6, "optimal", "optimal")["failures"]) == 1
    assert len(judge(None, None, 1e6, "optimal", "infeasible")["failures"]) == 1
    assert judge(None, 5e5, 1e6, "optimal", "time_limit")["failures"] == []


def test_peers_stand_beside_ours_and_the_text_names_what_failed(tmp_path, capsys):
    folder = folder_with(tmp_path, "two,cflp,111,optimal,wrong\nlost,cflp,1,optimal,hand\n")
    (folder / "bad.dow").write_text("1 1 1\n", encoding="utf-8")
    (folder / "readme.txt").write_text("Where these come from.\n", encoding="utf-8")
    code = main(["known_optima", str(folder), "--peers", "highs", "--threads", "1"])
    told = capsys.readouterr()
    assert code == 1
    rows = {row.split()[0]: row for row in told.out.splitlines() if row.strip()}
    assert rows["two"].count("110.00") == 3  # ours, bound, HiGHS
    assert "1.0000" in rows["two"]
    assert "FAILED: better than the proven optimum" in told.out
    assert "no file of this name" in told.out
    assert "bad.dow" in told.out
    assert "highs" in rows["instance"]
    assert "3 instances" in told.out
    assert "2 failed" in told.out
    assert "readme.txt is passed over" in told.err


@pytest.mark.parametrize(
    ("optima", "message"),
    [
        ("two,cflp,many,optimal,x\n", "row 2, column optimum: found 'many'"),
        ("two,cflp,110,probably,x\n", "row 2, column status: found 'probably', expected optimal or best known"),
        ("two,cflp,1,optimal,x\ntwo,cflp,1,optimal,x\n", "row 3, column instance: found 'two'"),
    ],
)
def test_a_wrong_optima_file_is_refused(tmp_path, capsys, optima, message):
    assert main(["known_optima", str(folder_with(tmp_path, optima))]) == 2
    assert message in capsys.readouterr().err


def test_two_files_of_one_name_are_told_apart(tmp_path, capsys):
    for folder, text in (("a", files.STEINER), ("b", files.ARBORESCENCE)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tree.stp").write_text(text, encoding="utf-8")
    (tmp_path / "optima.csv").write_text(
        f"instance,optimum,status\ntree,{files.STEINER_OPTIMUM},optimal\nb/tree,{files.ARBORESCENCE_OPTIMUM},optimal\n"
    )
    code, records = run(capsys, str(tmp_path))
    assert code == 0
    assert [(r["instance"], r["ours"]) for r in records] == [("tree", 6.0), ("b/tree", 5.0)]


def test_nothing_to_solve_is_an_error(tmp_path, capsys):
    assert main(["known_optima", str(tmp_path)]) == 2
    assert main(["known_optima", str(tmp_path / "nowhere")]) == 2
    assert main(["known_optima", str(tmp_path), "--peers", "gurobi"]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_other_benchmarks_keep_their_arguments(monkeypatch, capsys):
    monkeypatch.setitem(main.__globals__["BENCHMARKS"], "plan", lambda repeat: [{"case": "x", "repeat": repeat}])
    assert main(["plan", "--repeat", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"case": "x", "repeat": 3}]
    assert main(["plan"]) == 0
    assert capsys.readouterr().out == "case x  repeat 5\n"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["cflp/cap61.txt", "mcnd/r01.1.dow", "steiner/instance001.gr"])
def test_published_instances_reach_their_published_optimum(shared_data, tmp_path, capsys, name):
    instances = shared_data / "instances"
    shutil.copy(instances / name, tmp_path)
    shutil.copy(instances / "optima.csv", tmp_path)
    code, records = run(capsys, str(tmp_path), "--only", Path(name).stem)
    assert code == 0
    assert records[0]["status"] in ("optimal", "gap_reached")
    assert abs(records[0]["gap_to_optimum"]) <= 1e-4
    assert records[0]["proven_gap"] <= 1e-4
