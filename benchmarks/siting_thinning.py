"""What thinning candidate sites by spacing costs: the optimum on all candidates against that on the thinned ones.

Regions with clustered plants are made with a seed; hexagons cover them, each with a suitability that decides what
a site costs. Solved by HiGHS: p-median (four hubs, tonne-kilometres) and capacitated facility location (opening costs
that fall with the score, capacities, tonne-kilometres). Each answer is recomputed from the matrices without the solver.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import highspy
import numpy as np
import shapely

from data.grids import Floats, Ints
from siting.candidates import hexagons, spaced

Record = dict[str, object]
_SIDE_M, _WIDTH_M, _PLANTS, _MEDIANS = 12_000.0, 700.0, 30, 4
_OPEN, _CAPACITY_SHARE, _PER_TKM = 600_000.0, 0.3, 0.12  # per year; of all demand; per tonne and kilometre
_GAP = 1e-3  # how far an optimum may be from the proven one


def run(repeat: int) -> list[Record]:
    """Return, per problem and spacing, how much dearer the optimum on thinned candidates is."""
    regions = max(repeat, 1)
    return [record for problem in ("p-median", "capacitated") for record in _compared(problem, regions)]


@dataclass(frozen=True)
class Region:
    """Candidates (n, 2) with scores (n,), plants (m, 2) with demands (m,) in t/year."""

    xy: Floats
    score: Floats
    plants: Floats
    demand: Floats

    def thinned(self, spacing_m: float, most: int | None = None) -> Ints:
        """Return the candidates that stay with a spacing, as siting keeps them."""
        return spaced(self.xy, self.score, np.empty((0, 2)), spacing_m=spacing_m, most=most or len(self.xy))[0]

    def kept(self) -> dict[str, Ints]:
        """Return which candidates are tried, by the name of the way to thin them."""
        best = np.argsort(-self.score, kind="stable")
        return {
            "all": np.arange(len(self.xy)),
            **{f"spacing {spacing:.0f} m": self.thinned(spacing) for spacing in (1000.0, 1500.0, 2000.0, 3000.0)},
            **{f"at most {most}, spacing grown": self.thinned(1000.0, most) for most in (20, 40)},
            **{f"the {most} of best score": best[:most] for most in (20, 40)},
        }


def _compared(problem: str, regions: int) -> list[Record]:
    rows: dict[str, list[tuple[float, int, float]]] = {}
    for seed in range(regions):
        region = _region(seed)
        least = np.inf
        for name, kept in region.kept().items():
            cost, seconds = _solved(problem, region, kept)
            least = min(least, cost) if name == "all" else least
            rows.setdefault(name, []).append((cost / least - 1, len(kept), seconds))
    return [
        {
            "benchmark": "siting", "case": f"{problem}: {name}", "regions": len(found),
            "candidates": round(float(np.mean([row[1] for row in found]))),
            "loss_median": round(float(np.median([row[0] for row in found])), 4),
            "loss_most": round(float(max(row[0] for row in found)), 4),
            "seconds": round(float(np.median([row[2] for row in found])), 2),
        }
        for name, found in rows.items()
    ]  # fmt: skip


def _region(seed: int) -> Region:
    random = np.random.default_rng(seed)
    centres = random.uniform(0.15, 0.85, (5, 2)) * _SIDE_M
    plants = np.clip(centres[random.integers(0, 5, _PLANTS)] + random.normal(0, 1200, (_PLANTS, 2)), 0, _SIDE_M)
    whole, _ = hexagons((0, 0, _SIDE_M, _SIDE_M), _WIDTH_M)
    xy = shapely.get_coordinates(shapely.centroid(whole))
    waves = random.normal(0, 1 / 2500, (12, 2))
    ground = np.cos(xy @ waves.T + random.uniform(0, 2 * np.pi, 12)).sum(axis=1)
    score = (ground - ground.min()) / np.ptp(ground)
    fit = score >= 0.35  # the rest is excluded land
    return Region(xy[fit], score[fit], plants, random.lognormal(9.5, 0.8, _PLANTS))


def _solved(problem: str, region: Region, kept: Ints) -> tuple[float, float]:
    """Return the proven least cost over some candidates and the seconds that it took."""
    km = np.hypot(*(region.plants[:, None, :] - region.xy[kept][None, :, :]).transpose(2, 0, 1)) / 1000
    carry = km * region.demand[:, None] * _PER_TKM
    capacitated = problem == "capacitated"
    opening = _OPEN * (1.5 - region.score[kept]) if capacitated else np.zeros(len(kept))
    capacity = _CAPACITY_SHARE * float(region.demand.sum()) if capacitated else None
    started = time.perf_counter()
    opened, sent = _optimum(carry, opening, region.demand, capacity, None if capacitated else _MEDIANS)
    seconds = time.perf_counter() - started
    _check(sent, opened, region.demand, capacity)
    return float((carry * sent).sum() + opening @ opened), seconds


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
