"""What hauls ask of vehicles: the kilometres they drive and how many are needed."""

from __future__ import annotations

import pandas as pd

from maps.scene import Scene


def driven_km(scene: Scene, hauls: pd.DataFrame) -> pd.Series:
    """Return km/year of each haul: the way there, and the share of the way back that is driven empty for it."""
    empty = _of_class(scene, hauls, "empty_return").fillna(1.0)
    km: pd.Series = hauls["trips_per_year"] * hauls["distance_m"] / 1000 * (1 + empty)
    return km


def vehicles_needed(scene: Scene, hauls: pd.DataFrame) -> pd.Series:
    """Return the hours of each haul by the hours that one vehicle of its class can be in service; NaN if not said."""
    available = _of_class(scene, hauls, "hours_per_year")
    needed: pd.Series = hauls["hours_per_year"] / available.where(available > 0)
    return needed


def _of_class(scene: Scene, hauls: pd.DataFrame, column: str) -> pd.Series:
    classes = scene.study.vehicles.set_index("vehicle")[column]
    return hauls["vehicle"].map(classes).astype("float64")
