"""The plan as tables: exchanges, pipes, trucks, hubs, what is left, and what is built when."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from data.plan import Plan
from maps.numbers import plural
from maps.report.tables import Table, columns, kilometres, money, share, told, without_blank_columns
from maps.scene import Scene

DAYS = 365  # trips per day are over all days of the year
_NEGLIGIBLE = 1e-6


def exchanges(scene: Scene) -> Table:
    """Return who gives how much of what to whom, how, how far and at what cost."""
    plan = scene.plan
    rows = tuple(
        (
            row.exchange, row.period, scene.name(row.from_node), scene.name(row.to_node),
            _resource(scene, row.resource, row.received_as), row.via_hub, row.mode.replace("_", " "),
            told(row.quantity), f"{row.unit}/year",
            ("~" if coarse > 0 else "") + kilometres(row.distance_m), money(row.cost), told(row.co2),
        )
        for row, coarse in zip(plan.exchanges.itertuples(index=False), plan.coarse_m, strict=True)
    )  # fmt: skip
    per_year = f"{plan.currency}/year"
    sums = plan.exchanges[["cost", "co2"]].sum()
    notes = (
        "Quantity is what arrives. Transport cost is the exchange's share of trenches, pipes, pumping, loading bays, "
        "hauling and vehicles: a pipe by the quantity that enters it, a trench equally by the fluids in it, a "
        "vehicle by hours.",
        *(("A distance with ~ is an estimate: some of it is on coarse roads.",) if (plan.coarse_m > 0).any() else ()),
    )
    table = Table(
        "Exchanges",
        columns("No.", "Phase", "From", "To", "Resource", "Through hub", "By", ("Quantity", ""), "Unit",
                ("Distance", "km"), ("Transport cost", per_year), ("Transport CO₂", "t/year")),
        rows,
        ("All", "", "", "", "", "", "", "", "", "", money(sums["cost"]), told(sums["co2"])) if len(rows) > 1
        and not plan.phases else (),
        "No exchange pays: everything is bought new and disposed of as before.",
        notes if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Phase", "Through hub"))


def _resource(scene: Scene, given: str, received: str) -> str:
    names = [scene.resource_names.get(name, name) for name in (given, received)]
    return names[0] if given == received else f"{names[0]}, used as {names[1]}"


def pipes(scene: Scene) -> Table:
    """Return every pipe section: diameter, length, investment, yearly cost, load.

    Of several phases the row is about the last in which it stands.
    """
    plan = scene.plan
    last = _last(plan, plan.built_pipes, ["corridor", "resource", "option"])
    trench = plan.built_corridors.drop_duplicates("corridor", keep="last").set_index("corridor")
    rows = []
    for row in last.itertuples(index=False):
        way = trench.loc[row.corridor]
        flow = row.flow_forward + row.flow_backward
        load = flow / row.capacity if row.capacity > 0 else math.nan
        rows.append((
            f"{row.corridor}: {scene.name(str(way['from_node']))} – {scene.name(str(way['to_node']))}",
            scene.resource_names.get(row.resource, row.resource), "before" if row.existing else row.built_in,
            ("" if row.count == 1 else f"{row.count} × ") + told(row.diameter_mm), told(way["length_m"]),
            money(row.capex_fixed), money(row.fixed_cost), money(row.flow_cost), told(flow),
            scene.units.get(row.resource, "unit/year"), share(load),
        ))  # fmt: skip
    per_year, sums = f"{plan.currency}/year", last[["capex_fixed", "fixed_cost", "flow_cost"]].sum(min_count=1)
    table = Table(
        "Pipeline schedule",
        columns("Section", "Resource", "Built in", ("Diameter", "mm"), ("Length", "m"), ("Invested", plan.currency),
                ("Pipe", per_year), ("Pumping", per_year), ("Flow", ""), "Unit", ("Load", "")),
        tuple(rows),
        ("All", "", "", "", told(float(last["corridor"].map(trench["length_m"]).sum())), money(sums["capex_fixed"]),
         money(sums["fixed_cost"]), money(sums["flow_cost"]), "", "", "") if len(rows) > 1 else (),
        "No pipe is laid.",
        ("Pipe is the yearly payment that pays the investment off over its lifetime, with upkeep. Load is the flow over "
         "the capacity. The trench is in the next table, once for all pipes in it.",) if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Built in",))


def trenches(scene: Scene) -> Table:
    """Return every trench with what lies in it."""
    plan = scene.plan
    last = _last(plan, plan.built_corridors, ["corridor"])
    inside = plan.built_pipes.drop_duplicates(["corridor", "resource"]).groupby("corridor")["resource"]
    names = inside.agg(lambda found: ", ".join(scene.resource_names.get(name, name) for name in found))
    rows = tuple(
        (
            row.corridor, scene.name(row.from_node), scene.name(row.to_node),
            "before" if row.existing else row.built_in, names.get(row.corridor, "nothing"), told(row.length_m),
            money(row.capex_fixed), money(row.fixed_cost),
        )
        for row in last.itertuples(index=False)
    )  # fmt: skip
    sums = last[["length_m", "capex_fixed", "fixed_cost"]].sum(min_count=1)
    table = Table(
        "Trenches",
        columns("Corridor", "From", "To", "Built in", "In it", ("Length", "m"), ("Invested", plan.currency),
                ("Trench", f"{plan.currency}/year")),
        rows,
        ("All", "", "", "", "", told(sums["length_m"]), money(sums["capex_fixed"]), money(sums["fixed_cost"]))
        if len(rows) > 1 else (),
        "No trench is dug.",
    )  # fmt: skip
    return without_blank_columns(table, ("Built in",))


def hauls(scene: Scene) -> Table:
    """Return the truck schedule: trips per day, vehicles, kilometres, CO2.

    Of several phases the row is about the last in which the route is there.
    """
    plan = scene.plan
    last = with_kilometres(scene, _last(plan, plan.hauls, ["route"]))
    rows = tuple(
        (
            scene.name(row.from_node), scene.name(row.to_node), scene.resource_names.get(row.resource, row.resource),
            scene.vehicle_names.get(row.vehicle, row.vehicle), row.built_in, told(row.quantity),
            scene.units.get(row.resource, "unit/year"), told(row.trips_per_year / DAYS), told(row.vehicles),
            ("~" if row.coarse_m > 0 else "") + kilometres(row.distance_m), told(row.km_per_year), told(row.co2),
            money(row.capex_fixed), money(row.cost),
        )
        for row in last.itertuples(index=False)
    )  # fmt: skip
    sums = last[["trips_per_year", "vehicles", "km_per_year", "co2", "capex_fixed", "cost"]].sum(min_count=1)
    table = Table(
        "Truck schedule",
        columns("From", "To", "Resource", "Vehicle", "Bay built in", ("Quantity", ""), "Unit", ("Trips", "per day"),
                ("Vehicles", ""), ("One way", "km"), ("Driven", "km/year"), ("CO₂", "t/year"),
                ("Invested in bays", plan.currency), ("Cost", f"{plan.currency}/year")),
        rows,
        ("All", "", "", "", "", "", "", told(sums["trips_per_year"] / DAYS), told(sums["vehicles"]), "",
         told(sums["km_per_year"]), told(sums["co2"]), money(sums["capex_fixed"]), money(sums["cost"]))
        if len(rows) > 1 else (),
        "No truck drives.",
        (f"Trips are round trips, per day over {DAYS} days a year. Vehicles are the hours of all trips over the hours "
         "that one vehicle is in service; part of a vehicle works for others. Driven counts the way there and the "
         "share of the way back that is driven empty.",) if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Bay built in",))


def with_kilometres(scene: Scene, table: pd.DataFrame) -> pd.DataFrame:
    """Return hauls with ``vehicles`` (full-time equivalents) and ``km_per_year`` (loaded and empty)."""
    classes = scene.study.vehicles.set_index("vehicle")
    hours = table["vehicle"].map(classes["hours_per_year"]).astype("float64")
    empty = table["vehicle"].map(classes["empty_return"]).astype("float64").fillna(1.0)
    return table.assign(
        vehicles=table["hours_per_year"] / hours.where(hours > 0),
        km_per_year=table["trips_per_year"] * table["distance_m"] / 1000 * (1 + empty),
    )


def hubs(scene: Scene) -> tuple[Table, ...]:
    """Return a sheet of each shared hub: what stands, and what goes in and comes out."""
    plan = scene.plan
    last = _last(plan, plan.built_hubs, ["hub"])
    head = Table(
        "Shared hubs",
        columns("Hub", "Site", "Technology", "Built in", ("Modules", ""), ("Throughput", "per year"),
                ("Invested", plan.currency), ("Cost", f"{plan.currency}/year")),
        tuple(
            (row.hub, scene.name(row.node), row.technology, row.built_in, told(row.modules), told(row.throughput),
             money(row.capex_fixed), money(row.cost))
            for row in last.itertuples(index=False)
        ),
        empty="No shared hub is built." + ("" if len(scene.study.sites) else " The study offers no site for one."),
    )  # fmt: skip
    flows = plan.exchanges[plan.exchanges["via_hub"] != ""]
    sheets = []
    for hub in last["hub"]:
        goes_in, comes_out = flows[flows["demand"] == hub], flows[flows["supply"] == hub]
        rows = [
            (way, scene.resource_names.get(name, name), scene.name(node), row_period, told(quantity), f"{unit}/year")
            for way, part, end, column in (("in", goes_in, "from_node", "received_as"),
                                           ("out", comes_out, "to_node", "resource"))
            for name, node, row_period, quantity, unit in part[[column, end, "period", "quantity", "unit"]].itertuples(
                index=False)
        ]  # fmt: skip
        sheet = Table(
            f"What goes through hub {hub}",
            columns("Way", "Resource", "From or to", "Phase", ("Quantity", ""), "Unit"),
            tuple(rows),
            empty="Nothing: the hub stands idle.",
        )
        sheets.append(without_blank_columns(sheet, ("Phase",)))
    return (without_blank_columns(head, ("Built in",)), *sheets)


def left_over(scene: Scene) -> tuple[Table, Table]:
    """Return supplies that nobody takes and demands that are still bought new."""
    plan = scene.plan
    per_year, made = f"{plan.currency}/year", []
    for table, key, moved, caption, empty, verb, cost in (
        (plan.unplaced, "supply", "placed", "Supplies left over", "Every supply is placed.", "Placed", "Disposal"),
        (plan.unserved, "demand", "served", "Demands still bought new", "Every demand is served.", "Served",
         "Purchase"),
    ):  # fmt: skip
        rest = table[table["quantity"] > _NEGLIGIBLE * np.maximum(1.0, table["quantity"] + table[moved])]
        rows = tuple(
            (scene.name(row.node), scene.resource_names.get(row.resource, row.resource), row.period,
             told(getattr(row, moved)), told(row.quantity), scene.units.get(row.resource, "unit/year"),
             money(row.cost), told(row.co2))
            for row in rest.itertuples(index=False)
        )  # fmt: skip
        heads = columns("Plant", "Resource", "Phase", (verb, ""), ("Left", ""), "Unit", (cost, per_year),
                        ("CO₂", "t/year"))  # fmt: skip
        notes = ("A negative cost is money earned: it is sold as today.",) if (rest["cost"] < 0).any() else ()
        made.append(without_blank_columns(Table(caption, heads, rows, empty=empty, notes=notes), ("Phase",)))
    return made[0], made[1]


def phases(scene: Scene) -> Table:
    """Return what is built in each phase, and what is then exchanged."""
    plan = scene.plan
    rows = []
    known: set[str] = set()
    for phase in plan.phases:
        new = {
            name: table[(table["built_in"] == phase) & (table["period"] == phase)]
            for name, table in (("trenches", plan.built_corridors), ("pipes", plan.built_pipes), ("bays", plan.hauls))
        }
        grown = invested(plan)
        now = plan.exchanges[plan.exchanges["period"] == phase]
        between = now[now["from_node"] != now["to_node"]]
        partners = {*between["from_node"], *between["to_node"]}
        modules = _modules(plan, phase)
        rows.append((
            phase, kilometres(new["trenches"]["length_m"].sum()), told(len(new["pipes"])), told(len(new["bays"])),
            told(modules), money(grown.get(phase)), told(len(now)),
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


def invested(plan: Plan) -> dict[str, float]:
    """Return what is newly invested by phase, currency (one blank phase when there is one); NaN where not said."""
    tables = (
        (plan.built_corridors, ["corridor"]), (plan.built_pipes, ["corridor", "resource", "option"]),
        (plan.hauls, ["route"]), (plan.built_hubs, ["hub"]),
    )  # fmt: skip
    out: dict[str, float] = {}
    reached: dict[tuple[object, ...], float] = {}
    for phase in plan.phases or ("",):
        total = 0.0
        for number, (table, keys) in enumerate(tables):
            rows = table[table["period"] == phase]
            for key, capex in zip(rows[keys].itertuples(index=False, name=None), rows["capex_fixed"], strict=True):
                total += capex - reached.get((number, *key), 0.0)
                reached[number, *key] = capex
        out[phase] = total
    return out


def _last(plan: Plan, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return of every thing the row of the last phase in which it stands."""
    order = {name: number for number, name in enumerate(plan.phases)}
    late = table.assign(order=table["period"].map(order).fillna(0))
    late = late.sort_values("order", kind="stable").drop_duplicates(keys, keep="last").sort_index()
    return late.drop(columns="order").reset_index(drop=True)


def counted(plan: Plan) -> str:
    """Return how many exchanges go by which mode, in words; those of several phases once."""
    pairs = plan.exchanges.drop_duplicates(["supply", "demand", "resource", "received_as"])
    words = {"pipeline": "by pipe", "truck": "by truck", "mixed": "by pipe and truck", "on_site": "on site"}
    modes = pairs["mode"].value_counts()
    told_modes = [f"{modes[mode]} {text}" for mode, text in words.items() if mode in modes]
    return f"{plural(len(pairs), 'exchange')}: {', '.join(told_modes)}"
