import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from maps.page_data import PageData
from maps.sheets import Overlay, Part, sheet
from tests.maps.conftest import in_two_phases


def degrees(*shapes):
    return gpd.GeoSeries(list(shapes), crs=4326)


def made(kind, shapes, properties=None, decimals=6):
    part = Part("pane", kind, shapes, properties or [{}] * len(shapes), decimals=decimals)
    return sheet([Overlay("key", "Label", "Plan", [part])])["parts"][0]


def test_lines_are_differences_of_whole_numbers():
    part = made("line", degrees(LineString([(10, 50), (10.000002, 50), (10.000002, 50), (10, 49.999999)])))
    assert part["shapes"] == [[[10_000_000, 50_000_000, 2, 0, -2, -1]]]
    assert part["unit"] == pytest.approx(1e-6)


def test_areas_keep_their_holes_and_pieces():
    holed = Polygon(box(0, 0, 4, 4).exterior.coords, [box(1, 1, 2, 2).exterior.coords])
    part = made("area", degrees(MultiPolygon([holed, box(8, 8, 9, 9)])), decimals=0)
    (shape,) = part["shapes"]
    assert [len(rings) for rings in shape] == [2, 1]
    numbers = np.array(shape[0][1]).reshape(-1, 2).cumsum(axis=0)
    assert {tuple(xy) for xy in numbers.tolist()} == {(1, 1), (1, 2), (2, 2), (2, 1)}


def test_marks_say_where_and_how_they_stand():
    part = made("mark", degrees(Point(1, 2), Point()), [{"spot": [90, -3, 4]}, {}], decimals=2)
    assert part["shapes"] == [[100, 200, 90, -3, 4]]
    assert len(part["features"]) == 1


def test_a_line_that_shrinks_to_a_point_is_left_out():
    assert made("line", degrees(LineString([(0, 0), (1e-9, 0)]), LineString()))["features"] == []


def test_what_is_said_twice_is_written_once():
    own = [{"style": {"color": "#000000"}, "rows": [["Length", value]]} for value in ("1 m", "2 m")]
    part = made("line", degrees(LineString([(0, 0), (1, 0)]), LineString([(0, 0), (1, 0)])), own)
    assert len(part["features"]) == 2
    assert (len(part["shapes"]), len(part["styles"]), part["labels"]) == (1, 1, ["Length"])


def test_a_feature_of_all_phases_is_given_once(study, plan):
    data = PageData(study, in_two_phases(plan))
    sheets = data.sheets()
    masks = [feature[0] for feature in sheets["exchanges"]["parts"][0]["features"]]
    assert sorted(masks) == [0] * 5 + [2] * 3  # five stand in both, three from the second
    assert {feature[0] for feature in sheets["plants"]["parts"][1]["features"]} == {0}
    assert len(sheets["zones"]["parts"][0]["features"]) == 3


def test_widths_and_colours_are_the_same_in_every_phase(study, plan):
    one, two = PageData(study, in_two_phases(plan)).scenes
    assert one.colours == two.colours == PageData(study, plan).scene.colours


def test_figures_follow_the_phase(study, plan):
    first, second = (dict(rows) for rows in PageData(study, in_two_phases(plan)).page("")["figures"])
    assert (first["Exchanges"], second["Exchanges"]) == ("5", "8")
    assert (first["Truck trips a day"], second["Truck trips a day"]) == ("0", "32.9")
