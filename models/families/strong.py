"""Rows that the others imply for whole numbers but not for fractions.

Constraints
    (9a) sole supply: arc <= bound * open_supply_s for every arc out of a cell that only supply s can fill
    (9b) sole demand: arc <= bound * open_demand_d for every arc into a cell that only demand d drains
    With routes and fixed supplies these are the strong rows of capacitated facility location
    (Cornuejols, Sridharan and Thizy 1991, EJOR 50: 280-297).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Row, constraints, linear
from models.network import Ints, Network


def add_strong(model: pyo.ConcreteModel, network: Network) -> None:
    """Add (9a) and (9b) where they cut anything; call it after the families."""
    arcs, recipes, count = network.arcs, network.recipes, len(network.cells)
    terms = [*model.flow.values(), *model.haul.values(), *model.convert.values()]
    made = recipes.loc[recipes["coefficient"] > 0, "cell"].to_numpy()
    eaten = recipes.loc[recipes["coefficient"] < 0, "cell"].to_numpy()
    tail, head = arcs["from_cell"].to_numpy(), arcs["to_cell"].to_numpy()
    used = network.supplies[network.supplies["bound"] > 0]
    sole = _sole(count, used["cell"], np.concatenate([head, made]))
    model.sole_supply = constraints(
        _rows(
            used[sole[used["cell"]]],
            model.open_supply,
            arcs.assign(cell=tail, end=arcs["bound"]),
            terms,
        ),
        doc="(9a) what leaves a cell <= bound * open of its only supply",
    )
    used = network.demands[network.demands["bound"] > 0]
    sole = _sole(count, used["cell"], np.concatenate([tail, eaten]))
    arriving = arcs["bound"] * (1 - arcs["loss"])
    model.sole_demand = constraints(
        _rows(used[sole[used["cell"]]], model.open_demand, arcs.assign(cell=head, end=arriving), terms),
        doc="(9b) what enters a cell <= bound * open of its only demand",
    )


def _sole(count: int, own: pd.Series, others: Ints) -> npt.NDArray[np.bool_]:
    """Return which cells have exactly one stream of their own and no other source (or sink)."""
    return np.asarray((np.bincount(own, minlength=count) == 1) & (np.bincount(others, minlength=count) == 0))


def _rows(streams: pd.DataFrame, opened: pyo.Var, arcs: pd.DataFrame, terms: list[Any]) -> dict[Hashable, Row]:
    """Return ``arc <= bound * open`` for arcs whose ``end`` at the stream's ``cell`` is less than the stream."""
    bound, end = arcs["bound"].to_numpy(), arcs["end"].to_numpy()
    by_cell = arcs.groupby("cell", sort=False).indices
    return {
        (key, int(arc)): (None, linear([terms[arc], opened[key]], [1.0, -float(bound[arc])]), 0.0)
        for key, cell, most in zip(streams["key"], streams["cell"], streams["bound"], strict=True)
        if key in opened
        for arc in by_cell.get(cell, ())
        if end[arc] < most
    }
