"""Whom the pictures of a study must credit."""

from __future__ import annotations

from data.study import Study

OSM = "© OpenStreetMap contributors"


def credit(study: Study) -> str:
    """Return the credit that the licence of OpenStreetMap wants in sight, where the study names it."""
    said = [*study.settings.sources]
    for layer in (study.plants, study.zones, study.crossings, study.sites, study.pipelines):
        said += layer["source"].unique().tolist() if "source" in layer else []
    return OSM if study.settings.download or any("openstreetmap" in str(text).lower() for text in said) else ""
