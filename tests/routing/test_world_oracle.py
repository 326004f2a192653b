"""The oracle's own instruments: what it says without Valhalla, and that it would see a broken limit."""

import geopandas as gpd
import numpy as np
import shapely

from benchmarks import oracle_valhalla


def test_without_valhalla_it_says_what_to_set(monkeypatch):
    monkeypatch.delenv("PYVALHALLA_PYTHON", raising=False)
    (record,) = oracle_valhalla.run(1)
    assert record["pairs"] == 0
    assert "PYVALHALLA_PYTHON" in record["note"]


def test_a_line_along_a_closed_road_is_seen_and_one_across_it_is_not():
    closed = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (100, 0)])], crs="EPSG:25832")
    lines = np.array(
        [
            shapely.LineString([(-50, 0.1), (150, 0.1)]),
            shapely.LineString([(50, -50), (50, 50)]),
            shapely.LineString([(-50, 0), (20, 0)]),
            shapely.LineString(),
        ],
        dtype=object,
    )
    assert oracle_valhalla.on_closed(lines, closed).tolist() == [True, False, False, False]
