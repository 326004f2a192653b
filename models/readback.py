"""The plan's tables, read from the values of a solved model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.contracts import make_table
from data.problem import Problem
from models.attribution import Attribution, attribute
from models.exchanges import exchange_table
from models.families.trucks import hours_per_unit
from models.network import Floats, Network
from models.values import Values, lookup


@dataclass(frozen=True)
class _Moved:
    """What each kind of arc carries, units/year, and what hubs make."""

    flow: Floats
    haul: Floats
    convert: Floats
    made: Floats


def read_tables_back(problem: Problem, network: Network, values: Values) -> dict[str, pd.DataFrame]:
    """Return every table of the Plan but ``indicators``.

    What is written is the sum of the exchanges: quantities that travel in circles, and pipes and bays that
    carry nothing, are left out. They cost something or nothing, but never less than nothing.
    """
    attribution = attribute(network, values)
    moved = _moved(network, values, attribution)
    tables = {
        "unplaced": _unplaced(network, values),
        "unserved": _unserved(network, values),
        "built_pipes": _built_pipes(network, moved.flow),
        "hauls": _hauls(network, moved.haul),
        "built_hubs": _built_hubs(network, moved.made),
    }
    tables["built_corridors"] = _built_corridors(network, tables["built_pipes"])
    tables["fleets"] = _fleets(problem, tables["hauls"])
    tables["exchanges"] = exchange_table(problem, network, attribution, tables)
    tables["costs"] = _costs(problem, network, tables, moved)
    return tables


def _moved(network: Network, values: Values, attribution: Attribution) -> _Moved:
    """Return the paths' sums; the solver's own values where a least flow or a loss lives on a circle."""
    flows, hauls = len(network.flows), len(network.hauls)
    arcs = attribution.arc_totals(len(values.arcs))
    per_pipe = np.bincount(network.flows["pipe"], arcs[:flows], minlength=len(network.pipes))
    too_little = (per_pipe > 0) & (per_pipe < network.pipes["min_flow"].to_numpy() * (1 - 1e-6))
    if too_little.any() or not attribution.is_complete:
        arcs = values.arcs
    return _Moved(arcs[:flows], arcs[flows : flows + hauls], arcs[flows + hauls :], values.made)


def _unplaced(network: Network, values: Values) -> pd.DataFrame:
    supplies = network.supplies
    left = supplies["quantity"] - values.placed
    table = supplies[["supply", "node", "resource"]].assign(
        quantity=left, placed=values.placed, cost=left * supplies["unplaced_cost"], co2=left * supplies["co2_unplaced"]
    )
    return make_table("plan", "unplaced", table)


def _unserved(network: Network, values: Values) -> pd.DataFrame:
    demands = network.demands
    short = demands["quantity"] - values.served
    table = demands[["demand", "node", "resource"]].assign(
        quantity=short, served=values.served, cost=short * demands["unserved_cost"], co2=short * demands["co2_unserved"]
    )
    return make_table("plan", "unserved", table)


def _built_pipes(network: Network, flow: Floats) -> pd.DataFrame:
    """Return the pipes that carry something; two one-way candidates of one option are one pipe."""
    pipes = network.pipes
    backward = network.flows["backward"].to_numpy(dtype=bool)
    row, count = network.flows["pipe"].to_numpy(), len(pipes)
    table = pipes.assign(
        flow_forward=np.bincount(row, np.where(backward, 0.0, flow), minlength=count),
        flow_backward=np.bincount(row, np.where(backward, flow, 0.0), minlength=count),
    )
    table["count"] = _pipe_counts(table)
    table = table[table["count"] > 0]
    quantity = table["flow_forward"] + table["flow_backward"]
    table = table.assign(
        capacity=(table["capacity"] * table["count"]).replace(np.inf, np.nan),
        fixed_cost=(table["fixed_cost"] * table["count"]).where(~table["existing"], 0.0),
        flow_cost=quantity * table["unit_cost"],
        co2=quantity * table["co2_per_unit"],
    )
    columns = ["corridor", "resource", "option", "diameter_mm", "count", "upgrade_of", "flow_forward",
               "flow_backward", "capacity", "fixed_cost", "flow_cost", "co2", "existing"]  # fmt: skip
    return make_table("plan", "built_pipes", table[columns])


def _pipe_counts(pipes: pd.DataFrame) -> pd.Series:
    """Return how many of each pipe the flows need, and how many new ones were built only to be replaced."""
    quantity = pipes["flow_forward"] + pipes["flow_backward"]
    count = np.maximum(np.ceil(quantity / pipes["capacity"].where(pipes["capacity"] > 0, np.inf) - 1e-9), 1)
    count = count.where(quantity > 0, 0).astype("int64")
    if not (pipes["upgrade_of"] != "").any():
        return count
    olds = [pipes["corridor"], pipes["resource"], pipes["upgrade_of"]]
    here = pd.MultiIndex.from_frame(pipes[["corridor", "resource", "option"]])
    first = ~here.duplicated()  # of a pipe's two one-way candidates
    total = count
    for _ in range(len(pipes)):  # from the last upgrade of a chain to the first
        gone = total.groupby(olds).sum().reindex(here).fillna(0).to_numpy()
        new = count + np.where(first & ~pipes["existing"], gone, 0).astype("int64")
        if (new == total).all():
            break
        total = new
    return total


def _built_corridors(network: Network, built_pipes: pd.DataFrame) -> pd.DataFrame:
    wanted = network.corridors["corridor"].isin(built_pipes["corridor"]) | network.corridors["forced"]
    corridors = network.corridors[wanted]
    table = corridors[["corridor", "from_node", "to_node", "length_m", "existing"]].assign(
        fixed_cost=corridors["fixed_cost"].where(~corridors["existing"], 0.0)
    )
    return make_table("plan", "built_corridors", table)


def _hauls(network: Network, haul: Floats) -> pd.DataFrame:
    routes = network.hauls.assign(quantity=haul)
    routes["quantity"] = routes.groupby("route", sort=False)["quantity"].transform("sum")  # over its origins
    routes = routes[routes["quantity"] > 0].drop_duplicates("route")
    table = routes.assign(
        trips_per_year=routes["quantity"] / routes["units_per_trip"].where(routes["units_per_trip"] > 0),
        hours_per_year=routes["quantity"] * hours_per_unit(routes),
        cost=routes["quantity"] * routes["unit_cost"] + routes["fixed_cost"],
        co2=routes["quantity"] * routes["co2_per_unit"],
    )
    columns = ["route", "from_node", "to_node", "resource", "vehicle", "quantity", "trips_per_year",
               "hours_per_year", "distance_m", "coarse_m", "cost", "co2", "geometry_key"]  # fmt: skip
    return make_table("plan", "hauls", table[columns])


def _fleets(problem: Problem, hauls: pd.DataFrame) -> pd.DataFrame:
    """Return the vehicles in service; a class that does not say how long it runs is left out."""
    hours = hauls.groupby("vehicle")["hours_per_year"].sum()
    table = problem.vehicles[problem.vehicles["hours_per_year"] > 0].copy()
    table["in_service"] = lookup(table["vehicle"], hours).fillna(0.0)
    table = table[table["in_service"] > 0]
    needed = table["in_service"] / table["hours_per_year"]
    needed = needed.where(~table["integer_fleet"], np.ceil(needed - 1e-9))
    out = table[["vehicle"]].assign(
        vehicles=needed, hours_per_year=table["in_service"], cost=needed * table["fixed_cost"]
    )
    return make_table("plan", "fleets", out)


def _built_hubs(network: Network, made: Floats) -> pd.DataFrame:
    hubs = network.hubs.assign(throughput=made)
    hubs = hubs[(hubs["throughput"] > 0) | (hubs["least"] > 0)]
    least = np.maximum(hubs["existing"], hubs["least"])
    modules = np.maximum(np.ceil(hubs["throughput"] / hubs["capacity"] - 1e-9), least).astype("int64")
    cost = (modules - hubs["existing"]) * hubs["fixed_cost"] + hubs["throughput"] * hubs["unit_cost"]
    columns = ["hub", "node", "technology", "throughput"]
    return make_table("plan", "built_hubs", hubs[columns].assign(modules=modules, cost=cost))


def _costs(problem: Problem, network: Network, tables: dict[str, pd.DataFrame], moved: _Moved) -> pd.DataFrame:
    """Return every term of the objective."""
    supplies, demands = network.supplies, network.demands
    placed, served = tables["unplaced"]["placed"], tables["unserved"]["served"]
    hauls = tables["hauls"]
    bays = lookup(hauls["route"], network.hauls.drop_duplicates("route").set_index("route")["fixed_cost"]).sum()
    co2 = sum(float(tables[name]["co2"].sum()) for name in ("unplaced", "unserved", "built_pipes", "hauls"))
    co2 += float((moved.made * network.hubs["co2_per_unit"]).sum())
    terms = [
        ("giving", (placed * supplies["unit_cost"]).sum(), "unit cost of supplies placed"),
        ("opening_supplies", supplies.loc[placed > 0, "fixed_cost"].sum(), "fixed cost of supplies used"),
        ("disposal", tables["unplaced"]["cost"].sum(), "disposal of what is left over"),
        ("taking", (served * demands["unit_cost"]).sum(), "unit cost of demands served"),
        ("opening_demands", demands.loc[served > 0, "fixed_cost"].sum(), "fixed cost of demands served"),
        ("virgin_purchase", tables["unserved"]["cost"].sum(), "virgin resources bought for what is short"),
        ("trenches", tables["built_corridors"]["fixed_cost"].sum(), "trenches and rights of way"),
        ("pipes", tables["built_pipes"]["fixed_cost"].sum(), "pipes laid"),
        ("pumping", tables["built_pipes"]["flow_cost"].sum(), "pumping"),
        ("loading_bays", bays, "loading bays"),
        ("hauling", hauls["cost"].sum() - bays, "hauling by truck"),
        ("vehicles", tables["fleets"]["cost"].sum(), "vehicles bought"),
        ("hubs", tables["built_hubs"]["cost"].sum(), "shared hubs, fixed and running"),
        ("grades", (moved.convert * network.grades["unit_cost"]).sum(), "use of better grades as lesser ones"),
        ("co2", problem.settings.co2_price * co2, f"{co2:.6g} t CO2/year at the CO2 price"),
    ]
    return make_table("plan", "costs", [dict(zip(("term", "amount", "description"), t, strict=True)) for t in terms])
