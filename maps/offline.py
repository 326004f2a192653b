"""A Folium page as one file: every script, style sheet and image inlined from ``maps/assets``."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from importlib.resources import files

from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.template import Template

from data.errors import SymbioplanError

LEAFLET = "leaflet-1.9.4"
TILES = "https://tile.openstreetmap.org"  # asked only when the reader switches the background on

MODULES = (
    "shapes",
    "ways",
    "layers",
    "names",
    "view",
    "side",
    "panel",
    "measure",
    "tools",
    "start",
)  # in the order they need

# Folium keeps links by name, so scripts and styles must not share any.
SCRIPTS = (
    ("leaflet", f"{LEAFLET}/leaflet.js"),
    *((f"symbioplan_{name}", f"symbioplan/{name}.js") for name in MODULES),
)
STYLES = (
    ("leaflet_css", f"{LEAFLET}/leaflet.css"),
    *((f"symbioplan_{name}_css", f"symbioplan/{name}.css") for name in ("map", "boxes", "print")),
)

# The browser itself then refuses anything else, whatever a name in the study says.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    f"img-src data: {TILES}; base-uri 'none'; form-action 'none'"
)
_SOURCE_MAP = re.compile(r"^//[#@] sourceMappingURL=.*$", re.MULTILINE)
_CSS_URL = re.compile(r"""url\(\s*['"]?([^'")]+)['"]?\s*\)""")
_MEDIA = {".png": "image/png", ".svg": "image/svg+xml"}


class AssetError(SymbioplanError, LookupError):
    """A page refers to a script, style sheet or image that is not vendored."""


class Text(Element):
    """Text that goes into the page as it is.

    branca takes the text of an ordinary ``Element`` for a Jinja template, so ``{{`` in it would run.
    """

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class OfflineFigure(Figure):
    """A page whose links to assets are replaced by the assets themselves."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="en">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">\n'
        '<meta name="generator" content="symbioplan">\n'
        "<title>{{ this.title|e }}</title>\n"
        "{{ this.header.render(**kwargs) }}\n"
        "</head>\n"
        "<body>\n"
        "{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n"
        "</body>\n"
        "</html>\n"
    )
    policy = _POLICY

    def render(self, **kwargs: object) -> str:
        """Return the page; raise :class:`AssetError` when a link in it leads outside ``maps/assets``."""
        stable_ids(self)
        for child in list(self._children.values()):
            child.render(**kwargs)
        for name, element in list(self.header._children.items()):
            if isinstance(element, (JavascriptLink, CssLink)):
                self.header._children[name] = Text(inlined(element.url))
        return str(self._template.render(this=self, kwargs=kwargs))


def stable_ids(figure: Figure) -> None:
    """Give the elements numbers in place of random names, so that the same plan gives the same file."""
    queue: list[Element] = [figure]
    number = 0
    while queue:
        element = queue.pop(0)
        element._id = f"{number:04d}"
        number += 1
        queue += list(element._children.values())


def json_block(name: str, content: object) -> str:
    """Return data as an element that no browser runs; ``<`` is spelled so that nothing ends it early."""
    text = json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return f'<script type="application/json" id="{name}">{text.replace("<", chr(92) + "u003c")}</script>'


@cache
def inlined(asset: str) -> str:
    """Return the asset as a ``<script>`` or ``<style>`` element."""
    text = _read(asset).decode("utf-8")
    if asset.endswith(".js"):
        text = _SOURCE_MAP.sub("", text)
        if "</script" in text.lower():
            raise AssetError(f"{asset}: contains </script, which would end it early")
        return f"<script>{text}</script>"
    folder = asset.rpartition("/")[0]
    return f"<style>{_CSS_URL.sub(lambda match: _embedded(folder, match[1]), text)}</style>"


def _embedded(folder: str, url: str) -> str:
    """Return a CSS reference with the image itself; references within the page stay."""
    if url.startswith(("#", "data:")):
        return f"url({url})"
    media = _MEDIA.get("." + url.rpartition(".")[2])
    if media is None:
        raise AssetError(f"{folder}: refers to {url}, which is neither a PNG nor an SVG image")
    return f"url(data:{media};base64,{base64.b64encode(_read(f'{folder}/{url}')).decode('ascii')})"


def _read(asset: str) -> bytes:
    if "://" in asset or asset.startswith(("/", "..")):
        raise AssetError(f"{asset}: not vendored; only files under maps/assets may be used (see its README.md)")
    path = files("maps").joinpath("assets", *asset.split("/"))
    if not path.is_file():
        raise AssetError(f"{asset}: no such file under maps/assets")
    return path.read_bytes()
