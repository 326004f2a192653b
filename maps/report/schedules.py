"""Who exchanges what with whom, and which truck drives it."""

from __future__ import annotations

from maps.numbers import DAYS_PER_YEAR, plural
from maps.report.hub_names import HubNames
from maps.report.laid import last_rows
from maps.report.tables import Table, columns, kilometres, money, told, without_blank_columns
from maps.scene import Scene
from maps.vehicles import driven_km, vehicles_needed


def exchanges(scene: Scene) -> Table:
    """Return who gives how much of what to whom, how, how far and at what cost."""
    plan, hubs = scene.plan, HubNames(scene)
    listed = plan.exchanges.assign(coarse_m=plan.coarse_m)[hubs.is_between_partners(plan.exchanges)]
    rows = tuple(
        (
            row.exchange, row.period, hubs.end(giver, row.from_node), hubs.end(taker, row.to_node),
            _resource(scene, row.resource, row.received_as), hubs.through(row.via_hub), row.mode.replace("_", " "),
            told(row.quantity), f"{row.unit}/year",
            ("~" if row.coarse_m > 0 else "") + kilometres(row.distance_m), money(row.cost), told(row.co2),
        )
        for row, (giver, taker) in zip(listed.itertuples(index=False), hubs.ends(listed), strict=True)
    )  # fmt: skip
    sums = plan.exchanges[["cost", "co2"]].sum()
    single = len(rows) > 1 and not plan.phases
    notes = (
        "Quantity is what arrives. Transport cost is the exchange's share of trenches, pipes, pumping, loading bays, "
        "hauling and vehicles: a pipe by the quantity that enters it, a trench equally by the fluids in it, a "
        "vehicle by hours.",
        *(("A distance with ~ is an estimate: some of it is on coarse roads.",) if (plan.coarse_m > 0).any() else ()),
    )
    table = Table(
        "Exchanges",
        columns("No.", "Phase", "From", "To", "Resource", "Hub", "By", ("Quantity", ""), "Unit",
                ("Distance", "km"), ("Transport cost", f"{plan.currency}/year"), ("Transport CO₂", "t/year")),
        rows,
        ("All", *[""] * 9, money(sums["cost"]), told(sums["co2"])) if single else (),
        "No exchange pays: everything is bought new and disposed of as before.",
        notes if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Phase", "Hub"))


def _resource(scene: Scene, given: str, received: str) -> str:
    names = [scene.resource_names.get(name, name) for name in (given, received)]
    return names[0] if given == received else f"{names[0]}, used as {names[1]}"


def hauls(scene: Scene) -> Table:
    """Return the truck schedule: trips per day, vehicles, kilometres, CO2.

    Of several phases the row is about the last in which the route is there.
    """
    plan = scene.plan
    last = last_rows(plan, plan.hauls, ["route"])
    last = last.assign(vehicles=vehicles_needed(scene, last), km_per_year=driven_km(scene, last))
    rows = tuple(
        (
            scene.name(row.from_node), scene.name(row.to_node), scene.resource_names.get(row.resource, row.resource),
            scene.vehicle_names.get(row.vehicle, row.vehicle), row.built_in, told(row.quantity),
            scene.units.get(row.resource, "unit/year"), told(row.trips_per_year / DAYS_PER_YEAR), told(row.vehicles),
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
        ("All", *[""] * 6, told(sums["trips_per_year"] / DAYS_PER_YEAR), told(sums["vehicles"]), "",
         told(sums["km_per_year"]), told(sums["co2"]), money(sums["capex_fixed"]), money(sums["cost"]))
        if len(rows) > 1 else (),
        "No truck drives.",
        (f"Trips are round trips, per day over {DAYS_PER_YEAR} days a year. Vehicles are the hours of all trips over "
         "the hours that one vehicle can be in service; the rest of a vehicle's time is for others. Driven counts the "
         "way there and the share of the way back that is driven empty.",) if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Bay built in",))


def fleets(scene: Scene) -> Table:
    """Return the vehicles of all routes together, class by class."""
    plan = scene.plan
    rows = tuple(
        (
            scene.vehicle_names.get(row.vehicle, row.vehicle), row.period, told(row.vehicles),
            told(row.hours_per_year), money(row.cost),
        )
        for row in plan.fleets.itertuples(index=False)
    )  # fmt: skip
    table = Table(
        "Vehicles of all routes together",
        columns("Vehicle", "Phase", ("Vehicles", ""), ("In service", "h/year"),
                ("Fixed cost", f"{plan.currency}/year")),
        rows,
        empty="No vehicle is in service.",
        notes=("Their hours in service over the hours that one vehicle can be in service.",) if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Phase",))


def counted(scene: Scene) -> str:
    """Return how many exchanges go by which mode, in words; those of several phases once."""
    exchanges = scene.plan.exchanges[HubNames(scene).is_between_partners(scene.plan.exchanges)]
    pairs = exchanges.drop_duplicates(["supply", "demand", "resource", "received_as"])
    words = {"pipeline": "by pipe", "truck": "by truck", "mixed": "by pipe and truck", "on_site": "on site"}
    modes = pairs["mode"].value_counts()
    told_modes = [f"{modes[mode]} {text}" for mode, text in words.items() if mode in modes]
    return f"{plural(len(pairs), 'exchange')}: {', '.join(told_modes)}"
