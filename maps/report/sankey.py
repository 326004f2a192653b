"""Who gives how much to whom, as ribbons whose width is the quantity; one picture per unit.

Givers stand on the left, takers on the right, shared hubs in between. The order within a column is found by
sweeps that put each place at the mean height of those it exchanges with (Sugiyama, Tagawa and Toda 1981).
Tonnes and cubic metres do not add up, so each unit has a picture of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from maps.figures import INK, MUTED, drawing, inline_svg, shortened
from maps.geometry import Array
from maps.numbers import amount, plural
from maps.report.hub_names import HubNames
from maps.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SWEEPS = 12
_GAP = 0.30  # inches between two places of one column
_HIGH = 8.8  # inches: what fits on a printed page below the legend
_MOST = 28  # places of one column that then can be named; the smallest share one
_LEAST = 0.014  # inches: the thinnest ribbon that can be seen
_NAME = 18.0  # ems of a name

Place = tuple[int, str]  # column and name


@dataclass(frozen=True, slots=True)
class Picture:
    """One Sankey diagram: its unit, its phase (blank when there is one), the SVG, and what each colour is."""

    unit: str
    phase: str
    svg: str
    legend: tuple[tuple[str, str, str], ...]  # colour, resource, quantity


def sankeys(scene: Scene) -> list[Picture]:
    """Return a picture for each phase and unit in which something is exchanged."""
    table = scene.plan.exchanges
    table = table[table["quantity"] > 0]
    out = []
    for number, ((phase, unit), rows) in enumerate(table.groupby(["period", "unit"], sort=True)):
        links = _links(scene, rows)
        per_year = f"{unit}/year"
        sums = links.groupby(["resource", "colour"], as_index=False)["quantity"].sum()
        legend = tuple(
            (row.colour, row.resource, amount(row.quantity, per_year)) for row in sums.itertuples(index=False)
        )
        out.append(Picture(per_year, str(phase), _draw(links, per_year, f"sankey{number}"), legend))
    return out


def _links(scene: Scene, rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``start``, ``end`` (column, name), ``quantity``, ``colour``, ``resource`` with places in columns.

    Hubs that give to one another stand in columns of their own; what they buy is a giver, what they dispose of a taker.
    """
    hubs = HubNames(scene)
    pairs = list(hubs.ends(rows))
    depth = _depths([pair for pair in pairs if all(pair) and pair[0] != pair[1] and not hubs.markets & {*pair}])
    last = 1 + max((depth.get(name, 1) for pair in pairs for name in pair if name), default=0)

    def place(hub: str, node: str, outermost: int) -> Place:
        column = depth.get(hub, 1) if hub and hub not in hubs.markets else outermost
        return column, hubs.end(hub, node)

    starts = [place(giver, node, 0) for (giver, _), node in zip(pairs, rows["from_node"], strict=True)]
    ends = [place(taker, node, last) for (_, taker), node in zip(pairs, rows["to_node"], strict=True)]
    starts, ends = _gathered(starts, rows["quantity"]), _gathered(ends, rows["quantity"])
    table = pd.DataFrame({
        "start": pd.Series(starts, dtype="object"), "end": pd.Series(ends, dtype="object"),
        "quantity": rows["quantity"].to_numpy(),
        "resource": [scene.resource_names.get(name, name) for name in rows["resource"]],
        "colour": [scene.colours[name] for name in rows["resource"]],
    })  # fmt: skip
    return table.groupby(["start", "end", "resource", "colour"], as_index=False, sort=True)["quantity"].sum()


def _gathered(places: list[Place], quantity: pd.Series) -> list[Place]:
    """Return the places with the smallest of each column taken together where there are too many to name."""
    sums: dict[Place, float] = {}
    for place, size in zip(places, quantity, strict=True):
        sums[place] = sums.get(place, 0.0) + size
    renamed: dict[Place, Place] = {}
    for column in {column for column, _ in sums}:
        ordered = sorted((place for place in sums if place[0] == column), key=lambda place: -sums[place])
        small = ordered[_MOST - 1 :] if len(ordered) > _MOST else []
        renamed |= dict.fromkeys(small, (column, f"{len(small)} others"))
    return [renamed.get(place, place) for place in places]


def _depths(pairs: list[tuple[str, str]]) -> dict[str, int]:
    """Return the column of each hub: one more than that of the last hub that gives to it."""
    depth = {name: 1 for pair in pairs for name in pair}
    for _ in range(len(depth)):  # hubs that give in a circle stay where the sweeps leave them
        for giver, taker in pairs:
            depth[taker] = max(depth[taker], min(depth[giver] + 1, len(depth)))
    return depth


