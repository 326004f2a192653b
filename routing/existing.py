"""Pipes that exist: corridors that cost nothing to build, joined at their ends and at taps along their length.

A pipe runs over stops: its ends, the plants beside it, the ends of other pipes of its resource that meet it, and
taps (:mod:`routing.taps`). The piece between two stops is a corridor of its own with the whole pipe's spare
capacity: what is spare in a pipe is spare in each of its cross-sections.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from data.grids import Floats
from data.study import Study
from routing.corridor_links import ExistingPipe, Link

FREE = 1e-9  # what using an existing trench costs; a zero would be no link at all
_NOWHERE = "an existing pipeline that exchanges could join at {}: drawn, not planned with"
_SHORTER_M = 100.0  # a pipe used but for less than this is used as a whole


@dataclass(frozen=True)
class Stop:
    """A place on a pipe: how far along it, and the plant or tap there."""

    at_m: float
    place: str


@dataclass(frozen=True)
class Existing:
    """Pipes of use, their lines, and the places where others may join them.

    Attributes
    ----------
    pipes, lines
        One per pipe; a line runs from its first stop to its last.
    stops
        Per pipe its stops in the order of the line, its two ends among them.
    taps
        Where each stop is that is no plant, by name, shape (2,).
    notes
        By pipeline: why it is of no use.
    """

    pipes: tuple[ExistingPipe, ...] = ()
    lines: tuple[shapely.LineString, ...] = ()
    stops: tuple[tuple[Stop, ...], ...] = ()
    taps: Mapping[str, Floats] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def with_stops(self, pipe: int, stops: Collection[Stop], where: Mapping[str, Floats], spacing_m: float) -> Existing:
        """Return the pipes with more stops on one of them, but those nearer than ``spacing_m`` to another.

        Parameters
        ----------
        pipe
            Its number.
        stops
            The first of two that are near each other stays.
        where
            Position of each of them that is no plant, shape (2,).
        """
        kept, taps = list(self.stops[pipe]), dict(self.taps)
        for stop in stops:
            if all(stop.place != other.place and abs(stop.at_m - other.at_m) > spacing_m for other in kept):
                kept.append(stop)
                taps |= {stop.place: where[stop.place]} if stop.place in where else {}
        every = list(self.stops)
        every[pipe] = tuple(sorted(kept, key=lambda stop: (stop.at_m, stop.place)))
        return dataclasses.replace(self, stops=tuple(every), taps=taps)

    def only_between(self, pipe: int, wanted: Collection[str]) -> Existing:
        """Return the pipes, one of them without what lies beyond the outermost stops that anybody wants.

        A plant, and a stop that pipes share, is always wanted.
        """
        often = Counter(stop.place for stops in self.stops for stop in {stop.place: stop for stop in stops}.values())
        stops = self.stops[pipe]
        kept = [k for k, s in enumerate(stops) if s.place in wanted or s.place not in self.taps or often[s.place] > 1]
        every = list(self.stops)
        every[pipe] = stops[kept[0] : kept[-1] + 1] if kept else ()
        used = {stop.place for stops in every for stop in stops}
        taps = {name: at for name, at in self.taps.items() if name in used}
        return dataclasses.replace(self, stops=tuple(every), taps=taps)

    def joined(self, known: Collection[str]) -> list[tuple[str, str]]:
        """Return the places, among those known, that pieces of pipe join."""
        return [(start.place, end.place) for _, start, end in self._pieces(known)]

    def _pieces(self, known: Collection[str]) -> list[tuple[int, Stop, Stop]]:
        pieces = []
        for number, stops in enumerate(self.stops):
            usable = [stop for stop in stops if stop.place in known]
            pieces += [(number, start, end) for start, end in pairwise(usable) if start.place != end.place]
        return pieces

    def links(self, numbers: Mapping[str, int], where: Mapping[str, Floats]) -> list[Link]:
        """Return the pieces of pipe between places that have a number as links.

        Parameters
        ----------
        numbers
            Node number by name.
        where
            Position of each node (2,): a piece that ends near it is drawn up to it.
        """
        links = []
        for number, start, end in self._pieces(numbers):
            line = shapely.get_coordinates(substring(self.lines[number], start.at_m, end.at_m))
            coords = np.concatenate([[where[start.place]], line, [where[end.place]]])
            moved = np.concatenate([[True], (np.diff(coords, axis=0) != 0).any(axis=1)])
            links.append(Link(numbers[start.place], numbers[end.place], coords[moved], FREE, self.pipes[number]))
        return links

    def remarks(self, known: Collection[str], pieces: Collection[Link]) -> dict[str, str]:
        """Return what to say of each pipe that is not planned with in its full length.

        Parameters
        ----------
        known
            Places that can be joined.
        pieces
            Those planned with.
        """
        offered: defaultdict[str, float] = defaultdict(float)
        for link in pieces:
            offered[link.pipe.pipeline if link.pipe else ""] += link.length_m
        told = dict(self.notes)
        for pipe, line, stops in zip(self.pipes, self.lines, self.stops, strict=True):
            joinable = {stop.place for stop in stops if stop.place in known}
            lost = sorted({stop.place for stop in stops} - joinable)
            near = f"; no allowed ground is near {', '.join(lost)}" if lost else ""
            if len(joinable) < 2:
                told[pipe.pipeline] = _NOWHERE.format("one place only" if joinable else "no place") + near
            elif pipe.pipeline not in offered:
                told[pipe.pipeline] = "an existing pipeline that no exchange gains by: drawn, not planned with"
            elif offered[pipe.pipeline] < line.length - _SHORTER_M:
                told[pipe.pipeline] = (
                    f"planned with along {offered[pipe.pipeline] / 1000:.1f} of its {line.length / 1000:.1f} km, "
                    f"between the places where exchanges would join it{near}"
                )
        return told


def find_existing(study: Study, resources: Collection[str], plants: Collection[str]) -> Existing:
    """Return the existing pipelines that the pairs of some plants could use.

    An end within ``pipelines.snap_m`` of a plant is that plant; ends that near each other are one tap. An end
    that near the middle of another pipe of the same resource is a stop of that pipe too.

    Parameters
    ----------
    resources
        What is exchanged by pipe.
    plants
        Plants that exchange it.
    """
    pipes, lines, stops, notes = [], [], [], {}
    taps: dict[str, Floats] = {}
    for row in study.pipelines.itertuples(index=False):
        line = shapely.line_merge(row.geometry)
        reason = _useless(row, line, resources)
        if reason is not None:
            notes[str(row.pipeline)] = reason
            continue
        coords = shapely.get_coordinates(line)
        start, end = (
            _place(study, coords[k], plants, taps, f"{row.pipeline}_{side}") for k, side in ((0, "start"), (-1, "end"))
        )
        size, spare = float(row.diameter_mm), float(row.spare_capacity)
        pipes.append(ExistingPipe(str(row.pipeline), str(row.resource), size, spare))
        lines.append(line)
        stops.append((Stop(0.0, start), Stop(float(line.length), end)))
    return _branched(Existing(tuple(pipes), tuple(lines), tuple(stops), taps, notes), study.settings.pipelines.snap_m)


def _branched(existing: Existing, snap_m: float) -> Existing:
    """Return the pipes with a stop wherever the end of another of the same resource meets their middle."""
    ends = {
        stop.place: pipe.resource for pipe, stops in zip(existing.pipes, existing.stops, strict=True) for stop in stops
    }
    ends = {place: resource for place, resource in ends.items() if place in existing.taps}
    for number, (pipe, line) in enumerate(zip(existing.pipes, existing.lines, strict=True)):
        points = {place: shapely.Point(existing.taps[place]) for place, of in ends.items() if of == pipe.resource}
        near = {place: float(line.project(at)) for place, at in points.items() if line.distance(at) <= snap_m}
        existing = existing.with_stops(number, [Stop(at, place) for place, at in near.items()], {}, 0.0)
    return existing


def rejoined(pieces: Sequence[Link], trenches: Sequence[Link], plants: Collection[int]) -> list[Link]:
    """Return the pieces with two of one pipe made one where nothing but these two meets.

    Parameters
    ----------
    pieces
        With a pipe each.
    trenches
        The other links.
    plants
        Nodes that stay.
    """
    current = list(pieces)
    at: defaultdict[int, int] = defaultdict(int)
    for link in [*pieces, *trenches]:
        at[link.start] += 1
        at[link.end] += 1
    for node in sorted(node for node, count in at.items() if count == 2 and node not in plants):
        here = [link for link in current if node in (link.start, link.end)]
        if len(here) == 2 and here[0].pipe == here[1].pipe:
            whole = dataclasses.replace(here[0].joined(here[1], node, lambda _: FREE), pipe=here[0].pipe)
            current = [link for link in current if link is not here[0] and link is not here[1]]
            current += [whole] if whole.start != whole.end else []
    return current


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
