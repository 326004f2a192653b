"""Real road networks (public data beside the checkout)."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from data.catalogue import read_catalogue
from data.roads import read_road_edges
from data.settings import LayerSpec

pytestmark = pytest.mark.shared

SOURCES = {
    "ube_roads.parquet": "EPSG:6690",
    "liege_1656.parquet": "EPSG:32631",
    "baltimore.osm.pbf": "EPSG:32618",
    "Helsinki.osm.pbf": "EPSG:3067",
    "liechtenstein-latest.osm.pbf": "EPSG:2056",
}


def read(shared_data: Path, name: str) -> gpd.GeoDataFrame:
    highways = read_catalogue().highways
    return read_road_edges(LayerSpec(path=name), shared_data / "roads", crs=CRS(SOURCES[name]), highways=highways)


def nodes(edges: gpd.GeoDataFrame) -> int:
    return int(pd.concat([edges["u"], edges["v"]]).nunique())


def off_node_m(edges: gpd.GeoDataFrame) -> np.ndarray:
    """How far apart the line ends that name one node are."""
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(edges.geometry, at)) for at in (0, -1)])
    table = pd.DataFrame(ends, index=pd.concat([edges["u"], edges["v"]]).to_numpy())
    spread = table.groupby(level=0).max() - table.groupby(level=0).min()
    return np.hypot(*spread.to_numpy().T)


@pytest.mark.parametrize("name", SOURCES)
def test_edges_are_sound(shared_data: Path, name: str) -> None:
    edges = read(shared_data, name)
    assert not edges[["u", "v", "highway", "length_m", "oneway"]].isna().any().any()
    assert set(edges.geom_type) == {"LineString"}
    assert edges["length_m"].sum() == pytest.approx(edges.length.sum(), rel=0.01)
    assert (off_node_m(edges) > 0.5).mean() < 0.003  # only Ube has any: roads cut at the edge of the extract
    two_way = edges[~edges["oneway"]]
    shape = shapely.to_wkb(shapely.normalize(two_way.geometry.to_numpy()))
    assert not pd.Series(shape).duplicated().any() or name == "liege_1656.parquet"
    graph = nx.Graph(zip(edges["u"], edges["v"], strict=True))
    assert len(max(nx.connected_components(graph), key=len)) > 0.7 * len(graph)


def test_ube_is_a_walking_extract(shared_data: Path) -> None:
    edges = read(shared_data, "ube_roads.parquet")
    assert nodes(edges) == 8833  # 8,871 if edges that are partly footpath counted
    assert not edges["oneway"].any()


def test_liege_draws_its_lines_either_way(shared_data: Path) -> None:
    edges = read(shared_data, "liege_1656.parquet")
    assert nodes(edges) == 75076
    assert off_node_m(edges).max() == 0  # nearly all are drawn from v to u in the file
    assert not edges["oneway"].any()


def test_baltimore_has_no_industrial_roads_and_keeps_truck_tags(shared_data: Path) -> None:
    edges = read(shared_data, "baltimore.osm.pbf")
    assert 600_000 < edges["length_m"].sum() < 700_000
    assert {"no", "designated"} <= set(edges["hgv"])
    assert (edges["hazmat"] == "no").sum() > 20
    assert edges["toll"].sum() > 80
    assert edges["maxspeed_kmh"].max() == pytest.approx(55 * 1.609344)


def test_helsinki_ways_are_cut_at_the_edge(shared_data: Path) -> None:
    edges = read(shared_data, "Helsinki.osm.pbf")
    assert np.isfinite(edges.total_bounds).all()
    assert edges["maxweight_t"].min() == 2.5
    assert edges["maxheight_m"].min() == 2.0
    assert edges["maxaxleload_t"].notna().sum() >= 1
    assert edges["length_m"].max() < 2000
