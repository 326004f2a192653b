"""Which supply could serve which demand as a picture: one SVG, no script, nothing fetched.

Rows are supplies, columns demands, both ordered by family and resource, so that what belongs together lies near
the diagonal. Each verdict has a symbol and a colour of its own (Okabe and Ito 2008); pointing at a cell tells why.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

from data.study import Study
from maps.numbers import number, plural
from maps.palette import BLUE, GREEN, ORANGE, VERMILLION

_CELL, _PAD, _LETTER, _HEADER = 26, 20, 7.3, 74
_LONGEST = 44  # letters of a label
_INK, _PALE, _LINE = "#222222", "#E4E4E4", "#8A8A8A"
_STYLE = (f"text{{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:{_INK};font-size:13px}}"
          ".of{fill:#555555}")  # fmt: skip
# Verdict: words of the legend, tint of the cell, symbol in a cell of 26 by 26 around its middle.
_MARKS = {
    "possible": ("possible", "#DCEBF6", f'<circle r="7.5" fill="{BLUE}"/>'),
    "conditional": (
        "possible on conditions: ask",
        "#FBF0DA",
        f'<path d="M0-9 9 0 0 9-9 0z" fill="{ORANGE}" stroke="#7A5400" stroke-width="1.2"/>',
    ),
    "technology": (
        "through a technology",
        "#D9F0E8",
        f'<path d="M0-8.5 9 7H-9z" fill="{GREEN}" stroke="#004D38" stroke-width="1.2"/>',
    ),
    "impossible": (
        "not possible",
        "#FFFFFF",
        f'<path d="M-5-5 5 5M5-5-5 5" fill="none" stroke="{VERMILLION}" stroke-width="2"/>',
    ),
}


def write_match_matrix(study: Study, pairs: pd.DataFrame, path: Path) -> None:
    """Write the matrix of a study's supplies and demands as an SVG.

    Parameters
    ----------
    study
        Streams, plants and resources.
    pairs
        ``supply``, ``demand`` (streams), ``verdict`` (possible, conditional, technology, impossible), ``reason``.
    path
        File to write.
    """
    path.write_text(match_matrix(study, pairs), encoding="utf-8")


def match_matrix(study: Study, pairs: pd.DataFrame) -> str:
    """Return the picture of :func:`write_match_matrix` as text."""
    rows, columns = (_ordered(study, direction) for direction in ("supply", "demand"))
    left = _PAD + _width(rows["label"]) + 8
    top = _HEADER + _PAD + int(_width(columns["label"]) * 0.87) + 14
    right, bottom = left + _CELL * len(columns), top + _CELL * len(rows)
    lean = int(_width(columns["label"]) * 0.5)  # of the last slanted label
    legend = list(_legend(pairs, bottom + 34))
    width, height = max(right + lean + _PAD, 840), bottom + 60 + 24 * (len(legend) > 4)
    title = f"{study.name}: what could serve what"
    facts = f"{plural(len(rows), 'supply', 'supplies')} in rows, {plural(len(columns), 'demand')} in columns"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label={quoteattr(title)}>',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#FFFFFF"/>',
        f'<text x="{_PAD}" y="34" style="font-size:20px;font-weight:600">{escape(title)}</text>',
        f'<text x="{_PAD}" y="58" class="of">{facts}, before any cost is looked at. An empty cell: nothing to do with '
        "each other.</text>",
        *_cells(pairs, rows, columns, (left, top)),
        *_grid(rows, columns, (left, top, right, bottom)),
        *_labels(rows, columns, (left, top)),
        *legend,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _ordered(study: Study, direction: str) -> pd.DataFrame:
    """Return one side's streams in the order of the picture: stream, family, resource, label, told."""
    streams = study.streams[study.streams["direction"] == direction]
    known, names = study.resources.set_index("resource"), study.plants.set_index("plant")["name"]
    table = streams.assign(family=streams["resource"].map(known["family"]), shown=streams["plant"].map(names))
    table["label"] = [_short(f"{resource} · {plant}")
                      for resource, plant in zip(table["resource"], table["plant"], strict=True)]  # fmt: skip
    table["told"] = [f"{row.resource} at {row.shown}, {number(row.quantity)} {row.unit}/year"
                     for row in table.itertuples(index=False)]  # fmt: skip
    return table.sort_values(["family", "resource", "plant", "stream"], kind="stable", ignore_index=True)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _width(labels: pd.Series) -> int:
    """Return about how wide the longest label is, pixels."""
    return int(max((len(label) for label in labels), default=0) * _LETTER)


def _cells(pairs: pd.DataFrame, rows: pd.DataFrame, columns: pd.DataFrame, corner: tuple[int, int]) -> Iterator[str]:
    across = dict(zip(columns["stream"], range(len(columns)), strict=True))
    down = dict(zip(rows["stream"], range(len(rows)), strict=True))
    for pair in pairs.itertuples(index=False):
        row, column = down[str(pair.supply)], across[str(pair.demand)]
        x, y = corner[0] + column * _CELL, corner[1] + row * _CELL
        words, tint, symbol = _MARKS[str(pair.verdict)]
        told = f"{rows['told'][row]} → {columns['told'][column]}\n{words}: {pair.reason}"
        yield (
            f'<g><title>{escape(told)}</title><rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{tint}"/>'
            f'<g transform="translate({x + _CELL / 2:g} {y + _CELL / 2:g})">{symbol}</g></g>'
        )


def _grid(rows: pd.DataFrame, columns: pd.DataFrame, box: tuple[int, int, int, int]) -> Iterator[str]:
    """Yield the lines between cells, darker where another family begins."""
    left, top, right, bottom = box
    for first, table, path in ((top, rows, "M{1} {0}H{2}"), (left, columns, "M{0} {1}V{2}")):
        ends = (left, right) if table is rows else (top, bottom)
        families = [*table["family"], ""]
        for place, family in enumerate(families):
            new = place in (0, len(table)) or family != families[place - 1]
            line = path.format(first + place * _CELL, *ends)
            yield f'<path d="{line}" fill="none" stroke="{_LINE if new else _PALE}"/>'


def _labels(rows: pd.DataFrame, columns: pd.DataFrame, corner: tuple[int, int]) -> Iterator[str]:
    left, top = corner
    for place, row in enumerate(rows.itertuples(index=False)):
        y = top + place * _CELL + _CELL / 2 + 4.5
        yield (f'<text x="{left - 8}" y="{y:g}" text-anchor="end">{_two_tone(str(row.label))}'
               f"<title>{escape(str(row.told))}</title></text>")  # fmt: skip
    for place, row in enumerate(columns.itertuples(index=False)):
        x = left + place * _CELL + _CELL / 2 + 3
        yield (f'<text transform="translate({x:g} {top - 8}) rotate(-60)">{_two_tone(str(row.label))}'
               f"<title>{escape(str(row.told))}</title></text>")  # fmt: skip


def _two_tone(label: str) -> str:
    """Return a label with its plant paler than its resource."""
    resource, dot, plant = label.partition(" · ")
    return f'{escape(resource)}<tspan class="of">{escape(dot + plant)}</tspan>'


def _legend(pairs: pd.DataFrame, y: int) -> Iterator[str]:
    counts, x = pairs["verdict"].value_counts(), float(_PAD + 10)
    for verdict, (words, _, symbol) in _MARKS.items():
        text = f"{words} ({counts.get(verdict, 0)})"
        yield f'<g transform="translate({x:g} {y - 5})">{symbol}</g><text x="{x + 16:g}" y="{y}">{text}</text>'
        x += 44 + len(text) * _LETTER
