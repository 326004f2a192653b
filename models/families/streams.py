"""Supplies and demands.

Sets
    s supplies, d demands, each in every period in which it exists; Q_s and D_d are the tightened quantities.
Variables
    placed_s in [0, Q_s], served_d in [0, D_d], units/year; served_d = D_d where it must be served.
    open_supply_s, open_demand_d in {0, 1}, only where there is a fixed cost.
Constraints
    (2a) open supply: placed_s <= Q_s open_supply_s
    (2b) open demand: served_d <= D_d open_demand_d
Cost
    unit and fixed cost, and the disposal (virgin purchase) of everything not placed (served).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Ledger, constraints, linear, variables
from models.network import Network


def add_streams(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> None:
    """Add (2a) and (2b)."""
    _add_supplies(model, network.supplies, ledger)
    _add_demands(model, network.demands, ledger)


def _add_supplies(model: pyo.ConcreteModel, table: pd.DataFrame, ledger: Ledger) -> None:
    ledger.owe(table["unplaced_cost"] * table["quantity"], table["when"])
    ledger.shed(table["co2_unplaced"] * table["quantity"], table["when"])
    used = table[table["bound"] > 0]
    model.placed = variables(list(used["key"]), used["bound"], doc="units/year of a supply that are placed")
    placed = list(model.placed.values())
    ledger.inflow(used["cell"], placed)
    ledger.pay(placed, used["unit_cost"] - used["unplaced_cost"], used["when"])
    ledger.emit(placed, -used["co2_unplaced"], used["when"])

    opened = used[used["fixed_cost"] > 0]
    model.open_supply = variables(list(opened["key"]), 1.0, doc="1 if a supply is used", integer=True)
    ledger.pay(list(model.open_supply.values()), opened["fixed_cost"], opened["when"])
    model.open_supply_limit = constraints(
        {
            key: (None, linear([model.placed[key], model.open_supply[key]], [1.0, -bound]), 0.0)
            for key, bound in zip(opened["key"], opened["bound"].tolist(), strict=True)
        },
        doc="(2a) placed <= quantity * open",
    )


def _add_demands(model: pyo.ConcreteModel, table: pd.DataFrame, ledger: Ledger) -> None:
    ledger.owe(table["unserved_cost"] * table["quantity"], table["when"])
    ledger.shed(table["co2_unserved"] * table["quantity"], table["when"])
    used = table[(table["bound"] > 0) | (table["must_serve"] & (table["quantity"] > 0))]
    must = used["must_serve"].to_numpy(dtype=bool)
    # A demand that must be served keeps its own quantity: a lower bound on what can arrive is infeasible.
    upper = np.where(must, used["quantity"], used["bound"])
    model.served = variables(
        list(used["key"]), upper, doc="units/year of a demand that are served", lower=np.where(must, upper, 0.0)
    )
    served = list(model.served.values())
    ledger.outflow(used["cell"], served)
    ledger.pay(served, used["unit_cost"] - used["unserved_cost"], used["when"])
    ledger.emit(served, -used["co2_unserved"], used["when"])

    fixed = used["fixed_cost"] > 0
    ledger.owe(used.loc[fixed & must, "fixed_cost"], used.loc[fixed & must, "when"])
    opened = used[fixed & ~must]
    model.open_demand = variables(list(opened["key"]), 1.0, doc="1 if a demand is served", integer=True)
    ledger.pay(list(model.open_demand.values()), opened["fixed_cost"], opened["when"])
    model.open_demand_limit = constraints(
        {
            key: (None, linear([model.served[key], model.open_demand[key]], [1.0, -bound]), 0.0)
            for key, bound in zip(opened["key"], opened["bound"].tolist(), strict=True)
        },
        doc="(2b) served <= quantity * open",
    )
