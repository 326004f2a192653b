"""Lines that share roads as sequences of stretches, each of which is there once; and how to set them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Lines = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Stretches:
    """Lines cut where they meet and part.

    Line ``line[k]`` runs over stretch ``stretch[k]`` of ``shapes``, against its direction where ``back[k]``;
    a line's rows are in the order of its way, and ``piece[k]`` tells its separate pieces apart.
    """

    shapes: Lines
    line: Ints
    piece: Ints
    stretch: Ints
    back: npt.NDArray[np.bool_]


def cut(lines: Lines) -> Stretches:
    """Return lines, single or multiple, as stretches; vertices are the same where their coordinates are.

    A vertex ends a stretch where a line ends or turns back, or where not all lines go on to the same two neighbours.
    """
    pieces, owner = shapely.get_parts(lines, return_index=True)
    xy, of = shapely.get_coordinates(pieces, return_index=True)
    again = np.zeros(len(xy), dtype=bool)
    again[1:] = (of[1:] == of[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    xy, of = xy[~again], of[~again]
    vertex = pd.MultiIndex.from_arrays(xy.T).factorize()[0].astype(np.int64)
    first = np.concatenate([[True], of[1:] != of[:-1]]) if len(of) else np.zeros(0, dtype=bool)
    last = np.concatenate([of[1:] != of[:-1], [True]]) if len(of) else np.zeros(0, dtype=bool)
    ends = first | last | _forks(vertex, first | last)[vertex]
    starts = np.flatnonzero(ends & ~last)
    stops = np.flatnonzero(ends & ~first)
    # The first two vertices tell a stretch, as its last two tell the same one run backwards.
    ahead, behind = _pair(vertex[starts], vertex[starts + 1]), _pair(vertex[stops], vertex[stops - 1])
    _, where, stretch = np.unique(np.minimum(ahead, behind), return_index=True, return_inverse=True)
    known = ahead[where]
    shapes = [shapely.LineString(xy[a : b + 1]) for a, b in zip(starts[where], stops[where], strict=True)]
    return Stretches(
        shapes=np.array(shapes, dtype=object), line=owner[of[starts]], piece=of[starts],
        stretch=stretch.astype(np.int64), back=ahead != known[stretch],
    )  # fmt: skip


def _forks(vertex: Ints, end: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return, by vertex, whether a line ends there or lines go on to different neighbours."""
    count = int(vertex.max()) + 1 if len(vertex) else 0
    fork = np.zeros(count, dtype=bool)
    fork[vertex[end]] = True
    inner = np.flatnonzero(~end)
    before, after = vertex[inner - 1], vertex[inner + 1]
    fork[vertex[inner[before == after]]] = True  # a line turns back
    pair = _pair(np.minimum(before, after), np.maximum(before, after))
    least, most = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(least, vertex[inner], pair)
    np.maximum.at(most, vertex[inner], pair)
    fork[(most >= 0) & (least != most)] = True
    return fork


def _pair(one: Ints, other: Ints) -> Ints:
    return one * (1 << 31) + other


def abreast(found: Stretches, widths: Floats, most: float) -> Floats:
    """Return how far each line is moved to the right of its way on each of its stretches, in the unit of the widths.

    On every stretch the lines lie next to each other about its middle, in their order, those that run it backwards
    on their own right-hand side. Where they would be wider than ``most`` together they lie closer.
    """
    uses = pd.DataFrame({"stretch": found.stretch, "width": widths[found.line]})
    uses["turn"] = np.where(found.back, -1 - found.line, found.line)  # from left to right along the stretch
    uses = uses.sort_values(["stretch", "turn"], kind="stable")
    by = uses.groupby("stretch")["width"]
    total = by.transform("sum")
    middle = by.cumsum() - uses["width"] / 2 - total / 2
    moved = (middle * (most / total).clip(upper=1.0)).sort_index().to_numpy()
    return np.asarray(np.where(found.back, -moved, moved), dtype=np.float64)
