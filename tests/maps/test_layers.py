import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString

from data.contracts import make_table
from data.errors import InputError
from data.plan import Plan
from maps import background, layers, popups
from maps.geometry import parted
from maps.scene import Scene
from tests.maps.conftest import with_barred, with_coarse


def rows(found, start):
    (one,) = [entry for entry in found if entry["title"].startswith(start)]
    return dict(one["rows"])


def test_fluids_in_one_corridor_lie_side_by_side(study, plan):
    pipes = layers.pipelines(Scene(study, plan))
    shared = pipes[pipes["corridor"] == "c2"]
    assert shared["resource"].tolist() == ["refinery_gas", "steam", "surface_water"]
    offset, half = shared["draw_offset_mm"].to_numpy(), shared["draw_width_mm"].to_numpy() / 2
    np.testing.assert_allclose(offset[1:] - half[1:], offset[:-1] + half[:-1] + 0.15, atol=1e-5)
    np.testing.assert_allclose((offset - half)[0], -(offset + half)[-1], atol=1e-5)
    assert pipes.loc[pipes["corridor"] == "c1", "draw_offset_mm"].tolist() == [0.0]


def test_a_fluid_stays_on_its_side_however_the_corridor_was_drawn(study, plan):
    turned = plan.geometries.set_geometry(plan.geometries.geometry.reverse())
    lines = [layers.pipelines(Scene(study, p)) for p in (plan, plan.replace(geometries=turned))]
    assert lines[0].geometry.equals(lines[1].geometry)
    assert lines[0]["draw_offset_mm"].equals(lines[1]["draw_offset_mm"])


def test_load_share_and_trench_cost(study, plan):
    pipes = layers.pipelines(Scene(study, plan)).set_index(["corridor", "resource"])
    assert pipes.loc[("c1", "steam"), "load_share"] == pytest.approx(0.8)
    assert pipes.loc[("c1", "steam"), "trench_cost"] == 40_000


def test_pipes_without_diameter_or_capacity_are_drawn(study, plan):
    bare = plan.built_pipes.assign(diameter_mm=np.nan, capacity=np.nan)
    pipes = layers.pipelines(Scene(study, plan.replace(built_pipes=bare)))
    assert pipes["load_share"].isna().all()
    assert (pipes["draw_width_mm"] > 0).all()


def test_width_is_relative_within_a_resource(study, plan):
    exchanges = layers.exchanges(Scene(study, plan)).set_index("exchange")
    assert exchanges.loc["e1", "draw_width_mm"] == exchanges.loc["e4", "draw_width_mm"] == 0.8
    assert 0.3 < exchanges.loc["e2", "draw_width_mm"] < 0.8


def test_missing_line_is_named(study, plan):
    lost = plan.replace(geometries=plan.geometries[plan.geometries["key"] != "c2"])
    with pytest.raises(InputError, match=r"built_pipes, column corridor: found 'c2'.*geometries"):
        layers.pipelines(Scene(study, lost))


def test_unknown_place_is_named(study, plan):
    moved = plan.replace(exchanges=plan.exchanges.assign(to_node="atlantis"))
    with pytest.raises(InputError, match="atlantis"):
        layers.exchanges(Scene(study, moved))


def test_haul_without_a_path_is_straight(study, plan):
    hauls = plan.hauls.assign(geometry_key=["r1", ""])
    layer = layers.truck_routes(Scene(study, plan.replace(hauls=hauls))).set_index("route")
    assert len(layer.geometry["t2"].coords) == 2
    assert len(layer.geometry["t1"].coords) == 4


def test_lines_are_reprojected_to_the_study(study, plan):
    degrees = plan.replace(geometries=plan.geometries.to_crs(4326))
    ours, theirs = (layers.pipelines(Scene(study, p)).geometry.length for p in (plan, degrees))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_coarse_stretches_are_drawn_apart(study, plan):
    scene = Scene(study, with_coarse(plan))
    routes = layers.truck_routes(scene)
    fine, coarse = layers.coarse_parts(scene, routes)
    assert fine["route"].tolist() == ["t1", "t2"]
    assert coarse["route"].tolist() == ["t2"]
    whole = routes.set_index("route").geometry
    parts = fine.set_index("route").geometry["t2"], coarse.geometry.iloc[0]
    assert [len(shapely.get_coordinates(part)) for part in parts] == [4, 2]
    assert shapely.get_coordinates(parts[0])[0].tolist() == list(whole["t2"].coords[0])
    assert parts[0].length + parts[1].length == pytest.approx(whole["t2"].length)
    assert layers.coarse_parts(scene, routes.iloc[:0])[1].empty
    shown = popups.truck_routes(scene, routes), popups.exchanges(scene, layers.exchanges(scene))
    assert rows(shown[0], "Fly ash by truck")["Of it on coarse roads"] == "152 km: an estimate"
    assert rows(shown[1], "Fly ash")["Distance"] == "2.35 km, an estimate"
    assert rows(shown[1], "FGD gypsum")["Distance"] == "2.35 km"


