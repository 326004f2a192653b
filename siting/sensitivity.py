"""How far the ranking depends on the weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.grids import Floats
from data.siting_settings import Sensitivity

_TAIL = 0.05  # left out at either end of the ranks of a site


@dataclass(frozen=True)
class Robustness:
    """How the ranking holds.

    Attributes
    ----------
    rank_best, rank_worst
        Shape (sites,): the ranks that 95 % of the sampled weights do not better or worsen.
    top_share
        Shape (sites,): share of the sampled weights with which the site is among the ``top`` best.
    by_criterion
        One row per criterion and change: ``criterion, change, weight, best_site`` (a position),
        ``top_kept`` (share of the ``top`` best that stay), ``largest_move`` (ranks).
    """

    rank_best: Floats
    rank_worst: Floats
    top_share: Floats
    by_criterion: pd.DataFrame


def robustness(utilities: Floats, weights: Floats, settings: Sensitivity) -> Robustness:
    """Return how the ranking changes with the weights.

    Parameters
    ----------
    utilities
        Shape (sites, criteria), at least one site.
    weights
        Shape (criteria,), adding up to 1.
    settings
        One at a time each weight is varied by ``vary`` up and down while the others keep their
        proportions; all at once they are drawn from a Dirichlet distribution around the given ones.
    """
    top = min(settings.top, len(utilities))
    drawn = sampled_weights(weights, settings)
    sampled = ranks(utilities @ drawn.T)
    low, high = np.quantile(sampled, [_TAIL, 1 - _TAIL], axis=1, method="nearest")
    return Robustness(
        low.astype(float),
        high.astype(float),
        (sampled <= top).mean(axis=1),
        _one_at_a_time(utilities, weights, settings.vary, top),
    )


def ranks(scores: Floats) -> npt.NDArray[np.int64]:
    """Return ranks from 1, the best, down each column; of equal scores the first row is the better."""
    order = np.argsort(-np.round(scores, 12), axis=0, kind="stable")
    out = np.empty(scores.shape, dtype=np.int64)
    np.put_along_axis(out, order, np.broadcast_to(np.arange(1, len(scores) + 1).reshape(-1, *[1] * (scores.ndim - 1)),
                                                  scores.shape), axis=0)  # fmt: skip
    return out


def sampled_weights(weights: Floats, settings: Sensitivity) -> Floats:
    """Return sampled weights, shape (samples, criteria); a weight of 0 stays 0."""
    drawn = np.zeros((settings.samples, len(weights)))
    used = weights > 0
    random = np.random.default_rng(settings.seed)
    drawn[:, used] = random.dirichlet(settings.concentration * weights[used], settings.samples)
    return drawn


def varied(weights: Floats, which: int, change: float) -> Floats:
    """Return the weights with one changed by a share of itself (to 1 at most), the others in proportion."""
    new = min(weights[which] * (1 + change), 1.0)
    rest = 1 - weights[which]
    out = weights * ((1 - new) / rest) if rest > 0 else np.zeros(len(weights))
    out[which] = new if rest > 0 else 1.0
    return np.asarray(out)


def _one_at_a_time(utilities: Floats, weights: Floats, vary: float, top: int) -> pd.DataFrame:
    base = ranks(utilities @ weights)
    rows = []
    for which in range(len(weights)):
        for change in (-vary, vary):
            new = varied(weights, which, change)
            now = ranks(utilities @ new)
            kept = ((base <= top) & (now <= top)).sum() / top
            rows.append((which, change, new[which], int(np.argmin(now)), kept, int(np.abs(now - base).max())))
    return pd.DataFrame(rows, columns=["criterion", "change", "weight", "best_site", "top_kept", "largest_move"])
