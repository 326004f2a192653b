"""Files of siting: the suitability as a cloud-optimised GeoTIFF, the sites as a GeoPackage, the map, the tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.frames import write_tables
from data.study import Raster, Study
from maps.geopackage import write_sites
from maps.rasters import write_cog
from maps.siting_layers import has_siting
from maps.siting_map import write_siting_map


def write_siting(study: Study, folder: Path) -> None:
    """Write ``siting.html``, ``suitability.tif``, ``sites.gpkg`` and the tables of a study that was sited.

    Nothing is written for a study that carries no result of siting.
    """
    if not has_siting(study):
        return
    assert study.suitability is not None
    write_siting_map(study, folder / "siting.html")
    write_suitability(study.suitability, folder / "suitability.tif")
    write_sites(study, folder / "sites.gpkg")
    plain = pd.DataFrame(study.sites.drop(columns=study.sites.geometry.name))
    write_tables({"sites": plain, "site_scores": study.site_scores}, folder / "tables")


def write_suitability(raster: Raster, path: Path) -> None:
    """Write a raster as a cloud-optimised GeoTIFF: tiled, compressed, with overviews, NaN where there is nothing."""
    write_cog({"suitability from 0 to 1": raster}, path)
