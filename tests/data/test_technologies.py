"""Technologies: recipes read and brought to own units, faults named, the catalogue plausible."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from data import InputError, read_catalogue, read_study, write_study
from data.contracts import empty_table
from data.study_sources import study_folder
from data.technologies import complete_technologies, parse_recipe
from data.units import base_per_own_unit

CATALOGUE = read_catalogue()
# What enters unlisted: nothing so far. A technology that draws mass from elsewhere is named here with the reason.
UNLISTED_MASS: set[str] = set()


def completed() -> tuple[pd.DataFrame, pd.DataFrame]:
    table, recipes, faults = complete_technologies(
        CATALOGUE.technologies, empty_table("study", "recipes"), CATALOGUE.resources, file="t", recipe_file="r"
    )
    assert not faults
    return table, recipes


def study_with(folder: Path, technologies: str, *, hubs: str = "", recipes: str = "") -> Path:
    """Return a copy of Kalundborg with technologies of its own."""
    target = folder / "study"
    shutil.copytree(study_folder("kalundborg"), target)
    text = (target / "study.toml").read_text(encoding="utf-8")
    layers = '[layers]\ntechnologies = "technologies.csv"\n' + ('recipes = "recipes.csv"\n' if recipes else "")
    text = text.replace("[layers]\n", layers)
    (target / "study.toml").write_text(text + hubs, encoding="utf-8")
    (target / "technologies.csv").write_text(technologies, encoding="utf-8")
    if recipes:
        (target / "recipes.csv").write_text(recipes, encoding="utf-8")
    return target


HEAD = "technology,recipe,module_capacity,unit,capex_per_module,variable_opex\n"


def test_a_recipe_is_read_with_and_without_units():
    assert parse_recipe("1 t wet + 0.05 MWh heat -> 0.3 dry") == [
        (-1.0, "t", "wet"),
        (-0.05, "MWh", "heat"),
        (0.3, "", "dry"),
    ]


@pytest.mark.parametrize(
    "text", ["1 t wet", "wet -> dry", "1 wet -> 1 dry -> 1 dust", "->", "-1 wet -> 1 dry", "1 wet ->x"]
)
def test_what_is_no_recipe_is_not_read(text):
    assert parse_recipe(text) is None


def test_quantities_capacities_and_costs_come_in_own_units_per_unit_of_throughput(tmp_path):
    rows = HEAD + "dryer,2 kt sewage_sludge + 3.6 GJ hot_water_90 -> 500 kg dried_sludge,1,kt/d,1e6,9000\n"
    study = read_study(study_with(tmp_path, rows))
    (tool,) = study.technologies.to_dict("records")
    assert tool["throughput_resource"] == "sewage_sludge"
    assert tool["unit"] == "t"
    assert tool["module_capacity"] == pytest.approx(365_000)
    assert tool["variable_opex"] == pytest.approx(9.0)  # 9,000 per kt
    assert dict(zip(study.recipes["resource"], study.recipes["quantity"], strict=True)) == pytest.approx(
        {"sewage_sludge": -1.0, "hot_water_90": -1.0 / 2000, "dried_sludge": 0.5 / 2000}
    )


def test_a_study_that_asks_for_nothing_has_no_technologies_and_hubs_opens_the_catalogue(tmp_path):
    assert read_study("kalundborg").technologies.empty
    own = HEAD + "desalination,2 warm_seawater -> 1 drinking_water,5,m3/h,7,0\n"
    study = read_study(study_with(tmp_path, own, hubs="\n[hubs]\n"))
    assert set(study.technologies["technology"]) == set(CATALOGUE.technologies["technology"])
    assert study.technologies.set_index("technology").loc["desalination", "capex_per_module"] == 7
    assert len(study.recipes[study.recipes["technology"] == "desalination"]) == 2


def test_a_recipe_may_stand_in_a_table_of_its_own(tmp_path):
    recipes = "technology,resource,quantity,unit\nx,fly_ash,-1,kt\nx,gypsum,200,t\n"
    study = read_study(study_with(tmp_path, HEAD + "x,,10,kt,1,0\n", recipes=recipes))
    assert study.recipes["quantity"].tolist() == pytest.approx([-1.0, 0.2])


def test_every_fault_names_file_row_and_column(tmp_path):
    rows = HEAD + (
        "a,1 fly_asj -> 1 gypsum,1,t,1,0\n"
        "b,1 m fly_ash -> 1 gypsum,1,t,1,0\n"
        "c,fly ash to gypsum,1,t,1,0\n"
        "d,1 fly_ash -> 1 fly_ash,1,t,1,0\n"
        "e,,1,t,1,0\n"
    )
    with pytest.raises(InputError) as caught:
        read_study(study_with(tmp_path, rows, hubs='\n[hubs]\ntechnologies = ["dryer"]\nplaces = ["nowhere"]\n'))
    found = {(fault.file, fault.row, fault.column) for fault in caught.value.faults}
    assert {("technologies.csv", row, "recipe") for row in (2, 3, 4, 5, 6)} <= found
    assert ("study.toml", None, "hubs.technologies") in found
    assert ("study.toml", None, "hubs.places") in found


def test_a_written_study_reads_as_the_same_technologies(tmp_path):
    study = read_study(study_with(tmp_path, HEAD + "x,2 fly_ash -> 1 kt gypsum,1,t/h,5,2\n", hubs="\n[hubs]\n"))
    write_study(study, tmp_path / "again")
    again = read_study(tmp_path / "again")
    for name in ("technologies", "recipes"):
        key = ["technology"] if name == "technologies" else ["technology", "resource"]
        pd.testing.assert_frame_equal(
            getattr(again, name).sort_values(key, ignore_index=True),
            getattr(study, name).sort_values(key, ignore_index=True),
        )


def test_no_technology_of_the_catalogue_makes_more_mass_or_energy_than_goes_in():
    table, recipes = completed()
    base = base_per_own_unit(CATALOGUE.resources)
    energy = CATALOGUE.resources.set_index("resource")["energy_mwh_per_unit"]
    bought = table.set_index("technology")[["electricity_mwh_per_unit", "heat_mwh_per_unit"]].sum(axis=1)
    for name, rows in recipes.groupby("technology"):
        mass = rows["quantity"] * rows["resource"].map(base["mass"])
        if mass.notna().all() and name not in UNLISTED_MASS:
            assert mass.sum() <= 1e-3 * mass.abs().max(), name
        made = (rows["quantity"] * rows["resource"].map(energy).fillna(0.0)).sum()
        biological = set(rows["resource"]) & {
            "food_waste",
            "animal_slurry",
            "sewage_sludge",
        }  # no heating value is known
        assert biological or made <= bought[name] + 2e-3, name
