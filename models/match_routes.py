"""Which matched pairs have a way to go, once routes and corridors are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from data.problem import Problem
from models.match_rules import reasons
from models.matching import Matching, judged
from models.network import Floats, grade_chains

_STEP_M = 1e-6  # length of what has none, such as a change of grade: a sparse matrix would drop a zero


def with_routes(matching: Matching, problem: Problem) -> Matching:
    """Return the matching with what the candidates say about each pair that could be an exchange.

    Parameters
    ----------
    matching
        Of :func:`models.matching.find_matches`.
    problem
        The candidates of the same study: routes, corridors and pipes.

    Returns
    -------
    Matching
        Its pairs also have ``truck_km`` (the shortest direct route) and ``pipe_km`` (the shortest way through
        corridors in which a pipe for it could lie); NaN where there is none. A pair that no route and no pipe
        brings together, in any combination, is ``impossible`` by the rule ``route``.
    """
    pairs = matching.pairs
    asked = pairs["verdict"].isin(["possible", "conditional"]) & (pairs["from_plant"] != pairs["to_plant"])
    states = _States(problem)
    truck = states.lengths(pairs[asked], states.routes(), grades=False)
    pipe = states.lengths(pairs[asked], states.pipes(), grades=True)
    mixed = states.lengths(pairs[asked], pd.concat([states.routes(), states.pipes()]), grades=True)
    km = pd.DataFrame({"truck_km": truck, "pipe_km": pipe, "any_km": mixed}, index=pairs.index[asked]) / 1000
    km = km.where(np.isfinite(km)).reindex(pairs.index)
    there, lost = asked & km["any_km"].notna(), asked & km["any_km"].isna()
    texts = [_told(*row) for row in km[there].itertuples(index=False)]
    found = [
        reasons(pairs, there, "route", "ok", texts),
        reasons(pairs, lost, "route", "no", ["no truck route and no pipe leads there"] * int(lost.sum())),
    ]
    known = pairs.drop(columns=["verdict", "reason"]).assign(truck_km=km["truck_km"], pipe_km=km["pipe_km"])
    return judged(known, pd.concat([matching.reasons, *found], ignore_index=True))


def _told(truck_km: float, pipe_km: float, any_km: float) -> str:
    ways = [f"{km:,.1f} km by {name}" for km, name in ((pipe_km, "pipe"), (truck_km, "truck")) if not np.isnan(km)]
    return " or ".join(ways) or f"{any_km:,.1f} km by pipe and truck in turn"


class _States:
    """What can be where: a state is a node with a resource, an arc brings one to another."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        nodes, resources = problem.nodes["node"], problem.resources["resource"]
        self._index = pd.MultiIndex.from_product([nodes, resources])

    def __call__(self, node: pd.Series, resource: pd.Series) -> np.ndarray:
        return np.asarray(self._index.get_indexer(pd.MultiIndex.from_arrays([node, resource])))

    def routes(self) -> pd.DataFrame:
        """Return the direct truck routes as arcs: tail, head, metres."""
        table = self._problem.routes
        return self._arcs(table, "from_node", "to_node", table["distance_m"])

    def pipes(self) -> pd.DataFrame:
        """Return the corridors in which a pipe for a resource could lie as arcs."""
        table = self._problem.pipes[["corridor", "resource"]].drop_duplicates()
        table = table.merge(self._problem.corridors, on="corridor")
        back = table[table["both_ways"].astype(bool)]
        return pd.concat([
            self._arcs(table, "from_node", "to_node", table["length_m"]),
            self._arcs(back, "to_node", "from_node", back["length_m"]),
        ])  # fmt: skip

    def _arcs(self, table: pd.DataFrame, start: str, end: str, metres: pd.Series) -> pd.DataFrame:
        tail, head = (self(table[column], table["resource"]) for column in (start, end))
        return pd.DataFrame({"tail": tail, "head": head, "metres": metres.fillna(0.0).to_numpy() + _STEP_M})

    def _grades(self) -> pd.DataFrame:
        chains = grade_chains(self._problem.grades).merge(self._problem.nodes[["node"]], how="cross")
        tail, head = self(chains["node"], chains["resource"]), self(chains["node"], chains["serves"])
        return pd.DataFrame({"tail": tail, "head": head, "metres": _STEP_M})

    def lengths(self, pairs: pd.DataFrame, arcs: pd.DataFrame, *, grades: bool) -> Floats:
        """Return the metres of the shortest way of each pair over arcs, infinite where there is none.

        Without ``grades`` a single arc has to bring the resource as it is given or as it is received.
        """
        end_as = pairs["received_as"]
        if not grades:
            best = arcs.groupby(["tail", "head"])["metres"].min()
            ends = pairs["from_plant"], pairs["to_plant"]
            either = [
                best.reindex(pd.MultiIndex.from_arrays([self(end, name) for end in ends])).to_numpy(dtype=np.float64)
                for name in (pairs["resource"], end_as)
            ]
            shortest: Floats = np.fmin(either[0], either[1])
            return shortest
        arcs = pd.concat([arcs, self._grades()]).groupby(["tail", "head"], as_index=False)["metres"].min()
        size = len(self._index)
        graph = coo_array((arcs["metres"], (arcs["tail"], arcs["head"])), shape=(size, size)).tocsr()
        start, end = self(pairs["from_plant"], pairs["resource"]), self(pairs["to_plant"], end_as)
        sources, place = np.unique(start, return_inverse=True)
        if not len(sources):
            return np.empty(0)
        metres: Floats = dijkstra(graph, indices=sources)[place, end]
        return metres
