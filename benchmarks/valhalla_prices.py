"""Valhalla's ways priced with our own costs: what is the least of all ways must not be dearer than them.

Both sides read the same OpenStreetMap nodes, so the vertices of Valhalla's line are vertices of our roads. A
way counts as ours too when each of its segments is one, driven in a direction in which we may drive it; only the
first and the last, which begin or end between two vertices, are found by where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import KDTree

from data import Study
from routing.network import RoadNetwork, Vehicle
from routing.network_cache import cached_network
from routing.profiles import driving_costs, vehicle_of
from routing.trips import find_ground

_SAME_M = 0.5  # a vertex of Valhalla's this near one of ours is the same: its lines are rounded to 0.1 m
_SAME_S = 1.0  # seconds; both sides round where a way begins

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Segments:
    """Stretches between neighbouring vertices of our roads, as a vehicle may drive them, by ``key``."""

    tree: KDTree  # of the vertices
    key: Ints  # from vertex * number of vertices + to vertex, ascending
    start: Ints
    end: Ints
    edge: Ints
    against: Ints
    hours: Floats

    def at(self, start: int, end: int) -> int:
        """Return the quickest stretch between two vertices, or -1."""
        key = start * self.tree.n + end
        first, last = np.searchsorted(self.key, [key, key + 1])
        return int(first + self.hours[first:last].argmin()) if last > first else -1

    def part(self, spot: Floats, vertex: int, *, leaving: bool) -> tuple[int, float]:
        """Return the stretch on which a spot lies, to or from a vertex, and the hours between the two; -1 if none."""
        here = self.tree.data[vertex]
        known, other = (self.start, self.end) if leaving else (self.end, self.start)
        mine = np.flatnonzero(known == vertex)
        there = self.tree.data[other[mine]]
        whole = np.hypot(*(there - here).T)
        away = shapely.distance(
            shapely.linestrings(np.stack([np.broadcast_to(here, there.shape), there], axis=1)), shapely.Point(spot)
        )
        near = np.flatnonzero((away <= _SAME_M) & (whole > 0))
        if not len(near):
            return -1, 0.0
        share = np.hypot(*(spot - here)) / whole[near]
        best = int((self.hours[mine[near]] * share).argmin())
        return int(mine[near[best]]), float((self.hours[mine[near]] * share)[best])


def priced(study: Study, vehicle: str, adr_class: str, lines: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Return what each line costs a vehicle on our roads.

    Parameters
    ----------
    study
        With roads; its ``cost_per_h`` is 1 and its ``cost_per_km`` 0, so that a cost is a time.
    vehicle, adr_class
        Which drives, laden with what.
    lines
        Valhalla's, in the study's CRS.

    Returns
    -------
    DataFrame
        Per line: ``seconds`` (NaN where some of it is no road of ours or may not be driven so), ``forbidden`` (a
        turn that a restriction forbids), ``last_leg`` (some of it is open to whoever has business there only).
    """
    driver = vehicle_of(study.vehicles.set_index("vehicle").loc[vehicle], adr_class)
    network = cached_network(study.roads, study.highways)
    segments = _segments(study, network, driver)
    only = network.last_leg_only(driver)
    turns = {tuple(turn) for turn in network.turns.tolist()}
    rows = []
    for line in lines:
        steps, hours = _followed(segments, shapely.get_coordinates(line))
        edge, against = segments.edge[steps], segments.against[steps]
        new = np.flatnonzero(np.diff(edge, prepend=-1) != 0)
        arcs = list(zip(edge[new].tolist(), against[new].tolist(), strict=True))
        forbidden = any((*one, *other) in turns for one, other in pairwise(arcs))
        rows.append({"seconds": hours * 3600, "forbidden": forbidden, "last_leg": bool(only[edge].any())})
    return pd.DataFrame(rows, columns=["seconds", "forbidden", "last_leg"])


