"""From what the user knows to what the optimiser needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.contracts import empty_table, make_table
from data.errors import InputError
from data.problem import Problem, ProblemSettings, reference_faults
from data.settings import Limits
from data.study import Study
from models.hubs import HubOffers, technology_quality
from models.network import grade_chains

_RESOURCE_COLUMNS = ["resource", "unit", "phase", "properties", "water_m3_per_unit", "landfill_t_per_unit",
                     "virgin_t_per_unit"]  # fmt: skip


def build_problem(
    study: Study,
    *,
    routes: pd.DataFrame,
    corridors: pd.DataFrame,
    pipes: pd.DataFrame,
    junctions: pd.DataFrame,
    sites: pd.DataFrame | None = None,
    hubs: HubOffers | None = None,
) -> Problem:
    """Return the Problem of a study.

    Parameters
    ----------
    study
        Streams with quantities in the resource's own unit per year and prices per unit.
    routes, corridors, pipes
        As :mod:`routing` makes them, with the columns of the Problem's tables; ends are plants or junctions.
    junctions
        ``node``, ``x``, ``y`` of the places where corridors meet, metres.
    sites
        ``node``, ``x``, ``y`` of candidate parcels for hubs; none when absent.
    hubs
        As :func:`models.hubs.hub_offers` makes them; none when absent.

    Raises
    ------
    InputError
        When limits name hubs that are not on offer, or a technology does not say how good a limited resource is.

    Notes
    -----
    What is not placed costs the stream's price (disposal) and the catalogue's CO2 of disposal; what is not
    served costs the stream's price (virgin purchase) and the catalogue's CO2 of the virgin resource.
    Vehicles cost nothing of their own and come in fractions, since a route's unit cost already holds the cost of
    each vehicle hour; with ``trucks.whole_vehicles`` they are bought whole, and a route's cost is without them.
    With ``[phases]`` a stream is there in the periods in all of whose years it is available; one that is not there
    in all of them has a row per period, named ``stream@period``.
    """
    finance = study.settings.finance
    hubs = hubs or HubOffers()
    resources = study.resources[study.resources["resource"].isin(_used(study, routes, pipes, hubs.recipes))]
    per_unit = resources.set_index("resource")
    problem = Problem(
        name=study.name,
        currency=study.settings.currency,
        settings=ProblemSettings(co2_price=finance.co2_price_per_t, solver=study.settings.solver),
        limits=_limits(study, hubs),
        nodes=_nodes(study, junctions, sites),
        resources=make_table("problem", "resources", resources[_RESOURCE_COLUMNS]),
        periods=period_rows(study),
        supplies=_streams(study, per_unit, "supply"),
        demands=_streams(study, per_unit, "demand"),
        corridors=make_table("problem", "corridors", corridors),
        pipes=make_table("problem", "pipes", pipes),
        routes=make_table("problem", "routes", routes),
        vehicles=_vehicles(study, routes),
        grades=_grades(study, per_unit.index),
        quality=_quality_in_periods(study, _quality(study, hubs)),
        hubs=hubs.hubs,
        recipes=hubs.recipes,
    )
    if len(study.technologies) and (faults := reference_faults(problem)):
        raise InputError(faults)
    return problem


def _limits(study: Study, hubs: HubOffers) -> Limits:
    """Return the limits without forbidden hubs that could not stand anyway: place and technology are known."""
    limits, offered = study.settings.limits, set(hubs.hubs["hub"])
    places, known = {*study.plants["plant"], *study.sites["site"]}, set(study.technologies["technology"])
    kept = tuple(
        name
        for name in limits.forbidden_hubs
        if name in offered or name.rpartition(":")[0] not in places or name.rpartition(":")[2] not in known
    )
    return limits.model_copy(update={"forbidden_hubs": kept})


def _used(study: Study, *tables: pd.DataFrame) -> pd.Index:
    named = [study.streams["resource"], *(table["resource"] for table in tables if len(table))]
    return pd.Index(pd.unique(pd.concat(named)))


def _nodes(study: Study, junctions: pd.DataFrame, sites: pd.DataFrame | None) -> pd.DataFrame:
    points = study.plant_points
    plants = pd.DataFrame({
        "node": study.plants["plant"].to_numpy(),
        "kind": "plant",
        "x": points.x.to_numpy(),
        "y": points.y.to_numpy(),
        "name": study.plants["name"].to_numpy(),
    })  # fmt: skip
    others = [
        table[[name for name in ("node", "x", "y", "name") if name in table.columns]].assign(kind=kind)
        for table, kind in ((sites, "site"), (junctions, "junction"))
        if table is not None and len(table)
    ]
    return make_table("problem", "nodes", pd.concat([plants, *others], ignore_index=True))


def _streams(study: Study, per_unit: pd.DataFrame, direction: str) -> pd.DataFrame:
    """Return supplies or demands; a price left blank everywhere counts as nothing to pay."""
    rows = study.streams[study.streams["direction"] == direction]
    known = per_unit.reindex(rows["resource"])
    table = pd.DataFrame({
        direction: rows["stream"].to_numpy(),
        "node": rows["plant"].to_numpy(),
        "resource": rows["resource"].to_numpy(),
        "quantity": rows["quantity"].to_numpy(),
    })  # fmt: skip
    price = rows["price"].fillna(0.0).to_numpy()
    if direction == "supply":
        table = table.assign(unplaced_cost=price, co2_unplaced=known["co2_disposal_t_per_unit"].to_numpy())
        return make_table("problem", "supplies", _in_periods(study, rows, table, "supply"))
    table = table.assign(
        must_serve=rows["must_serve"].to_numpy(),
        unserved_cost=price,
        co2_unserved=known["co2_virgin_t_per_unit"].to_numpy(),
    )
    return make_table("problem", "demands", _in_periods(study, rows, table, "demand"))


def period_rows(study: Study) -> pd.DataFrame:
    """Return the study's periods, named by their first year; none when it has no ``[phases]``."""
    phases = study.settings.phases
    if phases is None:
        return empty_table("problem", "periods")
    weights = phases.weights(study.settings.finance.discount_rate)
    rows = [
        {"period": str(first), "years": last - first + 1, "weight": weight}
        for (first, last), weight in zip(phases.spans, weights, strict=True)
    ]
    return make_table("problem", "periods", rows)


