"""Where to build: siting in south-west Indiana (terrain rasters) and in Baltimore (land use of a PBF extract).

    python docs/examples/where_to_build.py indiana TERRAIN_FOLDER --out out/indiana-sites
    python docs/examples/where_to_build.py baltimore ROADS_FOLDER --out out/baltimore-sites

The studies are those of ``indiana.py`` and ``real_roads.py`` with a ``[siting]`` section. Exclusions, criteria and
weights are invented: they show how rasters and OpenStreetMap's land use are asked, not where to build.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import indiana
import real_roads

import symbioplan
from symbioplan.cli_site import site_facts, write_sited

INDIANA = """
[siting]
cell_m = 250.0
margin_km = 8.0
candidates = ["hexagon"]
hexagon_m = 2000.0
spacing_m = 4000.0
max_sites = 15
min_area_ha = 50.0
judgements = [
    ["near plants", "near roads", 2], ["near plants", "near railway", 3],
    ["near plants", "near pipelines", 3], ["near plants", "flat", 4],
    ["near roads", "near railway", 2], ["near roads", "near pipelines", 2], ["near roads", "flat", 2],
    ["near railway", "near pipelines", 1], ["near railway", "flat", 1], ["near pipelines", "flat", 2],
]
exclude = [
    {name = "water, wetland and forest", on = "landcover", values = [11, 41, 42, 90, 95]},
    {name = "more than 200 people in a cell", on = "population", above = 200},
    {name = "federal land and 1 km around", on = "fed", within_m = 1000},
    {name = "300 m along rivers", on = "rivers", within_m = 300},
    {name = "steeper than 1 degree", on = "slope", above = 1.0},
]
criteria = [
    {name = "near plants", on = "plants", linear = {worst = 30000, best = 2000}},
    {name = "near roads", on = "roads", of = "distance", linear = {worst = 8000, best = 250}},
    {name = "near railway", on = "railroads", of = "distance", gaussian = {best = 500, spread = 4000}},
    {name = "near pipelines", on = "pipelines", of = "distance", points = [[500, 1.0], [3000, 0.6], [12000, 0.0]]},
    {name = "flat", on = "slope", unit = "degrees", steps = [[0.2, 1.0], [0.5, 0.6], [1.0, 0.2]]},
]
"""

BALTIMORE = """
[siting]
cell_m = 20.0
bbox = [-76.615, 39.240, -76.500, 39.315]
candidates = ["osm"]
spacing_m = 300.0
max_sites = 25
min_area_ha = 0.5
exclude = [
    {name = "homes and schools, 100 m around", on = "osm", within_m = 100, values = ["residential", "school"]},
    {name = "parks and water", on = "osm", values = ["park", "nature_reserve", "cemetery", "forest", "water", "basin"]},
]
criteria = [
    {name = "land use", weight = 3, on = "osm", classes = {brownfield = 1.0, industrial = 0.7, construction = 0.6}},
    {name = "near plants", weight = 4, on = "plants", linear = {worst = 4000, best = 200}},
    {name = "near main roads", weight = 2, on = "roads", linear = {worst = 2000, best = 50}, values = [
        "motorway", "trunk", "primary", "motorway_link", "trunk_link",
    ]},
    {name = "away from homes", weight = 2, on = "osm", of = "distance", linear = {worst = 100, best = 800}, values = [
        "residential",
    ]},
]
"""


def build(region: str, folder: Path, data: Path) -> Path:
    """Write the study of a region with its ``[siting]`` into ``folder``, and return it."""
    if region == "indiana":
        indiana.build(folder, data)
    else:
        real_roads.build_baltimore(folder, data / "baltimore.osm.pbf")
    with (folder / "study.toml").open("a", encoding="utf-8") as text:
        text.write(INDIANA if region == "indiana" else BALTIMORE)
    return folder


def main() -> None:
    """Build a study, find its sites and write the outputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("region", choices=("indiana", "baltimore"))
    parser.add_argument("data", type=Path, help="folder with the terrain layers or the road data")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    study = symbioplan.read_study(build(asked.region, asked.out.with_name(asked.out.name + "-study"), asked.data))
    sited = symbioplan.find_sites(study)
    write_sited(sited, site_facts(sited, study, 0.0), asked.out)
    shown = ["rank", "site", "name", "score", "area_m2", "rank_best", "rank_worst"]
    print(sited.study.sites[shown].to_string(index=False))
    print(sited.exclusions.to_string(index=False))
    print(f"map: {asked.out / 'siting.html'}")


if __name__ == "__main__":
    main()
