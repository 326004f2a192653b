"""Every catalogue value that the plan rests on, with where it was read or that it is an assumption.

Values that share a source stand in one row, so that a report of hundreds of values stays readable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from data.catalogue import read_catalogue
from data.contracts import Column, contract
from data.technologies import complete_technologies
from maps.numbers import plural
from maps.report.tables import Table, columns
from maps.scene import Scene

# What names a row, or is for people or for drawing: no value that a plan rests on.
_NOT_VALUES = {
    "resource", "name", "note", "source", "vehicle", "kind", "highway", "colour", "rank", "pipe_class", "diameter_mm",
    "properties", "unit", "family", "technology", "category", "recipe", "throughput_resource",
}  # fmt: skip
_KINDS = {"source": "read in a source", "assumption": "our assumption", "study": "the study's own"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one catalogue row, as text."""

    table: str
    key: str
    name: str
    shown: str
    unit: str
    kind: str  # source | assumption | study
    source: str


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one catalogue table that are used."""

    caption: str
    table: str
    rows: pd.DataFrame
    keys: tuple[str, ...]


def catalogue_values(scene: Scene) -> tuple[tuple[Table, ...], str]:
    """Return one table per catalogue table with all values that the study or the plan uses, and a sentence on them.

    A value that differs from the catalogue's is the study's own and says so, with the source that the study gives.
    """
    made, found = [], []
    for part in _used(scene):
        values = list(_values(part, scene))
        found += values
        if values:
            made.append(_grouped(part.caption, values))
    kinds = pd.Series([value.kind for value in found], dtype="str").value_counts()
    told = ", ".join(f"{kinds[kind]} {words}" for kind, words in _KINDS.items() if kind in kinds)
    return tuple(made), f"{plural(len(found), 'value')} of the catalogue that the study or the plan uses: {told}."


def _used(scene: Scene) -> tuple[_Part, ...]:
    study, plan = scene.study, scene.plan
    named = {*study.streams["resource"], *plan.exchanges["resource"], *plan.exchanges["received_as"]}
    classes = study.resources.set_index("resource")["pipe_class"].reindex(plan.built_pipes["resource"]).fillna("")
    laid = {*zip(classes, plan.built_pipes["diameter_mm"], strict=True)}
    pipes, roads = study.pipe_costs, study.roads
    driven = {str(name) for name in roads["highway"].unique()} if len(plan.hauls) and "highway" in roads else set()
    return (
        _Part("Resources", "resources", study.resources[study.resources["resource"].isin(named)], ("resource",)),
        _Part("Vehicles of the plan", "vehicles",
              study.vehicles[study.vehicles["vehicle"].isin(plan.hauls["vehicle"])], ("vehicle",)),
        _Part("Technologies of the plan", "technologies",
              study.technologies[study.technologies["technology"].isin(plan.built_hubs["technology"])],
              ("technology",)),
        _Part("Pipes of the plan", "pipe_costs",
              pipes[[pair in laid for pair in zip(pipes["pipe_class"], pipes["diameter_mm"], strict=True)]],
              ("pipe_class", "diameter_mm")),
        _Part("Land", "land", study.land[study.land["kind"].isin(study.zones["kind"])], ("kind",)),
        _Part("Crossings", "lines", study.lines[study.lines["kind"].isin(study.crossings["kind"])], ("kind",),),
        _Part("Roads", "highways", study.highways[study.highways["highway"].isin(driven)], ("highway",),),
    )  # fmt: skip


def _values(part: _Part, scene: Scene) -> Iterable[Value]:
    known = read_catalogue()
    listed = contract("study" if part.table in ("resources", "technologies") else "catalogue")[part.table]
    own = _completed(known.resources) if part.table == "technologies" else getattr(known, part.table)
    keys = zip(own[list(part.keys)].itertuples(index=False, name=None), own.to_dict("records"), strict=True)
    there = {tuple(key): row for key, row in keys}
    said = _Said(known.sources[known.sources["table"] == part.table])
    for row in part.rows.to_dict("records"):
        key = tuple(row[name] for name in part.keys)
        for name, column in listed.items():
            if name in row and name not in _NOT_VALUES and _stated(row[name]):
                kind, source = _origin(row, name, there.get(key), said, key)
                unit = _unit(column, row, scene.plan.currency)
                yield Value(part.table, _called(row, part.keys, scene), name, _cell(row[name]), unit, kind, source)


def _completed(resources: pd.DataFrame) -> pd.DataFrame:
    """Return the catalogue's technologies in own units, as a study has them."""
    known = read_catalogue()
    none = known.technologies.iloc[:0].reindex(columns=["technology", "resource", "quantity", "unit", "note"])
    table, _, _ = complete_technologies(known.technologies, none, resources, file="catalogue", recipe_file="catalogue")
    return table


