"""Pipeline corridors: a graph of trenches that the matched plants could share, and the pipes in them.

1. Terminals are the plants of the pairs that a pipe may join.
2. Least-cost paths are found one pair after the other, over matched pairs and then over neighbours
   (Gabriel graph), the nearest first, earlier paths being cheaper to follow.
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
import shapely
from scipy.sparse.csgraph import dijkstra

from data.contracts import empty_table, make_table
from data.study import Study
from routing.corridor_graph import MoveGrid, Prices, move_grid
from routing.corridor_links import Link, links_from_paths, simplified
from routing.crossings import Crossings
from routing.pipes import Matches, chosen_designs, pipe_designs, pipe_table, useful_flows
from routing.straighten import straightened
from routing.surface import CostSurface, Floats, Ints, cost_surface
from routing.terminals import Terminals, find_terminals, near_pairs, routing_order

_ATTRIBUTES = (
    "corridor", "weighted_length_m", "trench_cost_per_m", "crossings", "crossing_cost", "capex_trench",
)  # fmt: skip


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
        pays off; currency).
    geometries
        key (the corridor), kind ``corridor``, geometry: lines in the study's CRS from ``from_node`` to
        ``to_node``, never inside forbidden land.
    unreachable
        plant, reason: plants that a pipe may serve and none can reach.
    notes
        plant, note: what a planner should know about how a plant was joined.
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
    if near.empty:
        return _empty(study, far)
    settings = study.settings.pipelines
    designs = pipe_designs(study, list(near["resource"]))
    terrain = _terrain(study, near, designs)
    grid = move_grid(terrain.surface, terrain.prices, terrain.crossings, settings.sharing_discount)
    terminals = find_terminals(study, near, terrain.surface, grid.components())
    unreachable = {**far, **terminals.unreachable}
    order = routing_order(terminals, settings.max_distance_km * 1000)
    paths = _paths(grid, terminals, order, settings.sharing_discount)
    drawn = links_from_paths(paths, terminals.gates, terrain.surface, terrain.price)
    links, flows = _useful(drawn, terrain, _matches(study, terminals), len(terminals.plants))
    if not links:
        return _empty(study, unreachable)
    offers = [_offer(designs, flow) for flow in flows]
    corridors = _corridors(links, offers, terrain, study)
    names, junctions = _nodes(links, terminals.plants, study)
    return PipelineNetwork(
        junctions=junctions,
        corridors=_corridor_table(corridors, links, names),
        pipes=pipe_table(corridors, offers, study.settings),
        attributes=corridors[list(_ATTRIBUTES)],
        geometries=_geometries(corridors["corridor"], links, study),
        unreachable=_remarks(unreachable, "reason"),
        notes=_remarks(terminals.notes, "note"),
    )


def _terrain(study: Study, near: pd.DataFrame, designs: Mapping[str, pd.DataFrame]) -> _Terrain:
    """Return surface, crossings and prices for the plants of some pairs.

    The prices that shape the paths are those of a middling pipe: the median trench and pipe over the
    diameters that the streams could need.
    """
    points = study.plant_points.loc[sorted({*near["from_plant"], *near["to_plant"]})]
    surface = cost_surface(study, np.column_stack([points.x.to_numpy(), points.y.to_numpy()]))
    quantity = study.streams.set_index("stream")["quantity"]
    likely = []
    for name, rows in near.groupby("resource"):
        given, wanted = (quantity.loc[sorted(set(rows[side]))] for side in ("supply", "demand"))
        most, least = min(given.sum(), wanted.sum()), min(given.min(), wanted.min())
        likely.append(chosen_designs(designs[str(name)], least, most))
    middling = pd.concat(likely)[["trench_cost_per_m", "pipe_cost_per_m"]].median()
    settings = study.settings.pipelines
    prices = Prices(
        trench_per_m=float(middling["trench_cost_per_m"]) * settings.cost_factor,
        plain_per_m=float(middling["pipe_cost_per_m"]) * settings.cost_factor + settings.right_of_way_per_m,
    )
    return _Terrain(surface, Crossings.from_layer(study.crossings), prices)


def _paths(grid: MoveGrid, terminals: Terminals, order: Sequence[tuple[int, int]], discount: float) -> list[Ints]:
    """Return a least-cost path per pair, each cheaper where an earlier one runs.

    The way over paths found so far bounds what the next one can cost, which spares most of its search.
    """
    paths, known = [], np.full((len(terminals.gates), len(terminals.gates)), np.inf)
    for start, end in order:
        at_most = float(dijkstra(known, directed=False, indices=start)[end])
        first, last = (np.array(terminals.gates[k].cell, dtype=np.int64) for k in (start, end))
        path = grid.path(first, last, at_most)
        if path is None:  # the caller joins only terminals on the same piece of ground
            raise AssertionError(f"no path between {terminals.plants[start]} and {terminals.plants[end]}")
        known[start, end] = max(grid.share(path, discount), 1e-9)
        paths.append(path)
    return paths


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
    drawn: Sequence[Link], terrain: _Terrain, matches: Matches, terminals: int
) -> tuple[list[Link], list[dict[str, tuple[float, float]]]]:
    """Return the links worth offering, straight, in a fixed order, and what could flow in each."""
    links = simplified(drawn, terminals, terrain.price)
    while True:
        links = simplified(terrain.straight(links), terminals, terrain.price)
        flows = useful_flows(links, matches)
        used = [link for link, flow in zip(links, flows, strict=True) if flow]
        if len(used) == len(links):
            break
        links = simplified(used, terminals, terrain.price)
    forward = [link if link.start < link.end else link.turned() for link in terrain.straight(links)]
    order = sorted(range(len(links)), key=lambda k: (forward[k].start, forward[k].end))
    return [forward[k] for k in order], [flows[k] for k in order]


def _offer(designs: Mapping[str, pd.DataFrame], flow: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """Return the diameters offered in one corridor, over all resources that it could carry."""
    return pd.concat([chosen_designs(designs[name], *flow[name]) for name in flow])


def _corridors(links: Sequence[Link], offers: Sequence[pd.DataFrame], terrain: _Terrain, study: Study) -> pd.DataFrame:
    """Return id, lengths and costs of each corridor."""
    finance, settings = study.settings.finance, study.settings.pipelines
    width = max(3, len(str(len(links))))
    charges = [terrain.crossings.charge(link.coords) for link in links]
    table = pd.DataFrame(
        {
            "corridor": [f"c{number:0{width}d}" for number in range(1, len(links) + 1)],
            "length_m": [link.length_m for link in links],
            "weighted_length_m": [terrain.surface.weighted_length_m(link.coords) for link in links],
            "trench_cost_per_m": [float(offer["trench_cost_per_m"].min()) for offer in offers],
            "crossings": [count for _, count in charges],
            "crossing_cost": [cost for cost, _ in charges],
        }
    )
    laid = table["weighted_length_m"] * table["trench_cost_per_m"] * settings.cost_factor + table["crossing_cost"]
    table["capex_trench"] = laid + table["length_m"] * settings.right_of_way_per_m
    annuity = finance.annuity(finance.lifetime_years.trench)
    table["fixed_cost"] = table["capex_trench"] * annuity + laid * finance.pipe_upkeep_share
    return table


def _corridor_table(corridors: pd.DataFrame, links: Sequence[Link], names: Mapping[int, str]) -> pd.DataFrame:
    ends = {
        "from_node": [names[link.start] for link in links],
        "to_node": [names[link.end] for link in links],
    }
    return make_table("problem", "corridors", corridors[["corridor", "length_m", "fixed_cost"]].assign(**ends))


def _nodes(links: Sequence[Link], plants: Sequence[str], study: Study) -> tuple[dict[int, str], pd.DataFrame]:
    """Return the name of each node and the table of junctions, numbered from north-west to south-east."""
    where = {link.start: link.coords[0] for link in links} | {link.end: link.coords[-1] for link in links}
    numbers = sorted(node for node in where if node >= len(plants))
    taken, prefix = set(study.plants["plant"]) | set(study.sites["site"]), "j"
    width = max(3, len(str(len(numbers))))
    while any(f"{prefix}{k:0{width}d}" in taken for k in range(1, len(numbers) + 1)):
        prefix += "j"
    names = dict(enumerate(plants)) | {node: f"{prefix}{k:0{width}d}" for k, node in enumerate(numbers, 1)}
    rows = [
        {"node": names[node], "kind": "junction", "x": where[node][0], "y": where[node][1], "name": names[node]}
        for node in numbers
    ]
    return names, make_table("problem", "nodes", rows)


def _geometries(keys: pd.Series, links: Sequence[Link], study: Study) -> gpd.GeoDataFrame:
    lines = [shapely.LineString(link.coords) for link in links]
    return gpd.GeoDataFrame({"key": list(keys), "kind": "corridor"}, geometry=lines, crs=study.crs)


def _remarks(by_plant: Mapping[str, str], column: str) -> pd.DataFrame:
    plants = sorted(by_plant)
    return pd.DataFrame({"plant": plants, column: [by_plant[plant] for plant in plants]}, dtype="str")


def _empty(study: Study, unreachable: Mapping[str, str]) -> PipelineNetwork:
    nothing = gpd.GeoDataFrame({"key": [], "kind": []}, geometry=[], crs=study.crs)
    return PipelineNetwork(
        junctions=empty_table("problem", "nodes"),
        corridors=empty_table("problem", "corridors"),
        pipes=empty_table("problem", "pipes"),
        attributes=pd.DataFrame(columns=list(_ATTRIBUTES)),
        geometries=nothing,
        unreachable=_remarks(unreachable, "reason"),
        notes=_remarks({}, "note"),
    )