def _draw(links: pd.DataFrame, unit: str, name: str) -> str:
    columns = _columns(links)
    inches = 2.6 * np.clip(len(links) / 6, 0.35, 1.0)  # of the tallest column's ribbons
    most = max(sum(sizes.values()) for sizes in columns.values())
    scale = inches / most
    heights = [sum(max(size * scale, _LEAST) for size in sizes.values()) + _GAP * len(sizes)
               for sizes in columns.values()]  # fmt: skip
    tall, wide = min(max(heights) + 0.25, _HIGH), 7.4
    with drawing(name):
        figure = Figure(figsize=(wide, tall))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, wide)
        axes.set_ylim(tall, 0)
        axes.axis("off")
        places = _places(columns, scale, tall)
        left, right = 2.15, wide - 2.15
        last = max(columns)
        across = {column: left + (right - left) * column / max(last, 1) for column in columns}
        _ribbons(axes, links, places, across, scale)
        for (column, place), (top, size) in places.items():
            x = across[column]
            axes.add_patch(Rectangle((x - 0.04, top), 0.08, max(size * scale, _LEAST), color=INK, linewidth=0))
            middle = top + size * scale / 2 if column in (0, last) else top - 0.14
            _name(axes, place, amount(size, unit), x, middle, at=(column, last))
        told = f"Flows in {unit}: {plural(len(links), 'flow')} between {plural(len(places), 'place')}"
        return inline_svg(figure, name=name, title=told)


def _columns(links: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Return by column the places and what passes them, in an order with few crossings."""
    passing: dict[Place, float] = {}
    for side in ("start", "end"):
        sums = links.groupby(side)["quantity"].sum()
        for place, quantity in zip(sums.index.tolist(), sums.tolist(), strict=True):
            passing[place] = max(passing.get(place, 0.0), quantity)
    order: dict[int, list[Place]] = {}
    for place in sorted(passing, key=lambda place: (place[0], -passing[place], place[1])):
        order.setdefault(place[0], []).append(place)
    for sweep in range(_SWEEPS):
        height = _middles(order, passing)
        side, other = ("end", "start") if sweep % 2 == 0 else ("start", "end")
        pulled = links.assign(pull=[height[place] for place in links[other]] * links["quantity"]).groupby(side)
        mean = (pulled["pull"].sum() / pulled["quantity"].sum()).to_dict()
        for column, places in order.items():
            order[column] = sorted(places, key=lambda place: (mean.get(place, height[place]), place[1]))
    return {column: {name: passing[column, name] for _, name in places} for column, places in sorted(order.items())}


def _middles(order: dict[int, list[Place]], passing: dict[Place, float]) -> dict[Place, float]:
    """Return the height of each place, its column spread from 0 to 1."""
    out: dict[Place, float] = {}
    for places in order.values():
        sizes = np.array([passing[place] for place in places]) / sum(passing[place] for place in places)
        sizes = (sizes + 1 / len(places)) / 2
        out.update(zip(places, (np.cumsum(sizes) - sizes / 2).tolist(), strict=True))
    return out


def _places(columns: dict[int, dict[str, float]], scale: float, tall: float) -> dict[Place, tuple[float, float]]:
    """Return top (inches) and size (units) of every place."""
    out: dict[Place, tuple[float, float]] = {}
    for column, sizes in columns.items():
        drawn = [max(size * scale, _LEAST) for size in sizes.values()]
        gap = (tall - 0.25 - sum(drawn)) / len(drawn)
        top = 0.12 + gap / 2
        for (name, size), high in zip(sizes.items(), drawn, strict=True):
            out[column, name] = (top, size)
            top += high + gap
    return out


def _ribbons(
    axes: Axes, links: pd.DataFrame, places: dict[Place, tuple[float, float]], across: dict[int, float], scale: float
) -> None:
    """Draw every flow, those at one place in the order in which they leave and arrive."""
    start, end = links["start"].tolist(), links["end"].tolist()
    sizes, colours = links["quantity"].to_numpy() * scale, links["colour"].tolist()
    leaves, arrives = _stacked(start, end, sizes, places), _stacked(end, start, sizes, places)
    for row in np.argsort(-sizes, kind="stable"):  # thin ones on top
        x0, x1 = across[start[row][0]] + 0.04, across[end[row][0]] - 0.04
        outline = _ribbon(x0, x1, leaves[row], arrives[row], max(sizes[row], _LEAST))
        axes.add_patch(PathPatch(outline, facecolor=colours[row], alpha=0.62, linewidth=0))


def _stacked(own: list[Place], other: list[Place], sizes: Array, places: dict[Place, tuple[float, float]]) -> Array:
    """Return the height at which each ribbon meets its own place, in the order of the places at its other end."""
    at = {place: top for place, (top, _) in places.items()}
    out = np.zeros(len(own))
    for row in sorted(range(len(own)), key=lambda row: places[other[row]][0]):
        out[row] = at[own[row]]
        at[own[row]] += sizes[row]
    return out


def _ribbon(x0: float, x1: float, y0: float, y1: float, high: float) -> Path:
    """Return the outline of a ribbon that leaves and arrives level; one that runs back bends out on both sides."""
    bend = max((x1 - x0) / 2, 0.6)
    points = [(x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1),
              (x1, y1 + high), (x1 - bend, y1 + high), (x0 + bend, y0 + high), (x0, y0 + high), (x0, y0)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)


def _name(axes: Axes, place: str, quantity: str, x: float, y: float, *, at: tuple[int, int]) -> None:
    """Write a place's name and quantity: outside at both ends, beside the bar in between."""
    column, last = at
    if 0 < column < last:
        side = "center"
    else:
        side, x = ("right", x - 0.1) if column == 0 else ("left", x + 0.1)
    axes.text(x, y - 0.01, shortened(place, _NAME), ha=side, va="bottom", fontsize=7.6)
    axes.text(x, y + 0.01, quantity, ha=side, va="top", fontsize=6.8, color=MUTED)
