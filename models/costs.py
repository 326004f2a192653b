"""The costs table: every term of the objective, period by period."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from data.contracts import make_table
from data.problem import Problem
from models.network import Floats, Network
from models.values import lookup

Total = Callable[[str, "pd.Series"], Floats]  # of a table's amounts, per period


def cost_table(problem: Problem, network: Network, tables: dict[str, pd.DataFrame], converted: Floats) -> pd.DataFrame:
    """Return what is paid for in each period, times the period's weight: the amounts add up to the objective.

    Parameters
    ----------
    problem, network
        The Problem and the network made from it.
    tables
        The Plan's other tables.
    converted
        Units/year by row of ``network.grades``.
    """
    names, weights = network.periods["period"].tolist(), network.periods["weight"].to_numpy()
    number = pd.Series(range(len(names)), index=names)

    def total(name: str, amounts: pd.Series) -> Floats:
        return _spread(tables[name]["period"].map(number), amounts, len(names))

    co2 = _co2(problem, tables, total)
    terms = [
        *_stream_terms(network, tables),
        *_transport_terms(network, tables, total),
        (
            "grades",
            _spread(network.grades["when"], converted * network.grades["unit_cost"], len(names)),
            "use of better grades as lesser ones",
        ),
    ]
    rows = [
        (term, amount, description, period)
        for term, amounts, description in terms
        for amount, period in zip((weights * amounts).tolist(), names, strict=True)
    ]
    rows += [
        ("co2", problem.settings.co2_price * weight * amount, f"{amount:.6g} t CO2/year at the CO2 price", period)
        for amount, weight, period in zip(co2.tolist(), weights.tolist(), names, strict=True)
    ]
    return make_table("plan", "costs", pd.DataFrame(rows, columns=["term", "amount", "description", "period"]))


def _spread(when: pd.Series, amounts: pd.Series | Floats, count: int) -> Floats:
    """Return the sum of amounts per period."""
    sums = np.bincount(when.astype("int64"), np.asarray(amounts, dtype=np.float64), minlength=count)
    return np.asarray(sums, dtype=np.float64)


def _stream_terms(network: Network, tables: dict[str, pd.DataFrame]) -> list[tuple[str, Floats, str]]:
    """Return the terms of supplies and demands; their plan tables have the network's rows in its order."""
    supplies, demands, count = network.supplies, network.demands, len(network.periods)
    placed, served = tables["unplaced"]["placed"].to_numpy(), tables["unserved"]["served"].to_numpy()
    terms: list[tuple[str, pd.DataFrame, pd.Series | Floats, str]] = [
        ("giving", supplies, placed * supplies["unit_cost"], "unit cost of supplies placed"),
        ("opening_supplies", supplies, (placed > 0) * supplies["fixed_cost"], "fixed cost of supplies used"),
        ("disposal", supplies, tables["unplaced"]["cost"], "disposal of what is left over"),
        ("taking", demands, served * demands["unit_cost"], "unit cost of demands served"),
        ("opening_demands", demands, (served > 0) * demands["fixed_cost"], "fixed cost of demands served"),
        ("virgin_purchase", demands, tables["unserved"]["cost"], "virgin resources bought for what is short"),
    ]
    return [(name, _spread(rows["when"], amounts, count), text) for name, rows, amounts, text in terms]


def _transport_terms(network: Network, tables: dict[str, pd.DataFrame], total: Total) -> list[tuple[str, Floats, str]]:
    pipes, hauls = tables["built_pipes"], tables["hauls"]
    fixed = network.hauls.drop_duplicates("route").set_index("route")["fixed_cost"]
    bays = lookup(hauls["route"], fixed)
    return [
        ("trenches", total("built_corridors", tables["built_corridors"]["fixed_cost"]), "trenches and rights of way"),
        ("pipes", total("built_pipes", pipes["fixed_cost"]), "pipes laid"),
        ("pumping", total("built_pipes", pipes["flow_cost"]), "pumping"),
        ("loading_bays", total("hauls", bays), "loading bays"),
        ("hauling", total("hauls", hauls["cost"] - bays), "hauling by truck"),
        ("vehicles", total("fleets", tables["fleets"]["cost"]), "vehicles bought"),
        ("hubs", total("built_hubs", tables["built_hubs"]["cost"]), "shared hubs, fixed and running"),
    ]


def _co2(problem: Problem, tables: dict[str, pd.DataFrame], total: Total) -> Floats:
    """Return all CO2 per period, t/year."""
    hubs = tables["built_hubs"]
    made = hubs["throughput"] * lookup(hubs["hub"], problem.hubs.set_index("hub")["co2_per_unit"])
    moved = [total(name, tables[name]["co2"]) for name in ("unplaced", "unserved", "built_pipes", "hauls")]
    return np.asarray(sum(moved) + total("built_hubs", made), dtype=np.float64)
