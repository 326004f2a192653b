"""A grid of square cells in the study's CRS, and rasters and polygons brought onto it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import rasterio.crs
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.features import rasterize
from rasterio.warp import Resampling, reproject
from scipy.ndimage import binary_dilation

from data.study import Raster

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Pieces = npt.NDArray[np.int32]  # the number of the connected piece of ground of each cell, 0 where forbidden

BAND_CELLS = 4_000_000  # worked on at a time, so that what is in between stays small beside the surface
_SPARE = 8, 0.02  # cells of a raster around what a grid covers, and a share of it: reprojected edges are curved

HAIR = 1e-6  # of a cell: how far beside a line the ground must be clear as well


@dataclass(frozen=True)
class Grid:
    """Where the cells are: ``transform`` maps (column, row) to ``crs``; ``shape`` is (rows, columns)."""

    transform: Affine
    shape: tuple[int, int]
    crs: CRS
    cell_m: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north."""
        west, north = self.transform.c, self.transform.f
        return west, north - self.shape[0] * self.cell_m, west + self.shape[1] * self.cell_m, north


@dataclass(frozen=True)
class Band:
    """Some rows of a grid.

    ``around`` is the grid of these and of one row more on either side, as far as there is one, because
    slopes and outlines look at their neighbours; ``inner`` says which of its rows the band's own are.
    """

    rows: slice
    around: Grid
    inner: slice


def bands(grid: Grid) -> Iterator[Band]:
    """Return a grid in bands of about ``BAND_CELLS`` cells, from north to south."""
    count, columns = grid.shape
    for rows in row_slices(grid.shape):
        first, last = max(rows.start - 1, 0), min(rows.stop + 1, count)
        corner = grid.transform @ Affine.translation(0, first)
        around = Grid(corner, (last - first, columns), grid.crs, grid.cell_m)
        yield Band(rows, around, slice(rows.start - first, rows.stop - first))


def row_slices(shape: tuple[int, int]) -> Iterator[slice]:
    """Return the rows of an array in slices of about ``BAND_CELLS`` cells."""
    step = max(BAND_CELLS // shape[1], 1)
    for top in range(0, shape[0], step):
        yield slice(top, min(top + step, shape[0]))


def cropped(raster: Raster, grid: Grid) -> Raster:
    """Return the part of a raster that a grid can need; all of it where that cannot be told."""
    to_raster = Transformer.from_crs(grid.crs, raster.crs, always_xy=True)
    west, south, east, north = to_raster.transform_bounds(*grid.bounds)
    if not np.isfinite([west, south, east, north]).all() or west > east:
        return raster
    corners = np.array([~raster.transform @ at for at in ((west, south), (west, north), (east, south), (east, north))])
    low, high = corners.min(axis=0), corners.max(axis=0)
    spare = _SPARE[0] + _SPARE[1] * (high - low)
    most = raster.values.shape[::-1]
    left, top = np.clip(np.floor(low - spare), 0, most).astype(int).tolist()
    right, bottom = np.clip(np.ceil(high + spare), 0, most).astype(int).tolist()
    if right <= left or bottom <= top:  # apart from each other: one cell says as little as all
        left, top, right, bottom = 0, 0, 1, 1
    corner = raster.transform @ Affine.translation(left, top)
    return Raster(raster.values[top:bottom, left:right], corner, raster.crs)


def forbidden_cells(polygons: npt.NDArray[np.object_], grid: Grid) -> Flags:
    """Return the cells whose inside meets the inside of a polygon, shape (rows, columns).

    Rasterising gives the cells certainly in and those in doubt (along the outlines). The ones in doubt
    are settled exactly: the rasteriser's own "all touched" promises too little to build on.
    """
    inside: Flags = np.zeros(grid.shape, dtype=bool)
    polygons = polygons[shapely.intersects(shapely.box(*grid.bounds), shapely.envelope(polygons))]
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
    raster = cropped(raster, grid)
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
