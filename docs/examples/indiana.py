"""Shared corridors over the nine terrain layers of CostMAP's test area in south-west Indiana.

    python docs/examples/indiana.py TERRAIN_FOLDER --out out/indiana

``TERRAIN_FOLDER`` is the folder with ``costmap_slope.asc`` and the others, in degrees (WGS 84), which ASCII grids
cannot say. Plants and streams are invented, as are the factors; slope is taken to be in degrees. The example shows how
rasters of different resolution become one cost surface, not what this place should do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import symbioplan

_TOML = """name = "South-west Indiana: shared CO2 and water corridors"
crs = "EPSG:32616"
currency = "EUR"
sources = ["Terrain: CostMAP test layers", "Plants, streams and factors: invented"]

[layers]
plants = "plants.csv"
streams = "streams.csv"

[pipelines]
cell_m = 250.0
max_distance_km = 60.0
margin_km = 8.0

[solver]
gap = 0.005
time_limit_s = 120.0
"""
_RULES = {
    "slope": "points = [[0.0, 1.0], [1.0, 2.0]]",
    "landcover": 'classes = {"11" = "forbidden", "21" = 2.0, "22" = 3.0, "23" = 5.0, "24" = 8.0, "41" = 1.4}',
    "population": "steps = [[50, 1.0], [200, 1.5], [500, 3.0]]\nforbidden_above = 1500.0",
    "fed": 'distance = {within_m = 1500.0, factor = 3.0, decay = "linear"}',
    "pipelines": "discount = 0.75",
    "roads": "values = [1]\ncrossing_cost = 15000.0",
    "railroads": "crossing_cost = 60000.0",
    "rivers": "crossing_cost = 250000.0",
    # North slopes freeze longer: a token factor, so that all nine layers take part.
    "aspect": "points = [[0.0, 1.05], [180.0, 1.0], [360.0, 1.05]]",
}
PLANTS = """plant,name,sector,lon,lat,note,source
power,Power station,energy,-87.77,38.35,,invented
ethanol,Ethanol works,food,-87.60,38.45,,invented
cement,Cement works,cement,-87.95,38.28,,invented
refinery,Refinery,petrochemicals,-87.86,38.02,,invented
green,Glasshouses,agriculture,-87.58,38.20,,invented
soda,Soda works,chemicals,-87.72,38.12,,invented
chem,Chemical works,chemicals,-87.50,38.33,,invented
treat,Water works,water,-87.90,38.42,,invented
"""
STREAMS = """plant,resource,direction,quantity,unit,note,source
power,co2_gas,supply,200,kt,,invented
ethanol,co2_gas,supply,90,kt,,invented
cement,co2_gas,supply,120,kt,,invented
green,co2_gas,demand,60,kt,,invented
soda,co2_gas,demand,150,kt,,invented
chem,co2_gas,demand,80,kt,,invented
treat,raw_water,supply,3000000,m3,,invented
refinery,raw_water,demand,1500000,m3,,invented
cement,raw_water,demand,800000,m3,,invented
"""


def build(folder: Path, terrain: Path) -> Path:
    """Write the study into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plants.csv").write_text(PLANTS, encoding="utf-8")
    (folder / "streams.csv").write_text(STREAMS, encoding="utf-8")
    tables = [
        f'\n[[terrain]]\nname = "{name}"\npath = "{(terrain / f"costmap_{name}.asc").resolve().as_posix()}"\n'
        f'crs = "EPSG:4326"\n{rule}\n'
        for name, rule in _RULES.items()
    ]
    (folder / "study.toml").write_text(_TOML + "".join(tables), encoding="utf-8")
    return folder


def main() -> None:
    """Build the study, plan it and write the outputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("terrain", type=Path, help="folder with the nine layers")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    study = build(asked.out.with_name(asked.out.name + "-study"), asked.terrain)
    result = symbioplan.plan(symbioplan.read_study(study), progress=print)
    symbioplan.write_result(result, asked.out)
    table = result.candidates.network.attributes
    print(table[["corridor", "weighted_length_m", "crossings_by_kind"]].to_string(index=False))
    shown = ["from_node", "to_node", "resource", "mode", "quantity", "unit"]
    print(result.plan.exchanges[shown].to_string(index=False))
    print(f"map: {asked.out / 'map.html'}")


if __name__ == "__main__":
    main()
