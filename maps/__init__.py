"""Maps, GIS layers and tables of a plan; every output is made from ``Study`` and ``Plan`` alone."""

from maps.front_chart import write_front_chart
from maps.geopackage import write_alternatives, write_candidates, write_geopackage, write_service_area
from maps.gis_files import FORMATS, checked_formats, write_gis_files, write_postgis
from maps.outputs import write_outputs, write_tables
from maps.webmap import write_map

__all__ = [
    "FORMATS",
    "checked_formats",
    "write_alternatives",
    "write_candidates",
    "write_front_chart",
    "write_geopackage",
    "write_gis_files",
    "write_map",
    "write_outputs",
    "write_postgis",
    "write_service_area",
    "write_tables",
]
