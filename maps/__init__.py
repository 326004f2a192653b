"""Maps, GIS layers and tables of a plan; every output is made from ``Study`` and ``Plan`` alone."""

from maps.front_chart import write_front_chart
from maps.geopackage import write_alternatives, write_candidates, write_geopackage, write_service_area
from maps.outputs import write_outputs, write_tables
from maps.siting_outputs import write_siting
from maps.webmap import write_map

__all__ = [
    "write_alternatives",
    "write_candidates",
    "write_front_chart",
    "write_geopackage",
    "write_map",
    "write_outputs",
    "write_service_area",
    "write_siting",
    "write_tables",
]
