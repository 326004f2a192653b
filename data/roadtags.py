"""What OpenStreetMap tags say about trucks, from text to numbers and flags.

A cell may hold one value (``"50"``), a merged list in any spelling (``"['primary', 'secondary']"``,
``"primary,secondary"``, ``"50;30"``) or nothing. Every reader works on the distinct values of a column,
so a layer of a million edges costs no more than its few hundred spellings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

# Column of the road edges -> tags that tell it, the most specific first. ``fclass`` is what Geofabrik's
# shapefiles call the highway; ``maxaxleloa`` is what a shapefile leaves of a longer name.
TAGS: dict[str, tuple[str, ...]] = {
    "highway": ("highway", "fclass"),
    "maxspeed_kmh": ("maxspeed_kmh", "maxspeed:hgv", "maxspeed"),
    "oneway": ("oneway",),
    "junction": ("junction",),
    "name": ("name",),
    "ref": ("ref",),
    "access": ("motor_vehicle", "vehicle", "access"),
    "hgv": ("hgv",),
    "maxweight_t": ("maxweight_t", "maxweight", "maxweightrating:hgv", "maxweightrating"),
    "maxheight_m": ("maxheight_m", "maxheight", "maxheight:physical"),
    "maxaxleload_t": ("maxaxleload_t", "maxaxleload", "maxaxleloa"),
    "maxlength_m": ("maxlength_m", "maxlength:hgv", "maxlength"),
    "maxwidth_m": ("maxwidth_m", "maxwidth:hgv", "maxwidth", "maxwidth:physical"),
    # A is the group of the largest amounts where a country has groups: a truckload.
    "hazmat": ("hazmat:A", "hazmat"),
    **{f"hazmat_{letter}": (f"hazmat:{letter}",) for letter in "BCDE"},
    "tunnel_category": ("tunnel_category", "hazmat:adr_tunnel_cat"),
    "toll": ("toll:hgv", "toll"),
}
# The OpenStreetMap keys among them: what a PBF reader or a download must keep.
OSM_KEYS = tuple(
    tag
    for tags in TAGS.values()
    for tag in tags
    if tag not in ("fclass", "maxaxleloa", "tunnel_category") and not tag.endswith(("_kmh", "_t", "_m"))
)
_BLANK = {"", "nan", "none", "null", "<na>"}
_ONEWAY = {"yes": 1, "true": 1, "1": 1, "1.0": 1, "t": 1, "-1": -1, "-1.0": -1, "reverse": -1}
_GEOFABRIK = {"f": 1, "t": -1, "b": 0}  # along the line, against it, both
_KMH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_TONNES = {"": 1.0, "t": 1.0, "to": 1.0, "kg": 1e-3, "st": 0.90718474, "lbs": 0.45359237e-3, "lb": 0.45359237e-3}
_METRES = {"": 1.0, "m": 1.0, "cm": 0.01, "ft": 0.3048, "in": 0.0254}
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def as_text(column: pd.Series) -> pd.Series:
    """Return the cells as stripped text, blanks as ``""``; whole numbers lose their decimal point."""
    if column.dtype.kind == "f":
        whole = bool((column.dropna() % 1 == 0).all())
        column = column.astype("Int64") if whole else column
    text = column.astype("object").where(column.notna(), "").astype(str).str.strip()
    return text.mask(text.str.lower().isin(_BLANK), "").astype("str")


def told(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return, row by row, the most specific tag that tells ``column``, as text."""
    text = pd.Series("", index=frame.index, dtype="str")
    for tag in TAGS[column]:
        if tag in frame.columns:
            text = text.mask(text == "", as_text(frame[tag]))
    return text


def by_distinct(text: pd.Series, read: Callable[[str], object], dtype: str) -> pd.Series:
    """Return ``read`` of every cell, called once per distinct value."""
    codes, distinct = pd.factorize(text)
    values = pd.Series([read(value) for value in distinct], dtype=dtype)
    return values.iloc[codes].set_axis(text.index)


def members(text: str) -> list[str]:
    """Return the values of a cell that may hold a list."""
    return [part for part in re.split(r"[\s\[\](){}'\"]*[,;|][\s\[\](){}'\"]*", text.strip("[](){}'\" ")) if part]


