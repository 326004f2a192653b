"""What a plant reaches by truck within so many kilometres or minutes: the roads, and the area around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from rasterio.features import shapes
from scipy.ndimage import distance_transform_edt
from scipy.sparse.csgraph import dijkstra

from data.errors import Fault, InputError
from data.study import Study
from routing.network import Flags, Floats, Ints, Lines
from routing.profiles import vehicle_of
from routing.snapping import substrings
from routing.trips import Driving, Ground, find_ground

_CELL_M = 50.0
_MOST_CELLS = 3000  # along one side
_CLOSE_CELLS = 6  # roads less than twice this apart have no gap between them
_BESIDE_CELLS = 2  # the area reaches this far beside the outermost roads


@dataclass(frozen=True, eq=False)
class ServiceArea:
    """Roads and bands that a plant reaches; both empty where it meets no road."""

    roads: gpd.GeoDataFrame  # above, up_to, unit ("km" or "min"), coarse, geometry: the parts of roads in each band
    bands: gpd.GeoDataFrame  # above, up_to, unit, road_km, coarse_km (of them), geometry: they do not overlap


def service_area(
    study: Study, plant: str, vehicle: str, *, km: Sequence[float] = (), minutes: Sequence[float] = ()
) -> ServiceArea:
    """Return what a laden truck reaches from a plant.

    Parameters
    ----------
    study
        With roads.
    plant
        Where it starts.
    vehicle
        Vehicle class; it carries no dangerous goods.
    km, minutes
        Upper limits of the bands: either distances by the shortest way, or driving times by the fastest.

    Returns
    -------
    ServiceArea
        Roads are cut where a band ends. A band's polygon is the land within 100 m of roads up to it, gaps
        of less than 600 m between roads included, less the bands before; in vast areas the cells on which it
        is drawn, and with them these distances, are wider.

    Raises
    ------
    InputError
        When the plant or the vehicle is not known, or not exactly one kind of limit is given, positive.
    """
    _check(study, plant, vehicle, km, minutes)
    unit, limits = ("km", km) if km else ("min", minutes)
    breaks = np.unique(np.asarray(limits, dtype=np.float64))
    if study.roads.empty:
        return _result(study, unit, breaks, [])
    row = study.vehicles.set_index("vehicle").loc[vehicle]
    kind = vehicle_of(row, "")
    ground = find_ground(study, [plant], [kind])
    if ground.too_far:
        return _result(study, unit, breaks, [])
    driving = ground.driving(kind, empty_return=float(row["empty_return"]))
    weight = driving.costs.hours * 60 if unit == "min" else np.stack([driving.network.length_m / 1000] * 2)
    reached = _reached(driving, int(ground.node[plant]), weight, float(breaks[-1]))
    bands = _in_bands(ground, reached, weight, breaks)
    return _result(study, unit, breaks, [(driving.coarse_m[edge] > 0, parts) for edge, parts in bands])


def _check(study: Study, plant: str, vehicle: str, km: Sequence[float], minutes: Sequence[float]) -> None:
    faults = []
    for name, value, known in (
        ("plant", plant, study.plants["plant"]),
        ("vehicle", vehicle, study.vehicles["vehicle"]),
    ):
        if value not in set(known):
            faults.append(Fault("reach", name, repr(value), "one of " + ", ".join(sorted(known))))
    if bool(len(km)) == bool(len(minutes)) or min([*km, *minutes], default=0) <= 0:
        faults.append(Fault("reach", "limits", f"km {list(km)}, minutes {list(minutes)}", "one kind, positive"))
    if faults:
        raise InputError(faults)


def _reached(driving: Driving, source: int, weight: Floats, limit: float) -> Floats:
    """Return, per direction and edge, the distance or time at which the edge is entered; infinite if it is not."""
    arcs = driving.arcs
    at = dijkstra(driving.graph(weight).matrix, indices=source, limit=limit)
    entered = np.full(weight.shape, np.inf)
    np.minimum.at(entered, (arcs.against.astype(np.int64), arcs.edge), at[arcs.tail])
    return entered


def _in_bands(ground: Ground, entered: Floats, weight: Floats, breaks: Floats) -> list[tuple[Ints, Lines]]:
    """Return, per band, the edges in it and their parts; an access leg is no road."""
    network = ground.network
    edge = np.flatnonzero(np.isfinite(entered).any(axis=0) & ~ground.legs)
    there, back = entered[:, edge]
    w_there, w_back = np.maximum(weight[:, edge], 1e-12)
    # Both ends may be reached: drivers meet where they are equally soon.
    with np.errstate(invalid="ignore"):
        meet = np.clip((back + w_back - there) / (w_there + w_back), 0, 1)
    meet = np.where(np.isinf(back), 1.0, np.where(np.isinf(there), 0.0, meet))
    bounds = np.concatenate([[0.0], breaks])
    with np.errstate(invalid="ignore"):
        ahead = [np.clip(np.nan_to_num((limit - there) / w_there, neginf=0), 0, meet) for limit in bounds]
        behind = [1 - np.clip(np.nan_to_num((limit - back) / w_back, neginf=0), 0, 1 - meet) for limit in bounds]
    bands = []
    for band in range(len(breaks)):
        begin = np.concatenate([ahead[band], behind[band + 1]])
        end = np.concatenate([ahead[band + 1], behind[band]])
        number = np.concatenate([edge, edge])
        some = np.flatnonzero(end - begin > 1e-9)
        lines = network.geometry[number[some]]
        whole = shapely.length(lines)
        bands.append((number[some], substrings(lines, begin[some] * whole, end[some] * whole)))
    return bands


def _result(study: Study, unit: str, breaks: Floats, bands: list[tuple[Flags, Lines]]) -> ServiceArea:
    """Return the area of bands, each as whether its parts of roads are coarse, and these."""
    bands = bands or [(np.empty(0, dtype=bool), np.empty(0, dtype=object)) for _ in breaks]
    coarse, lines = [flags for flags, _ in bands], [parts for _, parts in bands]
    above = np.concatenate([[0.0], breaks[:-1]])
    table = pd.DataFrame({"above": above, "up_to": breaks, "unit": unit})
    band = np.repeat(np.arange(len(breaks)), [len(parts) for parts in lines])
    roads = table.iloc[band].reset_index(drop=True).assign(coarse=np.concatenate(coarse))
    roads = gpd.GeoDataFrame(roads, geometry=np.concatenate(lines), crs=study.crs)
    drawn = table.assign(
        road_km=[shapely.length(parts).sum() / 1000 for parts in lines],
        coarse_km=[shapely.length(parts[flags]).sum() / 1000 for flags, parts in bands],
    )
    areas = gpd.GeoDataFrame(drawn, geometry=_outlines(lines), crs=study.crs)
    return ServiceArea(roads, areas[~areas.geometry.is_empty].reset_index(drop=True))


def _outlines(lines: list[Lines]) -> list[shapely.Geometry]:
    """Return a polygon per band around the roads up to it, less those before."""
    outlines: list[shapely.Geometry] = []
    inner: shapely.Geometry = shapely.Polygon()
    so_far: Lines = np.empty(0, dtype=object)
    cell = _cell_m(np.concatenate(lines))
    for parts in lines:
        so_far = np.concatenate([so_far, parts])
        if not len(parts):
            outlines.append(shapely.Polygon())
            continue
        outer = shapely.union(_around(so_far, cell), inner)
        outlines.append(shapely.difference(outer, inner))
        inner = outer
    return outlines


def _cell_m(lines: Lines) -> float:
    """Return the width of the cells on which outlines are found: 50 m, or more where the area is vast."""
    west, south, east, north = shapely.total_bounds(lines) if len(lines) else (0.0, 0.0, 0.0, 0.0)
    return max(_CELL_M, max(east - west, north - south) / _MOST_CELLS)


def _around(lines: Lines, cell: float) -> shapely.Geometry:
    """Return the land within two cells of the lines, with what lies between roads less than 12 cells apart."""
    points = shapely.get_coordinates(shapely.segmentize(lines, cell / 2))
    margin = _CLOSE_CELLS + 2
    west, south = np.floor(points.min(axis=0) / cell).astype(np.int64) - margin
    column, row = np.floor(points / cell).astype(np.int64).T
    shape = (row.max() - south + margin + 1, column.max() - west + margin + 1)
    free = np.ones(shape, dtype=bool)
    free[row - south, column - west] = False
    near = distance_transform_edt(free) <= _CLOSE_CELLS
    inside = distance_transform_edt(near) > _CLOSE_CELLS - _BESIDE_CELLS
    to_map = Affine(cell, 0, west * cell, 0, cell, south * cell)
    drawn = shapes(inside.astype(np.uint8), mask=inside, transform=to_map)
    area = shapely.union_all([shapely.geometry.shape(polygon) for polygon, _ in drawn])
    return shapely.simplify(area, cell)
