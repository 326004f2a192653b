"""Cost against another measure as a chart: one SVG, no script, nothing fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd

from maps.numbers import number, percent, plural
from maps.palette import BLUE, VERMILLION

_WIDTH, _HEIGHT = 880, 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 120, 40, 84, 96  # margins
_EXACT = 1e-6  # a gap that is no gap
_INK, _PALE = "#222222", "#DDDDDD"
_STYLE = f"text{{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:{_INK};font-size:15px}}"


def write_front_chart(points: pd.DataFrame, path: Path, *, title: str, across: str, upward: str) -> None:
    """Write a front as an SVG chart.

    Parameters
    ----------
    points
        ``point`` (number), ``amount`` (of the measure), ``cost``, ``bound`` (may be missing), ``proven`` (whether the
        solver has proven the cost to the gap that was asked for), ``gap`` (share; may be missing), ``label``.
    path
        File to write.
    title
        What is planned.
    across, upward
        Names of the measure and of the cost with their units.
    """
    path.write_text(front_chart(points, title=title, across=across, upward=upward), encoding="utf-8")


def front_chart(points: pd.DataFrame, *, title: str, across: str, upward: str) -> str:
    """Return the chart of :func:`write_front_chart` as text."""
    points = points.sort_values("amount", ignore_index=True)
    x = _Axis(points["amount"].tolist(), _LEFT, _WIDTH - _RIGHT)
    lows = points["bound"].fillna(points["cost"]).tolist()
    y = _Axis([*points["cost"].tolist(), *lows], _HEIGHT - _BOTTOM, _TOP)
    head = f"{title}: {upward.split(',')[0]} against {across.split(',')[0]}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" aria-label={quoteattr(head)}>',
        f"<title>{escape(head)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#FFFFFF"/>',
        f'<text x="{_LEFT}" y="34" style="font-size:19px;font-weight:600">{escape(head)}</text>',
        *_frame(x, y, across, upward),
        *_stairs(points, x, y),
        *(part for row in points.to_dict("records") for part in _mark(row, x, y)),
        *_legend(points),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Axis:
    """Positions of amounts between two pixels, with round ticks."""

    def __init__(self, amounts: list[float], start: float, end: float) -> None:
        low, high = min(amounts), max(amounts)
        room = (high - low) * 0.06 or max(abs(high) * 0.1, 1.0)
        self._start, self._end = start, end
        self._low, self._high = (0.0 if 0 <= low - room < room else low - room), high + room
        least = (self._high - self._low) / 6
        whole = all(amount == round(amount) for amount in amounts) and high - low >= 1
        self.step = _round_step(max(least, 1.0) if whole else least)

    def __call__(self, amount: float) -> float:
        share = (amount - self._low) / (self._high - self._low)
        return round(self._start + share * (self._end - self._start), 1)

    def ticks(self) -> Iterator[tuple[float, str]]:
        decimals = max(-math.floor(math.log10(self.step) + 1e-9), 0)
        for tick in np.arange(math.ceil(self._low / self.step), math.floor(self._high / self.step) + 1):
            amount = float(tick * self.step) + 0.0
            yield self(amount), f"{amount:,.{decimals}f}"


def _round_step(least: float) -> float:
    """Return the first of 1, 2, 5 times a power of ten that is no less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _frame(x: _Axis, y: _Axis, across: str, upward: str) -> Iterator[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for at, text in x.ticks():
        yield f'<line x1="{at}" y1="{_TOP}" x2="{at}" y2="{bottom}" stroke="{_PALE}"/>'
        yield f'<text x="{at}" y="{bottom + 22}" text-anchor="middle">{text}</text>'
    for at, text in y.ticks():
        yield f'<line x1="{_LEFT}" y1="{at}" x2="{right}" y2="{at}" stroke="{_PALE}"/>'
        yield f'<text x="{_LEFT - 10}" y="{at + 5}" text-anchor="end">{text}</text>'
    yield f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="{_INK}"/>'
    yield f'<text x="{(_LEFT + right) / 2}" y="{bottom + 48}" text-anchor="middle">{escape(across)}</text>'
    yield f'<text x="{_LEFT - 10}" y="{_TOP - 16}" text-anchor="start">{escape(upward)}</text>'


def _stairs(points: pd.DataFrame, x: _Axis, y: _Axis) -> Iterator[str]:
    """Yield the cost that is known to be enough under each cap: that of the last plan that keeps it."""
    if len(points) < 2:
        return
    steps = [f"M{x(points['amount'].iloc[0])} {y(points['cost'].iloc[0])}"]
    steps += [f"H{x(a)}V{y(c)}" for a, c in zip(points["amount"].iloc[1:], points["cost"].iloc[1:], strict=True)]
    yield f'<path d="{"".join(steps)}" fill="none" stroke="{BLUE}" stroke-opacity="0.45" stroke-width="2"/>'


def _mark(row: dict[str, float | str | bool], x: _Axis, y: _Axis) -> Iterator[str]:
    cost, bound = float(row["cost"]), float(row["bound"])
    at, up = x(float(row["amount"])), y(cost)
    proven = bool(row["proven"])
    yield f"<g><title>{escape(str(row['label']))}</title>"
    if not proven and not math.isnan(bound):
        yield (f'<path d="M{at} {up}V{y(bound)}m-7 0h14" fill="none" stroke="{VERMILLION}" stroke-width="2"/>')
    if proven:
        yield f'<circle cx="{at}" cy="{up}" r="7" fill="{BLUE}" stroke="#FFFFFF" stroke-width="1.5"/>'
    else:
        yield f'<path d="M{at} {up - 9}l9 9-9 9-9-9z" fill="#FFFFFF" stroke="{VERMILLION}" stroke-width="2.5"/>'
    yield f'<text x="{at + 11}" y="{up - 9}">{row["point"]}</text></g>'


def _legend(points: pd.DataFrame) -> Iterator[str]:
    line = _HEIGHT - 18
    yield f'<circle cx="{_LEFT + 7}" cy="{line - 5}" r="7" fill="{BLUE}"/>'
    gap = points.loc[points["proven"], "gap"].max()
    within = f" within {percent(gap)}" if gap > _EXACT else ""
    yield f'<text x="{_LEFT + 22}" y="{line}">proven{within}</text>'
    if not points["proven"].all():
        worst = points.loc[~points["proven"], "gap"].max()
        told = "" if math.isnan(worst) else f" (gap up to {percent(worst)})"
        at = _LEFT + 220
        yield f'<path d="M{at} {line - 14}l9 9-9 9-9-9z" fill="#FFFFFF" stroke="{VERMILLION}" stroke-width="2.5"/>'
        yield f'<text x="{at + 16}" y="{line}">stopped before the proof{told}; the bar ends at the bound</text>'
    if len(points):
        first, last = points.iloc[0], points.iloc[-1]
        costs = list(dict.fromkeys([number(last["cost"]), number(first["cost"])]))
        told = f"{plural(len(points), 'plan')}, cost {' to '.join(costs)}"
        yield f'<text x="{_WIDTH - _RIGHT}" y="{_TOP - 16}" text-anchor="end">{escape(told)}</text>'
