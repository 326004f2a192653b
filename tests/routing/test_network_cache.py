"""A network from the cache is the network that was built."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import CRS

from data.catalogue import read_catalogue
from data.roads import read_road_edges
from data.settings import LayerSpec
from routing import network_cache
from routing.network import RoadNetwork, build_network
from routing.network_cache import cached_network


def assert_same(one: RoadNetwork, other: RoadNetwork) -> None:
    for field in dataclasses.fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name == "geometry":
            assert shapely.equals_exact(mine, theirs).all()
        elif isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, field.name
            np.testing.assert_array_equal(mine, theirs, err_msg=field.name)
            assert not theirs.flags.writeable
        else:
            assert mine == theirs, field.name


@pytest.mark.shared
@pytest.mark.parametrize(("name", "epsg"), [("Helsinki.osm.pbf", 3067), ("liege_1656.parquet", 32631)])
def test_a_network_comes_back_as_it_was(
    shared_data: Path, name: str, epsg: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SYMBIOPLAN_CACHE", str(tmp_path))
    monkeypatch.setattr(network_cache, "_WORTH_KEEPING", 0)
    highways = read_catalogue().highways
    edges = read_road_edges(LayerSpec(path=name), shared_data / "roads", crs=CRS(epsg), highways=highways)
    built = cached_network(edges, highways)
    assert_same(built, build_network(edges, highways))
    monkeypatch.setattr(network_cache, "build_network", None)  # not called again
    started = time.perf_counter()
    again = cached_network(edges, highways)
    assert time.perf_counter() - started < 3  # 0.2 s for Liège on an idle machine
    assert_same(built, again)
    assert again.crs == built.crs
    with pytest.raises(TypeError):
        cached_network(edges.assign(length_m=edges["length_m"] + 1), highways)


def test_small_networks_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> None:
    monkeypatch.setenv("SYMBIOPLAN_CACHE", str(tmp_path / "cache"))
    highways = read_catalogue().highways
    spec = LayerSpec(path="Helsinki.osm.pbf")
    edges = read_road_edges(spec, shared_data / "roads", crs=CRS(3067), highways=highways)
    cached_network(edges, highways)
    assert not (tmp_path / "cache").exists()
