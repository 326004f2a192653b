"""Reading a study: everything validated, every fault reported in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pydantic import ValidationError

from data.catalogue import read_catalogue
from data.complete_study import (
    completed_crossings,
    completed_zones,
    own_resources,
    usable_technologies,
    usable_vehicles,
)
from data.crs import study_crs
from data.download import download_road_edges
from data.errors import Fault, InputError
from data.layer_reader import SHAPES, LayerReader
from data.names import ResourceNames
from data.place_faults import check_places, country_faults
from data.problem_rules import both_ways_faults, pair_faults, stream_quality_faults
from data.read_siting import read_siting_layers, siting_faults
from data.read_terrain import read_terrain, terrain_file_faults
from data.road_cache import kept_road_edges
from data.roads import empty_road_edges
from data.settings import LAYERS, Settings
from data.sheets import is_workbook
from data.streams import complete_streams, property_columns
from data.study import Ground, Raster, Study
from data.study_digest import with_digest
from data.study_sources import study_source, study_toml
from data.study_workbook import read_study_workbook
from data.tomlfile import pydantic_faults
from data.world_join import with_world


def read_study(path: str | Path) -> Study:
    """Return the study in a folder or workbook (or the bundled one of that name).

    Raises
    ------
    InputError
        With every fault found, each naming file, row, column, what was found and what was expected.
    OfflineError
        When roads are to be downloaded and the server cannot be reached.
    """
    source = study_source(path)
    if not is_workbook(source):
        return _read(study_toml(source), source, [])
    book = read_study_workbook(source)
    try:
        return _read(book.content, source.parent, book.faults, more=book.table_faults)
    except InputError as error:
        raise InputError(map(book.placed, error.faults)) from None


def _read(
    content: dict[str, object], folder: Path, earlier: list[Fault], *, more: Callable[[], list[Fault]] = list
) -> Study:
    """Return the study of these settings; ``more`` is what else is wrong where the settings are."""
    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        faults = pydantic_faults(error, "study.toml")
        raise InputError([*earlier, *faults, *terrain_file_faults(content, folder), *more()]) from None
    crs, faults = study_crs(settings.crs)
    faults = [*earlier, *faults, *_layer_key_faults(settings)]
    if crs is None:
        raise InputError([*faults, *more()])
    return _study(LayerReader(folder, settings, crs, read_catalogue(), faults))


def _layer_key_faults(settings: Settings) -> list[Fault]:
    known = ", ".join(LAYERS)
    faults = [
        Fault("study.toml", f"layers.{key}", "a layer that is not known", f"one of {known}")
        for key in settings.layers
        if key not in LAYERS
    ]
    faults += [
        Fault("study.toml", f"layers.{key}", "nothing", f"the {key} of the study")
        for key in ("plants", "streams")
        if key not in settings.layers
    ]
    if settings.download is not None and "roads" in settings.layers:
        faults.append(Fault("study.toml", "download", "roads both in a layer and to download", "one of the two"))
    return faults


def _study(reader: LayerReader) -> Study:
    """Return the study of a reader's settings.

    Raises
    ------
    InputError
        With every fault found.
    """
    resources = own_resources(reader)
    layers = _layers(reader, ResourceNames(resources, reader.catalogue.synonyms))
    plants, sites = layers["plants"], layers["sites"]
    tables = _tables(reader, layers, resources)
    more = _ground(reader, layers)
    scores, suitability = _siting_results(reader, sites)
    beside = [more["roads"], layers["zones"], layers["crossings"], sites]
    check_places(reader, plants, beside, [more["elevation"], more["landcover"]])
    if reader.faults:
        raise InputError(reader.faults)
    catalogue = reader.catalogue
    kept = {name: getattr(catalogue, name) for name in ("grades", "pipe_costs", "land", "lines", "highways")}
    return with_digest(
        Study(
            name=reader.settings.name,
            crs=reader.crs,
            settings=reader.settings,
            digest="",
            resources=resources,
            understood=tuple(reader.notes),
            site_scores=scores,
            suitability=suitability,
            **kept,
            **layers,
            **tables,
            **more,
        )
    )


def _layers(reader: LayerReader, names: ResourceNames) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers with geometry, completed by the catalogue."""
    layers = {name: reader.vector(name) for name in SHAPES}
    plants = layers["plants"]
    layers["zones"] = completed_zones(reader, layers["zones"])
    layers["crossings"] = completed_crossings(reader, layers["crossings"])
    if plants.empty and not reader.faults:
        reader.faults.append(Fault(reader.file("plants"), "", "no plants", "at least one plant"))
    plants["name"] = plants["name"].mask(plants["name"] == "", plants["plant"])
    reader.faults += reader.true_rows("plants", country_faults(plants, reader.file("plants")), first=1)
    layers["pipelines"] = reader.named(layers["pipelines"], names, "pipelines")
    reader.unknown(layers["gates"], "plant", plants["plant"], "gates")
    return layers


