"""Terrain layers against grids drawn by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from data import read_study, write_study
from data.errors import InputError
from data.grids import Grid
from data.read_terrain import read_terrain
from data.settings import TerrainSpec
from data.study import Raster, Terrain
from routing.corridors import pipeline_corridors
from routing.crossings import Crossings
from routing.terrain_layers import terrain_effect, terrain_lines
from tests.routing.pipe_cases import UTM, all_pairs, make_study

GRID = Grid(Affine(100, 0, 0, 0, -100, 1000), (10, 10), UTM, 100.0)


def raster(values, **rule) -> Terrain:
    values = np.asarray(values, dtype=float)
    size = 1000 / values.shape[0]
    return Terrain(TerrainSpec(name="x", path="x.tif", **rule), Raster(values, Affine(size, 0, 0, 0, -size, 1000), UTM))


def vector(geometry, attributes=None, **rule) -> Terrain:
    frame = gpd.GeoDataFrame(attributes or {}, geometry=geometry, crs=UTM)
    return Terrain(TerrainSpec(name="x", path="x.gpkg", **rule), frame)


def test_classes_of_a_raster():
    factors, closed = terrain_effect([raster([[11, 41], [82, np.nan]], classes={"11": "forbidden", "41": 1.5})], GRID)
    assert closed[:5, :5].all()
    assert closed.sum() == 25
    assert (factors[:5, 5:] == 1.5).all()
    assert (factors[5:] == 1).all()


def test_steps_points_and_limits():
    values = [[2, 10], [20, 60]]
    steps, _ = terrain_effect([raster(values, steps=[[5, 1], [15, 1.3], [30, 2]])], GRID)
    assert [steps[0, 0], steps[0, 9], steps[9, 0], steps[9, 9]] == [1, 1.3, 2, 2]
    points, closed = terrain_effect([raster(values, points=[[0, 1], [20, 3]], forbidden_above=50)], GRID)
    assert [points[0, 0], points[0, 9], points[9, 0]] == pytest.approx([1.2, 2, 3])
    assert closed.sum() == 25
    assert closed[9, 9]


def test_factors_multiply_and_the_deepest_discount_counts():
    twos = raster([[2]], classes={"2": 2})
    half, less = raster([[1]], discount=0.5), raster([[1]], discount=0.8)
    factors, _ = terrain_effect([twos, twos, half, less], GRID)
    assert (factors == 2).all()


def test_distance_fades_and_reaches_in_from_outside():
    well = vector([shapely.Point(-50, 550)], distance={"within_m": 400, "factor": 3})
    factors, _ = terrain_effect([well], GRID)
    assert factors[4, :5] == pytest.approx([2.5, 2, 1.5, 1, 1])
    _, closed = terrain_effect([well.__class__(well.rule.model_copy(update={
        "distance": well.rule.distance.model_copy(update={"factor": "forbidden"})}), well.ground)], GRID)  # fmt: skip
    assert np.flatnonzero(closed[4]).tolist() == [0, 1, 2, 3]


def test_vector_classes_forbid_every_cell_they_touch():
    zones = vector([shapely.box(0, 0, 310, 1000), shapely.box(500, 0, 700, 1000)], {"use": ["lake", "wood"]},
                   column="use", classes={"lake": "forbidden", "wood": 2})  # fmt: skip
    factors, closed = terrain_effect([zones], GRID)
    assert np.flatnonzero(closed[0]).tolist() == [0, 1, 2, 3]
    assert np.flatnonzero(factors[0] == 2).tolist() == [5, 6]


def test_a_layer_that_lies_elsewhere_changes_nothing():
    far = Grid(Affine(100, 0, 1e5, 0, -100, 1e5), (10, 10), UTM, 100.0)
    box, number = [shapely.box(0, 0, 310, 1000)], {"u": [3.0]}
    layers = [
        vector(box, {"u": ["a"]}, column="u", classes={"a": "forbidden"}),
        vector(box, {"u": ["a"]}, column="u", values=["a"], discount=0.5),
        vector(box, number, column="u", steps=[[1, 1], [5, 2]], forbidden_above=2),
        vector(box, number, column="u", points=[[1, 1], [5, 2]]),
        vector(box, distance={"within_m": 400, "factor": 3}),
        raster([[1, 2], [3, 4]], classes={"1": "forbidden", "2": 3}),
        raster([[1, 2], [3, 4]], of="slope", points=[[0, 1], [1, 2]]),
        raster([[1, 2], [3, 4]], distance={"within_m": 400, "factor": 3}),
    ]
    for layer in layers:
        near, closed = terrain_effect([layer], GRID)
        assert closed.any() or (near != 1).any(), layer.rule.rule
        factors, shut = terrain_effect([layer], far)
        assert (factors == 1).all(), layer.rule.rule
        assert not shut.any(), layer.rule.rule


def test_a_raster_line_is_charged_once_whatever_its_cells():
    values = np.full((10, 10), np.nan)
    for k in range(10):
        values[k, k] = 1  # corner to corner
    values[:, 3][np.isnan(values[:, 3])] = np.nan
    thick = values.copy()
    thick[:, :-1][~np.isnan(values[:, 1:])] = 1  # two cells wide
    for band in (values, thick):
        lines = terrain_lines([raster(band, crossing_cost=500)], UTM)
        met = Crossings.from_layer(lines)
        assert met.charge(np.array([[150.0, 250.0], [850.0, 750.0]]))[0] in (0, 500)
        assert met.charge(np.array([[150.0, 350.0], [850.0, 350.0]])) == (500, 1)
        assert met.by_kind(np.array([[150.0, 350.0], [850.0, 350.0]])) == {"x": 1}


def test_faults_come_all_at_once(template, edit):
    toml = template / "study.toml"
    bad = '\n[[terrain]]\nname = "a"\npath = "none.tif"\n\n[[terrain]]\nname = "b"\npath = "gone.asc"\ndiscount = 0.5\n'
    toml.write_text(toml.read_text() + bad)
    with pytest.raises(InputError) as caught:
        read_study(template)
    text = str(caught.value)
    assert "none.tif" in text
    assert "gone.asc" in text
    assert "exactly one of" in text
    faults = read_terrain([TerrainSpec(name="c", path="no.tif", classes={"wood": 2}),
                           TerrainSpec(name="d", path="no.gpkg", steps=[[1, 2]])], template, UTM)[1]  # fmt: skip
    assert len(faults) == 4


def test_round_trip_keeps_the_digest(template, tmp_path):
    line = gpd.GeoDataFrame({"kind": ["rail"]}, geometry=[shapely.LineString([(9, 55), (9.1, 55.1)])], crs=4326)
    line.to_file(template / "rail.geojson")
    (template / "pop.asc").write_text(
        "ncols 2\nnrows 2\nxllcorner 9\nyllcorner 55\ncellsize 0.1\nNODATA_value -9999\n1.1 2\n3 -9999\n"
    )
    toml = template / "study.toml"
    toml.write_text(
        toml.read_text()
        + '\n[[terrain]]\nname = "pop"\npath = "pop.asc"\ncrs = "EPSG:4326"\nsteps = [[2, 1], [5, 2]]\n'
        '\n[[terrain]]\nname = "rail"\npath = "rail.geojson"\ncolumn = "kind"\nvalues = ["rail"]\n'
        "crossing_cost = 9000\n"
    )
    study = read_study(template)
    assert [layer.rule.rule for layer in study.terrain] == ["steps", "crossing_cost"]
    write_study(study, tmp_path / "again")
    again = read_study(tmp_path / "again")
    assert again.digest == study.digest
    changed = toml.read_text().replace("[5, 2]", "[5, 3]")
    toml.write_text(changed)
    assert read_study(template).digest != study.digest


@pytest.mark.shared
def test_corridors_over_the_layers_of_indiana(shared_data):
    folder, crs = shared_data / "terrain" / "costmap_ascii", CRS.from_epsg(32616)
    specs = [
        TerrainSpec(name="slope", path="costmap_slope.asc", crs="EPSG:4326", points=[[0, 1], [1, 2]]),
        TerrainSpec(
            name="cover", path="costmap_landcover.asc", crs="EPSG:4326", classes={"11": "forbidden", "41": 1.5}
        ),
        TerrainSpec(name="rivers", path="costmap_rivers.asc", crs="EPSG:4326", crossing_cost=200_000),
        TerrainSpec(name="pipes", path="costmap_pipelines.asc", crs="EPSG:4326", discount=0.7),
    ]
    terrain, faults = read_terrain(specs, folder, crs)
    assert not faults
    plants = {"a": (450_000.0, 4_240_000.0), "b": (470_000.0, 4_240_000.0), "c": (462_000.0, 4_255_000.0)}
    streams = [("a", "water", "supply", 2e5), ("b", "water", "demand", 1e5), ("c", "water", "demand", 1e5)]
    study = make_study(plants, streams, crs=crs, cell_m=200, margin_km=5).replace(terrain=terrain)
    network = pipeline_corridors(study, all_pairs(study))
    assert network.unreachable.empty
    rivers = Crossings.from_layer(terrain_lines(terrain, crs))
    counts = [rivers.charge(np.array(line.coords))[1] for line in network.geometries.geometry]
    assert network.attributes["crossings"].tolist() == counts
