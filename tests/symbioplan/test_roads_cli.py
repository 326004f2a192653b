"""Alternative routes and service areas from the command line."""

import json
import sqlite3

import geopandas as gpd
import pytest


def test_alternative_routes_differ_and_open_in_a_gis(run, tmp_path):
    file = tmp_path / "routes.gpkg"
    done = run("routes", "kalundborg", "bioenergi", "farms", "digestate", "--out", str(file), "--json")
    assert done.returncode == 0, done.stderr
    routes = json.loads(done.stdout)["routes"]
    assert len(routes) >= 2
    assert [route["rank"] for route in routes] == list(range(1, len(routes) + 1))
    assert all(route["overlap"] <= 0.7 for route in routes[1:])
    costs = [route["cost_per_trip"] for route in routes]
    assert costs == sorted(costs)
    drawn = gpd.read_file(file, layer="alternative_routes")
    assert drawn.length.tolist() == pytest.approx([route["distance_m"] for route in routes], rel=0.02)
    with sqlite3.connect(file) as database:
        styled = {name for (name,) in database.execute("SELECT f_table_name FROM layer_styles")}
    assert "alternative_routes" in styled


def test_a_service_area_grows_band_by_band(run, tmp_path):
    file = tmp_path / "reach.gpkg"
    words = ("reach", "kalundborg", "asnaes", "artic_tipper", "--minutes", "10,20,30", "--out", str(file), "--json")
    done = run(*words)
    assert done.returncode == 0, done.stderr
    bands = json.loads(done.stdout)["bands"]
    assert [(band["above"], band["up_to"]) for band in bands] == [(0, 10), (10, 20), (20, 30)]
    areas = gpd.read_file(file, layer="service_bands")
    assert areas.geometry.iloc[0].intersection(areas.geometry.iloc[1]).area < 1
    assert len(gpd.read_file(file, layer="service_roads")) > 10


@pytest.mark.parametrize(
    "words",
    [
        ("routes", "kalundborg", "bioenergi", "farm", "digestate"),
        ("routes", "kalundborg", "bioenergi", "farms", "digestat"),
        ("reach", "kalundborg", "asnaes", "artic_tipper"),
        ("reach", "kalundborg", "asnaes", "artic_tipper", "--km", "far"),
        ("reach", "kalundborg", "asnaes", "artic_tipper", "--km", "-5"),
    ],
)
def test_bad_words_are_faults_and_write_nothing(run, tmp_path, words):
    done = run(*words, "--out", str(tmp_path / "x.gpkg"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
