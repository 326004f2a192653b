"""What of a way is known only coarsely: the world's highways beyond the study's own roads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.world import WORLD
from routing.network import Floats, RoadNetwork


def coarse_lengths(network: RoadNetwork, highways: pd.DataFrame) -> Floats:
    """Return the length of each edge that is a coarse road, metres, and zero for every other."""
    coarse = np.flatnonzero((highways["highway"] == WORLD).to_numpy())
    return np.where(np.isin(network.road_class, coarse), network.length_m, 0.0)
