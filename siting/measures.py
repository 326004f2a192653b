"""What a rule of siting finds in each cell: distances, values, slopes, classes.

A cell stands for its centre. Distances to features are exact, from the centre to the outline (0 inside a
polygon); distances to cells of a raster are exact between centres, by SciPy's Euclidean distance transform.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from affine import Affine
from rasterio.features import rasterize
from rasterio.warp import Resampling
from scipy.ndimage import distance_transform_edt

from data.grids import Flags, Floats, Grid, cropped, pixel_m, resample, slope_percent
from data.read_siting import looked_at
from data.siting_settings import Criterion, Exclusion, Rule
from data.study import Ground, Raster

Shapes = npt.NDArray[np.object_]
_LONGEST_REACH_M = 50_000.0  # around the grid in which marked cells of a raster are looked for


@dataclass(frozen=True)
class Measure:
    """A number per cell, shape (rows, columns), NaN where the layer says nothing.

    Of classes with names the number is a position in ``labels``.
    """

    values: Floats
    unit: str
    labels: tuple[str, ...] = ()


def measured(rule: Rule, ground: Ground, grid: Grid) -> Measure:
    """Return what a rule finds.

    Parameters
    ----------
    rule
        An exclusion or a criterion that fits the layer (see :func:`data.read_siting.siting_faults`).
    ground
        The layer: a raster in any CRS, or features in the grid's.
    grid
        The cells.
    """
    kind = measure_of(rule, ground)
    if isinstance(ground, Raster):
        if kind == "distance":
            return Measure(_cell_distance_m(ground, rule, grid), "m")
        if kind == "slope":
            known = resample(cropped(ground, grid), cropped(ground, grid).values, grid, Resampling.nearest)
            return Measure(np.where(np.isnan(known), np.nan, slope_percent(ground, grid)), "%")
        return Measure(_raster_values(rule, ground, grid), getattr(rule, "unit", ""))
    chosen = _chosen(rule, ground)
    if kind == "distance":
        return Measure(distance_m(np.asarray(chosen.geometry.to_numpy(), dtype=object), grid), "m")
    return _feature_values(rule, chosen, grid)


def measure_of(rule: Rule, ground: Ground) -> str:
    """Return ``distance``, ``value`` or ``slope``: what is asked of the layer, said or understood."""
    if isinstance(rule, Criterion):
        if rule.of is not None:
            return rule.of
        return "value" if rule.classes is not None or isinstance(ground, Raster) else "distance"
    limited = isinstance(rule, Exclusion) and rule.has_limits
    return str(getattr(rule, "of", "value")) if limited else "distance"


def distance_m(shapes: Shapes, grid: Grid) -> Floats:
    """Return how far each cell's centre is from the nearest of some shapes, shape (rows, columns).

    0 inside polygons; infinite where there are no shapes.
    """
    parts = shapely.get_parts(shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]))
    if not len(parts):
        return np.full(grid.shape, np.inf)
    kind = shapely.get_type_id(parts)
    polygons, points = parts[kind == 3], parts[kind == 0]
    pieces = np.concatenate(
        [points, _segments(parts[(kind == 1) | (kind == 2)]), _segments(shapely.get_rings(polygons))]
    )
    x, y = cell_xy(grid)
    centres = shapely.points(*(axis.ravel() for axis in np.meshgrid(x, y)))
    order, away = shapely.STRtree(pieces).query_nearest(centres, all_matches=False, return_distance=True)
    out = np.empty(len(centres))
    out[order[0]] = away
    out = out.reshape(grid.shape)
    if len(polygons):
        out[rasterize(polygons, out_shape=grid.shape, transform=grid.transform, dtype="uint8").astype(bool)] = 0.0
    return out


def cell_xy(grid: Grid) -> tuple[Floats, Floats]:
    """Return x of each column's and y of each row's centres."""
    rows, columns = grid.shape
    x = grid.transform.c + (np.arange(columns) + 0.5) * grid.cell_m
    y = grid.transform.f - (np.arange(rows) + 0.5) * grid.cell_m
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _segments(lines: Shapes) -> Shapes:
    """Return each line cut into its straight pieces: distances to short pieces are found sooner."""
    xy, of = shapely.get_coordinates(lines, return_index=True)
    goes_on = of[:-1] == of[1:]
    if not goes_on.any():
        return np.empty(0, dtype=object)
    return np.asarray(shapely.linestrings(np.stack([xy[:-1][goes_on], xy[1:][goes_on]], axis=1)), dtype=object)


def matching(values: npt.ArrayLike | pd.Series, wanted: tuple[float | str, ...]) -> Flags:
    """Return where a value is one of those wanted, compared as numbers where both are, as text otherwise."""
    given = pd.Series(values)
    texts = {str(value) for value in wanted}
    numbers = pd.to_numeric(pd.Series(list(wanted), dtype="object"), errors="coerce").dropna()
    same = given.astype("object").map(str).isin(texts) | pd.to_numeric(given, errors="coerce").isin(numbers)
    return np.asarray(same & given.notna(), dtype=bool)


def _chosen(rule: Rule, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    column = looked_at(rule)
    if rule.values is None or column is None:
        return layer
    return layer[matching(layer[column], rule.values)]


def _cell_distance_m(raster: Raster, rule: Rule, grid: Grid) -> Floats:
    """Return the distance to the nearest cell that the rule looks at, also beyond the edge of the grid."""
    pad = int(np.ceil(min(_reach_m(rule), _LONGEST_REACH_M) / grid.cell_m)) + 1
    corner = grid.transform @ Affine.translation(-pad, -pad)
    wide = Grid(corner, (grid.shape[0] + 2 * pad, grid.shape[1] + 2 * pad), grid.crs, grid.cell_m)
    raster = cropped(raster, wide)
    marked = np.nan_to_num(resample(raster, marks(raster, rule).astype(float), wide, Resampling.max)) > 0
    if not marked.any():
        return np.full(grid.shape, np.inf)
    away = np.asarray(distance_transform_edt(~marked), dtype=np.float64) * grid.cell_m
    return away[pad:-pad, pad:-pad]


def marks(raster: Raster, rule: Rule) -> Flags:
    """Return the raster's cells with one of the rule's values; all that have data where it names none."""
    if rule.values is None:
        return np.asarray(~np.isnan(raster.values))
    return matching(raster.values.ravel(), rule.values).reshape(raster.values.shape)


def _reach_m(rule: Rule) -> float:
    """Return the distance beyond which a rule says the same."""
    if isinstance(rule, Exclusion):
        return max(rule.within_m or 0.0, rule.beyond_m or 0.0)
    if not isinstance(rule, Criterion):
        return 0.0
    if rule.linear is not None:
        return max(rule.linear.worst, rule.linear.best)
    if rule.gaussian is not None:
        return rule.gaussian.best + 5 * rule.gaussian.spread
    return max((limit for limit, _ in rule.points or rule.steps or ()), default=0.0)


def _raster_values(rule: Rule, raster: Raster, grid: Grid) -> Floats:
    raster = cropped(raster, grid)
    finer = pixel_m(raster) < grid.cell_m
    if isinstance(rule, Criterion) and rule.classes is not None:
        how = Resampling.mode if finer else Resampling.nearest
    else:
        how = Resampling.average if finer else Resampling.bilinear
    values = raster.values
    if rule.values is not None:
        values = np.where(marks(raster, rule), values, np.nan)
    return resample(raster, values, grid, how)


def _feature_values(rule: Rule, layer: gpd.GeoDataFrame, grid: Grid) -> Measure:
    """Return the attribute of the feature at each centre; of several the smallest feature's."""
    column = looked_at(rule)
    layer = layer.iloc[np.argsort(-layer.area.to_numpy(), kind="stable")]
    labels: tuple[str, ...] = ()
    if isinstance(rule, Criterion) and rule.classes is not None:
        names, found = np.unique(layer[column].astype("str"), return_inverse=True)
        labels, numbers = tuple(map(str, names)), found.astype(float)
    else:
        numbers = pd.to_numeric(layer[column], errors="coerce").to_numpy(dtype=float)
    there = [(shape, value) for shape, value in zip(layer.geometry, numbers, strict=True) if shape is not None]
    values = np.full(grid.shape, np.nan)
    if there:
        values = rasterize(there, out_shape=grid.shape, transform=grid.transform, fill=np.nan, dtype="float64")
    return Measure(np.asarray(values), getattr(rule, "unit", ""), labels)
