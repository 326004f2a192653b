"""Technologies completed: recipes read, own units, the catalogue under the study's rows; and checked."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from data.contracts import make_table
from data.errors import Fault
from data.settings import Settings
from data.spelling import closest
from data.units import conversion_factors

FIRST_ROW = 2  # line of the first row in the file, below the header
_TERM = re.compile(r"(?P<quantity>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)\s+(?:(?P<unit>\S+)\s+)?(?P<resource>\S+)")
_PER_UNIT = ("variable_opex", "electricity_mwh_per_unit", "heat_mwh_per_unit", "co2_per_unit")
_FORM = "a recipe such as 1 t sewage_sludge -> 0.28 t dried_sludge (terms joined by ' + ', eaten before ' -> ')"


def parse_recipe(text: str) -> list[tuple[float, str, str]] | None:
    """Return quantity (negative eaten), unit (blank: own) and resource of each term; None when it is no recipe."""
    sides = text.split("->")
    if len(sides) != 2:
        return None
    terms = []
    for sign, side in zip((-1.0, 1.0), sides, strict=True):
        for part in side.split(" + ") if side.strip() else ():
            found = _TERM.fullmatch(part.strip())
            if found is None:
                return None
            terms.append((sign * float(found["quantity"]), found["unit"] or "", found["resource"]))
    return terms or None


def complete_technologies(
    technologies: pd.DataFrame, recipes: pd.DataFrame, resources: pd.DataFrame, *, file: str, recipe_file: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[Fault]]:
    """Return technologies and recipes per one unit of throughput, in own units, and what is wrong with them.

    Parameters
    ----------
    technologies, recipes
        Contracts ``study.technologies`` and ``study.recipes`` as read. A technology has its recipe in its own
        row or in rows of ``recipes``.
    resources
        Contract ``study.resources`` with every known resource.
    file, recipe_file
        Names for the faults.

    Returns
    -------
    technologies, recipes, faults
        ``module_capacity`` in own units of ``throughput_resource`` per year, ``unit`` that own unit, costs and CO2
        per own unit, ``recipe`` blank; recipe rows with ``quantity`` per unit of throughput (the throughput's
        resource has 1 or -1) in the own unit ``unit``.
    """
    rows, faults = _recipe_rows(technologies, recipes, file, recipe_file)
    faults += _recipe_faults(technologies, rows, resources, file)
    if faults:
        return technologies, recipes, faults
    factors = conversion_factors(rows["unit"], rows["resource"], resources)
    own = rows["unit"] == ""
    rows["quantity"] = rows["quantity"] * factors["per_year"].where(~own, 1.0)
    rows["unit"] = rows["resource"].map(resources.set_index("resource")["unit"])
    first = rows.groupby("technology", sort=False)["resource"].first()
    counted = technologies["throughput_resource"]
    counted = counted.where(counted != "", technologies["technology"].map(first)).astype("str")
    table = technologies.assign(throughput_resource=counted, recipe="")
    table["name"] = table["name"].mask(table["name"] == "", table["technology"])
    factors = conversion_factors(table["unit"], counted, resources)
    faults = _unit_faults(table, factors, resources, file)
    size = rows.merge(table, left_on=["technology", "resource"], right_on=["technology", "throughput_resource"])
    per = size.set_index("technology")["quantity"].abs()
    rows["quantity"] = rows["quantity"] / rows["technology"].map(per)
    table["module_capacity"] = table["module_capacity"] * factors["per_year"]
    for column in _PER_UNIT:
        table[column] = table[column] / factors["per_unit"]
    table["unit"] = counted.map(resources.set_index("resource")["unit"]).fillna("").astype("str")
    out = rows[["technology", "resource", "quantity", "unit", "note"]].reset_index(drop=True)
    return table, out if faults else make_table("study", "recipes", out), faults


def _recipe_rows(
    technologies: pd.DataFrame, recipes: pd.DataFrame, file: str, recipe_file: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return every term of every recipe with ``place``, what a fault about it is filed under."""
    faults, rows = [], []
    listed = set(recipes["technology"])
    for row, (name, text) in enumerate(zip(technologies["technology"], technologies["recipe"], strict=True), FIRST_ROW):
        terms = parse_recipe(text) if text else None
        if text and name in listed:
            faults.append(
                Fault(file, "recipe", f"a recipe, and rows for {name} in {recipe_file}", "one of the two", row)
            )
        elif text and terms is None:
            faults.append(Fault(file, "recipe", repr(text), _FORM, row))
        elif not text and name not in listed:
            faults.append(Fault(file, "recipe", "nothing", f"{_FORM}, or rows in the recipes table", row))
        rows += [(name, resource, quantity, unit, "", file, row) for quantity, unit, resource in terms or ()]
    known = technologies["technology"]
    for row, item in enumerate(recipes.itertuples(index=False), FIRST_ROW):
        if item.technology not in set(known):
            faults.append(Fault(recipe_file, "technology", repr(item.technology), closest(item.technology, known), row))
        rows.append((item.technology, item.resource, item.quantity, item.unit, item.note, recipe_file, row))
    columns = ["technology", "resource", "quantity", "unit", "note", "file", "row"]
    return pd.DataFrame(rows, columns=columns), faults


