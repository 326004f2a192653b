"""Compiled functions that read the arrays of a tuple.

Numba counts references to a tuple's arrays, atomically, at each call and each look: five sixths of the time of an
annealing. Functions that make no array, list or view need no counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def uncounted(function: _Function) -> _Function:
    """Return a function compiled without counts of references; it may make no array, list or view."""
    compiled = njit(cache=True, nogil=True, _nrt=False)(function)  # type: ignore[call-overload]  # not in its stubs
    return cast(_Function, compiled)
