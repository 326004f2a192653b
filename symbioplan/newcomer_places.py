"""Where a newcomer could stand: the study's sites, or a grid over the land that is refined where it adds most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

import siting
from data import Fault, InputError, Raster, Study
from maps.geometry import main_cluster

_LEAST_SHARE = 0.1  # of a cell that must be land on which something may stand
_COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_TAKEN_M = 50.0  # around a plant: its own land
_FINEST_M = 100.0  # no cell is parted into smaller ones


@dataclass(frozen=True)
class Grid:
    """Square cells of ``cell_m``, each parted into four up to ``levels`` times; a corner is the upper left one."""

    corner: tuple[float, float]
    cell_m: float
    shape: tuple[int, int]
    levels: int

    def raster(self, cells: pd.DataFrame, values: Sequence[float], crs: object) -> Raster:
        """Return values of cells (``level``, ``row``, ``column``) on the finest grid, finer ones over coarser ones."""
        times = 2**self.levels
        drawn = np.full((self.shape[0] * times, self.shape[1] * times), np.nan)
        order = np.argsort(cells["level"].to_numpy(), kind="stable")
        level, row, column = (cells[name].to_numpy()[order] for name in ("level", "row", "column"))
        for size, top, left, value in zip(
            2 ** (self.levels - level), row, column, np.asarray(values)[order], strict=True
        ):
            drawn[top * size : (top + 1) * size, left * size : (left + 1) * size] = value
        fine = self.cell_m / times
        return Raster(drawn, Affine(fine, 0, self.corner[0], 0, -fine, self.corner[1]), crs)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Places:
    """Where a newcomer could stand: ``place``, ``name``, ``cell_m`` (NaN for a site), point geometry.

    On a grid also ``level``, ``row`` and ``column`` of the cell that the point stands for.
    """

    points: gpd.GeoDataFrame
    grid: Grid | None = None

    def __len__(self) -> int:
        return len(self.points)


def site_places(study: Study) -> Places:
    """Return the study's usable sites as places.

    Raises
    ------
    InputError
        The study has none.
    """
    sites = siting.candidate_sites(study)
    sites = sites[sites["usable"]]
    if sites.empty:
        raise InputError([Fault("newcomer", "--at", "a study without usable sites", "--at grid, or a layer of sites")])
    name = sites["name"].where(sites["name"] != "", sites["site"]).to_numpy()
    points = gpd.GeoDataFrame({"place": sites["site"].to_numpy(), "name": name, "cell_m": np.nan},
                              geometry=sites.geometry.representative_point().to_numpy(), crs=study.crs)  # fmt: skip
    return Places(points)


def grid_places(study: Study, *, about: int = 40, spacing_m: float | None = None, levels: int = 4) -> Places:
    """Return the coarsest cells of a grid over the land around the plants.

    A cell counts where a tenth of it is neither forbidden nor, where siting has judged the land, excluded. Its point is
    its middle, or where that is not allowed a point of the largest part that is.

    Parameters
    ----------
    about
        Without a spacing: how many cells the whole rectangle has, land or not.
    spacing_m
        Size of a cell, metres.
    levels
        How often the best cells can be parted into four.
    """
    low, high = _box(study)
    cell = spacing_m or float(np.sqrt(np.prod(high - low) / about))
    columns, rows = (int(count) for count in np.maximum(np.ceil((high - low) / cell), 1))
    left, top = (low + high - np.array([columns, -rows]) * cell) / 2
    levels = int(min(levels, max(np.floor(np.log2(cell / _FINEST_M)), 0)))
    grid = Grid((float(left), float(top)), cell, (rows, columns), levels)
    row, column = (part.ravel() for part in np.mgrid[0:rows, 0:columns])
    return _cells(study, grid, np.zeros(len(row), dtype=int), row, column)


def _box(study: Study) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower left and upper right corner of the land around the plants that the zones describe.

    Without zones it is the land around most plants: a single customer far away makes no region.
    """
    spots = study.plant_points
    spots = spots if len(study.zones) else spots[main_cluster(spots)]
    low, high = np.array(spots.total_bounds[:2]), np.array(spots.total_bounds[2:])
    if len(study.zones):  # beyond them nobody has said what is water
        known = study.zones.total_bounds
        low, high = np.clip(low, known[:2], known[2:]), np.clip(high, known[:2], known[2:])
        margin = max(0.1 * float((high - low).max()), 1000.0)
        return np.maximum(low - margin, known[:2]), np.minimum(high + margin, known[2:])
    margin = max(0.1 * float((high - low).max()), 1000.0)
    return low - margin, high + margin


