"""The part of the country that a static map shows: coordinates on the page, scale and north."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.patches import Rectangle
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from maps.figures import INK
from maps.geometry import Array
from maps.numbers import distance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CLUSTER_GAP = 5.0  # a gap this many times the usual one parts two clusters
_TOO_MANY = 3000  # all pairs of more plants do not fit in memory comfortably


def densest(at: Array) -> npt.NDArray[np.bool_]:
    """Return which points (n, 2) belong to the cluster where most of them stand.

    A page cannot be zoomed, so it shows one cluster large where the web map opens on all. The minimum spanning tree
    is cut where a gap is much longer than usual. If the largest part then holds less than a third of the points there
    is no such cluster, and all of them belong.
    """
    if not 3 <= len(at) <= _TOO_MANY:
        return np.ones(len(at), dtype=bool)
    apart = squareform(pdist(at)) + 1e-3  # zero would mean no edge
    tree = minimum_spanning_tree(apart).tocoo()
    gaps = tree.data[tree.data > 1.0]
    tree.data[tree.data > _CLUSTER_GAP * (np.median(gaps) if len(gaps) else 1.0)] = 0
    tree.eliminate_zeros()
    _, label = connected_components(tree, directed=False)
    inside = np.asarray(label == np.bincount(label).argmax())
    return inside if 3 * inside.sum() >= len(at) else np.ones(len(at), dtype=bool)


@dataclass(frozen=True)
class Frame:
    """A part of the country, and how it falls on the page."""

    west: float
    south: float
    metres_per_inch: float
    wide: float  # inches
    high: float

    @classmethod
    def around(cls, points: Array, wide: float, high: float) -> Frame:
        """Return the frame of so many inches with the points, shape (n, 2), in its middle four fifths."""
        low, top = points.min(axis=0), points.max(axis=0)
        scale = max(*((top - low) / (wide * 0.80, high * 0.80)), 50.0)
        west, south = (low + top) / 2 - np.array([wide, high]) / 2 * scale
        return cls(float(west), float(south), float(scale), wide, high)

    @property
    def size(self) -> Array:
        """Return width and height in inches."""
        return np.array([self.wide, self.high])

    @property
    def seen(self) -> shapely.Polygon:
        """Return what is seen, in metres."""
        east, north = np.array([self.west, self.south]) + self.size * self.metres_per_inch
        return shapely.box(self.west, self.south, east, north)

    def page(self, xy: Array) -> Array:
        """Return coordinates in inches from the lower left corner."""
        return np.asarray((xy - [self.west, self.south]) / self.metres_per_inch, dtype=np.float64)

    def shows(self, page: Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which points of the page (inches) are within the frame, a little away from its edge."""
        return np.asarray(np.all((page > 0.1) & (page < self.size - 0.1), axis=1), dtype=np.bool_)

    def axes(self, figure: Figure, left: float, bottom: float) -> Axes:
        """Return axes in metres, their lower left corner so many inches from that of the figure."""
        all_wide, all_high = figure.get_size_inches()
        box = (left / all_wide, bottom / all_high, self.wide / all_wide, self.high / all_high)
        axes = figure.add_axes(box, facecolor="#F7F6F2")
        west, south, east, north = self.seen.bounds
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        axes.set_xticks([])
        axes.set_yticks([])
        return axes


def draw_scale(axes: Axes, frame: Frame) -> None:
    """Draw a bar of a round length and an arrow to the north of the grid."""
    most = 2.0 * frame.metres_per_inch
    power = 10.0 ** np.floor(np.log10(most))
    metres = next(factor * power for factor in (5, 2, 1) if factor * power <= most)
    length = metres / frame.metres_per_inch
    for part, colour in ((0, INK), (1, "white")):
        axes.add_patch(
            Rectangle(((0.15 + part * length / 2) / frame.wide, 0.14 / frame.high), length / 2 / frame.wide,
                      0.06 / frame.high, transform=axes.transAxes, facecolor=colour, edgecolor=INK, linewidth=0.8,
                      zorder=9)
        )  # fmt: skip
    axes.text(0.15 / frame.wide, 0.24 / frame.high, "0", transform=axes.transAxes, fontsize=7, zorder=9)
    axes.text((0.15 + length) / frame.wide, 0.24 / frame.high, distance(metres), transform=axes.transAxes, fontsize=7,
              ha="center", zorder=9)  # fmt: skip
    x, top = 1 - 0.25 / frame.wide, 1 - 0.12 / frame.high
    axes.annotate("N", xy=(x, top), xytext=(x, 1 - 0.5 / frame.high), xycoords="axes fraction", ha="center",
                  va="center", fontsize=9, fontweight="bold", zorder=9,
                  arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4})  # fmt: skip
