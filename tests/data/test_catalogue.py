"""The built-in catalogue and the bundled Kalundborg study, read as plain files."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
CATALOGUE = DATA / "catalogue"
STUDY = DATA / "studies" / "kalundborg"
KEYS = {
    "resources": "resource", "grades": "resource", "vehicles": "vehicle", "pipe_costs": "pipe_class",
    "technologies": "technology",
    "land": "kind", "lines": "kind", "highways": "highway",
}  # fmt: skip
UTM = 25832
FAR = {"aalborg", "kemira"}  # outside the drawn zones


def table(name: str, folder: Path = CATALOGUE) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(STUDY / f"{name}.geojson").to_crs(UTM)


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def contract(name: str, family: str) -> pd.DataFrame:
    rows = table(family, DATA / "contracts")
    return rows[rows["table"] == name]


def untraced(frames: dict[str, pd.DataFrame], sources: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return table, key and column of every number that no row of ``sources`` covers."""
    known = set(zip(sources["table"], sources["key"], sources["column"], strict=True))
    return [
        (name, row[KEYS[name]], column)
        for name, frame in frames.items()
        for row in frame.to_dict("records")
        for column, value in row.items()
        if is_number(value) and not any((name, k, c) in known for k in (row[KEYS[name]], "*") for c in (column, "*"))
    ]


@pytest.fixture(scope="module")
def roads() -> gpd.GeoDataFrame:
    return layer("roads")


@pytest.fixture(scope="module")
def zones() -> gpd.GeoDataFrame:
    frame = layer("zones")
    land = table("land").set_index("kind")
    frame["forbidden"] = frame["kind"].map(land["forbidden"]).eq("true")
    return frame


@pytest.fixture(scope="module")
def plants() -> gpd.GeoDataFrame:
    return layer("plants").set_index("plant")


@pytest.fixture(scope="module")
def resources() -> pd.DataFrame:
    own = table("resources", STUDY).set_index("resource")
    base = table("resources").set_index("resource")
    return pd.concat([base.drop(own.index, errors="ignore"), own[own.columns.intersection(base.columns)]])


@pytest.fixture(scope="module")
def graph(roads: gpd.GeoDataFrame) -> nx.Graph:
    network = nx.Graph()
    for u, v, metres in zip(roads["u"], roads["v"], roads.length, strict=True):
        network.add_edge(u, v, km=metres / 1000)
    return network


# --- catalogue -------------------------------------------------------------------------------------


def test_every_number_has_a_source_or_is_called_an_assumption():
    assert untraced({name: table(name) for name in KEYS}, table("sources")) == []


def test_an_untraced_number_is_noticed():
    sources = table("sources")
    without = sources[~((sources["table"] == "vehicles") & (sources["column"] == "cost_per_km"))]
    found = untraced({"vehicles": table("vehicles")}, without)
    assert {column for _, _, column in found} == {"cost_per_km"}


def test_sources_are_specific_and_refer_to_rows_that_exist():
    sources = table("sources")
    assert set(sources["kind"]) == {"source", "assumption"}
    assert sources["source"].str.len().min() >= 7
    assert not sources["source"].str.contains(r"\.md\b|(?:^|\s)\.{0,2}/\w", regex=True).any()
    assert not sources.duplicated(["table", "key", "column"]).any()
    for name, key in KEYS.items():
        frame, rows = table(name), sources[sources["table"] == name]
        assert set(rows["key"]) <= set(frame[key]) | {"*"}, name
        assert set(rows["column"]) <= set(frame.columns) | {"*"}, name
    assert set(sources["table"]) <= set(KEYS)


@pytest.mark.parametrize("name", sorted(KEYS))
def test_tables_keep_their_contract(name):
    rules = contract(name, "study" if name in ("resources", "grades", "technologies") else "catalogue").set_index(
        "column"
    )
    frame = table(name)
    assert set(frame.columns) <= set(rules.index)
    for column, rule in rules.iterrows():
        if rule["required"] == "yes":
            assert (frame[column] != "").all(), column
        if column not in frame:
            continue
        values = frame.loc[frame[column] != "", column]
        if rule["values"]:
            assert set(values) <= set(rule["values"].split("|")), column
        if rule["type"] in ("number", "count"):
            numbers = values.astype(float)
            assert not rule["minimum"] or (numbers >= float(rule["minimum"])).all(), column
            assert not rule["maximum"] or (numbers <= float(rule["maximum"])).all(), column


