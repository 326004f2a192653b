"""The digest of a study: the same input has the same one."""

from __future__ import annotations

import hashlib
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from data.read_siting import siting_digest
from data.read_terrain import terrain_digest
from data.settings import Hubs
from data.study import Raster, Study

# Where files are is no part of what they say.
_PLACES: Any = {
    "layers": True, "download": True, "world": True, "terrain": {"__all__": {"path", "layer", "crs"}},
    "siting": {"layers", "download"},
}  # fmt: skip


def with_digest(study: Study) -> Study:
    """Return the study with a SHA-256 over all it holds: the same input has the same digest."""
    settings = study.settings
    if len(study.technologies):  # the tables say which are in use, whatever order they were asked for in
        hubs = (settings.hubs or Hubs()).model_copy(update={"technologies": None})
        settings = settings.model_copy(update={"hubs": hubs})
    sha = hashlib.sha256(settings.model_dump_json(exclude=_PLACES).encode())
    sha.update(terrain_digest(study.terrain) + siting_digest(study.siting_layers))
    for item in study.values():
        if isinstance(item, gpd.GeoDataFrame):
            sha.update(b"".join(shapely.to_wkb(item.geometry.to_numpy())))
            item = pd.DataFrame(item.drop(columns=item.geometry.name))  # noqa: PLW2901
        if isinstance(item, pd.DataFrame):
            sha.update(repr(list(item.columns)).encode())
            sha.update(pd.util.hash_pandas_object(item, index=False).to_numpy().tobytes())
        elif isinstance(item, Raster):
            sha.update(item.values.tobytes() + repr(tuple(item.transform)).encode())
    return study.replace(digest=sha.hexdigest())
