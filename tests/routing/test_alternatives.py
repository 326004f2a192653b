"""Alternative routes differ, cost little more, and are described as the truck routes are."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from data.errors import InputError
from data.roads import empty_road_edges
from routing.alternatives import COLUMNS, MAX_COST, MAX_OVERLAP, alternative_routes
from routing.trucks import truck_routes
from tests.routing.truck_cases import UTM, make_roads, make_study, pairs, real_study

PLANTS: dict[str, object] = {"p": (0, 0), "q": (10_000, 0), "far": (0, 1e6)}
ROADS = make_roads(
    ("a", "b", [(0, 0), (10_000, 0)], {}),
    ("a", "b", [(0, 0), (5_000, 2_000), (10_000, 0)], {}),
    ("a", "b", [(0, 0), (5_000, -3_000), (10_000, 0)], {}),
    ("a", "b", [(0, 0), (5_000, 9_000), (10_000, 0)], {}),
)


def split(roads):
    """Parallel edges between two nodes are one to a search: give each a junction of its own."""
    rows = []
    for number, line in enumerate(roads.geometry):
        points = list(line.segmentize(line.length / 2 + 1).coords)
        middle = len(points) // 2
        rows += [("a", f"m{number}", points[: middle + 1], {}), (f"m{number}", "b", points[middle:], {})]
    return make_roads(*rows)


STUDY = make_study(split(ROADS), PLANTS)


def test_routes_by_rank() -> None:
    routes = alternative_routes(STUDY, "p", "q", "ash", count=5)
    assert list(routes.columns) == [*COLUMNS, "geometry"]
    assert routes["rank"].tolist() == [1, 2, 3]  # the fourth way costs twice as much
    assert routes["distance_m"].tolist() == pytest.approx(routes.length.tolist())
    assert routes["distance_m"].iloc[:2].tolist() == pytest.approx([10_000, 10_770], rel=1e-3)
    assert routes["cost_ratio"].is_monotonic_increasing
    assert routes["overlap"].tolist() == [0, 0, 0]
    best = truck_routes(STUDY, pairs(("p", "q", "ash"))).routes.iloc[0]
    first = routes.iloc[0]
    assert first["vehicle"] == best["vehicle"]
    assert first["cost_per_trip"] == pytest.approx(best["unit_cost"] * best["units_per_trip"])
    assert first["co2_t_per_trip"] == pytest.approx(best["co2_per_unit"] * best["units_per_trip"])
    assert first["hours_per_trip"] == pytest.approx(best["hours_per_trip"])


def test_a_vehicle_instead_of_a_resource() -> None:
    assert alternative_routes(STUDY, "p", "q", "tanker", count=1)["vehicle"].tolist() == ["tanker"]
    assert alternative_routes(STUDY, "p", "q", "acid", count=1)["vehicle"].tolist() == ["adr_tanker"]


def test_no_way() -> None:
    assert alternative_routes(STUDY, "p", "far", "ash").empty
    assert alternative_routes(STUDY.replace(roads=empty_road_edges(UTM)), "p", "q", "tipper").empty


def test_faults_come_together() -> None:
    with pytest.raises(InputError) as caught:
        alternative_routes(STUDY, "P", "nowhere", "ashes")
    assert [fault.column for fault in caught.value.faults] == ["from", "to", "what"]
    with pytest.raises(InputError, match="another plant than the first"):
        alternative_routes(STUDY, "p", "p", "ash")


@pytest.mark.shared
@pytest.mark.parametrize(("name", "epsg"), [("baltimore.osm.pbf", 32618), ("Helsinki.osm.pbf", 3067)])
def test_real_alternatives_are_different_and_plausible(shared_data: Path, name: str, epsg: int) -> None:
    study = real_study(shared_data, name, epsg, count=6)
    several = 0
    for end in ("p0", "p3", "p5"):
        routes = alternative_routes(study, "p1", end, "ash")
        assert (routes["cost_ratio"] <= MAX_COST).all()
        assert (routes["overlap"] <= MAX_OVERLAP).all()
        for first, second in zip(routes.geometry[:-1], routes.geometry[1:], strict=True):
            assert second.difference(first.buffer(1)).length > 0.25 * second.length
        starts = shapely.get_coordinates(shapely.get_point(routes.geometry.to_numpy(), 0))
        assert (abs(starts - starts[0]) < 1e-6).all()
        several += len(routes) >= 2
    assert several >= 2  # in the small extract of Helsinki one pair has a single way