def _in_periods(study: Study, streams: pd.DataFrame, table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return ``table`` (one row per stream) with a row per period for streams that are not there in all."""
    phases = study.settings.phases
    if phases is None:
        return table
    start, end = streams["available_from"].to_numpy(), streams["available_to"].to_numpy()
    whole = [~(np.greater(start, first) | np.less(end, last)) for first, last in phases.spans]  # no year: no limit
    there = np.column_stack(whole).astype(np.bool_)
    always = np.asarray(there.all(axis=1))
    row, when = np.nonzero(there & (~always[:, None] | (np.arange(there.shape[1]) == 0)))
    periods = period_rows(study)["period"].to_numpy(dtype=object)[when]
    dated = ~always[row]
    out = table.iloc[row].reset_index(drop=True)
    return out.assign(**{
        name: out[name].where(~dated, out[name] + "@" + pd.Series(periods, dtype="str")),
        "period": np.where(dated, periods, ""),
    })  # fmt: skip


def _quality_in_periods(study: Study, quality: pd.DataFrame) -> pd.DataFrame:
    """Return ``quality`` with the names that streams have in single periods."""
    if study.settings.phases is None or quality.empty:
        return quality
    parts = [quality[quality["technology"] != ""]]
    for name in ("supply", "demand"):
        streams = study.streams[study.streams["direction"] == name]
        ids = pd.DataFrame({name: streams["stream"].to_numpy(), "stream": streams["stream"].to_numpy()})
        names = _in_periods(study, streams, ids, name).drop(columns="period", errors="ignore")
        own = quality[quality[name] != ""].rename(columns={name: "stream"})
        parts.append(own.merge(names, on="stream").drop(columns="stream"))
    return make_table(
        "problem",
        "quality",
        pd.concat(parts, ignore_index=True).fillna({"supply": "", "demand": "", "technology": "", "resource": ""}),
    )


def _vehicles(study: Study, routes: pd.DataFrame) -> pd.DataFrame:
    used = study.vehicles[study.vehicles["vehicle"].isin(routes["vehicle"] if len(routes) else [])]
    whole = study.settings.trucks.whole_vehicles
    table = used[["vehicle", "hours_per_year"]].assign(
        fixed_cost=used["fixed_cost"] * float(whole), integer_fleet=whole
    )
    return make_table("problem", "vehicles", table)


def _grades(study: Study, known: pd.Index) -> pd.DataFrame:
    """Return the chains between resources in use, so that resources in between need not be in the Problem."""
    chains = grade_chains(study.grades)
    return make_table("problem", "grades", chains[chains["resource"].isin(known) & chains["serves"].isin(known)])


def _quality(study: Study, hubs: HubOffers) -> pd.DataFrame:
    """Return the limits that demands set on properties, and the values of the supplies they concern.

    A property that no demand limits restricts nothing and stays out.
    """
    streams = study.streams
    rows: list[pd.DataFrame] = []
    ways = technology_quality(study, hubs.hubs["technology"], hubs.recipes)
    eaters = set(ways.loc[ways["min"].notna() | ways["max"].notna(), "property"])
    for name in sorted({part.strip() for text in study.resources["properties"] for part in text.split(";")} - {""}):
        low, high, value = (
            streams.get(column, pd.Series(np.nan, streams.index)) for column in (f"{name}_min", f"{name}_max", name)
        )
        limited = (streams["direction"] == "demand") & (low.notna() | high.notna())
        if limited.any() or name in eaters:
            rows.append(ways[ways["property"] == name])
            valued = (streams["direction"] == "supply") & value.notna()
            rows.append(pd.DataFrame({"demand": streams["stream"], "property": name, "min": low, "max": high})[limited])
            rows.append(pd.DataFrame({"supply": streams["stream"], "property": name, "value": value})[valued])
    return make_table("problem", "quality", pd.concat(rows) if rows else [])
