"""What cost is weighed against: how it is limited, where the model says so, and how much of it a plan has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

import pandas as pd

from data.errors import Fault, InputError
from data.plan import Plan
from data.problem import Problem

Against = Literal["co2", "landfill", "partners"]


@dataclass(frozen=True)
class Measure:
    """A quantity that plans may have less of at a higher cost.

    Attributes
    ----------
    name, unit
        For people.
    limit
        The field of ``limits`` that caps it, in each period where it is a yearly amount.
    component
        The model's constraint that says the cap.
    whole
        Whether it is a number of things.
    """

    name: str
    unit: str
    limit: str
    component: str
    whole: bool = False

    def cap(self, problem: Problem) -> float | None:
        """Return the Problem's own cap."""
        value = getattr(problem.limits, self.limit)
        return None if value is None else float(value)

    def capped(self, problem: Problem, cap: float) -> Problem:
        """Return the Problem with another cap."""
        value: Any = round(cap) if self.whole else cap
        return problem.replace(limits=problem.limits.model_copy(update={self.limit: value}))


MEASURES: Mapping[str, Measure] = MappingProxyType({
    "co2": Measure("CO2", "t/year", "co2_cap_t_per_year", "co2_cap"),
    "landfill": Measure("landfill", "t/year", "landfill_cap_t_per_year", "landfill_cap"),
    "partners": Measure("partners", "plants", "max_partners", "all_partners", whole=True),
})  # fmt: skip


def find_measure(against: str) -> Measure:
    """Return a measure by its name.

    Raises
    ------
    InputError
        Naming those that there are.
    """
    if against not in MEASURES:
        raise InputError([Fault("front", "against", repr(against), f"one of {', '.join(get_args(Against))}")])
    return MEASURES[against]


def more_than_any(problem: Problem, against: str) -> float:
    """Return an amount of a measure that no cap needs to be above: it is in the size of what there is."""
    supplies, demands = problem.supplies, problem.demands
    if against == "partners":
        return float((problem.nodes["kind"] == "plant").sum())
    if against == "landfill":
        mass = supplies["resource"].map(problem.resources.set_index("resource")["landfill_t_per_unit"])
        hubs = problem.hubs.assign(modules=problem.hubs[["max_modules", "existing"]].max(axis=1))
        beside = hubs["landfill_t_per_unit"] * hubs["capacity"] * hubs["modules"]
        return 1.0 + float((mass * supplies["quantity"]).sum() + beside[hubs["landfill_t_per_unit"] > 0].sum())
    return 1.0 + sum(
        float((table[column].abs() * table["quantity"]).sum())
        for table, column in ((supplies, "co2_unplaced"), (demands, "co2_unserved"))
    )


def measured(problem: Problem, plan: Plan) -> dict[str, float]:
    """Return how much of each measure a plan has: yearly amounts of the period that has most, all its partners.

    A partner is a plant that gives or takes anything, from itself too, as ``limits.max_partners`` counts them.
    """
    made = plan.built_hubs.merge(problem.hubs[["hub", "co2_per_unit", "landfill_t_per_unit"]], on="hub")
    mass = plan.unplaced["resource"].map(problem.resources.set_index("resource")["landfill_t_per_unit"])
    emitted = [
        *(table[["period"]].assign(amount=table["co2"]) for table in _emitting(plan)),
        made[["period"]].assign(amount=made["throughput"] * made["co2_per_unit"]),
    ]
    left = plan.unplaced[["period"]].assign(amount=plan.unplaced["quantity"] * mass.astype("float64"))
    dumped = made[["period"]].assign(amount=made["throughput"] * made["landfill_t_per_unit"])
    plants = set(problem.nodes.loc[problem.nodes["kind"] == "plant", "node"])
    ends = [(plan.unplaced, "placed"), (plan.unserved, "served")]
    busy = {node for table, moved in ends for node in table.loc[table[moved] > _NOTHING, "node"]}
    return {"co2": _most(emitted), "landfill": _most([left, dumped]), "partners": float(len(busy & plants))}


_NOTHING = 1e-6  # units per year


def _emitting(plan: Plan) -> tuple[pd.DataFrame, ...]:
    return plan.unplaced, plan.unserved, plan.built_pipes, plan.hauls


def _most(parts: list[pd.DataFrame]) -> float:
    sums = pd.concat(parts).groupby("period")["amount"].sum()
    return float(sums.max()) if len(sums) else 0.0
