"""Shared hubs that turn resources into others.

Sets
    h hubs; recipe_(h, r) units of r per throughput, negative eaten, positive made; B_h tightened throughput.
Variables
    made_h in [0, B_h], throughput/year.
    modules_h new modules, whole, only where a module costs something, or places are limited, and more could
    stand; at least one where the hub is forced and none is there.
Constraints
    (5) hub: made_h <= capacity_h (existing_h + modules_h)
Cost
    fixed cost per new module, unit cost per throughput.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Ledger, constraints, linear, variables
from models.network import Network


def add_hubs(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> None:
    """Add (5)."""
    hubs, recipes = network.hubs, network.recipes
    model.made = variables(list(hubs["key"]), hubs["bound"], doc="throughput/year of a hub")
    made = list(model.made.values())
    ledger.inflow(recipes["cell"], [made[row] for row in recipes["hub"]], recipes["coefficient"])
    ledger.pay(made, hubs["unit_cost"], hubs["when"])
    ledger.emit(made, hubs["co2_per_unit"], hubs["when"])

    built = hubs[has_modules(hubs)]
    least = (built["least"] - built["existing"]).clip(lower=0)
    most = np.maximum(np.ceil(built["bound"] / built["capacity"]) - built["existing"], least)
    model.modules = variables(list(built["key"]), most, doc="new modules of a hub", lower=least, integer=True)
    ledger.build(list(model.modules.values()), built, things=[("hub", hub) for hub in built["hub"]])
    # A first module cannot be used beyond what can arrive; with modules already there the row is exact as it is.
    first = np.where(built["existing"] == 0, np.minimum(built["capacity"], built["bound"]), built["capacity"])
    there = built["existing"] * built["capacity"]
    model.hub_capacity = constraints(
        {
            key: (None, linear([model.made[key], model.modules[key]], [1.0, -capacity]), existing)
            for key, capacity, existing in zip(built["key"], first.tolist(), there.tolist(), strict=True)
        },
        doc="(5) throughput <= capacity * modules",
    )


def has_modules(hubs: pd.DataFrame) -> pd.Series:
    """Return which hubs have a variable for their new modules."""
    wanted = (hubs["bound"] > hubs["existing"] * hubs["capacity"]) | (hubs["least"] > hubs["existing"])
    return ((hubs["fixed_cost"] > 0) | hubs["counted"]) & wanted
