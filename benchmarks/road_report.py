"""The road benchmark's table in Markdown and its picture of growth in SVG."""

from __future__ import annotations

from benchmarks import report
from benchmarks.report import Records

_DRAWN = ("symbioplan", "pandana", "scipy")


def table(records: Records) -> str:
    """Return a table of all records."""
    heads = ["case", "nodes", "terminals", "peer", "ours s", "peer s", "peer / ours", "ours MiB", "peer MiB"]
    rows = [
        [r["case"], f"{r['nodes']:,}", r["terminals"], r["peer"], f"{r['ours_median_s']:.3g}",
         f"{r['peer_median_s']:.3g}", f"{r['ratio']:,.1f}", f"{r['ours_peak_mib']:,}", f"{r['peer_peak_mib']:,}",
         "yes" if r["same_answer"] else "no", r["note"]]
        for r in records
    ]  # fmt: skip
    return report.table([*heads, "same costs", "how"], rows)


def picture(records: Records) -> str:
    """Return two charts on logarithmic scales: seconds by nodes (grids), seconds by terminals (Liège)."""
    by_nodes = _series([r for r in records if r["case"].startswith("grid")], "nodes")
    by_terminals = _series([r for r in records if r["case"].startswith("liege")], "terminals")
    return report.picture(
        [
            ("seconds by nodes: made networks, 200 x 200 paths", by_nodes),
            ("seconds by terminals: Liège, n x n paths", by_terminals),
        ]
    )


def _series(records: Records, by: str) -> dict[str, dict[float, float]]:
    series: dict[str, dict[float, float]] = {name: {} for name in _DRAWN}
    for record in records:
        series["symbioplan"][record[by]] = record["ours_median_s"]
        if record["peer"] in series:
            series[record["peer"]][record[by]] = record["peer_median_s"]
    return {name: dict(sorted(points.items())) for name, points in series.items() if points}
