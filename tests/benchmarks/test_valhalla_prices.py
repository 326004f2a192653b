"""Another router's lines priced on our roads: answers worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from benchmarks.valhalla_prices import priced, same_ends, verdict
from tests.routing.truck_cases import TIPPER, make_roads, make_study

# A primary road (60 km/h: a kilometre a minute) from west to east, a one-way street back to the start on its north.
ROADS = make_roads(
    ("a", "b", [(0, 0), (400, 0), (1000, 0)], {}),
    ("b", "c", [(1000, 0), (2000, 0)], {"maxlength": "18"}),
    ("c", "d", [(2000, 0), (2000, 1000)], {"oneway": "yes", "no_turns": ""}),
    ("b", "e", [(1000, 0), (1000, 1000)], {"maxlength": "12"}),
    ("d", "e", [(2000, 1000), (1000, 1000)], {"access": "destination"}),
)
STUDY = make_study(ROADS, {"p": (100.0, 0.0), "q": (2000.0, 500.0)}, vehicles=({**TIPPER, "cost_per_km": 0.0},))


def seconds(*points: tuple[float, float]) -> float:
    return float(priced(STUDY, "tipper", "", np.array([shapely.LineString(points)]))["seconds"][0])


def test_a_way_on_our_roads_costs_what_they_cost():
    assert seconds((100, 0), (400, 0), (1000, 0), (2000, 0), (2000, 500)) == pytest.approx(0.9 * 60 + 60 + 30)
    assert seconds((1500, 0), (1000, 0), (400, 0), (300, 0)) == pytest.approx(30 + 36 + 6)
    rounded = seconds((100.02, 0.04), (400.03, -0.02), (1000, 0.05), (1999.98, 0), (2000, 500))
    assert rounded == pytest.approx(144, abs=0.1)


@pytest.mark.parametrize(
    "points",
    [
        [(2000, 500), (2000, 0), (1500, 0)],  # against the one-way street
        [(900, 0), (1000, 0), (1000, 1000), (1100, 1000)],  # signed 12 m, and it has 16.5 m
        [(100, 0), (400, 0), (700, 300), (1000, 0), (1500, 0)],  # over a field
        [(100, 0), (2000, 0), (2000, 500)],  # a vertex left out
    ],
)
def test_a_way_that_we_may_not_drive_has_no_price(points: list[tuple[float, float]]):
    assert np.isnan(seconds(*points))


def test_rules_on_the_way_are_told():
    line = shapely.LineString([(1500, 0), (2000, 0), (2000, 1000), (1500, 1000)])
    banned = ROADS.assign(no_turns=["", "c>d", "", "", ""])
    (free,), (told,) = (
        priced(study, "tipper", "", np.array([line])).to_dict("records")
        for study in (STUDY, STUDY.replace(roads=banned))
    )
    assert (free["forbidden"], free["last_leg"]) == (False, True)
    assert told["forbidden"]
    assert free["seconds"] == told["seconds"] == pytest.approx(30 + 60 + 30)


def test_same_ends():
    line, off = (shapely.LineString([(x, 0), (400, 0), (1000, 0), (1500, 0)]) for x in (100, 130))
    table = pd.DataFrame({"from_plant": "p", "to_plant": "r", "peer": [line, off]})
    on_road, beside = (
        make_study(ROADS, {"p": (100.0, y), "q": (2000.0, 500.0), "r": (1500.0, 0.0)}, vehicles=(TIPPER,))
        for y in (0.0, 30.0)
    )
    assert same_ends(on_road, "tipper", "", table).tolist() == [True, False]
    assert not same_ends(beside, "tipper", "", table).any()
    # The one-way street of q has no way back, so we start from another one.
    ends = pd.DataFrame({"from_plant": "q", "to_plant": "r", "peer": [shapely.LineString([(2000, 500), (1500, 0)])]})
    assert not same_ends(on_road, "tipper", "", ends).any()


def test_verdict():
    theirs = pd.DataFrame({"seconds": [100.0, 90, 50, np.nan, 99.5], "forbidden": [False, True, False, False, False],
                           "last_leg": False})  # fmt: skip
    found = verdict(pd.Series([100.0, 100, 100, 100, 100]), theirs)
    assert (found["on_our_roads"], found["peer_cheaper"], found["by_rule"]) == (4, 2, 1)
    assert found["median_peer_price"] == pytest.approx((90 + 99.5) / 200, abs=1e-4)
