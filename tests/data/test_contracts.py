"""Contracts: every table conforms or says everything that is wrong with it."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import conform, contract, empty_table, make_table


@pytest.mark.parametrize("family", ["study", "catalogue", "problem", "plan"])
def test_every_contract_makes_an_empty_table_of_its_dtypes(family):
    for table, columns in contract(family).items():
        frame = empty_table(family, table)
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {c.name: c.dtype for c in columns.values()}
        assert all(column.description for column in columns.values())


def test_all_faults_are_found_in_one_go():
    frame = pd.DataFrame(
        {"node": ["a", "a", ""], "kind": ["plant", "palace", "site"], "x": ["1", "east", ""], "colour": ["r", "g", "b"]}
    )
    _, faults = conform(frame, "problem", "nodes", file="nodes.csv")
    assert {(fault.row, fault.column) for fault in faults} == {
        (None, "colour"),
        (3, "x"),
        (3, "kind"),
        (3, "node"),
        (4, "node"),
    }
    text = "\n".join(map(str, faults))
    assert "nodes.csv, row 3, column kind: found 'palace', expected one of plant, site, junction" in text
    assert "first in row 2" in text


def test_blank_cells_take_the_default_and_text_is_kept_as_written():
    frame = pd.DataFrame({"supply": ["007"], "node": ["NA"], "resource": ["null"], "quantity": [" 5 "]})
    table, faults = conform(frame, "problem", "supplies", file="supplies.csv")
    assert not faults
    assert table.loc[0, ["supply", "node", "resource"]].tolist() == ["007", "NA", "null"]
    assert table.loc[0, ["quantity", "fixed_cost", "unplaced_cost"]].tolist() == [5.0, 0.0, 0.0]


@pytest.mark.parametrize("cell", ["nan", "inf", "-inf", "1,5", "-1", "five"])
def test_a_quantity_that_is_no_amount_is_a_fault(cell):
    frame = pd.DataFrame({"supply": ["s"], "node": ["n"], "resource": ["r"], "quantity": [cell]})
    _, faults = conform(frame, "problem", "supplies", file="supplies.csv")
    assert [(fault.row, fault.column) for fault in faults] == [(2, "quantity")]


def test_our_own_rows_that_break_a_contract_are_our_fault():
    with pytest.raises(AssertionError, match="kind"):
        make_table("problem", "nodes", [{"node": "a", "kind": "palace"}])


@given(st.lists(st.sampled_from(["true", "FALSE", "1", "0", "yes", "no", "maybe", "2", ""]), min_size=1))
def test_flags_are_read_in_any_usual_spelling(cells):
    count = len(cells)
    frame = pd.DataFrame({"demand": [f"d{i}" for i in range(count)], "node": "n", "resource": "r", "quantity": "1"})
    table, faults = conform(frame.assign(must_serve=cells), "problem", "demands", file="demands.csv")
    assert [fault.row for fault in faults] == [i + 2 for i, cell in enumerate(cells) if cell in ("maybe", "2")]
    good = [cell in ("true", "1", "yes") for cell in cells]
    assert [value for value, cell in zip(table["must_serve"], cells, strict=True) if cell not in ("maybe", "2")] == [
        value for value, cell in zip(good, cells, strict=True) if cell not in ("maybe", "2")
    ]
