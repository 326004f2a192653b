"""Which pipes could usefully lie in a corridor, and what each costs, carries and loses.

A corridor is useful for a resource when it lies on a way from a supply to a demand that is not much
longer than the best. What those supplies and demands could at most exchange bounds the diameters worth
offering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from data.contracts import make_table
from data.errors import Fault, InputError
from data.settings import Settings
from data.study import Study
from routing.corridor_links import Link, link_graph
from routing.hydraulics import fluid_of, pipe_flow
from routing.surface import Floats, Ints

MAX_DETOUR = 2.0  # a way this much dearer than the best one from supply to demand is not offered
MAX_OPTIONS = 5  # diameters per corridor and resource
MAX_LOSS = 0.5  # a pipe that loses more than half of what it carries is no option


@dataclass(frozen=True)
class Matches:
    """Supply and demand pairs that a pipe may join, as arrays of shape (n,).

    ``start`` and ``end`` are node numbers; ``given`` and ``wanted`` quantities per year.
    """

    supply: tuple[str, ...]
    demand: tuple[str, ...]
    resource: tuple[str, ...]
    start: Ints
    end: Ints
    given: Floats
    wanted: Floats


def pipe_designs(study: Study, resources: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the catalogue diameters of each resource with what they carry and cost.

    Returns
    -------
    dict of DataFrame
        By resource, sorted by capacity, without diameters that a larger one beats in cost, loss and
        pumping: resource, option, diameter_mm, capacity (own units per year), kwh_per_unit_m, loss_per_m (fraction
        of a full pipe per metre), pipe_cost_per_m, trench_cost_per_m.

    Raises
    ------
    InputError
        When a resource cannot be piped as it is described; every such resource is named.
    """
    catalogue = study.resources.set_index("resource", drop=False)
    designs, faults = {}, []
    for name in sorted(set(resources)):
        row = catalogue.loc[name]
        sizes = study.pipe_costs[study.pipe_costs["pipe_class"] == row["pipe_class"]].sort_values("diameter_mm")
        if sizes.empty:
            known = ", ".join(sorted(study.pipe_costs["pipe_class"].unique()))
            found = f"{str(row['pipe_class'])!r} for {name}"
            faults.append(Fault("resources", "pipe_class", found, f"a class of the pipe costs: {known}"))
            continue
        try:
            designs[name] = _undominated(_sized(row, sizes, study))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return designs


def _sized(resource: pd.Series, sizes: pd.DataFrame, study: Study) -> pd.DataFrame:
    settings = study.settings.pipelines
    fluid = fluid_of(resource, settings)
    rows: list[dict[str, object]] = []
    for size in sizes.itertuples(index=False):
        flow = pipe_flow(fluid, float(size.diameter_mm), settings)
        rows.append(
            {
                "resource": resource["resource"],
                "option": f"DN{size.diameter_mm:g}",
                "diameter_mm": size.diameter_mm,
                "capacity": flow.capacity,
                "kwh_per_unit_m": flow.kwh_per_unit_m,
                "loss_per_m": flow.loss_mwh_per_m / (flow.capacity * fluid.mwh_per_unit) if fluid.mwh_per_unit else 0.0,
                "pipe_cost_per_m": size.pipe_cost_per_m,
                "trench_cost_per_m": size.trench_cost_per_m,
            }
        )
    return pd.DataFrame(rows).sort_values("capacity", kind="stable")


def useful_flows(links: Sequence[Link], matches: Matches) -> list[dict[str, tuple[float, float]]]:
    """Return for each link the resources it could carry, with the least and most that could flow.

    A link is of use to a match when a way from supply to demand leads over it, once, at no more than
    ``MAX_DETOUR`` times the cheapest way's cost. The least is the smallest single exchange, the most what
    all supplies or all demands of the useful matches add up to.
    """
    if not links or len(matches.start) == 0:
        return [{} for _ in links]
    size = int(max(matches.start.max(), matches.end.max())) + 1
    best = dijkstra(link_graph(links, size), indices=np.arange(size))[matches.start, matches.end]
    flows = []
    for link in links:
        rest = [other for other in links if other is not link]
        graph = link_graph(rest, max(size, link.start + 1, link.end + 1))
        from_start, from_end = dijkstra(graph, indices=[link.start, link.end])
        over = np.minimum(
            from_start[matches.start] + from_end[matches.end], from_end[matches.start] + from_start[matches.end]
        )
        useful = np.isfinite(over) & (over + link.cost <= MAX_DETOUR * best)
        flows.append(_bounds(matches, np.flatnonzero(useful)))
    return flows


