import re
import sqlite3
import struct
import xml.etree.ElementTree as ET
from contextlib import closing
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from shapely.geometry import LineString

from data.contracts import make_table
from data.errors import InputError
from data.plan import Plan
from maps import write_candidates, write_geopackage
from maps.geopackage import write_sites
from maps.palette import resource_colours
from maps.siting_outputs import write_siting
from tests.maps.conftest import make_study, sited, with_barred, with_coarse

TABLES = {"streams", "indicators", "costs", "unreachable_by_class"}
LAYERS = {
    "plants": "Point", "hubs": "Point", "unplaced": "Point", "unserved": "Point", "sites": "Point",
    "exchanges": "LineString", "pipelines": "MultiLineString", "truck_routes": "MultiLineString",
    "coarse_stretches": "MultiLineString",
    "existing_pipelines": "MultiLineString", "crossings": "MultiLineString", "roads": "MultiLineString",
    "outlines": "MultiPolygon", "zones": "MultiPolygon",
}  # fmt: skip


def ask(path, query):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def styles(path):
    query = "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"
    return {name: ET.fromstring(qml) for name, qml in ask(path, query)}


@pytest.fixture
def written(study, plan, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_geopackage(study, plan, path)
    return path


@pytest.mark.parametrize("empty", [False, True])
def test_layers_and_geometry_types(study, plan, tmp_path, empty):
    path = tmp_path / "plan.gpkg"
    write_geopackage(study, Plan(problem="x", status="infeasible") if empty else plan, path)
    found = dict(pyogrio.list_layers(path).tolist())
    assert found.pop("layer_styles") is None
    assert {found.pop(name) for name in TABLES} == {None}
    assert found == LAYERS
    pipes = pyogrio.read_dataframe(path, layer="pipelines")
    assert len(pipes) == (0 if empty else 7)
    assert pipes.crs == study.crs
    assert {"resource", "diameter_mm", "flow", "capacity", "load_share", "fixed_cost", "corridor"} <= {*pipes.columns}
    types = dict(ask(path, "SELECT name, type FROM pragma_table_info('pipelines')"))
    assert types["diameter_mm"] == "REAL"
    assert types["resource"].startswith("TEXT")


def test_coarse_routes_and_unreached_plants_are_told(study, plan, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_geopackage(study, with_barred(with_coarse(plan)), path)
    routes = pyogrio.read_dataframe(path, layer="truck_routes").set_index("route")
    assert routes.loc["t2", "coarse_m"] > 150_000
    coarse = pyogrio.read_dataframe(path, layer="coarse_stretches").set_index("route")
    assert coarse.geometry["t2"].length == pytest.approx(routes.loc["t2", "coarse_m"])
    assert routes.geometry["t2"].length > coarse.geometry["t2"].length  # the route itself stays whole
    assert pyogrio.read_dataframe(path, layer="exchanges").set_index("exchange")["coarse_m"].gt(0).to_dict()["e7"]
    reasons = pyogrio.read_dataframe(path, layer="unreachable_by_class")
    assert reasons.groupby("plant").size().to_dict() == {"gypsum": 1, "refinery": 4}


def test_version_is_the_one_that_most_programs_read(written):
    assert ask(written, "PRAGMA user_version") == [(10200,)]
    assert ask(written, "PRAGMA integrity_check") == [("ok",)]


def test_styles_are_where_qgis_looks(written):
    assert ask(written, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'") == [("attributes",)]
    rows = ask(
        written,
        "SELECT s.f_table_name, f_table_catalog, f_table_schema, f_geometry_column = g.column_name, useAsDefault"
        " FROM layer_styles s JOIN gpkg_geometry_columns g ON g.table_name = s.f_table_name",
    )
    assert {row[0] for row in rows} == {*LAYERS}
    assert {row[1:4] for row in rows} == {("", "", 1)}
    assert sum(row[4] for row in rows) == len(LAYERS)


def test_every_resource_has_its_colour_in_every_style(study, plan, written):
    phases = dict(zip(study.resources["resource"], study.resources["phase"], strict=True))
    colours = resource_colours(study.streams["resource"], phases)
    for layer in ("exchanges", "pipelines", "truck_routes", "unplaced", "unserved"):
        root = styles(written)[layer]
        assert root.find("renderer-v2").attrib["attr"] == "resource"
        symbols = {s.attrib["name"]: s for s in root.find("renderer-v2/symbols")}
        drawn = {c.attrib["value"]: symbols[c.attrib["symbol"]] for c in root.iter("category")}
        used = {*pyogrio.read_dataframe(written, layer=layer)["resource"]}
        assert used <= {*drawn}
        for resource in used:
            rgb = ",".join(str(int(colours[resource][i : i + 2], 16)) for i in (1, 3, 5))
            options = [o.attrib["value"] for o in drawn[resource].iter("Option") if "color" in o.attrib.get("name", "")]
            assert any(value.startswith(rgb) for value in options)


def test_columns_named_in_styles_exist(written):
    for layer, qml in ask(written, "SELECT f_table_name, styleQML FROM layer_styles"):
        root, columns = ET.fromstring(qml), {*pyogrio.read_info(written, layer=layer)["fields"]}
        assert {alias.attrib["field"] for alias in root.iter("alias")} == columns
        assert root.find("previewExpression").text.strip('"') in columns
        for option in root.iter("Option"):
            if option.attrib.get("name") == "expression":
                assert {*re.findall(r'"(\w+)"', option.attrib["value"])} <= columns
        for text in root.iter("text-style"):
            assert {*re.findall(r'"(\w+)"', text.attrib["fieldName"])} <= columns


def test_hostile_names_make_valid_styles(study, plan, tmp_path):
    bad = "a<b>&\"'\x0b\n]]>é"
    path = tmp_path / "plan.gpkg"
    write_geopackage(study.replace(plants=study.plants.assign(sector=bad, name=bad)), plan, path)
    assert len(styles(path)) == len(LAYERS) + len(TABLES)
    assert pyogrio.read_dataframe(path, layer="plants")["name"].tolist()[0] == bad


def test_an_old_file_is_replaced(study, plan, written):
    write_geopackage(study, plan, written)
    assert len(pyogrio.read_dataframe(written, layer="exchanges")) == 8


def test_gis_and_web_map_share_geometry(study, plan, written):
    pipes = pyogrio.read_dataframe(written, layer="pipelines").set_index(["corridor", "resource"])
    line = plan.geometries.set_index("key").geometry["c4"]
    assert pipes.geometry[("c4", "surface_water")].length == pytest.approx(line.length)


def candidates():
    corridor = {"corridor": "c1", "from_node": "power", "to_node": "refinery", "length_m": 1200.0}
    pipe = {"corridor": "c1", "resource": "steam", "fixed_cost": 1.0}
    route = {"from_node": "power", "to_node": "gypsum", "resource": "gypsum", "vehicle": "tipper", "unit_cost": 3.0}
    return (
        make_table("problem", "corridors", [corridor, {**corridor, "corridor": "c2"}]),
        make_table("problem", "routes", [{**route, "route": "t1", "geometry_key": "r1"}, {**route, "route": "t2"}]),
        make_table("problem", "pipes", [{**pipe, "option": f"dn{d}", "diameter_mm": float(d)} for d in (300, 500)]),
    )


def test_candidates(study, plan, tmp_path):
    path = tmp_path / "candidates.gpkg"
    told = with_barred(plan).unreachable_by_class
    write_candidates(study, plan.geometries, *candidates(), path, unreachable_by_class=told)
    assert len(pyogrio.read_dataframe(path, layer="unreachable_by_class")) == 5
    corridors = pyogrio.read_dataframe(path, layer="candidate_corridors").set_index("corridor")
    assert corridors.loc["c1", ["resources", "pipe_options", "diameter_max_mm"]].tolist() == ["steam", 2, 500.0]
    assert corridors.loc["c2", "pipe_options"] == 0
    assert len(pyogrio.read_dataframe(path, layer="candidate_routes")) == 2
    assert len(pyogrio.read_dataframe(path, layer="sites")) == 1
    assert {"candidate_corridors", "candidate_routes", "sites"} <= {*styles(path)}


def test_candidates_without_a_line_are_named(study, plan, tmp_path):
    with pytest.raises(InputError, match="'c2'"):
        write_candidates(study, plan.geometries.query("key != 'c2'"), *candidates(), tmp_path / "candidates.gpkg")


def test_no_candidates_at_all(study, tmp_path):
    none = [make_table("problem", table, []) for table in ("corridors", "routes", "pipes")]
    lines = gpd.GeoDataFrame({"key": pd.Series(dtype="str")}, geometry=[], crs=study.crs)
    write_candidates(study, lines, *none, tmp_path / "candidates.gpkg")
    assert len(pyogrio.read_dataframe(tmp_path / "candidates.gpkg", layer="candidate_corridors")) == 0


def test_sites_may_be_points_and_lines_are_not_zones(study, plan, tmp_path):
    sites = study.sites.set_geometry(study.sites.centroid)
    zones = study.zones.copy()
    zones.loc[2, "geometry"] = LineString([(0, 0), (1, 1)])
    path = tmp_path / "plan.gpkg"
    write_geopackage(study.replace(sites=sites, zones=zones), plan, path)
    assert len(pyogrio.read_dataframe(path, layer="sites")) == 1
    assert len(pyogrio.read_dataframe(path, layer="zones")) == 2


def test_the_rules_of_the_standard_that_matter(written):
    """GDAL's own validate_gpkg.py comes with no package; these are the rules that its users run into."""
    contents = dict(ask(written, "SELECT table_name, data_type FROM gpkg_contents"))
    assert {name for name, kind in contents.items() if kind == "features"} == {*LAYERS}
    assert {name for name, kind in contents.items() if kind == "attributes"} == {*TABLES, "layer_styles"}
    assert ask(written, "PRAGMA application_id") == [(int.from_bytes(b"GPKG"),)]
    assert ask(written, "PRAGMA foreign_key_check") == []
    assert {row[0] for row in ask(written, "SELECT srs_id FROM gpkg_spatial_ref_sys")} >= {-1, 0, 4326, 25832}
    assert ask(written, "SELECT DISTINCT srs_id FROM gpkg_geometry_columns") == [(25832,)]
    extensions = {row[0] for row in ask(written, "SELECT extension_name FROM gpkg_extensions")}
    assert extensions == {"gpkg_rtree_index", "gpkg_schema"}
    for table, column in ask(written, "SELECT table_name, column_name FROM gpkg_geometry_columns"):
        assert ask(written, f"SELECT pk FROM pragma_table_info('{table}') WHERE name = 'fid'") == [(1,)]
        heads = {row[0] for row in ask(written, f"SELECT substr({column}, 1, 2) FROM {table}")}
        assert heads <= {b"GP"}
        indexed = ask(written, f"SELECT count(*) FROM rtree_{table}_{column}")
        assert indexed == ask(written, f"SELECT count(*) FROM {table}")


def test_other_programs_find_titles_and_words_for_columns(written):
    titles = dict(ask(written, "SELECT table_name, identifier FROM gpkg_contents"))
    assert titles["truck_routes"] == "Truck routes"
    words = {(t, c): (a, d) for t, c, a, d in ask(written, "SELECT table_name, column_name, title, description"
                                                           " FROM gpkg_data_columns")}  # fmt: skip
    assert words["pipelines", "length_m"][0] == "Length (m)"
    assert words["exchanges", "quantity"][1] == "Amount that arrives"
    for table in (*LAYERS, *TABLES):
        columns = {*pyogrio.read_info(written, layer=table)["fields"]}
        assert {column for name, column in words if name == table} == columns


@pytest.fixture(scope="module")
def sites_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sites") / "sites.gpkg"
    write_sites(sited(make_study()), path)
    return path


def test_ranked_sites_are_described_and_styled(sites_file):
    there = dict(pyogrio.list_layers(sites_file).tolist())
    assert there["site_points"] == "Point"
    assert there["site_areas"] == "MultiPolygon"
    assert gpd.read_file(sites_file, layer="site_areas")["site"].tolist() == ["a"]
    assert gpd.read_file(sites_file, layer="sites")["site"].tolist() == ["b", "c"]  # given, not found
    points = gpd.read_file(sites_file, layer="site_points")
    assert points["score_class"].tolist() == ["0.6 to 0.8", "0.2 to 0.4", "excluded"]
    assert not {"class_colour", "colour"} & {*points}
    found = styles(sites_file)
    for name in ("site_points", "site_areas"):
        renderer = found[name].find("renderer-v2")
        assert renderer.get("type") == "graduatedSymbol"
        limits = [(float(one.get("lower")), float(one.get("upper"))) for one in renderer.iter("range")]
        assert limits == [(0.8, 1.0), (0.6, 0.8), (0.4, 0.6), (0.2, 0.4), (0.0, 0.2), (-1.0, -1.0)]
    titles = dict(ask(sites_file, "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'site_points'"))
    assert titles["score"] == "Score (0 to 1)"


def test_the_suitability_is_a_raster_in_the_geopackage(sites_file):
    wanted = sited(make_study()).suitability
    with rasterio.open(sites_file) as raster:
        assert raster.crs == rasterio.crs.CRS.from_wkt(wanted.crs.to_wkt())
        assert raster.transform.almost_equals(wanted.transform)
        found = raster.read(1, masked=True)
    np.testing.assert_allclose(found.filled(np.nan), wanted.values, atol=1e-6)
    said = ask(sites_file, "SELECT data_null, field_name FROM gpkg_2d_gridded_coverage_ancillary")
    assert said == [(-9999.0, "Suitability")]


def test_a_plan_without_siting_has_no_trace_of_it(written):
    there = {name for name, _ in pyogrio.list_layers(written)}
    assert not {"site_points", "site_areas", "site_scores", "suitability"} & there
    assert ask(written, "SELECT count(*) FROM gpkg_contents WHERE data_type = '2d-gridded-coverage'") == [(0,)]


def test_the_suitability_is_a_valid_cloud_optimised_geotiff(tmp_path):
    large = np.linspace(0, 1, 700 * 900).reshape(700, 900)
    large[300:, :400] = np.nan
    study = sited(make_study())
    write_siting(study.replace(suitability=replace(study.suitability, values=large)), tmp_path)
    path = tmp_path / "suitability.tif"
    with rasterio.open(path) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.block_shapes == [(256, 256)]
        assert raster.overviews(1)
        assert np.isnan(raster.nodata)
        np.testing.assert_allclose(raster.read(1), large.astype("float32"))
    assert cog_faults(path) == []
    assert {p.name for p in tmp_path.iterdir()} == {"siting.html", "suitability.tif", "sites.gpkg", "tables"}


def cog_faults(path):
    """Return how a GeoTIFF breaks the layout of a cloud-optimised one, read from its TIFF directories.

    https://gdal.org/en/stable/drivers/raster/cog.html: directories in order before all data; the data of each
    overview, smallest first, before that of the full picture.
    """
    raw = path.read_bytes()
    assert raw[:4] == b"II*\x00"
    at, directories = struct.unpack_from("<I", raw, 4)[0], []
    while at:
        count = struct.unpack_from("<H", raw, at)[0]
        tags = {struct.unpack_from("<H", raw, at + 2 + 12 * k)[0]: struct.unpack_from("<HII", raw, at + 4 + 12 * k)
                for k in range(count)}  # fmt: skip
        width = tags[256][2] & 0xFFFF if tags[256][0] == 3 else tags[256][2]
        kind, number, place = tags[324]  # offsets of tiles
        offsets = [place] if number == 1 else struct.unpack_from(f"<{number}I", raw, place)
        assert kind == 4
        directories.append((width, at, min(offset for offset in offsets if offset)))
        at = struct.unpack_from("<I", raw, at + 2 + 12 * count)[0]
    faults = []
    widths, places, data = zip(*directories, strict=True)
    if list(widths) != sorted(widths, reverse=True) or list(places) != sorted(places):
        faults.append("directories out of order")
    if max(places) > min(data):
        faults.append("data before a directory")
    if list(data) != sorted(data, reverse=True):
        faults.append("the full picture before its overviews")
    return faults