def refined(study: Study, places: Places, worth: Mapping[str, float], *, share: float = 0.15) -> Places:
    """Return the four parts of each of the best cells of the finest level so far; no places where none is left.

    Parameters
    ----------
    worth
        What a newcomer adds at each place; those that it adds nothing at are never parted. Of the coarsest cells those
        with plants come first.
    share
        Of the cells with land on the coarsest level: how many are parted at each level.
    """
    grid, points = places.grid, places.points
    if grid is None:
        return Places(points.iloc[:0])
    count = max(int(np.ceil(share * (points["level"] == 0).sum())), 1)
    value = points["place"].map(worth).to_numpy(dtype=float)
    finest = points[(points["level"] == points["level"].max()) & (value > 0) & (points["level"] < grid.levels)]
    best = finest.assign(value=finest["place"].map(worth), near=_holds_plant(study, grid, finest))
    best = best.sort_values(["near", "value"], ascending=False, kind="stable")
    best = best.head(count)
    row = (2 * best["row"].to_numpy()[:, None] + np.array([0, 0, 1, 1])).ravel()
    column = (2 * best["column"].to_numpy()[:, None] + np.array([0, 1, 0, 1])).ravel()
    return _cells(study, grid, np.repeat(best["level"].to_numpy() + 1, 4), row, column)


def _holds_plant(study: Study, grid: Grid, cells: pd.DataFrame) -> np.ndarray:
    """Return which of the coarsest cells hold a plant: the middle of a large cell says little about its parts."""
    spots = study.plant_points
    column = np.floor((spots.x - grid.corner[0]) / grid.cell_m).astype(int)
    row = np.floor((grid.corner[1] - spots.y) / grid.cell_m).astype(int)
    held = set(zip(row, column, strict=True))
    return np.array([level == 0 and (r, c) in held for level, r, c in zip(
        cells["level"], cells["row"], cells["column"], strict=True)], dtype=bool)  # fmt: skip


def _cells(study: Study, grid: Grid, level: np.ndarray, row: np.ndarray, column: np.ndarray) -> Places:
    size = grid.cell_m / 2.0**level
    left, top = grid.corner[0] + column * size, grid.corner[1] - row * size
    boxes = shapely.box(left, top - size, left + size, top)
    taken = [study.plants.geometry.buffer(_TAKEN_M), study.zones.loc[study.zones["forbidden"], "geometry"]]
    open_ = shapely.difference(boxes, shapely.union_all(np.concatenate([part.to_numpy() for part in taken])))
    kept = shapely.area(open_) >= _LEAST_SHARE * size**2
    middle = shapely.points(left + size / 2, top - size / 2)
    inside = np.array([_largest(shape) if ok else shape for shape, ok in zip(open_, kept, strict=True)], dtype=object)
    # what is not kept has a middle too: a cell that is forbidden as a whole has no point on its surface
    points = np.where(kept & ~shapely.intersects(open_, middle), shapely.point_on_surface(inside), middle)
    kept &= _suitable(study, points)
    frame = gpd.GeoDataFrame({"cell_m": size, "level": level, "row": row, "column": column}, geometry=points,
                             crs=study.crs)[kept].reset_index(drop=True)  # fmt: skip
    places = [f"{'abcdefgh'[n]}{r + 1}.{c + 1}" for n, r, c in zip(*(frame[k] for k in ("level", "row", "column")),
                                                                   strict=True)]  # fmt: skip
    frame.insert(0, "place", places)
    frame.insert(1, "name", _names(study, frame.geometry.to_numpy()))
    return Places(frame, grid)


def _names(study: Study, points: np.ndarray) -> list[str]:
    """Return where each point is as people say it: so far in which direction from the nearest plant."""
    spots, names = shapely.get_coordinates(study.plant_points.to_numpy()), study.plants["name"].tolist()
    ids, at = study.plants["plant"].tolist(), shapely.get_coordinates(points)
    apart = at[:, None, :] - spots[None, :, :]
    near = np.hypot(apart[..., 0], apart[..., 1]).argmin(axis=1)
    east, north = apart[np.arange(len(at)), near].T
    turn = np.rint(np.degrees(np.arctan2(east, north)) / 45).astype(int) % 8
    far = np.hypot(east, north) / 1000
    return [f"{km:.1f} km {_COMPASS[way]} of {names[k] or ids[k]}" for km, way, k in zip(far, turn, near, strict=True)]


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]


def _suitable(study: Study, points: np.ndarray) -> np.ndarray:
    """Return which points siting has not excluded; all where it has judged nothing, or nothing there."""
    raster = study.suitability
    if raster is None:
        return np.ones(len(points), dtype=bool)
    column, row = (
        np.floor(part).astype(int) for part in ~raster.transform @ (shapely.get_x(points), shapely.get_y(points))
    )
    rows, columns = raster.values.shape
    known = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    found = raster.values[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
    return np.asarray(~known | np.isfinite(found))
