"""What the signs along a road say to goods vehicles beyond weight and height: per edge, from its tags."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]

LAST_LEG = frozenset({"destination", "delivery", "customers", "local"})  # open to whoever has business there
HGV_THROUGH = frozenset({"yes", "designated", "official", "permissive"})
TUNNELS = ("", "B", "C", "D", "E")  # categories and codes of ADR; a tunnel bars the codes up to its category
# What edges have where a network is made without saying so.
USUAL = {"destination": False, "hgv_destination": False, "hazmat_destination": False, "toll": False,
         "designated": False, "tunnel": 0, "road_class": -1, "rise_m": np.nan,
         "max_length_m": np.inf, "max_width_m": np.inf}  # fmt: skip


def truck_signs(edges: gpd.GeoDataFrame, highways: pd.DataFrame) -> dict[str, Any]:
    """Return the fields of :class:`routing.network.RoadNetwork` that only trucks ask for, by name.

    ``hgv`` overrides ``access``: ``access=destination`` with ``hgv=yes`` is open to goods vehicles.
    """
    access, hgv, hazmat = edges["access"], edges["hgv"], edges["hazmat"]
    last_leg = access.isin(LAST_LEG)
    category = pd.Categorical(edges["tunnel_category"], categories=TUNNELS).codes
    flags = {
        "destination": last_leg,
        "hgv_destination": hgv.isin(LAST_LEG) | (last_leg & ~hgv.isin(HGV_THROUGH)),
        "hazmat_destination": hazmat.isin(LAST_LEG),
        "toll": edges["toll"],
        "designated": hgv == "designated",
    }
    return {
        **{name: values.to_numpy(dtype=bool, copy=True) for name, values in flags.items()},
        "tunnel": np.maximum(category, 0).astype(np.int64),
        "road_class": pd.Categorical(edges["highway"], categories=highways["highway"]).codes.astype(np.int64),
        "rise_m": (edges["elev_v_m"] - edges["elev_u_m"]).to_numpy(dtype=np.float64, copy=True),
        "turns": forbidden_turns(edges),
    }


def forbidden_turns(edges: gpd.GeoDataFrame) -> Ints:
    """Return the turns (see ``RoadNetwork.turns``) that ``no_turns`` names by their nodes."""
    said = edges["no_turns"].to_numpy(dtype=object)
    told = pd.DataFrame(
        [(row, *turn.split(">")) for row in np.flatnonzero(said != "") for turn in str(said[row]).split(";")],
        columns=["origin", "via", "next"],
    )
    if told.empty:
        return np.empty((0, 4), dtype=np.int64)
    u, v, number = edges["u"].to_numpy(object), edges["v"].to_numpy(object), np.arange(len(edges))
    there = pd.DataFrame({"via": u, "next": v, "target": number, "target_against": 0})
    back = pd.DataFrame({"via": v, "next": u, "target": number, "target_against": 1})
    leaving = pd.concat([part[part["via"].isin(told["via"])] for part in (there, back)])
    origin = told["origin"].to_numpy(dtype=np.int64)
    told["origin_against"] = (u[origin] == told["via"].to_numpy(object)).astype(np.int64)  # it arrives at its tail
    columns = ["origin", "origin_against", "target", "target_against"]
    turns: Ints = told.merge(leaving, on=["via", "next"])[columns].to_numpy(dtype=np.int64)
    return turns
