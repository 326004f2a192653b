"""The Problem as arrays: cells, arcs between them, and what may enter and leave.

A *cell* is a pair (node, resource). Everything that carries or turns a quantity is an arc between two
cells: a pipe (same resource, two nodes), a truck route (same), a use as a lesser grade (same node, two
resources). Hubs eat from and make into cells. :mod:`models.tighten` works on this value; the families of
constraints read it.

Of several periods :mod:`models.phases` sets one copy of the network beside another. Every row says in which
it lives: ``when`` (number of the period), ``period`` (its name, blank when there is only one), ``key`` (name of
the row in the model, which ends with the period when there are several).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.problem import Problem
from models.phases import copied, invested, period_table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """Tables whose rows are variables of the model; ``bound`` is the most each can be in units/year.

    Attributes
    ----------
    periods
        ``period``, ``years``, ``weight`` (sum of discount factors), one row when time does not matter.
    cells
        ``node``, ``resource``; the row number is the cell's number.
    supplies, demands
        The Problem's rows with ``cell`` and ``bound``.
    corridors
        The Problem's rows with ``forced``; like pipes, hauls and hubs with ``invested``: what building one
        takes from the budget.
    pipes
        One row per candidate that may be chosen: the Problem's row with ``corridor_row``, ``way``
        (``both``, ``forward``, ``backward``), ``key`` (its name in the model), ``group`` (candidates that
        share the room of one pipe; -1 for an existing pipe's single candidate), ``kids`` (the group of the
        candidates that would replace it; -1: none), ``choice`` (the group's number in every period).
    flows
        One row per pipe candidate and direction: ``pipe`` (row in ``pipes``), ``backward``, ``from_cell``,
        ``to_cell``, ``loss``, ``bound``, ``twin`` (row of the other direction, or -1). Flows, hauls, grades and
        cells have ``origin``: blank until :mod:`models.origins` splits them by where a quantity comes from.
    hauls
        The Problem's routes with ``from_cell``, ``to_cell``, ``bound``.
    grades
        Uses as a lesser grade: ``node``, ``resource``, ``serves``, ``unit_cost``, ``from_cell``, ``to_cell``,
        ``bound``.
    hubs
        The Problem's rows with ``most`` and ``least`` (modules), ``bound`` (throughput) and ``counted`` (whether its
        place counts towards a limit).
    recipes
        ``hub`` (row in ``hubs``), ``cell``, ``coefficient`` (negative eaten).
    vehicles
        The Problem's rows.
    mixes, forced
        Rows of quality and of forced exchanges; see :mod:`models.origins`.
    """

    periods: pd.DataFrame
    cells: pd.DataFrame
    supplies: pd.DataFrame
    demands: pd.DataFrame
    corridors: pd.DataFrame
    pipes: pd.DataFrame
    flows: pd.DataFrame
    hauls: pd.DataFrame
    grades: pd.DataFrame
    hubs: pd.DataFrame
    recipes: pd.DataFrame
    vehicles: pd.DataFrame
    mixes: pd.DataFrame = field(default_factory=pd.DataFrame)
    forced: pd.DataFrame = field(default_factory=pd.DataFrame)

    def uses(self, arrivals: pd.DataFrame) -> pd.DataFrame:
        """Return arrivals (``from_cell``, ``to_cell``) with ``use``, the row of ``grades`` by which each comes."""
        ways = self.grades[["from_cell", "to_cell"]].assign(use=np.arange(len(self.grades)))
        return arrivals.merge(ways, on=["from_cell", "to_cell"])

    @property
    def arcs(self) -> pd.DataFrame:
        """Return flows, hauls and grades in this order as one table of arcs (``twin`` -1: none)."""
        columns = ["from_cell", "to_cell", "bound"]
        flows = self.flows[[*columns, "loss", "twin"]]
        others = pd.concat([self.hauls[columns], self.grades[columns]]).assign(loss=0.0, twin=-1)
        return pd.concat([flows, others], ignore_index=True)


class _Cells:
    """Numbers for (node, resource) pairs, in the order in which they are first asked for."""

    def __init__(self, problem: Problem) -> None:
        self._nodes = pd.Index(problem.nodes["node"])
        self._resources = pd.Index(problem.resources["resource"])
        self._codes: list[Ints] = []

    def __call__(self, nodes: pd.Series, resources: pd.Series) -> Ints:
        node = self._nodes.get_indexer(pd.Index(nodes)).astype(np.int64)
        resource = self._resources.get_indexer(pd.Index(resources)).astype(np.int64)
        code: Ints = node * len(self._resources) + resource
        self._codes.append(code)
        return code

    def unique(self) -> Ints:
        return np.asarray(pd.unique(np.concatenate(self._codes))) if self._codes else np.zeros(0, np.int64)

    def table(self, codes: Ints) -> pd.DataFrame:
        width = max(len(self._resources), 1)
        nodes, resources = self._nodes[codes // width], self._resources[codes % width]
        return pd.DataFrame({
            "node": nodes,
            "resource": resources,
            "key": pd.Series(list(zip(nodes, resources, strict=True)), dtype="object"),
        })  # fmt: skip


def build_network(problem: Problem) -> Network:
    """Return the Problem as a network, bounded only by what its own rows say, once per period."""
    cells = _Cells(problem)
    supplies, demands = _streams(problem, cells)
    pipes = _pipe_candidates(problem)
    flows = _flows(pipes, problem.corridors, cells)
    routes = problem.routes
    hauls = routes.assign(
        from_cell=cells(routes["from_node"], routes["resource"]),
        to_cell=cells(routes["to_node"], routes["resource"]),
        bound=routes["capacity"].fillna(np.inf),
        invested=invested(problem, routes),
        key=routes["route"],
        origin="",
    )
    hubs, recipes = _hubs(problem, cells)
    grades = _grade_arcs(problem, cells, cells.unique())
    codes = cells.unique()
    number = pd.Series(np.arange(len(codes)), index=codes)
    periods = period_table(problem)

    def table(rows: pd.DataFrame, **steps: int) -> pd.DataFrame:
        ends = [name for name in ("cell", "from_cell", "to_cell") if name in rows.columns]
        numbers = {name: number.reindex(rows[name]).to_numpy(dtype=np.int64) for name in ends}
        return copied(rows.assign(**numbers), periods, **dict.fromkeys(ends, len(codes)), **steps)

    return Network(
        periods=periods,
        cells=table(cells.table(codes).assign(origin="")),
        supplies=table(supplies),
        demands=table(demands),
        corridors=table(problem.corridors.assign(key=problem.corridors["corridor"],
                                                 invested=invested(problem, problem.corridors), forced=False)),
        pipes=table(pipes, corridor_row=len(problem.corridors), group=3 * len(pipes), kids=3 * len(pipes)),
        flows=table(flows, pipe=len(pipes), twin=len(flows)),
        hauls=table(hauls),
        grades=table(grades),
        hubs=table(hubs),
        recipes=table(recipes, hub=len(hubs)),
        vehicles=table(problem.vehicles.assign(key=problem.vehicles["vehicle"])),
    )  # fmt: skip


def _streams(problem: Problem, cells: _Cells) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return supplies and demands with their cells and bounds."""
    supplies, demands = (
        table.assign(cell=cells(table["node"], table["resource"]), bound=table["quantity"], key=table[name])
        for name, table in (("supply", problem.supplies), ("demand", problem.demands))
    )
    return supplies, demands


