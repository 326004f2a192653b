"""The main job from end to end: Kalundborg, and two regions on real OpenStreetMap roads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import symbioplan
from data import read_problem
from tests.symbioplan.conftest import load_example


def test_the_plan_is_proven_and_the_checker_agrees(kalundborg):
    summary = json.loads((kalundborg / "plan.json").read_text(encoding="utf-8"))
    assert summary["status"] in ("optimal", "gap_reached")
    assert summary["checker"] == "ok"
    assert summary["bound"] <= summary["objective"]
    assert summary["gap"] <= 2e-3 + 1e-9
    assert summary["input_digest"] == symbioplan.read_study("kalundborg").digest
    assert summary["counts"].keys() >= {
        "plants", "supplies", "demands", "candidate_routes", "corridors",
        "exchanges", "pipelines", "truck_routes", "hubs",
    }  # fmt: skip
    assert summary["indicators"].keys() >= {"cost", "co2", "water", "landfill"}
    for indicator in ("cost", "co2", "water", "landfill"):
        row = summary["indicators"][indicator]
        assert row["saving"] == pytest.approx(row["baseline"] - row["plan"])
        assert row["saving"] > 0


def test_every_output_is_there(kalundborg):
    expected = {"map.html", "map.png", "report.html", "plan.gpkg", "plan.json", "plan", "problem", "study", "tables"}
    assert expected <= {path.name for path in kalundborg.iterdir()}
    layers = {name for name, _ in pyogrio.list_layers(kalundborg / "plan.gpkg")}
    assert {"plants", "exchanges", "pipelines", "truck_routes", "unplaced"} <= layers


def test_pipes_stay_off_forbidden_land(kalundborg):
    study = symbioplan.read_study("kalundborg")
    forbidden = study.zones.loc[study.zones["forbidden"], "geometry"].union_all()
    pipes = gpd.read_file(kalundborg / "plan.gpkg", layer="pipelines").to_crs(study.crs)
    assert len(pipes) > 10
    assert pipes.intersection(forbidden).length.max() == pytest.approx(0, abs=1e-6)


def test_documented_exchanges_are_found_again(kalundborg, run):
    done = run("compare", str(kalundborg), "--documented", "--json")
    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert facts["documented"] >= 16
    assert facts["found"] >= 12
    assert facts["found_same_mode"] >= 12
    for row in facts["exchanges"]:
        assert {"found", "mode", "documented_mode", "reason"} <= row.keys()
        assert row["found"] or row["reason"]


def test_two_runs_give_the_same_plan(kalundborg):
    again = symbioplan.plan(symbioplan.read_study("kalundborg")).plan
    for name in ("exchanges", "built_pipes", "hauls"):
        first = pd.read_csv(kalundborg / "plan" / f"{name}.csv", keep_default_na=False)
        pd.testing.assert_frame_equal(
            first, pd.read_csv(_as_csv(getattr(again, name)), keep_default_na=False), rtol=1e-12
        )


def _as_csv(frame):
    from io import StringIO

    return StringIO(frame.to_csv(index=False))


def test_draw_gives_the_same_outputs_without_solving(kalundborg, tmp_path, run):
    import shutil

    folder = Path(shutil.copytree(kalundborg, tmp_path / "k"))
    for name in ("map.html", "map.png", "report.html", "plan.gpkg"):
        (folder / name).unlink()
    assert run("draw", str(folder), "--quiet").returncode == 0
    for name in ("map.html", "map.png", "report.html"):
        assert (folder / name).read_bytes() == (kalundborg / name).read_bytes()
    assert len(pyogrio.list_layers(folder / "plan.gpkg")) == len(pyogrio.list_layers(kalundborg / "plan.gpkg"))


def test_the_problem_folder_solves_to_the_same_cost(kalundborg, tmp_path, run):
    done = run("solve", str(kalundborg / "problem"), "--out", str(tmp_path / "solved"), "--json", "--quiet")
    assert done.returncode == 0
    solved = json.loads(done.stdout)
    planned = json.loads((kalundborg / "plan.json").read_text(encoding="utf-8"))
    assert solved["objective"] == pytest.approx(planned["objective"], rel=2e-3)
    assert read_problem(tmp_path / "solved" / "problem").nodes.equals(read_problem(kalundborg / "problem").nodes)


@pytest.mark.shared
@pytest.mark.parametrize("region", ["ube", "baltimore"])
def test_a_region_on_real_roads_plans_and_draws(region, shared_data, tmp_path):
    example = load_example("real_roads")
    if region == "ube":
        plants = shared_data / "cases" / "yamaguchi_plants.csv"
        folder = example.build_ube(tmp_path / "study", shared_data / "roads" / "ube_roads.parquet", plants)
    else:
        folder = example.build_baltimore(tmp_path / "study", shared_data / "roads" / "baltimore.osm.pbf")
    study = symbioplan.read_study(folder)
    result = symbioplan.plan(study)
    assert result.plan.status in ("optimal", "gap_reached")
    assert result.plan.checker == ()
    assert {"truck", "pipeline"} <= set(result.plan.exchanges["mode"])
    routes = result.candidates.routes
    if region == "baltimore":  # dangerous goods may not pass the harbour tunnels, and the extract has no other way
        assert set(routes.unreachable["plant"]) == {"chem", "heat"}
        assert routes.unreachable["reason"].str.contains("spent_solvent").all()
    else:
        assert routes.unreachable.empty
    straight = result.candidates.pairs.groupby(["from_plant", "to_plant"])["straight_m"].first()
    table = routes.routes.set_index(["from_node", "to_node"])
    assert (table["distance_m"] >= straight.reindex(table.index) * 0.999).all()
    out = tmp_path / "out"
    symbioplan.write_result(result, out)
    assert (out / "map.html").stat().st_size < 8e6
    drawn = gpd.read_file(out / "plan.gpkg", layer="truck_routes")
    assert (drawn.length > 0).all()


def test_the_library_example_runs():
    example = Path(__file__).resolve().parents[2] / "docs" / "examples" / "library.py"
    done = subprocess.run(
        [sys.executable, str(example)], capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    assert "hauling five times dearer" in done.stdout
