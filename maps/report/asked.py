"""What was asked: the study, its streams, its limits and its settings, each default marked as one."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from data.settings import Settings
from maps.report.tables import Table, columns, told
from maps.scene import Scene

_SECTIONS = ("finance", "trucks", "pipelines", "phases", "solver", "world", "download")
_UNITS = (
    ("_per_mwh", "/MWh"), ("_per_m", "/m"), ("_per_km", "/km"), ("_per_h", "/h"), ("_per_t", "/t"), ("_t_per_mwh", "t/MWh"),
    ("_km", "km"), ("_kmh", "km/h"), ("_m", "m"), ("_s", "s"), ("_mm", "mm"), ("_c", "°C"), ("_gib", "GiB"),
    ("_hours", "h/year"), ("_years", "years"), ("_h", "h"),
)  # fmt: skip


def facts(scene: Scene) -> Table:
    """Return what the study holds."""
    study = scene.study
    supply = study.streams["direction"] == "supply"
    rows = [
        ("Study", study.name),
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
    held = scene.study.settings.limits
    rows = tuple((_label(name), _value(value), _unit(name, scene)) for name, value in _given(held))
    return Table(
        "Limits", columns("Limit", "Value", "Unit"), rows, empty="The study sets no limit: the cheapest plan is sought."
    )


def settings(scene: Scene) -> Table:
    """Return every setting with its value, and whether the study says so or it is the default."""
    rows = []
    for section in _SECTIONS:
        part = getattr(scene.study.settings, section)
        if part is not None:
            rows += [
                (f"{section}.{name}", _value(value), _unit(name, scene), "the study" if own else "default: assumption")
                for name, value, own in _flat(part)
            ]
    return Table("Settings", columns("Setting", "Value", "Unit", "Said by"), tuple(rows))


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
    return Table(
        "Supplies and demands",
        columns("Plant", "Resource", "Side", ("Quantity", ""), "Unit", ("Price", ""), "Price unit", "Source", "Note"),
        rows,
        empty="The study has no streams.",
        notes=("Price: for a supply what disposing of a unit costs today (negative: it is sold today); for a demand what "
               "the virgin resource costs. Where the study left it blank it is the catalogue's.",),
    )  # fmt: skip


def _given(section: BaseModel) -> Iterator[tuple[str, object]]:
    for name, value, own in _flat(section):
        if own and value is not None and value != ():
            yield name, value


def _flat(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, object, bool]]:
    """Yield dotted names with values and whether they were given."""
    for name in type(section).model_fields:
        value, own = getattr(section, name), name in section.model_fields_set
        if isinstance(value, BaseModel):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, own


def _label(name: str) -> str:
    return name.replace("_", " ").replace("co2", "CO₂").replace(" t per year", "")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,g}" if abs(value) < 1e6 and not (isinstance(value, int) and value > 1800) else f"{value:g}"
    if isinstance(value, dict):
        pairs = (f"{key}: {_value(part)}" for key, part in value.items())
        return ", ".join(pairs) or "none"
    if isinstance(value, (tuple, list)):
        return (
            "; ".join(" → ".join(map(str, part)) if isinstance(part, tuple) else _value(part) for part in value)
            or "none"
        )
    if isinstance(value, BaseModel):
        return _value({key: part for key, part in value.model_dump().items() if part is not None})
    return "not set" if value is None else str(value)


def _unit(name: str, scene: Scene) -> str:
    money, short = scene.plan.currency, name.rsplit(".", maxsplit=1)[-1]
    if short in ("co2_cap_t_per_year", "landfill_cap_t_per_year"):
        return "t/year"
    if "lifetime_years" in name:
        return "years"
    if "velocity" in name:
        return "m/s"
    if short in ("investment_budget", "loading_bay_cost"):
        return money
    for end, unit in sorted(_UNITS, key=lambda pair: -len(pair[0])):
        if short.endswith(end):
            return f"{money}{unit}" if unit.startswith("/") else unit
    return ""


def cited(settings_: Settings) -> tuple[str, ...]:
    """Return the sources that the study names for itself."""
    return settings_.sources
