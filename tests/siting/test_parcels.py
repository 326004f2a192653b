"""Candidate parcels: forbidden land is taken off, and what is left decides."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data import make_table, read_study
from siting import candidate_sites


@pytest.fixture
def study(template):
    study = read_study(template)
    sites = [shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100), shapely.Point(50, 150), shapely.Point(250, 50)]
    zones = gpd.GeoDataFrame(
        study.zones.drop(columns="geometry"),
        geometry=[shapely.box(220, 0, 400, 100), shapely.box(0, 0, 100, 100)],  # forbidden, and a town
        crs=study.crs,
    )
    table = make_table("study", "sites", [{"site": f"s{i}"} for i in range(4)])
    return study.replace(zones=zones, sites=gpd.GeoDataFrame(table, geometry=sites, crs=study.crs))


def test_a_parcel_keeps_what_is_not_forbidden(study):
    sites = candidate_sites(study)
    assert sites["usable_m2"].tolist() == pytest.approx([10_000, 2_000, 0, 0])
    assert sites["usable"].tolist() == [True, False, True, False]
    assert sites["reason"].tolist() == ["", "80% of it is forbidden land", "", "100% of it is forbidden land"]
    assert sites["road_m"].isna().all()


def test_the_nearest_road_is_measured_from_the_parcel(study):
    roads = gpd.GeoDataFrame(
        {"u": ["1"], "v": ["2"]}, geometry=[shapely.LineString([(-500, 200), (500, 200)])], crs=study.crs
    )
    assert candidate_sites(study.replace(roads=roads))["road_m"].tolist() == pytest.approx([100, 100, 50, 150])


def test_a_study_without_sites_has_none(template):
    sites = candidate_sites(read_study(template))
    assert len(sites) == 0
    assert {"area_m2", "usable", "reason"} <= set(sites.columns)
    assert np.asarray(sites["usable"]).dtype == bool
