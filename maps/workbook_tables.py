"""What each sheet of ``plan.xlsx`` holds: columns as people read them, each with its unit and meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from data.contracts import contract
from maps import layers
from maps.scene import Scene, mapped
from maps.vehicles import driven_km, vehicles_needed

_DAYS = 365.0  # trips per day are averages over every day of the year
_NEEDED = "Vehicle hours by the hours that one vehicle of the class can be in service"
_PER_DAY = "Round trips, averaged over 365 days"
_WIDTHS = {"text": 16.0, "name": 26.0, "id": 15.0, "long": 44.0}


@dataclass(frozen=True)
class Column:
    """One column of one sheet."""

    title: str
    unit: str
    meaning: str
    values: pd.Series
    number: str = ""  # one of data.xlsx.NUMBERS; text when blank
    width: float = 11.0
    total: bool = False  # may be added up
    aside: bool = False  # for looking up in tables/*.csv; not printed
    source: str = ""  # table.column of tables/*.csv that it comes from


@dataclass(frozen=True)
class Table:
    """One sheet."""

    name: str
    about: str
    columns: tuple[Column, ...]
    empty: str  # what it says when it has no rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0].values)


@dataclass(frozen=True)
class _Maker:
    """Makes columns of one table of the plan, with what the contract says about each."""

    table: str
    frame: pd.DataFrame
    currency: str

    def of(self, column: str, title: str, number: str = "", *, total: bool = False, aside: bool = False) -> Column:
        """Return a column as the plan's table has it."""
        known = contract("plan")[self.table][column]
        values = self.frame[column]
        return Column(
            title, known.unit.replace("currency", self.currency), known.description, values, number,
            _WIDTHS["id" if known.type == "id" or aside else "text"] if not number else 11.0,
            total=total, aside=aside, source=f"{self.table}.{column}",
        )  # fmt: skip

    def names(self, column: str, title: str, names: dict[str, str]) -> tuple[Column, Column]:
        """Return what people call the things of an id column, and their ids beside it."""
        meaning = contract("plan")[self.table][column].description
        values = mapped(self.frame[column], names)
        named = Column(title, "", f"{meaning}: its name", values, width=_WIDTHS["name"])
        return named, self.of(column, f"{title} id")

    def derived(
        self, title: str, unit: str, meaning: str, values: pd.Series, number: str = "", *, total: bool = False
    ) -> Column:
        """Return a column that is computed from others."""
        width = 11.0 if number else _WIDTHS["text"]
        return Column(title, unit.replace("currency", self.currency), meaning, values, number, width, total=total)

    def invested(self) -> tuple[Column, ...]:
        """Return what is invested, where the plan's table says it."""
        there = "capex_fixed" in contract("plan")[self.table] and "capex_fixed" in self.frame
        return (self.of("capex_fixed", "Investment", "money", total=True),) if there else ()

    def dated(self, scene: Scene, *, built: bool) -> tuple[Column, ...]:
        """Return the columns about periods, where the plan has several."""
        if not scene.plan.phases:
            return ()
        columns = [self.of("period", "Phase")]
        return (*columns, self.of("built_in", "Stands from")) if built else tuple(columns)


def tables(scene: Scene) -> list[Table]:
    """Return every sheet of tables in its order."""
    makers: tuple[Callable[[Scene], Table], ...] = (
        _exchanges, _pipelines, _trenches, _trucks, _fleets, _hubs, _unplaced, _unserved, _costs, _phases, _barred,
    )  # fmt: skip
    return [make(scene) for make in makers]


def _maker(scene: Scene, table: str, frame: pd.DataFrame | None = None) -> _Maker:
    rows = scene.plan.tables[table] if frame is None else frame
    return _Maker(table, pd.DataFrame(rows).reset_index(drop=True), scene.plan.currency)


def _units(make: _Maker, scene: Scene, column: str = "resource") -> Column:
    values = mapped(make.frame[column], scene.units, "unit/year")
    return make.derived("Unit", "", "Unit of the quantities in this row", values)


