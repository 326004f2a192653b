"""The highways of the whole world, coarse and offline, for hauls beyond a study's own roads.

The package ``scgraph_data`` carries the world's highways from OpenStreetMap as an undirected graph: nodes
to 0.001 degrees (about 100 m), kilometres, nothing else. No bans, no speeds, no one-ways, straight lines
from node to node, and some bridges are missing. Good enough to say how far a distant partner is; not to
say which road to take. Its edges carry the highway class :data:`WORLD`, so every output can tell them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.cache import content_key, load_arrays, store_arrays
from data.errors import Fault, InputError

WORLD = "world"  # the highway class of coarse roads
COARSE_KEY = "coarse:"  # before the key of a road path: its stretches on coarse roads
PACKAGE = "scgraph_data"
_MODULE = "world_highways.py"
_PLAIN = str.maketrans("{}[]:,", "      ")


@dataclass(frozen=True, eq=False)
class WorldRoads:
    """Nodes in degrees, and each edge once; open both ways."""

    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    tail: npt.NDArray[np.int64]
    head: npt.NDArray[np.int64]
    km: npt.NDArray[np.float64]


_FIELDS = tuple(item.name for item in dataclasses.fields(WorldRoads))


def read_world() -> WorldRoads:
    """Return the highways of the world, from the cache or else from the package.

    Raises
    ------
    InputError
        When the package is not installed, or is not laid out as we know it.
    """
    source = _source()
    if source is None:
        fault = Fault("study.toml", "world", f"{PACKAGE} is not installed", 'pip install "symbioplan[world]"')
        raise InputError([fault])
    try:
        key = content_key("world", source, Path(__file__))
    except OSError as error:
        raise _unknown_layout(error) from None
    stored = load_arrays(key)
    if stored is None or set(stored) != set(_FIELDS):
        stored = _parse(source)
        store_arrays(key, stored)
    return WorldRoads(**stored)


def _source() -> Path | None:
    """Return the package's module of highways, or None where the package is not installed.

    It is read as text: importing it runs 35 MB of code, and fails beside the newest version of a package
    that it needs.
    """
    spec = find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec is not None else []
    return Path(folders[0]) / _MODULE if folders else None


def _unknown_layout(error: Exception) -> InputError:
    found = str(error).splitlines()[0] or type(error).__name__
    return InputError([Fault(f"{PACKAGE}/{_MODULE}", "", found, f"{PACKAGE} as it was in version 2.0.0")])


def _parse(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the fields of :class:`WorldRoads` from ``graph=[{1: 1.2, ...}, ...]`` and ``nodes=[[lat, lon], ...]``.

    An edge that ends where it begins is dropped; of parallel edges the shortest stays.
    """
    try:
        with path.open(encoding="utf-8") as text:
            parts = {name.strip(): value for name, _, value in (line.partition("=") for line in text)}
        degree = np.array([node.count(":") for node in parts["graph"].split("}")[:-1]], dtype=np.int64)
        arcs = np.fromstring(parts["graph"].translate(_PLAIN), sep=" ").reshape(-1, 2)
        lat, lon = np.fromstring(parts["nodes"].translate(_PLAIN), sep=" ").reshape(-1, 2).T
        if len(degree) != len(lat) or degree.sum() != len(arcs) or arcs[:, 0].max(initial=-1) >= len(lat):
            msg = f"{len(lat)} places for {len(degree)} nodes with {len(arcs)} edges"
            raise ValueError(msg)
    except (OSError, KeyError, ValueError) as error:
        raise _unknown_layout(error) from None
    tail, head = np.repeat(np.arange(len(degree)), degree), arcs[:, 0].astype(np.int64)
    ends = {"tail": np.minimum(tail, head), "head": np.maximum(tail, head), "km": arcs[:, 1]}
    edges = pd.DataFrame(ends)[tail != head].groupby(["tail", "head"], as_index=False)["km"].min()
    return {"lon": lon.copy(), "lat": lat.copy(), **{name: edges[name].to_numpy() for name in ends}}
