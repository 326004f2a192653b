"""``newcomers.html``: what a newcomer adds at each place, on the same map as the plan, one file without a network."""

from __future__ import annotations

from pathlib import Path

from data.plan import Plan
from maps.features import INK, PAPER, fill, mark, mark_svg
from maps.headline import Headline
from maps.newcomer_layers import Newcomers
from maps.numbers import number, plural
from maps.overlays import by_resource, cased
from maps.page_data import PageData
from maps.popups import popup
from maps.scene import Scene
from maps.sheets import Facet, Overlay, Part, Value
from maps.webmap import render_page

_LISTED = 8
_SHOWN = 4  # plant types above the fold
_LINE_MM = 0.9


def write_newcomer_map(newcomers: Newcomers, plan: Plan, path: Path, *, notes: tuple[str, ...] = ()) -> None:
    """Write the page; the plan that stands is on it, its exchanges waiting to be switched on.

    Raises
    ------
    maps.offline.AssetError
        When the page would need a file that is not vendored.
    """
    more = tuple(newcomers.exchanges["resource"].unique())
    scene = Scene(newcomers.study, plan, more)
    overlays = (_places(newcomers), _lines(newcomers, scene), _cells(newcomers))
    data = PageData(newcomers.study, plan, first=overlays)
    page = render_page(data, _head(newcomers, notes), title=f"{newcomers.study.name}: newcomers")
    path.write_text(page, encoding="utf-8", errors="replace")


def _facet(newcomers: Newcomers) -> Facet:
    used = {*newcomers.places["value_class"]}
    classes = [Value(name, name, colour=colour) for name, colour in newcomers.classes.items() if name in used]
    return Facet("value", "class", classes)


def _cells(newcomers: Newcomers) -> Overlay:
    areas, facet = newcomers.areas, _facet(newcomers)
    own = [
        {"style": fill(colour, 0.55, weight=0.4), "facets": [at], **told}
        for colour, at, told in zip(areas["colour"], facet.numbers(areas["value_class"]), newcomers.popups(areas),
                                    strict=True)
    ]  # fmt: skip
    parts = [Part("areas", "area", areas.geometry, own)]
    return Overlay("value", f"Adds at least, {newcomers.money}", "Newcomer", parts, facets=[facet],
                   note="At least so much does a newcomer add there, as the plan stands.")  # fmt: skip


def _places(newcomers: Newcomers) -> Overlay:
    """Return the marked places: of a grid white over its colours, of sites in the colours of their classes."""
    layer, told = newcomers.marked[::-1], newcomers.popups(newcomers.marked[::-1])
    if len(newcomers.cells):
        style = mark("disc", 17, PAPER, edge=INK, width=3)
        parts = [Part("hubs", "mark", layer.geometry, [{"style": style, **popup} for popup in told])]
        return Overlay("places", "Best places", "Newcomer", parts, swatch=mark_svg(style))
    facet = _facet(newcomers)
    own = [
        {"style": mark("disc", 22, colour, edge=PAPER, width=2.5), "facets": [at], **popup}
        for colour, at, popup in zip(layer["colour"], facet.numbers(layer["value_class"]), told, strict=True)
    ]
    sign = mark_svg(mark("disc", 14, next(iter(newcomers.classes.values())), edge=PAPER, width=1))
    return Overlay("places", f"Adds at least, {newcomers.money}", "Newcomer",
                   [Part("hubs", "mark", layer.geometry, own)], swatch=sign, facets=[facet])  # fmt: skip


def _lines(newcomers: Newcomers, scene: Scene) -> Overlay:
    layer = newcomers.shown_lines
    facet = by_resource(scene, [layer["resource"]])
    drawn = layer.assign(draw_width_mm=_LINE_MM, colour=[scene.colours[name] for name in layer["resource"]])
    names = scene.resource_names
    own = [
        {"facets": [at], **popup(
            f"{names.get(row.resource, row.resource)}: {row.from_name} → {row.to_name}",
            ("Quantity", f"{number(row.quantity)} {row.unit}"),
            ("Travels by", row.mode.replace("_", " ")),
            ("Line", "straight: from whom to whom, not the way"),
        )}
        for at, row in zip(facet.numbers(layer["resource"]), layer.itertuples(index=False), strict=True)
    ]  # fmt: skip
    what = "of the best place" if len(newcomers.kinds) == 1 else "of each type's best place"
    return Overlay("joined", f"Exchanges {what}", "Newcomer", [cased(drawn, "exchanges", own)], facets=[facet])


def _head(newcomers: Newcomers, notes: tuple[str, ...]) -> Headline:
    """Return what stands beside the map: the best places or types, and what the numbers mean."""
    table, titles, money = newcomers.table, newcomers.titles, newcomers.money
    several = len(newcomers.kinds) > 1
    rows = (table.drop_duplicates("plant_type") if several else table).head(_LISTED)
    ranked = [
        f"{place}. {titles[row.plant_type] + ', ' if several else ''}{row.name}: {_worth(row.at_least, money)}"
        for place, row in enumerate(rows.itertuples(index=False), start=1)
    ]
    top = table.iloc[0]
    what, count = titles[top["plant_type"]], plural(table["place"].nunique(), "place")
    status = f"{what if not several else 'No plant type'} adds nothing anywhere; {count} valued"
    if top["at_least"] > 0:
        status = f"{what} adds most {_at(top['name'])}; {count} valued"
    adding = rows[rows["at_least"] > 0].head(_SHOWN if several else 1)
    worth = tuple((titles[row.plant_type] if several else "Adds at least", f"{number(row.at_least)} {money}", "")
                  for row in adding.itertuples(index=False))  # fmt: skip
    said = "Value: what the region and the newcomer save together in a year, against one that exchanges nothing. "
    said += "The plan stands; only the newcomer's own ways are built, and all flows are free again"
    return Headline(savings=worth, status=status, checker="", checker_ok=True, indicators=(), counts="", reasons=(),
                    notes=(*ranked, said, *notes))  # fmt: skip


def _at(name: str) -> str:
    """Return a place's name after "adds most": those of cells begin with a distance."""
    return name if name[:1].isdigit() else f"at {name}"


def _worth(value: float, money: str) -> str:
    return f"at least {number(value)} {money}" if value > 0 else "nothing"
