"""Pipes that were there already as one line each, though a plan joins them at taps along their length."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd
import shapely

_SAME = ["resource", "option", "period"]
_SUMS = ["length_m", "fixed_cost", "flow_cost", "co2", "trench_cost"]


def whole_pipes(pieces: pd.DataFrame) -> pd.DataFrame:
    """Return the pipes with the pieces of each existing one joined.

    Parameters
    ----------
    pieces
        Rows of the plan's ``built_pipes`` with ``from_node``, ``to_node``, ``length_m``, ``trench_cost``, ``flow``,
        ``load_share`` and a line as ``geometry``.

    Returns
    -------
    DataFrame
        With ``pieces``, how many were joined. Lengths and costs are sums, flows and the load those of the
        piece where they are largest, seen in the direction from ``from_node`` to ``to_node``.
    """
    old = pieces["existing"].fillna(value=False).astype(bool)
    group = pieces[_SAME].astype("str").agg("\t".join, axis=1) if len(pieces) else pieces["option"]
    several = old & (group.groupby(group).transform("size") > 1)
    rows = [_joined(part) for _, part in pieces[several].groupby(group[several], sort=True)]
    kept = pieces[~several].assign(pieces=1)
    if not rows:
        return kept
    whole = pd.DataFrame(rows).astype({name: pieces[name].dtype for name in pieces.columns})
    return pd.concat([kept, whole], ignore_index=True)


def _joined(parts: pd.DataFrame) -> dict[Hashable, object]:
    """Return one row for the pieces of a pipe."""
    along = _turned_alike(parts)
    fullest = along["flow"].to_numpy().argmax()
    return {
        **along.iloc[fullest].to_dict(),
        **along[_SUMS].sum(min_count=1).to_dict(),
        "corridor": ";".join(along["corridor"]),
        "from_node": along["from_node"].iloc[0],
        "to_node": along["to_node"].iloc[-1],
        "flow_forward": along["flow_forward"].max(),
        "flow_backward": along["flow_backward"].max(),
        "geometry": shapely.line_merge(shapely.MultiLineString(list(along["geometry"]))),
        "pieces": len(along),
    }


def _turned_alike(parts: pd.DataFrame) -> pd.DataFrame:
    """Return the pieces in their order along the pipe, all in one direction."""
    ends = parts[["from_node", "to_node"]].to_numpy(dtype=object)
    names, times = np.unique(ends.ravel().astype(str), return_counts=True)
    left, order, turned = list(range(len(parts))), [], []
    here = next(iter(names[times == 1]), names[0])
    while left:
        onward = [k for k in left if here in ends[k]]
        piece = onward[0] if onward else left[0]
        left.remove(piece)
        order.append(piece)
        turned.append(ends[piece][1] == here)
        here = ends[piece][0] if turned[-1] else ends[piece][1]
    along, back = parts.iloc[order].reset_index(drop=True), np.array(turned)
    for one, other in (("from_node", "to_node"), ("flow_forward", "flow_backward")):
        first, second = along[one].where(~back, along[other]), along[other].where(~back, along[one])
        along[one], along[other] = first, second
    return along
