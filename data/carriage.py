"""Which vehicle may carry which resource, and which tunnels dangerous goods must avoid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

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
