"""Downloading roads, against a server on this machine that answers as Overpass and Nominatim do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmnx
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from data.download import download_road_edges
from data.errors import InputError, OfflineError
from data.settings import Download

UTM = CRS("EPSG:25832")
HIGHWAYS = pd.DataFrame({"highway": ["primary", "residential"], "truck_kmh": [68.0, 28.0], "rank": [3, 7]})
BOX = (11.07, 55.65, 11.10, 55.67)


def way(number: int, nodes: list[int], **tags: str) -> dict[str, Any]:
    return {"type": "way", "id": number, "nodes": nodes, "tags": tags}


ROADS = {
    "elements": [
        *(
            {"type": "node", "id": node, "lon": lon, "lat": lat}
            for node, lon, lat in [(1, 11.08, 55.66), (2, 11.082, 55.661), (3, 11.084, 55.66), (4, 11.086, 55.66),
                                   (5, 11.084, 55.662)]
        ),
        way(100, [1, 2, 3], highway="primary", maxspeed="60", name="Havnevej"),
        way(101, [3, 4], highway="primary", maxspeed="60", maxweight="7.5", hazmat="no"),
        way(102, [5, 3], highway="residential", oneway="yes", **{"maxspeed:hgv": "30", "maxspeed": "50"}),
    ]
}  # fmt: skip
PLACE = [
    {
        "place_id": 1, "osm_type": "relation", "osm_id": 2, "lat": "55.66", "lon": "11.08", "class": "boundary",
        "type": "administrative", "importance": 0.5, "name": "Havn", "display_name": "Havn", "place_rank": 12,
        "addresstype": "town", "boundingbox": ["55.65", "55.67", "11.07", "11.10"],
        "geojson": json.loads(shapely.to_geojson(shapely.box(*BOX))),
    }
]  # fmt: skip


class Server(ThreadingHTTPServer):
    """Counts what it is asked; ``roads`` and ``place`` are what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.roads: object = ROADS
        self.place: object = PLACE
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self, content: object, kind: str = "application/json") -> None:
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(500 if isinstance(content, str) and content.startswith("<") else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.asked.append(self.path.split("?")[0])
        if self.path.endswith("/status"):
            self._answer("Connected as: 1\nCurrent time: now\nAnnounced endpoint: none\nRate limit: 2\n"
                         "2 slots available now.\n", "text/plain")  # fmt: skip
        else:
            self._answer(self.server.place)

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.server.roads)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def asking(server: Server | str, **area: Any) -> Download:
    url = server if isinstance(server, str) else server.url
    return Download(overpass_url=f"{url}/api", nominatim_url=f"{url}/", **area)


def fetch(download: Download, folder: Path) -> gpd.GeoDataFrame:
    return download_road_edges(download, folder, crs=UTM, highways=HIGHWAYS)


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_truck_tags_survive_and_limits_do_not_merge(server: Server, tmp_path: Path) -> None:
    edges = fetch(asking(server, bbox=BOX), tmp_path).set_index(["u", "v"])
    assert set(edges.index) == {("1", "3"), ("3", "4"), ("5", "3")}
    assert edges["oneway"].tolist() == [False, False, True]
    assert edges["maxweight_t"].dropna().to_dict() == {("3", "4"): 7.5}
    assert edges.loc[("3", "4"), "hazmat"] == "no"
    assert edges["maxspeed_kmh"].to_dict() == {("1", "3"): 60, ("3", "4"): 60, ("5", "3"): 30}
    assert shapely.get_num_coordinates(edges.loc[("1", "3"), "geometry"]) == 3
    assert edges.crs == UTM


def test_second_time_works_offline(server: Server, tmp_path: Path) -> None:
    request = asking(server, place="Havn")
    first = fetch(request, tmp_path)
    assert server.asked == ["/search", "/api/status", "/api/status", "/api/interpreter"]
    server.shutdown()
    server.server_close()
    pd.testing.assert_frame_equal(fetch(request, tmp_path), first)
    assert len(server.asked) == 4
    with pytest.raises(OfflineError):
        fetch(asking(server, place="Elsewhere"), tmp_path)


def test_a_broken_cache_file_is_fetched_again(server: Server, tmp_path: Path) -> None:
    request = asking(server, bbox=BOX)
    fetch(request, tmp_path)
    [stored] = (tmp_path / "cache").glob("roads-*.parquet")
    stored.write_bytes(b"PAR1")
    assert len(fetch(request, tmp_path)) == 3
    assert len(gpd.read_parquet(stored)) > 0


def test_polygon_from_a_layer(server: Server, tmp_path: Path) -> None:
    area = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(*BOX)], crs="EPSG:4326").to_crs(UTM)
    area.to_file(tmp_path / "area.gpkg")
    assert len(fetch(asking(server, polygon="area.gpkg"), tmp_path)) == 3
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=UTM).to_file(tmp_path / "point.gpkg")
    with pytest.raises(InputError, match=r"point\.gpkg, row 1, column geometry: found no polygon"):
        fetch(asking(server, polygon="point.gpkg"), tmp_path)


@pytest.mark.parametrize("area", [{"bbox": BOX}, {"place": "Havn"}])
def test_offline_says_what_to_do(tmp_path: Path, area: dict[str, Any]) -> None:
    url = closed_port()
    with pytest.raises(OfflineError) as caught:
        fetch(asking(url, **area), tmp_path)
    text = str(caught.value)
    assert url.removeprefix("http://") in text
    assert "Connect to the internet once" in text
    assert "[layers] roads" in text
    assert isinstance(caught.value, ConnectionError)


def test_a_server_that_fails(server: Server, tmp_path: Path) -> None:
    server.roads = "<html>internal error</html>"
    with pytest.raises(OfflineError, match="answered with an error"):
        fetch(asking(server, bbox=BOX), tmp_path)


def test_unknown_place_and_empty_area(server: Server, tmp_path: Path) -> None:
    server.place = []
    with pytest.raises(InputError, match=r"download\.place: found 'Atlantis'"):
        fetch(asking(server, place="Atlantis"), tmp_path)
    server.roads = {"elements": []}
    with pytest.raises(InputError, match="expected an area in which OpenStreetMap has roads"):
        fetch(asking(server, bbox=BOX), tmp_path)


def test_osmnx_is_left_as_it_was(server: Server, tmp_path: Path) -> None:
    before = {name: value for name, value in vars(osmnx.settings).items() if not name.startswith("_")}
    resolver = socket.getaddrinfo
    fetch(asking(server, bbox=BOX), tmp_path)
    with pytest.raises(OfflineError):
        fetch(asking(closed_port(), bbox=BOX), tmp_path)
    assert {name: vars(osmnx.settings)[name] for name in before} == before
    assert socket.getaddrinfo is resolver