def _grouped(caption: str, values: Iterable[Value]) -> Table:
    """Return a row per kind of value and source: the values of all things that have theirs from there."""
    groups: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for value in values:
        what = f"{_words(value.name)}, {value.unit}" if value.unit else _words(value.name)
        group = groups.setdefault((what, _KINDS[value.kind], value.source), {})
        group.setdefault(value.shown, []).append(value.key)
    ordered = sorted(groups.items(), key=lambda item: item[0][0].lower())
    rows = tuple(
        (what, "; ".join(f"{shown} ({', '.join(keys)})" for shown, keys in group.items()), kind, source)
        for (what, kind, source), group in ordered
    )
    return Table(caption, columns("What", "Values", "Kind", "Source"), rows)


def _origin(
    row: Mapping[object, object], name: str, known: Mapping[object, object] | None, said: _Said, key: tuple[object, ...]
) -> tuple[str, str]:
    """Return kind and source of a value."""
    if known is None or not _same(row[name], known.get(name)):
        return "study", str(row.get("source") or "not stated")
    return said(str(key[0]), name)


class _Said:
    """What the catalogue says about where its values were read."""

    def __init__(self, sources: pd.DataFrame) -> None:
        keys = zip(sources["key"], sources["column"], strict=True)
        self._rows = dict(zip(keys, zip(sources["kind"], sources["source"], strict=True), strict=True))

    def __call__(self, key: str, column: str) -> tuple[str, str]:
        for place in ((key, column), (key, "*"), ("*", column), ("*", "*")):
            if place in self._rows:
                return self._rows[place]
        return "assumption", "none stated: the usual case"


def _called(row: Mapping[object, object], keys: tuple[str, ...], scene: Scene) -> str:
    """Return what people call a row; a pipe by its class and nominal diameter."""
    if keys == ("resource",):
        return scene.resource_names.get(str(row["resource"]), str(row["resource"]))
    names = [f"DN{row[key]:g}" if isinstance(row[key], float) else str(row[key]).replace("_", " ") for key in keys]
    return str(row.get("name") or " ".join(names))


def _stated(value: object) -> bool:
    return not (value is None or value is pd.NA or value == "" or (isinstance(value, float) and math.isnan(value)))


def _same(one: object, other: object) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def _words(name: str) -> str:
    for end in ("_t_per_unit", "_m3_per_unit", "_mwh_per_unit", "_kg_per_m3", "_g_per_mol", "_kg_per_km", "_mpa_s",
                "_per_unit", "_per_m", "_per_km", "_per_h", "_bar", "_kmh", "_m3", "_c", "_t", "_m", "_h"):  # fmt: skip
        if name.endswith(end):
            name = name.removesuffix(end)
            break
    return name.replace("co2", "CO₂").replace("_", " ")


def _cell(value: object) -> str:
    if isinstance(value, bool) or str(value) in ("True", "False"):
        return "yes" if str(value) == "True" else "no"
    return f"{value:,.6g}" if isinstance(value, (int, float)) else str(value)


def _unit(column: Column, row: Mapping[object, object], currency: str) -> str:
    """Return the contract's unit with the study's currency and the resource's own unit put in."""
    unit = column.unit.replace("currency", currency).replace("degC", "°C")
    return unit.replace("unit", str(row["unit"])) if "unit" in row else unit
