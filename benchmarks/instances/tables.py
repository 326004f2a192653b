"""Tables of a Problem from whole columns, and the Problem of a network with fixed costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.contracts import Column, contract
from data.problem import Problem

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]


def table(name: str, **columns: npt.ArrayLike | pd.Series) -> pd.DataFrame:
    """Return a Problem's table from columns (a scalar holds for all rows); the others get their defaults.

    Without the text on the way that ``data.contracts.make_table`` reads: 100,000 rows in milliseconds.
    """
    contracted = contract("problem")[name]
    unknown, missing = set(columns) - set(contracted), {c.name for c in contracted.values() if c.required} - {*columns}
    if unknown or missing:
        raise TypeError(f"{name}: unknown columns {sorted(unknown)}, missing columns {sorted(missing)}")
    given = pd.DataFrame(columns)
    count = len(given)
    return pd.DataFrame(
        {
            key: given[key].astype(column.dtype) if key in columns else _default(column, count)
            for key, column in contracted.items()
        }
    )


def _default(column: Column, count: int) -> pd.Series:
    value: object = column.default
    if column.type == "number":
        value = float(column.default or "nan")
    elif column.type == "count":
        value = int(column.default or "0")
    elif column.type == "flag":
        value = {"true": True, "false": False}.get(column.default, pd.NA)
    return pd.Series([value] * count, dtype=column.dtype)


def named(prefix: str, count: int) -> Names:
    """Return ``prefix1`` to ``prefix<count>``."""
    return np.array([f"{prefix}{k + 1}" for k in range(count)], dtype=object)


@dataclass(frozen=True)
class Arcs:
    """Candidate arcs of a network: names of nodes, currency, currency per unit, units (NaN: no limit)."""

    tail: Names
    head: Names
    fixed_cost: Floats
    unit_cost: Floats
    capacity: Floats


@dataclass(frozen=True)
class Streams:
    """What enters (or leaves) the network: where, which commodity, how much."""

    node: Names
    resource: Names
    quantity: Floats


def network_problem(
    name: str, nodes: Names, arcs: Arcs, supplies: Streams, demands: Streams, *, both_ways: bool
) -> Problem:
    """Return a network design problem: every demand must be served over arcs that are paid for once.

    An arc is a corridor with its fixed cost and its capacity over all commodities; in it lies one pipe per
    commodity that costs nothing to lay and the arc's unit cost to use.
    """
    resources = np.unique(demands.resource.astype(str)).astype(object)
    corridors = named("a", len(arcs.tail))
    return Problem(
        name=name,
        nodes=table("nodes", node=nodes, kind="junction"),
        resources=table("resources", resource=resources, unit="unit"),
        supplies=table(
            "supplies", supply=named("s", len(supplies.node)), node=supplies.node, resource=supplies.resource,
            quantity=supplies.quantity,
        ),
        demands=table(
            "demands", demand=named("d", len(demands.node)), node=demands.node, resource=demands.resource,
            quantity=demands.quantity, must_serve=True,
        ),
        corridors=table(
            "corridors", corridor=corridors, from_node=arcs.tail, to_node=arcs.head, length_m=1.0,
            both_ways=both_ways, fixed_cost=arcs.fixed_cost, capacity=arcs.capacity,
        ),
        pipes=table(
            "pipes", corridor=np.repeat(corridors, len(resources)), resource=np.tile(resources, len(corridors)),
            option="arc", fixed_cost=0.0, unit_cost=np.repeat(arcs.unit_cost, len(resources)),
        ),
    )  # fmt: skip
