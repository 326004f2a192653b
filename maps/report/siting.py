"""Where to build: the ranked sites and what each criterion adds to their scores."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from data.study import Raster, Study
from maps.figures import INK, MUTED, drawing, inline_svg, shortened
from maps.geometry import Array, main_cluster
from maps.numbers import amount, percent, plural
from maps.palette import PALETTE
from maps.report.tables import Table, columns, share, told
from maps.siting_layers import EXCLUDED, RAMP, sites

_MOST = 20  # sites in tables
_DRAWN = 12  # sites in the chart


def ranking(study: Study) -> Table:
    """Return the best sites with their scores and how far other weights move them."""
    layer = sites(study)
    ranked = layer[layer["rank"].notna()]
    rows = tuple(
        (
            row.name, f"{row.rank:.0f}", f"{row.score:.2f}",
            told(row.area_m2 / 10_000), _held(row.rank_best, row.rank_worst), share(row.top_share), row.note,
        )
        for row in ranked.head(_MOST).itertuples(index=False)
    )  # fmt: skip
    shut = layer[layer["rank"].isna()]
    top = study.settings.siting.sensitivity.top if study.settings.siting is not None else 0
    notes = [
        *([f"{plural(len(ranked) - _MOST, 'site')} of lower rank: see sites.gpkg."] if len(ranked) > _MOST else []),
        *([f"Excluded: {', '.join(f'{row.name} ({row.reason})' for row in shut.itertuples(index=False))}."]
          if len(shut) else []),
    ]  # fmt: skip
    return Table(
        "Ranked sites",
        columns("Site", ("Rank", ""), ("Score", "0 to 1"), ("Area", "ha"), ("Rank", "with other weights"),
                (f"Among the best {top}" if top else "Among the best", "of other weights"), "Note"),
        rows,
        empty="No site is left: every one is excluded.",
        notes=tuple(notes),
    )  # fmt: skip


def _held(best: float, worst: float) -> str:
    if pd.isna(best):
        return "–"
    return f"{best:.0f}" if best == worst else f"{best:.0f} to {worst:.0f}"


def breakdown(study: Study) -> Table:
    """Return what each criterion adds to the score of the best sites, and what was measured; rows add up to scores."""
    best, weights = _best(study, _MOST), _weights(study)
    cells = {
        (row.site, row.criterion): f"{row.contribution:.3f} ({_measured(row.label, row.value, row.unit)})"
        for row in study.site_scores.itertuples(index=False)
    }
    rows = tuple(
        (name, *(cells.get((site, criterion), "–") for criterion in weights.index), f"{score:.3f}")
        for site, name, score in best[["site", "name", "score"]].itertuples(index=False)
    )
    return Table(
        "What adds to the score",
        columns("Site", *((str(name), f"weight {percent(weight)}") for name, weight in weights.items()), ("Score", "")),
        rows,
        empty="No site has a score.",
        notes=("What a criterion adds is its weight times what the place is worth by it, from 0 to 1; in brackets what "
               "was measured there.",),
    )  # fmt: skip


def _measured(label: str, value: float, unit: str) -> str:
    return (label if unit == "class" else amount(value, unit)) or "nothing known"


def chart(study: Study) -> str:
    """Return the scores of the best sites as bars of what each criterion adds, an SVG element."""
    best, weights = _best(study, _DRAWN), _weights(study)
    parts = study.site_scores.pivot_table(index="site", columns="criterion", values="contribution", aggfunc="sum")
    legend, bars = 0.24 * -(-len(weights) // 3), 0.3 * max(len(best), 2)
    high = 0.1 + legend + bars + 0.35
    with drawing("siting"):
        figure = Figure(figsize=(7.4, high))
        axes = figure.add_axes((0.33, 0.35 / high, 0.62, bars / high))
        left = pd.Series(0.0, index=best["site"])
        for number, criterion in enumerate(weights.index):
            added = parts[criterion].reindex(best["site"]).fillna(0.0)
            axes.barh(range(len(best)), added, left=left, height=0.7, label=shortened(str(criterion), 22.0),
                      color=PALETTE[number % len(PALETTE)], edgecolor="white", linewidth=0.6,
                      hatch="///" if number >= len(PALETTE) else None)  # fmt: skip
            left += added
        for at, score in enumerate(best["score"]):
            axes.text(score + 0.01, at, f"{score:.2f}", va="center", fontsize=8.5)
        names = zip(best["rank"], best["name"], strict=True)
        axes.set_yticks(range(len(best)), [f"{rank:.0f}. {shortened(name, 19.0)}" for rank, name in names], fontsize=8)
        axes.set_ylim(len(best) - 0.4, -0.6)
        axes.set_xlim(0, 1.06)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        figure.legend(loc="upper left", ncols=3, frameon=False, fontsize=8, bbox_to_anchor=(0.02, 1.0))
        return inline_svg(figure, name="siting", title=f"Scores of the best {plural(len(best), 'site')} by criterion")


def suitability(study: Study, raster: Raster) -> str:
    """Return the suitability where most of the best sites are, with their ranks, an SVG element."""
    best = _best(study, _DRAWN).to_crs(raster.crs)
    at = shapely.get_coordinates(best.geometry.representative_point().to_numpy())
    (left, top), (right, bottom) = raster.transform @ (0, 0), raster.transform @ raster.values.shape[::-1]
    west, south, east, north = _around(at, (left, bottom, right, top))
    high = float(np.clip(6.0 * (north - south) / (east - west), 2.0, 6.5))
    with drawing("suitability"):
        figure = Figure(figsize=(7.4, high + 0.2))
        axes = figure.add_axes((0.01, 0.02, 0.84, 0.96), facecolor=EXCLUDED)
        ramp = LinearSegmentedColormap.from_list("suitability", list(RAMP))
        image = axes.imshow(raster.values, cmap=ramp, vmin=0, vmax=1, interpolation="nearest",
                            extent=(left, right, bottom, top))  # fmt: skip
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        axes.set_xticks([])
        axes.set_yticks([])
        for (x, y), rank in zip(at, best["rank"], strict=True):
            axes.plot(x, y, marker="o", markersize=13, color="white", markeredgecolor=INK)
            axes.text(x, y, f"{rank:.0f}", ha="center", va="center_baseline", fontsize=7.5, clip_on=True)
        bar = figure.colorbar(image, cax=figure.add_axes((0.88, 0.1, 0.025, 0.7)))
        bar.set_label("Suitability (grey: excluded)", fontsize=8, color=MUTED)
        told_so = f"Suitability of the land, and the ranks of the best {plural(len(best), 'site')}"
        return inline_svg(figure, name="suitability", title=told_so)


def _around(points: Array, whole: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return the box where most points are, with room around it, within the whole: west, south, east, north."""
    if not len(points):
        return whole
    near = points[main_cluster(gpd.GeoSeries(shapely.points(points)))]
    room = max(0.25 * float(np.ptp(near, axis=0).max()), 0.02 * (whole[2] - whole[0]))
    (west, south), (east, north) = near.min(axis=0) - room, near.max(axis=0) + room
    return max(west, whole[0]), max(south, whole[1]), min(east, whole[2]), min(north, whole[3])


def _best(study: Study, most: int) -> gpd.GeoDataFrame:
    layer = sites(study)
    return layer[layer["rank"].notna()].head(most)


def _weights(study: Study) -> pd.Series:
    """Return the weight of each criterion, the largest first."""
    once = study.site_scores.drop_duplicates("criterion").sort_values("weight", ascending=False, kind="stable")
    weights: pd.Series = once.set_index("criterion")["weight"]
    return weights
