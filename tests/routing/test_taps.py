"""Existing pipes joined along their length: taps, pieces, and what is said of ends that nothing reaches."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from routing.corridor_graph import Prices
from routing.corridor_links import ExistingPipe, Link, link_graph
from routing.corridors import pipeline_corridors
from routing.crossings import Crossings
from routing.existing import FREE, find_existing, rejoined
from routing.gates import Gate
from routing.surface import cost_surface
from routing.taps import cheapest_places
from tests.routing.pipe_cases import all_pairs, make_study
from tests.routing.test_existing import PLANTS, WATER, pipelines, solved

LONG = [(-3000.0, 420.0), (9000.0, 420.0)]


def existing_pieces(network) -> list[tuple[str, str, float]]:
    rows = network.corridors[network.corridors["existing"]]
    return sorted(rows[["from_node", "to_node", "length_m"]].itertuples(index=False, name=None))


def test_a_pipe_that_runs_past_two_plants_is_tapped_beside_them():
    old = pipelines(("main", "water", 180_000.0, LONG))
    network, plan = solved(make_study(PLANTS, WATER).replace(pipelines=old))
    ((start, end, length),) = existing_pieces(network)  # from tap to tap: what lies beyond is of no use to them
    assert {start, end} == {"main_3050m", "main_9050m"}  # the middles of the cells nearest to the plants
    assert length == pytest.approx(6000)
    assert plan.exchanges["quantity"].sum() == pytest.approx(150_000)
    dug = plan.built_corridors[~plan.built_corridors["existing"]]
    assert dug["length_m"].sum() == pytest.approx(2 * np.hypot(50, 420), abs=40)
    assert plan.checker == ()
    assert "6.0 of its 12.0 km" in network.notes.set_index("plant").loc["main", "note"]


def test_the_spare_capacity_holds_on_each_piece():
    plants = {"a": (0.0, 0.0), "b": (3000.0, 0.0), "c": (4000.0, 0.0), "d": (7000.0, 0.0)}
    streams = [("a", "water", "supply", 1e5), ("b", "water", "demand", 1e5),
               ("c", "water", "supply", 1e5), ("d", "water", "demand", 1e5)]  # fmt: skip
    old = pipelines(("main", "water", 100_000.0, [(-2000, 220), (9000, 220)]))
    network, plan = solved(make_study(plants, streams).replace(pipelines=old))
    used = plan.built_pipes[plan.built_pipes["existing"]]
    assert (used["capacity"] == 100_000).all()
    assert set(used["option"]) == {"main"}
    # Two exchanges of all that is spare lie in different pieces of one pipe.
    assert plan.exchanges["quantity"].sum() == pytest.approx(200_000)
    assert plan.built_corridors.loc[~plan.built_corridors["existing"], "length_m"].sum() < 4 * 260
    assert sum(length for *_, length in existing_pieces(network)) == pytest.approx(7000)
    assert plan.checker == ()


def test_a_plant_beside_a_pipe_is_joined_without_a_trench():
    old = pipelines(("main", "water", 180_000.0, [(-3000, 20), (9000, 20)]))
    network, plan = solved(make_study(PLANTS, WATER).replace(pipelines=old))
    assert existing_pieces(network) == [("a", "b", pytest.approx(6040))]
    assert network.junctions.empty
    assert plan.built_corridors["fixed_cost"].sum() == 0


def test_two_plants_at_the_same_end_both_use_the_pipe():
    plants = {"a": (0.0, 0.0), "b": (6000.0, 20.0), "c": (6030.0, 0.0)}
    streams = [WATER[0], ("b", "water", "demand", 6e4), ("c", "water", "demand", 7e4)]
    old = pipelines(("main", "water", 180_000.0, [(0, 0), (6000, 0)]))
    network, plan = solved(make_study(plants, streams).replace(pipelines=old))
    assert existing_pieces(network) == [("a", "b", pytest.approx(6020))]
    assert plan.exchanges["quantity"].sum() == pytest.approx(130_000)
    assert plan.built_corridors.loc[~plan.built_corridors["existing"], "length_m"].sum() < 100


def test_only_plants_that_exchange_the_resource_tap_a_pipe():
    plants = {**PLANTS, "c": (3000.0, 0.0), "d": (4000.0, 0.0)}
    streams = [*WATER, ("c", "brine", "supply", 1e5), ("d", "brine", "demand", 1e5)]
    network, _ = solved(make_study(plants, streams).replace(pipelines=pipelines(("main", "water", 180_000.0, LONG))))
    assert len(existing_pieces(network)) == 1


def test_a_tap_lies_where_the_way_is_cheapest_not_shortest():
    wall = shapely.box(-1500, 100, 1500, 300)
    study = make_study({"a": (50.0, 50.0), "b": (6050.0, 50.0)}, WATER, zones=[(wall, True, 1)], margin_km=2)
    surface = cost_surface(study, np.array([[50.0, 50.0], [6050.0, 50.0]]))
    ground = surface, Prices(trench_per_m=100.0, plain_per_m=0.0), Crossings.from_layer(study.crossings)
    cells = surface.cells_at(np.array([[50.0, 50.0], [6050.0, 50.0]])).tolist()
    gates = [Gate(tuple(cell), surface.centres(np.array([cell])), own=True) for cell in cells]
    line = shapely.LineString([(-1950, 350), (9000, 350)])
    walled, free, *rest = cheapest_places(line, [*gates, None], ground)
    assert rest == []
    assert free == pytest.approx(6050 + 1950, abs=51)
    # Round the nearer corner: the first cell of the pipe beyond it in the direction of the diagonal.
    assert abs(walled - 1950) == pytest.approx(1500, abs=160)
    beyond = shapely.LineString([(-1950, 9000), (9000, 9000)])
    assert cheapest_places(beyond, gates, ground) == []  # the surface does not reach there


def test_a_branch_meets_the_middle_of_its_main():
    main = ("main", "water", 180_000.0, [(-20, 5), (8000, 5)])
    branch = ("branch", "water", 90_000.0, [(4000, 30), (4000, 3000)])
    streams = [WATER[0], ("b", "water", "demand", 90_000.0)]
    study = make_study({"a": (0.0, 0.0), "b": (4010.0, 2990.0)}, streams)
    network, plan = solved(study.replace(pipelines=pipelines(main, branch)))
    assert {pair[:2] for pair in existing_pieces(network)} == {("a", "branch_start"), ("b", "branch_start")}
    assert plan.exchanges["quantity"].sum() == pytest.approx(90_000)
    assert plan.built_corridors["fixed_cost"].sum() == 0
    other = pipelines(main, ("branch", "brine", 9.0, branch[3]))
    assert [len(stops) for stops in find_existing(study.replace(pipelines=other), {"water", "brine"}, "ab").stops] == [
        2,
        2,
    ]


def test_an_end_that_nothing_reaches_is_said():
    sea = [(shapely.box(4000, -9000, 30_000, 9000), True, 1)]
    study = make_study({"a": (0.0, 0.0), "b": (3500.0, 0.0)}, WATER, zones=sea)
    network, plan = solved(study.replace(pipelines=pipelines(("out", "water", 2e5, [(0, 300), (9000, 300)]))))
    assert network.notes["plant"].tolist() == ["out"]
    assert "of its 9.0 km" in network.notes["note"][0]
    assert sum(length for *_, length in existing_pieces(network)) == pytest.approx(3500, abs=100)
    assert plan.exchanges["quantity"].sum() == pytest.approx(150_000)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([(6000, 300), (9000, 300)], "no place"),
        ([(2000, 600), (9000, 600)], "one place"),
        ([(-900, 9000), (-900, 900)], "one place"),
        ([(-1000, 4000), (3000, 4000)], "no exchange gains"),
    ],
)
def test_a_pipe_of_no_use_is_said(line, said):
    sea = [(shapely.box(4000, -9000, 30_000, 9000), True, 1)]
    plants = {"a": (0.0, 0.0), "b": (2000.0, 0.0)}
    study = make_study(plants, WATER, zones=sea).replace(pipelines=pipelines(("out", "water", 2e5, line)))
    network = pipeline_corridors(study, all_pairs(study))
    assert not network.corridors["existing"].any()
    assert said in network.notes.set_index("plant").loc["out", "note"]


def test_pipes_are_said_even_when_nothing_can_be_piped():
    study = make_study(PLANTS, WATER).replace(pipelines=pipelines(("main", "water", 2e5, LONG)))
    network = pipeline_corridors(study, all_pairs(study).assign(pipe=False))
    assert network.notes["plant"].tolist() == ["main"]


def test_pieces_are_one_again_where_only_they_meet():
    pipe, other = (ExistingPipe(name, "water", 200.0, 9.0) for name in "pq")
    at = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [4, 0]])

    def piece(k: int, of: ExistingPipe | None = pipe, *, back: bool = False) -> Link:
        link = Link(k, k + 1, at[k : k + 2], FREE, of)
        return link.turned() if back else link

    pieces = [piece(0), piece(1, back=True), piece(2), piece(3, other)]
    (one, two) = sorted(rejoined(pieces, [], {0, 4}), key=lambda link: link.pipe.pipeline)
    assert {one.start, one.end} == {0, 3}
    assert one.length_m == 3
    assert (two.start, two.end) == (3, 4)
    assert len(rejoined(pieces, [Link(1, 4, at[[1, 4]], 5.0)], {0, 4})) == 3  # a trench ends at 1
    assert len(rejoined(pieces, [], {0, 2, 4})) == 3  # a plant stands at 2


def test_of_two_links_between_the_same_nodes_the_cheaper_counts():
    links = [Link(0, 1, np.zeros((2, 2)), cost) for cost in (7.0, 3.0)] + [Link(1, 0, np.zeros((2, 2)), 5.0)]
    assert link_graph(links, 2).toarray().tolist() == [[0, 3], [3, 0]]
