"""How a resource can get there: road network and truck routes; terrain, pipeline corridors and pipe sizes."""

from routing.corridors import PipelineNetwork, pipeline_corridors
from routing.trucks import TruckRoutes, truck_routes

__all__ = ["PipelineNetwork", "TruckRoutes", "pipeline_corridors", "truck_routes"]
