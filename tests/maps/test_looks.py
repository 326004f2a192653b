"""What the page looks like on a desk and on a phone, in light and dark: measured, not judged by eye."""

import numpy as np
import pytest
from affine import Affine
from shapely.geometry import box

from data.contracts import make_table
from data.study import Raster
from maps.siting_map import write_siting_map
from tests.maps.conftest import DESK, PHONE, UTM, X, Y, in_two_phases, layer, with_hub

pytestmark = pytest.mark.browser

HOSTILE = "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1>{{ 7*7 }}=cmd()"
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

# Boxes of the page and names on the map that are seen, each with the words in it.
SEEN = """() => {
  const nodes = [...document.querySelectorAll(
    '#sp-side, #sp-panel, #sp-tools, #sp-scale, .sp-label, .leaflet-control-attribution')];
  return nodes.filter((node) => node.checkVisibility() && node.offsetWidth).map((node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return [node.id || node.textContent, left, top, right, bottom];
  });
}"""
# Words in the boxes that are wider than the box that holds them.
CUT = """() => [...document.querySelectorAll('.sp-box *, #sp-scale *')].filter((node) =>
  node.checkVisibility() && node.childElementCount === 0 && node.textContent.trim() && !node.closest('.sp-hidden, svg')
  && getComputedStyle(node).display !== 'inline' && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0
).map((node) => node.textContent)"""
# Every piece of text that is seen: its words, its contrast with the first opaque ground below it, as WCAG 2.2 has it.
CONTRAST = """() => {
  const parse = (colour) => {
    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (colour) => colour.slice(0, 3).map((c) => linear(c / 255))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let one = node; one; one = one.parentElement) {
      if (one.classList.contains('sp-label')) return parse(getComputedStyle(one).getPropertyValue('--sp-halo'));
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    const words = walk.currentNode.textContent.trim();
    if (!words || node.closest('script, style, .sp-hidden, :disabled') || !node.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
    found.push([words, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
  }
  return found;
}"""


def overlapping(seen):
    return [
        (one[0], other[0]) for i, one in enumerate(seen) for other in seen[i + 1 :]
        if min(one[3], other[3]) - max(one[1], other[1]) > 1 and min(one[4], other[4]) - max(one[2], other[2]) > 1
    ]  # fmt: skip


@SIZES
def test_no_words_lie_on_others(show, study, plan, size):
    page = show(study, in_two_phases(with_hub(plan)), size)
    assert overlapping(page.evaluate(SEEN)) == []
    assert page.evaluate(CUT) == []
    page.locator("#sp-all").click()
    page.wait_for_timeout(300)
    assert overlapping(page.evaluate(SEEN)) == []


@SIZES
def test_nothing_runs_off_the_page(show, study, plan, size):
    page = show(study, plan, size)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
    assert page.evaluate("document.scrollingElement.scrollHeight") <= size["height"]
    for _, left, top, right, bottom in page.evaluate(SEEN):
        assert left >= 0
        assert top >= 0
        assert right <= size["width"]
        assert bottom <= size["height"]


