"""Our pipe hydraulics against pandapipes (water, gas) and EPANET by way of wntr (water).

Neither is a dependency: they live in an environment of their own and are asked in another process.

    python3 -m venv oracle-env && oracle-env/bin/pip install pandapipes wntr numba six setuptools
    SYMBIOPLAN_ORACLE=oracle-env/bin/python python -m benchmarks oracle-pipes

For each diameter our limits give a flow and a pressure gradient; the oracle gets the flow, one kilometre of
pipe and our roughness, and returns the pressure lost.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np

from data.settings import Pipelines
from routing.hydraulics import GAS_CONSTANT, Fluid, pipe_flow

TOLERANCE = {"pandapipes water": 0.01, "wntr water": 0.03, "pandapipes gas": 0.06}
DIAMETERS_MM = (50, 80, 150, 300, 600)
_LENGTH_M = 1000.0
_METHANE_BAR, _KELVIN, _AMBIENT_BAR = 8.0, 288.15, 1.01325

_ORACLE = r"""
import json, sys, warnings
warnings.filterwarnings("ignore")
cases, out = json.load(sys.stdin), []
def pandapipes_drop(case):
    import pandapipes as pp
    net = pp.create_empty_network(fluid=pp.create_constant_fluid(
        "f", case["fluid"], density=case["density"], viscosity=case["viscosity"], heat_capacity=4182.0,
        molar_mass=18.0)) if case["fluid"] == "liquid" else pp.create_empty_network(fluid="methane")
    a, b = (pp.create_junction(net, pn_bar=case["bar"], tfluid_k=case["kelvin"]) for _ in "ab")
    pp.create_ext_grid(net, a, p_bar=case["bar"], t_k=case["kelvin"])
    size = {"inner_diameter_mm": case["mm"]} if case["new"] else {"diameter_m": case["mm"] / 1000}
    pp.create_pipe_from_parameters(net, a, b, length_km=case["m"] / 1000, k_mm=case["k"], **size)
    pp.create_sink(net, b, mdot_kg_per_s=case["kg_per_s"])
    pp.pipeflow(net, friction_model="colebrook")
    return float((net.res_junction.p_bar[a] - net.res_junction.p_bar[b]) * 1e5)
def wntr_drop(case):
    import wntr
    net = wntr.network.WaterNetworkModel()
    net.add_reservoir("a", base_head=case["bar"] * 10.2)
    net.add_junction("b", base_demand=case["kg_per_s"] / case["density"], elevation=0)
    net.add_pipe("p", "a", "b", length=case["m"], diameter=case["mm"] / 1000, roughness=case["k"] / 1000)
    o = net.options.hydraulic
    o.headloss, o.accuracy = "D-W", 1e-8
    o.viscosity = case["viscosity"] / case["density"] / (1.1e-5 * 0.3048**2)  # EPANET: relative to 1.1e-5 ft2/s
    net.options.time.duration = 0
    import os, tempfile
    with tempfile.TemporaryDirectory() as folder:
        run = wntr.sim.EpanetSimulator(net).run_sim(file_prefix=os.path.join(folder, "x"))
    head = run.node["head"].iloc[0]
    return float((head["a"] - head["b"]) * case["density"] * 9.80665)
for case in cases:
    try:
        try:
            drop = {"pandapipes": pandapipes_drop, "wntr": wntr_drop}[case["oracle"]](dict(case, new=True))
        except TypeError:
            drop = pandapipes_drop(dict(case, new=False))
        out.append({"drop": drop})
    except Exception as error:
        out.append({"error": type(error).__name__ + ": " + str(error)[:200]})
json.dump(out, sys.stdout)
"""


def run(repeat: int) -> list[dict[str, object]]:
    """Return one record per diameter, fluid and oracle; ``repeat`` is not used, nothing is timed."""
    del repeat
    cases = [case for name in TOLERANCE for case in _cases(name)]
    answers = _asked(cases)
    if isinstance(answers, str):
        return [{"benchmark": "oracle_pipes", "case": "none", "skipped": answers}]
    return [_record(case, answer) for case, answer in zip(cases, answers, strict=True)]


def _cases(name: str) -> list[dict[str, object]]:
    """Return the cases of one oracle and fluid, each with what we say."""
    oracle, what = name.split()
    settings = Pipelines()
    water = Fluid(density=998.2, viscosity=1.0016e-3, kg_per_unit=1000.0, max_velocity=2.0, max_gradient=150.0)
    per_bar = 1e5 * 16.04 / (GAS_CONSTANT * _KELVIN)
    gas = Fluid(
        density=per_bar * _METHANE_BAR * 0.95,
        viscosity=1.1e-5,
        kg_per_unit=1000.0,
        max_velocity=15.0,
        max_gradient=80.0,
    )
    fluid = gas if what == "gas" else water
    cases: list[dict[str, object]] = []
    for size in DIAMETERS_MM:
        flow = pipe_flow(fluid, size, settings)
        cases.append(
            {
                "name": name,
                "oracle": oracle,
                "fluid": "gas" if what == "gas" else "liquid",
                "mm": size,
                "m": _LENGTH_M,
                "k": settings.roughness_mm,
                "bar": _METHANE_BAR - _AMBIENT_BAR if what == "gas" else 10.0,  # pandapipes wants gauge
                "kelvin": _KELVIN if what == "gas" else 293.15,
                "density": fluid.density,
                "viscosity": fluid.viscosity,
                "kg_per_s": float(np.pi / 4 * (size / 1000) ** 2 * flow.velocity * fluid.density),
                "ours": flow.gradient * _LENGTH_M,
            }
        )
    return cases


def _asked(cases: list[dict[str, object]]) -> list[dict[str, object]] | str:
    """Return the oracle's answers, or why there are none."""
    python = Path(os.environ.get("SYMBIOPLAN_ORACLE", "oracle-python-not-set"))
    if not python.exists():
        return f"no Python with pandapipes and wntr at {python}; set SYMBIOPLAN_ORACLE"
    done = subprocess.run(
        [python, "-c", _ORACLE], input=json.dumps(cases), capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode != 0:
        return f"the oracle failed: {done.stderr.strip().splitlines()[-1:]}"
    answers: list[dict[str, object]] = json.loads(done.stdout[done.stdout.index("[") :])
    return answers


def _record(case: dict[str, object], answer: dict[str, object]) -> dict[str, object]:
    record: dict[str, object] = {"benchmark": "oracle_pipes", "case": f"{case['name']} DN{case['mm']}"}
    if "error" in answer:
        return {**record, "skipped": answer["error"]}
    ours, theirs = float(str(case["ours"])), float(str(answer["drop"]))
    difference = ours / theirs - 1
    tolerance = TOLERANCE[str(case["name"])]
    return {
        **record,
        "kg_per_s": round(float(str(case["kg_per_s"])), 3),
        "ours_bar": round(ours / 1e5, 4),
        "oracle_bar": round(theirs / 1e5, 4),
        "difference": round(difference, 4),
        "tolerance": tolerance,
        "same_answer": abs(difference) <= tolerance,
    }
