"""The report of a real plan: every sum is the plan's."""

import re

import pandas as pd
import pytest

from data import read_plan, read_study
from maps.report import brief, laid, partners, report, schedules, sources
from maps.report.accounts import accounts
from maps.report.waterfall import steps
from maps.scene import Scene


def number(cell):
    return float(cell.replace(",", "").replace("−", "-"))


@pytest.fixture(scope="module")
def scene(kalundborg):
    return Scene(read_study(kalundborg / "study"), read_plan(kalundborg / "plan"))


@pytest.fixture(scope="module")
def found(scene):
    return accounts(scene.study, scene.plan)


def indicator(scene, name, column):
    return float(scene.plan.indicators.set_index("indicator").loc[name, column])


def test_partners_add_up_to_the_plan(scene, found):
    assert found.partners["saves"].sum() == pytest.approx(indicator(scene, "cost", "saving"), rel=1e-9)
    assert found.partners["before"].sum() == pytest.approx(indicator(scene, "cost", "baseline"), rel=1e-9)
    assert found.partners["co2_saved"].sum() == pytest.approx(indicator(scene, "co2", "saving"), rel=1e-6)
    assert found.unshared.empty
    table = partners.overview(scene, found)
    for column in (1, 2, 3):
        assert sum(number(row[column]) for row in table.rows) == pytest.approx(number(table.foot[column]), abs=20)


def test_each_page_adds_up_to_its_partner(scene, found):
    for page, row in zip(
        partners.pages(scene, found), found.partners.sort_values("saves", ascending=False).itertuples(), strict=False
    ):
        assert number(page.account.foot[3]) == pytest.approx(row.saves, abs=1)
        spared = sum(number(cells[-3]) for table in (page.gives, page.gets) for cells in table.rows)
        pays = sum(number(cells[-2]) for table in (page.gives, page.gets) for cells in table.rows)
        assert spared - pays == pytest.approx(row.saves, abs=20)


def test_the_waterfall_leads_from_the_baseline_to_the_plan(scene, found):
    rows = steps(scene.plan, found)
    assert rows["amount"].iloc[0] == pytest.approx(indicator(scene, "cost", "baseline"))
    assert rows["amount"].iloc[:-1].sum() == pytest.approx(rows["amount"].iloc[-1])
    assert rows["amount"].iloc[-1] == pytest.approx(scene.plan.objective)
    assert not rows["label"].str.contains("Not explained").any()


def test_schedules_add_up_to_the_tables(scene):
    plan = scene.plan
    laid_pipes, dug, driven = laid.pipes(scene), laid.trenches(scene), schedules.hauls(scene)
    heads = [column.label for column in laid_pipes.columns]
    for label, column in (("Invested", "capex_fixed"), ("Pipe", "fixed_cost"), ("Pumping", "flow_cost")):
        cells = [number(row[heads.index(label)]) for row in laid_pipes.rows]
        assert sum(cells) == pytest.approx(plan.built_pipes[column].sum(), abs=len(cells))
        assert number(laid_pipes.foot[heads.index(label)]) == pytest.approx(plan.built_pipes[column].sum(), abs=1)
    assert sum(number(row[2]) for row in laid_pipes.rows) == len(plan.built_pipes)
    assert number(dug.foot[-1]) == pytest.approx(plan.built_corridors["fixed_cost"].sum(), abs=1)
    assert number(driven.foot[-1]) == pytest.approx(plan.hauls["cost"].sum(), abs=1)
    invested = sum(float(table["capex_fixed"].sum()) for table in (plan.built_corridors, plan.built_pipes, plan.hauls))
    assert laid.invested(plan)[""] == pytest.approx(invested)
    assert (
        f"{invested:,.0f} EUR to invest" in dict(brief.five_lines(scene, accounts(scene.study, plan)))["What to build"]
    )
    costs = brief.costs(plan)
    assert number(costs.foot[-1]) == pytest.approx(plan.objective, abs=1)
    exchanges = schedules.exchanges(scene)
    assert number(exchanges.foot[-2]) == pytest.approx(indicator(scene, "transport_cost", "plan"), abs=1)


def test_yearly_payments_pay_the_investment_off(scene):
    """Capital recovery factor at 4 %, and 0.9 % of upkeep: of a pipe over 40 years."""
    factor = 0.04 / (1 - 1.04**-40) + 0.009
    pipes = scene.plan.built_pipes
    assert pipes["fixed_cost"].to_numpy() == pytest.approx((pipes["capex_fixed"] * factor).to_numpy(), rel=1e-6)
    assert (pipes["capex_fixed"] > 0).all()


def test_catalogue_values_have_sources(scene):
    tables, sentence = sources.catalogue_values(scene)
    assert [table.caption for table in tables][:3] == ["Resources", "Vehicles of the plan", "Pipes of the plan"]
    assert all(cell for table in tables for row in table.rows for cell in row)
    counted = [int(count) for count in re.findall(r"(\d+) (?:read|our|the study)", sentence)]
    assert sum(counted) == int(re.match(r"([\d,]+) values", sentence)[1].replace(",", ""))
    price = next(row for row in tables[0].rows if "Cereal straw, baled" in row[1] and row[0].startswith("virgin price"))
    known = scene.study.resources.set_index("name").loc["Cereal straw, baled", "virgin_price"]
    assert f"{known:g} (Cereal straw" in price[1]


def test_every_exchange_is_in_the_report(scene, kalundborg):
    page = (kalundborg / "report.html").read_text(encoding="utf-8")
    assert page == report(scene.study, scene.plan)  # drawn from the folder: the same bytes
    rows = pd.Series(scene.plan.exchanges["exchange"])
    assert rows.map(lambda name: f'<th scope="row">{name}</th>' in page).all()
