"""What newcomers add as tables, files, and facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import maps
from data import whole_folder, write_tables
from symbioplan.newcomers import AT, Found


def newcomer_exchanges(found: Found) -> pd.DataFrame:
    """Return the exchanges that each newcomer would join, with the region's plants."""
    columns = ["place", "plant_type", "from_node", "to_node", "resource", "received_as", "mode", "quantity", "unit",
               "distance_m"]  # fmt: skip
    parts = []
    for worth in found.worths:
        if worth.plan is not None and worth.least > 0:
            table, node = worth.plan.exchanges, worth.case.node
            mine = table[(table["from_node"] == node) ^ (table["to_node"] == node)]
            parts.append(mine.assign(place=worth.case.place, plant_type=worth.case.plant_type))
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def newcomer_table(found: Found) -> pd.DataFrame:
    """Return a row per place and type, the best first; the rank says how many are surely better.

    Columns ``rank``, ``place``, ``name``, ``plant_type``, ``at_least``, ``at_most`` (currency per year), ``status``,
    ``checker``, ``exchanges`` (how many), ``joins`` (which, in words), ``x``, ``y`` (the study's CRS), ``lon``,
    ``lat``, ``cell_m``, ``seconds``.
    """
    joined = newcomer_exchanges(found)
    words = _in_words(joined, found)
    least = np.array([worth.least for worth in found.worths])
    rows = [
        {
            "rank": 1 + int((least > worth.most * (1 + 1e-9)).sum()),
            "place": worth.case.place, "plant_type": worth.case.plant_type,
            "at_least": round(worth.least, 2), "at_most": round(worth.most, 2), "status": worth.status,
            "checker": "" if worth.plan is None else "; ".join(worth.plan.checker) or "ok",
            "exchanges": len(words.get((worth.case.place, worth.case.plant_type), ())),
            "joins": "; ".join(words.get((worth.case.place, worth.case.plant_type), ())),
            "seconds": round(worth.seconds, 3),
        }
        for worth in found.worths
    ]  # fmt: skip
    columns = [
        "rank",
        "place",
        "plant_type",
        "at_least",
        "at_most",
        "status",
        "checker",
        "exchanges",
        "joins",
        "seconds",
    ]
    points = found.places.points.set_index("place")
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values(["at_least", "at_most"], ascending=False, kind="stable", ignore_index=True)
    spots, degrees = (frame.geometry.reindex(table["place"]) for frame in (points, points.to_crs(4326)))
    table.insert(2, "name", points["name"].reindex(table["place"]).to_numpy())
    size = points["cell_m"].reindex(table["place"]).to_numpy()
    return table.assign(x=spots.x.to_numpy(), y=spots.y.to_numpy(), lon=degrees.x.round(6).to_numpy(),
                        lat=degrees.y.round(6).to_numpy(), cell_m=size)  # fmt: skip


def _in_words(joined: pd.DataFrame, found: Found) -> dict[tuple[str, str], list[str]]:
    """Return the exchanges of each case in words, the largest share of its stream first."""
    study = found.region.study
    out: dict[tuple[str, str], list[str]] = {}
    resources = dict(zip(study.resources["resource"], study.resources["name"], strict=True))
    names = dict(zip(study.plants["plant"], study.plants["name"], strict=True))
    for row in joined.sort_values("quantity", ascending=False, kind="stable").itertuples(index=False):
        gives = row.from_node.startswith(AT)
        other = row.to_node if gives else row.from_node
        what = f"{row.quantity:,.0f} {row.unit} of {resources.get(row.resource) or row.resource}"
        text = f"{'gives' if gives else 'takes'} {what} {'to' if gives else 'from'} {names.get(other) or other}"
        out.setdefault((row.place, row.plant_type), []).append(f"{text} ({row.mode.replace('_', ' ')})")
    return out


def cells(found: Found) -> gpd.GeoDataFrame:
    """Return the square of each place of a grid: ``place``, ``level``, polygon; none where places are sites."""
    grid, points = found.places.grid, found.places.points
    if grid is None:
        return gpd.GeoDataFrame({"place": [], "level": []}, geometry=[], crs=found.region.study.crs)
    size = points["cell_m"].to_numpy()
    left = grid.corner[0] + points["column"].to_numpy() * size
    top = grid.corner[1] - points["row"].to_numpy() * size
    return gpd.GeoDataFrame(points[["place", "level"]], geometry=shapely.box(left, top - size, left + size, top),
                            crs=found.region.study.crs)  # fmt: skip


def write_newcomers(found: Found, table: pd.DataFrame, out: Path) -> None:
    """Write the tables, ``newcomers.json`` and everything drawn, whole or not at all."""
    study, grid = found.region.study, found.places.grid
    exchanges = newcomer_exchanges(found)
    titles = {newcomer.name: newcomer.title for newcomer in found.newcomers}
    drawn = maps.Newcomers(study, table, exchanges, cells(found), titles)
    bands = {}
    if grid is not None:
        best = table.drop_duplicates("place").set_index("place").reindex(found.places.points["place"])
        bands = {f"{name} ({drawn.money})": grid.raster(found.places.points, best[name].to_numpy(), study.crs)
                 for name in ("at_least", "at_most")}  # fmt: skip
    with whole_folder(out) as folder:
        write_tables({"newcomers": table, "newcomer_exchanges": exchanges}, folder)
        facts = json.dumps(newcomer_facts(found, table, out), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "newcomers.json").write_text(facts + "\n", encoding="utf-8")
        maps.write_newcomer_files(drawn, found.region.plan, folder, bands=bands, notes=tuple(newcomer_notes(found)))


def newcomer_notes(found: Found) -> list[str]:
    """Return what a reader should know: streams that nothing matches, limits that were left out."""
    limits = found.region.study.settings.limits
    named = [name for name in ("co2_cap_t_per_year", "landfill_cap_t_per_year", "max_partners", "max_new_partners",
                               "investment_budget") if getattr(limits, name) is not None]  # fmt: skip
    notes = [f"nothing in the region matches the {text}" for text in found.unmatched]
    return notes + ([f"limits that bind the plan but no newcomer: {', '.join(named)}"] if named else [])


def newcomer_facts(found: Found, table: pd.DataFrame, out: Path) -> dict[str, Any]:
    """Return what newcomers add, for machines."""
    plan = found.region.plan
    return {
        "out": str(out),
        "study": found.region.study.name,
        "plan": {key: plan.summary()[key] for key in ("status", "objective", "bound", "gap", "input_digest")},
        "currency": found.region.study.settings.currency,
        "places": len(found.places),
        "cases": len(found.worths),
        "newcomers": _records(table),
        "exchanges": _records(newcomer_exchanges(found)),
        "notes": newcomer_notes(found),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype("object").to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in rows]
