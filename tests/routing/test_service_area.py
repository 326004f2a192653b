"""What a plant reaches: roads cut where a band ends, polygons that do not overlap."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from data.errors import InputError
from data.roads import empty_road_edges
from routing.service_area import service_area
from tests.routing.truck_cases import UTM, make_roads, make_study, real_study

CROSS = make_roads(
    ("c", "e", [(0, 0), (5_000, 0)], {}),
    ("c", "w", [(0, 0), (-5_000, 0)], {"oneway": "-1"}),  # towards the plant only
    ("c", "n", [(0, 0), (0, 5_000)], {"maxspeed": "30"}),
    ("c", "s", [(0, 0), (0, -5_000)], {"access": "destination"}),
)
STUDY = make_study(CROSS, {"p": (0, 100), "far": (0, 1e6)})


def test_kilometres() -> None:
    area = service_area(STUDY, "p", "tipper", km=[2, 1, 9])
    assert area.bands["up_to"].tolist() == [1, 2, 9]
    assert area.bands["above"].tolist() == [0, 1, 2]
    # 100 m of road back to c, then east and south, and up from the plant; the plant stands on the road.
    assert area.bands["road_km"].tolist() == pytest.approx([0.1 + 2 * 0.9 + 1, 3, 3.1 + 3.1 + 2.9], rel=1e-3)
    lengths = area.roads.dissolve("up_to").length / 1000
    assert lengths.tolist() == pytest.approx(area.bands["road_km"].tolist())
    assert set(area.roads["unit"]) == {"km"}
    assert area.roads.total_bounds.tolist() == pytest.approx([0, -5000, 5000, 5000])


def test_minutes() -> None:
    area = service_area(STUDY, "p", "tipper", minutes=[4])
    reached = shapely.union_all(area.roads.geometry.to_numpy())
    _, _, east, north = reached.bounds
    assert north == pytest.approx(100 + 4 * 500)  # 30 km/h
    assert east == pytest.approx((4 - 0.2) * 1000)  # 12 s to c, then 60 km/h


def test_a_ring_is_reached_from_both_sides_once() -> None:
    ring = make_roads(
        ("a", "b", [(0, 0), (1000, 0)], {}), ("b", "c", [(1000, 0), (1000, 1000)], {}),
        ("c", "d", [(1000, 1000), (0, 1000)], {}), ("d", "a", [(0, 1000), (0, 0)], {}),
    )  # fmt: skip
    area = service_area(make_study(ring, {"p": (0, 0)}), "p", "tipper", km=[1.5, 2.5])
    assert area.bands["road_km"].tolist() == pytest.approx([3, 1])


def test_polygons_hold_their_roads_and_do_not_overlap() -> None:
    area = service_area(STUDY, "p", "tipper", km=[1, 2, 4])
    shapes = area.bands.geometry.tolist()
    for number, shape in enumerate(shapes):
        roads = area.roads.loc[area.roads["up_to"] == area.bands["up_to"][number]]
        within = shapely.union_all(shapes[: number + 1]).buffer(1)
        assert within.covers(shapely.union_all(roads.geometry.to_numpy()))
        assert all(shape.intersection(other).area < 1e-3 for other in shapes[number + 1 :])


def test_nothing_to_reach_and_faults() -> None:
    for study, plant in ((STUDY, "far"), (STUDY.replace(roads=empty_road_edges(UTM)), "p")):
        area = service_area(study, plant, "tipper", km=[1])
        assert (len(area.roads), len(area.bands)) == (0, 0)
        assert area.roads.crs == UTM
    with pytest.raises(InputError) as caught:
        service_area(STUDY, "q", "bike")
    assert [fault.column for fault in caught.value.faults] == ["plant", "vehicle", "limits"]
    with pytest.raises(InputError, match="one kind, positive"):
        service_area(STUDY, "p", "tipper", km=[1, -2])


@pytest.mark.shared
def test_real_area_grows(shared_data: Path) -> None:
    study = real_study(shared_data, "baltimore.osm.pbf", 32618, count=2)
    area = service_area(study, "p0", "tipper", km=[1, 3])
    assert area.bands.geometry.is_valid.all()
    assert area.roads.length.sum() / 1000 == pytest.approx(area.bands["road_km"].sum())
    assert area.roads.distance(study.plants.geometry[0]).max() < 3000
