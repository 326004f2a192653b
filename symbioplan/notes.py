"""What a reader of a plan must know about its study: nothing is left out silently."""

from __future__ import annotations

import math

import pandas as pd

from data import Study
from models import FORBIDDEN, Matching

_NAMED = 5  # plants that a sentence names


def study_notes(study: Study) -> tuple[str, ...]:
    """Return a sentence for each part of the study that this version reads but does not plan with."""
    streams = study.streams
    dated = int((streams["available_from"].notna() | streams["available_to"].notna()).sum())
    pooled = dated > 0 and study.settings.phases is None
    found = {
        f"streams that exist only in some years: {dated}, pooled with the others in this plan's one period": pooled,
        "the study has no roads, so nothing can go by truck": study.roads.empty,
        "beyond the study's own roads the world's highways are used: coarse, undirected, without bans or speeds": bool(
            (study.roads["highway"] == "world").any()
        ),
        "the study has no zones, so pipelines run straight over whatever is there": (
            study.zones.empty and study.landcover is None and not study.terrain
        ),
    }
    told = (sentence for sentence, applies in found.items() if applies)
    return (*study.understood, *told, *_cut_streams(study))


def _cut_streams(study: Study) -> tuple[str, ...]:
    """Return a sentence for each stream that is there in some years of a phase but not in all of them."""
    if study.settings.phases is None:
        return ()
    streams = study.streams.fillna({"available_from": -math.inf, "available_to": math.inf})
    cut = [
        (row.stream, f"{first} to {last}")
        for first, last in study.settings.phases.spans
        for row in streams.itertuples(index=False)
        if (row.available_from > first or row.available_to < last)
        and max(row.available_from, first) <= min(row.available_to, last)
    ]
    return tuple(f"{stream} is there in some years of {span} only, so not in that phase's plan" for stream, span in cut)


def hub_notes(study: Study, hubs: pd.DataFrame) -> tuple[str, ...]:
    """Return a sentence about the technologies of a study that no hub on offer (contract ``problem.hubs``) has."""
    idle = sorted(set(study.technologies["technology"]) - set(hubs["technology"]))
    if not idle:
        return ()
    why = "nowhere to stand, not all that they eat is to be had, or nobody wants what they make"
    return (f"hubs: not offered ({why}): {', '.join(idle)}",)


def refused_notes(matching: Matching) -> tuple[str, ...]:
    """Return a sentence for each reason why a supply cannot serve a demand of its own resource or a lesser grade."""
    pairs = matching.pairs
    refused = pairs[(pairs["verdict"] == "impossible") & pairs["kind"].isin(["same", "grade"])]
    refused = refused[~refused["reason"].str.startswith(FORBIDDEN)]  # the study's own choice is no news
    sentences = []
    for reason, rows in refused.groupby("reason", sort=False):
        named = [
            f"{row.resource} of {row.from_plant} to {row.to_plant}" for row in rows[:_NAMED].itertuples(index=False)
        ]
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        sentences.append(f"not possible, {reason}: {', '.join(named)}{more}")
    return tuple(sentences)


def coarse_notes(hauls: pd.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each pair of places whose haul runs on coarse roads of the world."""
    coarse = hauls[hauls["coarse_m"] > 0].drop_duplicates(["from_node", "to_node"])
    return tuple(
        f"{row.coarse_m / 1000:,.0f} of {row.distance_m / 1000:,.0f} km from {row.from_node} to {row.to_node} "
        "are on coarse roads: the distance is an estimate"
        for row in coarse.itertuples(index=False)
    )


def class_notes(unreachable: pd.DataFrame) -> tuple[str, ...]:
    """Return one sentence on the plants that some vehicle classes cannot reach; the table has the reasons."""
    if unreachable.empty:
        return ()
    plants = sorted(set(unreachable["plant"]))
    named = ", ".join(plants[:_NAMED]) + (f" and {len(plants) - _NAMED} more" if len(plants) > _NAMED else "")
    return (f"some vehicle classes cannot reach {named}: unreachable_by_class says why",)
