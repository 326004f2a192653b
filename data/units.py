"""Quantities in any usual unit, converted to a resource's own unit per year with pint.

A bare amount (``kt``, ``m3``, ``TJ``) is per year. A rate (``t/h``, ``m3/d``, ``MW``) is taken for a
whole year of 8,760 hours. Mass, volume, normal volume and energy convert into each other where the
resource says how: density, molar mass, heating value or enthalpy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pint

HOURS_PER_YEAR = 8760.0
NORMAL_MOLAR_VOLUME_M3_PER_KMOL = 22.414  # ideal gas at 0 degC and 101,325 Pa (CODATA 2018: 22.413 970 l/mol)

# All that is handed to pint's expression parser: foreign text must not become arithmetic.
_UNIT_NAME = re.compile(r"[A-Za-zµ]+(\^?[23³])?(\s*/\s*[A-Za-zµ]+)?")

# Dimension of an amount, and the base unit in which it is compared.
_BASES = {"mass": "kg", "volume": "m3", "normal volume": "Nm3", "energy": "MWh"}


@cache
def _registry() -> pint.UnitRegistry:  # type: ignore[type-arg]
    """Return pint's units with the plant engineer's: pint alone reads kt as knot and a as are."""
    units: pint.UnitRegistry = pint.UnitRegistry(on_redefinition="ignore")  # type: ignore[type-arg]
    for definition in (
        "kt = 1000 * metric_ton",
        "Mt = 1e6 * metric_ton",
        "m3 = meter ** 3",
        "normal_cubic_meter = [normal_volume] = Nm3 = Sm3",
        "year = 8760 * hour = a = yr = y",
    ):
        units.define(definition)
    return units


@dataclass(frozen=True, slots=True)
class Amount:
    """What one unit of a unit name is: base units of a dimension, per year and per priced unit."""

    dimension: str
    base_per_year: float  # base units in a year for a quantity of 1
    base_per_unit: float  # base units that one priced unit holds: t of t/h, MWh of MW


@cache
def parse_unit(text: str) -> Amount | None:
    """Return what a unit name means, or ``None`` when it is not a unit of mass, volume or energy."""
    if not _UNIT_NAME.fullmatch(text):
        return None
    text = text.replace("³", "3")
    units = _registry()
    try:
        quantity = units.Quantity(1.0, text)
    except pint.errors.UndefinedUnitError:
        return None
    year, hour = units.Quantity(1.0, "year"), units.Quantity(1.0, "hour")
    for dimension, base in _BASES.items():
        if quantity.check(units.Unit(base).dimensionality):
            amount = float(quantity.to(base).magnitude)
            return Amount(dimension, amount, amount)
        if (quantity * hour).check(units.Unit(base).dimensionality):
            per_year = float((quantity * year).to(base).magnitude)
            numerator, slash, _ = text.partition("/")
            unit = units.Quantity(1.0, numerator) if slash else quantity * hour
            return Amount(dimension, per_year, float(unit.to(base).magnitude))
    return None


def base_per_own_unit(resources: pd.DataFrame) -> pd.DataFrame:
    """Return, per resource, how many base units of each dimension its own unit holds; NaN: unknown.

    Parameters
    ----------
    resources
        Contract ``study.resources``.

    Returns
    -------
    pandas.DataFrame
        Indexed by resource, columns ``mass`` (kg), ``volume`` (m3), ``normal volume`` (Nm3), ``energy`` (MWh).
    """
    frame = resources.set_index("resource")
    unit = frame["unit"]
    normal_density = frame["molar_mass_g_per_mol"] / NORMAL_MOLAR_VOLUME_M3_PER_KMOL  # kg/Nm3
    kg = pd.Series(
        np.select(
            [unit == "t", unit == "m3", unit == "Nm3"],
            [pd.Series(1000.0, frame.index), frame["density_kg_per_m3"], normal_density],
            np.nan,
        ),
        frame.index,
    )
    return pd.DataFrame(
        {
            "mass": kg,
            "volume": (kg / frame["density_kg_per_m3"]).mask(unit == "m3", 1.0),
            "normal volume": (kg / normal_density).mask(unit == "Nm3", 1.0),
            "energy": frame["energy_mwh_per_unit"].where(frame["energy_mwh_per_unit"] > 0).mask(unit == "MWh", 1.0),
        }
    )


def conversion_factors(units: pd.Series, resource_names: pd.Series, resources: pd.DataFrame) -> pd.DataFrame:
    """Return what turns stated quantities and prices into the resource's own unit.

    Parameters
    ----------
    units, resource_names
        One unit name and one resource per stream.
    resources
        Contract ``study.resources``, holding every name.

    Returns
    -------
    pandas.DataFrame
        ``per_year``: own units per year for a stated quantity of 1; ``per_unit``: own units that one
        priced unit holds; ``dimension``: of the unit. NaN and ``""`` where it cannot be converted.
    """
    amounts = {text: parse_unit(text) for text in units.unique()}
    known = {text: amount for text, amount in amounts.items() if amount is not None}
    dimension = units.map({text: known[text].dimension if text in known else "" for text in amounts})
    table = base_per_own_unit(resources)
    rows = table.index.get_indexer(pd.Index(resource_names))
    columns = table.columns.get_indexer(pd.Index(dimension))
    base_per_own = np.where((rows >= 0) & (columns >= 0), table.to_numpy()[rows, columns], np.nan)
    out = pd.DataFrame({"dimension": dimension}, index=units.index)
    for name, key in (("per_year", "base_per_year"), ("per_unit", "base_per_unit")):
        factor = units.map({text: getattr(amount, key) for text, amount in known.items()}).astype("float64")
        out[name] = factor / base_per_own
    return out
