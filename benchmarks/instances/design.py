"""Multicommodity fixed-charge network design, the Canad sets (``.dow``; Crainic, Frangioni and Gendron 2001).

A title line (``MULTIGEN.DAT:``) or none; the numbers of nodes, arcs and commodities; per arc: from, to, unit
cost, capacity, fixed cost and two columns that say nothing here; per commodity: from, to, quantity.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.instances.lines import Line, numbers, read_lines, whole, wrong
from benchmarks.instances.tables import Arcs, Streams, named, network_problem
from data.problem import Problem

_HEAD = "a line of three whole numbers: nodes, arcs, commodities"


def read_design(path: Path) -> Problem:
    """Return the Problem of one file.

    Raises
    ------
    InputError
        Naming the line that cannot be understood.
    """
    lines = read_lines(path, comments=("#", "%", "*"))
    start = next((k for k, line in enumerate(lines) if _is_head(line)), None)
    if start is None:
        raise wrong(path, lines[0].number if lines else None, "no such line", _HEAD)
    nodes, arcs, commodities = (int(word) for word in lines[start].words)
    body = lines[start + 1 :]
    if len(body) < arcs + commodities:
        last = lines[-1].number
        raise wrong(path, last, f"{len(body)} lines of data", f"{arcs} arcs and {commodities} commodities")
    arc = _block(path, body[:arcs], 5, nodes, "from, to, unit cost, capacity, fixed cost")
    demand = _block(path, body[arcs : arcs + commodities], 3, nodes, "from, to, quantity")
    if len(body) > arcs + commodities:
        extra = body[arcs + commodities]
        raise wrong(path, extra.number, repr(extra.text.strip()), "the end of the file")
    names, resources = named("n", nodes), named("k", commodities)
    arc, demand = arc[arc[:, 0] != arc[:, 1]], demand[demand[:, 0] != demand[:, 1]]
    resources = resources[: len(demand)]
    tail, head = arc[:, 0].astype(int) - 1, arc[:, 1].astype(int) - 1
    origin, target = demand[:, 0].astype(int) - 1, demand[:, 1].astype(int) - 1
    return network_problem(
        path.stem,
        names,
        Arcs(names[tail], names[head], fixed_cost=arc[:, 4], unit_cost=arc[:, 2], capacity=arc[:, 3]),
        Streams(names[origin], resources, demand[:, 2]),
        Streams(names[target], resources, demand[:, 2]),
        both_ways=False,
    )


def _is_head(line: Line) -> bool:
    return len(line.words) == 3 and all(word.isdecimal() and int(word) > 0 for word in line.words)


def _block(path: Path, lines: list[Line], count: int, nodes: int, expected: str) -> npt.NDArray[np.float64]:
    """Return lines as an array; the first two columns are nodes, no number is negative."""
    rows = np.array([numbers(path, line, count, expected) for line in lines], dtype=np.float64).reshape(-1, count)
    for line, row in zip(lines, rows, strict=True):
        for end in row[:2]:
            whole(path, line.number, float(end), f"a node from 1 to {nodes}", least=1, most=nodes)
        if (row < 0).any():
            raise wrong(path, line.number, f"{row.min():g}", f"{expected}, none negative")
    return rows
