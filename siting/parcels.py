"""Candidate parcels: what is left of each once forbidden land is taken off, and how far the road is."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data import Study, make_table

MIN_USABLE_SHARE = 0.5  # a parcel that is mostly forbidden land is no site


def candidate_sites(study: Study) -> gpd.GeoDataFrame:
    """Return the study's parcels with what decides whether a hub may stand there.

    Parameters
    ----------
    study
        Sites (points or polygons), zones and roads in the study's CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of sites; ``area_m2`` and ``usable_m2`` (outside forbidden zones; 0 for a
        point); ``road_m``, the straight way to the nearest road (NaN without roads); ``usable`` and,
        when it is not, ``reason`` (that of an earlier siting first); geometry as given, in the study's CRS.
    """
    sites = study.sites.copy()
    geometry = sites.geometry.to_numpy()
    forbidden = shapely.union_all(study.zones.loc[study.zones["forbidden"], "geometry"].to_numpy())
    area = shapely.area(geometry)
    usable = shapely.area(shapely.difference(geometry, forbidden))
    share = np.where(area > 0, usable / np.where(area > 0, area, 1.0), ~shapely.intersects(geometry, forbidden))
    sites["area_m2"] = sites["area_m2"].fillna(pd.Series(area, index=sites.index))  # siting leaves out more than zones
    sites["usable_m2"] = usable
    sites["road_m"] = _nearest_road_m(study)
    open_ = share >= MIN_USABLE_SHARE
    sites["usable"] = open_ & (sites["reason"] == "")
    forbidden = np.where(open_, "", [f"{1 - part:.0%} of it is forbidden land" for part in share])
    sites["reason"] = sites["reason"].mask(sites["reason"] == "", forbidden)
    return sites


def site_nodes(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the usable sites as nodes of a Problem (contract ``problem.nodes``), each at a point inside it."""
    usable = sites[sites["usable"]]
    points = usable.geometry.representative_point()
    return make_table(
        "problem",
        "nodes",
        pd.DataFrame({"node": usable["site"], "kind": "site", "x": points.x, "y": points.y, "name": usable["name"]}),
    )


def _nearest_road_m(study: Study) -> np.ndarray:
    if study.roads.empty or study.sites.empty:
        return np.full(len(study.sites), np.nan)
    tree = shapely.STRtree(study.roads.geometry.to_numpy())
    order, distance = tree.query_nearest(study.sites.geometry.to_numpy(), all_matches=False, return_distance=True)
    out = np.full(len(study.sites), np.nan)
    out[order[0]] = distance
    return out
