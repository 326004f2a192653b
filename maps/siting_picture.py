"""``siting.png``: suitability and the best sites as a picture for documents, drawn without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from data.plan import Plan
from data.study import Study
from maps.figures import INK, MUTED, drawing, printable, shortened
from maps.picture import DPI, HIGH, LEGEND, WIDE
from maps.picture_frame import Frame, densest, draw_scale
from maps.picture_layers import draw_ground
from maps.picture_legend import MARKERS
from maps.scene import Scene
from maps.siting_layers import EXCLUDED, RAMP, sites

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_NUMBERED = 20  # sites with their rank on the map and their name beside it
_HEAD, _FOOT, _SIDE = 0.6, 0.3, 0.1  # inches
_BELOW = 3.4  # inches of a second map, of the whole region, where some of the best sites lie beyond the first


def write_siting_picture(study: Study, path: Path) -> None:
    """Write suitability and best sites of a study that was sited as a PNG, 1560 pixels wide and 1110 or more high.

    The map shows where most of the best sites are, a second one below it where the others are.
    """
    with drawing():
        _figure(study).savefig(path, dpi=DPI, metadata={"Software": "symbioplan"})


def _figure(study: Study) -> Figure:
    scene = Scene(study, Plan(problem=study.name, status="unknown"))
    ranked = sites(study)
    ranked = ranked[ranked["rank"].notna()]
    best = ranked.head(_NUMBERED)
    at = shapely.get_coordinates((best.geometry.representative_point() if len(best) else study.plant_points).to_numpy())
    wide = WIDE - LEGEND - 2 * _SIDE
    detail = Frame.around(at[densest(at)], wide, HIGH - _HEAD - _FOOT)
    apart = bool((~detail.shows(detail.page(at))).any())
    below = _BELOW + _SIDE if apart else 0.0
    figure = Figure(figsize=(WIDE, HIGH + below), facecolor="white")
    axes, image = _map(figure, scene, detail, _FOOT + below)
    _ranks(axes, best, detail)
    if apart:
        whole = Frame.around(at, wide, _BELOW)
        axes, _ = _map(figure, scene, whole, _FOOT)
        west, south, east, north = detail.seen.bounds
        axes.add_patch(Rectangle((west, south), east - west, north - south, fill=False, edgecolor=INK, linewidth=1.4,
                                 zorder=7))  # fmt: skip
        _ranks(axes, best[~best.geometry.representative_point().intersects(detail.seen)], whole)
    _words(figure, study)
    _legend(figure, image, best, len(ranked))
    return figure


def _map(figure: Figure, scene: Scene, frame: Frame, bottom: float) -> tuple[Axes, AxesImage]:
    axes = frame.axes(figure, _SIDE, bottom)
    draw_ground(axes, scene, frame.seen)
    image = _suitability(axes, scene.study, frame)
    _plants(axes, scene, frame)
    draw_scale(axes, frame)
    return axes, image


def _words(figure: Figure, study: Study) -> None:
    high = float(figure.get_size_inches()[1])
    figure.text(_SIDE / WIDE, 1 - 0.34 / high, _said(f"{study.name}: where to build", "Where to build", 60.0),
                fontsize=14, fontweight="bold", va="center")  # fmt: skip
    sources = "; ".join(study.settings.sources)
    words = f"{'Sources: ' if sources else ''}{sources}{'. ' if sources else ''}Projection: {study.crs.name}. "
    figure.text(_SIDE / WIDE, 0.14 / high, _said(f"{words}Drawn by symbioplan.", "Drawn by symbioplan.", 110.0),
                fontsize=6.5, color=MUTED, va="center")  # fmt: skip


def _said(text: str, otherwise: str, most: float) -> str:
    return shortened(printable(text, otherwise), most)


def _suitability(axes: Axes, study: Study, frame: Frame) -> AxesImage:
    raster = study.suitability
    assert raster is not None
    rows, columns = raster.values.shape
    (left, top), (right, bottom) = raster.transform @ (0, 0), raster.transform @ (columns, rows)
    ramp = LinearSegmentedColormap.from_list("suitability", list(RAMP)).with_extremes(bad=EXCLUDED)
    image = axes.imshow(raster.values, cmap=ramp, vmin=0, vmax=1, interpolation="nearest", alpha=0.8, zorder=1.5,
                        extent=(left, right, bottom, top), aspect="auto")  # fmt: skip
    west, south, east, north = frame.seen.bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    return image


def _plants(axes: Axes, scene: Scene, frame: Frame) -> None:
    plants = scene.study.plants.set_geometry(scene.study.plant_points.to_numpy())
    for row in plants[plants.intersects(frame.seen)].itertuples(index=False):
        symbol = scene.symbols[row.sector]
        axes.plot(row.geometry.x, row.geometry.y, marker=MARKERS[symbol.shape], markersize=6, color="white",
                  markeredgecolor=INK, markeredgewidth=1.0, zorder=6)  # fmt: skip


def _ranks(axes: Axes, best: gpd.GeoDataFrame, frame: Frame) -> None:
    """Draw the sites as they lie, the best on top, each with its rank."""
    here = best[best.geometry.representative_point().intersects(frame.seen)]
    outlines = here.geometry[here.geom_type.isin(["Polygon", "MultiPolygon"])]
    for part in outlines.explode(ignore_index=True):
        axes.plot(*part.exterior.xy, color="white", linewidth=1.6, zorder=5)
        axes.plot(*part.exterior.xy, color=INK, linewidth=0.8, zorder=5.1)
    for site in here[::-1].itertuples(index=False):
        spot = site.geometry.representative_point()
        level = 9 - site.rank / 1000
        axes.plot(spot.x, spot.y, marker="o", markersize=14, color="white", markeredgecolor=INK, zorder=level)
        axes.text(spot.x, spot.y, f"{site.rank:.0f}", ha="center", va="center_baseline", fontsize=8, fontweight="bold",
                  zorder=level)  # fmt: skip


def _legend(figure: Figure, image: AxesImage, best: gpd.GeoDataFrame, count: int) -> None:
    high = float(figure.get_size_inches()[1])
    left, wide = (WIDE - LEGEND) / WIDE, (LEGEND - _SIDE) / WIDE

    def write(y: float, text: str, **style: object) -> None:
        figure.text(left, 1 - y / high, text, va="center", **{"fontsize": 7.5, **style})  # type: ignore[arg-type]

    y = _HEAD
    write(y, "Suitability, poor to good", fontsize=8.5, fontweight="bold")
    bar = figure.colorbar(image, cax=figure.add_axes((left, 1 - (y + 0.3) / high, wide * 0.9, 0.14 / high)),
                          orientation="horizontal")  # fmt: skip
    bar.ax.tick_params(labelsize=7)
    figure.legend(
        handles=[Patch(facecolor=EXCLUDED, edgecolor=INK, linewidth=0.5, label="excluded")], frameon=False,
        fontsize=7.5, loc="upper left", bbox_to_anchor=(left - 0.006, 1 - (y + 0.48) / high), borderpad=0.2,
    )  # fmt: skip
    y += 0.95
    write(y, f"Best sites ({len(best)} of {count})" if count else "No site is left", fontsize=8.5, fontweight="bold")
    for site in best.itertuples(index=False):
        y += 0.2
        write(y, f"{site.rank:.0f}", fontweight="bold")
        figure.text(left + 0.2 / WIDE, 1 - y / high, _said(site.name, site.site, 19.5), va="center", fontsize=7)
        figure.text(1 - 0.16 / WIDE, 1 - y / high, f"{site.score:.2f}", va="center", ha="right", fontsize=7)
    y += 0.3
    write(y, "The number beside a site is its score from 0 to 1.", color=MUTED, fontsize=6.5)
    write(y + 0.16, "White symbols without a number are plants.", color=MUTED, fontsize=6.5)
