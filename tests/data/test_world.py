"""The world's highways: read from their package, cached, and joined to a study's own roads."""

import importlib.util
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

import data.world
import data.world_join
from data import InputError, read_study, write_study
from data.catalogue import read_catalogue
from data.roads import road_edges
from data.settings import World
from data.world import WORLD, WorldRoads, read_world
from data.world_join import with_world

UTM = CRS("EPSG:25832")
HIGHWAYS = read_catalogue().highways
MODULE = """
from scgraph.core import GeoGraph
graph=[{1: 5.0, 2: 7.5}, {0: 5.0, 1: 0.0}, {0: 7.5, 3: 0.0}, {2: 0.0}]
nodes=[[55.0, 10.0], [55.0, 10.07], [55.05, 10.0], [55.05, 10.001]]
world_highways_geograph = GeoGraph(graph=graph, nodes=nodes)
"""
# A place of two crossing main roads, 4 km across, and a residential street beside it.
LOCAL = {
    ("west", "mid", "primary"): [(-2000, 0), (0, 0)],
    ("mid", "east", "primary"): [(0, 0), (2000, 0)],
    ("mid", "side", "residential"): [(0, 0), (0, 500)],
}
ORIGIN = (600_000.0, 6_100_000.0)


def roads(edges=LOCAL, **columns):
    lines = [shapely.LineString(np.add(line, ORIGIN)) for line in edges.values()]
    u, v, highway = zip(*edges, strict=True)
    raw = gpd.GeoDataFrame({"u": u, "v": v, "highway": highway, **columns}, geometry=lines, crs=UTM)
    return road_edges(raw, crs=UTM, highways=HIGHWAYS, file="roads")


def world(places, edges):
    """Nodes at metres from the origin, edges with km."""
    lon, lat = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(*np.add(places, ORIGIN).T)
    tail, head, km = (np.array(column) for column in zip(*edges, strict=True))
    return WorldRoads(lon, lat, tail, head, km.astype(float))


def joined(monkeypatch, graph, *, local=None, places=((0, 0), (60_000, 0)), **settings):
    monkeypatch.setattr(data.world_join, "read_world", lambda: graph)
    spots = gpd.GeoSeries(shapely.points(np.add(places, ORIGIN)), crs=UTM)
    return with_world(roads() if local is None else local, spots, World(**settings), highways=HIGHWAYS)


ROAD = world([(-30_000, 0), (0, 100), (30_000, 0), (60_000, 0)], [(0, 1, 31.0), (1, 2, 33.0), (2, 3, 30.5)])


def links(edges):
    coarse = edges[edges["highway"] == WORLD]
    return {frozenset((row.u, row.v)): row.length_m for row in coarse.itertuples()}


