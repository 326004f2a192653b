"""Which Problems this version can optimise."""

from __future__ import annotations

import highspy

from data.errors import Fault, InputError, UnsupportedProblemError
from data.problem import Problem
from data.problem_rules import rule_faults

_OWN_OPTIONS = {"mip_rel_gap": "gap", "time_limit": "time_limit_s", "random_seed": "seed", "threads": "threads"}


def require_supported(problem: Problem) -> None:
    """Raise unless every part of the Problem can be optimised.

    Raises
    ------
    UnsupportedProblemError
        Naming each part that cannot.
    InputError
        A vehicle that is paid for but does not say how long it runs, a solver option HiGHS does not know.
    """
    if parts := unsupported_parts(problem):
        raise UnsupportedProblemError("this version does not optimise: " + "; ".join(parts))
    if faults := rule_faults(problem) + _vehicle_faults(problem) + _option_faults(problem):
        raise InputError(faults)


def unsupported_parts(problem: Problem) -> list[str]:
    """Return each used part of the Problem that the model does not know, in words."""
    limits, periods = problem.limits, problem.periods
    found = {
        f"periods ({len(periods)} of them; one is supported)": len(periods) > 1,
        "a period whose weight is not 1": len(periods) == 1 and bool((periods["weight"] != 1).any()),
        "limits.investment_budget": limits.investment_budget is not None,
        "limits.max_new_partners": limits.max_new_partners is not None,
    }
    return [part for part, used in found.items() if used]


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
