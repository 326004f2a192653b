"""Where each terminal meets the grid of allowed cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from data.grids import Pieces
from routing.corridor_links import Cell, Gate
from routing.surface import CostSurface, Flags, Floats, Ints

_MAX_LEGS = 400  # nearest cells tried


@dataclass(frozen=True)
class Doors:
    """The gate of each terminal (None: no allowed ground near) and remarks by terminal number."""

    gates: tuple[Gate | None, ...]
    notes: tuple[tuple[int, str], ...]


def find_gates(
    surface: CostSurface, points: Floats, components: Pieces, forbidden: npt.NDArray[np.object_], max_access_m: float
) -> Doors:
    """Return the gate of each terminal.

    A terminal on allowed ground has its own cell, unless nobody else can be reached from there. Any other
    takes the nearest allowed cell that a straight leg reaches without entering forbidden land; if there
    is none near, the nearest allowed cell, its leg neither drawn nor paid for, and a remark says so.
    Ground from which other terminals can be reached goes before ground that is cut off.

    Parameters
    ----------
    points
        Terminals, shape (n, 2).
    components
        Connected piece of ground of each cell, shape (rows, columns).
    forbidden
        Polygons that no pipe may enter.
    max_access_m
        A terminal farther than this (and than 5 cells) from allowed ground has no gate.
    """
    reach = max(max_access_m, 5 * surface.cell_m)
    cells = surface.cells_at(points)
    allowed = surface.allowed[cells[:, 0], cells[:, 1]]
    pieces = components[cells[:, 0], cells[:, 1]]
    peopled = Counter(pieces[allowed].tolist())
    favoured = {piece for piece, count in peopled.items() if count > 1} or {_largest(components)}
    gates: list[Gate | None] = []
    notes, taken = [], set[Cell]()
    shapely.prepare(forbidden)
    for number, point in enumerate(points):
        cell = (int(cells[number, 0]), int(cells[number, 1]))
        near = _near(surface, point, reach)
        good = np.isin(components[near[:, 0], near[:, 1]], list(favoured))
        legs = _legs(surface, near, point, good, forbidden)
        home = bool(allowed[number])
        if home and (pieces[number] in favoured or not (legs and legs.free and legs.favoured)):
            leg, own = np.array([point, surface.centres(np.array([cell]))[0]]), cell not in taken
        elif legs is None:
            gates.append(None)
            continue
        else:
            cell = legs.cell if legs.free else legs.first_not_in(taken)
            centre = surface.centres(np.array([cell]))
            leg, own = (np.array([point, centre[0]]), False) if legs.free else (centre, True)
            if not legs.free:
                away = float(np.hypot(*(centre[0] - point)))
                notes.append((number, f"stands in forbidden land; its pipes end {away:.0f} m away, where it ends"))
        taken |= {cell} if own else set()
        gates.append(Gate(cell, leg, own))
    return Doors(tuple(gates), tuple(notes))


@dataclass(frozen=True)
class _Legs:
    """The best cell for a terminal, and all candidates by preference."""

    cells: Ints
    free: bool
    favoured: bool

    @property
    def cell(self) -> Cell:
        return int(self.cells[0, 0]), int(self.cells[0, 1])

    def first_not_in(self, taken: set[Cell]) -> Cell:
        """Return the best cell that no other terminal uses, or the best."""
        free = [(row, column) for row, column in self.cells.tolist() if (row, column) not in taken]
        return free[0] if free else self.cell


def _legs(
    surface: CostSurface,
    cells: Ints,
    point: Floats,
    peopled: Flags,
    forbidden: npt.NDArray[np.object_],
) -> _Legs | None:
    """Return the given cells (n, 2) by preference, None when there are none; ``peopled`` (n,) go before others."""
    if len(cells) == 0:
        return None
    centres = surface.centres(cells)
    apart = np.hypot(*(centres - point).T)
    free = _free(surface, point, centres, forbidden)
    order = np.lexsort((apart, ~peopled, ~free))
    return _Legs(cells[order], bool(free[order[0]]), bool(peopled[order[0]]))


def _near(surface: CostSurface, point: Floats, reach: float) -> Ints:
    """Return the allowed cells with their centre within ``reach`` of a point, the nearest first."""
    rows, columns = surface.shape
    span = int(np.ceil(reach / surface.cell_m)) + 1
    (row, column), *_ = surface.cells_at(point[None, :])
    low = np.maximum([row - span, column - span], 0)
    high = np.minimum([row + span + 1, column + span + 1], [rows, columns])
    cells = np.argwhere(surface.allowed[low[0] : high[0], low[1] : high[1]]) + low
    apart = np.hypot(*(surface.centres(cells) - point).T)
    order = np.argsort(apart, kind="stable")
    order = order[apart[order] <= reach][:_MAX_LEGS]
    return np.asarray(cells[order], dtype=np.int64)


def _free(surface: CostSurface, point: Floats, centres: Floats, forbidden: npt.NDArray[np.object_]) -> Flags:
    """Return which straight legs from a point enter no forbidden land."""
    ends = np.stack([np.broadcast_to(point, centres.shape), centres], axis=1)
    legs = shapely.linestrings(ends)
    free = np.ones(len(legs), dtype=bool)
    if surface.closed.any():
        free = np.array([not surface.closed[tuple(surface.traverse(leg)[0].T)].any() for leg in ends], dtype=bool)
    if len(forbidden):
        leg, zone = shapely.STRtree(forbidden).query(legs)
        entered = shapely.intersects(forbidden[zone], legs[leg])
        entered[entered] = ~shapely.touches(forbidden[zone[entered]], legs[leg[entered]])
        free[leg[entered]] = False
    return free


def _largest(components: Pieces) -> int:
    """Return the piece of allowed ground with the most cells, -1 when there is none."""
    counts = np.bincount(components.ravel(), minlength=1)[1:]
    return int(counts.argmax()) + 1 if len(counts) else -1
