"""Downloading land use, against a server on this machine that answers as Overpass does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely

import siting
from data import read_study, write_study
from data.download_areas import download_osm_areas
from data.errors import InputError, OfflineError
from data.settings import Download
from tests.data.test_download import BOX, UTM, Server, asking, closed_port, server, way

__all__ = ["server"]  # a fixture

NASTY = "Yard <script>'\"=cmd()"


def square(first: int, west: float, south: float, size: float) -> list[dict[str, Any]]:
    corners = [(west, south), (west + size, south), (west + size, south + size), (west, south + size)]
    return [{"type": "node", "id": first + k, "lon": lon, "lat": lat} for k, (lon, lat) in enumerate(corners)]


def ring(number: int, first: int, **tags: str) -> dict[str, Any]:
    return way(number, [first, first + 1, first + 2, first + 3, first], **tags)


LAND = {
    "elements": [
        *square(1, 11.08, 55.655, 0.004), *square(11, 11.081, 55.656, 0.001), *square(21, 11.09, 55.655, 0.003),
        *square(31, 11.095, 55.66, 0.003), *square(41, 11.075, 55.662, 0.003),
        ring(100, 1), ring(101, 11),  # without tags: outline and hole of the relation
        ring(102, 21, landuse="brownfield", name=NASTY), ring(103, 31, natural="tree_row"),
        ring(104, 41, natural="wood"),
        way(105, [1, 2], landuse="industrial"),  # open: no area
        {"type": "node", "id": 99, "lon": 11.085, "lat": 55.66, "tags": {"landuse": "industrial"}},
        {
            "type": "relation", "id": 7, "tags": {"type": "multipolygon", "landuse": "industrial", "name": "Works"},
            "members": [{"type": "way", "ref": 100, "role": "outer"}, {"type": "way", "ref": 101, "role": "inner"}],
        },
    ]
}  # fmt: skip


def fetch(download: Download, folder: Path) -> Any:
    return download_osm_areas(download, folder, crs=UTM, where="siting.download")


def test_areas_have_one_kind_each_and_their_holes(server: Server, tmp_path: Path) -> None:
    server.roads = LAND
    areas = fetch(asking(server, bbox=BOX), tmp_path).set_index("osm")
    assert areas["kind"].to_dict() == {"r7": "industrial", "w102": "brownfield", "w104": "wood"}
    assert areas["name"].to_dict() == {"r7": "Works", "w102": NASTY, "w104": ""}
    assert areas.crs == UTM
    outer, hole = (shapely.area(one) for one in (areas.geometry["r7"].convex_hull, areas.geometry["r7"]))
    assert hole == pytest.approx(outer * 15 / 16, rel=1e-4)


def test_second_time_works_offline(server: Server, tmp_path: Path) -> None:
    server.roads = LAND
    request = asking(server, place="Havn")
    first = fetch(request, tmp_path)
    assert len(first) == 3
    server.shutdown()
    server.server_close()
    pd.testing.assert_frame_equal(fetch(request, tmp_path), first)
    with pytest.raises(OfflineError, match="land use could not be downloaded"):
        fetch(asking(server, bbox=(11.0, 55.6, 11.1, 55.7)), tmp_path)


def test_offline_says_what_to_do(server: Server, tmp_path: Path) -> None:
    for area in ({"bbox": BOX}, {"place": "Havn"}):
        with pytest.raises(OfflineError, match=r"cannot be reached.*\[siting\.layers\] osm"):
            fetch(asking(closed_port(), **area), tmp_path)
    server.roads = "<html>internal error</html>"
    with pytest.raises(OfflineError, match="answered with an error"):
        fetch(asking(server, bbox=BOX), tmp_path)
    server.roads = {"elements": []}
    with pytest.raises(InputError, match=r"siting\.download: found no land use"):
        fetch(asking(server, bbox=BOX), tmp_path)
    server.place = []
    with pytest.raises(InputError, match=r"siting\.download\.place: found 'Atlantis'"):
        fetch(asking(server, place="Atlantis"), tmp_path)


def test_a_study_finds_its_sites_on_downloaded_land(server: Server, template: Path, tmp_path: Path) -> None:
    server.roads = LAND
    with (template / "study.toml").open("a", encoding="utf-8") as text:
        text.write(
            "\n[siting]\nbbox = [11.07, 55.65, 11.10, 55.67]\ncandidates = ['osm']\ncell_m = 25.0\n"
            f"[siting.download]\nbbox = {list(BOX)}\noverpass_url = '{server.url}/api'\n"
            "[[siting.exclude]]\non = 'osm'\nvalues = ['wood']\n"
            "[[siting.criteria]]\nname = 'plants'\non = 'plants'\nlinear = {worst = 4000, best = 0}\n"
        )
    study = read_study(template)
    found = siting.find_sites(study).study.sites
    assert set(found["site"]) == {"osm_r7", "osm_w102"}
    assert dict(zip(found["site"], found["name"], strict=True))["osm_w102"] == NASTY
    # What was downloaded is written out, so that the copy needs no server.
    write_study(study, tmp_path / "copy")
    server.shutdown()
    server.server_close()
    copy = read_study(tmp_path / "copy")
    assert copy.settings.siting is not None
    assert copy.settings.siting.download is None
    assert len(copy.siting_layers["osm"]) == 3
    toml = (template / "study.toml").read_text(encoding="utf-8")
    (template / "study.toml").write_text(
        toml.replace("[siting.download]", "layers = {osm = 'a.osm'}\n[siting.download]")
    )
    with pytest.raises(InputError, match="both in a layer and to download"):
        read_study(template)
