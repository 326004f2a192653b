"""What a plan must respect whatever it costs.

Constraints
    (8a) CO2 cap: all CO2 of period t <= co2_cap_t_per_year, for every t
    (8b) landfill cap: sum over supplies s of period t of landfill_s (Q_s - placed_s)
         + sum over hubs h of landfill_h made_h <= landfill_cap_t_per_year, for every t; landfill_s is the mass that
         one unit of the resource leaves when it is disposed of
"""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd
import pyomo.environ as pyo

from data.problem import Problem
from data.settings import Limits
from models.families.ledger import Ledger, Row, constraints, linear
from models.network import Network


def add_limits(model: pyo.ConcreteModel, problem: Problem, network: Network, ledger: Ledger) -> None:
    """Add (8a) and (8b) where a cap is set and something can be decided about it; call it after the families."""
    _add_co2_cap(model, network.periods, problem.limits, ledger)
    cap, rows = problem.limits.landfill_cap_t_per_year, {}
    if cap is not None:
        rows = _landfill_rows(model, problem, network, cap)
    model.landfill_cap = constraints(rows, doc="(8b) mass of what is disposed of <= cap, t/year")


def _landfill_rows(model: pyo.ConcreteModel, problem: Problem, network: Network, cap: float) -> dict[Hashable, Row]:
    mass = problem.resources.set_index("resource")["landfill_t_per_unit"]
    supplies = network.supplies.assign(mass=network.supplies["resource"].map(mass))
    supplies = supplies[supplies["mass"] > 0]
    rows: dict[Hashable, Row] = {}
    for when, name in enumerate(network.periods["period"]):
        own = supplies[supplies["when"] == when]
        left = float((own["mass"] * own["quantity"]).sum())
        used = own[pd.Series([key in model.placed for key in own["key"]], own.index, dtype=bool)]
        hubs = network.hubs[(network.hubs["when"] == when) & (network.hubs["landfill_t_per_unit"] > 0)]
        amounts = [model.placed[key] for key in used["key"]] + [model.made[key] for key in hubs["key"]]
        if amounts:
            masses = [*(-used["mass"]).tolist(), *hubs["landfill_t_per_unit"].tolist()]
            rows[name or "cap"] = (None, linear(amounts, masses), cap - left)
    return rows


def _add_co2_cap(model: pyo.ConcreteModel, periods: pd.DataFrame, limits: Limits, ledger: Ledger) -> None:
    cap = limits.co2_cap_t_per_year
    rows = {}
    if cap is not None:
        rows = {
            name or "cap": (None, ledger.expression(book), cap - float(fixed))
            for name, book, fixed in zip(periods["period"], ledger.co2, ledger.fixed_co2, strict=True)
            if book
        }
    model.co2_cap = constraints(rows, doc="(8a) CO2 of everything <= cap, t/year")
