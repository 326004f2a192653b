"""How a resource can get there: road network and truck routes; terrain, pipeline corridors and pipe sizes."""

from routing.alternatives import alternative_routes
from routing.corridors import PipelineNetwork, pipeline_corridors
from routing.service_area import ServiceArea, service_area
from routing.trucks import TruckRoutes, truck_routes

__all__ = [
    "PipelineNetwork",
    "ServiceArea",
    "TruckRoutes",
    "alternative_routes",
    "pipeline_corridors",
    "service_area",
    "truck_routes",
]