def _bounds(matches: Matches, useful: Ints) -> dict[str, tuple[float, float]]:
    bounds = {}
    names = np.array(matches.resource, dtype=object)
    for resource in sorted(set(names[useful])):
        chosen = useful[names[useful] == resource]
        given = {matches.supply[k]: float(matches.given[k]) for k in chosen}
        wanted = {matches.demand[k]: float(matches.wanted[k]) for k in chosen}
        least = float(np.minimum(matches.given[chosen], matches.wanted[chosen]).min())
        bounds[resource] = (least, min(sum(given.values()), sum(wanted.values())))
    return bounds


def chosen_designs(designs: pd.DataFrame, least: float, most: float) -> pd.DataFrame:
    """Return the diameters of one resource worth offering where between ``least`` and ``most`` may flow.

    From the smallest that carries the least to the smallest that carries the most, or the largest there
    is; at most ``MAX_OPTIONS``, spread evenly.
    """
    capacity = designs["capacity"].to_numpy()
    first, top = np.minimum(np.searchsorted(capacity, [least, most]), len(capacity) - 1)
    picked = np.linspace(first, top, min(MAX_OPTIONS, int(top - first) + 1)).round().astype(int)
    return designs.iloc[picked]


def _undominated(ordered: pd.DataFrame) -> pd.DataFrame:
    """Return the rows, sorted by capacity, that no later one beats in everything else."""
    costs = ordered[["pipe_cost_per_m", "trench_cost_per_m", "kwh_per_unit_m", "loss_per_m"]].to_numpy(dtype=float)
    beats = (costs[None, :, :] <= costs[:, None, :]).all(axis=2)
    return ordered[~np.triu(beats, k=1).any(axis=1)].reset_index(drop=True)


def pipe_table(corridors: pd.DataFrame, offers: Sequence[pd.DataFrame], settings: Settings) -> pd.DataFrame:
    """Return the contract's ``pipes`` table.

    A pipe pays for itself (without the factor of the ground) and for the part of its trench that goes
    beyond the corridor's base trench; pumps pay for electricity at the flow of a full pipe, and heat is
    lost at the rate of a full pipe too.

    Parameters
    ----------
    corridors
        corridor, length_m, weighted_length_m, trench_cost_per_m (the base).
    offers
        Per corridor the chosen rows of :func:`pipe_designs`.
    """
    frames = [
        offer.assign(**row._asdict(), option_trench=offer["trench_cost_per_m"])
        for row, offer in zip(corridors.itertuples(index=False), offers, strict=True)
    ]
    if not frames:
        return make_table("problem", "pipes", [])
    rows = pd.concat(frames, ignore_index=True)
    finance, level = settings.finance, settings.pipelines.cost_factor
    years = finance.lifetime_years
    pipe = rows["pipe_cost_per_m"] * rows["length_m"] * level
    wider = (rows["option_trench"] - rows["trench_cost_per_m"]) * rows["weighted_length_m"] * level
    upkeep = finance.pipe_upkeep_share
    rows["fixed_cost"] = pipe * (finance.annuity(years.pipe) + upkeep) + wider * (
        finance.annuity(years.trench) + upkeep
    )
    mwh = rows["kwh_per_unit_m"] * rows["length_m"] / 1000
    rows["unit_cost"] = mwh * finance.electricity_price_per_mwh
    rows["co2_per_unit"] = mwh * finance.electricity_co2_t_per_mwh
    rows["loss"] = rows["loss_per_m"] * rows["length_m"]
    kept = rows[rows["loss"] <= MAX_LOSS]
    columns = [
        "corridor", "resource", "option", "fixed_cost", "unit_cost", "capacity", "loss", "co2_per_unit", "diameter_mm",
    ]  # fmt: skip
    return make_table("problem", "pipes", kept[columns])
