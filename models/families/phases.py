"""Several periods: what is built stands from then on.

The other families say in each period what is in use (trench, pipe, bay: 1 or 0; hub: number of modules).
With one period, what is in use is what is built, and this family adds nothing.

Sets
    i things that can be built, N_i how many fit side by side, t periods, T the last one; use_it the sum of the
    variables of i in t: a pipe has one per way in which it may flow.
Variables
    stands_it in {0, 1}, or whole modules: 1 if i is built in t or before.
Constraints
    (12a) use after building: use_it <= stands_it; = stands_it of a pipe that replaces another: what is
          replaced does not come back
    (12b) never un-built: stands_i,t-1 <= stands_it
    (12c) room: sum of stands_it / N_i over the new pipes of a corridor and resource <= stands_jt of the trench
          j in which they lie; of those in no trench that must be dug <= 1, in T alone: (12b) does the rest
Cost
    fixed cost of i per year in every period in which it stands, times the period's weight.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import pyomo.environ as pyo

from models.families.ledger import Build, Ledger, Row, Thing, constraints, linear, variables

# By thing: what it takes from the budget, and per period the variables whose sum says that it stands.
Standing = dict[Thing, tuple[float, list[list[Any]]]]


def add_phases(model: pyo.ConcreteModel, periods: pd.DataFrame, ledger: Ledger) -> Standing:
    """Add (12a) to (12c) where there are several periods; return what says that each thing stands."""
    things: dict[Thing, list[Build]] = {}
    for build in ledger.builds:
        things.setdefault(build.thing, []).append(build)
    names = periods["period"].tolist() if len(periods) > 1 else []
    keys = [(*thing, name) for thing in things for name in names]
    most = [max(build.variable.ub for build in builds) for builds in things.values() for _ in names]
    model.stands = variables(keys, most, doc="1 (modules: number) if built so far", integer=True)
    stands = {thing: [model.stands[*thing, name] for name in names] for thing in things}
    for thing, builds in things.items() if names else ():
        ledger.pay(stands[thing], [builds[0].fixed_cost] * len(names), range(len(names)))
    model.use_after_build = constraints(_use_rows(things, stands, names), doc="(12a) in use <= stands")
    model.never_unbuilt = constraints(
        {
            (*thing, name): (None, linear([before, after], [1.0, -1.0]), 0.0)
            for thing, steps in stands.items()
            for name, before, after in zip(names[1:], steps[:-1], steps[1:], strict=True)
        },
        doc="(12b) stands before <= stands",
    )
    model.one_choice = constraints(
        _choice_rows(things, stands, names), doc="(12c) one option for ever (or its share of the room), in a dug trench"
    )
    if not names:
        return {thing: (builds[0].invested, [[build.variable for build in builds]]) for thing, builds in things.items()}
    return {thing: (builds[0].invested, [[variable] for variable in stands[thing]]) for thing, builds in things.items()}


def _use_rows(
    things: dict[Thing, list[Build]], stands: dict[Thing, list[Any]], names: list[str]
) -> dict[Hashable, Row]:
    rows: dict[Hashable, Row] = {}
    for thing, builds in things.items():
        for when, name in enumerate(names):
            used = [build.variable for build in builds if build.when == when]
            if not used:
                continue
            body = linear([*used, stands[thing][when]], [*[1.0] * len(used), -1.0])
            rows[*thing, name] = (0.0 if builds[0].exact else None, body, 0.0)
    return rows


def _choice_rows(
    things: dict[Thing, list[Build]], stands: dict[Thing, list[Any]], names: list[str]
) -> dict[Hashable, Row]:
    groups: dict[tuple[Thing | None, Hashable], list[Thing]] = {}
    for thing, builds in things.items():
        if builds[0].choice is not None:
            within = builds[0].within if builds[0].within in stands else None
            groups.setdefault((within, builds[0].choice), []).append(thing)
    rows: dict[Hashable, Row] = {}
    for (within, _), members in groups.items():
        shares = [things[thing][0].share for thing in members]
        for when, name in enumerate(names):
            terms = [stands[thing][when] for thing in members]
            if within is not None:
                rows[*members[0], name] = (None, linear([*terms, stands[within][when]], [*shares, -1.0]), 0.0)
            elif len(terms) > 1 and when == len(names) - 1:
                rows[*members[0], name] = (None, linear(terms, shares), 1.0)
    return rows
