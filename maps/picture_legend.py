"""The column beside a static map that says what its lines, symbols and colours are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import shapely
from matplotlib.patches import Rectangle

from maps import layers
from maps.figures import INK, printable, shortened
from maps.numbers import plural
from maps.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Matplotlib's names for the shapes of the palette.
MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "pentagon": "p", "hexagon": "H", "star": "*",
           "cross_fill": "P"}  # fmt: skip
Dashes = tuple[float, tuple[float, float]]

DOTS: Dashes = (0.0, (0.2, 2.0))  # what was there before
_STEP, _NAME = 0.157, 27.0  # inches between rows, ems of a name
_MOST = 62  # rows that can still be read

Sign = Callable[[float, float], None]


def draw_legend(
    axes: Axes,
    scene: Scene,
    kinds: Iterable[tuple[str, str]],
    seen: shapely.Polygon,
    *,
    high: float,
    pipes: gpd.GeoDataFrame,
    trucks: gpd.GeoDataFrame,
    names_as_text: bool,
) -> None:
    """Draw what is seen on the map and nothing else, in a column so many inches high: ways, resources, sectors, land.

    ``kinds`` are colour and name of each kind of land.
    """
    pipes, trucks = pipes[pipes.intersects(seen)], trucks[trucks.intersects(seen)]
    plants = scene.study.plants[scene.study.plants.intersects(seen)]
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.axis("off")
    pen = _Pen(axes, high, names_as_text=names_as_text)
    _ways(pen, scene, pipes, trucks)
    pen.heading("Resources")
    used = {name for layer in (pipes, trucks, scene.study.pipelines) for name in layer["resource"]}
    for name, ident in sorted((scene.resource_names.get(name, name), name) for name in used):
        pen.row(name, ident, _stroke(axes, scene.colours[ident], 4))
    pen.heading("Plants")
    for sector in sorted(plants["sector"].unique()):
        symbol = scene.symbols[sector]
        pen.row(sector, sector, _mark(axes, MARKERS[symbol.shape], symbol.fill))
    if len(layers.hubs(scene)):
        pen.row("shared hub", "", _mark(axes, "s", "white", size=8, edge=2))
    pen.heading("Land")
    for colour, name in kinds:
        pen.row(name, name, _patch(axes, colour, 0.055 / high))
    pen.write()


def _ways(pen: _Pen, scene: Scene, pipes: gpd.GeoDataFrame, trucks: gpd.GeoDataFrame) -> None:
    pen.heading("Ways")
    if pipes.empty and trucks.empty:
        pen.row("no pipe or truck route", "", _nothing)
    if len(pipes):
        text = f"{plural(len(pipes), 'pipe section')}; wider: larger diameter"
        pen.row(text, "", _stroke(pen.axes, INK, 3))
    if len(trucks):
        text = f"{plural(len(trucks), 'truck route')}; wider: more"
        pen.row(text, "", _stroke(pen.axes, INK, 2, style=(0, (2.4, 1.4))))
    if len(scene.study.pipelines):
        pen.row("pipeline there before", "", _stroke(pen.axes, INK, 2.2, style=DOTS))


def _stroke(axes: Axes, colour: str, width: float, *, style: str | Dashes = "solid") -> Sign:
    cap: Literal["butt", "round"] = "round" if style == DOTS else "butt"

    def draw(x: float, y: float) -> None:
        axes.plot([x, x + 0.1], [y, y], color=colour, linewidth=width, linestyle=style, dash_capstyle=cap)

    return draw


def _mark(axes: Axes, marker: str, colour: str, *, size: float = 7.0, edge: float = 1.0) -> Sign:
    def draw(x: float, y: float) -> None:
        axes.plot([x + 0.05], [y], marker=marker, color=colour, markersize=size, markeredgecolor=INK,
                  markeredgewidth=edge)  # fmt: skip

    return draw


def _patch(axes: Axes, colour: str, half: float) -> Sign:
    def draw(x: float, y: float) -> None:
        box = Rectangle((x, y - half), 0.1, 2 * half, facecolor=colour, alpha=0.6, edgecolor="#999999", linewidth=0.4)
        axes.add_patch(box)

    return draw


def _nothing(_x: float, _y: float) -> None:
    """Draw no sign."""


class _Pen:
    """Notes what the legend says, and writes it as tightly as its length asks for."""

    def __init__(self, axes: Axes, high: float, *, names_as_text: bool) -> None:
        self.axes, self._high, self._names_as_text = axes, high, names_as_text
        self._rows: list[tuple[str, str, Sign | None]] = []

    def heading(self, text: str) -> None:
        """Note a heading."""
        self._rows.append((text, "", None))

    def row(self, text: str, ident: str, draw: Sign) -> None:
        """Note a sign and what it means."""
        self._rows.append((text, ident, draw))

    def write(self) -> None:
        """Draw all rows; headings without rows are left out, and so are rows beyond what can be read."""
        following = [*self._rows[1:], ("", "", None)]
        rows = [row for row, after in zip(self._rows, following, strict=True) if row[2] or after[2]]
        if len(rows) > _MOST:
            rows = [*rows[: _MOST - 1], (f"and {len(rows) - _MOST + 1} more", "", _nothing)]
        spaces = [1.0 if draw else 1.5 for *_, draw in rows]
        inches = min(_STEP, self._high / max(sum(spaces), 1.0))
        step, size = inches / self._high, min(7.0, 0.78 * 72 * inches)
        y = 1.0 + step * 0.6
        for (text, ident, draw), space in zip(rows, spaces, strict=True):
            y -= step * space
            if draw is None:
                self.axes.text(0, y, text, fontsize=size * 1.15, fontweight="bold", va="center")
                continue
            draw(0.0, y)
            shown = text if self._names_as_text else printable(text, ident)
            self.axes.text(0.14, y, shortened(shown, _NAME), fontsize=size, va="center")
