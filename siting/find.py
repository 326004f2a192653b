"""Siting as one step: a study goes in, the study with ranked sites comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data import Study
from data.siting_settings import Siting
from siting.candidates import candidates
from siting.scores import Scored, scored
from siting.sensitivity import robustness
from siting.suitability import Suitability, suitability
from siting.thinning import Places, Thinned, needs_of, thinned


@dataclass(frozen=True)
class Sited:
    """What siting found.

    Attributes
    ----------
    study
        The study with its ``sites`` ranked, ``site_scores`` and ``suitability``.
    weights
        ``criterion, weight``, and the ``function`` in words.
    exclusions
        ``exclusion, km2, share, only_km2``.
    sensitivity
        ``criterion, change, weight, best_site, top_kept, largest_move``.
    counts
        Candidates looked at, sites found, excluded parcels.
    notes
        What a reader must know.
    """

    study: Study
    weights: pd.DataFrame
    exclusions: pd.DataFrame
    sensitivity: pd.DataFrame
    counts: dict[str, float]
    notes: tuple[str, ...]


def find_sites(study: Study) -> Sited:
    """Return the study with the sites that its ``[siting]`` finds; they keep the digest of the input.

    Raises
    ------
    InputError
        When the judgements contradict each other too much, or there would be too many cells.
    """
    siting = study.settings.siting
    if siting is None:
        msg = "the study has no [siting]"
        raise ValueError(msg)
    found = suitability(study, siting)
    everything = scored(candidates(study, siting, found), found, siting)
    stay = _thinned(everything, study, siting)
    ranked, table = _ranked(everything.only(stay.kept), found, siting)
    exclusions = found.exclusions()
    weights = pd.DataFrame({
        "criterion": [criterion.name for criterion in siting.criteria],
        "weight": found.weights,
        "layer": [criterion.on for criterion in siting.criteria],
    })  # fmt: skip
    usable = int(ranked.sites["rank"].notna().sum())
    counts = {
        "candidates": len(everything.sites), "sites": usable, "excluded_parcels": len(ranked.sites) - usable,
        "cells": found.allowed.size, "cell_m": siting.cell_m,
        "allowed_km2": round(float(found.allowed.sum()) * siting.cell_m**2 / 1e6, 3),
    }  # fmt: skip
    sited = study.replace(sites=_named(ranked.sites, study), site_scores=ranked.scores, suitability=found.raster)
    return Sited(sited, weights, exclusions, table, counts, _notes(found, siting, counts, stay))


def _thinned(everything: Scored, study: Study, siting: Siting) -> Thinned:
    """Return the rows that stay: all parcels, and of what was found that with which an optimum loses little."""
    sites = everything.sites
    given = (sites["origin"] == "parcel").to_numpy()
    usable = np.isfinite(sites["score"].to_numpy())
    rows = np.flatnonzero(usable)
    xy = shapely.get_coordinates(shapely.point_on_surface(sites.geometry.to_numpy()[rows]))
    places = Places(xy, sites["score"].to_numpy()[rows], given[rows])
    found = thinned(places, needs_of(study), spacing_m=siting.spacing_m, most=siting.max_sites)
    kept = np.concatenate([np.flatnonzero(given & ~usable), rows[found.kept]])
    return replace(found, kept=np.sort(kept))


def _ranked(part: Scored, found: Suitability, siting: Siting) -> tuple[Scored, pd.DataFrame]:
    """Return the sites from the best to those where nothing may stand, with what other weights would say."""
    order = np.argsort(-part.sites["score"].fillna(-1.0).to_numpy(), kind="stable")
    part = part.only(order)
    count = int(part.sites["score"].notna().sum())
    columns = {name: np.full(len(part.sites), np.nan) for name in ("rank", "rank_best", "rank_worst", "top_share")}
    table = pd.DataFrame(columns=["criterion", "change", "weight", "best_site", "top_kept", "largest_move"])
    if count:
        holds = robustness(part.utilities[:count], found.weights, siting.sensitivity)
        columns["rank"][:count] = np.arange(1, count + 1)
        for name in ("rank_best", "rank_worst", "top_share"):
            columns[name][:count] = getattr(holds, name)
        names = [criterion.name for criterion in siting.criteria]
        table = holds.by_criterion.assign(
            criterion=holds.by_criterion["criterion"].map(dict(enumerate(names))),
            best_site=holds.by_criterion["best_site"].map(dict(enumerate(part.sites["site"]))),
        )
    return Scored(part.sites.assign(**columns), part.utilities, part.scores), table


def _named(sites: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return the sites in the contract's columns; land without a name is called after the nearest plant."""
    found = sites["origin"].isin(["hexagon", "area"]).to_numpy()
    if found.any():
        points = shapely.point_on_surface(sites.geometry.to_numpy()[found])
        plants = study.plant_points
        nearest = shapely.STRtree(plants.to_numpy()).nearest(points)
        names = study.plants.set_index("plant")["name"].reindex(plants.index).to_numpy()[nearest]
        km = shapely.distance(points, plants.to_numpy()[nearest]) / 1000
        words = [f"Land {far:.1f} km from {name}" for far, name in zip(km, names, strict=True)]
        called = sites["name"].to_numpy(dtype=object, copy=True)
        called[found] = words
        sites = sites.assign(name=pd.Series(called, index=sites.index, dtype="str"))
    columns = [column for column in study.sites.columns if column != study.sites.geometry.name]
    return gpd.GeoDataFrame(sites[columns], geometry=sites.geometry, crs=study.crs)


def _notes(found: Suitability, siting: Siting, counts: dict[str, float], stay: Thinned) -> tuple[str, ...]:
    notes = []
    if found.comparison is not None:
        notes.append(f"the judgements have a consistency ratio of {found.comparison.consistency_ratio:.3f}")
    if stay.loss_most >= 0.0005:
        notes.append(f"with the sites that stay of {counts['candidates']:,} candidates, rough optima are "
                     f"{stay.loss_mean:.1%} dearer on average and {stay.loss_most:.1%} at most")  # fmt: skip
    if not found.allowed.any():
        notes.append("nothing is left: the exclusions take all the land that is looked at")
    elif not counts["sites"]:
        notes.append(f"no site: no candidate of at least {siting.min_area_ha:g} ha where something may stand")
    return tuple(notes)
