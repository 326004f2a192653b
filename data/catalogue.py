"""The built-in catalogue: resources, their names, technologies, vehicles, pipes, land, law, and where each was read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import pandas as pd

from data.contracts import Family, conform
from data.errors import InputError
from data.frames import read_table

_TABLES: dict[str, Family] = {
    "resources": "study",
    "grades": "study",
    "technologies": "study",
    "vehicles": "catalogue",
    "pipe_costs": "catalogue",
    "land": "catalogue",
    "lines": "catalogue",
    "highways": "catalogue",
    "families": "catalogue",
    "synonyms": "catalogue",
    "match_rules": "catalogue",
    "law": "catalogue",
    "plant_types": "catalogue",
    "sources": "catalogue",
}


@dataclass(frozen=True)
class Catalogue:
    """Every built-in table, each keeping its contract."""

    resources: pd.DataFrame
    grades: pd.DataFrame
    technologies: pd.DataFrame  # as written; :func:`data.technologies.complete_technologies` reads the recipes
    vehicles: pd.DataFrame
    pipe_costs: pd.DataFrame
    land: pd.DataFrame
    lines: pd.DataFrame
    highways: pd.DataFrame
    families: pd.DataFrame
    synonyms: pd.DataFrame
    match_rules: pd.DataFrame
    law: pd.DataFrame
    plant_types: pd.DataFrame
    sources: pd.DataFrame  # table, key, column, kind (source | assumption), source


@cache
def read_catalogue() -> Catalogue:
    """Return the built-in catalogue.

    Raises
    ------
    InputError
        When a shipped table breaks its contract.
    """
    tables, faults = {}, []
    for name, family in _TABLES.items():
        with as_file(files("data").joinpath("catalogue", f"{name}.csv")) as path:
            tables[name], found = conform(read_table(path), family, name, file=f"catalogue/{name}.csv")
        faults += found
    if faults:
        raise InputError(faults)
    return Catalogue(**tables)
