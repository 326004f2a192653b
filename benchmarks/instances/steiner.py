"""Steiner trees in the formats of PACE 2018 (``.gr``) and SteinLib (``.stp``), which differ in their first lines.

``SECTION Graph`` lists ``E a b cost`` (or ``A a b cost``, one way), ``SECTION Terminals`` lists ``T a`` and may
name a ``Root``; other sections are passed over. Node weights and prizes are another problem and are refused.

As a Problem: corridors with a fixed cost that carry anything, one supply at the root (or the first terminal)
and a demand of one unit that must be served at every other terminal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.instances.lines import Line, numbers, read_lines, whole, wrong
from benchmarks.instances.tables import Arcs, Streams, named, network_problem
from data.errors import Fault, InputError
from data.problem import Problem

_OTHER_PROBLEMS = {"tp", "nw", "rootp", "obstacles", "tg", "mb", "md"}


@dataclass
class _Graph:
    nodes: int = 0
    told: dict[str, int] = field(default_factory=dict)  # counts that the file announces
    edges: list[tuple[int, int, float]] = field(default_factory=list)
    terminals: list[int] = field(default_factory=list)
    root: int | None = None
    one_way: bool = False


def read_steiner(path: Path) -> Problem:
    """Return the Problem of one file.

    Raises
    ------
    InputError
        Naming the line that cannot be understood.
    """
    graph = _Graph()
    section = ""
    for line in read_lines(path, comments=("#",)):
        word = line.words[0].casefold()
        if word == "section":
            section = " ".join(line.words[1:]).casefold()
        elif word == "eof":
            break
        elif word == "end":
            section = ""
        elif section == "graph":
            _read_graph(path, line, word, graph)
        elif section in ("terminals", "maximumdegrees"):
            _read_terminal(path, line, word, graph)
    return _problem(path, graph)


def _read_graph(path: Path, line: Line, word: str, graph: _Graph) -> None:
    expected = "Nodes, Edges, Arcs, or E or A with two nodes and a cost"
    if word in ("nodes", "edges", "arcs") and len(line.words) == 2:
        graph.told[word] = whole(path, line.number, numbers(path, _rest(line), 1, expected)[0], expected)
        graph.nodes = graph.told.get("nodes", 0)
    elif word in ("e", "a") and len(line.words) == 4:
        start, end, cost = numbers(path, _rest(line), 3, expected)
        nodes = f"a node from 1 to {graph.nodes}"
        tail, head = (whole(path, line.number, node, nodes, least=1, most=graph.nodes) for node in (start, end))
        if cost < 0:
            raise wrong(path, line.number, f"{cost:g}", "a cost of at least 0")
        if graph.edges and graph.one_way != (word == "a"):
            raise wrong(path, line.number, repr(line.text.strip()), "only edges (E) or only arcs (A)")
        graph.one_way = word == "a"
        graph.edges.append((tail, head, cost))
    else:
        raise wrong(path, line.number, repr(line.text.strip()), expected)


def _read_terminal(path: Path, line: Line, word: str, graph: _Graph) -> None:
    expected = "Terminals, Root or T with a node (prizes, groups and degrees are other problems)"
    if word in _OTHER_PROBLEMS or len(line.words) != 2:
        raise wrong(path, line.number, repr(line.text.strip()), expected)
    value = whole(path, line.number, numbers(path, _rest(line), 1, expected)[0], expected)
    if word == "terminals":
        graph.told[word] = value
    elif word in ("t", "root"):
        most = graph.nodes or None  # unknown while the graph is yet to come
        whole(path, line.number, value, f"a node from 1 to {graph.nodes}", least=1, most=most)
        if word == "root":
            graph.root = value
        elif value not in graph.terminals:
            graph.terminals.append(value)
    else:
        raise wrong(path, line.number, repr(line.text.strip()), expected)


def _rest(line: Line) -> Line:
    return Line(line.number, line.text, line.words[1:])


def _problem(path: Path, graph: _Graph) -> Problem:
    found = {"arcs" if graph.one_way else "edges": len(graph.edges), "terminals": len(graph.terminals)}
    faults = [
        Fault(path.name, "", f"{count} {what}", f"{graph.told[what]} as announced")
        for what, count in found.items()
        if count != graph.told.get(what, count)
    ]
    faults += [Fault(path.name, "", f"no {what}", "a graph and terminals") for what in found if not found[what]]
    highest = max([*graph.terminals, graph.root or 0], default=0)
    if highest > graph.nodes:
        faults.append(Fault(path.name, "", f"the terminal {highest}", f"nodes from 1 to {graph.nodes}"))
    if faults:
        raise InputError(faults)
    root = graph.root if graph.root is not None else graph.terminals[0]
    others = np.array([node for node in graph.terminals if node != root], dtype=int)
    edges = np.array([edge for edge in graph.edges if edge[0] != edge[1]]).reshape(-1, 3)
    names = named("n", graph.nodes)
    thing = np.full(len(others), "link", dtype=object)
    return network_problem(
        path.stem,
        names,
        Arcs(
            names[edges[:, 0].astype(int) - 1],
            names[edges[:, 1].astype(int) - 1],
            fixed_cost=edges[:, 2],
            unit_cost=np.zeros(len(edges)),
            capacity=np.full(len(edges), np.nan),
        ),
        Streams(names[[root - 1]], np.array(["link"], dtype=object), np.array([float(len(others))])),
        Streams(names[others - 1], thing, np.ones(len(others))),
        both_ways=not graph.one_way,
    )