def test_a_line_is_parted_by_its_segments():
    line = LineString([(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)])
    rest, part = parted(line, MultiLineString([[(1, 0), (2, 0)], [(4, 0), (3, 0)]]))  # the second drawn backwards
    assert rest.equals(MultiLineString([[(0, 0), (1, 0)], [(2, 0), (3, 0)]]))
    assert [list(piece.coords) for piece in part.geoms] == [[(1, 0), (2, 0)], [(3, 0), (4, 0)]]
    assert parted(line, line)[0].is_empty


def test_leftovers_of_nothing_are_not_drawn(study, plan):
    tiny = plan.unplaced.assign(quantity=[45_000.0, 0.0, 1e-9])
    assert len(layers.left_over(Scene(study, plan.replace(unplaced=tiny)), "unplaced")) == 1


def test_every_layer_of_an_empty_plan_is_an_empty_frame(study):
    scene = Scene(study, Plan(problem="x", status="infeasible"))
    for made in (layers.exchanges, layers.pipelines, layers.truck_routes, layers.hubs):
        frame = made(scene)
        assert frame.empty
        assert frame.crs == study.crs
    assert layers.left_over(scene, "unserved").empty


def test_roads_are_merged_by_rank_once_per_direction(study, plan):
    roads = background.roads(Scene(study, plan), 10_000)
    assert roads["rank"].tolist() == [2, 4, 6]
    drawn = roads.length.sum()
    assert drawn == pytest.approx(study.roads.length.sum() / 2, rel=0.02)


def test_minor_roads_are_left_out_when_there_are_too_many(study, plan):
    assert background.roads(Scene(study, plan), 60)["rank"].tolist() == [2]
    assert background.roads(Scene(study, plan), 1)["rank"].tolist() == [2]


def test_roads_with_unknown_or_several_classes(study, plan):
    odd = study.roads.iloc[:4].copy()
    odd["highway"] = pd.Series(
        [["residential", "primary"], "goat_track", "tertiary;primary", "tertiary"], dtype="object"
    ).to_numpy()
    odd = odd.set_geometry([LineString([(i, 0), (i, 99)]) for i in range(3)] + [MultiLineString()], crs=odd.crs)
    assert background.roads(Scene(study.replace(roads=odd), plan), 10_000)["rank"].tolist() == [2, 9]


def test_popup_of_an_exchange(study, plan):
    scene = Scene(study, plan)
    found = popups.exchanges(scene, layers.exchanges(scene))
    shown = rows(found, "FGD gypsum: Harbour power station → Plasterboard works")
    assert shown["Quantity"] == "180,000 t/year"
    assert shown["Trips"] == "7,200 per year"
    assert shown["Distance"] == "2.35 km"
    assert shown["Transport cost"] == "54,321 EUR/year"
    assert "Period" not in shown


def test_popup_of_a_pipe(study, plan):
    scene = Scene(study, plan)
    shown = rows(popups.pipelines(scene, layers.pipelines(scene)), "Refinery gas")
    assert shown["Diameter"] == "80 mm"
    assert shown["Flow to Plasterboard works"] == "900 t/year"
    assert shown["Load"] == "80 %"
    assert shown["Trench"] == "40,000 EUR/year, shared by 3 pipes"


def test_popup_of_a_plant_says_which_classes_cannot_reach_it(study, plan):
    scene = Scene(study, with_barred(plan))
    found = popups.plants(scene, layers.plants(scene))
    (refinery,) = [entry["rows"] for entry in found if entry["title"] == "Refinery"]
    assert [value for label, value in refinery if label == "Not reached by"] == [
        "artic_tipper, artic_silo and 1 more: maxheight 3.5 m or less on every way, and it has 4 m",
        "adr_tanker: hgv=no on every way",
    ]
    assert "Not reached by" not in rows(found, "Pharma")


def test_hub_stands_at_its_site(study, plan):
    hub = {"hub": "h1", "node": "yard", "technology": "dryer", "modules": 2, "throughput": 10.0, "cost": 5.0}
    scene = Scene(study, plan.replace(built_hubs=make_table("plan", "built_hubs", [hub])))
    layer = layers.hubs(scene)
    assert layer["name"].tolist() == ["Old yard"]
    assert study.sites.geometry.iloc[0].contains(layer.geometry.iloc[0])
    assert popups.hubs(scene, layer)[0]["title"] == "Hub h1"


def test_a_hub_is_called_by_its_technology_and_place(study, plan):
    hub = {"hub": "yard:dryer", "node": "yard", "technology": "dryer", "modules": 2, "throughput": 10.0, "cost": 5.0}
    known = make_table(
        "study",
        "technologies",
        [{"technology": "dryer", "name": "Belt dryer", "module_capacity": 1, "unit": "t", "capex_per_module": 0}],
    )
    scene = Scene(study.replace(technologies=known), plan.replace(built_hubs=make_table("plan", "built_hubs", [hub])))
    (popup,) = popups.hubs(scene, layers.hubs(scene))
    assert popup["title"] == "Belt dryer, Old yard"
    assert dict(popup["rows"])["Technology"] == "Belt dryer"
