"""Shared hubs, what is built in which phase, and what is left over."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.plan import Plan
from maps.report.hub_names import HubNames, is_market
from maps.report.laid import invested, last_rows
from maps.report.tables import Table, columns, kilometres, money, share, told, without_blank_columns
from maps.scene import Scene, mapped

_NEGLIGIBLE = 1e-6


def hubs(scene: Scene) -> tuple[Table, ...]:
    """Return a list of the shared hubs, of each a sheet of what goes in and comes out, and what they buy."""
    last = last_rows(scene.plan, scene.plan.built_hubs, ["hub"])
    market = last["technology"].map(is_market).astype("bool")
    names = HubNames(scene)
    sheets = [_sheet(scene, names, hub) for hub in last.loc[~market, "hub"]]
    bought = [_bought(scene, names, last[market])] if market.any() else []
    return (_list_of_hubs(scene, last[~market]), *sheets, *bought)


def _list_of_hubs(scene: Scene, last: pd.DataFrame) -> Table:
    plan, known = scene.plan, scene.study.technologies.set_index("technology")
    technology = last["technology"]
    room = last["modules"] * technology.map(known["module_capacity"]).astype("float64")
    last = last.assign(
        called=mapped(technology, known["name"].to_dict()),
        unit=mapped(mapped(technology, known["throughput_resource"].to_dict()), scene.units, "per year"),
        load=last["throughput"] / room.where(room > 0),
    )
    rows = tuple(
        (
            row.hub, scene.name(row.node), row.called, row.built_in, told(row.modules), told(row.throughput), row.unit,
            share(row.load), money(row.capex_fixed), money(row.cost),
        )
        for row in last.itertuples(index=False)
    )  # fmt: skip
    table = Table(
        "Shared hubs",
        columns("Hub", "Site", "Technology", "Built in", ("Modules", ""), ("Throughput", ""), "Unit", ("Load", ""),
                ("Invested", plan.currency), ("Cost", f"{plan.currency}/year")),
        rows,
        empty="No shared hub is built." + ("" if len(known) else " The study offers none."),
        notes=("Load is the throughput over what the modules can do. Cost is the yearly payment for the modules, with "
               "upkeep, staff, electricity and heat.",) if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Built in",))


def _sheet(scene: Scene, names: HubNames, hub: str) -> Table:
    """Return what goes through one hub."""
    flows = scene.plan.exchanges
    ends = dict(zip(flows["exchange"], names.ends(flows), strict=True))
    rows = [
        (way, scene.resource_names.get(row[what], row[what]), names.end(ends[row["exchange"]][other], row[node]),
         row["mode"].replace("_", " "), row["period"], told(row[moved]), f"{row['unit']}/year")
        for way, own, other, what, node, moved in (("in", 1, 0, "received_as", "from_node", "quantity"),
                                                   ("out", 0, 1, "resource", "to_node", "quantity_sent"))
        for row in flows.to_dict("records")
        if ends[row["exchange"]][own] == hub
    ]  # fmt: skip
    table = Table(
        f"What goes through {names.names[hub]}",
        columns("Way", "Resource", "From or to", "By", "Phase", ("Quantity", ""), "Unit"),
        tuple(rows),
        empty="Nothing: the hub stands idle.",
    )
    return without_blank_columns(table, ("Phase",))


def _bought(scene: Scene, names: HubNames, market: pd.DataFrame) -> Table:
    """Return what hubs buy and dispose of, and at what cost."""
    resources = market["technology"].str.split(":", n=1).str[1]
    rows = tuple(
        (
            names.names[row.hub], scene.resource_names.get(resource, resource), scene.name(row.node),
            told(row.throughput), scene.units.get(resource, "unit/year"), money(row.cost),
        )
        for row, resource in zip(market.itertuples(index=False), resources, strict=True)
    )  # fmt: skip
    heads = columns("What", "Resource", "Site", ("Quantity", ""), "Unit", ("Cost", f"{scene.plan.currency}/year"))
    return Table("What hubs buy and dispose of", heads, rows)


def left_over(scene: Scene) -> tuple[Table, Table]:
    """Return supplies that nobody takes and demands that are still bought new."""
    plan = scene.plan
    return (
        _left(scene, plan.unplaced, ("Supplies left over", "Every supply is placed.", "Placed", "Disposal"), "placed"),
        _left(scene, plan.unserved, ("Demands still bought new", "Every demand is served.", "Served", "Purchase"),
              "served"),
    )  # fmt: skip


def _left(scene: Scene, table: pd.DataFrame, words: tuple[str, str, str, str], moved: str) -> Table:
    caption, empty, verb, cost = words
    rest = table[table["quantity"] > _NEGLIGIBLE * np.maximum(1.0, table["quantity"] + table[moved])]
    rows = tuple(
        (
            scene.name(row["node"]), scene.resource_names.get(row["resource"], row["resource"]), row["period"],
            told(row[moved]), told(row["quantity"]), scene.units.get(row["resource"], "unit/year"), money(row["cost"]),
            told(row["co2"]),
        )
        for row in rest.to_dict("records")
    )  # fmt: skip
    heads = columns("Plant", "Resource", "Phase", (verb, ""), ("Left", ""), "Unit",
                    (cost, f"{scene.plan.currency}/year"), ("CO₂", "t/year"))  # fmt: skip
    sums = rest[["cost", "co2"]].sum()
    single = len(rows) > 1 and not scene.plan.phases
    foot = ("All", "", "", "", "", "", money(sums["cost"]), told(sums["co2"])) if single else ()
    notes = ("A negative cost is money earned: it is sold as today.",) if (rest["cost"] < 0).any() else ()
    return without_blank_columns(Table(caption, heads, rows, foot, empty, notes), ("Phase",))


def phases(scene: Scene) -> Table:
    """Return what is built in each phase, and what is then exchanged."""
    plan, grown = scene.plan, invested(scene.plan)
    rows = []
    known: set[str] = set()
    for phase in plan.phases:
        trenches, pipes, bays = (
            table[(table["built_in"] == phase) & (table["period"] == phase)]
            for table in (plan.built_corridors, plan.built_pipes, plan.hauls)
        )
        now = plan.exchanges[plan.exchanges["period"] == phase]
        between = now[now["from_node"] != now["to_node"]]
        partners = {*between["from_node"], *between["to_node"]}
        rows.append((
            phase, kilometres(trenches["length_m"].sum()), told(len(pipes)), told(len(bays)),
            told(_modules(plan, phase)), money(grown[phase]), told(len(now)),
            ", ".join(sorted(scene.name(node) for node in partners - known)) or "none",
        ))  # fmt: skip
        known |= partners
    return Table(
        "What is built in which phase",
        columns("Phase from", ("New trench", "km"), ("New pipe sections", ""), ("New loading bays", ""),
                ("New hub modules", ""), ("Invested", plan.currency), ("Exchanges then", ""), "New partners"),
        tuple(rows),
        empty="The plan has one phase.",
        notes=("What is built stands from its phase to the end, and its yearly cost is paid from then on.",) if rows
        else (),
    )  # fmt: skip


def _modules(plan: Plan, phase: str) -> int:
    """Return how many hub modules stand in a phase beyond those of the phase before."""
    stood = plan.built_hubs.groupby("period")["modules"].sum()
    before = plan.phases.index(phase) - 1
    return int(stood.get(phase, 0)) - (int(stood.get(plan.phases[before], 0)) if before >= 0 else 0)
