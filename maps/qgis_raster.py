"""The suitability that siting found as a raster in a GeoPackage, and as a layer of its QGIS project.

Its tiles are those of the standard's tiled gridded coverage. It is the only raster in the file, so that QGIS opens it
by the name of the file alone, and the project finds it beside itself.
"""

from __future__ import annotations

import sqlite3
import warnings
import xml.etree.ElementTree as ET  # written only, never parsed: no hostile XML comes in
from contextlib import closing
from pathlib import Path

import rasterio
from rasterio.errors import NotGeoreferencedWarning

from data.study import Raster
from maps.siting_layers import RAMP

NAME, TITLE = "suitability", "Suitability"
IDENT = f"symbioplan_{NAME}"
ABSTRACT = "How suitable land is for a hub, from 0 (poor) to 1 (good); blank where nothing may stand."
NODATA = -9999.0  # not NaN, which the standard's coverages do not know
_OPACITY = 0.6


def write_raster(raster: Raster, path: Path) -> None:
    """Add a raster to a GeoPackage as tiles of 32-bit numbers."""
    rows, columns = raster.values.shape
    values = raster.values.astype("float32")
    values[values != values] = NODATA  # noqa: PLR0124 - where it is NaN
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GPKG", height=rows, width=columns, count=1, dtype="float32", crs=raster.crs.to_wkt(),
            transform=raster.transform, nodata=NODATA, append_subdataset="YES", raster_table=NAME,
            raster_identifier=TITLE, raster_description=ABSTRACT, blocksize=256,
        ) as target:  # fmt: skip
            target.write(values, 1)
    with (
        closing(sqlite3.connect(path)) as database,
        database,
    ):  # what the driver calls heights, and leaves without a null
        database.execute(
            "UPDATE gpkg_2d_gridded_coverage_ancillary SET data_null = ?, field_name = ?, quantity_definition = ?",
            (NODATA, TITLE, TITLE),
        )


def bounds(raster: Raster) -> tuple[float, float, float, float]:
    """Return west, south, east, north."""
    rows, columns = raster.values.shape
    (west, north), (east, south) = raster.transform @ (0, 0), raster.transform @ (columns, rows)
    return west, south, east, north


def renderer() -> ET.Element:
    """Return how the raster is drawn: poor to good in the colours of the siting map."""
    pipe = ET.Element("pipe")
    drawn = ET.SubElement(
        pipe, "rasterrenderer", type="singlebandpseudocolor", band="1", opacity=str(_OPACITY), alphaBand="-1",
        classificationMin="0", classificationMax="1", nodataColor="",
    )  # fmt: skip
    ET.SubElement(drawn, "rasterTransparency")
    shader = ET.SubElement(
        ET.SubElement(drawn, "rastershader"), "colorrampshader", colorRampType="INTERPOLATED", classificationMode="1",
        clip="0", minimumValue="0", maximumValue="1", labelPrecision="2",
    )  # fmt: skip
    for place, colour in enumerate(RAMP):
        value = place / (len(RAMP) - 1)
        words = {0: "0 (poor)", len(RAMP) - 1: "1 (good)"}.get(place, f"{value:.2f}")
        ET.SubElement(shader, "item", value=f"{value:g}", label=words, color=colour.lower(), alpha="255")
    return pipe
