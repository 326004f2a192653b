"""How fast the map opens and moves, beside plain Folium pages of the same features.

Plans of several sizes are made from a seed. Ours is the map that every plan gets; the others are what Folium's
manual suggests: one ``folium.GeoJson`` with tooltips per layer, once as it is and once with ``prefer_canvas``.
Each page is opened in Chromium in turn, ``--runs`` times, with the network cut; Folium's links to a content
network are answered from the disk: Leaflet from our own copy, the rest (jQuery, Bootstrap, icons), which these
maps do not need, with nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd

from benchmarks import report
from benchmarks.browser import NoBrowserError, chromium
from benchmarks.map_plans import drawn_plan
from data.plan import Plan
from data.study import Study
from maps import layers
from maps.geometry import bounds_degrees
from maps.scene import Scene
from maps.webmap import write_map

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

Record = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "maps-performance.md"
LEAFLET = ROOT / "maps" / "assets" / "leaflet-1.9.4"
SIZES = "1000,10000,30000"
WIDTH, HEIGHT = 1280, 720

# Drawn: the second frame after all scripts have run, when the first has been painted.
_WHEN_DRAWN = """
addEventListener('load', () => requestAnimationFrame(() => requestAnimationFrame(() => {
  window.drawnAt = performance.now();
})));
"""
_LAYERS_OURS = "symbioplan.ready && Object.values(symbioplan.layers).reduce((n, l) => n + (l.features || []).length, 0)"
_LAYERS_PLAIN = """(() => {
  const map = Object.values(window).find((one) => window.L && one instanceof L.Map);
  let count = 0;
  map.eachLayer((layer) => { count += Boolean(layer.feature && !layer.getLayers); });
  return count;
})()"""
_WATCH = """() => {
  window.frames_seen = [];
  window.watching = true;
  const note = (now) => { window.frames_seen.push(now); if (window.watching) requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""
_STOP = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  window.watching = false;
  done(window.frames_seen.slice(1).map((time, i) => time - window.frames_seen[i]));
})))"""
_DRAGS = ((-260, 0), (0, -200), (260, 0), (0, 200))  # pixels, around a square and back
_STEPS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command line takes."""
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help=f"numbers of features, at least 100 ({SIZES})")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--seed", type=int, default=1, help="of the plans")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the pages in this folder")
    parser.add_argument("--write", action="store_true", help=f"put the tables into docs/{PAGE.name}")


def _sizes(text: str) -> list[int]:
    sizes = [int(size) for size in text.split(",")]
    if min(sizes) < 100:
        raise ValueError(text)
    return sizes


def run(asked: argparse.Namespace) -> tuple[list[Record], int]:
    """Measure, tell each page as it is done, and return the exit code: 1 where a page was not drawn whole."""
    conditions = report.conditions()
    records = []
    try:
        with chromium() as browser:
            for record in measure(asked, browser):
                print(json.dumps(record), file=sys.stderr, flush=True)
                records.append(record)
            version = f"Chromium {browser.version}"
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return records, 2
    on = f"{conditions}, {version}, Folium {metadata.version('folium')}; median of {asked.runs} runs.\n\n"
    made = [on + tables(records)]
    if not asked.json:
        print(made[0])
    if asked.write:
        report.fill(PAGE, made)
    return records, int(any(record["drawn"] < record["features"] for record in records))


def measure(asked: argparse.Namespace, browser: Browser) -> Iterator[Record]:
    """Yield one record per size and kind of page."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for size in asked.sizes:
            study, plan = drawn_plan(size, seed=asked.seed)
            pages = {}
            for name, (write, _) in WAYS.items():
                started = time.perf_counter()
                path = folder / f"{name.replace(' ', '-')}-{size}.html"
                write(study, plan, path)
                pages[name] = (path, time.perf_counter() - started)
            runs: dict[str, list[Record]] = {name: [] for name in pages}
            for _ in range(asked.runs):  # in turn, so that what else the machine does meets all of them
                for name, (path, _) in pages.items():
                    runs[name].append(opened(browser, path, WAYS[name][1]))
            for name, (path, seconds) in pages.items():
                yield {
                    "benchmark": "maps", "page": name, "features": size, "bytes": path.stat().st_size,
                    "write_s": round(seconds, 2), **_medians(runs[name]),
                }  # fmt: skip


def _medians(runs: list[Record]) -> Record:
    return {key: round(statistics.median(run[key] for run in runs), 3) for key in runs[0]}


def opened(browser: Browser, path: Path, count: str) -> Record:
    """Return how long a page takes until it is drawn, the frames while it is dragged, and a step of zoom."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    try:
        page = context.new_page()
        page.route("**/*", _answer)
        page.add_init_script(_WHEN_DRAWN)
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_function("() => window.drawnAt", timeout=300_000)
        drawn = int(page.evaluate(count))
        gaps = sorted(_dragged(page))
        return {
            "drawn": drawn,
            "open_s": page.evaluate("window.drawnAt") / 1000,
            "frame_ms": statistics.median(gaps),
            "frame_p95_ms": gaps[min(int(0.95 * len(gaps)), len(gaps) - 1)],
            "frame_worst_ms": gaps[-1],
            "heap_mb": page.evaluate("performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0"),
        }
    finally:
        context.close()


