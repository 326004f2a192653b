"""Road networks kept in the cache: one of 100,000 nodes is back in a fraction of a second."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from data.cache import cache_folder, content_key, load_arrays, store_arrays
from routing.network import RoadNetwork, build_network

_LINES = "geometry"
_WORTH_KEEPING = 5_000  # edges; fewer are built sooner than they are read


def cached_network(edges: gpd.GeoDataFrame, highways: pd.DataFrame) -> RoadNetwork:
    """Return what :func:`routing.network.build_network` builds, from the cache when it was built before.

    The key is the content of both tables and of the code of this package.
    """
    if len(edges) < _WORTH_KEEPING or cache_folder() is None:
        return build_network(edges, highways)
    code = sorted(Path(__file__).parent.glob("*.py"))
    key = content_key("network", edges, highways, *code)
    stored = load_arrays(key)
    if stored is not None:
        return from_arrays(stored, edges.crs)
    network = build_network(edges, highways)
    store_arrays(key, to_arrays(network))
    return network


def to_arrays(network: RoadNetwork) -> dict[str, npt.NDArray[Any]]:
    """Return all of a network but its CRS as arrays of numbers; lines become points and their line."""
    arrays = {
        field.name: getattr(network, field.name)
        for field in dataclasses.fields(network)
        if field.name not in {"crs", _LINES}
    }
    arrays["points"], of = shapely.get_coordinates(network.geometry, return_index=True)
    arrays["points_of"] = of.astype(np.int64)
    return arrays


def from_arrays(arrays: dict[str, npt.NDArray[Any]], crs: CRS) -> RoadNetwork:
    """Return the network of which :func:`to_arrays` made arrays."""
    arrays = dict(arrays)
    lines = shapely.linestrings(arrays.pop("points"), indices=arrays.pop("points_of"))
    return RoadNetwork(crs=crs, geometry=np.asarray(lines, dtype=object), **arrays)
