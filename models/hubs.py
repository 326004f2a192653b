"""Shared hubs of a study: which technology could stand where, as streams to route to and as rows of a Problem.

A technology is of use when every resource that it eats is supplied in the study, made by another technology of
use, or bought, and something that it makes is wanted. For routing, a hub is a plant that wants what its technology
eats and has what it makes. At a site, what a hub eats beside its first resource may be bought at the virgin price
and what it makes disposed of at the disposal cost, each as a row of its own beside the hub. Nothing that another
technology makes is bought, and nothing that one eats is disposed of, so that no stream passes through for that alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from data.contracts import empty_table, make_table
from data.settings import Hubs
from data.study import Study
from models.network import grade_chains

_STREAM_ENDS = {-1.0: "demand", 1.0: "supply"}


@dataclass(frozen=True)
class HubOffers:
    """Hubs and recipes as the Problem's tables."""

    hubs: pd.DataFrame = field(default_factory=lambda: empty_table("problem", "hubs"))
    recipes: pd.DataFrame = field(default_factory=lambda: empty_table("problem", "recipes"))


def hub_offers(study: Study, sites: pd.DataFrame) -> HubOffers:
    """Return the hubs that could stand in a study.

    Parameters
    ----------
    study
        With technologies and recipes per unit of throughput; none: no hubs.
    sites
        ``node`` of the parcels on which one may stand.
    """
    if study.technologies.empty:
        return HubOffers()
    asked = study.settings.hubs or Hubs()
    places = {"sites": list(sites["node"]), "plants": [], "both": list(sites["node"])}[asked.at]
    plants = [] if asked.at == "sites" else list(study.plants["plant"])
    if asked.places is not None:
        places, plants = ([name for name in some if name in asked.places] for some in (places, plants))
    recipes = _of_use(study, asked)
    table = study.technologies[study.technologies["technology"].isin(recipes["technology"])]
    nodes = pd.DataFrame({"node": [*places, *plants], "is_site": [True] * len(places) + [False] * len(plants)})
    if table.empty or nodes.empty:
        return HubOffers()
    hubs = nodes.merge(_yearly(study, table, asked), how="cross")
    hubs.insert(0, "hub", hubs["node"] + ":" + hubs["technology"])
    beside, more = _beside(study, hubs[hubs["is_site"]], recipes, asked)
    hubs = pd.concat([hubs.drop(columns="is_site").assign(role="hub"), beside], ignore_index=True)
    used = recipes.rename(columns={"quantity": "quantity_per_throughput"})
    used = pd.concat([used[["technology", "resource", "quantity_per_throughput"]], more], ignore_index=True)
    return HubOffers(make_table("problem", "hubs", hubs), make_table("problem", "recipes", used))


def _of_use(study: Study, asked: Hubs) -> pd.DataFrame:
    """Return the recipes of the technologies that have what they eat and somebody for what they make."""
    chains = grade_chains(study.grades)
    supplied, wanted = (
        set(study.streams.loc[study.streams["direction"] == d, "resource"]) for d in ("supply", "demand")
    )
    prices = study.resources.set_index("resource")["virgin_price"]
    recipes = study.recipes
    eaten = recipes["quantity"] < 0
    later = eaten & eaten.groupby(recipes["technology"]).cumsum().gt(1)  # beside the first that it eats
    bought = later & recipes["resource"].map(prices).notna() & asked.buy
    while True:
        made, names = recipes["quantity"] > 0, recipes["technology"]
        fed = recipes["resource"].isin(_to_be_had(supplied, recipes, made | bought, chains)) | made | bought
        sold = recipes["resource"].isin(_to_be_used(wanted, recipes, chains)) & made
        kept = fed.groupby(names).transform("all") & sold.groupby(names).transform("any")
        if kept.all():
            return recipes.assign(bought=bought)
        recipes, bought = recipes[kept], bought[kept]