def _pipe_candidates(problem: Problem) -> pd.DataFrame:
    """Return the candidates of which the model chooses.

    A two-way pipe with a least flow or a loss is offered as two one-way candidates: otherwise sending a
    quantity to and fro would count as flow, or let losses swallow what nobody takes.
    """
    corridor_row = pd.Index(problem.corridors["corridor"]).get_indexer(pd.Index(problem.pipes["corridor"]))
    pipes = problem.pipes.assign(corridor_row=corridor_row)
    both_ways = problem.corridors["both_ways"].to_numpy(dtype=bool)[corridor_row]
    pipes["capacity"] = pipes["capacity"].fillna(np.inf)
    split = both_ways & ((pipes["min_flow"] > 0) | (pipes["loss"] > 0)).to_numpy()
    pipes["way"] = np.where(both_ways & ~split, "both", "forward")
    pipes["split"] = split
    backward = pipes[split].assign(way="backward")
    pipes = pd.concat([pipes, backward]).sort_index(kind="stable").reset_index(drop=True)
    pipes["key"] = list(zip(pipes["corridor"], pipes["resource"], pipes["option"], pipes["way"], strict=True))
    # At most one new option per corridor and resource; an existing pipe competes only with itself turned round.
    new = pipes.groupby(["corridor", "resource"], sort=False).ngroup()
    own = pipes.groupby(["corridor", "resource", "option"], sort=False).ngroup() + len(pipes)
    group = np.where(pipes["existing"], np.where(pipes["split"], own, -1), new)
    # The upgrades of one pipe compete for its place, and count neither as new nor as existing ones.
    place = pd.MultiIndex.from_frame(pipes[["corridor", "resource", "upgrade_of"]])
    olds = pd.MultiIndex.from_frame(pipes[["corridor", "resource", "option"]])
    upgrades = pipes.groupby(["corridor", "resource", "upgrade_of"], sort=False).ngroup().to_numpy() + 2 * len(pipes)
    is_upgrade = (pipes["upgrade_of"] != "").to_numpy()
    by_old = pd.Series(upgrades[is_upgrade], index=place[is_upgrade])
    by_old = by_old[~by_old.index.duplicated()]
    kids = by_old.reindex(olds).fillna(-1).to_numpy(dtype=np.int64)
    group = np.where(is_upgrade, upgrades, group)
    return pipes.assign(group=group, kids=kids, choice=group, invested=invested(problem, pipes))


