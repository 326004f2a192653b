"""A GeoPackage with styled, described layers and a QGIS project inside: of a plan, of candidates, of roads."""

from __future__ import annotations

import io
import json
import sqlite3
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from data.plan import Plan
from data.study import Raster, Study
from maps.gis_layers import (
    KINDS,
    Frames,
    Kind,
    banded,
    candidate_frames,
    descriptions,
    plan_frames,
    siting_frames,
    study_frames,
    writable,
)
from maps.qgis_project import project
from maps.qgis_raster import write_raster
from maps.qgis_style import Style, document
from maps.scene import Scene
from maps.styles import alternatives, style

VERSION = "1.2"  # newer ones are not read by GIS in wide use

_STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
# The schema extension of the standard, by which other programs than QGIS find the words for columns.
_COLUMN_TABLES = (
    """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT fk_gdc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name)
)""",
    """
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
)""",
)
_PROJECTS_TABLE = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"


def write_geopackage(study: Study, plan: Plan, path: Path) -> None:
    """Write every layer of the plan, empty ones too, each with its QGIS styles, and the QGIS project ``plan``.

    Raises
    ------
    data.errors.InputError
        When the plan names a line or place that neither it nor the study holds.
    """
    scene = Scene(study, plan)
    _write(scene, plan_frames(scene), path, "plan")


def write_candidates(  # noqa: PLR0917
    study: Study,
    geometries: gpd.GeoDataFrame,
    corridors: pd.DataFrame,
    routes: pd.DataFrame,
    pipes: pd.DataFrame,
    path: Path,
    *,
    unreachable_by_class: pd.DataFrame | None = None,
) -> None:
    """Write where pipes could lie and trucks could drive, before anything is decided.

    Parameters
    ----------
    study
        Its plants and sites, and the ground below.
    geometries
        ``key``, ``kind``, ``geometry`` of corridors and road paths.
    corridors, routes, pipes
        Tables of the Problem.
    path
        The GeoPackage.
    unreachable_by_class
        Table of the Plan: which vehicle classes cannot reach which plants, and why.

    Raises
    ------
    data.errors.InputError
        Naming each corridor or road path that ``geometries`` lacks.
    """
    seen = pd.concat([pipes["resource"], routes["resource"]]).unique()
    plan = Plan(problem=study.name, status="unknown", geometries=geometries)
    scene = Scene(study, plan, tuple(seen))
    _write(scene, candidate_frames(scene, corridors, routes, pipes, unreachable_by_class), path, "candidates")


def write_alternatives(study: Study, routes: gpd.GeoDataFrame, path: Path) -> None:
    """Write alternative truck routes (``rank``, ``vehicle``, distances, times, costs) over the study's ground."""
    scene = Scene(study, Plan(problem=study.name, status="unknown"))
    _write(scene, study_frames(scene, alternative_routes=routes), path, "routes")


def write_service_area(study: Study, roads: gpd.GeoDataFrame, bands: gpd.GeoDataFrame, path: Path) -> None:
    """Write what a plant reaches over the study's ground.

    Parameters
    ----------
    study
        Its plants and the ground below.
    roads, bands
        ``above``, ``up_to``, ``unit`` and geometry in the study's CRS: lines and polygons of each band.
    path
        The GeoPackage.
    """
    scene = Scene(study, Plan(problem=study.name, status="unknown"))
    _write(scene, study_frames(scene, service_roads=banded(roads), service_bands=banded(bands)), path, "reach")


def write_sites(study: Study, path: Path) -> None:
    """Write ranked sites as points and areas, ``site_scores`` and the suitability over the study's ground."""
    scene = Scene(study, Plan(problem=study.name, status="unknown"))
    _write(scene, study_frames(scene, **siting_frames(study)), path, "sites")