@SIZES
@SCHEMES
def test_text_stands_out(show, study, plan, size, scheme):
    page = show(study, in_two_phases(with_hub(plan)), size, scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    if size is PHONE:
        page.get_by_role("button", name="Layers and legend").click()
    texts = page.evaluate(CONTRAST)
    page.evaluate("symbioplan.choose(0)")
    texts += page.evaluate(CONTRAST)
    assert len(texts) > 60
    assert [(words, round(ratio, 2)) for words, ratio in texts if ratio < 4.5] == []


def test_phone_shows_a_balance_and_switches_layers(show, study, plan):
    page = show(study, plan, PHONE)
    page.get_by_role("combobox", name="Find a plant").fill("refi")
    page.get_by_role("option").first.tap()
    assert page.locator("#sp-balance h2").inner_text() == "Refinery"
    assert page.locator("#sp-balance").get_by_text("Gives").is_visible()
    page.get_by_role("button", name="Back to the plan").tap()
    page.get_by_role("button", name="Layers and legend").tap()
    box = page.get_by_label("Pipelines", exact=False).first
    box.uncheck()
    assert page.locator(".leaflet-pipes-pane path.leaflet-interactive:visible").count() == 0
    for button in page.locator("#sp-tools button").all():
        found = button.bounding_box()
        assert min(found["width"], found["height"]) >= 40  # a finger's width


def test_full_screen_and_back(show, study, plan):
    page = show(study, plan)
    button = page.get_by_role("button", name="Full screen")
    button.click()
    page.wait_for_function("() => document.fullscreenElement")
    # The button hears of it by an event of its own, a moment later.
    page.wait_for_function("() => document.getElementById('sp-full').getAttribute('aria-pressed') === 'true'")
    assert button.get_attribute("aria-pressed") == "true"
    assert overlapping(page.evaluate(SEEN)) == []
    button.click()
    page.wait_for_function("() => !document.fullscreenElement")


def test_what_lies_far_away_is_said_and_shown(show, study, plan):
    page = show(study, plan)
    seen = "(plant) => symbioplan.map.getBounds().contains(symbioplan.data.parties[plant].at)"
    assert page.locator("#sp-beyond").inner_text().startswith("2 of 6 plants lie far away.")
    assert [page.evaluate(seen, plant) for plant in range(6)] == [True] * 4 + [False] * 2
    page.get_by_role("button", name="Show the whole plan").click()
    assert all(page.evaluate(seen, plant) for plant in range(6))


def test_a_plan_without_outliers_opens_whole(show, study, plan):
    near = study.plants.copy()
    near.loc[near["plant"].isin(["lake", "cement"]), "geometry"] = box(X, Y - 900, X + 100, Y - 800)
    bare = plan.replace(geometries=plan.geometries[plan.geometries["key"].isin(["c1", "c2", "c3", "r1"])])
    kept = bare.replace(
        built_pipes=plan.built_pipes[plan.built_pipes["corridor"] != "c4"],
        built_corridors=plan.built_corridors[plan.built_corridors["corridor"] != "c4"],
        hauls=plan.hauls[plan.hauls["route"] == "t1"],
    )
    page = show(study.replace(plants=near), kept)
    assert page.locator("#sp-beyond, #sp-near").count() == 0
    assert page.evaluate("symbioplan.data.parties.every(({ at }) => symbioplan.map.getBounds().contains(at))")


@SIZES
def test_a_printed_page_shows_all_of_the_legend(show, study, plan, size):
    page = show(study, plan, size)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1054, "height": 725})  # A4 across within its margins
    legend = "() => { const one = document.getElementById('sp-legend'); return one.scrollHeight - one.clientHeight; }"
    assert page.evaluate(legend) <= 0
    panel, sheet = (page.locator(name).bounding_box() for name in ("#sp-panel", ".folium-map"))
    assert sheet["width"] == 780
    assert sheet["x"] + sheet["width"] <= panel["x"]
    assert panel["x"] + panel["width"] <= 1055
    scale = page.locator("#sp-scale").bounding_box()
    assert scale["y"] + scale["height"] <= sheet["y"] + sheet["height"]
    page.evaluate("dispatchEvent(new Event('afterprint'))")


# ---- the map of siting -------------------------------------------------------------------------------------------


@pytest.fixture
def sited(study):
    """Return the town with two ranked sites and one shut, all with hostile words, over a suitability."""
    names = ("site", "name", "note", "source", "reason", "origin")
    rows = [
        {"site": f"s{n}{HOSTILE}", "name": HOSTILE, "note": HOSTILE, "source": HOSTILE, "origin": "parcel",
         "reason": HOSTILE if n == 3 else "", "geometry": box(X + 500 * n, Y - 900, X + 500 * n + 300, Y - 600)}
        for n in (1, 2, 3)
    ]  # fmt: skip
    nan = np.nan
    sites = layer(rows, list(names)).assign(
        area_m2=90_000.0, score=[0.9, 0.4, nan], rank=[1.0, 2.0, nan], rank_best=[1.0, 1.0, nan],
        rank_worst=[1.0, 2.0, nan], top_share=[1.0, 0.4, nan],
    )  # fmt: skip
    scores = make_table("study", "site_scores", [
        {"site": site, "criterion": HOSTILE, "value": 3.0, "unit": "m", "label": "", "utility": 0.8, "weight": 1.0,
         "contribution": 0.8}
        for site in sites["site"][:2]
    ])  # fmt: skip
    values = np.linspace(0, 1, 400).reshape(20, 20)
    values[:5, :5] = nan
    raster = Raster(values, Affine(200, 0, X - 500, 0, -200, Y + 2000), UTM)
    return study.replace(name=HOSTILE, sites=sites, site_scores=scores, suitability=raster)


def test_the_map_of_sites_takes_hostile_words_as_text(visit, sited, tmp_path):
    write_siting_map(sited, tmp_path / "siting.html")
    page = visit(tmp_path / "siting.html")
    assert page.locator("#sp-side h1").text_content() == HOSTILE
    assert page.locator("img.leaflet-image-layer").count() == 1
    page.locator(".leaflet-left-pane path.leaflet-interactive").last.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    assert popup.locator("h3").text_content() == f"1. {HOSTILE}"
    assert "adds 0.80" in popup.text_content()
    assert HOSTILE in popup.text_content()
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0
    assert "49" not in popup.text_content()


@SIZES
def test_the_map_of_sites_is_legible(visit, study, sited, tmp_path, size):
    plain = sited.replace(name="Harbour town", sites=sited.sites.assign(name=["Yard", "Field", "Marsh"]))
    write_siting_map(plain, tmp_path / "siting.html")
    page = visit(tmp_path / "siting.html", size)
    assert overlapping(page.evaluate(SEEN)) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
    if size is PHONE:
        page.get_by_role("button", name="Layers and legend").click()
    page.get_by_label("Suitability", exact=False).first.uncheck()
    assert page.locator("img.leaflet-image-layer").count() == 0
