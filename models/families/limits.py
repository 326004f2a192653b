"""What a plan must respect whatever it costs.

Constraints
    (8) CO2 cap: all CO2 <= co2_cap_t_per_year
"""

from __future__ import annotations

import pyomo.environ as pyo

from data.settings import Limits
from models.families.ledger import Ledger, constraints


def add_limits(model: pyo.ConcreteModel, limits: Limits, ledger: Ledger) -> None:
    """Add (8) where a cap is set and something can be decided about CO2; call it after the families."""
    cap = limits.co2_cap_t_per_year
    rows = {}
    if cap is not None and ledger.co2:
        rows["cap"] = (None, ledger.expression(ledger.co2), cap - ledger.fixed_co2)
    model.co2_cap = constraints(rows, doc="(8) CO2 of everything <= cap, t/year")
