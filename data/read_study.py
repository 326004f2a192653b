"""Reading a study folder: everything validated, every fault reported in one go."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import ValidationError
from pyproj import CRS

from data.catalogue import Catalogue, read_catalogue
from data.contracts import conform, empty_table
from data.crs import study_crs, to_study_crs
from data.download import download_road_edges
from data.errors import Fault, InputError
from data.frames import TABLE_FORMATS, read_table
from data.layers import geometry_faults, is_table, layer_name, read_layer, read_raster, table_layer
from data.names import ResourceNames
from data.problem_rules import both_ways_faults, pair_faults, stream_quality_faults
from data.read_siting import read_siting_layers, siting_digest, siting_faults
from data.read_terrain import read_terrain, terrain_digest, terrain_file_faults
from data.road_cache import kept_road_edges
from data.roads import empty_road_edges
from data.settings import LAYERS, LayerSpec, Settings
from data.sheets import Cells, is_workbook, read_sheet, sheet_label
from data.spelling import closest
from data.streams import complete_streams, property_columns
from data.study import Ground, Raster, Study
from data.study_workbook import conform_cells, read_study_workbook, wanted_columns
from data.technologies import complete_technologies, hub_faults, merged
from data.tomlfile import pydantic_faults
from data.world_join import with_world

_Frame = TypeVar("_Frame", bound=pd.DataFrame)
BUNDLED = Path(__file__).parent / "studies"
_SHAPES: dict[str, tuple[str, ...]] = {
    "plants": ("Point", "Polygon"),
    "zones": ("Polygon",),
    "crossings": ("LineString",),
    "pipelines": ("LineString",),
    "sites": ("Polygon", "Point"),
    "gates": ("Point",),
}
# Where files are is no part of what they say.
_PLACES: Any = {
    "layers": True, "download": True, "world": True, "terrain": {"__all__": {"path", "layer", "crs"}},
    "siting": {"layers"},
}  # fmt: skip
_OUTSIDE_M = 10_000.0  # a plant this far outside all other layers is misplaced, not remote


def bundled_studies() -> tuple[str, ...]:
    """Return the names of the studies that come with the package."""
    return tuple(sorted(path.parent.name for path in BUNDLED.glob("*/study.toml")))


def study_folder(study: str | Path) -> Path:
    """Return the folder of a study: a path, or the name of a bundled study.

    Raises
    ------
    InputError
        When it is neither.
    """
    folder = Path(study)
    if (folder / "study.toml").is_file():
        return folder
    if str(study) in bundled_studies():
        return BUNDLED / str(study)
    bundled = ", ".join(bundled_studies())
    raise InputError([Fault(str(study), "", "no study.toml there", f"a study folder or a bundled study ({bundled})")])


def study_source(study: str | Path) -> Path:
    """Return where a study is: its folder, or its workbook; a folder may hold ``study.xlsx`` instead of ``study.toml``.

    Raises
    ------
    InputError
        When it is neither.
    """
    path = Path(study)
    if is_workbook(path):
        if not path.is_file():
            raise InputError([Fault(str(study), "", "no such file", "a study workbook")])
        return path
    if (path / "study.xlsx").is_file() and not (path / "study.toml").is_file():
        return path / "study.xlsx"
    return study_folder(study)


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
        return _read(_toml(source), source, [])
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
    reader = _Reader(folder, settings, crs, read_catalogue(), faults)
    return reader.study()


def read_documented(path: str | Path) -> pd.DataFrame:
    """Return the documented exchanges of a study (contract ``study.documented``); planning never reads them.

    Raises
    ------
    InputError
        When the study has none, or with every fault in the table.
    """
    table = documented_exchanges(path)
    if table is None:
        expected = f"the documented exchanges of {path}, as a file of the folder or a sheet of the workbook"
        raise InputError([Fault("documented.csv", "", "no such file", expected)])
    return table


def documented_exchanges(path: str | Path) -> pd.DataFrame | None:
    """Return the documented exchanges of a study as :func:`read_documented` does, ``None`` when it has none.

    Raises
    ------
    InputError
        With every fault in the table.
    """
    source = study_source(path)
    if is_workbook(source):
        sheets = read_study_workbook(source).sheets
        if "documented" not in sheets:
            return None
        label = sheet_label(source.name, sheets["documented"])
        cells = read_sheet(source, sheets["documented"], columns=wanted_columns("documented"))
        table, faults = conform_cells(cells, "documented", file=label)
        if table.empty and not faults:
            return None
    else:
        if not (source / "documented.csv").is_file():
            return None
        raw = read_table(source / "documented.csv")
        table, faults = conform(raw, "study", "documented", file="documented.csv")
    if faults:
        raise InputError(faults)
    return table


def _toml(folder: Path) -> dict[str, object]:
    try:
        return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Fault("study.toml", "", str(error), "valid TOML")]) from None


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


@dataclass
class _Reader:
    """One pass over a study folder that gathers faults instead of stopping at the first."""

    folder: Path
    settings: Settings
    crs: CRS
    catalogue: Catalogue
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, Sequence[int]] = field(default_factory=dict)  # of a table's rows, where they are not 2, 3, 4, ...

    def study(self) -> Study:
        resources = self._resources()
        layers = {name: self._vector(name) for name in _SHAPES}
        zones, crossings = self._zones(layers["zones"]), self._crossings(layers["crossings"])
        plants = layers["plants"]
        if plants.empty and not self.faults:
            self.faults.append(Fault(self._file("plants"), "", "no plants", "at least one plant"))
        plants["name"] = plants["name"].mask(plants["name"] == "", plants["plant"])
        names = ResourceNames(resources, self.catalogue.synonyms)
        self.faults += self._true_rows("plants", _country_faults(plants, self._file("plants")), first=1)
        streams, found = complete_streams(
            self._named(self._table("streams", also=property_columns(resources)), names, "streams"),
            plants=plants["plant"],
            resources=resources,
            file=self._file("streams"),
        )
        self.faults += self._true_rows("streams", found)
        found = stream_quality_faults(streams, self.catalogue.grades, file=self._file("streams"))
        self.faults += self._true_rows("streams", found)
        if len(plants):
            places = pd.concat([plants["plant"], layers["sites"]["site"]])
            self.faults += pair_faults(self.settings.limits, places, resources["resource"], file="study.toml")
        self.faults += both_ways_faults(self.settings.limits, file="study.toml")
        layers["pipelines"] = self._named(layers["pipelines"], names, "pipelines")
        self._unknown(layers["gates"], "plant", plants["plant"], "gates")
        technologies, recipes = self._technologies(resources, (layers["sites"]["site"], plants["plant"]))
        vehicles = self._vehicles()
        roads = self._beyond(self._roads(), plants)
        elevation, landcover = self._raster("elevation"), self._raster("landcover", categorical=True)
        terrain, found = read_terrain(self.settings.terrain, self.folder, self.crs)
        self.faults += found
        siting_layers, found = read_siting_layers(self.settings, self.folder, self.crs)
        self.faults += found
        grounds: dict[str, Ground | None] = {
            **layers, "roads": roads, "elevation": elevation, "landcover": landcover,
            **{layer.rule.name: layer.ground for layer in terrain}, **siting_layers,
        }  # fmt: skip
        there = {name: ground for name, ground in grounds.items() if ground is not None and self._has(name, ground)}
        self.faults += siting_faults(self.settings.siting, there)
        site_scores, suitability = self._siting_results(layers["sites"])
        self._place_faults(plants, [roads, zones, crossings, layers["sites"]], [elevation, landcover])
        if self.faults:
            raise InputError(self.faults)
        catalogue = self.catalogue
        return _with_digest(
            Study(
                name=self.settings.name,
                crs=self.crs,
                settings=self.settings,
                digest="",
                plants=plants,
                streams=streams,
                resources=resources,
                grades=catalogue.grades,
                vehicles=vehicles,
                pipe_costs=catalogue.pipe_costs,
                land=catalogue.land,
                lines=catalogue.lines,
                highways=catalogue.highways,
                zones=zones,
                crossings=crossings,
                roads=roads,
                pipelines=layers["pipelines"],
                sites=layers["sites"],
                elevation=elevation,
                landcover=landcover,
                terrain=terrain,
                technologies=technologies,
                recipes=recipes,
                gates=layers["gates"],
                understood=tuple(self.notes),
                siting_layers=siting_layers,
                site_scores=site_scores,
                suitability=suitability,
            )
        )

    def _spec(self, name: str) -> LayerSpec | None:
        return self.settings.layers.get(name)

    def _file(self, name: str) -> str:
        spec = self._spec(name)
        return name if spec is None else layer_name(spec)

    def _table(self, name: str, *, also: Sequence[str] = ()) -> pd.DataFrame:
        spec = self._spec(name)
        if spec is None:
            return empty_table("study", name)
        cells = self._cells(name, spec)
        if cells is None:
            return empty_table("study", name)
        table, found = conform_cells(cells, name, file=self._file(name), also=also)
        self.faults += found
        return table

    def _cells(self, name: str, spec: LayerSpec) -> Cells | None:
        """Return the cells of a table as they stand, with their rows; what cannot be read is a fault."""
        path, file = self.folder / spec.path, self._file(name)
        if not path.is_file():
            self.faults.append(Fault(file, "", "no such file", f"a table at {path}"))
            return None
        try:
            if is_workbook(path):
                cells = read_sheet(path, spec.layer, columns=wanted_columns(name), file=file)
            else:
                raw = read_table(path)
                cells = Cells(raw, tuple(range(2, 2 + len(raw))))
        except InputError as error:
            self.faults += error.faults
            return None
        except (ValueError, OSError) as error:
            self.faults.append(Fault(file, "", str(error).splitlines()[0], TABLE_FORMATS))
            return None
        self.rows[name] = cells.rows
        return cells

    def _vector(self, name: str) -> gpd.GeoDataFrame:
        spec = self._spec(name)
        empty = gpd.GeoDataFrame(empty_table("study", name), geometry=[], crs=self.crs)
        if spec is None:
            return empty
        file = self._file(name)
        cells = self._cells(name, spec) if is_table(spec) else None
        try:
            if cells is not None:
                layer, misplaced = table_layer(cells.frame, crs=spec.crs, own=self.crs, rows=cells.rows, file=file)
            elif is_table(spec):
                return empty
            else:
                layer, misplaced = read_layer(spec, self.folder), []
        except InputError as error:
            self.faults += error.faults
            return empty
        self.rows.setdefault(name, range(1, 1 + len(layer)))
        broken = {fault.row for fault in misplaced}
        shapes = [
            fault for fault in self._true_rows(name, geometry_faults(layer, _SHAPES[name], file=file), first=1)
            if fault.row not in broken
        ]  # fmt: skip
        attributes = pd.DataFrame(layer.drop(columns=layer.geometry.name))
        attributes = attributes.drop(columns=[c for c in ("fid", "id", "ogc_fid") if c in attributes])  # GDAL's own
        kept = Cells(_with_ids(attributes, name), tuple(self.rows[name]), [] if cells is None else cells.faults)
        table, found = conform_cells(kept, name, file=file)
        layer, unplaced = to_study_crs(layer, self.crs, file=file)
        self.faults += [*misplaced, *shapes, *found, *unplaced]
        return gpd.GeoDataFrame(table, geometry=layer.geometry.to_numpy(), crs=layer.crs)

    def _row(self, name: str, position: int) -> int:
        """Return what a person calls a row of a layer."""
        rows = self.rows.get(name)
        return rows[position] if rows is not None and position < len(rows) else position + 2

    def _true_rows(self, name: str, faults: Sequence[Fault], *, first: int = 2) -> list[Fault]:
        """Return faults that count rows one after the other with the rows that a person sees."""
        return [f if f.row is None else replace(f, row=self._row(name, f.row - first)) for f in faults]

    def _resources(self) -> pd.DataFrame:
        own = self._table("resources")
        self._unknown(own[own["pipe_class"] != ""], "pipe_class", self.catalogue.pipe_costs["pipe_class"], "resources")
        merged = pd.concat([self.catalogue.resources, own]).drop_duplicates("resource", keep="last")
        known = merged["resource"].map(self.catalogue.families.set_index("resource")["family"])
        merged["family"] = merged["family"].mask(merged["family"] == "", known).fillna("").astype("str")
        return merged.sort_values("resource", ignore_index=True)

    def _technologies(
        self, resources: pd.DataFrame, places: tuple[pd.Series, pd.Series]
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the technologies that the study may use, and their recipes: none unless it asks for any."""
        properties, hubs, base = property_columns(resources), self.settings.hubs, self.catalogue.technologies
        own, recipes = self._table("technologies", also=properties), self._table("recipes")
        self.faults += hub_faults(self.settings, pd.concat([own["technology"], base["technology"]]), places)
        files = {"file": self._file("technologies"), "recipe_file": self._file("recipes")}
        own, own_recipes, found = complete_technologies(own, recipes, resources, **files)
        self.faults += found
        base, base_recipes, found = complete_technologies(
            base, empty_table("study", "recipes"), resources, file="catalogue/technologies.csv", recipe_file="recipes"
        )
        self.faults += found
        table, recipes = merged(base, own), merged(base_recipes, own_recipes)
        wanted = own["technology"] if hubs is None else pd.Series(hubs.technologies or table["technology"])
        wanted = wanted if hubs is None or hubs.enabled else wanted.iloc[:0]
        return tuple(rows[rows["technology"].isin(wanted)].reset_index(drop=True) for rows in (table, recipes))

    def _named(self, table: _Frame, names: ResourceNames, layer: str) -> _Frame:
        """Return a table with its resources by their ids; what was taken as another is noted."""
        rows = [self._row(layer, position) for position in range(len(table))]
        ids, notes, found = names.taken(table["resource"], file=self._file(layer), rows=rows)
        self.notes += notes
        self.faults += found
        named: _Frame = table.assign(resource=ids)
        return named

    def _zones(self, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        land = self.catalogue.land.set_index("kind")
        own = zones["forbidden"].notna() & (zones["factor"].notna() | zones["forbidden"].fillna(value=False))
        self._unknown(zones[~own], "kind", self.catalogue.land["kind"], "zones", hint=" or forbidden and factor set")
        forbidden = zones["forbidden"].fillna(zones["kind"].map(land["forbidden"]).astype("boolean"))
        zones["forbidden"] = forbidden.fillna(value=False).astype(bool)
        zones["factor"] = zones["factor"].fillna(zones["kind"].map(land["factor"])).fillna(1.0)
        return zones

    def _crossings(self, crossings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        lines = self.catalogue.lines.set_index("kind")
        unset = crossings[crossings["cost"].isna()]
        self._unknown(unset, "kind", self.catalogue.lines["kind"], "crossings", hint=" or a cost set")
        crossings["cost"] = crossings["cost"].fillna(crossings["kind"].map(lines["cost"])).fillna(0.0)
        return crossings

    def _vehicles(self) -> pd.DataFrame:
        trucks, vehicles = self.settings.trucks, self.catalogue.vehicles
        for key, names in (("classes", trucks.classes or ()), ("vehicles", trucks.vehicles)):
            for name in set(names) - set(vehicles["vehicle"]):
                expected = "one of " + ", ".join(vehicles["vehicle"])
                self.faults.append(Fault("study.toml", f"trucks.{key}", repr(name), expected))
        for name in trucks.speed_caps_kmh:
            if name not in set(self.catalogue.highways["highway"]):
                expected = closest(name, self.catalogue.highways["highway"])
                self.faults.append(Fault("study.toml", "trucks.speed_caps_kmh", repr(name), expected))
        if trucks.classes is not None:
            vehicles = vehicles[vehicles["vehicle"].isin(trucks.classes)]
        vehicles = vehicles.set_index("vehicle")
        for name, override in trucks.vehicles.items():
            if name in vehicles.index:
                for column, value in override.model_dump(exclude_none=True, exclude={"resources"}).items():
                    vehicles.loc[name, column] = value
        return vehicles.reset_index()

    def _roads(self) -> gpd.GeoDataFrame:
        spec, highways = self._spec("roads"), self.catalogue.highways
        try:
            if spec is not None:
                return kept_road_edges(spec, self.folder, crs=self.crs, highways=highways)
            if self.settings.download is not None:
                return download_road_edges(self.settings.download, self.folder, crs=self.crs, highways=highways)
        except InputError as error:
            self.faults += error.faults
        return empty_road_edges(self.crs)

    def _beyond(self, roads: gpd.GeoDataFrame, plants: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if self.settings.world is None or self.faults:  # a plant without a place has no surroundings
            return roads
        try:
            return with_world(roads, plants.geometry, self.settings.world, highways=self.catalogue.highways)
        except InputError as error:
            self.faults += error.faults
            return roads

    def _raster(self, name: str, *, categorical: bool = False) -> Raster | None:
        spec = self._spec(name)
        if spec is None:
            return None
        raster, found = read_raster(spec, self.folder, self.crs, categorical=categorical)
        self.faults += found
        return raster

    def _has(self, name: str, ground: Ground) -> bool:
        """Return whether the study has a layer: named, downloaded or made, though perhaps empty."""
        named = name not in LAYERS or name in self.settings.layers
        return named or isinstance(ground, Raster) or len(ground) > 0

    def _siting_results(self, sites: gpd.GeoDataFrame) -> tuple[pd.DataFrame, Raster | None]:
        """Return what an earlier siting found, in the folder of a plan."""
        scores, suitability = self._table("site_scores"), self._raster("suitability")
        self._unknown(scores, "site", sites["site"], "site_scores")
        if suitability is not None and ((suitability.values < 0) | (suitability.values > 1)).any():
            fault = Fault(self._file("suitability"), "", "values beyond 0 and 1", "a suitability from 0 to 1")
            self.faults.append(fault)
        return scores, suitability

    def _unknown(self, rows: pd.DataFrame, column: str, known: pd.Series, layer: str, *, hint: str = "") -> None:
        file = self._file(layer)
        bad = rows.loc[(rows[column] != "") & ~rows[column].isin(known), column]
        self.faults += [
            Fault(file, column, repr(value), closest(value, known) + hint, row=self._row(layer, int(row)))
            for row, value in bad.items()  # only the faulty cells
        ]

    def _place_faults(
        self, plants: gpd.GeoDataFrame, layers: list[gpd.GeoDataFrame], rasters: list[Raster | None]
    ) -> None:
        """Two plants at one point are one plant twice; a plant far outside every layer has a wrong position."""
        file = self._file("plants")
        if plants.crs != self.crs or plants.geometry.is_empty.any() or plants.geometry.isna().any():
            return  # already a fault
        points = plants.geometry.representative_point()
        if not np.isfinite(points.bounds.to_numpy()).all():
            return
        spots = points.map(lambda point: (round(point.x, 1), round(point.y, 1)))
        for row in np.flatnonzero(spots.duplicated()):
            twin = plants["plant"][spots == spots.iloc[row]].iloc[0]
            found = f"{plants['plant'].iloc[row]} at the same point as {twin}"
            self.faults.append(
                Fault(file, "geometry", found, "every plant at a place of its own", row=self._row("plants", int(row)))
            )
        bounds = [layer.total_bounds for layer in layers if len(layer) and layer.crs == self.crs]
        bounds += [
            (*(r.transform @ (0, r.values.shape[0])), *(r.transform @ (r.values.shape[1], 0))) for r in rasters if r
        ]
        if not bounds:
            return
        low, high = np.min(bounds, axis=0)[:2], np.max(bounds, axis=0)[2:]
        distance = shapely.distance(points.to_numpy(), shapely.box(*low, *high))
        for row in np.flatnonzero(distance > _OUTSIDE_M):
            found = f"{plants['plant'].iloc[row]}, {distance[row] / 1000:,.0f} km outside all other layers"
            expected = (
                "a plant within the roads, zones and rasters of the study (is lon/lat swapped, or the CRS wrong?)"
            )
            self.faults.append(Fault(file, "geometry", found, expected, row=self._row("plants", int(row))))


def _with_ids(attributes: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give zones and crossings without an id one that is made from the kind and the row."""
    key = {"zones": "zone", "crossings": "crossing"}.get(name)
    if key is None or "kind" not in attributes.columns:
        return attributes
    made = attributes["kind"].astype(str) + "-" + pd.Series(range(1, len(attributes) + 1), attributes.index).astype(str)
    given = attributes[key].astype("object") if key in attributes.columns else pd.Series(None, attributes.index)
    return attributes.assign(**{key: given.where(given.notna() & (given != ""), made)})


def _country_faults(plants: pd.DataFrame, file: str) -> list[Fault]:
    bad = plants["country"][~plants["country"].str.fullmatch(r"([A-Z]{2})?")]
    return [
        Fault(file, "country", repr(value), "two capital letters (ISO 3166-1 alpha-2), such as DK", row=int(row) + 1)
        for row, value in bad.items()  # only the faulty cells
    ]


def _with_digest(study: Study) -> Study:
    """Return the study with a SHA-256 over all it holds: the same input has the same digest."""
    sha = hashlib.sha256(study.settings.model_dump_json(exclude=_PLACES).encode())
    sha.update(terrain_digest(study.terrain) + siting_digest(study.siting_layers))
    for item in study.values():
        if isinstance(item, gpd.GeoDataFrame):
            sha.update(b"".join(shapely.to_wkb(item.geometry.to_numpy())))
            item = pd.DataFrame(item.drop(columns=item.geometry.name))  # noqa: PLW2901
        if isinstance(item, pd.DataFrame):
            sha.update(repr(list(item.columns)).encode())
            sha.update(pd.util.hash_pandas_object(item, index=False).to_numpy().tobytes())
        elif isinstance(item, Raster):
            sha.update(item.values.tobytes() + repr(tuple(item.transform)).encode())
    return study.replace(digest=sha.hexdigest())
