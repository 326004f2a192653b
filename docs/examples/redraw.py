"""How much of what a plan finds again hangs on assumptions: draw prices or places anew, plan, and count.

    python docs/examples/redraw.py yamaguchi --draws 20

Prices: each stream's price is multiplied by a number between 0.7 and 1.3. Places: each plant moves within the
"uncertain by about ... m" of its source, or within 2 km if that is less. Draws are even and repeatable.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections import Counter
from collections.abc import Callable

import geopandas as gpd
import numpy as np
from shapely.affinity import translate

import symbioplan
from symbioplan import Study

FARTHEST_M = 2000.0


def other_prices(study: Study, rng: np.random.Generator) -> Study:
    factors = rng.uniform(0.7, 1.3, len(study.streams))
    return dataclasses.replace(study, streams=study.streams.assign(price=study.streams["price"] * factors))


def other_places(study: Study, rng: np.random.Generator) -> Study:
    plants = study.plants
    told = plants["source"].str.extract(r"uncertain by about (\d+) m")[0].astype(float).fillna(0.0)
    radius = told.clip(upper=FARTHEST_M).to_numpy() * np.sqrt(rng.uniform(0, 1, len(plants)))  # even over the disc
    angle = rng.uniform(0, 2 * np.pi, len(plants))
    moved = [
        translate(shape, dx, dy)
        for shape, dx, dy in zip(plants.geometry, radius * np.cos(angle), radius * np.sin(angle), strict=True)
    ]
    return dataclasses.replace(study, plants=plants.set_geometry(gpd.GeoSeries(moved, plants.index, crs=plants.crs)))


DRAWS: dict[str, Callable[[Study, np.random.Generator], Study]] = {"prices": other_prices, "places": other_places}


def redraw(name: str, what: str, draws: int) -> tuple[list[int], Counter[str]]:
    """Return how many scored exchanges each plan found in the documented mode, and how often each was found."""
    study, documented = symbioplan.read_study(name), symbioplan.read_documented(name)
    scored = documented[documented["scored"]]
    totals, often = [], Counter(dict.fromkeys(scored["exchange"], 0))
    for seed in range(draws):
        drawn = DRAWS[what](study, np.random.default_rng(seed))
        result = symbioplan.plan(drawn)
        found = symbioplan.compare_documented(result.candidates.problem, result.plan, scored)
        totals.append(int(found["found_same_mode"].sum()))
        often.update(found.loc[found["found_same_mode"], "exchange"])
    return totals, often


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("--draws", type=int, default=20)
    wanted = parser.parse_args()
    for what in DRAWS:
        totals, often = redraw(wanted.study, what, wanted.draws)
        print(f"{what}: {min(totals)} to {max(totals)} of {len(often)} found, median {np.median(totals):g}")
        print("  " + ", ".join(f"{exchange}: {count}" for exchange, count in often.items()))


if __name__ == "__main__":
    main()
