"""A small harbour town: four plants close together, a lake, and a far cement works."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS
from shapely.geometry import LineString, Point, Polygon, box

from data.contracts import make_table
from data.plan import Plan
from data.settings import Settings
from data.study import Raster, Study
from maps.webmap import write_map

UTM = CRS.from_epsg(25832)
X, Y = 631_000.0, 6_171_000.0


def layer(rows: list[dict[str, object]], columns: list[str]) -> gpd.GeoDataFrame:
    """Return rows with a ``geometry`` as a layer in the study's CRS."""
    frame = pd.DataFrame([{c: row.get(c, "") for c in columns} for row in rows], columns=columns)
    return gpd.GeoDataFrame(frame, geometry=[row["geometry"] for row in rows], crs=UTM)


def settings() -> Settings:
    return Settings.model_validate(
        {
            "name": "Harbour town",
            "crs": "EPSG:25832",
            "description": "A made-up town for tests",
            "sources": ["Made up by hand"],
            "layers": {"plants": "plants.geojson", "streams": "streams.csv"},
        }
    )


def plants() -> gpd.GeoDataFrame:
    rows = [
        ("power", "Harbour power station", "power", Point(X, Y)),
        ("refinery", "Refinery", "oil refinery", Point(X + 1100, Y - 200)),
        ("gypsum", "Plasterboard works", "building materials", Point(X + 1900, Y + 550)),
        ("pharma", "Pharma", "pharma", box(X + 2300, Y + 900, X + 2700, Y + 1200)),
        ("lake", "Lake intake", "water source", Point(X + 11_000, Y - 8_500)),
        ("cement", "Far cement works", "cement", Point(X - 70_000, Y + 150_000)),
    ]
    return layer(
        [dict(zip(("plant", "name", "sector", "geometry"), row, strict=True)) for row in rows],
        ["plant", "name", "sector", "note", "source"],
    )


def streams() -> pd.DataFrame:
    rows = [
        ("power steam", "power", "steam", "supply", 400_000),
        ("power fgd", "power", "gypsum", "supply", 200_000),
        ("power ash", "power", "fly_ash", "supply", 135_000),
        ("refinery gas", "refinery", "refinery_gas", "supply", 60_000),
        ("lake water", "lake", "surface_water", "supply", 5_000_000),
        ("pharma steam", "pharma", "steam", "demand", 215_000),
        ("refinery steam", "refinery", "steam", "demand", 140_000),
        ("works gypsum", "gypsum", "gypsum", "demand", 180_000),
        ("works gas", "gypsum", "refinery_gas", "demand", 900),
        ("pharma water", "pharma", "surface_water", "demand", 1_000_000),
        ("refinery water", "refinery", "surface_water", "demand", 1_800_000),
        ("cement ash", "cement", "fly_ash", "demand", 120_000),
    ]
    keys = ("stream", "plant", "resource", "direction", "quantity")
    return make_table("study", "streams", [{**dict(zip(keys, row, strict=True)), "unit": "t"} for row in rows])


def resources() -> pd.DataFrame:
    rows = [
        ("steam", "Process steam", "t", "steam"), ("gypsum", "FGD gypsum", "t", "solid"),
        ("fly_ash", "Fly ash", "t", "solid"), ("refinery_gas", "Refinery gas", "t", "gas"),
        ("surface_water", "Surface water", "m3", "liquid"), ("sludge", "Sludge", "t", "slurry"),
    ]  # fmt: skip
    return make_table(
        "study", "resources", [dict(zip(("resource", "name", "unit", "phase"), row, strict=True)) for row in rows]
    )


def roads() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for i in range(9):
        for highway, start, end in (
            ("residential", (X - 300 + i * 400, Y - 700), (X - 300 + i * 400, Y + 1500)),
            ("primary" if i == 4 else "tertiary", (X - 300, Y - 700 + i * 270), (X + 3100, Y - 700 + i * 270)),
        ):
            steps = np.linspace(start, end, 12) + rng.normal(0, 12, (12, 2))
            both = LineString(steps)
            rows += [
                {"u": i, "v": 100 + i, "highway": highway, "geometry": both},
                {"u": 100 + i, "v": i, "highway": highway, "geometry": both.reverse()},
            ]
    return layer(rows, ["u", "v", "highway"])


