import json
import re

import numpy as np
import pytest
from shapely.geometry import LineString

from data.plan import Plan
from maps.geometry import bounds_degrees
from maps.offline import MODULES
from maps.webmap import render_map, write_map

HOSTILE = (
    "\"'><script>window.pwned=1</script></script><img src=x onerror=window.pwned=1>"
    "`${window.pwned=1}`{{ 7*7 }}\n{% x %}{# y #}{{ ''.__class__.__mro__ }}\\"
)


def test_one_file_without_links(study, plan, tmp_path):
    path = tmp_path / "map.html"
    write_map(study, plan, path)
    page = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 500_000
    assert not re.search(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=", page)
    assert "cdn." not in page
    assert page.count("<!DOCTYPE html>") == 1


def test_the_same_plan_gives_the_same_file(study, plan):
    assert render_map(study, plan) == render_map(study, plan)


def test_title_and_legend(study, plan):
    page = render_map(study, plan)
    assert "12,300,000 EUR/year" in page
    assert "57.7 %" in page
    assert "Proven optimal, gap 0 %" in page
    assert "checker agrees" in page
    assert len({*re.findall(r'data-layer="(\w+)"', page)}) == 13
    for name in ("Process steam", "Fly ash", "oil refinery", "Railway", "200 to 400 mm"):
        assert f'<span class="sp-name">{name}</span>' in page


def test_violations_are_said(study, plan):
    page = render_map(study, plan.replace(checker=("balance of steam at power is off by 3 t",)))
    assert "checker found 1 violation" in page
    assert "off by 3 t" in page


def test_a_study_without_a_plan_is_drawn_with_the_reason(study):
    page = render_map(study, Plan(problem="x", status="infeasible", reasons=("Nobody takes the sludge.",)))
    assert "Nobody takes the sludge." in page
    assert 'data-layer="plants"' in page
    assert 'data-layer="pipelines"' not in page


def test_hostile_names_are_never_markup_or_template(study, plan):
    plants = study.plants.assign(name=HOSTILE, sector=HOSTILE, note=HOSTILE)
    resources = study.resources.assign(name=HOSTILE)
    zones = study.zones.assign(name=HOSTILE)
    page = render_map(study.replace(plants=plants, resources=resources, zones=zones, name=HOSTILE), plan)
    assert "<script>window" not in page
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in page
    assert page.count("<script>") == 3 + len(MODULES)  # leaflet, Folium's switches, the map, and ours
    assert page.count("</script>") == 3 + len(MODULES) + page.count('<script type="application/json"')
    assert "<class" not in page
    markup = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert "\"'>" not in markup


def test_first_view_is_the_harbour_and_not_the_far_works(study, plan):
    page = render_map(study, plan)
    near = re.search(r'"near":(\[\[.*?\]\])', page)[1]
    assert json.loads(near) == (bounds_degrees(study.plant_points.iloc[:4]))


def test_large_networks_stay_small(study, plan):
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 40_000, (30_000, 1, 2)) + np.array([610_000, 6_150_000])
    ways = start + np.cumsum(rng.normal(0, 40, (30_000, 8, 2)), axis=1)
    roads = study.roads.iloc[np.zeros(30_000, dtype=int)].reset_index(drop=True)
    roads["highway"] = rng.choice(["primary", "tertiary", "residential"], 30_000, p=[0.1, 0.3, 0.6])
    roads = roads.set_geometry([LineString(way) for way in ways], crs=roads.crs)
    page = render_map(study.replace(roads=roads), plan)
    assert len(page) < 5_000_000


@pytest.mark.parametrize("missing", ["zones", "crossings", "roads", "pipelines", "sites"])
def test_optional_layers_may_be_empty(study, plan, missing):
    empty = getattr(study, missing).iloc[:0]
    page = render_map(study.replace(**{missing: empty}), plan)
    assert "Harbour power station" in page
