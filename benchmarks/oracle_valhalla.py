"""Whether our truck routes agree with Valhalla's on the same extract, and obey the limits.

Set ``PYVALHALLA_PYTHON`` to an interpreter that has pyvalhalla, and ``SYMBIOPLAN_SHARED`` to the folder of
public test data unless it stands beside the checkout. Both sides look for the fastest way of one vehicle
between the same points, which lie on roads open to it. ``docs/truck-oracle.md`` says what was found.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

import routing
from benchmarks.valhalla_prices import priced, same_ends, verdict
from data import Study, read_study
from data.catalogue import read_catalogue
from data.roads import read_road_edges
from data.settings import LayerSpec

_ROOT = Path(__file__).resolve().parent.parent
_WORKER = Path(__file__).with_name("valhalla_worker.py")
EXTRACTS = {
    "baltimore": ("baltimore.osm.pbf", "EPSG:32618"),
    "helsinki": ("Helsinki.osm.pbf", "EPSG:3067"),
    "liechtenstein": ("liechtenstein-latest.osm.pbf", "EPSG:32632"),
}
VEHICLES = {"artic_tipper": "gypsum", "adr_tanker": "sulphur_liquid"}  # the second is laden with dangerous goods
_PAIRS, _SEED = 200, 7
_ROADS = ("trunk", "primary", "secondary", "tertiary", "unclassified", "residential")  # on which points lie
_BESIDE_M = 1.0  # a line this near a road lies on it: Valhalla's are rounded to 0.1 m
_TOML = """name = "oracle"
crs = "{crs}"
[layers]
plants = "plants.csv"
streams = "streams.csv"
roads = "{roads}"
[trucks]
classes = ["{vehicle}"]
designated_factor = 1.0
[trucks.vehicles.{vehicle}]
cost_per_km = 0.0
cost_per_h = 1.0
load_h = 0.0
unload_h = 0.0
empty_return = 0.0
"""
_LINES = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Compared:
    """Answers of both sides; the table has a row per pair that both connect."""

    table: pd.DataFrame  # from_plant, to_plant, ours_m, ours_s, peer_m, peer_s, ours, peer (lines)
    ours: _LINES  # all that we found
    asked: int
    only_ours: int
    only_peer: int


def run(repeat: int) -> list[dict[str, object]]:  # noqa: ARG001 (answers are compared here, not times)
    """Return one record per extract and vehicle."""
    python = os.environ.get("PYVALHALLA_PYTHON")
    folder = Path(os.environ.get("SYMBIOPLAN_SHARED", _ROOT.parent / "shared" / "data")) / "roads"
    note = ""
    if not python or not Path(python).is_file():
        note = "not run: set PYVALHALLA_PYTHON to an interpreter that has pyvalhalla"
    elif not folder.is_dir():
        note = "not run: set SYMBIOPLAN_SHARED to the folder of public test data"
    if note or not python:
        return [{"benchmark": "oracle", "case": "all", "peer": "valhalla", "pairs": 0, "note": note}]
    return [record(name, vehicle, python, folder) for name in EXTRACTS for vehicle in VEHICLES]


def record(name: str, vehicle: str, python: str, folder: Path) -> dict[str, object]:
    """Compare one vehicle on one extract."""
    file, crs = EXTRACTS[name]
    with tempfile.TemporaryDirectory() as scratch:
        study, ends = _study(Path(scratch) / "study", folder / file, crs, vehicle)
        answers = _ask(python, folder / file, Path(scratch) / "valhalla", _limits(study, vehicle), ends)
    compared = _compare(study, vehicle, answers)
    table = compared.table
    distance, time = table["ours_m"] / table["peer_m"], table["ours_s"] / table["peer_s"]
    barred = closed_roads(study, vehicle)
    adr_class = str(study.resources.set_index("resource").loc[VEHICLES[vehicle], "adr_class"])
    alike = table[same_ends(study, vehicle, adr_class, table)]
    prices = priced(study, vehicle, adr_class, alike["peer"].to_numpy())
    return {
        "benchmark": "oracle",
        "case": f"{name} {vehicle}",
        "peer": "valhalla",
        "pairs": compared.asked,
        "both_found": len(table),
        "only_ours": compared.only_ours,
        "only_peer": compared.only_peer,
        "median_ratio_distance": round(float(distance.median()), 4),
        "p10_ratio_distance": round(float(distance.quantile(0.1)), 4),
        "p90_ratio_distance": round(float(distance.quantile(0.9)), 4),
        "total_ratio_distance": round(float(table["ours_m"].sum() / table["peer_m"].sum()), 4),
        "median_ratio_time": round(float(time.median()), 4),
        "agree_within_5_percent": round(float((distance.sub(1).abs() <= 0.05).mean()), 3),
        "agree_within_20_percent": round(float((distance.sub(1).abs() <= 0.2).mean()), 3),
        "closed_edges": len(barred),
        "limits_obeyed": not on_closed(compared.ours, barred).any(),
        "peer_on_closed": int(on_closed(table["peer"].to_numpy(), barred).sum()),
        "same_ends": len(alike),
        **verdict(alike["ours_s"], prices),
        "note": "ratio = ours / peer",
    }


def _study(folder: Path, pbf: Path, crs: str, vehicle: str) -> tuple[Study, npt.NDArray[np.float64]]:
    """Return a study whose plants are random points on open roads, and their degrees, a row per pair."""
    folder.mkdir()
    (folder / pbf.name).symlink_to(pbf)
    (folder / "study.toml").write_text(_TOML.format(crs=crs, roads=pbf.name, vehicle=vehicle), encoding="utf-8")
    (folder / "streams.csv").write_text("plant,resource,direction,quantity,unit\np0,gypsum,supply,1,kt\n")
    roads = read_road_edges(LayerSpec(path=pbf.name), folder, crs=pyproj.CRS(crs), highways=read_catalogue().highways)
    usable = roads[roads["highway"].isin(_ROADS) & (roads["access"] == "") & roads["hgv"].isin(["", "yes"])]
    usable = usable[
        usable[["maxweight_t", "maxheight_m", "maxaxleload_t", "maxlength_m", "maxwidth_m"]].isna().all(axis=1)
    ]
    usable = usable[(usable["length_m"] > 30) & (usable["hazmat"] == "")]
    drawn = usable.sample(min(2 * _PAIRS, len(usable) // 2 * 2), random_state=_SEED)
    points = drawn.geometry.interpolate(0.5, normalized=True).to_crs("EPSG:4326")
    plants = pd.DataFrame({"plant": [f"p{i}" for i in range(len(points))], "lon": points.x, "lat": points.y})
    plants.assign(name=plants["plant"], sector="").to_csv(folder / "plants.csv", index=False)
    return read_study(folder), plants[["lon", "lat"]].to_numpy().reshape(-1, 4)


def _limits(study: Study, vehicle: str) -> dict[str, object]:
    row = study.vehicles.set_index("vehicle").loc[vehicle]
    return {
        "weight": float(row["gross_weight_t"]),
        "height": float(row["height_m"]),
        "axle_load": float(row["axle_load_t"]),
        "length": float(row["length_m"]),
        "width": float(row["width_m"]),
        "hazmat": bool(row["adr"]),
        "top_speed": float(row["max_speed_kmh"]),
        # Valhalla's taste beyond time (seconds per manoeuvre, small road, ...) is no part of ours.
        "maneuver_penalty": 0,
        "low_class_penalty": 0,
        "service_penalty": 0,
    }


def _ask(
    python: str, pbf: Path, folder: Path, truck: dict[str, object], pairs: npt.NDArray[np.float64]
) -> list[dict[str, object]]:
    asked = {"pbf": str(pbf), "folder": str(folder), "truck": truck, "pairs": pairs.tolist()}
    run = subprocess.run([python, str(_WORKER)], input=json.dumps(asked), capture_output=True, text=True, check=False)
    if run.returncode:
        msg = f"Valhalla failed:\n{run.stderr[-2000:]}"
        raise RuntimeError(msg)
    answers: list[dict[str, object]] = json.loads(run.stdout[run.stdout.index("[{") :])
    return answers


def _compare(study: Study, vehicle: str, answers: list[dict[str, object]]) -> Compared:
    """Route the same pairs with ours and lay the answers side by side."""
    number = np.arange(len(answers))
    pairs = pd.DataFrame({"from_plant": [f"p{2 * i}" for i in number], "to_plant": [f"p{2 * i + 1}" for i in number]})
    asked = pairs.assign(supply="s", demand="d", resource=VEHICLES[vehicle], truck=True)
    found = routing.truck_routes(study, asked)
    lines = found.geometries.set_index("key").geometry
    ours = pairs.merge(found.routes, left_on=["from_plant", "to_plant"], right_on=["from_node", "to_node"], how="left")
    table = pd.DataFrame(
        {
            "from_plant": pairs["from_plant"],
            "to_plant": pairs["to_plant"],
            "ours_m": ours["distance_m"],
            "ours_s": ours["hours_per_trip"] * 3600,
            "peer_m": [float(str(answer.get("km", "nan"))) * 1000 for answer in answers],
            "peer_s": [float(str(answer.get("s", "nan"))) for answer in answers],
            "ours": ours["geometry_key"].map(lines),
            "peer": _decoded(study, [str(answer.get("shape", "")) for answer in answers]),
        }
    )
    mine, theirs = table["ours_m"].notna(), table["peer_m"].notna()
    both = table[mine & theirs & (table["peer_m"] > 0)]
    lines = table.loc[mine, "ours"].to_numpy()
    return Compared(both, lines, len(table), int((mine & ~theirs).sum()), int((~mine & theirs).sum()))


def _decoded(study: Study, shapes: list[str]) -> _LINES:
    """Return Valhalla's polylines (Google's encoding, six digits) in the study's CRS."""
    turn = pyproj.Transformer.from_crs("EPSG:4326", study.crs, always_xy=True)
    lines = []
    for shape in shapes:
        steps, number, shift = [], 0, 0
        for sign in shape:
            chunk = ord(sign) - 63
            number |= (chunk & 31) << shift
            shift += 5
            if chunk < 32:
                steps.append(~(number >> 1) if number & 1 else number >> 1)
                number = shift = 0
        latlon = np.cumsum(np.array(steps, dtype=float).reshape(-1, 2), axis=0) / 1e6
        xy = np.column_stack(turn.transform(latlon[:, 1], latlon[:, 0]))
        lines.append(shapely.LineString(xy) if len(xy) > 1 else shapely.LineString())
    return np.array(lines, dtype=object)


