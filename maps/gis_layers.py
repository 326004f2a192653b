"""What the GIS layers are: geometry, title, abstract and place of each, and which of them an output holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import pandas as pd
import shapely

from data.contracts import contract
from data.study import Study
from maps import background, layers
from maps.scene import Scene, mapped
from maps.siting_layers import has_siting
from maps.siting_layers import sites as ranked_sites

PLACES, DECIDED, OFFERED, SITED, GROUND, TABLES = "Places", "Plan", "Candidates", "Siting", "Ground", "Tables"
GROUPS = (PLACES, DECIDED, OFFERED, SITED, GROUND, TABLES)


@dataclass(frozen=True)
class Kind:
    """What every layer of one name has in common.

    ``geometry`` is empty for a table; ``contract`` names the family and table that its columns come from.
    """

    group: str
    geometry: str
    title: str
    abstract: str
    contract: tuple[str, str] | None = None

    @property
    def shape(self) -> str:
        """Return ``Point``, ``LineString``, ``Polygon`` or nothing."""
        return self.geometry.removeprefix("Multi")


# Top to bottom, as they are drawn.
KINDS: Mapping[str, Kind] = {
    "plants": Kind(PLACES, "Point", "Plants", "Who takes part, with what each gives and wants.", ("study", "plants")),
    "sites": Kind(PLACES, "Point", "Candidate sites", "Where a shared hub could stand.", ("study", "sites")),
    "hubs": Kind(DECIDED, "Point", "Shared hubs", "Hubs that are built.", ("plan", "built_hubs")),
    "unplaced": Kind(
        DECIDED, "Point", "Supply left over", "What no exchange takes, at its plant.", ("plan", "unplaced")
    ),
    "unserved": Kind(
        DECIDED, "Point", "Demand bought new", "What no exchange serves, at its plant.", ("plan", "unserved")
    ),
    "exchanges": Kind(
        DECIDED,
        "LineString",
        "Exchanges",
        "Who gives what to whom: an arc from giver to taker, not its way on the ground. One within a plant is a ring.",
        ("plan", "exchanges"),
    ),
    "coarse_stretches": Kind(
        DECIDED,
        "MultiLineString",
        "Truck routes on coarse roads",
        "The stretches of truck routes on coarse roads of the world: way and distance are estimates.",
        ("plan", "hauls"),
    ),
    "truck_routes": Kind(
        DECIDED, "MultiLineString", "Truck routes", "What is hauled along which roads, one way.", ("plan", "hauls")
    ),
    "pipelines": Kind(
        DECIDED,
        "MultiLineString",
        "Pipelines",
        "One line per pipe and section; pipes that share a trench lie on each other and are drawn side by side.",
        ("plan", "built_pipes"),
    ),
    "alternative_routes": Kind(DECIDED, "MultiLineString", "Truck routes to compare", "The best route has rank 1."),
    "service_roads": Kind(DECIDED, "MultiLineString", "Roads within reach", "Roads by the band that they lie in."),
    "service_bands": Kind(DECIDED, "MultiPolygon", "Area within reach", "Land near the roads of each band."),
    "candidate_coarse": Kind(
        OFFERED,
        "MultiLineString",
        "Possible truck routes on coarse roads",
        "The stretches of possible truck routes on coarse roads of the world: way and distance are estimates.",
        ("problem", "routes"),
    ),
    "candidate_routes": Kind(
        OFFERED, "MultiLineString", "Possible truck routes", "Where trucks could drive.", ("problem", "routes")
    ),
    "candidate_corridors": Kind(
        OFFERED, "MultiLineString", "Possible corridors", "Where pipes could lie.", ("problem", "corridors")
    ),
    "site_points": Kind(
        SITED, "Point", "Ranked sites", "A point in each site that siting found or judged.", ("study", "sites")
    ),
    "site_areas": Kind(
        SITED, "MultiPolygon", "Ranked sites as areas", "The same where a site is an area.", ("study", "sites")
    ),
    "existing_pipelines": Kind(
        GROUND, "MultiLineString", "Pipelines already there", "Pipes that stood before.", ("study", "pipelines")
    ),
    "crossings": Kind(GROUND, "MultiLineString", "Crossings", "Lines that cost to cross.", ("study", "crossings")),
    "roads": Kind(GROUND, "MultiLineString", "Roads", "Roads merged by rank, simplified for drawing."),
    "outlines": Kind(GROUND, "MultiPolygon", "Outlines", "Premises of plants and candidate sites given as areas."),
    "zones": Kind(GROUND, "MultiPolygon", "Land", "Where pipes are forbidden or cost more.", ("study", "zones")),
    "streams": Kind(TABLES, "", "Supplies and demands", "What each plant gives and wants.", ("study", "streams")),
    "indicators": Kind(
        TABLES, "", "Indicators", "The plan beside the baseline, in which nothing is exchanged.", ("plan", "indicators")
    ),
    "costs": Kind(TABLES, "", "Costs", "The cost of the plan by its parts.", ("plan", "costs")),
    "site_scores": Kind(
        TABLES, "", "Scores of sites", "What each criterion of siting adds to each site.", ("study", "site_scores")
    ),
    "unreachable_by_class": Kind(
        TABLES,
        "",
        "Plants that vehicles cannot reach",
        "Which vehicle classes cannot reach which plants, and why.",
        ("plan", "unreachable_by_class"),
    ),
}

Frames = dict[str, gpd.GeoDataFrame | pd.DataFrame]


@cache
def descriptions(kind: Kind) -> Mapping[str, str]:
    """Return what each column of a layer means, as far as a contract says so."""
    source = kind.contract
    if source is None:
        return {}
    columns = contract(source[0])[source[1]]
    return {column.name: column.description for column in columns.values()}


def plan_frames(scene: Scene) -> Frames:
    """Return every layer and table of a plan, empty ones too, top to bottom."""
    plan = scene.plan
    routes = layers.truck_routes(scene)
    frames: Frames = {
        "plants": layers.plants(scene),
        "hubs": layers.hubs(scene),
        "unplaced": layers.left_over(scene, "unplaced"),
        "unserved": layers.left_over(scene, "unserved"),
        "exchanges": layers.exchanges(scene),
        "pipelines": layers.pipelines(scene),
        "truck_routes": routes,
        "coarse_stretches": layers.coarse_parts(scene, routes)[1],
        **siting_frames(scene.study),
        **_ground(scene),
        "streams": scene.study.streams,
        "indicators": plan.indicators,
        "costs": plan.costs,
        "unreachable_by_class": plan.unreachable_by_class,
    }
    return {name: frames[name] for name in KINDS if name in frames}


def candidate_frames(
    scene: Scene,
    corridors: pd.DataFrame,
    routes: pd.DataFrame,
    pipes: pd.DataFrame,
    unreachable_by_class: pd.DataFrame | None,
) -> Frames:
    """Return every layer and table of a study's candidates, top to bottom."""
    ways = _routes(scene, routes)
    frames: Frames = {
        "plants": layers.plants(scene),
        "candidate_corridors": _corridors(scene, corridors, pipes),
        "candidate_routes": ways,
        "candidate_coarse": layers.coarse_parts(scene, ways)[1],
        **_ground(scene),
        "streams": scene.study.streams,
    }
    if unreachable_by_class is not None:
        frames["unreachable_by_class"] = unreachable_by_class
    return {name: frames[name] for name in KINDS if name in frames}