def test_resources_can_be_carried_as_they_say():
    frame = table("resources")
    assert len(frame) >= 40
    assert frame["resource"].is_unique
    piped, trucked = frame["pipe"] == "true", frame["truck"] == "true"
    assert (piped | trucked).all()
    assert set(frame.loc[piped, "pipe_class"]) <= set(table("pipe_costs")["pipe_class"])
    assert (frame.loc[~piped, "pipe_class"] == "").all()
    assert set(frame.loc[trucked, "body"]) <= set(table("vehicles")["body"])
    assert (frame.loc[~trucked, "body"] == "").all()
    flowing = piped & (frame["phase"] != "solid")
    for column in ("density_kg_per_m3", "viscosity_mpa_s", "temperature_c", "pressure_bar"):
        assert (frame.loc[flowing, column] != "").all(), column
    assert not (piped & (frame["phase"] == "solid")).any()
    gas = frame["phase"] == "gas"
    assert (frame.loc[gas, "molar_mass_g_per_mol"] != "").all()
    assert (frame.loc[frame["phase"] == "heat", "return_temperature_c"] != "").all()
    codes = frame.loc[frame["low_code"] != "", "low_code"]
    assert codes.str.fullmatch(r"\d\d \d\d \d\d\*?").all()
    starred = frame["low_code"].str.endswith("*")
    assert (frame.loc[starred, "hazardous"] == "true").all()


def test_dangerous_goods_find_an_approved_vehicle():
    frame, vehicles = table("resources"), table("vehicles")
    dangerous = frame[(frame["adr_class"] != "") & (frame["truck"] == "true")]
    assert set(dangerous["body"]) <= set(vehicles.loc[vehicles["adr"] == "true", "body"])


def test_steam_is_a_little_denser_than_the_ideal_gas():
    frame = table("resources")
    steam = frame[frame["phase"] == "steam"].set_index("resource")
    ideal = (
        steam["pressure_bar"].astype(float) * 1e5 * 0.018015
        / (8.314462 * (steam["temperature_c"].astype(float) + 273.15))
    )  # fmt: skip
    ratio = steam["density_kg_per_m3"].astype(float) / ideal
    assert ratio.between(1.0, 1.2).all()


def test_grades_are_known_of_one_unit_and_without_a_circle():
    grades, units = table("grades"), table("resources").set_index("resource")["unit"]
    assert set(grades["resource"]) | set(grades["serves"]) <= set(units.index)
    assert (units[grades["resource"]].to_numpy() == units[grades["serves"]].to_numpy()).all()
    circle = nx.DiGraph(list(zip(grades["resource"], grades["serves"], strict=True)))
    assert nx.is_directed_acyclic_graph(circle)


def test_better_steam_and_hotter_water_serve_lesser_never_the_reverse():
    spec = table("resources").set_index("resource")
    for row in table("grades").itertuples():
        better, lesser = spec.loc[row.resource], spec.loc[row.serves]
        if better["phase"] == "steam":
            assert float(better["pressure_bar"]) > float(lesser["pressure_bar"])
        if better["phase"] == "heat":
            assert float(better["temperature_c"]) > float(lesser["temperature_c"])


def test_pipe_costs_grow_with_the_diameter_over_one_trench_price():
    curves = table("pipe_costs").astype({"diameter_mm": float, "pipe_cost_per_m": float, "trench_cost_per_m": float})
    assert len(set(curves["trench_cost_per_m"])) == 1
    for name, curve in curves.groupby("pipe_class"):
        assert curve["diameter_mm"].is_monotonic_increasing, name
        assert (curve["pipe_cost_per_m"].diff().dropna() > 0).all(), name
    total = curves.assign(total=curves["pipe_cost_per_m"] + curves["trench_cost_per_m"])
    hot = total[total["pipe_class"] == "hot_water"].set_index("diameter_mm")["total"]
    assert hot[[25, 100, 200, 300, 600]].tolist() == [718, 1090, 1836, 2183, 4507]  # topotherm


