"""Turn restrictions, exact in a search from node to node.

The road by which a restriction is approached ends at a copy of the junction from which only the other
turns leave. Only restricted junctions are copied, so the network grows by a few per cent at most.

A driver who may not turn left could drive on, turn round in the next junction and come back to turn right.
Lorries do not: after a restricted junction a path may not turn round at the next one, unless the road ends
there. Elsewhere a path may turn round in a junction, which is never shorter except to leave a plant.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from routing.network import Arcs, Flags, Ints


def with_turns(arcs: Arcs, turns: Ints) -> Arcs:
    """Return the arcs with a copy of the junction per restricted approach; nodes keep their numbers.

    Parameters
    ----------
    arcs
        Any arcs of a network.
    turns
        As ``RoadNetwork.turns`` has them.
    """
    key = _key(arcs.edge, arcs.against)
    barred = pd.DataFrame({"origin": turns[:, 0] * 2 + turns[:, 1], "target": turns[:, 2] * 2 + turns[:, 3]})
    barred = barred[barred["origin"].isin(key) & barred["target"].isin(key)]
    if barred.empty:
        return arcs
    barred = pd.concat([barred, _turning_round(arcs, key, barred["origin"])]).drop_duplicates()
    approach = np.flatnonzero(np.isin(key, barred["origin"]))
    head = arcs.head.copy()
    head[approach] = arcs.nodes + np.arange(len(approach))
    from_, to = _followers(arcs, approach)
    named = pd.MultiIndex.from_frame(barred)
    open_ = ~pd.MultiIndex.from_arrays([key[approach[from_]], key[to]]).isin(named)
    from_, to = from_[open_], to[open_]
    return Arcs(
        arcs.nodes + len(approach),
        np.concatenate([arcs.tail, arcs.nodes + from_]),
        np.concatenate([head, head[to]]),
        np.concatenate([arcs.edge, arcs.edge[to]]),
        np.concatenate([arcs.against, arcs.against[to]]),
    )


def _key(edge: Ints, against: Flags) -> Ints:
    number: Ints = edge.astype(np.int64) * 2 + against
    return number


def _followers(arcs: Arcs, approach: Ints) -> tuple[Ints, Ints]:
    """Return every arc that leaves where an approach ends: position in ``approach``, and the arc."""
    ends = pd.DataFrame({"node": arcs.head[approach], "from": np.arange(len(approach))})
    leaving = np.flatnonzero(np.isin(arcs.tail, ends["node"]))
    pairs = ends.merge(pd.DataFrame({"node": arcs.tail[leaving], "to": leaving}), on="node")
    return pairs["from"].to_numpy(dtype=np.int64), pairs["to"].to_numpy(dtype=np.int64)


def _turning_round(arcs: Arcs, key: Ints, origin: pd.Series) -> pd.DataFrame:
    """Return the turns back into the road by which the next junction was reached, but at dead ends."""
    _, after = _followers(arcs, np.flatnonzero(np.isin(key, origin)))
    after = np.unique(after)
    at, onward = _followers(arcs, after)
    on = arcs.edge[onward] != arcs.edge[after[at]]
    goes_on = np.unique(at[on])
    keys = np.unique(key[after[goes_on]])
    return pd.DataFrame({"origin": keys, "target": keys ^ 1})
