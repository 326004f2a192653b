"""A study that was read, written as a workbook that reads as the same study."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.catalogue import read_catalogue
from data.contracts import contract
from data.study import Study
from data.study_workbook import PLACED_SHEETS, TABLE_SHEETS
from data.write_study import resources_in_use, write_study
from data.write_workbook import Content, write_content
from data.xlsx import MAX_TEXT

_WRITTEN_OUT = {"layers", "download", "terrain", "world"}  # which name places; roads are written out
_POINTS = ("plants", "sites", "gates")  # sheets with coordinates; the others have outlines only


def study_to_workbook(study: Study, path: Path, *, documented: pd.DataFrame | None = None) -> list[Path]:
    """Write the study as a workbook and return every file and folder that was written.

    Tables and what has outlines that fit into cells are sheets, in the study's CRS so that nothing is rounded.
    Roads, rasters, terrain and larger outlines go into a folder beside the workbook, ``<name>-layers``.
    As in :func:`data.write_study`, quantities and prices are in own units.
    """
    tables: dict[str, pd.DataFrame] = {}
    for name in TABLE_SHEETS:
        frame = _resources(study) if name == "resources" else getattr(study, name)
        sheet = _placed(frame, with_points=name in _POINTS) if name in PLACED_SHEETS else frame
        if name not in PLACED_SHEETS or not len(sheet) or sheet["wkt"].str.len().max() <= MAX_TEXT:
            tables[name] = sheet
    folder = path.with_name(f"{path.stem}-layers")
    settings = study.settings.model_dump(exclude_unset=True, exclude_none=True, exclude=_WRITTEN_OUT)
    settings |= _beside(study, folder, [name for name in tables if name in PLACED_SHEETS])
    for name in ("zones", "crossings", "pipelines"):
        if len(tables.get(name, ())):
            settings["layers"][name] = {"crs": study.settings.crs}
    if documented is not None:
        tables["documented"] = documented
    write_content(Content(settings, tables, coordinates="metres"), path)
    return [path, folder] if folder.is_dir() else [path]


def _beside(study: Study, folder: Path, sheets: Sequence[str]) -> dict[str, Any]:
    """Write what has no sheet as a study folder would have it, and return the settings that name its files."""
    none: dict[str, Any] = {name: getattr(study, name).iloc[:0] for name in sheets}
    write_study(study.replace(**none), folder)
    content = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    for name in ("study.toml", *(f"{table}.csv" for table in TABLE_SHEETS)):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    layers = {name: spec for name, spec in content["layers"].items() if name not in TABLE_SHEETS or name not in sheets}
    layers = {name: spec for name, spec in layers.items() if (folder / spec["path"]).exists()}
    named: dict[str, Any] = {"layers": layers, **{key: content[key] for key in ("terrain", "siting") if key in content}}
    return {key: _below(folder.name, value) for key, value in named.items()}


def _placed(layer: gpd.GeoDataFrame, *, with_points: bool) -> pd.DataFrame:
    frame = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    places = np.asarray(layer.geometry.to_numpy(), dtype=object)
    points = (shapely.get_type_id(places) == shapely.GeometryType.POINT) & with_points & ~shapely.has_z(places)
    if with_points:
        frame = frame.assign(x=np.where(points, shapely.get_x(places), np.nan),
                             y=np.where(points, shapely.get_y(places), np.nan))  # fmt: skip
    words = [""] * len(places)
    for at in np.flatnonzero(~points):
        words[at] = shapely.to_wkt(places[at], rounding_precision=-1, output_dimension=3)
    return frame.assign(wkt=pd.Series(words, index=frame.index, dtype="str"))


def _resources(study: Study) -> pd.DataFrame:
    """Return what the study's own resources are, and those of the catalogue that it uses."""
    ours = study.resources
    known = ours["resource"].isin(read_catalogue().resources["resource"])
    columns = list(contract("study")["resources"])
    return ours.loc[~known | ours["resource"].isin(resources_in_use(study)), columns]


def _below(folder: str, content: Any) -> Any:  # noqa: ANN401 - settings are nested
    """Return settings with every path below a folder."""
    if isinstance(content, list):
        return [_below(folder, item) for item in content]
    if not isinstance(content, dict):
        return content
    inside = {key: _below(folder, value) for key, value in content.items()}
    return {**inside, "path": f"{folder}/{content['path']}"} if isinstance(content.get("path"), str) else inside
