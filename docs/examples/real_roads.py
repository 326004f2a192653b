"""Two studies on real OpenStreetMap roads: Ube in Japan (edge layer) and Baltimore (PBF extract).

    python docs/examples/real_roads.py ube ROADS_FOLDER --plants yamaguchi_plants.csv --out out/ube
    python docs/examples/real_roads.py baltimore ROADS_FOLDER --out out/baltimore

``ROADS_FOLDER`` holds ``ube_roads.parquet`` or ``baltimore.osm.pbf``. The plants of Ube are real sites at
approximate positions; those of Baltimore are invented, as are all streams. Water is schematic. The examples
show the software on real roads, not what these places should do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

import symbioplan

_TOML = """name = "{name}"
crs = "{crs}"
currency = "EUR"
sources = ["Roads: OpenStreetMap contributors, Open Database Licence (ODbL)", "Streams: invented"]

[layers]
plants = "plants.csv"
streams = "streams.csv"
roads = "{roads}"
zones = "zones.geojson"
crossings = "crossings.geojson"

[pipelines]
cell_m = 50.0

[solver]
gap = 0.001
"""

UBE_SECTORS = {
    "ube_chem": "chemicals",
    "ube_cement": "cement",
    "ube_material": "lime",
    "central_glass": "glass",
    "titan": "chemicals",
    "kyowa_kirin": "pharmaceuticals",
    "taiyo": "petrochemicals",
}
UBE_SEA = [
    (131.19, 33.915),
    (131.19, 33.938),
    (131.208, 33.938),
    (131.216, 33.934),
    (131.228, 33.928),
    (131.245, 33.925),
]
UBE_SEA += [(131.26, 33.93), (131.30, 33.935), (131.33, 33.93), (131.33, 33.915)]
KOTO_RIVER = [(131.222, 33.932), (131.223, 33.945), (131.226, 33.957), (131.224, 33.970), (131.222, 33.990)]
UBE_STREAMS = """plant,resource,direction,quantity,unit,note,source
titan,gypsum,supply,40,kt,Neutralisation gypsum of the sulphate process,assumption
ube_chem,gypsum,supply,25,kt,,assumption
ube_cement,gypsum,demand,60,kt,Set regulator of cement,assumption
ube_chem,sewage_sludge,supply,8,kt,Sludge of its own treatment,assumption
ube_cement,sewage_sludge,demand,30,kt,Raw material and fuel of the kiln,assumption
central_glass,waste_glass,supply,6,kt,,assumption
ube_material,waste_glass,demand,2,kt,,assumption
ube_cement,waste_glass,demand,3,kt,,assumption
kyowa_kirin,spent_solvent,supply,1500,t,,assumption
ube_cement,spent_solvent,demand,5000,t,Kiln fuel,assumption
ube_chem,steam_10bar,supply,25,t/h,Heat left from ammonia making,assumption
titan,steam_10bar,demand,12,t/h,,assumption
taiyo,steam_10bar,demand,8,t/h,,assumption
ube_chem,co2_gas,supply,120,kt,From the ammonia plant,assumption
ube_material,co2_gas,demand,40,kt,Carbonation,assumption
"""

BALTIMORE_PLANTS = """plant,name,sector,lon,lat,note,source
sugar,Sugar refinery,food,-76.5960,39.2745,,invented
heat,Waste-to-energy plant,energy,-76.5985,39.2700,,invented
chem,Chemical works,chemicals,-76.5680,39.2650,,invented
gypsum,Wallboard maker,building materials,-76.5480,39.2660,,invented
port,Port terminal and cold store,logistics,-76.5450,39.2520,,invented
brew,Brewery,food,-76.5650,39.2790,,invented
"""
BALTIMORE_STREAMS = """plant,resource,direction,quantity,unit,note,source
heat,steam_15bar,supply,60,t/h,,invented
sugar,steam_15bar,demand,35,t/h,,invented
chem,steam_10bar,demand,15,t/h,Served by the better grade,invented
heat,incinerator_bottom_ash,supply,90,kt,,invented
gypsum,incinerator_bottom_ash,demand,20,kt,,invented
chem,phosphogypsum,supply,50,kt,,invented
gypsum,phosphogypsum,demand,45,kt,,invented
brew,food_waste,supply,9,kt,,invented
sugar,food_waste,supply,5,kt,,invented
port,food_waste,demand,20,kt,Digester,invented
chem,spent_solvent,supply,2,kt,Dangerous goods may not pass the harbour tunnels,invented
heat,spent_solvent,demand,3,kt,,invented
"""
HARBOUR = [(-76.612, 39.285), (-76.600, 39.281), (-76.590, 39.281), (-76.582, 39.278), (-76.577, 39.270)]
HARBOUR += [(-76.574, 39.262), (-76.566, 39.257), (-76.558, 39.255), (-76.554, 39.240), (-76.590, 39.240)]
HARBOUR += [(-76.590, 39.2575), (-76.5815, 39.2625), (-76.587, 39.2705), (-76.5945, 39.2762), (-76.604, 39.2795)]
HARBOUR += [(-76.612, 39.2825)]
HARBOUR_TUNNEL_ROAD = [(-76.5630, 39.2900), (-76.5590, 39.2750), (-76.5560, 39.2600)]


def _layer(file: Path, geometry: shapely.Geometry, **values: str) -> None:
    gpd.GeoDataFrame([values], geometry=[geometry], crs="EPSG:4326").to_file(file)


def build_ube(folder: Path, roads: Path, plants: Path) -> Path:
    """Write the Ube study into ``folder`` from the road layer and the table of plants, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.read_csv(plants)
    table = table[table["id"].isin(UBE_SECTORS)].rename(columns={"id": "plant"})
    table["sector"] = table["plant"].map(UBE_SECTORS)
    table["note"] = table["products"] + "; position within " + table["precision_m"].astype(str) + " m"
    table[["plant", "name", "sector", "lon", "lat", "note", "source"]].to_csv(folder / "plants.csv", index=False)
    (folder / "streams.csv").write_text(UBE_STREAMS, encoding="utf-8")
    _layer(folder / "zones.geojson", shapely.Polygon(UBE_SEA), kind="sea", name="Seto Inland Sea (schematic)")
    _layer(folder / "crossings.geojson", shapely.LineString(KOTO_RIVER), kind="river", name="Koto river (schematic)")
    toml = _TOML.format(name="Ube on OpenStreetMap roads", crs="EPSG:6671", roads=roads.resolve().as_posix())
    (folder / "study.toml").write_text(toml, encoding="utf-8")
    return folder


