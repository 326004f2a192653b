"""Rules within a Problem that no single cell can break: upgrades of pipes, quality, forced and forbidden choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from data.errors import Fault
from data.spelling import closest

if TYPE_CHECKING:
    from data.problem import Problem
    from data.settings import Limits


def rule_faults(problem: Problem) -> list[Fault]:
    """Return a fault for every row and limit that contradicts the rest of the Problem."""
    return [*_upgrade_faults(problem), *_parallel_faults(problem), *_quality_faults(problem), *_choice_faults(problem)]


def _upgrade_faults(problem: Problem) -> list[Fault]:
    """Return upgrades of nothing, of themselves or in a circle, and existing pipes that replace others."""
    rows = problem.pipes[problem.pipes["upgrade_of"] != ""]
    if rows.empty:
        return []
    pipes = zip(*(problem.pipes[name] for name in ("corridor", "resource", "option", "upgrade_of")), strict=True)
    replaced = {(corridor, resource, option): older for corridor, resource, option, older in pipes}
    faults = []
    for row, pipe in zip(rows.index, rows.to_dict("records"), strict=True):
        place, option, older = (pipe["corridor"], pipe["resource"]), pipe["option"], pipe["upgrade_of"]
        if (*place, older) not in replaced:
            found, expected = repr(older), f"an option for {place[1]} in corridor {place[0]}"
        elif _runs_in_a_circle(replaced, place, option):
            found, expected = repr(older), "an option that does not itself, in any number of steps, replace this one"
        elif pipe["existing"]:
            found, expected = "an existing pipe", "a new pipe: what is there already replaces nothing"
        else:
            continue
        faults.append(Fault("pipes.csv", "upgrade_of", found, expected, row=int(row) + 2))
    return faults


def _runs_in_a_circle(replaced: dict[tuple[str, str, str], str], place: tuple[str, str], option: str) -> bool:
    seen: set[str] = set()
    while option and option not in seen:
        seen.add(option)
        option = replaced.get((*place, option), "")
    return bool(option)


def _parallel_faults(problem: Problem) -> list[Fault]:
    rows = problem.pipes[problem.pipes["existing"] & (problem.pipes["max_parallel"] > 1)]
    expected = "1 for an existing pipe; a second one that is there is a row of its own"
    return [
        Fault("pipes.csv", "max_parallel", str(most), expected, row=int(row) + 2)
        for row, most in rows["max_parallel"].items()
    ]


def _quality_faults(problem: Problem) -> list[Fault]:
    """Return rows of quality that name no or several owners, say nothing, or leave a needed value out."""
    table = problem.quality
    if table.empty:
        return []
    owners = (table[["supply", "demand", "technology"]] != "").sum(axis=1)
    value, limit = table["value"].notna(), table["min"].notna() | table["max"].notna()
    checks = (
        (owners != 1, "supply", "several or no owners", "exactly one of supply, demand and technology"),
        ((table["supply"] != "") & ~value, "value", "nothing", "the value of the supply"),
        ((table["demand"] != "") & ~limit, "min", "nothing", "min or max of the demand"),
        ((table["technology"] != "") & ~(value ^ limit), "value", "both or neither", "a value, or min and max"),
        (value & limit, "value", "a value and a limit", "one of the two"),
        (table["min"] > table["max"], "min", "more than max", "at most max"),
        ((table["resource"] != "") & (table["technology"] == ""), "resource", "a name", "nothing: the stream has one"),
        (_again(table, value), "property", "a second value", "one value per property"),
    )  # fmt: skip
    faults = [
        Fault("quality.csv", column, found, expected, row=int(row) + 2)
        for wrong, column, found, expected in checks
        for row in table.index[wrong.to_numpy(dtype=bool)]
    ]
    return faults or _missing_values(problem)


def _again(table: pd.DataFrame, value: pd.Series) -> pd.Series:
    keys = ["supply", "demand", "technology", "resource", "property"]
    return value & table[value].duplicated(keys).reindex(table.index, fill_value=False)


def stream_quality_faults(streams: pd.DataFrame, grades: pd.DataFrame, *, file: str, first_row: int = 2) -> list[Fault]:
    """Return supplies that do not say how good they are though a demand that they could serve limits it.

    ``streams`` may have a column per property, and ``_min`` and ``_max`` of it with limits of demands.
    """
    faults, given = [], streams["direction"] == "supply"
    for name in sorted({c.removesuffix("_min").removesuffix("_max") for c in streams if c.endswith(("_min", "_max"))}):
        low, high, value = (
            streams.get(column, pd.Series(float("nan"), streams.index))
            for column in (f"{name}_min", f"{name}_max", name)
        )
        limited = streams.loc[~given & (low.notna() | high.notna()), "resource"]
        wanted = {better for resource in limited.unique() for better in grades_above(grades, resource)}
        faults += [
            Fault(
                file, name, "nothing", f"a value: a demand limits the {name} of what it receives", row=row + first_row
            )
            for row in (given & streams["resource"].isin(wanted) & value.isna()).to_numpy().nonzero()[0].tolist()
        ]
    return faults


def _missing_values(problem: Problem) -> list[Fault]:
    """Return supplies and technologies that give a limited resource and do not say how good it is."""
    quality = problem.quality
    limited = quality[quality["min"].notna() | quality["max"].notna()]
    recipes = problem.recipes
    eaten = recipes[recipes["quantity_per_throughput"] < 0]
    takers = limited.merge(problem.demands[["demand", "resource"]], on="demand", suffixes=("_", ""))
    eaters = limited[limited["technology"] != ""].merge(eaten, on="technology", suffixes=("_", ""))
    eaters = eaters[(eaters["resource_"] == "") | (eaters["resource_"] == eaters["resource"])]
    needs = {
        (name, prop)
        for table in (takers, eaters)
        for resource, prop in zip(table["resource"], table["property"], strict=True)
        for name in grades_above(problem.grades, resource)
    }
    valued = quality[quality["value"].notna()]
    told = set(zip(valued["supply"], valued["property"], strict=True))
    made = recipes[(recipes["quantity_per_throughput"] > 0) & recipes["technology"].isin(problem.hubs["technology"])]
    known = set(zip(valued["technology"], valued["resource"], valued["property"], strict=True))
    faults = []
    for resource, prop in sorted(needs):
        what = f"no {prop} of"
        expected = f"its value: a demand limits the {prop} of what it receives"
        lost = [
            s for s in problem.supplies.loc[problem.supplies["resource"] == resource, "supply"] if (s, prop) not in told
        ]
        faults += [Fault("quality.csv", "value", f"{what} supply {supply}", expected) for supply in lost]
        faults += [
            Fault("quality.csv", "value", f"{what} the {resource} that {technology} makes", expected)
            for technology in made.loc[made["resource"] == resource, "technology"]
            if not {(technology, resource, prop), (technology, "", prop)} & known
        ]
    return faults


def grades_above(grades: pd.DataFrame, resource: str) -> set[str]:
    """Return the resource and every one that may serve it, in any number of steps."""
    found, new = {resource}, {resource}
    while new:
        rows = grades[grades["serves"].isin(new)]
        new = set(rows["resource"]) - found
        found |= new
    return found


def _choice_faults(problem: Problem) -> list[Fault]:
    limits = problem.limits
    faults = [
        Fault("problem.toml", f"limits.{kind}_{name}s", repr(choice), closest(choice, known))
        for name, known in (("corridor", problem.corridors["corridor"]), ("hub", problem.hubs["hub"]))
        for kind in ("forced", "forbidden")
        for choice in getattr(limits, f"{kind}_{name}s")
        if choice not in set(known)
    ]
    hubs = problem.hubs[problem.hubs["hub"].isin(limits.forced_hubs)]
    faults += [
        Fault("problem.toml", "limits.forced_hubs", repr(hub), "a hub of which a module may stand")
        for hub in hubs.loc[hubs[["max_modules", "existing"]].max(axis=1) < 1, "hub"]
    ]
    names = problem.nodes["node"], problem.resources["resource"]
    return faults + pair_faults(limits, *names, file="problem.toml") + both_ways_faults(limits, file="problem.toml")


def pair_faults(limits: Limits, places: pd.Series, resources: pd.Series, *, file: str) -> list[Fault]:
    """Return names in forced and forbidden exchanges that are not known."""
    return [
        Fault(file, f"limits.{kind}_exchanges", repr(part), closest(part, known))
        for kind in ("forced", "forbidden")
        for pair in getattr(limits, f"{kind}_exchanges")
        for part, known in zip(pair, (places, places, resources), strict=False)
        if part not in set(known)
    ]


def both_ways_faults(limits: Limits, *, file: str) -> list[Fault]:
    """Return what is forced and forbidden at once."""
    return [
        Fault(file, f"limits.forced_{name}", str(choice), "not to be forbidden too")
        for name in ("exchanges", "corridors", "hubs")
        for choice in getattr(limits, f"forced_{name}")
        if choice in getattr(limits, f"forbidden_{name}")
    ]
