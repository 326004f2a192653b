"""Why a vehicle cannot reach a plant: which limit, if it were lifted, would open a way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from routing.network import HGV_FROM_T, Flags, Vehicle
from routing.signs import TUNNELS
from routing.trips import Ground

NO_ROAD = "no road connects it with any partner"
_LIMITS = {
    "maxweight": ("max_weight_t", "gross_weight_t", "t"),
    "maxheight": ("max_height_m", "height_m", "m"),
    "maxaxleload": ("max_axle_load_t", "axle_load_t", "t"),
    "maxlength": ("max_length_m", "length_m", "m"),
    "maxwidth": ("max_width_m", "width_m", "m"),
}
_BANS = {
    "hgv": "hgv=no on every way",
    "hazmat": "a ban on its dangerous goods (hazmat, tunnel category) on every way",
    "access": "a private or closed road on every way",
}


def barriers(ground: Ground, vehicle: Vehicle, legs: pd.DataFrame) -> dict[str, str]:
    """Return why plants are not reached, by plant.

    Parameters
    ----------
    ground
        With the plants.
    vehicle
        Which does not reach them.
    legs
        ``from_plant`` and ``to_plant`` without a path; both are on a road.

    Returns
    -------
    dict
        The first restriction whose lifting alone opens a way for any leg of the plant, tried in the order
        weight, height, axle load, length, width, hgv, dangerous goods, access. "On every way" is meant
        literally: each way has at least one such sign. Limits come with the greatest value at which there
        would be a way.
    """
    reasons: dict[str, str] = {}
    left = legs.reset_index(drop=True)
    for rule, allowed in _relaxed(ground, vehicle):
        opened = left[_connected(ground, vehicle, left, allowed)]
        if opened.empty:
            continue
        told = _greatest(ground, vehicle, rule, opened) if rule in _LIMITS else {}
        for plant in _plants(opened):
            reasons.setdefault(plant, told.get(plant) or _BANS.get(rule, rule))
        left = left.drop(opened.index)
    return {**dict.fromkeys(_plants(left), NO_ROAD), **reasons}


def _plants(legs: pd.DataFrame) -> list[str]:
    return sorted({*legs["from_plant"], *legs["to_plant"]})


def _connected(ground: Ground, vehicle: Vehicle, legs: pd.DataFrame, allowed: Flags) -> Flags:
    """Return which legs have a way over the allowed edges."""
    if legs.empty:
        return np.zeros(0, dtype=bool)
    driving = ground.driving(vehicle, empty_return=0.0, allowed=allowed)
    source, target = (ground.node.reindex(legs[end]).to_numpy(np.int64) for end in ("from_plant", "to_plant"))
    return np.isfinite(driving.paths(source, target).cost)


def _relaxed(ground: Ground, vehicle: Vehicle) -> Iterator[tuple[str, Flags]]:
    """Yield each rule that closes anything, with the edges open without it; at last without any rule."""
    closing = {name: flags for name, flags in _rules(ground, vehicle).items() if not flags.all()}
    for name in closing:
        yield name, _all_of(ground, [flags for other, flags in closing.items() if other != name])
    if len(closing) > 1:
        yield f"several limits together ({', '.join(closing)}), none of them alone", _all_of(ground, [])


def _all_of(ground: Ground, rules: list[Flags]) -> Flags:
    flags: Flags = np.logical_and.reduce([~ground.cut, *rules])
    return flags


def _rules(ground: Ground, vehicle: Vehicle) -> dict[str, Flags]:
    """Return what each rule leaves open; all together, less what is cut, are ``RoadNetwork.open_to``."""
    network = ground.network
    everything = np.ones(network.edge_count, dtype=bool)
    limits = {
        name: getattr(network, field) >= getattr(vehicle, of_vehicle)
        for name, (field, of_vehicle, _) in _LIMITS.items()
    }
    goods = ~network.hazmat_closed & (network.tunnel < TUNNELS.index(vehicle.tunnel_code))
    return {
        **limits,
        "hgv": ~network.hgv_closed if vehicle.gross_weight_t > HGV_FROM_T else everything,
        "hazmat": goods if vehicle.dangerous else everything,
        "access": ~network.closed | ground.cut,
    }


def _greatest(ground: Ground, vehicle: Vehicle, rule: str, legs: pd.DataFrame) -> dict[str, str]:
    """Return, by plant, the greatest value of a limit at which there is a way for any of its legs."""
    field, of_vehicle, unit = _LIMITS[rule]
    tagged, need = getattr(ground.network, field), getattr(vehicle, of_vehicle)
    others = [flags for name, flags in _rules(ground, vehicle).items() if name != rule]
    found: dict[str, str] = {}
    left = legs
    for value in np.unique(tagged[tagged < need])[::-1]:  # a few dozen signs at most
        allowed = _all_of(ground, [*others, tagged >= value])
        opened = left[_connected(ground, vehicle, left, allowed)]
        for plant in _plants(opened):
            found.setdefault(plant, f"{rule} {value:g} {unit} or less on every way, and it has {need:g} {unit}")
        left = left.drop(opened.index)
        if left.empty:
            break
    return found
