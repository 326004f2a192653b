"""The example of Indiana as its own help says to run it."""

from __future__ import annotations

import json
import subprocess
import sys

import geopandas as gpd
import pytest

from tests.symbioplan.conftest import ROOT


@pytest.mark.shared
def test_the_example_of_indiana_plans_and_draws(shared_data, tmp_path):
    out = tmp_path / "indiana"
    script, terrain = ROOT / "docs" / "examples" / "indiana.py", shared_data / "terrain" / "costmap_ascii"
    command = [sys.executable, str(script), str(terrain), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    summary = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert summary["checker"] == "ok"
    assert summary["bound"] <= summary["objective"]
    assert "rivers" in done.stdout  # crossings by kind are told
    assert f"map: {out / 'map.html'}" in done.stdout
    assert (out / "map.html").stat().st_size > 1e5
    pipes = gpd.read_file(out / "plan.gpkg", layer="pipelines")
    assert pipes.crs.to_epsg() == 32616
    assert {"co2_gas", "raw_water"} <= set(pipes["resource"])
    assert pipes.geometry.length.sum() > 10_000
