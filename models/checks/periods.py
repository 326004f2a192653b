"""Which periods there are, what they weigh, and which rows of the problem exist in each."""

from __future__ import annotations

import pandas as pd

from data.problem import Problem


def time_table(problem: Problem) -> pd.DataFrame:
    """Return ``years`` and ``weight`` by the name that a plan gives each period: blank when there is only one."""
    table = problem.periods
    if len(table) > 1:
        return table.set_index("period")[["years", "weight"]]
    one = {"years": table["years"].tolist() or [1.0], "weight": table["weight"].tolist() or [1.0]}
    return pd.DataFrame(one, index=pd.Index([""], name="period"))


def in_each_period(problem: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows once for each period in which they exist, ``period`` as a plan names it."""
    names = time_table(problem).index.to_frame(index=False)
    if len(names) == 1:
        return rows.assign(period="")
    every = rows.drop(columns="period", errors="ignore").assign(own=rows.get("period", pd.Series("", index=rows.index)))
    every = every.merge(names, how="cross")
    return every[(every["own"] == "") | (every["own"] == every["period"])].drop(columns="own")


def each(limit: float | tuple[float, ...], problem: Problem) -> dict[str, float]:
    """Return a limit by period: one number holds in every period."""
    names = time_table(problem).index
    return dict(zip(names, limit if isinstance(limit, tuple) else [limit] * len(names), strict=True))


def said(period: str) -> str:
    """Return the period as the end of a sentence; nothing when there is only one."""
    return f" in {period}" if period else ""
