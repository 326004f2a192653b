"""map.png: what is on it, where names stand, letters that fonts lack, the same bytes each time."""

from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from shapely.geometry import Point

from data.plan import Plan
from maps.figures import drawing, printable, shortened, text_width
from maps.picture import is_wide, picture_scene, picture_svg, write_picture
from maps.picture_frame import Frame
from maps.picture_labels import place_labels
from tests.maps.conftest import in_two_phases, layer, with_coarse, with_hub

SVG = "{http://www.w3.org/2000/svg}"


def words(study, plan):
    root = ET.fromstring(picture_svg(picture_scene(study, plan)))
    return [(text.text or "").strip() for text in root.iter(f"{SVG}text")]


def size(path):
    with rasterio.open(path) as picture:
        return picture.width, picture.height, picture.read()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_picture_of_the_size_it_says(study, plan, tmp_path):
    write_picture(study, with_coarse(plan), tmp_path / "map.png")
    wide, high, pixels = size(tmp_path / "map.png")
    assert (wide, high) == (1560, 1110)
    colours = {tuple(colour) for colour in pixels[:3].reshape(3, -1).T[::7].tolist()}
    assert len(colours) > 50


def test_the_same_bytes_twice(study, plan, tmp_path):
    for name in ("a.png", "b.png"):
        write_picture(study, with_hub(plan), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_names_legend_scale_and_what_lies_beyond(study, plan):
    said = words(study, plan)
    for name in ("Harbour power station", "Refinery", "Pharma", "Harbour town: the plan", "N", "Process steam",
                 "oil refinery", "Town", "pipeline there before"):  # fmt: skip
        assert name in said
    assert any(text.startswith("Far cement works (") and text.endswith("km beyond)") for text in said)
    assert any(text.startswith("2 truck routes") for text in said)
    assert "shared hub" not in said
    assert "Hub: Plasterboard works" in words(study, with_hub(plan))


def test_the_legend_names_only_what_is_seen(study, plan):
    said = words(study, plan)
    assert "cement" not in said  # its works is beyond the frame
    assert "Fly ash" in said  # on its way there


def test_much_beyond_gets_a_map_of_its_own(study, plan):
    far = [
        {"plant": f"far{number}", "name": f"Far {number}", "sector": "far away",
         "geometry": Point(560_000.0 + 9_000 * number, 6_250_000.0)}
        for number in range(4)
    ]  # fmt: skip
    more = layer(far, ["plant", "name", "sector", "note", "source"])
    both = study.replace(plants=pd.concat([study.plants, more], ignore_index=True))
    svg = picture_svg(picture_scene(both, plan))
    assert is_wide(picture_svg(picture_scene(study, plan)))
    assert not is_wide(svg)
    said = words(both, plan)
    assert {f"Far {number}" for number in range(4)} <= set(said)
    assert not any("beyond" in text for text in said)


def test_of_several_phases_the_last(study, plan):
    assert "Harbour town: phase 2035, the last of 2" in words(study, in_two_phases(plan))


def test_a_study_without_plants_or_plan(study):
    bare = study.replace(plants=study.plants.iloc[:0], streams=study.streams.iloc[:0])
    assert "no pipe or truck route" in words(bare, Plan(problem="p", status="infeasible"))


def test_labels_cover_neither_each_other_nor_the_marks():
    rng = np.random.default_rng(3)
    points = rng.uniform(0.5, 5.5, (30, 2))
    sizes = np.column_stack([rng.uniform(0.4, 1.2, 30), np.full(30, 0.13)])
    marks = np.hstack([points - 0.07, points + 0.07])
    lines = shapely.MultiLineString([[(0, 0), (6, 6)]])
    middles = place_labels(points, sizes, (6.0, 6.0), [marks], lines)
    stood = ~np.isnan(middles[:, 0])
    assert stood.sum() >= 28
    boxes = shapely.box(*np.hstack([middles - sizes / 2, middles + sizes / 2])[stood].T)
    around = shapely.box(*marks.T)
    pairs = shapely.STRtree(boxes).query(boxes, predicate="overlaps")
    assert pairs.size == 0
    assert shapely.STRtree(around).query(boxes, predicate="overlaps").size == 0
    assert shapely.box(0, 0, 6, 6).contains(boxes).all()


def test_a_frame_holds_its_points():
    points = np.array([[1000.0, 2000.0], [3000.0, 2500.0]])
    frame = Frame.around(points, 4.0, 2.0)
    page = frame.page(points)
    assert frame.shows(page).all()
    assert page.mean(axis=0) == pytest.approx([2.0, 1.0])
    assert np.ptp(page[:, 0]) == pytest.approx(4.0 * 0.8)
    assert frame.seen.bounds == pytest.approx((750, 1625, 3250, 2875))


def test_letters_that_no_font_has_give_way_to_the_id():
    with drawing():
        assert printable("Asnæs", "asnaes") == "Asnæs"
        assert printable("\U000f1234", "works") == "works"


def test_long_names_end_in_an_ellipsis():
    assert shortened("short", 10) == "short"
    cut = shortened("a very long name of a works", 8)
    assert cut.endswith("…")
    assert text_width(cut) <= 8
    assert text_width("製鉄所") == 3
