"""Truck routes, their loading bays and fleets.

Sets
    q routes, v vehicle classes; C_q is the tightened bound of a route.
Variables
    haul_q in [0, C_q], units/year; one per origin where that is traced.
    bay_q in {0, 1}, only where the bay costs something.
    fleet_v whole vehicles, only where whole vehicles are bought and cost something; in each period anew,
    since vehicles can be sold or moved.
Constraints
    (6a) bay: haul_q <= C_q bay_q
    (6c) route: sum of the hauls of all origins <= capacity_q bay_q (or capacity_q), where origins are traced
    (6b) fleet: sum of hours_per_trip_q / units_per_trip_q * haul_q <= hours_per_year_v fleet_v
Cost
    unit and bay cost; vehicles: whole ones by fleet_v, otherwise the share of a vehicle that the hours take.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Ledger, Row, constraints, linear, named, variables
from models.network import Floats, Ints, Network


def add_trucks(model: pyo.ConcreteModel, network: Network, ledger: Ledger) -> None:
    """Add (6a) and (6b)."""
    routes = network.hauls
    model.haul = variables(named(routes["key"], routes["origin"]), routes["bound"], doc="units/year hauled on a route")
    haul = list(model.haul.values())
    ledger.outflow(routes["from_cell"], haul)
    ledger.inflow(routes["to_cell"], haul)
    ledger.pay(haul, routes["unit_cost"], routes["when"])
    ledger.emit(haul, routes["co2_per_unit"], routes["when"])

    bays = routes[routes["fixed_cost"] > 0]
    built = bays.drop_duplicates("key")
    model.bay = variables(list(built["key"]), 1.0, doc="1 if a loading bay is built", integer=True)
    ledger.build(list(model.bay.values()), built, things=[("bay", route) for route in built["route"]])
    keys = named(bays["key"], bays["origin"])
    model.bay_limit = constraints(
        {
            key: (None, linear([model.haul[key], model.bay[route]], [1.0, -bound]), 0.0)
            for key, route, bound in zip(keys, bays["key"], bays["bound"].tolist(), strict=True)
        },
        doc="(6a) haul <= capacity * bay",
    )
    _share_routes(model, routes, haul)
    _add_fleets(model, routes, network.vehicles, ledger)


def _share_routes(model: pyo.ConcreteModel, routes: pd.DataFrame, haul: list[Any]) -> None:
    """Add (6c) where the hauls of several origins could fill a route together."""
    rows: dict[Hashable, Row] = {}
    several = np.flatnonzero(routes.duplicated(["route", "when"], keep=False))
    shared = routes.iloc[several].groupby(["route", "when"], sort=False).indices
    for members in (several[places] for places in shared.values()):
        route = routes["key"].iloc[members[0]]
        capacity = float(routes["capacity"].iloc[members[0]])
        if routes["bound"].iloc[members].sum() > capacity:
            gate = [model.bay[route]] if route in model.bay else []
            body = linear([*(haul[row] for row in members), *gate], [*[1.0] * len(members), *[-capacity] * len(gate)])
            rows[route] = (None, body, 0.0 if gate else capacity)
    model.route_capacity = constraints(rows, doc="(6c) hauls of all origins <= capacity * bay")


def hours_per_unit(routes: pd.DataFrame) -> Floats:
    """Return vehicle hours per unit hauled; 0 where a route does not say."""
    ratio = routes["hours_per_trip"] / routes["units_per_trip"].where(routes["units_per_trip"] > 0)
    return np.asarray(ratio.fillna(0.0), dtype=np.float64)


def _add_fleets(model: pyo.ConcreteModel, routes: pd.DataFrame, vehicles: pd.DataFrame, ledger: Ledger) -> None:
    haul, hours = list(model.haul.values()), hours_per_unit(routes)
    paid = vehicles[vehicles["fixed_cost"] > 0]
    used = _vehicle_rows(routes, paid)
    shared = paid["fixed_cost"].where(~paid["integer_fleet"], 0.0) / paid["hours_per_year"]
    ledger.pay(haul, shared.reindex(used).fillna(0.0).to_numpy() * hours, routes["when"])

    needed = pd.Series(hours * routes["bound"].to_numpy()).groupby(used).sum()
    whole = paid[paid["integer_fleet"] & paid.index.isin(used)]
    most = np.ceil(needed.reindex(whole.index) / whole["hours_per_year"])
    model.fleet = variables(list(whole["key"]), most, doc="vehicles bought", integer=True)
    ledger.pay(list(model.fleet.values()), whole["fixed_cost"], whole["when"])
    members = pd.Series(used).groupby(used).indices
    model.fleet_hours = constraints(
        {
            key: (
                None,
                linear(
                    [*(haul[row] for row in members[vehicle]), model.fleet[key]],
                    [*hours[members[vehicle]].tolist(), -float(available)],
                ),
                0.0,
            )
            for vehicle, key, available in zip(whole.index, whole["key"], whole["hours_per_year"], strict=True)
        },
        doc="(6b) hours hauled <= hours of the vehicles, h/year",
    )


def _vehicle_rows(routes: pd.DataFrame, vehicles: pd.DataFrame) -> Ints:
    """Return for each route the label of its vehicle class in its period; -1 where that is not listed."""
    rows = vehicles[["vehicle", "when"]].assign(row=vehicles.index)
    found = routes[["vehicle", "when"]].merge(rows, on=["vehicle", "when"], how="left")["row"]
    return np.asarray(found.fillna(-1), dtype=np.int64)
