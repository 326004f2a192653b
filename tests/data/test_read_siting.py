"""``[siting]`` as it is read: settings, layers, land use of an extract, results, and faults that name the rule."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from data import InputError, Raster, make_table, read_study, write_study
from data.osm_areas import area_kind, read_osm_areas

SITING = """
[siting]
cell_m = 100.0
layers = {homes = "homes.geojson", price = {path = "price.tif"}}

[[siting.exclude]]
on = "homes"
within_m = 300

[[siting.criteria]]
name = "cheap land"
on = "price"
weight = 2
linear = {worst = 100, best = 0}

[[siting.criteria]]
name = "near plants"
on = "plants"
weight = 1
linear = {worst = 5000, best = 0}
"""


@pytest.fixture
def folder(template):
    homes = gpd.GeoDataFrame({"kind": ["village"], "note": ["x"]}, geometry=[shapely.Point(632000, 6170000)], crs=25832)
    homes.to_crs(4326).to_file(template / "homes.geojson")
    with rasterio.open(
        template / "price.tif", "w", driver="GTiff", height=2, width=2, count=1, dtype="float64", crs="EPSG:4326",
        transform=Affine(0.1, 0, 11.0, 0, -0.1, 55.8),
    ) as target:  # fmt: skip
        target.write(np.array([[10.0, 20.0], [30.0, 40.0]]), 1)
    with (template / "study.toml").open("a", encoding="utf-8") as text:
        text.write(SITING)
    return template


def test_a_study_with_siting_reads_and_is_written_back_the_same(folder, tmp_path):
    study = read_study(folder)
    assert set(study.siting_layers) == {"homes", "price"}
    assert study.siting_layers["homes"].crs == study.crs
    assert study.siting_layers["price"].crs.to_epsg() == 4326
    assert [rule.name for rule in study.settings.siting.exclude] == ["homes"]
    assert study.suitability is None
    assert study.site_scores.empty
    write_study(study, tmp_path / "again")
    again = read_study(tmp_path / "again")
    assert again.digest == study.digest
    assert again.settings.siting.criteria == study.settings.siting.criteria


def test_results_of_siting_travel_with_the_study(folder, tmp_path):
    study = read_study(folder)
    sites = gpd.GeoDataFrame(
        {
            "site": ["s"], "name": ["S"], "note": [""], "source": [""], "area_m2": [5e4], "score": [0.75],
            "rank": [1.0],
            "origin": ["hexagon"], "reason": [""], "rank_best": [1.0], "rank_worst": [2.0], "top_share": [0.9],
        },
        geometry=[shapely.box(632000, 6170000, 632200, 6170250)], crs=study.crs,
    )  # fmt: skip
    row = {"site": "s", "criterion": "near plants", "value": 12.5, "unit": "m", "utility": 0.75, "weight": 1.0,
           "contribution": 0.75}  # fmt: skip
    values = np.array([[0.25, np.nan], [1.0, 0.0]])
    raster = Raster(values, Affine(100, 0, 632000, 0, -100, 6170300), study.crs)
    scores = make_table("study", "site_scores", [row])
    write_study(study.replace(sites=sites, site_scores=scores, suitability=raster), tmp_path / "out")
    again = read_study(tmp_path / "out")
    pd.testing.assert_frame_equal(pd.DataFrame(again.sites.drop(columns="geometry")),
                                  pd.DataFrame(sites.drop(columns="geometry")), check_dtype=False)  # fmt: skip
    pd.testing.assert_frame_equal(again.site_scores, scores)
    np.testing.assert_array_equal(again.suitability.values, values)
    assert again.suitability.transform == raster.transform


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('on = "homes"', 'on = "hoems"', "siting.exclude.hoems.on: found 'hoems'"),
        ('on = "price"', 'on = "roads"', "siting.criteria.cheap land.on: found 'roads'"),
        ('on = "price"', 'on = "homes"\nof = "value"', "siting.criteria.cheap land.column: found nothing"),
        ('on = "price"', 'on = "homes"\ncolumn = "colour"', "homes, column colour: found no such attribute"),
        ('on = "price"', 'on = "price"\nvalues = ["dear"]', "siting.criteria.cheap land.values: found 'dear'"),
        ('on = "price"', 'on = "homes"\nof = "slope"', "found slope of a vector layer"),
        ("within_m = 300", "within_m = 300\nabove = 2", "either above and below, or within_m and beyond_m"),
        ("linear = {worst = 100, best = 0}", "linear = {worst = 5, best = 5}", "a best that differs from the worst"),
        ("linear = {worst = 100, best = 0}", "", "exactly one of linear, points, steps, classes, gaussian"),
        ('name = "cheap land"', 'name = "near plants"', "a name of its own for each, not near plants twice"),
        ("weight = 2\n", "", "a weight for every criterion or for none"),
        ("cell_m = 100.0", 'cell_m = 100.0\njudgements = [["near plants", "cheap land", 3]]', "either judgements or"),
        ("cell_m = 100.0", 'cell_m = 100.0\ncandidates = ["osm"]', "siting.layers.osm: found nothing"),
        ("cell_m = 100.0", 'cell_m = 100.0\nregion = "homes"', "siting.region: found 'homes'"),
        ('homes = "homes.geojson"', 'homes = "houses.geojson"', "houses.geojson: found no such file"),
        ('homes = "homes.geojson"', 'homes = "homes.geojson", zones = "homes.geojson"', "a name that another layer"),
        ("cell_m = 100.0", "cell = 100.0", "siting.cell: found a key that is not known"),
    ],
)  # fmt: skip
def test_a_fault_names_the_rule(folder, edit, old, new, expected):
    edit(folder / "study.toml", old, new)
    with pytest.raises(InputError) as caught:
        read_study(folder)
    said = "\n".join(map(str, caught.value.faults)).replace("study.toml, column ", "")
    assert expected in said, said


def test_judgements_compare_each_two_criteria_once(folder, edit):
    edit(folder / "study.toml", "weight = 2\n", "")
    edit(folder / "study.toml", "weight = 1\n", "")
    edit(folder / "study.toml", "cell_m = 100.0", 'cell_m = 100.0\njudgements = [["near plants", "near homes", 3]]')
    with pytest.raises(InputError, match="names of criteria \\(cheap land, near plants\\), not near homes"):
        read_study(folder)


def test_the_kind_of_an_area_is_what_its_land_is_used_for():
    assert area_kind({"landuse": "industrial", "natural": "water"}) == "industrial"
    assert area_kind({"natural": "water"}) == "water"
    assert area_kind({"natural": "coastline"}) == ""
    assert area_kind({"boundary": "administrative"}) == ""


OSM = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="0.000" lon="0.000"/><node id="2" lat="0.000" lon="0.010"/>
<node id="3" lat="0.010" lon="0.010"/><node id="4" lat="0.010" lon="0.000"/>
<node id="5" lat="0.004" lon="0.004"/><node id="6" lat="0.004" lon="0.006"/>
<node id="7" lat="0.006" lon="0.006"/><node id="8" lat="0.006" lon="0.004"/>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/></way>
<way id="11"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="8"/><nd ref="5"/><tag k="landuse" v="brownfield"/></way>
<way id="12"><nd ref="1"/><nd ref="2"/><nd ref="99"/><nd ref="1"/><tag k="landuse" v="industrial"/></way>
<way id="13"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>
<relation id="20"><member type="way" ref="10" role="outer"/><member type="way" ref="11" role="inner"/>
<tag k="type" v="multipolygon"/><tag k="landuse" v="industrial"/><tag k="name" v="Works &lt;b&gt;"/></relation>
</osm>"""


def test_multipolygons_of_an_extract_keep_their_holes(tmp_path):
    (tmp_path / "a.osm").write_text(OSM, encoding="utf-8")
    areas = read_osm_areas(tmp_path / "a.osm").set_index("osm")
    assert areas["kind"].to_dict() == {"w11": "brownfield", "r20": "industrial"}
    assert areas.loc["r20", "name"] == "Works <b>"
    assert areas.loc["r20", "geometry"].area == pytest.approx(0.01**2 - 0.002**2)


@pytest.mark.shared
def test_industrial_land_of_baltimore_is_read(shared_data):
    areas = read_osm_areas(shared_data / "roads" / "baltimore.osm.pbf")
    assert areas.geometry.is_valid.all()
    assert (areas["kind"] == "industrial").sum() == 40
    assert (areas["kind"] == "brownfield").sum() == 12
    assert areas["osm"].str.startswith("r").any()