def _exchanges(scene: Scene) -> Table:
    make = _maker(scene, "exchanges")
    rough = scene.plan.coarse_m.reset_index(drop=True)
    coarse = "Of the distance on coarse roads of the world beyond the study's own: the distance is an estimate there"
    columns = (
        *make.names("from_node", "From", scene.place_names),
        *make.names("to_node", "To", scene.place_names),
        *make.names("resource", "Resource", scene.resource_names),
        make.of("quantity", "Quantity received", "amount"),
        make.of("quantity_sent", "Quantity sent", "amount"),
        make.derived("Unit", "", "Unit of the quantities in this row", make.frame["unit"]),
        make.of("mode", "Mode"),
        make.derived("Distance", "km", "Length of its way", make.frame["distance_m"] / 1000, "fine"),
        make.derived("Of it estimated", "km", coarse, rough / 1000, "fine"),
        make.of("cost", "Transport cost", "money", total=True),
        make.of("co2", "Transport CO2", "decimal", total=True),
        *make.dated(scene, built=False),
        make.of("via_hub", "Via hub", aside=True),
        make.of("received_as", "Received as", aside=True),
        make.of("supply", "Supply", aside=True),
        make.of("demand", "Demand", aside=True),
        make.of("path", "Path", aside=True),
        make.of("exchange", "Exchange", aside=True),
    )
    about = (
        "Who sends what to whom. Transport cost and CO2 are the exchange's share where a pipe, trench or bay is shared."
    )
    return Table("Exchanges", about, columns, "no exchanges in this plan")


def _pipelines(scene: Scene) -> Table:
    drawn = pd.DataFrame(layers.pipelines(scene).drop(columns="geometry"))
    make = _maker(scene, "built_pipes", drawn)
    frame = make.frame
    yearly = frame["fixed_cost"] + frame["flow_cost"]
    columns = (
        make.derived("From", "", "One end of the corridor: a plant, or a junction of trenches", frame["from_name"]),
        make.derived("To", "", "The other end", frame["to_name"]),
        *make.names("resource", "Resource", scene.resource_names),
        make.of("diameter_mm", "Diameter", "whole"),
        make.of("count", "Side by side", "whole"),
        make.derived("Length", "km", "True length of the corridor", frame["length_m"] / 1000, "fine", total=True),
        make.derived("Flow", "unit/year", "What enters, in both directions together", frame["flow"], "amount"),
        make.of("capacity", "Capacity", "amount"),
        _units(make, scene),
        make.derived("Load", "of capacity", "Flow as a share of the capacity", frame["load_share"], "share"),
        make.of("fixed_cost", "Pipe cost", "money", total=True),
        make.of("flow_cost", "Pumping cost", "money", total=True),
        make.derived("Cost", "currency/year", "Pipe and pumping; the trench is on the sheet Trenches", yearly, "money",
                     total=True),
        make.of("co2", "CO2", "decimal", total=True),
        make.of("existing", "Existing"),
        *make.invested(),
        *make.dated(scene, built=True),
        make.of("corridor", "Corridor"),
        make.of("option", "Option", aside=True),
        make.of("upgrade_of", "Upgrade of", aside=True),
        make.of("flow_forward", "Flow forward", "amount", aside=True),
        make.of("flow_backward", "Flow backward", "amount", aside=True),
    )  # fmt: skip
    about = (
        "Pipes in their corridors, section by section. Investments are paid off: costs are per year (annuity and "
        "upkeep). A pipe that was there already is one row, with the largest of its flows."
    )
    return Table("Pipelines", about, columns, "no pipelines in this plan")


def _trenches(scene: Scene) -> Table:
    make = _maker(scene, "built_corridors")
    frame, pipes = make.frame, scene.plan.built_pipes
    key = ["corridor", "period"]
    inside = pipes.assign(resource=mapped(pipes["resource"], scene.resource_names)).groupby(key)["resource"]
    words = inside.agg(lambda names: ", ".join(dict.fromkeys(names))).to_dict()
    what = pd.Series(
        [words.get(pair, "") for pair in zip(frame["corridor"], frame["period"], strict=True)], dtype="str"
    )
    columns = (
        *make.names("from_node", "From", scene.place_names),
        *make.names("to_node", "To", scene.place_names),
        make.derived("Length", "km", "True length", frame["length_m"] / 1000, "fine", total=True),
        Column("Pipes in it", "", "What lies in the trench", what, width=_WIDTHS["long"]),
        make.of("fixed_cost", "Trench cost", "money", total=True),
        make.of("existing", "Existing"),
        *make.invested(),
        *make.dated(scene, built=True),
        make.of("corridor", "Corridor"),
    )
    about = "Trenches with their right of way, each paid once however many pipes lie in it. Costs are per year."
    return Table("Trenches", about, columns, "no trenches in this plan")


