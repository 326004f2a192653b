"""Thinning candidate sites: the optimum over those that stay is hardly dearer, and what must always stay does."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from benchmarks.siting_thinning import OPTIMA, cost, made_region, table
from data import read_study
from siting.thinning import Needs, Places, medians, needs_of, spaced, thinned


@hypothesis_settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 20), st.floats(0, 400), st.integers(0, 10))
def test_thinned_sites_keep_their_distance_and_the_best_stays(count, most, spacing, seed):
    random = np.random.default_rng(seed)
    xy, score = random.uniform(0, 1000, (count, 2)), random.uniform(0, 1, count)
    kept, distance = spaced(xy, score, np.empty((0, 2)), spacing_m=spacing, most=most)
    assert 1 <= len(kept) <= most
    assert kept[0] == np.argmax(score)
    assert distance >= spacing
    gaps = np.hypot(*(xy[kept][:, None] - xy[kept][None]).transpose(2, 0, 1))
    assert (gaps[~np.eye(len(kept), dtype=bool)] >= distance).all()


@pytest.mark.parametrize("seed", range(4))
def test_medians_of_small_cases_are_near_the_best_of_all(seed):
    random = np.random.default_rng(seed)
    carry, opening = random.uniform(0, 1, (8, 12)), random.uniform(0, 0.5, 12)
    for count in (1, 2, 3):
        every = [carry[:, list(some)].min(axis=1).sum() + opening[list(some)].sum()
                 for some in combinations(range(12), count)]  # fmt: skip
        chosen = medians(carry, opening, count)
        found = carry[:, chosen].min(axis=1).sum() + opening[chosen].sum()
        assert len(set(chosen)) == count
        assert min(every) - 1e-9 <= found <= 1.05 * min(every)
        assert count > 1 or found == pytest.approx(min(every))


def test_given_medians_stay():
    carry = np.array([[0.0, 5.0, 1.0], [5.0, 0.0, 1.0]])
    assert medians(carry, np.zeros(3), 1).tolist() == [2]
    assert medians(carry, np.zeros(3), 2, [2]).tolist()[0] == 2
    assert sorted(medians(carry, np.zeros(3), 9)) == [0, 1, 2]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_optimum_is_no_dearer_than_over_sites_thinned_by_spacing_alone(seed):
    region = made_region(seed)
    ours, theirs = region.chosen(30), region.by_spacing(40)
    for optimum in (OPTIMA[0], OPTIMA[2], OPTIMA[3]):
        least = cost(optimum, region, np.arange(len(region.xy)))
        loss = cost(optimum, region, ours) / least - 1
        assert loss <= 0.04, optimum.title
        assert cost(optimum, region, theirs) / least - 1 >= loss, optimum.title


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.integers(0, 4), st.integers(1, 12), st.sampled_from([0.0, 200.0]), st.integers(0, 5))
def test_what_is_given_and_the_best_of_score_always_stay(count, fixed, most, spacing, seed):
    random = np.random.default_rng(seed)
    xy, score = random.uniform(0, 1000, (count + fixed, 2)), random.uniform(0, 1, count + fixed)
    is_given = np.arange(count + fixed) < fixed
    needs = Needs(random.uniform(0, 1000, (5, 2)), random.uniform(0, 1, (2, 5)), np.eye(5)[:3])
    found = thinned(Places(xy, score, is_given), needs, spacing_m=spacing, most=most)
    assert len(set(found.kept)) == len(found.kept) <= fixed + most
    assert set(range(fixed)) <= set(found.kept)
    assert 0 <= found.loss_mean <= found.loss_most
    if count + fixed and spacing == 0:
        assert score.argmax() in found.kept
    others = xy[[row for row in found.kept if row >= fixed]]
    gaps = np.hypot(*(others[:, None] - others[None]).transpose(2, 0, 1))
    assert (gaps[~np.eye(len(others), dtype=bool)] >= spacing).all()


def test_nothing_is_lost_when_all_stay_and_without_needs_the_best_stays():
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]])
    places = Places(xy, np.array([0.2, 0.9, 0.5]), np.zeros(3, dtype=bool))
    assert thinned(places, Needs(xy, np.ones((1, 3)), np.eye(3)), spacing_m=0, most=3).loss_most == 0
    nothing = Needs(np.empty((0, 2)), np.empty((0, 0)), np.empty((0, 0)))
    assert thinned(places, nothing, spacing_m=0, most=1).kept.tolist() == [1]


def test_needs_are_tonnes_and_shares_of_a_study(template):
    study = read_study(template)
    needs = needs_of(study)
    assert needs.xy.shape == (len(study.plants), 2)
    np.testing.assert_allclose(needs.alone.sum(axis=1), 1)
    tonnes = study.streams.merge(study.resources[["resource", "unit", "density_kg_per_m3"]], on="resource")
    tonnes = tonnes[tonnes["unit_y"].isin(["t", "m3"])] if "unit_y" in tonnes else tonnes
    own = tonnes["unit_y"] if "unit_y" in tonnes else tonnes["unit"]
    mass = np.where(own == "t", tonnes["quantity"], tonnes["quantity"] * tonnes["density_kg_per_m3"] / 1000)
    expected = pd.Series(mass, tonnes["plant"]).groupby(level=0).sum()
    found = pd.Series(needs.together[0], study.plant_points.index)
    pd.testing.assert_series_equal(found[expected.index], expected, check_names=False)


def test_the_table_has_a_row_for_each_way_and_a_column_for_each_optimum():
    from benchmarks.siting_thinning import WAYS

    records = [
        {"way": way, "optimum": optimum.title, "candidates": 7, "loss_median": 0.01, "loss_most": 0.123}
        for way in WAYS for optimum in OPTIMA
    ]  # fmt: skip
    lines = table(records).splitlines()
    assert len(lines) == 2 + len(WAYS)
    assert lines[2] == "| all: 7 | " + " | ".join(["1.0, 12.3"] * len(OPTIMA)) + " |"
