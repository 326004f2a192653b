"""Who saves and who pays what: the plan's saving taken apart by partner, to the last cent.

A partner saves the disposal and the purchase that an exchange spares it, with the CO2 charge on both. What an
exchange costs (its share of transport as in the plan's ``exchanges``, the CO2 charge on it, and the use of a better
grade as a lesser one) is split between its two ends in proportion to what each of them is spared by it; half each
where neither is spared anything. Hubs, and all exchanges that begin or end at them, are paid in the same
proportion by all plants that give to or take from a chain of hubs. No partner pays another: that is for them to
agree. What belongs to nobody (a pipe that stands idle in a phase, for example) is listed as such. Partners and
the rest add up to the plan's saving (docs/decisions/0014).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data.plan import Plan
from data.study import Study

TRANSPORT = ("trenches", "pipes", "pumping", "loading_bays", "hauling", "vehicles")
STREAM_TERMS = ("giving", "opening_supplies", "taking", "opening_demands")
EXACT = 1e-9  # of the baseline: what adding up in another order may differ by

# What a partner is spared, and what it pays its share of; in the order of its account.
SPARED = ("disposal", "purchase", "charge")
SHARED = ("transport", "transport_charge", "grades", "hubs")


@dataclass(frozen=True)
class Accounts:
    """Money of all phases together (with their weights), CO2 in tonnes (over all their years).

    Attributes
    ----------
    streams
        One row per stream and phase: ``stream``, ``plant``, ``resource``, ``side`` (gives | gets), ``period``,
        ``quantity`` and ``moved`` (units/year), ``price`` (currency/unit), ``co2_rate`` (t/unit), ``weight``,
        ``years``, ``kind`` (disposal | purchase).
    shares
        One row per end of an exchange that is a plant: ``exchange``, ``plant``, ``side``, ``spared`` (currency, CO2
        charge included), and its part of ``transport``, ``transport_charge``, ``grades``, ``hubs`` (currency) and
        ``co2`` (t).
    unshared
        ``item``, ``amount`` (currency; what nobody pays alone), in words.
    saving
        The plan's, as its indicators say.
    """

    streams: pd.DataFrame
    shares: pd.DataFrame
    unshared: pd.DataFrame
    saving: float
    currency: str
    present_value: bool
    co2_price: float

    @property
    def unit(self) -> str:
        """Return the unit of money."""
        return self.currency if self.present_value else f"{self.currency}/year"

    @property
    def co2_unit(self) -> str:
        """Return the unit of CO2."""
        return "t" if self.present_value else "t/year"

    @cached_property
    def partners(self) -> pd.DataFrame:
        """Return one row per plant with streams: what it pays without and with the plan, and what it saves.

        ``before_*`` and ``after_*`` for disposal, purchase and charge; the shared costs; ``before``, ``after``,
        ``saves`` (currency) and ``co2_saved`` (t).
        """
        rows = self.streams
        worth, left = rows["price"] * rows["weight"], rows["quantity"] - rows["moved"]
        charge = self.co2_price * rows["co2_rate"] * rows["weight"]
        by = {
            **{f"before_{kind}": (worth * rows["quantity"]).where(rows["kind"] == kind, 0.0) for kind in SPARED[:2]},
            "before_charge": charge * rows["quantity"],
            **{f"after_{kind}": (worth * left).where(rows["kind"] == kind, 0.0) for kind in SPARED[:2]},
            "after_charge": charge * left,
            "co2_spared": rows["co2_rate"] * rows["years"] * rows["moved"],
        }
        table = pd.DataFrame(by).groupby(rows["plant"]).sum()
        shared = self.shares.groupby("plant")[[*SHARED, "co2"]].sum()
        table = table.join(shared, how="outer").fillna(0.0)
        table["before"] = table[[f"before_{kind}" for kind in SPARED]].sum(axis=1)
        table["after"] = table[[*(f"after_{kind}" for kind in SPARED), *SHARED]].sum(axis=1)
        table["saves"] = table["before"] - table["after"]
        table["co2_saved"] = table["co2_spared"] - table["co2"]
        return table.rename_axis("plant").reset_index()


def accounts(study: Study, plan: Plan) -> Accounts:
    """Return who saves and pays what in a plan."""
    time = period_weights(study)
    price = study.settings.finance.co2_price_per_t
    streams = _streams(study, plan, time)
    exchanges = _exchanges(study, plan, time, streams, price)
    hubs = _hub_costs(plan, time, streams, exchanges, price)
    exchanges = exchanges.assign(pool=_pool_names(exchanges, hubs))
    shares = _shares(exchanges, _pools(exchanges, hubs))
    cost = plan.indicators.set_index("indicator")["saving"]
    saving = float(cost.get("cost", np.nan))
    made = Accounts(streams, shares, pd.DataFrame(), saving, plan.currency, study.settings.phases is not None, price)
    return Accounts(
        streams, shares, _unshared(plan, made, exchanges, hubs), saving, plan.currency, made.present_value, price
    )


def period_weights(study: Study) -> pd.DataFrame:
    """Return ``weight`` and ``years`` by the period's name; one row named blank when there is one."""
    phases = study.settings.phases
    if phases is None:
        return pd.DataFrame({"weight": [1.0], "years": [1.0]}, index=[""])
    names = [str(first) for first, _ in phases.spans] if len(phases.spans) > 1 else [""]
    weights = phases.weights(study.settings.finance.discount_rate)
    return pd.DataFrame({"weight": weights, "years": [float(years) for years in phases.years]}, index=names)


