"""Search: strong bounds and good plans for fixed-charge networks, around HiGHS."""

from __future__ import annotations

from models.search.run import search

__all__ = ["search"]
