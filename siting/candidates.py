"""Where a site could be: parcels of the study, OpenStreetMap's land use, hexagons over suitable land, whole areas."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import shapes

from data import Study
from data.grids import Flags, Grid
from data.siting_settings import OSM, Siting
from siting.measures import Shapes
from siting.suitability import Suitability

COLUMNS = ("site", "name", "note", "source", "origin")
_OSM_SOURCE = "OpenStreetMap contributors, Open Database Licence (ODbL)"


def candidates(study: Study, siting: Siting, found: Suitability) -> gpd.GeoDataFrame:
    """Return every candidate of the kinds asked for: ``site, name, note, source, origin``, polygons or points.

    What an earlier siting found is looked for anew; only the parcels that the study was given stay.
    """
    parcels = _parcels(study)
    asked = siting.candidates or (("parcel",) if len(parcels) else ("hexagon",))
    suitable = found.allowed & (found.score >= siting.min_score)
    makers = {
        "parcel": lambda: parcels,
        "osm": lambda: _osm(study, siting, found.grid),
        "hexagon": lambda: _hexagons(suitable, siting, found.grid),
        "area": lambda: _areas(suitable, found.grid),
    }
    parts = [makers[origin]() for origin in dict.fromkeys(asked)]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=study.crs)


def _parcels(study: Study) -> gpd.GeoDataFrame:
    given = study.sites[study.sites["origin"].isin(["", "parcel"])]
    return given[[*COLUMNS[:4], "geometry"]].assign(origin="parcel").reset_index(drop=True)


def _osm(study: Study, siting: Siting, grid: Grid) -> gpd.GeoDataFrame:
    """Return industrial and brownfield land whose inner point lies in the grid."""
    areas = study.grounds[OSM]
    assert isinstance(areas, gpd.GeoDataFrame)
    points = areas.geometry.representative_point()
    west, south, east, north = grid.bounds
    here = areas["kind"].isin(siting.osm_kinds) & points.x.between(west, east) & points.y.between(south, north)
    areas = areas[here.to_numpy()]
    ident = areas["osm"] if "osm" in areas else pd.Series([str(row) for row in areas.index], areas.index)
    said = areas["name"].fillna("") if "name" in areas else pd.Series("", areas.index)
    name = said.mask(said == "", areas["kind"].str.capitalize() + " land " + ident)
    table = {"site": "osm_" + ident, "name": name, "note": areas["kind"], "source": _OSM_SOURCE, "origin": OSM}
    return _frame(table, areas.geometry.to_numpy(), study.crs)


def _hexagons(suitable: Flags, siting: Siting, grid: Grid) -> gpd.GeoDataFrame:
    """Return hexagons clipped to suitable land, of each its largest connected part."""
    whole, ids = hexagons(grid.bounds, siting.hexagon_m)
    patches = _polygons(suitable, grid)
    which, patch = shapely.STRtree(patches).query(whole, predicate="intersects") if len(patches) else ([], [])
    pieces = gpd.GeoSeries(shapely.intersection(whole[which], patches[patch]), index=which).explode()
    pieces = pieces[pieces.geom_type == "Polygon"]
    order = np.lexsort((-pieces.area.to_numpy(), pieces.index.to_numpy()))
    largest = pieces.iloc[order][~pieces.index[order].duplicated()]
    ident = pd.Series(ids[largest.index.to_numpy(dtype=int)], dtype="str")
    return _frame(_made("hex_" + ident, "hexagon"), largest.to_numpy(), grid.crs)


def hexagons(
    bounds: tuple[float, float, float, float], width_m: float
) -> tuple[Shapes, np.ndarray[tuple[int], np.dtype[np.str_]]]:
    """Return hexagons with a corner in the north over a box, and an id ``column_row`` of each.

    They lie on one lattice from the CRS's origin, so the same land has the same hexagon in every run;
    ``width_m`` is from side to opposite side.
    """
    west, south, east, north = bounds
    side = width_m / np.sqrt(3)
    rows = np.arange(np.floor(south / (1.5 * side)) - 1, np.ceil(north / (1.5 * side)) + 2)
    columns = np.arange(np.floor(west / width_m) - 1, np.ceil(east / width_m) + 2)
    row, column = (part.ravel() for part in np.meshgrid(rows, columns, indexing="ij"))
    x, y = (column + 0.5 * (row % 2)) * width_m, row * 1.5 * side
    near = (x > west - width_m) & (x < east + width_m) & (y > south - width_m) & (y < north + width_m)
    turn = np.deg2rad(np.arange(30, 390, 60))
    corners = np.stack([x[near][:, None] + side * np.cos(turn), y[near][:, None] + side * np.sin(turn)], axis=2)
    ids = np.array([f"{c:.0f}_{r:.0f}" for c, r in zip(column[near], row[near], strict=True)])
    return np.asarray(shapely.polygons(corners), dtype=object), ids


def _areas(suitable: Flags, grid: Grid) -> gpd.GeoDataFrame:
    """Return each connected stretch of suitable land, the largest first."""
    patches = _polygons(suitable, grid)
    patches = patches[np.argsort(-shapely.area(patches), kind="stable")]
    ident = pd.Series(range(1, len(patches) + 1)).astype("str")
    return _frame(_made("area_" + ident, "area"), patches, grid.crs)


def _made(site: pd.Series, origin: str) -> dict[str, object]:
    return {"site": site, "name": site, "note": "", "source": "made by siting", "origin": origin}


def _polygons(mask: Flags, grid: Grid) -> Shapes:
    """Return the outlines of connected cells (side to side)."""
    found = shapes(mask.astype("uint8"), mask=mask, connectivity=4, transform=grid.transform)
    return np.array([shapely.geometry.shape(shape) for shape, _ in found], dtype=object)


def _frame(table: Mapping[str, object], geometry: Shapes, crs: object) -> gpd.GeoDataFrame:
    """Return candidates from columns, or one text for all of them."""
    plain = {key: value.to_numpy() if isinstance(value, pd.Series) else value for key, value in table.items()}
    frame = pd.DataFrame(plain, index=range(len(geometry)), columns=list(COLUMNS))
    return gpd.GeoDataFrame(frame.astype("str"), geometry=list(geometry), crs=crs)
