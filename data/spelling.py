"""Names that were nearly right."""

from __future__ import annotations

import difflib

import pandas as pd


def closest(value: str, known: pd.Series) -> str:
    """Return what was expected instead of ``value``, with the nearest spelling when there is one."""
    near = difflib.get_close_matches(value, list(known), n=1, cutoff=0.6)
    if near:
        return f"a known name (did you mean {near[0]!r}?)"
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"one of {listed}" if listed else "a known name (there are none)"
