"""The answer in five lines, the indicators, and how far the answer can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from data.plan import Plan
from maps.headline import STATUS, words
from maps.numbers import DAYS_PER_YEAR, amount, percent, plural
from maps.report.accounts import Accounts
from maps.report.hub_names import HubNames
from maps.report.laid import invested
from maps.report.schedules import counted
from maps.report.tables import Table, columns, kilometres, money, share, told
from maps.scene import Scene

_EXACT = 1e-9
_ASKED = {"gap": "Gap asked for", "time_limit_s": "Time limit", "threads": "Threads", "method": "Method"}


def five_lines(scene: Scene, found: Accounts) -> tuple[tuple[str, str], ...]:
    """Return a heading and a sentence for each of: worth, climate, who, what to build, how sure."""
    plan = scene.plan
    return (
        ("Worth it?", _worth(plan, found)),
        ("Climate", _climate(plan)),
        ("Who with whom", _who(scene, found)),
        ("What to build", _build(scene)),
        ("How sure", sure(plan)),
    )


class _Worth(NamedTuple):
    """An indicator; blank and NaN where the plan does not have it."""

    unit: str = ""
    baseline: float = math.nan
    plan: float = math.nan
    saving: float = math.nan


def _row(plan: Plan, indicator: str) -> _Worth:
    rows = plan.indicators[plan.indicators["indicator"] == indicator]
    named = rows[list(_Worth._fields)].itertuples(index=False, name=None)
    return next((_Worth(*row) for row in named), _Worth())


def _worth(plan: Plan, found: Accounts) -> str:
    row = _row(plan, "cost")
    if plan.exchanges.empty:
        return f"No exchange pays. Everything stays as it is and costs {money(row.baseline)} {row.unit}."
    part = f" ({percent(row.saving / abs(row.baseline))})" if row.baseline else ""
    verb = "saves" if row.saving >= 0 else "costs, for what had to be served or was forced,"
    value = " in present value over all phases" if found.present_value else ""
    return (
        f"The plan {verb} {money(abs(row.saving))} {row.unit}{part}{value}: {money(row.plan)} instead of "
        f"{money(row.baseline)} for buying everything new and disposing of everything."
        + (" A negative cost is money earned." if row.plan < 0 else "")
    )


def _climate(plan: Plan) -> str:
    row = _row(plan, "co2")
    part = f", {percent(abs(row.saving / row.baseline))} of today's" if row.baseline else ""
    verb = "less" if row.saving >= 0 else "more"
    moved = _row(plan, "transport_co2").plan
    return (
        f"{amount(abs(row.saving), row.unit)} CO₂ {verb}{part}; {amount(moved, row.unit)} of transport is "
        "already counted."
    )


def _who(scene: Scene, found: Accounts) -> str:
    plan = scene.plan
    if plan.exchanges.empty:
        return f"Nobody: {plural(len(scene.study.plants), 'plant')} were looked at."
    best = found.partners.sort_values("saves", ascending=False).iloc[0]
    between = plan.exchanges[plan.exchanges["from_node"] != plan.exchanges["to_node"]]
    partners = {*between["from_node"], *between["to_node"]} & {*scene.study.plants["plant"]}
    return (
        f"{counted(scene)}, between {len(partners)} of {plural(len(scene.study.plants), 'plant')}. "
        f"{scene.name(best['plant'])} saves most: {money(best['saves'])} {found.unit}."
    )


def _build(scene: Scene) -> str:
    plan = scene.plan
    new = plan.built_corridors[~plan.built_corridors["existing"]].drop_duplicates("corridor")
    stood = len({*plan.built_hubs["hub"]} - HubNames(scene).markets)
    capex = sum(invested(plan).values())
    last = plan.in_phase(plan.phases[-1]) if plan.phases else plan
    parts = [
        f"{kilometres(new['length_m'].sum())} km of trench" if len(new) else "",
        plural(stood, "shared hub") if stood else "",
        f"{told(last.hauls['trips_per_year'].sum() / DAYS_PER_YEAR)} truck round trips a day"
        if len(last.hauls)
        else "",
    ]
    listed = ", ".join(part for part in parts if part)
    if not listed:
        return "Nothing."
    paid = f"; {money(capex)} {plan.currency} to invest" if not pd.isna(capex) else "; investment is not stated"
    return f"{listed}{paid}."


def sure(plan: Plan) -> str:
    """Return how good the plan is proven to be and what the checker says, in one sentence."""
    if plan.gap is None:
        proof = f"{STATUS[plan.status]}; how far from the best is not known."
    elif abs(plan.gap) < _EXACT:
        proof = f"{STATUS[plan.status]}: no plan costs less."
    else:
        unit = _row(plan, "cost").unit
        proof = (
            f"{STATUS[plan.status]}: no plan can cost less than {money(plan.bound)} {unit}, {share(plan.gap)} below."
        )
    if plan.checker:
        return (
            f"{proof} But the independent checker found {plural(len(plan.checker), 'violation')}: do not rely on this "
            "plan."
        )
    return f"{proof} The independent checker has computed it again and agrees."


def indicators(plan: Plan) -> Table:
    """Return every indicator with baseline, plan and saving."""

    def cell(value: float, unit: str) -> str:
        return share(value) if unit == "share" else told(value)

    rows = tuple(
        (
            words(row.indicator), "" if row.unit == "share" else row.unit, cell(row.baseline, row.unit),
            cell(row.plan, row.unit), cell(row.saving, row.unit),
            share(row.saving / abs(row.baseline)) if not pd.isna(row.saving) and row.baseline else "–",
        )
        for row in plan.indicators.itertuples(index=False)
    )  # fmt: skip
    return Table(
        "Indicators",
        columns("Indicator", "Unit", ("Baseline", ""), ("With the plan", ""), ("Saving", ""), ("Of the baseline", "")),
        rows,
        notes=(
            "The baseline is everything bought new and disposed of. A negative saving is what the plan costs more.",
        ),
    )


def costs(plan: Plan) -> Table:
    """Return every term of the objective; they add up to the cost."""
    table = plan.costs[plan.costs["amount"] != 0]
    named = [
        text[:1].upper() + text[1:] for text in table["description"].where(table["description"] != "", table["term"])
    ]
    rows = [
        (name, row.period, money(row.amount)) for name, row in zip(named, table.itertuples(index=False), strict=True)
    ]
    unit = _row(plan, "cost").unit
    heads = columns("What is paid for", *(("Phase",) if plan.phases else ()), ("Amount", unit))
    cells = tuple(row if plan.phases else (row[0], row[2]) for row in rows)
    foot = ("All", "", money(table["amount"].sum())) if plan.phases else ("All", money(table["amount"].sum()))
    return Table("Costs with the plan", heads, cells, foot, "Nothing is paid.")


def solver(plan: Plan) -> Table:
    """Return why the solver stopped and how good the plan is known to be."""
    unit = _row(plan, "cost").unit
    rows = [
        ("Status", STATUS[plan.status]),
        ("Cost of the plan", f"{money(plan.objective)} {unit}"),
        ("No plan can cost less than", "not known" if plan.bound is None else f"{money(plan.bound)} {unit}"),
        ("Gap between the two", "not known" if plan.gap is None else share(plan.gap)),
        ("Independent checker", "agrees" if not plan.checker else plural(len(plan.checker), "violation")),
        *((_ASKED.get(name, name), _option(name, value)) for name, value in _options(plan)),
        ("Seed", str(plan.seed)),
        *((f"Seconds: {stage}", f"{told(float(seconds))} s") for stage, seconds in plan.seconds.items()
          if stage != "outputs"),  # not known while they are written
        *((f"Version of {name}", str(value)) for name, value in plan.versions.items()),
        ("Digest of the input (SHA-256)", plan.input_digest),
    ]  # fmt: skip
    return Table("Solver and proof", columns("Fact", "Value"), tuple(rows))


def _options(plan: Plan) -> Iterator[tuple[str, object]]:
    """Yield what the solver was asked for, options of HiGHS by their names."""
    for name, value in plan.solver_options.items():
        if isinstance(value, dict):
            yield from ((f"HiGHS: {option}", setting) for option, setting in value.items())
        else:
            yield name, value


def _option(name: str, value: object) -> str:
    if name == "gap" and isinstance(value, (int, float)):
        return share(value)
    return f"{value:g} s" if name == "time_limit_s" and isinstance(value, (int, float)) else str(value)
