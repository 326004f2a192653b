"""The exchanges table: paths merged by who gives and who takes, with their share of cost and CO2.

The cost of a pipe is shared by the quantity that enters it; of a trench first equally by the resources
that lie in it, then by quantity; of a route by quantity; of a vehicle by hours. Together the exchanges
pay exactly the plan's transport cost: trenches, pipes, pumping, hauling, bays and vehicles. Of several
periods each pays its own, per year; what stands idle in a period is in the plan's cost, but nobody's share.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from data.contracts import empty_table, make_table
from data.problem import Problem
from models.attribution import Attribution, arc_lengths
from models.families.trucks import hours_per_unit
from models.network import Floats, Network
from models.values import matched


def exchange_table(
    problem: Problem, network: Network, attribution: Attribution, tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return one row per pair of supply (or hub) and demand (or hub), in the order of the Problem's tables."""
    if attribution.paths.empty:
        return empty_table("plan", "exchanges")
    paths = attribution.paths.assign(**_path_sums(network, attribution, tables))
    merged = paths.groupby(["source", "sink"], sort=True).agg(
        sent=("sent", "sum"),
        arrived=("arrived", "sum"),
        cost=("cost", "sum"),
        co2=("co2", "sum"),
        unit_metres=("unit_metres", "sum"),
        piped=("piped", "max"),
        trucked=("trucked", "max"),
        path=("path", _join),
    )
    source = attribution.sources.iloc[merged.index.get_level_values("source")].reset_index(drop=True)
    sink = attribution.sinks.iloc[merged.index.get_level_values("sink")].reset_index(drop=True)
    merged = merged.reset_index(drop=True)
    start = network.cells.iloc[source["cell"]].reset_index(drop=True)
    end = network.cells.iloc[sink["cell"]].reset_index(drop=True)
    unit = problem.resources.set_index("resource")["unit"]
    table = pd.DataFrame({
        "exchange": [f"X{number:04d}" for number in range(1, len(merged) + 1)],
        "from_node": start["node"],
        "to_node": end["node"],
        "via_hub": _hubs(source, sink),
        "resource": start["resource"],
        "received_as": end["resource"],
        "quantity": merged["arrived"],
        "quantity_sent": merged["sent"],
        "unit": start["resource"].map(unit),
        "mode": _modes(merged["piped"] > 0, merged["trucked"] > 0),
        "distance_m": merged["unit_metres"] / merged["sent"],
        "cost": merged["cost"],
        "co2": merged["co2"],
        "period": start["period"],
        "supply": source["name"],
        "demand": sink["name"],
        "path": merged["path"],
    })  # fmt: skip
    return make_table("plan", "exchanges", table)


def _hubs(source: pd.DataFrame, sink: pd.DataFrame) -> list[str]:
    """Return the hub at either end of each exchange, or both, separated by a semicolon."""
    return [
        ";".join(dict.fromkeys([*([a] if a_hub else []), *([b] if b_hub else [])]))
        for a, a_hub, b, b_hub in zip(source["name"], source["is_hub"], sink["name"], sink["is_hub"], strict=True)
    ]


def _modes(piped: pd.Series, trucked: pd.Series) -> list[str]:
    names = {(True, True): "mixed", (True, False): "pipeline", (False, True): "truck", (False, False): "on_site"}
    return [names[bool(pipe), bool(truck)] for pipe, truck in zip(piped, trucked, strict=True)]


def _join(paths: pd.Series) -> str:
    keys = [key for path in paths for key in path.split(";") if key]
    return ";".join(dict.fromkeys(keys))


def _path_sums(
    network: Network, attribution: Attribution, tables: Mapping[str, pd.DataFrame]
) -> dict[str, np.ndarray | list[str]]:
    """Return per path its cost, CO2, metres times quantity sent, modes and keys."""
    loads, count = attribution.loads, len(attribution.paths)
    path, arc, quantity = loads["path"].to_numpy(), loads["arc"].to_numpy(), loads["quantity"].to_numpy()
    flows, hauls = len(network.flows), len(network.hauls)
    unit_co2 = np.concatenate([
        network.pipes["co2_per_unit"].to_numpy()[network.flows["pipe"].to_numpy()],
        network.hauls["co2_per_unit"].to_numpy(),
        np.zeros(len(network.grades)),
    ])  # fmt: skip
    corridor = network.pipes["corridor"].iloc[network.flows["pipe"]]
    keys = np.array([*corridor, *network.hauls["route"], *[""] * len(network.grades)], dtype=object)
    unit_cost = _unit_costs(network, attribution.arc_totals(len(unit_co2)), tables)
    metres = np.bincount(path, arc_lengths(network)[arc], minlength=count)
    named = pd.Series(keys[arc], dtype=object).groupby(path).agg(_join)
    return {
        "cost": np.bincount(path, quantity * unit_cost[arc], minlength=count),
        "co2": np.bincount(path, quantity * unit_co2[arc], minlength=count),
        "unit_metres": metres * attribution.paths["sent"].to_numpy(),
        "piped": np.bincount(path, arc < flows, minlength=count),
        "trucked": np.bincount(path, (arc >= flows) & (arc < flows + hauls), minlength=count),
        "path": named.reindex(range(count), fill_value="").to_list(),
    }


def _unit_costs(network: Network, carried: Floats, tables: Mapping[str, pd.DataFrame]) -> Floats:
    """Return currency per unit entering each arc, so that all that enter pay the arc's whole cost."""
    flows, hauls = len(network.flows), len(network.hauls)
    option, corridor = ["corridor", "resource", "option", "period"], ["corridor", "period"]
    piped = network.pipes.iloc[network.flows["pipe"]][option].assign(quantity=carried[:flows]).reset_index(drop=True)
    idle = tables["built_pipes"].query("flow_forward + flow_backward <= 0")
    built = tables["built_pipes"].query("flow_forward + flow_backward > 0")
    own = matched(piped, option, built.assign(cost=built["fixed_cost"] + built["flow_cost"]).set_index(option)["cost"])
    own = own / piped.groupby(option)["quantity"].transform("sum")
    trench = tables["built_corridors"].set_index(corridor)["fixed_cost"]
    fluids = built.groupby(corridor)["resource"].nunique()
    shared = matched(piped, corridor, trench) / matched(piped, corridor, fluids)
    # Pipes that were laid and replaced carry nothing: what they cost is paid like the trench of their resource.
    fluid = ["corridor", "resource", "period"]
    shared = shared + matched(piped, fluid, idle.groupby(fluid)["fixed_cost"].sum()).fillna(0.0)
    shared = shared / piped.groupby(fluid)["quantity"].transform("sum")

    hauled, route, vehicle = tables["hauls"], ["route", "period"], ["vehicle", "period"]
    moved = network.hauls[route].assign(quantity=carried[flows : flows + hauls])
    moved = moved.groupby(route, sort=False)["quantity"].transform("sum")  # over its origins
    haul = matched(network.hauls, route, hauled.set_index(route)["cost"]) / moved
    fleet = tables["fleets"].set_index(vehicle)
    hourly = matched(network.hauls, vehicle, fleet["cost"] / fleet["hours_per_year"])
    haul = haul + (hourly * hours_per_unit(network.hauls)).fillna(0.0)
    out = np.concatenate([(own + shared).to_numpy(), haul.to_numpy(), np.zeros(len(network.grades))])
    return np.where(carried > 0, out, 0.0)
