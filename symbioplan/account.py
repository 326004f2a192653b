"""What happened, for people (text) and for machines (plain facts)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data import Plan, Study
from models import MEASURES, Matching, Point
from siting import Sited
from symbioplan.notes import study_notes
from symbioplan.pipeline import Candidates

_STATUS = {
    "optimal": "proven optimal",
    "gap_reached": "stopped at the gap that was asked for",
    "time_limit": "stopped at the time limit: not proven optimal",
    "interrupted": "stopped by you: not proven optimal",
    "infeasible": "no plan satisfies everything that was asked for",
    "unbounded": "the cost can fall without end: a price or a limit is missing",
    "unknown": "the solver gave no answer",
}

_NEWCOMERS = 5  # places listed

_VERDICTS = {
    "possible": "possible",
    "conditional": "on conditions",
    "technology": "through a technology",
    "impossible": "not possible",
}


def plan_text(plan: Plan, out: Path) -> str:
    """Return the answer in a few lines."""
    lines = [f"{plan.problem}: {_STATUS[plan.status]}"]
    lines += [f"  {reason}" for reason in plan.reasons]
    if plan.has_solution:
        gap = "unknown" if plan.gap is None else f"{plan.gap:.3%}"
        units = plan.indicators.set_index("indicator")["unit"]
        money = units.get("cost", f"{plan.currency}/year")
        lines.append(f"  cost {plan.objective:,.0f} {money}, gap {gap}, {_checker(plan)}")
        lines.append(_indicator_table(plan.indicators).rstrip())
        none = "no exchange is worth its cost"
        lines.append(none if plan.exchanges.empty else _exchange_table(plan).rstrip())
        if len(plan.built_hubs):
            lines.append(_hub_table(plan).rstrip())
        if plan.fleets["cost"].sum() > 0:  # vehicles are bought whole
            lines.append(_fleet_table(plan).rstrip())
    lines += [f"note: {note}" for note in plan.notes]
    if plan.has_solution:
        map_file = out / "map.html"
        if map_file.exists():
            lines.append(f"map: {map_file.resolve()}")
    lines.append(f"written to {out.resolve()}")
    return "\n".join(lines)


def _checker(plan: Plan) -> str:
    if not plan.checker:
        return "the independent checker agrees"
    return "THE INDEPENDENT CHECKER FOUND: " + "; ".join(plan.checker)


def _indicator_table(indicators: pd.DataFrame) -> str:
    table = _new_table("indicator", "unit", "baseline", "plan", "saving", numbers_from=2)
    for row in indicators.itertuples(index=False):
        table.add_row(row.indicator, row.unit, *(_number(value) for value in (row.baseline, row.plan, row.saving)))
    return _render(table)


def _exchange_table(plan: Plan) -> str:
    """Return the exchanges as a table; distances that are estimates have a ~."""
    phased = bool((plan.exchanges["period"] != "").any())
    head = ("from", "to", "resource", "by", "quantity", "unit", "km")
    table = _new_table(*(("phase",) if phased else ()), *head, numbers_from=4 + phased)
    for row, coarse_m in zip(plan.exchanges.itertuples(index=False), plan.coarse_m, strict=True):
        table.add_row(
            *((row.period,) if phased else ()),
            escape(row.from_node),
            escape(row.to_node),
            escape(row.resource),
            row.mode,
            _number(row.quantity),
            f"{row.unit}/year",
            f"{'~' if coarse_m > 0 else ''}{row.distance_m / 1000:,.1f}",
        )
    return _render(table)


def _fleet_table(plan: Plan) -> str:
    """Return the vehicles that are bought, and how long they are in service."""
    table = _new_table("vehicle class", "vehicles", "h/year", f"{plan.currency}/year", numbers_from=1)
    for row in plan.fleets.itertuples(index=False):
        name = f"{row.vehicle} ({row.period})" if row.period else row.vehicle
        table.add_row(escape(name), _number(row.vehicles), _number(row.hours_per_year), _number(row.cost))
    return _render(table)


def _hub_table(plan: Plan) -> str:
    """Return the hubs, and what is bought and disposed of beside them."""
    table = _new_table("hub", "at", "modules", "throughput/year", f"{plan.currency}/year", numbers_from=2)
    for row in plan.built_hubs.itertuples(index=False):
        name = f"{row.technology} ({row.period})" if row.period else row.technology
        table.add_row(escape(name), escape(row.node), str(row.modules), _number(row.throughput), _number(row.cost))
    return _render(table)


def study_facts(study: Study) -> dict[str, Any]:
    """Return what a study holds."""
    supply = study.streams["direction"] == "supply"
    return {
        "name": study.name,
        "crs": study.settings.crs,
        "currency": study.settings.currency,
        "plants": len(study.plants),
        "supplies": int(supply.sum()),
        "demands": int((~supply).sum()),
        "resources": sorted(set(study.streams["resource"])),
        "zones": len(study.zones),
        "forbidden_zones": int(study.zones["forbidden"].sum()),
        "crossings": len(study.crossings),
        "road_edges": len(study.roads),
        "road_km": round(float(study.roads["length_m"].sum()) / 1000, 1),
        "pipelines": len(study.pipelines),
        "sites": len(study.sites),
        "elevation": study.elevation is not None,
        "landcover": study.landcover is not None,
        "notes": list(study_notes(study)),
        "input_digest": study.digest,
    }


def study_text(study: Study) -> str:
    """Return what a study holds, and every stream as it was understood."""
    facts = study_facts(study)
    head = [
        f"{study.name} is usable ({facts['crs']}, {facts['currency']})",
        f"  {facts['plants']} plants, {facts['supplies']} supplies, {facts['demands']} demands",
        f"  {facts['zones']} zones ({facts['forbidden_zones']} forbidden), {facts['crossings']} lines to cross, "
        f"{facts['road_edges']:,} road edges ({facts['road_km']:,.0f} km), {facts['sites']} sites",
    ]
    head += [f"  note: {note}" for note in facts["notes"]]
    table = _new_table("plant", "resource", "direction", "quantity", "unit", "price", numbers_from=3)
    for row in study.streams.itertuples(index=False):
        table.add_row(
            escape(row.plant),
            escape(row.resource),
            row.direction,
            _number(row.quantity),
            f"{row.unit}/year",
            f"{row.price:,.2f} {study.settings.currency}/{row.unit}",
        )
    return "\n".join([*head, _render(table).rstrip()])


def match_text(study: Study, matching: Matching, out: Path | None) -> str:
    """Return the pairs that are possible, on conditions or through a technology, and how many are not."""
    counts = matching.pairs["verdict"].value_counts()
    told = ", ".join(f"{counts.get(name, 0)} {word}" for name, word in _VERDICTS.items())
    table = _new_table("from", "to", "given", "wanted as", "verdict", "why")
    useful = matching.pairs[matching.pairs["verdict"] != "impossible"]
    for row in useful.itertuples(index=False):
        wanted = "" if row.received_as == row.resource else row.received_as
        cells = (row.from_plant, row.to_plant, row.resource, wanted, _VERDICTS[str(row.verdict)], row.reason)
        table.add_row(*(escape(str(cell)) for cell in cells))
    lines = [f"{study.name}: {told}", *(f"note: {note}" for note in study.understood), _render(table).rstrip()]
    lost = [name for name in study.streams["stream"] if name not in {*useful["supply"], *useful["demand"]}]
    lines += [f"nothing to match: {', '.join(lost)}"] if lost else []
    lines += ["what is not possible, and why: --out DIR or --json"] if out is None and "impossible" in counts else []
    return "\n".join([*lines, *([f"written to {out.resolve()}"] if out is not None else [])])


def newcomer_text(study: Study, table: pd.DataFrame, notes: Sequence[str], out: Path) -> str:
    """Return what newcomers add as a table: the best places of one type, or the best place of each."""
    money, several = f"{study.settings.currency}/year", len(set(table["plant_type"])) > 1
    shown = _new_table("rank", "type", "place", f"adds at least ({money})", "at most", "joins", numbers_from=3)
    rows = table.drop_duplicates("plant_type") if several else table[table["checker"] != ""].head(_NEWCOMERS)
    rows = table.head(1) if rows.empty else rows
    for number, row in enumerate(rows.itertuples(index=False), start=1):
        rank = number if several else row.rank
        shown.add_row(str(rank), escape(row.plant_type), escape(row.name), _number(row.at_least), _number(row.at_most),
                      escape(row.joins.replace("; ", "\n")))  # fmt: skip
    head = f"{study.name}: {table['place'].nunique():,} places valued, "
    head += "the best place of each plant type" if several else f"the best {len(rows)}"
    wrong = [f"{row.name}: THE INDEPENDENT CHECKER FOUND: {row.checker}"
             for row in table.itertuples(index=False) if row.checker not in ("", "ok")]  # fmt: skip
    open_ = int((~table["status"].isin(["optimal", "out_of_reach"])).sum())
    stopped = [f"{open_} cases were stopped before the proof: their values are bounds"] if open_ else []
    told = [f"note: {note}" for note in notes]
    files = [f"map: {(out / 'newcomers.html').resolve()}", f"written to {out.resolve()}"]
    return "\n".join([head, _render(shown).rstrip(), *wrong, *stopped, *told, *files])


def candidate_facts(found: Candidates, out: Path) -> dict[str, Any]:
    """Return what could be built."""
    return {
        "out": str(out),
        "sites": len(found.sites),
        "pairs": len(found.pairs),
        "candidate_routes": len(found.problem.routes),
        "corridors": len(found.problem.corridors),
        "pipes": len(found.problem.pipes),
        "unreachable": found.unreachable.to_dict("records"),
        "notes": [*study_notes(found.study), *found.notes],
        "seconds": found.seconds,
    }


def candidate_text(found: Candidates, out: Path) -> str:
    """Return what could be built, in a few lines."""
    facts = candidate_facts(found, out)
    notes = "".join(f"\nnote: {note}" for note in facts["notes"])
    return (
        f"{found.study.name}: {facts['pairs']} possible pairs, {facts['candidate_routes']} truck routes, "
        f"{facts['corridors']} corridors with {facts['pipes']} pipe options, {facts['sites']} sites"
        f"{notes}\nwritten to {out.resolve()}"
    )


def site_text(sited: Sited, out: Path) -> str:
    """Return the ranked sites as a table, and what kept others out."""
    study = sited.study
    names = sited.weights.sort_values("weight", ascending=False, kind="stable")
    table = _new_table("rank", "site", "name", "ha", "score", "other weights", "excluded because", numbers_from=3)
    for row in study.sites.itertuples(index=False):
        there = not pd.isna(row.rank)
        held = f"{row.rank_best:.0f} to {row.rank_worst:.0f}" if there else ""
        score = f"{row.score:.3f}" if there else ""
        area = f"{row.area_m2 / 10_000:,.1f}"
        table.add_row(f"{row.rank:.0f}" if there else "-", escape(row.site), escape(row.name), area, score, held,
                      escape(row.reason))  # fmt: skip
    counts = sited.counts
    weighed = ", ".join(f"{row.criterion} {row.weight:.0%}" for row in names.itertuples(index=False))
    taken = ", ".join(f"{row.exclusion} {row.share:.0%}" for row in sited.exclusions.itertuples(index=False))
    head = [
        f"{study.name}: {counts['sites']} sites of {counts['candidates']} candidates, "
        f"{counts['allowed_km2']:,.1f} km2 where something may stand",
        f"  criteria: {weighed}",
        f"  excluded: {taken or 'nothing'}",
        *(f"  note: {note}" for note in sited.notes),
    ]
    return "\n".join([*head, _render(table).rstrip(), f"written to {out.resolve()}"])


def route_facts(routes: pd.DataFrame, out: Path) -> dict[str, Any]:
    """Return alternative routes without their lines."""
    return {"out": str(out), "routes": routes.drop(columns="geometry").to_dict("records")}


def route_text(routes: pd.DataFrame, study: Study, out: Path) -> str:
    """Return alternative routes as a table."""
    if routes.empty:
        return f"no truck can drive there\nwritten to {out.resolve()}"
    money = f"{study.settings.currency}/trip"
    table = _new_table("rank", "vehicle", "km", "h one way", money, "kg CO2/trip", "shared", numbers_from=2)
    for row in routes.itertuples(index=False):
        table.add_row(
            str(row.rank),
            row.vehicle,
            f"{'~' if row.coarse_m > 0 else ''}{row.distance_m / 1000:,.1f}",
            f"{row.drive_h:.2f}",
            f"{row.cost_per_trip:,.0f}",
            f"{row.co2_t_per_trip * 1000:,.1f}",
            f"{row.overlap:.0%}",
        )
    return f"{_render(table).rstrip()}\nwritten to {out.resolve()}"


def reach_facts(bands: pd.DataFrame, out: Path) -> dict[str, Any]:
    """Return the bands of a service area without their outlines."""
    records = bands.drop(columns="geometry").assign(area_km2=bands.geometry.area / 1e6).to_dict("records")
    return {"out": str(out), "bands": records}


def reach_text(bands: pd.DataFrame, out: Path) -> str:
    """Return the bands of a service area as a table."""
    if bands.empty:
        return f"no road can be reached\nwritten to {out.resolve()}"
    table = _new_table("from", "to", "unit", "km of road", "km2", numbers_from=0)
    for row in reach_facts(bands, out)["bands"]:
        table.add_row(
            f"{row['above']:g}", f"{row['up_to']:g}", row["unit"], f"{row['road_km']:,.0f}", f"{row['area_km2']:,.1f}"
        )
    return f"{_render(table).rstrip()}\nwritten to {out.resolve()}"


def documented_facts(rows: pd.DataFrame) -> dict[str, Any]:
    """Return how many scored documented exchanges were found again, and each one's fate."""
    scored = rows[rows["scored"]]
    return {
        "documented": len(scored),
        "found": int(scored["found"].sum()),
        "found_same_mode": int(scored["found_same_mode"].sum()),
        "exchanges": [
            {key: (None if pd.isna(value) else value) for key, value in record.items()}
            for record in rows.astype("object").to_dict("records")
        ],
    }


