"""The cost surface against grids drawn by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio.warp import Resampling

from data.errors import InputError
from data.grids import Grid, cropped, forbidden_cells, resample
from data.settings import TerrainSpec
from data.study import Raster, Terrain
from routing.surface import BYTES_PER_CELL, cost_surface
from tests.routing.pipe_cases import UTM, make_study

POINTS = np.array([[250.0, 250.0], [750.0, 250.0]])


def surface(points=POINTS, **study):
    return cost_surface(make_study({"a": (250, 250), "b": (750, 250)}, **study), points)


def test_extent_follows_the_terminals_and_the_margin():
    ground = surface()
    assert ground.shape == (21, 26)  # 250-1000 .. 750+1000 and 250 +- 1000, out to whole cells of 100 m
    assert (ground.transform.c, ground.transform.f) == (-800.0, 1300.0)
    assert (ground.costs == 1).all()
    assert ground.cells_at(POINTS).tolist() == [[10, 10], [10, 15]]
    assert ground.centres(np.array([[10, 10]])).tolist() == [[250.0, 250.0]]


def test_a_surface_beyond_its_memory_names_what_helps():
    far = np.array([[0.0, 0.0], [400_000.0, 400_000.0]])
    gib = 6_250_000 * BYTES_PER_CELL / 2**30
    with pytest.raises(
        InputError, match=r"pipelines.cell_m.*at least 170 m.*smaller margin_km.*memory_gib.*at least 1"
    ):
        surface(far, memory_gib=gib)
    study = make_study({"a": (0, 0), "b": (1, 1)}, cell_m=170, memory_gib=gib)  # what the message asks for is enough
    assert cost_surface(study, far).shape == (2365, 2365)
    with pytest.raises(InputError) as caught:
        surface(far * 1000, memory_gib=1e9)
    assert "memory_gib" not in str(caught.value)  # more cells than can be numbered: memory does not help


def hilly(rng, pixel: float, size: int, crs=UTM, corner=(-2000.3, 3000.7)) -> Raster:
    values = np.cumsum(np.cumsum(rng.normal(0, 1, (size, size)), axis=0), axis=1) / size
    values[rng.random(values.shape) < 0.02] = np.nan
    return Raster(values, Affine(pixel, 0, corner[0], 0, -pixel, corner[1]), crs)


def classes(rng, pixel: float, size: int, **where) -> Raster:
    ground = hilly(rng, pixel, size, **where)
    return Raster(np.ceil(ground.values * 3) % 7, ground.transform, ground.crs)


def every_layer(rng) -> dict[str, object]:
    """Rasters in two CRS and features, under every rule that shapes a surface."""
    degrees = {"crs": CRS.from_epsg(4326), "corner": (4.5, 0.031)}
    towns = gpd.GeoDataFrame(geometry=[shapely.Point(*rng.uniform(-900, 1900, 2)) for _ in range(4)], crs=UTM)
    ways = gpd.GeoDataFrame(geometry=[shapely.LineString(rng.uniform(-900, 1900, (3, 2))) for _ in range(3)], crs=UTM)
    lakes = gpd.GeoDataFrame(
        {"kind": ["lake", "wood"] * 3},
        geometry=[shapely.Point(*rng.uniform(-900, 1900, 2)).buffer(rng.uniform(5, 200)) for _ in range(6)],
        crs=UTM,
    )
    rules = [
        (classes(rng, 37, 140), {"classes": {"1": 2, "3": "forbidden"}}),
        (classes(rng, 0.0004, 120, **degrees), {"classes": {"2": 3}}),
        (hilly(rng, 230, 30), {"of": "slope", "steps": [[0.1, 1], [0.3, 1.5], [1, 3]]}),
        (hilly(rng, 0.0003, 160, **degrees), {"of": "slope", "points": [[0, 1], [2, 3]], "forbidden_above": 40}),
        (towns, {"distance": {"within_m": 700, "factor": 3}}),
        (classes(rng, 90, 60), {"values": [5], "distance": {"within_m": 120, "factor": "forbidden"}}),
        (ways, {"discount": 0.6}),
        (classes(rng, 150, 40), {"values": [4], "discount": 0.8}),
        (lakes, {"column": "kind", "classes": {"lake": "forbidden", "wood": 2.5}}),
    ]
    terrain = tuple(Terrain(TerrainSpec(name=f"l{k}", path="x.tif", **rule), it) for k, (it, rule) in enumerate(rules))
    zones = [
        (shapely.Point(*rng.uniform(-900, 1900, 2)).buffer(rng.uniform(10, 300)), bool(k % 2), float(k))
        for k in range(5)
    ]
    return {"terrain": terrain, "zones": zones, "elevation": hilly(rng, 90, 60), "landcover": classes(rng, 110, 50)}


@pytest.mark.parametrize("seed", range(2))
def test_a_surface_made_in_bands_is_the_same(monkeypatch, seed):
    layers = every_layer(np.random.default_rng(seed))
    terrain = layers.pop("terrain")
    priced = {"slope_factor_per_percent": 0.1, "landcover_factors": {"1": 1.5, "2": 4}, "landcover_forbidden": [5]}
    study = make_study({"a": (250, 250), "b": (750, 250)}, **layers, cell_m=25, **priced).replace(terrain=terrain)
    whole = cost_surface(study, POINTS)
    assert 0.05 < whole.allowed.mean() < 0.95
    assert len(np.unique(whole.factors)) > 1000
    for cells in (800, 3000):
        monkeypatch.setattr("data.grids.BAND_CELLS", cells)
        banded = cost_surface(study, POINTS)
        assert (banded.allowed == whole.allowed).all()
        assert (banded.closed == whole.closed).all()
        # Where a raster in another CRS is interpolated, coordinates are rounded otherwise.
        assert np.allclose(banded.factors, whole.factors, rtol=1e-9, atol=0)


@pytest.mark.parametrize("how", [Resampling.nearest, Resampling.bilinear, Resampling.average, Resampling.max])
@pytest.mark.parametrize("place", [{}, {"crs": CRS.from_epsg(4326), "corner": (4.42, 0.08)}], ids=["metres", "degrees"])
def test_what_is_cropped_away_is_not_missed(how, place):
    rng = np.random.default_rng(1)
    pixel = 1e-3 if place else 90.0
    raster = classes(rng, pixel, 200, **place)
    for left, top in ((0, 1000), (-5000, 4000), (12_000, -9000), (90_000, 0)):
        grid = Grid(Affine(25, 0, left, 0, -25, top), (60, 70), UTM, 25)
        part = cropped(raster, grid)
        assert part.values.size < raster.values.size
        found = resample(part, part.values, grid, how)
        assert np.allclose(found, resample(raster, raster.values, grid, how), rtol=1e-9, equal_nan=True)


def test_highest_factor_wins_and_forbidden_wins_over_all():
    ground = surface(
        zones=[
            (shapely.box(200, 200, 500, 500), False, 3),
            (shapely.box(300, 200, 600, 500), False, 2),
            (shapely.box(400, 200, 500, 300), True, 1),
        ]
    )
    row = ground.costs[ground.cells_at(np.array([[0.0, 250.0]]))[0, 0]]
    assert row[9:16].tolist() == [1, 3, 3, np.inf, 2, 1, 1]
    assert ground.factors[10, 12] == 3  # its allowed part, had it one, would still have a price


def test_a_zone_may_make_ground_cheaper():
    assert surface(zones=[(shapely.box(200, 200, 300, 300), False, 0.5)]).costs[10, 10] == 0.5


def test_outlines_that_follow_the_grid_take_no_neighbours():
    ground = surface(zones=[(shapely.box(200, 200, 400, 400), True, 1)])
    assert np.argwhere(~ground.allowed).tolist() == [[9, 10], [9, 11], [10, 10], [10, 11]]


def test_the_least_overlap_forbids_the_cell():
    ground = surface(zones=[(shapely.box(299.9999, 240, 350, 260), True, 1)])
    assert np.argwhere(~ground.allowed).tolist() == [[10, 10], [10, 11]]


def test_land_cover_gives_factors_and_forbids():
    values = np.array([[1.0, 2.0], [np.nan, 512.0]])
    raster = Raster(values, Affine(500, 0, 0, 0, -500, 1000), UTM)
    ground = surface(landcover=raster, landcover_factors={"1": 1.5, "2": 4}, landcover_forbidden=[512])
    at = ground.cells_at(np.array([[250.0, 750.0], [750, 750], [250, 250], [750, 250], [-200, 250]]))
    assert ground.costs[tuple(at.T)].tolist() == [1.5, 4, 1, np.inf, 1]
    assert ground.closed.sum() == 25


def test_one_forbidden_pixel_forbids_the_whole_cell():
    values = np.full((100, 100), 1.0)
    values[50, 50] = 512
    raster = Raster(values, Affine(10, 0, 0, 0, -10, 1000), UTM)
    ground = surface(landcover=raster, landcover_forbidden=[512])
    assert np.argwhere(~ground.allowed).tolist() == [[8, 13]]  # x 500..510, y 490..500


def test_land_cover_classes_must_be_numbers():
    raster = Raster(np.ones((2, 2)), Affine(500, 0, 0, 0, -500, 1000), UTM)
    with pytest.raises(InputError, match=r"landcover_factors.*'town'"):
        surface(landcover=raster, landcover_factors={"town": 2})


@pytest.mark.parametrize("pixel", [20, 100, 300])
def test_slope_of_a_plane(pixel):
    # A plane that rises 6 m in 100 m eastward and 8 m northward has a slope of 10 %.
    size = 6000 // pixel
    x = -2000 + pixel * (np.arange(size) + 0.5)
    y = 4000 - pixel * (np.arange(size) + 0.5)
    raster = Raster(0.06 * x[None, :] + 0.08 * y[:, None], Affine(pixel, 0, -2000, 0, -pixel, 4000), UTM)
    ground = surface(elevation=raster, slope_factor_per_percent=0.02)
    assert np.allclose(ground.factors, 1.2, atol=0.02)
    assert ground.factors[8, 8] == pytest.approx(1.2, abs=0.02)


def test_unknown_elevation_is_flat():
    raster = Raster(np.full((10, 10), np.nan), Affine(500, 0, -2000, 0, -500, 3000), UTM)
    assert (surface(elevation=raster).factors == 1).all()


def test_weighted_length_adds_up_over_cells():
    ground = surface(zones=[(shapely.box(400, 200, 500, 300), False, 3)])
    line = np.array([[250.0, 250.0], [750.0, 250.0]])
    assert ground.weighted_length_m(line) == pytest.approx(400 + 3 * 100)
    cells, lengths = ground.traverse(np.array([[250.0, 250.0], [350.0, 350.0], [350.0, 350.0], [420.0, 350.0]]))
    assert lengths.sum() == pytest.approx(100 * np.sqrt(2) + 70)
    assert tuple(cells[0]) == (10, 10)


def test_clear_segments_neither_touch_nor_squeeze_past_forbidden_cells():
    ground = surface(zones=[(shapely.box(300, 200, 400, 300), True, 1), (shapely.box(200, 300, 300, 400), True, 1)])
    a, b = np.array([250.0, 250.0]), np.array([350.0, 350.0])
    assert not ground.is_clear(a, b)  # between two that meet at a corner
    assert not ground.is_clear(np.array([350.0, 150.0]), np.array([350.0, 350.0]))
    assert not ground.is_clear(np.array([300.0, 150.0]), np.array([300.0, 350.0]))  # along an edge
    assert ground.is_clear(np.array([450.0, 150.0]), np.array([450.0, 350.0]))
    assert ground.is_clear(a, a)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1000), st.floats(0, 1000), st.floats(0.01, 400), st.floats(0, 6.3)),
        min_size=1,
        max_size=4,
    )
)
def test_forbidden_cells_are_exactly_those_that_meet_a_polygon(shapes):
    angle = np.linspace(0, 2 * np.pi, 6)[:-1]
    polygons = np.array(
        [
            shapely.Polygon(np.column_stack([x + r * np.cos(angle + turn), y + r * np.sin(2 * angle + turn)])).buffer(0)
            for x, y, r, turn in shapes
        ],
        dtype=object,
    )
    polygons = polygons[~shapely.is_empty(polygons)]
    grid = Grid(Affine(100, 0, -200, 0, -100, 1200), (14, 14), UTM, 100)
    found = forbidden_cells(polygons, grid)
    row, column = np.indices(grid.shape)
    boxes = shapely.box(-200 + column * 100, 1100 - row * 100, -100 + column * 100, 1200 - row * 100)
    expected = np.zeros(grid.shape, dtype=bool)
    for polygon in polygons:
        expected |= shapely.relate_pattern(boxes, polygon, "T********")
    assert (found == expected).all()


@pytest.mark.shared
def test_corine_land_cover(shared_data):
    with rasterio.open(shared_data / "terrain" / "corine_clc2012_vaud_100m.tif") as source:
        values = source.read(1).astype(float)
        values[values == source.nodata] = np.nan
        raster = Raster(values, source.transform, CRS.from_wkt(source.crs.to_wkt()))
        box = source.bounds
    crs = raster.crs
    middle = np.array([[(box.left + box.right) / 2, (box.bottom + box.top) / 2]])
    study = make_study({"a": tuple(middle[0])}, landcover=raster, crs=crs, landcover_factors={"12": 1.2, "2": 5},
                       landcover_forbidden=[41], margin_km=10)  # fmt: skip
    ground = cost_surface(study, middle)
    window = ground.cells_at(middle)[0]
    inside = raster.values[int((box.top - middle[0, 1]) // 100) - 50 :, int((middle[0, 0] - box.left) // 100) - 50 :]
    share = {code: float((inside[:100, :100] == code).mean()) for code in (12, 2)}
    near = ground.factors[window[0] - 50 : window[0] + 50, window[1] - 50 : window[1] + 50]
    assert (near == 1.2).mean() == pytest.approx(share[12], abs=0.03)
    assert (near == 5).mean() == pytest.approx(share[2], abs=0.03)
    assert set(np.unique(ground.factors)) <= {1.0, 1.2, 5.0}


@pytest.mark.shared
def test_lisbon_elevation_reprojects(shared_data):
    with rasterio.open(shared_data / "terrain" / "LisbonElevation.tif") as source:
        raster = Raster(source.read(1).astype(float), source.transform, CRS.from_wkt(source.crs.to_wkt()))
    crs = CRS.from_epsg(32629)
    points = gpd.GeoSeries(gpd.points_from_xy([-9.20, -9.13], [38.72, 38.76]), crs="EPSG:4326").to_crs(crs)
    xy = np.column_stack([points.x, points.y])
    study = make_study({"a": tuple(xy[0]), "b": tuple(xy[1])}, elevation=raster, crs=crs, slope_factor_per_percent=0.02)
    ground = cost_surface(study, xy)
    slope = (ground.factors - 1) / 0.02
    assert ground.factors.min() >= 1
    assert 2 < np.median(slope) < 12  # Lisbon is hilly
    assert slope.max() < 100


@pytest.mark.shared
def test_slope_stack_of_indiana_as_land_cover(shared_data):
    """The published slope layer, in classes, prices the same cells that it names."""
    with rasterio.open(shared_data / "terrain" / "costmap_ascii" / "costmap_slope.asc") as source:
        values = source.read(1).astype(float)
        values[values == source.nodata] = np.nan
        transform = source.transform
    classes = np.where(np.isnan(values), np.nan, np.ceil(values * 10))
    raster = Raster(classes, transform, CRS.from_epsg(4326))
    centre = gpd.GeoSeries(gpd.points_from_xy([-87.8], [38.3]), crs="EPSG:4326").to_crs("EPSG:32616")
    xy = np.column_stack([centre.x, centre.y])
    factors = {str(k): 1 + k / 10 for k in range(1, 14)}
    study = make_study({"a": tuple(xy[0])}, landcover=raster, crs=CRS.from_epsg(32616), landcover_factors=factors,
                       margin_km=20, cell_m=500)  # fmt: skip
    ground = cost_surface(study, xy)
    share = pd.Series(ground.factors.ravel()).value_counts(normalize=True)
    assert ground.shape == (81, 81) or ground.shape == (80, 80) or min(ground.shape) >= 80
    assert set(share.index) <= {1.0, *factors.values()}
    assert share.drop(1.0, errors="ignore").sum() > 0.3
