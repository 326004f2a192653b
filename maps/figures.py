"""Matplotlib figures as files and as SVG that can stand inside a page.

Figures are made without pyplot, so nothing global is touched. Foreign text is never taken for formulae
(``$...$``), and in SVG it stays text: the reader's browser finds the letters of any script.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

INK, PALE, MUTED = "#222222", "#DDDDDD", "#666666"

# Matplotlib's own font first, for letters of Europe; then what the common systems have for China, Japan and Korea.
FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic", "Hiragino Sans", "Yu Gothic",
         "Meiryo", "MS Gothic", "Source Han Sans JP", "Droid Sans Fallback", "Arial Unicode MS")  # fmt: skip
_PAGE_FONTS = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', 'Noto Sans', 'Noto Sans CJK JP', sans-serif"
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_FONT = re.compile(r"(font:[^;]*?\d(?:\.\d+)?px)[^;]*")


@contextmanager
def drawing(salt: str = "symbioplan") -> Iterator[None]:
    """Set what every figure is drawn with: plain text, fonts of all scripts, the same SVG for the same figure."""
    known = set(font_manager.get_font_names())
    settings: Any = {
        "font.family": [name for name in FONTS if name in known],
        "font.size": 9.0,
        "text.parse_math": False,
        "text.usetex": False,
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "axes.unicode_minus": True,
        "axes.edgecolor": INK,
        "text.color": INK,
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        yield


def inline_svg(figure: Figure, *, name: str, title: str) -> str:
    """Return a figure as an SVG element for a page; call within :func:`drawing`.

    Parameters
    ----------
    figure
        What to draw.
    name
        Prefix of every id in it, so that several can stand in one page.
    title
        What it shows, for those who do not see it.
    """
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(text.getvalue())  # noqa: S314 - written by Matplotlib just now
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        _own_names(element, name)
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("style", "stroke-linejoin:round;stroke-linecap:butt")  # Matplotlib's own style sheet, for this one only
    return ET.tostring(root, encoding="unicode")


def _own_names(element: ET.Element, name: str) -> None:
    """Prefix ids and references to them, and let text use the page's fonts."""
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key == f"{{{_XLINK}}}href" and value.startswith("#"):
            element.set(key, f"#{name}-{value[1:]}")
        elif "url(#" in value:
            element.set(key, value.replace("url(#", f"url(#{name}-"))
        elif key == "style" and element.tag == f"{{{_SVG}}}text":
            element.set(key, _FONT.sub(rf"\1 {_PAGE_FONTS}", value))


def text_width(text: str) -> float:
    """Return about how wide text is, in ems: as in DejaVu Sans, wide letters of East Asia as one em."""
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return 1.0
    if letter in " .,:;!|'ijlI()[]/-":
        return 0.35
    return 0.95 if letter in "mwMW@%…" else 0.7 if letter.isupper() else 0.6


def shortened(text: str, most: float) -> str:
    """Return text that is at most so many ems wide, an ellipsis at its end where it was cut."""
    text = " ".join(text.split())
    if text_width(text) <= most:
        return text
    while text and text_width(text) > most - 0.8:
        text = text[:-1]
    return text.rstrip() + "…"


def printable(text: str, otherwise: str) -> str:
    """Return text if the fonts of this machine have all its letters, else another; within :func:`drawing`.

    A picture in pixels cannot borrow the reader's fonts, and boxes in place of letters tell nothing.
    """
    known: set[int] = set()
    for family in mpl.rcParams["font.family"]:
        known |= _letters(family)
    return text if all(ord(letter) in known or letter.isspace() for letter in text) else otherwise or "?"


@cache
def _letters(family: str) -> frozenset[int]:
    """Return the characters of a font."""
    font = font_manager.get_font(font_manager.findfont(family))
    return frozenset(font.get_charmap())
