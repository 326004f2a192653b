"""Where plants would join existing pipes along their length: the place of the pipe that is cheapest to reach.

For each pipe and each plant that gives or wants its resource, the costs of the least-cost ways from the plant
are known everywhere (:meth:`routing.leastcost.MoveCosts.costs_from`); the tap lies where the pipe's cells are
cheapest to reach. A plant beside the pipe is a stop itself. On a surface of more than 160,000 cells costs are
those of a thinned one, and of the places in its cheapest cell the nearest to the plant counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from data.grids import Pieces
from data.study import Study
from routing.candidates import thinned
from routing.corridor_graph import Prices, move_grid
from routing.corridor_links import Gate
from routing.crossings import Crossings
from routing.existing import Existing, Stop
from routing.gates import find_gates
from routing.surface import CostSurface, forbidden_polygons


def tapped(
    existing: Existing,
    study: Study,
    near: pd.DataFrame,
    ground: tuple[CostSurface, Prices, Crossings],
    components: Pieces,
) -> Existing:
    """Return the pipes with a stop for each plant that could use them, and without what lies beyond these.

    Parameters
    ----------
    existing
        Pipes with stops at their ends.
    study
        Plants, zones and settings. Places nearer than ``pipelines.snap_m`` and a cell along a pipe are one.
    near
        Pairs of plants with ``from_plant``, ``to_plant`` and the ``resource`` that flows.
    ground
        What the ways cost; a pipe can be joined where the surface covers it and is allowed.
    components
        Connected piece of ground of each cell, shape (rows, columns).
    """
    snap, surface = study.settings.pipelines.snap_m, ground[0]
    spacing = max(snap, surface.cell_m)
    points, forbidden = study.plant_points, forbidden_polygons(study)
    for number, (pipe, line) in enumerate(zip(existing.pipes, existing.lines, strict=True)):
        pairs = near[near["resource"] == pipe.resource]
        users = sorted({*pairs["from_plant"], *pairs["to_plant"]})
        beside = [user for user in users if line.distance(points[user]) <= snap]
        stops = [Stop(float(line.project(points[user])), user) for user in beside]
        existing = existing.with_stops(number, stops, {}, 0.0)
        stopped = {stop.place for stop in existing.stops[number]}  # of two plants at one spot of the pipe the first
        far = [user for user in users if user not in stopped]
        xy = np.array([points[user].coords[0] for user in far]).reshape(-1, 2)
        doors = find_gates(surface, xy, components, forbidden, study.settings.pipelines.max_access_m)
        places = cheapest_places(line, doors.gates, ground)
        taken = {*study.plants["plant"], *study.sites["site"], *existing.taps}
        named = {_free_name(f"{pipe.pipeline}_{at:.0f}m", taken): at for at in dict.fromkeys(places)}
        where = {name: np.array(line.interpolate(at).coords[0]) for name, at in named.items()}
        existing = existing.with_stops(number, [Stop(at, name) for name, at in named.items()], where, spacing)
        nearest = [min(existing.stops[number], key=lambda stop: abs(stop.at_m - at)).place for at in places]
        existing = existing.only_between(number, nearest)
    return existing


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def cheapest_places(
    line: shapely.LineString, gates: Sequence[Gate | None], ground: tuple[CostSurface, Prices, Crossings]
) -> list[float]:
    """Return how far along a line the place is that is cheapest to reach from each gate, metres.

    Gates without a way to the line are left out.
    """
    surface, prices, crossings = ground
    coarse, step = thinned(surface)
    cells, lengths = surface.traverse(shapely.get_coordinates(line))
    at = np.cumsum(lengths) - lengths / 2
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    covered = (np.abs(xy - surface.centres(cells)) <= surface.cell_m / 2 * (1 + 1e-6)).all(axis=1)
    met = np.flatnonzero(covered & surface.allowed[cells[:, 0], cells[:, 1]])
    if not len(met) or not any(gates):
        return []
    moves, found = move_grid(coarse, prices, crossings), []
    for gate in filter(None, gates):
        source = np.array(gate.cell) // step
        cost = moves.costs.costs_from(source)[tuple((cells[met] // step).T)]
        if not coarse.allowed[tuple(source)]:  # closed by thinning: the nearest place in a straight line
            cost = np.zeros(len(met))
        order = np.lexsort((np.hypot(*(xy[met] - gate.leg[0]).T), cost))
        if np.isfinite(cost[order[0]]):
            found.append(float(at[met[order[0]]]))
    return found
