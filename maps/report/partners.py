"""One page per partner: what it gives, gets, saves and pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from maps.report.accounts import SHARED, Accounts
from maps.report.hub_names import HubNames
from maps.report.tables import Table, columns, kilometres, money, told, without_blank_columns
from maps.scene import Scene, mapped

_SHARED_SO = (
    "Before any payment between partners. A partner is spared disposal and purchases, with the CO₂ charge on both. "
    "What an exchange costs is split between its two ends in proportion to what each is spared by it (equally where "
    "neither is); a shared hub, with all ways to and from it, in the same way between all who use it. A negative "
    "amount means that the partner gives up more than it is spared, mostly what it sells today: it needs to be paid "
    "by its partners."
)
_ITEMS = {
    "disposal": "Disposal of what is left over, less what is sold",
    "purchase": "Purchases of virgin resources",
    "charge": "CO₂ charge on both",
    "transport": "Its share of transport",
    "transport_charge": "CO₂ charge on its share of transport",
    "grades": "Use of better grades as lesser ones",
    "hubs": "Its share of shared hubs, with their CO₂ charge",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What one partner needs to know."""

    anchor: str
    name: str
    sector: str
    sentence: str
    gives: Table
    gets: Table
    account: Table


def overview(scene: Scene, found: Accounts) -> Table:
    """Return what every plant saves; with what is nobody's the sum is the plan's saving."""
    table = found.partners.sort_values(["saves", "plant"], ascending=[False, True])
    rows = [
        (scene.name(row.plant), money(row.before), money(row.after), money(row.saves), told(row.co2_saved))
        for row in table.itertuples(index=False)
    ]
    rows += [
        (f"Nobody's: {row.item}", "", "", money(-row.amount), "") for row in found.unshared.itertuples(index=False)
    ]
    sums = table[["before", "after", "saves", "co2_saved"]].sum()
    total = float(sums["saves"]) - float(found.unshared["amount"].sum())
    return Table(
        "What every partner saves",
        columns("Partner", ("Pays without the plan", found.unit), ("Pays with the plan", found.unit),
                ("Saves", found.unit), ("CO₂ saved", found.co2_unit)),
        tuple(rows),
        ("The plan", money(sums["before"]), money(float(sums["before"]) - total), money(total),
         told(sums["co2_saved"])),
        "The study has no streams.",
        (_SHARED_SO,),
    )  # fmt: skip


def pages(scene: Scene, found: Accounts) -> tuple[Page, ...]:
    """Return a page for each plant that gives or gets something, those that save most first."""
    busy = set(found.shares["plant"])
    table = found.partners[found.partners["plant"].isin(busy)]
    table = table.sort_values(["saves", "plant"], ascending=[False, True])
    sectors = scene.study.plants.set_index("plant")["sector"]
    sides = _sides(scene, found)
    out = []
    for number, row in enumerate(table.to_dict("records"), 1):
        plant = str(row["plant"])
        out.append(
            Page(
                anchor=f"partner-{number}",
                name=scene.name(plant),
                sector=str(sectors.get(plant, "")),
                sentence=_sentence(row, found),
                gives=_side(found, sides.get((plant, "gives"), []), "gives"),
                gets=_side(found, sides.get((plant, "gets"), []), "gets"),
                account=_account(row, found),
            )
        )
    return tuple(out)


def _sentence(row: dict[str, float], found: Accounts) -> str:
    paid = sum(row[item] for item in SHARED)
    if row["saves"] >= 0:
        head = f"Saves {money(row['saves'])} {found.unit}"
    else:
        head = (
            f"Would be worse off by {money(-row['saves'])} {found.unit} unless its partners pay it at least that much"
        )
    return f"{head}; pays {money(paid)} {found.unit} of what transport and hubs cost (counted already)."


def _sides(scene: Scene, found: Accounts) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return by plant and side its exchanges, each with who is at the other end and what is paid."""
    exchanges = scene.plan.exchanges.drop(columns=["co2", "period"])
    table = found.shares.merge(exchanges, on="exchange", validate="many_to_one")
    hubs, gives = HubNames(scene), (table["side"] == "gives").to_numpy()
    nodes = table["to_node"].where(gives, table["from_node"])
    table["partner"] = [
        hubs.end(ends[1 if gave else 0], node) for ends, gave, node in zip(hubs.ends(table), gives, nodes, strict=True)
    ]
    table["what"] = mapped(table["resource"].where(gives, table["received_as"]), scene.resource_names)
    table["amount"] = table["quantity_sent"].where(gives, table["quantity"])
    table["pays"] = table[list(SHARED)].sum(axis=1)
    out: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in table.to_dict("records"):
        out.setdefault((row["plant"], row["side"]), []).append({str(name): value for name, value in row.items()})
    return out


def _side(found: Accounts, parts: list[dict[str, Any]], side: str) -> Table:
    """Return what a plant gives or gets, what each exchange spares it and what it pays of it."""
    gives = side == "gives"
    rows = tuple(
        (
            row["exchange"], row["what"], row["partner"], row["mode"].replace("_", " "), kilometres(row["distance_m"]),
            row["period"], told(row["amount"]), f"{row['unit']}/year", money(row["spared"]), money(row["pays"]),
            money(row["spared"] - row["pays"]),
        )
        for row in parts
    )  # fmt: skip
    sums = (sum(row["spared"] for row in parts), sum(row["pays"] for row in parts))
    made = Table(
        "Gives" if gives else "Gets",
        columns("No.", "Resource", "To" if gives else "From", "By", ("Distance", "km"), "Phase", ("Quantity", ""),
                "Unit", ("Spared", found.unit), ("Pays", found.unit), ("Better off by", found.unit)),
        rows,
        ("All", "", "", "", "", "", "", "", money(sums[0]), money(sums[1]), money(sums[0] - sums[1]))
        if len(rows) > 1 else (),
        "Gives nothing to others." if gives else "Gets nothing from others.",
    )  # fmt: skip
    return without_blank_columns(made, ("Phase",))


def _account(row: dict[str, float], found: Accounts) -> Table:
    """Return what a partner pays without and with the plan, item by item."""
    cells = []
    for item, label in _ITEMS.items():
        before, after = (0.0, row[item]) if item in SHARED else (row[f"before_{item}"], row[f"after_{item}"])
        if abs(before) + abs(after) > 0:
            cells.append((label, money(before), money(after), money(before - after)))
    return Table(
        "Account",
        columns("Item", ("Without the plan", found.unit), ("With the plan", found.unit), ("Saves", found.unit)),
        tuple(cells),
        ("All", money(row["before"]), money(row["after"]), money(row["saves"])),
        "Pays nothing with or without the plan.",
    )


def newcomers(found: Accounts) -> pd.Series:
    """Return which plants with streams neither give nor get anything."""
    return found.partners.loc[~found.partners["plant"].isin(set(found.shares["plant"])), "plant"]
