"""``siting.html``: suitability and ranked sites on the same map as a plan, one file that needs no network."""

from __future__ import annotations

from pathlib import Path

from data.plan import Plan
from data.study import Study
from maps.headline import Headline
from maps.numbers import percent, plural
from maps.page_data import PageData
from maps.siting_layers import best_rows, sites
from maps.webmap import render_page


def write_siting_map(study: Study, path: Path) -> None:
    """Write what siting found as one HTML file that works with the network cut.

    Raises
    ------
    maps.offline.AssetError
        When the page would need a file that is not vendored.
    """
    data = PageData(study, Plan(problem=study.name, status="unknown"))
    page = render_page(data, _head(study), title=f"{study.name}: where to build")
    path.write_text(page, encoding="utf-8", errors="replace")


def _head(study: Study) -> Headline:
    """Return what stands beside the map: how many sites, the best, the weights, what is excluded."""
    layer = sites(study)
    ranked = int(layer["rank"].notna().sum())
    shut = len(layer) - ranked
    weights = study.site_scores.drop_duplicates("criterion").sort_values("weight", ascending=False, kind="stable")
    notes = [
        f"{rank}. {name}, score {score}" for rank, name, score in best_rows(layer)
    ] + [f"Weight of {row.criterion}: {percent(row.weight)}" for row in weights.itertuples(index=False)]  # fmt: skip
    siting = study.settings.siting
    if siting is not None:
        forbidden = siting.exclude_forbidden_zones and bool(study.zones["forbidden"].any())
        rules = (["forbidden zones"] if forbidden else []) + [rule.name for rule in siting.exclude]
        notes += [f"Excluded: {', '.join(rules)}"] if rules else []
        notes.append(
            f"Judged on cells of {siting.cell_m:g} m; the score is the weighted sum of what each criterion is worth"
        )
    status = f"{plural(ranked, 'site')} ranked" + (f", {shut:,} excluded" if shut else "")
    return Headline(
        savings=(), status=status, checker="", checker_ok=True, indicators=(), counts="", reasons=(), notes=tuple(notes)
    )