def same_ends(study: Study, vehicle: str, adr_class: str, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which rows begin and end at the same places on both sides, a metre either way.

    Parameters
    ----------
    table
        ``from_plant``, ``to_plant`` and Valhalla's line as ``peer``. Either side may find the street of a plant
        unfit to start from, such as one that leaves a small extract one way, and take another.
    """
    driver = vehicle_of(study.vehicles.set_index("vehicle").loc[vehicle], adr_class)
    ground = find_ground(study, study.plants["plant"], [driver])
    legs = np.flatnonzero(ground.legs)
    longest = pd.Series(ground.network.length_m[legs], index=ground.network.tail[legs]).groupby(level=0).max()
    points, same = study.plant_points, np.ones(len(table), dtype=bool)
    for end, at in (("from_plant", 0), ("to_plant", -1)):
        leg = longest.reindex(ground.node.reindex(table[end])).to_numpy()
        theirs = shapely.get_point(table["peer"].to_numpy(), at)
        same &= (leg <= 1) & (shapely.distance(theirs, points.loc[list(table[end])].to_numpy()) <= 1)
    return same


def _segments(study: Study, network: RoadNetwork, driver: Vehicle) -> _Segments:
    classes = study.highways["highway"]
    hours = driving_costs(network, driver, study.settings.trucks, empty_return=0.0, classes=classes).hours
    points, of = shapely.get_coordinates(network.geometry, return_index=True)
    places, vertex = np.unique(np.round(points, 2), axis=0, return_inverse=True)
    vertex = vertex.ravel()
    step = np.flatnonzero(of[1:] == of[:-1])
    edge = of[step]
    long = np.hypot(*(points[step + 1] - points[step]).T)
    share = long / np.bincount(edge, weights=long, minlength=network.edge_count)[edge]
    usable = network.open_to(driver)[edge]
    ways = []
    for turned, may in ((0, usable), (1, usable & ~network.oneway[edge])):
        begin, stop = (step + 1, step) if turned else (step, step + 1)
        key = vertex[begin] * len(places) + vertex[stop]
        ways.append((key[may], edge[may], np.full(may.sum(), turned), (share * hours[turned][edge])[may]))
    key, edge, against, spent = (np.concatenate(parts) for parts in zip(*ways, strict=True))
    order = np.argsort(key, kind="stable")
    start, end = np.divmod(key[order], len(places))
    return _Segments(KDTree(places), key[order], start, end, edge[order], against[order], spent[order])


def _followed(segments: _Segments, xy: Floats) -> tuple[Ints, float]:
    """Return the stretches that a line follows and the hours on them; NaN hours when it leaves our roads."""
    nothing = np.empty(0, dtype=np.int64), np.nan
    away, vertex = segments.tree.query(xy, distance_upper_bound=_SAME_M)
    if len(xy) < 3 or not np.isfinite(away[1:-1]).all():
        return nothing
    inner = vertex[1:-1]
    inner = inner[np.append(True, inner[1:] != inner[:-1])]
    first, before = segments.part(xy[0], int(inner[0]), leaving=False)
    last, after = segments.part(xy[-1], int(inner[-1]), leaving=True)
    steps = [first, *(segments.at(a, b) for a, b in pairwise(inner.tolist())), last]
    if min(steps) < 0:
        return nothing
    return np.array(steps, dtype=np.int64), before + float(segments.hours[steps[1:-1]].sum()) + after


def verdict(ours_s: pd.Series, theirs: pd.DataFrame) -> dict[str, float | int]:
    """Return how Valhalla's ways compare with ours under our costs.

    Returns
    -------
    dict
        ``on_our_roads`` (ways that we could drive), ``peer_cheaper`` (of them, cheaper than ours by more than a
        second), ``by_rule`` (of these, those that a turn restriction or a last-leg road explains), and the median and
        90th percentile of theirs / ours.
    """
    known = theirs["seconds"].notna().to_numpy()
    ratio = theirs["seconds"].to_numpy()[known] / ours_s.to_numpy()[known]
    cheaper = known & (theirs["seconds"].to_numpy() < ours_s.to_numpy() - _SAME_S)
    rule = cheaper & (theirs["forbidden"] | theirs["last_leg"]).to_numpy(dtype=bool)
    return {
        "on_our_roads": int(known.sum()),
        "peer_cheaper": int(cheaper.sum()),
        "by_rule": int(rule.sum()),
        "median_peer_price": round(float(np.median(ratio)), 4) if known.any() else float("nan"),
        "p90_peer_price": round(float(np.quantile(ratio, 0.9)), 4) if known.any() else float("nan"),
    }
