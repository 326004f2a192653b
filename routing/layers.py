"""Who may drive through and who may only arrive: arcs for roads that end in the plant's own street.

A road signed ``destination``, ``delivery`` or ``customers`` is open to whoever has business along it. The
*mainland* is where through traffic goes: the largest part of the network that hangs together without such
roads. Everything else (last-leg roads, and what lies behind them) is doubled: a copy of each node on the
way out and one on the way in.

    plant a ── out ──> mainland ── in ──> plant b

A path may leave through the out copy into the mainland and enter an in copy from it, but from an in copy
there is no way back, so it ends in the street that it entered. A path between two plants of one street
changes from out to in on any road there. So last-leg roads are used on the first and last leg, exactly, in
one search per source, and no path leads through a plant from one of its gates to another.

What lies behind last-leg roads is decided without limits of weight, height and the like, so it is the same
for a light and a heavy truck, and the light one never has fewer ways. A heavy truck kept from a quarter's
ordinary roads by a limit is not let in through its last-leg roads.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from routing.network import Arcs, Flags, Ints, RoadNetwork


def layered_arcs(network: RoadNetwork, allowed: Flags, last_leg: Flags) -> tuple[Arcs, Ints]:
    """Return the arcs of allowed edges, and the node at which a path to each node arrives.

    Parameters
    ----------
    network
        With n nodes.
    allowed
        Which edges may be used.
    last_leg
        Which of them may be used only to reach what lies along or behind them.

    Returns
    -------
    arcs
        Nodes 0 to n - 1 are where paths begin; nodes from n on are in copies.
    arrival
        Per node: itself on the mainland, else its in copy.
    """
    main = _mainland(network, (allowed | ~network.closed) & ~last_leg)
    arrival = np.arange(network.node_count)
    arrival[~main] = network.node_count + np.arange(np.count_nonzero(~main))
    tail, head, edge, against = network.arcs
    usable = allowed[edge] & ~(last_leg[edge] & main[tail] & main[head])
    behind = usable & ~(main[tail] & main[head])
    parts = [
        (np.flatnonzero(usable & main[tail] & main[head]), tail, head),
        (np.flatnonzero(behind & ~main[tail]), tail, head),  # on the way out
        (np.flatnonzero(behind & ~main[tail] & ~main[head]), tail, arrival[head]),  # from one plant to its neighbour
        (np.flatnonzero(behind & ~main[head]), arrival[tail], arrival[head]),  # on the way in
    ]
    tails, heads, arcs = (
        np.concatenate([start[of] for of, start, _ in parts]),
        np.concatenate([end[of] for of, _, end in parts]),
        np.concatenate([of for of, _, _ in parts]),
    )
    nodes = network.node_count + int(np.count_nonzero(~main))
    return Arcs(nodes, tails, heads, edge[arcs], against[arcs]), arrival


def _mainland(network: RoadNetwork, ordinary: Flags) -> Flags:
    """Return the nodes of the largest weakly connected part of the ordinary edges."""
    main = np.zeros(network.node_count, dtype=bool)
    tail, head = network.tail[ordinary], network.head[ordinary]
    if len(tail):
        shape = (network.node_count, network.node_count)
        _, label = connected_components(coo_array((np.ones(len(tail)), (tail, head)), shape=shape), directed=False)
        main = label == np.bincount(label).argmax()
    return main
