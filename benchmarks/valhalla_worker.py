"""Run by another interpreter, one that has pyvalhalla: builds tiles from an extract and routes pairs by truck.

Reads one JSON object from stdin (``pbf``, ``folder``, ``truck``, ``pairs`` of lon, lat, lon, lat) and writes a
list, one entry per pair: ``{"km", "s", "shape"}`` (an encoded polyline of six digits), or ``{"error"}``.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Answer the question on stdin."""
    asked = json.load(sys.stdin)
    valhalla = importlib.import_module("valhalla")
    folder = Path(asked["folder"])
    (folder / "tiles").mkdir(parents=True)
    config = valhalla.get_config(tile_extract="", tile_dir=str(folder / "tiles"), verbose=False)
    (folder / "valhalla.json").write_text(json.dumps(config), encoding="utf-8")
    builder = Path(str(valhalla.__file__)).parent / "bin" / "valhalla_build_tiles"
    build = [str(builder), "-c", str(folder / "valhalla.json"), asked["pbf"]]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    actor = valhalla.Actor(str(folder / "valhalla.json"))
    answers: list[dict[str, object]] = []
    for from_lon, from_lat, to_lon, to_lat in asked["pairs"]:
        request = {
            "locations": [{"lon": from_lon, "lat": from_lat}, {"lon": to_lon, "lat": to_lat}],
            "costing": "truck",
            "costing_options": {"truck": asked["truck"]},
        }
        try:
            trip = actor.route(request)["trip"]
        except (RuntimeError, ValueError) as error:  # ValhallaError is a RuntimeError
            answers.append({"error": str(error)})
            continue
        answers.append(
            {"km": trip["summary"]["length"], "s": trip["summary"]["time"], "shape": trip["legs"][0]["shape"]}
        )
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
