"""From a Problem to the network of which the model is built."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.problem import Problem
from data.settings import Limits
from models.network import Network, build_network
from models.origins import trace_origins
from models.tighten import tighten


def prepare_network(problem: Problem) -> Network:
    """Return the Problem's network with its choices marked, its origins traced and its bounds tightened."""
    network = tighten(mark_choices(build_network(problem), problem.limits))
    traced = trace_origins(network, problem)
    return network if traced is network else tighten(traced)


def mark_choices(network: Network, limits: Limits) -> Network:
    """Return the network with forced corridors and hubs marked, and nothing through forbidden ones.

    A forced corridor is dug and a forced hub has a module, whether or not anything uses them. Hubs are counted
    where places of hubs are limited.
    """
    corridors, hubs = network.corridors, network.hubs
    shut = corridors["corridor"].isin(limits.forbidden_corridors).to_numpy()
    closed = shut[network.pipes["corridor_row"].to_numpy()][network.flows["pipe"].to_numpy()]
    return replace(
        network,
        corridors=corridors.assign(forced=corridors["corridor"].isin(limits.forced_corridors)),
        flows=network.flows.assign(bound=np.where(closed, 0.0, network.flows["bound"])),
        hubs=hubs.assign(
            least=hubs["hub"].isin(limits.forced_hubs).astype("int64"),
            counted=(hubs["role"] == "hub") & (limits.max_hub_sites is not None),
            bound=hubs["bound"].where(~hubs["hub"].isin(limits.forbidden_hubs), 0.0),
        ),
    )
