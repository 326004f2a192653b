"""Who takes part: plants and shared hubs, what each gives and gets, and who stands behind a pipe or a haul."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pandas as pd

from maps.numbers import amount, percent
from maps.scene import Scene

GIVES, GETS = 0, 1
_NEGLIGIBLE = 1e-6  # of a unit per year: what a solver leaves behind


@dataclass(frozen=True)
class Parties:
    """Plants in the study's order, then the hubs of the whole plan, by number."""

    plants: dict[str, int] = field(default_factory=dict)
    hubs: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: Scene) -> Parties:
        """Return the parties of a scene; the same ones in each of its phases."""
        plants = {plant: number for number, plant in enumerate(scene.study.plants["plant"])}
        hubs = dict.fromkeys(scene.everything.shared_hubs["hub"])
        return cls(plants, {hub: len(plants) + number for number, hub in enumerate(hubs)})

    def known(self, nodes: Iterable[str]) -> list[int]:
        """Return the plants at these places; places without one are left out."""
        return [self.plants[node] for node in nodes if node in self.plants]

    def ends(self, exchanges: pd.DataFrame) -> list[tuple[int | None, int | None]]:
        """Return who gives and who takes in each exchange: a hub where one stands at that end, or a plant."""
        return [
            (self._end(row.supply, row.from_node, row.via_hub), self._end(row.demand, row.to_node, row.via_hub))
            for row in exchanges.itertuples(index=False)
        ]

    def _end(self, stream: str, node: str, via_hub: str) -> int | None:
        return self.hubs.get(stream) if stream in via_hub.split(";") else self.plants.get(node)


def users(scene: Scene, parties: Parties) -> dict[tuple[str, str], list[int]]:
    """Return whose exchanges use a corridor or route, by its key and resource."""
    found: dict[tuple[str, str], dict[int, None]] = {}
    exchanges = scene.plan.partner_exchanges
    for row, ends in zip(exchanges.itertuples(index=False), parties.ends(exchanges), strict=True):
        both = [party for party in ends if party is not None]
        for step in row.path.split(";"):
            for resource in {row.resource, row.received_as}:
                found.setdefault((step.strip(), resource), {}).update(dict.fromkeys(both))
    return {key: sorted(some) for key, some in found.items()}


def users_of(keys: str, resource: str, used: dict[tuple[str, str], list[int]]) -> list[int]:
    """Return whose exchanges use one of several corridors or routes, separated by semicolons."""
    return sorted({*chain.from_iterable(used.get((key, resource), ()) for key in keys.split(";"))})


def balances(scene: Scene, parties: Parties) -> list[dict[str, Any]]:
    """Return what each party gives and gets: how much, to or from whom, and what is left.

    Each entry has ``party``, ``side`` (:data:`GIVES` or :data:`GETS`), ``name`` and ``colour`` of the resource,
    ``total``, ``lines`` (party or None, quantity, how it travels) and ``left``: text, for the page to show.
    """
    streams = _Streams(scene)
    exchanges, markets = scene.plan.exchanges, {*scene.plan.hub_markets["hub"]}
    for row, (giver, taker) in zip(exchanges.itertuples(index=False), parties.ends(exchanges), strict=True):
        mode = row.mode.replace("_", " ")
        if row.demand in markets:
            streams.left(giver, GIVES, row.supply, row.resource, row.quantity_sent)
        elif row.supply in markets:
            streams.left(taker, GETS, row.demand, row.received_as, row.quantity)
        else:
            streams.moved(giver, GIVES, row.supply, row.resource, line=(taker, row.quantity_sent, mode))
            streams.moved(taker, GETS, row.demand, row.received_as, line=(giver, row.quantity, mode))
    for table, side, stream in ((scene.plan.unplaced, GIVES, "supply"), (scene.plan.unserved, GETS, "demand")):
        for row in table.itertuples(index=False):
            streams.left(parties.plants.get(row.node), side, getattr(row, stream), row.resource, row.quantity)
    if not scene.plan.has_solution:
        for row in scene.study.streams.itertuples(index=False):
            side = GIVES if row.direction == "supply" else GETS
            streams.left(parties.plants.get(row.plant), side, row.stream, row.resource, row.quantity)
    return streams.entries()


@dataclass
class _Stream:
    party: int
    side: int
    resource: str
    lines: list[tuple[int | None, float, str]] = field(default_factory=list)
    rest: float = 0.0


class _Streams:
    """Streams of all parties while they are gathered."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._found: dict[tuple[int, int, str], _Stream] = {}

    def _at(self, party: int, side: int, stream: str, resource: str) -> _Stream:
        key = (party, side, f"{stream}\t{resource}")  # a hub takes and gives several resources in its own name
        return self._found.setdefault(key, _Stream(party, side, resource))

    def moved(self, party: int | None, side: int, stream: str, resource: str, *, line: tuple[int | None, float, str]
              ) -> None:  # fmt: skip
        """Note what goes to or comes from a partner: who it is, how much, and how it travels."""
        if party is not None:
            self._at(party, side, stream, resource).lines.append(line)

    def left(self, party: int | None, side: int, stream: str, resource: str, quantity: float) -> None:
        """Note what is left over or bought new."""
        if party is not None:
            self._at(party, side, stream, resource).rest += quantity

    def entries(self) -> list[dict[str, Any]]:
        """Return the streams as text, the largest partner first."""
        scene = self._scene
        out = []
        for stream in sorted(self._found.values(), key=lambda s: (s.party, s.side, s.resource)):
            unit = scene.units.get(stream.resource, "unit/year")
            total = stream.rest + sum(quantity for _, quantity, _ in stream.lines)
            lines = sorted(stream.lines, key=lambda line: -line[1])
            rest = stream.rest if stream.rest > max(_NEGLIGIBLE, 1e-6 * total) else 0.0
            out.append({
                "party": stream.party, "side": stream.side, "colour": scene.colours.get(stream.resource, "#555555"),
                "name": scene.resource_names.get(stream.resource, stream.resource), "total": amount(total, unit),
                "lines": [[partner, amount(quantity, unit), mode] for partner, quantity, mode in lines],
                "left": f"{amount(rest, unit)} ({percent(rest / total)})" if rest else "",
            })  # fmt: skip
        return out
