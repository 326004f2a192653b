"""A map with more than a page can hold as elements: all of it is drawn on one canvas."""

import pytest

from benchmarks.map_plans import drawn_plan
from maps.page_data import CROWDED, PageData
from maps.webmap import write_map
from tests.maps.conftest import in_two_phases

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crowd():
    study, plan = drawn_plan(1700)
    assert PageData(study, plan).is_crowded
    return study, plan


@pytest.fixture(scope="module")
def crowded_file(crowd, tmp_path_factory):
    path = tmp_path_factory.mktemp("crowd") / "map.html"
    write_map(*crowd, path)
    return path


@pytest.fixture
def page(visit, crowded_file):
    return visit(crowded_file)


def at(page, place):
    """Return where a place given by an expression is on the screen, once the map is close to it."""
    page.evaluate(f"() => {{ symbioplan.map.setView({place}, 16, {{ animate: false }}) }}")
    spot = page.evaluate(f"() => symbioplan.map.latLngToContainerPoint({place})")
    return spot["x"], spot["y"]


def opacity_of(page, layer, title):
    return page.evaluate(
        f"() => symbioplan.layers.{layer}.features.find((one) => one.title === {title!r}).shapes[0].options.opacity"
    )


def inked(page):
    """Return how many pixels of the canvas are drawn on."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(
        """() => {
          const canvas = document.querySelector('.leaflet-crowd-pane canvas');
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0);
          const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
          return count;
        }"""
    )


def test_it_is_one_canvas(page):
    assert page.locator("canvas").count() == 1
    assert page.locator("path.leaflet-interactive").count() == 0
    assert inked(page) > 10_000


def test_few_features_are_elements(show, study, plan):
    assert not PageData(study, plan).is_crowded
    assert sum(overlay.size for overlay in PageData(study, plan).overlays) < CROWDED
    assert show(study, plan).locator("canvas").count() == 0


def test_a_plant_is_named_under_the_mouse_and_opens_its_balance(page):
    x, y = at(page, "symbioplan.data.parties[7].at")
    page.mouse.move(x + 1, y)
    page.wait_for_selector(".leaflet-tooltip")
    assert page.locator(".leaflet-tooltip").inner_text() == "Works no. 7"
    page.mouse.click(x + 1, y)
    assert page.locator("#sp-balance h2").inner_text() == "Works no. 7"
    assert "per year" in page.locator("#sp-balance").inner_text() or "/year" in page.locator("#sp-balance").inner_text()


def test_a_plant_takes_the_click_though_layers_below_it_come_later(page):
    page.get_by_role("checkbox", name="Exchanges").check()
    x, y = at(page, "symbioplan.data.parties[7].at")
    page.mouse.click(x, y)
    assert page.locator("#sp-balance h2").inner_text() == "Works no. 7"


def test_a_route_opens_and_lists_what_else_is_on_its_road(page):
    middle = "symbioplan.layers.trucks.features[0].shapes[0].getCenter()"
    x, y = at(page, middle)
    page.mouse.click(x, y)
    popup = page.locator(".leaflet-popup-content").last  # the one before fades
    popup.wait_for()
    first = popup.locator("h3").inner_text()
    assert "Also here (" in popup.inner_text()
    other = popup.get_by_role("button").first
    title = other.inner_text()
    assert title != first
    other.click()
    page.wait_for_function(f"() => [...document.querySelectorAll('.sp-popup h3')].pop().textContent === {title!r}")
    assert first in popup.inner_text()


def test_layers_and_values_are_switched(page):
    everything = inked(page)
    page.get_by_label("Pipelines", exact=False).first.uncheck()
    without = inked(page)
    assert without < everything
    x, y = at(page, "symbioplan.layers.pipelines.features[0].shapes[0].getCenter()")
    page.mouse.click(x, y)
    assert page.locator(".leaflet-popup-content", has_text="pipeline").count() == 0
    page.locator("#sp-all").click()
    page.locator(".sp-layer", has_text="Truck routes").locator("summary").click()
    row = page.locator('.sp-value[data-of="trucks"]').first
    name = row.locator(".sp-name").inner_text()
    assert page.locator("#sp-legend").get_by_text(name, exact=True).count() == 1
    row.locator("input").uncheck()
    assert inked(page) < without
    assert page.locator("#sp-legend").get_by_text(name, exact=True).count() == 0


def test_search_lights_the_partners(page):
    page.get_by_role("combobox", name="Find a plant").fill("no. 12")
    page.keyboard.press("Enter")
    assert page.locator("#sp-balance h2").inner_text() == "Works no. 12"
    assert page.evaluate("symbioplan.map.getBounds().contains(symbioplan.data.parties[12].at)")
    assert opacity_of(page, "plants", "Works no. 12") == 1
    partner = page.locator("#sp-balance a").first.inner_text()
    assert opacity_of(page, "plants", partner) == 1
    lit = page.evaluate(
        "() => symbioplan.layers.plants.features.filter(({ shapes: [one] }) => one.options.opacity === 1).length"
    )
    assert 2 <= lit < 60
    page.keyboard.press("Escape")
    assert opacity_of(page, "plants", "Works no. 13") == 1


def test_the_slider_draws_each_phase(visit, crowd, tmp_path):
    study, plan = crowd
    write_map(study, in_two_phases(plan), tmp_path / "map.html")
    page = visit(tmp_path / "map.html")
    late = inked(page)
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#sp-phase-name").inner_text() == "2030 (1 of 2)"
    assert inked(page) < late  # no trucks yet
    page.keyboard.press("ArrowRight")
    assert inked(page) == late


def test_what_the_canvas_holds_is_not_drawn_again(page):
    page.evaluate(
        """() => {
          window.drawings = 0;
          const draw = symbioplan.Crowd.prototype._draw;
          symbioplan.Crowd.prototype._draw = function count() { window.drawings += 1; draw.call(this); };
        }"""
    )
    inked(page)
    before = page.evaluate("window.drawings")
    page.evaluate("() => { symbioplan.map.panBy([150, 80], { animate: false }) }")
    assert page.evaluate("window.drawings") == before
    page.evaluate("() => { symbioplan.map.panBy([1500, 0], { animate: false }) }")
    assert page.evaluate("window.drawings") > before


def test_lines_grow_as_the_reader_comes_nearer(page):
    assert page.evaluate("symbioplan.scale") == pytest.approx(0.4)
    at(page, "symbioplan.data.parties[7].at")
    assert page.evaluate("symbioplan.scale") == 1


def test_dark_colours_are_drawn(page):
    pixels = "() => document.querySelector('.leaflet-crowd-pane canvas').toDataURL()"
    inked(page)
    light = page.evaluate(pixels)
    page.get_by_role("button", name="Dark colours").click()
    inked(page)
    assert page.evaluate(pixels) != light


def test_it_is_printed(page):
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") == 1
    assert len(printed) > 100_000  # with the picture of the canvas