def test_trucks_cost_about_what_cnr_says_over_a_long_haul():
    truck = table("vehicles").set_index("vehicle").loc["artic_tipper"]
    km, waits = 600.0, 3.09  # CNR: 67 km/h, 3.09 h of waiting
    all_in = float(truck["cost_per_km"]) + float(truck["cost_per_h"]) * (1 / 67 + waits / km)
    assert 1.10 <= all_in <= 1.30
    assert float(truck["payload_t"]) == 28


def test_land_and_highways():
    land = table("land").set_index("kind")
    assert float(land.loc["farmland", "factor"]) == 1
    assert 4 <= float(land.loc["town", "factor"]) <= 6
    assert (land.loc[["sea", "water", "lake", "reserve", "protected", "military"], "forbidden"] == "true").all()
    assert (land.loc[["town", "farmland", "industry"], "forbidden"] == "false").all()
    for name in ("land", "lines"):
        assert table(name)["colour"].str.fullmatch(r"#[0-9a-f]{6}").all()
    highways = table("highways").set_index("highway")
    assert {"motorway", "trunk_link", "residential", "service", "living_street", "road"} <= set(highways.index)
    assert "busway" not in highways.index


# --- Kalundborg ------------------------------------------------------------------------------------


def test_no_exchange_is_given_away(plants):
    streams = table("streams", STUDY)
    assert set(streams.columns) <= set(contract("streams", "study")["column"])
    assert not {"from", "to", "from_plant", "to_plant", "partner", "mode", "exchange"} & set(streams.columns)
    assert "documented" not in tomllib.loads((STUDY / "study.toml").read_text())["layers"]
    assert set(streams["plant"]) <= set(plants.index)


def test_layers_named_in_the_settings_exist():
    settings = tomllib.loads((STUDY / "study.toml").read_text())
    assert settings["crs"] == f"EPSG:{UTM}"
    for path in settings["layers"].values():
        assert (STUDY / path).is_file(), path


def test_streams_are_positive_sourced_and_fit_the_resource(resources):
    streams = table("streams", STUDY)
    assert (streams["quantity"].astype(float) > 0).all()
    assert (streams["source"] != "").all()
    assert set(streams["resource"]) <= set(resources.index)
    assert not streams.duplicated(["plant", "resource", "direction"]).any()
    for row in streams.itertuples():
        spec = resources.loc[row.resource]
        for column in ("temperature_c", "pressure_bar"):
            value, asked = getattr(row, column), spec[column]
            if value and asked:
                enough = float(value) >= float(asked)
                fits = enough if row.direction == "supply" else float(value) <= float(asked)
                assert fits, (row.plant, row.resource, column)


def test_overridden_resources_differ_only_in_being_carried_by_truck():
    own, base = table("resources", STUDY).set_index("resource"), table("resources").set_index("resource")
    for name, row in own.iterrows():
        changed = {column for column in base.columns if row[column] != base.loc[name, column]}
        assert changed == {"pipe", "pipe_class", "note"}, name
        assert "scattered" in row["note"]


def test_documented_exchanges_refer_to_plants_and_resources(plants, resources):
    documented = table("documented", STUDY)
    assert documented["exchange"].is_unique
    assert set(documented["from_plant"]) | set(documented["to_plant"]) <= set(plants.index)
    assert set(documented["resource"]) <= set(resources.index)
    assert (documented["source"] != "").all()
    skipped = documented[documented["scored"] == "false"]
    assert skipped["note"].str.startswith("Not scored:").all()


def test_scored_exchanges_have_a_stream_on_both_sides_and_a_possible_mode(resources):
    documented, streams = table("documented", STUDY), table("streams", STUDY)
    offered = set(zip(streams["plant"], streams["resource"], streams["direction"], strict=True))
    scored = documented[documented["scored"] == "true"]
    assert len(scored) >= 16
    for row in scored.itertuples():
        assert (row.from_plant, row.resource, "supply") in offered, row.exchange
        assert (row.to_plant, row.resource, "demand") in offered, row.exchange
        assert resources.loc[row.resource, {"pipeline": "pipe", "truck": "truck"}[row.mode]] == "true", row.exchange


def test_zones_are_valid_known_and_do_not_overlap(zones):
    assert zones.geometry.is_valid.all()
    assert set(zones.geom_type) <= {"Polygon", "MultiPolygon"}
    assert zones["zone"].is_unique
    assert set(zones["kind"]) <= set(table("land")["kind"])
    assert {"sea", "lake", "town", "reserve", "industry", "farmland"} <= set(zones["kind"])
    assert zones.area.sum() == pytest.approx(zones.union_all().area, rel=1e-4)


