"""The bundled study of Yamaguchi, read as plain files: sourced, joined up, and no exchange given away."""

from __future__ import annotations

import tomllib

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest

from data import read_documented, read_study, write_study
from tests.data.test_catalogue import CATALOGUE, DATA, contract, table

STUDY = DATA / "studies" / "yamaguchi"
CRS = 6671
# The sites of the public reference list; the study adds some of its own (cities, forest, farms, ...).
REFERENCE = {
    "Ube": ["ube_chem", "ube_cement", "isa_cement", "ube_material", "central_glass", "titan", "kyowa_kirin", "taiyo"],
    "San'yo-Onoda": ["seibu", "nissan", "shinonoda"],
    "Shunan": ["tokuyama", "tokuyama_cement", "tosoh", "idemitsu", "zeon", "nssc", "ylh", "ecotech", "pegasus", "swim"],
    "Iwakuni": ["mitsui", "eneos", "nippon_paper", "teijin", "toyobo"],
    "Hofu": ["mazda", "kyowa_bio", "bridgestone", "awep"],
}
REFERENCED = r"\.jp|\.com|\.net|NHK|Yamaguchi Shimbun|Catalogue values"


def layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(STUDY / f"{name}.geojson").to_crs(CRS)


@pytest.fixture(scope="module")
def plants() -> gpd.GeoDataFrame:
    return layer("plants").set_index("plant")


@pytest.fixture(scope="module")
def roads() -> gpd.GeoDataFrame:
    return layer("roads")


@pytest.fixture(scope="module")
def forbidden() -> gpd.GeoSeries:
    land = table("land").set_index("kind")["forbidden"]
    zones = layer("zones")
    return zones[zones["kind"].map(land) == "true"].union_all()


@pytest.fixture(scope="module")
def resources() -> pd.DataFrame:
    own, base = (table("resources", folder).set_index("resource") for folder in (STUDY, CATALOGUE))
    return pd.concat([base.drop(own.index, errors="ignore"), own])


@pytest.fixture(scope="module")
def documented() -> pd.DataFrame:
    return table("documented", STUDY)


def test_it_reads_without_a_fault_and_survives_being_written(tmp_path):
    study = read_study("yamaguchi")
    assert study.crs.to_epsg() == CRS
    write_study(study, tmp_path / "again")
    assert read_study(tmp_path / "again").digest == study.digest
    assert len(read_documented("yamaguchi")) == len(table("documented", STUDY))


def test_at_least_24_of_the_30_reference_sites_in_every_cluster(plants):
    known = [plant for cluster in REFERENCE.values() for plant in cluster]
    assert len(known) == 30
    assert len(plants.index.intersection(known)) >= 24
    streams = set(table("streams", STUDY)["plant"])
    for cluster, members in REFERENCE.items():
        assert len(streams.intersection(members)) >= 3, cluster


def test_the_resources_that_make_the_case_are_there():
    streams = table("streams", STUDY)
    named = {"fly_ash", "washed_ash_cake", "hydrogen", "waste_plastics", "sewage_sludge", "steel_slag", "steam_15bar",
             "ammonia", "limestone", "gypsum", "tyres", "brine"}  # fmt: skip
    both = set(streams.loc[streams["direction"] == "supply", "resource"]) & set(
        streams.loc[streams["direction"] == "demand", "resource"]
    )
    assert named - {"washed_ash_cake"} <= both  # which only a hub makes


def test_no_exchange_is_given_away(plants):
    streams = table("streams", STUDY)
    assert set(streams.columns) <= set(contract("streams", "study")["column"])
    assert "documented" not in tomllib.loads((STUDY / "study.toml").read_text(encoding="utf-8"))["layers"]
    assert set(streams["plant"]) <= set(plants.index)


@pytest.mark.parametrize("name", ["streams", "documented", "resources"])
def test_every_row_has_a_source_or_is_called_an_assumption(name):
    rows = table(name, STUDY)
    traced = rows["source"].str.contains("assumption") | rows["source"].str.contains(REFERENCED)
    assert traced.all(), rows[~traced]


@pytest.mark.parametrize("name", ["plants", "zones", "crossings", "sites"])
def test_every_feature_says_where_it_is_from(name):
    sources = layer(name)["source"]
    assert (sources.str.contains("assumption") | sources.str.contains("not a survey")).all()


def test_streams_are_positive_and_fit_their_resource(resources):
    streams = table("streams", STUDY)
    assert (streams["quantity"].astype(float) > 0).all()
    assert set(streams["resource"]) <= set(resources.index)
    assert not streams.duplicated(["plant", "resource", "direction"]).any()


def test_documented_exchanges_refer_to_plants_and_resources_and_say_why_they_are_not_scored(
    documented, plants, resources
):
    assert documented["exchange"].is_unique
    assert set(documented["from_plant"]) | set(documented["to_plant"]) <= set(plants.index)
    assert set(documented["resource"]) <= set(resources.index)
    assert documented.loc[documented["scored"] == "false", "note"].str.startswith("Not scored:").all()
    assert not documented.loc[documented["scored"] == "true", "source"].str.contains("assumption").any()