def test_the_package_is_read_once_and_then_from_the_cache(tmp_path, monkeypatch):
    source = tmp_path / "world_highways.py"
    source.write_text(MODULE)
    monkeypatch.setenv("SYMBIOPLAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(data.world, "_source", lambda: source)
    first = read_world()
    assert first.lat.tolist() == [55.0, 55.0, 55.05, 55.05]
    assert first.lon.tolist() == [10.0, 10.07, 10.0, 10.001]
    edges = list(zip(first.tail.tolist(), first.head.tolist(), first.km.tolist(), strict=True))
    assert edges == [(0, 1, 5.0), (0, 2, 7.5), (2, 3, 0.0)]  # each once, no loop
    monkeypatch.setattr(data.world, "_parse", lambda path: pytest.fail("read again"))
    again = read_world()
    for name in ("lon", "lat", "tail", "head", "km"):
        assert np.array_equal(getattr(again, name), getattr(first, name))


@pytest.mark.parametrize("text", ["", "graph=[{0: 1.0}]\n", "graph=[{1: 1.0}]\nnodes=[[1.0, 2.0], [3.0, 4.0]]\n"])
def test_a_package_of_another_layout_is_named(tmp_path, monkeypatch, text):
    source = tmp_path / "world_highways.py"
    source.write_text(text)
    monkeypatch.setattr(data.world, "_source", lambda: source)
    with pytest.raises(InputError, match=r"scgraph_data as it was in version 2\.0\.0"):
        read_world()


def test_without_the_package_the_study_says_what_to_install(template, monkeypatch):
    monkeypatch.setattr(data.world, "find_spec", lambda name: None)
    (template / "study.toml").write_text((template / "study.toml").read_text() + "\n[world]\n")
    with pytest.raises(InputError, match=r'pip install "symbioplan\[world\]"'):
        read_study(template)


def test_world_roads_are_cut_at_the_local_area_and_joined_to_its_main_roads(monkeypatch):
    edges = joined(monkeypatch, ROAD)
    found = links(edges)
    assert frozenset(("world:0", "world:1")) not in found  # it ran through the local area
    assert found[frozenset(("world:2", "world:3"))] == pytest.approx(30_500)
    ends = {end for pair in found for end in pair}
    assert "world:1" not in ends
    assert "side" not in ends  # no main road
    # 30 km of map from world:2 to world:1 are 33 km of road; 26 km of map lie outside the area (cells of 2 km).
    east = found[frozenset(("world:2", "east"))]
    assert 28_000 < east < 33_000
    assert found[frozenset(("world:0", "west"))] == pytest.approx(31_000 * 28 / 30, rel=0.05)


def test_coarse_edges_are_complete_road_edges(monkeypatch):
    local = roads()
    edges = joined(monkeypatch, ROAD, speed_kmh=50)
    assert list(edges.columns) == list(local.columns)
    assert (edges.dtypes == local.dtypes).all()
    assert edges.iloc[: len(local)].equals(local)
    coarse = edges[edges["highway"] == WORLD]
    assert (coarse["maxspeed_kmh"] == 50).all()
    assert not coarse["oneway"].any()
    assert coarse[["maxweight_t", "maxheight_m", "maxaxleload_t", "maxlength_m", "maxwidth_m"]].isna().all(axis=None)
    assert (coarse[["access", "hgv", "hazmat"]] == "").all(axis=None)
    assert (coarse["length_m"] > 0.99 * coarse.length).all()


def test_only_the_world_near_plants_and_roads_is_kept(monkeypatch):
    near = joined(monkeypatch, ROAD, places=[(0, 0)], margin_km=31)
    assert "world:2" in set(near["u"]) | set(near["v"])
    assert "world:3" not in set(near["u"]) | set(near["v"])


def test_a_road_that_meets_no_main_road_near_enough_is_not_joined(monkeypatch):
    far = world([(0, -30_000), (0, 0), (0, 30_000)], [(0, 1, 30.0), (1, 2, 30.0)])
    assert not links(joined(monkeypatch, far, join_km=1))
    assert links(joined(monkeypatch, far, join_km=5))


def test_a_long_edge_over_the_local_area_is_joined_at_both_sides(monkeypatch):
    over = world([(-30_000, 0), (30_000, 0)], [(0, 1, 66.0)])
    found = links(joined(monkeypatch, over))
    assert frozenset(("world:0", "west")) in found
    assert frozenset(("world:1", "east")) in found
    assert frozenset(("world:0", "world:1")) not in found


def test_the_end_of_a_one_way_road_is_no_place_to_join(monkeypatch):
    oneway = ["no", "yes", "no"]  # east can be reached and never left
    edges = joined(monkeypatch, ROAD, local=roads(oneway=oneway))
    ends = {end for pair in links(edges) for end in pair}
    assert "east" not in ends
    assert {"west", "mid"} & ends


def test_a_bridge_that_the_world_lacks_can_be_declared(monkeypatch):
    lon, lat = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(
        *np.add([(30_000, 100), (41_000, 0)], ORIGIN).T
    )
    broken = world([(0, 0), (30_000, 0), (40_000, 0), (60_000, 0)], [(0, 1, 31.0), (2, 3, 20.5)])
    declared = joined(monkeypatch, broken, links=[(lon[0], lat[0], lon[1], lat[1])])
    assert links(declared)[frozenset(("world:1", "world:2"))] == pytest.approx(10_000, rel=1e-3)
    assert frozenset(("world:1", "world:2")) not in links(joined(monkeypatch, broken))


def test_the_world_alone_is_a_network_too(monkeypatch):
    empty = roads().iloc[:0]
    assert set(links(joined(monkeypatch, ROAD, local=empty))) == {
        frozenset((f"world:{node}", f"world:{node + 1}")) for node in range(3)
    }


def test_no_world_nearby_leaves_the_roads_as_they_are(monkeypatch):
    nowhere = replace(ROAD, lon=ROAD.lon - 90)
    assert joined(monkeypatch, nowhere).equals(roads())


def test_a_study_with_the_world_is_written_and_read_back_without_it(tmp_path, template, monkeypatch):
    study = read_study(template)
    spot = study.plants.to_crs("EPSG:4326").geometry.iloc[0].centroid
    graph = WorldRoads(
        np.array([spot.x - 0.5, spot.x, spot.x + 0.5]), np.full(3, spot.y), np.array([0, 1]), np.array([1, 2]),
        np.array([40.0, 41.0]),
    )  # fmt: skip
    monkeypatch.setattr(data.world_join, "read_world", lambda: graph)
    (template / "study.toml").write_text((template / "study.toml").read_text() + "\n[world]\njoin_km = 30\n")
    study = read_study(template)
    assert (study.roads["highway"] == WORLD).any()
    write_study(study, tmp_path / "again")
    monkeypatch.setattr(data.world_join, "read_world", lambda: pytest.fail("joined twice"))
    again = read_study(tmp_path / "again")
    assert again.digest == study.digest
    assert (again.roads["highway"] == WORLD).sum() == (study.roads["highway"] == WORLD).sum()


@pytest.mark.skipif(importlib.util.find_spec("scgraph_data") is None, reason="the extra 'world' is not installed")
def test_the_real_package_holds_the_world():
    graph = read_world()
    assert len(graph.lon) == 560_282
    assert graph.km.sum() > 1e6
    assert (graph.tail < graph.head).all()
    assert graph.head.max() < len(graph.lon)
    assert graph.lat.min() > -60
    assert graph.lat.max() < 80
