"""What people call the two ends of an exchange: a plant, a shared hub, or what a hub buys and disposes of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import pandas as pd

from data.plan import BUY
from maps.scene import Scene


class HubNames:
    """Names of hubs, and which of them are only purchases and disposals."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._plan = scene.everything

    @cached_property
    def names(self) -> dict[str, str]:
        """Return what people call each hub: its technology and place."""
        return {
            row.hub: f"{self._scene.technology_name(row.technology)} at {self._scene.name(row.node)}"
            for row in self._plan.shared_hubs.itertuples(index=False)
        } | {row.hub: market_name(row.technology) for row in self._plan.hub_markets.itertuples(index=False)}

    @cached_property
    def markets(self) -> set[str]:
        """Return the hubs that are purchases or disposals."""
        return {*self._plan.hub_markets["hub"]}

    def ends(self, exchanges: pd.DataFrame) -> Iterator[tuple[str, str]]:
        """Yield the hub at each end of every exchange; blank where a plant is."""
        for supply, demand, via in exchanges[["supply", "demand", "via_hub"]].itertuples(index=False):
            hubs = via.split(";")
            yield supply if supply in hubs else "", demand if demand in hubs else ""

    def end(self, hub: str, node: str) -> str:
        """Return what people call one end of an exchange."""
        return self.names.get(hub, hub) if hub else self._scene.name(node)

    def through(self, via: str) -> str:
        """Return the buildings on the way of an exchange."""
        return ", ".join(self.names.get(hub, hub) for hub in via.split(";") if hub and hub not in self.markets)


def market_name(technology: str) -> str:
    """Return what is done beside a hub, in words."""
    return "Bought new" if technology.startswith(BUY) else "Disposed of"
