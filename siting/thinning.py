"""Which of many candidates stay, so that the optimum over those loses little.

Nothing is known yet of what the plan will do, so optima of many kinds are tried first: p-medians over straight
distances, for several numbers of sites, for all resources together and for each alone, with the score of a site
counting not at all, somewhat and much. What a candidate would cost as each site of each of these optima is a
matrix of losses; those candidates stay that lose least over all of them, which is a p-median again.

The heuristic is greedy adding (Kuehn and Hamburger 1963) and then exchanging while it pays (Teitz and Bart 1968).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from data import Study
from data.grids import Floats, Ints
from data.units import base_per_own_unit

TOGETHER, ALONE = (1, 2, 3, 4, 6, 8), (1, 2, 3)  # how many sites are tried, for all resources and for each alone
# What a score of 0 instead of 1 costs, in shares of the transport to a site: as much as says whether land or
# transport decides.
SCORE_COUNTS = (0.0, 2.0, 8.0)
_MOST_TRIED = 2000  # candidates of which losses are computed; of more the best with a grown spacing
_HANDLED_AS_M = 1000.0  # loading costs about as much as so many metres, so that no optimum costs nothing
_SWAPS = 100  # at most; each betters the choice, and a dozen are usual


@dataclass(frozen=True)
class Places:
    """Candidates among which some are chosen.

    ``xy`` (n, 2) in metres, ``score`` (n,) from 0 to 1, ``given`` (n,): stays in any case.
    """

    xy: Floats
    score: Floats
    given: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def only(self, rows: Ints) -> Places:
        """Return some of them."""
        return Places(self.xy[rows], self.score[rows], self.given[rows])


@dataclass(frozen=True)
class Needs:
    """What is carried to or from where: ``xy`` (m, 2) in metres, ``together`` (k, m) and ``alone`` (r, m) weights."""

    xy: Floats
    together: Floats
    alone: Floats


@dataclass(frozen=True)
class Thinned:
    """Rows that stay, and how much dearer the tried optima become: on average, and the worst."""

    kept: Ints
    loss_mean: float = 0.0
    loss_most: float = 0.0


def needs_of(study: Study) -> Needs:
    """Return what the plants of a study supply and demand: as tonnes, as shares of each resource, and per resource.

    What has no mass (heat by the MWh) counts only in the shares.
    """
    points = study.plant_points
    amounts = (
        study.streams
        .pivot_table(index="resource", columns="plant", values="quantity", aggfunc="sum", fill_value=0.0)
        .reindex(columns=points.index, fill_value=0.0)
    )  # fmt: skip
    amounts = amounts[amounts.sum(axis=1) > 0]
    tonnes = base_per_own_unit(study.resources)["mass"].reindex(amounts.index).fillna(0.0).to_numpy() / 1000
    alone = amounts.to_numpy(dtype=float)
    shares = alone / alone.sum(axis=1, keepdims=True)
    together = np.stack([tonnes @ alone, shares.sum(axis=0)])
    xy = np.column_stack([points.x, points.y])
    return Needs(xy, together[together.sum(axis=1) > 0], shares)


def thinned(places: Places, needs: Needs, *, spacing_m: float, most: int) -> Thinned:
    """Return which candidates stay: what is given, and at most so many others.

    Parameters
    ----------
    places
        Candidates with a score.
    needs
        For which the sites are.
    spacing_m
        Least distance between two that stay, what is given aside.
    most
        How many may stay beside what is given; the one of best score always does.

    Notes
    -----
    The losses are of optima over straight distances, without capacities: a sign, not a promise.
    """
    rows = _tried(places, spacing_m=0.0, most=_MOST_TRIED)
    if not len(rows):
        return Thinned(rows)
    here = places.only(rows)
    losses, scenario, votes = _losses(here, needs)
    best = int(here.score.argmax())
    if spacing_m > 0:
        liked = votes + here.score / 1000  # of what no optimum has, the better
        liked[best] = np.inf
        apart = _tried(Places(here.xy, liked, here.given), spacing_m=spacing_m, most=len(rows))
        rows, here, losses = rows[apart], here.only(apart), losses[:, apart]
        best = int(here.score.argmax())
    given = np.flatnonzero(here.given)
    if len(rows) - len(given) > most:
        chosen = medians(losses, np.zeros(len(rows)), len(given) + most, np.union1d(given, [best]))
        rows, losses = rows[chosen], losses[:, chosen]
    if not len(losses):
        return Thinned(rows)
    lost = np.bincount(scenario, weights=losses.min(axis=1))
    return Thinned(rows, float(lost.mean()), float(lost.max()))


def medians(carry: Floats, opening: Floats, count: int, given: Sequence[int] | Ints = ()) -> Ints:
    """Return the places that serve all at about the least cost, those given first.

    Parameters
    ----------
    carry
        Shape (customers, places): cost of serving each from each.
    opening
        Shape (places,): cost of having each.
    count
        How many places, at least as many as are given.
    given
        Places that are chosen in any case.
    """
    chosen = [int(place) for place in given]
    best = carry[:, chosen].min(axis=1) if chosen else np.full(len(carry), np.inf)
    while len(chosen) < min(count, carry.shape[1]):
        total = np.minimum(carry, best[:, None]).sum(axis=0) + opening
        total[chosen] = np.inf
        chosen.append(int(total.argmin()))
        best = np.minimum(best, carry[:, chosen[-1]])
    for _ in range(_SWAPS):
        if not _exchanged(chosen, carry, opening, first=len(given)):
            break
    return np.array(chosen, dtype=np.int64)


def _exchanged(chosen: list[int], carry: Floats, opening: Floats, *, first: int) -> bool:
    """Make the exchange of one place that pays most; return whether any does."""
    now = carry[:, chosen].min(axis=1).sum() + opening[chosen].sum() if chosen else 0.0
    best_total, best_move = now * (1 - 1e-9), None
    for out in range(first, len(chosen)):
        rest = chosen[:out] + chosen[out + 1 :]
        left = carry[:, rest].min(axis=1) if rest else np.full(len(carry), np.inf)
        total = np.minimum(carry, left[:, None]).sum(axis=0) + opening + opening[rest].sum()
        total[rest] = np.inf
        into = int(total.argmin())
        if total[into] < best_total:
            best_total, best_move = total[into], (out, into)
    if best_move is not None:
        chosen[best_move[0]] = best_move[1]
    return best_move is not None


def _losses(places: Places, needs: Needs) -> tuple[Floats, Ints, Floats]:
    """Return what each candidate loses as each site of each optimum tried.

    Returns
    -------
    losses, scenario, votes
        Shape (sites of optima, n), as shares of the cost (with loading) of the optimum that ``scenario`` numbers;
        ``votes`` (n,) is in how many of them a candidate is, each counting as one.
    """
    rows, scenario, votes = [], [], np.zeros(len(places.xy))
    for number, (carry, opening, sites, handled) in enumerate(_optima(places, needs)):
        nearest = carry[:, sites].argmin(axis=1)
        serving = np.stack([carry[nearest == k].sum(axis=0) for k in range(len(sites))]) + opening
        lowest = serving.min(axis=1, keepdims=True)
        rows.append((serving - lowest) / (float(lowest.sum()) + _HANDLED_AS_M * handled))
        scenario += [number] * len(sites)
        votes[sites] += 1 / len(sites)
    losses = np.vstack(rows) if rows else np.empty((0, len(places.xy)))
    return losses, np.array(scenario, dtype=np.int64), votes


def _optima(places: Places, needs: Needs) -> Iterator[tuple[Floats, Floats, Ints, float]]:
    """Yield the costs, the sites and the weight that is carried of each optimum that is tried."""
    if not len(places.xy):
        return
    away = np.hypot(*(needs.xy[:, None, :] - places.xy[None, :, :]).transpose(2, 0, 1))
    for weights, counts in ((needs.together, TOGETHER), (needs.alone, ALONE)):
        for weight in weights:
            used = weight > 0
            carry = away[used] * weight[used, None]
            for count in (number for number in counts if number <= min(used.sum(), len(places.xy))):
                plain = medians(carry, np.zeros(len(places.xy)), count)
                scale = carry[:, plain].min(axis=1).sum() / count
                for share in SCORE_COUNTS:
                    opening = share * scale * (1 - places.score)
                    yield carry, opening, medians(carry, opening, count) if share else plain, float(weight.sum())


def _tried(places: Places, *, spacing_m: float, most: int) -> Ints:
    """Return what is given and, with the spacing, at most so many others."""
    given, others = np.flatnonzero(places.given), np.flatnonzero(~places.given)
    if spacing_m <= 0 and len(others) <= most:
        return np.concatenate([given, others])
    kept, _ = spaced(places.xy[others], places.score[others], places.xy[given], spacing_m=spacing_m, most=most)
    return np.concatenate([given, others[kept]])


def spaced(xy: Floats, score: Floats, taken: Floats, *, spacing_m: float, most: int) -> tuple[Ints, float]:
    """Return which candidates stay when they must keep their distance, the best first, and the distance kept.

    Parameters
    ----------
    xy, score
        Shapes (n, 2) and (n,): places in metres, and how good each is.
    taken
        Shape (m, 2): places that stay in any case.
    spacing_m
        Least distance between two that stay.
    most
        How many may stay. Where more would, the distance grows by a tenth until they fit.
    """
    distance = spacing_m
    while True:
        kept = _greedy(xy, score, taken, distance)
        if len(kept) <= most:
            return kept, distance
        extent = float(np.hypot(*np.ptp(xy, axis=0)))
        distance = max(distance * 1.1, extent / 1000)


def _greedy(xy: Floats, score: Floats, taken: Floats, distance: float) -> Ints:
    free = np.ones(len(xy), dtype=bool)
    for place in taken:
        free &= np.hypot(*(xy - place).T) >= distance
    kept = []
    for best in np.argsort(-score, kind="stable"):
        if free[best]:
            kept.append(best)
            free &= np.hypot(*(xy - xy[best]).T) >= distance
            free[best] = False
    return np.array(kept, dtype=np.int64)
