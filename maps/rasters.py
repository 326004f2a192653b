"""Rasters as files that people can open anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import rasterio

from data.study import Raster


def write_cog(bands: Mapping[str, Raster], path: Path) -> None:
    """Write rasters on one grid as the bands of a cloud-optimised GeoTIFF: tiled, compressed, with overviews.

    Parameters
    ----------
    bands
        By their descriptions; NaN where there is nothing.
    path
        The file.
    """
    first = next(iter(bands.values()))
    rows, columns = first.values.shape
    with rasterio.open(
        path, "w", driver="COG", height=rows, width=columns, count=len(bands), dtype="float32",
        crs=first.crs.to_wkt(), transform=first.transform, nodata=float("nan"), compress="deflate", blocksize=256,
        overview_resampling="average",
    ) as target:  # fmt: skip
        for band, (name, raster) in enumerate(bands.items(), start=1):
            target.write(raster.values.astype("float32"), band)
            target.set_band_description(band, name)
