"""Use of a better grade where a lesser one would do.

Sets
    g uses (node, better, lesser); chains of grades are one use at the sum of their costs.
Variables
    convert_g >= 0, units/year taken out of the better grade's balance and put into the lesser's.
Constraints
    (7) grades: none beyond the bounds; the balance (1) does the rest.
"""

from __future__ import annotations

import pyomo.environ as pyo

from models.families.ledger import Ledger, named, variables
from models.network import Network


def add_grades(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> None:
    """Add the variables of (7)."""
    grades = network.grades
    model.convert = variables(
        named(grades["key"], grades["origin"]), grades["bound"], doc="units/year of a better grade used as a lesser one"
    )
    convert = list(model.convert.values())
    ledger.outflow(grades["from_cell"], convert)
    ledger.inflow(grades["to_cell"], convert)
    ledger.pay(convert, grades["unit_cost"], grades["when"])
