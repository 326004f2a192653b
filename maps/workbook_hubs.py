"""The sheets of ``plan.xlsx`` about shared hubs and the sites where they could stand."""

from __future__ import annotations

import pandas as pd

from maps.hub_names import market_name
from maps.scene import Scene, mapped
from maps.siting_layers import has_siting
from maps.siting_layers import sites as ranked_sites
from maps.workbook_columns import Column, Maker, Table, maker


def hubs(scene: Scene) -> Table:
    """Return the shared hubs that stand."""
    make = maker(scene, "built_hubs", scene.plan.shared_hubs)
    columns = (
        make.of("hub", "Hub"),
        *make.names("node", "Where", scene.place_names),
        make.derived("Technology", "", "What it does", make.frame["technology"].map(scene.technology_name)),
        make.of("modules", "Modules", "whole"),
        make.of("throughput", "Throughput", "amount"),
        make.of("cost", "Cost", "money", total=True),
        *make.invested(),
        *make.dated(scene, built=True),
    )
    return Table("Hubs", "Shared hubs that stand.", columns, "no hubs in this plan")


def beside_hubs(scene: Scene) -> Table:
    """Return what hubs buy new and dispose of."""
    make = maker(scene, "built_hubs", scene.plan.hub_markets)
    resource = make.frame["technology"].str.split(":", n=1).str[1].astype("str")
    columns = (
        make.derived("What", "", "Bought new, or disposed of", make.frame["technology"].map(market_name)),
        make.derived("Resource", "", "Resource: its name", mapped(resource, scene.resource_names)),
        *make.names("node", "Where", scene.place_names),
        make.of("throughput", "Quantity", "amount"),
        make.derived("Unit", "", "Unit of the quantity", mapped(resource, scene.units, "unit/year")),
        make.of("cost", "Cost", "money", total=True),
        *make.dated(scene, built=False),
        make.of("hub", "Id", aside=True),
    )
    about = "What shared hubs buy new and dispose of, beside what they exchange with partners."
    return Table("Beside hubs", about, columns, "hubs buy and dispose of nothing in this plan")


def sites(scene: Scene) -> Table:
    """Return where a shared hub could stand, with the breakdown of the scores where siting has judged."""
    judged = has_siting(scene.study)
    layer = ranked_sites(scene.study) if judged else scene.study.sites
    frame = pd.DataFrame(layer.drop(columns=layer.geometry.name)).reset_index(drop=True)
    make = Maker("sites", frame, scene.plan.currency, "study")
    columns = (
        *((make.of("rank", "Rank", "whole"),) if judged else ()),
        make.derived("Site", "", "Name of the site", mapped(frame["site"], scene.place_names)),
        make.derived("Hub", "", "Shared hubs that the plan builds here", _built_at(scene, frame["site"])),
        *(_judgement(scene, make) if judged else ()),
        make.of("note", "Note"),
        make.of("source", "Source"),
        make.of("site", "Site id", aside=True),
    )
    about = "Where a shared hub could stand."
    if judged:
        about += " The best comes first: its score, from 0 to 1, is the sum of what each criterion adds."
    return Table("Sites", about, columns, "the study has no sites for hubs")


def _built_at(scene: Scene, site: pd.Series) -> pd.Series:
    stand = scene.plan.shared_hubs.drop_duplicates(["node", "technology"])
    names = stand["technology"].map(scene.technology_name).groupby(stand["node"]).agg(", ".join)
    return mapped(site, names.to_dict(), "")


def _judgement(scene: Scene, make: Maker) -> tuple[Column, ...]:
    """Return score, what each criterion adds to it, how far the rank holds, and why a site is excluded."""
    scores, site = scene.study.site_scores, make.frame["site"]
    criteria = scores.drop_duplicates("criterion").sort_values("weight", ascending=False, kind="stable")
    added = scores.set_index("site")["contribution"].groupby(scores["criterion"].to_numpy())
    adds = {str(name): part for name, part in added}
    return (
        make.of("score", "Score", "fine"),
        *(
            make.derived(
                f"Adds: {row.criterion}", "of 1", f"What it adds to the score, with a weight of {row.weight:.3g}",
                site.map(adds[row.criterion]).astype("float64"), "fine",
            )
            for row in criteria.itertuples(index=False)
        ),
        make.derived("Area", "ha", "Area on which something may stand", make.frame["area_m2"] / 10_000, "fine"),
        make.of("rank_best", "Best rank", "whole"),
        make.of("rank_worst", "Worst rank", "whole"),
        make.of("top_share", "Among the best", "share"),
        make.of("reason", "Excluded"),
        make.of("origin", "Origin"),
    )  # fmt: skip
