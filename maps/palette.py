"""One colour per resource and one symbol per sector, the same on the web map and in the GIS layers.

The colours are those of Okabe and Ito (2008) and of Paul Tol's "muted" and "vibrant" schemes, chosen to
stay apart for colour-blind readers; pale ones are left out because they vanish on a light map.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

BLUE, VERMILLION, GREEN, ORANGE, PINK, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"
INDIGO, WINE, FOREST, OLIVE, TEAL, PURPLE = "#332288", "#882255", "#117733", "#999933", "#44AA99", "#AA4499"
ROSE, BROWN, MAGENTA, GREY = "#CC6677", "#661100", "#EE3377", "#555555"

PALETTE = (
    BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, WINE, OLIVE,
    INDIGO, MAGENTA, TEAL, BROWN, PINK, FOREST, ROSE, GREY,
)  # fmt: skip

# What readers expect: water blue, steam and heat warm, gas purple, solids earthy.
_BY_PHASE: Mapping[str, tuple[str, ...]] = {
    "liquid": (BLUE, SKY, INDIGO, TEAL),
    "steam": (VERMILLION, MAGENTA),
    "heat": (ORANGE, ROSE),
    "gas": (PURPLE, PINK, WINE),
    "solid": (BROWN, GREY, OLIVE),
    "slurry": (GREEN, FOREST, OLIVE),
}

SHAPES: Mapping[str, str] = MappingProxyType(
    {  # paths in a box of 24 by 24; the names are also those of the QGIS simple marker
        "circle": "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18z",
        "square": "M4 4h16v16H4z",
        "triangle": "M12 2.5 22 20.5H2z",
        "diamond": "M12 1.5 22.5 12 12 22.5 1.5 12z",
        "pentagon": "M12 2 22.5 9.6 18.5 21.5H5.5L1.5 9.6z",
        "hexagon": "M6.5 2.8h11L23 12l-5.5 9.2h-11L1 12z",
        "star": "m12 1 3.2 7.4 8 .8-6 5.3 1.8 7.9L12 18.2 5 22.4l1.8-7.9-6-5.3 8-.8z",
        "cross_fill": "M8.5 2h7v6.5H22v7h-6.5V22h-7v-6.5H2v-7h6.5z",
    }
)
_FILLS = ("#FFFFFF", "#FFE08A", "#BBD7F2", "#CBE3B4", "#F7C6C5", "#D9D0E8")  # light: lines are saturated


@dataclass(frozen=True, slots=True)
class Symbol:
    """How plants of one sector are marked."""

    shape: str
    fill: str

    @property
    def path(self) -> str:
        """Return the outline as an SVG path in a box of 24 by 24."""
        return SHAPES[self.shape]


def _blend(colour: str, towards: int, share: float) -> str:
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (towards - part) * share):02X}" for part in parts)


def _nth(index: int) -> str:
    """Return the colour of the fallback sequence, which never ends: repeats are darker, then lighter."""
    base, turn = PALETTE[index % len(PALETTE)], index // len(PALETTE)
    if turn == 0:
        return base
    share = 1 - 0.65 ** ((turn + 1) // 2)
    return _blend(base, 0 if turn % 2 else 255, share)


def resource_colours(resources: Iterable[str], phases: Mapping[str, str]) -> dict[str, str]:
    """Return a colour for every resource, by id; the same resources always get the same colours.

    Parameters
    ----------
    resources
        Ids in any order.
    phases
        Physical form by id, where it is known; decides the family of colours.
    """
    names = sorted(set(resources))
    colours: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        free = [colour for colour in _BY_PHASE.get(phases.get(name, ""), ()) if colour not in taken]
        if free:
            colours[name] = free[0]
            taken.add(free[0])
    index = 0
    for name in names:
        while name not in colours:
            colour = _nth(index)
            index += 1
            if colour not in taken:
                colours[name] = colour
    return {name: colours[name] for name in names}


def sector_symbols(sectors: Iterable[str]) -> dict[str, Symbol]:
    """Return a symbol for every sector; shape and fill both change from one to the next."""
    names, shapes = sorted(set(sectors)), list(SHAPES)
    return {name: Symbol(shapes[i % len(shapes)], _FILLS[(i + i // 24) % len(_FILLS)]) for i, name in enumerate(names)}