def build_baltimore(folder: Path, roads: Path) -> Path:
    """Write the Baltimore study into ``folder`` from the PBF extract, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plants.csv").write_text(BALTIMORE_PLANTS, encoding="utf-8")
    (folder / "streams.csv").write_text(BALTIMORE_STREAMS, encoding="utf-8")
    _layer(folder / "zones.geojson", shapely.Polygon(HARBOUR), kind="sea", name="Baltimore harbour (schematic)")
    road = shapely.LineString(HARBOUR_TUNNEL_ROAD)
    _layer(folder / "crossings.geojson", road, kind="motorway", name="Harbour tunnel approach (schematic)")
    toml = _TOML.format(name="Baltimore on OpenStreetMap roads", crs="EPSG:32618", roads=roads.resolve().as_posix())
    (folder / "study.toml").write_text(toml, encoding="utf-8")
    return folder


def main() -> None:
    """Build one of the studies, plan it and write the outputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("region", choices=("ube", "baltimore"))
    parser.add_argument("roads", type=Path, help="folder with the road data")
    parser.add_argument("--plants", type=Path, help="table of plants, for Ube")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    study = asked.out.with_name(asked.out.name + "-study")
    if asked.region == "ube":
        if asked.plants is None:
            parser.error("ube needs --plants")
        build_ube(study, asked.roads / "ube_roads.parquet", asked.plants)
    else:
        build_baltimore(study, asked.roads / "baltimore.osm.pbf")
    result = symbioplan.plan(symbioplan.read_study(study), progress=print)
    symbioplan.write_result(result, asked.out)
    print(
        result.plan.exchanges[["from_node", "to_node", "resource", "mode", "quantity", "unit"]].to_string(index=False)
    )
    print(f"map: {asked.out / 'map.html'}")


if __name__ == "__main__":
    main()
