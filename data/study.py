"""``Study``: what the user knows, validated, in one projected metre CRS."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from affine import Affine
from pyproj import CRS

from data.contracts import empty_table
from data.settings import Settings, TerrainSpec


@dataclass(frozen=True)
class Raster:
    """One band on a grid.

    ``values`` has shape (rows, columns), row 0 in the north, missing cells NaN; ``transform`` maps
    (column, row) to coordinates in ``crs``.
    """

    values: npt.NDArray[np.float64]
    transform: Affine
    crs: CRS


Ground: TypeAlias = Raster | gpd.GeoDataFrame


@dataclass(frozen=True)
class Terrain:
    """One layer of the ground and what it means for laying pipe.

    ``ground`` is a raster in its own CRS and resolution, or features in the study's CRS with the rule's
    ``column``.
    """

    rule: TerrainSpec
    ground: Ground


@dataclass(frozen=True)
class Study:
    """Layers and settings, every fault already reported; made only by :func:`data.read_study`.

    All layers are in ``crs`` (projected, metres). Frames keep their contracts (``docs/study.md``),
    with blanks filled from the catalogue: stream quantities and prices are in and per the resource's
    own unit, zones carry ``forbidden`` and ``factor``, crossings carry ``cost``.
    """

    name: str
    crs: CRS
    settings: Settings
    digest: str
    plants: gpd.GeoDataFrame  # plant, name, sector, note, source, geometry: point or polygon
    streams: pd.DataFrame
    resources: pd.DataFrame  # the catalogue with the study's own rows over it
    grades: pd.DataFrame
    vehicles: pd.DataFrame  # catalogue classes in use, with the study's overrides
    pipe_costs: pd.DataFrame
    land: pd.DataFrame
    lines: pd.DataFrame
    highways: pd.DataFrame
    zones: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame  # u, v, highway, maxspeed_kmh, oneway, length_m, name, truck tags, geometry
    pipelines: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    elevation: Raster | None = None
    landcover: Raster | None = None
    terrain: tuple[Terrain, ...] = ()
    # What hubs may do (none: no hubs), per unit of throughput in own units; recipes tell what is eaten and made.
    technologies: pd.DataFrame = field(default_factory=lambda: empty_table("study", "technologies"))
    recipes: pd.DataFrame = field(default_factory=lambda: empty_table("study", "recipes"))
    gates: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)  # plant, gate, note, source, geometry: point
    understood: tuple[str, ...] = ()  # a sentence for each name of a resource that was taken as another
    siting_layers: Mapping[str, Ground] = field(default_factory=dict)  # of [siting.layers] and "osm", by name
    # Results of siting; before it none: the sites have their scores, and this is how they come about.
    site_scores: pd.DataFrame = field(default_factory=lambda: empty_table("study", "site_scores"))
    suitability: Raster | None = None  # from 0 to 1, NaN where nothing may stand

    @cached_property
    def plant_points(self) -> gpd.GeoSeries:
        """Return one point per plant (indexed by plant id): itself, or a point inside its polygon."""
        points = self.plants.geometry.representative_point()
        return gpd.GeoSeries(points.to_numpy(), index=self.plants["plant"].to_numpy(), crs=self.crs)

    @property
    def grounds(self) -> dict[str, Ground]:
        """Return every layer that siting may look at, by its name in ``study.toml``."""
        rasters = {"elevation": self.elevation, "landcover": self.landcover}
        return {
            "plants": self.plants, "roads": self.roads, "zones": self.zones, "crossings": self.crossings,
            "pipelines": self.pipelines, "sites": self.sites, "gates": self.gates,
            **{name: raster for name, raster in rasters.items() if raster is not None},
            **{layer.rule.name: layer.ground for layer in self.terrain},
            **self.siting_layers,
        }  # fmt: skip

    def values(self) -> tuple[object, ...]:
        """Return every field in its order."""
        return tuple(getattr(self, item.name) for item in dataclasses.fields(self))

    def replace(self, **changes: object) -> Study:
        """Return a copy with some fields exchanged."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]
