"""Whole corridor searches from files: rasters and vectors in two CRS, eight plants, lines to cross.

The ground is made from a seed and written as a study folder: land cover (classes, one of them forbidden) on the
cells of the surface, elevation in degrees on cells three times as wide (slope steps), towns (a factor that fades
over 2 km), rights of way (a discount), lakes (forbidden) and eight lines to cross. Each case runs in a process
of its own, of which the peak of memory is told; ``bytes_per_cell`` is that peak without what the process held
after reading the study (on the largest alone: on smaller ones what is in between counts for more).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer

from benchmarks.least_cost_worker import peak_mib

ROOT = Path(__file__).resolve().parent.parent
_CELL_M, _CRS, _WEST, _NORTH = 10.0, "EPSG:25832", 500_000.0, 5_600_000.0
P = ParamSpec("P")
R = TypeVar("R")
_REPEATED = 3000  # rows up to which the median of five runs counts

_TOML = """name = "Corridors over made ground"
crs = "EPSG:25832"

[layers]
plants = "plants.gpkg"
streams = "streams.csv"

[pipelines]
cell_m = {cell}
margin_km = {margin_km}
max_distance_km = {reach_km}

[[terrain]]
name = "cover"
path = "cover.tif"
classes = {{"1" = 1.0, "2" = 1.5, "3" = 2.5, "4" = 6.0, "5" = "forbidden"}}

[[terrain]]
name = "slope"
path = "height.tif"
of = "slope"
steps = [[3.0, 1.0], [8.0, 1.3], [15.0, 2.0], [30.0, 4.0]]
forbidden_above = 60.0

[[terrain]]
name = "towns"
path = "towns.gpkg"
distance = {{within_m = {near_m}, factor = 3.0}}

[[terrain]]
name = "ways"
path = "ways.gpkg"
discount = 0.7

[[terrain]]
name = "lakes"
path = "lakes.gpkg"
column = "kind"
classes = {{lake = "forbidden"}}

