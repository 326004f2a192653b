"""Pipeline corridors: a graph of trenches that the matched plants could share, and the pipes in them.

1. Terminals are the plants of the pairs that a pipe may join.
2. Least-cost paths are found one after the other, earlier ones being cheaper to follow: to the forks
   where the ways to three terminals meet best, then over matched pairs and over neighbours (Gabriel
   graph), the nearest first.
3. Their union becomes a graph of links between terminals and junctions; links that no good plan needs go.
4. Each link is a corridor. It pays for its base trench, the right of way and the lines it crosses, once,
   whatever lies in it; each pipe pays for itself and for what its trench needs beyond the base.

The base trench is the cheapest among the pipes that may lie in the corridor, so one pipe alone pays
exactly its own trench. The factor of the ground applies to trenches, not to pipes. The trench is paid
off over its lifetime; upkeep, a share of the investment a year, is paid on it and on pipes, not on the
right of way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data.contracts import empty_table
from data.grids import Floats
from data.settings import Pipelines
from data.study import Study
from routing.candidates import candidate_paths
from routing.corridor_graph import MoveGrid, Prices, move_grid
from routing.corridor_links import Link, links_from_paths, simplified
from routing.corridor_tables import (
    ATTRIBUTES,
    corridor_profiles,
    corridor_table,
    drawn_lines,
    named_nodes,
    priced_corridors,
)
from routing.crossings import Crossings
from routing.existing import Existing, existing_design, find_existing, rejoined
from routing.pipes import Flow, Matches, chosen_designs, pipe_designs, pipe_table, useful_flows, with_heads
from routing.straighten import straightened
from routing.surface import CostSurface, cost_surface
from routing.taps import tapped
from routing.terminals import Terminals, find_terminals, near_pairs, routing_order
from routing.terrain_layers import terrain_lines


@dataclass(frozen=True)
class PipelineNetwork:
    """Corridors and pipes on offer.

    Attributes
    ----------
    junctions
        Contract ``problem.nodes``, kind junction, with x and y in the study's CRS.
    corridors
        Contract ``problem.corridors``; ends are plant ids and junctions.
    pipes
        Contract ``problem.pipes``.
    attributes
        Per corridor: weighted_length_m (each metre times the factor of its ground), trench_cost_per_m
        (the base), crossings (how many), crossing_cost, capex_trench (all that the corridor's fixed cost
        pays off; currency), existing, crossings_by_kind (``rail 1; road 3``), land and landcover (shares of
        the length in zones of each kind and on each class, ``farmland 0.7; town 0.1``), elevation_min_m,
        elevation_max_m, climb_m, descent_m, lift_m (to_node above from_node); NaN where no height is known.
    geometries
        key (the corridor), kind ``corridor``, geometry: lines in the study's CRS from ``from_node`` to
        ``to_node``, never inside forbidden land.
    unreachable
        plant, reason: plants that a pipe may serve and none can reach.
    notes
        plant, note: what a planner should know about how a plant, or the stop of an existing pipeline, was joined,
        and which existing pipelines (by id) are not planned with in their full length.
    """

    junctions: pd.DataFrame
    corridors: pd.DataFrame
    pipes: pd.DataFrame
    attributes: pd.DataFrame
    geometries: gpd.GeoDataFrame
    unreachable: pd.DataFrame
    notes: pd.DataFrame


@dataclass(frozen=True)
class _Terrain:
    """Everything about the ground that prices a line."""

    surface: CostSurface
    crossings: Crossings
    prices: Prices

    def price(self, coords: Floats) -> float:
        """Return what a drawn line costs to lay, currency invested."""
        trench = self.surface.weighted_length_m(coords) * self.prices.trench_per_m
        length = float(np.hypot(*np.diff(coords, axis=0).T).sum())
        return trench + length * self.prices.plain_per_m + self.crossings.charge(coords)[0]

    def straight(self, links: Sequence[Link]) -> list[Link]:
        """Return the links with their lines straightened and priced anew."""
        lines = [straightened(link.coords, self.surface, self.price) for link in links]
        return [Link(k.start, k.end, line, self.price(line)) for k, line in zip(links, lines, strict=True)]


def pipeline_corridors(study: Study, pairs: pd.DataFrame) -> PipelineNetwork:
    """Return the corridors that could carry the pairs' exchanges, and the pipes that could lie in them.

    Parameters
    ----------
    study
        Plants, streams, ground and settings.
    pairs
        supply, demand (streams), from_plant, to_plant, resource (what flows), received_as, pipe (whether
        a pipe may carry it).

    Raises
    ------
    InputError
        When the surface would be too large or a resource cannot be piped as it is described.
    """
    near, far = near_pairs(study, pairs)
    existing = find_existing(study, set(near["resource"]), sorted({*near["from_plant"], *near["to_plant"]}))
    if near.empty:
        return _empty(study, far, existing.notes)
    settings = study.settings.pipelines
    designs = pipe_designs(study, list(near["resource"]))
    terrain = _terrain(study, near, designs, existing)
    grid = move_grid(terrain.surface, terrain.prices, terrain.crossings, settings.neighbourhood)
    ground, pieces = (terrain.surface, terrain.prices, terrain.crossings), grid.components()
    existing = tapped(existing, study, near, ground, pieces)
    terminals = find_terminals(study, near, terrain.surface, pieces, existing)
    unreachable = {**far, **terminals.unreachable}
    drawn, piped = _candidates(grid, terminals, terrain, settings), _piped(terminals, existing)
    links, flows = _useful(
        (drawn, piped), terrain, _matches(study, terminals), len(terminals.names), settings.max_detour
    )
    notes = {**terminals.notes, **existing.remarks(terminals.names, [link for link in links if link.pipe])}
    if not links:
        return _empty(study, unreachable, notes)
    offers = [_offer(designs, link, flow, settings) for link, flow in zip(links, flows, strict=True)]
    profiles = corridor_profiles(links, study)
    offers = [with_heads(*row) for row in zip(offers, flows, profiles, strict=True)]
    corridors = priced_corridors(links, offers, profiles, (terrain.surface, terrain.crossings), study)
    names, junctions = named_nodes(links, terminals.names, study)
    return PipelineNetwork(
        junctions=junctions,
        corridors=corridor_table(corridors, links, names),
        pipes=pipe_table(corridors, offers, study.settings),
        attributes=corridors[list(ATTRIBUTES)],
        geometries=drawn_lines(corridors["corridor"], links, study),
        unreachable=_remarks(unreachable, "reason"),
        notes=_remarks(notes, "note"),
    )


def _terrain(study: Study, near: pd.DataFrame, designs: Mapping[str, pd.DataFrame], existing: Existing) -> _Terrain:
    """Return surface, crossings and prices for the plants of some pairs.

    The prices that shape the paths are those of a middling pipe: the median trench and pipe over the
    diameters that the streams could need.
    """
    points = study.plant_points.loc[sorted({*near["from_plant"], *near["to_plant"]})]
    taps = [at[None, :] for at in existing.taps.values()]
    surface = cost_surface(study, np.concatenate([np.column_stack([points.x, points.y]), *taps]))
    settings = study.settings.pipelines
    quantity = study.streams.set_index("stream")["quantity"]
    likely = []
    for name, rows in near.groupby("resource"):
        given, wanted = (quantity.loc[sorted(set(rows[side]))] for side in ("supply", "demand"))
        most, least = min(given.sum(), wanted.sum()), min(given.min(), wanted.min())
        likely.append(chosen_designs(designs[str(name)], least, most, settings.max_options))
    middling = pd.concat(likely)[["trench_cost_per_m", "pipe_cost_per_m"]].median()
    prices = Prices(
        trench_per_m=float(middling["trench_cost_per_m"]) * settings.cost_factor,
        plain_per_m=float(middling["pipe_cost_per_m"]) * settings.cost_factor + settings.right_of_way_per_m,
    )
    lines = [study.crossings] if not study.terrain else [study.crossings, terrain_lines(study.terrain, study.crs)]
    met = gpd.GeoDataFrame(pd.concat(lines, ignore_index=True), crs=study.crs)
    return _Terrain(surface, Crossings.from_layer(met), prices)


def _candidates(grid: MoveGrid, terminals: Terminals, terrain: _Terrain, settings: Pipelines) -> list[Link]:
    """Return the union of the least-cost paths between terminals as links."""
    order = routing_order(terminals, settings.max_distance_km * 1000)
    cells, ground = [gate.cell for gate in terminals.gates], (terrain.surface, terrain.prices, terrain.crossings)
    paths = candidate_paths(grid, ground, cells, order, settings)
    return links_from_paths(paths, terminals.gates, terrain.surface, terrain.price)


def _piped(terminals: Terminals, existing: Existing) -> list[Link]:
    """Return the existing pipes between terminals as links."""
    numbers = {name: k for k, name in enumerate(terminals.names)}
    where = {name: gate.leg[0] for name, gate in zip(terminals.names, terminals.gates, strict=True)}
    return existing.links(numbers, where)


def _matches(study: Study, terminals: Terminals) -> Matches:
    pairs, quantity = terminals.pairs, study.streams.set_index("stream")["quantity"]
    return Matches(
        supply=tuple(pairs["supply"]),
        demand=tuple(pairs["demand"]),
        resource=tuple(pairs["resource"]),
        start=pairs["start"].to_numpy(dtype=np.int64),
        end=pairs["end"].to_numpy(dtype=np.int64),
        given=quantity.loc[list(pairs["supply"])].to_numpy(dtype=np.float64),
        wanted=quantity.loc[list(pairs["demand"])].to_numpy(dtype=np.float64),
    )


def _useful(
    found: tuple[Sequence[Link], Sequence[Link]],
    terrain: _Terrain,
    matches: Matches,
    terminals: int,
    max_detour: float,
) -> tuple[list[Link], list[dict[str, Flow]]]:
    """Return the links worth offering, straight, in a fixed order, and what could flow in each.

    The second part of ``found`` are existing pipes: they replace no trench, since each has only so much
    room and one resource.
    """
    links, piped = simplified(found[0], terminals, terrain.price), list(found[1])
    while True:
        links = simplified(terrain.straight(links), terminals, terrain.price)
        piped = rejoined(piped, links, {*matches.start.tolist(), *matches.end.tolist()})
        flows = useful_flows([*links, *piped], matches, max_detour)
        used = [link for link, flow in zip([*links, *piped], flows, strict=True) if flow]
        if len(used) == len(links) + len(piped):
            break
        links = simplified([link for link in used if link.pipe is None], terminals, terrain.price)
        piped = [link for link in used if link.pipe is not None]
    both = [*terrain.straight(links), *piped]
    turned = [link.start > link.end for link in both]
    forward = [link.turned() if turn else link for link, turn in zip(both, turned, strict=True)]
    flows = [
        {name: flow.turned() if turn else flow for name, flow in some.items()}
        for some, turn in zip(flows, turned, strict=True)
    ]
    order = sorted(range(len(both)), key=lambda k: (forward[k].start, forward[k].end, forward[k].pipe is not None))
    return [forward[k] for k in order], [flows[k] for k in order]


def _offer(
    designs: Mapping[str, pd.DataFrame], link: Link, flow: Mapping[str, Flow], settings: Pipelines
) -> pd.DataFrame:
    """Return the diameters offered in one corridor, over all resources that it could carry."""
    if link.pipe is not None:
        return existing_design(link.pipe, designs[link.pipe.resource])
    offers = [chosen_designs(designs[name], some.least, some.most, settings.max_options) for name, some in flow.items()]
    return pd.concat(offers)


def _remarks(by_plant: Mapping[str, str], column: str) -> pd.DataFrame:
    plants = sorted(by_plant)
    return pd.DataFrame({"plant": plants, column: [by_plant[plant] for plant in plants]}, dtype="str")


def _empty(study: Study, unreachable: Mapping[str, str], notes: Mapping[str, str]) -> PipelineNetwork:
    nothing = gpd.GeoDataFrame({"key": [], "kind": []}, geometry=[], crs=study.crs)
    return PipelineNetwork(
        junctions=empty_table("problem", "nodes"),
        corridors=empty_table("problem", "corridors"),
        pipes=empty_table("problem", "pipes"),
        attributes=pd.DataFrame(columns=list(ATTRIBUTES)),
        geometries=nothing,
        unreachable=_remarks(unreachable, "reason"),
        notes=_remarks(notes, "note"),
    )
