"""Rows that the others imply for whole numbers but not for fractions.

Constraints
    (9a) sole supply: arc <= bound * open_supply_s for every arc out of a cell that only supply s can fill
    (9b) sole demand: arc <= bound * open_demand_d for every arc into a cell that only demand d drains
    (9c) sole takers: arc <= bound * sum of modules_h for every arc into a cell that only hubs h without modules so far
         drain, where the first module of each could take all that arrives
    (9d) sole makers: the same for every arc out of a cell that only such hubs fill
    With routes and fixed supplies, or hubs of one module, these are the strong rows of capacitated facility location
    (Cornuejols, Sridharan and Thizy 1991, EJOR 50: 280-297).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo

from models.families.hubs import has_modules
from models.families.ledger import Row, constraints, linear
from models.network import Ints, Network


def add_strong(model: pyo.ConcreteModel, network: Network) -> None:
    """Add (9a) to (9d) where they cut anything; call it after the families."""
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
    arriving = arcs["bound"] * (1 - arcs["loss"])
    taking = _hubs_alone(network, sign=-1.0, others=np.concatenate([tail, network.demands["cell"].to_numpy()]))
    making = _hubs_alone(network, sign=1.0, others=np.concatenate([head, network.supplies["cell"].to_numpy()]))
    model.sole_takers = constraints(
        _hub_rows(taking, model.modules, arcs.assign(cell=head, end=arriving), terms),
        doc="(9c) what enters a cell <= bound * modules of the hubs that alone drain it",
    )
    model.sole_makers = constraints(
        _hub_rows(making, model.modules, arcs.assign(cell=tail, end=arcs["bound"]), terms),
        doc="(9d) what leaves a cell <= bound * modules of the hubs that alone fill it",
    )
    used = network.demands[network.demands["bound"] > 0]
    sole = _sole(count, used["cell"], np.concatenate([tail, eaten]))
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


def _hubs_alone(network: Network, *, sign: float, others: Ints) -> pd.DataFrame:
    """Return ``cell``, ``key`` and ``most`` of hubs in cells that nothing but new hubs fill (or, negative, drain).

    ``most`` is what a first module makes or eats.
    """
    recipes = network.recipes[sign * network.recipes["coefficient"] > 0]
    own = network.hubs.iloc[recipes["hub"].to_numpy()].reset_index(drop=True)
    own = own.assign(
        cell=recipes["cell"].to_numpy(), most=own["capacity"].to_numpy() * recipes["coefficient"].abs().to_numpy()
    )
    new = has_modules(own) & (own["existing"] == 0)
    alone = new.groupby(own["cell"]).transform("all") & ~own["cell"].isin(others)
    return own[alone.astype(bool)]


def _hub_rows(hubs: pd.DataFrame, modules: pyo.Var, arcs: pd.DataFrame, terms: list[Any]) -> dict[Hashable, Row]:
    """Return ``arc <= bound * modules`` for arcs whose ``end`` at the hubs' ``cell`` one module could take or fill."""
    bound, end = arcs["bound"].to_numpy(), arcs["end"].to_numpy()
    by_cell = arcs.groupby("cell", sort=False).indices
    rows: dict[Hashable, Row] = {}
    for cell, own in hubs.groupby("cell", sort=False):
        for arc in by_cell.get(cell, ()):
            if end[arc] < own["most"].min():
                gates = [modules[key] for key in own["key"]]
                body = linear([terms[arc], *gates], [1.0, *[-float(bound[arc])] * len(gates)])
                rows[int(arc)] = (None, body, 0.0)
    return rows
