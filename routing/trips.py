"""The ground that trucks drive on: the network with the plants in it, and what each vehicle may do there.

Every class of vehicle finds the nearest road that it may use from each gate. All these access legs are open
to all classes, so a lighter truck has every way that a heavier one has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.study import Study
from routing.layers import layered_arcs
from routing.network import Arcs, Flags, Floats, Graph, Ints, RoadNetwork, Vehicle, arc_graph
from routing.network_cache import cached_network
from routing.paths import Paths, least_cost_paths
from routing.profiles import DrivingCosts, driving_costs, with_heights
from routing.snapping import join, merged, snap
from routing.turns import with_turns
from routing.world import coarse_lengths


@dataclass(frozen=True, eq=False)
class Driving:
    """A vehicle on the network, ready to be routed."""

    network: RoadNetwork  # with the plants in it
    costs: DrivingCosts
    arcs: Arcs  # last-leg roads doubled and turns restricted
    arrival: Ints  # node at which a path to a node arrives (see :mod:`routing.layers`)
    coarse_m: Floats  # per edge (see :mod:`routing.world`)

    def graph(self, weight: Floats | None = None) -> Graph:
        """Return the graph to search, of what is minimised or of another (2, edges) value."""
        weight = self.costs.weight if weight is None else weight
        return arc_graph(self.arcs, weight[self.arcs.against.astype(np.int64), self.arcs.edge])

    def paths(self, source: Ints, target: Ints, weight: Floats | None = None) -> Paths:
        """Return the least-cost path of each pair of nodes of the network."""
        return least_cost_paths(self.graph(weight), source, self.arrival[target])

    def along(self, paths: Paths) -> dict[str, Floats]:
        """Return what is driven on each path, there and back; fuel is in metres of flat road."""
        costs = self.costs
        return {
            "distance_m": paths.total(self.network.length_m),
            "coarse_m": paths.total(self.coarse_m),
            "drive_h": costs.total(paths, costs.hours),
            "back_h": costs.total(paths, costs.hours_back),
            "drive_cost": costs.total(paths, costs.cost),
            "back_cost": costs.total(paths, costs.cost_back),
            "fuel_m": costs.total(paths, costs.fuel_m),
            "fuel_back_m": costs.total(paths, costs.fuel_back_m),
        }


@dataclass(frozen=True, eq=False)
class Ground:
    """The roads of a study with some of its plants joined to them."""

    network: RoadNetwork
    node: pd.Series  # by plant that meets a road
    legs: Flags  # per edge: an access leg
    cut: Flags  # per edge: replaced by its pieces
    too_far: dict[str, float]  # the other plants: metres to the nearest road
    study: Study

    def driving(self, vehicle: Vehicle, *, empty_return: float, allowed: Flags | None = None) -> Driving:
        """Return the network as a vehicle drives it.

        Parameters
        ----------
        vehicle
            Decides which roads are open, last-leg roads included, and what is minimised.
        empty_return
            Share of the way back that is paid.
        allowed
            Other roads than those open to the vehicle, per edge.
        """
        network, classes = self.network, self.study.highways["highway"]
        open_ = network.open_to(vehicle) if allowed is None else allowed
        arcs, arrival = layered_arcs(network, open_, (network.last_leg_only(vehicle) | self.legs) & open_)
        costs = driving_costs(network, vehicle, self.study.settings.trucks, empty_return=empty_return, classes=classes)
        coarse_m = coarse_lengths(network, self.study.highways)
        return Driving(network, costs, with_turns(arcs, network.turns), arrival, coarse_m)


def find_ground(study: Study, plants: Iterable[str], vehicles: Iterable[Vehicle]) -> Ground:
    """Return the roads of a study with plants joined to them at all their gates.

    Parameters
    ----------
    study
        With roads.
    plants
        Which plants.
    vehicles
        All that shall drive there.

    Notes
    -----
    A gate leads to the nearest road that any of the vehicles may use. A vehicle that may not use it leaves
    by another only when that is at most ``trucks.other_road_m`` farther away; else it cannot reach the
    plant, rather than cross fields to a road beyond a weak bridge.
    """
    trucks = study.settings.trucks
    network = with_heights(cached_network(study.roads, study.highways), study.elevation)
    gates = gates_of(study, plants)
    reach = trucks.max_snap_km * 1000
    opens = {np.packbits(flags).tobytes(): flags for flags in map(network.open_to, vehicles)}
    anyone = np.logical_or.reduce(list(opens.values()))
    nearest = snap(network, anyone, gates, reach)
    others = [snap(network, flags, gates, reach) for flags in opens.values()] if len(opens) > 1 else []
    snaps = merged(nearest, others, trucks.other_road_m)
    joined, node = join(network, snaps, trucks.access_kmh)
    legs = np.arange(joined.edge_count) >= joined.edge_count - len(node)
    cut = np.zeros(joined.edge_count, dtype=bool)
    cut[: network.edge_count] = joined.closed[: network.edge_count] & ~network.closed
    by_plant = pd.Series(node, index=snaps.plant).groupby(level=0, sort=False).first()
    return Ground(joined, by_plant, legs, cut, snaps.too_far, study)


def gates_of(study: Study, plants: Iterable[str]) -> gpd.GeoSeries:
    """Return where trucks enter plants, by plant: at its gates, else anywhere along its outline."""
    wanted = set(plants)
    shapes = study.plants.set_index("plant").geometry
    shapes = shapes[shapes.index.isin(wanted)]
    if study.gates.empty:
        return shapes
    gates = study.gates[study.gates["plant"].isin(wanted)].set_index("plant").geometry
    both = [*shapes[~shapes.index.isin(gates.index)].items(), *_parts(gates)]
    return gpd.GeoSeries([shape for _, shape in both], index=[plant for plant, _ in both], crs=study.crs)


def _parts(gates: gpd.GeoSeries) -> Iterable[tuple[str, shapely.Geometry]]:
    """Yield single points: a plant's gates may be drawn as one multipoint."""
    single = gates.explode()
    return zip(single.index, single.to_numpy(), strict=True)
