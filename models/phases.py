"""Several periods: every table of the network once per period, side by side.

Nothing flows from one period to the next, so the copies share no cell; what is built is tied together in
:mod:`models.families.phases`. With one period everything keeps its plain name.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from data.problem import Problem


def period_table(problem: Problem) -> pd.DataFrame:
    """Return ``period``, ``years``, ``weight`` in the Problem's order; one row without a name when there is one."""
    table = problem.periods[["period", "years", "weight"]].reset_index(drop=True)
    if table.empty:
        return pd.DataFrame({"period": [""], "years": [1.0], "weight": [1.0]})
    return table if len(table) > 1 else table.assign(period="")


def copied(table: pd.DataFrame, periods: pd.DataFrame, **steps: int) -> pd.DataFrame:
    """Return the table once per period.

    Parameters
    ----------
    table
        With a column ``key`` where its rows are named in the model.
    periods
        As :func:`period_table` returns them.
    **steps
        Columns that number rows of other tables, and how many rows those have; -1 stays (none).

    Returns
    -------
    pandas.DataFrame
        With ``when`` and ``period``. A row whose own ``period`` names one period is in that one only.
    """
    several = len(periods) > 1
    own = table["period"] if "period" in table.columns else pd.Series("", index=table.index)
    parts = []
    for when, name in enumerate(periods["period"]):
        part = table[(own == "") | (own == name)] if several else table
        moved = {
            column: np.where(part[column] >= 0, part[column] + when * step, part[column])
            for column, step in steps.items()
        }
        part = part.assign(**moved, when=when, period=name)
        if several and "key" in part.columns:
            part["key"] = pd.Series([with_period(key, name) for key in part["key"]], index=part.index, dtype="object")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def with_period(key: Hashable, period: str) -> Hashable:
    """Return a name in the model that says its period last; as it is when there is only one (blank)."""
    if not period:
        return key
    return (*key, period) if isinstance(key, tuple) else (key, period)


def invested(problem: Problem, table: pd.DataFrame) -> pd.Series:
    """Return what building each row takes from the budget of its period.

    ``capex_fixed`` where the Problem gives it; otherwise, and where no budget is set, what it costs per year.
    """
    column = "capex_fixed" if problem.limits.investment_budget is not None and uses_capex(problem) else "fixed_cost"
    return table[column].fillna(0.0)


def uses_capex(problem: Problem) -> bool:
    """Return whether any row says what is invested."""
    tables = (problem.corridors, problem.pipes, problem.routes, problem.hubs)
    return any(bool(table["capex_fixed"].notna().any()) for table in tables)


def per_period(limit: float | tuple[float, ...] | None, periods: pd.DataFrame) -> list[tuple[str, float]]:
    """Return period names with their limit: one number holds in each; nothing when there is no limit."""
    if limit is None:
        return []
    values = limit if isinstance(limit, tuple) else (limit,) * len(periods)
    return list(zip(periods["period"], values, strict=True))
