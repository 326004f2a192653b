"""Routes, bays and vehicles: capacity, hours, whole vehicles, what they cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.plan import Plan
from data.problem import Problem
from models.checks.periods import in_each_period
from models.checks.tolerance import above, differs, sentences


def truck_violations(problem: Problem, plan: Plan) -> list[str]:
    """Return every broken rule of hauls and fleets."""
    hauls = plan.hauls.merge(problem.routes, on="route", suffixes=("", "_given"), how="left")
    bay = hauls["fixed_cost"].where((hauls["quantity"] > 0) | (hauls["built_in"] != ""), 0.0)
    hauls["paid"] = hauls["quantity"] * hauls["unit_cost"] + bay
    hauls["emitted"] = hauls["quantity"] * hauls["co2_per_unit"]
    hauls["trips"] = hauls["quantity"] / hauls["units_per_trip"].where(hauls["units_per_trip"] > 0)
    hauls["hours"] = hauls["trips"] * hauls["hours_per_trip"]
    violations = []
    for wrong, template in (
        (above(-hauls["quantity"], 0.0), "quantity {quantity:g} is negative"),
        (above(hauls["quantity"], hauls["capacity"]), "quantity {quantity:g} is more than the capacity {capacity:g}"),
        (differs(hauls["cost"], hauls["paid"]), "cost is {cost:g}, but should be {paid:g}"),
        (differs(hauls["co2"], hauls["emitted"]), "CO2 is {co2:g}, but should be {emitted:g}"),
        (
            hauls["trips"].notna().to_numpy() & differs(hauls["trips_per_year"], hauls["trips"]),
            "{trips_per_year:g} trips/year, but should be {trips:g}",
        ),
        (
            hauls["hours"].notna().to_numpy() & differs(hauls["hours_per_year"], hauls["hours"]),
            "{hours_per_year:g} h/year, but should be {hours:g}",
        ),
    ):
        violations += sentences(hauls, wrong, "route {route}: " + template)
    return violations + _fleet_rules(problem, plan, hauls.groupby(["vehicle", "period"])["hours"].sum())


def _fleet_rules(problem: Problem, plan: Plan, hours: pd.Series) -> list[str]:
    classes = in_each_period(problem, problem.vehicles[problem.vehicles["hours_per_year"] > 0])
    key = ["vehicle", "period"]
    fleets = classes.merge(plan.fleets, on=key, suffixes=("_given", ""), how="left")
    fleets = fleets.merge(hours.rename("needed").reset_index(), on=key, how="left").fillna({"needed": 0.0})
    missing = (fleets["needed"] > 0) & fleets["vehicles"].isna()
    violations = sentences(
        fleets, missing.to_numpy(), "vehicle {vehicle}: {needed:g} h/year are hauled, but none is there"
    )
    there = fleets[fleets["vehicles"].notna()].copy()
    there["available"] = there["vehicles"] * there["hours_per_year_given"]
    there["paid"] = there["vehicles"] * there["fixed_cost"]
    fraction = np.abs(there["vehicles"] - there["vehicles"].round()).to_numpy() > 1e-9
    for wrong, template in (
        (differs(there["hours_per_year"], there["needed"]), "{hours_per_year:g} h/year, but {needed:g} are hauled"),
        (
            above(there["needed"], there["available"]),
            "{needed:g} h/year are hauled, but {vehicles:g} have {available:g}",
        ),
        (there["integer_fleet"].to_numpy(dtype=bool) & fraction, "{vehicles:g} is not a whole number"),
        (differs(there["cost"], there["paid"]), "cost is {cost:g}, but should be {paid:g}"),
    ):
        violations += sentences(there, wrong, "vehicle {vehicle}: " + template)
    return violations
