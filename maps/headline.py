"""The few sentences above a plan: what it saves, why the solver stopped, whether the checker agreed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from data.plan import Plan
from maps.numbers import DAYS_PER_YEAR, amount, number, percent, plural
from maps.scene import Scene

STATUS = {
    "optimal": "Proven optimal",
    "gap_reached": "Optimal within the gap asked for",
    "time_limit": "Best plan found in the time limit",
    "interrupted": "Best plan found before it was stopped",
    "infeasible": "There is no plan that keeps every limit",
    "unbounded": "The problem has no bound: a price is missing",
    "unknown": "The solver could not say",
}


@dataclass(frozen=True, slots=True)
class Headline:
    """Text only; the template escapes it."""

    savings: tuple[tuple[str, str, str], ...]  # label, amount, share of the baseline
    status: str
    checker: str
    checker_ok: bool
    indicators: tuple[tuple[str, str, str, str, str], ...]  # name, unit, baseline, plan, saving
    counts: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


def headline(scene: Scene) -> Headline:
    """Return what the title box says."""
    plan = scene.plan
    return Headline(
        savings=tuple(
            found
            for label, wanted in (("Cost", "cost"), ("CO₂", "co2"))
            if (found := _saving(plan.indicators, label, wanted)) is not None
        ),
        status=_status(plan),
        checker=_checker(plan),
        checker_ok=not plan.checker,
        indicators=_indicators(plan.indicators),
        counts=", ".join(
            plural(count, *words)
            for count, words in (
                (len(scene.study.plants), ("plant",)),
                (len(plan.exchanges), ("exchange",)),
                (len(plan.built_pipes), ("pipe section",)),
                (len(plan.hauls), ("truck route",)),
            )
            if count
        ),
        reasons=plan.reasons,
        notes=plan.notes,
    )


def _indicators(table: pd.DataFrame) -> tuple[tuple[str, str, str, str, str], ...]:
    def shown(value: float, unit: str) -> str:
        if pd.isna(value):
            return "–"
        return percent(value) if unit == "share" else number(value)

    return tuple(
        (
            words(row.indicator),
            "" if row.unit == "share" else row.unit,
            shown(row.baseline, row.unit),
            shown(row.plan, row.unit),
            shown(row.saving, row.unit),
        )
        for row in table.itertuples(index=False)
    )


def words(indicator: str) -> str:
    """Return the name of an indicator as people read it."""
    text = indicator.replace("_", " ").replace("co2", "CO₂")
    return text[:1].upper() + text[1:]


def _saving(indicators: pd.DataFrame, label: str, wanted: str) -> tuple[str, str, str] | None:
    """Return the saving of the indicator whose name starts as wanted; the models name them, not we."""
    rows = indicators[indicators["indicator"].str.lower().str.startswith(wanted) & indicators["saving"].notna()]
    if rows.empty:
        return None
    row = rows.iloc[0]
    share = row["saving"] / abs(row["baseline"]) if row["baseline"] else math.nan
    return f"{label} saving", amount(row["saving"], row["unit"]), "" if math.isnan(share) else percent(share)


def _status(plan: Plan) -> str:
    text = STATUS[plan.status]
    if plan.gap is not None and plan.has_solution:
        text += ", gap 0 %" if abs(plan.gap) < 1e-9 else f", gap {percent(plan.gap)}"
    return text


def _checker(plan: Plan) -> str:
    if not plan.has_solution:
        return ""
    return f"checker found {plural(len(plan.checker), 'violation')}" if plan.checker else "checker agrees"


def phase_figures(scene: Scene, phase: str) -> list[tuple[str, str]]:
    """Return what stands and flows in the phase that the scene shows, as label and value."""
    plan, money = scene.plan, f"{scene.plan.currency}/year"
    pipes = plan.built_pipes[(plan.built_pipes["flow_forward"] + plan.built_pipes["flow_backward"]) > 0]
    lengths = plan.built_corridors.drop_duplicates("corridor").set_index("corridor")["length_m"]
    tables = (plan.built_pipes, plan.hauls, plan.unplaced, plan.unserved)
    partners = {*plan.exchanges["from_node"], *plan.exchanges["to_node"]} & {*scene.study.plants["plant"]}
    whole = scene.everything.costs
    paid = whole.loc[whole["period"] == phase, "amount"]
    cost = scene.plan.indicators.set_index("indicator")["unit"].get("cost", money)
    return [
        ("Partners", number(len(partners))),
        ("Exchanges", number(len(plan.exchanges))),
        ("Pipes in use", amount(float(pipes["corridor"].map(lengths).sum()) / 1000, "km")),
        ("Truck trips a day", number(float(plan.hauls["trips_per_year"].sum()) / DAYS_PER_YEAR)),
        ("Shared hubs", number(len(plan.built_hubs))),
        ("Transport of exchanges", amount(float(plan.exchanges["cost"].sum()), money)),
        ("Disposal of what is left", amount(float(plan.unplaced["cost"].sum()), money)),
        ("Bought new", amount(float(plan.unserved["cost"].sum()), money)),
        (
            "CO₂ of pipes, trucks, disposal and purchase",
            amount(sum(float(table["co2"].sum()) for table in tables), "t/year"),
        ),
        *([("Paid in this phase", amount(float(paid.sum()), cost))] if len(paid) else []),
    ]
