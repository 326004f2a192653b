"""The plan's tables, read from the values of a solved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.contracts import contract, make_table
from data.problem import Problem
from models.attribution import Attribution, attribute
from models.costs import cost_table
from models.exchanges import exchange_table
from models.families.ledger import Thing
from models.families.trucks import hours_per_unit
from models.network import Floats, Network
from models.standing import over_time
from models.values import Values, matched


@dataclass(frozen=True)
class _Moved:
    """What each kind of arc carries, units/year, and what hubs make."""

    flow: Floats
    haul: Floats
    convert: Floats
    made: Floats


def read_tables_back(problem: Problem, network: Network, values: Values) -> dict[str, pd.DataFrame]:
    """Return every table of the Plan but ``indicators``.

    What is written is the sum of the exchanges: quantities that travel in circles, and pipes and bays that
    carry nothing, are left out. They cost something or nothing, but never less than nothing. Of several periods
    every table has a row per period: what is built is listed, and paid, from the period in which it is first
    used (under a budget, in which the solver built it) to the end, also while it carries nothing.
    """
    attribution = attribute(network, values)
    moved = _moved(network, values, attribution)
    decided = values.stands if problem.limits.investment_budget is not None else {}
    reader = _Reader(problem, network, moved, decided)
    tables = {"unplaced": _unplaced(network, values), "unserved": _unserved(network, values)}
    tables["built_pipes"] = reader.pipes()
    tables["hauls"] = reader.hauls()
    tables["built_hubs"] = reader.hubs()
    tables["built_corridors"] = reader.corridors(tables["built_pipes"])
    tables["fleets"] = _fleets(network, tables["hauls"])
    tables["exchanges"] = exchange_table(problem, network, attribution, tables)
    tables["costs"] = cost_table(problem, network, tables, moved.convert)
    return tables


def _moved(network: Network, values: Values, attribution: Attribution) -> _Moved:
    """Return the paths' sums; the solver's own values where a least flow or a loss lives on a circle."""
    flows, hauls = len(network.flows), len(network.hauls)
    arcs = attribution.arc_totals(len(values.arcs))
    per_pipe = np.bincount(network.flows["pipe"], arcs[:flows], minlength=len(network.pipes))
    too_little = (per_pipe > 0) & (per_pipe < network.pipes["min_flow"].to_numpy() * (1 - 1e-6))
    if too_little.any() or not attribution.is_complete:
        arcs = values.arcs
    return _Moved(arcs[:flows], arcs[flows : flows + hauls], arcs[flows + hauls :], values.made)


def _unplaced(network: Network, values: Values) -> pd.DataFrame:
    supplies = network.supplies
    left = supplies["quantity"] - values.placed
    table = supplies[["supply", "node", "resource", "period"]].assign(
        quantity=left, placed=values.placed, cost=left * supplies["unplaced_cost"], co2=left * supplies["co2_unplaced"]
    )
    return make_table("plan", "unplaced", table)


def _unserved(network: Network, values: Values) -> pd.DataFrame:
    demands = network.demands
    short = demands["quantity"] - values.served
    table = demands[["demand", "node", "resource", "period"]].assign(
        quantity=short, served=values.served, cost=short * demands["unserved_cost"], co2=short * demands["co2_unserved"]
    )
    return make_table("plan", "unserved", table)


@dataclass(frozen=True)
class _Reader:
    """What is built, in the Problem's rows."""

    problem: Problem
    network: Network
    moved: _Moved
    decided: Mapping[Thing, Sequence[float]]

    def _over_time(self, table: pd.DataFrame, used: pd.DataFrame, kind: str, keys: list[str]) -> pd.DataFrame:
        return over_time(table, used, kind=kind, keys=keys, periods=self.network.periods, decided=self.decided)

    def pipes(self) -> pd.DataFrame:
        """Return the pipes that carry or have carried something; two one-way candidates of one option are one pipe."""
        pipes, flow = self.network.pipes, self.moved.flow
        backward = self.network.flows["backward"].to_numpy(dtype=bool)
        row, count = self.network.flows["pipe"].to_numpy(), len(pipes)
        keys = ["corridor", "resource", "option"]
        used = pipes.assign(
            flow_forward=np.bincount(row, np.where(backward, 0.0, flow), minlength=count),
            flow_backward=np.bincount(row, np.where(backward, flow, 0.0), minlength=count),
        )
        used["number"] = _pipe_counts(used)
        used = used[used["number"] > 0][[*keys, "when", "number", "existing", "flow_forward", "flow_backward"]]
        used["number"] = used["number"].where(~used.pop("existing"), 0)
        table = self._over_time(self.problem.pipes, used, kind="pipe", keys=keys)
        quantity = table["flow_forward"] + table["flow_backward"]
        number = table["number"].where(~table["existing"], 1).astype("int64")
        table = table.assign(
            count=number,
            capacity=table["capacity"] * number,
            fixed_cost=(table["fixed_cost"] * number).where(~table["existing"], 0.0),
            capex_fixed=(table["capex_fixed"] * number).where(~table["existing"], 0.0),
            flow_cost=quantity * table["unit_cost"],
            co2=quantity * table["co2_per_unit"],
        )
        return _plan_table("built_pipes", table)

    def corridors(self, built_pipes: pd.DataFrame) -> pd.DataFrame:
        """Return the corridors in which a pipe stands or something flows, and forced ones."""
        corridors = self.problem.corridors
        forced = self.network.corridors.loc[self.network.corridors["forced"], ["corridor", "period"]]
        used = pd.concat([built_pipes[["corridor", "period"]], forced]).drop_duplicates()
        new = corridors.loc[~corridors["existing"], "corridor"]
        used = used.assign(
            when=pd.Index(self.network.periods["period"]).get_indexer(pd.Index(used["period"])),
            number=used["corridor"].isin(new).astype("float64"),
        ).drop(columns="period")
        table = self._over_time(corridors, used, kind="trench", keys=["corridor"])
        paid = {name: table[name].where(~table["existing"], 0.0) for name in ("fixed_cost", "capex_fixed")}
        return _plan_table("built_corridors", table.assign(**paid))

    def hauls(self) -> pd.DataFrame:
        """Return what is hauled, and loading bays that stand idle."""
        routes = self.network.hauls
        used = routes[["route", "when"]].assign(
            number=(routes["fixed_cost"] > 0).astype("float64"), quantity=self.moved.haul
        )
        table = self._over_time(self.problem.routes, used[used["quantity"] > 0], kind="bay", keys=["route"])
        quantity = table["quantity"]
        return _plan_table(
            "hauls",
            table.assign(
                trips_per_year=quantity / table["units_per_trip"].where(table["units_per_trip"] > 0),
                hours_per_year=quantity * hours_per_unit(table),
                cost=quantity * table["unit_cost"] + table["fixed_cost"],
                co2=quantity * table["co2_per_unit"],
            ),
        )

    def hubs(self) -> pd.DataFrame:
        """Return the hubs that make something, or have been given modules to."""
        hubs, made = self.network.hubs, self.moved.made
        needed = np.maximum(np.ceil(made / hubs["capacity"].to_numpy() - 1e-9), hubs["least"].to_numpy())
        new = np.maximum(needed - hubs["existing"].to_numpy(), 0.0)
        used = hubs[["hub", "when"]].assign(number=new, throughput=made)[(made > 0) | (hubs["least"] > 0)]
        table = self._over_time(self.problem.hubs, used, kind="hub", keys=["hub"])
        cost = table["number"] * table["fixed_cost"] + table["throughput"] * table["unit_cost"]
        modules = (table["number"] + table["existing"]).astype("int64")
        capex = table["number"] * table["capex_fixed"]
        return _plan_table("built_hubs", table.assign(modules=modules, cost=cost, capex_fixed=capex))


