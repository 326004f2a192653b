"""The random indices of the analytic hierarchy process, drawn anew."""

from __future__ import annotations

import numpy as np
import pytest

from siting.weights import RANDOM_INDEX, compared

SCALE = np.array([*(1 / k for k in range(9, 1, -1)), *range(1, 10)])  # Saaty's scale and its reciprocals


@pytest.mark.parametrize("order", range(3, 16))
def test_random_index_is_the_mean_of_random_judgements(order):
    """Saaty drew some hundred matrices, hence the tolerance; 500 drawn here scatter by less than 0.02."""
    random = np.random.default_rng(order)
    rows, columns = np.triu_indices(order, 1)
    drawn = random.choice(SCALE, (500, len(rows)))
    matrices = np.ones((500, order, order))
    matrices[:, rows, columns], matrices[:, columns, rows] = drawn, 1 / drawn
    largest = np.linalg.eigvals(matrices).real.max(axis=1)
    assert ((largest - order) / (order - 1)).mean() == pytest.approx(RANDOM_INDEX[order - 1], abs=0.09)


def test_two_criteria_cannot_contradict_each_other():
    assert RANDOM_INDEX[:2] == (0, 0)


def test_weights_and_consistency_are_those_that_saaty_published():
    """Which drink is consumed more in the USA: weights to three places and a consistency ratio of 0.022.

    T. L. Saaty, Decision making with the analytic hierarchy process, Int. J. Services Sciences 1 (2008) 83 to 98.
    """
    drinks = ("coffee", "wine", "tea", "beer", "sodas", "milk", "water")
    rows = [[9, 5, 2, 1, 1, 1 / 2], [1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9], [1 / 3, 1 / 4, 1 / 3, 1 / 9],
            [1 / 2, 1, 1 / 3], [2, 1 / 2], [1 / 3]]  # fmt: skip
    pairs = [(drinks[i], drinks[i + 1 + k], ratio) for i, row in enumerate(rows) for k, ratio in enumerate(row)]
    found = compared(drinks, pairs)
    assert found.weights.round(3).tolist() == [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert round(found.consistency_ratio, 3) == 0.022