def _tables(
    reader: LayerReader, layers: Mapping[str, gpd.GeoDataFrame], resources: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return streams, technologies with their recipes, and vehicles."""
    plants, sites, settings = layers["plants"]["plant"], layers["sites"]["site"], reader.settings
    names = ResourceNames(resources, reader.catalogue.synonyms)
    stated = reader.named(reader.table("streams", also=property_columns(resources)), names, "streams")
    file = reader.file("streams")
    streams, found = complete_streams(stated, plants=plants, resources=resources, file=file)
    found = [*found, *stream_quality_faults(streams, reader.catalogue.grades, file=file)]
    reader.faults += reader.true_rows("streams", found)
    if len(plants):
        places = pd.concat([plants, sites])
        reader.faults += pair_faults(settings.limits, places, resources["resource"], file="study.toml")
    reader.faults += both_ways_faults(settings.limits, file="study.toml")
    technologies, recipes = usable_technologies(reader, resources, (sites, plants))
    return {
        "streams": streams, "technologies": technologies, "recipes": recipes, "vehicles": usable_vehicles(reader),
    }  # fmt: skip


def _ground(reader: LayerReader, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    """Return roads, rasters, terrain and what siting looks at; rules of siting are tried on all layers by name."""
    settings, folder, crs = reader.settings, reader.folder, reader.crs
    roads = _beyond(reader, _roads(reader), layers["plants"])
    elevation, landcover = reader.raster("elevation"), reader.raster("landcover", categorical=True)
    terrain, found = read_terrain(settings.terrain, folder, crs)
    reader.faults += found
    siting_layers, found = read_siting_layers(settings, folder, crs)
    reader.faults += found
    grounds: dict[str, Ground | None] = {
        **layers, "roads": roads, "elevation": elevation, "landcover": landcover,
        **{layer.rule.name: layer.ground for layer in terrain}, **siting_layers,
    }  # fmt: skip
    there = {name: ground for name, ground in grounds.items() if ground is not None and _has(settings, name, ground)}
    reader.faults += siting_faults(settings.siting, there)
    return {
        "roads": roads, "elevation": elevation, "landcover": landcover, "terrain": terrain,
        "siting_layers": siting_layers,
    }  # fmt: skip


def _roads(reader: LayerReader) -> gpd.GeoDataFrame:
    spec, download, highways = reader.spec("roads"), reader.settings.download, reader.catalogue.highways
    try:
        if spec is not None:
            return kept_road_edges(spec, reader.folder, crs=reader.crs, highways=highways)
        if download is not None:
            return download_road_edges(download, reader.folder, crs=reader.crs, highways=highways)
    except InputError as error:
        reader.faults += error.faults
    return empty_road_edges(reader.crs)


def _beyond(reader: LayerReader, roads: gpd.GeoDataFrame, plants: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the roads with those of the world around, where they are asked for."""
    if reader.settings.world is None or reader.faults:  # a plant without a place has no surroundings
        return roads
    try:
        return with_world(roads, plants.geometry, reader.settings.world, highways=reader.catalogue.highways)
    except InputError as error:
        reader.faults += error.faults
        return roads


def _has(settings: Settings, name: str, ground: Ground) -> bool:
    """Return whether the study has a layer: named, downloaded or made, though perhaps empty."""
    return name not in LAYERS or name in settings.layers or isinstance(ground, Raster) or len(ground) > 0


def _siting_results(reader: LayerReader, sites: gpd.GeoDataFrame) -> tuple[pd.DataFrame, Raster | None]:
    """Return what an earlier siting found, in the folder of a plan."""
    scores, suitability = reader.table("site_scores"), reader.raster("suitability")
    reader.unknown(scores, "site", sites["site"], "site_scores")
    if suitability is not None and ((suitability.values < 0) | (suitability.values > 1)).any():
        found = Fault(reader.file("suitability"), "", "values beyond 0 and 1", "a suitability from 0 to 1")
        reader.faults.append(found)
    return scores, suitability
