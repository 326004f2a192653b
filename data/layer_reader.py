"""Reading the layers and tables of a study, gathering faults instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from data.catalogue import Catalogue
from data.contracts import empty_table
from data.crs import to_study_crs
from data.errors import Fault, InputError
from data.frames import TABLE_FORMATS, read_table
from data.layers import geometry_faults, is_table, layer_name, read_layer, read_raster, table_layer
from data.names import ResourceNames
from data.settings import LayerSpec, Settings
from data.sheets import Cells, is_workbook, read_sheet
from data.spelling import closest
from data.study import Raster
from data.study_workbook import conform_cells, wanted_columns

_Frame = TypeVar("_Frame", bound=pd.DataFrame)
SHAPES: dict[str, tuple[str, ...]] = {
    "plants": ("Point", "Polygon"),
    "zones": ("Polygon",),
    "crossings": ("LineString",),
    "pipelines": ("LineString",),
    "sites": ("Polygon", "Point"),
    "gates": ("Point",),
}


@dataclass
class LayerReader:
    """One pass over the layers of a study; ``rows`` are what a person calls the rows of each table."""

    folder: Path
    settings: Settings
    crs: CRS
    catalogue: Catalogue
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, Sequence[int]] = field(default_factory=dict)  # of a table's rows, where they are not 2, 3, 4, ...

    def spec(self, name: str) -> LayerSpec | None:
        """Return where a layer is, if the study has it."""
        return self.settings.layers.get(name)

    def file(self, name: str) -> str:
        """Return the name of a layer's file, for faults."""
        spec = self.spec(name)
        return name if spec is None else layer_name(spec)

    def table(self, name: str, *, also: Sequence[str] = ()) -> pd.DataFrame:
        """Return a table as its contract wants it, empty where the study has none."""
        spec = self.spec(name)
        if spec is None:
            return empty_table("study", name)
        cells = self.cells(name, spec)
        if cells is None:
            return empty_table("study", name)
        table, found = conform_cells(cells, name, file=self.file(name), also=also)
        self.faults += found
        return table

    def cells(self, name: str, spec: LayerSpec) -> Cells | None:
        """Return the cells of a table as they stand, with their rows; what cannot be read is a fault."""
        path, file = self.folder / spec.path, self.file(name)
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

    def vector(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer in the study's CRS, empty where the study has none."""
        spec = self.spec(name)
        empty = gpd.GeoDataFrame(empty_table("study", name), geometry=[], crs=self.crs)
        if spec is None:
            return empty
        file = self.file(name)
        cells = self.cells(name, spec) if is_table(spec) else None
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
            fault for fault in self.true_rows(name, geometry_faults(layer, SHAPES[name], file=file), first=1)
            if fault.row not in broken
        ]  # fmt: skip
        attributes = pd.DataFrame(layer.drop(columns=layer.geometry.name))
        attributes = attributes.drop(columns=[c for c in ("fid", "id", "ogc_fid") if c in attributes])  # GDAL's own
        kept = Cells(_with_ids(attributes, name), tuple(self.rows[name]), [] if cells is None else cells.faults)
        table, found = conform_cells(kept, name, file=file)
        layer, unplaced = to_study_crs(layer, self.crs, file=file)
        self.faults += [*misplaced, *shapes, *found, *unplaced]
        return gpd.GeoDataFrame(table, geometry=layer.geometry.to_numpy(), crs=layer.crs)

    def row(self, name: str, position: int) -> int:
        """Return what a person calls a row of a layer."""
        rows = self.rows.get(name)
        return rows[position] if rows is not None and position < len(rows) else position + 2

    def true_rows(self, name: str, faults: Sequence[Fault], *, first: int = 2) -> list[Fault]:
        """Return faults that count rows one after the other with the rows that a person sees."""
        return [f if f.row is None else replace(f, row=self.row(name, f.row - first)) for f in faults]

    def raster(self, name: str, *, categorical: bool = False) -> Raster | None:
        """Return a raster of the study, if it has it."""
        spec = self.spec(name)
        if spec is None:
            return None
        raster, found = read_raster(spec, self.folder, self.crs, categorical=categorical)
        self.faults += found
        return raster

    def unknown(self, rows: pd.DataFrame, column: str, known: pd.Series, layer: str, *, hint: str = "") -> None:
        """Note a fault for each value of a column that is not known."""
        file = self.file(layer)
        bad = rows.loc[(rows[column] != "") & ~rows[column].isin(known), column]
        self.faults += [
            Fault(file, column, repr(value), closest(value, known) + hint, row=self.row(layer, int(row)))
            for row, value in bad.items()  # only the faulty cells
        ]

    def named(self, table: _Frame, names: ResourceNames, layer: str) -> _Frame:
        """Return a table with its resources by their ids; what was taken as another is noted."""
        rows = [self.row(layer, position) for position in range(len(table))]
        ids, notes, found = names.taken(table["resource"], file=self.file(layer), rows=rows)
        self.notes += notes
        self.faults += found
        named: _Frame = table.assign(resource=ids)
        return named


def _with_ids(attributes: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give zones and crossings without an id one that is made from the kind and the row."""
    key = {"zones": "zone", "crossings": "crossing"}.get(name)
    if key is None or "kind" not in attributes.columns:
        return attributes
    made = attributes["kind"].astype(str) + "-" + pd.Series(range(1, len(attributes) + 1), attributes.index).astype(str)
    given = attributes[key].astype("object") if key in attributes.columns else pd.Series(None, attributes.index)
    return attributes.assign(**{key: given.where(given.notna() & (given != ""), made)})
