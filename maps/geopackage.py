"""The plan as a GeoPackage with styled layers, and the candidates of a study likewise."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from data.plan import Plan
from data.study import Study
from maps import background, layers
from maps.scene import Scene, mapped
from maps.styles import style

VERSION = "1.2"  # newer ones are not read by GIS in wide use

# Bottom to top is the reverse: QGIS lists the first on top.
_GEOMETRY: Mapping[str, str] = {
    "plants": "Point", "hubs": "Point", "unplaced": "Point", "unserved": "Point", "sites": "Point",
    "exchanges": "LineString", "pipelines": "MultiLineString", "truck_routes": "MultiLineString",
    "existing_pipelines": "MultiLineString", "candidate_corridors": "MultiLineString",
    "candidate_routes": "MultiLineString", "crossings": "MultiLineString", "roads": "MultiLineString",
    "outlines": "MultiPolygon", "zones": "MultiPolygon", "alternative_routes": "MultiLineString",
    "service_roads": "MultiLineString", "service_bands": "MultiPolygon",
}  # fmt: skip

_STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""


def write_geopackage(study: Study, plan: Plan, path: Path) -> None:
    """Write every layer of the plan, empty ones too, each with its default QGIS style.

    Raises
    ------
    data.errors.InputError
        When the plan names a line or place that neither it nor the study holds.
    """
    scene = Scene(study, plan)
    frames = {
        "plants": layers.plants(scene),
        "hubs": layers.hubs(scene),
        "unplaced": layers.left_over(scene, "unplaced"),
        "unserved": layers.left_over(scene, "unserved"),
        "exchanges": layers.exchanges(scene),
        "pipelines": layers.pipelines(scene),
        "truck_routes": layers.truck_routes(scene),
        **_ground(scene),
    }
    _write(scene, frames, path)
    _write_table("unreachable_by_class", plan.unreachable_by_class, path)


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
    frames = {
        "plants": layers.plants(scene),
        "candidate_corridors": _corridors(scene, corridors, pipes),
        "candidate_routes": _routes(scene, routes),
        **_ground(scene),
    }
    _write(scene, frames, path)
    if unreachable_by_class is not None:
        _write_table("unreachable_by_class", unreachable_by_class, path)


def write_alternatives(study: Study, routes: gpd.GeoDataFrame, path: Path) -> None:
    """Write alternative truck routes (``rank``, ``vehicle``, distances, times, costs) over the study's ground."""
    scene = Scene(study, Plan(problem=study.name, status="unknown"))
    _write(scene, {"plants": layers.plants(scene), "alternative_routes": routes, **_ground(scene)}, path)


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
    frames = {
        "plants": layers.plants(scene),
        "service_roads": _banded(roads),
        "service_bands": _banded(bands),
        **_ground(scene),
    }
    _write(scene, frames, path)


def _banded(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the layer with the name of each row's band, such as ``10 to 20 km``."""
    name = frame["above"].map("{:g}".format) + " to " + frame["up_to"].map("{:g}".format) + " " + frame["unit"]
    return frame.assign(band=name.astype("str"))


def _ground(scene: Scene) -> dict[str, gpd.GeoDataFrame]:
    sites = background.sites(scene)
    outlines = pd.concat([layers.areas(scene), sites.rename(columns={"site": "plant"}).assign(sector="candidate site")])
    return {
        "sites": sites.set_geometry(sites.geometry.representative_point()),
        "existing_pipelines": background.existing_pipelines(scene),
        "crossings": background.crossings(scene),
        "roads": background.roads(scene, background.ROAD_VERTICES),
        "outlines": outlines[["plant", "name", "sector", "geometry"]].rename(
            columns={"plant": "place", "sector": "kind"}
        ),
        "zones": background.zones(scene),
    }


def _corridors(scene: Scene, corridors: pd.DataFrame, pipes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return corridors with what could lie in them."""
    offered = pipes.groupby("corridor")
    per = {
        "resources": offered["resource"].agg(lambda names: ", ".join(sorted(set(names)))),
        "pipe_options": offered.size(),
        "diameter_min_mm": offered["diameter_mm"].min(),
        "diameter_max_mm": offered["diameter_mm"].max(),
    }
    frame = corridors.assign(
        from_name=mapped(corridors["from_node"], scene.place_names),
        to_name=mapped(corridors["to_node"], scene.place_names),
        **{name: corridors["corridor"].map(values) for name, values in per.items()},
    )
    frame["resources"] = frame["resources"].fillna("").astype("str")
    frame["pipe_options"] = frame["pipe_options"].fillna(0).astype("int64")
    return gpd.GeoDataFrame(frame, geometry=scene.ways(frame["corridor"], "corridors"), crs=scene.study.crs)


def _routes(scene: Scene, routes: pd.DataFrame) -> gpd.GeoDataFrame:
    frame = routes.assign(
        from_name=mapped(routes["from_node"], scene.place_names),
        to_name=mapped(routes["to_node"], scene.place_names),
        resource_name=mapped(routes["resource"], scene.resource_names),
        colour=mapped(routes["resource"], scene.colours),
        draw_dash=layers.dashes(routes["coarse_m"]),
    )
    return gpd.GeoDataFrame(frame, geometry=list(layers.haul_lines(scene, frame)), crs=scene.study.crs)


def _write(scene: Scene, frames: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    path.unlink(missing_ok=True)
    for name, frame in frames.items():
        with _unsynchronised(), warnings.catch_warnings():
            # an empty layer without features has nothing to promote, and the driver says so
            warnings.filterwarnings("ignore", category=UserWarning, module="pyogrio")
            pyogrio.write_dataframe(
                _writable(name, frame, scene.study),
                path,
                layer=name,
                driver="GPKG",
                geometry_type=_GEOMETRY[name],
                promote_to_multi=_GEOMETRY[name].startswith("Multi"),
                dataset_options={} if path.exists() else {"VERSION": VERSION},
                layer_options={"GEOMETRY_NAME": "geom"},
            )
    _store_styles(path, {name: style(scene, name, frame) for name, frame in frames.items()})


def _write_table(name: str, table: pd.DataFrame, path: Path) -> None:
    """Write a table without geometry into a GeoPackage."""
    with _unsynchronised():
        pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=False)


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


def _writable(name: str, frame: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return the rows whose geometry the layer can hold, in column types that every GIS reads."""
    wanted = _GEOMETRY[name].removeprefix("Multi")
    fits = frame.geom_type.isin([wanted, f"Multi{wanted}"]) & ~frame.geometry.is_empty
    frame = frame[fits].reset_index(drop=True)
    plain = {
        column: frame[column].astype("str")
        for column in frame.columns.drop(frame.geometry.name)
        if frame[column].dtype == "object"
    }
    return frame.assign(**plain).set_crs(study.crs, allow_override=True)


def _store_styles(path: Path, styles: Mapping[str, str]) -> None:
    """Store the styles where QGIS looks for them: empty catalogue and schema, and listed as attributes."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_STYLES_TABLE)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS styles', 0)"
        )
        columns = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        database.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner)"
            " VALUES ('', '', ?, ?, ?, ?, '', 1, 'symbioplan', '')",
            [(name, columns[name], name, qml) for name, qml in styles.items()],
        )
