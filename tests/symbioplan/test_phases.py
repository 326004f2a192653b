"""A study in two phases from end to end."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

import symbioplan
from data import read_problem
from maps.report.accounts import accounts
from maps.report.laid import invested

PHASES = """
[phases]
start_year = 2030
years = [5, 10]

[limits]
max_new_partners = [2, 1]
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory, run):
    """The template study: the greenhouse wants heat from 2035 on; one of two partners is there before."""
    folder = tmp_path_factory.mktemp("phases")
    assert run("init", str(folder / "study")).returncode == 0
    toml = folder / "study" / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + PHASES, encoding="utf-8")
    streams = pd.read_csv(folder / "study" / "streams.csv", dtype="str")
    streams["available_from"] = [None, None, None, "2033"]
    streams.to_csv(folder / "study" / "streams.csv", index=False)
    done = run("plan", str(folder / "study"), "--out", str(folder / "plan"), "--quiet")
    assert done.returncode == 0, done.stderr
    return folder / "plan", done.stdout


def test_phases_become_periods(planned):
    problem = read_problem(planned[0] / "problem")
    periods = problem.periods.set_index("period")
    assert periods["years"].to_dict() == {"2030": 5, "2035": 10}
    factors = [1.04**-k for k in range(1, 16)]
    assert periods["weight"].to_list() == pytest.approx([sum(factors[:5]), sum(factors[5:])])
    assert problem.demands[["demand", "period"]].values.tolist() == [
        ["paper/steam_10bar/demand", ""], ["greenhouse/hot_water_90/demand@2035", "2035"],
    ]  # fmt: skip


def test_plan_by_phase(planned):
    folder, text = planned
    summary = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert summary["checker"] == "ok"
    assert summary["indicators"]["cost"]["unit"] == "EUR"
    plan = symbioplan.read_plan(folder / "plan")
    assert sorted(plan.exchanges["to_node"] + " " + plan.exchanges["period"]) == [
        "greenhouse 2035", "paper 2030", "paper 2035",
    ]  # fmt: skip
    pipes = plan.built_pipes.groupby("resource")["built_in"].unique()
    assert {name: list(found) for name, found in pipes.items()} == {"steam_10bar": ["2030"], "hot_water_90": ["2035"]}
    assert "greenhouse/hot_water_90/demand is there in some years of 2030 to 2034 only" in " ".join(text.split())


def test_outputs_are_drawn(planned, run):
    assert {"map.html", "map.png", "report.html", "plan.gpkg", "plan.xlsx", "tables"} <= {
        path.name for path in planned[0].iterdir()
    }
    assert run("draw", str(planned[0])).returncode == 0


def test_partners_of_all_phases_add_up_to_the_plan(planned):
    study, plan = symbioplan.read_study(planned[0] / "study"), symbioplan.read_plan(planned[0] / "plan")
    found = accounts(study, plan)
    saving = plan.indicators.set_index("indicator")["saving"]
    assert found.partners["saves"].sum() - found.unshared["amount"].sum() == pytest.approx(saving["cost"], rel=1e-9)
    assert found.partners["co2_saved"].sum() == pytest.approx(saving["co2"], rel=1e-6)
    assert "not explained by the plan's tables" not in found.unshared["item"].tolist()
    new = plan.built_pipes.drop_duplicates(["corridor", "resource", "option"])["capex_fixed"].sum()
    trenches = plan.built_corridors.drop_duplicates("corridor")["capex_fixed"].sum()
    assert sum(invested(plan).values()) == pytest.approx(new + trenches)


def test_map_has_every_phase_and_opens_with_the_last(planned):
    folder, _ = planned
    plan = symbioplan.read_plan(folder / "plan")
    assert plan.phases == ("2030", "2035")
    assert plan.in_phase("2030").exchanges["to_node"].to_list() == ["paper"]
    last = plan.in_phase("2035")
    assert sorted(last.exchanges["to_node"]) == ["greenhouse", "paper"]
    assert last.phases == ()
    page = (folder / "map.html").read_text(encoding="utf-8")
    slider = re.search(r'<input type="range" id="sp-phase"[^>]*>', page)
    assert slider is not None
    assert 'max="1"' in slider[0]
    assert 'value="1"' in slider[0]
    data = re.search(r'<script[^>]*id="sp-data"[^>]*>(.*?)</script>', page, flags=re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["phases"] == ["2030", "2035"]
