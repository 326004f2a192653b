"""Least-cost paths over rasters beside scikit-image, pyorps and SciPy, and how our time grows.

Fifty terminals on 3000 x 3000 cells, all pairs joined. That takes 49 searches with any engine that serves all
targets of a source at once; peers take minutes, so a few of the 49 are run by every engine in turn, each in a
process of its own, and their median counts 49 times. Everything is one thread.

pyorps prices a diagonal by the four cells around its middle; beside it ours does so too (``broad``). It stands
in an environment of its own, because it brings other versions: ``SYMBIOPLAN_PYORPS`` is the path of that Python.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, label, zoom

from benchmarks import corridors, report
from benchmarks.least_cost_worker import FORBIDDEN

ROOT = Path(__file__).resolve().parent.parent
PYORPS = os.environ.get("SYMBIOPLAN_PYORPS", "pyorps-python-not-set")
PEERS = (("skimage", 8), ("pyorps", 8), ("scipy", 8), ("pyorps", 16))
_SAME = 1e-6  # relative difference of costs

Record = dict[str, Any]


class Sizes(NamedTuple):
    """How large the cases are: rows (and columns) of rasters, and terminals on them."""

    side: int  # of the comparison
    terminals: int
    growth: tuple[int, ...]  # rows, with ``terminals``
    terminals_on: int  # rows of the raster on which terminals grow
    growth_terminals: tuple[int, ...]
    corridors: tuple[int, ...]  # rows


FULL = Sizes(3000, 50, (500, 1000, 2000, 3000, 5000, 10000), 1000, (2, 5, 10, 20, 50, 100), (500, 1500, 3000, 10000))
TINY = Sizes(150, 6, (60, 100, 150), 100, (2, 6), (100, 160))


def raster(size: int, seed: int = 1) -> npt.NDArray[np.uint16]:
    """Return costs of 10 to 400, correlated over several distances, with forbidden lakes of 5 to 6 %.

    No two forbidden cells meet at a corner only: there scikit-image and pyorps squeeze through, we do not.
    """
    rng = np.random.default_rng(seed)
    logs = np.zeros((size, size), dtype=np.float32)
    for scale, weight in ((size / 8, 0.9), (size / 40, 0.6), (8, 0.4)):
        logs += weight * noise(rng, size, scale)
    costs = np.clip(40 * np.exp(logs), 10, 400).round().astype(np.uint16)
    costs[noise(rng, size, size / 60) > 1.6] = FORBIDDEN
    while True:
        shut = costs == FORBIDDEN
        a, b, c, d = shut[:-1, :-1], shut[:-1, 1:], shut[1:, :-1], shut[1:, 1:]
        corner = np.argwhere((a & d & ~b & ~c) | (b & c & ~a & ~d))
        if len(corner) == 0:
            return np.asarray(costs, dtype=np.uint16)
        costs[corner[:, 0], corner[:, 1]] = costs[corner[:, 0], corner[:, 1] + 1] = FORBIDDEN


def noise(rng: np.random.Generator, size: int, scale: float) -> npt.NDArray[np.float32]:
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
    worker = [python, str(ROOT / "benchmarks/least_cost_worker.py"), str(asked)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT) if engine == "ours" else "", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(worker, capture_output=True, text=True, check=False, env=environment, timeout=3600)
    except (FileNotFoundError, subprocess.TimeoutExpired) as fault:
        return {"fault": str(fault)}
    if done.returncode:
        return {"fault": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    return dict(json.loads(done.stdout))


def run(repeat: int, sizes: Sizes = FULL) -> list[Record]:
    """Return records of all peers, of growth and of whole corridor searches; they are printed as they are found.

    Parameters
    ----------
    repeat
        Sources of which the median counts, at least 5 for a fair comparison.
    sizes
        How large the cases are.
    """
    records: list[Record] = []
    with tempfile.TemporaryDirectory() as folder:
        for record in chain(compare(Path(folder), repeat, sizes), growth(Path(folder), repeat, sizes)):
            print(json.dumps(record), file=sys.stderr, flush=True)
            records.append(record)
    for record in corridors.run(sizes.corridors, min(repeat, 3)):
        print(json.dumps(record), file=sys.stderr, flush=True)
        records.append(record)
    return records


def compare(folder: Path, repeat: int, sizes: Sizes) -> Iterator[Record]:
    """Yield ours beside each peer on the same raster, terminals and sources."""
    file, costs = folder / "raster.npy", raster(sizes.side)
    np.save(file, costs)
    ends = terminals(costs, sizes.terminals)
    for peer, moves in PEERS:
        mine, other = (measure(one, file, moves, ends, repeat, broad=peer == "pyorps") for one in ("ours", peer))
        yield _record(f"raster-{sizes.side}-{sizes.terminals}-terminals-{moves}", (peer, moves), (mine, other), ends)


def growth(folder: Path, repeat: int, sizes: Sizes) -> Iterator[Record]:
    """Yield ours (and scikit-image's, on the smaller rasters) by number of cells and by number of terminals.

    Sources grow dear, so on the largest rasters one or two are measured; the records say how many.
    """
    for side in sizes.growth:
        file, costs = folder / f"growth-{side}.npy", raster(side)
        np.save(file, costs)
        ends = terminals(costs, max(sizes.growth_terminals))
        del costs
        counts = sizes.growth_terminals if side == sizes.terminals_on else (sizes.terminals,)
        for count in counts:
            sources = min(repeat if side <= sizes.side else 2, count - 1)
            mine = measure("ours", file, 8, ends[:count], sources)
            peer, other = None, None
            if side < sizes.side and count == sizes.terminals:
                peer, other = "skimage", measure("skimage", file, 8, ends[:count], min(sources, 2))
            yield _record(f"raster-growth-{side}-{count}-terminals-8", (peer, 8), (mine, other), ends[:count])
        file.unlink()


def _record(
    case: str, peer: tuple[str | None, int], found: tuple[Record, Record | None], ends: list[list[int]]
) -> Record:
    """Return a record of ours, with a peer's beside it if there is one."""
    mine, other = found
    if "fault" in mine:
        raise RuntimeError(mine["fault"])
    searches = len(ends) - 1
    record: Record = {
        "benchmark": "routing",
        "case": case,
        "peer": peer[0],
        "side": mine["side"],
        "moves": peer[1],
        "terminals": len(ends),
        "ours_median_s": _whole(mine, searches),
        "ours_source_s": round(statistics.median(mine["seconds"]), 4),
        "peer_median_s": None,
        "peer_source_s": None,
        "ratio": None,
        "ours_peak_mib": round(mine["peak_mib"]),
        "peer_peak_mib": None,
        "same_answer": None,
        "note": f"median of {len(mine['seconds'])}",
    }
    if other is None:
        return record
    if "fault" in other:
        return record | {"note": f"peer not measured: {other['fault']}"}
    both = [np.concatenate(result["costs"][: len(other["costs"])]) for result in (mine, other)]
    apart = float(np.abs(both[0] / both[1] - 1).max())
    return record | {
        "peer_median_s": _whole(other, searches),
        "peer_source_s": round(statistics.median(other["seconds"]), 4),
        "ratio": round(_whole(other, searches) / _whole(mine, searches), 2),
        "peer_peak_mib": round(other["peak_mib"]),
        "same_answer": apart < _SAME,
        "note": f"medians of {len(mine['seconds'])} and {len(other['seconds'])}; apart at most {apart:.0e}",
    }


def _whole(result: Record, searches: int) -> float:
    """Return the seconds of preparation and of one search from every terminal but the last."""
    return round(float(result["prepared"] + searches * statistics.median(result["seconds"])), 3)


def main() -> None:
    """Measure, and write tables and picture into ``docs``."""
    from benchmarks import least_cost_report

    parser = argparse.ArgumentParser(prog="python -m benchmarks.least_cost", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="sources of which the median counts")
    parser.add_argument("--tiny", action="store_true", help="small cases, to see that it runs; docs stay as they are")
    asked = parser.parse_args()
    measured_on = report.conditions()
    records = run(asked.repeat, TINY if asked.tiny else FULL)
    if not asked.tiny:
        least_cost_report.write(records, measured_on, ROOT / "docs")
    print("\n".join(least_cost_report.tables(records, measured_on)))


if __name__ == "__main__":
    main()
