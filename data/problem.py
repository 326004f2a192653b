"""``Problem``: what the optimiser needs, as plain tables without geometry."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field, ValidationError

from data.contracts import contract, empty_table
from data.errors import Fault, InputError
from data.frames import read_tables, write_tables
from data.problem_rules import rule_faults
from data.settings import Limits, Solver
from data.settings_base import Section
from data.tomlfile import dump_toml, pydantic_faults


def _table(name: str) -> pd.DataFrame:
    return field(default_factory=lambda: empty_table("problem", name))


class ProblemSettings(Section):
    """Everything in ``problem.toml`` beside the limits."""

    co2_price: Annotated[float, Field(ge=0)] = 0.0  # currency per t
    solver: Solver = Solver()


@dataclass(frozen=True)
class Problem:
    """The tables of ``docs/problem.md``; every one keeps its contract.

    Money is per year, quantities are per year in the resource's own unit, CO2 is in tonnes.
    """

    name: str
    currency: str = "EUR"
    settings: ProblemSettings = ProblemSettings()
    limits: Limits = Limits()
    nodes: pd.DataFrame = _table("nodes")
    resources: pd.DataFrame = _table("resources")
    supplies: pd.DataFrame = _table("supplies")
    demands: pd.DataFrame = _table("demands")
    corridors: pd.DataFrame = _table("corridors")
    pipes: pd.DataFrame = _table("pipes")
    routes: pd.DataFrame = _table("routes")
    vehicles: pd.DataFrame = _table("vehicles")
    hubs: pd.DataFrame = _table("hubs")
    recipes: pd.DataFrame = _table("recipes")
    grades: pd.DataFrame = _table("grades")
    quality: pd.DataFrame = _table("quality")
    periods: pd.DataFrame = _table("periods")

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name, in the order of the contract."""
        return {name: getattr(self, name) for name in contract("problem")}

    def replace(self, **changes: object) -> Problem:
        """Return a copy with some fields exchanged."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def digest(self) -> str:
        """Return a SHA-256 over all tables and settings: the same input has the same digest."""
        sha = hashlib.sha256()
        sha.update(self.settings.model_dump_json().encode() + self.limits.model_dump_json().encode())
        for name, table in self.tables.items():
            sha.update(name.encode() + table.to_csv(index=False, lineterminator="\n").encode())
        return sha.hexdigest()


# column -> table and column that it must be found in
_REFERENCES: Sequence[tuple[str, str, str, str]] = (
    *(
        (table, "node", "nodes", "node")
        for table in ("supplies", "demands", "hubs")
    ),
    *((table, end, "nodes", "node") for table in ("corridors", "routes") for end in ("from_node", "to_node")),
    *(
        (table, "resource", "resources", "resource")
        for table in ("supplies", "demands", "pipes", "routes", "recipes", "grades")
    ),
    ("grades", "serves", "resources", "resource"),
    ("pipes", "corridor", "corridors", "corridor"),
    ("routes", "vehicle", "vehicles", "vehicle"),
    ("hubs", "technology", "recipes", "technology"),
    ("supplies", "period", "periods", "period"),
    ("demands", "period", "periods", "period"),
    ("quality", "supply", "supplies", "supply"),
    ("quality", "demand", "demands", "demand"),
    ("quality", "technology", "recipes", "technology"),
    ("quality", "resource", "resources", "resource"),
)  # fmt: skip


def reference_faults(problem: Problem) -> list[Fault]:
    """Return a fault for every name that points nowhere, and for rows that contradict themselves."""
    faults = []
    for table, column, to_table, to_column in _REFERENCES:
        values = getattr(problem, table)[column]
        known = getattr(problem, to_table)[to_column]
        lost = values[(values != "") & ~values.isin(known)]
        faults += [
            Fault(f"{table}.csv", column, repr(value), f"a {to_column} of {to_table}.csv", row=int(row) + 2)
            for row, value in lost.items()  # only the faulty cells
        ]
    faults += [
        Fault(f"{table}.csv", "to_node", "the same node at both ends", "two different nodes", row=int(row) + 2)
        for table in ("corridors", "routes")
        for row in getattr(problem, table).query("from_node == to_node").index
    ]
    faults += [
        Fault("pipes.csv", "min_flow", "more than the capacity", "at most the capacity", row=int(row) + 2)
        for row in problem.pipes.query("min_flow > capacity").index
    ]
    return faults or rule_faults(problem)


def read_problem(path: Path | str) -> Problem:
    """Return the Problem in a folder.

    Raises
    ------
    InputError
        With every fault: unknown columns, wrong values, names that point nowhere.
    """
    folder = Path(path)
    toml = folder / "problem.toml"
    if not toml.is_file():
        raise InputError([Fault(str(folder), "", "no problem.toml", "a Problem folder")])
    try:
        content = tomllib.loads(toml.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Fault("problem.toml", "", str(error), "valid TOML")]) from None
    tables, faults = read_tables(folder, "problem")
    head = {key: content.pop(key) for key in ("name", "currency") if key in content}
    parts: dict[str, Section] = {}
    for key, model in (("settings", ProblemSettings), ("limits", Limits)):
        try:
            parts[key] = model.model_validate(content.pop(key, {}))
        except ValidationError as error:
            faults += pydantic_faults(error, "problem.toml", prefix=(key,))
    faults += [Fault("problem.toml", key, "an unknown key", "name, currency, settings, limits") for key in content]
    if faults:
        raise InputError(faults)
    problem = Problem(
        name=str(head.get("name", folder.resolve().name)),
        currency=str(head.get("currency", "EUR")),
        **parts,  # type: ignore[arg-type]
        **tables,
    )
    if faults := reference_faults(problem):
        raise InputError(faults)
    return problem


def write_problem(problem: Problem, path: Path | str) -> None:
    """Write the Problem as a folder that :func:`read_problem` gives back unchanged."""
    folder = Path(path)
    write_tables({name: table for name, table in problem.tables.items() if len(table)}, folder)
    head = {
        "name": problem.name,
        "currency": problem.currency,
        "settings": problem.settings.model_dump(exclude_none=True),
        "limits": problem.limits.model_dump(exclude_none=True),
    }
    (folder / "problem.toml").write_text(dump_toml(head), encoding="utf-8")
