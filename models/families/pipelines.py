"""Corridors and the pipes in them.

Sets
    c corridors; p pipe candidates (corridor, resource, option, way); two-way candidates have a forward and
    a backward flow, each split by origin where that is traced; u_f is the tightened bound of a flow.
    N_p how many of p fit side by side (1 unless told otherwise); kids(p) the candidates that replace p.
Variables
    flow_f in [0, u_f], units/year entering the pipe.
    trench_c in {0, 1}, only where the corridor is new and costs something; 1 where it is forced.
    pipe_p in {0, ..., N_p} pipes built, only where the pipe is new and costs something, has a least flow,
    competes with another candidate, replaces one or is replaced.
    way_p in {0, 1}, only where several one-way pipes could lie in either direction.
Constraints
    (3a) pipe capacity: forward + backward * u_forward/u_backward <= u_forward * gate, per origin, where the
         gate is pipe_p, or trench_c of a pipe without a variable of its own, or 1. A pipe that others may
         replace has the gate (3d) left over: pipe_p (1 if existing) - sum of kids.
         Strong: at pipe = 1 either direction may use its own bound, since nothing flows to and fro.
         Over several origins: sum of all flows <= capacity_p * gate.
         Several side by side: min(u, capacity_p) in place of u, and rounded (mixed-integer rounding, Nemhauser
         and Wolsey 1990, Math. Programming 46: 379-390): flow <= u - (u - (k - 1) capacity_p) (k - pipe_p),
         k = ceil(u / capacity_p).
    (3b) least flow: min_flow * pipe_p (less its kids) <= flow
    (3c) room: sum of pipe_p / N_p over the new candidates of a corridor and resource <= trench_c, or 1
    (3d) upgrade: sum of kids(p) <= pipe_p; of an existing one <= trench_c, or 1
    (3e) one way: pipes forward <= N way_p, pipes backward <= N (1 - way_p)
    (4)  trench: sum of all flows in a corridor <= capacity_c * trench_c
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Ledger, Row, constraints, linear, named, variables
from models.network import Ints, Network


@dataclass(frozen=True)
class _Gate:
    """A linear expression that is 1 per pipe in service."""

    terms: list[Any] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    constant: float = 0.0

    def row(self, flows: list[Any], weights: Sequence[float], most: float) -> Row:
        """Return ``sum of weight * flow <= most * gate``."""
        factors = [-most * factor for factor in self.factors]
        return None, linear([*flows, *self.terms], [*weights, *factors]), most * self.constant


def add_pipelines(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> None:
    """Add (3a) to (4)."""
    pipes, flows = network.pipes, network.flows
    ways = np.where(flows["backward"], "backward", "forward").tolist()
    names = pipes["key"].to_list()
    keys = [(*names[pipe][:3], way, *names[pipe][4:]) for pipe, way in zip(flows["pipe"].tolist(), ways, strict=True)]
    model.flow = variables(
        named(keys, flows["origin"]), flows["bound"], doc="units/year that enter a pipe in one direction"
    )
    flow = list(model.flow.values())
    pipe_row = flows["pipe"].to_numpy()
    ledger.outflow(flows["from_cell"], flow)
    ledger.inflow(flows["to_cell"], flow, 1 - flows["loss"].to_numpy())
    when = pipes["when"].to_numpy()[pipe_row]
    ledger.pay(flow, pipes["unit_cost"].to_numpy()[pipe_row], when)
    ledger.emit(flow, pipes["co2_per_unit"].to_numpy()[pipe_row], when)

    trench = _add_trenches(model, network, ledger)
    chosen = _add_pipes(model, pipes, ledger)
    members = flows.groupby("pipe", sort=False).indices
    kids = _kids(pipes, chosen)
    model.pipe_capacity = constraints(
        _capacity_rows(network, flow, _gates(pipes, chosen, trench, kids), chosen),
        doc="(3a) flow <= capacity * pipe",
    )
    model.least_flow = constraints(_least_rows(pipes, flow, members, chosen, kids), doc="(3b) min_flow * pipe <= flow")
    model.one_option = constraints(_option_rows(pipes, chosen, trench), doc="(3c) one option, in an open trench")
    model.upgrade = constraints(
        _upgrade_rows(pipes, chosen, trench, kids), doc="(3d) pipes that replace another <= pipes to be replaced"
    )
    _add_ways(model, pipes, chosen)
    model.trench_capacity = constraints(
        _trench_rows(network, flow, trench), doc="(4) all flows in a corridor <= capacity * trench"
    )


def _add_trenches(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> dict[int, Any]:
    """Add the binaries of corridors that cost something and may be used; return them by corridor row."""
    corridors = network.corridors
    forced = corridors["forced"].to_numpy(dtype=bool)
    used = forced.copy()
    used[network.pipes["corridor_row"].to_numpy()] = True
    rows = np.flatnonzero(used & (corridors["fixed_cost"] > 0) & ~corridors["existing"])
    paid = corridors.iloc[rows]
    model.trench = variables(
        list(paid["key"]), 1.0, doc="1 if a trench is dug", lower=forced[rows].astype(float), integer=True
    )
    ledger.build(list(model.trench.values()), paid, things=[("trench", corridor) for corridor in paid["corridor"]])
    return dict(zip(rows.tolist(), model.trench.values(), strict=True))


def _add_pipes(model: pyo.ConcreteModel, pipes: pd.DataFrame, ledger: Ledger) -> dict[int, Any]:
    """Add the variables of candidates that need one; return them by candidate row."""
    paid = np.where(pipes["existing"], 0.0, pipes["fixed_cost"])
    choice = pipes["choice"]
    rivals = pipes.drop_duplicates(["choice", "option", "way"])["choice"].value_counts()
    competes = (choice >= 0) & (choice.map(rivals) > 1)
    replaces = (pipes["upgrade_of"] != "") | ((pipes["kids"] >= 0) & ~pipes["existing"])
    rows = np.flatnonzero((paid > 0) | (pipes["min_flow"] > 0) | competes | replaces)
    most = _side_by_side(pipes).astype(np.float64)[rows]
    model.pipe = variables(
        list(pipes["key"].iloc[rows]), most, doc="pipes built: 1, or several side by side", integer=True
    )
    chosen = dict(zip(rows.tolist(), model.pipe.values(), strict=True))
    new = pipes.iloc[rows[~pipes["existing"].to_numpy(dtype=bool)[rows]]]
    is_upgrade = (new["upgrade_of"] != "").tolist()
    ledger.build(
        [chosen[row] for row in new.index],
        new.assign(share=1.0 / _side_by_side(new), exact=is_upgrade),
        things=[("pipe", ":".join(key[:3])) for key in new["key"]],
        within=[("trench", corridor) for corridor in new["corridor"]],
        choices=[None if upgrade else choice for upgrade, choice in zip(is_upgrade, new["choice"], strict=True)],
    )
    return chosen


def _side_by_side(pipes: pd.DataFrame) -> Ints:
    """Return N_p; a pipe without a capacity is never needed twice."""
    return np.where(np.isfinite(pipes["capacity"]), pipes["max_parallel"], 1).astype(np.int64)


def _kids(pipes: pd.DataFrame, chosen: dict[int, Any]) -> dict[int, list[Any]]:
    """Return the variables of the candidates that may replace each candidate, where there are any."""
    by_group: dict[int, list[Any]] = {}
    groups = pipes["group"].to_numpy()
    for row, pipe in chosen.items():
        by_group.setdefault(int(groups[row]), []).append(pipe)
    parents = pipes["kids"].to_numpy()
    return {int(row): by_group[parents[row]] for row in np.flatnonzero(parents >= 0) if parents[row] in by_group}


def _gates(
    pipes: pd.DataFrame, chosen: dict[int, Any], trench: dict[int, Any], kids: dict[int, list[Any]]
) -> list[list[_Gate]]:
    """Return per candidate what its flows are bounded by; an empty gate is always open."""
    corridor, existing = pipes["corridor_row"].to_list(), pipes["existing"].to_list()
    gates = []
    for row in range(len(pipes)):
        own = chosen.get(row, trench.get(corridor[row]))
        above = [_Gate([own], [1.0])] if own is not None else []
        if row in kids:
            left = [-1.0] * len(kids[row])
            if existing[row]:
                above.append(_Gate(kids[row], left, 1.0))
            else:
                above = [_Gate([chosen[row], *kids[row]], [1.0, *left])]
        gates.append(above or [_Gate(constant=1.0)])
    return gates


def _capacity_rows(
    network: Network, flow: list[Any], gates: list[list[_Gate]], chosen: dict[int, Any]
) -> dict[Hashable, Row]:
    pipes, flows = network.pipes, network.flows
    bound = flows["bound"].to_list()
    capacity, count = pipes["capacity"].to_list(), _side_by_side(pipes).tolist()
    keys = pipes["key"].to_list()
    streams: dict[int, dict[str, list[int]]] = {}
    for row, (pipe, origin) in enumerate(zip(flows["pipe"].to_list(), flows["origin"].to_list(), strict=True)):
        streams.setdefault(pipe, {}).setdefault(origin, []).append(row)
    rows: dict[Hashable, Row] = {}
    for pipe, parts in streams.items():
        one = capacity[pipe] * (1 if pipe in chosen else count[pipe])
        above = gates[pipe]
        for gate in above:
            key = keys[pipe] if gate is above[0] else _label(keys[pipe], "replaced")
            for name, own in parts.items():
                label = _label(key, name) if name else key
                rows.update(_stream_rows(label, gate, [flow[f] for f in own], [bound[f] for f in own], one))
            if len(parts) > 1:
                total = sum(max(bound[f] for f in own) for own in parts.values())
                if total > one or (pipe in chosen and count[pipe] > 1):
                    ends = [flow[f] for own in parts.values() for f in own]
                    rows[_label(key, "all")] = gate.row(ends, [1.0] * len(ends), min(total, one))
    return rows


def _label(key: tuple[Any, ...], more: str) -> tuple[Any, ...]:
    return (*key[:-1], f"{key[-1]} {more}")


def _stream_rows(
    key: tuple[Any, ...], gate: _Gate, flow: list[Any], bound: Sequence[float], one: float
) -> dict[Hashable, Row]:
    """Return (3a) of the flows of one origin in one candidate; ``one`` is the capacity of one pipe."""
    if not gate.terms:  # always open: both directions share the capacity, one is bounded by itself
        shared = len(flow) == 2 and math.isfinite(one)
        return {key: (None, linear(flow, [1.0, 1.0]), one)} if shared else {}
    most = [min(end, one) for end in bound]
    rows: dict[Hashable, Row] = {key: gate.row(flow, [most[0] / end for end in most], most[0])}
    whole = max(bound)
    if whole > one * (1 + 1e-9):
        steps = math.ceil(whole / one * (1 - 1e-12))
        rest = whole - (steps - 1) * one
        if rest < one * (1 - 1e-9):
            body = gate.row(flow, [1.0] * len(flow), rest)
            rows[_label(key, "rounded")] = (None, body[1], whole - rest * steps + (body[2] or 0.0))
    return rows


def _least_rows(
    pipes: pd.DataFrame, flow: list[Any], members: dict[int, Any], chosen: dict[int, Any], kids: dict[int, list[Any]]
) -> dict[Hashable, Row]:
    least, existing, names = pipes["min_flow"].to_numpy(), pipes["existing"].to_numpy(), pipes["key"].to_list()
    rows: dict[Hashable, Row] = {}
    for row, pipe in chosen.items():
        if least[row] > 0:
            ends = members.get(row, ())
            gone = kids.get(row, []) if not existing[row] else []
            terms = [*(flow[f] for f in ends), pipe, *gone]
            factors = [*np.ones(len(ends)), -least[row], *[least[row]] * len(gone)]
            rows[names[row]] = (0.0, linear(terms, factors), None)
    return rows


def _option_rows(pipes: pd.DataFrame, chosen: dict[int, Any], trench: dict[int, Any]) -> dict[Hashable, Row]:
    upgrade_of, group = pipes["upgrade_of"].to_list(), pipes["group"].to_list()
    share, corridor = (1.0 / _side_by_side(pipes)).tolist(), pipes["corridor_row"].to_list()
    keys = pipes["key"].to_list()
    groups: dict[int, list[int]] = {}
    for row in chosen:
        if not upgrade_of[row]:
            # Existing pipes (-1) are not alternatives to one another: each has a row of its own.
            groups.setdefault(group[row] if group[row] >= 0 else -1 - row, []).append(row)
    rows: dict[Hashable, Row] = {}
    for members in groups.values():
        gate = trench.get(corridor[members[0]])
        terms, shares = [chosen[row] for row in members], [share[row] for row in members]
        if gate is not None:
            rows[keys[members[0]]] = (None, linear([*terms, gate], [*shares, -1.0]), 0.0)
        elif len(terms) > 1:
            rows[keys[members[0]]] = (None, linear(terms, shares), 1.0)
    return rows


def _upgrade_rows(
    pipes: pd.DataFrame, chosen: dict[int, Any], trench: dict[int, Any], kids: dict[int, list[Any]]
) -> dict[Hashable, Row]:
    """Return (3d), one row per replaced option: its one-way candidates are one pipe."""
    rows: dict[Hashable, Row] = {}
    olds = pipes[pipes["kids"] >= 0]
    for _, ways in olds.groupby("kids", sort=False):
        first = int(ways.index[0])
        if first not in kids:
            continue
        there = [chosen[row] for row in ways.index] if not ways["existing"].iloc[0] else []
        gate = trench.get(int(ways["corridor_row"].iloc[0]))
        above = there or ([gate] if gate is not None else [])
        body = linear([*kids[first], *above], [*[1.0] * len(kids[first]), *[-1.0] * len(above)])
        rows[ways["key"].iloc[0]] = (None, body, 0.0 if above else 1.0)
    return rows


def _add_ways(model: pyo.ConcreteModel, pipes: pd.DataFrame, chosen: dict[int, Any]) -> None:
    """Add (3e): several one-way pipes of an option may not lie in both directions."""
    count = _side_by_side(pipes)
    rows = [row for row in chosen if count[row] > 1 and pipes["split"].iloc[row]]
    names = [pipes["key"].iloc[row] for row in rows]
    options = list(dict.fromkeys((*name[:3], *name[4:]) for name in names))
    model.way = variables(options, 1.0, doc="1 if the pipes of an option run forward", integer=True)
    body: dict[Hashable, Row] = {}
    for row, name in zip(rows, names, strict=True):
        forward, most = name[3] == "forward", float(count[row])
        terms = [chosen[row], model.way[*name[:3], *name[4:]]]
        body[name] = (None, linear(terms, [1.0, -most if forward else most]), 0.0 if forward else most)
    model.one_way = constraints(body, doc="(3e) pipes of an option lie in one direction")


def _trench_rows(network: Network, flow: list[Any], trench: dict[int, Any]) -> dict[Hashable, Row]:
    corridor = network.pipes["corridor_row"].to_numpy()[network.flows["pipe"].to_numpy()]
    capacity = network.corridors["capacity"].to_numpy()
    bound = network.flows["bound"].to_numpy()
    rows: dict[Hashable, Row] = {}
    for row, members in pd.Series(np.arange(len(flow))).groupby(corridor, sort=False).indices.items():
        # (3a) says it already where one flow is alone, or all together cannot fill the corridor.
        if len(members) < 2 or not bound[members].sum() > capacity[row]:
            continue
        terms, most = [flow[member] for member in members], float(capacity[row])
        gate = trench.get(int(row))
        body = (
            linear(terms, [1.0] * len(terms)) if gate is None else linear([*terms, gate], [*[1.0] * len(terms), -most])
        )
        rows[network.corridors["key"].iloc[row]] = (None, body, most if gate is None else 0.0)
    return rows
