"""What newcomers add to a region whose plan stands, at any place: matched, given ways of their own, and planned.

A newcomer's ways are its own truck routes and a pipeline network of its own, from its place to each plant that it
matches and to the junctions nearest to it where a pipe of the plan carries what it gives or wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

import models
import routing
from data import Fault, InputError, Plan, Problem, Study, read_plan, read_problem, read_study
from data.newcomers import Newcomer
from data.settings import Hubs
from symbioplan import pipeline
from symbioplan.newcomer_places import Places, refined
from symbioplan.progress import Progress, silent

AT = "newcomer@"  # begins the name of each newcomer's node
_TAPS = 3  # junctions of the plan's pipes, the nearest, that each stream may join


@dataclass(frozen=True)
class Region:
    """A study, the Problem that it makes, and the plan that stands."""

    study: Study
    problem: Problem
    plan: Plan


@dataclass(frozen=True)
class Found:
    """What newcomers add: the region, the places, the newcomers by type, and a worth per type and place."""

    region: Region
    places: Places
    newcomers: Sequence[Newcomer]
    worths: tuple[models.Worth, ...]
    valuations: Mapping[models.Case, models.Valuation]
    unmatched: tuple[str, ...] = ()  # streams that nothing in the region matches, anywhere

    def __add__(self, other: Found) -> Found:
        points = pd.concat([self.places.points, other.places.points], ignore_index=True)
        both = Places(gpd.GeoDataFrame(points, crs=self.places.points.crs), self.places.grid)
        valuations = {**self.valuations, **other.valuations}
        return replace(self, places=both, worths=(*self.worths, *other.worths), valuations=valuations)

    @property
    def best(self) -> dict[str, float]:
        """Return what the best type adds at least at each place."""
        out: dict[str, float] = {}
        for worth in self.worths:
            out[worth.case.place] = max(worth.least, out.get(worth.case.place, 0.0))
        return out


def planned_region(study: Study, *, progress: Progress = silent) -> Region:
    """Return a study planned."""
    result = pipeline.plan(study, progress=progress)
    return _standing_region(Region(result.study, result.candidates.problem, result.plan))


def read_region(folder: Path) -> Region:
    """Return what ``symbioplan plan`` wrote.

    Raises
    ------
    InputError
        The folder lacks a part of it, or holds no plan that was found.
    """
    lost = [name for name in ("study/study.toml", "problem/problem.toml", "plan/plan.json")
            if not (folder / name).is_file()]  # fmt: skip
    if lost:
        raise InputError([Fault(str(folder), "", f"no {name}", "a folder that symbioplan plan wrote") for name in lost])
    return _standing_region(Region(read_study(folder / "study"), read_problem(folder / "problem"),
                                   read_plan(folder / "plan")))  # fmt: skip


def _standing_region(region: Region) -> Region:
    faults = []
    if region.study.settings.phases is not None:
        faults.append(Fault("study.toml", "phases", "phases", "a study of one period: a newcomer has no year yet"))
    names = [*region.study.plants["plant"], *region.problem.nodes["node"]]
    faults += [Fault("plants", "plant", repr(name), f"a name that does not begin with {AT}")
               for name in dict.fromkeys(names) if name.startswith(AT)]  # fmt: skip
    if not region.plan.has_solution:
        found = f"no plan ({region.plan.status}): {'; '.join(region.plan.reasons)}"
        faults.append(Fault(region.study.name, "", found, "a region that has a plan"))
    if faults:
        raise InputError(faults)
    return region


def find_newcomers(
    region: Region, newcomers: Sequence[Newcomer], places: Places, *, best: int = 12, progress: Progress = silent
) -> Found:
    """Return what each newcomer adds at each place; the best cells of a grid are parted, level by level.

    The ``best`` cases and the best of each type have a plan that is read back and checked, with the exchanges that
    they would join.
    """
    found = _at(region, newcomers, places, progress)
    while len(finer := refined(region.study, found.places, found.best)):
        progress(f"Parting the best cells into {len(finer)} smaller ones")
        found += _at(region, newcomers, finer, progress)
    order = sorted(found.worths, key=lambda worth: (-worth.least, -worth.most))
    kinds = [worth.case.plant_type for worth in order]
    full = {*range(min(best, len(order))), *(kinds.index(kind) for kind in set(kinds))}
    progress(f"Planning {len(full)} of {len(order)} cases in full")
    worths = [found.valuations[worth.case].planned(worth) if number in full else worth
              for number, worth in enumerate(order)]  # fmt: skip
    return replace(found, worths=tuple(worths))


def _at(region: Region, newcomers: Sequence[Newcomer], places: Places, progress: Progress) -> Found:
    """Return what each newcomer adds at each place."""
    if not len(places):
        return Found(region, places, newcomers, (), {})
    wide, cases = _with_newcomers(region.study, newcomers, places)
    offers = _hubs(wide, newcomers, cases)
    ends, taps = _routed(region, wide, offers)
    progress(f"Matching {len(newcomers)} kinds of newcomer at {len(places)} places")
    pairs = _pairs(ends, set(taps["plant"]))
    progress(f"Finding ways for {len(pairs):,} pairs")
    routes = routing.truck_routes(ends, pairs[pairs["truck"]].reset_index(drop=True)).routes
    junctions, corridors, pipes, cases = _own_pipes(ends, pairs, cases)
    old = region.problem
    nodes = old.nodes
    problem = models.build_problem(
        wide,
        routes=pd.concat([old.routes, routes.assign(route="new-" + routes["route"])], ignore_index=True),
        corridors=pd.concat([old.corridors, *corridors], ignore_index=True),
        pipes=pd.concat([old.pipes, *pipes], ignore_index=True),
        junctions=pd.concat([nodes[nodes["kind"] == "junction"], *junctions], ignore_index=True),
        sites=nodes[nodes["kind"] == "site"],
        hubs=models.HubOffers(
            pd.concat([old.hubs, offers.hubs], ignore_index=True),
            pd.concat([old.recipes, offers.recipes], ignore_index=True).drop_duplicates(["technology", "resource"]),
        ),
    )
    lost = tuple(text for newcomer in newcomers for text in _unmatched(newcomer, cases, pairs))
    valuation = models.Valuation(problem, region.plan, cases)
    worths = []
    for number, case in enumerate(cases, start=1):
        progress(f"Valuing {case.plant_type} at {case.place} ({number} of {len(cases)})")
        worths.append(valuation.worth(case))
    return Found(region, places, newcomers, tuple(worths), dict.fromkeys(cases, valuation), lost)


def _unmatched(newcomer: Newcomer, cases: Sequence[models.Case], pairs: pd.DataFrame) -> list[str]:
    """Return the streams that nothing in the region matches, and that no technology beside the newcomer uses."""
    known = {*pairs["supply"], *pairs["demand"]}
    nodes = [case.node for case in cases if case.plant_type == newcomer.name]
    used = set(newcomer.recipes["resource"])
    return [f"{newcomer.name}: {row.direction} of {row.resource}" for row in newcomer.streams.itertuples(index=False)
            if row.resource not in used and not any(f"{node}/{row.stream}" in known for node in nodes)]  # fmt: skip


def _with_newcomers(study: Study, newcomers: Sequence[Newcomer], places: Places) -> tuple[Study, list[models.Case]]:
    """Return the study with a plant for every newcomer at every place, and the cases."""
    points, plants, streams, cases = places.points, [study.plants], [study.streams], []
    for newcomer in newcomers:
        new = points[["place", "name", "geometry"]].assign(plant=AT + points["place"] + "/" + newcomer.name)
        new["name"] = f"{newcomer.title} at " + new["name"]
        plants.append(new.drop(columns="place").assign(sector="newcomer", country="", note="", source=""))
        many = newcomer.streams.drop(columns="plant").merge(new[["plant"]], how="cross")
        many["stream"] = many["plant"] + "/" + many["stream"]
        streams.append(many)
        own = {str(plant): frozenset(rows["stream"]) for plant, rows in many.groupby("plant", sort=False)}
        cases += [
            models.Case(place, newcomer.name, plant, own[plant])
            for place, plant in zip(new["place"], new["plant"], strict=True)
        ]
    both = gpd.GeoDataFrame(pd.concat(plants, ignore_index=True), geometry="geometry", crs=study.crs)
    return study.replace(plants=both, streams=pd.concat(streams, ignore_index=True)), cases


def _hubs(wide: Study, newcomers: Sequence[Newcomer], cases: Sequence[models.Case]) -> models.HubOffers:
    """Return the hubs of the newcomers' technologies, each at its own place."""
    names = {name for newcomer in newcomers for name in newcomer.technologies["technology"]}
    if not names:
        return models.HubOffers()
    tables = [pd.concat([getattr(newcomer, part) for newcomer in newcomers]) for part in ("technologies", "recipes")]
    technologies = tables[0].drop_duplicates("technology").reset_index(drop=True)
    recipes = tables[1].drop_duplicates(["technology", "resource"]).reset_index(drop=True)
    own = {new.name: set(new.technologies["technology"]) for new in newcomers}
    asked = Hubs(at="plants", places=tuple(case.node for case in cases))
    study = wide.replace(
        technologies=technologies, recipes=recipes, settings=wide.settings.model_copy(update={"hubs": asked})
    )
    offers = models.hub_offers(study, pd.DataFrame({"node": []}, dtype="str"))
    allowed = {(case.node, name) for case in cases for name in own[case.plant_type]}
    at = pd.MultiIndex.from_frame(offers.hubs[["node", "technology"]])
    return models.HubOffers(offers.hubs[at.isin(list(allowed))].reset_index(drop=True), offers.recipes)


