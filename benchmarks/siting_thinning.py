"""What thinning candidate sites costs: the optimum over all candidates against that over those that stay.

Regions with clustered plants are made with a seed; hexagons cover them, each with a suitability that decides what
a site costs. Every plant has one of four resources. Thinning sees plants, tonnes and resources, as in a study; the
optima below it does not see. Solved by HiGHS; each answer is checked without the solver.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import shapely

from benchmarks import report
from data.grids import Floats, Ints
from siting.candidates import hexagons
from siting.thinning import Needs, Places, spaced, thinned

Record = dict[str, object]
PAGE = Path(__file__).parents[1] / "docs" / "siting.md"
_SIDE_M, _WIDTH_M, _PLANTS, _RESOURCES = 12_000.0, 700.0, 30, 4
_OPEN, _CAPACITY_SHARE, _PER_TKM = 600_000.0, 0.3, 0.12  # per year; of all demand; per tonne and kilometre
_GAP = 1e-3  # how far an optimum may be from the proven one
_BRIDGES = np.array([[3000.0, 6000.0], [9500.0, 6000.0]])  # over a river from west to east
_DETOUR = 1.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark is asked with."""
    parser.add_argument("--repeat", type=int, default=5, help="how many regions are made")
    parser.add_argument(
        "--first", type=int, default=0, help="seed of the first; the score's weights were picked on 0 to 4"
    )
    parser.add_argument("--write", action="store_true", help="write the table into docs/siting.md")


def run(asked: argparse.Namespace) -> tuple[list[Record], int]:
    """Print and return, per way to thin and optimum, how much dearer the optimum is than over all candidates."""
    when = report.conditions()
    seeds = range(asked.first, asked.first + max(asked.repeat, 1))
    fresh = range(seeds.stop, seeds.stop + len(seeds))
    records = [*measured(seeds), *(measured(fresh) if asked.write else [])]
    parts = [f"Seeds {each[0]} to {each[-1]}:\n\n{table([r for r in records if r['first'] == each[0]])}"
             for each in (seeds, fresh) if asked.write or each is seeds]  # fmt: skip
    text = "\n".join(parts)
    print(text)
    if asked.write:
        report.fill(PAGE, [f"{text}\nMeasured {when}.\n"])
    return records, 0


@dataclass(frozen=True)
class Region:
    """Candidates (n, 2) with scores (n,), plants (m, 2) with demands (m,) in t/year and resources (m,)."""

    xy: Floats
    score: Floats
    plants: Floats
    demand: Floats
    resource: Ints

    @property
    def places(self) -> Places:
        """Return the candidates as thinning takes them."""
        return Places(self.xy, self.score, np.zeros(len(self.xy), dtype=bool))

    @property
    def needs(self) -> Needs:
        """Return the plants as thinning takes them."""
        alone = np.stack([self.demand * (self.resource == kind) for kind in range(_RESOURCES)])
        return Needs(self.plants, self.demand[None, :], alone[alone.sum(axis=1) > 0])

    def chosen(self, most: int, spacing_m: float = 500.0) -> Ints:
        """Return the candidates that stay as siting keeps them."""
        return thinned(self.places, self.needs, spacing_m=spacing_m, most=most).kept

    def by_spacing(self, most: int) -> Ints:
        """Return the best of score with a spacing that grows until so many stay."""
        return spaced(self.xy, self.score, np.empty((0, 2)), spacing_m=1000.0, most=most)[0]

    def away(self, *, river: bool) -> Floats:
        """Return distances (m, n) in metres: straight, or along roads that cross a river on two bridges only."""
        straight = np.asarray(np.hypot(*(self.plants[:, None, :] - self.xy[None, :, :]).transpose(2, 0, 1)))
        if not river:
            return straight
        over = [np.hypot(*(self.plants - b).T)[:, None] + np.hypot(*(self.xy - b).T)[None, :] for b in _BRIDGES]
        north = _BRIDGES[0, 1]
        apart = (self.plants[:, 1] > north)[:, None] != (self.xy[:, 1] > north)[None, :]
        return np.asarray(_DETOUR * np.where(apart, np.minimum(*over), straight))


@dataclass(frozen=True)
class Optimum:
    """What is decided on the sites: which plants count, how many sites, what opening costs, whether they fill up."""

    title: str
    medians: int | None = None
    opening: float = 0.0
    one_resource: bool = False
    river: bool = False
    capacity: bool = False


OPTIMA = (
    Optimum("4 hubs, transport only", medians=4),
    Optimum("5 hubs, transport only", medians=5),
    Optimum("2 hubs for one resource", medians=2, one_resource=True),
    Optimum("4 hubs, a river with two bridges", medians=4, river=True),
    Optimum("capacities, opening costs by score", opening=_OPEN, capacity=True),
    Optimum("the same with the river", opening=_OPEN, capacity=True, river=True),
)
WAYS: dict[str, Callable[[Region], Ints]] = {
    "all": lambda region: np.arange(len(region.xy)),
    "at most 10": lambda region: region.chosen(10),
    "at most 20": lambda region: region.chosen(20),
    "at most 30 (default)": lambda region: region.chosen(30),
    "at most 40": lambda region: region.chosen(40),
    "at most 30, 1,000 m apart": lambda region: region.chosen(30, 1000.0),
    "spacing alone, 20": lambda region: region.by_spacing(20),
    "spacing alone, 40": lambda region: region.by_spacing(40),
    "the 30 of best score": lambda region: np.argsort(-region.score, kind="stable")[:30],
}