def closed_roads(study: Study, vehicle: str) -> gpd.GeoDataFrame:
    """Return the roads whose signs close them to the vehicle: its weight, sizes, axle load, lorries, hazmat."""
    row, roads = study.vehicles.set_index("vehicle").loc[vehicle], study.roads
    barred = (
        (roads["maxweight_t"] < row["gross_weight_t"])
        | (roads["maxheight_m"] < row["height_m"])
        | (roads["maxaxleload_t"] < row["axle_load_t"])
        | (roads["maxlength_m"] < row["length_m"])
        | (roads["maxwidth_m"] < row["width_m"])
        | (roads["hgv"] == "no")
    )
    if row["adr"]:
        barred |= roads["hazmat"] == "no"
    return roads[barred]


def on_closed(lines: _LINES, closed: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines drive along a closed road: more than half of it lies under the line.

    Made from the geometries alone, so it does not believe the router's own flags.
    """
    flags = np.zeros(len(lines), dtype=bool)
    if closed.empty or not len(lines):
        return flags
    shapes = closed.geometry.to_numpy()
    line, road = shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=_BESIDE_M)
    shared = shapely.length(shapely.intersection(shapes[road], shapely.buffer(lines[line], _BESIDE_M)))
    flags[line[shared > np.maximum(0.5 * shapely.length(shapes[road]), 3 * _BESIDE_M)]] = True
    return flags