def _trucks(scene: Scene) -> Table:
    make = _maker(scene, "hauls")
    frame, trips = make.frame, make.frame["trips_per_year"]
    driven = "Vehicle kilometres there and back; of the way back the share that is driven empty"
    columns = (
        *make.names("from_node", "From", scene.place_names),
        *make.names("to_node", "To", scene.place_names),
        *make.names("resource", "Resource", scene.resource_names),
        *make.names("vehicle", "Vehicle", scene.vehicle_names),
        make.of("quantity", "Quantity", "amount"),
        _units(make, scene),
        make.derived("Load", "unit/trip", "Quantity of one trip", frame["quantity"] / trips.where(trips > 0), "fine"),
        make.of("trips_per_year", "Trips", "whole", total=True),
        make.derived("Trips per day", "1/day", _PER_DAY, trips / _DAYS, "decimal", total=True),
        make.derived("Distance one way", "km", "Length of the road", frame["distance_m"] / 1000, "fine"),
        make.derived("Of it estimated", "km", contract("plan")["hauls"]["coarse_m"].description,
                     frame["coarse_m"] / 1000, "fine"),
        make.derived("Driven", "km/year", driven, driven_km(scene, frame), "whole", total=True),
        make.of("hours_per_year", "Vehicle hours", "whole", total=True),
        make.derived("Vehicles needed", "vehicles", _NEEDED, vehicles_needed(scene, frame), "fine", total=True),
        make.of("cost", "Cost", "money", total=True),
        make.of("co2", "CO2", "decimal", total=True),
        *make.invested(),
        *make.dated(scene, built=True),
        make.of("route", "Route", aside=True),
    )  # fmt: skip
    about = "Truck routes in use, each with what it carries. The cost includes the loading bay, paid off per year."
    return Table("Trucks", about, columns, "no truck routes in this plan")


def _fleets(scene: Scene) -> Table:
    make = _maker(scene, "fleets")
    columns = (
        *make.names("vehicle", "Vehicle", scene.vehicle_names),
        make.of("vehicles", "Vehicles needed", "fine", total=True),
        make.of("hours_per_year", "Vehicle hours", "whole", total=True),
        make.of("cost", "Fixed cost", "money", total=True),
        *make.dated(scene, built=False),
    )
    about = "Vehicles of all routes together. Fixed costs are counted only where whole vehicles are planned."
    return Table("Fleets", about, columns, "no vehicles in this plan")


def _hubs(scene: Scene) -> Table:
    make = _maker(scene, "built_hubs")
    columns = (
        make.of("hub", "Hub"),
        *make.names("node", "Where", scene.place_names),
        make.of("technology", "Technology"),
        make.of("modules", "Modules", "whole"),
        make.of("throughput", "Throughput", "amount"),
        make.of("cost", "Cost", "money", total=True),
        *make.invested(),
        *make.dated(scene, built=True),
    )
    return Table("Hubs", "Shared hubs that stand.", columns, "no hubs in this plan")


def _unplaced(scene: Scene) -> Table:
    about = "Every supply: what finds a taker, and what is left over and disposed of (a negative cost is a sale)."
    titles = {"done": "Placed", "rest": "Left over", "cost": "Disposal cost", "co2": "Disposal CO2"}
    columns = _side(scene, "unplaced", "supply", titles, "Placed as a share of what there is")
    return Table("Unplaced", about, columns, "no supplies")


def _unserved(scene: Scene) -> Table:
    about = "Every demand: what is served by others, and what is bought new."
    titles = {"done": "Served", "rest": "Short", "cost": "Purchase cost", "co2": "CO2 of the purchase"}
    columns = _side(scene, "unserved", "demand", titles, "Served as a share of what is wanted")
    return Table("Unserved", about, columns, "no demands")


def _side(scene: Scene, table: str, stream: str, titles: dict[str, str], share: str) -> tuple[Column, ...]:
    """Return the columns about one side, supply or demand: what is done with each, and what is left."""
    make, done = _maker(scene, table), titles["done"].lower()
    whole = make.frame["quantity"] + make.frame[done]
    return (
        *make.names("node", "Plant", scene.place_names),
        *make.names("resource", "Resource", scene.resource_names),
        make.of(done, titles["done"], "amount"),
        make.of("quantity", titles["rest"], "amount"),
        _units(make, scene),
        make.derived(f"{titles['done']} share", f"of {stream}", share,
                     make.frame[done] / whole.where(whole > 0), "share"),
        make.of("cost", titles["cost"], "money", total=True),
        make.of("co2", titles["co2"], "decimal", total=True),
        *make.dated(scene, built=False),
        make.of(stream, stream.capitalize(), aside=True),
    )  # fmt: skip


