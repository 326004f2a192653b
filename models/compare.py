"""What differs between plans, and which documented exchanges a plan has found again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.network import grade_chains
from models.pair_costs import PairCosts

_COLUMNS = ["exchange", "from_plant", "to_plant", "resource", "scored", "found", "mode", "documented_mode",
            "found_same_mode", "quantity", "unit", "documented_quantity", "documented_unit", "reason"]  # fmt: skip


def compare_documented(problem: Problem, plan: Plan, documented: pd.DataFrame) -> pd.DataFrame:
    """Return one row per documented exchange: found or not, how it travels, and why not.

    Parameters
    ----------
    problem, plan
        A plan and the problem that it solves.
    documented
        The contract ``study.documented``.

    Returns
    -------
    pandas.DataFrame
        ``found``: the plan has an exchange from the same plant to the same plant of the same resource or of
        one that may serve as the other. ``quantity`` is in ``unit`` per year; ``reason`` is blank when found.
    """
    chains = grade_chains(problem.grades)
    kin = {(a, b) for a, b in zip(chains["resource"], chains["serves"], strict=True)}
    kin |= {(b, a) for a, b in kin} | {(name, name) for name in problem.resources["resource"]}
    costs = PairCosts(problem)
    rows = [_compare_one(row, problem, plan, kin, costs) for row in documented.to_dict("records")]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _compare_one(
    row: Mapping[str, object], problem: Problem, plan: Plan, kin: set[tuple[str, str]], costs: PairCosts
) -> dict[str, object]:
    resource = str(row["resource"])
    table = plan.exchanges
    same = [
        (resource, given) in kin or (resource, taken) in kin
        for given, taken in zip(table["resource"], table["received_as"], strict=True)
    ]
    here = (table["from_node"] == row["from_plant"]) & (table["to_node"] == row["to_plant"])
    found = table[here & np.asarray(same, dtype=bool)]
    modes = list(dict.fromkeys(found["mode"]))
    mode = modes[0] if len(modes) == 1 else ("mixed" if modes else "")
    return {
        "exchange": row["exchange"],
        "from_plant": row["from_plant"],
        "to_plant": row["to_plant"],
        "resource": resource,
        "scored": row.get("scored", True),
        "found": len(found) > 0,
        "mode": mode,
        "documented_mode": row["mode"],
        "found_same_mode": mode == row["mode"],
        "quantity": float(found["quantity"].sum()) if len(found) else np.nan,
        "unit": found["unit"].iloc[0] if len(found) else "",
        "documented_quantity": row.get("quantity", np.nan),
        "documented_unit": row.get("unit", ""),
        "reason": "" if len(found) else _reason(row, problem, plan, kin, costs),
    }


def _reason(
    row: Mapping[str, object], problem: Problem, plan: Plan, kin: set[tuple[str, str]], costs: PairCosts
) -> str:
    """Return in words why the plan does not have the exchange."""
    resource, giver, taker = (str(row[key]) for key in ("resource", "from_plant", "to_plant"))
    supplies = problem.supplies[problem.supplies["node"] == giver]
    demands = problem.demands[problem.demands["node"] == taker]
    supplies = supplies[[(resource, name) in kin for name in supplies["resource"]]]
    demands = demands[[(resource, name) in kin for name in demands["resource"]]]
    missing = [
        *([_no_stream(problem, plan, giver, resource, kin, supply=True)] if supplies.empty else []),
        *([_no_stream(problem, plan, taker, resource, kin, supply=False)] if demands.empty else []),
    ]
    if missing:
        return ", and ".join(missing)
    supply, demand = supplies.iloc[0], demands.iloc[0]
    unit = problem.resources.set_index("resource")["unit"][supply["resource"]]
    money = f"{problem.currency}/{unit}"
    benefit = costs.benefit(supply, demand)
    ways = costs.ways(supply, demand)
    rivals = _rivals(plan, str(supply["supply"]), str(demand["demand"]))
    if not ways:
        return f"no truck route and no pipe leads from {giver} to {taker} for {supply['resource']}{rivals}"
    told = " or ".join(f"{cost:.4g} {money} by {mode}" for mode, cost in ways.items())
    verdict = "more than" if min(ways.values()) > benefit else "within"
    return f"alone it would cost {told}, {verdict} the {benefit:.4g} {money} that it saves{rivals}"


def _no_stream(
    problem: Problem, plan: Plan, node: str, resource: str, kin: set[tuple[str, str]], *, supply: bool
) -> str:
    """Return in words that a place has no such stream, and what of a hub there that would make or take it."""
    recipes = problem.recipes[(problem.recipes["quantity_per_throughput"] > 0) == supply]
    useful = set(recipes.loc[[(resource, name) in kin for name in recipes["resource"]], "technology"])
    hubs = problem.hubs[(problem.hubs["node"] == node) & (problem.hubs["role"] == "hub")]
    names = list(hubs.loc[hubs["technology"].isin(useful), "hub"])
    built = [name for name in names if name in set(plan.built_hubs["hub"])]
    if built:
        side, ends, verb = ("supply", "to_node", "gives it to") if supply else ("demand", "from_node", "has it from")
        others = plan.exchanges.loc[plan.exchanges[side].isin(built), ends].unique()
        return f"hub {', '.join(built)} {verb} {', '.join(others)}"
    if names:
        return f"hub {', '.join(names)} would {'make' if supply else 'take'} it, but the plan does not build it"
    return f"the problem has no {'supply of' if supply else 'demand for'} {resource} at {node}"


def _rivals(plan: Plan, supply: str, demand: str) -> str:
    """Return where the supply goes and the demand is served from instead, as the end of a sentence."""
    table = plan.exchanges
    goes = table[table["supply"] == supply]
    comes = table[table["demand"] == demand]
    parts = [
        f"{name} {verb} " + ", ".join(f"{node} ({amount:.4g})" for node, amount in amounts.items())
        for name, verb, amounts in (
            (f"supply {supply}", "goes to", goes.groupby("to_node", sort=False)["quantity_sent"].sum()),
            (f"demand {demand}", "is served by", comes.groupby("from_node", sort=False)["quantity"].sum()),
        )
        if len(amounts)
    ]
    return "; instead " + " and ".join(parts) if parts else ""


def compare_plans(a: Plan, b: Plan) -> pd.DataFrame:
    """Return what differs between two plans.

    Returns
    -------
    pandas.DataFrame
        ``table`` (exchanges, built_pipes, hauls, indicators), ``key``, ``a``, ``b`` (units per year or the
        indicator's unit; NaN where one plan lacks the row), ``difference`` (b less a, lacking counted as 0).
        Differences within a millionth are none.
    """
    parts = [
        _difference(name, _series(a, name), _series(b, name))
        for name in ("exchanges", "built_pipes", "hauls", "indicators")
    ]
    return pd.concat(parts, ignore_index=True)


def _series(plan: Plan, name: str) -> pd.Series:
    """Return one number per key of a table."""
    table = getattr(plan, name)
    keys, values = {
        "exchanges": (["supply", "demand"], "quantity"),
        "built_pipes": (["corridor", "resource", "option"], "flow"),
        "hauls": (["route"], "quantity"),
        "indicators": (["indicator"], "plan"),
    }[name]
    if name == "built_pipes":
        table = table.assign(flow=table["flow_forward"] + table["flow_backward"])
    label = pd.Index([" > ".join(map(str, row)) for row in table[keys].itertuples(index=False)], dtype="object")
    return pd.Series(table[values].to_numpy(dtype=np.float64), index=label).groupby(level=0, sort=False).sum()


def _difference(name: str, a: pd.Series, b: pd.Series) -> pd.DataFrame:
    keys = a.index.union(b.index, sort=False)
    left, right = a.reindex(keys), b.reindex(keys)
    change = right.fillna(0.0) - left.fillna(0.0)
    size = np.maximum(1.0, np.maximum(left.abs().fillna(0.0), right.abs().fillna(0.0)))
    differs = (change.abs() > 1e-6 * size).to_numpy()
    table = pd.DataFrame({"table": name, "key": keys, "a": left.to_numpy(), "b": right.to_numpy()})
    return table.assign(difference=change.to_numpy())[differs]
