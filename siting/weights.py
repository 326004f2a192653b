"""Weights of the criteria: as given, or from pairwise comparison (the analytic hierarchy process).

Source of method and random indices: T. L. Saaty, The Analytic Hierarchy Process (1980).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data import Fault, InputError
from data.grids import Floats
from data.siting_settings import Siting

# Mean consistency index of random reciprocal matrices of order 1 to 15, as commonly tabled after Saaty; matrices drawn
# anew come within 0.07 of each (tests/siting/test_weights.py).
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)


@dataclass(frozen=True)
class Comparison:
    """What pairwise judgements come to.

    ``weights`` add up to 1, in the order of the names; ``consistency_ratio`` is 0 where no judgement
    contradicts another; ``doubtful`` is the judgement that fits the weights least: the two names, what was
    judged, and what the weights say.
    """

    weights: Floats
    consistency_ratio: float
    doubtful: tuple[str, str, float, float]


def criterion_weights(siting: Siting) -> tuple[Floats, Comparison | None]:
    """Return the weight of each criterion, adding up to 1, and the comparison that they come from, if any.

    Raises
    ------
    InputError
        When the judgements contradict each other more than ``max_inconsistency``, naming the one to look at.
    """
    names = [criterion.name for criterion in siting.criteria]
    if not siting.judgements:
        given = np.array([1.0 if item.weight is None else item.weight for item in siting.criteria])
        return given / given.sum(), None
    found = compared(names, siting.judgements)
    if found.consistency_ratio > siting.max_inconsistency:
        first, second, judged, fitting = found.doubtful
        raise InputError([Fault(
            "study.toml", "siting.judgements", f"a consistency ratio of {found.consistency_ratio:.2f}",
            f"at most {siting.max_inconsistency:g}. Look first at {first} against {second}: judged {judged:.3g}, "
            f"while the other judgements make it {fitting:.2g}. Siting.max_inconsistency allows more",
        )])  # fmt: skip
    return found.weights, found


def compared(names: Sequence[str], judgements: Sequence[tuple[str, str, float]]) -> Comparison:
    """Return the weights that pairwise judgements imply.

    Parameters
    ----------
    names
        At least one, at most 15 with a meaningful consistency ratio.
    judgements
        ``(a, b, ratio)``: a matters ``ratio`` times as much as b; each two names once.

    Returns
    -------
    Comparison
        The principal eigenvector of the reciprocal matrix, and ``(lambda_max - n) / (n - 1)`` over
        the random index of its order.
    """
    place = {name: number for number, name in enumerate(names)}
    matrix = np.eye(len(names))
    for first, second, ratio in judgements:
        matrix[place[first], place[second]] = ratio
        matrix[place[second], place[first]] = 1 / ratio
    values, vectors = np.linalg.eig(matrix)
    top = int(np.argmax(values.real))
    weights = np.abs(vectors[:, top].real)
    weights /= weights.sum()
    order = len(names)
    index = RANDOM_INDEX[min(order, len(RANDOM_INDEX)) - 1]
    ratio = max(float(values[top].real) - order, 0.0) / (order - 1) / index if index else 0.0
    misfit = [abs(np.log(said * weights[place[b]] / weights[place[a]])) for a, b, said in judgements]
    doubtful = ("", "", 1.0, 1.0)
    if judgements:
        a, b, said = judgements[int(np.argmax(misfit))]
        doubtful = (a, b, said, float(weights[place[a]] / weights[place[b]]))
    return Comparison(weights, ratio, doubtful)
