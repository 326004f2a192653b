"""Gates: several entries per plant, and the roads that other classes find."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from routing.network import build_network
from routing.snapping import join, merged, snap
from tests.routing.truck_cases import HIGHWAYS, UTM, make_roads

ROADS = make_roads(
    ("a", "b", [(0, 0), (1000, 0)], {"elev_u_m": 0, "elev_v_m": 20}), ("b", "c", [(1000, 0), (2000, 0)], {}),
    ("d", "e", [(0, 200), (1000, 200)], {}),
)  # fmt: skip


def test_a_plant_of_two_gates_is_one_node_with_two_legs() -> None:
    network = build_network(ROADS, HIGHWAYS)
    gates = gpd.GeoSeries([shapely.Point(250, 10), shapely.Point(1500, 10), shapely.Point(500, 9e5)],
                          index=["p", "p", "p"], crs=UTM)  # fmt: skip
    snaps = snap(network, np.ones(3, dtype=bool), gates, 3000)
    assert (snaps.plant.tolist(), snaps.gate.tolist(), snaps.too_far) == (["p", "p"], [0, 1], {})
    joined, node = join(network, snaps, access_kmh=20)
    assert node[0] == node[1] == joined.node_count - 1
    assert joined.length_m[-2:].tolist() == [10, 10]
    assert joined.rise_m[3:5].tolist() == pytest.approx([5, 15])  # the rise is shared as the length is
    assert joined.rise_m[-2:].tolist() == [0, 0]
    far = snap(network, np.ones(3, dtype=bool), gates.iloc[2:], 3000)
    assert far.too_far == {"p": pytest.approx(9e5 - 200)}


@pytest.mark.parametrize(("more_m", "legs"), [(150, 2), (50, 1)])
def test_another_road_counts_when_it_is_little_farther(more_m: float, legs: int) -> None:
    network = build_network(ROADS, HIGHWAYS)
    plant = gpd.GeoSeries([shapely.Point(500, 60)], index=["p"], crs=UTM)
    first = snap(network, np.ones(3, dtype=bool), plant, 3000)
    other = snap(network, np.array([False, False, True]), plant, 3000)
    both = merged(first, [first, other], more_m)
    assert both.edge.tolist() == [0, 2][:legs]


def test_turns_follow_the_pieces() -> None:
    roads = make_roads(
        ("a", "b", [(0, 0), (1000, 0)], {"no_turns": "b>c"}), ("c", "b", [(1000, 1000), (1000, 0)], {}),
    )  # fmt: skip
    network = build_network(roads, HIGHWAYS)
    assert network.turns.tolist() == [[0, 0, 1, 1]]
    plants = gpd.GeoSeries([shapely.Point(500, 0), shapely.Point(1000, 500)], index=["p", "q"], crs=UTM)
    joined, _ = join(network, snap(network, np.ones(2, dtype=bool), plants, 100), 20)
    ((origin, _, target, _),) = joined.turns.tolist()
    assert joined.head[origin] == network.head[0]
    assert joined.head[target] == network.head[1]
