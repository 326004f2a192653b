"""What the terrain layers of a study do to the cost surface: factors, forbidden cells, lines to cross.

Every layer is brought from its own grid or outlines onto the cells of the surface once. Factors of several
layers multiply; of several discounts along existing rights of way the deepest counts. Where a layer says
nothing (no data, no polygon) it changes nothing. Of a layer only what lies on or near the grid is looked at,
so a large surface can be made in bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from affine import Affine
from pyproj import CRS
from rasterio.features import rasterize
from rasterio.warp import Resampling
from skimage.morphology import skeletonize

from data.grids import Flags, Floats, Grid, cropped, forbidden_cells, pixel_m, resample, slope_percent
from data.settings import Distance, TerrainSpec
from data.study import Raster, Terrain
from routing.distances import distances


def terrain_effect(terrain: Sequence[Terrain], grid: Grid) -> tuple[Floats, Flags]:
    """Return the factor on the cost of a metre of trench and the forbidden cells, both (rows, columns)."""
    factors, closed = np.ones(grid.shape), np.zeros(grid.shape, dtype=bool)
    discounts = np.ones(grid.shape)
    for layer in terrain:
        rule = layer.rule
        if rule.rule == "crossing_cost":
            continue
        if rule.discount is not None:
            marked = _marked(layer, grid)
            discounts[marked] = np.minimum(discounts[marked], rule.discount)
            continue
        effect, shut = _priced(layer, grid) if rule.distance is None else _around(layer, rule.distance, grid)
        factors *= effect
        closed |= shut
    factors *= discounts
    return factors, closed


def terrain_lines(terrain: Sequence[Terrain], crs: CRS) -> gpd.GeoDataFrame:
    """Return the lines of all layers with a crossing cost: kind (the layer's name), cost, geometry in ``crs``."""
    frames = []
    for layer in terrain:
        if layer.rule.crossing_cost is None:
            continue
        lines = _traced(layer.ground, layer.rule) if isinstance(layer.ground, Raster) else _chosen(layer)
        values = pd.DataFrame({"kind": layer.rule.name, "cost": layer.rule.crossing_cost}, index=lines.index)
        frames.append(gpd.GeoDataFrame(values, geometry=lines.to_crs(crs)))
    if not frames:
        return gpd.GeoDataFrame({"kind": [], "cost": []}, geometry=[], crs=crs)
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=crs)


def _priced(layer: Terrain, grid: Grid) -> tuple[Floats, Flags]:
    """Return factors and forbidden cells of a rule on values: classes, steps, points and limits."""
    rule, ground = layer.rule, _near(layer.ground, grid)
    if isinstance(ground, Raster):
        if rule.of == "slope":
            return _by_value(rule, slope_percent(ground, grid))
        factors, shut = _by_value(rule, ground.values)
        factors[np.isnan(ground.values)] = np.nan
        how = Resampling.average if pixel_m(ground) < grid.cell_m else Resampling.nearest
        effect = np.nan_to_num(resample(ground, factors, grid, how), nan=1.0)
        return effect, _spread(ground, shut, grid)
    factors, shut = _by_value(rule, ground[rule.column].to_numpy())
    shapes = np.asarray(ground.geometry.to_numpy(), dtype=object)
    order = np.argsort(factors, kind="stable")  # the highest burns last
    pairs = [(shapes[k], factors[k]) for k in order.tolist() if not shut[k]]
    effect = np.ones(grid.shape)
    if pairs:
        effect = rasterize(pairs, out_shape=grid.shape, transform=grid.transform, fill=1.0, dtype="float64")
    return effect, forbidden_cells(shapes[shut], grid)


def _by_value(rule: TerrainSpec, values: npt.NDArray[np.generic]) -> tuple[Floats, Flags]:
    """Return the factor of each value (1 where the rule names none) and whether it is forbidden."""
    factors, shut = np.ones(values.shape), np.zeros(values.shape, dtype=bool)
    for key, factor in (rule.classes or {}).items():
        here = _equal(values, key)
        if factor == "forbidden":
            shut |= here
        else:
            factors[here] = factor
    if rule.classes is not None:
        return factors, shut
    numbers = np.asarray(pd.to_numeric(values.ravel()), dtype=np.float64).reshape(values.shape)
    known = ~np.isnan(numbers)
    if rule.steps is not None:
        limits, steps = (np.array(column) for column in zip(*rule.steps, strict=True))
        factors[known] = steps[np.minimum(np.searchsorted(limits, numbers[known]), len(steps) - 1)]
    if rule.points is not None:
        at, factor_at = (np.array(column) for column in zip(*rule.points, strict=True))
        factors[known] = np.interp(numbers[known], at, factor_at)
    shut |= numbers > (np.inf if rule.forbidden_above is None else rule.forbidden_above)
    shut |= numbers < (-np.inf if rule.forbidden_below is None else rule.forbidden_below)
    return factors, shut


