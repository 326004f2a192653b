"""What a kilometre of road costs a truck: speed caps, tolls, signed truck routes and hills.

Per edge and direction, with ``f`` the fuel used relative to a flat road,

    f     = max(0, 1 + grade / 1 %)
    cost  = cost_per_km km (1 - s + s f) + toll_per_km km (on toll roads) + cost_per_h hours
    hours = km / min(tagged or usual speed, cap of the vehicle, cap of the class, climbing speed)

with ``s`` = ``trucks.fuel_share``. The least of ``(there + e back) / (1 + e)`` is searched for, where ``e``
is the share of the way back that a haul pays, times ``trucks.designated_factor`` on roads signed for
trucks. That factor steers the search only; what is reported is without it.

Hills follow from the forces on the truck. A grade of 1 % pulls as hard as a flat road does at 80 km/h:
rolling resistance 0.6 % of the weight (tyres of class C of Regulation (EU) 2020/740 have 0.4 to 0.8 %) and
air drag 0.4 % (1.2 kg/m3, drag area 6 m2, 44 t). Downhill the fuel saved is at most all of it. Uphill a
laden truck has 7.5 kW per tonne (330 kW, 44 t), of which 85 % reach the wheels; the empty one is not
slowed. Grades are rise over length of an edge, at most 12 % either way: a height model does not know
bridges, cuttings and tunnels.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import map_coordinates

from data.carriage import tunnel_code
from data.settings import Trucks
from data.study import Raster
from routing.network import Floats, RoadNetwork, Vehicle
from routing.paths import Paths

_FLAT_RESISTANCE = 0.01  # pull on a flat road, share of the weight (see the module)
_STEEPEST = 0.12
_CLIMB_KMH = 7.5 * 0.85 / 9.81 * 3.6  # W/kg at the wheels over gravity, in km/h: speed times grade and resistance


def vehicle_of(row: pd.Series, adr_class: str) -> Vehicle:
    """Return a vehicle class of the catalogue laden with goods of an ADR class (``""``: not dangerous)."""
    return Vehicle(
        gross_weight_t=float(row["gross_weight_t"]),
        height_m=float(row["height_m"]),
        axle_load_t=float(row["axle_load_t"]),
        dangerous=adr_class != "",
        max_speed_kmh=float(row["max_speed_kmh"]),
        cost_per_km=float(row["cost_per_km"]),
        cost_per_h=float(row["cost_per_h"]),
        tunnel_code=tunnel_code(adr_class),
        length_m=float(row["length_m"]),
        width_m=float(row["width_m"]),
    )


@dataclass(frozen=True, eq=False)
class DrivingCosts:
    """What driving costs one vehicle: (2, edges) arrays have a row along each edge and one against it."""

    weight: Floats  # (2, edges): what is minimised, currency
    cost: Floats  # (2, edges): distance cost and toll of the laden way there, currency
    cost_back: Floats  # (2, edges): of the way back of that, along the same roads, in the other direction
    hours: Floats  # (2, edges)
    hours_back: Floats  # (2, edges)
    fuel_m: Floats  # (2, edges): metres on a flat road that take as much fuel as the way there
    fuel_back_m: Floats  # (2, edges)

    def total(self, paths: Paths, values: Floats) -> Floats:
        """Return the sum of a (2, edges) value along each path; zero where there is no path."""
        steps = values[paths.against.astype(np.int64), paths.edge]
        sums = np.bincount(paths.pair, weights=steps, minlength=len(paths.cost))
        return sums.astype(np.float64, copy=False)


def driving_costs(
    network: RoadNetwork, vehicle: Vehicle, trucks: Trucks, *, empty_return: float, classes: pd.Series
) -> DrivingCosts:
    """Return what the edges of a network cost a vehicle.

    Parameters
    ----------
    network
        With ``rise_m`` where heights are known.
    vehicle
        Its cost per km and hour and its speed cap.
    trucks
        Speed caps by highway class, toll, preference and fuel share.
    empty_return
        Share of the way back that is paid.
    classes
        Highway classes in the order of ``network.road_class``.
    """
    km = network.length_m / 1000
    grade = _grades(network)
    fuel = np.maximum(0.0, 1 + grade / _FLAT_RESISTANCE)
    flat_kmh = np.minimum(network.speed_kmh, vehicle.max_speed_kmh)
    caps = np.append([trucks.speed_caps_kmh.get(str(name), np.inf) for name in classes], np.inf)
    flat_kmh = np.minimum(flat_kmh, caps[network.road_class])
    climb_kmh = _CLIMB_KMH / (_FLAT_RESISTANCE + np.maximum(grade, 0))
    uphill = grade > 0
    hours = km / np.where(uphill, np.minimum(flat_kmh, climb_kmh), flat_kmh)
    hours_back = np.stack([km / flat_kmh] * 2)
    toll = np.where(network.toll, trucks.toll_per_km, 0.0) * km
    share = trucks.fuel_share
    cost = vehicle.cost_per_km * km * (1 - share + share * fuel) + toll
    cost_back = cost[::-1]
    there = cost + vehicle.cost_per_h * hours
    back = cost_back + vehicle.cost_per_h * hours_back
    weight = (there + empty_return * back) / (1 + empty_return)
    weight = weight * np.where(network.designated, trucks.designated_factor, 1.0)
    metres = fuel * network.length_m
    return DrivingCosts(weight, cost, cost_back, hours, hours_back, metres, metres[::-1])


def _grades(network: RoadNetwork) -> Floats:
    """Return the grade along and against each edge, (2, edges); zero where heights are not known."""
    rise = np.nan_to_num(network.rise_m)
    grade = np.divide(rise, network.length_m, out=np.zeros(len(rise)), where=network.length_m > 0)
    grade = np.clip(grade, -_STEEPEST, _STEEPEST)
    return np.stack([grade, -grade])


def with_heights(network: RoadNetwork, elevation: Raster | None) -> RoadNetwork:
    """Return the network with rises read off a height model where the roads do not tell them.

    Heights are interpolated between the cells' centres; a node outside the model or beside a missing cell
    has none, and its roads count as flat.
    """
    unknown = np.isnan(network.rise_m)
    if elevation is None or not unknown.any():
        return network
    column, row = ~elevation.transform @ (network.x, network.y)
    height = map_coordinates(
        elevation.values, [row - 0.5, column - 0.5], order=1, mode="constant", cval=np.nan, output=np.float64
    )
    rise = np.where(unknown, height[network.head] - height[network.tail], network.rise_m)
    return dataclasses.replace(network, rise_m=rise)
