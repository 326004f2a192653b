"""Corridors and pipes: capacity, least flow, direction, one option, trench, what they cost."""

from __future__ import annotations

import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.periods import in_each_period, said
from models.checks.tolerance import RELATIVE, above, differs, sentences

_PIPE = "pipe {option} for {resource} in corridor {corridor}: "


def pipeline_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return every broken rule of pipes and of the corridors they lie in."""
    pipes = plan.built_pipes.merge(
        problem.pipes, on=["corridor", "resource", "option"], suffixes=("", "_given"), how="left"
    ).merge(problem.corridors, on="corridor", suffixes=("", "_corridor"), how="left")
    pipes["flow"] = pipes["flow_forward"] + pipes["flow_backward"]
    pipes["replaced"] = _replaced(pipes)
    pipes["serving"] = pipes["count"] - pipes["replaced"]
    pipes["room"] = pipes["capacity_given"] * pipes["serving"]
    pipes["least"] = pipes["min_flow"] * pipes["serving"]
    return [
        *_flow_rules(pipes),
        *_money_rules(pipes),
        *_option_rules(pipes),
        *_upgrade_rules(problem, pipes),
        *_corridor_rules(problem, plan, pipes),
    ]


def _flow_rules(pipes: pd.DataFrame) -> list[str]:
    one_way = ~pipes["both_ways"].to_numpy(dtype=bool)
    # A pipe with a least flow runs one way: to and fro would count the same quantity twice.
    fro = pipes[["flow_forward", "flow_backward"]].min(axis=1)
    counted = (pipes["min_flow"] > 0).to_numpy()
    # Of several periods a pipe may stand idle in some.
    used = ((pipes["flow"] > 0) | (pipes["period"] == "")).to_numpy()
    violations = []
    for wrong, template in (
        (above(-pipes["flow_forward"], 0.0), "forward flow {flow_forward:g} is negative"),
        (above(-pipes["flow_backward"], 0.0), "backward flow {flow_backward:g} is negative"),
        (one_way & above(pipes["flow_backward"], 0.0), "{flow_backward:g} flow against the only direction"),
        (above(pipes["flow"], pipes["room"]), "flow {flow:g} is more than the capacity {room:g}"),
        (used & above(pipes["least"], pipes["flow"]), "flow {flow:g} is less than the least flow {least:g}"),
        ((pipes["count"] < 1).to_numpy(), "{count} pipes are none"),
        ((pipes["serving"] < 1).to_numpy() & above(pipes["flow"], 0.0), "flow {flow:g} in a pipe that was replaced"),
        (counted & above(fro, 0.0), "{flow_forward:g} and {flow_backward:g} flow to and fro"),
    ):
        violations += sentences(pipes, wrong, _PIPE + template)
    return violations


def _money_rules(pipes: pd.DataFrame) -> list[str]:
    pipes["paid"] = (pipes["count"] * pipes["fixed_cost_given"]).where(~pipes["existing_given"], 0.0)
    pipes["pumped"] = pipes["flow"] * pipes["unit_cost"]
    pipes["emitted"] = pipes["flow"] * pipes["co2_per_unit"]
    violations = []
    for wrong, template in (
        (differs(pipes["fixed_cost"], pipes["paid"]), "fixed cost is {fixed_cost:g}, but should be {paid:g}"),
        (differs(pipes["flow_cost"], pipes["pumped"]), "flow cost is {flow_cost:g}, but should be {pumped:g}"),
        (differs(pipes["co2"], pipes["emitted"]), "CO2 is {co2:g}, but should be {emitted:g}"),
    ):
        violations += sentences(pipes, wrong, _PIPE + template)
    return violations


def _option_rules(pipes: pd.DataFrame) -> list[str]:
    """Return where new pipes take more than the room there is; those that replace others take none."""
    new = pipes[~pipes["existing_given"].to_numpy(dtype=bool) & (pipes["upgrade_of_given"] == "")]
    violations = sentences(
        pipes,
        (pipes["count"] > pipes["max_parallel"]).to_numpy(),
        _PIPE + "{count} side by side, but {max_parallel} fit",
    )
    for (corridor, resource, period), options in new.groupby(["corridor", "resource", "period"], sort=False):
        if len(options) > 1 and (options["count"] / options["max_parallel"]).sum() > 1 + RELATIVE:
            rule = "one may be built" if (options["max_parallel"] == 1).all() else "they do not fit side by side"
            violations.append(
                f"corridor {corridor}: {options['count'].sum()} new pipes for {resource} "
                f"({', '.join(options['option'])}); {rule}{said(str(period))}"
            )
    return violations


def _replaced(pipes: pd.DataFrame) -> pd.Series:
    """Return how many of each built pipe others of the plan replace."""
    gone = pipes.groupby(["corridor", "resource", "upgrade_of_given", "period"])["count"].sum()
    here = pd.MultiIndex.from_frame(pipes[["corridor", "resource", "option", "period"]])
    return pd.Series(gone.reindex(here).fillna(0).to_numpy(), index=pipes.index)


def _upgrade_rules(problem: Problem, pipes: pd.DataFrame) -> list[str]:
    """Return upgrades of pipes that are not there, or not as often."""
    upgrades = pipes[pipes["upgrade_of_given"] != ""]
    place = ["corridor", "resource", "option", "period"]
    there = {
        tuple(row[name] for name in place): (1 if row["existing"] else 0)
        for row in in_each_period(problem, problem.pipes).to_dict("records")
    }
    there |= {tuple(row[name] for name in place): row["count"] for row in pipes.to_dict("records")}
    violations = []
    for key, rows in upgrades.groupby(["corridor", "resource", "upgrade_of_given", "period"], sort=False):
        corridor, resource, old, period = key
        if rows["count"].sum() > there.get(key, 0):
            violations.append(
                f"corridor {corridor}: {rows['count'].sum()} of {', '.join(rows['option'])} for {resource} replace "
                f"{old}, but {there.get(key, 0)} of it are there{said(str(period))}"
            )
    return violations


def _corridor_rules(problem: Problem, plan: Plan, pipes: pd.DataFrame) -> list[str]:
    dug = plan.built_corridors.merge(problem.corridors, on="corridor", suffixes=("", "_given"), how="left")
    dug["paid"] = dug["fixed_cost_given"].where(~dug["existing_given"], 0.0)
    here = ["corridor", "period"]
    dug = dug.merge(pipes.groupby(here)["flow"].sum().reset_index(), on=here, how="left").fillna({"flow": 0.0})
    who = "corridor {corridor}: "
    homeless = ~pd.MultiIndex.from_frame(pipes[here]).isin(pd.MultiIndex.from_frame(dug[here]))
    violations = sentences(pipes, homeless, _PIPE + "its corridor is not among the built ones")
    for wrong, template in (
        (differs(dug["fixed_cost"], dug["paid"]), "fixed cost is {fixed_cost:g}, but should be {paid:g}"),
        (
            above(dug["flow"], dug["capacity"]),
            "flow {flow:g} over all resources is more than the capacity {capacity:g}",
        ),
        (
            differs(dug["length_m"], dug["length_m_given"]),
            "length is {length_m:g} m, but should be {length_m_given:g} m",
        ),
    ):
        violations += sentences(dug, wrong, who + template)
    return violations
