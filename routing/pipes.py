"""Which pipes could usefully lie in a corridor, and what each costs, carries and loses.

A corridor is useful for a resource when it lies on a way from a supply to a demand that is not much
longer than the best. What those supplies and demands could at most exchange bounds the diameters worth
offering.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from data.contracts import make_table
from data.errors import Fault, InputError
from data.grids import Flags, Floats, Ints
from data.settings import Settings
from data.study import Study
from routing.corridor_links import Link, link_graph
from routing.hydraulics import GRAVITY, fluid_of, pipe_flow, pump_head_m
from routing.profile import Profile


class Flow(NamedTuple):
    """What could flow in a corridor, own units per year, and which way: from its start, from its end."""

    least: float
    most: float
    forward: bool
    backward: bool

    def turned(self) -> Flow:
        """Return the flow as seen from the other end."""
        return Flow(self.least, self.most, self.backward, self.forward)


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

    def only(self, rows: Flags) -> Matches:
        """Return the matches of some rows, shape (n,)."""
        kept = np.flatnonzero(rows).tolist()
        return Matches(
            supply=tuple(self.supply[k] for k in kept),
            demand=tuple(self.demand[k] for k in kept),
            resource=tuple(self.resource[k] for k in kept),
            start=self.start[kept],
            end=self.end[kept],
            given=self.given[kept],
            wanted=self.wanted[kept],
        )


def pipe_designs(study: Study, resources: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the catalogue diameters of each resource with what they carry and cost.

    Returns
    -------
    dict of DataFrame
        By resource, sorted by capacity, without diameters that a larger one beats in cost, loss and
        pumping: resource, option, diameter_mm, capacity (own units per year), kwh_per_unit_m, loss_per_m (fraction
        of a full pipe per metre), pipe_cost_per_m, trench_cost_per_m, kwh_per_unit_head_m (lifting by a metre;
        0 for what need not be lifted), head_slope (head lost to friction, metres per metre), existing (false).

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
                "kwh_per_unit_head_m": fluid.kwh_per_unit_head_m,
                "head_slope": flow.gradient / (fluid.density * GRAVITY),
                "existing": False,
            }
        )
    return pd.DataFrame(rows).sort_values("capacity", kind="stable")


def useful_flows(links: Sequence[Link], matches: Matches, max_detour: float) -> list[dict[str, Flow]]:
    """Return for each link the resources it could carry, how much of them and which way.

    A link is of use to a match when a way from supply to demand leads over it, once, at no more than
    ``max_detour`` times the cheapest way's cost (over new trenches where there is one: what is left in an
    existing pipe may not do). The least is the smallest single exchange, the most what all supplies or all
    demands of the useful matches add up to. An existing pipe carries its own resource alone.
    """
    flows: list[dict[str, Flow]] = [{} for _ in links]
    names = np.array(matches.resource, dtype=object)
    special = {link.pipe.resource for link in links if link.pipe}
    groups = [(names == resource, {resource}) for resource in sorted(special)]
    groups.append((~np.isin(names, sorted(special)), set[str]()))
    for rows, piped in groups:
        usable = [k for k, link in enumerate(links) if link.pipe is None or link.pipe.resource in piped]
        if not usable or not rows.any():
            continue
        some = matches.only(rows)
        for k, (forward, backward) in zip(usable, _uses([links[k] for k in usable], some, max_detour), strict=True):
            flows[k] |= _bounds(some, forward, backward)
    return flows


def _uses(links: Sequence[Link], matches: Matches, max_detour: float) -> Iterator[tuple[Flags, Flags]]:
    """Return per link which matches could use it, from its start to its end and the other way."""
    size = int(max(matches.start.max(), matches.end.max(), *(max(link.start, link.end) for link in links))) + 1
    new = [link for link in links if link.pipe is None]
    best = np.full(len(matches.start), np.inf)
    for some in (new, links):
        if len(some):
            cost = dijkstra(link_graph(some, size), indices=np.arange(size))[matches.start, matches.end]
            best = np.where(np.isfinite(best), best, cost)
    for link in links:
        rest = [other for other in links if other is not link]
        if rest:
            from_start, from_end = dijkstra(link_graph(rest, size), indices=[link.start, link.end])
        else:
            from_start, from_end = np.full((2, size), np.inf)
            from_start[link.start] = from_end[link.end] = 0.0
        most = max_detour * best - link.cost
        there = from_start[matches.start] + from_end[matches.end]
        back = from_end[matches.start] + from_start[matches.end]
        yield np.isfinite(there) & (there <= most), np.isfinite(back) & (back <= most)


def _bounds(matches: Matches, forward: Flags, backward: Flags) -> dict[str, Flow]:
    bounds = {}
    names, useful = np.array(matches.resource, dtype=object), np.flatnonzero(forward | backward)
    for resource in sorted(set(names[useful])):
        chosen = useful[names[useful] == resource]
        given = {matches.supply[k]: float(matches.given[k]) for k in chosen}
        wanted = {matches.demand[k]: float(matches.wanted[k]) for k in chosen}
        least = float(np.minimum(matches.given[chosen], matches.wanted[chosen]).min())
        most = min(sum(given.values()), sum(wanted.values()))
        bounds[resource] = Flow(least, most, bool(forward[chosen].any()), bool(backward[chosen].any()))
    return bounds


def chosen_designs(designs: pd.DataFrame, least: float, most: float, max_options: int) -> pd.DataFrame:
    """Return the diameters of one resource worth offering where between ``least`` and ``most`` may flow.

    From the smallest that carries the least to the smallest that carries the most, or the largest there
    is; at most ``max_options``, spread evenly.
    """
    capacity = designs["capacity"].to_numpy()
    first, top = np.minimum(np.searchsorted(capacity, [least, most]), len(capacity) - 1)
    picked = np.linspace(first, top, min(max_options, int(top - first) + 1)).round().astype(int)
    return designs.iloc[picked]


def _undominated(ordered: pd.DataFrame) -> pd.DataFrame:
    """Return the rows, sorted by capacity, that no later one beats in everything else."""
    costs = ordered[["pipe_cost_per_m", "trench_cost_per_m", "kwh_per_unit_m", "loss_per_m"]].to_numpy(dtype=float)
    beats = (costs[None, :, :] <= costs[:, None, :]).all(axis=2)
    return ordered[~np.triu(beats, k=1).any(axis=1)].reset_index(drop=True)


def with_heads(offer: pd.DataFrame, flow: Mapping[str, Flow], along: Profile | None) -> pd.DataFrame:
    """Return the pipes on offer in one corridor with ``extra_head_m``: the pump head beyond friction.

    The corridor's pipe has one pumping cost for both ways, so the way that needs more counts, of those in
    which something could flow. Negative where the ground falls: the fall saves friction.
    """
    if along is None:
        return offer.assign(extra_head_m=0.0)
    length, back = float(along.at_m[-1]), along.turned()
    extra = []
    for name, slope in zip(offer["resource"], offer["head_slope"], strict=True):
        ways = [way for way, used in ((along, flow[name].forward), (back, flow[name].backward)) if used]
        extra.append(max(pump_head_m(way.at_m, way.height_m, slope) for way in ways) - slope * length)
    return offer.assign(extra_head_m=extra)


def pipe_table(corridors: pd.DataFrame, offers: Sequence[pd.DataFrame], settings: Settings) -> pd.DataFrame:
    """Return the contract's ``pipes`` table.

    A pipe pays for itself (without the factor of the ground) and for the part of its trench that goes
    beyond the corridor's base trench; pumps pay for electricity at the flow of a full pipe, uphill more and
    downhill less, and heat is lost at the rate of a full pipe too.

    Parameters
    ----------
    corridors
        corridor, length_m, weighted_length_m, trench_cost_per_m (the base).
    offers
        Per corridor the chosen rows of :func:`pipe_designs`, by way of :func:`with_heads`.
    """
    if not len(corridors):
        return make_table("problem", "pipes", [])
    rows = pd.concat(offers, ignore_index=True).rename(columns={"trench_cost_per_m": "option_trench"})
    times = [len(offer) for offer in offers]
    for column in ("corridor", "length_m", "weighted_length_m", "trench_cost_per_m"):
        rows[column] = np.repeat(corridors[column].to_numpy(), times)
    finance, level = settings.finance, settings.pipelines.cost_factor
    years = finance.lifetime_years
    pipe = rows["pipe_cost_per_m"] * rows["length_m"] * level
    wider = (rows["option_trench"] - rows["trench_cost_per_m"]) * rows["weighted_length_m"] * level
    upkeep = finance.pipe_upkeep_share
    rows["fixed_cost"] = pipe * (finance.annuity(years.pipe) + upkeep) + wider * (
        finance.annuity(years.trench) + upkeep
    )
    rows["capex_fixed"] = pipe + wider
    lifting = rows["kwh_per_unit_head_m"] * rows["extra_head_m"]
    mwh = (rows["kwh_per_unit_m"] * rows["length_m"] + lifting).clip(lower=0) / 1000
    rows["unit_cost"] = mwh * finance.electricity_price_per_mwh
    rows["co2_per_unit"] = mwh * finance.electricity_co2_t_per_mwh
    rows["loss"] = rows["loss_per_m"] * rows["length_m"]
    kept = rows[rows["loss"] <= settings.pipelines.max_loss]
    columns = [
        "corridor", "resource", "option", "fixed_cost", "unit_cost", "capacity", "loss", "co2_per_unit", "diameter_mm",
        "existing", "capex_fixed",
    ]  # fmt: skip
    return make_table("problem", "pipes", kept[columns])