def _flows(pipes: pd.DataFrame, corridors: pd.DataFrame, cells: _Cells) -> pd.DataFrame:
    """Return one row per candidate and direction, a two-way pipe's forward row before its backward row."""
    forward = np.flatnonzero(pipes["way"] != "backward")
    backward = np.flatnonzero(pipes["way"] != "forward")
    pipe = np.concatenate([forward, backward])
    back = np.concatenate([np.zeros(len(forward), bool), np.ones(len(backward), bool)])
    order = np.lexsort((back, pipe))
    pipe, back = pipe[order], back[order]
    rows = pipes.iloc[pipe]
    ends = corridors.iloc[rows["corridor_row"]]
    start = pd.Series(np.where(back, ends["to_node"], ends["from_node"]), dtype="str")
    end = pd.Series(np.where(back, ends["from_node"], ends["to_node"]), dtype="str")
    both = (rows["way"] == "both").to_numpy()
    here = np.arange(len(pipe))
    return pd.DataFrame({
        "pipe": pipe,
        "backward": back,
        "from_cell": cells(start, rows["resource"]),
        "to_cell": cells(end, rows["resource"]),
        "loss": rows["loss"].to_numpy(),
        "bound": np.minimum(rows["capacity"] * rows["max_parallel"], ends["capacity"].fillna(np.inf).to_numpy())
        .to_numpy(),
        "twin": np.where(both, np.where(back, here - 1, here + 1), -1),
        "origin": "",
    })  # fmt: skip


def _hubs(problem: Problem, cells: _Cells) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return hubs with their greatest throughput, and what each eats and makes per throughput."""
    most = np.maximum(problem.hubs["max_modules"], problem.hubs["existing"])
    hubs = problem.hubs.assign(
        most=most,
        bound=most * problem.hubs["capacity"],
        least=0,
        counted=False,
        key=problem.hubs["hub"],
        invested=invested(problem, problem.hubs),
    )
    recipes = (
        hubs[["node", "technology"]]
        .assign(hub=np.arange(len(hubs)))
        .merge(problem.recipes, on="technology", how="inner")
        .query("quantity_per_throughput != 0")
        .sort_values("hub", kind="stable")
        .reset_index(drop=True)
    )
    return hubs, pd.DataFrame({
        "hub": recipes["hub"].to_numpy(dtype=np.int64),
        "cell": cells(recipes["node"], recipes["resource"]),
        "coefficient": recipes["quantity_per_throughput"].to_numpy(dtype=np.float64),
    })  # fmt: skip


def grade_chains(grades: pd.DataFrame) -> pd.DataFrame:
    """Return every pair (better, lesser) that the grades allow, directly or in steps, at least cost.

    Columns ``resource``, ``serves``, ``unit_cost`` (currency per unit). Steps add up; of several chains
    the cheapest counts (Bellman-Ford on a handful of rows).
    """
    direct = grades[["resource", "serves", "unit_cost"]].query("resource != serves")
    chains = direct
    for _ in range(len(direct)):
        longer = chains.merge(direct, left_on="serves", right_on="resource", suffixes=("", "_step"))
        longer = longer.assign(serves=longer["serves_step"], unit_cost=longer["unit_cost"] + longer["unit_cost_step"])
        found = pd.concat([chains, longer[["resource", "serves", "unit_cost"]].query("resource != serves")])
        found = found.groupby(["resource", "serves"], sort=False, as_index=False)["unit_cost"].min()
        if len(found) == len(chains) and np.allclose(found["unit_cost"], chains["unit_cost"], rtol=0, atol=0):
            break
        chains = found
    return chains.reset_index(drop=True)


def _grade_arcs(problem: Problem, cells: _Cells, known: Ints) -> pd.DataFrame:
    """Return an arc at every node where both the better and the lesser grade can be."""
    chains = grade_chains(problem.grades)
    there = cells.table(known)[["node", "resource"]]
    arcs = there.merge(chains, on="resource").merge(there.rename(columns={"resource": "serves"}), on=["node", "serves"])
    return arcs.assign(
        from_cell=cells(arcs["node"], arcs["resource"]),
        to_cell=cells(arcs["node"], arcs["serves"]),
        bound=np.inf,
        key=pd.Series(list(zip(arcs["node"], arcs["resource"], arcs["serves"], strict=True)), dtype="object"),
        origin="",
    )
