"""Where a newcomer adds value, as a picture: cells or sites by class of value, the best ones numbered."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import shapely

from data.study import Study
from maps.newcomer_layers import Newcomers
from maps.numbers import number, plural
from maps.qml import legal

_WIDTH, _TOP, _SIDE, _PAD = 820, 84, 400, 20
_INK = "#222222"
_STYLE = f"text{{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:{_INK};font-size:14px}}"
_LISTED, _LONGEST = 12, 46


def newcomer_picture(newcomers: Newcomers) -> str:
    """Return the picture as SVG."""
    study, kinds = newcomers.study, newcomers.kinds
    frame = _Frame(newcomers)
    what = newcomers.titles[kinds[0]] if len(kinds) == 1 else plural(len(kinds), "plant type")
    title = f"{study.name}: where a newcomer adds most"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + _SIDE} {frame.height}" '
        f'width="{_WIDTH + _SIDE}" height="{frame.height}" role="img" aria-label={quoteattr(_said(title))}>',
        f"<title>{_text(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH + _SIDE}" height="{frame.height}" fill="#FFFFFF"/>',
        f'<text x="{_PAD}" y="34" style="font-size:20px;font-weight:600">{_text(title)}</text>',
        f'<text x="{_PAD}" y="60">{_text(what)}: what region and newcomer save together, against one that exchanges '
        f"nothing ({_text(newcomers.money)})</text>",
        f'<clipPath id="map"><rect x="{_PAD}" y="{_TOP}" width="{_WIDTH - 2 * _PAD}" '
        f'height="{frame.height - _TOP - _PAD}"/></clipPath><g clip-path="url(#map)">',
        *_ground(study, frame),
        *_cells(newcomers.areas, frame),
        *_plants(study, frame),
        *_marks(newcomers.marked, frame, coloured=newcomers.areas.empty),
        "</g>",
        *_side(newcomers),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _said(text: object) -> str:
    return legal(str(text))


def _text(text: object) -> str:
    return escape(_said(text))


class _Frame:
    """From coordinates to pixels around the cells, or around the places and the plants near them."""

    def __init__(self, newcomers: Newcomers) -> None:
        x, y = newcomers.places.geometry.x, newcomers.places.geometry.y
        left, low, right, up = (
            newcomers.areas.total_bounds if len(newcomers.areas) else (x.min(), y.min(), x.max(), y.max())
        )
        near = max(right - left, up - low, 2000.0) * (0.02 if len(newcomers.areas) else 0.15)
        self.left, right, low, self.up = left - near, right + near, low - near, up + near
        self.scale = (_WIDTH - 2 * _PAD) / max(right - self.left, (self.up - low) / 1.2)
        listed = len(newcomers.kinds) if len(newcomers.kinds) > 1 else len(newcomers.marked)
        beside = 36 * min(listed, _LISTED) + 22 * len(newcomers.classes) + 160
        self.height = max(int((self.up - low) * self.scale) + _TOP + _PAD, _TOP + beside)
        wide, high = (_WIDTH - 2 * _PAD) / self.scale, (self.height - _TOP - _PAD) / self.scale
        self.left -= (wide - (right - self.left)) / 2
        self.up += (high - (self.up - low)) / 2
        self.box = shapely.box(self.left, self.up - high, self.left + wide, self.up)

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point."""
        return round(_PAD + (x - self.left) * self.scale, 1), round(_TOP + (self.up - y) * self.scale, 1)


def _ground(study: Study, frame: _Frame) -> Iterator[str]:
    """Yield forbidden land and roads within the frame."""
    forbidden = shapely.union_all(study.zones.loc[study.zones["forbidden"], "geometry"].to_numpy())
    for part in shapely.get_parts(shapely.simplify(shapely.intersection(forbidden, frame.box), 1 / frame.scale)):
        if part.geom_type == "Polygon":
            outline = "".join(_path(ring, frame) + "Z" for ring in (part.exterior, *part.interiors))
            yield f'<path d="{outline}" fill="#DCE6EC" fill-rule="evenodd"/>'
    roads = shapely.intersection(shapely.union_all(study.roads.geometry.to_numpy()), frame.box)
    for line in shapely.get_parts(shapely.line_merge(roads)):
        if line.geom_type == "LineString":
            yield f'<path d="{_path(line, frame)}" fill="none" stroke="#C9C2B4" stroke-width="1.5"/>'


