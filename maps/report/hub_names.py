"""What people call the two ends of an exchange: a plant, a shared hub, or what a hub buys and disposes of.

A plan notes purchases and disposals beside a hub as hubs of their own, with the technology ``buy:RESOURCE`` or
``dispose:RESOURCE``. They are nobody's building, so the report tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import pandas as pd

from maps.scene import Scene

BUY, DISPOSE = "buy:", "dispose:"
_MARKET = {BUY: "Bought new", DISPOSE: "Disposed of"}


class HubNames:
    """Names of hubs, and which of them are only purchases and disposals."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @cached_property
    def names(self) -> dict[str, str]:
        """Return what people call each hub."""
        known = self._scene.study.technologies.set_index("technology")["name"]
        return {
            row.hub: self.market_name(row.technology)
            or f"{known.get(row.technology, row.technology)} at {self._scene.name(row.node)}"
            for row in self._scene.plan.built_hubs.itertuples(index=False)
        }

    @cached_property
    def markets(self) -> set[str]:
        """Return the hubs that are purchases or disposals."""
        hubs = self._scene.plan.built_hubs
        return {hub for hub, technology in zip(hubs["hub"], hubs["technology"], strict=True) if is_market(technology)}

    def market_name(self, technology: str) -> str:
        """Return what is bought or disposed of, in words; blank for a technology that stands somewhere."""
        return next((words for start, words in _MARKET.items() if technology.startswith(start)), "")

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

    def is_between_partners(self, exchanges: pd.DataFrame) -> pd.Series:
        """Return which exchanges are more than a hub's purchase or disposal."""
        return pd.Series([not self.markets & {*pair} for pair in self.ends(exchanges)], exchanges.index, dtype="bool")


def is_market(technology: str) -> bool:
    """Return whether a technology is a hub's purchase or disposal."""
    return technology.startswith((BUY, DISPOSE))
