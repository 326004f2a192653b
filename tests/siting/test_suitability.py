"""Known answers of siting: weights, distances, masks, functions, scores, thinning; and what must always hold."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data import InputError, Raster, read_study
from data.grids import Grid
from data.settings_base import LayerSpec
from data.siting_settings import Criterion, Exclusion, Gaussian, Linear, Sensitivity, Siting
from siting.candidates import hexagons
from siting.find import find_sites
from siting.functions import utility
from siting.measures import Measure, distance_m, measured
from siting.scores import cells_in
from siting.sensitivity import ranks, robustness, sampled_weights, varied
from siting.suitability import excluded_cells
from siting.weights import compared, criterion_weights

CRS = "EPSG:25832"


def grid_of(rows=4, columns=5, cell=10.0):
    return Grid(Affine(cell, 0, 0.0, 0, -cell, rows * cell), (rows, columns), pyproj.CRS(CRS), cell)


def test_consistent_judgements_give_back_their_weights():
    found = compared(["a", "b", "c"], [("a", "b", 2.0), ("a", "c", 6.0), ("b", "c", 3.0)])
    np.testing.assert_allclose(found.weights, [0.6, 0.3, 0.1])
    assert found.consistency_ratio == pytest.approx(0.0, abs=1e-12)


def test_judgements_that_contradict_each_other_a_little():
    # Reciprocal matrix [[1, 3, 5], [1/3, 1, 3], [1/5, 1/3, 1]]. For order 3 the principal eigenvalue is
    # 1 + t + 1 / t with t = (a13 / (a12 a23))^(1/3), and the eigenvector the geometric means of the rows.
    found = compared(["a", "b", "c"], [("a", "b", 3.0), ("b", "c", 3.0), ("a", "c", 5.0)])
    t = (5 / 9) ** (1 / 3)
    means = np.array([15 ** (1 / 3), 1.0, (1 / 15) ** (1 / 3)])
    np.testing.assert_allclose(found.weights, means / means.sum())
    assert found.consistency_ratio == pytest.approx((t + 1 / t - 2) / 2 / 0.58)
    assert found.consistency_ratio < 0.1


def test_judgements_in_a_circle_are_refused_and_the_odd_one_is_named():
    criteria = tuple(Criterion(name=n, on="plants", linear=Linear(worst=1, best=0)) for n in "abc")
    siting = Siting(criteria=criteria, judgements=(("a", "b", 3), ("b", "c", 3), ("a", "c", 1 / 3)))
    with pytest.raises(InputError, match=r"a consistency ratio of \d.*Look first at . against ."):
        criterion_weights(siting)
    allowed = siting.model_copy(update={"max_inconsistency": 10.0})
    assert criterion_weights(allowed)[0].sum() == pytest.approx(1)


def test_weights_by_hand_are_shares():
    criteria = tuple(
        Criterion(name=n, on="plants", weight=w, linear=Linear(worst=1, best=0)) for n, w in (("a", 3), ("b", 1))
    )
    assert criterion_weights(Siting(criteria=criteria))[0].tolist() == [0.75, 0.25]


def test_distances_to_features_are_exact():
    grid = grid_of()
    shapes = np.array([shapely.Point(5, 35), shapely.LineString([(0, 0), (50, 0)])], dtype=object)
    away = distance_m(shapes, grid)
    assert away[0].tolist() == pytest.approx([0, 10, 20, 30, 35])  # the last is nearer to the line
    assert away[3].tolist() == pytest.approx([5] * 5)
    assert np.isinf(distance_m(np.empty(0, dtype=object), grid)).all()


def test_inside_a_polygon_the_distance_is_nothing_and_in_its_hole_it_is_not():
    grid = grid_of(5, 5)
    ring = shapely.box(0, 0, 50, 50) - shapely.box(10, 10, 40, 40)
    away = distance_m(np.array([ring], dtype=object), grid)
    assert away[0].tolist() == [0] * 5
    assert away[2].tolist() == pytest.approx([0, 5, 15, 5, 0])


def test_distances_to_cells_of_a_raster_count_also_beyond_the_edge():
    grid = grid_of(1, 3)
    raster = Raster(np.array([[7.0, 1.0, 1.0, 1.0, 1.0]]), Affine(10, 0, -20, 0, -10, 10), grid.crs)
    rule = Criterion(name="c", on="x", of="distance", values=(7,), linear=Linear(worst=100, best=0))
    assert measured(rule, raster, grid).values.tolist() == [[20, 30, 40]]


@pytest.mark.parametrize(
    ("function", "values", "worths"),
    [
        ({"linear": Linear(worst=100, best=0)}, [0, 25, 100, 150, np.inf], [1, 0.75, 0, 0, 0]),
        ({"linear": Linear(worst=0, best=100)}, [-5, 50, np.inf], [0, 0.5, 1]),
        ({"points": ((0, 1), (10, 0.5), (20, 0))}, [-1, 5, 15, 30], [1, 0.75, 0.25, 0]),
        ({"steps": ((10, 1), (20, 0.4))}, [10, 10.1, 20, 99], [1, 0.4, 0.4, 0.4]),
        ({"gaussian": Gaussian(best=5, spread=2)}, [5, 7, 1], [1, np.exp(-0.5), np.exp(-2)]),
        ({"classes": {"1": 1.0, "2": 0.3}}, [1, 2, 3], [1, 0.3, 0.1]),
    ],
)
def test_value_functions(function, values, worths):
    criterion = Criterion(name="c", on="x", missing=0.1, **function)
    found = utility(criterion, Measure(np.array([*values, np.nan], dtype=float), ""))
    np.testing.assert_allclose(found, [*worths, 0.1])


@hypothesis_settings(max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_worth_is_between_nothing_and_all_and_never_falls_towards_the_best(values, worst, best):
    if worst == best:
        return
    found = utility(
        Criterion(name="c", on="x", linear=Linear(worst=worst, best=best)), Measure(np.sort(np.array(values)), "")
    )
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) * np.sign(best - worst) >= 0).all()


def layer(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def test_exclusions():
    grid = grid_of(1, 5)
    zones = layer(shapely.box(0, 0, 20, 10), shapely.box(30, 0, 40, 10), kind=["town", "lake"])
    taken = excluded_cells(Exclusion(on="zones"), zones, grid)
    assert taken.tolist() == [[True, True, False, True, False]]
    towns = excluded_cells(Exclusion(on="zones", values=("town",), within_m=5), zones, grid)
    assert towns.tolist() == [[True, True, True, False, False]]
    far = excluded_cells(Exclusion(on="zones", values=("town",), beyond_m=10), zones, grid)
    assert far.tolist() == [[False, False, False, True, True]]
    heights = Raster(np.array([[1.0, 5.0, np.nan, 9.0, 2.0]]), Affine(10, 0, 0, 0, -10, 10), grid.crs)
    assert excluded_cells(Exclusion(on="x", above=4), heights, grid).tolist() == [[False, True, False, True, False]]
    assert excluded_cells(Exclusion(on="x", values=(5, 2)), heights, grid).tolist() == [
        [False, True, False, False, True]
    ]


def test_slopes_above_a_limit_are_excluded():
    grid = grid_of(3, 4)
    ground = Raster(np.tile([0.0, 0.0, 1.0, 2.0], (3, 1)), Affine(10, 0, 0, 0, -10, 30), grid.crs)
    steep = excluded_cells(Exclusion(on="elevation", of="slope", above=7.0), ground, grid)
    assert steep.tolist() == [[False, False, True, True]] * 3  # 10 % there, 5 % and 0 % before


def test_cells_of_a_shape_and_of_one_smaller_than_a_cell():
    boxes = [shapely.box(0, 0, 20, 20), shapely.box(41, 31, 42, 32), shapely.box(90, 90, 95, 95)]
    which, cell = cells_in(np.array(boxes, dtype=object), grid_of())
    assert which.tolist() == [0, 0, 0, 0, 1]
    assert cell.tolist() == [10, 11, 15, 16, 4]


def test_hexagons_cover_the_land_once_and_lie_on_one_lattice():
    whole, ids = hexagons((0, 0, 1000, 800), 100)
    places = shapely.points(np.random.default_rng(0).uniform((0, 0), (1000, 800), (2000, 2)))
    place, _ = shapely.STRtree(whole).query(places, predicate="intersects")
    assert np.bincount(place, minlength=2000).tolist() == [1] * 2000
    np.testing.assert_allclose(shapely.area(whole), np.sqrt(3) / 2 * 100**2)
    assert len(set(ids)) == len(ids)
    again, same = hexagons((300, 300, 500, 500), 100)
    first = dict(zip(ids, whole, strict=True))
    assert all(shapely.equals_exact(first[k], shape, 1e-6) for k, shape in zip(same, again, strict=True))


def test_ranks_and_robustness():
    assert ranks(np.array([0.2, 0.9, 0.9, 0.1])).tolist() == [3, 1, 2, 4]
    utilities, weights = np.array([[1.0, 0.0], [0.0, 0.9], [0.0, 0.1]]), np.array([0.5, 0.5])
    np.testing.assert_allclose(varied(weights, 0, 0.2), [0.6, 0.4])
    found = robustness(utilities, weights, Sensitivity(vary=0.2, samples=2000, concentration=50, top=1))
    assert found.rank_best.tolist() == [1, 1, 3]
    assert found.rank_worst.tolist() == [2, 2, 3]
    # The first leads while w1 > 0.9 w2, so w1 > 0.4737; w1 is Beta(25, 25) with a standard deviation of 0.07.
    assert found.top_share[0] == pytest.approx(0.645, abs=0.03)
    assert found.top_share.sum() == pytest.approx(1)
    less = found.by_criterion.query("criterion == 0 and change < 0").iloc[0]
    assert (less["best_site"], less["top_kept"], less["largest_move"]) == (1, 0.0, 1)


def test_sampled_weights_add_up_and_come_again():
    weights = np.array([0.5, 0.5, 0.0])
    drawn = sampled_weights(weights, Sensitivity(samples=100, seed=3))
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    assert (drawn[:, 2] == 0).all()
    np.testing.assert_array_equal(drawn, sampled_weights(weights, Sensitivity(samples=100, seed=3)))


@pytest.fixture
def study(template):
    with (template / "study.toml").open("a", encoding="utf-8") as text:
        text.write(
            "\n[siting]\ncell_m = 50.0\nmargin_km = 1.0\nmin_score = 0.3\nspacing_m = 500.0\nmax_sites = 8\n"
            '[[siting.exclude]]\nname = "near the town"\non = "zones"\nvalues = ["town"]\nwithin_m = 100\n'
            '[[siting.criteria]]\nname = "plants"\non = "plants"\nweight = 2\nlinear = {worst = 4000, best = 0}\n'
            '[[siting.criteria]]\nname = "land"\non = "zones"\nweight = 1\nclasses = {farmland = 1.0}\nmissing = 0.5\n'
        )
    return read_study(template)


def test_sites_of_a_study(study):
    sited = find_sites(study)
    sites, scores = sited.study.sites, sited.study.site_scores
    assert (sites["origin"] == "hexagon").all()
    assert 1 <= len(sites) <= 8
    assert sites["rank"].tolist() == list(range(1, len(sites) + 1))
    assert (np.diff(sites["score"]) <= 0).all()
    added = scores.groupby("site")["contribution"].sum().reindex(sites["site"])
    np.testing.assert_allclose(added, sites["score"])
    assert scores["weight"].unique().tolist() == pytest.approx([2 / 3, 1 / 3])
    forbidden = study.zones.geometry[study.zones["forbidden"]].union_all()
    assert sites.geometry.intersection(forbidden).area.max() < 0.05 * sites.geometry.area.max()
    raster = sited.study.suitability
    assert np.nanmin(raster.values) >= 0
    assert np.nanmax(raster.values) <= 1
    assert np.isnan(raster.values).any()
    assert sited.study.digest == study.digest


def test_siting_a_sited_study_finds_the_same(study):
    once = find_sites(study).study
    again = find_sites(once).study
    assert again.sites["site"].tolist() == once.sites["site"].tolist()
    np.testing.assert_array_equal(again.sites["score"], once.sites["score"])


def test_parcels_stay_and_say_why_nothing_may_stand_there(study):
    town = study.zones[study.zones["kind"] == "town"].geometry.iloc[0].representative_point()
    plant = study.plant_points.iloc[0]
    shapes = [town.buffer(60), plant.buffer(150), shapely.Point(0, 0)]
    given = study.sites.reindex(range(3)).assign(
        site=["in", "out", "off"], name="", note="", source="", origin="", reason=""
    )
    parcels = gpd.GeoDataFrame(given.drop(columns="geometry"), geometry=shapes, crs=study.crs)
    settings = study.settings.model_copy(update={"siting": study.settings.siting.model_copy(
        update={"bbox": None, "region": None, "candidates": ("parcel",), "margin_km": 0.5})})  # fmt: skip
    sited = find_sites(study.replace(sites=parcels.iloc[:2], settings=settings))
    found = sited.study.sites.set_index("site")
    assert found.loc["in", "reason"].startswith("100% of it is excluded: ")
    assert np.isnan(found.loc["in", "rank"])
    assert found.loc["out", "rank"] == 1
    assert sited.counts["excluded_parcels"] == 1


def test_nothing_left_is_said(study):
    everything = Exclusion(name="all", on="plants", beyond_m=0.001)
    siting = study.settings.siting.model_copy(update={"exclude": (everything,)})
    sited = find_sites(study.replace(settings=study.settings.model_copy(update={"siting": siting})))
    assert sited.study.sites.empty
    assert "nothing is left" in " ".join(sited.notes)
    assert np.isnan(sited.study.suitability.values).all()


def test_too_many_cells_are_refused_with_the_cell_that_would_do(study):
    siting = study.settings.siting.model_copy(update={"cell_m": 0.2})
    with pytest.raises(InputError, match=r"siting.cell_m: found 0.2 m, which makes .* expected at least \d+ m here"):
        find_sites(study.replace(settings=study.settings.model_copy(update={"siting": siting})))


def test_layers_in_settings_may_be_bare_paths():
    criteria = [{"name": "c", "on": "h", "linear": {"worst": 1, "best": 0}}]
    siting = Siting.model_validate({"layers": {"h": "h.gpkg"}, "criteria": criteria})
    assert siting.layers == {"h": LayerSpec(path="h.gpkg")}
