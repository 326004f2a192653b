"""Routes over coarse world highways: found, priced, and marked."""

import importlib.util
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import data.world_join
import models
import routing
from data import read_study
from data.study_sources import BUNDLED
from data.world import WORLD, WorldRoads
from maps.geometry import parted
from routing.world import coarse_lengths
from symbioplan.notes import class_notes, coarse_notes, study_notes

GREAT_BELT = [11.149, 55.354, 10.741, 55.332]  # lon, lat: a bridge that the world's highways lack
# From Slagelse over Odense and Kolding to Aalborg.
ROAD = WorldRoads(
    np.array([11.5, 10.4, 9.6, 9.97]), np.array([55.43, 55.35, 55.55, 57.06]),
    np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([72.0, 58.0, 190.0]),
)  # fmt: skip


def local_kalundborg(folder):
    """Copy Kalundborg without the roads to Funen and Jutland, with the world instead."""
    shutil.copytree(BUNDLED / "kalundborg", folder)
    path = folder / "roads.geojson"
    roads = json.loads(path.read_text())
    roads["features"] = [
        road
        for road in roads["features"]
        if all(lon > 11.1 or road["properties"]["highway"] != "motorway" for lon, _ in road["geometry"]["coordinates"])
        and all(lon > 10.8 for lon, _ in road["geometry"]["coordinates"])
    ]
    path.write_text(json.dumps(roads))
    with (folder / "study.toml").open("a") as text:
        text.write(f"\n[world]\njoin_km = 10\nlinks = [{GREAT_BELT}]\n")
    return folder


def test_only_edges_of_the_world_are_coarse():
    highways = pd.DataFrame({"highway": ["primary", WORLD], "truck_kmh": [70.0, 65.0], "rank": [3, 9]})
    network = SimpleNamespace(road_class=np.array([0, 1, -1]), length_m=np.array([5.0, 7.0, 9.0]))
    assert coarse_lengths(network, highways).tolist() == [0.0, 7.0, 0.0]


def test_a_haul_beyond_the_study_says_how_much_of_it_is_coarse(tmp_path, monkeypatch):
    monkeypatch.setattr(data.world_join, "read_world", lambda: ROAD)
    study = read_study(local_kalundborg(tmp_path / "study"))
    found = routing.truck_routes(study, models.match(study))
    routes = found.routes
    far = routes[(routes["from_node"] == "aalborg") | (routes["to_node"] == "aalborg")]
    drawn = found.geometries.set_index("key").geometry
    for key in set(far["geometry_key"]):
        whole, coarse = drawn[key], drawn[f"coarse:{key}"]
        rest, part = parted(whole, coarse)
        assert part.length == coarse.length
        assert rest.length + part.length == pytest.approx(whole.length)
    assert set(found.geometries.loc[found.geometries["kind"] == "coarse", "key"]) == {
        f"coarse:{key}" for key in routes.loc[routes["coarse_m"] > 0, "geometry_key"]
    }
    assert len(far)
    assert (far["coarse_m"] > 250_000).all()
    assert (far["coarse_m"] < far["distance_m"]).all()
    near = routes[~routes[["from_node", "to_node"]].isin(["aalborg", "kemira"]).any(axis=1)]
    assert len(near)
    assert (near["coarse_m"] == 0).all()
    assert any("world's highways" in note for note in study_notes(study))
    (note,) = coarse_notes(far.head(1))
    assert note.endswith("are on coarse roads: the distance is an estimate")
    assert coarse_notes(near) == ()


@pytest.mark.skipif(importlib.util.find_spec("scgraph_data") is None, reason="the extra 'world' is not installed")
def test_kalundborg_reaches_aalborg_over_the_world(tmp_path):
    study = read_study(local_kalundborg(tmp_path / "study"))
    routes = routing.truck_routes(study, models.match(study)).routes
    far = routes[(routes["to_node"] == "aalborg") & (routes["from_node"] == "asnaes")]
    # 349 km on the schematic roads of the study, 348 km by the road atlas.
    assert far["distance_m"].to_numpy() / 1000 == pytest.approx(348, rel=0.05)


def test_the_world_does_not_change_what_is_near(tmp_path, monkeypatch):
    monkeypatch.setattr(data.world_join, "read_world", lambda: ROAD)
    folder = local_kalundborg(tmp_path / "study")
    study = read_study(folder)
    own = study.replace(roads=study.roads[study.roads["highway"] != WORLD].reset_index(drop=True))
    pairs = models.match(study)
    pairs = pairs[~pairs[["from_plant", "to_plant"]].isin(["aalborg", "kemira"]).any(axis=1)]
    columns = ["route", "distance_m", "unit_cost"]
    pd.testing.assert_frame_equal(
        routing.truck_routes(study, pairs).routes[columns], routing.truck_routes(own, pairs).routes[columns]
    )


def test_plants_that_classes_cannot_reach_are_named_once():
    rows = pd.DataFrame({"plant": [*"gfedcba", "a"], "vehicle": "v", "reason": "hgv=no on every way"})
    (note,) = class_notes(rows)
    assert note == "some vehicle classes cannot reach a, b, c, d, e and 2 more: unreachable_by_class says why"
    assert class_notes(rows.iloc[:0]) == ()
