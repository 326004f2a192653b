import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString

from maps.geometry import ARC_POINTS, arcs, bearings, bounds_degrees, main_cluster, to_degrees, within_budget


def points(*xy):
    return gpd.GeoSeries(gpd.points_from_xy(*zip(*xy, strict=True)), crs=25832)


def test_arc_joins_its_ends_and_bends_left_by_its_bulge():
    line = arcs(np.array([[0.0, 0.0]]), np.array([[100.0, 0.0]]), np.array([0.1]), 60.0)[0]
    assert line.shape == (ARC_POINTS, 2)
    np.testing.assert_allclose(line[[0, -1]], [[0, 0], [100, 0]])
    np.testing.assert_allclose(line[:, 1].max(), 10.0)


def test_arc_inside_one_plant_is_a_ring_that_starts_and_ends_there():
    line = arcs(np.array([[5.0, 5.0]]), np.array([[5.0, 5.0]]), np.array([0.0]), 60.0)[0]
    np.testing.assert_allclose(line[[0, -1]], [[5, 5], [5, 5]], atol=1e-9)
    np.testing.assert_allclose(line[:, 1].max(), 125.0)


@pytest.mark.parametrize(("end", "heading"), [((0, 1), 0), ((1, 0), 90), ((0, -1), 180), ((-1, 0), 270)])
def test_bearing(end, heading):
    step = np.linspace(0, 0.01, ARC_POINTS)[:, None]
    np.testing.assert_allclose(bearings((step * np.array(end))[None]), [heading], atol=1e-6)


def test_bearing_is_what_a_mercator_screen_shows():
    step = np.linspace(0, 0.01, ARC_POINTS)
    line = np.stack([10 + step, 60 + step / 2], axis=1)  # at 60 degrees a degree north is twice as tall
    np.testing.assert_allclose(bearings(line[None]), [45.0], atol=0.01)


def test_main_cluster_leaves_out_what_is_far():
    near = [(i * 300.0, (i % 3) * 400.0) for i in range(9)]
    inside = main_cluster(points(*near, (14_000, 0), (90_000, 0), (0, 250_000)))
    assert inside.tolist() == [True] * 9 + [False] * 3


def test_main_cluster_is_everything_where_more_than_a_third_is_far():
    near = [(i * 100.0, 0.0) for i in range(7)]
    assert main_cluster(points(*near, *[(50_000.0 + i, 0.0) for i in range(4)])).all()
    assert main_cluster(points(*near, *[(50_000.0 + i, 0.0) for i in range(3)])).sum() == 7


def test_main_cluster_is_everything_when_no_cluster_dominates():
    pairs = [(x + dx, y) for x in range(0, 60_000, 10_000) for y in (0, 10_000) for dx in (0, 100)]
    assert main_cluster(points(*pairs)).all()


def test_main_cluster_of_plants_at_one_address():
    assert main_cluster(points(*[(1.0, 1.0)] * 5)).all()
    assert main_cluster(points((1.0, 1.0))).all()


def test_budget_is_kept_and_ends_stay():
    rng = np.random.default_rng(0)
    wiggly = LineString(np.cumsum(rng.normal(5, 10, (5000, 2)), axis=0))
    simple = within_budget(gpd.GeoSeries([wiggly], crs=25832), 200)
    assert shapely.get_num_coordinates(simple.to_numpy()).sum() <= 200
    assert simple.iloc[0].coords[0] == wiggly.coords[0]


def test_degrees_are_rounded():
    line = to_degrees(gpd.GeoSeries([LineString([(631_000.1234567, 6_171_000), (632_000, 6_171_001)])], crs=25832))
    xy = shapely.get_coordinates(line)
    np.testing.assert_array_equal(xy, xy.round(6))


def test_bounds_have_room_around_one_plant():
    (south, west), (north, east) = bounds_degrees(points((631_000.0, 6_171_000.0)))
    assert north - south == pytest.approx(0.002, abs=1e-5)
    assert east - west == pytest.approx(0.004, abs=1e-5)