def _recipe_faults(technologies: pd.DataFrame, rows: pd.DataFrame, resources: pd.DataFrame, file: str) -> list[Fault]:
    """Return terms that name nothing, convert to nothing, are zero or stand on both sides, and what is not counted."""
    known, faults = resources["resource"], []
    factors = conversion_factors(rows["unit"], rows["resource"], resources)
    twice = rows.duplicated(["technology", "resource"])
    for number, item in enumerate(rows.itertuples(index=False)):
        column = "recipe" if item.file == file else "resource"
        if item.resource not in set(known):
            faults.append(Fault(item.file, column, repr(item.resource), closest(item.resource, known), item.row))
        elif item.unit and not np.isfinite(factors["per_year"].iloc[number]):
            expected = f"a unit that converts to that of {item.resource}"
            faults.append(Fault(item.file, column, f"{item.unit!r} of {item.resource}", expected, item.row))
        elif item.quantity == 0:
            faults.append(Fault(item.file, column, f"0 of {item.resource}", "a quantity that is not 0", item.row))
        elif twice.iloc[number]:
            expected = "each resource once: what only changes its state is a resource of its own"
            faults.append(Fault(item.file, column, f"{item.resource} again", expected, item.row))
    made = {name: set(group["resource"]) for name, group in rows.groupby("technology")}
    counted = zip(technologies["technology"], technologies["throughput_resource"], strict=True)
    faults += [
        Fault(file, "throughput_resource", repr(counts), f"a resource of the recipe of {name}", row)
        for row, (name, counts) in enumerate(counted, FIRST_ROW)
        if counts and name in made and counts not in made[name]
    ]
    return faults


def _unit_faults(table: pd.DataFrame, factors: pd.DataFrame, resources: pd.DataFrame, file: str) -> list[Fault]:
    own = table["throughput_resource"].map(resources.set_index("resource")["unit"])
    wrong = (table["unit"] != "") & factors["per_year"].isna()
    return [
        Fault(file, "unit", repr(table["unit"].iloc[row]),
              f"a unit that converts to {own.iloc[row]} of {table['throughput_resource'].iloc[row]}",
              int(row) + FIRST_ROW)
        for row in np.flatnonzero(wrong)
    ]  # fmt: skip


def merged(base: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return the catalogue's rows and the study's; a technology that the study names is the study's alone."""
    return pd.concat([base[~base["technology"].isin(own["technology"])], own], ignore_index=True)


def hub_faults(settings: Settings, technologies: pd.Series, places: tuple[pd.Series, pd.Series]) -> list[Fault]:
    """Return the technologies, sites and plants that ``[hubs]`` names and that are not known."""
    hubs = settings.hubs
    if hubs is None:
        return []
    sites, plants = places
    allowed = {"sites": sites, "plants": plants, "both": pd.concat([sites, plants])}[hubs.at]
    faults = [
        Fault("study.toml", f"hubs.{key}", repr(name), closest(name, known))
        for key, named, known in (("technologies", hubs.technologies, technologies), ("places", hubs.places, allowed))
        for name in named or ()
        if name not in set(known)
    ]
    twice = sorted(set(sites) & set(plants))
    if hubs.at == "both" and twice:
        faults.append(Fault("study.toml", "hubs.at", f"a site and a plant called {twice[0]}", "names of their own"))
    return faults
