"""Single-commodity fixed-charge network flow as in FCNetLib (``.inc``; Ortega and Wolsey 2003, Networks 41: 143-158).

The collection of GAMS World: sets ``n`` (nodes) and ``s`` (parallel arcs), parameters ``fcost``, ``vcost`` and
``xupp`` by arc, ``demand`` by node (negative: a supply). Inflow less outflow of a node is its demand.

The flags ``usetree``, ``usett1`` and ``usett2`` add rows by which a node has one arc in or out. Where one node
supplies (or takes) everything and no capacity binds, some optimum is a tree and they change nothing; then they
are passed over. Otherwise the file is refused, since a Problem has no such rule.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.instances.gams import GamsData, read_gams
from benchmarks.instances.lines import wrong
from benchmarks.instances.tables import Arcs, Names, Streams, network_problem
from data.errors import Fault, InputError
from data.problem import Problem

Floats = npt.NDArray[np.float64]


def read_fcnet(path: Path) -> Problem:
    """Return the Problem of one file.

    Raises
    ------
    InputError
        Naming the line that cannot be understood, or what a Problem cannot say.
    """
    data = read_gams(path)
    nodes = data.sets.get("nn") or data.sets.get("n")
    if not nodes:
        raise wrong(path, None, "no set n", "the nodes, such as Set n / n1*n10 /")
    _check_names(data, nodes)
    fixed, unit, most = (data.values(name) for name in ("fcost", "vcost", "xupp"))
    keys = [key for key, capacity in most.items() if capacity > 0 and key[0] != key[1]]
    demand = np.array([data.values("demand").get((node,), 0.0) for node in nodes])
    capacity = np.array([most[key] for key in keys], dtype=np.float64)
    _check_flags(data, demand, capacity)
    arcs = Arcs(
        np.array([key[0] for key in keys], dtype=object),
        np.array([key[1] for key in keys], dtype=object),
        fixed_cost=np.array([fixed.get(key, 0.0) for key in keys], dtype=np.float64),
        unit_cost=np.array([unit.get(key, 0.0) for key in keys], dtype=np.float64),
        capacity=capacity,
    )
    return single_commodity(path, np.array(nodes, dtype=object), arcs, demand)


def single_commodity(path: Path, nodes: Names, arcs: Arcs, demand: Floats) -> Problem:
    """Return the Problem in which negative demands are supplies; all of them must flow."""
    faults = []
    if not len(arcs.tail):
        faults.append(Fault(path.name, "", "no arc with a capacity", "arcs"))
    elif arcs.fixed_cost.min() < 0:
        faults.append(Fault(path.name, "", f"a fixed cost of {arcs.fixed_cost.min():g}", "fixed costs of at least 0"))
    if not (demand > 0).any() or abs(demand.sum()) > 1e-6 * np.abs(demand).sum():
        faults.append(Fault(path.name, "", f"demands that sum up to {demand.sum():g}", "as much supplied as demanded"))
    if faults:
        raise InputError(faults)
    gives, takes = demand < 0, demand > 0
    return network_problem(
        path.stem,
        nodes,
        arcs,
        Streams(nodes[gives], np.full(gives.sum(), "flow", dtype=object), -demand[gives]),
        Streams(nodes[takes], np.full(takes.sum(), "flow", dtype=object), demand[takes]),
        both_ways=False,
    )


def _check_names(data: GamsData, nodes: list[str]) -> None:
    known, path = set(nodes), data.path.name
    faults = [
        Fault(path, name, ".".join(key), "nodes of the set n")
        for name, ends in (("fcost", 2), ("vcost", 2), ("xupp", 2), ("demand", 1))
        for key in data.values(name)
        if not known.issuperset(key[:ends])
    ]
    if faults:
        raise InputError(faults)


def _check_flags(data: GamsData, demand: Floats, capacity: Floats) -> None:
    used = {name for name in ("usetree", "usett1", "usett2") if data.scalars.get(name)}
    limited = bool((capacity < demand[demand > 0].sum() * (1 - 1e-9)).any())
    lone = {"usetree": (demand > 0).sum() == 1, "usett1": (demand < 0).sum() == 1, "usett2": (demand < 0).sum() == 1}
    if bad := sorted(name for name in used if limited or not lone[name]):
        raise wrong(data.path, None, f"{', '.join(bad)} = 1", "a network in which these rows are implied")
