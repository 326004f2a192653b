"""One projected metre CRS for everything, checked once and loudly."""

from __future__ import annotations

import geopandas as gpd
from pyproj import CRS
from pyproj.exceptions import CRSError

from data.errors import Fault


def study_crs(text: str, *, file: str = "study.toml") -> tuple[CRS | None, list[Fault]]:
    """Return the study's CRS, which must be projected with metres on both axes."""
    expected = 'a projected CRS in metres such as "EPSG:25832" (UTM zone 32N)'
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return None, [Fault(file, "crs", repr(text), expected)]
    if not crs.is_projected:
        return None, [Fault(file, "crs", f"{text}, which is in degrees ({crs.name})", expected)]
    units = {axis.unit_name for axis in crs.axis_info[:2]}
    if units != {"metre"}:
        return None, [Fault(file, "crs", f"{text}, which is in {', '.join(sorted(units))}", expected)]
    return crs, []


def to_study_crs(layer: gpd.GeoDataFrame, crs: CRS, *, file: str) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return the layer reprojected to the study's CRS; one without a CRS is a fault."""
    if layer.crs is None:
        expected = f'a CRS: save the layer with one, or give it in study.toml as {{path = "{file}", crs = "EPSG:..."}}'
        return layer, [Fault(file, "", "a layer without a CRS", expected)]
    return layer.to_crs(crs), []
