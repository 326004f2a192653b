"""Where a shared hub or a newcomer could stand."""

from siting.find import Sited, find_sites
from siting.parcels import candidate_sites, site_nodes

__all__ = ["Sited", "candidate_sites", "find_sites", "site_nodes"]
