"""``python -m benchmarks maps`` measures our map beside plain Folium pages."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest

from benchmarks import map_pages, report
from benchmarks.__main__ import main
from benchmarks.map_plans import drawn_plan

KINDS = {"symbioplan", "folium", "folium canvas"}


def test_a_plan_has_as_many_features_as_asked_and_the_seed_makes_it():
    study, plan = drawn_plan(400)
    tables = (study.plants, plan.exchanges, plan.built_pipes, plan.hauls, plan.unplaced, plan.unserved)
    assert sum(map(len, tables)) == 400
    assert all(map(len, tables))
    assert set(plan.hauls["geometry_key"]) | set(plan.built_corridors["corridor"]) == set(plan.geometries["key"])
    again, other = drawn_plan(400)[1], drawn_plan(400, seed=2)[1]
    assert again.geometries.geometry.equals(plan.geometries.geometry)
    assert not other.hauls.equals(plan.hauls)


@pytest.mark.browser
def test_each_page_is_measured(chromium, capsys, monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table -->\n<!-- end -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(map_pages, "PAGE", page)
    monkeypatch.setattr(map_pages, "chromium", lambda: nullcontext(chromium))
    assert main(["maps", "--sizes", "200", "--runs", "1", "--write", "--json"]) == 0
    records = {record["page"]: record for record in json.loads(capsys.readouterr().out)}
    assert set(records) == KINDS
    for record in records.values():
        assert record["drawn"] >= record["features"] == 200
        assert 0 < record["open_s"] < 600
        assert 0 < record["frame_ms"] <= record["frame_p95_ms"] <= record["frame_worst_ms"]
        assert record["bytes"] > 100_000 or record["page"] != "symbioplan"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before")
    assert text.endswith("after\n")
    assert text.count("| 200 |") == 3 + 2  # measured, and the plain ones against ours


def test_without_a_browser_it_says_so(monkeypatch, capsys):
    def none():
        raise map_pages.NoBrowserError("no Chromium could be started")

    monkeypatch.setattr(map_pages, "chromium", none)
    assert main(["maps", "--sizes", "100"]) == 2
    assert "no Chromium" in capsys.readouterr().err


def test_ratios_are_against_ours():
    keys = ("bytes", "open_s", "frame_ms", "frame_p95_ms", "frame_worst_ms", "heap_mb")
    ours = {"page": "symbioplan", "features": 100, **dict.fromkeys(keys, 2.0)}
    theirs = {"page": "folium", "features": 100, **dict.fromkeys(keys, 7.0)}
    assert report.table(["a"], [["1"]]).startswith("| a |")
    assert map_pages.tables([ours, theirs]).rstrip().endswith("| 100 | folium | 3.5 | 3.5 | 3.5 | 3.5 | 3.5 | 3.5 |")
