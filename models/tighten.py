"""Bounds tightened and dead ends removed before the model is built.

Every bound rests on one statement: no quantity ever needs to travel in a circle, nor to and fro in one
pipe. Then an arc carries no more than what its upstream cell can hold and its downstream cell can use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from models.network import Floats, Ints, Network

Flags = npt.NDArray[np.bool_]

_ROUNDS = 30  # bounds move one arc per round; long chains gain little from more


def tighten(network: Network) -> Network:
    """Return the network with the least ``bound`` that can be proven quickly, and without useless rows.

    Removed: pipe candidates, routes, grade uses and hubs that cannot carry anything from a supply to a
    demand; pipe options that another option of the same corridor and resource beats in every respect.
    Supplies and demands stay; a ``bound`` of 0 says that nothing can leave or reach them.
    """
    network = replace(network, hubs=network.hubs.assign(bound=_hubs_of_use(network)))
    arc_bound, hub_bound, supply_bound, demand_bound = _Propagation(network).run()
    flow_count, haul_count = len(network.flows), len(network.hauls)
    network = replace(
        network,
        flows=network.flows.assign(bound=arc_bound[:flow_count]),
        hauls=network.hauls.assign(bound=arc_bound[flow_count : flow_count + haul_count]),
        grades=network.grades.assign(bound=arc_bound[flow_count + haul_count :]),
        hubs=network.hubs.assign(bound=hub_bound),
        supplies=network.supplies.assign(bound=supply_bound),
        demands=network.demands.assign(bound=demand_bound),
    )
    return _without_useless(network)


def _hubs_of_use(network: Network) -> Floats:
    """Return each hub's bound, 0 where an input cannot arrive or an output has nowhere to go."""
    bound: Floats = network.hubs["bound"].to_numpy(dtype=np.float64).copy()
    recipes = network.recipes
    while True:
        fed, drained = _reach(network, bound)
        eats = (recipes["coefficient"] < 0).to_numpy()
        cell, hub = recipes["cell"].to_numpy(), recipes["hub"].to_numpy()
        stuck = np.where(eats, ~fed[cell], ~drained[cell]) & (bound[hub] > 0)
        if not stuck.any():
            return bound
        bound[hub[stuck]] = 0.0


def _reach(network: Network, hub_bound: Floats) -> tuple[Flags, Flags]:
    """Return per cell whether a supply or hub can fill it, and whether a demand or hub can drain it."""
    arcs, recipes = network.arcs, network.recipes
    count = len(network.cells)
    works = hub_bound[recipes["hub"].to_numpy()] > 0
    makes = works & (recipes["coefficient"] > 0).to_numpy()
    eats = works & (recipes["coefficient"] < 0).to_numpy()
    cell = recipes["cell"].to_numpy()
    full = network.supplies.loc[network.supplies["bound"] > 0, "cell"].to_numpy()
    wanted = network.demands.loc[network.demands["bound"] > 0, "cell"].to_numpy()
    usable = (arcs["bound"] > 0).to_numpy()
    tails, heads = arcs["from_cell"].to_numpy()[usable], arcs["to_cell"].to_numpy()[usable]
    fed = reachable(count, np.concatenate([full, cell[makes]]), tails, heads)
    drained = reachable(count, np.concatenate([wanted, cell[eats]]), heads, tails)
    return fed, drained


def reachable(count: int, starts: Ints, tails: Ints, heads: Ints) -> Flags:
    """Return which of ``count`` cells can be reached from any of the starts."""
    starts = np.unique(starts)
    rows = np.concatenate([tails, np.full(len(starts), count)])
    columns = np.concatenate([heads, starts])
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(count + 1, count + 1)).tocsr()
    reached = np.zeros(count + 1, dtype=bool)
    reached[breadth_first_order(graph, count, return_predecessors=False)] = True
    return reached[:count]


