"""Distances against SciPy's, which are worked out in another way."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from routing.distances import distances


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30), st.sampled_from([0.01, 0.1, 0.5]))
def test_distances_are_scipys(seed, rows, columns, share):
    rng = np.random.default_rng(seed)
    marked = rng.random((rows, columns)) < share
    top, bottom = sorted(rng.integers(0, rows + 1, 2).tolist())
    found = distances(marked, slice(top, bottom))
    if marked.any():
        assert (found == distance_transform_edt(~marked)[top:bottom]).all()
    else:
        assert np.isinf(found).all()


def test_the_nearest_mark_may_lie_outside_the_rows_asked_for():
    marked = np.zeros((6, 5), dtype=bool)
    marked[0, 1] = True
    assert distances(marked, slice(3, 5)).tolist() == [
        [np.sqrt(10), 3, np.sqrt(10), np.sqrt(13), np.sqrt(18)],
        [np.sqrt(17), 4, np.sqrt(17), np.sqrt(20), 5],
    ]
