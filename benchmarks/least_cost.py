"""Least-cost paths over rasters beside scikit-image, pyorps and SciPy, and how our time grows.

Fifty terminals on 3000 x 3000 cells, all pairs joined. That takes 49 searches with any engine that serves all
targets of a source at once; peers take minutes, so a few of the 49 are run by every engine in turn, each in a
process of its own, and their median counts 49 times. Everything is one thread.

pyorps prices a diagonal by the four cells around its middle; beside it ours does so too (``broad``). It stands
in an environment of its own, because it brings other versions: ``SYMBIOPLAN_PYORPS`` is the path of that Python.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, label, zoom

from benchmarks.least_cost_worker import FORBIDDEN

SIZE, TERMINALS = 3000, 50
PYORPS = os.environ.get("SYMBIOPLAN_PYORPS", "pyorps-python-not-set")
PEERS = (("skimage", 8), ("pyorps", 8), ("scipy", 8), ("pyorps", 16))
GROWTH_SIZES = (500, 1000, 2000, 3000, 5000, 10000)
GROWTH_TERMINALS = (2, 5, 10, 20, 50, 100)

Record = dict[str, Any]


def raster(size: int, seed: int = 1) -> npt.NDArray[np.uint16]:
    """Return costs of 10 to 400, correlated over several distances, with forbidden lakes of 5 to 6 %.

    No two forbidden cells meet at a corner only: there scikit-image and pyorps squeeze through, we do not.
    """
    rng = np.random.default_rng(seed)
    logs = np.zeros((size, size), dtype=np.float32)
    for scale, weight in ((size / 8, 0.9), (size / 40, 0.6), (8, 0.4)):
        logs += weight * _noise(rng, size, scale)
    costs = np.clip(40 * np.exp(logs), 10, 400).round().astype(np.uint16)
    costs[_noise(rng, size, size / 60) > 1.6] = FORBIDDEN
    while True:
        shut = costs == FORBIDDEN
        a, b, c, d = shut[:-1, :-1], shut[:-1, 1:], shut[1:, :-1], shut[1:, 1:]
        corner = np.argwhere((a & d & ~b & ~c) | (b & c & ~a & ~d))
        if len(corner) == 0:
            return np.asarray(costs, dtype=np.uint16)
        costs[corner[:, 0], corner[:, 1]] = costs[corner[:, 0], corner[:, 1] + 1] = FORBIDDEN


def _noise(rng: np.random.Generator, size: int, scale: float) -> npt.NDArray[np.float32]:
    """Return noise of mean 0 and deviation 1 that is alike over some cells."""
    coarse = int(np.ceil(size / max(scale / 4, 1))) + 8
    field = gaussian_filter(rng.standard_normal((coarse, coarse)).astype(np.float32), 2)
    smooth = zoom(field, (size + 8) / coarse * 1.02, order=1)[:size, :size]
    return np.asarray(smooth / smooth.std(), dtype=np.float32)


def terminals(costs: npt.NDArray[np.uint16], count: int, seed: int = 2) -> list[list[int]]:
    """Return cells that can all reach each other, (row, column)."""
    pieces, _ = label(costs != FORBIDDEN)
    cells = np.flatnonzero(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1)
    chosen = np.random.default_rng(seed).choice(cells, count, replace=False)
    return np.column_stack(np.divmod(chosen, costs.shape[1])).tolist()  # type: ignore[no-any-return]


def measure(
    engine: str, file: Path, neighbourhood: int, ends: list[list[int]], sources: int, *, broad: bool = False
) -> Record:
    """Return what a worker says, or why it says nothing; source k has all terminals after it as targets."""
    python = PYORPS if engine == "pyorps" else sys.executable
    job = {"engine": engine, "raster": str(file), "neighbourhood": neighbourhood, "broad": broad}
    job |= {"sources": ends[:sources], "targets": [ends[k + 1 :] for k in range(sources)]}
    asked = file.with_suffix(".json")
    asked.write_text(json.dumps(job))
    root = Path(__file__).parents[1]
    worker = [python, str(root / "benchmarks/least_cost_worker.py"), str(asked)]
    environment = {**os.environ, "PYTHONPATH": str(root) if engine == "ours" else "", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(worker, capture_output=True, text=True, check=False, env=environment, timeout=3600)
    except (FileNotFoundError, subprocess.TimeoutExpired) as fault:
        return {"fault": str(fault)}
    if done.returncode:
        return {"fault": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    return dict(json.loads(done.stdout))


def run(repeat: int) -> list[Record]:
    """Return records of all peers and of growth; the median of ``repeat`` sources counts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "raster.npy"
        costs = raster(SIZE)
        np.save(file, costs)
        ends = terminals(costs, TERMINALS)
        found = []
        for peer, moves in PEERS:
            broad = peer == "pyorps"
            mine, other = (measure(engine, file, moves, ends, repeat, broad=broad) for engine in ("ours", peer))
            found.append(_record(peer, moves, mine, other))
        return [*found, *growth(Path(folder), repeat)]


