import hashlib
import re
from importlib.resources import files

import folium
import pytest
from branca.element import Figure, JavascriptLink

from maps.offline import LEAFLET, AssetError, OfflineFigure, Text, inlined


def test_leaflet_is_the_file_of_the_npm_package():
    folder = files("maps").joinpath("assets", LEAFLET)
    digests = {
        "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
        "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    }
    for name, digest in digests.items():
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest
    assert "Redistribution and use" in folder.joinpath("LICENSE").read_text()


def test_images_of_a_style_sheet_are_embedded():
    css = inlined(f"{LEAFLET}/leaflet.css")
    assert set(re.findall(r"url\(([^)]{0,14})", css)) == {"#default#VML", "data:image/png"}


@pytest.mark.parametrize(
    "url", ["https://cdn.example/x.js", "jquery-3.7.1/jquery.js", "../__init__.py", "/etc/passwd.js"]
)
def test_what_is_not_vendored_is_refused(url):
    with pytest.raises(AssetError):
        inlined(url)


def test_a_plain_folium_map_is_refused_because_it_needs_the_network():
    figure = OfflineFigure(title="x")
    figure.add_child(folium.Map(location=[0, 0], tiles=None))
    with pytest.raises(AssetError, match=r"leaflet.*not vendored"):
        figure.render()


def test_a_script_added_to_the_header_is_refused():
    figure = OfflineFigure(title="x")
    figure.header.add_child(JavascriptLink("https://cdn.example/plugin.js"), name="plugin")
    with pytest.raises(AssetError, match=r"plugin\.js"):
        figure.render()


def test_text_is_not_a_template():
    figure = Figure()
    figure.html.add_child(Text("{{ 6 * 7 }} {% raw %}"), name="t")
    assert "{{ 6 * 7 }} {% raw %}" in figure.render()


def test_title_is_escaped():
    assert "<title>&lt;b&gt;{{ 1 }}</title>" in OfflineFigure(title="<b>{{ 1 }}").render()
