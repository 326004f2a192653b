"""Run by another interpreter, one that has linopy: builds the plain model of a Problem with linopy's own calls.

``python -m benchmarks.linopy_worker PROBLEM RUNS`` reads a Problem folder and prints one JSON object: seconds of
each build up to a HiGHS object that holds the model, the model's fingerprint, and linopy's version.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.peers import fingerprint
from benchmarks.plain_model import Builder, Floats, Ints
from data.problem import Problem, read_problem


class _LinopyBuilder(Builder):
    """The same blocks of columns and rows, each handed to linopy as one vectorised call."""

    def __init__(self, problem: Problem) -> None:
        self.linopy = importlib.import_module("linopy")
        self.model: Any = self.linopy.Model()
        self.starts: list[int] = []
        self.blocks: list[Any] = []
        super().__init__(problem)

    def variables(
        self, count: int, upper: npt.ArrayLike, cost: npt.ArrayLike, *, lower: npt.ArrayLike = 0.0, whole: bool = False
    ) -> Ints:
        columns = super().variables(count, upper, cost, lower=lower, whole=whole)
        if count:
            self.starts.append(int(columns[0]))
            index = pd.RangeIndex(count, name="i")
            _, low, high, _ = self.columns[-1]
            bounds = {"lower": pd.Series(low, index), "upper": pd.Series(high, index)}
            self.blocks.append(self.model.add_variables(**bounds, integer=whole))
        return columns

    def between(
        self, count: int, lower: npt.ArrayLike, upper: npt.ArrayLike, *terms: tuple[Ints, Ints, npt.ArrayLike]
    ) -> None:
        if not count:
            return
        parts = [part for row, column, value in terms for part in self._sums(row, column, value)]
        left = self.linopy.merge(parts, dim="_term", join="outer") if len(parts) > 1 else parts[0]
        for bound, sign in ((lower, ">="), (upper, "<=")):
            side = np.broadcast_to(np.asarray(bound, dtype=np.float64), count)
            equal = np.array_equal(np.broadcast_to(lower, count), np.broadcast_to(upper, count))
            if np.isfinite(side).all() and not (equal and sign == "<="):
                right = pd.Series(side, pd.RangeIndex(count, name="row")).loc[left.indexes["row"]]
                self.model.add_constraints(left, "=" if equal else sign, right)

    def _sums(self, row: Ints, column: Ints, value: npt.ArrayLike) -> list[Any]:
        """Return the sums of coefficient times variable by row, one expression per block of variables."""
        values: Floats = np.broadcast_to(np.asarray(value, dtype=np.float64), len(column))
        block = np.searchsorted(self.starts, column, side="right") - 1
        out = []
        for number in np.unique(block):
            on = np.flatnonzero(block == number)
            index = pd.RangeIndex(len(on), name="i")
            chosen = self.blocks[number].isel(i=column[on] - self.starts[number]).assign_coords(i=index)
            product = chosen * pd.Series(values[on], index)
            out.append(product.groupby(pd.Series(np.asarray(row)[on], index, name="row")).sum())
        return out

    def highs(self) -> highspy.Highs:
        """Return HiGHS with the whole model."""
        self.add_all()
        costs = [pd.Series(cost, pd.RangeIndex(len(cost), name="i")) for cost, *_ in self.columns if len(cost)]
        products = [(block * cost).sum() for block, cost in zip(self.blocks, costs, strict=True)]
        self.model.add_objective(self.linopy.merge(products, dim="_term"))
        highs: highspy.Highs = self.model.to_highspy()
        return highs


def main() -> None:
    """Build as often as asked and tell how long it took."""
    folder, runs = sys.argv[1:]
    problem = read_problem(folder)
    seconds: list[float] = []
    print_of: list[float] = []
    for _ in range(int(runs)):
        started = time.perf_counter()
        highs = _LinopyBuilder(problem).highs()
        seconds.append(time.perf_counter() - started)
        print_of = fingerprint(highs)
    version = importlib.import_module("linopy").__version__
    print(json.dumps({"seconds": seconds, "fingerprint": print_of, "version": version}))


if __name__ == "__main__":
    main()
