"""Hubs together with phases, with a study in one workbook, and at sites that siting has found and ranked."""

from __future__ import annotations

import pytest

import symbioplan
from tests.symbioplan.test_hubs import BASELINE, STREAMS, WET, saving, write_study

LATER = STREAMS.replace("unit\n", "unit,available_from\n").replace("1,kt\n", "1,kt,2035\n").replace("2,kt\n", "2,kt,\n")
LATER = LATER.replace("A,wet,supply,1,kt,2035", "A,wet,supply,1,kt,")
PHASES = "[phases]\nstart_year = 2030\nyears = [5, 5]\n"
FIRST = WET * 30 + 2000 * 60  # A alone: its wet stuff is disposed of and D buys


def test_a_hub_is_built_when_the_others_come(tmp_path):
    """A alone gives a dryer 40 EUR/t x 1,000 t, less than its 60,000 EUR/year; from 2035 B and C do too."""
    plan = symbioplan.plan(symbioplan.read_study(write_study(tmp_path / "row", streams=LATER, more=PHASES))).plan
    assert plan.status == "optimal"
    assert plan.checker == ()
    assert plan.objective == pytest.approx(5 * FIRST + 5 * (BASELINE - saving()), rel=1e-4)
    built = plan.built_hubs[plan.built_hubs["hub"] == "S:drying"]
    assert built[["period", "built_in", "modules"]].values.tolist() == [["2035", "2035", 1]]
    assert built["throughput"].tolist() == pytest.approx([3 * WET])
    assert set(plan.exchanges["period"]) == {"2035"}


@pytest.mark.parametrize(("most", "hubs"), [("[0, 1]", 1), ("0", 0), ("1", 1)])
def test_places_of_hubs_are_limited_by_phase(most, hubs, tmp_path):
    more = f"{PHASES}[limits]\nmax_hub_sites = {most}\n"
    plan = symbioplan.plan(symbioplan.read_study(write_study(tmp_path / "row", more=more))).plan
    assert plan.checker == ()
    assert plan.counts["hubs"] == hubs
    years = {"[0, 1]": 5, "0": 0, "1": 10}[most]
    assert plan.objective == pytest.approx(10 * BASELINE - years * saving(), rel=1e-4)


def test_a_workbook_holds_hubs_and_their_technologies(tmp_path, run):
    folder = write_study(tmp_path / "row", more="[hubs]\nmax_modules = 2\n[limits]\nmax_hub_sites = 1\n")
    book = tmp_path / "row.xlsx"
    done = run("init", str(book), "--xlsx", "--from", str(folder), "--quiet")
    assert done.returncode == 0, done.stderr
    study, again = symbioplan.read_study(folder), symbioplan.read_study(book)
    assert again.settings.limits.max_hub_sites == 1
    assert again.settings.hubs.max_modules == 2
    assert again.technologies.equals(study.technologies)
    assert again.recipes.equals(study.recipes)
    plan = symbioplan.plan(again).plan
    assert plan.checker == ()
    assert plan.objective == pytest.approx(BASELINE - saving(), rel=1e-4)


SITING = """
[siting]
bbox = [8.83, 55.62, 9.12, 55.72]
candidates = ["hexagon"]
cell_m = 200.0
hexagon_m = 1000.0
max_sites = 3
[[siting.criteria]]
name = "near a road"
on = "roads"
linear = {worst = 3000, best = 0}
"""


def test_hubs_stand_at_sites_that_were_found_and_ranked(tmp_path):
    """The plan takes the site at which a hub alone would be best, which need not be the best ranked."""
    folder = write_study(tmp_path / "row", more=SITING)
    text = (folder / "study.toml").read_text(encoding="utf-8").replace('sites = "sites.geojson"\n', "")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    result = symbioplan.plan(symbioplan.read_study(folder))
    sites = result.study.sites.set_index("site")
    assert sites["rank"].sort_values().tolist() == [1, 2, 3]
    assert result.plan.checker == ()
    (hub,) = result.plan.built_hubs.loc[result.plan.built_hubs["technology"] == "drying", "hub"]
    place = hub.removesuffix(":drying")
    best = {}
    for site in sites.index:
        others = [f"{name}:drying" for name in sites.index if name != site]
        (folder / "study.toml").write_text(f"{text}[limits]\nforbidden_hubs = {others}\n", encoding="utf-8")
        best[site] = symbioplan.plan(symbioplan.read_study(folder)).plan.objective
    assert result.plan.objective == pytest.approx(min(best.values()))
    assert place == min(best, key=best.get)
