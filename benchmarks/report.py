"""What the pages on speed share: tables between two marks, and charts on logarithmic scales in SVG."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Records = Sequence[Mapping[str, Any]]
Series = Mapping[str, Mapping[float, float]]  # by name: x to seconds

_MARKED = re.compile(r"<!-- table -->.*?<!-- end -->", flags=re.DOTALL)
_NUMBER = re.compile(r"[-+\d.,e]*\d²?$")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 420, 300, 60, 90, 45, 30
_LABEL, _TICK = 12, 35  # height of a label, least distance of ticks
_COLOURS = {
    "symbioplan": "#0b6e4f",
    "pandana": "#c8553d",
    "scipy": "#3d5a80",
    "skimage": "#c8553d",
    "corridors": "#7a4ea3",
}


def fill(page: Path, tables: Sequence[str]) -> None:
    """Write tables between the marks ``<!-- table -->`` and ``<!-- end -->`` of a page, in their order.

    Raises
    ------
    ValueError
        When the page has not as many pairs of marks as there are tables.
    """
    text, waiting = page.read_text(encoding="utf-8"), iter(tables)
    if len(_MARKED.findall(text)) != len(tables):
        msg = f"{page.name} has marks for {len(_MARKED.findall(text))} tables, not for {len(tables)}"
        raise ValueError(msg)
    filled = _MARKED.sub(lambda _: f"<!-- table -->\n{next(waiting)}<!-- end -->", text)
    page.write_text(filled, encoding="utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown; columns of numbers (a dash where there is none) are set to the right."""
    columns = [[str(row[k]) for row in rows] for k in range(len(heads))]
    number = [any(map(_NUMBER.match, cells)) and all(c == "-" or _NUMBER.match(c) for c in cells) for cells in columns]
    lines = [heads, ["--:" if right else "---" for right in number], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def conditions() -> str:
    """Return when and on what a measurement is made: to be asked before it begins."""
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    today = time.strftime("%Y-%m-%d")
    return f"{today}, {os.cpu_count()} processors, Python {platform.python_version()}{load}"


def picture(charts: Sequence[tuple[str, Series]]) -> str:
    """Return titled charts side by side, x and seconds both logarithmic."""
    body = "\n".join(
        line for place, (title, series) in enumerate(charts) for line in _chart(series, title, place * _WIDTH)
    )
    width = len(charts) * _WIDTH
    size = f'width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}"'
    style = 'font-family="sans-serif" font-size="11"'
    paper = '<rect width="100%" height="100%" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{paper}\n{body}\n</svg>\n'


def _chart(series: Series, title: str, left: int) -> list[str]:
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
            round(left + _LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1),
            round(_HEIGHT - _BOTTOM - rise * (_HEIGHT - _BOTTOM - _TOP), 1),
        )

    lines = [f'<text x="{left + _LEFT}" y="18" font-weight="bold">{title}</text>']
    for power in range(int(low), int(high) + 1):
        x, y = place(10 ** across.min(), 10.0**power)
        lines.append(f'<line x1="{x}" y1="{y}" x2="{left + _WIDTH - _RIGHT}" y2="{y}" stroke="#ddd"/>')
        lines.append(f'<text x="{x - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g} s</text>')
    last = -np.inf
    for value in sorted({x for points in series.values() for x in points}):
        x, y = place(value, 10.0**low)
        if x < last + _TICK:
            continue
        last = x
        lines.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle">{value:,.0f}</text>')
    for name, points in series.items():
        spots = [place(x, y) for x, y in points.items()]
        path, colour = " ".join(f"{x},{y}" for x, y in spots), _COLOURS[name]
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in spots]
    ends = {name: place(*list(points.items())[-1]) for name, points in series.items()}
    for name, y in _apart({name: spot[1] for name, spot in ends.items()}).items():
        lines.append(f'<text x="{ends[name][0] + 8}" y="{y + 4}" fill="{_COLOURS[name]}">{name}</text>')
    return lines


def _apart(heights: Mapping[str, float]) -> dict[str, float]:
    """Return heights, from the top down, moved so that no two labels lie on each other."""
    placed: dict[str, float] = {}
    lowest = -np.inf
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        lowest = max(height, lowest + _LABEL)
        placed[name] = lowest
    return placed
