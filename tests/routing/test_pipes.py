"""Which pipes are offered where, and what they cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from routing.corridor_links import Link
from routing.pipes import Flow, Matches, chosen_designs, pipe_designs, pipe_table, useful_flows
from tests.routing.pipe_cases import make_settings, make_study


def link(start: int, end: int, cost: float) -> Link:
    return Link(start, end, np.array([[start, 0.0], [end, 0.0]]), cost)


def matches(*rows: tuple[str, str, str, int, int, float, float]) -> Matches:
    supply, demand, resource, start, end, given, wanted = zip(*rows, strict=True)
    return Matches(supply, demand, resource, np.array(start), np.array(end), np.array(given), np.array(wanted))


def test_designs_are_sorted_and_none_is_dominated():
    study = make_study({"a": (0, 0)})
    designs = pipe_designs(study, ["water", "steam", "water"])
    assert list(designs) == ["steam", "water"]
    assert designs["water"]["option"].tolist()[:3] == ["DN50", "DN80", "DN100"]
    assert (np.diff(designs["steam"]["capacity"]) > 0).all()
    assert (designs["steam"]["loss_per_m"] > 0).all()
    assert (designs["water"]["loss_per_m"] == 0).all()


def test_a_larger_pipe_for_less_money_replaces_the_smaller():
    study = make_study({"a": (0, 0)})
    costs = study.pipe_costs.copy()
    costs.loc[(costs["pipe_class"] == "water") & (costs["diameter_mm"] == 100), "pipe_cost_per_m"] = 1.0
    costs.loc[(costs["pipe_class"] == "water") & (costs["diameter_mm"] == 100), "trench_cost_per_m"] = 1.0
    # at full flow DN100 also pumps less per unit than the smaller ones, or as little
    assert pipe_designs(study.replace(pipe_costs=costs), ["water"])["water"]["option"].tolist()[0] == "DN100"


def test_every_resource_that_cannot_be_piped_is_named():
    study = make_study({"a": (0, 0)})
    resources = study.resources.copy()
    resources.loc[resources["resource"] == "water", "pipe_class"] = "gold"
    resources.loc[resources["resource"] == "gas", "pressure_bar"] = np.nan
    with pytest.raises(InputError) as caught:
        pipe_designs(study.replace(resources=resources), ["water", "gas", "steam"])
    assert [fault.column for fault in caught.value.faults] == ["pressure_bar", "pipe_class"]
    assert "gold" in str(caught.value)
    assert "hot_water, steam, water" in str(caught.value)


def test_diameters_run_from_the_least_to_the_most():
    designs = pipe_designs(make_study({"a": (0, 0)}), ["water"])["water"]
    capacity = dict(zip(designs["option"], designs["capacity"], strict=True))
    picked = chosen_designs(designs, capacity["DN80"] * 0.9, capacity["DN150"] * 1.01, 5)
    assert picked["option"].tolist() == ["DN80", "DN100", "DN150", "DN200"]
    assert chosen_designs(designs, 1, 1, 5)["option"].tolist() == ["DN50"]
    assert chosen_designs(designs, 1e12, 1e13, 5)["option"].tolist() == ["DN600"]
    assert chosen_designs(designs, capacity["DN100"], capacity["DN100"], 5)["option"].tolist() == ["DN100"]
    wide = chosen_designs(designs, 1, 1e13, 5)["option"].tolist()
    assert len(wide) == 5
    assert (wide[0], wide[-1]) == ("DN50", "DN600")


def test_only_links_on_the_way_are_useful():
    # 0 --- 3 --- 1, a spur 3 --- 2, and a long way round 0 --- 4 --- 1
    links = [link(0, 3, 10), link(3, 1, 10), link(3, 2, 5), link(0, 4, 30), link(4, 1, 30)]
    flows = useful_flows(links, matches(("s", "d", "water", 0, 1, 100.0, 40.0)), 2.0)
    assert flows == [{"water": Flow(40, 40, True, False)}, {"water": Flow(40, 40, True, False)}, {}, {}, {}]
    near = [*links[:3], link(0, 4, 15), link(4, 1, 15)]
    assert [bool(flow) for flow in useful_flows(near, matches(("s", "d", "water", 0, 1, 1.0, 1.0)), 2.0)] == [
        True, True, False, True, True,
    ]  # fmt: skip


def test_flows_are_bounded_by_what_both_sides_add_up_to():
    links = [link(0, 3, 10), link(1, 3, 10), link(3, 2, 5)]
    flows = useful_flows(
        links,
        matches(
            ("s0", "d2", "water", 0, 2, 70.0, 100.0),
            ("s1", "d2", "water", 1, 2, 50.0, 100.0),
            ("h2", "h0", "heat", 2, 0, 9.0, 8.0),
        ),
        2.0,
    )
    assert flows == [
        {"heat": Flow(8, 8, False, True), "water": Flow(70, 70, True, False)},
        {"water": Flow(50, 50, True, False)},
        {"heat": Flow(8, 8, False, True), "water": Flow(50, 100, True, False)},
    ]


def test_what_a_pipe_costs():
    settings = make_settings(
        finance={"discount_rate": 0, "pipe_upkeep_share": 0.01, "lifetime_years": {"trench": 50, "pipe": 40},
                 "electricity_price_per_mwh": 100, "electricity_co2_t_per_mwh": 0.5},
        cost_factor=2,
    )  # fmt: skip
    corridors = pd.DataFrame(
        {"corridor": ["c1"], "length_m": [1000.0], "weighted_length_m": [1500.0], "trench_cost_per_m": [60.0]}
    )
    offer = pd.DataFrame(
        {"resource": "heat", "option": "DN100", "diameter_mm": 100.0, "capacity": 5000.0, "kwh_per_unit_m": 0.004,
         "loss_per_m": 1e-5, "pipe_cost_per_m": 300.0, "trench_cost_per_m": 80.0,
         "kwh_per_unit_head_m": 0.0, "extra_head_m": 0.0, "existing": False},
        index=[0],
    )  # fmt: skip
    row = pipe_table(corridors, [offer], settings).iloc[0]
    # pipe 300 * 1000 * 2 = 600,000; trench beyond the base 20 * 1500 * 2 = 60,000
    assert row["fixed_cost"] == pytest.approx(600_000 * (1 / 40 + 0.01) + 60_000 * (1 / 50 + 0.01))
    assert row["unit_cost"] == pytest.approx(0.004 * 1000 / 1000 * 100)
    assert row["co2_per_unit"] == pytest.approx(0.004 * 0.5)
    assert row["loss"] == pytest.approx(0.01)
    assert row["diameter_mm"] == 100


def test_a_pipe_that_loses_most_of_its_heat_is_not_offered():
    corridors = pd.DataFrame(
        {"corridor": ["c1"], "length_m": [1e5], "weighted_length_m": [1e5], "trench_cost_per_m": [60.0]}
    )
    offer = pd.DataFrame(
        {"resource": "heat", "option": "DN50", "diameter_mm": 50.0, "capacity": 10.0, "kwh_per_unit_m": 0.0,
         "loss_per_m": 1e-5, "pipe_cost_per_m": 1.0, "trench_cost_per_m": 60.0,
         "kwh_per_unit_head_m": 0.0, "extra_head_m": 0.0, "existing": False},
        index=[0],
    )  # fmt: skip
    assert pipe_table(corridors, [offer], make_settings()).empty