def _to_be_had(supplied: set[str], recipes: pd.DataFrame, free: pd.Series, chains: pd.DataFrame) -> set[str]:
    """Return what is supplied or made of that, step by step, so that no circle of technologies feeds itself."""
    there = set(supplied)
    while True:
        more = there | set(chains.loc[chains["resource"].isin(there), "serves"])
        fed = (free | recipes["resource"].isin(more)).groupby(recipes["technology"]).transform("all")
        more |= set(recipes.loc[fed & (recipes["quantity"] > 0), "resource"])
        if more == there:
            return there
        there = more


def _to_be_used(wanted: set[str], recipes: pd.DataFrame, chains: pd.DataFrame) -> set[str]:
    """Return what is wanted or eaten on the way to that."""
    there = set(wanted)
    while True:
        more = there | set(chains.loc[chains["serves"].isin(there), "resource"])
        useful = recipes["resource"].isin(more) & (recipes["quantity"] > 0)
        useful = useful.groupby(recipes["technology"]).transform("any")
        more |= set(recipes.loc[useful & (recipes["quantity"] < 0), "resource"])
        if more == there:
            return there
        there = more


def _yearly(study: Study, table: pd.DataFrame, asked: Hubs) -> pd.DataFrame:
    """Return cost, CO2 and capacity of one module of each technology, per year and per unit of throughput."""
    finance = study.settings.finance
    capex = table["capex_per_module"] * asked.cost_factor
    annuity = table["lifetime_years"].fillna(finance.lifetime_years.hub).map(finance.annuity)
    power, heat = table["electricity_mwh_per_unit"], table["heat_mwh_per_unit"]
    return pd.DataFrame({
        "technology": table["technology"],
        "fixed_cost": capex * annuity + table["fixed_opex"],
        "capex_fixed": capex,
        "capacity": table["module_capacity"],
        "unit_cost": table["variable_opex"] + power * finance.electricity_price_per_mwh
        + heat * finance.heat_price_per_mwh,
        "max_modules": table["max_modules"].clip(upper=asked.max_modules),
        "co2_per_unit": table["co2_per_unit"] + power * finance.electricity_co2_t_per_mwh
        + heat * finance.heat_co2_t_per_mwh,
    })  # fmt: skip


