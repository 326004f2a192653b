"""How long each stage of planning a bundled study takes."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import symbioplan
from benchmarks.least_cost_worker import peak_mib


def run(repeat: int) -> list[dict[str, object]]:
    """Return one record per stage of planning Kalundborg and one for the whole, medians of ``repeat`` runs.

    The shape of a record is that of all our benchmarks; there is no peer that does the whole job.
    """
    runs: list[dict[str, float]] = []
    status = ""
    for _ in range(repeat):
        started = time.perf_counter()
        study = symbioplan.read_study("kalundborg")
        read = time.perf_counter() - started
        result = symbioplan.plan(study)
        with tempfile.TemporaryDirectory() as folder:
            written = symbioplan.write_result(result, Path(folder) / "out")
        status = written.status
        runs.append({"read study": read, **written.seconds, "whole": time.perf_counter() - started})
    return [
        {
            "benchmark": "plan",
            "case": f"kalundborg {stage}",
            "peer": None,
            "ours_median_s": round(statistics.median(one[stage] for one in runs), 4),
            "peer_median_s": None,
            "ratio": None,
            "ours_peak_mib": round(peak_mib(), 1),
            "peer_peak_mib": None,
            "same_answer": None,
            "status": status,
        }
        for stage in runs[0]
    ]
