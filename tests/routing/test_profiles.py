"""What a kilometre costs: caps, tolls, signed truck routes and hills, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from data.carriage import tunnel_code
from data.settings import Trucks
from data.study import Raster
from routing.alternatives import alternative_routes
from routing.trucks import truck_routes
from tests.routing.truck_cases import TIPPER, UTM, make_roads, make_study, pairs, real_study

HILL = {"elev_u_m": "0", "elev_v_m": "300"}


def route(study):
    return truck_routes(study, pairs(("p", "q", "ash"))).routes.iloc[0]


def road(trucks: Trucks | None = None, **tags: object):
    roads = make_roads(("a", "b", [(0, 0), (10_000, 0)], tags))
    return make_study(roads, {"p": (0, 0), "q": (10_000, 0)}, trucks=trucks)


def test_speed_is_capped_by_class() -> None:
    fast = {"highway": "motorway", "maxspeed": "130", "oneway": "no"}
    assert route(road(**fast))["hours_per_trip"] == pytest.approx(2 * 10 / 80 + 0.75)  # the vehicle's own cap
    capped = Trucks(speed_caps_kmh={"motorway": 50, "primary": 5})
    assert route(road(capped, **fast))["hours_per_trip"] == pytest.approx(2 * 10 / 50 + 0.75)


def test_tolls_cost_both_ways_on_toll_roads_only() -> None:
    free, paid = road(Trucks(toll_per_km=0.4)), road(Trucks(toll_per_km=0.4), toll="yes")
    assert (route(paid)["unit_cost"] - route(free)["unit_cost"]) * 25 == pytest.approx(2 * 10 * 0.4)
    exempt = road(Trucks(toll_per_km=0.4), toll="yes", **{"toll:hgv": "no"})
    assert route(exempt)["unit_cost"] == pytest.approx(route(free)["unit_cost"])
    roads = make_roads(
        ("a", "b", [(0, 0), (10_000, 0)], {"toll": "yes"}), ("a", "b", [(0, 0), (5_000, 2_000), (10_000, 0)], {})
    )
    study = make_study(roads, {"p": (0, 0), "q": (10_000, 0)}, trucks=Trucks(toll_per_km=0.4))
    assert route(study)["distance_m"] > 10_500


def test_signed_truck_routes_are_preferred_at_their_true_cost() -> None:
    roads = make_roads(
        ("a", "b", [(0, 0), (10_000, 0)], {}), ("a", "b", [(0, 0), (5_000, 1_800), (10_000, 0)], {"hgv": "designated"})
    )
    plants: dict[str, object] = {"p": (0, 0), "q": (10_000, 0)}
    signed, shortest = (
        route(make_study(roads, plants, trucks=Trucks(designated_factor=factor))) for factor in (0.9, 1.0)
    )
    km = signed["distance_m"] / 1000
    assert (shortest["distance_m"], km) == (pytest.approx(10_000), pytest.approx(2 * np.hypot(5, 1.8)))
    assert signed["unit_cost"] == pytest.approx((2 * km + 30 * (2 * km / 60 + 0.75)) / 25)


def test_hills_by_hand() -> None:
    study = road(**HILL)  # 3 % up from p to q
    up = route(study)
    climb_kmh = 7.5 * 0.85 / 9.81 * 3.6 / 0.04
    hours = 10 / climb_kmh + 10 / 60 + 0.75  # laden up, empty down
    fuel_up, fuel_down = 4.0, 0.0
    assert up["hours_per_trip"] == pytest.approx(hours)
    assert up["unit_cost"] == pytest.approx((10 * (0.4 + 0.6 * fuel_up) + 10 * (0.4 + 0) + 30 * hours) / 25)
    assert up["co2_per_unit"] == pytest.approx(10 * (0.9 * fuel_up + 0.6 * fuel_down) / 1000 / 25)
    down = truck_routes(study, pairs(("q", "p", "ash"))).routes.iloc[0]
    assert down["hours_per_trip"] == pytest.approx(2 * 10 / 60 + 0.75)
    assert down["co2_per_unit"] == pytest.approx(10 * 0.6 * 4 / 1000 / 25)
    flat = road(Trucks(fuel_share=0), **HILL)
    assert route(flat)["unit_cost"] == pytest.approx((2 * 10 + 30 * hours) / 25)


def test_heights_from_a_raster() -> None:
    column = (np.arange(12) * 1000.0 - 500)[None, :]  # centres from x = -500 on: 3 % everywhere
    raster = Raster(np.repeat(column * 0.03, 3, axis=0), Affine(1000, 0, -1000, 0, -1000, 1500), UTM)
    study = road()
    by_raster = route(study.replace(elevation=raster))
    assert by_raster["unit_cost"] == pytest.approx(route(road(**HILL))["unit_cost"])
    beyond = Raster(raster.values, Affine(1000, 0, 5e5, 0, -1000, 1500), UTM)
    assert route(study.replace(elevation=beyond))["unit_cost"] == pytest.approx(route(study)["unit_cost"])


def test_a_detour_round_a_hill() -> None:
    roads = make_roads(
        ("a", "h", [(0, 0), (5_000, 0)], {"elev_u_m": 0, "elev_v_m": 400}),
        ("h", "b", [(5_000, 0), (10_000, 0)], {"elev_u_m": 400, "elev_v_m": 0}),
        ("a", "b", [(0, 0), (5_000, 2_500), (10_000, 0)], {"elev_u_m": 0, "elev_v_m": 0}),
    )
    assert route(make_study(roads, {"p": (0, 0), "q": (10_000, 0)}))["distance_m"] > 11_000


@pytest.mark.parametrize(("adr", "code"), [("2", "B"), ("2.3", "B"), ("3", "D"), ("8", "C"), ("9", "E"), ("7", "B")])
def test_tunnel_codes(adr: str, code: str) -> None:
    assert tunnel_code(adr) == code


@pytest.mark.shared
def test_ube_has_hills(shared_data: Path) -> None:
    study = real_study(shared_data, "ube_roads.parquet", 6690, count=6)
    flat = study.replace(roads=study.roads.assign(elev_u_m=np.nan, elev_v_m=np.nan))
    hilly, level = (alternative_routes(each, "p0", "p3", "tipper", count=1).iloc[0] for each in (study, flat))
    assert hilly["co2_t_per_trip"] > 1.05 * level["co2_t_per_trip"]
    assert hilly["drive_h"] >= level["drive_h"] - 1e-9
    assert TIPPER["vehicle"] == hilly["vehicle"]
