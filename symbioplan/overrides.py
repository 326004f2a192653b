"""Solver settings given on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from data import Fault, InputError, Problem
from data.tomlfile import pydantic_faults


def with_solver(problem: Problem, asked: Mapping[str, object], options: Sequence[str]) -> Problem:
    """Return the Problem with other solver settings.

    Parameters
    ----------
    asked
        Settings by name; None leaves one as it is.
    options
        Options of HiGHS as ``name=value``, beside those that the Problem has.

    Raises
    ------
    InputError
        Naming each one that cannot be used.
    """
    pairs = [text.partition("=") for text in options]
    if wrong := [Fault("solve", "--option", repr(name), "name=value") for name, equals, _ in pairs if not equals]:
        raise InputError(wrong)
    solver = problem.settings.solver
    changes = {key: value for key, value in asked.items() if value is not None}
    changes["options"] = {**solver.options, **{name: _plain(value) for name, _, value in pairs}}
    try:
        solver = type(solver).model_validate({**solver.model_dump(), **changes})
    except ValidationError as error:
        raise InputError(pydantic_faults(error, "solve")) from None
    return problem.replace(settings=problem.settings.model_copy(update={"solver": solver}))


def _plain(text: str) -> str | int | float | bool:
    """Return the value that a text names: true, false, a number, or itself."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
