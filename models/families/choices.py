"""Forced exchanges.

Forbidden exchanges have no arc that could arrive; forced corridors and hubs are bounds on their variables.

Sets
    p forced pairs of places; a arrivals of the pair's classes at its takers (:mod:`models.origins`);
    M_a the smaller of what the giver's place has of the resource and the taker's place wants of it.
Constraints
    (11) forced exchange: sum over a of arrived_a / M_a >= forced_share
"""

from __future__ import annotations

from collections.abc import Hashable

import pyomo.environ as pyo

from models.families.ledger import Row, constraints, linear
from models.network import Network


def add_choices(model: pyo.ConcreteModel, network: Network) -> None:
    """Add (11); call it after the grades, whose uses the arrivals are."""
    rows: dict[Hashable, Row] = {}
    if len(network.forced):
        arrived = list(model.convert.values())
        table = network.uses(network.forced)
        for pair, part in table.groupby("pair", sort=False):
            body = linear([arrived[use] for use in part["use"]], part["coefficient"].to_list())
            rows[pair] = (float(part["least"].iloc[0]), body, None)
    model.forced_exchange = constraints(rows, doc="(11) what a forced exchange brings >= its share")