def _routed(region: Region, wide: Study, offers: models.HubOffers) -> tuple[Study, pd.DataFrame]:
    """Return the study to match and route: hubs have streams, and so have junctions where a pipe of the plan ends."""
    problem, nodes = region.problem, region.problem.nodes
    hubs = pd.concat([problem.hubs, offers.hubs], ignore_index=True)
    recipes = pd.concat([problem.recipes, offers.recipes], ignore_index=True).drop_duplicates()
    study = models.with_hubs(wide, models.HubOffers(hubs, recipes), nodes[nodes["kind"] == "site"])
    ends = region.plan.built_pipes.merge(problem.corridors[["corridor", "from_node", "to_node"]], on="corridor")
    ends = ends.melt(["resource", "capacity"], ["from_node", "to_node"], value_name="plant")
    ends = ends[ends["plant"].isin(nodes.loc[nodes["kind"] == "junction", "node"])]
    taps = ends.groupby(["plant", "resource"], as_index=False)["capacity"].max()
    if taps.empty:
        return study, taps
    there = nodes[nodes["node"].isin(taps["plant"])]
    plants = gpd.GeoDataFrame(
        {"plant": there["node"], "name": there["node"], "sector": "junction", "country": "", "note": "", "source": ""},
        geometry=gpd.points_from_xy(there["x"], there["y"]), crs=study.crs)  # fmt: skip
    both = taps.merge(pd.DataFrame({"direction": ["supply", "demand"]}), how="cross")
    units = study.resources.set_index("resource")["unit"]
    streams = pd.DataFrame({
        "stream": "tap " + both["plant"] + "/" + both["resource"] + "/" + both["direction"],
        "plant": both["plant"], "resource": both["resource"], "direction": both["direction"],
        "quantity": both["capacity"].fillna(1.0), "unit": both["resource"].map(units), "must_serve": False,
    })  # fmt: skip
    return study.replace(
        plants=gpd.GeoDataFrame(pd.concat([study.plants, plants], ignore_index=True), crs=study.crs),
        streams=pd.concat([study.streams, streams], ignore_index=True),
    ), taps


