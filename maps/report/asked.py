"""What was asked: the study, its streams, its limits and its settings, each default marked as one."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from maps.report.tables import Table, columns, told, without_blank_columns
from maps.scene import Scene

_SECTIONS = ("finance", "trucks", "pipelines", "hubs", "phases", "siting", "solver", "world", "download")
# Units by the end of a name, the longer ends first; money stands for the study's currency.
_UNITS = (
    ("_bar_per_km", "bar/km"), ("_t_per_mwh", "t/MWh"), ("_t_per_year", "t/year"), ("_m_per_s", "m/s"),
    ("_price_per_t", "money/t"), ("_per_mwh", "money/MWh"), ("_per_km", "money/km"), ("_per_m", "money/m"),
    ("_bay_cost", "money"), ("_budget", "money"), ("_hours", "h/year"), ("_years", "years"), ("_kmh", "km/h"),
    ("_gib", "GiB"), ("_km", "km"), ("_mm", "mm"), ("_ha", "ha"), ("_m", "m"), ("_s", "s"), ("_c", "°C"),
)  # fmt: skip


def facts(scene: Scene) -> Table:
    """Return what the study holds."""
    study = scene.study
    supply = study.streams["direction"] == "supply"
    rows = [
        ("Coordinate system", f"{study.settings.crs} ({study.crs.name})"),
        ("Currency and price year", f"{study.settings.currency}, {study.settings.finance.price_year}"),
        ("Plants", told(len(study.plants))),
        ("Supplies and demands", f"{int(supply.sum())} and {int((~supply).sum())}"),
        ("Road edges", told(len(study.roads))),
        ("Zones, of which forbidden", f"{len(study.zones)}, {int(study.zones['forbidden'].sum())}"),
        ("Lines that are costly to cross", told(len(study.crossings))),
        ("Pipelines already there", told(len(study.pipelines))),
        ("Sites for shared hubs", told(len(study.sites))),
    ]
    counts = scene.plan.counts
    for key, label in (("candidate_routes", "Candidate truck routes"), ("corridors", "Candidate pipe corridors")):
        if key in counts:
            rows.append((label, told(counts[key])))
    return Table("The study", columns("Fact", "Value"), tuple(rows))


def limits(scene: Scene) -> Table:
    """Return every limit that the study sets."""
    rows = tuple(
        (_label(name), _value(value), _unit(name, scene))
        for name, value, own in flat(scene.study.settings.limits)
        if own
    )
    empty = "The study sets no limit: the cheapest plan is sought."
    table = Table("Limits", columns("Limit", "Value", "Unit"), rows, empty=empty)
    return without_blank_columns(table, ("Unit",))


def settings(scene: Scene) -> Table:
    """Return every setting with its value, and whether it is the default."""
    rows = [
        (f"{section}.{name}", _value(value), _unit(name, scene), "set by the study" if own else "default: assumption")
        for section in _SECTIONS
        if (part := getattr(scene.study.settings, section)) is not None
        for name, value, own in flat(part)
    ]
    note = "A value that the study sets to what is the default anyway counts as the default."
    return Table("Settings", columns("Setting", "Value", "Unit", "Whose"), tuple(rows), notes=(note,))


def streams(scene: Scene) -> Table:
    """Return every supply and demand with its price and where the numbers were read."""
    money = scene.plan.currency
    rows = tuple(
        (
            scene.name(row.plant), scene.resource_names.get(row.resource, row.resource),
            "gives" if row.direction == "supply" else "wants" + (", must be served" if row.must_serve is True else ""),
            told(row.quantity), f"{row.unit}/year", told(row.price), f"{money}/{row.unit}",
            row.source or "not stated", row.note,
        )
        for row in scene.study.streams.itertuples(index=False)
    )  # fmt: skip
    heads = ("Plant", "Resource", "Side", ("Quantity", ""), "Unit", ("Price", ""), "Price unit", "Source", "Note")
    note = (
        "Price: for a supply what disposing of a unit costs today (negative: it is sold today); for a demand what "
        "the virgin resource costs. Where the study left it blank it is the catalogue's."
    )
    return Table("Supplies and demands", columns(*heads), rows, empty="The study has no streams.", notes=(note,))


def flat(section: BaseModel, prefix: str = "", default: object = None) -> Iterator[tuple[str, object, bool]]:
    """Yield dotted names with values, and whether each differs from its default.

    By value, not by what the file said: a study that was written beside a plan spells every default out.
    """
    for name, field in type(section).model_fields.items():
        usual = getattr(default, name) if default is not None else field.get_default(call_default_factory=True)
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            known = usual if isinstance(usual, type(value)) else None
            yield from flat(value, f"{prefix}{name}.", known)
        else:
            yield f"{prefix}{name}", value, field.is_required() or value != usual


def _label(name: str) -> str:
    text = name.removesuffix("_t_per_year").replace("_", " ").replace("co2", "CO₂")
    return text[:1].upper() + text[1:]


def _value(value: object) -> str:
    """Return a setting as people read it, parts of lists and tables included."""
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return f"{value:,g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, BaseModel):
        value = {key: part for key, part in value.model_dump().items() if part is not None}
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(part)}" for key, part in value.items()) or "none"
    if isinstance(value, (tuple, list)):
        pairs = all(isinstance(part, tuple) for part in value)
        parts = [" → ".join(map(_value, part)) for part in value] if pairs else [_value(part) for part in value]
        return "; ".join(parts) or "none"
    return str(value)


def _unit(name: str, scene: Scene) -> str:
    if "lifetime_years" in name:
        return "years"
    if "velocity_m_per_s" in name:
        return "m/s"
    unit = next((unit for end, unit in _UNITS if name.endswith(end)), "")
    return unit.replace("money", scene.plan.currency)