def _costs(scene: Scene) -> Table:
    make = _maker(scene, "costs")
    amount = make.of("amount", "Amount", "money", total=True)
    if scene.plan.phases:
        amount = Column(amount.title, scene.plan.currency, "Present value over the years of the phase", amount.values,
                        "money", 16.0, total=True, source=amount.source)  # fmt: skip
    columns = (
        Column("Term", "", "Term of the objective", make.frame["term"].str.replace("_", " "), width=_WIDTHS["name"],
               source="costs.term"),
        amount,
        Column("What it is", "", "In words", make.frame["description"], width=_WIDTHS["long"],
               source="costs.description"),
        *make.dated(scene, built=False),
    )  # fmt: skip
    return Table("Costs", "What the plan costs, term by term; the terms add up to the objective.", columns, "no costs")


# Title, unit, meaning and format of each number of a phase.
_PHASE = (
    ("Exchanges", "", "Exchanges in use", "whole"),
    ("New trenches", "km", "Length of trenches that stand from this phase on", "fine"),
    ("New pipes", "km", "Length of pipes that stand from this phase on", "fine"),
    ("New loading bays", "", "Truck routes whose bay stands from this phase on", "whole"),
    ("New hub modules", "", "Modules that are added in this phase", "whole"),
    ("Trips per day", "1/day", "Round trips of all trucks, averaged over 365 days", "decimal"),
    ("New yearly cost", "currency/year", "Trenches and pipes that are new: paid in this phase and every later one",
     "money"),
    ("Present value", "currency", "All costs of the phase, discounted and added over its years", "money"),
)  # fmt: skip


def _phases(scene: Scene) -> Table:
    frame = pd.DataFrame([_phase(scene, phase) for phase in scene.plan.phases], columns=list(_phase(scene, "")))
    make = _maker(scene, "costs", frame)
    columns = (
        make.derived("Phase", "", "Named by its first year", frame["Phase"].astype("str")),
        make.derived("Years", "", "First and last year", frame["Years"].astype("str")),
        *(
            make.derived(name, unit, meaning, frame[name].astype("float64"), number,
                         total=name not in ("Exchanges", "Trips per day"))
            for name, unit, meaning, number in _PHASE
        ),
    )  # fmt: skip
    about = "What is built in which phase, and what each costs."
    return Table("Phases", about, columns, "this plan is about one year that stands for all")


def _phase(scene: Scene, phase: str) -> dict[str, object]:
    plan, settings = scene.plan, scene.study.settings.phases
    trenches, pipes = (table[(table["period"] == phase) & (table["built_in"] == phase) & ~table["existing"]]
                       for table in (plan.built_corridors, plan.built_pipes))  # fmt: skip
    lengths = plan.built_corridors.drop_duplicates("corridor").set_index("corridor")["length_m"]
    hauls = plan.hauls[plan.hauls["period"] == phase]
    spans = {str(first): f"{first} to {last}" for first, last in settings.spans} if settings is not None else {}
    return {
        "Phase": phase,
        "Years": spans.get(phase, ""),
        "Exchanges": int((plan.exchanges["period"] == phase).sum()),
        "New trenches": trenches["length_m"].sum() / 1000,
        "New pipes": (pipes["corridor"].map(lengths).astype("float64") * pipes["count"]).sum() / 1000,
        "New loading bays": int((hauls["built_in"] == phase).sum()),
        "New hub modules": _new_modules(plan.built_hubs, phase, plan.phases),
        "Trips per day": hauls["trips_per_year"].sum() / _DAYS,
        "New yearly cost": trenches["fixed_cost"].sum() + pipes["fixed_cost"].sum(),
        "Present value": plan.costs.loc[plan.costs["period"] == phase, "amount"].sum(),
    }


def _new_modules(hubs: pd.DataFrame, phase: str, phases: tuple[str, ...]) -> float:
    """Return how many modules stand in a phase beyond those of the phase before."""
    standing = hubs.groupby("period")["modules"].sum().to_dict()
    place = phases.index(phase) if phase in phases else 0
    before = standing.get(phases[place - 1], 0) if place else 0
    return float(max(standing.get(phase, 0) - before, 0))


def _barred(scene: Scene) -> Table:
    make = _maker(scene, "unreachable_by_class")
    columns = (
        *make.names("plant", "Plant", scene.place_names),
        *make.names("vehicle", "Vehicle", scene.vehicle_names),
        Column("Reason", "", "The limit or ban that keeps it out", make.frame["reason"], width=70.0,
               source="unreachable_by_class.reason"),
    )  # fmt: skip
    about = "Vehicle classes that reach none of a plant's partners."
    return Table("Unreachable", about, columns, "every vehicle class reaches every plant that is on a road")
