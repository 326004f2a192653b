"""Layers of the web map as compact data: what ``symbioplan/layers.js`` reads.

Coordinates are whole numbers of a small part of a degree, each the difference to the one before; styles and
the labels of pop-ups are written once. What is the same in several phases is one feature.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely

from maps.geometry import within_budget
from maps.stretches import abreast, cut

Properties = dict[str, Any]
Kind = Literal["line", "way", "area", "mark", "name"]

DECIMALS = 6  # of a degree: 0.1 m
COARSE = 5  # for the ground
EDGE_PX = 1.6  # by which the pale edge of a line is wider, as in ``symbioplan/shapes.js``
ABREAST_PX = 36.0  # widest bundle of lines on one road


@dataclass(frozen=True)
class Part:
    """Features of one kind in one pane.

    ``properties`` holds per feature any of ``style``, ``title`` and ``rows`` (the pop-up), ``facets`` (number of
    the value in each facet of the overlay), ``parties`` (whose it is), ``party`` (chosen by a click), ``amount``
    (summed in the panel) and, of marks, ``spot`` (degrees to turn, pixels to move right and down). A ``way`` is a
    line over roads that others use as well: each stretch of road is written once, simplified until all of them have
    no more than ``vertices``, and the lines on it are set side by side.
    """

    pane: str
    kind: Kind
    shapes: gpd.GeoSeries
    properties: Sequence[Properties]
    counted: bool = True  # among those that the panel counts
    decimals: int = DECIMALS
    vertices: int = 0


@dataclass(frozen=True)
class Value:
    """One row of a facet: its legend and its tick box."""

    ident: str
    label: str
    colour: str = ""
    sign: str = ""  # our own SVG


@dataclass(frozen=True)
class Facet:
    """A way in which the features of an overlay differ, for example by resource."""

    key: str
    label: str
    values: Sequence[Value]

    def numbers(self, idents: Sequence[str]) -> list[int]:
        """Return the number of the value of each ident."""
        place = {value.ident: number for number, value in enumerate(self.values)}
        return [place[ident] for ident in idents]


@dataclass(frozen=True)
class Overlay:
    """One row of the panel and what it switches; parts are drawn in order, each in its pane."""

    key: str
    label: str
    group: str
    parts: Sequence[Part]
    show: bool = True
    swatch: str = ""  # our own SVG
    facets: Sequence[Facet] = field(default=())
    signs: Sequence[Value] = field(default=())  # more rows of the legend
    unit: str = ""  # of the amounts
    note: str = ""
    ground: bool = False  # drawn muted in the dark

    @property
    def size(self) -> int:
        """Return how many features it has."""
        return sum(len(part.properties) for part in self.parts)


Sheet = dict[str, Any]


def sheet(phases: Sequence[Overlay | None]) -> Sheet:
    """Return an overlay as data, from how it looks in each phase.

    Parameters
    ----------
    phases
        The overlay in each phase, all with the same parts and facets; None where it has nothing. One that is the
        same in all of them is given once.
    """
    first = next(overlay for overlay in phases if overlay is not None)
    shapes = [[overlay.parts[number] if overlay else None for overlay in phases] for number in range(len(first.parts))]
    return {"parts": [_part(parts) for parts in shapes], "ground": first.ground}


def in_all_phases(overlay: Overlay | None, count: int) -> list[Overlay | None]:
    """Return an overlay that does not change, for each of the phases."""
    return [overlay] * max(count, 1)


def _part(phases: Sequence[Part | None]) -> Sheet:
    first = next(part for part in phases if part is not None)
    shapes, styles, labels, rows, stretches = _Numbers(), _Numbers(), _Numbers(), _Numbers(), _Numbers()
    masks: dict[int, int] = {}
    done: dict[int, list[tuple[str, list[Any]]]] = {}
    for number, part in enumerate(phases):
        if part is None:
            continue
        if id(part) not in done:
            encoded = _ways(part, stretches) if part.kind == "way" else _encoded(part)
            done[id(part)] = _features(part, encoded, shapes, styles, labels)
        for text, _ in done[id(part)]:
            row = rows(text)
            masks[row] = masks.get(row, 0) | 1 << number
    everywhere = (1 << len(phases)) - 1
    features = [[0 if masks[row] == everywhere else masks[row], *json.loads(text)] for row, text in enumerate(rows)]
    return {
        "pane": first.pane,
        "kind": first.kind,
        "counted": first.counted,
        "unit": 10**-first.decimals,
        "stretches": [json.loads(text) for text in stretches],
        "shapes": [json.loads(text) for text in shapes],
        "styles": [json.loads(text) for text in styles],
        "labels": list(labels),
        "features": features,
    }


class _Numbers(dict[str, int]):
    """Texts in the order in which they were first asked for, and the number of each."""

    def __call__(self, text: str) -> int:
        return self.setdefault(text, len(self))


def _features(part: Part, encoded: Sequence[list[Any]], shapes: _Numbers, styles: _Numbers, labels: _Numbers
              ) -> list[tuple[str, list[Any]]]:  # fmt: skip
    """Return each feature as text and as a list: shape, style, facets, parties, title, pop-up, party, amount."""
    out = []
    for shape, own in zip(encoded, part.properties, strict=True):
        if not shape:
            continue
        pairs = [[labels(label), value] for label, value in own.get("rows", ())]
        feature = [
            shapes(_text(shape + list(own.get("spot", ())) if part.kind == "mark" else shape)),
            styles(_text(own["style"])) if "style" in own else -1,
            own.get("facets", []),
            own.get("parties", []),
            own.get("title", ""),
            [item for pair in pairs for item in pair],
            own.get("party", -1),
            own.get("amount", 0),
        ]
        out.append((_text(feature), feature))
    return out


def _text(content: object) -> str:
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def _encoded(part: Part) -> list[list[Any]]:
    """Return the geometries as numbers; an empty list where there is none."""
    degrees = part.shapes.to_crs(4326).to_numpy()
    scale = 10**part.decimals
    if part.kind in ("mark", "name"):
        missing = shapely.is_missing(degrees) | shapely.is_empty(degrees)
        xy = np.zeros((len(degrees), 2), dtype=np.int64)
        there = degrees[~missing]
        xy[~missing] = np.rint(np.column_stack([shapely.get_x(there), shapely.get_y(there)]) * scale)
        return [[] if gone else pair for pair, gone in zip(xy.tolist(), missing, strict=True)]
    out: list[list[Any]] = [[] for _ in degrees]
    pieces, owner = shapely.get_parts(degrees, return_index=True)
    if part.kind == "area":
        rings, piece = shapely.get_rings(pieces, return_index=True)
        polygons: list[list[Any]] = [[] for _ in pieces]
        for number, numbers in zip(piece.tolist(), _differences(rings, scale), strict=True):
            polygons[number].append(numbers)
        for place, polygon in zip(owner.tolist(), polygons, strict=True):
            out[place].append(polygon)
        return out
    for place, numbers in zip(owner.tolist(), _differences(pieces, scale), strict=True):
        if len(numbers) > 2:
            out[place].append(numbers)
    return out


def _ways(part: Part, stretches: _Numbers) -> list[list[Any]]:
    """Return lines as their stretches: a list per separate piece, with number and pixels to the right in turn.

    The number is ``~n`` where stretch ``n`` is run backwards.
    """
    found = cut(part.shapes.to_numpy())
    simple = within_budget(gpd.GeoSeries(found.shapes, crs=part.shapes.crs), part.vertices)
    coded = _differences(simple.to_crs(4326).to_numpy(), 10**part.decimals)
    number = np.array([stretches(_text(numbers)) for numbers in coded], dtype=np.int64)
    signed = np.where(found.back, ~number[found.stretch], number[found.stretch])
    widths = np.array([own["style"]["weight"] + EDGE_PX for own in part.properties], dtype=np.float64)
    uses = np.column_stack([signed, np.rint(abreast(found, widths, ABREAST_PX))]).astype(np.int64)
    out: list[list[Any]] = [[] for _ in part.properties]
    cuts = np.flatnonzero(np.diff(found.piece)) + 1
    for run, first in zip(np.split(uses, cuts), [0, *cuts.tolist()], strict=True):
        if len(run):
            out[found.line[first]].append(run.ravel().tolist())
    return out


def _differences(lines: np.ndarray[tuple[int], np.dtype[np.object_]], scale: int) -> list[list[int]]:
    """Return x and y of each vertex in turn, less those of the vertex before; repeated vertices are left out."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    whole = np.rint(xy * scale).astype(np.int64)
    step = np.diff(whole, axis=0, prepend=whole[:1] * 0)
    starts = np.diff(owner, prepend=-1) > 0
    step[starts] = whole[starts]
    keep = starts | (step != 0).any(axis=1)
    step, owner = step[keep], owner[keep]
    ends = np.searchsorted(owner, np.arange(len(lines) + 1))
    return [step[a:b].ravel().tolist() for a, b in pairwise(ends)]
