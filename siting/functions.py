"""What a value is worth, from 0 to 1."""

from __future__ import annotations

import numpy as np

from data.grids import Floats
from data.siting_settings import Criterion
from siting.measures import Measure


def utility(criterion: Criterion, measure: Measure) -> Floats:
    """Return the worth of each value by the criterion's function, same shape; ``missing`` where it is NaN.

    - ``linear``: ``(x - worst) / (best - worst)``, held between 0 and 1;
    - ``points``: straight lines between the points, level outside;
    - ``steps``: the worth of the first limit that the value does not exceed, beyond the last that of the last;
    - ``classes``: a table;
    - ``gaussian``: ``exp(-(x - best)^2 / (2 spread^2))``.
    """
    values = measure.values
    if criterion.classes is not None:
        worth = _of_classes(criterion.classes, criterion.missing, measure)
    elif criterion.linear is not None:
        worst, best = criterion.linear.worst, criterion.linear.best
        with np.errstate(over="ignore"):  # best and worst next to each other: infinite is beyond either
            worth = np.clip((values - worst) / (best - worst), 0.0, 1.0)
    elif criterion.gaussian is not None:
        away = (values - criterion.gaussian.best) / criterion.gaussian.spread
        worth = np.exp(-0.5 * away**2)
    elif criterion.points is not None:
        at, worths = np.array(criterion.points, dtype=float).T
        worth = np.interp(values, at, worths)
    else:
        limits, worths = np.array(criterion.steps, dtype=float).T
        worth = worths[np.minimum(np.searchsorted(limits, values, side="left"), len(limits) - 1)]
    return np.asarray(np.where(np.isnan(values), criterion.missing, worth), dtype=np.float64)


def _of_classes(table: dict[str, float], missing: float, measure: Measure) -> Floats:
    values = measure.values
    worth = np.full(values.shape, missing)
    for name, value in table.items():
        if not measure.labels:
            worth[values == float(name)] = value
        elif name in measure.labels:
            worth[values == measure.labels.index(name)] = value
    return worth
