"""What is laid in the ground, summed up by pipe and by trench; each section is on its own in the workbook."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from maps.numbers import plural
from maps.report.tables import Table, columns, kilometres, money, share, told, without_blank_columns
from maps.scene import Scene, mapped

_DETAILS = "Every section on its own is in plan.xlsx and in tables/."


def pipes(scene: Scene) -> Table:
    """Return pipes by resource and diameter: sections, length, investment, yearly cost, load, and who uses them.

    Of several phases a section counts as in the last in which it stands.
    """
    plan = scene.plan
    last = last_rows(plan, plan.built_pipes, ["corridor", "resource", "option"])
    trench = plan.built_corridors.drop_duplicates("corridor", keep="last").set_index("corridor")
    flow = last["flow_forward"] + last["flow_backward"]
    last = last.assign(
        length_m=last["corridor"].map(trench["length_m"]).astype("float64") * last["count"],
        flow=flow,
        load=(flow / last["capacity"].where(last["capacity"] > 0)).astype("float64"),
        when=last["built_in"].mask(last["existing"], "before"),
        diameter=last["diameter_mm"].map(told),
    )
    users = _users(plan)
    rows = []
    for _, part in last.groupby(["resource", "diameter_mm", "when"], dropna=False, sort=True):
        first = part.iloc[0]
        rows.append((
            scene.resource_names.get(first["resource"], first["resource"]), first["diameter"],
            told(len(part)), kilometres(part["length_m"].sum()), first["when"], told(part["flow"].max()),
            scene.units.get(first["resource"], "unit/year"), _span(part["load"]), money(_sum(part["capex_fixed"])),
            money(part["fixed_cost"].sum()), money(part["flow_cost"].sum()), told(part["co2"].sum()),
            _named(users, part),
        ))  # fmt: skip
    per_year = f"{plan.currency}/year"
    sums = [money(_sum(last[name])) for name in ("capex_fixed", "fixed_cost", "flow_cost")]
    table = Table(
        "Pipeline schedule",
        columns("Resource", ("Diameter", "mm"), ("Sections", ""), ("Length", "km"), "Built in", ("Largest flow", ""),
                "Unit", ("Load", ""), ("Invested", plan.currency), ("Pipe", per_year), ("Pumping", per_year),
                ("CO₂", "t/year"), "For exchanges"),
        tuple(rows),
        ("All", "", told(len(last)), kilometres(last["length_m"].sum()), "", "", "", "", *sums,
         told(last["co2"].sum()), "") if len(rows) > 1 else (),
        "No pipe is laid.",
        ("Length is of pipes, those that lie side by side each for itself. Load is the flow over the capacity, of the "
         "emptiest and the fullest section. Pipe is the yearly payment that pays the investment off over its lifetime, "
         f"with upkeep. The trenches are in the next table. {_DETAILS}",) if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Built in",))


def trenches(scene: Scene) -> Table:
    """Return trenches by what lies in them: sections, length, investment, yearly cost."""
    plan = scene.plan
    last = last_rows(plan, plan.built_corridors, ["corridor"])
    inside = plan.built_pipes.drop_duplicates(["corridor", "resource"]).groupby("corridor")["resource"]
    names = inside.agg(lambda found: ", ".join(sorted(scene.resource_names.get(name, name) for name in found)))
    last = last.assign(
        inside=mapped(last["corridor"], names.to_dict(), "nothing"),
        together=last["corridor"].map(inside.size()).fillna(0),
        when=last["built_in"].mask(last["existing"], "before"),
    )
    rows = tuple(
        (
            str(what), str(when), told(len(part)), kilometres(part["length_m"].sum()),
            money(_sum(part["capex_fixed"])), money(part["fixed_cost"].sum()),
        )
        for (_, what, when), part in last.groupby(["together", "inside", "when"], sort=True)
    )  # fmt: skip
    table = Table(
        "Trenches",
        columns("What lies in them", "Built in", ("Sections", ""), ("Length", "km"), ("Invested", plan.currency),
                ("Trench", f"{plan.currency}/year")),
        rows,
        ("All", "", told(len(last)), kilometres(last["length_m"].sum()), money(_sum(last["capex_fixed"])),
         money(last["fixed_cost"].sum())) if len(rows) > 1 else (),
        "No trench is dug.",
        ("A trench with its right of way is paid once, however many pipes lie in it. Trench is the yearly payment that "
         "pays it off, with upkeep.",) if rows else (),
    )  # fmt: skip
    return without_blank_columns(table, ("Built in",))


def invested(plan: Plan) -> dict[str, float]:
    """Return what is newly invested by phase, currency (one blank phase when there is one); NaN where not said."""
    tables = (
        (plan.built_corridors, ["corridor"]), (plan.built_pipes, ["corridor", "resource", "option"]),
        (plan.hauls, ["route"]), (plan.built_hubs, ["hub"]),
    )  # fmt: skip
    out: dict[str, float] = {}
    reached: dict[tuple[object, ...], float] = {}
    for phase in plan.phases or ("",):
        total = 0.0
        for number, (table, keys) in enumerate(tables):
            rows = table[table["period"] == phase]
            for key, capex in zip(rows[keys].itertuples(index=False, name=None), rows["capex_fixed"], strict=True):
                total += capex - reached.get((number, *key), 0.0)
                reached[number, *key] = capex
        out[phase] = total
    return out


def last_rows(plan: Plan, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return of every thing the row of the last phase in which it stands."""
    order = {name: number for number, name in enumerate(plan.phases)}
    late = table.assign(order=table["period"].map(order).fillna(0))
    late = late.sort_values("order", kind="stable").drop_duplicates(keys, keep="last").sort_index()
    return late.drop(columns="order").reset_index(drop=True)


def _users(plan: Plan) -> dict[tuple[str, str], list[str]]:
    """Return which exchanges go through each corridor as each resource."""
    out: dict[tuple[str, str], list[str]] = {}
    for row in plan.exchanges.itertuples(index=False):
        for step in row.path.split(";"):
            for resource in dict.fromkeys((row.resource, row.received_as)):
                out.setdefault((step.strip(), resource), []).append(row.exchange)
    return out


def _named(users: dict[tuple[str, str], list[str]], part: pd.DataFrame) -> str:
    """Return the exchanges that some sections serve."""
    pairs = zip(part["corridor"], part["resource"], strict=True)
    found = dict.fromkeys(name for pair in pairs for name in users.get(pair, ()))
    return ", ".join(found) if len(found) <= 12 else plural(len(found), "exchange")


def _span(load: pd.Series) -> str:
    """Return the least and the largest of some shares."""
    low, high = share(load.min()), share(load.max())
    return low if low == high else f"{low} to {high}"


def _sum(values: pd.Series) -> float:
    """Return the sum; NaN where no value is known."""
    return float(values.sum(min_count=1)) if len(values) else 0.0
