"""What may be invested in each period.

Sets
    i things that can be built, t periods; invested_i what building one takes from the budget: its
    ``capex_fixed``, or its fixed cost per year in a Problem that does not say what anything invests.
Constraints
    (13) budget: sum over i of invested_i (stands_it - stands_i,t-1) <= investment_budget_t
    What stands at the start takes nothing, nor do vehicles: a fleet is sized anew in each period.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import pyomo.environ as pyo

from data.settings import Limits
from models.families.ledger import Row, constraints, linear
from models.families.phases import Standing
from models.phases import per_period


def add_budgets(model: pyo.ConcreteModel, periods: pd.DataFrame, limits: Limits, standing: Standing) -> None:
    """Add (13) where a budget is set; call it after the phases."""
    rows: dict[Hashable, Row] = {}
    for when, (name, budget) in enumerate(per_period(limits.investment_budget, periods)):
        terms: list[Any] = []
        amounts: list[float] = []
        for invested, steps in standing.values():
            for step, sign in ((when, 1.0), (when - 1, -1.0)):
                if step >= 0 and invested > 0:
                    terms += steps[step]
                    amounts += [sign * invested] * len(steps[step])
        if terms:
            rows[name or "budget"] = (None, linear(terms, amounts), budget)
    model.budget = constraints(rows, doc="(13) invested in what is newly built <= budget of the period")
