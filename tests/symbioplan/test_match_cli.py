"""``symbioplan match`` as users run it, and that it agrees with the plan."""

from __future__ import annotations

import json
import shutil

import pandas as pd

from data import read_study, study_folder


def test_kalundborg_agrees_with_its_plan(run, kalundborg, tmp_path):
    out = tmp_path / "match"
    done = run("match", "kalundborg", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {"matches.csv", "match_reasons.csv", "matches.json", "matrix.svg"}
    facts = json.loads(done.stdout)
    assert facts == json.loads((out / "matches.json").read_text(encoding="utf-8"))
    assert facts["unmatched"] == ["asnaes/bottom_ash/supply"]
    pairs = pd.read_csv(out / "matches.csv", keep_default_na=False)
    assert pairs["verdict"].value_counts().to_dict() == facts["verdicts"]
    assert (pairs["reason"] != "").all()
    usable = pairs[pairs["verdict"].isin(["possible", "conditional"])]
    exchanges = pd.read_csv(kalundborg / "tables" / "exchanges.csv")
    used = set(zip(exchanges["supply"], exchanges["demand"], strict=True))
    assert len(used) > 25
    assert used <= set(zip(usable["supply"], usable["demand"], strict=True))
    again = run("match", "kalundborg", "--out", str(out), "--quiet")  # an earlier output is replaced
    assert again.returncode == 0, again.stderr
    assert "17 on conditions" in again.stdout


def test_what_a_technology_eats_beside_another_is_not_called_useless(run):
    """Yamaguchi's ash washing turns bottom ash and eats fly ash of the same incinerators with it."""
    done = run("match", "yamaguchi", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["unmatched"] == []
    assert len(facts["aids"]) == 7
    assert all("/incinerator_fly_ash/" in name for name in facts["aids"])
    assert set(facts["aids"].values()) == {"ash_washing"}


def test_a_name_taken_as_another_is_told_and_a_foreign_folder_is_left_alone(run, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(study_folder("kalundborg"), folder)
    text = (folder / "streams.csv").read_text(encoding="utf-8")
    (folder / "streams.csv").write_text(text.replace("asnaes,gypsum,", "asnaes,REA-Gips,"), encoding="utf-8")
    for command in ("match", "check"):
        done = run(command, str(folder))
        assert done.returncode == 0, done.stderr
        assert "'REA-Gips' was taken as gypsum" in done.stdout
    assert read_study(folder).digest == read_study("kalundborg").digest
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    refused = run("match", str(folder), "--out", str(tmp_path / "mine"))
    assert refused.returncode == 2
    assert (tmp_path / "mine" / "thesis.txt").exists()
