"""What lies along a corridor: heights of the ground and kinds of land."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.ndimage import map_coordinates

from data.grids import Floats
from data.study import Raster, Study

_MOST_SAMPLES = 5000  # along one corridor


@dataclass(frozen=True)
class Profile:
    """Heights of the ground along a line: ``at_m`` from its start and ``height_m``, both shape (n,)."""

    at_m: Floats
    height_m: Floats

    @property
    def climb_m(self) -> float:
        """Return all that the line goes up from start to end."""
        return float(np.clip(np.diff(self.height_m), 0, None).sum())

    @property
    def lift_m(self) -> float:
        """Return how much higher the end is than the start: the static head."""
        return float(self.height_m[-1] - self.height_m[0])

    def turned(self) -> Profile:
        """Return the profile in the other direction."""
        return Profile(self.at_m[-1] - self.at_m[::-1], self.height_m[::-1])


def profile(elevation: Raster | None, coords: Floats, step_m: float) -> Profile | None:
    """Return the profile of a line (n, 2), None where no height is known anywhere on it.

    Heights are taken every ``step_m`` and at the ends, interpolated between the four cells around; a gap
    in the raster is bridged in a straight line.
    """
    if elevation is None:
        return None
    line = shapely.LineString(coords)
    at = np.linspace(0, line.length, int(np.clip(np.ceil(line.length / step_m), 1, _MOST_SAMPLES)) + 1)
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    heights = _heights(elevation, points)
    known = ~np.isnan(heights)
    if not known.any():
        return None
    return Profile(at, np.interp(at, at[known], heights[known]))


def _heights(raster: Raster, points: Floats) -> Floats:
    """Return the height at points (n, 2): bilinear, the nearest cell where one of the four is unknown."""
    inverse = ~raster.transform
    column = inverse.a * points[:, 0] + inverse.b * points[:, 1] + inverse.c - 0.5
    row = inverse.d * points[:, 0] + inverse.e * points[:, 1] + inverse.f - 0.5
    low = np.floor(np.array([row.min(), column.min()])).astype(int) - 2  # a window spares copies of large rasters
    high = np.ceil(np.array([row.max(), column.max()])).astype(int) + 3
    low, high = np.maximum(low, 0), np.minimum(high, raster.values.shape)
    if (high <= low).any():
        return np.full(len(points), np.nan)
    window, at = raster.values[low[0] : high[0], low[1] : high[1]], np.array([row - low[0], column - low[1]])
    smooth = map_coordinates(window, at, order=1, cval=np.nan)
    nearest = map_coordinates(window, at, order=0, cval=np.nan)
    return np.asarray(np.where(np.isnan(smooth), nearest, smooth), dtype=np.float64)


def heights_row(along: Profile | None) -> dict[str, float]:
    """Return the attributes of a corridor that its profile gives, metres; NaN where no height is known."""
    if along is None:
        names = ("elevation_min_m", "elevation_max_m", "climb_m", "descent_m", "lift_m")
        return dict.fromkeys(names, float("nan"))
    return {
        "elevation_min_m": float(along.height_m.min()),
        "elevation_max_m": float(along.height_m.max()),
        "climb_m": along.climb_m,
        "descent_m": along.climb_m - along.lift_m,
        "lift_m": along.lift_m,
    }


def land_shares(study: Study, coords: Floats) -> dict[str, float]:
    """Return the share of a line's length in zones of each kind; zones that overlap count each."""
    zones, line = study.zones, shapely.LineString(coords)
    if len(zones) == 0 or "kind" not in zones.columns or line.length == 0:
        return {}
    hits = zones.sindex.query(line, predicate="intersects")
    parts = zones.iloc[np.sort(hits)]
    inside = shapely.length(shapely.intersection(parts.geometry.to_numpy(), line)) / line.length
    shares = {kind: float(inside[(parts["kind"] == kind).to_numpy()].sum()) for kind in sorted(set(parts["kind"]))}
    return {kind: min(share, 1.0) for kind, share in shares.items() if share > 0}


def landcover_shares(raster: Raster | None, coords: Floats, step_m: float) -> dict[str, float]:
    """Return the share of a line's length on each land-cover class, sampled every ``step_m``."""
    if raster is None:
        return {}
    line = shapely.LineString(coords)
    count = int(np.clip(np.ceil(line.length / step_m), 1, _MOST_SAMPLES))
    at = (np.arange(count) + 0.5) / count
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, at, normalized=True))
    inverse = ~raster.transform
    column = np.floor(inverse.a * points[:, 0] + inverse.b * points[:, 1] + inverse.c).astype(int)
    row = np.floor(inverse.d * points[:, 0] + inverse.e * points[:, 1] + inverse.f).astype(int)
    rows, columns = raster.values.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    classes, counts = np.unique(raster.values[row[inside], column[inside]], return_counts=True)
    return {f"{code:g}": times / count for code, times in zip(classes, counts, strict=True) if not np.isnan(code)}


def spelled(shares: Mapping[str, float]) -> str:
    """Return shares or counts on one line for a table: ``farmland 0.7; town 0.3``."""
    return "; ".join(f"{name} {value:.3g}" for name, value in shares.items())
