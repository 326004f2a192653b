"""What a pipe carries, what pushing it takes, and what heat it loses.

Darcy-Weisbach with the friction factor of Colebrook (``fluids``); steam and water from IAPWS-IF97
(``iapws``). Pressure is not followed along a path over several corridors: each metre of pipe is sized so
that it stays within the greatest pressure drop per kilometre, and pumps or compressors that make good the
drop are priced per metre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from fluids.friction import friction_factor
from iapws import IAPWS97
from scipy.optimize import brentq

from data.errors import Fault, InputError
from data.settings import Pipelines
from data.units import HOURS_PER_YEAR, NORMAL_MOLAR_VOLUME_M3_PER_KMOL

Floats = npt.NDArray[np.float64]

GAS_CONSTANT = 8314.46  # J/(kmol K)
GAS_DROP_SHARE = 0.1  # of the absolute pressure a gas or steam may lose per km, whatever the setting allows
GRAVITY = 9.80665  # m/s2
_BAR, _KELVIN = 1e5, 273.15
# Where the catalogue is silent: water at 20 degC (IAPWS), methane at 15 degC (NIST). Friction hardly feels it.
_DEFAULT_VISCOSITY_PA_S = {"liquid": 1.0e-3, "slurry": 5.0e-3, "gas": 1.1e-5}


@dataclass(frozen=True)
class Fluid:
    """What flows, at its mean state.

    ``kg_per_unit``: mass that flows per own unit. ``mwh_per_unit``: heat that is lost when one unit is
    lost on the way, 0 for what carries no heat. ``hot_k``: how far it is above the ground. ``passes``: 2
    in a loop with a return pipe. ``pushed``: pumps or compressors make good the pressure drop, at the
    ``efficiency`` of either. ``lifted``: it must be pumped uphill (not so in a loop, and hardly a gas).
    """

    density: float  # kg/m3
    viscosity: float  # Pa s
    kg_per_unit: float
    max_velocity: float  # m/s
    max_gradient: float  # Pa/m
    mwh_per_unit: float = 0.0
    hot_k: float = 0.0
    passes: int = 1
    pushed: bool = True
    efficiency: float = 0.7
    lifted: bool = False

    @property
    def kwh_per_unit_head_m(self) -> float:
        """Return the electricity to lift one own unit by one metre: m g / efficiency."""
        return self.kg_per_unit * GRAVITY / self.efficiency / 3.6e6 if self.lifted else 0.0


@dataclass(frozen=True)
class PipeFlow:
    """One diameter with one fluid, filled to the limit of velocity or pressure drop."""

    velocity: float  # m/s
    gradient: float  # Pa/m
    capacity: float  # own units per year
    kwh_per_unit_m: float  # electricity at the shaft's motor
    loss_mwh_per_m: float  # heat lost per metre of trench and year


def pressure_gradient(fluid: Fluid, diameter_m: float, velocity: float, roughness_m: float) -> float:
    """Return the pressure drop per metre, Pa/m (Darcy-Weisbach: f / D * rho v^2 / 2)."""
    reynolds = fluid.density * velocity * diameter_m / fluid.viscosity
    friction = float(friction_factor(Re=reynolds, eD=roughness_m / diameter_m))
    return friction / diameter_m * fluid.density * velocity**2 / 2


def pipe_flow(fluid: Fluid, diameter_mm: float, settings: Pipelines) -> PipeFlow:
    """Return the most one diameter carries, and the energy at that flow.

    The velocity is the greatest that keeps to both limits. Pumping per unit is taken at that flow, so it
    is an upper bound for a pipe that is not full.
    """
    diameter, roughness = diameter_mm / 1000, settings.roughness_mm / 1000

    def excess(velocity: float) -> float:
        return pressure_gradient(fluid, diameter, velocity, roughness) - fluid.max_gradient

    velocity = fluid.max_velocity
    if excess(velocity) > 0:
        velocity = float(brentq(excess, 1e-6, velocity, xtol=1e-12, rtol=1e-12))
    gradient = pressure_gradient(fluid, diameter, velocity, roughness)
    kg_per_s = np.pi / 4 * diameter**2 * velocity * fluid.density
    capacity = kg_per_s * 3600 * settings.full_load_hours / fluid.kg_per_unit
    joule_per_kg_m = fluid.passes * gradient / fluid.density / fluid.efficiency
    push = joule_per_kg_m * fluid.kg_per_unit / 3.6e6 if fluid.pushed else 0.0
    loss = heat_loss_w_per_m(fluid.hot_k, diameter) * HOURS_PER_YEAR / 1e6  # hot all year
    return PipeFlow(velocity, gradient, float(capacity), push, loss if fluid.mwh_per_unit else 0.0)


def pump_head_m(at_m: Floats, height_m: Floats, slope: float) -> float:
    """Return the head that pushes a liquid from the first point of a profile to the last, metres.

    ``max over x of z(x) - z(0) + i x``: enough to keep the pipe full over every summit on the way, where
    ``i`` is the head lost to friction per metre. A fall saves friction within the profile and gives
    nothing back beyond its end.

    Parameters
    ----------
    at_m, height_m
        Shape (n,): distance from the first point and height of the ground.
    slope
        Head lost to friction, metres per metre.
    """
    return float(max(np.max(height_m - height_m[0] + slope * at_m), 0.0))


def heat_loss_w_per_m(hot_k: float, diameter_m: float) -> float:
    """Return the heat lost by an insulated pipe pair, W per metre of trench.

    ``dT * (0.16807 ln D + 0.85684)``, D in metres: THERMOS, a fit to the Powerpipe catalogue for EN 253
    pipe with series 2 insulation, dT between the mean of flow and return and the ground (read in
    ``thermos_util/hot_water.cljc`` and ``docs/network/technical-description.org`` of
    cse-bristol/110-thermos-ui). A single steam main is charged the same with its own temperature: mineral
    wool conducts about twice what the foam of a hot-water pipe does (assumption).
    """
    return max(hot_k, 0.0) * max(0.16807 * float(np.log(diameter_m)) + 0.85684, 0.0)


def fluid_of(resource: pd.Series, settings: Pipelines) -> Fluid:
    """Return the fluid of a resource.

    Parameters
    ----------
    resource
        One row of ``study.resources``.

    Raises
    ------
    InputError
        When a value is missing without which the resource cannot be piped.
    """
    makers = {"liquid": _liquid, "slurry": _liquid, "gas": _gas, "steam": _steam, "heat": _heat}
    phase = str(resource["phase"])
    if phase not in makers:
        raise _fault(resource, "phase", "liquid, slurry, gas, steam or heat for a resource carried by pipe")
    return makers[phase](resource, settings)


def _liquid(resource: pd.Series, settings: Pipelines) -> Fluid:
    phase = str(resource["phase"])
    density = _positive(resource, "density_kg_per_m3")
    per_unit = {"t": 1000.0, "m3": density}
    if resource["unit"] not in per_unit:
        raise _fault(resource, "unit", f"t or m3 for a {phase} carried by pipe")
    return Fluid(
        density=density,
        viscosity=_viscosity(resource),
        kg_per_unit=per_unit[str(resource["unit"])],
        max_velocity=getattr(settings.velocity_m_per_s, phase),
        max_gradient=_most_drop(settings),
        efficiency=settings.pump_efficiency,
        lifted=True,
    )


def _gas(resource: pd.Series, settings: Pipelines) -> Fluid:
    """Return a gas at its mean state over a kilometre; ideal where the catalogue gives no density."""
    pressure = _positive(resource, "pressure_bar") * _BAR
    drop = _most_drop(settings, pressure)
    mean = 1 - drop * 1000 / 2 / pressure
    density = _number(resource, "density_kg_per_m3")
    if np.isnan(density):
        kelvin = _given(resource, "temperature_c") + _KELVIN
        density = pressure * _positive(resource, "molar_mass_g_per_mol") / (GAS_CONSTANT * kelvin)
    unit = str(resource["unit"])
    if unit == "Nm3":
        per_unit = _positive(resource, "molar_mass_g_per_mol") / NORMAL_MOLAR_VOLUME_M3_PER_KMOL
    elif unit in ("t", "m3"):
        per_unit = 1000.0 if unit == "t" else density
    else:
        raise _fault(resource, "unit", "t, Nm3 or m3 for a gas carried by pipe")
    return Fluid(
        density=density * mean,
        viscosity=_viscosity(resource),
        kg_per_unit=per_unit,
        max_velocity=settings.velocity_m_per_s.gas,
        max_gradient=drop,
        efficiency=settings.compressor_efficiency,
    )


def _steam(resource: pd.Series, settings: Pipelines) -> Fluid:
    """Return steam at its mean pressure over a kilometre; the pressure lost is lost, not made good.

    Heat lost turns steam into condensate, so a unit lost carries away the enthalpy above boiling water.
    """
    pressure = _positive(resource, "pressure_bar") * _BAR
    drop = _most_drop(settings, pressure)
    mean = IAPWS97(P=(pressure - drop * 1000 / 2) / 1e6, x=1)
    kelvin = _number(resource, "temperature_c") + _KELVIN
    if kelvin > mean.T:  # saturated when the temperature is not given or not above boiling
        mean = IAPWS97(P=mean.P, T=kelvin)
    kwh_per_kg = (mean.h - IAPWS97(P=mean.P, x=0).h) / 3600
    per_unit = {"t": 1000.0, "MWh": 1000 / kwh_per_kg}
    if resource["unit"] not in per_unit:
        raise _fault(resource, "unit", "t or MWh for steam carried by pipe")
    kg_per_unit = per_unit[str(resource["unit"])]
    return Fluid(
        density=mean.rho,
        viscosity=mean.mu,
        kg_per_unit=kg_per_unit,
        max_velocity=settings.velocity_m_per_s.steam,
        max_gradient=drop,
        mwh_per_unit=kg_per_unit * kwh_per_kg / 1000,
        hot_k=mean.T - _KELVIN - settings.ground_temperature_c,
        pushed=False,
    )


def _heat(resource: pd.Series, settings: Pipelines) -> Fluid:
    """Return the water of a loop that carries heat: it leaves hot, comes back cooler, and both are pumped."""
    hot, back = _given(resource, "temperature_c"), _given(resource, "return_temperature_c")
    if hot <= back:
        raise _fault(resource, "return_temperature_c", f"less than the temperature_c of {hot:g}")
    if resource["unit"] != "MWh":
        raise _fault(resource, "unit", "MWh for heat carried by pipe")
    middle = (hot + back) / 2
    pressure = _number(resource, "pressure_bar") * _BAR
    water = IAPWS97(P=(pressure if pressure > 0 else 6 * _BAR) / 1e6, T=middle + _KELVIN)
    return Fluid(
        density=water.rho,
        viscosity=water.mu,
        kg_per_unit=3.6e6 / (water.cp * (hot - back)),  # kJ per MWh over kJ/kg
        max_velocity=settings.velocity_m_per_s.heat,
        max_gradient=_most_drop(settings),
        mwh_per_unit=1.0,
        hot_k=middle - settings.ground_temperature_c,
        passes=2,
        efficiency=settings.pump_efficiency,
    )


def _most_drop(settings: Pipelines, pressure_pa: float = np.inf) -> float:
    """Return the greatest pressure drop per metre, Pa/m."""
    return min(settings.max_pressure_drop_bar_per_km * _BAR, GAS_DROP_SHARE * pressure_pa) / 1000


def _viscosity(resource: pd.Series) -> float:
    given = _number(resource, "viscosity_mpa_s")
    return given / 1000 if given > 0 else _DEFAULT_VISCOSITY_PA_S[str(resource["phase"])]


def _number(resource: pd.Series, column: str) -> float:
    return float(resource.get(column, np.nan))


def _given(resource: pd.Series, column: str) -> float:
    value = _number(resource, column)
    if np.isnan(value):
        raise _fault(resource, column, "a number: the resource is carried by pipe")
    return value


def _positive(resource: pd.Series, column: str) -> float:
    value = _given(resource, column)
    if value <= 0:
        raise _fault(resource, column, "more than 0: the resource is carried by pipe")
    return value


def _fault(resource: pd.Series, column: str, expected: str) -> InputError:
    found = resource.get(column)
    shown = "nothing" if found is None or pd.isna(found) else repr(found)
    return InputError([Fault("resources", column, f"{shown} for {resource['resource']}", expected)])
