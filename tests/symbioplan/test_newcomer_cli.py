"""``symbioplan newcomer`` as users run it: every file, hostile names, bad input, and a value against a new plan."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely import box

import symbioplan
from data import read_study
from data.newcomers import read_newcomers
from symbioplan import newcomers
from symbioplan.newcomer_places import Grid, Places, grid_places, refined, site_places

HOSTILE = 'Power <script>alert(1)</script> "{{ 7*7 }}" \'=cmd()'


@pytest.fixture(scope="module")
def small(tmp_path_factory, run) -> Path:
    """The study of the template with a hostile name, planned: ``study`` and ``plan``."""
    folder = tmp_path_factory.mktemp("newcomer")
    done = run("init", str(folder / "study"))
    assert done.returncode == 0, done.stderr
    plants = pd.read_csv(folder / "study" / "plants.csv", keep_default_na=False)
    plants.loc[0, "name"] = HOSTILE
    plants.to_csv(folder / "study" / "plants.csv", index=False)
    done = run("plan", str(folder / "study"), "--out", str(folder / "plan"), "--quiet")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def written(small, run) -> Path:
    """A newcomer that wants heat, on a coarse grid."""
    out = small / "heat"
    done = run("newcomer", str(small / "study"), "--plan", str(small / "plan"), "--wants", "8000 MWh of hot_water_90",
               "--spacing-km", "2", "--best", "2", "--out", str(out), "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((out / "newcomers.json").read_text(encoding="utf-8"))
    return out


def test_every_file_is_there_and_says_the_same(written):
    assert {path.name for path in written.iterdir()} == {
        "newcomers.csv", "newcomer_exchanges.csv", "newcomers.json", "newcomers.html", "newcomers.gpkg",
        "newcomers.svg", "newcomers.tif",
    }  # fmt: skip
    table = pd.read_csv(written / "newcomers.csv", keep_default_na=False)
    assert table["at_least"].is_monotonic_decreasing
    assert (table["at_least"] <= table["at_most"]).all()
    assert (table["at_least"].iloc[0], table["rank"].iloc[0]) > (0, 1 - 1e-9)
    assert table["checker"].tolist()[:2] == ["ok", "ok"]
    exchanges = pd.read_csv(written / "newcomer_exchanges.csv")
    assert set(exchanges["place"]) == set(table["place"][:2])
    assert (exchanges["from_node"] == "power").all()
    assert exchanges["quantity"].iloc[0] == pytest.approx(8000)
    layers = gpd.list_layers(written / "newcomers.gpkg")["name"].tolist()
    assert {"newcomer_places", "newcomer_cells", "newcomer_exchanges", "layer_styles"} <= set(layers)
    places = gpd.read_file(written / "newcomers.gpkg", layer="newcomer_places")
    assert places["at_least"].tolist() == pytest.approx(table["at_least"].tolist())


def test_the_surface_is_cloud_optimised_and_holds_the_table(written):
    table = pd.read_csv(written / "newcomers.csv")
    with rasterio.open(written / "newcomers.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.descriptions == ("at_least (EUR/year)", "at_most (EUR/year)")
        finest = table[table["cell_m"] == table["cell_m"].min()]
        found = np.array([value[0] for value in raster.sample(zip(finest["x"], finest["y"], strict=True))])
        assert found == pytest.approx(finest["at_least"].to_numpy(), rel=1e-6)
        assert np.nanmax(raster.read(1)) == pytest.approx(table["at_least"].max(), rel=1e-6)


def test_hostile_names_stay_text(written):
    page = (written / "newcomers.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "alert(1)" in page
    assert " 49 " not in page
    picture = ET.parse(written / "newcomers.svg").getroot()
    assert all("onload" not in element.attrib for element in picture.iter())
    assert not [element for element in picture.iter() if element.tag.endswith("script")]


def test_every_fault_at_once_and_nothing_is_written(small, run):
    out = small / "none"
    done = run("newcomer", str(small / "study"), "--type", "grenhouse", "--wants", "5 MWh of hot_watr_90", "--gives",
               "5 of ash", "--technology", "magic", "--out", str(out))  # fmt: skip
    assert done.returncode == 2
    for said in ("'grenhouse'", "did you mean 'hot_water_90'", "a quantity, a unit and a resource", "'magic'"):
        assert said in done.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--which", "plants", "--at", "sea"], ["'plants'", "'sea'", "types", "sites or grid"]),
        ([], ["no newcomer"]),
        (["--type", "greenhouse", "--plan", "nowhere"], ["no plan/plan.json", "no study/study.toml"]),
        (["--type", "greenhouse", "--at", "sites"], ["a study without usable sites"]),
    ],
)
def test_options_that_make_no_sense(small, run, words, said):
    done = run("newcomer", str(small / "plan"), *words, "--out", str(small / "none"))
    assert done.returncode == 2
    assert all(text in done.stderr for text in said), done.stderr
    assert not (small / "none").exists()


def test_a_plan_of_another_study_is_refused(small, run):
    done = run(
        "newcomer", "kalundborg", "--plan", str(small / "plan"), "--type", "greenhouse", "--out", str(small / "no")
    )
    assert done.returncode == 2
    assert "a plan of another study" in done.stderr


def test_types_are_ranked_on_the_sites_of_kalundborg(kalundborg, run, tmp_path):
    """A cement works takes ash and gypsum that go to a works 350 km away, so it is worth most by the power station."""
    done = run("newcomer", str(kalundborg), "--type", "cement_works", "--type", "data_centre", "--out",
               str(tmp_path / "types"), "--best", "1", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    table = pd.DataFrame(facts["newcomers"])
    places = len(site_places(newcomers.read_region(kalundborg).study).points)
    assert places > 4  # the study's own parcels, and those that siting found
    assert len(table) == 2 * places
    first = table.iloc[0]
    assert (first["plant_type"], first["place"], first["checker"]) == ("cement_works", "asnaes_yard", "ok")
    assert "Coal fly ash" in first["joins"]
    # Heat that nobody lacks is worth nothing: the district heating of Kalundborg has enough.
    assert (table.loc[table["plant_type"] == "data_centre", "at_least"] == 0).all()
    assert any("clinker_substitute" in note for note in facts["notes"])


def test_a_plan_anew_with_the_newcomer_as_a_plant_agrees(small):
    """The whole study matched, routed and planned again: other candidate ways, so only nearly the same value."""
    region = newcomers.read_region(small / "plan")
    coming = read_newcomers(region.study, wants=["8000 MWh of hot_water_90"])
    at = region.study.plant_points["power"]
    point = gpd.points_from_xy([at.x + 400], [at.y - 200])
    places = Places(gpd.GeoDataFrame({"place": ["p"], "name": ["P"], "cell_m": [np.nan]}, geometry=point,
                                     crs=region.study.crs))  # fmt: skip
    (worth,) = newcomers.find_newcomers(region, coming, places).worths
    assert worth.plan is not None
    assert not worth.plan.checker
    own = worth.plan.built_corridors
    assert own.loc[own["corridor"].str.startswith("new-"), "from_node"].tolist() == ["j001"]  # joins the plan's pipe
    ((name, row),) = coming[0].streams.set_index("stream").iterrows()
    stream = {"stream": name, "plant": "new", "resource": row["resource"], "direction": "demand",
              "quantity": row["quantity"], "unit": row["unit"], "price": row["price"], "must_serve": False}  # fmt: skip
    plant = gpd.GeoDataFrame({"plant": ["new"], "name": ["New"], "sector": [""], "country": [""], "note": [""],
                              "source": [""]}, geometry=point, crs=region.study.crs)  # fmt: skip
    study = region.study.replace(
        plants=gpd.GeoDataFrame(pd.concat([region.study.plants, plant], ignore_index=True), crs=region.study.crs),
        streams=pd.concat([region.study.streams, pd.DataFrame([stream])], ignore_index=True),
    )
    anew = symbioplan.plan(study)
    demand = anew.candidates.problem.demands.set_index("demand").loc[name]
    co2 = anew.candidates.problem.settings.co2_price * demand["co2_unserved"]
    lone = demand["quantity"] * (demand["unserved_cost"] + co2)
    assert region.plan.objective + lone - anew.plan.objective == pytest.approx(worth.least, rel=0.05)


def test_the_grid_keeps_off_forbidden_land_and_parts_its_best_cells(template):
    study = read_study(template)
    middle = study.plant_points.union_all().centroid
    lake = gpd.GeoDataFrame(
        {"zone": ["lake"], "name": ["lake"], "kind": ["water"], "forbidden": [True], "factor": [1.0]},
        geometry=[box(middle.x - 900, middle.y - 900, middle.x + 900, middle.y + 900)], crs=study.crs)  # fmt: skip
    study = study.replace(zones=lake)
    places = grid_places(study, spacing_m=500)
    assert not places.points.intersects(lake.union_all()).any()
    assert len(places) < places.grid.shape[0] * places.grid.shape[1]
    worth = {place: float(number) for number, place in enumerate(places.points["place"])}
    finer = refined(study, places, worth, share=0.3)
    assert set(finer.points["cell_m"]) == {250.0}
    best = places.points.iloc[-1]
    assert finer.points.distance(best.geometry).min() < 500
    assert not len(refined(study, places, dict.fromkeys(worth, 0.0)))


def test_a_cell_whose_middle_is_a_plant_still_counts(template):
    study = read_study(template)
    study = study.replace(zones=study.zones.iloc[:0], plants=study.plants.iloc[:1])
    places = grid_places(study, spacing_m=2000)
    at = study.plant_points.iloc[0]
    assert len(places) == places.grid.shape[0] * places.grid.shape[1]
    assert 50 <= places.points.distance(at).min() < 1500


def test_finer_cells_lie_over_coarser_ones():
    grid = Grid((0.0, 20.0), 10.0, (2, 2), 1)
    cells = pd.DataFrame({"level": [1, 0, 0], "row": [1, 0, 1], "column": [1, 0, 1]})
    values = grid.raster(cells, [5.0, 1.0, 2.0], "EPSG:25832").values
    assert np.array_equal(values[:2, :2], [[1, 1], [1, 5]])
    assert np.array_equal(values[2:, 2:], [[2, 2], [2, 2]])
    assert np.isnan(values[:2, 2:]).all()
