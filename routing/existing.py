"""Pipes that exist: their ends become places to join, their spare capacity a corridor that costs nothing to build."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely

from data.study import Study
from routing.corridor_links import ExistingPipe, Link
from routing.grids import Floats

FREE = 1e-9  # what using an existing trench costs; a zero would be no link at all


@dataclass(frozen=True)
class Existing:
    """Pipes of use, their lines, and the places (taps) where others may join them.

    Attributes
    ----------
    pipes, lines
        One per pipe; a line's coords (n, 2) run from one end to the other.
    ends
        Per pipe its two nodes: a plant's id, or the name of a tap.
    taps
        Where each tap is, by name, shape (2,).
    notes
        By pipeline: why it is of no use.
    """

    pipes: tuple[ExistingPipe, ...] = ()
    lines: tuple[Floats, ...] = ()
    ends: tuple[tuple[str, str], ...] = ()
    taps: Mapping[str, Floats] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def links(self, numbers: Mapping[str, int], where: Mapping[str, Floats]) -> list[Link]:
        """Return the pipes as links, those of which both ends have a number and are different places.

        Parameters
        ----------
        numbers
            Node number by name.
        where
            Position of each node (2,): a line that ends near it is drawn up to it.
        """
        links = []
        for pipe, line, (start, end) in zip(self.pipes, self.lines, self.ends, strict=True):
            if start == end or start not in numbers or end not in numbers:
                continue
            coords = np.concatenate([[where[start]], line, [where[end]]])
            moved = np.concatenate([[True], (np.diff(coords, axis=0) != 0).any(axis=1)])
            links.append(Link(numbers[start], numbers[end], coords[moved], FREE, pipe))
        return links


def find_existing(study: Study, resources: Collection[str], plants: Collection[str]) -> Existing:
    """Return the existing pipelines that the pairs of some plants could use.

    An end within ``pipelines.snap_m`` of a plant is that plant; ends that near each other are one tap.

    Parameters
    ----------
    resources
        What is exchanged by pipe.
    plants
        Plants that exchange it.
    """
    pipes, lines, ends, notes = [], [], [], {}
    taps: dict[str, Floats] = {}
    for row in study.pipelines.itertuples(index=False):
        line = shapely.line_merge(row.geometry)
        reason = _useless(row, line, resources)
        if reason is not None:
            notes[str(row.pipeline)] = reason
            continue
        coords = shapely.get_coordinates(line)
        names = [
            _place(study, coords[k], plants, taps, f"{row.pipeline}_{side}") for k, side in ((0, "start"), (-1, "end"))
        ]
        size, spare = float(row.diameter_mm), float(row.spare_capacity)
        pipes.append(ExistingPipe(str(row.pipeline), str(row.resource), size, spare))
        lines.append(coords)
        ends.append((names[0], names[1]))
    return Existing(tuple(pipes), tuple(lines), tuple(ends), taps, notes)


def _useless(row: object, line: shapely.Geometry, resources: Collection[str]) -> str | None:
    resource, spare = row.resource, row.spare_capacity  # type: ignore[attr-defined]
    if not spare > 0:
        return "an existing pipeline without spare capacity: drawn, not planned with"
    if resource not in resources:
        return f"an existing pipeline for {resource}, which nobody here could send through it: drawn, not planned with"
    if line.geom_type != "LineString":
        return "an existing pipeline in several pieces or with branches: drawn, not planned with; give each as a row"
    return None


def _place(study: Study, point: Floats, plants: Collection[str], taps: dict[str, Floats], name: str) -> str:
    """Return the plant or tap at the end of a pipe; a new tap is added."""
    snap = study.settings.pipelines.snap_m
    known = study.plants[study.plants["plant"].isin(list(plants))]
    apart = shapely.distance(known.geometry.to_numpy(), shapely.Point(point))
    if len(apart) and apart.min() <= snap:
        return str(known["plant"].iloc[int(apart.argmin())])
    near = {tap: float(np.hypot(*(at - point))) for tap, at in taps.items()}
    nearest = min(near, key=lambda tap: near[tap], default=None)
    if nearest is not None and near[nearest] <= snap:
        return nearest
    taken = {*study.plants["plant"], *study.sites["site"], *taps}
    while name in taken:
        name += "_"
    taps[name] = point
    return name


def existing_design(pipe: ExistingPipe, designs: pd.DataFrame) -> pd.DataFrame:
    """Return the one pipe on offer in an existing trench, in the columns of :func:`pipe_designs`.

    Pumping and losses are those of the catalogue's diameter that is nearest, or of the smallest that
    carries the spare capacity where the diameter is not known; nothing is paid for pipe or trench.
    """
    if np.isnan(pipe.diameter_mm):
        row = min(int(np.searchsorted(designs["capacity"], pipe.spare)), len(designs) - 1)
    else:
        row = int((designs["diameter_mm"] - pipe.diameter_mm).abs().to_numpy().argmin())
    size = designs["diameter_mm"].iloc[row] if np.isnan(pipe.diameter_mm) else pipe.diameter_mm
    return designs.iloc[[row]].assign(
        option=f"{pipe.pipeline}",
        diameter_mm=size,
        capacity=pipe.spare,
        pipe_cost_per_m=0.0,
        trench_cost_per_m=0.0,
        existing=True,
    )
