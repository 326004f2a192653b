"""Quality of mixes.

Sets
    t takers (demands, and what hubs eat) whose mix is limited; k classes of origins (:mod:`models.origins`).
Constraints
    (10) quality: sum over k of (value_k - max_t) / scale * arrived_(k, t) <= 0, and with min_t - value_k;
         scale is the greatest of these differences, so that the unit of a property does not matter.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pyomo.environ as pyo

from models.families.ledger import Row, constraints, linear
from models.network import Network


def add_quality(model: pyo.ConcreteModel, network: Network) -> None:
    """Add (10); call it after the grades, whose uses the arrivals are."""
    rows: dict[Hashable, Row] = {}
    if len(network.mixes):
        arrived = list(model.convert.values())
        table = network.uses(network.mixes)
        for (end, taker, name, side), mix in table.groupby(["to_cell", "taker", "property", "side"], sort=False):
            coefficient = mix["coefficient"].to_numpy()
            if not coefficient.max() > 0:
                continue  # whatever can still arrive keeps to the limit
            scale = np.abs(coefficient).max()
            body = linear([arrived[use] for use in mix["use"]], (coefficient / scale).tolist())
            rows[taker, int(end), name, side] = (None, body, 0.0)
    model.quality = constraints(rows, doc="(10) the mix that a taker receives lies within its limits")