def _around(layer: Terrain, distance: Distance, grid: Grid) -> tuple[Floats, Flags]:
    """Return factors and forbidden cells around marked cells, marks outside the grid counted too."""
    pad = int(np.ceil(distance.within_m / grid.cell_m)) + 1
    rows, columns = grid.shape
    corner, size = grid.transform @ Affine.translation(-pad, -pad), (rows + 2 * pad, columns + 2 * pad)
    marked = _marked(layer, Grid(corner, size, grid.crs, grid.cell_m))
    nothing = np.ones(grid.shape), np.zeros(grid.shape, dtype=bool)
    if not marked.any():
        return nothing
    away = distances(marked, slice(pad, pad + rows))[:, pad : pad + columns] * grid.cell_m
    near = away <= distance.within_m
    if distance.factor == "forbidden":
        return nothing[0], near
    share = away / distance.within_m
    fading = {"linear": 1 - share, "exponential": np.exp(-3 * share), "step": np.ones(grid.shape)}[distance.decay]
    return np.where(near, 1 + (distance.factor - 1) * fading, 1.0), nothing[1]


def _marked(layer: Terrain, grid: Grid) -> Flags:
    """Return the cells that a layer's features or chosen cells touch."""
    ground = _near(layer.ground, grid)
    if isinstance(ground, Raster):
        return _spread(ground, _chosen_cells(ground, layer.rule), grid)
    shapes = list(_chosen(Terrain(layer.rule, ground)).to_numpy())
    if not shapes:
        return np.zeros(grid.shape, dtype=bool)
    burned = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, all_touched=True, dtype="uint8")
    return np.asarray(burned, dtype=bool)


def _spread(raster: Raster, mask: Flags, grid: Grid) -> Flags:
    """Return the cells of the surface that hold at least one marked cell of a raster."""
    if not mask.any():
        return np.zeros(grid.shape, dtype=bool)
    return np.nan_to_num(resample(raster, mask.astype(float), grid, Resampling.max)) > 0


def _near(ground: Raster | gpd.GeoDataFrame, grid: Grid) -> Raster | gpd.GeoDataFrame:
    """Return the cells or features of a layer that can lie on a grid."""
    if isinstance(ground, Raster):
        return cropped(ground, grid)
    return ground.iloc[np.sort(ground.sindex.query(shapely.box(*grid.bounds)))]


def _chosen_cells(raster: Raster, rule: TerrainSpec) -> Flags:
    known: Flags = ~np.isnan(raster.values)
    if rule.values is None:
        return known
    return known & np.isin(raster.values, [float(value) for value in rule.values])


def _chosen(layer: Terrain) -> gpd.GeoSeries:
    ground, rule = layer.ground, layer.rule
    if isinstance(ground, Raster):
        raise TypeError(f"the features of {rule.name}, which is a raster")
    if rule.values is None:
        return ground.geometry
    chosen: Iterable[Flags] = (_equal(ground[rule.column].to_numpy(), value) for value in rule.values)
    return ground.geometry[reduce(np.logical_or, chosen)]


def _equal(values: npt.NDArray[np.generic], key: float | str) -> Flags:
    """Return where values are a class, which study.toml spells as text: "41" is 41 and 41.0."""
    if values.dtype.kind in "ifu":
        try:
            return np.asarray(values == float(key), dtype=bool)
        except ValueError:
            return np.zeros(values.shape, dtype=bool)
    text = f"{key:g}" if isinstance(key, float) else key
    return np.asarray([str(value) == text for value in values], dtype=bool)


def _traced(raster: Raster, rule: TerrainSpec) -> gpd.GeoSeries:
    """Return the lines that chosen cells of a raster draw, in its CRS.

    Bands are thinned to one cell; centres of neighbouring cells are joined, over a corner only where no
    side does it, and the stairs smoothed away, so that a path crosses a line once and not once per step.
    """
    thin = skeletonize(_chosen_cells(raster, rule))  # type: ignore[no-untyped-call]
    pad = np.pad(thin, 1)
    ends = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        there = np.roll(pad, (-down, -right), axis=(0, 1))
        joined = pad & there
        if down and right:
            joined &= ~np.roll(pad, -down, axis=0) & ~np.roll(pad, -right, axis=1)
        first = np.argwhere(joined) - 1
        ends.append(np.stack([first, first + np.array([down, right])], axis=1))
    row, column = np.moveaxis(np.concatenate(ends) + 0.5, -1, 0)  # of the centres
    grid = raster.transform
    xy = np.stack([grid.a * column + grid.b * row + grid.c, grid.d * column + grid.e * row + grid.f], axis=-1)
    merged = shapely.line_merge(shapely.multilinestrings(list(shapely.linestrings(xy))))
    smooth = shapely.simplify(shapely.get_parts(merged), 0.75 * abs(raster.transform.e))
    return gpd.GeoSeries(smooth, crs=raster.crs)
