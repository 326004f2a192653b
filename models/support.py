"""Which Problems this version can optimise."""

from __future__ import annotations

import highspy
import pandas as pd

from data.errors import Fault, InputError
from data.problem import Problem
from data.problem_rules import rule_faults
from data.settings import LIMITS_BY_PERIOD
from models.phases import uses_capex

_OWN_OPTIONS = {"mip_rel_gap": "gap", "time_limit": "time_limit_s", "random_seed": "seed", "threads": "threads"}


def require_supported(problem: Problem) -> None:
    """Raise unless the Problem can be optimised.

    Raises
    ------
    InputError
        A vehicle that is paid for but does not say how long it runs, a solver option HiGHS does not know,
        limits that do not fit the periods, a budget that only some of what can be built says what it takes from.
    """
    if faults := [*rule_faults(problem), *_vehicle_faults(problem), *_option_faults(problem), *period_faults(problem)]:
        raise InputError(faults)


def _vehicle_faults(problem: Problem) -> list[Fault]:
    """Return vehicles and routes without hours: a vehicle with a fixed cost is paid by its hours."""
    vehicles, routes = problem.vehicles, problem.routes
    paid = vehicles["fixed_cost"] > 0
    faults = [
        Fault(
            "vehicles.csv", "hours_per_year", "nothing or 0", "hours, since the vehicle has a fixed cost", row=row + 2
        )
        for row in vehicles.index[paid & ~(vehicles["hours_per_year"] > 0)]
    ]
    hauled = routes["vehicle"].isin(vehicles.loc[paid, "vehicle"])
    for column in ("units_per_trip", "hours_per_trip"):
        missing = ~(routes[column] > 0) if column == "units_per_trip" else routes[column].isna()
        faults += [
            Fault("routes.csv", column, "nothing or 0", "a number, since the vehicle has a fixed cost", row=row + 2)
            for row in routes.index[hauled & missing]
        ]
    return faults


def period_faults(problem: Problem) -> list[Fault]:
    """Return limits with another number of values than periods, and what a budget needs to know."""
    count = max(len(problem.periods), 1)
    limits = problem.limits
    faults = [
        Fault("settings", f"limits.{name}", f"{len(values)} values", f"one number, or one for each of {count} periods")
        for name in LIMITS_BY_PERIOD
        if isinstance(values := getattr(limits, name), tuple) and len(values) != count
    ]
    if limits.investment_budget is not None and uses_capex(problem):
        faults += _capex_faults(problem)
    return faults


def _capex_faults(problem: Problem) -> list[Fault]:
    """Return rows that would take nothing from the budget, or could not be counted."""
    faults = []
    for name, there in (("corridors", "existing"), ("pipes", "existing"), ("routes", None), ("hubs", None)):
        table = getattr(problem, name)
        new = ~table[there] if there else pd.Series(data=True, index=table.index)
        paid = table["fixed_cost"] > 0
        for column, wrong, expected in (
            (
                "capex_fixed",
                paid & table["capex_fixed"].isna(),
                "what it invests: a budget is set, and other rows say it",
            ),
            ("fixed_cost", ~paid & (table["capex_fixed"] > 0), "the yearly cost that pays off what is invested"),
        ):
            faults += [
                Fault(f"{name}.csv", column, "nothing or 0", expected, row=int(row) + 2)
                for row in table.index[new & wrong]
            ]
    return faults


def _option_faults(problem: Problem) -> list[Fault]:
    """Return options that HiGHS, asked itself, does not accept: Pyomo would pass over them."""
    probe = highspy.Highs()  # type: ignore[no-untyped-call]
    probe.setOptionValue("output_flag", False)
    faults = []
    for name, value in problem.settings.solver.options.items():
        if name in _OWN_OPTIONS:
            faults.append(
                Fault("settings", f"solver.options.{name}", repr(value), f"the setting solver.{_OWN_OPTIONS[name]}")
            )
        elif probe.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            faults.append(
                Fault("settings", f"solver.options.{name}", repr(value), "an option of HiGHS with a value it accepts")
            )
    return faults