def joined(text: str) -> str:
    """Return a name; a list of names joined by semicolons. A comma inside one name stays."""
    if not text.startswith("["):
        return text
    quoted = [first or second for first, second in _QUOTED.findall(text)]
    return "; ".join(quoted) if quoted else "; ".join(members(text))


def one_class(text: str, speeds: Mapping[str, float]) -> str:
    """Return the slowest of an edge's highway classes; ``""`` unless a truck may use every one of them.

    A merged edge that is partly a footpath cannot be driven through.
    """
    classes = members(text)
    if not classes or any(name not in speeds for name in classes):
        return ""
    return min(classes, key=lambda name: (speeds[name], name))


def _least(text: str, units: Mapping[str, float]) -> float:
    if re.fullmatch(r"\d,\d{1,2}( *[a-z]+)?", text):  # a decimal comma, as in 3,5
        text = text.replace(",", ".")
    found = []
    for part in members(text):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z/]*)", part.lower())
        if match and match[2] in units and float(match[1]) > 0:
            found.append(float(match[1]) * units[match[2]])
    return min(found, default=float("nan"))


def speed_kmh(text: str) -> float:
    """Return a maxspeed in km/h, the least of several; NaN for none, walk, signals or a country's default."""
    return _least(text, _KMH)


def weight_t(text: str) -> float:
    """Return a weight limit in tonnes (the OSM default unit), the least of several; NaN when there is none."""
    return _least(text, _TONNES)


def size_m(text: str) -> float:
    """Return a limit of a size in metres, feet and inches (``13'8"``) included; NaN when there is none."""
    feet = re.findall(r"(\d+)\s*(?:'|ft)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''|in)?)?", text)
    if feet:
        return min(int(whole) * 0.3048 + float(inches or 0) * 0.0254 for whole, inches in feet)
    return _least(text, _METRES)


def _direction(text: str, spelled: Mapping[str, int]) -> int:
    found = {spelled.get(part, 0) for part in members(text)}
    return -1 if -1 in found else max(found, default=0)


def one_way(frame: pd.DataFrame, highway: pd.Series) -> npt.NDArray[np.int64]:
    """Return 1 (the way it is drawn only), -1 (against it only) or 0 (both ways) per edge.

    Where ``oneway`` is not tagged, roundabouts and motorways are one way by definition.
    """
    text = told(frame, "oneway").str.lower()
    # "T" means true in most files but "against" in Geofabrik's, whose columns hold a B for both ways.
    geofabrik = (text == "b").any()
    spelled = _GEOFABRIK if geofabrik else _ONEWAY
    told_direction = by_distinct(text, lambda cell: _direction(cell, spelled), "int64")
    direction: npt.NDArray[np.int64] = told_direction.to_numpy(dtype=np.int64, copy=True)
    circular = told(frame, "junction").str.contains("roundabout|circular").to_numpy(dtype=bool)
    direction[(text == "").to_numpy() & (circular | (highway == "motorway").to_numpy())] = 1
    return direction


def tunnel_category(frame: pd.DataFrame) -> pd.Series:
    """Return the ADR tunnel category (B to E, ``""`` for none) per edge: the strictest of what is tagged.

    ``hazmat:D=no`` bars goods of tunnel code D, which a tunnel of category D or E does; so the last letter
    that is barred is the least category that explains the tags.
    """
    category = told(frame, "tunnel_category").str.upper()
    category = category.where(category.isin(list("BCDE")), "")
    for letter in "BCDE":
        barred = (told(frame, f"hazmat_{letter}").str.lower() == "no") & (category < letter)
        category = category.mask(barred, letter)
    return category


def drivable(text: pd.Series, speeds: Mapping[str, float]) -> pd.Series:
    """Return the single highway class per edge, ``""`` where a truck may not go."""
    return by_distinct(text, lambda cell: one_class(cell, speeds), "str")


def class_list(text: pd.Series, known: Collection[str]) -> str:
    """Return the classes that were found although none is drivable, for a fault."""
    found = sorted({part for cell in text.unique() for part in members(cell)} - set(known))
    return ", ".join(found[:8]) + (", ..." if len(found) > 8 else "")
