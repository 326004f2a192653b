"""The Problem as a plain mixed-integer programme for other solvers: what is written down, nothing strengthened.

Sets, variables and rows (1) to (6) as in ``docs/problem.md``. No bound is tightened, no option dropped, no
component split off; where a big number is needed it is the least that the row itself and the supplies of the
resource give. Trenches gate the sum of what flows in them, or the pipes in them where those have binaries.
Shares no code with ``models``: it is also an oracle for the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array

from data.errors import UnsupportedProblemError
from data.problem import Problem
from data.settings import Limits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PlainModel:
    """Minimise ``offset + cost @ x`` over ``row_lower <= matrix @ x <= row_upper``, ``lower <= x <= upper``."""

    cost: Floats
    lower: Floats
    upper: Floats
    integer: Flags
    matrix: csr_array
    row_lower: Floats
    row_upper: Floats
    offset: float


def plain_model(problem: Problem) -> PlainModel:
    """Return the model.

    Raises
    ------
    UnsupportedProblemError
        Naming what of the Problem is :func:`beyond` it.
    """
    if parts := beyond(problem):
        raise UnsupportedProblemError(f"the plain model does not know {', '.join(parts)}")
    return Builder(problem).build()


def beyond(problem: Problem) -> list[str]:
    """Return the used parts of a Problem that the plain model does not know: only the CO2 cap is a limit to it."""
    used = {
        "periods": len(problem.periods) > 1 or bool((problem.periods["weight"] != 1).any()),
        "quality": len(problem.quality) > 0,
        "upgrades": bool((problem.pipes["upgrade_of"] != "").any()),
        "several pipes side by side": bool((problem.pipes["max_parallel"] > 1).any()),
        "limits": problem.limits.model_copy(update={"co2_cap_t_per_year": None}) != Limits(),
    }
    return [name for name, is_used in used.items() if is_used]


class Builder:
    """Columns, rows and entries, collected block by block."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.nodes, self.resources = pd.Index(problem.nodes["node"]), pd.Index(problem.resources["resource"])
        self.columns: list[tuple[Floats, Floats, Floats, Flags]] = []
        self.rows: list[tuple[Floats, Floats]] = []
        self.entries: list[tuple[Ints, Ints, Floats]] = []
        self.balance: list[tuple[Ints, Ints, Floats]] = []
        self.co2: list[tuple[Ints, Floats]] = []
        self.counts = [0, 0]
        self.offset = self.fixed_co2 = 0.0
        self.most = self._most()

    def add_all(self) -> None:
        """Add every column and row."""
        for part in (
            self._supplies,
            self._demands,
            self._pipelines,
            self._trucks,
            self._hubs,
            self._grades,
            self._balances,
            self._co2,
        ):
            part()

    def build(self) -> PlainModel:
        """Return the whole model as arrays."""
        self.add_all()
        cost, lower, upper, integer = (np.concatenate(part) for part in zip(*self.columns, strict=True))
        row_lower, row_upper = (np.concatenate(part) for part in zip(*self.rows, strict=True))
        row, column, value = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        matrix = coo_array((value, (row, column)), shape=(len(row_lower), len(cost))).tocsr()
        return PlainModel(
            cost, lower, upper, integer.astype(bool), matrix, row_lower, row_upper, self.offset
        )  # fmt: skip

    def variables(
        self, count: int, upper: npt.ArrayLike, cost: npt.ArrayLike, *, lower: npt.ArrayLike = 0.0, whole: bool = False
    ) -> Ints:
        """Add columns and return their numbers."""
        full = [np.broadcast_to(np.asarray(part, dtype=np.float64), count).copy() for part in (cost, lower, upper)]
        self.columns.append((full[0], full[1], full[2], np.full(count, whole)))
        self.counts[0] += count
        return np.arange(self.counts[0] - count, self.counts[0])

    def at_most(self, count: int, upper: npt.ArrayLike, *terms: tuple[Ints, Ints, npt.ArrayLike]) -> None:
        """Add rows ``sum of terms <= upper``; a term is (row within the block, column, coefficient)."""
        self.between(count, -np.inf, upper, *terms)

    def between(
        self, count: int, lower: npt.ArrayLike, upper: npt.ArrayLike, *terms: tuple[Ints, Ints, npt.ArrayLike]
    ) -> None:
        """Add rows with two sides."""
        self.rows.append(
            (np.broadcast_to(np.asarray(lower, float), count), np.broadcast_to(np.asarray(upper, float), count))
        )
        for row, column, value in terms:
            values = np.broadcast_to(np.asarray(value, dtype=np.float64), len(column))
            self.entries.append((np.asarray(row) + self.counts[1], np.asarray(column), values))
        self.counts[1] += count

    def cells(self, node: pd.Series | npt.ArrayLike, resource: pd.Series | npt.ArrayLike) -> Ints:
        """Return a number for each pair of node and resource."""
        at = self.nodes.get_indexer(pd.Index(node)) * len(self.resources)
        return np.asarray(at + self.resources.get_indexer(pd.Index(resource)), dtype=np.int64)

    def flow_in(self, cell: Ints, column: Ints, factor: npt.ArrayLike = 1.0) -> None:
        """Register what a column brings into a cell."""
        self.balance.append((cell, column, np.broadcast_to(np.asarray(factor, dtype=np.float64), len(column))))

    def emit(self, column: Ints, co2: npt.ArrayLike) -> None:
        """Register CO2 per unit of a column."""
        self.co2.append((column, np.broadcast_to(np.asarray(co2, dtype=np.float64), len(column))))

    def _most(self) -> Floats:
        """Return per resource more than can ever be anywhere: supplies, what hubs make, and better grades."""
        problem = self.problem
        hubs = problem.hubs.merge(problem.recipes, on="technology")
        modules = np.maximum(hubs["max_modules"], hubs["existing"])
        made = (hubs["quantity_per_throughput"].clip(lower=0) * hubs["capacity"] * modules).to_numpy()
        total = pd.concat([
            problem.supplies.groupby("resource")["quantity"].sum(),
            pd.Series(made, index=hubs["resource"]).groupby(level=0).sum(),
        ]).groupby(level=0).sum().reindex(self.resources, fill_value=0.0)  # fmt: skip
        own = total.to_numpy()
        most = own.copy()
        better = self.resources.get_indexer(pd.Index(problem.grades["resource"]))
        lesser = self.resources.get_indexer(pd.Index(problem.grades["serves"]))
        for _ in range(len(self.resources) if len(better) else 0):
            # A unit may pass through a lesser grade once; circles of grades at most add up to everything.
            raised = np.minimum(own + np.bincount(lesser, most[better], minlength=len(own)), own.sum())
            if np.array_equal(raised, most):
                break
            most = raised
        return np.asarray(most, dtype=np.float64)

    def _resource(self, names: pd.Series) -> Ints:
        return np.asarray(self.resources.get_indexer(pd.Index(names)), dtype=np.int64)

    def _supplies(self) -> None:
        table = self.problem.supplies
        self.offset += float((table["unplaced_cost"] * table["quantity"]).sum())
        self.fixed_co2 += float((table["co2_unplaced"] * table["quantity"]).sum())
        placed = self.variables(len(table), table["quantity"], table["unit_cost"] - table["unplaced_cost"])
        self.flow_in(self.cells(table["node"], table["resource"]), placed)
        self.emit(placed, -table["co2_unplaced"].to_numpy())
        paid = np.flatnonzero(table["fixed_cost"] > 0)
        opened = self.variables(len(paid), 1, table["fixed_cost"].to_numpy()[paid], whole=True)
        row = np.arange(len(paid))
        quantity = table["quantity"].to_numpy()[paid]
        self.at_most(len(paid), 0, (row, placed[paid], 1), (row, opened, -quantity))  # (2)

    def _demands(self) -> None:
        table = self.problem.demands
        quantity, must = table["quantity"].to_numpy(), table["must_serve"].to_numpy(dtype=bool)
        self.offset += float((table["unserved_cost"] * quantity).sum())
        self.fixed_co2 += float((table["co2_unserved"] * quantity).sum())
        served = self.variables(
            len(table), quantity, table["unit_cost"] - table["unserved_cost"], lower=np.where(must, quantity, 0.0)
        )
        self.flow_in(self.cells(table["node"], table["resource"]), served, -1.0)
        self.emit(served, -table["co2_unserved"].to_numpy())
        fixed = table["fixed_cost"].to_numpy()
        self.offset += float(fixed[must & (quantity > 0)].sum())
        paid = np.flatnonzero((fixed > 0) & ~must)
        opened = self.variables(len(paid), 1, fixed[paid], whole=True)
        row = np.arange(len(paid))
        self.at_most(len(paid), 0, (row, served[paid], 1), (row, opened, -quantity[paid]))  # (2)

    def _pipelines(self) -> None:
        corridors = self.problem.corridors
        pipes = _one_way_where_needed(self.problem)
        at = pipes["corridor_row"].to_numpy()
        ends = corridors.iloc[at]
        most = self.most[self._resource(pipes["resource"])]
        limit = np.fmin(np.fmin(pipes["capacity"].to_numpy(), ends["capacity"].to_numpy()), most)
        paid = np.where(pipes["existing"], 0.0, pipes["fixed_cost"])
        switched = np.flatnonzero((paid > 0) | (pipes["min_flow"] > 0) | pipes["competes"])
        binary = np.full(len(pipes), -1)
        binary[switched] = self.variables(len(switched), 1, paid[switched], whole=True)
        flows, flow_pipe = self._flows(pipes, ends, limit)
        pipes = pipes.assign(binary=binary, limit=limit)
        self._pipe_rows(pipes, flows, flow_pipe)

        gated = (corridors["fixed_cost"] > 0).to_numpy() & ~corridors["existing"].to_numpy(dtype=bool)
        gated &= np.bincount(at, minlength=len(corridors)) > 0
        trench = np.full(len(corridors), -1)
        trench[gated] = self.variables(int(gated.sum()), 1, corridors["fixed_cost"].to_numpy()[gated], whole=True)
        self._trench_rows(pipes, flows, flow_pipe, trench)

    def _flows(self, pipes: pd.DataFrame, ends: pd.DataFrame, limit: Floats) -> tuple[Ints, Ints]:
        """Add a flow for every direction of every pipe; return columns and the pipe of each."""
        way = pipes["way"].to_numpy()
        forward, backward = np.flatnonzero(way != "backward"), np.flatnonzero(way != "forward")
        pipe = np.concatenate([forward, backward])
        turned = np.repeat([False, True], [len(forward), len(backward)])
        rows = pipes.iloc[pipe]
        flows = self.variables(len(pipe), limit[pipe], rows["unit_cost"])
        start, end = ends["from_node"].to_numpy()[pipe], ends["to_node"].to_numpy()[pipe]
        self.flow_in(self.cells(np.where(turned, end, start), rows["resource"]), flows, -1.0)
        self.flow_in(self.cells(np.where(turned, start, end), rows["resource"]), flows, 1 - rows["loss"].to_numpy())
        self.emit(flows, rows["co2_per_unit"].to_numpy())
        return flows, pipe

    def _pipe_rows(self, pipes: pd.DataFrame, flows: Ints, flow_pipe: Ints) -> None:
        """Add (3): capacity, least flow, one option per corridor and resource."""
        binary, limit = pipes["binary"].to_numpy(), pipes["limit"].to_numpy()
        row, count = _numbered(binary >= 0)
        on = np.flatnonzero(binary[flow_pipe] >= 0)
        mine = row[flow_pipe[on]], flows[on]
        chosen = np.flatnonzero(binary >= 0)
        self.at_most(count, 0, (*mine, 1), (row[chosen], binary[chosen], -limit[chosen]))
        both, two = _numbered((binary < 0) & (pipes["way"] == "both").to_numpy() & pipes["capacity"].notna().to_numpy())
        on = np.flatnonzero(both[flow_pipe] >= 0)
        self.at_most(two, limit[both >= 0], (both[flow_pipe[on]], flows[on], 1))
        least = pipes["min_flow"].to_numpy()
        needs, many = _numbered(least > 0)
        on, needing = np.flatnonzero(least[flow_pipe] > 0), np.flatnonzero(least > 0)
        self.between(
            many, 0, np.inf, (needs[flow_pipe[on]], flows[on], 1), (needs[needing], binary[needing], -least[needing])
        )
        rivals = np.flatnonzero(pipes["competes"])
        groups, inverse = np.unique(pipes["group"].to_numpy()[rivals], return_inverse=True)
        self.at_most(len(groups), 1, (inverse, binary[rivals], 1))

    def _trench_rows(self, pipes: pd.DataFrame, flows: Ints, flow_pipe: Ints, trench: Ints) -> None:
        """Add (4): a pipe needs its trench, and all flows together fit into the corridor."""
        binary, limit = pipes["binary"].to_numpy(), pipes["limit"].to_numpy()
        at = pipes["corridor_row"].to_numpy()
        held = np.flatnonzero((binary >= 0) & (trench[at] >= 0))
        row = np.arange(len(held))
        self.at_most(len(held), 0, (row, binary[held], 1), (row, trench[at[held]], -1))
        capacity = self.problem.corridors["capacity"].to_numpy()
        loose = np.zeros(len(trench), dtype=bool)
        loose[at[(binary < 0)]] = True
        needed = (loose & (trench >= 0)) | (np.bincount(at, minlength=len(trench)) > 0) & np.isfinite(capacity)
        number, count = _numbered(needed)
        sums = np.bincount(at, limit, minlength=len(trench))
        bound = np.fmin(capacity, sums)[needed]
        on = np.flatnonzero(needed[at[flow_pipe]])
        gates = trench[needed]
        gated = np.flatnonzero(gates >= 0)
        self.at_most(
            count,
            np.where(gates >= 0, 0.0, bound),
            (number[at[flow_pipe[on]]], flows[on], 1),
            (gated, gates[gated], -bound[gated]),
        )

    def _trucks(self) -> None:
        routes, vehicles = self.problem.routes, self.problem.vehicles.set_index("vehicle")
        most = np.fmin(routes["capacity"].to_numpy(), self.most[self._resource(routes["resource"])])
        hours = (routes["hours_per_trip"] / routes["units_per_trip"].where(routes["units_per_trip"] > 0)).fillna(0.0)
        hours = hours.to_numpy()
        shared = vehicles[(vehicles["fixed_cost"] > 0) & ~vehicles["integer_fleet"]]
        share = (shared["fixed_cost"] / shared["hours_per_year"]).reindex(routes["vehicle"]).fillna(0.0).to_numpy()
        haul = self.variables(len(routes), most, routes["unit_cost"].to_numpy() + share * hours)
        self.flow_in(self.cells(routes["from_node"], routes["resource"]), haul, -1.0)
        self.flow_in(self.cells(routes["to_node"], routes["resource"]), haul)
        self.emit(haul, routes["co2_per_unit"].to_numpy())
        paid = np.flatnonzero(routes["fixed_cost"] > 0)
        bay = self.variables(len(paid), 1, routes["fixed_cost"].to_numpy()[paid], whole=True)
        row = np.arange(len(paid))
        self.at_most(len(paid), 0, (row, haul[paid], 1), (row, bay, -most[paid]))  # (6)
        whole = vehicles[(vehicles["fixed_cost"] > 0) & vehicles["integer_fleet"]]
        number = whole.index.get_indexer(pd.Index(routes["vehicle"]))
        on = np.flatnonzero(number >= 0)
        available = whole["hours_per_year"].to_numpy()
        needed = np.bincount(number[on], (hours * most)[on], minlength=len(whole))
        fleet = self.variables(len(whole), np.ceil(needed / available), whole["fixed_cost"], whole=True)
        row = np.arange(len(whole))
        self.at_most(len(whole), 0, (number[on], haul[on], hours[on]), (row, fleet, -available))  # (6)

    def _hubs(self) -> None:
        hubs = self.problem.hubs
        capacity, existing = hubs["capacity"].to_numpy(), hubs["existing"].to_numpy()
        most = np.maximum(hubs["max_modules"].to_numpy(), existing)
        made = self.variables(len(hubs), capacity * most, hubs["unit_cost"])
        self.emit(made, hubs["co2_per_unit"].to_numpy())
        modules = self.variables(len(hubs), most - existing, hubs["fixed_cost"], whole=True)
        row = np.arange(len(hubs))
        self.at_most(len(hubs), capacity * existing, (row, made, 1), (row, modules, -capacity))  # (5)
        uses = hubs.assign(column=made)[["node", "technology", "column"]].merge(self.problem.recipes, on="technology")
        self.flow_in(
            self.cells(uses["node"], uses["resource"]),
            uses["column"].to_numpy(dtype=np.int64),
            uses["quantity_per_throughput"].to_numpy(),
        )

    def _grades(self) -> None:
        """Let a better grade serve a lesser one at every node; chains pass through the grades between."""
        grades, nodes = self.problem.grades.query("resource != serves"), self.problem.nodes["node"]
        node = np.repeat(nodes.to_numpy(), len(grades))
        rows = grades.iloc[np.tile(np.arange(len(grades)), len(nodes))]
        column = self.variables(len(rows), self.most[self._resource(rows["resource"])], rows["unit_cost"])
        self.flow_in(self.cells(node, rows["resource"]), column, -1.0)
        self.flow_in(self.cells(node, rows["serves"]), column)

    def _balances(self) -> None:
        cell, column, value = (np.concatenate(part) for part in zip(*self.balance, strict=True))
        cells, row = np.unique(cell, return_inverse=True)
        self.between(len(cells), 0, 0, (row, column, value))  # (1)

    def _co2(self) -> None:
        column, amount = (np.concatenate(part) for part in zip(*self.co2, strict=True))
        price, cap = self.problem.settings.co2_price, self.problem.limits.co2_cap_t_per_year
        self.offset += price * self.fixed_co2
        start = 0
        for cost, *_ in self.columns:
            inside = (column >= start) & (column < start + len(cost))
            np.add.at(cost, column[inside] - start, price * amount[inside])
            start += len(cost)
        if cap is not None:
            self.at_most(1, cap - self.fixed_co2, (np.zeros(len(column), dtype=np.int64), column, amount))


