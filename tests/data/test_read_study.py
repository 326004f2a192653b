"""Reading a study: each kind of fault is found, named, and reported with all the others."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from data import InputError, bundled_studies, read_catalogue, read_documented, read_study, write_study

CRS = "EPSG:25832"


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_study(folder)
    return [str(fault) for fault in caught.value.faults]


def only_fault_of(folder: Path) -> str:
    faults = faults_of(folder)
    assert len(faults) == 1, faults
    return faults[0]


def test_the_template_is_a_study(template):
    study = read_study(template)
    assert list(study.plants["plant"]) == ["power", "paper", "greenhouse"]
    assert study.plants.crs == study.crs
    assert study.streams.loc[0, ["quantity", "unit"]].tolist() == [60_000.0, "t"]
    assert study.streams.loc[1, "quantity"] == pytest.approx(80_000 / 3.6)
    assert study.zones["forbidden"].tolist() == [True, False]


def test_an_unstated_price_is_the_catalogues(template, edit):
    edit(template / "streams.csv", "steam_10bar,demand,45000,t,32", "steam_10bar,demand,45000,t,")
    catalogue = read_catalogue().resources.set_index("resource")
    assert read_study(template).streams.loc[2, "price"] == catalogue.loc["steam_10bar", "virgin_price"]


def test_a_stated_price_is_per_unit_of_its_own_row(template, edit):
    edit(
        template / "streams.csv",
        "greenhouse,hot_water_90,demand,14000,MWh,45",
        "greenhouse,hot_water_90,demand,14,GWh,45000",
    )
    stream = read_study(template).streams.iloc[3]
    assert stream["quantity"] == pytest.approx(14_000)
    assert stream["price"] == pytest.approx(45.0)


def test_all_faults_of_all_files_come_together(template, edit):
    edit(template / "streams.csv", "power,steam_10bar,supply,60000,t", "powr,steam_10bar,supply,-60000,t")
    edit(template / "plants.csv", "55.6560", "north")
    edit(template / "zones.geojson", '"kind": "town"', '"kind": "twon"')
    faults = "\n".join(faults_of(template))
    for part in (
        "streams.csv, row 2, column plant: found 'powr', expected a known name (did you mean 'power'?)",
        "streams.csv, row 2, column quantity: found",
        "plants.csv, row 3, column lat: found 'north', expected a number",
        "zones.geojson, row 2, column kind: found 'twon', expected a known name (did you mean 'town'?)",
    ):
        assert part in faults


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("paper,steam_10bar,demand,45000", "paper,steam_10bar,demand,-45000", "row 4, column quantity: found"),
        ("steam_10bar,demand,45000", "steam_10bar,demand,NaN", "column quantity: found 'NaN', expected a number"),
        ("paper,steam_10bar,demand,45000", "paper,steam_10bar,demand,", "row 4, column quantity: found nothing"),
        ("paper,steam_10bar", "paper,steam_10bra", "did you mean 'steam_10bar'?"),
        ("steam_10bar,demand", "steam_10bar,wants", "direction: found 'wants', expected one of supply, demand"),
        ("demand,45000,t", "demand,45000,knots", "column unit: found 'knots'"),
        ("plant,resource", "plant,colour,resource", "colour"),
    ],
)  # fmt: skip
def test_a_broken_stream_is_named(template, edit, old, new, expected):
    edit(template / "streams.csv", old, new)
    assert any(expected in fault for fault in faults_of(template))


def test_a_unit_that_does_not_convert_says_what_is_missing(template, edit):
    edit(template / "streams.csv", "hot_water_90,demand,14000,MWh", "hot_water_90,demand,14000,Nm3")
    assert "converts to MWh of hot_water_90" in only_fault_of(template)


def test_a_supply_colder_than_its_resource_is_a_fault(template):
    streams = pd.read_csv(template / "streams.csv")
    streams["temperature_c"] = [None, 60.0, None, None]
    streams.to_csv(template / "streams.csv", index=False)
    assert "60 degC for a supply, expected at least the 90 degC" in only_fault_of(template)


def test_a_duplicate_id_names_both_rows(template):
    plants = pd.read_csv(template / "plants.csv")
    again = plants.iloc[[0]].assign(lon=11.09)
    pd.concat([plants, again]).to_csv(template / "plants.csv", index=False)
    assert only_fault_of(template) == (
        "plants.csv, row 5, column plant: found power again, expected a value that is used once (first in row 2)"
    )


def test_two_plants_at_one_point(template, edit):
    edit(template / "plants.csv", "11.1050,55.6630", "11.0990,55.6560")
    assert "greenhouse at the same point as paper" in only_fault_of(template)


def test_a_plant_far_outside_all_layers(template, edit):
    edit(template / "plants.csv", "11.1050,55.6630", "55.6630,11.1050")  # swapped
    assert "greenhouse, " in only_fault_of(template)
    assert "km outside all other layers" in only_fault_of(template)


def test_a_polygon_plant_counts_as_a_point_inside_it(template):
    layer = gpd.GeoDataFrame(
        {"plant": ["power", "paper", "greenhouse"]},
        geometry=[
            shapely.box(630_800, 6_170_400, 631_000, 6_170_600),
            shapely.Point(632_059, 6_169_792),
            shapely.Point(632_413, 6_170_582),
        ],
        crs=CRS,
    )
    layer.to_file(template / "plants.gpkg")
    (template / "study.toml").write_text((template / "study.toml").read_text().replace('"plants.csv"', '"plants.gpkg"'))
    study = read_study(template)
    assert study.plants.geometry.iloc[0].contains(study.plant_points["power"])


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet", "shp"])
def test_every_vector_format_reads_the_same(template, suffix):
    study = read_study(template)
    plants = study.plants[["plant", "name", "sector", "geometry"]]
    file = template / f"all.{suffix}"
    if suffix == "parquet":
        plants.to_parquet(file)
    else:
        plants.to_file(file) if suffix != "geojson" else plants.to_crs(4326).to_file(file)
    (template / "study.toml").write_text(
        (template / "study.toml").read_text().replace('"plants.csv"', f'"{file.name}"')
    )
    again = read_study(template)
    assert set(again.plants["plant"]) == set(study.plants["plant"])  # FlatGeobuf sorts its features
    assert again.plant_points.distance(study.plant_points, align=True).max() < 0.01


def test_a_layer_without_a_crs_names_the_fix(template):
    study = read_study(template)
    study.plants[["plant", "geometry"]].set_crs(None, allow_override=True).to_parquet(template / "plants.parquet")
    toml = template / "study.toml"
    bare = toml.read_text().replace('"plants.csv"', '"plants.parquet"')
    toml.write_text(bare)
    assert "a layer without a CRS" in only_fault_of(template)
    toml.write_text(bare.replace('"plants.parquet"', '{path = "plants.parquet", crs = "EPSG:25832"}'))
    assert len(read_study(template).plants) == 3


@pytest.mark.parametrize(
    ("crs", "expected"),
    [("EPSG:4326", "in degrees"), ("EPSG:2263", "foot"), ("UTM", "expected a projected CRS in metres")],
)
def test_the_crs_must_be_projected_metres(template, edit, crs, expected):
    edit(template / "study.toml", "EPSG:25832", crs)
    assert expected in only_fault_of(template)


def test_an_empty_or_wrong_geometry_is_a_fault(template):
    zones = json.loads((template / "zones.geojson").read_text())
    zones["features"][0]["geometry"] = None
    zones["features"][1]["geometry"] = {"type": "Point", "coordinates": [11.09, 55.66]}
    (template / "zones.geojson").write_text(json.dumps(zones))
    faults = faults_of(template)
    assert any("row 1, column geometry: found an empty geometry, expected a polygon" in fault for fault in faults)
    assert any("row 2, column geometry: found a Point, expected a polygon" in fault for fault in faults)


def test_unknown_keys_and_layers_are_faults(template, edit):
    edit(template / "study.toml", "discount_rate = 0.04", "discount_rat = 0.04")
    assert "finance.discount_rat" in only_fault_of(template)
    edit(template / "study.toml", "discount_rat = 0.04", "")
    edit(template / "study.toml", "[layers]", '[layers]\nfactories = "x.csv"')
    assert "layers.factories" in only_fault_of(template)


def test_a_missing_file_is_named(template):
    (template / "zones.geojson").unlink()
    assert "zones.geojson: found no such file" in only_fault_of(template)


def test_own_resources_add_and_override(template):
    own = pd.DataFrame(
        {
            "resource": ["whey", "steam_10bar"],
            "unit": ["t", "t"],
            "phase": ["liquid", "steam"],
            "density_kg_per_m3": [1025, 5.1],
            "virgin_price": [12, 99],
        }
    )
    own.to_csv(template / "resources.csv", index=False)
    toml = template / "study.toml"
    toml.write_text(toml.read_text().replace("# resources = ", "resources = "))
    resources = read_study(template).resources.set_index("resource")
    assert resources.loc["whey", "virgin_price"] == 12
    assert resources.loc["steam_10bar", "virgin_price"] == 99
    assert resources.index.is_unique


def test_streams_may_carry_declared_properties_and_no_others(template):
    streams = pd.read_csv(template / "streams.csv").assign(chloride_mg_l=5.0)
    streams.to_csv(template / "streams.csv", index=False)
    declared = {p for text in read_catalogue().resources["properties"] for p in text.split(";") if p}
    if "chloride_mg_l" in declared:
        assert "chloride_mg_l" in read_study(template).streams
    streams.rename(columns={"chloride_mg_l": "charm"}).to_csv(template / "streams.csv", index=False)
    assert "charm" in only_fault_of(template)


def test_tables_may_be_sheets_of_one_workbook(template):
    with pd.ExcelWriter(template / "study.xlsx") as book:
        pd.read_csv(template / "streams.csv").to_excel(book, sheet_name="streams", index=False)
    toml = template / "study.toml"
    before = read_study(template)
    toml.write_text(toml.read_text().replace('"streams.csv"', '{path = "study.xlsx", layer = "streams"}'))
    pd.testing.assert_frame_equal(read_study(template).streams, before.streams)


def test_rasters_are_warped_to_the_study_crs(template):
    values = np.arange(100, dtype="float32").reshape(10, 10)
    with rasterio.open(
        template / "dem.tif", "w", driver="GTiff", height=10, width=10, count=1, dtype="float32",
        crs="EPSG:4326", transform=from_origin(11.07, 55.67, 0.005, 0.003),
    ) as target:  # fmt: skip
        target.write(values, 1)
    toml = template / "study.toml"
    toml.write_text(toml.read_text().replace("# elevation =", "elevation ="))
    elevation = read_study(template).elevation
    assert elevation is not None
    assert elevation.crs == read_study(template).crs
    assert np.nanmin(elevation.values) >= 0
    assert np.nanmax(elevation.values) <= 99


def test_a_written_study_reads_as_the_same_study(template, tmp_path):
    study = read_study(template)
    write_study(study, tmp_path / "again")
    again = read_study(tmp_path / "again")
    assert again.digest == study.digest
    write_study(again, tmp_path / "thrice")
    assert (tmp_path / "thrice" / "study.toml").read_text() == (tmp_path / "again" / "study.toml").read_text()


def test_the_digest_notices_every_change(template, edit):
    before = read_study(template).digest
    edit(template / "streams.csv", "demand,45000,t,32", "demand,45000,t,33")
    assert read_study(template).digest != before


def test_the_bundled_study_survives_being_written(tmp_path):
    assert "kalundborg" in bundled_studies()
    study = read_study("kalundborg")
    write_study(study, tmp_path / "kalundborg")
    assert read_study(tmp_path / "kalundborg").digest == study.digest
    assert len(read_documented("kalundborg")) >= 20


def test_planning_never_reads_the_documented_exchanges(tmp_path):
    from data.study_sources import BUNDLED

    folder = Path(shutil.copytree(BUNDLED / "kalundborg", tmp_path / "k"))
    (folder / "documented.csv").write_text("nonsense")
    assert read_study(folder).digest == read_study("kalundborg").digest


@pytest.mark.parametrize(
    ("file", "change", "expected"),
    [
        ("streams.csv", lambda raw: raw.replace(b",", b";"), "streams.csv: found cells separated by semicolons"),
        ("streams.csv", lambda raw: raw + "x,Krøger".encode("latin-1"), "streams.csv: found text that is not UTF-8"),
        ("plants.csv", lambda raw: raw.replace(b"invented", b"K\xf8ge"), "plants.csv: found text that is not UTF-8"),
        ("plants.csv", lambda raw: raw.splitlines()[0], "plants.csv: found no plants"),
        ("study.toml", lambda raw: raw.replace(b'"zones.geojson"', b'{path = "z.gpkg", crs = "EPSG:99999"}'), "EPSG"),
        ("study.toml", lambda raw: raw + b"[[[", "expected valid TOML"),
        ("zones.geojson", lambda _: b"not a layer", "zones.geojson"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_fault(template, file, change, expected):
    (template / file).write_bytes(change((template / file).read_bytes()))
    assert expected in only_fault_of(template)


def test_an_unknown_study_lists_the_bundled_ones():
    with pytest.raises(InputError, match="kalundborg"):
        read_study("atlantis")
