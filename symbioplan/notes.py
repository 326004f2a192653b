"""What a reader of a plan must know about its study: nothing is left out silently."""

from __future__ import annotations

from data import Study


def study_notes(study: Study) -> tuple[str, ...]:
    """Return a sentence for each part of the study that this version reads but does not plan with."""
    streams = study.streams
    dated = int((streams["available_from"].notna() | streams["available_to"].notna()).sum())
    found = {
        f"streams that exist only in some years: {dated}, pooled with the others in this plan's one period": dated > 0,
        f"existing pipelines: {len(study.pipelines)}, drawn, but their spare capacity is not used yet": (
            len(study.pipelines) > 0
        ),
        "the study has no roads, so nothing can go by truck": study.roads.empty,
        "the study has no zones, so pipelines run straight over whatever is there": (
            study.zones.empty and study.landcover is None
        ),
    }
    return tuple(sentence for sentence, applies in found.items() if applies)