def _pairs(study: Study, junctions: set[str]) -> pd.DataFrame:
    """Return the matched pairs of a newcomer and the region; of junctions the nearest, and by pipe only."""
    pairs = models.find_matches(study).offered
    new = [pairs[side].str.startswith(AT) for side in ("from_plant", "to_plant")]
    pairs = pairs[new[0] ^ new[1]].reset_index(drop=True)
    pairs["new"] = pairs["from_plant"].where(pairs["from_plant"].str.startswith(AT), pairs["to_plant"])
    tapped = pairs["from_plant"].isin(junctions) | pairs["to_plant"].isin(junctions)
    own = pairs["supply"].where(pairs["from_plant"] == pairs["new"], pairs["demand"])
    order = pairs["straight_m"].groupby([own, pairs["resource"], tapped]).rank(method="first")
    pairs["truck"] &= ~tapped
    return pairs[~tapped | (order <= _TAPS)].reset_index(drop=True)


def _own_pipes(
    study: Study, pairs: pd.DataFrame, cases: Sequence[models.Case]
) -> tuple[list[pd.DataFrame], list[pd.DataFrame], list[pd.DataFrame], list[models.Case]]:
    """Return junctions, corridors and pipes of each case's own network, under names of their own, and the cases."""
    junctions, corridors, pipes, known = [], [], [], []
    by_node = dict(iter(pairs.groupby("new")))
    for number, case in enumerate(cases):
        mine = by_node.get(case.node, pairs.iloc[:0])
        hubs = mine["supply"].str.startswith("hub " + AT) | mine["demand"].str.startswith("hub " + AT)
        mine = mine[mine["supply"].isin(case.streams) | mine["demand"].isin(case.streams) | hubs]
        network = routing.pipeline_corridors(study, mine.reset_index(drop=True))
        names = {name: f"new-{number}-{name}" for name in network.junctions["node"]}
        junctions.append(network.junctions.assign(node=network.junctions["node"].map(names)))
        own = network.corridors.assign(corridor=f"new-{number}-" + network.corridors["corridor"])
        corridors.append(own.assign(**{end: own[end].replace(names) for end in ("from_node", "to_node")}))
        pipes.append(network.pipes.assign(corridor=f"new-{number}-" + network.pipes["corridor"]))
        known.append(models.Case(case.place, case.plant_type, case.node, case.streams, frozenset(own["corridor"])))
    return junctions, corridors, pipes, known
