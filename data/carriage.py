"""Which vehicle may carry which resource, which tunnels dangerous goods avoid, what owning a vehicle costs per hour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import Fault
from data.settings import Settings

# The strictest tunnel code that goods of an ADR class have in tanks or bulk (ADR 2023, table A column 15):
# the worst case of the class, since a resource names its class only.
_TUNNEL_CODES = {"1": "B", "2": "B", "3": "D", "4": "D", "5": "E", "6": "C", "8": "C", "9": "E"}


def tunnel_code(adr_class: str) -> str:
    """Return the tunnel code of goods of an ADR class: barred from tunnels of this category and later ones."""
    return _TUNNEL_CODES.get(adr_class[:1], "B")


def may_carry(settings: Settings, hauls: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which vehicles may carry which resource: by body, or as the study lists; ADR goods by ADR only.

    Parameters
    ----------
    settings
        Of the study.
    hauls
        One row per resource and vehicle: ``resource``, ``body``, ``dangerous``, ``vehicle``,
        ``body_of_vehicle``, ``adr``.
    """
    allowed = (hauls["body"] == hauls["body_of_vehicle"]) & (hauls["body"] != "")
    for vehicle, override in settings.trucks.vehicles.items():
        if override.resources is not None:
            mine = hauls["vehicle"] == vehicle
            allowed = allowed.where(~mine, hauls["resource"].isin(override.resources))
    allowed &= hauls["adr"].astype(bool) | ~hauls["dangerous"]
    flags: npt.NDArray[np.bool_] = allowed.to_numpy(dtype=bool)
    return flags


def owned_per_h(settings: Settings, vehicles: pd.DataFrame) -> pd.Series:
    """Return what of ``cost_per_h`` is the vehicle itself, currency/h: paid apart where vehicles are bought whole.

    Parameters
    ----------
    settings
        Of the study.
    vehicles
        ``fixed_cost``, currency/year, and ``hours_per_year`` of one vehicle of each class.
    """
    return vehicles["fixed_cost"] / vehicles["hours_per_year"] * float(settings.trucks.whole_vehicles)


def fleet_faults(settings: Settings, vehicles: pd.DataFrame) -> list[Fault]:
    """Return the classes whose cost per hour is less than the share of the vehicle that it should hold."""
    return [
        Fault(
            "study.toml",
            f"trucks.vehicles.{row.vehicle}.cost_per_h",
            f"{row.cost_per_h:g}",
            f"at least {share:.4g}, which trucks.whole_vehicles takes out of it: fixed_cost {row.fixed_cost:g} a year "
            f"over {row.hours_per_year:g} hours",
        )
        for row, share in zip(vehicles.itertuples(index=False), owned_per_h(settings, vehicles), strict=True)
        if share > row.cost_per_h
    ]
