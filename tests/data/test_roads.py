"""Roads from every kind of file become one table of edges."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from data.errors import InputError
from data.roads import COLUMNS, empty_road_edges, read_road_edges, road_edges
from data.roadtags import joined, members, one_class, size_m, speed_kmh, weight_t
from data.settings import LayerSpec

UTM = CRS("EPSG:25832")
OSM = Path(__file__).parent / "osm"
HIGHWAYS = pd.DataFrame(
    {
        "highway": ["motorway", "primary", "tertiary", "residential", "service"],
        "truck_kmh": [80.0, 68.0, 52.0, 28.0, 18.0],
        "rank": [1, 3, 5, 7, 8],
    }
)


def layer(rows: list[dict[str, object]], crs: object = UTM) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows)
    lines = [shapely.LineString(points) for points in table.pop("points")]
    return gpd.GeoDataFrame(table, geometry=lines, crs=crs)


def clean(raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return road_edges(raw, crs=UTM, highways=HIGHWAYS, file="roads.gpkg")


def ends(edges: gpd.GeoDataFrame) -> dict[tuple[str, str], bool]:
    return {(row.u, row.v): row.oneway for row in edges.itertuples()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", 50), ("50 mph", 80.4672), ("30mph", 48.28032), ("50;30", 30), ("['80', '60']", 60), ("50,40", 40),
        ("50.0", 50), ("10 knots", 18.52), ("none", math.nan), ("walk", math.nan), ("DE:urban", math.nan),
        ("0", math.nan), ("", math.nan), ("signals;40", 40),
    ],
)  # fmt: skip
def test_speed(text: str, expected: float) -> None:
    assert speed_kmh(text) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7.5", 7.5), ("7.5 t", 7.5), ("3,5", 3.5), ("7500 kg", 7.5), ("10 st", 9.0718474), ("['12', '7.5']", 7.5),
     ("unsigned", math.nan), ("none", math.nan), ("", math.nan), ("24 lts", math.nan)],
)  # fmt: skip
def test_weight(text: str, expected: float) -> None:
    assert weight_t(text) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3.8", 3.8), ("3.8 m", 3.8), ("13'8\"", 4.1656), ("12'", 3.6576), ("12 ft 6 in", 3.81), ("default", math.nan),
     ("4,2", 4.2), ("420 cm", 4.2), ("4.5;4.0", 4.0), ("below_default", math.nan)],
)  # fmt: skip
def test_height(text: str, expected: float) -> None:
    assert size_m(text) == pytest.approx(expected, nan_ok=True)


def test_lists_in_any_spelling() -> None:
    for text in ("['primary', 'tertiary']", '["primary","tertiary"]', "primary,tertiary", "primary; tertiary",
                 "['primary' , 'tertiary']"):  # fmt: skip
        assert members(text) == ["primary", "tertiary"]
    assert members("") == []
    assert joined("['Ring, North', \"King's Road\"]") == "Ring, North; King's Road"
    assert joined("Ring, North") == "Ring, North"
    speeds = dict(zip(HIGHWAYS["highway"], HIGHWAYS["truck_kmh"], strict=True))
    assert one_class("primary,tertiary", speeds) == "tertiary"
    assert one_class("primary,footway", speeds) == ""


def test_extract_is_cut_at_junctions_and_gaps() -> None:
    edges = read_road_edges(LayerSpec(path="harbour.osm"), OSM, crs=UTM, highways=HIGHWAYS)
    assert list(edges.columns) == [*COLUMNS, "geometry"]
    assert edges.crs == UTM
    # 98 and 99 are missing; 3 and 7 to 9 are bends or lie inside; area=yes, land use and footways are no roads.
    assert ends(edges) == {
        ("1", "2"): False, ("2", "4"): False, ("2", "5"): True, ("4", "8"): True, ("8", "4"): True,
        ("5", "6"): False, ("10", "11"): False, ("8", "6"): False,
    }  # fmt: skip
    by_ends = edges.set_index(["u", "v"])
    main, side = by_ends.loc[("2", "4")], by_ends.loc[("2", "5")]
    assert (main["highway"], main["name"], main["ref"], main["toll"]) == ("primary", "Havnevej", "23", True)
    assert main["maxspeed_kmh"] == pytest.approx(80.4672)
    assert shapely.get_num_coordinates(main["geometry"]) == 3
    assert side["maxheight_m"] == pytest.approx(4.1656)  # -1: turned, geometry too
    assert side["geometry"].coords[0] == by_ends.loc[("2", "4"), "geometry"].coords[0]
    assert by_ends.loc[("10", "11"), ["maxweight_t", "hgv"]].tolist() == [7.5, "no"]
    assert by_ends.loc[("8", "6"), "access"] == "private"  # motor_vehicle tells more than access


def test_lengths_are_on_the_ground_whatever_the_map() -> None:
    degrees = layer([{"highway": "primary", "u": 1, "v": 2, "points": [(11.0, 55.0), (11.0, 55.1)]}], "EPSG:4326")
    for crs in ("EPSG:25832", "EPSG:3857", "EPSG:3035"):
        edges = road_edges(degrees, crs=CRS(crs), highways=HIGHWAYS, file="x")
        assert edges["length_m"].iloc[0] == pytest.approx(11132.5, rel=1e-4)  # a tenth of a degree of latitude


def test_given_lengths_are_kept_and_gaps_measured() -> None:
    raw = layer(
        [
            {"highway": "primary", "u": 1, "v": 2, "length": 110.0, "points": [(0, 0), (100, 0)]},
            {"highway": "primary", "u": 2, "v": 3, "length": None, "points": [(100, 0), (200, 0)]},
        ]
    )
    assert clean(raw)["length_m"].tolist() == pytest.approx([110, 100], rel=1e-2)
    raw["length"] /= 1000
    with pytest.raises(InputError, match=r"length: found lengths that are about 0\.0011 times .* expected metres"):
        clean(raw)


def test_directed_list_with_oneway_column() -> None:
    there, back = [(0, 0), (50, 5), (100, 0)], [(100, 0), (50, 5), (0, 0)]
    raw = layer(
        [
            {"highway": "primary", "u": 1, "v": 2, "oneway": "False", "points": there},
            {"highway": "primary", "u": 2, "v": 1, "oneway": "False", "points": back},
            {"highway": "primary", "u": 2, "v": 3, "oneway": "True", "points": [(100, 0), (200, 0)]},
            {"highway": "primary", "u": 1, "v": 2, "oneway": "False", "points": [(0, 0), (50, -50), (100, 0)]},
            {"highway": "footway", "u": 3, "v": 4, "oneway": "False", "points": [(200, 0), (300, 0)]},
        ]
    )
    edges = clean(raw)
    assert list(zip(edges["u"], edges["v"], edges["oneway"], strict=True)) == [
        ("1", "2", False), ("2", "3", True), ("1", "2", False),
    ]  # fmt: skip


def test_without_oneway_column_the_twins_tell() -> None:
    rows: list[dict[str, object]] = [
        {"highway": "motorway", "u": 1, "v": 2, "points": [(0, 0), (100, 0)]},
        {"highway": "primary", "u": 2, "v": 3, "points": [(100, 0), (200, 0)]},
    ]
    assert ends(clean(layer(rows))) == {("1", "2"): False, ("2", "3"): False}  # a list of roads
    rows.append({"highway": "primary", "u": 3, "v": 2, "points": [(200, 0), (100, 0)]})
    assert ends(clean(layer(rows))) == {("1", "2"): True, ("2", "3"): False}  # a list of directions


@pytest.mark.parametrize(
    ("value", "expected"),
    [("yes", ("1", "2", True)), ("-1", ("2", "1", True)), ("no", ("1", "2", False)), (True, ("1", "2", True)),
     (1, ("1", "2", True)), (0, ("1", "2", False)), ("reversible", ("1", "2", False))],
)  # fmt: skip
def test_oneway_spellings(value: object, expected: tuple[str, str, bool]) -> None:
    raw = layer([{"highway": "primary", "u": 1, "v": 2, "oneway": value, "points": [(0, 0), (100, 0)]}])
    edge = clean(raw).iloc[0]
    assert (edge["u"], edge["v"], edge["oneway"]) == expected
    assert edge["geometry"].coords[0] == ((100, 0) if expected[0] == "2" else (0, 0))


def test_geofabrik_shapefile_columns() -> None:
    raw = layer(
        [
            {"fclass": "primary", "oneway": "B", "maxspeed": 0, "points": [(0, 0), (100, 0)]},
            {"fclass": "primary", "oneway": "F", "maxspeed": 60, "points": [(100, 0.04), (200, 0)]},
            {"fclass": "primary", "oneway": "T", "maxspeed": 60, "points": [(300, 0), (200, 0)]},
        ]
    )
    edges = clean(raw)
    assert edges["oneway"].tolist() == [False, True, True]
    assert edges["v"].iloc[0] == edges["u"].iloc[1]  # ends nearer than 0.1 m meet
    assert edges["v"].iloc[1] == edges["u"].iloc[2]
    assert np.isnan(edges["maxspeed_kmh"].iloc[0])


def test_lines_drawn_either_way_are_turned() -> None:
    raw = layer(
        [
            {"highway": "primary", "u": 1, "v": 2, "points": [(0, 0), (100, 0)]},
            {"highway": "primary", "u": 3, "v": 2, "points": [(100, 0), (200, 0)]},  # drawn from v to u
            {"highway": "primary", "u": 3, "v": 4, "points": [(300, 0), (200, 0)]},  # drawn from v to u
        ]
    )
    edges = clean(raw)
    assert [line.coords[0] for line in edges.geometry] == [(0, 0), (200, 0), (200, 0)]


def test_parts_are_joined() -> None:
    raw = layer([{"highway": "primary", "u": 1, "v": 2, "points": [(0, 0), (100, 0)]}])
    raw.geometry = [shapely.MultiLineString([[(0, 0), (40, 0)], [(60, 0), (100, 0)]])]
    edge = clean(raw).iloc[0]
    assert list(edge["geometry"].coords) == [(0, 0), (40, 0), (60, 0), (100, 0)]


def test_foreign_columns_are_ignored_and_ids_keep_their_spelling() -> None:
    raw = layer([{"highway": "primary", "u": 5e9, "v": 7.0, "lanes": "2", "points": [(0, 0), (9, 0)]}])
    edges = clean(raw)
    assert list(edges.columns) == [*COLUMNS, "geometry"]
    assert edges.loc[0, ["u", "v"]].tolist() == ["5000000000", "7"]
    assert edges.dtypes.drop("geometry").astype(str).to_dict() == dict(COLUMNS)
    assert empty_road_edges(UTM).dtypes.astype(str).to_dict() == edges.dtypes.astype(str).to_dict()


def test_every_fault_at_once() -> None:
    raw = layer(
        [
            {"highway": "footway", "u": 1, "v": 2, "points": [(0, 0), (1, 0)]},
            {"highway": "primary", "u": 1, "v": None, "points": [(0, 0), (1, 0)]},
            {"highway": "primary", "u": 1, "v": 3, "points": [(0, 0), (1, 0)]},
        ]
    )
    raw.geometry = [None, raw.geometry.iloc[1], shapely.Point(0, 0)]
    with pytest.raises(InputError) as caught:
        clean(raw)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(3, "geometry"), (2, "v")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw.drop(columns="highway"), "column highway: found no such column"),
        (lambda raw: raw.drop(columns="v"), "column v: found no such column, expected both u and v"),
        (lambda raw: raw.set_crs(None, allow_override=True), "found a layer without a CRS"),
        (lambda raw: raw.assign(highway="path"), "found path, expected at least one edge of motorway, primary"),
        (lambda raw: raw.iloc[:0], "expected at least one edge"),
    ],
)
def test_faults(change: object, message: str) -> None:
    raw = layer([{"highway": "primary", "u": 1, "v": 2, "points": [(0, 0), (1, 0)]}])
    with pytest.raises(InputError, match=message):
        clean(change(raw))  # type: ignore[operator]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp", ".parquet"])
def test_layer_files(tmp_path: Path, suffix: str) -> None:
    raw = layer(
        [
            {"highway": "primary", "u": 1, "v": 2, "maxspeed": "50", "points": [(5e5, 6e6), (500100, 6e6)]},
            {"highway": "primary", "u": 2, "v": 3, "maxspeed": None, "points": [(500100, 6e6), (500200, 6e6)]},
        ]
    )
    path = tmp_path / f"roads{suffix}"
    raw.to_parquet(path) if suffix == ".parquet" else raw.to_file(path)
    edges = read_road_edges(LayerSpec(path=path.name), tmp_path, crs=UTM, highways=HIGHWAYS)
    assert ends(edges) == {("1", "2"): False, ("2", "3"): False}
    assert edges["length_m"].tolist() == pytest.approx([100, 100], rel=1e-3)


def test_plain_parquet_needs_a_crs(tmp_path: Path) -> None:
    raw = layer([{"highway": "primary", "u": 1, "v": 2, "points": [(11.0, 55.0), (11.01, 55.0)]}], "EPSG:4326")
    pd.DataFrame({**raw.drop(columns="geometry"), "geometry": raw.geometry.to_wkb()}).to_parquet(
        tmp_path / "roads.parquet"
    )
    with pytest.raises(InputError, match="a layer without a CRS"):
        read_road_edges(LayerSpec(path="roads.parquet"), tmp_path, crs=UTM, highways=HIGHWAYS)
    spec = LayerSpec(path="roads.parquet", crs="EPSG:4326")
    edges = read_road_edges(spec, tmp_path, crs=UTM, highways=HIGHWAYS)
    assert edges["length_m"].iloc[0] == pytest.approx(640, rel=0.01)


def test_graphml(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, x in ((1, 11.00), (2, 11.01), (3, 11.02)):
        graph.add_node(node, x=x, y=55.0)
    graph.add_edge(1, 2, osmid=1, highway="primary", oneway=False, length=640.0, maxspeed=["50", "30"], hgv="no")
    graph.add_edge(2, 1, osmid=1, highway="primary", oneway=False, length=640.0, maxspeed=["50", "30"], hgv="no")
    graph.add_edge(2, 3, osmid=2, highway=["primary", "tertiary"], oneway=True, length=640.0)
    osmnx.save_graphml(graph, tmp_path / "roads.graphml")
    edges = read_road_edges(LayerSpec(path="roads.graphml"), tmp_path, crs=UTM, highways=HIGHWAYS)
    assert ends(edges) == {("1", "2"): False, ("2", "3"): True}
    assert edges["maxspeed_kmh"].tolist() == pytest.approx([30, math.nan], nan_ok=True)
    assert edges["highway"].tolist() == ["primary", "tertiary"]
    assert edges["hgv"].tolist() == ["no", ""]


@pytest.mark.parametrize("name", ["roads.osm.pbf", "roads.graphml", "roads.osm"])
def test_broken_and_missing_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: found no such file"):
        read_road_edges(LayerSpec(path=name), tmp_path, crs=UTM, highways=HIGHWAYS)
    (tmp_path / name).write_bytes(b"this is no road network")
    with pytest.raises(InputError, match=r"expected (an OpenStreetMap extract|a graph that OSMnx saved)"):
        read_road_edges(LayerSpec(path=name), tmp_path, crs=UTM, highways=HIGHWAYS)


def test_extract_without_roads(tmp_path: Path) -> None:
    (tmp_path / "sea.osm").write_text('<osm version="0.6"><node id="1" version="1" lat="55" lon="11"/></osm>')
    with pytest.raises(InputError, match="found no drivable way"):
        read_road_edges(LayerSpec(path="sea.osm"), tmp_path, crs=UTM, highways=HIGHWAYS)
