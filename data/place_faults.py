"""Places that cannot be meant: two plants at one point, a plant far outside all else, a country that is none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.errors import Fault
from data.layer_reader import LayerReader
from data.study import Raster

_OUTSIDE_M = 10_000.0  # a plant this far outside all other layers is misplaced, not remote


def check_places(
    reader: LayerReader, plants: gpd.GeoDataFrame, layers: list[gpd.GeoDataFrame], rasters: list[Raster | None]
) -> None:
    """Note a fault for two plants at one point, one plant twice, and for a plant far outside every layer, misplaced."""
    file = reader.file("plants")
    if plants.crs != reader.crs or plants.geometry.is_empty.any() or plants.geometry.isna().any():
        return  # already a fault
    points = plants.geometry.representative_point()
    if not np.isfinite(points.bounds.to_numpy()).all():
        return
    spots = points.map(lambda point: (round(point.x, 1), round(point.y, 1)))
    for row in np.flatnonzero(spots.duplicated()):
        twin = plants["plant"][spots == spots.iloc[row]].iloc[0]
        found = f"{plants['plant'].iloc[row]} at the same point as {twin}"
        reader.faults.append(
            Fault(file, "geometry", found, "every plant at a place of its own", row=reader.row("plants", int(row)))
        )
    bounds = [layer.total_bounds for layer in layers if len(layer) and layer.crs == reader.crs]
    bounds += [(*(r.transform @ (0, r.values.shape[0])), *(r.transform @ (r.values.shape[1], 0))) for r in rasters if r]
    if not bounds:
        return
    low, high = np.min(bounds, axis=0)[:2], np.max(bounds, axis=0)[2:]
    distance = shapely.distance(points.to_numpy(), shapely.box(*low, *high))
    for row in np.flatnonzero(distance > _OUTSIDE_M):
        found = f"{plants['plant'].iloc[row]}, {distance[row] / 1000:,.0f} km outside all other layers"
        expected = "a plant within the roads, zones and rasters of the study (is lon/lat swapped, or the CRS wrong?)"
        reader.faults.append(Fault(file, "geometry", found, expected, row=reader.row("plants", int(row))))


def country_faults(plants: pd.DataFrame, file: str) -> list[Fault]:
    """Return a fault for each country that is not written as two letters."""
    bad = plants["country"][~plants["country"].str.fullmatch(r"([A-Z]{2})?")]
    return [
        Fault(file, "country", repr(value), "two capital letters (ISO 3166-1 alpha-2), such as DK", row=int(row) + 1)
        for row, value in bad.items()  # only the faulty cells
    ]
