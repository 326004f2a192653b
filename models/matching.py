"""Which supply could serve which demand, and why or why not: the one place that decides.

Every pair of streams whose resources have something to do with each other (the same resource, a grade, a
technology between them, a family, a name) is judged by the rules of :mod:`models.match_rules` and
:mod:`models.match_law`. The verdict of a pair is

- ``possible``: nothing speaks against it;
- ``conditional``: someone must be asked, or it is possible in a mix or over others' pipes only;
- ``technology``: not as it is, but a technology turns the one into the other;
- ``impossible``: at least one rule says no.

The optimiser is offered exactly the possible and conditional pairs of different plants (:func:`match`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.catalogue import read_catalogue
from data.names import ResourceNames
from data.study import Study
from models.match_law import law_reasons
from models.match_rules import study_reasons
from models.match_technologies import technology_ways
from models.network import grade_chains

VERDICTS = ("possible", "conditional", "technology", "impossible")
# What a technology may overcome; a choice of the study or years that never meet it cannot.
_OVERCOME = {"kind", "phase", "hazard", "temperature", "pressure", "quality", "way", "route"}
_DECISIVE = {"technology": "technology", "impossible": "no", "conditional": "ask", "possible": "ok"}
_REASON = ["pair", "supply", "demand", "rule", "outcome", "text", "source", "undecided"]
_PAIR = ["supply", "demand", "from_plant", "to_plant", "resource", "received_as"]


@dataclass(frozen=True)
class Matching:
    """Pairs of supplies and demands with a verdict, and the reason that each rule gave.

    Attributes
    ----------
    pairs
        ``supply``, ``demand`` (streams), ``from_plant``, ``to_plant``, ``resource`` (given), ``received_as``
        (wanted), ``kind`` (same, grade, reverse_grade, family, name, technology), ``verdict``, ``reason`` (in
        words), ``technologies``, ``pipe``, ``truck`` (ways that are open to it), ``straight_m``. Ordered as the
        streams are.
    reasons
        ``pair`` (row of ``pairs``), ``supply``, ``demand``, ``rule``, ``outcome`` (ok, ask, no, technology), ``text``,
        ``source``, ``undecided`` (what the rule does not decide).
    """

    pairs: pd.DataFrame
    reasons: pd.DataFrame

    @property
    def offered(self) -> pd.DataFrame:
        """Return the pairs that the optimiser may use over a road or a pipe."""
        pairs = self.pairs
        open_ = pairs["verdict"].isin(["possible", "conditional"]) & (pairs["from_plant"] != pairs["to_plant"])
        return pairs[open_].reset_index(drop=True)


def match(study: Study) -> pd.DataFrame:
    """Return every pair of a supply and a demand of different plants that could be an exchange.

    Returns
    -------
    pandas.DataFrame
        ``supply``, ``demand`` (stream ids), ``from_plant``, ``to_plant``, ``resource`` (as given),
        ``received_as``, ``straight_m`` (between the plants' points), ``pipe``, ``truck`` (whether the given
        resource may travel so). Ordered as the streams are.
    """
    return find_matches(study).offered[[*_PAIR, "straight_m", "pipe", "truck"]]


def find_matches(study: Study) -> Matching:
    """Return every pair that has something to do with each other, judged by every rule."""
    pairs = _pairs(study, _relations(study))
    reasons = pd.concat([*study_reasons(study, pairs), *law_reasons(study, pairs)], ignore_index=True)
    return judged(pairs, reasons)


def judged(pairs: pd.DataFrame, reasons: pd.DataFrame) -> Matching:
    """Return pairs with the verdict that their reasons, with columns as in :class:`Matching`, add up to."""
    reasons = _in_order(reasons)
    no = reasons[reasons["outcome"] == "no"]
    refused, firmly, asked = (
        pairs.index.isin(rows["pair"])
        for rows in (no, no[~no["rule"].isin(_OVERCOME)], reasons[reasons["outcome"] == "ask"])
    )
    turned = (pairs["technologies"] != "").to_numpy(dtype=bool)
    names = ["technology", "impossible", "conditional"]
    verdict = np.select([refused & turned & ~firmly, refused, asked], names, "possible")
    told = pairs.assign(verdict=pd.Series(verdict, pairs.index, dtype="str"))
    decisive = reasons[reasons["outcome"] == reasons["pair"].map(told["verdict"]).map(_DECISIVE)]
    words = decisive.groupby("pair", sort=False)["text"].agg("; ".join)
    told["reason"] = words.reindex(pairs.index).fillna("").astype("str")
    named = reasons.merge(pairs[["supply", "demand"]], left_on="pair", right_index=True)
    head = [*_PAIR, "kind", "verdict", "reason", "technologies", "pipe", "truck", "straight_m"]
    found = [name for name in ("truck_km", "pipe_km") if name in told]
    return Matching(told[[*head, *found]], named[_REASON].reset_index(drop=True))


def _in_order(reasons: pd.DataFrame) -> pd.DataFrame:
    """Return reasons pair by pair in the order of the rules, each with its source and what it leaves undecided."""
    rules = read_catalogue().match_rules.reset_index(names="place")
    own = reasons[["pair", "rule", "outcome", "text", "source"]]
    own = own.merge(rules, on="rule", suffixes=("", "_of_rule"), validate="many_to_one")
    own["source"] = own["source"].mask(own["source"] == "", own["source_of_rule"])
    return own.sort_values(["pair", "place"], kind="stable")


def _relations(study: Study) -> pd.DataFrame:
    """Return which resources have to do with each other: ``resource``, ``received_as``, ``kind``, ``technologies``."""
    given = study.streams["direction"] == "supply"
    supplied, wanted = (sorted(set(study.streams.loc[rows, "resource"])) for rows in (given, ~given))
    chains = grade_chains(study.grades)
    serves = set(zip(chains["resource"], chains["serves"], strict=True))
    families, ways = _families(study), technology_ways(study, supplied, serves)
    rows = []
    for resource in supplied:
        for other in wanted:
            by = ways.get((resource, other), "")
            kind = _kind(resource, other, serves, families)
            if kind or by:
                rows.append((resource, other, kind or "technology", by))
    return pd.DataFrame(rows, columns=["resource", "received_as", "kind", "technologies"], dtype="str")


def _kind(resource: str, other: str, serves: set[tuple[str, str]], families: dict[str, str]) -> str:
    if resource == other:
        return "same"
    if (resource, other) in serves:
        return "grade"
    if (other, resource) in serves:
        return "reverse_grade"
    kin = families.get(resource, "")
    return "family" if kin and kin == families.get(other, "") else ""


def _families(study: Study) -> dict[str, str]:
    """Return the family of each resource in use; one of the study's own without a family has that of its namesake."""
    known = dict(zip(study.resources["resource"], study.resources["family"], strict=True))
    lost = sorted(name for name in set(study.streams["resource"]) if not known.get(name))
    if lost:
        catalogue = read_catalogue()
        families = dict(zip(catalogue.families["resource"], catalogue.families["family"], strict=True))
        names = ResourceNames(catalogue.resources, catalogue.synonyms)
        shown = dict(zip(study.resources["resource"], study.resources["name"], strict=True))
        for name in lost:
            near = [*names.meaning(shown[name]), *names.near(shown[name]), *names.near(name)]
            known[name] = next((families[other] for other in near), "")
    return known


