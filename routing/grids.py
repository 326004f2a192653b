"""The grid on which corridors are found, and rasters and polygons brought onto it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import rasterio.crs
import shapely
from affine import Affine
from pyproj import CRS
from rasterio.features import rasterize
from rasterio.warp import Resampling, reproject
from scipy.ndimage import binary_dilation

from data.study import Raster

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

HAIR = 1e-6  # of a cell: how far beside a line the ground must be clear as well


@dataclass(frozen=True)
class Grid:
    """Where the cells are: ``transform`` maps (column, row) to ``crs``; ``shape`` is (rows, columns)."""

    transform: Affine
    shape: tuple[int, int]
    crs: CRS
    cell_m: float


def forbidden_cells(polygons: npt.NDArray[np.object_], grid: Grid) -> Flags:
    """Return the cells whose inside meets the inside of a polygon, shape (rows, columns).

    Rasterising gives the cells certainly in and those in doubt (along the outlines). The ones in doubt
    are settled exactly: the rasteriser's own "all touched" promises too little to build on.
    """
    inside: Flags = np.zeros(grid.shape, dtype=bool)
    if len(polygons) == 0:
        return inside
    burn = {"out_shape": grid.shape, "transform": grid.transform, "dtype": "uint8"}
    inside |= rasterize(polygons, **burn).astype(bool)
    near = rasterize(polygons, all_touched=True, **burn).astype(bool)
    corners = shapely.get_coordinates(polygons)  # of a polygon too small for the rasteriser
    place = np.floor((corners - [grid.transform.c, grid.transform.f]) / [grid.cell_m, -grid.cell_m]).astype(int)
    place = place[((place >= 0) & (place < grid.shape[::-1])).all(axis=1)]
    near[place[:, 1], place[:, 0]] = True
    near = binary_dilation(near, np.ones((3, 3), dtype=bool))
    doubtful = np.argwhere(near & ~inside)
    which, box = shapely.STRtree(_boxes(doubtful, grid)).query(polygons)
    shapely.prepare(polygons)
    deep = shapely.intersects(polygons[which], _boxes(doubtful, grid, inset=HAIR * grid.cell_m)[box])
    inside[tuple(doubtful[box[deep]].T)] = True
    # What is not met well inside the cell meets at most its very edge; that needs the slow test.
    which, box = which[~deep], box[~deep]
    edge = _boxes(doubtful, grid)[box]
    edge_met = shapely.intersects(polygons[which], edge)
    edge_met[edge_met] = ~shapely.touches(polygons[which[edge_met]], edge[edge_met])
    inside[tuple(doubtful[box[edge_met]].T)] = True
    return inside


def _boxes(cells: Ints, grid: Grid, inset: float = 0.0) -> npt.NDArray[np.object_]:
    """Return the squares of cells (n, 2), each side moved in by ``inset`` metres."""
    left = grid.transform.c + cells[:, 1] * grid.cell_m
    top = grid.transform.f - cells[:, 0] * grid.cell_m
    right, bottom = left + grid.cell_m, top - grid.cell_m
    boxes = shapely.box(left + inset, bottom + inset, right - inset, top - inset)
    return np.asarray(boxes, dtype=object)


def slope_percent(raster: Raster, grid: Grid) -> Floats:
    """Return the steepest slope in percent; 0 where the elevation is unknown."""
    if min(grid.shape) < 2:
        return np.zeros(grid.shape)
    # A raster coarser than the grid would make steps if averaged; a finer one noise if interpolated.
    how = Resampling.average if pixel_m(raster) < grid.cell_m else Resampling.bilinear
    down, across = np.gradient(resample(raster, raster.values, grid, how), grid.cell_m)
    return np.asarray(np.nan_to_num(100 * np.hypot(down, across)), dtype=np.float64)


def resample(raster: Raster, values: Floats, grid: Grid, how: Resampling) -> Floats:
    """Return values that lie on the raster's grid on the surface's, NaN where there are none."""
    out = np.full(grid.shape, np.nan)
    reproject(
        np.ascontiguousarray(values, dtype=np.float64),
        out,
        src_transform=raster.transform,
        src_crs=rasterio.crs.CRS.from_wkt(raster.crs.to_wkt()),
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=rasterio.crs.CRS.from_wkt(grid.crs.to_wkt()),
        dst_nodata=np.nan,
        resampling=how,
    )
    return out


def pixel_m(raster: Raster) -> float:
    """Return the height of a raster's cells, metres (a degree is 111 km)."""
    return float(abs(raster.transform.e) * (111_320 if raster.crs.is_geographic else 1))