def zones() -> gpd.GeoDataFrame:
    shore = [(X - 9000, Y - 9000), (X - 400, Y - 9000), (X - 500, Y - 300), (X - 150, Y + 200), (X + 900, Y + 700)]
    water = Polygon([*shore, (X + 1000, Y + 9000), (X - 9000, Y + 9000)])
    rows = [
        {"zone": "bay", "kind": "water", "name": "Bay", "geometry": water},
        {"zone": "town", "kind": "town", "name": "Old town", "geometry": box(X + 1000, Y + 900, X + 2000, Y + 1700)},
        {"zone": "fen", "kind": "fen", "name": "", "geometry": box(X + 2600, Y - 900, X + 3600, Y - 100)},
    ]
    zones = layer(rows, ["zone", "kind", "name", "note", "source"])
    return zones.assign(forbidden=[True, False, True], factor=[100.0, 3.0, 10.0])


def make_study(**changes: object) -> Study:
    """Return the town; any field can be given instead."""
    site = {"site": "yard", "name": "Old yard", "geometry": box(X + 600, Y - 900, X + 900, Y - 700)}
    pipe = {"pipeline": "old main", "resource": "surface_water",
            "geometry": LineString([(X + 3500, Y - 2600), (X + 1100, Y - 200)])}  # fmt: skip
    rail = {"crossing": "line", "kind": "rail", "name": "Branch line",
            "geometry": LineString([(X + 3300, Y - 2500), (X + 2150, Y + 1500)])}  # fmt: skip
    pipelines = layer([pipe], ["pipeline", "resource", "note", "source"]).assign(
        diameter_mm=np.nan, spare_capacity=500_000.0
    )
    fields: dict[str, object] = {
        "name": "Harbour town", "crs": UTM, "settings": settings(), "digest": "0" * 64,
        "plants": plants(), "streams": streams(), "resources": resources(),
        "grades": make_table("study", "grades", []),
        "vehicles": make_table("catalogue", "vehicles", []),
        "pipe_costs": make_table("catalogue", "pipe_costs", []),
        "land": pd.DataFrame({"kind": ["water", "town"], "name": ["Water", "Town"], "colour": ["#B9D6E8", "#E6D7CB"]}),
        "lines": pd.DataFrame({"kind": ["rail"], "name": ["Railway"], "colour": ["#4D4D4D"]}),
        "highways": pd.DataFrame({"highway": ["primary", "tertiary", "residential"], "rank": [2, 4, 6]}),
        "zones": zones(), "roads": roads(), "pipelines": pipelines,
        "crossings": layer([rail], ["crossing", "kind", "name"]).assign(cost=50_000.0),
        "sites": layer([site], ["site", "name", "note", "source"]),
    }  # fmt: skip
    return Study(**{**fields, **changes})  # type: ignore[arg-type]


def _exchange(
    number: int, start: str, end: str, resource: str, quantity: float, mode: str, path: str
) -> dict[str, object]:
    return {
        "exchange": f"e{number}", "from_node": start, "to_node": end, "resource": resource, "received_as": resource,
        "quantity": quantity, "quantity_sent": quantity * 1.01, "unit": "t", "mode": mode, "distance_m": 2345.6,
        "cost": 54_321.0, "co2": 12.5, "supply": f"{start} {resource}", "demand": f"{end} {resource}", "path": path,
    }  # fmt: skip


def _corridor(name: str, start: str, end: str) -> dict[str, object]:
    return {"corridor": name, "from_node": start, "to_node": end, "length_m": 1800.0, "fixed_cost": 40_000.0}


def _pipe(corridor: str, resource: str, diameter: float, flow: float) -> dict[str, object]:
    return {
        "corridor": corridor, "resource": resource, "option": f"dn{diameter:.0f}", "diameter_mm": diameter,
        "flow_forward": flow, "flow_backward": 0.0, "capacity": flow * 1.25, "fixed_cost": 30_000.0,
        "flow_cost": 1_000.0, "co2": 3.0,
    }  # fmt: skip


def _haul(route: str, start: str, end: str, resource: str, quantity: float, key: str) -> dict[str, object]:
    return {
        "route": route, "from_node": start, "to_node": end, "resource": resource, "vehicle": "tipper_40t",
        "quantity": quantity, "trips_per_year": quantity / 25, "hours_per_year": 5_000.0, "distance_m": 2_900.0,
        "cost": 250_000.0, "co2": 75.0, "geometry_key": key,
    }  # fmt: skip


def lines() -> gpd.GeoDataFrame:
    rows = [
        ("c1", "corridor", [(X, Y), (X + 300, Y - 250), (X + 700, Y - 300), (X + 1100, Y - 200)]),
        ("c2", "corridor", [(X + 1100, Y - 200), (X + 1500, Y + 100), (X + 1500, Y + 300), (X + 1900, Y + 550)]),
        ("c3", "corridor", [(X + 1900, Y + 550), (X + 2200, Y + 600), (X + 2500, Y + 1050)]),
        (
            "c4",
            "corridor",
            [(X + 11_000, Y - 8_500), (X + 6_000, Y - 6_000), (X + 2_500, Y - 1_500), (X + 1100, Y - 200)],
        ),
        ("r1", "route", [(X, Y), (X + 100, Y + 380), (X + 1500, Y + 400), (X + 1900, Y + 550)]),
        (
            "r2",
            "route",
            [(X, Y), (X + 100, Y + 380), (X + 3000, Y + 380), (X + 9_000, Y + 20_000), (X - 70_000, Y + 150_000)],
        ),
    ]
    return gpd.GeoDataFrame(
        {"key": [r[0] for r in rows], "kind": [r[1] for r in rows]},
        geometry=[LineString(r[2]) for r in rows], crs=UTM,
    )  # fmt: skip