def test_plants_stand_on_land_and_are_joined_over_land(plants, zones, resources):
    streams = table("streams", STUDY)
    pipe = resources.loc[streams["resource"], "pipe"].to_numpy() == "true"
    piped = set(streams.loc[pipe, "plant"])
    assert len(piped) >= 12
    assert not piped & FAR
    forbidden = zones[zones["forbidden"]].union_all()
    open_land = zones[~zones["forbidden"]].union_all().buffer(-25)  # a trench needs some room
    ground = max(getattr(open_land, "geoms", [open_land]), key=lambda part: part.area)
    for plant in sorted(set(plants.index) - FAR):
        spot = plants.geometry[plant].representative_point()
        assert not forbidden.intersects(spot), plant
        assert spot.distance(ground) < 50, plant


def test_the_intake_is_at_the_lake_but_not_in_it(plants, zones):
    lake = zones[zones["kind"] == "lake"].union_all()
    assert 0 < plants.geometry["tisso"].distance(lake) < 1000


def test_a_plant_is_a_polygon_and_holds_the_read_coordinate(plants):
    assert set(plants.index[plants.geom_type == "Polygon"]) >= {"refinery", "asnaes"}
    read = gpd.GeoSeries.from_xy([11.079183], [55.662051], crs=4326).to_crs(UTM).iloc[0]
    assert plants.geometry["asnaes"].contains(read)


def test_roads_meet_where_they_share_a_node(roads):
    raw = gpd.read_file(STUDY / "roads.geojson")
    assert raw.crs.to_epsg() == 4326
    seen: dict[int, tuple[float, float]] = {}
    for row in raw.itertuples():
        for node, place in ((row.u, row.geometry.coords[0]), (row.v, row.geometry.coords[-1])):
            assert seen.setdefault(node, place) == place, node
    assert len(set(seen.values())) == len(seen)  # one id per place
    assert set(raw["highway"]) <= set(table("highways")["highway"])


def test_roads_are_one_network_that_reaches_every_plant(graph, roads, plants):
    assert nx.is_connected(graph)
    near = roads.union_all()
    assert all(near.distance(place) < 3000 for place in plants.geometry)


def test_roads_cross_only_at_nodes(roads):
    lines = roads.geometry.reset_index(drop=True)
    for i, j in roads.sindex.query(lines, predicate="crosses").T:
        if i < j:
            shared = {roads["u"].iloc[i], roads["v"].iloc[i]} & {roads["u"].iloc[j], roads["v"].iloc[j]}
            assert shared, (roads["name"].iloc[i], roads["name"].iloc[j])


def test_roads_of_the_drawn_region_stay_off_the_water(roads, zones):
    sea = zones[zones["kind"].isin(["sea", "lake"])].union_all()
    wet = roads[roads.intersects(sea)]
    assert wet["name"].tolist() == []


@pytest.mark.parametrize(("plant", "least", "most"), [("aalborg", 325, 375), ("kemira", 148, 168), ("farms", 18, 32)])
def test_road_lengths_are_plausible(graph, roads, plants, plant, least, most):
    ends = {}
    for u, v, line in zip(roads["u"], roads["v"], roads.geometry, strict=True):
        ends[u], ends[v] = line.coords[0], line.coords[-1]
    nodes = gpd.GeoSeries(gpd.points_from_xy(*zip(*ends.values(), strict=True)), index=list(ends), crs=UTM)
    start, end = (nodes.distance(plants.geometry[name]).idxmin() for name in ("asnaes", plant))
    assert least <= nx.shortest_path_length(graph, start, end, weight="km") <= most


def test_sites_and_crossings_lie_on_open_ground(zones):
    forbidden = zones[zones["forbidden"]].union_all()
    sites = layer("sites")
    assert 2 <= len(sites) <= 4
    assert not sites.intersects(forbidden).any()
    assert (sites.area > 20_000).all()
    crossings = layer("crossings")
    assert set(crossings["kind"]) <= set(table("lines")["kind"])
    assert crossings["crossing"].is_unique


def test_the_readme_says_what_is_assumed_and_schematic():
    text = (STUDY / "README.md").read_text()
    assert all(word in text for word in ("fact", "assum", "schematic", "documented.csv"))
