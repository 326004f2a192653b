"""The sheet ``choices`` of a study workbook: what its drop-downs offer, with names for looking up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from data.catalogue import Catalogue, read_catalogue
from data.xlsx import Book

_FIRST_ROW = 4  # of the plants and resources of the study on their sheets, as the spreadsheet numbers it
_OWN = 100  # rows of the study's own resources that the drop-down sees
# Suggestions only: any unit that converts, and any sector, may be typed.
_UNITS = (
    "t",
    "kt",
    "kg",
    "m3",
    "Nm3",
    "MWh",
    "GWh",
    "GJ",
    "TJ",
    "t/h",
    "t/d",
    "kg/h",
    "m3/h",
    "m3/d",
    "Nm3/h",
    "kW",
    "MW",
)
_SECTORS = (
    "agriculture", "aquaculture", "biogas", "biotechnology", "building materials", "cement", "chemicals", "energy",
    "food", "glass", "metals", "paper", "pharmaceuticals", "plastics", "power", "refinery", "soil treatment", "steel",
    "textiles", "utility", "waste management", "water", "other",
)  # fmt: skip
# What a rule of siting may look at, beside layers of its own and of terrain.
_LAYERS = ("plants", "zones", "crossings", "roads", "pipelines", "sites", "gates", "elevation", "landcover", "osm")


@dataclass(frozen=True)
class Choice:
    """One list: where it comes from, and whether anything else may be typed."""

    title: str
    values: Callable[[Catalogue], pd.DataFrame]
    strict: bool = False


def _listed(*values: str) -> Callable[[Catalogue], pd.DataFrame]:
    return lambda _: pd.DataFrame({"value": values})


CHOICES: Mapping[str, Choice] = {
    "choice_resource": Choice(
        "resource", lambda c: c.resources.set_axis(c.resources["resource"])[["resource", "name", "unit"]]
    ),
    "choice_unit": Choice("unit", _listed(*_UNITS)),
    "choice_sector": Choice("sector", _listed(*_SECTORS)),
    "choice_land": Choice("land", lambda c: c.land[["kind", "name"]]),
    "choice_line": Choice("line", lambda c: c.lines[["kind", "name"]]),
    "choice_pipe_class": Choice("pipe class", lambda c: c.pipe_costs[["pipe_class"]].drop_duplicates(), strict=True),
    "choice_vehicle": Choice("vehicle class", lambda c: c.vehicles[["vehicle", "name"]]),
    "choice_layer": Choice("layer", _listed(*_LAYERS)),
    "choice_plant": Choice("plant", _listed()),
}
_COLUMNS = {
    ("streams", "plant"): "choice_plant", ("gates", "plant"): "choice_plant",
    ("documented", "from_plant"): "choice_plant", ("documented", "to_plant"): "choice_plant",
    ("streams", "resource"): "choice_resource", ("pipelines", "resource"): "choice_resource",
    ("documented", "resource"): "choice_resource", ("streams", "unit"): "choice_unit",
    ("documented", "unit"): "choice_unit", ("plants", "sector"): "choice_sector", ("zones", "kind"): "choice_land",
    ("siting_criteria", "on"): "choice_layer", ("siting_exclude", "on"): "choice_layer",
    ("crossings", "kind"): "choice_line", ("resources", "pipe_class"): "choice_pipe_class",
}  # fmt: skip


def choice_of(table: str, column: str) -> str | None:
    """Return the name of the list that a column offers, if it offers one."""
    return _COLUMNS.get((table, column))


def write_choices(book: Book) -> None:
    """Write the sheet and give each list its name."""
    catalogue = read_catalogue()
    sheet = book.sheet("choices", columns=[26, 34, 10, 10, 20, 14, 24, 14, 24, 22, 20, 34, 16])
    column = 0
    for name, choice in CHOICES.items():
        if name == "choice_plant":
            book.define(name, _those("plants", "A", _FIRST_ROW, 10_000))
            continue
        listed = choice.values(catalogue)
        for number, title in enumerate((choice.title, "name", "unit")[: listed.shape[1]]):
            sheet.put(0, column + number, title, "header")
            for row, value in enumerate(listed.iloc[:, number], start=1):
                sheet.put(row, column + number, str(value))
        letter, end = chr(ord("A") + column), len(listed) + 1
        if name == "choice_resource":  # and the study's own, below
            for row in range(_OWN):
                own = f"resources!$A${_FIRST_ROW + row}"
                sheet.made.write_formula(end + row, column, f'=IF({own}="","",{own})', None, "")
            end += _OWN
        book.define(name, _those("choices", letter, 2, end))
        column += listed.shape[1]
    sheet.made.freeze_panes(1, 0)


def _those(sheet: str, column: str, first: int, last: int) -> str:
    """Return the formula of a list that ends where its texts end."""
    cells = f"{sheet}!${column}${first}"
    return f'=OFFSET({cells},0,0,MAX(1,COUNTIF({cells}:${column}${last},"?*")),1)'
