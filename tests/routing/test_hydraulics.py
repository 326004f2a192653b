"""Pipes against values worked out by hand or read from tables."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import InputError
from routing.hydraulics import Fluid, fluid_of, heat_loss_w_per_m, pipe_flow, pressure_gradient
from tests.routing.pipe_cases import RESOURCES, make_settings

SETTINGS = make_settings().pipelines
STEEP = make_settings(max_pressure_drop_bar_per_km=10).pipelines  # so that only the velocity limits


def resource(name: str, **changes: object):
    row = RESOURCES.set_index("resource", drop=False).loc[name].copy()
    for key, value in changes.items():
        row[key] = value
    return row


def test_water_at_the_velocity_limit():
    # DN200 at 2 m/s: area 0.0314159 m2, 0.0628319 m3/s = 226.19 m3/h, 8000 h: 1,809,557 m3
    flow = pipe_flow(fluid_of(resource("water"), STEEP), 200, STEEP)
    assert flow.velocity == 2.0
    assert flow.capacity == pytest.approx(np.pi / 4 * 0.04 * 2 * 3600 * 8000)
    assert flow.capacity == pytest.approx(1_809_557, rel=1e-6)


def test_darcy_weisbach_by_hand():
    # Re = 998.2 * 2 * 0.2 / 1.0016e-3 = 398,642; e/D = 0.05 / 200 = 0.00025. Colebrook, iterated by hand:
    # 1/sqrt(f) = -2 log10(0.00025/3.7 + 2.51/(Re sqrt(f)))
    factor = 0.016
    for _ in range(50):
        factor = (-2 * np.log10(0.00025 / 3.7 + 2.51 / (398_642 * np.sqrt(factor)))) ** -2
    expected = factor / 0.2 * 998.2 * 2**2 / 2
    water = fluid_of(resource("water"), STEEP)
    assert pressure_gradient(water, 0.2, 2.0, 5e-5) == pytest.approx(expected, rel=1e-5)
    flow = pipe_flow(water, 200, STEEP)
    # pumping: Pa/m over 3.6e6 J/kWh over the efficiency, per m3
    assert flow.kwh_per_unit_m == pytest.approx(expected / 3.6e6 / 0.7, rel=1e-5)


def test_laminar_flow_is_poiseuille():
    # f = 64 / Re gives 32 mu v / D^2
    oil = Fluid(density=900, viscosity=0.5, kg_per_unit=1000, max_velocity=1, max_gradient=1e9)
    assert pressure_gradient(oil, 0.1, 0.5, 5e-5) == pytest.approx(32 * 0.5 * 0.5 / 0.01)


def test_small_pipe_is_limited_by_the_pressure_drop():
    flow = pipe_flow(fluid_of(resource("water"), SETTINGS), 50, SETTINGS)
    assert flow.velocity < 2
    assert flow.gradient == pytest.approx(150, rel=1e-6)  # 1.5 bar per km


def test_units_of_liquids():
    in_m3 = pipe_flow(fluid_of(resource("water"), SETTINGS), 100, SETTINGS).capacity
    in_t = pipe_flow(fluid_of(resource("water", unit="t"), SETTINGS), 100, SETTINGS).capacity
    assert in_t == pytest.approx(in_m3 * 0.9982)


def test_slurry_keeps_its_own_velocity_limit():
    assert pipe_flow(fluid_of(resource("sludge"), SETTINGS), 300, SETTINGS).velocity <= 1.8


def test_steam_from_the_tables():
    # Saturated steam at 10 bar: v'' = 0.19436 m3/kg, h'' - h' = 2014.6 kJ/kg, 179.88 degC (steam tables).
    # The mean state lies 0.5 bar lower (1 bar per km, a tenth of the pressure), 9.5 bar: v'' = 0.2040 m3/kg.
    steam = fluid_of(resource("steam", temperature_c=np.nan), SETTINGS)
    assert steam.max_gradient == pytest.approx(100)
    assert steam.density == pytest.approx(1 / 0.2040, rel=2e-3)
    assert steam.hot_k == pytest.approx(177.7 - 10, abs=0.3)
    assert steam.mwh_per_unit == pytest.approx(2021 / 3600, rel=2e-3)  # MWh per t at 9.5 bar
    hotter = fluid_of(resource("steam"), SETTINGS)
    assert hotter.density < steam.density
    assert not hotter.pushed
    assert pipe_flow(hotter, 200, SETTINGS).kwh_per_unit_m == 0


def test_steam_sold_as_heat_carries_the_same_mass():
    by_mass = fluid_of(resource("steam"), SETTINGS)
    by_heat = fluid_of(resource("steam", unit="MWh"), SETTINGS)
    assert by_heat.kg_per_unit == pytest.approx(1000 / by_mass.mwh_per_unit)
    assert by_heat.mwh_per_unit == pytest.approx(1)


def test_hot_water_capacity():
    # 90/50 degC: cp about 4.187 kJ/kg K at 70 degC, 977.8 kg/m3: 977.8 * 4.187 * 40 = 163.8 MJ/m3.
    # DN300 at 2.5 m/s: 0.176715 m3/s -> 28.9 MW -> 231,500 MWh in 8000 h.
    heat = fluid_of(resource("heat", pressure_bar=6), SETTINGS)
    flow = pipe_flow(heat, 300, SETTINGS)
    assert flow.velocity == 2.5
    assert flow.capacity == pytest.approx(0.176715 * 163.8 * 8000, rel=3e-3)
    # both pipes are pumped
    one_way = flow.gradient / 0.7 / 3.6e6 * 3600 / 163.8  # kWh per MWh and metre
    assert flow.kwh_per_unit_m == pytest.approx(2 * one_way, rel=3e-3)


def test_heat_loss_of_a_pair():
    # DN100, mean 70, ground 10: 60 * (0.16807 ln 0.1 + 0.85684) = 60 * 0.46985 = 28.2 W/m
    assert heat_loss_w_per_m(60, 0.1) == pytest.approx(28.19, abs=0.01)
    flow = pipe_flow(fluid_of(resource("heat"), SETTINGS), 100, SETTINGS)
    assert flow.loss_mwh_per_m == pytest.approx(28.19 * 8.760 / 1000, rel=1e-3)
    assert heat_loss_w_per_m(-5, 0.1) == 0


def test_gas_at_its_mean_state():
    # Methane, 8 bar, 15 degC, ideal: 8e5 * 16.04 / (8314.46 * 288.15) = 5.3560 kg/m3; a tenth of the
    # pressure may be lost per km, so the mean is 0.95 of it.
    gas = fluid_of(resource("gas"), SETTINGS)
    assert gas.density == pytest.approx(5.3560 * 0.95, rel=1e-4)
    assert gas.max_gradient == pytest.approx(80)
    assert gas.kg_per_unit == pytest.approx(16.04 / 22.414)
    flow = pipe_flow(gas, 600, SETTINGS)
    assert flow.velocity == 15
    # 0.282743 m2 * 15 m/s * 5.0882 kg/m3 = 21.580 kg/s
    assert flow.capacity == pytest.approx(21.580 * 3600 * 8000 / (16.04 / 22.414), rel=1e-3)


def test_a_density_in_the_catalogue_goes_before_the_ideal_gas():
    assert fluid_of(resource("gas", density_kg_per_m3=7.0), SETTINGS).density == pytest.approx(7 * 0.95)


@pytest.mark.parametrize(
    ("name", "changes", "column"),
    [
        ("water", {"density_kg_per_m3": np.nan}, "density_kg_per_m3"),
        ("water", {"unit": "MWh"}, "unit"),
        ("water", {"phase": "solid"}, "phase"),
        ("gas", {"molar_mass_g_per_mol": np.nan}, "molar_mass_g_per_mol"),
        ("gas", {"unit": "MWh"}, "unit"),
        ("steam", {"pressure_bar": np.nan}, "pressure_bar"),
        ("steam", {"unit": "m3"}, "unit"),
        ("heat", {"return_temperature_c": np.nan}, "return_temperature_c"),
        ("heat", {"return_temperature_c": 95}, "return_temperature_c"),
        ("heat", {"unit": "t"}, "unit"),
    ],
)
def test_what_is_missing_is_named(name, changes, column):
    with pytest.raises(InputError) as caught:
        fluid_of(resource(name, **changes), SETTINGS)
    assert caught.value.faults[0].column == column
    assert name in str(caught.value)


def test_capacity_grows_with_diameter():
    for name in RESOURCES["resource"]:
        fluid = fluid_of(resource(name), SETTINGS)
        capacity = [pipe_flow(fluid, size, SETTINGS).capacity for size in (50, 80, 100, 200, 400)]
        assert np.all(np.diff(capacity) > 0)
