"""The cells that siting looks at."""

from __future__ import annotations

import numpy as np
from affine import Affine
from pyproj import Transformer
from rasterio.features import rasterize

from data import Fault, InputError, Study
from data.grids import Flags, Grid
from data.siting_settings import Siting

MOST_BYTES = 2 * 2**30  # that the values and utilities of all criteria may take
_BYTES_PER_CELL = 16  # of each criterion


def siting_grid(study: Study, siting: Siting) -> Grid:
    """Return the grid: around ``bbox`` or ``region``, else around plants and parcels with the margin.

    Its lines are whole multiples of the cell, so that the same land has the same cells whatever is around it.

    Raises
    ------
    InputError
        When it would have more cells than fit into memory, naming the cell that would do.
    """
    west, south, east, north = _bounds(study, siting)
    cell = siting.cell_m
    low = np.floor(np.array([west, south]) / cell + 1e-9)
    high = np.ceil(np.array([east, north]) / cell - 1e-9)
    columns, rows = (int(count) for count in np.maximum(high - low, 1))
    most = MOST_BYTES / (_BYTES_PER_CELL * (len(siting.criteria) + 2))
    if rows * columns > most:
        least = np.ceil(cell * np.sqrt(rows * columns / most))
        found = f"{cell:g} m, which makes {rows:,} x {columns:,} cells"
        expected = f"at least {least:g} m here, or a smaller area by siting.bbox or siting.region"
        raise InputError([Fault("study.toml", "siting.cell_m", found, expected)])
    return Grid(Affine(cell, 0, low[0] * cell, 0, -cell, high[1] * cell), (rows, columns), study.crs, cell)


def inside_region(study: Study, siting: Siting, grid: Grid) -> Flags:
    """Return the cells whose centre lies in the region, shape (rows, columns); all where there is none."""
    if siting.region is None:
        return np.ones(grid.shape, dtype=bool)
    shapes = list(study.grounds[siting.region].geometry)  # type: ignore[union-attr]
    return np.asarray(rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype="uint8").astype(bool))


def _bounds(study: Study, siting: Siting) -> tuple[float, float, float, float]:
    if siting.bbox is not None:
        to_study = Transformer.from_crs("EPSG:4326", study.crs, always_xy=True)
        return tuple(to_study.transform_bounds(*siting.bbox))  # type: ignore[return-value]
    if siting.region is not None:
        return tuple(study.grounds[siting.region].total_bounds)  # type: ignore[union-attr]
    margin = siting.margin_km * 1000
    parcels = study.sites[study.sites["origin"].isin(["", "parcel"])]  # not what an earlier siting found
    parts = [layer.total_bounds for layer in (study.plants, parcels) if len(layer)]
    low, high = np.min(parts, axis=0)[:2] - margin, np.max(parts, axis=0)[2:] + margin
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