def documented_text(rows: pd.DataFrame) -> str:
    """Return the documented exchanges as a table with the score."""
    facts = documented_facts(rows)
    table = _new_table("no.", "from", "to", "resource", "built as", "found as", "remark")
    for row in rows.itertuples(index=False):
        remark = row.reason if row.scored else f"not scored; {row.reason}" if row.reason else "not scored"
        table.add_row(
            row.exchange,
            escape(row.from_plant),
            escape(row.to_plant),
            escape(row.resource),
            row.documented_mode,
            row.mode if row.found else "-",
            escape(remark),
        )
    return (
        f"{facts['found']} of {facts['documented']} documented exchanges found again, "
        f"{facts['found_same_mode']} with the documented mode\n{_render(table).rstrip()}"
    )


def difference_facts(differences: pd.DataFrame) -> dict[str, Any]:
    """Return every difference between two plans."""
    records = differences.astype("object").to_dict("records")
    return {"differences": [{key: None if pd.isna(value) else value for key, value in row.items()} for row in records]}


def difference_text(differences: pd.DataFrame) -> str:
    """Return the differences between two plans as a table."""
    if differences.empty:
        return "the plans are the same"
    table = _new_table(*differences.columns)
    for row in differences.itertuples(index=False):
        table.add_row(*(_number(value) if isinstance(value, float) else escape(str(value)) for value in row))
    return _render(table).rstrip()


