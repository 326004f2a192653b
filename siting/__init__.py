"""Where a shared hub or a newcomer could stand."""

from siting.parcels import candidate_sites, site_nodes

__all__ = ["candidate_sites", "site_nodes"]
