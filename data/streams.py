"""Streams completed: own units, prices from the catalogue, ids; and checked against the other tables."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from data.errors import Fault
from data.spelling import closest
from data.units import conversion_factors

FIRST_ROW = 2  # line of the first stream in the file, below the header


def complete_streams(
    streams: pd.DataFrame, *, plants: pd.Series, resources: pd.DataFrame, file: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the streams with quantities in, and prices per, the resource's own unit.

    Parameters
    ----------
    streams
        Contract ``study.streams`` as read.
    plants
        Known plant ids.
    resources
        Contract ``study.resources`` with every known resource.
    file
        Name for the faults.

    Returns
    -------
    streams, faults
        ``quantity`` in own units per year, ``unit`` the own unit, ``price`` in currency per own unit
        (the catalogue's where it was blank), ``stream`` filled and unique.
    """
    faults = list(_unknown(streams, "plant", plants, file)) if len(plants) else []  # else the plants are the fault
    known = streams["resource"].isin(resources["resource"])
    catalogue = resources.set_index("resource").reindex(streams["resource"])
    catalogue.index = streams.index
    factors = conversion_factors(streams["unit"], streams["resource"], resources)
    faults += _unit_faults(streams, known, catalogue["unit"], factors, file)
    is_supply = streams["direction"] == "supply"
    stated = streams["price"] / factors["per_unit"]
    usual = catalogue["disposal_cost"].where(is_supply, catalogue["virgin_price"])
    price = stated.where(streams["price"].notna(), usual)
    faults += [
        Fault(file, "price", "nothing", f"a price: the catalogue has none for {streams['resource'].iloc[row]}",
              row=int(row) + FIRST_ROW)
        for row in np.flatnonzero(known & streams["price"].isna() & usual.isna())
    ]  # fmt: skip
    faults += _state_faults(streams, catalogue, is_supply, file)
    faults += _period_faults(streams, file)
    return (
        streams.assign(
            stream=_stream_ids(streams),
            quantity=streams["quantity"] * factors["per_year"],
            unit=catalogue["unit"].fillna("").astype("str"),
            price=price,
        ),
        faults,
    )


def _unknown(streams: pd.DataFrame, column: str, known: pd.Series, file: str) -> list[Fault]:
    values = streams[column]
    bad = values[(values != "") & ~values.isin(known)]
    return [
        Fault(file, column, repr(value), closest(value, known), row=int(row) + FIRST_ROW)
        for row, value in bad.items()  # only the faulty cells
    ]


def _unit_faults(
    streams: pd.DataFrame, known: pd.Series, own_unit: pd.Series, factors: pd.DataFrame, file: str
) -> list[Fault]:
    faults = []
    unreadable = (streams["unit"] != "") & (factors["dimension"] == "")
    lost = known & (factors["dimension"] != "") & factors["per_year"].isna()
    for row in np.flatnonzero(unreadable | lost):
        unit, resource = streams["unit"].iloc[row], streams["resource"].iloc[row]
        if unreadable.iloc[row]:
            expected = "a unit of mass, volume or energy, or a rate of one (t, kt, m3, Nm3, MWh, TJ, t/h, MW, ...)"
        else:
            expected = (
                f"a unit that converts to {own_unit.iloc[row]} of {resource} "
                f"(give the density, molar mass or energy content in the resources table)"
            )
        faults.append(Fault(file, "unit", repr(unit), expected, row=int(row) + FIRST_ROW))
    return faults


def _state_faults(streams: pd.DataFrame, catalogue: pd.DataFrame, is_supply: pd.Series, file: str) -> list[Fault]:
    """Return faults for streams in another state than their resource stands for.

    A supply must reach it and a demand must be content with it,
    so every supply of a resource can serve every demand of it; other states are other grades.
    """
    faults = []
    for column, unit in (("temperature_c", "degC"), ("pressure_bar", "bar")):
        stated, standard = streams[column], catalogue[column]
        short = is_supply & (stated < standard - 1e-9)
        beyond = ~is_supply & (stated > standard + 1e-9)
        for row in np.flatnonzero(short | beyond):
            resource = streams["resource"].iloc[row]
            side = "at least" if short.iloc[row] else "at most"
            expected = (
                f"{side} the {standard.iloc[row]:g} {unit} that {resource} stands for; "
                f"a grade that fits, or a resource of your own"
            )
            found = f"{stated.iloc[row]:g} {unit} for a {streams['direction'].iloc[row]}"
            faults.append(Fault(file, column, found, expected, row=int(row) + FIRST_ROW))
    return faults


def _period_faults(streams: pd.DataFrame, file: str) -> list[Fault]:
    backwards = streams["available_to"] < streams["available_from"]
    return [
        Fault(
            file,
            "available_to",
            "a year before available_from",
            "the same year or a later one",
            row=int(row) + FIRST_ROW,
        )
        for row in np.flatnonzero(backwards)
    ]


def _stream_ids(streams: pd.DataFrame) -> pd.Series:
    """Return the given ids, and for blank ones plant/resource/direction, numbered when it repeats."""
    made = streams["plant"] + "/" + streams["resource"] + "/" + streams["direction"]
    again = made.groupby(made).cumcount()
    made = made.where(again == 0, made + "-" + (again + 1).astype("str"))
    return streams["stream"].where(streams["stream"] != "", made).astype("str")


def property_columns(resources: pd.DataFrame) -> tuple[str, ...]:
    """Return the stream columns that quality properties allow: the value, and limits for demands."""
    declared: Iterable[str] = {part.strip() for text in resources["properties"] for part in text.split(";")}
    return tuple(column for name in sorted(declared) if name for column in (name, f"{name}_min", f"{name}_max"))
