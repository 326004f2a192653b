"""What of a way is known only coarsely: the world's highways beyond the study's own roads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from data.world import WORLD
from routing.network import Floats, Ints, Lines, RoadNetwork
from routing.paths import Paths


def coarse_lengths(network: RoadNetwork, highways: pd.DataFrame) -> Floats:
    """Return the length of each edge that is a coarse road, metres, and zero for every other."""
    coarse = np.flatnonzero((highways["highway"] == WORLD).to_numpy())
    return np.where(np.isin(network.road_class, coarse), network.length_m, 0.0)


def coarse_lines(network: RoadNetwork, paths: Paths, coarse_m: Floats, wanted: Ints) -> Lines:
    """Return, for each wanted pair, the lines of its coarse edges in driving order; None where it has none.

    Parameters
    ----------
    network, paths
        As for :func:`routing.paths.path_lines`.
    coarse_m
        Per edge, see :func:`coarse_lengths`.
    wanted
        Pairs, ascending and each once.
    """
    pair = paths.pair
    steps = np.flatnonzero((coarse_m[paths.edge] > 0) & np.isin(pair, wanted))
    lines = network.geometry[paths.edge[steps]]
    lines = np.where(paths.against[steps], shapely.reverse(lines), lines)
    owners, local = np.unique(pair[steps], return_inverse=True)
    found: Lines = np.full(len(wanted), None, dtype=object)
    if len(owners):
        found[np.searchsorted(wanted, owners)] = shapely.multilinestrings(lines, indices=local)
    return found
