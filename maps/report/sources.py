"""Every catalogue value that the plan rests on, with where it was read or that it is an assumption."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from data.catalogue import read_catalogue
from data.contracts import Column, contract
from maps.report.tables import Table, columns
from maps.scene import Scene

_NOT_VALUES = {"resource", "name", "note", "source", "vehicle", "kind", "highway", "colour", "rank", "pipe_class",
               "diameter_mm", "properties", "unit"}  # fmt: skip


def catalogue_values(scene: Scene) -> tuple[Table, ...]:
    """Return one table per catalogue table with all values that the study or the plan uses.

    A value that differs from the catalogue's is the study's own and says so, with the source that the study gives.
    """
    study, plan = scene.study, scene.plan
    used = {*study.streams["resource"], *plan.exchanges["resource"], *plan.exchanges["received_as"]}
    resources = study.resources[study.resources["resource"].isin(used)]
    vehicles = study.vehicles[study.vehicles["vehicle"].isin(plan.hauls["vehicle"])]
    classes = study.resources.set_index("resource")["pipe_class"].reindex(plan.built_pipes["resource"]).fillna("")
    laid = {*zip(classes, plan.built_pipes["diameter_mm"], strict=True)}
    pipes = study.pipe_costs
    pipes = pipes[[pair in laid for pair in zip(pipes["pipe_class"], pipes["diameter_mm"], strict=True)]]
    lands = study.land[study.land["kind"].isin(study.zones["kind"])]
    lines = study.lines[study.lines["kind"].isin(study.crossings["kind"])]
    roads = study.highways[study.highways["highway"].isin(_classes(study.roads))] if len(plan.hauls) else None
    made = (
        _table("Resources", "resources", resources, scene, ("resource",)),
        _table("Vehicles of the plan", "vehicles", vehicles, scene, ("vehicle",)),
        _table("Pipes of the plan", "pipe_costs", pipes, scene, ("pipe_class", "diameter_mm")),
        _table("Land", "land", lands, scene, ("kind",)),
        _table("Crossings", "lines", lines, scene, ("kind",)),
        _table("Roads", "highways", roads, scene, ("highway",)) if roads is not None else None,
    )
    return tuple(table for table in made if table is not None and table.rows)


def _classes(roads: pd.DataFrame) -> set[str]:
    return {str(name) for name in roads["highway"].map(str).unique()} if "highway" in roads else set()


def _table(caption: str, table: str, rows: pd.DataFrame, scene: Scene, keys: tuple[str, ...]) -> Table:
    known = read_catalogue()
    own: pd.DataFrame = getattr(known, table)
    listed = contract("study" if table == "resources" else "catalogue")[table]
    there = {tuple(key): row for key, row in zip(own[list(keys)].itertuples(index=False, name=None),
                                                 own.to_dict("records"), strict=True)}  # fmt: skip
    said = _Said(known.sources[known.sources["table"] == table])
    cells = []
    for row in rows.to_dict("records"):
        key = tuple(row[name] for name in keys)
        shown = scene.resource_names.get(row[keys[0]], str(row[keys[0]])) if table == "resources" else _key(row, keys)
        cells += [
            (shown, _words(name), _cell(row[name]), _unit(column, row, scene), *origin)
            for name, column in listed.items()
            if name in row and name not in _NOT_VALUES and _stated(row[name])
            for origin in [_origin(row, name, there.get(key), said, key)]
        ]
    return Table(caption, columns("What", "Value of", "Value", "Unit", "Kind", "Source"), tuple(cells))


def _origin(
    row: Mapping[object, object], name: str, known: Mapping[object, object] | None, said: _Said, key: tuple[object, ...]
) -> tuple[str, str]:
    """Return kind and source of a value."""
    if known is None or not _same(row[name], known.get(name)):
        return "the study's own", str(row.get("source") or "not stated")
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
        return "assumption", "no source stated: the contract's default"


def _key(row: Mapping[object, object], keys: tuple[str, ...]) -> str:
    names = [str(row[key]) if not isinstance(row[key], float) else f"DN{row[key]:g}" for key in keys]
    return str(row.get("name") or " ".join(names))


def _stated(value: object) -> bool:
    return (
        value is not None
        and value is not pd.NA
        and value != ""
        and not (isinstance(value, float) and math.isnan(value))
    )


def _same(one: object, other: object) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def _words(name: str) -> str:
    return name.replace("co2", "CO₂").replace("_", " ")


def _cell(value: object) -> str:
    if isinstance(value, bool) or str(value) in ("True", "False"):
        return "yes" if value else "no"
    return f"{value:,.6g}" if isinstance(value, (int, float)) else str(value)


def _unit(column: Column, row: Mapping[object, object], scene: Scene) -> str:
    """Return the contract's unit with the study's currency and the resource's own unit put in."""
    unit = column.unit.replace("currency", scene.plan.currency)
    return unit.replace("unit", str(row["unit"])) if "unit" in row else unit


def used_sources(tables: tuple[Table, ...]) -> Iterator[tuple[str, int]]:
    """Yield how many values are of which kind."""
    kinds = pd.Series([row[4] for table in tables for row in table.rows], dtype="str")
    yield from ((str(kind), int(count)) for kind, count in kinds.value_counts().items())
