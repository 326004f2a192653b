"""The random indices of the analytic hierarchy process, drawn anew."""

from __future__ import annotations

import numpy as np
import pytest

from siting.weights import RANDOM_INDEX

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
