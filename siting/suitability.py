"""How suitable each cell is: what is excluded and why, what each criterion finds there, and the weighted sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.features import rasterize
from rasterio.warp import Resampling

from data import Raster, Study
from data.grids import Flags, Floats, Grid, cropped, pixel_m, resample
from data.siting_settings import Exclusion, Siting
from data.study import Ground
from siting.area import inside_region, siting_grid
from siting.functions import utility
from siting.measures import Measure, marks, measure_of, measured
from siting.weights import Comparison, criterion_weights

FORBIDDEN_ZONES = "forbidden zones"


@dataclass(frozen=True)
class Suitability:
    """What siting knows of each cell; arrays have the grid's shape (rows, columns).

    Attributes
    ----------
    allowed
        Cells that no exclusion and no region keeps out.
    excluded
        The cells of each exclusion, by its name.
    measures, utilities
        What each criterion finds and what that is worth, in the order of the criteria.
    weights
        Of the criteria, adding up to 1.
    score
        The weighted sum of the utilities, from 0 to 1, also where nothing may stand.
    comparison
        Where the weights come from judgements: how well those agree.
    """

    grid: Grid
    allowed: Flags
    excluded: Mapping[str, Flags]
    measures: tuple[Measure, ...]
    utilities: Floats  # (criteria, rows, columns)
    weights: Floats
    score: Floats
    comparison: Comparison | None = None

    @property
    def raster(self) -> Raster:
        """Return the score as a raster, NaN where nothing may stand."""
        return Raster(np.where(self.allowed, self.score, np.nan), self.grid.transform, self.grid.crs)

    def exclusions(self) -> pd.DataFrame:
        """Return what each exclusion takes: exclusion, km2, share, only_km2 (which no other takes)."""
        count = np.zeros(self.grid.shape, dtype=np.int64)
        for mask in self.excluded.values():
            count += mask
        km2 = self.grid.cell_m**2 / 1e6
        rows = [
            (name, mask.sum() * km2, mask.mean(), (mask & (count == 1)).sum() * km2)
            for name, mask in self.excluded.items()
        ]
        return pd.DataFrame(rows, columns=["exclusion", "km2", "share", "only_km2"]).astype(
            {"exclusion": "str", "km2": float, "share": float, "only_km2": float}
        )


def suitability(study: Study, siting: Siting) -> Suitability:
    """Return how suitable each cell of the area is.

    Raises
    ------
    InputError
        When the judgements contradict each other too much, or there would be too many cells.
    """
    weights, comparison = criterion_weights(siting)
    grid = siting_grid(study, siting)
    allowed = inside_region(study, siting, grid)
    excluded = dict(_exclusions(study, siting, grid))
    for mask in excluded.values():
        allowed &= ~mask
    grounds = study.grounds
    measures = tuple(measured(criterion, grounds[criterion.on], grid) for criterion in siting.criteria)
    utilities = np.stack([utility(*pair) for pair in zip(siting.criteria, measures, strict=True)])
    score = np.clip(np.tensordot(weights, utilities, axes=1), 0.0, 1.0)
    return Suitability(grid, allowed, excluded, measures, utilities, weights, score, comparison)


def _exclusions(study: Study, siting: Siting, grid: Grid) -> Iterator[tuple[str, Flags]]:
    if siting.exclude_forbidden_zones and study.zones["forbidden"].any():
        shapes = list(study.zones.loc[study.zones["forbidden"].astype(bool), "geometry"])
        burned = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype="uint8")
        yield FORBIDDEN_ZONES, np.asarray(burned.astype(bool))
    grounds = study.grounds
    for rule in siting.exclude:
        yield rule.name, excluded_cells(rule, grounds[rule.on], grid)


def excluded_cells(rule: Exclusion, ground: Ground, grid: Grid) -> Flags:
    """Return the cells that an exclusion takes; none where its layer says nothing."""
    by_distance = measure_of(rule, ground) == "distance"
    if by_distance and isinstance(ground, Raster) and not (rule.within_m or rule.beyond_m):
        part = cropped(ground, grid)
        how = Resampling.average if pixel_m(part) < grid.cell_m else Resampling.nearest
        return np.asarray(resample(part, marks(part, rule).astype(float), grid, how) >= 0.5)  # of the cell
    values = measured(rule, ground, grid).values
    if by_distance:
        if rule.beyond_m is not None:
            far = values > rule.beyond_m
            return np.asarray(far | (values <= rule.within_m) if rule.within_m is not None else far)
        return np.asarray(values <= (rule.within_m or 0.0))
    out: npt.NDArray[np.bool_] = np.zeros(grid.shape, dtype=bool)
    if rule.above is not None:
        out |= values > rule.above
    if rule.below is not None:
        out |= values < rule.below
    return out
