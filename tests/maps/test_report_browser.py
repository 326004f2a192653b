"""The report in a real browser with the network cut: on a desk, on a phone, on paper."""

import io

import pypdf
import pytest

from maps.report import write_report
from tests.maps.conftest import DESK, PHONE, make_plan, make_study, with_hub
from tests.maps.test_report import HOSTILE, SECTIONS

pytestmark = pytest.mark.browser
A4 = {(595, 842), (842, 595)}


@pytest.fixture
def show(chromium, tmp_path):
    """Return a function that opens a report; what went wrong in the page is checked at the end."""
    troubles: list[str] = []
    contexts = []

    def answer(route):
        if route.request.url.startswith(("file:", "data:")):
            return route.continue_()
        troubles.append(f"asked the network for {route.request.url}")
        return route.abort()

    def open_report(study, plan, size=DESK):
        write_report(study, plan, tmp_path / "report.html")
        context = chromium.new_context(viewport=size)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.route("**/*", answer)
        page.goto((tmp_path / "report.html").as_uri())
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert troubles == []


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_the_page_is_never_wider_than_the_screen(show, size):
    page = show(make_study(), with_hub(make_plan()), size)
    assert overflow(page) <= 0
    assert page.get_by_role("heading", name="Harbour town", exact=True).is_visible()
    assert page.get_by_role("img", name="Map of the plan for Harbour town").count() == 1
    for svg in page.locator(".chart svg").all():
        assert svg.bounding_box()["height"] > 50
    page.get_by_role("link", name="Trucks").click()
    assert page.locator("#trucks").bounding_box()["y"] < size["height"]


def test_wide_tables_are_reached_by_keyboard(show):
    page = show(make_study(), make_plan(), PHONE)
    region = page.get_by_role("region", name="Table: Exchanges", exact=True)
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


def test_hostile_text_does_nothing(show, study, plan):
    named = study.plants.assign(name=HOSTILE, sector=HOSTILE)
    page = show(study.replace(plants=named, name=HOSTILE), plan.replace(checker=(HOSTILE,)))
    assert page.evaluate("window.pwned") is None
    assert page.locator("h1").text_content() == HOSTILE
    assert page.get_by_text("{{ 7*7 }}").count() > 0


def test_it_prints(show, study, plan):
    paper = show(study, plan).pdf(prefer_css_page_size=True, print_background=True)
    pages = pypdf.PdfReader(io.BytesIO(paper)).pages
    assert 8 <= len(pages) <= 25
    assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in pages} <= A4
    texts = [" ".join(page.extract_text().replace("ﬁ", "fi").replace("ﬂ", "fl").split()) for page in pages]
    assert all(text for text in texts)
    whole = " ".join(texts)
    for heading in SECTIONS:
        assert heading in whole
    assert "The answer in five lines" in texts[0]
    assert "Indicators" in texts[0]
    starts = [text for text in texts if text.startswith(("Pharma", "Refinery", "Lake intake", "Harbour power station"))]
    assert len(starts) == 4  # a page of its own for each partner
