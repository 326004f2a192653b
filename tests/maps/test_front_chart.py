"""The chart of a front: every point, its units, what is not proven."""

import math
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from maps.front_chart import _Axis, write_front_chart

SVG = "{http://www.w3.org/2000/svg}"


def points(**columns):
    table = {
        "point": [1, 2, 3],
        "amount": [40.0, 50.0, 60.0],
        "cost": [3000.0, 2500.0, 2400.0],
        "bound": [3000.0, 2000.0, math.nan],
        "gap": [0.0, 0.2, math.nan],
        "proven": [True, False, False],
        "label": ["one", "two <b>", "three"],
    }
    return pd.DataFrame({**table, **columns})


def drawn(table, tmp_path):
    path = tmp_path / "front.svg"
    write_front_chart(table, path, title="A < B & C", across="CO2, t/year", upward="cost, EUR/year")
    return ET.parse(path).getroot()


def words(root):
    return [text.text for text in root.iter(f"{SVG}text")]


def test_title_axes_and_labels(tmp_path):
    root = drawn(points(), tmp_path)
    text = words(root)
    assert {"A < B & C: cost against CO2", "CO2, t/year", "cost, EUR/year", "1", "2", "3"} <= set(text)
    assert "stopped before the proof (gap up to 20 %); the bar ends at the bound" in text
    assert "proven" in text
    assert "proven within 0.5 %" in words(drawn(points(gap=[0.005, 0.2, math.nan]), tmp_path))
    assert {title.text for title in root.iter(f"{SVG}title")} >= {"one", "two <b>", "three"}


def test_unproven_points_have_another_shape_and_a_bar_to_their_bound(tmp_path):
    root = drawn(points(), tmp_path)
    marks = {group.find(f"{SVG}title").text: [part.tag for part in group] for group in root.iter(f"{SVG}g")}
    assert f"{SVG}circle" in marks["one"]
    assert f"{SVG}path" not in marks["one"]
    assert marks["two <b>"].count(f"{SVG}path") == 2  # the bar and the open mark
    assert marks["three"].count(f"{SVG}path") == 1  # no bound is known
    proven = drawn(points(proven=[True, True, True]), tmp_path)
    assert not any("proof" in (text or "") for text in words(proven))


def test_more_is_farther_right_and_farther_up(tmp_path):
    circles = list(drawn(points(proven=[True] * 3), tmp_path).iter(f"{SVG}circle"))[:3]
    across = [float(circle.get("cx")) for circle in circles]
    down = [float(circle.get("cy")) for circle in circles]
    assert across == sorted(across)
    assert down == sorted(down)
    assert len(set(across)) == len(set(down)) == 3


@pytest.mark.parametrize("amounts", [[5.0], [0.0], [-20.0, 30.0], [1e-4, 3e-4], [1e9, 1.0001e9]])
def test_ticks_are_round_and_inside(amounts):
    axis = _Axis(amounts, 100.0, 700.0)
    ticks = list(axis.ticks())
    assert 2 <= len(ticks) <= 8
    assert all(100 <= at <= 700 for at, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks)
    assert all(axis(float(text.replace(",", ""))) == pytest.approx(at, abs=0.2) for at, text in ticks)


def test_numbers_of_things_have_whole_ticks(tmp_path):
    text = words(drawn(points(amount=[0.0, 2.0, 3.0]), tmp_path))
    assert not any("." in (word or "") for word in text if (word or "").replace(".", "").isdigit())


def test_a_single_point_is_drawn(tmp_path):
    assert "1 plan, cost 3,000" in words(drawn(points().iloc[:1], tmp_path))