def make_plan(**changes: object) -> Plan:
    """Return a plan of the town: steam, gas and water by pipe, gypsum and ash by truck."""
    fields: dict[str, object] = {
        "problem": "Harbour town", "status": "optimal", "objective": 1.0e6, "bound": 1.0e6, "gap": 0.0,
        "exchanges": make_table("plan", "exchanges", [
            _exchange(1, "power", "pharma", "steam", 215_000, "pipeline", "c1;c2;c3"),
            _exchange(2, "power", "refinery", "steam", 140_000, "pipeline", "c1"),
            _exchange(3, "refinery", "gypsum", "refinery_gas", 900, "pipeline", "c2"),
            _exchange(4, "lake", "refinery", "surface_water", 1_800_000, "pipeline", "c4"),
            _exchange(5, "lake", "pharma", "surface_water", 1_000_000, "pipeline", "c4;c2;c3"),
            _exchange(6, "power", "gypsum", "gypsum", 180_000, "truck", "t1"),
            _exchange(7, "power", "cement", "fly_ash", 120_000, "truck", "t2"),
            _exchange(8, "power", "power", "surface_water", 20_000, "on_site", ""),
        ]),
        "built_corridors": make_table("plan", "built_corridors", [
            _corridor("c1", "power", "refinery"), _corridor("c2", "refinery", "gypsum"),
            _corridor("c3", "gypsum", "pharma"), _corridor("c4", "lake", "refinery"),
        ]),
        "built_pipes": make_table("plan", "built_pipes", [
            _pipe("c1", "steam", 500, 355_000), _pipe("c2", "steam", 400, 215_000), _pipe("c3", "steam", 400, 215_000),
            _pipe("c2", "refinery_gas", 80, 900), _pipe("c2", "surface_water", 250, 1_000_000),
            _pipe("c3", "surface_water", 250, 1_000_000), _pipe("c4", "surface_water", 400, 2_800_000),
        ]),
        "hauls": make_table("plan", "hauls", [
            _haul("t1", "power", "gypsum", "gypsum", 180_000, "r1"),
            _haul("t2", "power", "cement", "fly_ash", 120_000, "r2"),
        ]),
        "unplaced": make_table("plan", "unplaced", [
            {"supply": f"power {name}", "node": "power", "resource": resource, "quantity": quantity, "placed": 1.0,
             "cost": 1_000.0, "co2": 0.0}
            for name, resource, quantity in (
                ("steam", "steam", 45_000), ("fgd", "gypsum", 20_000), ("ash", "fly_ash", 15_000),
            )
        ]),
        "unserved": make_table("plan", "unserved", [
            {"demand": "pharma steam", "node": "pharma", "resource": "steam", "quantity": 5_000, "served": 210_000,
             "cost": 9_000.0, "co2": 40.0},
        ]),
        "indicators": make_table("plan", "indicators", [
            {"indicator": "cost", "unit": "EUR/year", "baseline": 21_300_000, "plan": 9_000_000, "saving": 12_300_000},
            {"indicator": "co2", "unit": "t/year", "baseline": 180_000, "plan": 95_000, "saving": 85_000},
        ]),
        "geometries": lines(),
    }  # fmt: skip
    return Plan(**{**fields, **changes})  # type: ignore[arg-type]


def with_coarse(plan: Plan) -> Plan:
    """Return the plan with the last leg of the haul of ash on coarse roads of the world."""
    far = LineString([(X + 9_000, Y + 20_000), (X - 70_000, Y + 150_000)])
    row = gpd.GeoDataFrame({"key": ["coarse:r2"], "kind": ["coarse"]}, geometry=[far], crs=UTM)
    lines = pd.concat([plan.geometries, row], ignore_index=True)
    return plan.replace(geometries=lines, hauls=plan.hauls.assign(coarse_m=[0.0, far.length]))


