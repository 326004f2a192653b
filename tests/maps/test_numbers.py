import math

import pytest

from maps.numbers import amount, distance, number, percent, plural


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1234567.8, "1,234,568"), (100, "100"), (12.345, "12.3"), (1.5, "1.5"), (10, "10"), (90, "90"),
        (0.04567, "0.0457"), (-1234.5, "-1,234"), (1e-9, "0"), (math.nan, "not given"),
    ],
)  # fmt: skip
def test_number(value, text):
    assert number(value) == text


def test_units():
    assert amount(2500, "t/year") == "2,500 t/year"
    assert amount(math.nan, "t/year") == "not given"
    assert distance(850.4) == "850 m"
    assert distance(12_345) == "12.3 km"
    assert percent(0.0123) == "1.23 %"
    assert plural(1, "plant") == "1 plant"
    assert plural(1200, "plant") == "1,200 plants"
