"""Roads, rivers and other lines a trench must cross, each crossing at its own cost.

While a path is searched, a move between two cells is charged once for every line it meets. The corridor
finally pays for the exact number of times that its drawn line meets each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from routing import crossings_kernels as kernels
from routing.surface import CostSurface, Floats

MOVES = ((0, 1), (1, 0), (1, 1), (1, -1))  # (row, column): each of the eight moves once, and its reverse
_HAIR = 1e-6  # metres
_ASIDE = np.array([1.0e-6, 0.618e-6])  # of a cell; in no direction in which people draw


@dataclass(frozen=True)
class Crossings:
    """Lines in the study's CRS, what crossing each once costs (currency, shape (n,)) and of which kind it is."""

    lines: npt.NDArray[np.object_]
    costs: Floats
    kinds: tuple[str, ...]
    tree: shapely.STRtree = field(repr=False)

    @classmethod
    def from_layer(cls, layer: gpd.GeoDataFrame) -> Crossings:
        """Return the lines of a study's ``crossings`` layer that cost anything."""
        used = layer[(layer["cost"].astype(float) > 0).to_numpy() & ~layer.geometry.is_empty.to_numpy()]
        lines = np.asarray(used.geometry.to_numpy(), dtype=object)
        kinds = tuple(used["kind"].astype(str)) if "kind" in used.columns else ("line",) * len(used)
        return cls(lines, used["cost"].to_numpy(dtype=np.float64), kinds, shapely.STRtree(lines))

    def charge(self, coords: Floats) -> tuple[float, int]:
        """Return what a drawn line pays for its crossings, and how many they are.

        Every point in which the two meet counts once; a stretch along the other line counts once; a
        meeting at an end of the drawn line is no crossing.
        """
        met = self._met(coords)
        total = sum(times * float(self.costs[line]) for line, times in met)
        return total, sum(times for _, times in met)

    def by_kind(self, coords: Floats) -> dict[str, int]:
        """Return how often a drawn line crosses lines of each kind, counted as in :meth:`charge`."""
        counts: Counter[str] = Counter()
        for line, times in self._met(coords):
            counts[self.kinds[line]] += times
        return {kind: counts[kind] for kind in sorted(counts) if counts[kind]}

    def _met(self, coords: Floats) -> list[tuple[int, int]]:
        """Return the lines that a drawn line meets and how often."""
        if len(self.lines) == 0:
            return []
        drawn = shapely.linestrings(coords)
        hits = self.tree.query(drawn, predicate="intersects")
        ends = shapely.points(coords[[0, -1]])
        meetings = shapely.intersection(self.lines[hits], drawn)
        return [(int(hit), _meetings(meeting, ends)) for hit, meeting in zip(hits, meetings, strict=True)]

    def move_charges(
        self, surface: CostSurface, moves: Sequence[tuple[int, int]] = MOVES
    ) -> tuple[npt.NDArray[np.int64], Floats] | None:
        """Return the cells with moves that meet a line, shape (n, 2), and the charge of each, shape (n, moves).

        None when there are no lines. All moves are taken a hair aside, so that cell centres lie on no
        line: a path through such a centre would otherwise pay twice, or not at all.
        """
        if len(self.lines) == 0:
            return None
        pieces, owner = _segments(self.lines)
        if len(pieces) == 0:
            return np.empty((0, 2), dtype=np.int64), np.empty((0, len(moves)))
        move, line = _moves_met(pieces, owner, surface, np.array(moves, dtype=np.int64))
        each, place = np.unique(move // len(moves), return_inverse=True)
        charges = np.zeros((len(each), len(moves)))
        np.add.at(charges, (place, move % len(moves)), self.costs[line])
        return np.column_stack(np.divmod(each, surface.shape[1])), charges


def _moves_met(
    pieces: Floats, owner: npt.NDArray[np.int64], surface: CostSurface, moves: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the moves that meet lines, as cell * moves + move, and the line each meets, every pair once.

    ``pieces`` (n, 4) are straight, ``owner`` (n,) says of which line.
    """
    left, top, cell_m = surface.transform.c, surface.transform.f, surface.cell_m
    frame = (left, top, cell_m, _ASIDE[0] * cell_m, _ASIDE[1] * cell_m)
    size = kernels.meetings(pieces, surface.shape, frame, moves, np.empty((0, 3), dtype=np.int64))
    met = np.empty((size, 3), dtype=np.int64)
    kernels.meetings(pieces, surface.shape, frame, moves, met)
    doubtful = met[met[:, 2] == kernels.DOUBTFUL]
    if len(doubtful):
        cells = np.column_stack(np.divmod(doubtful[:, 0] // len(moves), surface.shape[1]))
        starts = surface.centres(cells) + _ASIDE * cell_m
        ends = starts + moves[doubtful[:, 0] % len(moves)][:, ::-1] * [1, -1] * cell_m
        drawn = shapely.linestrings(np.stack([starts, ends], axis=1))
        truly = shapely.intersects(drawn, shapely.linestrings(pieces[doubtful[:, 1]].reshape(-1, 2, 2)))
        met = np.concatenate([met[met[:, 2] == kernels.CERTAIN], doubtful[truly]])
    pairs = np.unique(np.column_stack([met[:, 0], owner[met[:, 1]]]), axis=0)  # one line, one charge
    return pairs[:, 0], pairs[:, 1]


def _segments(lines: npt.NDArray[np.object_]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return all straight pieces of the lines (x, y, x, y), shape (n, 4), and the line each belongs to."""
    edges = np.where(shapely.get_dimensions(lines) == 2, shapely.boundary(lines), lines)
    parts, owner = shapely.get_parts(edges, return_index=True)
    coords, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[:-1] == part[1:]
    return np.concatenate([coords[:-1][joined], coords[1:][joined]], axis=1), owner[part[:-1][joined]].astype(np.int64)


def _meetings(meeting: shapely.Geometry, ends: npt.NDArray[np.object_]) -> int:
    """Return how often two lines meet, given their intersection, away from some end points."""
    parts = shapely.get_parts(meeting)
    points = parts[shapely.get_dimensions(parts) == 0]
    points = points[(shapely.distance(points[:, None], ends[None, :]) > _HAIR).all(axis=1)]
    along = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1])))
    return len(points) + len(along)
