"""What the cells of each candidate say about it: area, score, and the breakdown by criterion."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from data.contracts import make_table
from data.grids import Floats, Grid, Ints
from data.siting_settings import Siting
from siting.measures import Shapes
from siting.parcels import MIN_USABLE_SHARE
from siting.suitability import Suitability


@dataclass(frozen=True)
class Scored:
    """Candidates with their scores.

    Attributes
    ----------
    sites
        The candidates with ``area_m2``, ``score`` (NaN where nothing may stand) and ``reason``.
    utilities
        Shape (sites, criteria): mean over each site's allowed cells.
    scores
        The table ``site_scores`` of all sites with a score.
    """

    sites: gpd.GeoDataFrame
    utilities: Floats
    scores: pd.DataFrame

    def only(self, rows: npt.NDArray[np.int64]) -> Scored:
        """Return some of the sites, in the order given."""
        sites = self.sites.iloc[rows].reset_index(drop=True)
        place = {site: number for number, site in enumerate(sites["site"])}
        scores = self.scores[self.scores["site"].isin(place)]
        scores = scores.sort_values("site", key=lambda names: names.map(place), kind="stable", ignore_index=True)
        return Scored(sites, self.utilities[rows], scores)


def scored(sites: gpd.GeoDataFrame, found: Suitability, siting: Siting) -> Scored:
    """Return the candidates with their scores; each mean is over the allowed cells whose centre lies in the site.

    A site smaller than a cell has the cell at its inner point.
    """
    which, cell = cells_in(np.asarray(sites.geometry.to_numpy(), dtype=object), found.grid)
    count = np.bincount(which, minlength=len(sites)).astype(float)
    open_ = found.allowed.ravel()[cell]
    usable = np.bincount(which[open_], minlength=len(sites)).astype(float)
    share = np.divide(usable, count, out=np.zeros(len(sites)), where=count > 0)
    area = sites.geometry.area.to_numpy()
    fit = share >= MIN_USABLE_SHARE
    layers = found.utilities.reshape(len(found.weights), -1)
    means = _means(layers, which[open_], cell[open_], usable)
    score = np.where(fit, np.clip(means @ found.weights, 0.0, 1.0), np.nan)
    too_small = fit & (area > 0) & (area * share < siting.min_area_ha * 10_000)
    reason = np.where(fit, "", _reasons(found, which, cell, count, share))
    reason = np.where(too_small, f"less than {siting.min_area_ha:g} ha", reason)
    score = np.where(too_small, np.nan, score)
    table = sites.assign(area_m2=area * share, score=score, reason=reason)
    return Scored(table, means, _breakdown(table, found, siting, means, which[open_], cell[open_]))


def cells_in(shapes: Shapes, grid: Grid) -> tuple[Ints, Ints]:
    """Return pairs of a shape and a cell (row times columns plus column) whose centre it covers.

    A shape that covers no centre has the cell at its inner point; one outside the grid has none.
    """
    if not len(shapes):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    rows, columns = grid.shape
    west, north, side = grid.transform.c, grid.transform.f, grid.cell_m
    bounds = shapely.bounds(shapes)
    first = np.floor(np.column_stack([bounds[:, 0] - west, north - bounds[:, 3]]) / side).astype(np.int64)
    last = np.floor(np.column_stack([bounds[:, 2] - west, north - bounds[:, 1]]) / side).astype(np.int64)
    first, last = np.clip(first, 0, [columns, rows]), np.clip(last, -1, [columns - 1, rows - 1])
    size = np.maximum(last - first + 1, 0)
    number = size[:, 0] * size[:, 1]
    which = np.repeat(np.arange(len(shapes)), number)
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    column = first[which, 0] + within % np.maximum(size[which, 0], 1)
    row = first[which, 1] + within // np.maximum(size[which, 0], 1)
    shapely.prepare(shapes)
    covered = shapely.intersects_xy(shapes[which], west + (column + 0.5) * side, north - (row + 0.5) * side)
    which, cell = which[covered], (row * columns + column)[covered]
    lost = np.setdiff1d(np.arange(len(shapes)), which)
    inner = shapely.get_coordinates(shapely.point_on_surface(shapes[lost]))
    at = np.floor(np.column_stack([inner[:, 0] - west, north - inner[:, 1]]) / side).astype(np.int64)
    here = ((at >= 0) & (at < [columns, rows])).all(axis=1)
    which = np.concatenate([which, lost[here]])
    cell = np.concatenate([cell, at[here, 1] * columns + at[here, 0]])
    order = np.lexsort((cell, which))
    return which[order], cell[order]


def _means(layers: Floats, which: Ints, cell: Ints, usable: Floats) -> Floats:
    """Return the mean of each layer (k, cells) over the cells of each site, shape (sites, k); 0 without cells."""
    sums = [np.bincount(which, weights=layer[cell], minlength=len(usable)) for layer in layers]
    return np.column_stack(sums) / np.maximum(usable, 1)[:, None]


def _reasons(found: Suitability, which: Ints, cell: Ints, count: Floats, share: Floats) -> list[str]:
    """Return which exclusions take how much of each site."""
    parts = {
        name: np.bincount(which, weights=mask.ravel()[cell], minlength=len(count)) / np.maximum(count, 1)
        for name, mask in found.excluded.items()
    }
    out = []
    for row in range(len(count)):
        if count[row] == 0:
            out.append("outside the area that is looked at")
            continue
        taken = sorted(((part[row], name) for name, part in parts.items() if part[row] > 0), reverse=True)
        why = ", ".join(f"{name} {part:.0%}" for part, name in taken) or "outside the region"
        out.append(f"{1 - share[row]:.0%} of it is excluded: {why}")
    return out


def _breakdown(  # noqa: PLR0917 - all of one call
    sites: gpd.GeoDataFrame, found: Suitability, siting: Siting, means: Floats, which: Ints, cell: Ints
) -> pd.DataFrame:
    fit = np.flatnonzero(np.isfinite(sites["score"].to_numpy()))
    parts = []
    for number, (criterion, measure) in enumerate(zip(siting.criteria, found.measures, strict=True)):
        values = measure.values.ravel()[cell]
        classed = criterion.classes is not None
        label = _most_common(which, values, len(sites), measure.labels) if classed else np.full(len(sites), "")
        mean = _mean_known(which, values, len(sites))
        parts.append(pd.DataFrame({
            "site": sites["site"].to_numpy()[fit],
            "criterion": criterion.name,
            "value": np.full(len(fit), np.nan) if classed else mean[fit],
            "unit": "class" if classed else measure.unit,
            "label": label[fit],
            "utility": np.clip(means[fit, number], 0.0, 1.0),
            "weight": found.weights[number],
            "contribution": np.clip(means[fit, number] * found.weights[number], 0.0, 1.0),
        }))  # fmt: skip
    return make_table("study", "site_scores", pd.concat(parts, ignore_index=True).sort_values("site", kind="stable"))


def _mean_known(which: Ints, values: Floats, count: int) -> Floats:
    """Return the mean of the finite values of each site, NaN where there are none."""
    known = np.isfinite(values)
    total = np.bincount(which[known], weights=values[known], minlength=count)
    number = np.bincount(which[known], minlength=count).astype(float)
    return np.asarray(np.divide(total, number, out=np.full(count, np.nan), where=number > 0))


def _most_common(which: Ints, values: Floats, count: int, labels: tuple[str, ...]) -> npt.NDArray[np.object_]:
    """Return the class that covers most of each site, the lowest of equals; blank where none is known."""
    known = np.isfinite(values)
    classes, found = np.unique(values[known], return_inverse=True)
    out = np.full(count, "", dtype=object)
    if not len(classes):
        return out
    table = np.bincount(which[known] * len(classes) + found, minlength=count * len(classes)).reshape(count, -1)
    names = np.array([labels[int(c)] if labels else f"{c:g}" for c in classes], dtype=object)
    some = table.sum(axis=1) > 0
    out[some] = names[table[some].argmax(axis=1)]
    return out
