"""``report.html``: the whole plan on one page that needs no network and prints.

Everything is text that Jinja escapes; the charts are SVG that :mod:`maps.figures` has written. branca, which takes
text for a template, is nowhere near it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from data.plan import Plan
from data.study import Study
from maps.credits import credit
from maps.headline import STATUS
from maps.numbers import plural
from maps.picture import is_wide, phase_shown, picture_scene, picture_svg
from maps.report import asked, brief, laid, partners, schedules, siting, sources, standing
from maps.report.accounts import accounts
from maps.report.sankey import sankeys
from maps.report.waterfall import steps, waterfall
from maps.scene import Scene

_NOTHING = {
    "time_limit": "No plan was found in the time limit",
    "interrupted": "No plan was found before it was stopped",
}


def write_report(study: Study, plan: Plan, path: Path) -> None:
    """Write the report as one HTML file without a script.

    Raises
    ------
    data.errors.InputError
        When the plan names a line or place that neither it nor the study holds.
    """
    path.write_text(report(study, plan), encoding="utf-8", errors="replace")


def report(study: Study, plan: Plan) -> str:
    """Return the page; one that says why where there is no plan."""
    scene = Scene(study, plan)
    context: dict[str, object] = {
        "study": study,
        "plan": plan,
        "facts": asked.facts(scene),
        "limits": asked.limits(scene),
        "settings": asked.settings(scene),
        "streams": asked.streams(scene),
        "cited": study.settings.sources,
        "credit": credit(study),
        "status": _NOTHING.get(plan.status, STATUS[plan.status]),
        "notes": plan.notes,
        "reasons": plan.reasons,
        "violations": plan.checker,
        "has_plan": plan.has_solution,
    }
    if plan.has_solution:
        context |= _answer(scene)
    page = _environment().get_template("report.html")
    return page.render(context)


def _answer(scene: Scene) -> dict[str, object]:
    plan = scene.plan
    found = accounts(scene.study, plan)
    catalogue, counts = sources.catalogue_values(scene)
    seen = picture_scene(scene.study, plan)
    drawn = picture_svg(seen)
    rows = steps(plan, found)
    return {
        "lines": brief.five_lines(scene, found),
        "indicators": brief.indicators(plan),
        "map": Markup(drawn),  # noqa: S704 - drawn by Matplotlib, which escapes text
        "map_is_wide": is_wide(drawn),
        "map_phase": phase_shown(plan),
        "sankeys": [(picture, Markup(picture.svg)) for picture in sankeys(scene)],  # noqa: S704 - likewise
        "waterfall": Markup(waterfall(rows, found.unit)),  # noqa: S704 - likewise
        "costs": brief.costs(plan),
        "exchanges": schedules.exchanges(scene),
        "pipes": laid.pipes(scene),
        "trenches": laid.trenches(scene),
        "hauls": schedules.hauls(scene),
        "fleets": schedules.fleets(scene),
        "hubs": standing.hubs(scene),
        "phases": standing.phases(scene),
        "left": standing.left_over(scene),
        "overview": partners.overview(scene, found),
        "partners": partners.pages(scene, found),
        "idle": [scene.name(plant) for plant in partners.newcomers(found)],
        "sure": brief.sure(plan),
        "sited": _sited(scene.study),
        "solver": brief.solver(plan),
        "catalogue": catalogue,
        "catalogue_counts": counts,
    }


def _sited(study: Study) -> dict[str, object] | None:
    """Return what siting found, where the study carries it."""
    if study.suitability is None or study.site_scores.empty:
        return None
    return {
        "criteria": plural(study.site_scores["criterion"].nunique(), "criterion", "criteria"),
        "map": Markup(siting.suitability(study, study.suitability)),  # noqa: S704 - drawn by Matplotlib
        "chart": Markup(siting.chart(study)),  # noqa: S704 - likewise
        "ranking": siting.ranking(study),
        "breakdown": siting.breakdown(study),
    }


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("maps", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