@dataclass
class _Propagation:
    """Repeated passing of bounds along arcs; every array is in units per year."""

    network: Network

    def run(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the bounds of arcs, hubs, supplies and demands."""
        network = self.network
        arcs = network.arcs
        tail, head = arcs["from_cell"].to_numpy(), arcs["to_cell"].to_numpy()
        twin, keep = arcs["twin"].to_numpy(), 1 - arcs["loss"].to_numpy()
        hub = network.hubs["bound"].to_numpy(dtype=np.float64)
        fed, drained = _reach(network, hub)
        bound = np.where(fed[tail] & drained[head], arcs["bound"], 0.0)
        total = self._component_total(hub)
        bound = np.minimum(bound, total[tail])
        supply, demand = self._ends(fed, drained)
        for _ in range(_ROUNDS):
            source, sink = self._own(hub, supply, demand)
            filled = source + _summed(head, bound * keep, len(source))
            used = sink + _summed(tail, bound, len(sink))
            back = np.where(twin >= 0, bound[twin], 0.0)
            back_keep = np.where(twin >= 0, keep[twin], 1.0)
            send = filled[tail] - back * back_keep
            take = (used[head] - back) / keep
            new = np.minimum(bound, _round_up(np.maximum(np.minimum(send, take), 0.0)))
            new_hub = self._hub_bound(hub, filled, used)
            moved = (new < bound * (1 - 1e-9)).any() or (new_hub < hub * (1 - 1e-9)).any()
            bound, hub = new, new_hub
            if not moved:
                break
        source, sink = self._own(hub, supply, demand)
        leaves = _round_up(sink + _summed(tail, bound, len(sink)))
        arrives = _round_up(source + _summed(head, bound * keep, len(source)))
        supply = np.minimum(supply, np.minimum(leaves, total)[network.supplies["cell"].to_numpy()])
        demand = np.minimum(demand, np.minimum(arrives, total)[network.demands["cell"].to_numpy()])
        return bound, hub, supply, demand

    def _ends(self, fed: Flags, drained: Flags) -> tuple[Floats, Floats]:
        """Return what supplies and demands may move, 0 where nothing can take or bring it."""
        supplies, demands = self.network.supplies, self.network.demands
        supply = np.where(drained[supplies["cell"].to_numpy()], supplies["bound"], 0.0)
        demand = np.where(fed[demands["cell"].to_numpy()], demands["bound"], 0.0)
        return supply, demand

    def _own(self, hub: Floats, supply: Floats, demand: Floats) -> tuple[Floats, Floats]:
        """Return per cell what its own supplies and hubs bring, and what its demands and hubs take."""
        network, count = self.network, len(self.network.cells)
        cell = network.recipes["cell"].to_numpy()
        amount = network.recipes["coefficient"].to_numpy() * hub[network.recipes["hub"].to_numpy()]
        source = _summed(network.supplies["cell"], supply, count) + _summed(cell, np.maximum(amount, 0), count)
        sink = _summed(network.demands["cell"], demand, count) + _summed(cell, np.maximum(-amount, 0), count)
        return source, sink

    def _component_total(self, hub: Floats) -> Floats:
        """Return per cell the most that can move in its component.

        All supply; where nothing is lost, no more than all demand either.
        """
        arcs = self.network.arcs
        count = len(self.network.cells)
        graph = coo_array((np.ones(len(arcs)), (arcs["from_cell"], arcs["to_cell"])), shape=(count, count))
        _, label = connected_components(graph.tocsr(), directed=False)
        ends = self.network.supplies["bound"].to_numpy(), self.network.demands["bound"].to_numpy()
        source, sink = self._own(hub, *ends)
        total = _summed(label, source, count)
        lossy = _summed(label[arcs["from_cell"].to_numpy()], arcs["loss"], count) > 0
        total = np.where(lossy, total, np.minimum(total, _summed(label, sink, count)))
        return np.asarray(_round_up(total)[label])

    def _hub_bound(self, hub: Floats, filled: Floats, used: Floats) -> Floats:
        """Return throughput bounded by each input that can arrive and each output that can be used."""
        recipes = self.network.recipes
        cell, coefficient = recipes["cell"].to_numpy(), recipes["coefficient"].to_numpy()
        most = np.where(coefficient < 0, filled[cell], used[cell]) / np.abs(coefficient)
        out = hub.copy()
        np.minimum.at(out, recipes["hub"].to_numpy(), _round_up(most))
        return out


def _summed(cells: npt.ArrayLike, amounts: npt.ArrayLike, count: int) -> Floats:
    """Return the sum of amounts per cell."""
    sums = np.bincount(np.asarray(cells, dtype=np.int64), np.asarray(amounts, dtype=np.float64), minlength=count)
    return np.asarray(sums, dtype=np.float64)


def _round_up(values: Floats) -> Floats:
    """Return values rounded up in their twelfth digit: sums and differences must never cut a true bound."""
    safe = np.where(values > 0, values, 1.0)
    unit = 10.0 ** (np.floor(np.log10(safe)) - 11)
    rounded = np.round(safe / unit * (1 - 1e-14))
    rounded = np.where(rounded * unit < safe, rounded + 1, rounded) * unit
    nice = np.round(safe, 6)  # 0.1 + 0.2 becomes 0.3 again where that is not less
    rounded = np.where((nice >= safe) & (nice <= rounded), nice, rounded)
    return np.where(values > 0, rounded, 0.0)


def _without_useless(network: Network) -> Network:
    flows, pipes = network.flows, network.pipes
    most, least = _carried_at_most(network), pipes["min_flow"].to_numpy()
    # Over time what replaces another stays in use, so there is a row to say that it cannot be.
    stuck = (pipes["upgrade_of"] != "").to_numpy() & (len(network.periods) > 1)
    keep_pipe = (most > 0) & ((most >= least) | stuck)
    # What may be built only to be replaced need not be of use itself.
    stays = keep_pipe & (pipes["kids"] >= 0).to_numpy() & ~pipes["existing"].to_numpy()
    keep_pipe[keep_pipe] = stays[keep_pipe] | ~_dominated(pipes[keep_pipe], most[keep_pipe])
    keep_pipe |= _replaced_by(pipes, keep_pipe)
    number = np.where(keep_pipe, np.cumsum(keep_pipe) - 1, -1)
    keep_flow = keep_pipe[flows["pipe"].to_numpy()] & (flows["bound"] > 0).to_numpy()
    flow_number = np.where(keep_flow, np.cumsum(keep_flow) - 1, -1)
    twin = flows["twin"].to_numpy()
    flows = flows.assign(pipe=number[flows["pipe"].to_numpy()], twin=np.where(twin >= 0, flow_number[twin], -1))
    keep_hub = ((network.hubs["bound"] > 0) | (network.hubs["least"] > 0)).to_numpy()
    hub_number = np.cumsum(keep_hub) - 1
    hub = network.recipes["hub"].to_numpy()
    recipes = network.recipes.assign(hub=hub_number[hub])[keep_hub[hub]] if len(hub) else network.recipes
    return replace(
        network,
        pipes=network.pipes[keep_pipe].reset_index(drop=True),
        flows=flows[keep_flow].reset_index(drop=True),
        hauls=network.hauls[network.hauls["bound"] > 0].reset_index(drop=True),
        grades=network.grades[network.grades["bound"] > 0].reset_index(drop=True),
        hubs=network.hubs[keep_hub].reset_index(drop=True),
        recipes=recipes.reset_index(drop=True),
    )


def _carried_at_most(network: Network) -> Floats:
    """Return the most that can enter each candidate, over all origins, in the direction that carries more."""
    streams = network.flows.groupby(["pipe", "origin"], sort=False)["bound"].max()
    most = streams.groupby("pipe").sum().reindex(range(len(network.pipes)), fill_value=0.0).to_numpy()
    room = network.pipes["capacity"].to_numpy() * network.pipes["max_parallel"].to_numpy()
    return np.asarray(np.minimum(most, room), dtype=np.float64)


def _replaced_by(pipes: pd.DataFrame, keep: Flags) -> Flags:
    """Return the candidates that some kept candidate replaces, directly or in steps."""
    group, kids = pipes["group"].to_numpy(), pipes["kids"].to_numpy()
    wanted = keep.copy()
    while True:
        more = wanted | ((kids >= 0) & np.isin(kids, group[wanted]))
        if (more == wanted).all():
            return np.asarray(more & ~keep)
        wanted = more


def _dominated(pipes: pd.DataFrame, most: Floats) -> Flags:
    """Return which new candidates another new one of the same group and way beats in every respect.

    ``most`` is the tightened bound of a candidate; of equals the first stays. A candidate goes only when the
    same other one beats it in every period in which it could be used: what is built once serves in all.
    """
    measures = ["fixed_cost", "unit_cost", "min_flow", "loss", "co2_per_unit", "room", "invested"]
    several = (pipes["max_parallel"] > 1).to_numpy()
    one = np.where(several, np.minimum(most, pipes["capacity"].to_numpy()), most)
    table = pipes.assign(room=1.0 / pipes["max_parallel"])[["choice", "group", "way", "option", *measures]]
    table = table.assign(row=np.arange(len(pipes)), most=-one)
    table = table[~pipes["existing"].to_numpy()]
    pairs = table.merge(table, on=["choice", "group", "way"], suffixes=("", "_other"))
    pairs = pairs[pairs["option"] != pairs["option_other"]]
    columns = [*measures, "most"]
    own, other = pairs[columns].to_numpy(), pairs[[f"{name}_other" for name in columns]].to_numpy()
    pairs = pairs.assign(no_worse=(other <= own).all(axis=1), equal=(other == own).all(axis=1))
    pairs = pairs.assign(later=pairs["row_other"] < pairs["row"], periods=1)
    # Over time one pipe may be used in either way; in a single period each way stands for itself.
    same = ["choice", "option"] if len(set(pipes["when"])) > 1 else ["choice", "option", "way"]
    both = pairs.groupby([*same, "option_other"], sort=False, as_index=False).agg(
        {"no_worse": "all", "equal": "all", "later": "all", "periods": "sum"}
    )
    both = both.merge(table.groupby(same, sort=False).size().rename("usable").reset_index(), on=same)
    beaten = both[(both["periods"] == both["usable"]) & both["no_worse"] & (~both["equal"] | both["later"])]
    lost = table.merge(beaten[same].drop_duplicates(), on=same)["row"]
    out = np.zeros(len(pipes), dtype=bool)
    out[lost.to_numpy(dtype=np.int64)] = True
    return out