[[terrain]]
name = "rivers"
path = "rivers.gpkg"
crossing_cost = 50000.0
"""


def run(sides: Sequence[int], repeat: int = 3) -> Iterator[dict[str, Any]]:
    """Yield a record per number of rows; the median of ``repeat`` runs counts, of one on the largest."""
    for side in sides:
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder), side)
            runs = [_measured(Path(folder)) for _ in range(repeat if side <= _REPEATED else 1)]
        stages = {name: float(np.median([one[name] for one in runs])) for name in runs[0] if name.endswith("_s")}
        peak = max(one["peak_mib"] for one in runs)
        yield {
            "benchmark": "routing",
            "case": f"corridors-{side}",
            "peer": None,
            "side": side,
            "ours_median_s": round(stages.pop("whole_s"), 3),
            **{name: round(seconds, 3) for name, seconds in stages.items()},
            "peer_median_s": None,
            "ratio": None,
            "ours_peak_mib": round(peak),
            "peer_peak_mib": None,
            "rasters_mib": round(runs[0]["rasters_mib"]),
            "bytes_per_cell": round((peak - runs[0]["read_mib"]) * 2**20 / side**2, 1) if side > _REPEATED else None,
            "corridors": runs[0]["corridors"],
            "same_answer": None,
            "note": f"median of {len(runs)}" if len(runs) > 1 else "one run",
        }


def _measured(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.corridors", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def build(folder: Path, side: int) -> None:
    """Write the study whose surface has ``side`` x ``side`` cells."""
    rng = np.random.default_rng(side)
    width = side * _CELL_M
    cover = _hills(rng, side, 0.8, 0.6)
    classes = np.ones((side, side), dtype=np.uint8)
    for limit in (-0.3, 0.5, 1.2, 2.0):
        classes += cover > limit
    _write(folder / "cover.tif", classes, Affine(_CELL_M, 0, _WEST, 0, -_CELL_M, _NORTH), _CRS)
    to_degrees = Transformer.from_crs(_CRS, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(_WEST, _NORTH - width, _WEST + width, _NORTH)
    rows = max(side // 3, 8)
    pixel = Affine((east - west) / rows, 0, west, 0, -(north - south) / rows, north)
    _write(folder / "height.tif", 200 + _hills(rng, rows, width / 1500, 8.0), pixel, "EPSG:4326")
    _vectors(folder, rng, width)
    margin = width / 20  # the surface reaches exactly as far as the rasters
    at = np.array([[1, 1], [19, 19], [2, 17], [17, 3], [10, 9], [5, 8], [14, 12], [9, 16]]) / 20 * width
    spots = gpd.points_from_xy(_WEST + at[:, 0], _NORTH - at[:, 1])
    names = [f"p{k}" for k in range(len(at))]
    columns = {"plant": names, "name": names, "sector": "water"}
    gpd.GeoDataFrame(columns, geometry=spots, crs=_CRS).to_file(folder / "plants.gpkg")
    streams = {"plant": names, "resource": "raw_water", "direction": ["supply", *["demand"] * 6, "supply"]}
    pd.DataFrame(streams | {"quantity": [4e6, *[1e6] * 6, 4e6], "unit": "m3"}).to_csv(
        folder / "streams.csv", index=False
    )
    settings = {"cell": _CELL_M, "margin_km": margin / 1000, "reach_km": width / 500, "near_m": min(2000.0, width / 10)}
    (folder / "study.toml").write_text(_TOML.format(**settings), encoding="utf-8")


def _vectors(folder: Path, rng: np.random.Generator, width: float) -> None:
    """Write towns, rights of way, lakes and rivers."""

    def places(count: int) -> npt.NDArray[np.float64]:
        return np.array([_WEST, _NORTH]) + rng.uniform(0, width, (count, 2)) * [1, -1]

    def winding(across: bool) -> shapely.LineString:
        along, aside = np.linspace(-0.05, 1.05, 300) * width, np.cumsum(rng.normal(0, width / 1500, 300))
        aside += rng.uniform(0.1, 0.9) * width
        x, y = (along, aside) if across else (aside, along)
        return shapely.LineString(np.column_stack([_WEST + x, _NORTH - y]))

    lakes = shapely.buffer(shapely.points(places(60)), rng.uniform(width / 400, width / 60, 60))
    layers = {
        "towns": shapely.buffer(shapely.points(places(40)), width / 300),
        "ways": np.array([winding(bool(k % 2)) for k in range(6)]),
        "lakes": lakes,
        "rivers": np.array([winding(bool(k % 2)) for k in range(8)]),
    }
    for name, shapes in layers.items():
        kind = {"kind": [name.removesuffix("s")] * len(shapes)}
        gpd.GeoDataFrame(kind, geometry=shapes, crs=_CRS).to_file(folder / f"{name}.gpkg")


def _hills(rng: np.random.Generator, rows: int, broad: float, small: float) -> npt.NDArray[np.float32]:
    """Return noise of two deviations, alike over a fiftieth of the width and over ten cells."""
    from benchmarks.least_cost import noise

    field = np.float32(broad) * noise(rng, rows, max(rows / 50, 4))
    field += np.float32(small) * noise(rng, rows, 10)
    return field


def _write(path: Path, values: npt.NDArray[Any], transform: Affine, crs: str) -> None:
    rows, columns = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype=values.dtype, crs=crs, transform=transform
    ) as target:
        target.write(values, 1)


def main() -> None:
    """Search the corridors of a study folder; print seconds by stage and the peak of memory."""
    import models
    import routing
    import symbioplan
    from routing import corridors

    seconds = {"surface_s": 0.0, "moves_s": 0.0, "paths_s": 0.0}

    def timed(stage: str, function: Callable[P, R]) -> Callable[P, R]:
        def call(*given: P.args, **named: P.kwargs) -> R:
            started = time.perf_counter()
            result = function(*given, **named)
            seconds[stage] += time.perf_counter() - started
            return result

        return call

    for stage, name in (("surface_s", "cost_surface"), ("moves_s", "move_grid"), ("paths_s", "candidate_paths")):
        setattr(corridors, name, timed(stage, getattr(corridors, name)))
    started = time.perf_counter()
    study = symbioplan.read_study(Path(sys.argv[1]))
    read, held = time.perf_counter() - started, _resident_mib()
    pairs = models.match(study)
    network = routing.pipeline_corridors(study, pairs)
    rasters = [layer.ground.values.nbytes for layer in study.terrain if not isinstance(layer.ground, gpd.GeoDataFrame)]
    found = {"read_s": read, **seconds, "whole_s": time.perf_counter() - started, "cpu_s": time.process_time()}
    found |= {"read_mib": held, "peak_mib": peak_mib(), "rasters_mib": sum(rasters) / 2**20}
    print(json.dumps(found | {"corridors": len(network.corridors)}))


def _resident_mib() -> float:
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20 if statm.exists() else float("nan")


if __name__ == "__main__":
    main()