def write_layers(
    frames: Frames, kinds: Mapping[str, Kind], styles: Mapping[str, Style], path: Path, *, raster: Raster | None = None
) -> None:
    """Write layers and tables with their titles, the words for their columns and their QGIS styles.

    Parameters
    ----------
    frames
        By name; a file that is there is replaced.
    kinds, styles
        Of each of them.
    path
        The GeoPackage.
    raster
        The suitability of siting, which goes in too.
    """
    path.unlink(missing_ok=True)
    for name, frame in frames.items():
        _write_layer(name, frame, kinds[name], path)
    if raster is not None:
        write_raster(raster, path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA synchronous = OFF")
        _store_styles(database, styles)
        _store_columns(database, kinds, styles)


def _write(scene: Scene, frames: Frames, path: Path, project_name: str) -> None:
    """Write layers, where siting found something its suitability too, and the project that shows them."""
    frames = {name: writable(name, frame, scene.study) for name, frame in frames.items()}
    styles = {name: style(scene, name, frame) for name, frame in frames.items()}
    write_layers(frames, KINDS, styles, path, raster=scene.study.suitability if "site_points" in frames else None)
    text = project(scene, frames, styles, path.name)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA synchronous = OFF")
        _store_project(database, project_name, text)


def _write_layer(name: str, frame: gpd.GeoDataFrame | pd.DataFrame, kind: Kind, path: Path) -> None:
    spatial = {
        "geometry_type": kind.geometry,
        "promote_to_multi": kind.geometry.startswith("Multi"),
        "layer_options": {"GEOMETRY_NAME": "geom", "IDENTIFIER": kind.title, "DESCRIPTION": kind.abstract},
    }
    table = {"layer_options": {"IDENTIFIER": kind.title, "DESCRIPTION": kind.abstract}}
    with _unsynchronised(), warnings.catch_warnings():
        # an empty layer without features has nothing to promote, and the driver says so
        warnings.filterwarnings("ignore", category=UserWarning, module="pyogrio")
        pyogrio.write_dataframe(
            frame,
            path,
            layer=name,
            driver="GPKG",
            dataset_options={} if path.exists() else {"VERSION": VERSION},
            **(spatial if kind.shape else table),
        )


@contextmanager
def _unsynchronised() -> Iterator[None]:
    """Let SQLite not wait for the disk after every layer: a file that is cut short is worthless anyway."""
    option = "OGR_SQLITE_SYNCHRONOUS"
    before = pyogrio.get_gdal_config_option(option)
    pyogrio.set_gdal_config_options({option: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({option: before})


def _store_styles(database: sqlite3.Connection, styles: Mapping[str, Style]) -> None:
    """Store the styles where QGIS looks for them: empty catalogue and schema, and listed as attributes."""
    database.execute(_STYLES_TABLE)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS styles', 0)"
    )
    columns = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, styleSLD, useAsDefault, description, owner)"
        " VALUES ('', '', ?, ?, ?, ?, '', ?, 'symbioplan', '')",
        [(name, columns.get(name, ""), *row) for name, default in styles.items() for row in _rows(name, default)],
    )


def _rows(name: str, default: Style) -> Iterable[tuple[str, str, bool]]:
    yield name, document(default), True
    for title, other in alternatives(name, default).items():
        yield title, document(other), False


def _store_columns(database: sqlite3.Connection, kinds: Mapping[str, Kind], styles: Mapping[str, Style]) -> None:
    """Store the words for each column as the standard's schema extension has it."""
    for table in _COLUMN_TABLES:
        database.execute(table)
    database.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
        [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
    )
    database.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, title, description) VALUES (?, ?, ?, ?)",
        [
            (name, column, alias, descriptions(kinds[name]).get(column))
            for name, default in styles.items()
            for column, alias in default.aliases.items()
        ],
    )


def _store_project(database: sqlite3.Connection, name: str, text: str) -> None:
    """Store the project where QGIS looks for it: the hexadecimal digits of a zipped ``.qgs`` file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.qgs", text)
    database.execute(_PROJECTS_TABLE)
    moment = database.execute("SELECT strftime('%Y-%m-%dT%H:%M:%S', 'now')").fetchone()[0]
    about = json.dumps({"last_modified_time": moment, "last_modified_user": "symbioplan"})
    database.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", (name, about, packed.getvalue().hex()))
