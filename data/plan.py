"""``Plan``: what was decided, why the solver stopped, and how good it is known to be."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd
import pandas as pd

from data.contracts import contract, empty_table
from data.errors import Fault, InputError
from data.frames import read_tables, write_tables

# How the technologies start that stand for what is bought and disposed of beside a hub: nobody's building.
BUY, DISPOSE = "buy:", "dispose:"

Status = Literal["optimal", "gap_reached", "time_limit", "interrupted", "infeasible", "unbounded", "unknown"]


def _table(name: str) -> pd.DataFrame:
    return field(default_factory=lambda: empty_table("plan", name))


@dataclass(frozen=True)
class Plan:
    """The decisions as tables, and what is known about them.

    ``status`` says why the solver stopped; ``objective`` is what is held (``None``: nothing);
    ``bound`` is the best proven lower bound and ``gap`` is ``(objective - bound) / |objective|``.
    ``checker`` lists the rules that the independent checker found violated: empty means it agreed.
    ``geometries`` holds the drawn lines by corridor or route key, and may be empty.
    """

    problem: str
    status: Status
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    currency: str = "EUR"
    seed: int = 0
    input_digest: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    solver_options: Mapping[str, object] = field(default_factory=dict)
    checker: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()  # why there is no plan, in the user's words
    notes: tuple[str, ...] = ()  # what the reader must know: what was left out, what could not be reached
    exchanges: pd.DataFrame = _table("exchanges")
    built_corridors: pd.DataFrame = _table("built_corridors")
    built_pipes: pd.DataFrame = _table("built_pipes")
    hauls: pd.DataFrame = _table("hauls")
    fleets: pd.DataFrame = _table("fleets")
    built_hubs: pd.DataFrame = _table("built_hubs")
    unplaced: pd.DataFrame = _table("unplaced")
    unserved: pd.DataFrame = _table("unserved")
    unreachable_by_class: pd.DataFrame = _table("unreachable_by_class")
    costs: pd.DataFrame = _table("costs")
    indicators: pd.DataFrame = _table("indicators")
    geometries: gpd.GeoDataFrame | None = None  # key, kind, geometry

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every plain table by name, in the order of the contract."""
        return {name: getattr(self, name) for name in contract("plan") if name != "geometries"}

    @property
    def coarse_m(self) -> pd.Series:
        """Return how many metres of each exchange's way are on coarse roads: its distance is then an estimate."""
        hauls = self.hauls.drop_duplicates("route").set_index("route")["coarse_m"].to_dict()
        ways = self.exchanges["path"].str.split(";")
        return ways.map(lambda steps: sum(hauls.get(step.strip(), 0.0) for step in steps)).astype("float64")

    @property
    def shared_hubs(self) -> pd.DataFrame:
        """Return the built hubs that stand somewhere: all but what is bought and disposed of beside them."""
        return self.built_hubs[~_is_market(self.built_hubs)]

    @property
    def hub_markets(self) -> pd.DataFrame:
        """Return what hubs buy and dispose of, as rows of ``built_hubs``."""
        return self.built_hubs[_is_market(self.built_hubs)]

    @property
    def partner_exchanges(self) -> pd.DataFrame:
        """Return the exchanges among plants and shared hubs: all but what hubs buy and dispose of."""
        markets = {*self.hub_markets["hub"]}
        return self.exchanges[~(self.exchanges["supply"].isin(markets) | self.exchanges["demand"].isin(markets))]

    @property
    def has_solution(self) -> bool:
        """Return whether a plan is held at all."""
        return self.objective is not None

    @property
    def phases(self) -> tuple[str, ...]:
        """Return the names of the periods in their order; none when there is one."""
        return tuple(period for period in dict.fromkeys([*self.unplaced["period"], *self.unserved["period"]]) if period)

    def in_phase(self, phase: str) -> Plan:
        """Return what is in use in one of the :attr:`phases`, as if it were the only one; money stays the whole's."""
        dated = {name: table for name, table in self.tables.items() if name != "costs" and "period" in table}
        there = {name: table[table["period"].isin(["", phase])] for name, table in dated.items()}
        return self.replace(**{name: table.assign(period="").reset_index(drop=True) for name, table in there.items()})

    def replace(self, **changes: object) -> Plan:
        """Return a copy with some fields exchanged."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def summary(self) -> dict[str, Any]:
        """Return what ``plan.json`` says."""
        indicators = {
            row.indicator: {
                "unit": row.unit,
                **{key: _number(getattr(row, key)) for key in ("baseline", "plan", "saving")},
            }
            for row in self.indicators.itertuples(index=False)
        }
        return {
            "problem": self.problem,
            "status": self.status,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "currency": self.currency,
            "seconds": dict(self.seconds),
            "checker": list(self.checker) or "ok",
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "counts": dict(self.counts),
            "indicators": indicators,
            "versions": dict(self.versions),
            "solver_options": dict(self.solver_options),
            "input_digest": self.input_digest,
            "seed": self.seed,
        }


def _is_market(hubs: pd.DataFrame) -> pd.Series:
    return hubs["technology"].str.startswith((BUY, DISPOSE)).astype("bool")


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def write_plan(plan: Plan, path: Path | str) -> None:
    """Write the Plan as a folder: ``plan.json``, one CSV per table, ``geometries.parquet`` (with its CRS)."""
    folder = Path(path)
    write_tables(plan.tables, folder)
    (folder / "plan.json").write_text(
        json.dumps(plan.summary(), indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    if plan.geometries is not None:
        plan.geometries.to_parquet(folder / "geometries.parquet")


def read_plan(path: Path | str) -> Plan:
    """Return the Plan in a folder.

    Raises
    ------
    InputError
        With every fault: no ``plan.json``, unknown columns, wrong values.
    """
    folder = Path(path)
    head_file = folder / "plan.json"
    if not head_file.is_file():
        raise InputError([Fault(str(folder), "", "no plan.json", "a plan folder")])
    try:
        head = json.loads(head_file.read_text(encoding="utf-8"))
        status = head["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError([Fault("plan.json", "", str(error), "the JSON that symbioplan wrote")]) from None
    tables, faults = read_tables(folder, "plan", skip=("geometries",))
    if status not in get_args(Status):
        faults.append(Fault("plan.json", "status", repr(status), "one of " + ", ".join(get_args(Status))))
    if faults:
        raise InputError(faults)
    geometries = folder / "geometries.parquet"
    return Plan(
        problem=head.get("problem", ""),
        status=status,
        checker=() if head.get("checker") == "ok" else tuple(head.get("checker", ())),
        reasons=tuple(head.get("reasons", ())),
        notes=tuple(head.get("notes", ())),
        geometries=gpd.read_parquet(geometries) if geometries.exists() else None,
        **{
            key: head[key]
            for key in ("objective", "bound", "gap", "currency", "seed", "input_digest", "seconds", "counts",
                        "versions", "solver_options")
            if key in head
        },
        **tables,
    )  # fmt: skip