def _pairs(study: Study, relations: pd.DataFrame) -> pd.DataFrame:
    """Return a row per pair of streams in relation, with what the rules need to know of both."""
    kept = ["stream", "plant", "resource", "quantity", "temperature_c", "pressure_bar", "available_from",
            "available_to"]  # fmt: skip
    streams = study.streams[kept].assign(row=np.arange(len(study.streams)))
    given = (study.streams["direction"] == "supply").to_numpy(dtype=bool)
    supplies = streams[given].rename(columns={"stream": "supply", "plant": "from_plant"})
    demands = streams[~given].rename(columns={"stream": "demand", "plant": "to_plant", "resource": "received_as"})
    pairs = supplies.merge(relations, on="resource").merge(demands, on="received_as", suffixes=("", "_demand"))
    pairs = pairs.sort_values(["row", "row_demand"], kind="stable").reset_index(drop=True)
    points = study.plant_points
    start, end = points.reindex(pairs["from_plant"]), points.reindex(pairs["to_plant"])
    apart = np.hypot(start.x.to_numpy() - end.x.to_numpy(), start.y.to_numpy() - end.y.to_numpy())
    return pairs.assign(straight_m=apart, **_flags(study, pairs["resource"]))


def _flags(study: Study, resource: pd.Series) -> dict[str, np.ndarray]:
    """Return whether resources may travel by pipe and by truck, as the catalogue and the study's settings say."""
    known = study.resources.set_index("resource")
    listed = study.settings.pipelines.resources
    pipe = known["pipe"] & (known.index.isin(listed) if listed is not None else True)
    return {
        "pipe": pipe.reindex(resource).to_numpy(dtype=bool),
        "truck": known["truck"].reindex(resource).to_numpy(dtype=bool),
    }
