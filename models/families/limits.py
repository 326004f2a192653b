"""What a plan must respect whatever it costs.

Constraints
    (8) CO2 cap: all CO2 of period t <= co2_cap_t_per_year, for every t
"""

from __future__ import annotations

import pandas as pd
import pyomo.environ as pyo

from data.settings import Limits
from models.families.ledger import Ledger, constraints


def add_limits(model: pyo.ConcreteModel, periods: pd.DataFrame, limits: Limits, ledger: Ledger) -> None:
    """Add (8) where a cap is set and something can be decided about CO2; call it after the families."""
    cap = limits.co2_cap_t_per_year
    rows = {}
    if cap is not None:
        rows = {
            name or "cap": (None, ledger.expression(book), cap - float(fixed))
            for name, book, fixed in zip(periods["period"], ledger.co2, ledger.fixed_co2, strict=True)
            if book
        }
    model.co2_cap = constraints(rows, doc="(8) CO2 of everything <= cap, t/year")
