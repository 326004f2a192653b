"""Turn restrictions of an extract, and heights and tunnel categories of edges."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from data.catalogue import read_catalogue
from data.roads import read_road_edges, road_edges
from data.settings import LayerSpec

UTM = CRS("EPSG:25832")
HIGHWAYS = read_catalogue().highways
NODES = {1: (0, 0), 2: (0, 1), 3: (1, 0), 4: (0, -1), 5: (-1, 0)}


def restriction(number: int, kind: str, start: int, end: int, **tags: str) -> str:
    told = {"type": "restriction", "restriction": kind, **tags}
    text = "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in told.items() if value)
    return (
        f'<relation id="{number}" version="1"><member type="way" ref="{start}" role="from"/>'
        f'<member type="node" ref="1" role="via"/><member type="way" ref="{end}" role="to"/>{text}</relation>'
    )


def read(folder: Path, *relations: str) -> dict[tuple[str, str], str]:
    """A crossroads at node 1; way 10n runs from node n to it."""
    nodes = "".join(
        f'<node id="{n}" version="1" lat="{55 + y / 1e3}" lon="{11 + x / 1e3}"/>' for n, (x, y) in NODES.items()
    )
    ways = "".join(
        f'<way id="10{n}" version="1"><nd ref="{n}"/><nd ref="1"/><tag k="highway" v="primary"/></way>'
        for n in range(2, 6)
    )
    (folder / "x.osm").write_text(f'<osm version="0.6">{nodes}{ways}{"".join(relations)}</osm>', encoding="utf-8")
    edges = read_road_edges(LayerSpec(path="x.osm"), folder, crs=UTM, highways=HIGHWAYS)
    return {(row.u, row.v): row.no_turns for row in edges.itertuples() if row.no_turns}


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        (restriction(1, "no_left_turn", 102, 103), {("2", "1"): "1>3"}),
        (restriction(1, "only_straight_on", 102, 104), {("2", "1"): "1>2;1>3;1>5"}),
        (restriction(1, "no_u_turn", 102, 102), {("2", "1"): "1>2"}),
        (restriction(1, "", 102, 103, restriction__hgv="no_right_turn"), {("2", "1"): "1>3"}),
        (restriction(1, "no_left_turn", 102, 103, **{"except": "hgv;psv"}), {}),
        (restriction(1, "no_left_turn", 102, 103, **{"except": "bus"}), {("2", "1"): "1>3"}),
        (restriction(1, "no_left_turn", 102, 999), {}),
        (restriction(1, "", 102, 103, restriction__conditional="no_left_turn @ (Mo-Fr)"), {}),
        (restriction(1, "no_left_turn", 102, 103).replace('type="node"', 'type="way"'), {}),  # via a way: left out
    ],
)
def test_turn_restrictions(tmp_path: Path, relation: str, expected: dict[tuple[str, str], str]) -> None:
    assert read(tmp_path, relation) == expected


def test_heights_turn_with_the_edge_and_tunnel_categories_are_read() -> None:
    raw = gpd.GeoDataFrame(
        {
            "u": ["1", "2", "3"], "v": ["2", "3", "4"], "highway": "primary", "oneway": ["no", "-1", "no"],
            "elev_u_m": [5.0, 7.0, np.nan], "elev_v_m": [7.0, 9.0, 3.0],
            "hazmat:B": ["no", "", "yes"], "hazmat:D": ["no", "", ""], "tunnel_category": ["", "e", ""],
        },
        geometry=[shapely.LineString([(i * 100, 0), (i * 100 + 100, 0)]) for i in range(3)], crs=UTM,
    )  # fmt: skip
    edges = road_edges(raw, crs=UTM, highways=HIGHWAYS, file="x")
    assert edges["elev_u_m"].tolist() == pytest.approx([5, 9, np.nan], nan_ok=True)
    assert edges["elev_v_m"].tolist() == [7, 7, 3]
    assert edges["tunnel_category"].tolist() == ["D", "E", ""]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "least"), [("Helsinki.osm.pbf", 40), ("baltimore.osm.pbf", 2)])
def test_real_restrictions_are_read(shared_data: Path, name: str, least: int) -> None:
    spec = LayerSpec(path=name)
    edges = read_road_edges(spec, shared_data / "roads", crs=CRS("EPSG:3857"), highways=HIGHWAYS)
    said = edges[edges["no_turns"] != ""]
    assert len(said) >= least
    for row in said.itertuples():
        assert {turn.split(">")[0] for turn in row.no_turns.split(";")} <= {row.u, row.v}
