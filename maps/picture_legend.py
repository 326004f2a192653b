"""The column beside a static map that says what its lines, symbols and colours are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
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
_STEP, _NAME = 0.0235, 27.0
_MOST = 62  # rows that can still be read

Sign = Callable[[float, float], object]


def draw_legend(
    axes: Axes,
    scene: Scene,
    kinds: Sequence[tuple[str, str]],
    *,
    pipes: gpd.GeoDataFrame,
    trucks: gpd.GeoDataFrame,
    names_as_text: bool,
) -> None:
    """Draw what is on the map and nothing else: ways, resources, sectors, land."""
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.axis("off")
    pen = _Pen(axes, names_as_text=names_as_text)
    _ways(pen, scene, pipes, trucks)
    pen.heading("Resources")
    used = {name for layer in (pipes, trucks, scene.study.pipelines) for name in layer["resource"]}
    rows = sorted((scene.resource_names.get(name, name), name) for name in used)
    for name, ident in rows:
        pen.row(name, ident, lambda x, y, colour=scene.colours[ident]: axes.plot([x, x + 0.1], [y, y], color=colour,
                                                                                 linewidth=4))  # fmt: skip
    pen.heading("Plants")
    for sector, symbol in scene.symbols.items():
        pen.row(sector, sector, lambda x, y, symbol=symbol: axes.plot(
            [x + 0.05], [y], marker=MARKERS[symbol.shape], markersize=7, color=symbol.fill, markeredgecolor=INK))  # fmt: skip
    if len(layers.hubs(scene)):
        pen.row("shared hub", "shared hub", lambda x, y: axes.plot(
            [x + 0.05], [y], marker="s", markersize=8, color="white", markeredgecolor=INK, markeredgewidth=2))  # fmt: skip
    pen.heading("Land")
    for colour, name in kinds:
        pen.row(name, name, lambda x, y, colour=colour: axes.add_patch(
            Rectangle((x, y - 0.007), 0.1, 0.014, facecolor=colour, alpha=0.6, edgecolor="#999999", linewidth=0.4)))  # fmt: skip
    pen.write()


def _ways(pen: _Pen, scene: Scene, pipes: gpd.GeoDataFrame, trucks: gpd.GeoDataFrame) -> None:
    axes = pen.axes
    pen.heading("Ways")
    if pipes.empty and trucks.empty:
        pen.row("no pipe or truck route", "", lambda x, y: None)
    if len(pipes):
        pen.row(f"{plural(len(pipes), 'pipe section')}; wider: larger diameter", "",
                lambda x, y: axes.plot([x, x + 0.1], [y, y], color=INK, linewidth=3))  # fmt: skip
    if len(trucks):
        pen.row(f"{plural(len(trucks), 'truck route')}; wider: more", "",
                lambda x, y: axes.plot([x, x + 0.1], [y, y], color=INK, linewidth=2, linestyle=(0, (2.4, 1.4))))  # fmt: skip
    if len(scene.study.pipelines):
        pen.row("pipeline there before", "", lambda x, y: axes.plot(
            [x, x + 0.1], [y, y], color=INK, linewidth=2.2, linestyle=(0, (0.2, 2)), dash_capstyle="round"))  # fmt: skip


class _Pen:
    """Notes what the legend says, and writes it as tightly as its length asks for."""

    def __init__(self, axes: Axes, *, names_as_text: bool) -> None:
        self.axes, self._names_as_text = axes, names_as_text
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
            rows = [*rows[: _MOST - 1], (f"and {len(rows) - _MOST + 1} more", "", lambda x, y: None)]
        spaces = [1.0 if draw else 1.5 for *_, draw in rows]
        step = min(_STEP, 1.0 / max(sum(spaces), 1.0))
        y = 1.0 + step * 0.6
        for (text, ident, draw), space in zip(rows, spaces, strict=True):
            y -= step * space
            if draw is None:
                self.axes.text(0, y, text, fontsize=8.5, fontweight="bold", va="center")
                continue
            draw(0.0, y)
            shown = text if self._names_as_text else printable(text, ident)
            self.axes.text(0.14, y, shortened(shown, _NAME), fontsize=min(7.0, 7.0 * step / 0.017), va="center")