def _timed(table: pd.DataFrame, time: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: table["period"].map(time[name]).astype("float64") for name in ("weight", "years")})


def _streams(study: Study, plan: Plan, time: pd.DataFrame) -> pd.DataFrame:
    known = study.streams.set_index("stream")["price"]
    per_unit = study.resources.set_index("resource")
    parts = []
    for table, key, moved, side, kind, rate in (
        (plan.unplaced, "supply", "placed", "gives", "disposal", "co2_disposal_t_per_unit"),
        (plan.unserved, "demand", "served", "gets", "purchase", "co2_virgin_t_per_unit"),
    ):
        dated = "@" + table["period"]
        plain = [
            name if name in known.index else name.removesuffix(end) for name, end in zip(table[key], dated, strict=True)
        ]
        rows = pd.DataFrame({
            "stream": table[key], "of": pd.Series(plain, index=table.index, dtype="str"), "plant": table["node"],
            "resource": table["resource"], "period": table["period"], "side": side, "kind": kind,
            "quantity": table["quantity"] + table[moved], "moved": table[moved],
            "price": known.reindex(plain).fillna(0.0).to_numpy(),
            "co2_rate": per_unit[rate].reindex(table["resource"]).fillna(0.0).to_numpy(),
        })  # fmt: skip
        parts.append(rows)
    return _timed(pd.concat(parts, ignore_index=True), time)


def _exchanges(study: Study, plan: Plan, time: pd.DataFrame, streams: pd.DataFrame, co2_price: float) -> pd.DataFrame:
    """Return exchanges with what each end is spared and what each costs, in money of all phases."""
    table = _timed(plan.exchanges, time)
    hubs = table["via_hub"].str.split(";")
    rates = (streams["price"] + co2_price * streams["co2_rate"]).groupby([streams["stream"], streams["period"]]).first()
    for side, column, quantity in (("gives", "supply", "quantity_sent"), ("gets", "demand", "quantity")):
        table[f"hub_{side}"] = [
            name if name in at else "" for name, at in zip(table[column], hubs, strict=True)
        ]  # fmt: skip
        each = rates.reindex(pd.MultiIndex.from_frame(table[[column, "period"]])).fillna(0.0).to_numpy()
        spared = each * table[quantity] * table["weight"]
        table[f"spared_{side}"] = spared.where(table[f"hub_{side}"] == "", 0.0)
    table["transport"] = table["cost"] * table["weight"]
    table["transport_charge"] = table["co2"] * table["weight"] * co2_price
    table["grades"] = _grade_costs(study, plan, table)
    table["tonnes"] = table["co2"] * table["years"]
    return table