def _path(line: shapely.Geometry, frame: _Frame) -> str:
    return "M" + "L".join(f"{a} {b}" for a, b in (frame(*point[:2]) for point in line.coords))


def _cells(areas: gpd.GeoDataFrame, frame: _Frame) -> Iterator[str]:
    for row in areas.itertuples(index=False):
        told = f"{row.place}: at least {number(row.at_least)}"
        yield (f'<path d="{_path(row.geometry.exterior, frame)}Z" fill="{row.colour}" fill-opacity="0.7" '
               f'stroke="#FFFFFF" stroke-width="0.5"><title>{_text(told)}</title></path>')  # fmt: skip


def _plants(study: Study, frame: _Frame) -> Iterator[str]:
    names = dict(zip(study.plants["plant"], study.plants["name"], strict=True))
    for plant, spot in study.plant_points.items():
        if frame.box.contains(spot):
            x, y = frame(spot.x, spot.y)
            yield (f'<g><title>{_text(names[plant] or plant)}</title><path d="M{x - 5} {y - 5}h10v10h-10z" '
                   f'fill="#FFFFFF" stroke="{_INK}" stroke-width="1.5"/></g>')  # fmt: skip


def _short(text: str) -> str:
    return _text(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _marks(marked: gpd.GeoDataFrame, frame: _Frame, *, coloured: bool) -> Iterator[str]:
    """Yield a numbered disc per marked place, the best on top; where no cells are, with a rim in its colour."""
    for row in marked[::-1].itertuples(index=False):
        x, y = frame(row.geometry.x, row.geometry.y)
        told = f"{row.name}: at least {number(row.at_least)}"
        rim, wide = (row.colour, 6) if coloured else (_INK, 2)
        yield (f'<g><title>{_text(told)}</title><circle cx="{x}" cy="{y}" r="12" fill="#FFFFFF" stroke="{rim}" '
               f'stroke-width="{wide}"/><text x="{x}" y="{y + 4.5}" text-anchor="middle" '
               f'style="font-size:12px;font-weight:600">{row.rank}</text></g>')  # fmt: skip


def _side(newcomers: Newcomers) -> Iterator[str]:
    """Yield the ranked list and the legend beside the map."""
    left, y = _WIDTH + 4, _TOP + 6
    several = len(newcomers.kinds) > 1
    rows = newcomers.table.drop_duplicates("plant_type") if several else newcomers.marked
    head = "Best place of each type" if several else "Rank and place"
    yield f'<text x="{left}" y="{y}" style="font-weight:600">{head}</text>'
    for row in rows.head(_LISTED).itertuples(index=False):
        y += 22
        said = newcomers.titles[row.plant_type] if several else f"{row.rank}. {row.name}"
        value = number(row.at_least) if row.at_least > 0 else "nothing"
        yield f'<text x="{left}" y="{y}" style="font-size:13px">{_short(said)}</text>'
        yield (f'<text x="{left + _SIDE - _PAD}" y="{y}" text-anchor="end" style="font-size:13px">{value}</text>')
        if several and row.at_least > 0:
            y += 16
            yield f'<text x="{left + 12}" y="{y}" style="font-size:12px;fill:#555555">{_short(row.name)}</text>'
    y += 36
    yield f'<text x="{left}" y="{y}" style="font-weight:600">Adds at least, {_text(newcomers.money)}</text>'
    used = {*newcomers.places["value_class"]}
    for words, colour in newcomers.classes.items():
        if words in used:
            y += 22
            yield (f'<rect x="{left}" y="{y - 12}" width="24" height="16" fill="{colour}" fill-opacity="0.7"/>'
                   f'<text x="{left + 32}" y="{y + 1}">{_text(words)}</text>')  # fmt: skip
    for mark, words in (
        (f'<circle r="9" fill="#FFFFFF" stroke="{_INK}" stroke-width="2"/>', "place with its rank"),
        (f'<path d="M-5-5h10v10h-10z" fill="#FFFFFF" stroke="{_INK}" stroke-width="1.5"/>', "plant"),
        ('<rect x="-12" y="-8" width="24" height="16" fill="#DCE6EC"/>', "forbidden land and water"),
    ):
        y += 26
        yield f'<g transform="translate({left + 12} {y - 4})">{mark}</g>'
        yield f'<text x="{left + 32}" y="{y + 1}">{words}</text>'
