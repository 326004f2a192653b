"""``symbioplan site`` from end to end."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from data import read_study


@pytest.fixture(scope="module")
def sited(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("sites") / "kalundborg"
    done = run("site", "kalundborg", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_every_file_is_there_and_they_agree(sited):
    out, facts = sited
    assert {path.name for path in out.iterdir()} == {
        "siting.html", "siting.json", "sites.gpkg", "study", "suitability.tif", "tables",
    }  # fmt: skip
    kept = json.loads((out / "siting.json").read_text(encoding="utf-8"))
    assert kept == {key: value for key, value in facts.items() if key != "out"}
    sites = pd.read_csv(out / "tables" / "sites.csv")
    assert sites["site"].tolist() == [site["site"] for site in facts["sites"]]
    points = gpd.read_file(out / "sites.gpkg", layer="site_points")
    assert points["site"].tolist() == sites["site"].tolist()
    np.testing.assert_allclose(points["score"], sites["score"])
    assert facts["counts"]["sites"] == sites["rank"].notna().sum()
    assert {"asnaes_yard", "stejlhoj", "melby", "spangsbro"} <= set(sites["site"])  # given parcels always stay


def test_scores_are_what_the_criteria_add(sited):
    out, _ = sited
    sites = pd.read_csv(out / "tables" / "sites.csv").set_index("site")
    scores = pd.read_csv(out / "tables" / "site_scores.csv")
    weights = pd.read_csv(out / "tables" / "weights.csv").set_index("criterion")["weight"]
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(scores["contribution"], scores["utility"] * scores["weight"])
    np.testing.assert_allclose(scores["weight"], weights.reindex(scores["criterion"]))
    np.testing.assert_allclose(scores.groupby("site")["contribution"].sum().reindex(sites.index), sites["score"])
    assert (np.diff(sites["score"]) <= 0).all()


def test_the_raster_is_blank_where_nothing_may_stand_and_good_where_the_best_site_is(sited):
    out, facts = sited
    points = gpd.read_file(out / "sites.gpkg", layer="site_points")
    with rasterio.open(out / "suitability.tif") as raster:
        values = raster.read(1)
        best = next(raster.sample([(points.geometry.iloc[0].x, points.geometry.iloc[0].y)]))[0]
    assert np.isfinite(values).mean() * 1.0 == pytest.approx(
        facts["counts"]["allowed_km2"] * 1e6 / facts["counts"]["cell_m"] ** 2 / values.size, abs=1e-3
    )
    assert best > np.nanquantile(values, 0.9)


def test_sensitivity_says_how_the_ranking_holds(sited):
    out, _ = sited
    table = pd.read_csv(out / "tables" / "sensitivity.csv")
    assert len(table) == 2 * 4  # each of the four weights up and down
    assert table["change"].tolist() == [-0.2, 0.2] * 4
    assert table["top_kept"].between(0, 1).all()
    assert table["largest_move"].max() > 0
    sites = pd.read_csv(out / "tables" / "sites.csv").dropna(subset=["rank"])
    assert (sites["rank_best"] <= sites["rank_worst"]).all()
    assert sites["top_share"].sum() == pytest.approx(5, abs=1e-6)


def test_the_study_beside_it_reads_and_finds_the_same(sited, run, tmp_path):
    out, facts = sited
    study = read_study(out / "study")
    assert study.sites["site"].tolist() == [site["site"] for site in facts["sites"]]
    assert study.suitability is not None
    again = run("site", str(out / "study"), "--out", str(tmp_path / "again"), "--json")
    assert again.returncode == 0, again.stderr
    assert [s["site"] for s in json.loads(again.stdout)["sites"]] == study.sites["site"].tolist()


def test_without_siting_and_with_contradicting_judgements_it_says_what_to_do(run, template, tmp_path):
    done = run("site", str(template), "--out", str(tmp_path / "no"))
    assert done.returncode == 2
    assert "docs/siting.md" in done.stderr
    rules = "\n[siting]\njudgements = [['a', 'b', 9], ['b', 'c', 9], ['a', 'c', 0.2]]\n" + "".join(
        f'[[siting.criteria]]\nname = "{name}"\non = "plants"\nlinear = {{worst = 4000, best = 0}}\n' for name in "abc"
    )
    with (template / "study.toml").open("a", encoding="utf-8") as text:
        text.write(rules)
    done = run("site", str(template), "--out", str(tmp_path / "no"))
    assert done.returncode == 2
    assert "consistency ratio" in done.stderr
    assert not (tmp_path / "no").exists()
