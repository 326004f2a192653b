"""An existing pipe that a plan joins at taps is drawn as one line."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from data.contracts import make_table
from maps.whole_pipes import whole_pipes


def piece(corridor: str, ends: tuple[str, str], xy: tuple[float, float], flows: tuple[float, float], **more: object):
    row = make_table("plan", "built_pipes", [
        {"corridor": corridor, "resource": "water", "option": "main", "diameter_mm": 200.0, "flow_forward": flows[0],
         "flow_backward": flows[1], "capacity": 100.0, "fixed_cost": 0.0, "flow_cost": 5.0, "co2": 1.0,
         "existing": True, **more}
    ])  # fmt: skip
    flow = sum(flows)
    return row.assign(
        from_node=ends[0], to_node=ends[1], length_m=abs(xy[1] - xy[0]), trench_cost=0.0, flow=flow,
        load_share=flow / 100, geometry=[shapely.LineString([(xy[0], 0), (xy[1], 0)])],
    )  # fmt: skip


def test_pieces_become_one_line_with_the_largest_flow():
    pieces = pd.concat([
        piece("c3", ("t2", "t3"), (300, 600), (20.0, 0.0)),
        piece("c1", ("t1", "t0"), (100, 0), (0.0, 70.0)),  # drawn and flowing from t0 to t1
        piece("c2", ("t1", "t2"), (100, 300), (90.0, 10.0)),
    ], ignore_index=True)  # fmt: skip
    (whole,) = whole_pipes(pieces).to_dict("records")
    assert (whole["from_node"], whole["to_node"], whole["pieces"]) == ("t0", "t3", 3)
    assert whole["corridor"] == "c1;c2;c3"
    assert (whole["flow_forward"], whole["flow_backward"], whole["flow"]) == (90, 10, 100)
    assert (whole["load_share"], whole["capacity"]) == (1, 100)
    assert (whole["length_m"], whole["flow_cost"], whole["co2"]) == (600, 15, 3)
    assert whole["geometry"].equals(shapely.LineString([(0, 0), (600, 0)]))
    assert whole["geometry"].geom_type == "LineString"


def test_a_pipe_used_in_two_places_is_one_line_in_parts():
    pieces = pd.concat(
        [piece("c1", ("t0", "t1"), (0, 100), (1.0, 0.0)), piece("c3", ("t2", "t3"), (300, 600), (2.0, 0.0))]
    )
    (whole,) = whole_pipes(pieces.reset_index(drop=True)).to_dict("records")
    assert whole["geometry"].length == 400
    assert whole["length_m"] == 400


def test_new_pipes_and_other_fluids_stay_as_they_are():
    rows = [
        piece("c1", ("a", "b"), (0, 100), (1.0, 0.0), existing=False, option="DN80"),
        piece("c2", ("b", "c"), (100, 200), (1.0, 0.0), existing=False, option="DN80"),
        piece("c3", ("b", "c"), (100, 200), (1.0, 0.0)),
        piece("c4", ("c", "d"), (200, 300), (1.0, 0.0), option="other"),
    ]
    pieces = pd.concat(rows, ignore_index=True)
    whole = whole_pipes(pieces)
    assert whole["corridor"].tolist() == ["c1", "c2", "c3", "c4"]
    assert (whole["pieces"] == 1).all()
    assert len(whole_pipes(pieces.iloc[:0])) == 0


@pytest.mark.parametrize("column", ["flow", "length_m", "existing", "resource"])
def test_types_stay(column: str):
    pieces = pd.concat(
        [piece("c1", ("t0", "t1"), (0, 100), (1.0, 0.0)), piece("c2", ("t1", "t2"), (100, 300), (2.0, 0.0))]
    )
    assert whole_pipes(pieces.reset_index(drop=True))[column].dtype == pieces[column].dtype
