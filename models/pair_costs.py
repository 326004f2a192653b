"""What one exchange would cost alone, and what it would save."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from data.problem import Problem


class PairCosts:
    """Costs per unit of single exchanges in a Problem; CO2 is charged at the Problem's price."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._price = problem.settings.co2_price

    def benefit(self, supply: pd.Series, demand: pd.Series) -> float:
        """Return what one unit exchanged saves: disposal, virgin purchase, their CO2, less handling."""
        saved = supply["unplaced_cost"] + demand["unserved_cost"] - supply["unit_cost"] - demand["unit_cost"]
        return float(saved + self._price * (supply["co2_unplaced"] + demand["co2_unserved"]))

    def ways(self, supply: pd.Series, demand: pd.Series) -> dict[str, float]:
        """Return currency per unit by truck and by pipeline, where there is such a way.

        Both carry the smaller of supply and demand, as the resource that is given or wanted, and pay bays,
        trenches and pipes alone.
        """
        quantity = float(min(supply["quantity"], demand["quantity"]))
        if quantity <= 0:
            return {}
        names = list(dict.fromkeys([supply["resource"], demand["resource"]]))
        ends = str(supply["node"]), str(demand["node"])
        ways = {
            "truck": min(self._truck(name, *ends, quantity) for name in names),
            "pipeline": min(self._pipe(name, *ends, quantity) for name in names),
        }
        return {mode: cost for mode, cost in ways.items() if np.isfinite(cost)}

    def _truck(self, resource: str, start: str, end: str, quantity: float) -> float:
        """Return the cheapest direct route; a small route carries only what it can."""
        routes = self._problem.routes
        own = (routes["resource"] == resource) & (routes["from_node"] == start) & (routes["to_node"] == end)
        routes = routes[own]
        carried = routes["capacity"].fillna(np.inf).clip(upper=quantity)
        unit = routes["unit_cost"] + self._price * routes["co2_per_unit"] + routes["fixed_cost"] / carried
        return float(unit.min()) if len(unit) else np.inf

    def _pipe(self, resource: str, start: str, end: str, quantity: float) -> float:
        """Return the cheapest way through the corridors, each with its cheapest pipe that is large enough."""
        edges = self._edges(resource, quantity)
        nodes = pd.Index(self._problem.nodes["node"])
        first, last = nodes.get_indexer(pd.Index(edges["from_node"])), nodes.get_indexer(pd.Index(edges["to_node"]))
        turned = edges["both_ways"].to_numpy(dtype=bool)
        tails, heads = np.concatenate([first, last[turned]]), np.concatenate([last, first[turned]])
        weight = np.concatenate([edges["cost"], edges["cost"][turned]])
        if not len(weight):
            return np.inf
        # Of parallel corridors the cheapest; a sparse matrix would add them up, and would drop free ones.
        table = pd.DataFrame({"tail": tails, "head": heads, "weight": weight}).groupby(["tail", "head"], as_index=False)
        table = table["weight"].min()
        graph = coo_array((table["weight"] + 1e-12, (table["tail"], table["head"])), shape=(len(nodes), len(nodes)))
        origin, target = nodes.get_indexer(pd.Index([start, end]))
        cost = dijkstra(graph.tocsr(), indices=origin)[target]
        return float(cost / quantity)

    def _edges(self, resource: str, quantity: float) -> pd.DataFrame:
        """Return the corridors with what it costs per year to bring ``quantity`` through each."""
        problem = self._problem
        pipes = problem.pipes[problem.pipes["resource"] == resource].merge(
            problem.corridors, on="corridor", suffixes=("", "_trench")
        )
        room = np.minimum(pipes["capacity"].fillna(np.inf), pipes["capacity_trench"].fillna(np.inf))
        pipes = pipes[(room >= quantity) & (pipes["min_flow"] <= quantity)]
        unit = (pipes["unit_cost"] + self._price * pipes["co2_per_unit"]).clip(lower=0.0)
        laid = pipes["fixed_cost"].where(~pipes["existing"], 0.0)
        dug = pipes["fixed_cost_trench"].where(~pipes["existing_trench"], 0.0)
        return pipes.assign(cost=laid + dug + unit * quantity)
