"""A study written back as a folder that reads as the same study: what a plan keeps of its input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import rasterio

from data.frames import write_tables
from data.study import Ground, Raster, Study, Terrain
from data.tomlfile import dump_toml

_VECTOR = ("plants", "zones", "crossings", "roads", "pipelines", "sites", "gates")
# The reader of roads takes OpenStreetMap's own names.
_ROAD_NAMES = {
    "maxspeed_kmh": "maxspeed",
    "length_m": "length",
    "maxweight_t": "maxweight",
    "maxheight_m": "maxheight",
    "maxaxleload_t": "maxaxleload",
    "maxlength_m": "maxlength",
    "maxwidth_m": "maxwidth",
}


def write_study(study: Study, path: Path | str) -> None:
    """Write the study: ``study.toml``, ``study.gpkg`` with all layers, tables, and rasters as GeoTIFF.

    Quantities and prices are in own units and every catalogue value in use is written out, so a later
    version with another catalogue still reads the same study.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    layers: dict[str, dict[str, str]] = {}
    for name in _VECTOR:
        layer: gpd.GeoDataFrame = getattr(study, name)
        if len(layer):
            _write_layer(layer.rename(columns=_ROAD_NAMES) if name == "roads" else layer, folder / "study.gpkg", name)
            layers[name] = {"path": "study.gpkg", "layer": name}
    used = study.resources["resource"].isin(resources_in_use(study))
    write_tables({"streams": study.streams, "resources": study.resources[used]}, folder)
    layers |= {"streams": {"path": "streams.csv"}, "resources": {"path": "resources.csv"}}
    for name in ("technologies", "recipes"):
        table: pd.DataFrame = getattr(study, name)
        if len(table):
            write_tables({name: table}, folder)
            layers[name] = {"path": f"{name}.csv"}
    if len(study.site_scores):
        write_tables({"site_scores": study.site_scores}, folder)
        layers["site_scores"] = {"path": "site_scores.csv"}
    for name in ("elevation", "landcover", "suitability"):
        raster: Raster | None = getattr(study, name)
        if raster is not None:
            _write_raster(raster, folder / f"{name}.tif")
            layers[name] = {"path": f"{name}.tif"}
    terrain = _write_terrain(study.terrain, folder)
    siting = {name: _write_ground(ground, folder, f"siting_{name}") for name, ground in study.siting_layers.items()}
    (folder / "study.toml").write_text(dump_toml(_settings(study, layers, terrain, siting)), encoding="utf-8")


def _write_terrain(terrain: Sequence[Terrain], folder: Path) -> list[dict[str, object]]:
    """Write each terrain layer and return its table of ``study.toml``."""
    tables = []
    for layer in terrain:
        rule = layer.rule
        table = rule.model_dump(exclude_none=True, exclude={"path", "layer", "crs"})
        place = _write_ground(layer.ground, folder, f"terrain_{rule.name}")
        tables.append({**place, **table})
    return tables


def _write_ground(ground: Ground, folder: Path, name: str) -> dict[str, str]:
    """Write a raster or features under a name and return where they are."""
    if isinstance(ground, Raster):
        _write_raster(ground, folder / f"{name}.tif")
        return {"path": f"{name}.tif"}
    _write_layer(ground, folder / "study.gpkg", name)
    return {"path": "study.gpkg", "layer": name}


def _settings(
    study: Study,
    layers: dict[str, dict[str, str]],
    terrain: list[dict[str, object]],
    siting: dict[str, dict[str, str]],
) -> dict[str, object]:
    content = study.settings.model_dump(exclude_none=True, exclude={"layers", "download", "terrain", "world"})
    if len(study.technologies):  # these and no others, whatever a later catalogue holds
        content["hubs"] = {**content.get("hubs", {}), "technologies": tuple(study.technologies["technology"])}
    if terrain:
        content["terrain"] = terrain
    if siting:  # what was downloaded is among the layers
        content["siting"] = {**content["siting"], "layers": siting}
        content["siting"].pop("download", None)
    plain = {key: value for key, value in content.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    return {**plain, "layers": layers, **tables}


def resources_in_use(study: Study) -> pd.Series:
    """Return every resource that streams, pipelines or grades name."""
    grades = study.grades
    return pd.concat(
        [
            study.streams["resource"],
            study.pipelines["resource"],
            grades["resource"],
            grades["serves"],
            study.recipes["resource"],
        ]
    ).drop_duplicates()


def _write_layer(layer: gpd.GeoDataFrame, path: Path, name: str) -> None:
    layer.to_file(path, layer=name, driver="GPKG", dataset_options={"VERSION": "1.2"})


def _write_raster(raster: Raster, path: Path) -> None:
    rows, columns = raster.values.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=columns,
        count=1,
        dtype="float64",
        crs=raster.crs,
        transform=raster.transform,
        nodata=float("nan"),
        compress="deflate",
    ) as target:
        target.write(raster.values, 1)
