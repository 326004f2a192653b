"""Balance at every cell.

Sets
    cells (n, r, t): node, resource and period.
Constraints
    (1) balance: what comes in equals what goes out, for every cell, over all registered terms.
"""

from __future__ import annotations

import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Ledger, constraints, linear, named


def add_balance(model: pyo.ConcreteModel, cells: pd.DataFrame, ledger: Ledger) -> None:
    """Add (1) from everything that the families have registered; call it after them."""
    keys = named(cells["key"], cells["origin"])
    rows = {
        key: (0.0, linear(terms, coefficients), 0.0)
        for key, (terms, coefficients) in zip(keys, ledger.balance_terms(), strict=True)
        if terms
    }
    model.balance = constraints(rows, doc="(1) inflow = outflow, units/year, per node and resource")
