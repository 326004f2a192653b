"""Where a newcomer adds value, as layers, a raster and a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely

from data.study import Raster, Study
from maps.numbers import number, plural

_WIDTH, _TOP, _SIDE, _PAD = 900, 84, 280, 20
_INK = "#222222"
_STYLE = f"text{{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:{_INK};font-size:14px}}"
# Cividis (Nunez, Anderton and Renslow 2018), dark to light: told apart by colour-blind readers and in grey.
_SCALE = ("#00224E", "#35456C", "#666970", "#948E77", "#C8B866", "#FEE838")
_LISTED = 12


def write_newcomer_layers(study: Study, table: pd.DataFrame, exchanges: pd.DataFrame, path: Path) -> None:
    """Write the cases as points, the exchanges that they would join as straight lines, and the plants: a GeoPackage.

    Parameters
    ----------
    study
        With the newcomers among its plants.
    table
        A row per place and type with ``x`` and ``y`` in the study's CRS.
    exchanges
        ``from_node`` and ``to_node`` are plants of the study.
    """
    cases = gpd.GeoDataFrame(table, geometry=shapely.points(table["x"], table["y"]), crs=study.crs)
    spots = study.plant_points
    ends = [spots.reindex(exchanges[column]).to_numpy() for column in ("from_node", "to_node")]
    lines = [shapely.linestrings([[a.x, a.y], [b.x, b.y]]) for a, b in zip(*ends, strict=True)]
    layers = {
        "newcomers": cases,
        "newcomer_exchanges": gpd.GeoDataFrame(exchanges, geometry=lines, crs=study.crs),
        "plants": _plants(study),
    }
    for name, layer in layers.items():
        if len(layer):
            layer.to_file(path, layer=name, driver="GPKG", dataset_options={"VERSION": "1.2"})


def write_newcomer_raster(value: Raster, most: Raster, path: Path) -> None:
    """Write value (missing where a place was only bounded) and upper bound as the two bands of a GeoTIFF."""
    rows, columns = value.values.shape
    with rasterio.open(path, "w", driver="GTiff", height=rows, width=columns, count=2, dtype="float64", crs=value.crs,
                       transform=value.transform, nodata=float("nan"), compress="deflate") as target:  # fmt: skip
        for band, (raster, name) in enumerate(((value, "value"), (most, "most")), start=1):
            target.write(raster.values, band)
            target.set_band_description(band, name)


def _plants(study: Study) -> gpd.GeoDataFrame:
    there = study.plants["sector"] != "newcomer"
    return study.plants.loc[there, ["plant", "name", "sector", "geometry"]].set_geometry(
        study.plant_points.to_numpy()[there.to_numpy()]
    )


def write_newcomer_picture(study: Study, table: pd.DataFrame, path: Path) -> None:
    """Write a map of the best case at each place as an SVG: colour and size tell the value, a number the rank."""
    path.write_text(newcomer_picture(study, table), encoding="utf-8")


def newcomer_picture(study: Study, table: pd.DataFrame) -> str:
    """Return the picture of :func:`write_newcomer_picture` as text."""
    best = table.drop_duplicates("place").reset_index(drop=True)
    frame = _Frame(best, study)
    types = pd.unique(table["plant_type"])
    what = str(types[0]) if len(types) == 1 else plural(len(types), "plant type")
    title = f"{study.name}: where a newcomer adds most ({what})"
    money = f"{study.settings.currency}/year"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + _SIDE} {frame.height}" '
        f'width="{_WIDTH + _SIDE}" height="{frame.height}" role="img" aria-label={quoteattr(title)}>',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH + _SIDE}" height="{frame.height}" fill="#FFFFFF"/>',
        f'<text x="{_PAD}" y="34" style="font-size:20px;font-weight:600">{escape(title)}</text>',
        f'<text x="{_PAD}" y="60">Saved a year by the region and the newcomer together, against one that exchanges '
        f"nothing ({escape(money)})</text>",
        *_ground(study, frame),
        *_marks(best, frame),
        *_side(best, money),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Frame:
    """From coordinates to pixels around the places."""

    def __init__(self, best: pd.DataFrame, study: Study) -> None:
        x, y = best["x"], best["y"]
        near = max(np.ptp(x), np.ptp(y), 2000.0) * 0.12
        spots = study.plant_points
        reach = near * 4  # plants close to the places are in the picture
        in_x = spots.x.between(x.min() - reach, x.max() + reach)
        close = spots[in_x & spots.y.between(y.min() - reach, y.max() + reach)]
        self.left, right = min(x.min(), *close.x) - near, max(x.max(), *close.x) + near
        low, self.up = min(y.min(), *close.y) - near, max(y.max(), *close.y) + near
        self.scale = (_WIDTH - 2 * _PAD) / (right - self.left)
        self.height = max(int((self.up - low) * self.scale) + _TOP + _PAD, 520)
        self.box = shapely.box(self.left, self.up - (self.height - _TOP - _PAD) / self.scale, right, self.up)

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return round(_PAD + (x - self.left) * self.scale, 1), round(_TOP + (self.up - y) * self.scale, 1)


def _ground(study: Study, frame: _Frame) -> Iterator[str]:
    """Yield forbidden land, roads and plants within the frame."""
    forbidden = shapely.union_all(study.zones.loc[study.zones["forbidden"], "geometry"].to_numpy())
    for colour, shape in (("#DCE6EC", shapely.intersection(forbidden, frame.box)),):
        for part in shapely.get_parts(shapely.simplify(shape, 1 / frame.scale)):
            if part.geom_type == "Polygon":
                rings = (part.exterior, *part.interiors)
                outline = "".join(_path(ring, frame) + "Z" for ring in rings)
                yield f'<path d="{outline}" fill="{colour}" fill-rule="evenodd"/>'
    roads = shapely.intersection(shapely.union_all(study.roads.geometry.to_numpy()), frame.box)
    for line in shapely.get_parts(shapely.line_merge(roads)):
        if line.geom_type == "LineString":
            yield f'<path d="{_path(line, frame)}" fill="none" stroke="#C9C2B4" stroke-width="1.5"/>'
    there = (study.plants["sector"] != "newcomer").to_numpy()
    for name, spot in study.plant_points[there].items():
        if frame.box.contains(spot):
            x, y = frame(spot.x, spot.y)
            yield (f'<g><title>{escape(str(name))}</title><path d="M{x - 5} {y - 5}h10v10h-10z" fill="#FFFFFF" '
                   f'stroke="{_INK}" stroke-width="1.5"/></g>')  # fmt: skip


def _path(line: shapely.Geometry, frame: _Frame) -> str:
    return "M" + "L".join(f"{a} {b}" for a, b in (frame(*point[:2]) for point in line.coords))


def _colour(share: float) -> str:
    place = min(max(share, 0.0), 1.0) * (len(_SCALE) - 1)
    low = min(int(place), len(_SCALE) - 2)
    pairs = zip(*([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in _SCALE[low : low + 2]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - low)):02X}" for a, b in pairs)


def _marks(best: pd.DataFrame, frame: _Frame) -> Iterator[str]:
    """Yield a circle per place, the least first; hollow and dashed where only a bound is known."""
    top = max(float(best["value"].max(skipna=True)), 1e-9) if best["value"].notna().any() else 1.0
    for row in best.iloc[::-1].itertuples(index=False):
        x, y = frame(float(row.x), float(row.y))
        told = f"{row.place}: {row.plant_type}, {number(row.value)} ({number(row.least)} to {number(row.most)})"
        yield f"<g><title>{escape(told)}</title>"
        if np.isnan(row.value):
            yield f'<circle cx="{x}" cy="{y}" r="8" fill="#FFFFFF" stroke="{_INK}" stroke-dasharray="3 2"/></g>'
            continue
        share = float(row.value) / top
        radius = 7 + 9 * np.sqrt(share)
        yield (f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{_colour(share)}" stroke="#FFFFFF" '
               'stroke-width="1.5"/>')  # fmt: skip
        ink = "#FFFFFF" if share < 0.6 else _INK
        style = f"font-size:12px;fill:{ink}"
        yield f'<text x="{x}" y="{y + 4.5}" text-anchor="middle" style="{style}">{row.rank_from}</text></g>'


def _side(best: pd.DataFrame, money: str) -> Iterator[str]:
    """Yield the ranked list and the legend beside the map."""
    left, y = _WIDTH + 4, _TOP + 6
    yield f'<text x="{left}" y="{y}" style="font-weight:600">rank, place, value</text>'
    for row in best.head(_LISTED).itertuples(index=False):
        y += 22
        rank = f"{row.rank_from}" if row.rank_from == row.rank_to else f"{row.rank_from} to {row.rank_to}"
        value = f"at most {number(row.most)}" if np.isnan(row.value) else number(row.value)
        yield f'<text x="{left}" y="{y}">{rank}. {escape(str(row.place)[:18])}: {value}</text>'
    y += 40
    for step in range(6):
        yield f'<rect x="{left + step * 32}" y="{y}" width="32" height="14" fill="{_colour(step / 5)}"/>'
    top = best["value"].max()
    yield f'<text x="{left}" y="{y + 30}">0</text>'
    yield f'<text x="{left + 192}" y="{y + 30}" text-anchor="end">{number(top)}</text>'
    for mark, words in (
        (
            f'<circle r="7" fill="#FFFFFF" stroke="{_INK}" stroke-dasharray="3 2"/>',
            "bounded only: surely not among the best",
        ),
        (f'<path d="M-5-5h10v10h-10z" fill="#FFFFFF" stroke="{_INK}" stroke-width="1.5"/>', "plant"),
        ('<rect x="-8" y="-6" width="16" height="12" fill="#DCE6EC"/>', "forbidden land and water"),
    ):
        y += 24 + 24 * (words.startswith("bounded"))
        yield f'<g transform="translate({left + 9} {y})">{mark}</g><text x="{left + 26}" y="{y + 5}">{words}</text>'
    yield f'<text x="{left}" y="{y + 32}" style="font-size:12px">{escape(money)}; same rank: within the gaps</text>'