def with_barred(plan: Plan) -> Plan:
    """Return the plan with vehicle classes that cannot reach two of the plants."""
    low, weak = "maxheight 3.5 m or less on every way, and it has 4 m", "hgv=no on every way"
    rows = [
        {"plant": plant, "vehicle": vehicle, "reason": reason}
        for plant, vehicle, reason in [
            ("refinery", "artic_tipper", low), ("refinery", "artic_silo", low), ("refinery", "artic_tanker", low),
            ("refinery", "adr_tanker", weak), ("gypsum", "artic_silo", weak),
        ]
    ]  # fmt: skip
    return plan.replace(unreachable_by_class=make_table("plan", "unreachable_by_class", rows))


@pytest.fixture
def study() -> Study:
    return make_study()


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def with_hub(plan: Plan) -> Plan:
    """Return the plan with a hub at the plasterboard works that makes gypsum of ash."""
    more = [
        _exchange(9, "power", "gypsum", "fly_ash", 15_000, "truck", "t1")
        | {"via_hub": "ash_wash", "demand": "ash_wash"},
        _exchange(10, "gypsum", "cement", "gypsum", 12_000, "truck", "t2")
        | {"via_hub": "ash_wash", "supply": "ash_wash"},
    ]
    hub = {"hub": "ash_wash", "node": "gypsum", "technology": "ash_washing", "modules": 2, "throughput": 15_000.0,
           "cost": 90_000.0}  # fmt: skip
    exchanges = pd.concat([plan.exchanges, make_table("plan", "exchanges", more)], ignore_index=True)
    return plan.replace(exchanges=exchanges, built_hubs=make_table("plan", "built_hubs", [hub]))


def in_two_phases(plan: Plan) -> Plan:
    """Return the plan over 2030 and 2035: what goes by pipe from the first on, the rest in the second only."""

    def both(table: pd.DataFrame, first: pd.Series | None = None) -> pd.DataFrame:
        early = table if first is None else table[first.to_numpy()]
        return pd.concat([early.assign(period="2030"), table.assign(period="2035")], ignore_index=True)

    return plan.replace(
        exchanges=both(plan.exchanges, plan.exchanges["mode"] == "pipeline"),
        built_corridors=both(plan.built_corridors),
        built_pipes=both(plan.built_pipes),
        hauls=plan.hauls.assign(period="2035"),
        unplaced=both(plan.unplaced),
        unserved=both(plan.unserved),
    )


# ---- the map in a browser ----------------------------------------------------------------------------------------

DESK, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}


@pytest.fixture
def visit(chromium, tmp_path):
    """Return a function that opens a file with the network cut; what goes wrong in the page is checked at the end."""
    troubles: list[str] = []
    contexts = []

    def answer(route):
        url = route.request.url
        if url.startswith(("file:", "data:")):
            return route.continue_()
        troubles.append(f"asked the network for {url}")
        return route.abort()

    def open_file(path, size=DESK, scheme="light"):
        context = chromium.new_context(viewport=size, has_touch=size is PHONE, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.route("**/*", answer)
        page.goto(path.as_uri())
        page.wait_for_function("() => symbioplan.ready")
        return page

    yield open_file
    for number, context in enumerate(contexts):
        context.pages[0].screenshot(path=tmp_path / f"screen-{number}.png")
        context.close()
    assert troubles == []


@pytest.fixture
def show(visit, tmp_path):
    """Return a function that draws a plan and opens its map."""

    def open_map(study, plan, size=DESK, scheme="light"):
        path = tmp_path / "map.html"
        write_map(study, plan, path)
        return visit(path, size, scheme)

    return open_map


def sited(study: Study, name: str = "") -> Study:
    """Return the study as siting would leave it: two ranked sites, a parcel where nothing may stand, a raster."""
    rows = [
        ("a", 0.75, 1.0, "hexagon", "", box(X, Y, X + 200, Y + 250)),
        ("b", 0.25, 2.0, "parcel", "", Point(X + 1000, Y)),
        ("c", None, None, "parcel", "sea", Point(X + 1200, Y + 300)),
    ]
    keys = ("site", "score", "rank", "origin", "reason")
    table = pd.DataFrame([{**dict(zip(keys, row[:5], strict=True)), "name": name or row[0].upper()} for row in rows])
    scores = pd.DataFrame({
        "site": ["a", "b"], "criterion": name or "near", "value": 12.5, "unit": "m", "utility": [0.75, 0.25],
        "weight": 1.0, "contribution": [0.75, 0.25],
    })  # fmt: skip
    values = np.linspace(0, 1, 40 * 30).reshape(30, 40)
    values[:10, :10] = np.nan
    places = make_table("study", "sites", table)
    return study.replace(
        sites=gpd.GeoDataFrame(places, geometry=[row[5] for row in rows], crs=UTM),
        site_scores=make_table("study", "site_scores", scores),
        suitability=Raster(values, Affine(100, 0, X - 1000, 0, -100, Y + 2000), UTM),
    )
