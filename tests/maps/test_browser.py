"""The map in a real browser with the network cut."""

import itertools

import pytest

from tests.maps.conftest import DESK, PHONE, in_two_phases, with_barred, with_coarse, with_hub

pytestmark = pytest.mark.browser

HOSTILE = "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1>`${window.pwned=1}`{{ 7*7 }}{% x %}\n\\"


def boxes(page, *selectors):
    return [page.locator(selector).first.bounding_box() for selector in selectors]


def apart(a, b):
    return (
        a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
        or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
    )  # fmt: skip


def count(page, pane):
    return page.locator(f".leaflet-{pane}-pane path.leaflet-interactive:visible").count()


def test_every_layer_is_drawn(show, study, plan):
    page = show(study, plan)
    assert count(page, "exchanges") == 8
    assert count(page, "pipes") == 7
    assert count(page, "trucks") == 2
    assert count(page, "zones") == 3
    assert page.locator(".leaflet-exchanges-pane path.sp-mark-path").count() == 8
    assert count(page, "plants") == 6
    assert page.locator(".leaflet-roads-pane path:visible").count() == 3
    assert page.locator(".leaflet-tile").count() == 0


def test_a_click_on_a_plant_shows_what_it_gives_and_gets(show, study, plan):
    page = show(study, plan)
    page.get_by_role("button", name="Refinery", exact=True).click()
    card = page.locator("#sp-balance")
    assert card.locator("h2").inner_text() == "Refinery"
    assert "1,800,000 m3/year" in card.inner_text()
    assert not page.locator("#sp-head").is_visible()
    card.get_by_role("link", name="Lake intake").click()
    assert card.locator("h2").inner_text() == "Lake intake"
    page.get_by_role("button", name="Back to the plan").click()
    assert page.locator("#sp-head").is_visible()


def opacity(page, name):
    return float(page.get_by_role("button", name=name, exact=True).get_attribute("stroke-opacity"))


def test_search_zooms_and_dims_the_rest(show, study, plan):
    page = show(study, plan)
    page.get_by_role("combobox", name="Find a plant").fill("cem")
    assert page.get_by_role("option").all_inner_texts() == ["Far cement works\ncement"]
    page.keyboard.press("Enter")
    assert page.locator("#sp-balance h2").inner_text() == "Far cement works"
    assert page.evaluate("symbioplan.map.getBounds().contains(symbioplan.data.parties[5].at)")
    assert opacity(page, "Harbour power station") == 1
    assert opacity(page, "Refinery gas pipeline") < 0.3
    page.keyboard.press("Escape")
    assert opacity(page, "Refinery gas pipeline") == 1


def test_chosen_plants_exchanges_are_drawn_though_their_layer_is_off(show, study, plan):
    page = show(study, plan)
    page.get_by_label("Exchanges", exact=False).first.uncheck()
    assert count(page, "exchanges") == 0
    page.get_by_role("button", name="Pharma", exact=True).click()
    assert count(page, "exchanges") == 2


def test_slider_draws_what_stands_in_the_phase(show, study, plan):
    page = show(study, in_two_phases(plan))
    assert (count(page, "exchanges"), count(page, "trucks")) == (8, 2)
    assert "2035 (2 of 2)" in page.locator("#sp-phase-name").inner_text()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    assert (count(page, "exchanges"), count(page, "trucks")) == (5, 0)
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "2030 (1 of 2)"
    assert "Exchanges\t5" in page.locator("#sp-figures").inner_text()
    page.get_by_role("button", name="Next phase").click()
    assert count(page, "trucks") == 2


def test_a_value_is_ticked_off_and_its_legend_goes(show, study, plan):
    page = show(study, plan)
    page.locator(".sp-layer", has_text="Truck routes").locator("summary").click()
    row = page.locator('.sp-value[data-of="trucks"]', has_text="Fly ash")
    assert "13.2" in row.inner_text() or "13 trips/day" in row.inner_text()
    row.locator("input").uncheck()
    assert count(page, "trucks") == 1
    page.get_by_label("Exchanges", exact=False).first.uncheck()
    assert page.locator("#sp-legend").get_by_text("Fly ash").count() == 0
    assert page.locator("#sp-legend").get_by_text("FGD gypsum").count() == 1


def test_a_hub_says_what_it_takes_and_makes(show, study, plan):
    page = show(study, with_hub(plan))
    page.get_by_role("button", name="Hub ash_wash", exact=True).click()
    card = page.locator("#sp-balance").inner_text()
    assert "ash washing" in card
    assert "Harbour power station" in card
    assert "Far cement works" in card


def test_dark_follows_the_system_and_the_button(show, study, plan):
    page = show(study, plan)
    ground = "getComputedStyle(document.querySelector('.leaflet-container')).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate(ground) != light
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(ground) == light


def test_measuring_by_mouse_and_keyboard(show, study, plan):
    page = show(study, plan)
    page.get_by_role("button", name="Measure a distance").click()
    for x in (500, 700):
        page.mouse.click(x, 400)
    told = page.locator("#sp-measured")
    assert told.inner_text().endswith((" m", " km"))
    first = told.inner_text()
    page.keyboard.press("Enter")
    assert told.inner_text() != first
    page.keyboard.press("Escape")
    assert told.inner_text() == ""


