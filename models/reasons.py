"""Requirements that cannot be met whatever else is given up, where that is seen before solving.

Everything else that contradicts itself is found by :mod:`models.conflicts`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.problem import Problem
from models.network import Network

_SLACK = 1e-9  # relative


def infeasible_reasons(problem: Problem, network: Network) -> tuple[str, ...]:
    """Return every requirement that cannot be met for a reason seen before solving; empty when none is found.

    ``network`` is tightened: its bounds are proofs.
    """
    return (
        *_unreachable(problem, network),
        *_co2_floor(problem, network),
        *_landfill_floor(problem, network),
        *_impossible_exchanges(problem, network),
    )


def _units(problem: Problem) -> pd.Series:
    return problem.resources.set_index("resource")["unit"]


def _unreachable(problem: Problem, network: Network) -> list[str]:
    unit = _units(problem)
    must = network.demands[network.demands["must_serve"]]
    short = must[must["bound"] < must["quantity"] * (1 - _SLACK)]
    reasons = []
    for row in short.itertuples(index=False):
        what = f"{row.quantity:g} {unit[row.resource]}/year of {row.resource} at {row.node}"
        what += f" in {row.period}" if row.period else ""
        reach = (
            "no supply of it can reach that place"
            if row.bound <= 0
            else f"at most {row.bound:g} {unit[row.resource]}/year can reach that place"
        )
        reasons.append(f"demand {row.demand} must be served with {what}, but {reach}")
    return reasons


def _co2_floor(problem: Problem, network: Network) -> list[str]:
    """Compare the cap with the least CO2 that is left when everything that saves CO2 is exchanged."""
    cap = problem.limits.co2_cap_t_per_year
    transport = [network.pipes["co2_per_unit"], network.hauls["co2_per_unit"], network.hubs["co2_per_unit"]]
    if cap is None or any((co2 < 0).any() for co2 in transport):
        return []
    periods = network.periods
    floor = np.zeros(len(periods))
    for table, column in ((network.supplies, "co2_unplaced"), (network.demands, "co2_unserved")):
        least = table[column] * table["quantity"] - table[column].clip(lower=0) * table["bound"]
        floor += np.bincount(table["when"], least, minlength=len(periods))
    return [
        f"the CO2 cap is {cap:g} t/year, but even if everything that can be exchanged were, "
        f"{left:g} t/year would be left{f' in {period}' if period else ''}"
        for period, left in zip(periods["period"], floor.tolist(), strict=True)
        if left > cap + _SLACK * max(1.0, abs(cap))
    ]


def _landfill_floor(problem: Problem, network: Network) -> list[str]:
    """Compare the cap with what is left when everything that can be placed is."""
    cap = problem.limits.landfill_cap_t_per_year
    if cap is None:
        return []
    supplies, periods = network.supplies, network.periods
    mass = supplies["resource"].map(problem.resources.set_index("resource")["landfill_t_per_unit"])
    floor = np.bincount(supplies["when"], mass * (supplies["quantity"] - supplies["bound"]), minlength=len(periods))
    return [
        f"no more than {cap:g} t/year may go to landfill, but even if everything that can be exchanged were, "
        f"{left:g} t/year would be left{f' in {period}' if period else ''}"
        for period, left in zip(periods["period"], floor.tolist(), strict=True)
        if left > cap + _SLACK * max(1.0, cap)
    ]


def _impossible_exchanges(problem: Problem, network: Network) -> list[str]:
    """Return forced exchanges that nothing can bring."""
    arrivals = network.grades[["from_cell", "to_cell"]]
    possible = set(network.forced.merge(arrivals)["pair"]) if len(network.forced) else set()
    return [
        f"the exchange from {pair[0]} to {pair[1]}{' of ' + pair[2] if len(pair) > 2 else ''} is forced, but nothing "
        "that the one gives can reach the other and be used there"
        for pair in problem.limits.forced_exchanges
        if " -> ".join(pair) not in possible
    ]
