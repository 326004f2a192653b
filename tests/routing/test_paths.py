"""Lines along paths: drawn in batches, in the order asked for."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS

from routing import paths as paths_module
from routing.network import RoadNetwork
from routing.paths import least_cost_paths, path_lines


def ring(nodes: int) -> RoadNetwork:
    angle = 2 * np.pi * np.arange(nodes) / nodes
    x, y = 1000 * np.cos(angle), 1000 * np.sin(angle)
    tail, head = np.arange(nodes), (np.arange(nodes) + 1) % nodes
    lines = shapely.linestrings(np.stack([np.stack([x[tail], y[tail]], 1), np.stack([x[head], y[head]], 1)], axis=1))
    free, never = np.full(nodes, np.inf), np.zeros(nodes, dtype=bool)
    return RoadNetwork(
        crs=CRS("EPSG:25832"), x=x, y=y, tail=tail, head=head, oneway=never.copy(), length_m=shapely.length(lines),
        speed_kmh=np.full(nodes, 50.0), max_weight_t=free, max_height_m=free.copy(), max_axle_load_t=free.copy(),
        hgv_closed=never.copy(), hazmat_closed=never.copy(), closed=never.copy(), geometry=lines,
    )  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 7, 10**6])
def test_batches_change_nothing(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths_module, "_STEPS_AT_ONCE", at_once)
    network = ring(40)
    source, target = np.repeat(np.arange(10), 3), np.tile([15, 22, 30], 10)
    paths = least_cost_paths(network.graph(network.length_m, np.ones(40, dtype=bool)), source, target)
    wanted = np.arange(0, 30, 2)
    lines = path_lines(network, paths, wanted)
    assert len(lines) == len(wanted)
    assert shapely.length(lines) == pytest.approx(paths.cost[wanted])
    assert shapely.get_num_coordinates(lines).tolist() == (np.diff(paths.begin)[wanted] + 1).tolist()
    ends = shapely.get_coordinates(shapely.get_point(lines, -1))
    assert ends == pytest.approx(np.column_stack([network.x, network.y])[target[wanted]])
    assert paths.pair.tolist() == np.repeat(np.arange(30), np.diff(paths.begin)).tolist()