def test_prints_on_one_page(show, study, plan):
    page = show(study, plan)
    size = page.evaluate("symbioplan.map.getSize().x")
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") == 1
    assert page.evaluate("symbioplan.map.getSize().x") == size


def test_keyboard_starts_with_the_skip_links(show, study, plan):
    page = show(study, plan)
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.id"))
    assert seen == ["#sp-search", "#sp-tools", "#sp-panel", "sp-side-toggle", "sp-search"]


def test_coarse_stretches_are_dotted_and_explained(show, study, plan):
    page = show(study, with_coarse(plan))
    dashes = page.locator(".leaflet-trucks-pane path.leaflet-interactive").evaluate_all(
        "paths => paths.map((path) => path.getAttribute('stroke-dasharray'))"
    )
    assert sorted(dashes) == ["3 9", "8 5", "8 5"]
    assert page.get_by_text("coarse roads: an estimate").is_visible()


def test_why_a_class_cannot_reach_a_plant_is_in_its_popup(show, study, plan):
    page = show(study, with_barred(plan))
    page.get_by_role("button", name="Refinery", exact=True).click()
    assert "artic_tipper, artic_silo and 1 more: maxheight" in page.locator("#sp-balance").inner_text()


def test_a_popup_opens_by_keyboard(show, study, plan):
    page = show(study, plan)
    page.get_by_role("button", name="Refinery gas pipeline").focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    assert "900 t/year" in popup.inner_text()
    assert "80 mm" in popup.inner_text()


@pytest.mark.parametrize(("label", "pane", "before", "after"), [("Pipelines", "pipes", 7, 0), ("Zones", "zones", 3, 0)])
def test_a_layer_is_switched_off_and_on(show, study, plan, label, pane, before, after):
    page = show(study, plan)
    box = page.get_by_label(label, exact=False).first
    assert count(page, pane) == before
    box.uncheck()
    assert count(page, pane) == after
    box.check()
    assert count(page, pane) == before


def test_what_is_left_over_is_off_at_first(show, study, plan):
    page = show(study, plan)
    assert count(page, "left") == 0
    page.get_by_role("checkbox", name="Supply left over").check()
    page.get_by_role("checkbox", name="Demand bought new").check()
    assert count(page, "left") == 4


def test_pipes_in_one_trench_are_drawn_apart(show, study, plan):
    page = show(study, plan)
    starts = page.evaluate(
        """() => [...document.querySelectorAll('.leaflet-pipes-pane path.leaflet-interactive')].slice(1, 4)
                 .map((path) => path.getPointAtLength(path.getTotalLength() / 2)).map((p) => [p.x, p.y])"""
    )
    gaps = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(starts)]
    assert min(gaps) > 3


def test_whole_extent_and_back(show, study, plan):
    page = show(study, plan)
    near = page.evaluate("symbioplan.map.getZoom()")
    page.locator("#sp-all").click()
    page.wait_for_function(f"() => symbioplan.map.getZoom() < {near} - 3")
    page.locator("#sp-near").click()
    page.wait_for_function(f"() => symbioplan.map.getZoom() == {near}")


def test_hostile_names_are_only_text(show, study, plan):
    named = study.plants.assign(name=HOSTILE, sector=HOSTILE, note=HOSTILE)
    page = show(study.replace(plants=named, name=HOSTILE), plan.replace(reasons=(HOSTILE,)))
    page.get_by_role("combobox").fill("script")
    page.keyboard.press("Enter")
    assert page.locator("#sp-balance h2").text_content() == HOSTILE
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("size", [DESK, PHONE, {"width": 1024, "height": 600}], ids=["desk", "phone", "tablet"])
def test_title_panel_and_buttons_do_not_cover_each_other(show, study, plan, size):
    page = show(study, plan, size)
    found = boxes(page, "#sp-side", "#sp-panel", "#sp-tools", "#sp-scale")
    for i, one in enumerate(found):
        assert one["x"] >= 0
        assert one["x"] + one["width"] <= size["width"]
        assert one["y"] + one["height"] <= size["height"]
        assert all(apart(one, other) for other in found[i + 1 :])


def test_phone_opens_and_shuts_the_panel(show, study, plan):
    page = show(study, plan, PHONE)
    toggle = page.get_by_role("button", name="Layers and legend")
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.click()
    assert page.get_by_label("Pipelines", exact=False).first.is_visible()
    side, panel, tools = boxes(page, "#sp-side", "#sp-panel", "#sp-tools")
    assert apart(side, panel)
    assert apart(panel, tools)
    page.locator("#sp-side-toggle").click()
    assert toggle.get_attribute("aria-expanded") == "false"


def test_a_popup_keeps_clear_of_title_and_panel(show, study, plan):
    page = show(study, plan)
    page.get_by_role("button", name="Refinery gas pipeline").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    popup, title, panel = boxes(page, ".leaflet-popup-content-wrapper", "#sp-side", "#sp-panel")
    assert apart(popup, title)
    assert apart(popup, panel)