def _grade_costs(study: Study, plan: Plan, exchanges: pd.DataFrame) -> pd.Series:
    """Return what each exchange pays for being used as a lesser grade.

    By quantity and the cheapest chain of grades, and together what the plan's costs say: a little less than
    that arrives where pipes lose some on the way.
    """
    total = float(plan.costs.loc[plan.costs["term"] == "grades", "amount"].sum())
    if total == 0.0:
        return pd.Series(0.0, index=exchanges.index)
    chain = _cheapest_chains(study.grades)
    pairs = zip(exchanges["resource"], exchanges["received_as"], strict=True)
    each = pd.Series([chain.get(pair, 0.0) for pair in pairs], index=exchanges.index)
    cost = each * exchanges["quantity"] * exchanges["weight"]
    return cost * (total / cost.sum()) if cost.sum() > 0 else cost


def _cheapest_chains(grades: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the least cost of using one resource as another, in any number of steps (Floyd and Warshall)."""
    names = sorted({*grades["resource"], *grades["serves"]})
    least = {(row.resource, row.serves): float(row.unit_cost) for row in grades.itertuples(index=False)}
    for middle in names:
        for start in names:
            for end in names:
                way = least.get((start, middle), np.inf) + least.get((middle, end), np.inf)
                if way < least.get((start, end), np.inf):
                    least[start, end] = way
    return least


def _hub_costs(
    plan: Plan, time: pd.DataFrame, streams: pd.DataFrame, exchanges: pd.DataFrame, co2_price: float
) -> pd.DataFrame:
    """Return per hub and phase its ``pool``, ``cost`` with the charge on its CO2 (currency), and CO2 (t).

    A hub's CO2 is what the plan's CO2 charge leaves after streams and transport, by throughput.
    """
    hubs = _timed(plan.built_hubs, time)
    pool = _chains(exchanges, hubs["hub"])
    charged = plan.costs[plan.costs["term"] == "co2"].groupby("period")["amount"].sum()
    left = (streams["quantity"] - streams["moved"]) * streams["co2_rate"] * streams["weight"]
    known = left.groupby(streams["period"]).sum()
    for table in (plan.built_pipes, plan.hauls):
        rows = _timed(table, time)
        known = known.add((rows["co2"] * rows["weight"]).groupby(rows["period"]).sum(), fill_value=0.0)
    rest = charged.sub(known * co2_price, fill_value=0.0)
    rest = rest.where(rest.abs() > EXACT * charged.abs().sum(), 0.0)
    part = hubs["throughput"] / hubs.groupby("period")["throughput"].transform("sum").where(lambda total: total > 0)
    charge = (hubs["period"].map(rest).astype("float64") * part).fillna(0.0)
    tonnes = (charge / co2_price / hubs["weight"] * hubs["years"]) if co2_price > 0 else charge * 0.0
    return pd.DataFrame({
        "hub": hubs["hub"], "period": hubs["period"], "cost": hubs["cost"] * hubs["weight"], "charge": charge,
        "tonnes": tonnes, "pool": [f"{pool[name]}\t{when}" for name, when in zip(hubs["hub"], hubs["period"],
                                                                                   strict=True)],
    })  # fmt: skip


def _chains(exchanges: pd.DataFrame, hubs: pd.Series) -> dict[str, str]:
    """Return for each hub the name of its chain: the first of the hubs that give to one another."""
    chain = {name: name for name in sorted({*hubs, *exchanges["hub_gives"], *exchanges["hub_gets"]} - {""})}
    for one, other in exchanges.loc[
        (exchanges["hub_gives"] != "") & (exchanges["hub_gets"] != ""), ["hub_gives", "hub_gets"]
    ].itertuples(index=False):
        first, second = sorted((chain[one], chain[other]))
        chain = {name: first if own == second else own for name, own in chain.items()}
    return chain


def _pool_names(exchanges: pd.DataFrame, hubs: pd.DataFrame) -> pd.Series:
    """Return for each exchange the name of what is paid together: itself, or the chain of hubs it belongs to."""
    chain = dict(zip(hubs["hub"] + "\t" + hubs["period"], hubs["pool"], strict=True))
    rows = exchanges[["hub_gives", "hub_gets", "period", "exchange"]].itertuples(index=False)
    names = [chain.get(f"{gives or gets}\t{period}", f"\t\t{exchange}") for gives, gets, period, exchange in rows]
    return pd.Series(names, index=exchanges.index, dtype="str")


def _pools(exchanges: pd.DataFrame, hubs: pd.DataFrame) -> pd.DataFrame:
    """Return by pool all that is paid together, currency, and its CO2 in tonnes."""
    fixed = hubs.assign(hubs=hubs["cost"] + hubs["charge"]).groupby("pool")[["hubs", "tonnes"]].sum()
    moved = exchanges.groupby("pool")[["transport", "transport_charge", "grades", "tonnes"]].sum()
    return moved.assign(hubs=0.0).add(fixed, fill_value=0.0).fillna(0.0)


def _shares(exchanges: pd.DataFrame, pools: pd.DataFrame) -> pd.DataFrame:
    """Return what each plant pays at each end of an exchange."""
    ends = [
        exchanges.loc[exchanges[f"hub_{side}"] == ""].assign(
            side=side, plant=lambda rows, node=node: rows[node], spared=lambda rows, side=side: rows[f"spared_{side}"]
        )
        for side, node in (("gives", "from_node"), ("gets", "to_node"))
    ]
    table = pd.concat(ends)[["exchange", "pool", "plant", "side", "period", "spared"]].reset_index(drop=True)
    basis = table["spared"].clip(lower=0.0)
    total = basis.groupby(table["pool"]).transform("sum")
    alike = 1.0 / table.groupby("pool")["plant"].transform("size")
    part = (basis / total.where(total > 0)).fillna(alike)
    own = pools.reindex(table["pool"]).reset_index(drop=True)
    paid = {name: own[name] * part for name in (*SHARED, "tonnes")}
    return table.assign(**paid).rename(columns={"tonnes": "co2"})


def _unshared(plan: Plan, made: Accounts, exchanges: pd.DataFrame, hubs: pd.DataFrame) -> pd.DataFrame:
    """Return what no partner pays, item by item; the last is what is not explained, and should not be there."""
    costs = plan.costs.groupby("term")["amount"].sum()
    shared = made.shares[[*SHARED]].sum()
    idle = float(costs.reindex(TRANSPORT).fillna(0.0).sum()) - float(shared["transport"])
    opened = float(costs.reindex(STREAM_TERMS).fillna(0.0).sum())
    alone = float((hubs["cost"] + hubs["charge"]).sum() - shared["hubs"])
    lost = float(exchanges["transport_charge"].sum() - shared["transport_charge"])
    rows = [
        ("transport that stands idle in some phase or serves no exchange", idle + lost),
        ("giving, taking and opening of streams", opened),
        ("shared hubs that no plant uses", alone),
    ]
    scale = max(abs(made.saving), float(made.partners["before"].abs().sum()), 1.0)
    gap = float(made.partners["saves"].sum()) - sum(amount for _, amount in rows) - made.saving
    rows.append(("not explained by the plan's tables", gap))
    kept = [(name, amount) for name, amount in rows if abs(amount) > EXACT * scale]
    return pd.DataFrame(kept, columns=["item", "amount"]).astype({"amount": "float64"})
