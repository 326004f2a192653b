"""Road files read once: a second reading of the same file under the same settings comes from the cache."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from data.cache import cache_folder, cached_frame
from data.roads import read_road_edges
from data.settings import LayerSpec

_WHOLE = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml", ".parquet", ".gpkg", ".fgb", ".geojson", ".shp")
_WORTH_KEEPING = 2**20  # bytes; smaller files are read sooner than looked up


def kept_road_edges(spec: LayerSpec, folder: Path, *, crs: CRS, highways: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return what :func:`data.roads.read_road_edges` returns, from the cache when it was read before.

    Only files that hold all that they say are kept (a ``.vrt`` points elsewhere). What is read depends on the
    file's content, the layer asked of it, the CRS, the catalogue, our code and the libraries that read.
    """
    path = folder / spec.path
    whole = spec.path.lower().endswith(_WHOLE) and path.is_file() and path.stat().st_size >= _WORTH_KEEPING
    if not whole or cache_folder() is None:
        return read_road_edges(spec, folder, crs=crs, highways=highways)
    code = sorted(Path(__file__).parent.glob("*.py"))
    libraries = [version(name) for name in ("geopandas", "osmium", "osmnx", "pyogrio", "pyproj", "shapely")]
    asked = spec.model_dump_json(exclude={"path"})
    return cached_frame(
        ("roads", path, asked, crs.to_wkt(), highways, *code, *libraries),
        lambda: read_road_edges(spec, folder, crs=crs, highways=highways),
    )
