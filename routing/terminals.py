"""Which plants a pipe may serve, which of them can reach each other, and in which order to join them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.grids import Floats, Pieces
from data.study import Study
from routing.corridor_links import Gate
from routing.existing import Existing
from routing.gates import find_gates
from routing.surface import CostSurface, forbidden_polygons

MAX_PARTNERS = 6  # matches of a stream that get a path of their own; the others use what is there


@dataclass(frozen=True)
class Terminals:
    """Plants and taps that can be joined, by number, and the pairs of streams between plants.

    ``names`` are the plants, then the taps of existing pipes. ``pairs`` has the columns of the caller's
    pairs plus start and end (terminal numbers). ``pieces`` says which connected piece of ground each
    terminal stands on.
    """

    names: tuple[str, ...]
    gates: tuple[Gate, ...]
    pieces: tuple[int, ...]
    pairs: pd.DataFrame
    unreachable: Mapping[str, str]
    notes: Mapping[str, str]

    @property
    def xy(self) -> Floats:
        """Return where each terminal is, shape (n, 2)."""
        return np.array([gate.leg[0] for gate in self.gates]).reshape(-1, 2)


def near_pairs(study: Study, pairs: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the pairs that a pipe may join and that are near enough, and the plants too far from all."""
    piped = pairs[pairs["pipe"].astype(bool) & (pairs["from_plant"] != pairs["to_plant"])]
    points = study.plant_points
    start, end = points.loc[list(piped["from_plant"])], points.loc[list(piped["to_plant"])]
    most = study.settings.pipelines.max_distance_km
    apart = np.hypot(start.x.to_numpy() - end.x.to_numpy(), start.y.to_numpy() - end.y.to_numpy())
    near = piped[apart <= most * 1000].reset_index(drop=True)
    far = sorted({*piped["from_plant"], *piped["to_plant"]} - {*near["from_plant"], *near["to_plant"]})
    return near, dict.fromkeys(far, f"more than {most:g} km from every plant it could exchange with")


def find_terminals(
    study: Study, near: pd.DataFrame, surface: CostSurface, components: Pieces, existing: Existing
) -> Terminals:
    """Return the plants of some pairs that can be joined over allowed ground or by an existing pipe.

    Parameters
    ----------
    near
        Pairs from :func:`near_pairs`, at least one.
    components
        Connected piece of ground of each cell, shape (rows, columns).
    existing
        Pipes whose taps become terminals too; they may join pieces of ground that nothing else joins.
    """
    plants = sorted({*near["from_plant"], *near["to_plant"]})
    points = study.plant_points.loc[plants]
    xy = np.concatenate([np.column_stack([points.x, points.y]), *(at[None, :] for at in existing.taps.values())])
    doors = find_gates(surface, xy, components, forbidden_polygons(study), study.settings.pipelines.max_access_m)
    places = [*plants, *existing.taps]
    gate_of = {name: gate for name, gate in zip(places, doors.gates, strict=True) if gate}
    piece = {name: int(components[gate.cell]) for name, gate in gate_of.items()}
    land = _bridged(piece, existing)
    start, end = (near[side].map(land) for side in ("from_plant", "to_plant"))
    joined = near[(start == end).to_numpy()]
    kept = sorted({*joined["from_plant"], *joined["to_plant"]})
    kept += [tap for tap in existing.taps if tap in gate_of]
    number = {name: k for k, name in enumerate(kept)}
    return Terminals(
        names=tuple(kept),
        gates=tuple(gate_of[name] for name in kept),
        pieces=tuple(piece[name] for name in kept),
        pairs=joined.assign(start=joined["from_plant"].map(number), end=joined["to_plant"].map(number)),
        unreachable={plant: _reason(study, plant, near, piece) for plant in plants if plant not in number},
        notes={places[k]: note for k, note in doors.notes if places[k] in number},
    )


def _bridged(piece: Mapping[str, int], existing: Existing) -> dict[str, int]:
    """Return the piece of ground of each terminal, pieces that existing pipes join being one."""
    land = dict(piece)
    for start, end in existing.joined(piece):
        if land[start] != land[end]:
            old, new = land[start], land[end]
            land = {name: new if number == old else number for name, number in land.items()}
    return land


def _reason(study: Study, plant: str, near: pd.DataFrame, piece: Mapping[str, int]) -> str:
    """Return why no pipe reaches a plant."""
    zones = study.zones[study.zones["forbidden"].astype(bool)]
    around = zones.loc[zones.intersects(study.plant_points[plant]).to_numpy(), "zone"]
    within = f" (zone {', '.join(sorted(map(str, around)))})" if len(around) else ""
    if plant not in piece:
        return f"stands in forbidden land{within} and no allowed ground is near"
    partners = {*near.loc[near["from_plant"] == plant, "to_plant"], *near.loc[near["to_plant"] == plant, "from_plant"]}
    return f"forbidden land{within} cuts it off from every plant it could exchange with: {', '.join(sorted(partners))}"


def routing_order(terminals: Terminals, max_distance_m: float) -> list[tuple[int, int]]:
    """Return the pairs of terminals to join by a path, in the order in which to search.

    First each stream with its ``MAX_PARTNERS`` nearest matches, then neighbours in the Gabriel graph
    (nobody else in the circle on the line between them), so that a trench can go from plant to plant and
    every match is joined at least that way; the nearest first in both. Over 12 random regions this made
    ways between matched plants 4 % shorter and the best trees over three plants 2 % cheaper than all
    pairs in one order by distance, the best tree over all plants 2 % dearer, and a quarter more corridors.
    """
    xy, pieces = terminals.xy, np.array(terminals.pieces)
    square = ((xy[:, None, :] - xy[None, :, :]) ** 2).sum(axis=2)
    matched = {(a, b) for a, b in _nearest_matches(terminals.pairs, square) if pieces[a] == pieces[b]}
    neighbours: set[tuple[int, int]] = set()
    for one in range(len(xy)):
        # Inside the circle over one-other: the angle there is obtuse, so the squares add up to less.
        same = pieces == pieces[one]
        inside = (square[one][same] + square[:, same] < square[one][:, None] * (1 - 1e-12)).any(axis=1)
        near = (square[one] <= max_distance_m**2) & same
        neighbours |= {(one, int(other)) for other in np.flatnonzero(~inside & near) if other > one}

    def nearest_first(pair: tuple[int, int]) -> tuple[float, tuple[int, int]]:
        return float(square[pair]), pair

    return sorted(matched, key=nearest_first) + sorted(neighbours - matched, key=nearest_first)


def _nearest_matches(pairs: pd.DataFrame, square: Floats) -> set[tuple[int, int]]:
    """Return the pairs of terminals (smaller number first) that are near matches of some stream."""
    start, end = pairs["start"].to_numpy(dtype=np.int64), pairs["end"].to_numpy(dtype=np.int64)
    ends = pd.DataFrame({"low": np.minimum(start, end), "high": np.maximum(start, end), "square": square[start, end]})
    near: set[tuple[int, int]] = set()
    for stream in ("supply", "demand"):
        ordered = ends.assign(stream=pairs[stream].to_numpy()).sort_values(["square", "low", "high"])
        first = ordered.groupby("stream", sort=False).head(MAX_PARTNERS)
        near |= set(zip(first["low"].tolist(), first["high"].tolist(), strict=True))
    return near
