"""Maps, GIS layers and tables of a plan; every output is made from ``Study`` and ``Plan`` alone."""

from maps.geopackage import write_candidates, write_geopackage
from maps.outputs import write_outputs, write_tables
from maps.webmap import write_map

__all__ = ["write_candidates", "write_geopackage", "write_map", "write_outputs", "write_tables"]
