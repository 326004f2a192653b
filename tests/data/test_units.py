"""Units: what a plant engineer writes is what is meant."""

import pandas as pd
import pytest

from data import read_catalogue
from data.units import conversion_factors, parse_unit


@pytest.mark.parametrize(
    ("unit", "resource", "per_year", "per_unit"),
    [
        ("kt", "fly_ash", 1000.0, 1000.0),  # kilotonne: pint alone reads knot
        ("t", "fly_ash", 1.0, 1.0),
        ("t/h", "fly_ash", 8760.0, 1.0),
        ("kg/s", "fly_ash", 31536.0, 0.001),
        ("m3/h", "raw_water", 8760.0, 1.0),
        ("Mm3", "raw_water", 1e6, 1e6),
        ("m³", "raw_water", 1.0, 1.0),
        ("TJ", "hot_water_90", 1000 / 3.6, 1000 / 3.6),
        ("MW", "hot_water_90", 8760.0, 1.0),
        ("MWh/a", "hot_water_90", 1.0, 1.0),
        ("kNm3", "biomethane", 1000.0, 1000.0),
    ],
)
def test_a_unit_converts_to_the_own_unit_per_year(unit, resource, per_year, per_unit):
    factors = conversion_factors(pd.Series([unit]), pd.Series([resource]), read_catalogue().resources)
    assert factors["per_year"].item() == pytest.approx(per_year)
    assert factors["per_unit"].item() == pytest.approx(per_unit)


def test_mass_converts_to_volume_by_density_and_to_energy_by_heat_content():
    resources = read_catalogue().resources.set_index("resource")
    factors = conversion_factors(
        pd.Series(["t", "MWh"]), pd.Series(["raw_water", "steam_10bar"]), read_catalogue().resources
    )
    assert factors["per_year"][0] == pytest.approx(1000 / resources.loc["raw_water", "density_kg_per_m3"])
    assert factors["per_year"][1] == pytest.approx(1 / resources.loc["steam_10bar", "energy_mwh_per_unit"])


def test_a_normal_volume_converts_to_mass_by_molar_mass():
    resources = read_catalogue().resources.query("resource == 'hydrogen'").assign(unit="t")
    factor = conversion_factors(pd.Series(["Nm3"]), pd.Series(["hydrogen"]), resources)["per_year"].item()
    assert factor == pytest.approx(2.016 / 22.414 / 1000, rel=1e-3)


@pytest.mark.parametrize("text", ["knots", "furlong", "", "m", "t/t", "9**9**9", "__import__('os')", "(", "°C", "EUR"])
def test_what_is_no_unit_of_mass_volume_or_energy_is_none(text):
    assert parse_unit(text) is None
