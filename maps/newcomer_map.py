"""``newcomers.html``: what a newcomer adds at each place, on the same map as the plan, one file without a network."""

from __future__ import annotations

from pathlib import Path

from data.plan import Plan
from maps.features import INK, fill, mark, mark_svg
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
    return Facet(
        "value", newcomers.money, [Value(name, name, colour=colour) for name, colour in newcomers.classes.items()]
    )


def _cells(newcomers: Newcomers) -> Overlay:
    areas, facet = newcomers.areas, _facet(newcomers)
    own = [
        {"style": fill(colour, 0.55, weight=0.4), "facets": [at], **told}
        for colour, at, told in zip(areas["colour"], facet.numbers(areas["value_class"]), newcomers.popups(areas), strict=True)
    ]  # fmt: skip
    return Overlay("value", "Value of a newcomer", "Newcomer", [Part("areas", "area", areas.geometry, own)], facets=[facet],
                   note="At least so much does a newcomer add there, as the plan stands.")  # fmt: skip


def _places(newcomers: Newcomers) -> Overlay:
    layer, facet = newcomers.marked[::-1], _facet(newcomers)
    own = [
        {"style": mark("disc", 20, colour, edge=INK, width=2.4), "facets": [at], **told}
        for colour, at, told in zip(layer["colour"], facet.numbers(layer["value_class"]), newcomers.popups(layer), strict=True)
    ]  # fmt: skip
    top = next(iter(newcomers.classes.values()))
    label = "Places" if newcomers.cells.empty else "Best places"
    # Where there are no cells, the places carry the classes.
    return Overlay("places", label, "Newcomer", [Part("hubs", "mark", layer.geometry, own)],
                   swatch=mark_svg(mark("disc", 14, top, edge=INK, width=2)), facets=[facet])  # fmt: skip


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
    table, kinds, money = newcomers.table, newcomers.kinds, newcomers.money
    rows = table if len(kinds) == 1 else table.drop_duplicates("plant_type")
    ranked = [
        f"{number}. {newcomers.titles[row.plant_type] + ' at ' if len(kinds) > 1 else ''}{row.name}: {_worth(row.at_least, money)}"
        for number, row in enumerate(rows.head(_LISTED).itertuples(index=False), start=1)
    ]
    top = table.iloc[0]
    what = newcomers.titles[top["plant_type"]]
    best = f"{what} adds most at {top['name']}: {_worth(top['at_least'], money)}"
    nothing = f"{what if len(kinds) == 1 else 'No plant type'} adds nothing anywhere"
    count = plural(table["place"].nunique(), "place")
    return Headline(
        savings=(("Adds a year", f"{number(top['at_least'])} {newcomers.study.settings.currency}", what),) if top["at_least"] > 0 else (),
        status=f"{best if top['at_least'] > 0 else nothing}; {count} valued",
        checker="", checker_ok=True, indicators=(), counts="", reasons=(),
        notes=(*ranked, "Value: what the region and the newcomer save together in a year, against a newcomer that "
               "exchanges nothing. The plan stands; the newcomer's own ways are built and all flows are free again",
               *notes),
    )  # fmt: skip


def _worth(value: float, money: str) -> str:
    return f"at least {number(value)} {money}" if value > 0 else "nothing"
