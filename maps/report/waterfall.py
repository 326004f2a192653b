"""The way from what everything costs today to what it costs with the plan, step by step."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from data.plan import Plan
from maps.figures import INK, MUTED, drawing, inline_svg
from maps.palette import BLUE, GREEN, VERMILLION
from maps.report.accounts import EXACT, Accounts
from maps.report.tables import money

_TERMS = (
    ("trenches", "Trenches and rights of way"), ("pipes", "Pipes laid"), ("pumping", "Pumping"),
    ("loading_bays", "Loading bays"), ("hauling", "Hauling by truck"), ("vehicles", "Vehicles bought"),
    ("hubs", "Shared hubs"), ("grades", "Better grades used as lesser ones"),
    ("giving", "Giving what is placed"), ("opening_supplies", "Supplies opened"),
    ("taking", "Taking what is served"), ("opening_demands", "Demands opened"),
)  # fmt: skip


def steps(plan: Plan, found: Accounts) -> pd.DataFrame:
    """Return ``label``, ``amount`` (currency; negative lowers the cost), ``kind`` (total | saved | spent).

    The first and the last row are totals; those in between lead from one to the other exactly.
    """
    cost = plan.indicators.set_index("indicator").loc["cost"]
    sums = found.partners.sum(numeric_only=True)
    paid = plan.costs.groupby("term")["amount"].sum()
    gave = found.streams[found.streams["kind"] == "disposal"]
    worth = gave["price"] * gave["weight"] * gave["moved"]
    rows = [
        ("Without the plan", float(cost["baseline"]), "total"),
        ("Disposal spared", -float(worth.clip(lower=0).sum()), "step"),
        ("Sales given up", -float(worth.clip(upper=0).sum()), "step"),
        ("Purchases spared", float(sums["after_purchase"] - sums["before_purchase"]), "step"),
        ("CO₂ charge spared", float(sums["after_charge"] - sums["before_charge"]), "step"),
    ]
    rows += [(label, float(paid.get(term, 0.0)), "step") for term, label in _TERMS]
    rows.append(("CO₂ charge on transport and hubs", float(paid.get("co2", 0.0) - sums["after_charge"]), "step"))
    rest = float(cost["plan"]) - sum(amount for _, amount, _ in rows)
    scale = EXACT * max(abs(float(cost["baseline"])), abs(float(cost["plan"])), 1.0)
    rows.append(("Not explained by the plan's tables", rest, "step"))
    kept = [row for row in rows if row[2] == "total" or abs(row[1]) > scale]
    kept.append(("With the plan", float(cost["plan"]), "total"))
    return pd.DataFrame(kept, columns=["label", "amount", "kind"])


def waterfall(rows: pd.DataFrame, unit: str) -> str:
    """Return the steps as an SVG element."""
    with drawing("waterfall"):
        high = 0.6 + 0.34 * len(rows)
        figure = Figure(figsize=(7.4, high))
        axes = figure.add_axes((0.31, 0.5 / high, 0.53, 1 - 0.55 / high))
        reached = 0.0
        ends = [0.0]
        for at, row in enumerate(rows.itertuples(index=False)):
            start, end = (0.0, row.amount) if row.kind == "total" else (reached, reached + row.amount)
            colour = BLUE if row.kind == "total" else GREEN if row.amount < 0 else VERMILLION
            axes.barh(at, end - start, left=start, height=0.66, color=colour, edgecolor="white", linewidth=0.5)
            axes.plot([end, end], [at, at + 1 if at + 1 < len(rows) else at + 0.33], color=MUTED, linewidth=0.7)
            sign = "+" if row.kind != "total" and row.amount > 0 else ""
            axes.text(1.02, at, f"{sign}{money(row.amount)}", transform=axes.get_yaxis_transform(), va="center",
                      fontsize=8.5)  # fmt: skip
            reached = end
            ends.append(end)
        axes.set_yticks(range(len(rows)), rows["label"].tolist())
        axes.set_ylim(len(rows) - 0.4, -0.6)
        room = (max(ends) - min(ends)) * 0.02 or 1.0
        axes.set_xlim(min(ends) - (room if min(ends) < 0 else 0.0), max(ends) + room)
        size, word = _scale(max(abs(end) for end in ends))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value / size:,.4g}".replace("-", "−"))
        axes.set_xlabel(f"{word}{unit}")
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.grid(axis="x", color="#E6E6E6", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        told = f"Cost waterfall from {money(rows['amount'].iloc[0])} to {money(rows['amount'].iloc[-1])} {unit}"
        return inline_svg(figure, name="waterfall", title=told)


def _scale(most: float) -> tuple[float, str]:
    if most >= 2e6:
        return 1e6, "million "
    return (1e3, "thousand ") if most >= 2e4 else (1.0, "")
