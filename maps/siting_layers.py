"""What siting found as layers: ranked sites with their breakdown, and the suitability as a picture for a web map."""

from __future__ import annotations

import base64
import math
import warnings
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio.crs
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.warp import Resampling, calculate_default_transform, reproject, transform_bounds

from data.study import Raster, Study
from maps.numbers import amount, percent
from maps.popups import Popup, popup

# Poor to good: viridis (Smith and van der Walt 2015) from light to dark, legible without colour vision and in grey.
RAMP = ("#FDE725", "#ADDC30", "#5EC962", "#28AE80", "#21918C", "#2C728E", "#3B528B", "#472D7B", "#440154")
EXCLUDED = "#8F979D"
_MOST_PIXELS = 1600  # to a side of the picture
_ORIGINS = {
    "parcel": "parcel of the study",
    "osm": "land use in OpenStreetMap",
    "hexagon": "hexagon over suitable land",
    "area": "connected suitable land",
}
_WEB = "EPSG:3857"

Rgb = npt.NDArray[np.uint8]


def has_siting(study: Study) -> bool:
    """Return whether the study carries what siting found."""
    return study.suitability is not None


def colours(scores: npt.NDArray[np.float64]) -> Rgb:
    """Return red, green and blue of scores from 0 to 1, shape (n, 3); anything of a NaN."""
    anchors = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in RAMP], dtype=float)
    at = np.linspace(0, 1, len(RAMP))
    mixed = np.stack([np.interp(np.nan_to_num(scores), at, anchors[:, band]) for band in range(3)], axis=-1)
    return np.round(mixed).astype("uint8")


def hex_colours(scores: pd.Series) -> list[str]:
    """Return the colour of each score as ``#RRGGBB``; grey without one."""
    found = colours(scores.to_numpy(dtype=float))
    known = scores.notna().tolist()
    return [
        f"#{r:02X}{g:02X}{b:02X}" if has else EXCLUDED for (r, g, b), has in zip(found.tolist(), known, strict=True)
    ]


def suitability_picture(raster: Raster) -> tuple[str, list[list[float]]]:
    """Return a raster of scores as a PNG in a data address, and its south-west and north-east corners in degrees.

    The picture is in the Mercator projection of web maps, so that stretching it between its corners puts
    every cell in its place. What is excluded is grey; beyond the raster it is clear.
    """
    coded = np.where(np.isnan(raster.values), -1.0, raster.values)
    rows, columns = coded.shape
    source = rasterio.crs.CRS.from_wkt(raster.crs.to_wkt())
    (west, north), (east, south) = raster.transform @ (0, 0), raster.transform @ (columns, rows)
    transform, width, height = calculate_default_transform(source, _WEB, columns, rows, west, south, east, north)
    shrink = max(width, height) / _MOST_PIXELS
    if shrink > 1:
        transform, width, height = calculate_default_transform(
            source, _WEB, columns, rows, west, south, east, north,
            dst_width=math.ceil(width / shrink), dst_height=math.ceil(height / shrink),
        )  # fmt: skip
    drawn = np.full((height, width), np.nan)
    reproject(coded, drawn, src_transform=raster.transform, src_crs=source, dst_transform=transform, dst_crs=_WEB,
              src_nodata=np.nan, dst_nodata=np.nan, resampling=Resampling.nearest)  # fmt: skip
    left, top = transform @ (0, 0)
    right, bottom = transform @ (width, height)
    low_lon, low_lat, high_lon, high_lat = transform_bounds(_WEB, "EPSG:4326", left, bottom, right, top)
    return f"data:image/png;base64,{_png(drawn)}", [[low_lat, low_lon], [high_lat, high_lon]]


def ramp_svg() -> str:
    """Return the colours of the scores, poor to good, as a small picture for a legend."""
    step = 16 / len(RAMP)
    bars = "".join(
        f'<rect x="{place * step:.2f}" width="{step + 0.1:.2f}" height="16" fill="{colour}"/>'
        for place, colour in enumerate(RAMP)
    )
    return f'<svg viewBox="0 0 16 16" width="16" height="16">{bars}</svg>'


