"""Resources by other names: taken when they mean one thing, suggested when they nearly do, never silently."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from data import InputError, read_catalogue, read_study, study_folder
from data.contracts import make_table
from data.names import ResourceNames, plain_name

CATALOGUE = read_catalogue()


@pytest.fixture(scope="module")
def names() -> ResourceNames:
    return ResourceNames(CATALOGUE.resources, CATALOGUE.synonyms)


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("fly_ash", "fly_ash"),
        ("Fly-Ash", "fly_ash"),
        ("  FLY   ASH ", "fly_ash"),
        ("Kohlenflugasche", "fly_ash"),
        ("kulflyveaske", "fly_ash"),
        ("フライアッシュ", "fly_ash"),
        ("furai asshu", "fly_ash"),
        ("REA-Gips", "gypsum"),
        ("Klärschlamm", "sewage_sludge"),
        ("flue gas desulfurization gypsum", "gypsum"),
        ("sludges from treatment of urban waste water", "sewage_sludge"),
        ("19 01 12", "incinerator_bottom_ash"),
        ("190113*", "incinerator_fly_ash"),
        ("steam 15 bar", "steam_15bar"),
        ("ＨＹＤＲＯＧＥＮ", "hydrogen"),
        ("60 °C heat", "hot_water_60"),
        ("waste heat at 25 degC", "low_temperature_heat_25"),
    ],
)
def test_a_name_that_means_one_resource(names, text, resource):
    assert names.meaning(text) == (resource,)


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("ash", {"fly_ash", "wood_ash"}),
        ("Flugasche", {"fly_ash", "incinerator_fly_ash"}),
        ("16 10 02", {"cooling_water_return", "waste_water"}),
        ("CO2", {"co2_gas", "co2_liquid"}),
        ("汚泥", {"sewage_sludge", "paper_sludge"}),
    ],
)
def test_an_ambiguous_name_is_not_taken(names, text, some):
    assert some <= set(names.meaning(text))
    assert names.expected(text).startswith("one resource; this can mean ")
    assert all(resource in names.expected(text) for resource in some)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("flyash", "fly_ash"),
        ("fly_asch", "fly_ash"),
        ("ash, fly", "fly_ash"),
        ("sewage slugde", "sewage_sludge"),
        ("hydorgen", "hydrogen"),
        ("steam_14bar", "steam_4bar"),
        ("dewatered sewage sludge, line 2", "sewage_sludge"),
    ],
)
def test_a_misspelling_is_suggested_never_taken(names, text, first):
    assert names.meaning(text) == ()
    assert names.near(text)[0] == first
    assert f"did you mean {first!r}" in names.expected(text)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "=cmd()", "{{ 7*7 }}", "'; drop table", "\x00\n\t", "💥", "x" * 100_000, "-"]
)
def test_hostile_names_mean_nothing(names, text):
    assert names.meaning(text) == ()
    assert names.near(text) == ()
    assert len(names.expected(text)) < 400


def test_own_ids_come_before_synonyms_and_own_names_can_make_them_ambiguous():
    own = make_table("study", "resources", [
        {"resource": "ash", "unit": "t", "phase": "solid"},
        {"resource": "mill_gas", "unit": "t", "phase": "gas", "name": "Natural gas"},
    ])  # fmt: skip
    names = ResourceNames(pd.concat([CATALOGUE.resources, own]), CATALOGUE.synonyms)
    assert names.meaning("ash") == ("ash",)
    assert set(names.meaning("natural gas")) == {"natural_gas", "mill_gas"}
    assert names.meaning("natural_gas") == ("natural_gas",)


def test_a_column_tells_what_was_taken_as_what_and_what_is_a_fault(names):
    column = pd.Series(["fly_ash", "REA-Gips", "flyash", "", "ash"], name="resource")
    ids, notes, faults = names.taken(column, file="streams.csv", rows=range(2, 2 + len(column)))
    assert ids.tolist() == ["fly_ash", "gypsum", "flyash", "", "ash"]
    assert notes == ["streams.csv, row 3: 'REA-Gips' was taken as gypsum"]
    assert [(fault.row, fault.found) for fault in faults] == [(4, "'flyash'"), (6, "'ash'")]


def test_the_tables_agree_with_the_catalogue():
    known = set(CATALOGUE.resources["resource"])
    for name in ("families", "synonyms", "law"):
        assert set(getattr(CATALOGUE, name)["resource"]) <= known, name
    assert known == set(CATALOGUE.families["resource"])
    assert set(CATALOGUE.synonyms["synonym"].map(plain_name)) & {""} == set()
    grades = CATALOGUE.grades.merge(CATALOGUE.families, on="resource")
    served = CATALOGUE.families.set_index("resource")["family"][grades["serves"]]
    assert (served.to_numpy() == grades["family"].to_numpy()).all()  # a grade stays in its family


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(study_folder("kalundborg"), tmp_path / "study")
    return tmp_path / "study"


def rename(folder, old, new):
    text = (folder / "streams.csv").read_text(encoding="utf-8")
    assert old in text
    (folder / "streams.csv").write_text(text.replace(old, new), encoding="utf-8")


def test_a_study_with_a_synonym_is_the_same_study_with_a_note(folder):
    rename(folder, "refinery,sulphur_liquid,", "refinery,molten sulfur,")
    study, plain = read_study(folder), read_study("kalundborg")
    assert [note.split(": ")[1] for note in study.understood] == ["'molten sulfur' was taken as sulphur_liquid"]
    assert study.digest == plain.digest
    assert plain.understood == ()


def test_a_study_with_a_typo_is_refused_with_a_suggestion(folder):
    rename(folder, "refinery,sulphur_liquid,", "refinery,sulphur_liqiud,")
    with pytest.raises(InputError, match=r"column resource: found 'sulphur_liqiud'.*did you mean 'sulphur_liquid'"):
        read_study(folder)


def test_a_country_is_two_letters(folder):
    text = (folder / "plants.geojson").read_text(encoding="utf-8")
    text = text.replace('"plant": "asnaes",', '"plant": "asnaes", "country": "Denmark",')
    (folder / "plants.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="column country: found 'Denmark', expected two capital letters"):
        read_study(folder)
