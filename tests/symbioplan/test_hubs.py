"""Shared hubs from a study folder to a checked plan; the optimum of the first study is computed here by hand."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point

import models
import siting
import symbioplan
from maps.report.accounts import accounts

# Along one straight road: works A, B, C, the parcel S, the user D.
KM = {"A": 0.0, "B": 10.0, "C": 20.0, "S": 30.0, "D": 40.0}
WEST, NORTH = 480_000.0, 6_170_000.0
WET = 1000.0  # t/year that each of the three works gives
PER_T_KM = 2 * 1.0 / 25  # there and back at 1 EUR/km with 25 t
# 3,000 t of wet stuff a year in one module; per t of it 0.2 t binder is bought, 0.5 t dry stuff and 0.1 t dust made.
MODULE = 400_000 / 20 + 40_000  # EUR/year: investment over 20 years at no interest, and upkeep
PER_WET = 5 + 0.1 * 90 + 0.2 * 10 + 0.1 * 40  # EUR/t: running cost, electricity, binder, disposal of dust
GAIN = 30 + 0.5 * 60  # EUR per t of wet stuff: no disposal, and dry stuff that D need not buy
BASELINE = 3 * WET * 30 + 2000 * 60

SETTINGS = """
name = "Row"
crs = "EPSG:25832"
[layers]
plants = "places.geojson"
streams = "streams.csv"
resources = "resources.csv"
roads = "roads.geojson"
sites = "sites.geojson"
technologies = "technologies.csv"
[finance]
discount_rate = 0.0
co2_price_per_t = 0.0
[trucks]
classes = ["artic_tipper"]
loading_bay_cost = 0.0
vehicles = {artic_tipper = {cost_per_km = 1.0, cost_per_h = 0.0, payload_t = 25.0, empty_return = 1.0}}
[solver]
gap = 1e-6
"""
RESOURCES = """resource,unit,phase,density_kg_per_m3,truck,body,\
virgin_price,disposal_cost,landfill_t_per_unit,virgin_t_per_unit
wet,t,solid,1200,true,tipper,,30,1,0
dry,t,solid,1200,true,tipper,60,0,0,1
binder,t,solid,1200,true,tipper,10,0,0,1
dust,t,solid,1200,true,tipper,,40,1,0
"""
STREAMS = """plant,resource,direction,quantity,unit
A,wet,supply,1,kt
B,wet,supply,1,kt
C,wet,supply,1,kt
D,dry,demand,2,kt
"""
TECHNOLOGIES = (
    "technology,recipe,module_capacity,unit,capex_per_module,lifetime_years,fixed_opex,variable_opex,"
    "electricity_mwh_per_unit\n"
    "drying,1 wet + 0.2 binder -> 0.5 dry + 0.1 dust,3000,t,400000,20,40000,5,0.1\n"
)


NO_SITES = pd.DataFrame({"node": [], "name": [], "x": [], "y": []})


def write_study(folder: Path, *, streams: str = STREAMS, more: str = "") -> Path:
    """Write the study of the row of works."""
    folder.mkdir()
    points = {name: Point(WEST + 1000 * km, NORTH) for name, km in KM.items()}
    plants = [name for name in KM if name != "S"]
    tables = {
        "places": gpd.GeoDataFrame({"plant": plants}, geometry=[points[name] for name in plants], crs=25832),
        "sites": gpd.GeoDataFrame({"site": ["S"]}, geometry=[points["S"].buffer(20)], crs=25832),
    }
    names = list(KM)
    pairs = [way for a, b in pairwise(names) for way in ((a, b), (b, a))]
    tables["roads"] = gpd.GeoDataFrame(
        {
            "u": [names.index(a) for a, _ in pairs],
            "v": [names.index(b) for _, b in pairs],
            "highway": "primary",
        },
        geometry=[LineString([points[a], points[b]]) for a, b in pairs],
        crs=25832,
    )
    for name, table in tables.items():
        table.to_crs(4326).to_file(folder / f"{name}.geojson")
    for name, text in (("resources", RESOURCES), ("streams", streams), ("technologies", TECHNOLOGIES)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "study.toml").write_text(SETTINGS + more, encoding="utf-8")
    return folder


def saving() -> float:
    """Return what the hub saves with all three works, EUR/year: 1,000 t x 30, 20 and 10 km, then 1,500 t x 10 km."""
    hauls = WET * PER_T_KM * (30 + 20 + 10) + 0.5 * 3 * WET * PER_T_KM * 10
    return 3 * WET * (GAIN - PER_WET) - MODULE - hauls


def test_a_hub_pays_when_works_share_it(tmp_path):
    assert saving() == pytest.approx(54_000)  # 3,000 x (60 - 20) - 60,000 - 4,800 - 1,200
    result = symbioplan.plan(symbioplan.read_study(write_study(tmp_path / "row")))
    plan = result.plan
    assert plan.status == "optimal"
    assert plan.checker == ()
    assert plan.objective == pytest.approx(BASELINE - saving(), rel=1e-4)  # the map's grid is not quite true to length
    built = plan.built_hubs.set_index("hub")
    assert built.loc["S:drying", ["modules", "throughput"]].tolist() == pytest.approx([1, 3000])
    assert built.loc["S:drying", "cost"] == pytest.approx(MODULE + 3 * WET * (5 + 9))
    assert built.loc["S:drying", "capex_fixed"] == 400_000
    assert built.loc["S:buy:binder", "throughput"] == pytest.approx(600)
    assert built.loc["S:dispose:dust", "throughput"] == pytest.approx(300)
    assert plan.counts["hubs"] == 1
    inside = plan.exchanges["from_node"] == plan.exchanges["to_node"]  # binder to the hub, dust from it
    assert set(plan.exchanges.loc[inside, "mode"]) == {"on_site"}
    exchanges = plan.exchanges[~inside]
    assert set(exchanges["mode"]) == {"truck"}
    assert plan.counts["exchanges"] == 4
    ends = exchanges.set_index(["from_node", "to_node"])
    assert ends["quantity"].to_dict() == pytest.approx(
        {("A", "S"): 1000, ("B", "S"): 1000, ("C", "S"): 1000, ("S", "D"): 1500}
    )
    assert set(exchanges["via_hub"]) == {"S:drying"}
    table = plan.indicators.set_index("indicator")
    assert table.loc["landfill", ["baseline", "plan"]].tolist() == pytest.approx([3000, 300])
    assert table.loc["partners", "plan"] == 4


def test_no_hub_is_built_for_one_works_alone(tmp_path):
    assert WET * (GAIN - PER_WET) < MODULE
    alone = "\n".join(line for line in STREAMS.splitlines() if not line.startswith(("B", "C"))) + "\n"
    plan = symbioplan.plan(symbioplan.read_study(write_study(tmp_path / "row", streams=alone))).plan
    assert plan.status == "optimal"
    assert plan.built_hubs.empty
    assert plan.objective == pytest.approx(WET * 30 + 2000 * 60)


@pytest.mark.parametrize(("cap", "status"), [(299, "infeasible"), (301, "optimal")])
def test_what_a_hub_disposes_of_counts_towards_the_landfill_cap(cap, status, tmp_path):
    folder = write_study(tmp_path / "row", more=f"[limits]\nlandfill_cap_t_per_year = {cap}\n")
    assert symbioplan.plan(symbioplan.read_study(folder)).plan.status == status


def test_hubs_may_be_left_out_and_what_cannot_be_bought_is_needed(tmp_path):
    off = symbioplan.read_study(write_study(tmp_path / "off", more="[hubs]\nenabled = false\n"))
    assert symbioplan.find_candidates(off).problem.hubs.empty
    study = symbioplan.read_study(write_study(tmp_path / "dry", more="[hubs]\nbuy = false\n"))
    assert models.hub_offers(study, symbioplan.find_candidates(study).problem.nodes.query("kind == 'site'")).hubs.empty


@pytest.mark.parametrize(("km", "piped"), [(None, ["A", "B", "C", "D"]), (10.1, ["C", "D"]), (9, [])])
def test_pipes_to_hubs_may_be_kept_short(km, piped, tmp_path):
    """Everything may be pumped; S is 30, 20 and 10 km from A, B and C, and 10 from D."""
    folder = write_study(tmp_path / "row", more="" if km is None else f"[hubs]\nmax_pipe_km = {km}\n")
    own = folder / "resources.csv"
    lines = own.read_text(encoding="utf-8").splitlines()
    wet = [f"{lines[0]},pipe,pipe_class,pressure_bar,viscosity_mpa_s"]
    wet += [line.replace("solid", "liquid").replace("tipper", "tanker") + ",true,water,6,1" for line in lines[1:]]
    own.write_text("\n".join(wet) + "\n", encoding="utf-8")
    settings = (folder / "study.toml").read_text(encoding="utf-8").replace("artic_tipper", "artic_tanker")
    (folder / "study.toml").write_text(f"{settings}[pipelines]\nmax_distance_km = 35.0\n", encoding="utf-8")
    study = symbioplan.read_study(folder)
    nodes = siting.site_nodes(siting.candidate_sites(study))
    routed = models.with_hubs(study, models.hub_offers(study, nodes), nodes)
    pairs = models.hub_pairs(study, models.find_matches(routed).offered)
    assert len(pairs) == 4  # by truck in any case
    ends = pairs[pairs["pipe"].astype(bool)]
    assert sorted({*ends["from_plant"], *ends["to_plant"]} - {"S"}) == piped


def test_technologies_that_feed_only_each_other_are_left_out(tmp_path):
    folder = write_study(tmp_path / "row")
    table = folder / "technologies.csv"
    circle = "up,1 x -> 1 y,10,t,1,20,0,0,0\ndown,1 y -> 1 x + 1 dry,10,t,1,20,0,0,0\n"
    table.write_text(table.read_text(encoding="utf-8") + circle, encoding="utf-8")
    own = folder / "resources.csv"
    own.write_text(own.read_text(encoding="utf-8") + "".join(f"{n},t,solid,1200,true,tipper,,0,0,0\n" for n in "xy"))
    found = symbioplan.find_candidates(symbioplan.read_study(folder))
    hubs = found.problem.hubs
    assert set(hubs.loc[hubs["role"] == "hub", "technology"]) == {"drying"}
    assert [note for note in found.notes if note.startswith("hubs: not offered") and note.endswith(": down, up")]


def test_a_hub_at_a_plant_needs_no_haul_from_it(tmp_path):
    more = '[hubs]\nat = "plants"\nplaces = ["C"]\ntechnologies = ["drying"]\ndispose = false\n'
    plan = symbioplan.plan(symbioplan.read_study(write_study(tmp_path / "row", more=more))).plan
    assert plan.checker == ()
    assert plan.built_hubs.empty  # no way for the dust
    more = '[hubs]\nat = "plants"\nplaces = ["C"]\n'
    offers = models.hub_offers(symbioplan.read_study(write_study(tmp_path / "bought", more=more)), NO_SITES)
    assert "C:drying" in set(offers.hubs["hub"])
    assert "S:drying" not in set(offers.hubs["hub"])


def test_the_command_line_shows_hubs_and_writes_them(tmp_path, run):
    folder, out = write_study(tmp_path / "row"), tmp_path / "out"
    done = run("plan", str(folder), "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "plan.json").read_text(encoding="utf-8"))["checker"] == "ok"
    assert "S:drying" in (out / "plan" / "built_hubs.csv").read_text(encoding="utf-8")
    again = symbioplan.read_study(out / "study")
    assert again.digest == symbioplan.read_study(folder).digest
    assert again.recipes["quantity"].tolist() == pytest.approx([-1.0, -0.2, 0.5, 0.1])
    found = accounts(again, symbioplan.read_plan(out / "plan"))  # who shares the hub pays for it
    saved = found.partners.set_index("plant")["saves"]
    assert saved.sum() == pytest.approx(saving(), rel=1e-3)
    assert saved.to_dict() == pytest.approx({"A": 9000, "B": 9000, "C": 9000, "D": 27_000}, rel=1e-3)
    assert found.unshared.empty
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "1 shared hub" in page
    assert "What goes through drying at S" in page
