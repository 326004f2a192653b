"""One Problem solved again and again: what is built is kept, and the last plan is where the next solve begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from data.errors import Fault, InputError
from data.plan import Plan
from data.problem import Problem
from models.compile import Compiled
from models.highs import write_model
from models.mip import Floats, Mip, MipResult, relative_gap
from models.optimise import Built, Clock, build, decide
from models.progress import Progress, silent
from models.support import require_supported


@dataclass(frozen=True)
class _Last:
    """What the last solve that held a plan was, and what it gave."""

    compiled: Compiled
    mip: Mip
    values: Floats
    bound: float | None


class Session:
    """A Problem that is solved several times with changes.

    Parameters
    ----------
    problem
        Solved first.
    progress
        Called with a sentence at each step.

    Examples
    --------
    ::

        session = Session(problem)
        first = session.solve()
        dearer = session.solve(problem.replace(settings=...))  # begins with the first plan
        without = session.solve(fixed={"trench[quay-town]": 0})  # nothing is built again
    """

    def __init__(self, problem: Problem, *, progress: Progress | None = None) -> None:
        self.problem = problem
        self._say = progress or silent
        self._built: Built | None = None
        self._last: _Last | None = None

    def solve(self, problem: Problem | None = None, *, fixed: Mapping[str, float] | None = None) -> Plan:
        """Return the plan of the Problem, or of a changed one, beginning with the last plan.

        The model is kept where only solver settings and ``fixed`` differ, which cannot change it. After any
        other change it is built again, since prices and caps decide which rows and columns there are; the last
        plan's values are handed to the solver wherever a variable has kept its name. Where the last plan is still
        allowed and its bound, lowered by what prices can have changed it, proves the gap, nothing is solved.

        Parameters
        ----------
        problem
            The changed Problem; from now on the session's. The last one when left out.
        fixed
            Values of variables by name, such as ``{"trench[AB]": 0, "pipe[AB,ash,DN100,both]": 1}``, for this
            solve only. The plan's notes tell them; its bound is that of the Problem with them.

        Raises
        ------
        InputError
            A name in ``fixed`` that the model does not have, or a value outside its bounds; and as
            :func:`models.solve`.
        """
        self.problem = problem or self.problem
        clock = Clock()
        with clock.stage("build"):
            built = self._build()
            mip = _with_fixed(built.compiled, fixed or {}) if built.compiled is not None else None
            start = None if built.compiled is None else self.start(built.compiled)
            known = None if mip is None or start is None else self._known(built, mip, start)
        plan, values = decide(built, clock, say=self._say, mip=mip, start=start, known=known)
        if values is not None and mip is not None and built.compiled is not None:
            self._last = _Last(built.compiled, mip, values, plan.bound)
        notes = tuple(f"fixed for this plan: {name} = {value:g}" for name, value in (fixed or {}).items())
        return plan.replace(notes=(*plan.notes, *notes))

    def names(self) -> list[str]:
        """Return the names of the model's variables, for ``fixed``; none when there is no model."""
        built = self._build()
        return [] if built.compiled is None else built.compiled.column_names()

    def write_mps(self, path: Path | str) -> None:
        """Write the model as a free MPS file with readable names.

        Raises
        ------
        InputError
            The file's name does not end in ``.mps``, or the Problem has no plan, which needs no model to see.
        """
        path = Path(path)
        if path.suffix != ".mps":
            raise InputError([Fault(str(path), "", f"a name that ends in {path.suffix!r}", "a name that ends in .mps")])
        built = self._build()
        if built.compiled is None:
            raise InputError([Fault(self.problem.name, "", "; ".join(built.reasons), "a Problem that may have a plan")])
        write_model(built.compiled.mip, path, built.compiled.column_names(), built.compiled.row_names())

    def _build(self) -> Built:
        if self._built is not None and _same_model(self._built.problem, self.problem):
            require_supported(self.problem)
            self._say("The built model is used again")
            self._built = replace(self._built, problem=self.problem)
        else:
            if self._built is not None:
                self._say("The model is built again: the tables, limits or prices differ")
            self._built = build(self.problem)
        return self._built

    def start(self, compiled: Compiled) -> Floats | None:
        """Return the last plan as values of a model's columns, by their names; 0 for a variable that is new."""
        if self._last is None:
            return None
        if self._last.compiled is compiled:
            return self._last.values
        known = dict(zip(self._last.compiled.identities(), self._last.values.tolist(), strict=True))
        start = [known.get(key, 0.0) for key in compiled.identities()]
        return np.asarray(start, dtype=np.float64)

    def _known(self, built: Built, mip: Mip, start: Floats) -> MipResult | None:
        """Return the last plan as the result, where it is allowed and proven well enough."""
        last, compiled = self._last, built.compiled
        if last is None or compiled is None or last.bound is None:
            return None
        same = last.compiled is compiled or last.compiled.identities() == compiled.identities()
        if not same or not mip.allows_no_more_than(last.mip) or not mip.is_feasible(start, tolerance=1e-9):
            return None
        # All that is allowed now was allowed then, and costs at least that much more than then.
        changed = replace(mip, cost=mip.cost - last.mip.cost, offset=mip.offset - last.mip.offset)
        bound = last.bound + changed.box_bound()
        gap = relative_gap(mip.objective(start), bound)
        if gap is None or not gap <= built.problem.settings.solver.gap:
            return None
        self._say("The last plan is still proven well enough")
        return MipResult("gap_reached", start, bound, version("highspy"))


def _same_model(one: Problem, other: Problem) -> bool:
    """Return whether nothing differs but the solver's settings."""
    return (
        one.limits == other.limits
        and one.settings.model_copy(update={"solver": other.settings.solver}) == other.settings
        and all(table.equals(other.tables[name]) for name, table in one.tables.items())
    )


def _with_fixed(compiled: Compiled, fixed: Mapping[str, float]) -> Mip:
    mip = compiled.mip
    if not fixed:
        return mip
    column = {name: number for number, name in enumerate(compiled.column_names())}
    faults = [Fault("fixed", name, "no variable", "a variable of the model") for name in fixed if name not in column]
    if faults:
        raise InputError(faults)
    where, values = [column[name] for name in fixed], list(fixed.values())
    faults = [
        Fault("fixed", name, f"{value:g}", f"a number from {mip.lower[at]:g} to {mip.upper[at]:g}")
        for (name, value), at in zip(fixed.items(), where, strict=True)
        if not mip.lower[at] <= value <= mip.upper[at]
    ]
    if faults:
        raise InputError(faults)
    lower, upper = mip.lower.copy(), mip.upper.copy()
    lower[where] = upper[where] = values
    return replace(mip, lower=lower, upper=upper)
