"""Maps, GIS layers and tables of a plan; every output is made from ``Study`` and ``Plan`` alone."""

from maps.front_chart import write_front_chart
from maps.geopackage import write_alternatives, write_candidates, write_geopackage, write_service_area
from maps.gis_files import FORMATS, checked_formats, write_gis_files, write_postgis
from maps.match_matrix import write_match_matrix
from maps.newcomer_layers import Newcomers
from maps.newcomer_outputs import write_newcomer_files
from maps.outputs import write_outputs, write_tables
from maps.picture import write_picture
from maps.report import write_report
from maps.siting_outputs import write_siting
from maps.webmap import write_map
from maps.workbook import write_workbook

__all__ = [
    "FORMATS",
    "Newcomers",
    "checked_formats",
    "write_alternatives",
    "write_candidates",
    "write_front_chart",
    "write_geopackage",
    "write_gis_files",
    "write_map",
    "write_match_matrix",
    "write_newcomer_files",
    "write_outputs",
    "write_picture",
    "write_postgis",
    "write_report",
    "write_service_area",
    "write_siting",
    "write_tables",
    "write_workbook",
]