def study_frames(scene: Scene, **more: gpd.GeoDataFrame) -> Frames:
    """Return a study's plants and ground with some layers more, top to bottom."""
    frames: Frames = {"plants": layers.plants(scene), **more, **_ground(scene)}
    return {name: frames[name] for name in KINDS if name in frames}


def siting_frames(study: Study) -> Frames:
    """Return what siting found as layers and a table; nothing for a study without it."""
    if not has_siting(study):
        return {}
    ranked = ranked_sites(study).drop(columns=["colour", "class_colour"])
    return {
        "site_points": ranked.set_geometry(ranked.geometry.representative_point()),
        "site_areas": ranked[ranked.geom_type.isin(["Polygon", "MultiPolygon"])].reset_index(drop=True),
        "site_scores": study.site_scores,
    }


def banded(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the layer with the name of each row's band, such as ``10 to 20 km``."""
    name = frame["above"].map("{:g}".format) + " to " + frame["up_to"].map("{:g}".format) + " " + frame["unit"]
    return frame.assign(band=name.astype("str"))


def writable(name: str, frame: gpd.GeoDataFrame | pd.DataFrame, study: Study) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return the rows whose geometry the layer can hold, in column types that every GIS reads."""
    shape = KINDS[name].shape
    if shape and isinstance(frame, gpd.GeoDataFrame):
        fits = frame.geom_type.isin([shape, f"Multi{shape}"]) & ~frame.geometry.is_empty
        frame = frame[fits].reset_index(drop=True).set_crs(study.crs, allow_override=True)
        if KINDS[name].geometry.startswith("Multi"):
            frame = frame.set_geometry(_promoted(frame.geometry))
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    plain = {
        column: frame[column].astype("str")
        for column in frame.columns
        if column != geometry and frame[column].dtype == "object"
    }
    return frame.assign(**plain)


def _promoted(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return lines and polygons as collections, so that a layer has one type of geometry."""
    make = {"LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}
    out = shapes.copy()
    for kind, collect in make.items():
        those = (shapes.geom_type == kind).to_numpy()
        if those.any():
            out[those] = collect(shapes[those].to_numpy(), indices=range(int(those.sum())))
    return out


def _ground(scene: Scene) -> Frames:
    sites = background.sites(scene)
    if has_siting(scene.study):  # what siting found has layers of its own
        sites = sites[sites["origin"].isin(["", "parcel"])]
    outlines = pd.concat([layers.areas(scene), sites.rename(columns={"site": "plant"}).assign(sector="candidate site")])
    return {
        "sites": sites.set_geometry(sites.geometry.representative_point()),
        "existing_pipelines": background.existing_pipelines(scene),
        "crossings": background.crossings(scene),
        "roads": background.roads(scene, background.ROAD_VERTICES),
        "outlines": outlines[["plant", "name", "sector", "geometry"]].rename(
            columns={"plant": "place", "sector": "kind"}
        ),
        "zones": background.zones(scene),
    }


def _corridors(scene: Scene, corridors: pd.DataFrame, pipes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return corridors with what could lie in them."""
    offered = pipes.groupby("corridor")
    per = {
        "resources": offered["resource"].agg(lambda names: ", ".join(sorted(set(names)))),
        "pipe_options": offered.size(),
        "diameter_min_mm": offered["diameter_mm"].min(),
        "diameter_max_mm": offered["diameter_mm"].max(),
    }
    frame = corridors.assign(
        from_name=mapped(corridors["from_node"], scene.place_names),
        to_name=mapped(corridors["to_node"], scene.place_names),
        **{name: corridors["corridor"].map(values) for name, values in per.items()},
    )
    frame["resources"] = frame["resources"].fillna("").astype("str")
    frame["pipe_options"] = frame["pipe_options"].fillna(0).astype("int64")
    return gpd.GeoDataFrame(frame, geometry=scene.ways(frame["corridor"], "corridors"), crs=scene.study.crs)


def _routes(scene: Scene, routes: pd.DataFrame) -> gpd.GeoDataFrame:
    frame = routes.assign(
        from_name=mapped(routes["from_node"], scene.place_names),
        to_name=mapped(routes["to_node"], scene.place_names),
        resource_name=mapped(routes["resource"], scene.resource_names),
        colour=mapped(routes["resource"], scene.colours),
    )
    return gpd.GeoDataFrame(frame, geometry=list(layers.haul_lines(scene, frame)), crs=scene.study.crs)
