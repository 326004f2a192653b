"""How many plants may join in each period, and take part at all.

Sets
    n plants with a supply or demand, t periods; s and d supplies and demands at n in t; Q_s, D_d their most.
Variables
    partner_nt in {0, 1}: 1 if n has placed or been served anything in t or before, by others or by itself.
Constraints
    (14a) joining: placed_s <= Q_s partner_nt ; served_d <= D_d partner_nt
    (14b) once a partner, always counted as one: partner_n,t-1 <= partner_nt
    (14c) new partners: sum over n of (partner_nt - partner_n,t-1) <= max_new_partners_t
    (14d) all partners: sum over n of partner_nT <= max_partners, T the last period
    Hubs, sites and junctions are no partners.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pyomo.environ as pyo

from data.problem import Problem
from models.families.ledger import Row, constraints, linear, variables
from models.network import Network
from models.phases import per_period, with_period


def add_partners(model: pyo.ConcreteModel, problem: Problem, network: Network) -> None:
    """Add (14a) to (14d) where partners are limited; call it after the streams."""
    limits = per_period(problem.limits.max_new_partners, network.periods)
    in_all = problem.limits.max_partners
    streams = _streams(model, problem, network) if limits or in_all is not None else []
    plants = list(dict.fromkeys(node for node, *_ in streams))
    names = network.periods["period"].tolist()
    model.partner = variables(
        [with_period(node, name) for node in plants for name in names], 1.0, doc="1 if a plant has joined", integer=True
    )
    partner = {node: [model.partner[with_period(node, name)] for name in names] for node in plants}
    model.joining = constraints(
        {
            key: (None, linear([moved, partner[node][when]], [1.0, -moved.ub]), 0.0)
            for node, when, key, moved in streams
        },
        doc="(14a) placed or served <= quantity * partner",
    )
    model.always_counted = constraints(
        {
            with_period(node, name): (None, linear([before, after], [1.0, -1.0]), 0.0)
            for node, steps in partner.items()
            for name, before, after in zip(names[1:], steps[:-1], steps[1:], strict=True)
        },
        doc="(14b) partner before <= partner",
    )
    rows: dict[Hashable, Row] = {}
    for when, (name, most) in enumerate(limits if plants else []):
        now = [steps[when] for steps in partner.values()]
        before = [steps[when - 1] for steps in partner.values()] if when else []
        rows[name or "new"] = (None, linear([*now, *before], [*[1.0] * len(now), *[-1.0] * len(before)]), most)
    model.new_partners = constraints(rows, doc="(14c) plants that join in a period <= most new partners")
    last = [steps[-1] for steps in partner.values()]
    ever = {"all": (None, linear(last, [1.0] * len(last)), in_all)} if last and in_all is not None else {}
    model.all_partners = constraints(ever, doc="(14d) plants that take part <= most partners")


def _streams(
    model: pyo.ConcreteModel, problem: Problem, network: Network
) -> list[tuple[str, int, tuple[Hashable, ...], Any]]:
    """Return node, period, key and variable of everything that plants can place or be served."""
    plants = set(problem.nodes.loc[problem.nodes["kind"] == "plant", "node"])
    sides = (("supply", network.supplies, model.placed), ("demand", network.demands, model.served))
    return [
        (node, when, (side, key), book[key])
        for side, table, book in sides
        for node, when, key in zip(table["node"], table["when"], table["key"], strict=True)
        if key in book and node in plants
    ]