def _png(drawn: npt.NDArray[np.float64]) -> str:
    pixels = np.empty((4, *drawn.shape), dtype="uint8")
    pixels[:3] = np.moveaxis(colours(drawn), -1, 0)
    pixels[3] = np.where(np.isnan(drawn), 0, 255)
    excluded = drawn < 0
    grey = [int(EXCLUDED[i : i + 2], 16) for i in (1, 3, 5)]
    for band, value in zip(pixels, [*grey, 110], strict=True):
        band[excluded] = value
    with MemoryFile() as memory, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # the page knows where the picture lies
        with memory.open(driver="PNG", width=drawn.shape[1], height=drawn.shape[0], count=4, dtype="uint8") as target:
            target.write(pixels)
        return base64.b64encode(memory.read()).decode("ascii")


def sites(study: Study) -> gpd.GeoDataFrame:
    """Return the sites, the best first and the excluded last, with the colours and classes of their scores."""
    layer = study.sites.sort_values("rank", kind="stable", na_position="last", ignore_index=True)
    layer["name"] = layer["name"].mask(layer["name"] == "", layer["site"])
    layer["colour"] = hex_colours(layer["score"])
    layer["score_class"] = score_classes(layer["score"])
    middle = (np.clip(np.floor(layer["score"] * 5 + 1e-9), 0, 4) + 0.5) / 5
    layer["class_colour"] = hex_colours(middle)
    return layer


def score_classes(scores: pd.Series) -> pd.Series:
    """Return the fifth in which each score lies, in words."""
    fifth = np.clip(np.floor(scores.fillna(0) * 5 + 1e-9), 0, 4)
    words = (fifth / 5).map("{:.1f}".format) + " to " + ((fifth + 1) / 5).map("{:.1f}".format)
    return words.mask(scores.isna(), "excluded").astype("str")


def site_popups(study: Study, layer: gpd.GeoDataFrame) -> list[Popup]:
    """Return what each site is, how it ranks, and what each criterion adds to its score."""
    rows = breakdown_rows(study.site_scores)
    top = study.settings.siting.sensitivity.top if study.settings.siting is not None else 0
    return [
        popup(
            site.name if math.isnan(site.rank) else f"{site.rank:.0f}. {site.name}",
            ("Rank", "" if math.isnan(site.rank) else f"{site.rank:.0f}, with a score of {site.score:.2f}"),
            ("Excluded", site.reason),
            *rows.get(site.site, ()),
            ("Area", amount(site.area_m2 / 10_000, "ha") if site.area_m2 > 0 else ""),
            ("With other weights", _held(site.rank_best, site.rank_worst)),
            (f"Among the best {top}", _often(site.top_share)),
            ("What it is", _ORIGINS.get(site.origin, "")),
            ("Id", site.site),
            ("Note", site.note),
            ("Source", site.source),
        )
        for site in layer.itertuples(index=False)
    ]


def breakdown_rows(scores: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """Return, by site, a label and a sentence per criterion, what adds most first."""
    out: dict[str, list[tuple[str, str]]] = {}
    ordered = scores.sort_values(["site", "contribution"], ascending=[True, False], kind="stable")
    for row in ordered.itertuples(index=False):
        found = row.label if row.unit == "class" else amount(row.value, row.unit)
        words = f"{found or 'nothing known'}: worth {row.utility:.2f}, adds {row.contribution:.2f}"
        out.setdefault(row.site, []).append((f"{row.criterion} ({percent(row.weight)})", words))
    return out


def _held(best: float, worst: float) -> str:
    if math.isnan(best):
        return ""
    return f"rank {best:.0f}" if best == worst else f"rank {best:.0f} to {worst:.0f}"


def _often(share: float) -> str:
    return "" if math.isnan(share) else f"with {percent(share)} of other weights"


def best_rows(layer: gpd.GeoDataFrame, most: int = 8) -> Sequence[tuple[str, str, str]]:
    """Return rank, name and score of the best sites."""
    best = layer[layer["rank"].notna()].head(most)
    return [(f"{row.rank:.0f}", row.name, f"{row.score:.2f}") for row in best.itertuples(index=False)]
