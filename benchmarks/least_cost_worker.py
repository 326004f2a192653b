"""One least-cost engine on one raster, in a process of its own: ``python least_cost_worker.py JOB.json``.

It imports nothing but NumPy and the engine, so it runs in the environment of the peer. Prints a record:
seconds of preparation, seconds per source (paths to all targets included), the cost of every path added up
by one and the same function, and the peak of memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FORBIDDEN = 65535  # the raster is uint16, because pyorps takes no other
Paths = list[npt.NDArray[Any]]  # cells (n, 2) each
Search = Callable[[npt.NDArray[Any], npt.NDArray[Any]], Paths]
Prepare = Callable[[npt.NDArray[Any]], Search]  # imports are done before


def ours(neighbourhood: int, *, broad: bool = False) -> Prepare:
    from routing.leastcost import MoveCosts

    def prepare(raster: npt.NDArray[Any]) -> Search:
        moves = MoveCosts(np.where(raster == FORBIDDEN, np.float32(np.inf), raster), 1.0, neighbourhood, broad=broad)

        def search(source: npt.NDArray[Any], targets: npt.NDArray[Any]) -> Paths:
            pairs = [(0, k) for k in range(1, len(targets) + 1)]
            found = moves.paths(np.concatenate([source[None], targets]), pairs, threads=1)
            return [path.cells for path in found.values() if path is not None]

        return search

    return prepare


def skimage(neighbourhood: int) -> Prepare:  # noqa: ARG001 - it has 8 only
    from skimage.graph import MCP_Geometric

    def prepare(raster: npt.NDArray[Any]) -> Search:
        costs = np.where(raster == FORBIDDEN, -1.0, raster.astype(np.float64))

        def search(source: npt.NDArray[Any], targets: npt.NDArray[Any]) -> Paths:
            engine = MCP_Geometric(costs)
            engine.find_costs([source.tolist()], targets.tolist(), find_all_ends=True)
            return [np.array(engine.traceback(target)) for target in targets.tolist()]

        return search

    return prepare


def pyorps(neighbourhood: int) -> Prepare:
    from pyorps.utils._dijkstra import dijkstra_single_source_multiple_targets
    from pyorps.utils.neighborhood import get_neighborhood_steps

    def prepare(raster: npt.NDArray[Any]) -> Search:
        steps = np.ascontiguousarray(get_neighborhood_steps({8: 1, 16: 2}[neighbourhood]), dtype=np.int8)
        columns = raster.shape[1]

        def search(source: npt.NDArray[Any], targets: npt.NDArray[Any]) -> Paths:
            ends = (targets @ [columns, 1]).astype(np.uint32)
            start = int(source @ [columns, 1])
            found = dijkstra_single_source_multiple_targets(raster, steps, start, ends, FORBIDDEN)
            return [np.column_stack(np.divmod(np.asarray(path, dtype=np.int64), columns)) for path in found]

        return search

    return prepare


def scipy(neighbourhood: int) -> Prepare:  # noqa: ARG001 - built for 8
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    def prepare(raster: npt.NDArray[Any]) -> Search:
        rows, columns = raster.shape
        padded = np.full((rows + 2, columns + 2), np.inf, dtype=np.float32)
        padded[1:-1, 1:-1] = np.where(raster == FORBIDDEN, np.inf, raster)
        steps = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
        prices = np.empty((rows * columns, 8), dtype=np.float64)
        for k, (down, right) in enumerate(steps):
            there = padded[1 + down : rows + 1 + down, 1 + right : columns + 1 + right]
            prices[:, k] = ((padded[1:-1, 1:-1] + there).astype(np.float64) * np.hypot(down, right) / 2).ravel()
        offsets = np.array([down * columns + right for down, right in steps], dtype=np.int32)
        ends = np.arange(rows * columns, dtype=np.int32)[:, None] + offsets
        exists = np.isfinite(prices)
        first = np.concatenate([[0], np.cumsum(exists.sum(axis=1))]).astype(np.int32)
        graph = csr_array((prices[exists], ends[exists], first), shape=(rows * columns, rows * columns))
        del prices, ends, exists

        def search(source: npt.NDArray[Any], targets: npt.NDArray[Any]) -> Paths:
            start = int(source @ [columns, 1])
            _, before = dijkstra(graph, indices=start, return_predecessors=True)
            found = []
            for target in (targets @ [columns, 1]).tolist():
                path = [target]
                while path[-1] != start:
                    path.append(int(before[path[-1]]))
                found.append(np.column_stack(np.divmod(np.array(path[::-1]), columns)))
            return found

        return search

    return prepare


def path_cost(raster: npt.NDArray[Any], cells: npt.NDArray[Any], *, broad: bool) -> float:
    """Return what a path costs: every move by the cells that it runs over; a broad diagonal by four."""
    costs, step = raster.astype(np.float64, copy=False), np.diff(cells, axis=0)
    ends = costs[tuple(cells[:-1].T)] + costs[tuple(cells[1:].T)]
    length = np.abs(step).sum(axis=1)
    half = np.where(np.abs(step) == 2, step // 2, 0)
    half[:, 0] += np.where(length == 2, step[:, 0], 0)
    one = costs[tuple((cells[:-1] + half).T)]
    two = costs[tuple((cells[1:] - half).T)]
    mean = np.where((length == 3) | (broad & (length == 2)), (ends + one + two) / 4, ends / 2)
    return float((mean * np.hypot(*step.T)).sum())


def peak_mib() -> float:
    """Return the peak of memory of this process alone: what the system reports may be that of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes on macOS, KiB elsewhere


def main() -> None:
    """Do the job in a JSON file: engine, raster (npy), neighbourhood, sources and targets [[row, column]]."""
    job = json.loads(Path(sys.argv[1]).read_text())
    raster = np.load(job["raster"])
    engines = {"ours": ours, "skimage": skimage, "pyorps": pyorps, "scipy": scipy}
    broad = {"broad": True} if job["engine"] == "ours" and job["broad"] else {}
    prepare = engines[job["engine"]](job["neighbourhood"], **broad)
    prepare(np.ones((9, 9), dtype=np.uint16))(np.array([0, 0]), np.array([[8, 8]]))  # what is compiled, is now
    started = time.perf_counter()
    search = prepare(raster)
    prepared = time.perf_counter() - started
    seconds, paths = [], []
    for source, targets in zip(job["sources"], job["targets"], strict=True):
        started = time.perf_counter()
        paths.append(search(np.array(source), np.array(targets)))
        seconds.append(time.perf_counter() - started)
    peak = peak_mib()
    costs = [[path_cost(raster, cells, broad=job["broad"]) for cells in found] for found in paths]
    print(json.dumps({"side": len(raster), "prepared": prepared, "seconds": seconds, "costs": costs, "peak_mib": peak}))


if __name__ == "__main__":
    main()
