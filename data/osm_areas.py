"""Land use from OpenStreetMap: closed ways and multipolygons of an extract as polygons of one kind each."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import osmium
import shapely
from osmium.filter import KeyFilter
from osmium.osm import Area

# Keys that say what land is used for; the first one that an area carries is its kind.
AREA_KEYS = ("landuse", "natural", "leisure", "boundary", "amenity", "man_made", "power")
_KINDS = {
    "natural": {"water", "wetland", "beach", "wood", "heath", "grassland", "scrub", "bare_rock", "sand"},
    "leisure": {"park", "nature_reserve", "golf_course", "pitch"},
    "boundary": {"protected_area", "national_park"},
    "amenity": {"school", "hospital", "kindergarten", "university", "college"},
    "man_made": {"works", "wastewater_plant", "water_works"},
    "power": {"plant", "substation"},
}
# What OpenStreetMap is asked for, as OSMnx takes it.
AREA_TAGS: dict[str, bool | str | list[str]] = {
    key: sorted(_KINDS[key]) if key in _KINDS else True for key in AREA_KEYS
}


def area_kind(tags: dict[str, str]) -> str:
    """Return the kind of an area with these tags; blank where they do not say what the land is used for."""
    for key in AREA_KEYS:
        value = tags.get(key, "")
        if value and (key == "landuse" or value in _KINDS[key]):
            return value
    return ""


def read_osm_areas(path: Path) -> gpd.GeoDataFrame:
    """Return the areas of a file whose tags say what the land is used for.

    Parameters
    ----------
    path
        A file that libosmium reads (``.osm.pbf``, ``.osm``). Ways that leave the extract make no area.

    Returns
    -------
    geopandas.GeoDataFrame
        ``osm`` (such as ``w123`` for a way, ``r45`` for a relation), ``kind``, ``name``; valid
        (Multi)Polygons in EPSG:4326, in the order of the file.

    Raises
    ------
    RuntimeError
        When libosmium cannot read the file.
    """
    as_wkb = osmium.geom.WKBFactory()
    rows: list[tuple[str, str, str]] = []
    shapes: list[str] = []
    reader = osmium.FileProcessor(str(path)).with_areas(KeyFilter(*AREA_KEYS)).with_filter(KeyFilter(*AREA_KEYS))
    for area in reader:
        if not isinstance(area, Area):
            continue
        kind = area_kind({key: area.tags[key] for key in AREA_KEYS if key in area.tags})
        if not kind:
            continue
        try:
            shapes.append(as_wkb.create_multipolygon(area))
        except RuntimeError:  # rings that do not close
            continue
        rows.append((f"{'w' if area.from_way() else 'r'}{area.orig_id()}", kind, area.tags.get("name") or ""))
    polygons = shapely.make_valid(shapely.from_wkb(shapes))
    frame = gpd.GeoDataFrame(rows, columns=["osm", "kind", "name"], geometry=list(polygons), crs="EPSG:4326")
    return frame[frame.geom_type.isin(["Polygon", "MultiPolygon"])].reset_index(drop=True)