def test_a_scored_exchange_has_a_stream_on_both_sides_and_a_possible_mode(documented, resources):
    streams = table("streams", STUDY)
    offered = set(zip(streams["plant"], streams["resource"], streams["direction"], strict=True))
    washing = read_study("yamaguchi").recipes.query("technology == 'ash_washing'")  # a hub at Eco-Tech's own place
    offered |= {("ecotech", row.resource, "supply" if row.quantity > 0 else "demand") for row in washing.itertuples()}
    scored = documented[documented["scored"] == "true"]
    assert len(scored) >= 12
    for row in scored.itertuples():
        assert (row.from_plant, row.resource, "supply") in offered, row.exchange
        assert (row.to_plant, row.resource, "demand") in offered, row.exchange
        assert resources.loc[row.resource, {"pipeline": "pipe", "truck": "truck"}[row.mode]] == "true", row.exchange


def test_municipal_ash_adds_up_to_what_the_washing_works_takes():
    streams = table("streams", STUDY)
    ash = streams[streams["resource"].isin(["incinerator_bottom_ash", "incinerator_fly_ash"])]
    assert ash.loc[ash["direction"] == "supply", "quantity"].astype(float).sum() == 50_000  # ube-ind.co.jp, 2002
    study = read_study("yamaguchi")
    module = study.technologies.set_index("technology").loc["ash_washing", "module_capacity"]
    eaten = study.recipes.query("technology == 'ash_washing' and quantity < 0")["quantity"]
    assert module * -eaten.sum() == pytest.approx(50_000)


def test_every_technology_says_where_its_values_are_from():
    own = table("technologies", STUDY)
    assert own["source"].str.contains(REFERENCED).all()
    assert own["source"].str.contains("ssumption").all()


def test_own_resources_differ_from_the_catalogue_where_their_note_says_so():
    own, base = (table("resources", folder).set_index("resource") for folder in (STUDY, CATALOGUE))
    assert set(own.index) - set(base.index) == {"hydrogen_liquid", "c4_fraction"}
    for name in own.index.intersection(base.index):
        changed = {column for column in base.columns if own.loc[name, column] != base.loc[name, column]}
        assert changed > {"note"}, name
        said = own.loc[name, "source"]
        assert all(column in said for column in changed - {"note"}), name


def test_plants_stand_on_land_and_roads_stay_off_the_water_but_for_one_bridge(plants, roads, forbidden):
    assert (plants.distance(forbidden) > 100).all()
    zones = layer("zones")
    wet = roads[roads.intersection(zones[zones["kind"] == "sea"].union_all()).length > 50]
    assert set(wet["name"]) <= {"UBE Mitsubishi private road"}  # over the bay of Ube


def test_roads_are_one_network_that_meets_at_nodes_and_reaches_every_plant(plants, roads):
    raw = gpd.read_file(STUDY / "roads.geojson")
    seen: dict[int, tuple[float, float]] = {}
    network = nx.Graph()
    for row in raw.itertuples():
        network.add_edge(row.u, row.v)
        for node, place in ((row.u, row.geometry.coords[0]), (row.v, row.geometry.coords[-1])):
            assert seen.setdefault(node, place) == place, node
    assert len(set(seen.values())) == len(seen)
    assert nx.is_connected(network)
    assert set(raw["highway"]) <= set(table("highways")["highway"])
    assert (plants.distance(roads.union_all()) < 3000).all()


def test_roads_cross_only_at_nodes_but_for_bridges_of_motorways(roads):
    plain = roads[~roads["highway"].str.startswith("motorway")].reset_index(drop=True)
    for i, j in plain.sindex.query(plain.geometry, predicate="crosses").T:
        if i < j:
            a, b = plain.iloc[i], plain.iloc[j]
            assert {a["u"], a["v"]} & {b["u"], b["v"]}, (a["name"], b["name"])


def test_the_private_road_is_about_as_long_as_it_is(roads):
    private = roads[roads["access"] == "destination"]
    assert 30e3 < private.length.sum() < 33e3  # 31.94 km: newsdig.tbs.co.jp, 2025


def test_zones_do_not_overlap_and_sites_and_crossings_are_of_known_kinds(forbidden):
    zones = layer("zones")
    assert zones.geometry.is_valid.all()
    assert zones["zone"].is_unique
    assert set(zones["kind"]) <= set(table("land")["kind"])
    assert zones.area.sum() == pytest.approx(zones.union_all().area, rel=1e-4)
    sites = layer("sites")
    assert len(sites) >= 4
    assert not sites.intersects(forbidden).any()
    assert set(layer("crossings")["kind"]) <= set(table("lines")["kind"])


def test_the_readme_says_what_is_assumed_schematic_and_left_out():
    text = (STUDY / "README.md").read_text(encoding="utf-8")
    assert all(word in text for word in ("fact", "assum", "schematic", "documented.csv", "ship"))
