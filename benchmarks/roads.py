"""Many-to-many truck routes side by side with OSMnx, igraph, pandana, networkit, SciPy and networkx.

Every engine gets the same arcs, prepares what it needs, and finds the paths of 200 x 200 pairs; preparation
counts. Each runs in a process of its own, of which the peak of memory is told (numpy and pandas included).
Slow engines do a share of the work and are scaled: the ``note`` says so. ``python -m benchmarks.roads`` also
writes the table and the picture of growth into ``docs``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.road_cases import Case, grid, liege

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
TERMINALS = 200
SIZES = {"grid-10k": 10_000, "grid-30k": 30_000, "grid-100k": 100_000, "grid-300k": 300_000, "grid-1m": 1_000_000}
# Runs, and sources done (pairs for OSMnx), by peer and case. Those that take minutes run once.
_PEERS: dict[str, dict[str, tuple[int, int]]] = {
    "liege": {
        "pandana": (5, 200), "igraph": (5, 200), "networkit": (5, 200), "scipy": (5, 200),
        "networkx": (1, 4), "osmnx": (1, 40),
    },
    "grid-100k": {
        "pandana": (5, 200), "igraph": (5, 200), "networkit": (5, 40), "scipy": (5, 200),
        "networkx": (1, 4), "osmnx": (1, 40),
    },
    "grid-1m": {"pandana": (1, 200), "igraph": (1, 10), "networkit": (1, 10), "scipy": (1, 10)},
}  # fmt: skip
_GROWTH_PEERS = {"pandana": (1, 200), "scipy": (1, 50)}
_SAME = 1e-6  # relative difference of costs


def run(repeat: int, data: Path = DATA) -> list[dict[str, object]]:
    """Return one record per case and peer.

    Parameters
    ----------
    repeat
        Runs of ours of which the median counts.
    data
        The public test data; without it Liège is left out.
    """
    records: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, case in _cases(data):
            records += _compare(name, case, repeat, Path(folder))
    return records


def _cases(data: Path) -> Iterator[tuple[str, Case]]:
    if data.is_dir():
        whole = liege(data, TERMINALS)
        yield "liege", whole
        for terminals in (10, 20, 50, 100):
            yield f"liege-{terminals}-terminals", whole.only(terminals)
    else:
        print(f"no public test data at {data}: liege is left out", file=sys.stderr)
    for name, nodes in SIZES.items():
        yield name, grid(nodes, TERMINALS)


def _compare(name: str, case: Case, repeat: int, folder: Path) -> list[dict[str, object]]:
    """Return the records of ours and of each peer on a case."""
    case.save(folder / "case.npz")
    ours = _measure("ours", repeat, len(case.source), folder)
    if ours is None:
        raise RuntimeError("our own engine failed")
    median = statistics.median(ours["total_s"])
    records = []
    for peer, (most, share) in _PEERS.get(name, _GROWTH_PEERS).items():
        runs = min(most, repeat)
        theirs = _measure(peer, runs, share, folder)
        if theirs is None:
            continue
        peer_median = statistics.median(theirs["total_s"])
        done = len(theirs["costs"])
        difference = float(np.abs(theirs["costs"] / ours["costs"][:done] - 1).max())
        scaled = "" if theirs["share"] == 1 else f"; {done} of {len(ours['costs'])} pairs done and scaled"
        records.append(
            {
                "benchmark": "routing",
                "case": name,
                "peer": peer,
                "ours_median_s": round(median, 4),
                "peer_median_s": round(peer_median, 4),
                "ratio": round(peer_median / median, 1),
                "ours_peak_mib": round(ours["peak_mib"]),
                "peer_peak_mib": round(theirs["peak_mib"]),
                "same_answer": difference < _SAME,
                "nodes": len(case.x),
                "arcs": len(case.tail),
                "terminals": len(case.source),
                "peer_preparation_s": round(statistics.median(theirs["prepare_s"]), 4),
                "note": f"medians of {repeat} and {runs}{scaled}",
            }
        )
        print(json.dumps(records[-1]), file=sys.stderr)
    return records


def _measure(engine: str, runs: int, share: int, folder: Path) -> dict[str, Any] | None:
    """Run an engine in a process of its own; None when it is not installed or fails."""
    costs = folder / "costs.npy"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.road_engines", engine, folder / "case.npz", str(runs), str(share), costs],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"{engine} is left out: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    result["total_s"] = [sum(pair) for pair in zip(result["prepare_s"], result["search_s"], strict=True)]
    result["costs"] = np.load(costs)
    return result


def main() -> None:
    """Measure, and write the table and the picture into ``docs``."""
    from benchmarks.road_report import picture, table

    records = run(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    (ROOT / "docs" / "images" / "routing-roads-growth.svg").write_text(picture(records), encoding="utf-8")
    page = ROOT / "docs" / "routing-performance-roads.md"
    report.fill(page, [table(records)])
    print(json.dumps(records, indent=2))


if __name__ == "__main__":
    main()
