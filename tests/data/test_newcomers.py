"""Newcomers from types, tables and words; every fault at once."""

from __future__ import annotations

import pandas as pd
import pytest

from data import InputError, read_study
from data.catalogue import read_catalogue
from data.newcomers import read_newcomers


@pytest.fixture(scope="module")
def study():
    return read_study("kalundborg")


def faults(study, **given):
    with pytest.raises(InputError) as caught:
        read_newcomers(study, **given)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("name", ["kalundborg", "yamaguchi"])
def test_every_type_of_the_catalogue_is_understood_in_every_study(name):
    types = read_catalogue().plant_types
    found = read_newcomers(read_study(name), types=["all"])
    assert [newcomer.name for newcomer in found] == list(dict.fromkeys(types["plant_type"]))
    assert sum(len(newcomer.streams) for newcomer in found) == len(types)
    for newcomer in found:
        assert (newcomer.streams["quantity"] > 0).all()
        assert newcomer.streams["price"].notna().all()
        assert newcomer.streams["stream"].is_unique


def test_every_type_says_its_source_or_that_it_is_assumed():
    types = read_catalogue().plant_types
    assert types["kind"].isin(["source", "assumption"]).all()
    assert (types["source"].str.len() > 10).all()
    assert types.groupby("plant_type")["name"].nunique().max() == 1
    named = {part for text in types["technologies"] for part in text.split(";") if part}
    assert named <= set(read_catalogue().technologies["technology"])


def test_a_data_centre_has_its_heat_in_own_units_and_a_heat_pump_beside_it(study):
    (centre,) = read_newcomers(study, types=["data_centre"])
    row = centre.streams.iloc[0]
    assert (row["resource"], row["direction"], row["unit"]) == ("hot_water_60", "supply", "MWh")
    assert row["quantity"] == pytest.approx(20 * 8760)
    assert row["price"] == pytest.approx(-22.5)
    assert list(centre.technologies["technology"]) == ["heat_pump_90"]
    assert set(centre.recipes["resource"]) == {"hot_water_60", "hot_water_90"}


def test_streams_in_words(study):
    (newcomer,) = read_newcomers(
        study, gives=["20 MW of hot_water_60"], wants=["1,500 t coal ash, fly", "2kt of gypsum"]
    )
    got = newcomer.streams.set_index("resource")
    assert got["quantity"].to_dict() == pytest.approx({"hot_water_60": 175_200, "fly_ash": 1500, "gypsum": 2000})
    assert got["direction"].to_dict() == {"hot_water_60": "supply", "fly_ash": "demand", "gypsum": "demand"}


def test_a_table_of_streams_names_the_newcomer(study, tmp_path):
    path = tmp_path / "my plant.csv"
    pd.DataFrame(
        {"resource": ["gypsum"], "direction": ["demand"], "quantity": [5], "unit": ["kt"], "price": [9]}
    ).to_csv(path, index=False)
    (newcomer,) = read_newcomers(study, tables=[path])
    assert newcomer.name == "my plant"
    assert newcomer.streams[["quantity", "price"]].iloc[0].tolist() == pytest.approx([5000.0, 0.009])


def test_every_fault_is_told_at_once(study, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "resource,direction,quantity,unit,must_serve\n"
        "gypsumm,demand,5,kt,false\n"
        "gypsum,demand,5,,false\n"
        "gypsum,demand,5,MWh,false\n"
        "gypsum,sideways,many,t,false\n"
        "gypsum,demand,5,t,true\n",
        encoding="utf-8",
    )
    told = faults(
        study, types=["data_center"], tables=[bad, tmp_path / "none.csv"], gives=["20 of warmth", "5 MW of heat"],
        technologies=["heat_pump_95"],
    )  # fmt: skip
    text = "\n".join(told)
    for expected in (
        "'data_center'", "did you mean 'data_centre'", "row 2, column resource: found 'gypsumm'", "row 3, column unit",
        "row 4, column unit", "'sideways'", "'many'", "row 6, column must_serve", "none.csv: found no such file",
        "a quantity, a unit and a resource", "--gives '5 MW of heat', column resource",
        "one resource; this can mean low_temperature_heat_25", "did you mean 'heat_pump_90'",
    ):  # fmt: skip
        assert expected in text, f"{expected} is not in\n{text}"
    assert len(told) == len(set(told))


def test_foreign_text_is_no_arithmetic_and_no_page(study):
    told = faults(study, gives=["1 t*__import__('os') of ash", "<script>", "5 t of {{ 7*7 }}"], wants=["=cmd()"])
    assert sum("a quantity, a unit and a resource" in text for text in told) == 2
    assert any("t*__import__" in text and "a unit of mass" in text for text in told)
    assert any("'{{ 7*7 }}'" in text for text in told)


def test_two_newcomers_need_two_names(study, tmp_path):
    path = tmp_path / "greenhouse.csv"
    path.write_text("resource,direction,quantity,unit\ngypsum,demand,5,kt\n", encoding="utf-8")
    assert any("two newcomers called greenhouse" in text for text in faults(study, types=["greenhouse"], tables=[path]))


def test_an_empty_table_is_a_fault(study, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("resource,direction,quantity,unit\n", encoding="utf-8")
    assert any("no streams" in text for text in faults(study, tables=[path]))
