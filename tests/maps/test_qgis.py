"""The GeoPackages in a real QGIS: every layer, style, relation, map theme and print layout."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from maps import write_geopackage
from maps.palette import resource_colours
from maps.siting_layers import EXCLUDED, hex_colours
from tests.maps.conftest import make_plan, make_study, sited, with_coarse

PROBE = Path(__file__).with_name("qgis_probe.py")
PYTHON = "/usr/bin/python3"  # Debian's, which has QGIS
NASTY = "<script>alert('1')</script> \"x\" [% 6 * 7 %] {{ y }} =cmd()"


@pytest.fixture(scope="session")
def qgis():
    """Return what a real QGIS finds in a project of a GeoPackage."""
    there = subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0
    if not there:
        message = "no QGIS for /usr/bin/python3 (apt install qgis python3-qgis qgis-providers)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    def probe(file, name="plan"):
        run = subprocess.run(
            [PYTHON, str(PROBE), str(file), name, str(file.parent)], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout[run.stdout.index("{") :])

    return probe


def phased(plan):
    """Return the plan in two periods, the second without the haul of ash."""
    tables = {name: getattr(plan, name) for name in
              ("exchanges", "built_corridors", "built_pipes", "hauls", "unplaced", "unserved")}  # fmt: skip
    both = {name: pd.concat([table.assign(period=period) for period in ("it's <1>", "later")], ignore_index=True)
            for name, table in tables.items()}  # fmt: skip
    gone = (both["hauls"]["period"] == "later") & (both["hauls"]["route"] == "t2")
    return plan.replace(**{**both, "hauls": both["hauls"][~gone].reset_index(drop=True)})


@pytest.fixture(scope="module")
def found(qgis, tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "plan.gpkg"
    write_geopackage(make_study(), with_coarse(make_plan()), path)
    return qgis(path)


def test_the_project_opens_without_a_question(found):
    assert found["read"]
    assert found["error"] == ""
    assert found["unavailable"] == []
    assert {row[0] for row in found["asked"]} <= {"old version", "version"}  # a line of news at most, never a question
    assert found["said"] == []
    assert (found["title"], found["crs"]) == ("Harbour town", "EPSG:25832")


def test_every_layer_is_valid_described_and_styled(found):
    assert {"symbioplan_plants", "symbioplan_exchanges", "symbioplan_zones"} <= {*found["layers"]}
    for layer in found["layers"].values():
        assert layer["valid"]
        assert layer["title"] == layer["name"]
        assert layer["abstract"]
        assert layer["label_errors"] == ""
        assert all(alias for name, alias in layer["aliases"].items() if name != "fid")
    for where in (found["layers"], {f"symbioplan_{name}": layer for name, layer in found["bare"].items()}):
        assert where["symbioplan_pipelines"]["column"] == "resource"
        assert where["symbioplan_exchanges"]["symbol_layers"] == ["MarkerLine", "SimpleLine"]
        assert where["symbioplan_zones"]["renderer"] == "categorizedSymbol"
        assert where["symbioplan_plants"]["labels"]
        assert where["symbioplan_pipelines"]["aliases"]["length_m"] == "Length (m)"
    assert {*found["layers"]["symbioplan_pipelines"]["styles"]} == {"default", "Load"}


def test_groups_and_order(found):
    assert [group["name"] for group in found["groups"]] == ["Places", "Plan", "Ground", "Tables"]
    order = found["order"]
    assert order[0] == "symbioplan_plants"
    assert order[-1] == "symbioplan_zones"
    assert order.index("symbioplan_coarse_stretches") < order.index("symbioplan_truck_routes")


def test_relations_find_the_exchanges_of_a_plant(found):
    relations = found["relations"]
    assert all(one["valid"] for one in relations.values())
    assert relations["symbioplan_exchanges_from_node"] == {"valid": True, "name": "Gives", "children": 8}
    assert relations["symbioplan_exchanges_to_node"]["children"] == 8
    assert relations["symbioplan_streams_plant"]["children"] == 12


def test_map_themes(found):
    themes = found["themes"]
    assert {*themes} == {"Pipelines and trucks", "Exchanges", "Left over and bought new", "Load and trips"}
    assert all(theme["applies"] for theme in themes.values())
    assert "symbioplan_exchanges" not in themes["Pipelines and trucks"]["layers"]
    assert themes["Load and trips"]["styles"]["symbioplan_pipelines"] == "Load"


def test_print_layouts_show_the_colours_of_the_plan(found):
    assert {*found["layouts"]} == {"Pipelines and trucks", "Exchanges"}
    study = make_study()
    phases = dict(zip(study.resources["resource"], study.resources["phase"], strict=True))
    colours = resource_colours(study.streams["resource"], phases)
    for layout in found["layouts"].values():
        assert layout["ok"]
        assert 5_000 < layout["scale"] < 50_000
        pixels = np.asarray(Image.open(layout["png"]).convert("RGB")).reshape(-1, 3)
        assert len(np.unique(pixels, axis=0)) > 50
        for resource in ("steam", "surface_water", "gypsum"):
            wanted = [int(colours[resource][i : i + 2], 16) for i in (1, 3, 5)]
            assert (np.abs(pixels.astype(int) - wanted).max(axis=1) <= 3).sum() > 20, resource


def test_one_group_and_its_themes_per_period(qgis, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_geopackage(make_study(), phased(make_plan()), path)
    found = qgis(path)
    assert found["unavailable"] == []
    names = [group["name"] for group in found["groups"]]
    assert names == ["Places", "it's <1>", "later", "All periods", "Ground", "Tables"]
    assert [group["checked"] for group in found["groups"]][1:4] == [True, False, False]
    counts = [found["layers"][f"symbioplan_truck_routes{part}"]["features"] for part in ("_period_1", "_period_2", "")]
    assert counts == [2, 1, 3]
    assert {"it's <1>: Exchanges", "later: Exchanges"} <= {*found["themes"]}
    assert all(theme["applies"] for theme in found["themes"].values())
    assert len(found["layouts"]) == 4


def test_hostile_names_are_words_and_nothing_else(qgis, tmp_path):
    study = make_study()
    study = study.replace(
        name=NASTY,
        plants=study.plants.assign(sector=NASTY, name=NASTY),
        resources=study.resources.assign(name=NASTY),
        zones=study.zones.assign(name=NASTY),
    )
    path = tmp_path / "plan.gpkg"
    write_geopackage(study, make_plan(), path)
    found = qgis(path)
    assert found["read"]
    assert found["unavailable"] == []
    assert found["title"] == NASTY
    assert found["layers"]["symbioplan_plants"]["categories"] == [NASTY, ""]
    said = json.dumps([found["legend"], found["tips"]])
    assert "6 * 7" in said  # as it stands
    assert "42" not in "".join(found["legend"]["symbioplan_plants"])  # not worked out
    assert all("<script>" not in tip for tips in found["tips"].values() for tip in tips)
    assert all(layout["ok"] for layout in found["layouts"].values())


def test_ranked_sites_by_score_over_the_suitability(qgis, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_geopackage(sited(make_study(), NASTY), phased(make_plan()), path)
    found = qgis(path)
    assert (found["read"], found["unavailable"], found["said"]) == (True, [], [])
    raster = found["rasters"]["symbioplan_suitability"]
    assert (raster["valid"], raster["renderer"], raster["size"]) == (True, "singlebandpseudocolor", [40, 30])
    assert (raster["crs"], raster["lowest"] >= 0, raster["highest"]) == ("EPSG:25832", True, 1.0)
    for name in ("symbioplan_site_points", "symbioplan_site_areas"):
        layer = found["layers"][name]
        assert (layer["renderer"], layer["ranges"][0]) == ("graduatedSymbol", "score 0.8 to 1.0")
        assert layer["ranges"][-1] == "nothing may stand here"
    assert found["relations"]["symbioplan_site_scores_site"] == {
        "valid": True, "name": "Score by criterion", "children": 2,
    }  # fmt: skip
    theme = found["themes"]["Ranked sites"]  # one for all periods
    assert theme["applies"]
    assert {"symbioplan_suitability", "symbioplan_site_points", "symbioplan_plants"} <= {*theme["layers"]}
    assert not any("suitability" in layer for name, other in found["themes"].items() if name != "Ranked sites"
                   for layer in other["layers"])  # fmt: skip
    assert not next(group for group in found["groups"] if group["name"] == "Siting")["checked"]
    tips = found["tips"]["symbioplan_site_points"]
    assert len(tips) == 3
    assert all("<script>" not in tip and "6 * 7" in tip for tip in tips)
    drawn = found["layouts"]["Ranked sites"]
    pixels = np.asarray(Image.open(drawn["png"]).convert("RGB")).reshape(-1, 3).astype(int)
    for colour in [*hex_colours(pd.Series([0.7, 0.3])), EXCLUDED]:
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(pixels - wanted).max(axis=1) <= 3).sum() > 15, colour
