"""The road benchmark's table in Markdown and its picture of growth in SVG."""

from __future__ import annotations

from typing import Any

import numpy as np

Records = list[dict[str, Any]]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 420, 300, 60, 45, 30
_COLOURS = {"symbioplan": "#0b6e4f", "pandana": "#c8553d", "scipy": "#3d5a80"}


def table(records: Records) -> str:
    """Return a table of all records."""
    lines = [
        "| case | nodes | terminals | peer | ours s | peer s | peer / ours | ours MiB | peer MiB | same costs | how |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|---|---|",
    ]
    lines += [
        f"| {r['case']} | {r['nodes']:,} | {r['terminals']} | {r['peer']} | {r['ours_median_s']:.3g} | "
        f"{r['peer_median_s']:.3g} | {r['ratio']:,.1f} | {r['ours_peak_mib']:,} | {r['peer_peak_mib']:,} | "
        f"{'yes' if r['same_answer'] else 'no'} | {r['note']} |"
        for r in records
    ]
    return "\n".join(lines) + "\n"


def picture(records: Records) -> str:
    """Return two charts on logarithmic scales: seconds by nodes (grids), seconds by terminals (Liège)."""
    by_nodes = _series([r for r in records if r["case"].startswith("grid")], "nodes")
    by_terminals = _series([r for r in records if r["case"].startswith("liege")], "terminals")
    charts = [
        _chart(by_nodes, "seconds by nodes: made networks, 200 x 200 paths", 0),
        _chart(by_terminals, "seconds by terminals: Liège, n x n paths", _WIDTH),
    ]
    size = f'width="{2 * _WIDTH}" height="{_HEIGHT}" viewBox="0 0 {2 * _WIDTH} {_HEIGHT}"'
    style = 'font-family="sans-serif" font-size="11"'
    body = "\n".join(line for chart in charts for line in chart)
    paper = '<rect width="100%" height="100%" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{paper}\n{body}\n</svg>\n'


def _series(records: Records, by: str) -> dict[str, dict[float, float]]:
    series: dict[str, dict[float, float]] = {name: {} for name in _COLOURS}
    for record in records:
        series["symbioplan"][record[by]] = record["ours_median_s"]
        if record["peer"] in series:
            series[record["peer"]][record[by]] = record["peer_median_s"]
    return {name: dict(sorted(points.items())) for name, points in series.items() if points}


def _chart(series: dict[str, dict[float, float]], title: str, left: int) -> list[str]:
    """Return the elements of one chart."""
    if not series:
        return []
    across = np.log10([x for points in series.values() for x in points])
    up = np.log10([y for points in series.values() for y in points.values()])
    low, high = np.floor(up.min()), np.ceil(up.max())

    def place(x: float, y: float) -> tuple[float, float]:
        share = (np.log10(x) - across.min()) / max(np.ptp(across), 1e-9)
        rise = (np.log10(y) - low) / max(high - low, 1e-9)
        return (
            round(left + _LEFT + share * (_WIDTH - _LEFT - 90), 1),
            round(_HEIGHT - _BOTTOM - rise * (_HEIGHT - _BOTTOM - _TOP), 1),
        )

    lines = [f'<text x="{left + _LEFT}" y="18" font-weight="bold">{title}</text>']
    for power in range(int(low), int(high) + 1):
        x, y = place(10 ** across.min(), 10.0**power)
        lines.append(f'<line x1="{x}" y1="{y}" x2="{left + _WIDTH - 90}" y2="{y}" stroke="#ddd"/>')
        lines.append(f'<text x="{x - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g} s</text>')
    for value in sorted({x for points in series.values() for x in points}):
        x, y = place(value, 10.0**low)
        lines.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle">{value:,.0f}</text>')
    for name, points in series.items():
        spots = [place(x, y) for x, y in points.items()]
        path, colour = " ".join(f"{x},{y}" for x, y in spots), _COLOURS[name]
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in spots]
        lines.append(f'<text x="{spots[-1][0] + 8}" y="{spots[-1][1] + 4}" fill="{colour}">{name}</text>')
    return lines