def _dragged(page: Page) -> list[float]:
    """Return the milliseconds between frames while the map is dragged around a square, drawing after each side."""
    page.wait_for_timeout(300)  # what opening has left to do is not part of it
    page.evaluate(_WATCH)
    x, y = 700.0, 450.0
    for right, down in _DRAGS:
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, _STEPS + 1):
            page.mouse.move(x + right * step / _STEPS, y + down * step / _STEPS)
        page.wait_for_timeout(60)  # let go at rest: no glide
        x, y = x + right, y + down
        page.mouse.up()
        page.wait_for_timeout(60)
    gaps: list[float] = page.evaluate(_STOP)
    return gaps


def _answer(route: Route) -> None:
    """Answer what a page asks: files from the disk, Leaflet from our copy, images of Leaflet, else nothing."""
    url = str(route.request.url)
    if url.startswith(("file:", "data:", "blob:")):
        route.continue_()
        return
    name = url.partition("?")[0].rpartition("/")[2]
    for path in (LEAFLET / name, LEAFLET / "images" / name):
        if name and path.is_file():
            route.fulfill(path=path)
            return
    kinds = {"stylesheet": "text/css", "script": "text/javascript"}
    if route.request.resource_type in kinds:
        route.fulfill(body="", content_type=kinds[route.request.resource_type])
    else:
        route.abort()


# ---- plain Folium ------------------------------------------------------------------------------------------------


def plain_page(study: Study, plan: Plan, path: Path, *, canvas: bool = False) -> None:
    """Write what a few lines of Folium make of the same frames: a GeoJson with tooltips per layer, and a control."""
    scene = Scene(study, plan)
    drawn = folium.Map(tiles=None, prefer_canvas=canvas)
    for name, layer, fields in _plain_layers(scene):
        shown = layer[[*fields, *(["colour"] if "colour" in layer else []), "geometry"]].to_crs(4326)
        folium.GeoJson(
            shown, name=name, marker=folium.CircleMarker(radius=6), tooltip=folium.GeoJsonTooltip(fields),
            style_function=lambda feature: {"color": feature["properties"].get("colour", "#555555"), "weight": 3},
        ).add_to(drawn)  # fmt: skip
    folium.LayerControl().add_to(drawn)
    drawn.fit_bounds(bounds_degrees(study.plant_points))
    drawn.save(str(path))


def _plain_layers(scene: Scene) -> list[tuple[str, gpd.GeoDataFrame, list[str]]]:
    """Return the layers of a plan that has no zones, each with what its tooltips say: as much as our pop-ups do."""
    left = ["name", "resource_name", "quantity", "unit", "cost", "co2"]
    return [
        ("Roads", gpd.GeoDataFrame(scene.study.roads), ["highway"]),
        ("Truck routes", layers.truck_routes(scene), [
            "resource_name", "from_name", "to_name", "quantity", "unit", "vehicle_name", "trips_per_year",
            "hours_per_year", "distance_m", "cost", "co2",
        ]),
        ("Pipelines", layers.pipelines(scene), [
            "resource_name", "from_name", "to_name", "diameter_mm", "flow_forward", "capacity", "unit", "load_share",
            "length_m", "fixed_cost", "flow_cost", "trench_cost", "co2",
        ]),
        ("Exchanges", layers.exchanges(scene), [
            "resource_name", "from_name", "to_name", "quantity", "unit", "mode", "distance_m", "cost", "co2",
        ]),
        ("Left over", layers.left_over(scene, "unplaced"), left),
        ("Bought new", layers.left_over(scene, "unserved"), left),
        ("Plants", layers.plants(scene), ["name", "sector", "note", "source"]),
    ]  # fmt: skip


def _plain_canvas(study: Study, plan: Plan, path: Path) -> None:
    plain_page(study, plan, path, canvas=True)


# How each page is written, and what counts its features in the browser.
WAYS: dict[str, tuple[Callable[[Study, Plan, Path], None], str]] = {
    "symbioplan": (write_map, _LAYERS_OURS),
    "folium": (plain_page, _LAYERS_PLAIN),
    "folium canvas": (_plain_canvas, _LAYERS_PLAIN),
}


# ---- tables ------------------------------------------------------------------------------------------------------


def tables(records: list[Record]) -> str:
    """Return what was measured, and how many times as much the plain pages take as ours."""
    heads = ["features", "page", "size MB", "opens s", "frame ms", "95 % ms", "worst ms", "heap MB"]
    rows = [
        [f"{r['features']:,}", r["page"], f"{r['bytes'] / 1e6:.2f}", f"{r['open_s']:.2f}", f"{r['frame_ms']:.0f}",
         f"{r['frame_p95_ms']:.0f}", f"{r['frame_worst_ms']:.0f}", f"{r['heap_mb']:.0f}"]
        for r in records
    ]  # fmt: skip
    ours = {r["features"]: r for r in records if r["page"] == "symbioplan"}
    keys = ("bytes", "open_s", "frame_ms", "frame_p95_ms", "frame_worst_ms", "heap_mb")
    ratios = [
        [f"{r['features']:,}", r["page"], *(f"{r[key] / max(ours[r['features']][key], 1e-9):.1f}" for key in keys)]
        for r in records if r["page"] != "symbioplan"
    ]  # fmt: skip
    said = "\nTimes as much as ours:\n\n"
    return (
        report.table(heads, rows)
        + said
        + report.table(["features", "page", "size", "opens", "frame", "95 %", "worst", "heap"], ratios)
    )
