"""What newcomers add, as drawn things: classes of value, cells, ranked places and the exchanges they would join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.study import Study
from maps.numbers import number
from maps.popups import Popup, popup
from maps.siting_layers import EXCLUDED, hex_colours

_CLASSES = 10
_MARKED = 12  # places of a grid that are marked, the best
NOTHING = "adds nothing"


def _round_step(size: float) -> float:
    """Return the least of 1, 2, 2.5 or 5 times a power of ten that is no less than ``size``."""
    power = 10.0 ** np.floor(np.log10(size))
    return float(next(times * power for times in (1, 2, 2.5, 5, 10) if times * power >= size * (1 - 1e-9)))


@dataclass(frozen=True)
class Newcomers:
    """What newcomers add to a study, to be drawn.

    Attributes
    ----------
    study
        The region's, without newcomers.
    table
        ``rank``, ``place``, ``name``, ``plant_type``, ``at_least``, ``at_most``, ``status``, ``checker``,
        ``exchanges``, ``joins``, ``x``, ``y``; a row per place and type, the best first.
    exchanges
        ``place``, ``plant_type``, ``from_node``, ``to_node``, ``resource`` ...: one end is a plant or
        site of the study, the other, a name that the study does not know, the newcomer.
    cells
        ``place``, ``level``, polygons in the study's CRS; none where places are sites.
    titles
        What people call each plant type.
    """

    study: Study
    table: pd.DataFrame
    exchanges: pd.DataFrame
    cells: gpd.GeoDataFrame
    titles: Mapping[str, str]

    @property
    def money(self) -> str:
        """Return the unit of a value."""
        return f"{self.study.settings.currency}/year"

    @property
    def kinds(self) -> list[str]:
        """Return the plant types, the best first."""
        return list(dict.fromkeys(self.table["plant_type"]))

    @cached_property
    def breaks(self) -> list[float]:
        """Return the bounds of the classes of value, the least first; none where nothing adds anything."""
        worth = self.best["at_least"]
        worth = worth[worth > 0]
        if worth.empty:
            return []
        low, high = float(worth.min()), float(worth.max())
        if high - low <= 1e-3 * high:
            return [low, high]
        step = _round_step((high - low) / _CLASSES)
        return [float(place * step) for place in range(int(np.floor(low / step)), int(np.ceil(high / step)) + 1)]

    @cached_property
    def classes(self) -> dict[str, str]:
        """Return the colour of each class by its words, the best first."""
        breaks = self.breaks
        words = [f"{number(low)} to {number(high)}" for low, high in pairwise(breaks)]
        words = [words[0].split(" to ")[0]] if len(breaks) == 2 else words
        found = dict(zip(words, hex_colours(pd.Series(np.linspace(0.1, 1.0, len(words)) if len(words) > 1 else [0.9])),
                         strict=True))  # fmt: skip
        return {**dict(reversed(found.items())), NOTHING: EXCLUDED}

    @cached_property
    def best(self) -> pd.DataFrame:
        """Return the best type's row of each place, with ``value_class`` and ``colour``."""
        best = self.table.drop_duplicates("place").reset_index(drop=True)
        return best

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """Return the best row of each place as a point, with its class, colour and plant's title."""
        best = self.best
        inner = np.array(self.breaks[1:-1])
        step = np.searchsorted(inner, best["at_least"], side="right")
        words = list(self.classes)[:-1][::-1]
        kind = [words[int(at)] if value > 0 else NOTHING for at, value in zip(step, best["at_least"], strict=True)]
        frame = best.assign(value_class=kind, colour=[self.classes[name] for name in kind],
                            title=best["plant_type"].map(dict(self.titles)))  # fmt: skip
        return gpd.GeoDataFrame(frame, geometry=shapely.points(best["x"], best["y"]), crs=self.study.crs)

    @cached_property
    def marked(self) -> gpd.GeoDataFrame:
        """Return the places that are marked: all sites, or the best of a grid; those that add nothing last."""
        places = self.places
        return places if self.cells.empty else places[places["at_least"] > 0].head(_MARKED)

    @cached_property
    def areas(self) -> gpd.GeoDataFrame:
        """Return the cells with what :attr:`places` says of them, coarse ones first."""
        plain = pd.DataFrame(self.places.drop(columns="geometry"))
        found = self.cells.merge(plain, on="place").sort_values("level", kind="stable", ignore_index=True)
        return gpd.GeoDataFrame(found, geometry="geometry", crs=self.study.crs)

    @cached_property
    def lines(self) -> gpd.GeoDataFrame:
        """Return the exchanges as straight lines between newcomer and partner, with ``from_name`` and ``to_name``."""
        spots = self.study.plant_points
        sites = self.study.sites
        if len(sites):
            there = sites.set_index("site").geometry.representative_point()
            spots = gpd.GeoSeries(pd.concat([spots, there[~there.index.isin(spots.index)]]), crs=self.study.crs)
        at = self.best.set_index("place")[["x", "y"]]
        names = dict(zip(self.study.plants["plant"], self.study.plants["name"], strict=True))
        table, shapes = self.exchanges, []
        for row in table.itertuples(index=False):
            ends = [(spots[node].x, spots[node].y) if node in spots.index else tuple(at.loc[row.place])
                    for node in (row.from_node, row.to_node)]  # fmt: skip
            shapes.append(shapely.linestrings(ends))
        title = table["plant_type"].map(dict(self.titles)).astype("str") + " at " + table["place"].astype("str")
        told_by = {
            f"{side}_name": [names.get(node, "") or (node if node in spots.index else told)
                             for node, told in zip(table[f"{side}_node"], title, strict=True)]
            for side in ("from", "to")
        }  # fmt: skip
        return gpd.GeoDataFrame(table.assign(**told_by), geometry=shapes, crs=self.study.crs)

    @cached_property
    def shown_lines(self) -> gpd.GeoDataFrame:
        """Return the exchanges of the best place of each plant type."""
        top = self.table.drop_duplicates("plant_type")
        return self.lines.merge(top[["place", "plant_type"]], on=["place", "plant_type"])

    def popups(self, rows: gpd.GeoDataFrame) -> list[Popup]:
        """Return what each place adds, with which types, and what it would join."""
        by_place = dict(iter(self.table.groupby("place", sort=False)))
        return [self._popup(row.place, by_place[row.place]) for row in rows.itertuples(index=False)]

    def _popup(self, place: str, rows: pd.DataFrame) -> Popup:
        first = rows.iloc[0]
        several = len(self.kinds) > 1
        name = first["name"] if first["name"] == place else f"{first['name']} ({place})"
        return popup(
            f"{first['rank']}. {name}",
            ("Adds most", self.titles[first["plant_type"]] if several else ""),
            ("Adds at least", f"{number(first['at_least'])} {self.money}"),
            ("At most, as the plan stands", f"{number(first['at_most'])} {self.money}"),
            ("How far it was solved", first["status"].replace("_", " ")),
            *((f"Would join {n}", text) for n, text in enumerate(filter(None, first["joins"].split("; ")), start=1)),
            *((self.titles[row.plant_type], f"{number(row.at_least)} {self.money}")
              for row in rows.iloc[1:].itertuples(index=False)),
        )  # fmt: skip
