"""What ``map.html`` holds as data: its layers in every phase, who takes part, and the figures beside the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from data.plan import Plan
from data.study import Study
from maps import layers, popups
from maps.features import MARKS
from maps.geometry import bounds_degrees, main_cluster
from maps.ground import study_overlays
from maps.headline import phase_figures
from maps.overlays import plan_overlays
from maps.parties import Parties, balances
from maps.scene import Scene
from maps.sheets import Overlay, Sheet, in_all_phases, sheet

# More features than this are drawn on one canvas: quick, but what is drawn is then no element of the page, so the
# keyboard reaches it through the search box and the balance of a plant.
CROWDED = 1500


@dataclass(frozen=True)
class PageData:
    """A plan as the page needs it."""

    study: Study
    plan: Plan
    first: tuple[Overlay, ...] = ()  # above the plan's, which then wait to be switched on

    @cached_property
    def scene(self) -> Scene:
        """Return the whole plan with all its phases."""
        return Scene(self.study, self.plan)

    @cached_property
    def scenes(self) -> list[Scene]:
        """Return one scene per phase; one where there are none."""
        if not self.plan.phases:
            return [self.scene]
        return [Scene(self.study, self.plan.in_phase(phase), whole=self.plan) for phase in self.plan.phases]

    @cached_property
    def parties(self) -> Parties:
        """Return who takes part."""
        return Parties.of(self.scene)

    @cached_property
    def _by_phase(self) -> dict[str, list[Overlay | None]]:
        by_phase = [plan_overlays(scene, self.parties) for scene in self.scenes]
        if self.first:
            by_phase = [[replace(overlay, show=False) for overlay in each] for each in by_phase]
        found = {each.key: in_all_phases(each if each.size else None, len(self.scenes)) for each in self.first}
        found |= {
            each[0].key: [overlay if overlay.size else None for overlay in each] for each in zip(*by_phase, strict=True)
        }
        for overlay in study_overlays(self.scene, self.parties):
            found[overlay.key] = in_all_phases(overlay if overlay.size else None, len(self.scenes))
        return {key: each for key, each in found.items() if any(each)}

    @cached_property
    def overlays(self) -> list[Overlay]:
        """Return the layers that have something in them in some phase, as the panel lists them."""
        return [next(overlay for overlay in each if overlay) for each in self._by_phase.values()]

    @cached_property
    def is_crowded(self) -> bool:
        """Return whether there is too much to draw each feature as an element of the page."""
        return sum(overlay.size for overlay in self.overlays) > CROWDED

    @cached_property
    def views(self) -> dict[str, Any]:
        """Return the extents of everything and of what opens first, and how many plants lie beyond the latter."""
        return _views(self.scene, self.first)

    def sheets(self) -> dict[str, Sheet]:
        """Return the data of each layer."""
        return {key: sheet(each) for key, each in self._by_phase.items()}

    def page(self, credit: str) -> dict[str, Any]:
        """Return everything that is not a layer."""
        return {
            "phases": list(self.plan.phases),
            "figures": [
                phase_figures(scene, phase) for scene, phase in zip(self.scenes, self.plan.phases, strict=False)
            ],
            "views": {**self.views, "credit": credit},
            "parties": self._parties(),
            "balances": self._balances(),
            "overlays": [_described(overlay) for overlay in self.overlays],
            "marks": MARKS,
            "crowded": self.is_crowded,
        }  # fmt: skip

    def _parties(self) -> list[dict[str, Any]]:
        plants = layers.plants(self.scene)
        points = plants.geometry.to_crs(4326)
        found = [
            {"name": row.name, "kind": row.sector, "at": [round(point.y, 6), round(point.x, 6)],
             "about": popup["rows"]}
            for row, point, popup in zip(plants.itertuples(index=False), points, popups.plants(self.scene, plants),
                                         strict=True)
        ]  # fmt: skip
        hubs = layers.hubs(self.scene).drop_duplicates("hub")
        spots = hubs.geometry.to_crs(4326)
        return found + [
            {"name": title, "kind": "shared hub", "at": [round(point.y, 6), round(point.x, 6)],
             "about": popup["rows"]}
            for title, point, popup in zip(self.scene.hub_titles(hubs), spots, popups.hubs(self.scene, hubs),
                                           strict=True)
        ]  # fmt: skip

    def _balances(self) -> list[dict[str, Any]]:
        """Return the balances of all phases; ``phases`` is a mask, 0 where it is the same in all."""
        merged: dict[str, dict[str, Any]] = {}
        for number, scene in enumerate(self.scenes):
            for entry in balances(scene, self.parties):
                kept = merged.setdefault(repr(entry), {**entry, "phases": 0})
                kept["phases"] |= 1 << number
        everywhere = (1 << len(self.scenes)) - 1
        return [{**entry, "phases": 0 if entry["phases"] == everywhere else entry["phases"]}
                for entry in merged.values()]  # fmt: skip


def _described(overlay: Overlay) -> dict[str, Any]:
    """Return what the page must know of a layer to list, switch and explain it."""

    def rows(values: Sequence[Any]) -> list[dict[str, str]]:
        return [{"label": value.label, "colour": value.colour, "sign": value.sign} for value in values]

    return {
        "key": overlay.key, "label": overlay.label, "swatch": overlay.swatch, "unit": overlay.unit,
        "note": overlay.note, "ground": overlay.ground, "signs": rows(overlay.signs),
        "facets": [{"key": facet.key, "label": facet.label, "values": rows(facet.values)} for facet in overlay.facets],
    }  # fmt: skip


def _views(scene: Scene, first: Sequence[Overlay]) -> dict[str, Any]:
    points = scene.study.plant_points
    if not len(points):
        return {"near": None, "all": None, "beyond": 0}
    everything = bounds_degrees(pd.concat([points, gpd.GeoSeries(list(scene.lines.values()), crs=points.crs)]))
    marked = [part.shapes for overlay in first for part in overlay.parts if part.kind in ("mark", "area")]
    if sum(map(len, marked)):  # what comes first opens first
        return {"near": bounds_degrees(pd.concat(marked)), "all": everything, "beyond": 0}
    near = main_cluster(points)
    beyond = int((~near).sum())
    return {"near": bounds_degrees(points[near]) if beyond else everything, "all": everything, "beyond": beyond}