def front_facts(table: pd.DataFrame, points: Sequence[Point], against: str, out: Path) -> dict[str, Any]:
    """Return a front and why it has no points, for machines."""
    records = table.astype("object").to_dict("records")
    rows = [{key: None if pd.isna(value) else value for key, value in row.items()} for row in records]
    measure = MEASURES[against]
    return {
        "out": str(out), "against": against, "unit": measure.unit, "points": rows,
        "reasons": list(points[0].plan.reasons), "input_digest": points[-1].plan.input_digest,
    }  # fmt: skip


def front_text(table: pd.DataFrame, points: Sequence[Point], against: str, out: Path) -> str:
    """Return a front as a table, or why it has no points."""
    plan, measure = points[0].plan, MEASURES[against]
    if not plan.has_solution:
        return plan_text(plan, out)
    units = {name: f"{name} ({known.unit})" for name, known in MEASURES.items()}
    own = [against, *(name for name in MEASURES if name != against)]
    shown = _new_table("point", "cap", "cost", *(units[name] for name in own), "gap", "why", numbers_from=1)
    for row in table.to_dict("records"):
        gap = "unknown" if pd.isna(row["gap"]) else f"{row['gap']:.3%}"
        amounts = (_number(row[name]) for name in ("cap", "cost", *own))
        shown.add_row(str(row["point"]), *amounts, gap, _STATUS[row["status"]])
    wrong = [f"point {row['point']}: THE INDEPENDENT CHECKER FOUND: {row['checker']}"
             for row in table.to_dict("records") if row["checker"] != "ok"]  # fmt: skip
    head = f"{plan.problem}: cost ({plan.currency}) against {measure.name}, {len(points)} plans, none beaten in both"
    return "\n".join([head, _render(shown).rstrip(), *wrong, f"written to {out.resolve()}"])


def _new_table(*headers: str, numbers_from: int | None = None) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, header in enumerate(headers):
        right = numbers_from is not None and position >= numbers_from and header != "unit"
        table.add_column(header, justify="right" if right else "left")
    return table


def _render(table: Table) -> str:
    text = io.StringIO()
    Console(file=text, width=140, force_terminal=False, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _number(value: float) -> str:
    if pd.isna(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"
