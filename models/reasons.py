"""Why a Problem has no plan, in the user's words, where that is easily proven."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.problem import Problem
from models.network import Network

_SLACK = 1e-9  # relative


def infeasible_reasons(problem: Problem, network: Network) -> tuple[str, ...]:
    """Return every easily proven reason why there is no plan; empty when none is found.

    ``network`` is tightened: its bounds are proofs.
    """
    return (
        *_unreachable(problem, network),
        *_too_little(problem, network),
        *_co2_floor(problem, network),
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


def _too_little(problem: Problem, network: Network) -> list[str]:
    """Compare all supply with all that must be served in every connected piece without hubs."""
    arcs, count = network.arcs, len(network.cells)
    graph = coo_array((np.ones(len(arcs)), (arcs["from_cell"], arcs["to_cell"])), shape=(count, count))
    pieces, label = connected_components(graph.tocsr(), directed=False)
    supply = np.bincount(label[network.supplies["cell"]], network.supplies["bound"], minlength=pieces)
    must = network.demands[network.demands["must_serve"] & (network.demands["bound"] > 0)]
    needed = np.bincount(label[must["cell"]], must["quantity"], minlength=pieces)
    with_hub = np.zeros(pieces, dtype=bool)
    with_hub[label[network.recipes["cell"].to_numpy()]] = True
    unit = _units(problem)
    reasons = []
    for piece in np.flatnonzero((needed > supply * (1 + _SLACK)) & (supply > 0) & ~with_hub):
        members = must[label[must["cell"]] == piece]
        name = members["resource"].iloc[0]
        period = members["period"].iloc[0]
        reasons.append(
            f"demands {', '.join(members['demand'])} must be served with {needed[piece]:g} {unit[name]}/year of {name} "
            f"together{f' in {period}' if period else ''}, "
            f"but the supplies that can reach them have only {supply[piece]:g}"
        )
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


def proven_reason(problem: Problem) -> str:
    """Return what is known when only the solver's proof says that there is no plan."""
    limits = problem.limits
    cap = limits.co2_cap_t_per_year
    parts = [
        *(["serves every demand that must be served"] if problem.demands["must_serve"].any() else []),
        *(["keeps every mix within its limits"] if len(problem.quality) else []),
        *(["has every forced exchange"] if problem.limits.forced_exchanges else []),
        *([f"keeps CO2 within the cap of {cap:g} t/year"] if cap is not None else []),
        *(["invests no more than the budget"] if limits.investment_budget is not None else []),
        *(["has no more new partners than allowed"] if limits.max_new_partners is not None else []),
    ]
    return (
        f"no plan {' and '.join(parts) or 'is allowed'} within all capacities together, though no single one forbids it"
    )