def _numbered(chosen: Flags) -> tuple[Ints, int]:
    """Return 0, 1, 2, ... for what is chosen and -1 for the rest, and how many are chosen."""
    return np.where(chosen, np.cumsum(chosen) - 1, -1), int(chosen.sum())


def _one_way_where_needed(problem: Problem) -> pd.DataFrame:
    """Return the pipes with ``corridor_row``, ``way``, ``group`` and ``competes``.

    A two-way pipe with losses or a least flow becomes two one-way ones: to and fro must not count as flow. New
    pipes of a corridor and resource exclude one another; an existing pipe excludes only itself turned round.
    """
    row = pd.Index(problem.corridors["corridor"]).get_indexer(pd.Index(problem.pipes["corridor"]))
    pipes = problem.pipes.assign(corridor_row=row)
    both = problem.corridors["both_ways"].to_numpy(dtype=bool)[row]
    split = both & ((pipes["min_flow"] > 0) | (pipes["loss"] > 0)).to_numpy()
    pipes["way"] = np.where(both & ~split, "both", "forward")
    pipes["option_row"] = np.arange(len(pipes))
    pipes = pd.concat([pipes, pipes[split].assign(way="backward")], ignore_index=True)
    kind = pipes.groupby(["corridor", "resource"], sort=False).ngroup().to_numpy()
    group = np.where(pipes["existing"], -1 - pipes["option_row"], kind)
    again = pd.Series(group).duplicated(keep=False).to_numpy()
    return pipes.assign(group=group, competes=again)