def _pipe_counts(pipes: pd.DataFrame) -> pd.Series:
    """Return how many of each pipe the flows need, and how many new ones were built only to be replaced."""
    quantity = pipes["flow_forward"] + pipes["flow_backward"]
    count = np.maximum(np.ceil(quantity / pipes["capacity"].where(pipes["capacity"] > 0, np.inf) - 1e-9), 1)
    count = count.where(quantity > 0, 0).astype("int64")
    if not (pipes["upgrade_of"] != "").any():
        return count
    olds = [pipes["corridor"], pipes["resource"], pipes["upgrade_of"], pipes["when"]]
    here = pd.MultiIndex.from_frame(pipes[["corridor", "resource", "option", "when"]])
    first = ~here.duplicated()  # of a pipe's two one-way candidates
    total = count
    for _ in range(len(pipes)):  # from the last upgrade of a chain to the first
        gone = total.groupby(olds).sum().reindex(here).fillna(0).to_numpy()
        new = count + np.where(first & ~pipes["existing"], gone, 0).astype("int64")
        if (new == total).all():
            break
        total = new
    return total


def _plan_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    return make_table("plan", name, table[[column for column in contract("plan")[name] if column in table.columns]])


def _fleets(network: Network, hauls: pd.DataFrame) -> pd.DataFrame:
    """Return the vehicles in service; a class that does not say how long it runs is left out."""
    hours = hauls.groupby(["vehicle", "period"])["hours_per_year"].sum()
    table = network.vehicles[network.vehicles["hours_per_year"] > 0]
    table = table.assign(in_service=matched(table, ["vehicle", "period"], hours).fillna(0.0))
    table = table[table["in_service"] > 0]
    needed = table["in_service"] / table["hours_per_year"]
    needed = needed.where(~table["integer_fleet"], np.ceil(needed - 1e-9))
    out = table[["vehicle", "period"]].assign(
        vehicles=needed, hours_per_year=table["in_service"], cost=needed * table["fixed_cost"]
    )
    return make_table("plan", "fleets", out)
