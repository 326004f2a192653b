"""Maps, GIS layers and tables of a plan; every output is made from ``Study`` and ``Plan`` alone."""

from maps.front_chart import write_front_chart
from maps.geopackage import write_alternatives, write_candidates, write_geopackage, write_service_area
from maps.match_matrix import write_match_matrix
from maps.newcomers import write_newcomer_layers, write_newcomer_picture, write_newcomer_raster
from maps.outputs import write_outputs, write_tables
from maps.webmap import write_map

__all__ = [
    "write_alternatives",
    "write_candidates",
    "write_front_chart",
    "write_geopackage",
    "write_map",
    "write_match_matrix",
    "write_newcomer_layers",
    "write_newcomer_picture",
    "write_newcomer_raster",
    "write_outputs",
    "write_service_area",
    "write_tables",
]
