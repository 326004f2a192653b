"""Corridors and the pipes in them.

Sets
    c corridors; p pipe candidates (corridor, resource, option, way); two-way candidates have a forward and
    a backward flow; u_f is the tightened bound of a flow.
Variables
    flow_f in [0, u_f], units/year entering the pipe.
    trench_c in {0, 1}, only where the corridor is new and costs something.
    pipe_p in {0, 1}, only where the pipe is new and costs something, has a least flow, or competes with
    another candidate.
Constraints
    (3a) pipe capacity: forward + backward * u_forward/u_backward <= u_forward * gate, where the gate is
         pipe_p, or trench_c of a pipe without a variable of its own, or 1.
         Strong: at pipe = 1 either direction may use its own bound, since nothing flows to and fro.
    (3b) least flow: min_flow * pipe_p <= flow
    (3c) one option: sum of the new candidates of a corridor and resource <= trench_c, or 1
    (4)  trench: sum of all flows in a corridor <= capacity_c * trench_c
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Ledger, Row, constraints, linear, variables
from models.network import Network


def add_pipelines(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> None:
    """Add (3a) to (4)."""
    pipes, flows = network.pipes, network.flows
    ways = np.where(flows["backward"], "backward", "forward").tolist()
    names = pipes["key"].to_list()
    keys = [(*names[pipe][:3], way, *names[pipe][4:]) for pipe, way in zip(flows["pipe"].tolist(), ways, strict=True)]
    model.flow = variables(keys, flows["bound"], doc="units/year that enter a pipe in one direction")
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
    gates = [chosen.get(row, trench.get(corridor)) for row, corridor in enumerate(pipes["corridor_row"].tolist())]
    model.pipe_capacity = constraints(_capacity_rows(network, flow, members, gates), doc="(3a) flow <= capacity * pipe")
    least = pipes["min_flow"].to_numpy()
    model.least_flow = constraints(
        {
            names[row]: (
                0.0,
                linear([*(flow[f] for f in members[row]), pipe], [*np.ones(len(members[row])), -least[row]]),
                None,
            )
            for row, pipe in chosen.items()
            if least[row] > 0
        },
        doc="(3b) min_flow * pipe <= flow",
    )
    model.one_option = constraints(_option_rows(pipes, chosen, trench), doc="(3c) one option, in an open trench")
    model.trench_capacity = constraints(
        _trench_rows(network, flow, trench), doc="(4) all flows in a corridor <= capacity * trench"
    )


def _add_trenches(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> dict[int, Any]:
    """Add the binaries of corridors that cost something and may be used; return them by corridor row."""
    corridors = network.corridors
    used = np.zeros(len(corridors), dtype=bool)
    used[network.pipes["corridor_row"].to_numpy()] = True
    rows = np.flatnonzero(used & (corridors["fixed_cost"] > 0) & ~corridors["existing"])
    paid = corridors.iloc[rows]
    model.trench = variables(list(paid["key"]), 1.0, doc="1 if a trench is dug", integer=True)
    ledger.build(list(model.trench.values()), paid, things=[("trench", corridor) for corridor in paid["corridor"]])
    return dict(zip(rows.tolist(), model.trench.values(), strict=True))


def _add_pipes(model: pyo.ConcreteModel, pipes: pd.DataFrame, ledger: Ledger) -> dict[int, Any]:
    """Add the binaries of candidates that need one; return them by candidate row."""
    paid = np.where(pipes["existing"], 0.0, pipes["fixed_cost"])
    choice = pipes["choice"]
    rivals = pipes.drop_duplicates(["choice", "option", "way"])["choice"].value_counts()
    competes = (choice >= 0) & (choice.map(rivals) > 1)
    rows = np.flatnonzero((paid > 0) | (pipes["min_flow"] > 0) | competes)
    model.pipe = variables(list(pipes["key"].iloc[rows]), 1.0, doc="1 if a pipe is used", integer=True)
    chosen = dict(zip(rows.tolist(), model.pipe.values(), strict=True))
    new = pipes.iloc[[row for row in chosen if not pipes["existing"].iloc[row]]]
    ledger.build(
        [chosen[row] for row in new.index],
        new,
        things=[("pipe", *key[:3]) for key in new["key"]],
        within=[("trench", corridor) for corridor in new["corridor"]],
        choices=new["choice"].tolist(),
    )
    return chosen


def _capacity_rows(network: Network, flow: list[Any], members: dict[int, Any], gates: list[Any]) -> dict[Hashable, Row]:
    bound = network.flows["bound"].to_numpy()
    capacity = network.pipes["capacity"].to_numpy()
    keys = network.pipes["key"].to_list()
    rows: dict[Hashable, Row] = {}
    for pipe, gate in enumerate(gates):
        ends = members[pipe]
        first = float(bound[ends[0]])
        if gate is not None:
            weights = [first / float(bound[end]) for end in ends]
            rows[keys[pipe]] = (None, linear([*(flow[end] for end in ends), gate], [*weights, -first]), 0.0)
        elif len(ends) == 2 and np.isfinite(capacity[pipe]):
            rows[keys[pipe]] = (None, linear([flow[end] for end in ends], [1.0, 1.0]), float(capacity[pipe]))
    return rows


def _option_rows(pipes: pd.DataFrame, chosen: dict[int, Any], trench: dict[int, Any]) -> dict[Hashable, Row]:
    rows: dict[Hashable, Row] = {}
    binaries = pipes.iloc[list(chosen)].assign(row=list(chosen))
    # Existing pipes (-1) are not alternatives to one another: each has a row of its own.
    group = np.where(binaries["group"] >= 0, binaries["group"], -1 - binaries["row"])
    for _, candidates in binaries.groupby(group, sort=False):
        gate = trench.get(int(candidates["corridor_row"].iloc[0]))
        terms = [chosen[row] for row in candidates["row"]]
        key = candidates["key"].iloc[0]
        if gate is not None:
            rows[key] = (None, linear([*terms, gate], [*np.ones(len(terms)), -1.0]), 0.0)
        elif len(terms) > 1:
            rows[key] = (None, linear(terms, [1.0] * len(terms)), 1.0)
    return rows


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
