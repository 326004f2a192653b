"""Turn restrictions of an OpenStreetMap extract, as nodes: coming from here through there, not on to that.

A restriction is kept when it goes from one way to another through a single node and concerns trucks.
Left out: those through a way, conditional ones, and those of which a member is missing or passes
through the node instead of ending there (the mapping is ambiguous).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
import pandas as pd
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import RELATION, Relation

_KEYS = ("restriction:hgv", "restriction")  # the most specific first


@dataclass(frozen=True)
class Turn:
    """One pair of ways of a restriction."""

    origin: int  # way
    via: int  # node
    target: int  # way
    only: bool  # True: all other turns from the origin are forbidden; False: this one is


def read_turns(path: Path) -> list[Turn]:
    """Return the turn restrictions of an extract that concern trucks."""
    relations = osmium.FileProcessor(str(path)).with_filter(EntityFilter(RELATION)).with_filter(KeyFilter(*_KEYS))
    return [turn for relation in relations if isinstance(relation, Relation) for turn in _turns(relation)]


def _turns(relation: Relation) -> Iterator[Turn]:
    tags = relation.tags
    kind = next((tags[key] for key in _KEYS if key in tags), "")
    if tags.get("type", "") != "restriction" or not kind.startswith(("no_", "only_")):
        return
    if {"hgv", "motor_vehicle"} & set((tags.get("except") or "").replace(" ", "").split(";")):
        return
    members: dict[str, list[int]] = {"fromw": [], "tow": [], "vian": []}
    for member in relation.members:
        members.setdefault(member.role + member.type, []).append(member.ref)
    if len(members["vian"]) != 1:
        return
    for origin, target in product(members["fromw"], members["tow"]):
        yield Turn(origin, members["vian"][0], target, kind.startswith("only_"))


def no_turns(
    turns: list[Turn], way: npt.NDArray[np.int64], u: npt.NDArray[np.int64], v: npt.NDArray[np.int64]
) -> list[str]:
    """Return, per edge, the forbidden turns at its ends as ``"via>next;..."`` (``""`` for most).

    Parameters
    ----------
    turns
        As read.
    way, u, v
        Way id and end nodes of each edge.
    """
    found: list[set[str]] = [set() for _ in way]
    edge = np.arange(len(way))
    ends = pd.DataFrame({"edge": [*edge, *edge], "way": [*way, *way], "node": [*u, *v], "next": [*v, *u]})
    ends = ends[ends["node"].isin({turn.via for turn in turns}) & (ends["node"] != ends["next"])]
    at = {int(str(node)): group for node, group in ends.groupby("node")}
    for turn in turns:  # a few per thousand junctions
        if turn.via not in at:
            continue
        here = at[turn.via]
        origin, target = here[here["way"] == turn.origin], here[here["way"] == turn.target]
        if len(origin) != 1 or len(target) != 1:
            continue
        towards = int(target["next"].iloc[0])
        barred = set(here["next"]) - {towards} if turn.only else {towards}
        found[int(origin["edge"].iloc[0])] |= {f"{turn.via}>{node}" for node in barred}
    return [";".join(sorted(texts)) for texts in found]
