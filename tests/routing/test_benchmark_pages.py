"""The pages on speed: what is measured lands between the marks, and nothing else changes."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree as ET

import pytest

from benchmarks import least_cost, least_cost_report, report, road_report
from tests.conftest import ROOT

PEER = {
    "case": "raster-30-5-terminals-8", "peer": "skimage", "side": 30, "moves": 8, "terminals": 5, "ours_median_s": 2.0,
    "ours_source_s": 0.5, "peer_median_s": 9.0, "peer_source_s": 2.2, "ratio": 4.5, "ours_peak_mib": 1234,
    "peer_peak_mib": 2345, "same_answer": True, "note": "medians of 5 and 5",
}  # fmt: skip
MISSING = PEER | {"peer": "pyorps", "peer_median_s": None, "ratio": None, "peer_peak_mib": None, "same_answer": None}
GROWN = [
    *(PEER | {"case": f"raster-growth-{k}-5-terminals-8", "side": k, "ours_source_s": k / 100} for k in (10, 20)),
    MISSING
    | {"case": "raster-growth-10-2-terminals-8", "side": 10, "terminals": 2, "peer": None, "peer_source_s": None},
]
WHOLE = {
    "case": "corridors-30", "peer": None, "side": 30, "read_s": 1.0, "surface_s": 2.0, "moves_s": 3.0, "paths_s": 4.0,
    "ours_median_s": 11.0, "cpu_s": 10.5, "rasters_mib": 12, "ours_peak_mib": 456, "bytes_per_cell": 27.5,
    "corridors": 9, "note": "one run",
}  # fmt: skip
RECORDS = [PEER, MISSING, *GROWN, WHOLE]


def test_the_page_on_rasters_takes_its_tables(tmp_path):
    (tmp_path / "images").mkdir()
    page = tmp_path / "routing-performance-rasters.md"
    shutil.copyfile(ROOT / "docs" / page.name, page)
    before = page.read_text(encoding="utf-8")
    least_cost_report.write(RECORDS, "today", tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "| raster-30-5-terminals-8 | skimage | 2 | 9 | 4.5 | 1,234 | 2,345 | yes | medians of 5 and 5 |" in text
    assert "| raster-30-5-terminals-8 | pyorps | 2 | - | - | 1,234 | - | - |" in text
    assert "| 20² | 5 | 0.2 |" in text
    assert "| 30² | 1 | 2 | 3 | 4 | 11 | 10.5 | 12 | 456 | 27.5 | 9 | one run |" in text
    assert report._MARKED.sub("", text) == report._MARKED.sub("", before)
    least_cost_report.write(RECORDS, "today", tmp_path)
    assert page.read_text(encoding="utf-8") == text


def test_a_page_without_the_right_marks_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a <!-- table -->x<!-- end --> b", encoding="utf-8")
    with pytest.raises(ValueError, match="marks for 1 tables, not for 2"):
        report.fill(page, ["one\n", "two\n"])
    report.fill(page, ["one\n"])
    assert page.read_text(encoding="utf-8") == "a <!-- table -->\none\n<!-- end --> b"


def test_pictures_are_drawings_with_a_line_per_engine():
    road = {"case": "grid-10k", "nodes": 10_000, "terminals": 200, "peer": "pandana", "ours_median_s": 1.0}
    roads = [road | {"peer_median_s": 3.0}, road | {"nodes": 30_000, "peer_median_s": 9.0}]
    for drawn, lines in ((least_cost_report.picture(RECORDS), 4), (road_report.picture(roads), 2)):
        root = ET.fromstring(drawn)
        assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == lines


def test_numbers_stand_to_the_right():
    assert report.table(["a", "b"], [["x", 1.5], ["y", "-"]]) == "| a | b |\n| --- | --: |\n| x | 1.5 |\n| y | - |\n"


def test_a_small_run_fills_every_table(monkeypatch):
    monkeypatch.setattr(least_cost, "PEERS", (("skimage", 8), ("pyorps", 16)))
    monkeypatch.setattr(least_cost, "PYORPS", "no-such-python")
    records = least_cost.run(2, least_cost.Sizes(40, 3, (30,), 30, (3,), (60,)))
    beside, missing, grown, whole = records
    assert beside["same_answer"] is True
    assert grown["same_answer"] is True
    assert "no-such-python" in missing["note"]
    assert whole["corridors"] > 0
    peers, growth, corridors = least_cost_report.tables(records, "today")
    assert [len(text.splitlines()) for text in (peers, growth, corridors)] == [6, 3, 3]
    assert least_cost_report.picture(records).count("<polyline") == 3