def _record(peer: str, moves: int, mine: Record, other: Record) -> Record:
    record: Record = {
        "benchmark": "routing",
        "case": f"raster-{SIZE}-{TERMINALS}-terminals-{moves}",
        "peer": peer,
        "ours_median_s": _whole(mine),
        "peer_median_s": None,
        "ratio": None,
        "ours_peak_mib": round(mine["peak_mib"]),
        "peer_peak_mib": None,
        "same_answer": None,
        "note": f"not measured: {other.get('fault')}",
    }
    if "fault" in other:
        return record
    both = [np.concatenate(result["costs"]) for result in (mine, other)]
    apart = float(np.abs(both[0] / both[1] - 1).max())
    return record | {
        "peer_median_s": _whole(other),
        "ratio": round(_whole(other) / _whole(mine), 2),
        "peer_peak_mib": round(other["peak_mib"]),
        "same_answer": apart < 1e-6,
        "note": f"preparation and {TERMINALS - 1} times the median of {len(other['seconds'])} sources, one thread; "
        f"costs of paths differ by at most {apart:.0e} of the peer's",
    }


def _whole(result: Record) -> float:
    return round(float(result["prepared"] + (TERMINALS - 1) * statistics.median(result["seconds"])), 2)


def growth(folder: Path, repeat: int) -> list[Record]:
    """Return our time from one source to the far end, by number of cells, and for all pairs, by terminals."""
    records = []
    for size in GROWTH_SIZES:
        file = folder / f"growth-{size}.npy"
        costs = raster(size)
        np.save(file, costs)
        ends = terminals(costs, max(GROWTH_TERMINALS))
        del costs
        counts = GROWTH_TERMINALS if size == 1000 else (50,)
        for count in counts:
            sources = min(repeat if size <= SIZE else 2, count - 1)
            mine = measure("ours", file, 8, ends[:count], sources)
            if "fault" in mine:
                raise RuntimeError(mine["fault"])
            each = statistics.median(mine["seconds"])
            records.append(
                {
                    "benchmark": "routing",
                    "case": f"raster-growth-{size}-{count}-terminals-8",
                    "peer": None,
                    "ours_median_s": round(each * (count - 1), 3),
                    "peer_median_s": None,
                    "ratio": None,
                    "ours_peak_mib": round(mine["peak_mib"]),
                    "peer_peak_mib": None,
                    "same_answer": None,
                    "note": f"{each:.3f} s a source, median of {sources}, times {count - 1}",
                }
            )
        file.unlink()
    return records


def plot(records: list[Record], file: Path) -> None:
    """Draw growth against cells and terminals as an SVG with logarithmic axes."""
    named = [(r["case"].split("-"), r) for r in records if r["case"].startswith("raster-growth")]
    cells = [(int(n[2]) ** 2, float(r["note"].split()[0])) for n, r in named if n[3] == "50"]
    ends = [(int(n[3]), r["ours_median_s"]) for n, r in named if n[2] == "1000"]
    left = _panel(0, sorted(cells), "cells", "seconds a source, 50 terminals")
    right = _panel(360, sorted(ends), "terminals, all pairs, 1000 x 1000 cells", "seconds")
    style = "font-family='sans-serif' font-size='12'"
    file.write_text(
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 720 300' width='720' height='300' {style}>"
        f"<rect width='720' height='300' fill='white'/>{left}{right}</svg>\n"
    )


def _panel(shift: int, points: list[tuple[int, float]], across: str, up: str) -> str:
    x, y = (np.log10([point[k] for point in points]) for k in (0, 1))
    low, high = np.floor([x.min(), y.min()]), np.ceil([x.max(), y.max()])
    at = np.column_stack([60 + 270 * (x - low[0]) / (high[0] - low[0]), 245 - 210 * (y - low[1]) / (high[1] - low[1])])
    parts = [
        f"<g transform='translate({shift} 0)'><rect x='60' y='35' width='270' height='210' fill='none' stroke='#888'/>"
    ]
    for power in np.arange(low[0], high[0] + 1):
        place = 60 + 270 * (power - low[0]) / (high[0] - low[0])
        parts.append(f"<text x='{place:.0f}' y='262' text-anchor='middle'>{_power(power)}</text>")
    for power in np.arange(low[1], high[1] + 1):
        place = 245 - 210 * (power - low[1]) / (high[1] - low[1])
        parts.append(f"<text x='54' y='{place + 4:.0f}' text-anchor='end'>{_power(power)}</text>")
        parts.append(f"<line x1='60' x2='330' y1='{place:.0f}' y2='{place:.0f}' stroke='#ddd'/>")
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in at)
    parts.append(f"<polyline points='{line}' fill='none' stroke='#1f6f8b' stroke-width='2'/>")
    parts += [f"<circle cx='{a:.1f}' cy='{b:.1f}' r='4' fill='#1f6f8b'/>" for a, b in at]
    parts.append(f"<text x='195' y='285' text-anchor='middle'>{across}</text>")
    parts.append(f"<text x='60' y='24'>{up}</text></g>")
    return "".join(parts)


def _power(power: float) -> str:
    return f"{10**power:g}" if power < 4 else f"10<tspan dy='-5' font-size='9'>{power:.0f}</tspan>"


if __name__ == "__main__":  # python -m benchmarks.least_cost RECORDS.json PLOT.svg
    measured = run(5)
    Path(sys.argv[1]).write_text(json.dumps(measured, indent=2) + "\n")
    plot(measured, Path(sys.argv[2]))
