"""Whole vehicles from a study folder to a checked plan; the optimum is computed here by hand."""

from __future__ import annotations

import pytest

import symbioplan
from data.errors import InputError
from tests.symbioplan.test_hubs import PER_T_KM, write_study

# The row of works without its hub: A, B and C send 1,000 t each of "dry" to D, 40, 30 and 20 km away at 25 t a trip.
STREAMS = """plant,resource,direction,quantity,unit
A,dry,supply,1000,t
B,dry,supply,1000,t
C,dry,supply,1000,t
D,dry,demand,3000,t
"""
GRID = 0.9996  # the row lies beside the central meridian of its UTM zone: a km on the map is longer on the ground
KM = {"A": 40 / GRID, "B": 30 / GRID, "C": 20 / GRID}
KMH, STANDING_H = 50, 0.5  # the cap on the row's road; loading and unloading
HOURS = {name: 1000 / 25 * (2 * km / KMH + STANDING_H) for name, km in KM.items()}  # about 84, 68 and 52 h/year
DRIVER = 20.0  # EUR/h beside the vehicle's own share
HOURS_EACH = sum(HOURS.values()) / 3 * (1 + 1e-6)
PRICE = 60.0  # EUR/t of what D would buy

TRUCKS = """
vehicles = {{artic_tipper = {{cost_per_km = 1.0, cost_per_h = {per_h}, payload_t = 25.0, empty_return = 1.0, \
load_h = 0.25, unload_h = 0.25, fixed_cost = {vehicle}, hours_per_year = {hours}}}}}
speed_caps_kmh = {{primary = 50.0}}
whole_vehicles = {whole}
"""


def study(folder, *, vehicle=10_000.0, hours=100.0, whole=True, per_h=None):
    """The study; ``cost_per_h`` is that of driver and vehicle together, as in the catalogue."""
    write_study(folder, streams=STREAMS, more="[hubs]\nenabled = false\n")
    path = folder / "study.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    per_h = DRIVER + vehicle / hours if per_h is None else per_h
    new = TRUCKS.format(per_h=per_h, vehicle=vehicle, hours=hours, whole=str(whole).lower())
    kept = [new.strip() if line.startswith("vehicles = ") else line for line in lines]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return symbioplan.read_study(folder)


def variable(names: str) -> float:
    """Return what kilometres and drivers cost, EUR/year."""
    return sum(1000 * PER_T_KM * KM[name] + DRIVER * HOURS[name] for name in names)


def test_vehicles_are_bought_whole_and_shared(tmp_path):
    """All hauls take 204 h and two vehicles have 200: a third one for 4 h would cost 10,000 a year.

    So 4 h are not hauled but bought, those of A, of which an hour brings least: about 48 t.
    """
    over = sum(HOURS.values()) - 200
    assert over == pytest.approx(4, abs=0.1)
    plan = symbioplan.plan(study(tmp_path / "row")).plan
    assert plan.status == "optimal"
    assert plan.checker == ()
    left = over / HOURS["A"] * 1000  # t/year of A that are not worth a third vehicle
    saved = over / HOURS["A"] * variable("A")
    expected = 2 * 10_000 + variable("ABC") - saved + PRICE * left
    assert plan.objective == pytest.approx(expected, rel=1e-5)
    fleet = plan.fleets.set_index("vehicle").loc["artic_tipper"]
    assert fleet[["vehicles", "cost"]].tolist() == [2, 20_000]
    assert fleet["hours_per_year"] == pytest.approx(200, rel=1e-3)
    sent = plan.exchanges.set_index("from_node")["quantity"]
    assert sent["A"] == pytest.approx(1000 - left, rel=1e-3)
    assert sent[["B", "C"]].tolist() == pytest.approx([1000, 1000])
    assert plan.costs.set_index("term").loc["vehicles", "amount"] == 20_000


def test_the_account_lists_the_vehicles(tmp_path, run):
    study(tmp_path / "row")
    done = run("plan", str(tmp_path / "row"), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    (line,) = [line.split() for line in done.stdout.splitlines() if line.startswith("artic_tipper")]
    assert line == ["artic_tipper", "2", "200", "20,000"]


def test_hours_are_paid_once_either_way(tmp_path):
    """Three vehicles are full (but for rounding), so whole ones cost what their hours cost: 100 an hour."""
    whole = symbioplan.plan(study(tmp_path / "whole", vehicle=100 * HOURS_EACH, hours=HOURS_EACH)).plan
    shared = symbioplan.plan(study(tmp_path / "shared", vehicle=100 * HOURS_EACH, hours=HOURS_EACH, whole=False)).plan
    assert whole.fleets["vehicles"].tolist() == [3]
    assert shared.fleets["vehicles"].tolist() == pytest.approx([3], rel=1e-3)
    assert shared.fleets["cost"].tolist() == [0]
    assert whole.objective == pytest.approx(shared.objective, rel=1e-5)
    assert shared.objective == pytest.approx(variable("ABC") + 100 * sum(HOURS.values()), rel=1e-5)


@pytest.mark.parametrize(("whole", "offered"), [(True, ["artic_tipper", "rigid_tipper"]), (False, ["artic_tipper"])])
def test_every_class_is_offered_since_one_that_is_there_may_have_hours_left(whole, offered, tmp_path):
    """Of shared vehicles the articulated one is cheaper and cleaner."""
    study(tmp_path / "row", vehicle=0.0, whole=whole)
    path = tmp_path / "row" / "study.toml"
    text = path.read_text(encoding="utf-8").replace('["artic_tipper"]', '["artic_tipper", "rigid_tipper"]')
    path.write_text(text, encoding="utf-8")
    routes = symbioplan.find_candidates(symbioplan.read_study(path.parent)).problem.routes
    assert routes.groupby("from_node")["vehicle"].agg(sorted).tolist() == [offered] * 3


def test_an_hour_that_costs_less_than_its_vehicle_is_a_fault(tmp_path):
    with pytest.raises(InputError) as error:
        study(tmp_path / "row", per_h=99.0)
    (fault,) = error.value.faults
    assert (fault.column, fault.found) == ("trucks.vehicles.artic_tipper.cost_per_h", "99")
    assert fault.expected.startswith("at least 100, which trucks.whole_vehicles takes out of it")
    assert study(tmp_path / "shared", per_h=99.0, whole=False).settings.trucks.whole_vehicles is False