def _beside(study: Study, hubs: pd.DataFrame, recipes: pd.DataFrame, asked: Hubs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what may be bought and disposed of beside the hubs of each site, and the recipes of that."""
    made, eaten = (set(recipes.loc[recipes["quantity"] * sign > 0, "resource"]) for sign in (1, -1))
    bought = recipes[recipes["bought"] & ~recipes["resource"].isin(made)].assign(role="purchase")
    left = recipes[(recipes["quantity"] > 0) & ~recipes["resource"].isin(eaten) & asked.dispose].assign(role="disposal")
    most = hubs.assign(most=hubs["capacity"] * hubs["max_modules"])[["node", "technology", "most"]]
    rows = most.merge(pd.concat([bought, left]), on="technology")
    rows["capacity"] = rows["most"] * rows["quantity"].abs()
    rows = rows.groupby(["node", "role", "resource"], as_index=False, sort=True)["capacity"].sum()
    buys = (rows["role"] == "purchase").to_numpy()
    rows["technology"] = np.where(buys, "buy:", "dispose:") + rows["resource"]
    rows["hub"] = rows["node"] + ":" + rows["technology"]
    known = study.resources.set_index("resource").reindex(rows["resource"]).reset_index(drop=True)
    rows = rows.assign(
        fixed_cost=0.0,
        capex_fixed=0.0,
        max_modules=1,
        unit_cost=known["virgin_price"].where(buys, known["disposal_cost"]).fillna(0.0),
        co2_per_unit=known["co2_virgin_t_per_unit"].where(buys, known["co2_disposal_t_per_unit"]),
        water_m3_per_unit=known["water_m3_per_unit"].where(buys, 0.0),
        virgin_t_per_unit=known["virgin_t_per_unit"].where(buys, 0.0),
        landfill_t_per_unit=known["landfill_t_per_unit"].where(~buys, 0.0),
    )
    more = pd.DataFrame({
        "technology": rows["technology"],
        "resource": rows["resource"],
        "quantity_per_throughput": np.where(buys, 1.0, -1.0),
    }).drop_duplicates()  # fmt: skip
    return rows.drop(columns="resource"), more


def with_hubs(study: Study, offers: HubOffers, sites: pd.DataFrame) -> Study:
    """Return the study to match and route: sites with hubs are plants, and hubs have streams."""
    real = offers.hubs[offers.hubs["role"] == "hub"]
    if real.empty:
        return study
    ends = real.merge(offers.recipes, on="technology")
    side = np.sign(ends["quantity_per_throughput"]).map(_STREAM_ENDS)
    most = ends[["max_modules", "existing"]].max(axis=1) * ends["capacity"]
    streams = pd.DataFrame({
        "stream": "hub " + ends["hub"] + "/" + ends["resource"],
        "plant": ends["node"],
        "resource": ends["resource"],
        "direction": side,
        "quantity": most * ends["quantity_per_throughput"].abs(),
        "unit": ends["resource"].map(study.resources.set_index("resource")["unit"]),
        "must_serve": False,
    })  # fmt: skip
    there = sites[sites["node"].isin(real["node"])]
    points = gpd.points_from_xy(there["x"], there["y"], crs=study.crs)
    places = pd.DataFrame({"plant": there["node"], "name": there["name"], "sector": "hub", "note": "", "source": ""})
    added = gpd.GeoDataFrame(places, geometry=points, crs=study.crs)
    return study.replace(
        plants=gpd.GeoDataFrame(pd.concat([study.plants, added], ignore_index=True), crs=study.crs),
        streams=pd.concat([study.streams, streams], ignore_index=True),
    )


def hub_pairs(study: Study, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of a study with hubs that are worth a way.

    Those from one hub to a hub elsewhere are left out unless the study asks for them; a pipe to or from a hub is
    offered within ``hubs.max_pipe_km`` on the straight line.

    Parameters
    ----------
    study
        For what it asks of hubs.
    pairs
        ``supply``, ``demand``, ``straight_m``, ``pipe``, ``truck``.
    """
    asked = study.settings.hubs or Hubs()
    gives, takes = (pairs[side].str.startswith("hub ") for side in ("supply", "demand"))
    if not asked.between_places:
        pairs = pairs[~(gives & takes)].reset_index(drop=True)
    if asked.max_pipe_km is None:
        return pairs
    of_hub = pairs["supply"].str.startswith("hub ") | pairs["demand"].str.startswith("hub ")
    far = of_hub & (pairs["straight_m"] > asked.max_pipe_km * 1000)
    pairs = pairs.assign(pipe=pairs["pipe"].astype(bool) & ~far)
    return pairs[~far | pairs["truck"].astype(bool)].reset_index(drop=True)


def technology_quality(study: Study, names: pd.Series, recipes: pd.DataFrame) -> pd.DataFrame:
    """Return the values of what technologies make, and their limits on what they eat (contract ``quality``)."""
    rows: list[dict[str, object]] = []
    table = study.technologies[study.technologies["technology"].isin(names)]
    for item in study.resources[study.resources["resource"].isin(recipes["resource"])].itertuples(index=False):
        for prop in filter(None, (part.strip() for part in item.properties.split(";"))):
            given = [name for name in (prop, f"{prop}_min", f"{prop}_max") if name in table]
            own = recipes[recipes["resource"] == item.resource].merge(table[["technology", *given]], on="technology")
            for row in own.to_dict("records"):
                made = row["quantity_per_throughput"] > 0
                values = (
                    {"value": row.get(prop)} if made else {"min": row.get(f"{prop}_min"), "max": row.get(f"{prop}_max")}
                )
                if any(pd.notna(value) for value in values.values()):
                    rows.append(
                        {"technology": row["technology"], "resource": item.resource, "property": prop, **values}
                    )
    return make_table("problem", "quality", rows)


def inside_hubs(exchanges: pd.DataFrame, hubs: pd.DataFrame) -> pd.Series:
    """Return which exchanges are from one hub to another at the same place: no exchange between partners."""
    names = hubs["hub"]
    here = exchanges["from_node"] == exchanges["to_node"]
    return here & exchanges["supply"].isin(names) & exchanges["demand"].isin(names)
