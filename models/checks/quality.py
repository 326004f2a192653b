"""Quality: the mix that each taker receives, from the plan's exchanges, lies within its limits."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.periods import said
from models.checks.tolerance import RELATIVE


def quality_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return every mix outside its limits, and every exchange whose quality nobody knows."""
    limits = problem.quality[problem.quality["min"].notna() | problem.quality["max"].notna()]
    values = _values(problem)
    technology = problem.hubs.set_index("hub")["technology"].to_dict()
    violations = []
    for limit in limits.to_dict("records"):
        rows = _received(plan.exchanges, limit, technology)
        name = limit["property"]
        for (taker, received, period), part in rows.groupby(["demand", "received_as", "period"], sort=False):
            known = [_value(values, row, name, technology) for row in part.to_dict("records")]
            value = pd.Series(known, index=part.index, dtype="float64")
            violations += [
                f"exchange {exchange}: the {name} of what {giver} gives is not known, and {taker} limits it"
                for exchange, giver in part.loc[value.isna(), ["exchange", "supply"]].itertuples(index=False)
            ]
            if value.isna().any() or not part["quantity"].sum() > 0:
                continue
            total = float(part["quantity"].sum())
            mix = float((value * part["quantity"]).sum()) / total
            for side, word, sign in (("min", "less", -1.0), ("max", "more", 1.0)):
                # A millionth of what arrives (and of one unit) may be of the worst quality.
                slack = RELATIVE * max(1.0, total) * float((value - limit[side]).abs().max())
                if sign * (mix - limit[side]) * total > slack:
                    what = f"{taker}: the {name} of its {received}{said(str(period))}"
                    violations.append(f"{what} is {mix:g}, {word} than {limit[side]:g}")
    return violations


def mixing_notes(problem: Problem, plan: Plan) -> list[str]:
    """Return a sentence for each corridor in which quantities that must be told apart share a pipe.

    That is no violation: the plan assumes that they travel one after another, in batches.
    """
    if problem.quality.empty and not problem.limits.forced_exchanges and not problem.limits.forbidden_exchanges:
        return []
    piped = set(zip(plan.built_pipes["corridor"], plan.built_pipes["resource"], strict=True))
    rows = [
        {"corridor": key, "resource": row["resource"], "supply": row["supply"], "period": row["period"]}
        for row in plan.exchanges.to_dict("records")
        for key in str(row["path"]).split(";")
        if (key, row["resource"]) in piped
    ]
    table = pd.DataFrame(rows, columns=["corridor", "resource", "period", "supply"]).drop_duplicates()
    notes = [
        f"corridor {corridor}: the pipe for {resource} carries what {', '.join(supplies)} give, in batches"
        for (corridor, resource, _), supplies in table.groupby(["corridor", "resource", "period"], sort=False)["supply"]
        if len(supplies) > 1
    ]
    return list(dict.fromkeys(notes))


def _received(exchanges: pd.DataFrame, limit: dict[str, object], technology: dict[str, str]) -> pd.DataFrame:
    """Return the exchanges whose mix a row of quality limits."""
    if limit["demand"]:
        return exchanges[exchanges["demand"] == limit["demand"]]
    hubs = [hub for hub, kind in technology.items() if kind == limit["technology"]]
    rows = exchanges[exchanges["demand"].isin(hubs)]
    return rows[rows["received_as"] == limit["resource"]] if limit["resource"] else rows


def _values(problem: Problem) -> dict[tuple[str, str, str, str], float]:
    table = problem.quality[problem.quality["value"].notna()]
    keys = zip(table["supply"], table["technology"], table["resource"], table["property"], strict=True)
    return dict(zip(keys, table["value"].astype(float), strict=True))


def _value(
    values: dict[tuple[str, str, str, str], float], row: dict[str, object], name: str, technology: dict[str, str]
) -> float | None:
    giver, resource = str(row["supply"]), str(row["resource"])
    kind = technology.get(giver, "")
    keys = [(giver, "", "", name), *([("", kind, resource, name), ("", kind, "", name)] if kind else [])]
    return next((values[key] for key in keys if key in values), None)
