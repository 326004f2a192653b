"""Numbers as people read them: thousands separated, no digits that mean nothing, always a unit."""

from __future__ import annotations

import math

NOT_GIVEN = "not given"
DAYS_PER_YEAR = 365  # over which trips are spread


def number(value: float) -> str:
    """Return three or more significant digits with thousands separators: ``1,234,568``, ``12.3``, ``0.0457``."""
    if math.isnan(value):
        return NOT_GIVEN
    size = abs(value)
    if size >= 100 or value == 0:
        return f"{value:,.0f}"
    decimals = min(max(2 - math.floor(math.log10(size)), 0), 6)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float, unit: str) -> str:
    """Return a number with its unit; a missing one says so without a unit."""
    text = number(value)
    return text if text == NOT_GIVEN or not unit else f"{text} {unit}"


def distance(metres: float) -> str:
    """Return metres below one kilometre, kilometres above."""
    return amount(metres, "m") if metres < 1000 else amount(metres / 1000, "km")


def percent(share: float) -> str:
    """Return a share of one as a percentage."""
    return amount(share * 100, "%")


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``1 plant``, ``2 plants``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