def measured(seeds: range) -> list[Record]:
    """Return a record per way to thin and optimum, over a region per seed."""
    losses: dict[tuple[str, str], list[float]] = {}
    sizes: dict[str, list[int]] = {}
    seconds: dict[str, list[float]] = {}
    for seed in seeds:
        region = made_region(seed)
        kept = {}
        for way, choose in WAYS.items():
            started = time.perf_counter()
            kept[way] = choose(region)
            seconds.setdefault(way, []).append(time.perf_counter() - started)
            sizes.setdefault(way, []).append(len(kept[way]))
        for optimum in OPTIMA:
            least = cost(optimum, region, kept["all"])
            for way, rows in kept.items():
                loss = 0.0 if way == "all" else cost(optimum, region, rows) / least - 1
                losses.setdefault((way, optimum.title), []).append(max(loss, 0.0))
    return [
        {
            "benchmark": "siting", "first": seeds[0], "way": way, "optimum": title, "regions": len(found),
            "candidates": round(float(np.mean(sizes[way]))),
            "loss_median": round(float(np.median(found)), 4), "loss_most": round(max(found), 4),
            "thinning_s": round(float(np.median(seconds[way])), 3),
        }
        for (way, title), found in losses.items()
    ]  # fmt: skip


def table(records: list[Record]) -> str:
    """Return the losses in Markdown: a row per way to thin, a column per optimum, median and most."""
    heads = ["candidates that stay", *(f"{optimum.title}, %" for optimum in OPTIMA)]
    rows = []
    for way in WAYS:
        mine = {str(record["optimum"]): record for record in records if record["way"] == way}
        count = next(iter(mine.values()))["candidates"]
        cells = [f"{100 * mine[o.title]['loss_median']:.1f}, {100 * mine[o.title]['loss_most']:.1f}" for o in OPTIMA]  # type: ignore[operator]
        rows.append([f"{way}: {count}", *cells])
    return report.table(heads, rows)


def made_region(seed: int) -> Region:
    """Return a region of 12 by 12 km with 30 plants in five clusters."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0.15, 0.85, (5, 2)) * _SIDE_M
    plants = np.clip(centres[random.integers(0, 5, _PLANTS)] + random.normal(0, 1200, (_PLANTS, 2)), 0, _SIDE_M)
    whole, _ = hexagons((0, 0, _SIDE_M, _SIDE_M), _WIDTH_M)
    xy = shapely.get_coordinates(shapely.centroid(whole))
    waves = random.normal(0, 1 / 2500, (12, 2))
    ground = np.cos(xy @ waves.T + random.uniform(0, 2 * np.pi, 12)).sum(axis=1)
    score = (ground - ground.min()) / np.ptp(ground)
    fit = score >= 0.35  # the rest is excluded land
    demand, resource = random.lognormal(9.5, 0.8, _PLANTS), random.integers(0, _RESOURCES, _PLANTS)
    return Region(xy[fit], score[fit], plants, demand, resource)


def cost(optimum: Optimum, region: Region, kept: Ints) -> float:
    """Return the proven least cost per year over some candidates."""
    part = np.flatnonzero(region.resource == 0) if optimum.one_resource else np.arange(len(region.plants))
    demand = region.demand[part]
    carry = region.away(river=optimum.river)[np.ix_(part, kept)] / 1000 * demand[:, None] * _PER_TKM
    opening = optimum.opening * (1.5 - region.score[kept])
    capacity = _CAPACITY_SHARE * float(demand.sum()) if optimum.capacity else None
    opened, sent = _optimum(carry, opening, demand, capacity, optimum.medians)
    _check(sent, opened, demand, capacity)
    return float((carry * sent).sum() + opening @ opened)


def _optimum(
    carry: Floats, opening: Floats, demand: Floats, capacity: float | None, medians: int | None
) -> tuple[Floats, Floats]:
    """Return what is opened (n,) and the share of each plant sent to each site (m, n)."""
    plants, sites = carry.shape
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    model.setOptionValue("output_flag", False)
    model.setOptionValue("mip_rel_gap", _GAP)
    opened = model.addVariables(sites, lb=0, ub=1, obj=opening.tolist(), type=highspy.HighsVarType.kInteger)
    sent = model.addVariables(plants, sites, lb=0, ub=1, obj=carry.ravel().tolist())
    model.setOptionValue("time_limit", 120.0)
    for plant in range(plants):
        model.addConstr(model.qsum(sent[plant, :]) == 1)
        for site in range(sites):
            model.addConstr(sent[plant, site] <= opened[site])
    if medians is not None:
        model.addConstr(model.qsum(opened) == medians)
    if capacity is not None:
        for site in range(sites):
            model.addConstr(model.qsum(demand * sent[:, site]) <= capacity * opened[site])
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"HiGHS stopped with {model.getModelStatus()}")
    values = np.asarray(model.getSolution().col_value)
    return np.round(values[:sites]), values[sites:].reshape(plants, sites)


def _check(sent: Floats, opened: Floats, demand: Floats, capacity: float | None) -> None:
    """Raise where an answer breaks a rule."""
    assert np.allclose(sent.sum(axis=1), 1, atol=1e-6)
    assert (sent <= opened + 1e-6).all()
    assert capacity is None or (demand @ sent <= capacity * opened + 1e-3).all()
