import itertools

import pytest

from maps.palette import PALETTE, SHAPES, resource_colours, sector_symbols


def test_colours_do_not_depend_on_the_order_of_resources():
    names = [f"r{i}" for i in range(30)]
    assert resource_colours(names, {}) == resource_colours(reversed(names), {})


@pytest.mark.parametrize("count", [1, 16, 17, 64])
def test_every_resource_has_a_colour_of_its_own(count):
    phases = dict(zip((f"r{i}" for i in range(count)), itertools.cycle(["liquid", "gas", "solid"])))
    colours = resource_colours([f"r{i}" for i in range(count)], phases)
    assert len(set(colours.values())) == count
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours.values())


def test_water_is_blue_and_steam_is_warm():
    assert resource_colours(["steam", "water"], {"steam": "steam", "water": "liquid"}) == {
        "steam": "#D55E00",
        "water": "#0072B2",
    }


def test_palette_stays_apart_on_a_light_map():
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert len(set(PALETTE)) == len(PALETTE)
    ground = luminance("#f5f3ec")
    assert all((ground + 0.05) / (luminance(colour) + 0.05) > 1.9 for colour in PALETTE)


def test_sectors_differ_in_shape_or_fill():
    symbols = sector_symbols([f"sector {i}" for i in range(24)])
    assert len({(symbol.shape, symbol.fill) for symbol in symbols.values()}) == 24
    assert all(symbol.path == SHAPES[symbol.shape] for symbol in symbols.values())
