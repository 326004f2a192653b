"""The cost surface: what laying one metre of trench costs in each cell, relative to open farmland.

The grid covers the terminals and a margin. Zones of the study decide where they lie (the highest
factor where several overlap), the land-cover raster elsewhere; the slope of the ground and the study's
terrain layers multiply either. Ground is forbidden in every cell whose inside meets the inside of a
forbidden polygon, however little, so a line that keeps to the allowed cells cannot enter forbidden land.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from pyproj import CRS
from rasterio.features import rasterize
from rasterio.warp import Resampling

from data.errors import Fault, InputError
from data.grids import HAIR, Flags, Floats, Grid, Ints, bands, cropped, forbidden_cells, resample, slope_percent
from data.settings import Pipelines
from data.study import Raster, Study
from routing.terrain_layers import terrain_effect

BYTES_PER_CELL = 32  # of surface, moves and one search; docs/routing-performance-rasters.md says how it was measured
_MOST_CELLS = 2_000_000_000  # the search numbers cells in 32 bits


@dataclass(frozen=True)
class CostSurface:
    """A grid of cost factors.

    Attributes
    ----------
    factors
        Shape (rows, columns), row 0 in the north: cost of a metre of trench relative to open
        farmland. Finite in forbidden cells too: the allowed part of such a cell can be priced.
    allowed
        Shape (rows, columns): a pipe may be laid anywhere in the cell.
    closed
        Shape (rows, columns): forbidden as a whole, by land cover. Of a cell that is not allowed
        because of a zone, only the zone itself is forbidden.
    transform
        From (column, row) to coordinates in ``crs`` (projected, metres).
    cell_m
        Side of a cell.
    """

    factors: Floats
    allowed: Flags
    closed: Flags
    transform: Affine
    crs: CRS
    cell_m: float

    @property
    def shape(self) -> tuple[int, int]:
        """Return (rows, columns)."""
        rows, columns = self.factors.shape
        return rows, columns

    @property
    def costs(self) -> Floats:
        """Return the factors with infinity in the forbidden cells, shape (rows, columns)."""
        return np.where(self.allowed, self.factors, np.inf)

    def cells_at(self, xy: Floats) -> Ints:
        """Return the (row, column) of each point; points (n, 2), result (n, 2), held inside the grid."""
        left, top = self.transform.c, self.transform.f
        column = np.floor((xy[:, 0] - left) / self.cell_m)
        row = np.floor((top - xy[:, 1]) / self.cell_m)
        rows, columns = self.shape
        cells = np.column_stack([np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)])
        return cells.astype(np.int64)

    def centres(self, cells: Ints) -> Floats:
        """Return the centre of each (row, column); cells (n, 2), result (n, 2) in metres."""
        x = self.transform.c + (cells[:, 1] + 0.5) * self.cell_m
        y = self.transform.f - (cells[:, 0] + 0.5) * self.cell_m
        return np.column_stack([x, y])

    def traverse(self, coords: Floats) -> tuple[Ints, Floats]:
        """Return the cells a line runs through and the length in each.

        Parameters
        ----------
        coords
            Shape (n, 2), metres.

        Returns
        -------
        cells, lengths
            Shapes (m, 2) and (m,), in the order of the line; the lengths add up to the line's.
        """
        pieces = [self._cut(start, end) for start, end in pairwise(coords)]
        if not pieces:
            return np.empty((0, 2), dtype=np.int64), np.empty(0)
        middles = np.concatenate([middle for middle, _ in pieces])
        return self.cells_at(middles), np.concatenate([length for _, length in pieces])

    def _cut(self, start: Floats, end: Floats) -> tuple[Floats, Floats]:
        """Return middle and length of the pieces into which the grid lines cut a segment."""
        origin = np.array([self.transform.c, self.transform.f])
        here, there = (start - origin) / self.cell_m, (end - origin) / self.cell_m
        step = there - here
        shares = [np.array([0.0, 1.0])]
        for axis in (0, 1):
            if step[axis] != 0:
                low, high = sorted((here[axis], there[axis]))
                lines = np.arange(np.ceil(low), np.floor(high) + 1)
                shares.append((lines - here[axis]) / step[axis])
        cuts = np.unique(np.clip(np.concatenate(shares), 0.0, 1.0))
        lengths = np.diff(cuts) * float(np.hypot(*(end - start)))
        middles = start + ((cuts[:-1] + cuts[1:]) / 2)[:, None] * (end - start)
        return middles, lengths

    def weighted_length_m(self, coords: Floats) -> float:
        """Return the length of a line with each metre counted by the factor of its cell."""
        cells, lengths = self.traverse(coords)
        return float(np.sum(self.factors[cells[:, 0], cells[:, 1]] * lengths))

    def is_clear(self, start: Floats, end: Floats) -> bool:
        """Return whether a straight segment keeps to allowed cells.

        A hair's breadth to either side must be clear too, so the segment neither runs along the edge
        of a forbidden cell nor slips between two that meet at a corner.
        """
        span = float(np.hypot(*(end - start)))
        if span == 0:
            return True
        aside = np.array([start[1] - end[1], end[0] - start[0]]) / span * HAIR * self.cell_m
        for shift in (aside, -aside):
            cells, _ = self.traverse(np.array([start + shift, end + shift]))
            if not self.allowed[cells[:, 0], cells[:, 1]].all():
                return False
        return True


def cost_surface(study: Study, points: Floats) -> CostSurface:
    """Return the surface around some terminals.

    Parameters
    ----------
    study
        Zones, rasters and settings.
    points
        Shape (n, 2), n at least 1, in the study's CRS.

    Raises
    ------
    InputError
        When the grid would take more memory than ``pipelines.memory_gib``, or a land-cover class is no number.
    """
    grid = _grid(points, study.settings.pipelines, study.crs)
    factors, allowed, closed = np.empty(grid.shape), np.empty(grid.shape, dtype=bool), np.empty(grid.shape, dtype=bool)
    forbidden = forbidden_polygons(study)
    for band in bands(grid):
        part = _priced(study, forbidden, band.around)
        for whole, some in zip((factors, allowed, closed), part, strict=True):
            whole[band.rows] = some[band.inner]
    return CostSurface(factors, allowed, closed, grid.transform, grid.crs, grid.cell_m)


def _priced(study: Study, forbidden: npt.NDArray[np.object_], grid: Grid) -> tuple[Floats, Flags, Flags]:
    """Return factors, allowed and closed cells of a grid."""
    settings = study.settings.pipelines
    factors, closed = np.ones(grid.shape), np.zeros(grid.shape, dtype=bool)
    if study.landcover is not None:
        factors, closed = _landcover(cropped(study.landcover, grid), settings, grid)
    allowed = ~closed
    if len(study.zones):
        factors = _burn_factors(study, factors, grid)
        allowed &= ~forbidden_cells(forbidden, grid)
    if study.elevation is not None and settings.slope_factor_per_percent > 0:
        factors *= 1 + settings.slope_factor_per_percent * slope_percent(study.elevation, grid)
    if study.terrain:
        effect, shut = terrain_effect(study.terrain, grid)
        factors *= effect
        closed |= shut
        allowed &= ~shut
    return factors, allowed, closed


def forbidden_polygons(study: Study) -> npt.NDArray[np.object_]:
    """Return the zones that no pipe may enter, shape (n,), valid and not empty."""
    zones = study.zones.geometry[study.zones["forbidden"].astype(bool)]
    polygons = np.asarray(zones.to_numpy(), dtype=object)
    polygons = polygons[~shapely.is_empty(polygons)]
    return np.asarray(np.where(shapely.is_valid(polygons), polygons, shapely.make_valid(polygons)), dtype=object)


def _grid(points: Floats, settings: Pipelines, crs: CRS) -> Grid:
    """Return a grid whose lines are whole multiples of the cell."""
    cell, margin = settings.cell_m, settings.margin_km * 1000
    low = np.floor((points.min(axis=0) - margin) / cell)
    high = np.ceil((points.max(axis=0) + margin) / cell)
    columns, rows = (int(count) for count in np.maximum(high - low, 1))
    most = min(settings.memory_gib * 2**30 / BYTES_PER_CELL, _MOST_CELLS)
    if rows * columns > most:
        needed = cell * np.sqrt(rows * columns / most)
        step = 10.0 ** np.floor(np.log10(needed)) / 10
        gib = rows * columns * BYTES_PER_CELL / 2**30
        found = f"{cell:g} m, which makes a surface of {rows:,} x {columns:,} cells that takes {gib:.1f} GiB"
        wanted = f"at least {np.ceil(needed / step) * step:g} m for this region, or a smaller margin_km"
        if rows * columns <= _MOST_CELLS:
            wanted += f", or pipelines.memory_gib (now {settings.memory_gib:g}) of at least {np.ceil(gib):g}"
        raise InputError([Fault("study.toml", "pipelines.cell_m", found, wanted)])
    return Grid(Affine(cell, 0, low[0] * cell, 0, -cell, high[1] * cell), (rows, columns), crs, cell)


def _burn_factors(study: Study, factors: Floats, grid: Grid) -> Floats:
    """Return the factors with those of the zones over them, in cells whose centre a zone covers."""
    zones = study.zones.iloc[np.sort(study.zones.sindex.query(shapely.box(*grid.bounds)))]
    zones = zones[~zones.geometry.is_empty].sort_values("factor", kind="stable")
    shapes = list(zip(zones.geometry, zones["factor"].astype(float), strict=True))  # the highest burns last
    if not shapes:
        return factors
    burned = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, fill=np.nan, dtype="float64")
    return np.where(np.isnan(burned), factors, burned)


def _landcover(raster: Raster, settings: Pipelines, grid: Grid) -> tuple[Floats, Flags]:
    """Return factors and forbidden cells from the land-cover classes; 1 where the raster says nothing."""
    classes = resample(raster, raster.values, grid, Resampling.nearest)
    factors = np.ones(grid.shape)
    for key, factor in settings.landcover_factors.items():
        try:
            code = float(key)
        except ValueError:
            fault = Fault("study.toml", "pipelines.landcover_factors", repr(key), "the number of a class")
            raise InputError([fault]) from None
        factors[classes == code] = factor
    if not settings.landcover_forbidden:
        return factors, np.zeros(grid.shape, dtype=bool)
    closed = np.where(np.isin(raster.values, settings.landcover_forbidden), 1.0, 0.0)
    # The maximum: a cell that holds one forbidden pixel is forbidden.
    share = resample(raster, closed, grid, Resampling.max)
    return factors, np.nan_to_num(share) > 0


__all__ = ["CostSurface", "Flags", "Floats", "Grid", "Ints", "cost_surface", "forbidden_cells", "forbidden_polygons"]
