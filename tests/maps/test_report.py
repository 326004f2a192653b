"""report.html: everything said, numbers that add up, foreign text inert, the same bytes each time."""

import html.parser
import re
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from shapely import box

from data.contracts import make_table
from data.plan import Plan
from data.settings import Settings
from data.study import Raster
from maps.report import report, write_report
from maps.report.accounts import accounts
from maps.report.asked import limits, settings
from maps.report.laid import pipes, trenches
from maps.report.tables import Table, columns, money, share, told
from maps.scene import Scene
from tests.maps.conftest import UTM, X, Y, in_two_phases, layer, make_plan, make_study, with_coarse, with_hub

HOSTILE = "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1>{{ 7*7 }}{% x %} $\\frac{1}{0}$ =cmd()"
SECTIONS = (
    "The answer in five lines", "What was asked", "Indicators", "Map", "Flows", "Cost: from the baseline to the plan",
    "Exchanges", "Pipelines", "Trucks", "Shared hubs", "What is left", "Partners", "Solver and proof",
    "Assumptions and sources",
)  # fmt: skip


class Page(html.parser.HTMLParser):
    """Which elements a page has, what its headings say, and all of its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.headings, self.text, self._heading = set(), [], "", None
        self.handlers, self.links, self.targets = [], set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.links |= {value for name, value in attrs if name in ("href", "xlink:href", "src")}
        self.targets |= {f"#{value}" for name, value in attrs if name == "id"}
        if tag in ("h1", "h2", "h3"):
            self._heading = ""

    def handle_endtag(self, tag):
        if tag in ("h1", "h2", "h3"):
            self.headings.append(self._heading)
            self._heading = None

    def handle_data(self, data):
        self.text += data
        if self._heading is not None:
            self._heading += data


def without_plan(**changes):
    return Plan(problem="Harbour town", status="infeasible", **changes)


def sited_study():
    """The town with two ranked sites and one that is excluded."""
    rows = [
        {"site": "yard", "name": "Old yard", "geometry": parcel(600, -900)},
        {"site": "field", "name": "Field", "geometry": parcel(1600, -500)},
        {"site": "fen", "name": "Fen", "geometry": parcel(2700, -800)},
    ]
    sites = layer(rows, ["site", "name", "note", "source"]).assign(
        area_m2=[60_000.0, 60_000.0, 0.0], score=[0.61, 0.4, np.nan], rank=[1.0, 2.0, np.nan], origin="parcel",
        reason=["", "", "protected"], rank_best=[1.0, 1.0, np.nan], rank_worst=[1.0, 2.0, np.nan],
        top_share=[1.0, 0.5, np.nan],
    )  # fmt: skip
    scores = [
        {"site": site, "criterion": criterion, "value": value, "unit": "m", "utility": utility, "weight": weight,
         "contribution": weight * utility}
        for site, criterion, value, utility, weight in (
            ("yard", "near roads", 120.0, 0.7, 0.7), ("yard", "level", 3.0, 0.4, 0.3),
            ("field", "near roads", 900.0, 0.4, 0.7), ("field", "level", 3.0, 0.4, 0.3),
        )
    ]  # fmt: skip
    values = np.where(np.indices((40, 60))[0] < 10, np.nan, 0.5)
    return make_study(
        sites=sites,
        site_scores=make_table("study", "site_scores", scores),
        suitability=Raster(values, Affine(60.0, 0.0, X - 300, 0.0, -60.0, Y + 1500), UTM),
    )


def parcel(east, north):
    return box(X + east, Y + north, X + east + 300, Y + north + 200)


@pytest.fixture(scope="module")
def page():
    return Page(report(make_study(), make_plan()))


def test_every_part_is_there(page):
    assert page.headings[0] == "Harbour town"
    assert [heading for heading in page.headings if heading in SECTIONS] == list(SECTIONS)
    assert "Phases" not in page.headings
    assert {"Refinery", "Pharma", "Lake intake"} <= set(page.headings)  # a page for each partner
    for word in ("12,300,000", "Proven optimal", "agrees", "Refinery gas", "Made up by hand", "Made by symbioplan"):
        assert word in page.text


def test_links_lead_somewhere_within_the_page(page):
    assert page.links <= page.targets | {link for link in page.links if link.startswith("data:image/png;base64,")}
    assert {"script", "link", "iframe", "object"}.isdisjoint(page.tags)


def test_the_same_bytes_twice(study, plan, tmp_path):
    for name in ("a", "b"):
        write_report(study, with_coarse(plan), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_charts_are_pictures_with_words(study, plan):
    text = report(study, plan)
    pictures = [ET.fromstring(svg) for svg in re.findall(r"<svg xmlns.*?</svg>", text, flags=re.DOTALL)]
    told_of = {picture.get("aria-label") for picture in pictures}
    assert {picture.get("role") for picture in pictures} == {"img"}
    assert any(words.startswith("Map of the plan") for words in told_of)
    assert any(words.startswith("Cost waterfall from 21,300,000 to 9,000,000") for words in told_of)
    assert any(re.match(r"Flows in t/year: \d+ flows between \d+ places", words) for words in told_of)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_hostile_text_is_only_text(study, plan):
    hostile = study.replace(
        name=HOSTILE,
        plants=study.plants.assign(name=HOSTILE, sector=HOSTILE),
        resources=study.resources.assign(name=HOSTILE, source=HOSTILE),
        streams=study.streams.assign(note=HOSTILE, source=HOSTILE),
        zones=study.zones.assign(kind=HOSTILE, name=HOSTILE),
        sites=study.sites.assign(name=HOSTILE),
        settings=study.settings.model_copy(update={"description": HOSTILE, "sources": (HOSTILE,)}),
    )
    text = report(hostile, with_hub(plan).replace(checker=(HOSTILE,), notes=(HOSTILE,), reasons=(HOSTILE,)))
    page = Page(text)
    assert page.headings[0] == HOSTILE
    assert page.text.count("{{ 7*7 }}") > 10
    assert "$\\frac{1}{0}$" in page.text
    assert "49" not in page.headings[0]
    assert {"script", "img"}.isdisjoint(page.tags - {"image"})
    assert page.handlers == []


def test_a_plan_without_exchanges_says_so(study):
    indicators = [
        {"indicator": name, "unit": unit, "baseline": 5.0, "plan": 5.0, "saving": 0.0}
        for name, unit in (("cost", "EUR/year"), ("co2", "t/year"))
    ]
    empty = Plan(problem="p", status="optimal", objective=5.0, bound=5.0, gap=0.0,
                 indicators=make_table("plan", "indicators", indicators))  # fmt: skip
    page = Page(report(study, empty))
    for words in (
        "No exchange pays",
        "Nothing is exchanged.",
        "No pipe is laid.",
        "No truck drives.",
        "Nobody: 6 plants",
    ):
        assert words in page.text
    assert list(filter(SECTIONS.__contains__, page.headings)) == list(SECTIONS)


def test_no_plan_gives_the_reasons(study):
    page = Page(report(study, without_plan(reasons=("the works must be served, and nothing reaches them",))))
    assert "the works must be served, and nothing reaches them" in page.text
    assert "There is no plan that keeps every limit" in page.headings
    assert "Indicators" not in page.headings


def test_a_search_without_a_plan_does_not_speak_of_one(study):
    page = Page(report(study, Plan(problem="p", status="time_limit")))
    assert "No plan was found in the time limit" in page.headings


def test_a_plan_that_ran_out_of_time_says_how_far_it_may_be_off(study, plan):
    text = Page(report(study, plan.replace(status="time_limit", bound=0.95e6, gap=0.05))).text
    assert "Best plan found in the time limit: no plan can cost less than 950,000 EUR/year, 5 % below." in text


def test_violations_come_first(study, plan):
    page = Page(report(study, plan.replace(checker=("pipe c1 carries more than it can",))))
    assert page.headings[1] == "The independent checker disagrees: do not rely on this plan"
    assert "pipe c1 carries more than it can" in page.text
    assert "But the independent checker found 1 violation" in page.text


def test_every_phase_is_told(study, plan):
    phased = in_two_phases(plan)
    names = [f"e{number}" for number in range(len(phased.exchanges))]
    page = Page(report(study, phased.replace(exchanges=phased.exchanges.assign(exchange=names))))
    assert "Phases" in page.headings
    assert "Phase 2035, the last of 2." in page.text
    assert {"t/year, phase from 2030", "t/year, phase from 2035"} <= set(page.headings)


def test_hubs_have_sheets(study, plan):
    page = Page(report(study, with_hub(plan)))
    assert "What goes through ash_washing at Plasterboard works" in page.text
    assert "1 shared hub" in page.text


def test_where_to_build(study, plan):
    page = Page(report(sited_study(), plan))
    assert "Where to build" in page.headings
    for words in ("Old yard", "0.490", "0.120", "0.610", "near roads", "Excluded: Fen (protected).", "1 to 2"):
        assert words in page.text
    assert "Where to build" not in Page(report(study, plan)).headings


def test_pipes_and_trenches_are_summed_up(study, plan):
    scene = Scene(study, plan)
    laid, dug = pipes(scene), trenches(scene)
    assert len(laid.rows) == 5  # steam 500 and 400, gas 80, water 250 and 400
    assert sum(float(row[2]) for row in laid.rows) == len(plan.built_pipes)
    assert laid.foot[2] == "7"
    assert laid.foot[3] == told(7 * 1.8)
    assert laid.foot[8] == money(plan.built_pipes["fixed_cost"].sum())
    assert dug.foot[1:3] == ("4", told(4 * 1.8))
    steam = next(row for row in laid.rows if row[0] == "Process steam" and row[1] == "500")
    assert steam[-1] == "e1, e2"
    assert "80 %" in steam


def test_defaults_are_no_limits_of_the_study(study, plan):
    spelled = study.settings.model_dump()
    again = study.replace(settings=Settings.model_validate(spelled))
    assert limits(Scene(again, plan)).rows == ()
    assert {row[3] for row in settings(Scene(again, plan)).rows} == {"default: assumption"}
    spelled["limits"]["max_partners"] = 4
    spelled["finance"]["lifetime_years"]["pipe"] = 33.0
    changed = Scene(study.replace(settings=Settings.model_validate(spelled)), plan)
    assert limits(changed).rows == (("Max partners", "4"),)
    assert [row for row in settings(changed).rows if row[3] == "set by the study"] == [
        ("finance.lifetime_years.pipe", "33", "years", "set by the study")
    ]


def test_units_of_settings(study, plan):
    units = {row[0]: row[2] for row in settings(Scene(study, plan)).rows}
    assert units["pipelines.max_pressure_drop_bar_per_km"] == "bar/km"
    assert units["pipelines.velocity_m_per_s.steam"] == "m/s"
    assert units["trucks.toll_per_km"] == "EUR/km"
    assert units["finance.co2_price_per_t"] == "EUR/t"
    assert units["finance.electricity_co2_t_per_mwh"] == "t/MWh"
    assert units["trucks.loading_bay_cost"] == "EUR"


def test_partners_share_what_an_exchange_spares_and_costs(study):
    """Two works, by hand: 10 t given, disposal 8 EUR/t and purchase 24 EUR/t spared, 40 EUR of transport."""
    rows = [
        {"stream": "s", "plant": "power", "resource": "gypsum", "direction": "supply", "quantity": 12.0, "unit": "t",
         "price": 8.0},
        {"stream": "d", "plant": "gypsum", "resource": "gypsum", "direction": "demand", "quantity": 10.0, "unit": "t",
         "price": 24.0},
    ]  # fmt: skip
    exchange = {
        "exchange": "e1", "from_node": "power", "to_node": "gypsum", "resource": "gypsum", "received_as": "gypsum",
        "quantity": 10.0, "quantity_sent": 10.0, "unit": "t", "mode": "truck", "distance_m": 100.0, "cost": 40.0,
        "co2": 0.0, "supply": "s", "demand": "d", "path": "t1",
    }  # fmt: skip
    plan = Plan(
        problem="p", status="optimal", objective=56.0,
        exchanges=make_table("plan", "exchanges", [exchange]),
        unplaced=make_table("plan", "unplaced", [{"supply": "s", "node": "power", "resource": "gypsum",
                                                  "quantity": 2.0, "placed": 10.0, "cost": 16.0, "co2": 0.0}]),
        unserved=make_table("plan", "unserved", [{"demand": "d", "node": "gypsum", "resource": "gypsum",
                                                  "quantity": 0.0, "served": 10.0, "cost": 0.0, "co2": 0.0}]),
        costs=make_table("plan", "costs", [{"term": "disposal", "amount": 16.0}, {"term": "hauling", "amount": 40.0}]),
        indicators=make_table("plan", "indicators", [
            {"indicator": "cost", "unit": "EUR/year", "baseline": 336.0, "plan": 56.0, "saving": 280.0}]),
    )  # fmt: skip
    found = accounts(study.replace(streams=make_table("study", "streams", rows)), plan)
    partners = found.partners.set_index("plant")
    assert partners.loc["power", ["before", "after", "saves"]].tolist() == pytest.approx([96, 16 + 10, 70])
    assert partners.loc["gypsum", ["before", "after", "saves"]].tolist() == pytest.approx([240, 30, 210])
    assert partners["saves"].sum() == pytest.approx(280)
    assert found.unshared.empty


def test_what_the_tables_do_not_explain_is_shown(study, plan):
    """The plan of the fixture has no costs: nothing is hidden to make the sums right."""
    found = accounts(study, plan)
    assert "not explained by the plan's tables" in found.unshared["item"].tolist()
    total = found.partners["saves"].sum() - found.unshared["amount"].sum()
    assert total == pytest.approx(found.saving)


def test_tables_refuse_rows_under_wrong_headings():
    with pytest.raises(ValueError, match="rows of \\[1\\] cells under 2 headings"):
        Table("Odd", columns("A", "B"), (("1",),))


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "–"), (np.nan, "–"), (-0.0, "0"), (-1234.4, "−1,234"), (0.4, "0"), (pd.NA, "–")]
)
def test_money(value, expected):
    assert money(value) == expected
    assert share(np.nan) == "–"
