"""The tables of a corridor network: lengths, costs and attributes of corridors, names of junctions, lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.contracts import make_table
from data.study import Study
from routing.corridor_links import Link
from routing.crossings import Crossings
from routing.profile import Profile, heights_row, land_shares, landcover_shares, profile, spelled
from routing.surface import CostSurface

ATTRIBUTES = (
    "corridor", "weighted_length_m", "trench_cost_per_m", "crossings", "crossing_cost", "capex_trench", "existing",
    "crossings_by_kind", "land", "landcover", "elevation_min_m", "elevation_max_m", "climb_m", "descent_m", "lift_m",
)  # fmt: skip


def corridor_profiles(links: Sequence[Link], study: Study) -> list[Profile | None]:
    """Return the profile of each link from its start to its end, None where no height is known."""
    return [profile(study.elevation, link.coords, study.settings.pipelines.cell_m / 2) for link in links]


def priced_corridors(
    links: Sequence[Link],
    offers: Sequence[pd.DataFrame],
    profiles: Sequence[Profile | None],
    ground: tuple[CostSurface, Crossings],
    study: Study,
) -> pd.DataFrame:
    """Return id, lengths, costs and attributes of each corridor; an existing one costs nothing."""
    finance, settings = study.settings.finance, study.settings.pipelines
    surface, crossings = ground
    step = settings.cell_m / 2
    width = max(3, len(str(len(links))))
    charges = [crossings.charge(link.coords) for link in links]
    new = np.array([link.pipe is None for link in links])
    table = pd.DataFrame(
        {
            "corridor": [f"c{number:0{width}d}" for number in range(1, len(links) + 1)],
            "existing": ~new,
            "length_m": [link.length_m for link in links],
            "weighted_length_m": [surface.weighted_length_m(link.coords) for link in links],
            "trench_cost_per_m": [float(offer["trench_cost_per_m"].min()) for offer in offers],
            "crossings": [count for _, count in charges],
            "crossing_cost": np.where(new, [cost for cost, _ in charges], 0.0),
            "crossings_by_kind": [spelled(crossings.by_kind(link.coords)) for link in links],
            "land": [spelled(land_shares(study, link.coords)) for link in links],
            "landcover": [spelled(landcover_shares(study.landcover, link.coords, step)) for link in links],
        }
    )
    table = table.join(pd.DataFrame([heights_row(along) for along in profiles]))
    laid = table["weighted_length_m"] * table["trench_cost_per_m"] * settings.cost_factor + table["crossing_cost"]
    table["capex_trench"] = laid + np.where(new, table["length_m"] * settings.right_of_way_per_m, 0.0)
    annuity = finance.annuity(finance.lifetime_years.trench)
    table["fixed_cost"] = table["capex_trench"] * annuity + laid * finance.pipe_upkeep_share
    return table


def corridor_table(corridors: pd.DataFrame, links: Sequence[Link], names: Mapping[int, str]) -> pd.DataFrame:
    """Return the contract's ``corridors`` table."""
    ends = {
        "from_node": [names[link.start] for link in links],
        "to_node": [names[link.end] for link in links],
    }
    columns = ["corridor", "length_m", "fixed_cost", "existing"]
    return make_table("problem", "corridors", corridors[columns].assign(**ends, capex_fixed=corridors["capex_trench"]))


def named_nodes(links: Sequence[Link], terminals: Sequence[str], study: Study) -> tuple[dict[int, str], pd.DataFrame]:
    """Return the name of each node and the table of junctions and taps, numbered from north-west to south-east.

    ``terminals`` are the names of the first nodes: plants, which stand in the table of plants, and taps of
    existing pipes.
    """
    where = {link.start: link.coords[0] for link in links} | {link.end: link.coords[-1] for link in links}
    plants = set(study.plants["plant"])
    numbers = sorted(node for node in where if node >= len(terminals))
    taken, prefix = plants | set(study.sites["site"]) | set(terminals), "j"
    width = max(3, len(str(len(numbers))))
    while any(f"{prefix}{k:0{width}d}" in taken for k in range(1, len(numbers) + 1)):
        prefix += "j"
    names = dict(enumerate(terminals)) | {node: f"{prefix}{k:0{width}d}" for k, node in enumerate(numbers, 1)}
    rows = [
        {"node": names[node], "kind": "junction", "x": where[node][0], "y": where[node][1], "name": names[node]}
        for node in sorted(where)
        if names[node] not in plants
    ]
    return names, make_table("problem", "nodes", rows)


def drawn_lines(keys: pd.Series, links: Sequence[Link], study: Study) -> gpd.GeoDataFrame:
    """Return the line of each corridor: key, kind, geometry."""
    lines = [shapely.LineString(link.coords) for link in links]
    return gpd.GeoDataFrame({"key": list(keys), "kind": "corridor"}, geometry=lines, crs=study.crs)
