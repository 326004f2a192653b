"""The tables of ``python -m benchmarks models`` in Markdown."""

from __future__ import annotations

import math
from typing import Any

Record = dict[str, Any]


def tables(records: list[Record]) -> str:
    """Return the table of plans, where there are some, and the table of builds, each with its growth."""
    solved = [record for record in records if "objective" in record]
    parts = ([_plans(solved), _growth(solved, [("ours", "seconds")])] if solved else []) + [_builds(records)]
    columns = [("ours", "ours_build_s"), ("linopy", "linopy_build_s"), ("highspy", "highspy_build_s")]
    return "\n".join(part for part in [*parts, _growth(records, columns)] if part)


def _plans(records: list[Record]) -> str:
    first = records[0]
    head = (
        f"Solved to a gap of {100 * first['gap_asked']:g} % within {first['time_limit_s']:g} s. "
        "Gap: proven by the solver itself. Cost: ours over that of HiGHS.\n\n"
        "| plants | resources | corridors | pipe options | routes | ours s | status | gap | checker "
        "| HiGHS s | status | gap | cost |\n|--:|--:|--:|--:|--:|--:|---|--:|---|--:|---|--:|--:|\n"
    )
    rows = ""
    for r in records:
        peer = r["highs"]
        ratio = r["objective"] / peer["objective"] if r["objective"] and peer["objective"] else None
        rows += (
            f"| {r['plants']} | {r['resources']} | {r['corridors']:,} | {r['pipe_options']:,} | {r['routes']:,} "
            f"| {r['seconds']:.1f} | {r['status']} | {_percent(r['gap'])} | {r['checker']} "
            f"| {peer['seconds']:.1f} | {peer['status']} | {_percent(peer['gap'])} "
            f"| {'-' if ratio is None else f'{ratio:.4f}'} |\n"
        )
    return head + rows


def _builds(records: list[Record]) -> str:
    head = (
        "Seconds from the Problem until HiGHS holds the model. linopy and highspy build the plain model, ours the "
        "strengthened one.\n\n"
        "| plants | ours rows | columns | nonzeros | plain rows | columns | nonzeros | ours s | linopy s | highspy s "
        "| ours / linopy |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    rows = ""
    for r in records:
        theirs = r["linopy_build_s"]
        sizes = " | ".join(f"{count:,}" for count in [*r["ours_size"], *r["plain_size"]])
        ratio = f"{r['ours_build_s'] / theirs:.2f}" if theirs else "-"
        rows += (
            f"| {r['plants']} | {sizes} | {r['ours_build_s']:.2f} "
            f"| {'not measured' if theirs is None else f'{theirs:.2f}'} | {r['highspy_build_s']:.2f} | {ratio} |\n"
        )
    return head + rows


def _growth(records: list[Record], columns: list[tuple[str, str]]) -> str:
    """Return how seconds grow with the number of plants, from the least size to the greatest."""
    found = []
    for name, key in columns:
        points = [(r["plants"], r[key]) for r in records if r[key]]
        if len(points) > 1:
            (low, short), (high, long) = points[0], points[-1]
            found.append(f"{name} as plants to the power {math.log(long / short) / math.log(high / low):.2f}")
    return f"Growth of seconds: {', '.join(found)}.\n" if found else ""


def _percent(gap: float | None) -> str:
    return "none" if gap is None else f"{100 * gap:.2f} %"
