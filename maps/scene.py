"""``Scene``: Study and Plan with everything looked up that drawing them needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from data.errors import Fault, InputError
from data.plan import Plan
from data.study import Study
from maps.geometry import Array
from maps.palette import Symbol, resource_colours, sector_symbols

_MANY = 10  # names listed in an error before "and so on"


@dataclass(frozen=True)
class Scene:
    """What is drawn, and by which colours, names and lines."""

    study: Study
    plan: Plan
    more_resources: tuple[str, ...] = ()  # that neither names but that are drawn all the same
    whole: Plan | None = None  # of which the plan is one phase: colours and widths are the same in all of them

    @property
    def everything(self) -> Plan:
        """Return the plan with all of its phases."""
        return self.whole or self.plan

    @cached_property
    def resource_ids(self) -> list[str]:
        """Return every resource that the study or the plan mentions, sorted."""
        plan = self.everything
        frames = (self.study.streams, self.study.pipelines, plan.exchanges, plan.built_pipes, plan.hauls,
                  plan.unplaced, plan.unserved)  # fmt: skip
        return sorted({name for frame in frames for name in frame["resource"]} | {*self.more_resources})

    @cached_property
    def colours(self) -> dict[str, str]:
        """Return one colour per resource."""
        resources = self.study.resources
        return resource_colours(self.resource_ids, dict(zip(resources["resource"], resources["phase"], strict=True)))

    @cached_property
    def symbols(self) -> dict[str, Symbol]:
        """Return one symbol per sector."""
        return sector_symbols(self.study.plants["sector"])

    @cached_property
    def resource_names(self) -> dict[str, str]:
        """Return what people call each resource."""
        return _names(self.study.resources, "resource")

    @cached_property
    def units(self) -> dict[str, str]:
        """Return the yearly unit of each resource."""
        resources = self.study.resources
        return {name: f"{unit}/year" for name, unit in zip(resources["resource"], resources["unit"], strict=True)}

    @cached_property
    def vehicle_names(self) -> dict[str, str]:
        """Return what people call each vehicle class."""
        return _names(self.study.vehicles, "vehicle")

    @cached_property
    def places(self) -> gpd.GeoSeries:
        """Return one point per plant and per candidate site, by id."""
        plants, sites = self.study.plant_points, self.study.sites
        new = sites[~sites["site"].isin(plants.index)]
        points = pd.concat([pd.Series(plants), pd.Series(new.geometry.representative_point().set_axis(new["site"]))])
        return gpd.GeoSeries(points, crs=self.study.crs)

    @cached_property
    def technology_names(self) -> dict[str, str]:
        """Return what people call each technology."""
        return _names(self.study.technologies, "technology")

    def hub_titles(self, hubs: pd.DataFrame) -> list[str]:
        """Return what people call each built hub: its technology and place; its id where the technology has no name."""
        return [
            f"{self.technology_names[kind]}, {self.place_names.get(node, node)}"
            if kind in self.technology_names
            else f"Hub {hub}"
            for hub, kind, node in zip(hubs["hub"], hubs["technology"], hubs["node"], strict=True)
        ]

    @cached_property
    def place_names(self) -> dict[str, str]:
        """Return what people call each plant and site."""
        return _names(self.study.sites, "site") | _names(self.study.plants, "plant")

    @cached_property
    def lines(self) -> dict[str, BaseGeometry]:
        """Return the drawn line of each corridor and road path, by key, in the study's CRS."""
        return keyed_lines(self.plan.geometries, self.study)

    @cached_property
    def loop_radius(self) -> float:
        """Return how large an exchange inside one plant is drawn, in metres."""
        spread = shapely.get_coordinates(self.study.plant_points.to_numpy())
        middle = np.median(spread, axis=0)
        return float(max(60.0, 0.08 * np.median(np.hypot(*(spread - middle).T)))) if len(spread) else 60.0

    def name(self, node: str) -> str:
        """Return what people call a place; the id of one that has no name."""
        return self.place_names.get(node, node)

    def points(self, nodes: pd.Series, what: str) -> npt.NDArray[np.object_]:
        """Return a point per node.

        Raises
        ------
        InputError
            Naming every node that is neither a plant nor a site of the study.
        """
        require(nodes, self.places.index, what, "a plant or a site of the study")
        return np.asarray(self.places.reindex(nodes).to_numpy(), dtype=object)

    def xy(self, nodes: pd.Series, what: str) -> Array:
        """Return coordinates per node, shape (n, 2); raises like :meth:`points`."""
        return np.asarray(shapely.get_coordinates(self.points(nodes, what)), dtype=np.float64)

    def ways(self, keys: pd.Series, what: str) -> list[BaseGeometry]:
        """Return a line per key.

        Raises
        ------
        InputError
            Naming every key that ``plan.geometries`` lacks.
        """
        require(keys, self.lines, what, "a key of the plan's geometries")
        return [self.lines[key] for key in keys]


def keyed_lines(geometries: gpd.GeoDataFrame | None, study: Study) -> dict[str, BaseGeometry]:
    """Return lines by key, reprojected to the study's CRS if need be."""
    if geometries is None or geometries.empty:
        return {}
    if geometries.crs is None:
        raise InputError([Fault("geometries", "", "lines without a CRS", f"the study's CRS {study.crs.name}")])
    ours = geometries if geometries.crs == study.crs else geometries.to_crs(study.crs)
    return dict(zip(ours["key"], ours.geometry, strict=True))


def require(values: pd.Series, known: Iterable[str], what: str, expected: str) -> None:
    """Raise one error that names the values that are not known."""
    lost = list(dict.fromkeys(values[~values.isin(list(known))]))
    if lost:
        more = [Fault(what, "", f"{len(lost) - _MANY} more", expected)] if len(lost) > _MANY else []
        raise InputError([Fault(what, str(values.name), repr(key), expected) for key in lost[:_MANY]] + more)


def _names(frame: pd.DataFrame | gpd.GeoDataFrame, key: str) -> dict[str, str]:
    if "name" not in frame:
        return dict(zip(frame[key], frame[key], strict=True))
    return {ident: name or ident for ident, name in zip(frame[key], frame["name"], strict=True)}


def mapped(values: pd.Series, names: Mapping[str, str], otherwise: str | None = None) -> pd.Series:
    """Return names for ids; the id itself, or ``otherwise``, where there is none."""
    return values.map(lambda value: names.get(value, value if otherwise is None else otherwise)).astype("str")
