"""The raster benchmark's tables in Markdown and its picture of growth in SVG."""

from __future__ import annotations

from pathlib import Path

from benchmarks import report
from benchmarks.report import Records


def write(records: Records, measured_on: str, docs: Path) -> None:
    """Write the tables into the page on rasters and the picture beside it."""
    report.fill(docs / "routing-performance-rasters.md", tables(records, measured_on))
    (docs / "images" / "least-cost-growth.svg").write_text(picture(records), encoding="utf-8")


def tables(records: Records, measured_on: str) -> list[str]:
    """Return the three tables: beside peers, growth, whole corridor searches."""
    grown = [r for r in records if r["case"].startswith("raster-growth")]
    beside = [r for r in records if r["peer"] and r not in grown]
    whole = [r for r in records if r["case"].startswith("corridors")]
    measured = f"\nMeasured {measured_on}.\n"
    return [_peers(beside) + measured, _growth(grown), _corridors(whole)]


def _peers(records: Records) -> str:
    heads = ["case", "peer", "ours s", "peer s", "peer / ours", "ours MiB", "peer MiB", "same costs", "how"]
    rows = [
        [r["case"], r["peer"], f"{r['ours_median_s']:.3g}",
         _given(r["peer_median_s"], ".3g"), _given(r["ratio"], ".1f"), f"{r['ours_peak_mib']:,}",
         _given(r["peer_peak_mib"], ","), {True: "yes", False: "no", None: "-"}[r["same_answer"]], r["note"]]
        for r in records
    ]  # fmt: skip
    return report.table(heads, rows)


def _growth(records: Records) -> str:
    heads = ["cells", "terminals", "s a source", "all pairs s", "MiB", "skimage s a source", "same costs", "how"]
    rows = [
        [f"{r['side']:,}²", r["terminals"], f"{r['ours_source_s']:.3g}", f"{r['ours_median_s']:.3g}",
         f"{r['ours_peak_mib']:,}", _given(r["peer_source_s"], ".3g"),
         {True: "yes", False: "no", None: "-"}[r["same_answer"]], r["note"]]
        for r in records
    ]  # fmt: skip
    return report.table(heads, rows)


def _corridors(records: Records) -> str:
    heads = ["cells", "read s", "surface s", "moves and crossings s", "paths s", "whole s", "CPU s"]
    rows = [
        [f"{r['side']:,}²", *(f"{r[f'{stage}_s']:.3g}" for stage in ("read", "surface", "moves", "paths")),
         f"{r['ours_median_s']:.3g}", f"{r['cpu_s']:.3g}", f"{r['rasters_mib']:,}", f"{r['ours_peak_mib']:,}",
         _given(r["bytes_per_cell"], ".1f"),
         r["corridors"], r["note"]]
        for r in records
    ]  # fmt: skip
    return report.table([*heads, "rasters read MiB", "MiB", "bytes a cell", "corridors", "how"], rows)


def _given(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def picture(records: Records) -> str:
    """Return two charts on logarithmic scales: seconds by rows of the raster, seconds by terminals."""
    grown = [r for r in records if r["case"].startswith("raster-growth")]
    usual = max((r["terminals"] for r in grown if r["peer"]), default=50)
    by_rows = [r for r in grown if r["terminals"] == usual]
    fixed = min((r["side"] for r in grown if r["terminals"] != usual), default=0)
    series = {
        "symbioplan": {r["side"]: r["ours_source_s"] for r in by_rows},
        "skimage": {r["side"]: r["peer_source_s"] for r in by_rows if r["peer_source_s"] is not None},
        "corridors": {r["side"]: r["ours_median_s"] for r in records if r["case"].startswith("corridors")},
    }
    ends = {r["terminals"]: r["ours_median_s"] for r in grown if r["side"] == fixed}
    return report.picture(
        [
            ("seconds a source (corridors: whole) by rows", {name: at for name, at in series.items() if at}),
            (f"seconds by terminals: {fixed:,}² cells, all pairs", {"symbioplan": ends} if ends else {}),
        ]
    )
