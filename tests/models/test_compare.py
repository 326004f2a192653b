"""Documented exchanges found again or not, and why; and what differs between two plans."""

from __future__ import annotations

import pandas as pd
import pytest

import models
from data.contracts import make_table
from tests.models import cases


def documented(*rows: dict[str, object]) -> pd.DataFrame:
    base = {"from_plant": "A", "to_plant": "B", "resource": "ash", "mode": "truck"}
    return make_table("study", "documented", [{"exchange": str(n), **base, **row} for n, row in enumerate(rows, 1)])


def compared(problem, *rows) -> pd.DataFrame:
    return models.compare_documented(problem, models.solve(problem), documented(*rows))


def test_found_and_how():
    table = compared(cases.trucking(), {}, {"mode": "pipeline"})
    assert table["found"].tolist() == [True, True]
    assert table["found_same_mode"].tolist() == [True, False]
    assert table["mode"].tolist() == ["truck", "truck"]
    assert table["quantity"].tolist() == pytest.approx([60, 60])
    assert table["reason"].tolist() == ["", ""]


def test_found_as_another_grade():
    table = compared(cases.grades(), {"resource": "coarse"}, {"resource": "mid"}, {"resource": "fine"})
    assert table["found"].tolist() == [True, True, True]


def test_not_in_the_problem():
    table = compared(cases.trucking(), {"from_plant": "B", "to_plant": "A"}, {"to_plant": "Z"})
    assert table["reason"].tolist() == [
        "the problem has no supply of ash at B, and the problem has no demand for ash at A",
        "the problem has no demand for ash at Z",
    ]


def test_a_hub_that_is_not_built_and_one_that_serves_others():
    """Mills at S and T could take C's ash and make B's grit; with one place it is S."""
    problem = cases.branches(sites=1)
    rows = compared(
        problem,
        {"from_plant": "C", "to_plant": "T"},
        {"from_plant": "T", "resource": "grit"},
        {"from_plant": "B", "to_plant": "S"},
        {"from_plant": "S", "to_plant": "A", "resource": "grit"},
    )
    assert rows["reason"].tolist() == [
        "hub T-mill would take it, but the plan does not build it",
        "hub T-mill would make it, but the plan does not build it",
        "the problem has no supply of ash at B, and hub S-mill has it from A, C",
        "hub S-mill gives it to B, and the problem has no demand for grit at A",
    ]


def test_too_dear():
    row = compared(cases.trucking(fixed_cost=6000), {}).iloc[0]
    assert not row["found"]
    assert row["reason"] == "alone it would cost 110 EUR/t by truck, more than the 70 EUR/t that it saves"


def test_no_way():
    problem = cases.make(supplies=[cases.supply(unplaced_cost=5)], demands=[cases.demand()])
    assert compared(problem, {})["reason"].tolist() == ["no truck route and no pipe leads from A to B for ash"]


def test_lost_to_another_and_pipe_cost():
    """B is nearer: C's pipe costs (100 + 20 + 60 x 1) / 60 = 3 per t, within the 10 saved, but B takes all."""
    problem = cases.make(
        supplies=[cases.supply(quantity=60, unplaced_cost=10)],
        demands=[cases.demand("B", 60), cases.demand("C", 60)],
        corridors=[
            cases.corridor("A", "J", fixed_cost=100),
            cases.corridor("C", "J", fixed_cost=20),
            cases.corridor("A", "B"),
        ],
        pipes=[cases.pipe("AJ", unit_cost=1), cases.pipe("CJ"), cases.pipe("AB")],
    )  # fmt: skip
    row = compared(problem, {"to_plant": "C", "mode": "pipeline"}).iloc[0]
    assert row["reason"] == (
        "alone it would cost 3 EUR/t by pipeline, within the 10 EUR/t that it saves; "
        "instead supply A-ash goes to B (60)"
    )


def test_nothing_documented():
    assert compared(cases.trucking()).empty


def test_plans_that_differ():
    a, b = cases.solved("co2_free"), cases.solved("co2_price")
    table = models.compare_plans(a, b).set_index(["table", "key"])
    assert table.loc[("hauls", "AB-ash"), "difference"] == pytest.approx(-60)
    assert table.loc[("built_pipes", "AB > ash > DN100"), "b"] == pytest.approx(60)
    assert table.loc[("indicators", "co2"), "difference"] == pytest.approx(-24)
    assert "exchanges" not in table.index.get_level_values("table")


def test_plans_that_do_not_differ():
    a = cases.solved("truck")
    assert models.compare_plans(a, a).empty
