"""Where a newcomer adds most, and which would: the study with one at every place, planned case by case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

import maps
import models
import siting
from data import Fault, InputError, Raster, Study, whole_folder, write_tables
from symbioplan import pipeline
from symbioplan.progress import Progress, silent

_AT = "newcomer@"
_THINNER = 0.93  # each try of a finer grid


@dataclass(frozen=True)
class Places:
    """Where a newcomer could stand: ``place``, ``name``, point geometry; on a grid also its size and corner."""

    points: gpd.GeoDataFrame
    cell_m: float | None = None
    corner: tuple[float, float] | None = None  # x and y of the upper left corner


@dataclass(frozen=True)
class Found:
    """What newcomers add: the study with them at all places, its candidates, the places and the worths."""

    study: Study
    places: Places
    candidates: pipeline.Candidates
    worths: models.Worths
    keep: bool

    @property
    def table(self) -> pd.DataFrame:
        """Return a row per place and type, the best first (see ``docs/newcomers.md``)."""
        return worth_table(self.worths, self.places)

    @property
    def exchanges(self) -> pd.DataFrame:
        """Return the exchanges that each solved newcomer would join."""
        parts = []
        for worth in self.worths.cases:
            if worth.plan is not None:
                table, node = worth.plan.exchanges, _AT + worth.case.place
                mine = table[(table["from_node"] == node) | (table["to_node"] == node)]
                parts.append(mine.assign(place=worth.case.place, plant_type=worth.case.plant_type))
        columns = ["place", "plant_type", "from_node", "to_node", "resource", "received_as", "mode", "quantity", "unit",
                   "distance_m"]  # fmt: skip
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def site_places(study: Study) -> Places:
    """Return the study's usable sites as places.

    Raises
    ------
    InputError
        The study has none.
    """
    sites = siting.candidate_sites(study)
    sites = sites[sites["usable"]]
    if sites.empty:
        raise InputError([Fault("newcomer", "--at", "a study without usable sites", "--at grid, or a layer of sites")])
    points = gpd.GeoDataFrame({"place": sites["site"].to_numpy(), "name": sites["name"].to_numpy()},
                              geometry=sites.geometry.representative_point().to_numpy(), crs=study.crs)  # fmt: skip
    return Places(points)


def grid_places(study: Study, *, most: int = 24, spacing_m: float | None = None) -> Places:
    """Return points of a square grid over the land of a study, none of them forbidden.

    The grid covers the zones, or without zones the plants with a tenth more on each side.

    Parameters
    ----------
    most
        Without a spacing, the finest grid (in steps of 7 %) with no more points than these.
    spacing_m
        Between neighbours, metres.
    """
    zones = study.zones
    bounds = zones.total_bounds if len(zones) else study.plant_points.total_bounds
    margin = 0.0 if len(zones) else 0.1 * max(bounds[2] - bounds[0], bounds[3] - bounds[1], 1000.0)
    box = (bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin)
    forbidden = shapely.union_all(zones.loc[zones["forbidden"], "geometry"].to_numpy()) if len(zones) else None
    if spacing_m is not None:
        return _grid(study, box, forbidden, spacing_m)
    spacing = float(np.hypot(box[2] - box[0], box[3] - box[1]))
    found = _grid(study, box, forbidden, spacing)
    while True:
        finer = _grid(study, box, forbidden, spacing * _THINNER)
        if len(finer.points) > most:
            return found
        found, spacing = finer, spacing * _THINNER


def _grid(study: Study, box: tuple[float, ...], forbidden: shapely.Geometry | None, cell: float) -> Places:
    columns, rows = (max(int((high - low) // cell), 1) for low, high in ((box[0], box[2]), (box[1], box[3])))
    left, top = (box[0] + box[2] - columns * cell) / 2, (box[1] + box[3] + rows * cell) / 2
    row, column = (part.ravel() for part in np.mgrid[0:rows, 0:columns])
    points = shapely.points(left + (column + 0.5) * cell, top - (row + 0.5) * cell)
    allowed = np.ones(len(points), dtype=bool) if forbidden is None else ~shapely.intersects(points, forbidden)
    taken = shapely.distance(points[:, None], study.plant_points.to_numpy()[None, :]).min(axis=1) < 1.0
    kept = allowed & ~taken
    names = [f"r{r + 1}c{c + 1}" for r, c in zip(row[kept], column[kept], strict=True)]
    frame = gpd.GeoDataFrame({"place": names, "name": names}, geometry=points[kept], crs=study.crs)
    return Places(frame, cell, (left, top))


def find_newcomers(
    study: Study, streams: pd.DataFrame, places: Places, *, best: int = 3, keep: bool = True,
    progress: Progress = silent,
) -> Found:  # fmt: skip
    """Return what each type of newcomer adds at each place.

    Parameters
    ----------
    study
        Without ``[phases]``.
    streams
        Of one or several types, as :func:`data.newcomers.type_streams` returns them.
    places
        Where it could stand.
    best
        How many of the best cases are wanted exactly.
    keep
        What is built without a newcomer stands; else everything is planned anew around it.

    Raises
    ------
    InputError
        The study has phases, or a plant with the name of a place.
    """
    if study.settings.phases is not None:
        raise InputError([Fault("study.toml", "phases", "phases", "a study of one period: a newcomer has no year yet")])
    wide, cases = _with_newcomers(study, streams, places)
    candidates = pipeline.find_candidates(wide, wanted=_with_one_newcomer, progress=progress)
    return Found(wide, places, candidates,
                 models.worths(candidates.problem, cases, best=best, keep=keep, progress=progress), keep)  # fmt: skip


def _with_one_newcomer(pairs: pd.DataFrame) -> pd.Series:
    """Return the pairs of which at most one end is a newcomer: only one of them will come."""
    return ~(pairs["from_plant"].str.startswith(_AT) & pairs["to_plant"].str.startswith(_AT))


def _with_newcomers(study: Study, streams: pd.DataFrame, places: Places) -> tuple[Study, list[models.Case]]:
    points = places.points
    twins = sorted({*(_AT + points["place"])} & {*study.plants["plant"]})
    if twins:
        raise InputError([Fault("plants", "plant", repr(name), f"a name that does not begin with {_AT}")
                          for name in twins])  # fmt: skip
    new = gpd.GeoDataFrame(
        {"plant": _AT + points["place"], "name": "Newcomer at " + points["name"], "sector": "newcomer", "country": "",
         "note": "", "source": ""}, geometry=points.geometry.to_numpy(), crs=study.crs)  # fmt: skip
    plants = gpd.GeoDataFrame(pd.concat([study.plants, new], ignore_index=True), geometry="geometry", crs=study.crs)
    many = streams.merge(points[["place"]], how="cross")
    many["plant"] = _AT + many["place"]
    many["stream"] = many["plant_type"] + " at " + many["place"] + "/" + many["resource"] + "/" + many["direction"]
    many["stream"] += many.groupby("stream").cumcount().map(lambda again: f"-{again + 1}" if again else "")
    cases = [models.Case(str(place), str(kind), frozenset(rows["stream"]))
             for (place, kind), rows in many.groupby(["place", "plant_type"], sort=False)]  # fmt: skip
    own = many.drop(columns=["place", "plant_type"])
    return study.replace(plants=plants, streams=pd.concat([study.streams, own], ignore_index=True)), cases


def worth_table(worths: models.Worths, places: Places) -> pd.DataFrame:
    """Return the cases as a table: ranks that their bounds allow, value, bounds, how each was decided."""
    least = np.array([worth.least for worth in worths.cases])
    most = np.array([worth.most for worth in worths.cases])
    slack = 1e-6 * np.maximum(1.0, np.abs(most))
    rows = [
        {
            "rank_from": 1 + int((least > worth.most + slack[number]).sum()),
            "rank_to": len(least) - int((most + slack < worth.least).sum()),
            "place": worth.case.place,
            "plant_type": worth.case.plant_type,
            "value": np.nan if worth.value is None else worth.value,
            "least": worth.least,
            "most": worth.most,
            "status": "bounded" if worth.plan is None else worth.plan.status,
            "checker": "" if worth.plan is None else "; ".join(worth.plan.checker) or "ok",
            "exchanges": np.nan if worth.plan is None else float(_joined(worth)),
            "seconds": round(worth.seconds, 3),
        }
        for number, worth in enumerate(worths.cases)
    ]  # fmt: skip
    columns = ["rank_from", "rank_to", "place", "plant_type", "value", "least", "most", "status", "checker",
               "exchanges", "seconds"]  # fmt: skip
    spots = places.points.set_index("place").geometry
    table = pd.DataFrame(rows, columns=columns)
    at = spots.reindex(table["place"])
    return table.assign(x=at.x.to_numpy(), y=at.y.to_numpy())


def _joined(worth: models.Worth) -> int:
    assert worth.plan is not None
    table, node = worth.plan.exchanges, _AT + worth.case.place
    return int(((table["from_node"] == node) | (table["to_node"] == node)).sum())


def surface(found: Found, column: str) -> Raster | None:
    """Return a grid's values as a raster in the study's CRS, the best type counting; None off a grid."""
    places = found.places
    if places.cell_m is None or places.corner is None:
        return None
    best = found.table.groupby("place")[column].max()
    cell, (left, top) = places.cell_m, places.corner
    points = places.points.geometry
    column_of = ((points.x - left) // cell).astype("int64").to_numpy()
    row_of = ((top - points.y) // cell).astype("int64").to_numpy()
    values = np.full((int(row_of.max()) + 1, int(column_of.max()) + 1), np.nan)
    values[row_of, column_of] = best.reindex(places.points["place"]).to_numpy()
    return Raster(values, Affine(cell, 0, left, 0, -cell, top), found.study.crs)


def write_newcomers(found: Found, out: Path) -> None:
    """Write ``newcomers.csv``, ``newcomer_exchanges.csv``, ``newcomers.gpkg``, a picture, and on a grid a GeoTIFF."""
    table, exchanges = found.table, found.exchanges
    with whole_folder(out) as folder:
        write_tables({"newcomers": table, "newcomer_exchanges": exchanges}, folder)
        facts = json.dumps(newcomer_facts(found, out), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "newcomers.json").write_text(facts + "\n", encoding="utf-8")
        maps.write_newcomer_layers(found.study, table, exchanges, folder / "newcomers.gpkg")
        maps.write_newcomer_picture(found.study, table, folder / "newcomers.svg")
        value, most = surface(found, "value"), surface(found, "most")
        if value is not None and most is not None:
            maps.write_newcomer_raster(value, most, folder / "newcomers.tif")


def newcomer_facts(found: Found, out: Path) -> dict[str, Any]:
    """Return what newcomers add, for machines."""
    worths = found.worths
    return {
        "out": str(out),
        "base": {key: worths.base.summary()[key] for key in ("status", "objective", "bound", "gap", "reasons")},
        "built_stays": found.keep,
        "cases": len(worths.cases),
        "solved": worths.solved,
        "seconds": round(worths.seconds, 3),
        "currency": found.study.settings.currency,
        "newcomers": _records(found.table),
        "exchanges": _records(found.exchanges),
        "notes": list(found.candidates.notes),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype("object").to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in rows]
