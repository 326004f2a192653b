"""How much of a resource one vehicle carries, in the resource's own unit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.units import NORMAL_MOLAR_VOLUME_M3_PER_KMOL

Floats = npt.NDArray[np.float64]


def units_per_trip(resources: pd.DataFrame, payload_t: Floats, volume_m3: Floats) -> Floats:
    """Return the load of one trip.

    Parameters
    ----------
    resources
        One row per load: ``unit``, ``density_kg_per_m3`` (as carried), ``molar_mass_g_per_mol``.
    payload_t, volume_m3
        Greatest load of the vehicle by mass and by volume, per row.

    Returns
    -------
    numpy.ndarray
        ``min(payload * 1000 / m, volume / w)`` in the resource's own unit, with ``m`` the mass of one
        unit in kg and ``w`` its volume as carried in m3:

        ====  ==================  ==============
        unit  m                   w
        ====  ==================  ==============
        t     1000                1000 / density
        m3    density             1
        Nm3   molar mass/22.414   m / density
        ====  ==================  ==============

        A limit that cannot be computed for want of a density or molar mass does not count. NaN when
        neither can, and for MWh, which has no mass: such a resource cannot go by truck.
    """
    unit = resources["unit"].to_numpy(dtype=object)
    density = _positive(resources["density_kg_per_m3"])
    molar_mass = _positive(resources["molar_mass_g_per_mol"])
    mass = np.select(
        [unit == "t", unit == "m3", unit == "Nm3"],
        [1000.0, density, molar_mass / NORMAL_MOLAR_VOLUME_M3_PER_KMOL],
        np.nan,
    )
    volume = np.where(unit == "m3", 1.0, mass / density)
    return np.asarray(np.fmin(payload_t * 1000 / mass, volume_m3 / volume), dtype=np.float64)


def _positive(column: pd.Series) -> Floats:
    numbers = column.to_numpy(dtype=np.float64)
    return np.where(numbers > 0, numbers, np.nan)
