"""The layers of a plan as frames in the study's CRS; map and GeoPackage are both drawn from them."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from data.world import COARSE_KEY
from maps.geometry import ARC_POINTS, Array, arcs, parted
from maps.scene import Scene, mapped
from maps.whole_pipes import whole_pipes

_NEGLIGIBLE = 1e-6  # of a unit per year: what a solver leaves behind


def plants(scene: Scene) -> gpd.GeoDataFrame:
    """Return one point per plant, with its streams in words."""
    frame = pd.DataFrame(scene.study.plants.drop(columns="geometry"))
    frame["name"] = frame["name"].where(frame["name"] != "", frame["plant"])
    for direction, column in (("supply", "gives"), ("demand", "wants")):
        streams = scene.study.streams[scene.study.streams["direction"] == direction]
        words = mapped(streams["resource"], scene.resource_names).groupby(streams["plant"]).agg(", ".join)
        frame[column] = mapped(frame["plant"], words.to_dict(), "")
    return _frame(scene, frame, scene.study.plant_points.to_numpy())


def areas(scene: Scene) -> gpd.GeoDataFrame:
    """Return the outlines of plants that are given as polygons."""
    layer = scene.study.plants
    layer = layer[layer.geom_type.isin(["Polygon", "MultiPolygon"])]
    return _frame(scene, pd.DataFrame(layer[["plant", "name", "sector"]]), layer.geometry.to_numpy())


def exchange_arcs(scene: Scene) -> Array:
    """Return the arc of each exchange, shape (n, points, 2), those between the same two plants fanned out."""
    table = scene.plan.exchanges
    start = scene.xy(table["from_node"], "exchanges")
    end = scene.xy(table["to_node"], "exchanges")
    if not len(table):
        return np.empty((0, ARC_POINTS, 2))
    turn = table.groupby(["from_node", "to_node", "period"]).cumcount().to_numpy()
    return arcs(start, end, 0.10 + 0.07 * turn, scene.loop_radius)


def exchanges(scene: Scene) -> gpd.GeoDataFrame:
    """Return who gives what to whom, as arcs that lie beside each other (a small ring inside one plant)."""
    table = scene.plan.exchanges
    lines = shapely.linestrings(exchange_arcs(scene)) if len(table) else []
    frame = table.assign(
        from_name=mapped(table["from_node"], scene.place_names),
        to_name=mapped(table["to_node"], scene.place_names),
        resource_name=mapped(table["resource"], scene.resource_names),
        coarse_m=scene.plan.coarse_m,
        draw_width_mm=_relative_width(table, scene.everything.exchanges, 0.3, 0.8),
    )
    return _frame(scene, _coloured(scene, frame), lines)


def pipelines(scene: Scene) -> gpd.GeoDataFrame:
    """Return built pipes in their corridors, one line per fluid, with the offset that sets them side by side.

    The pieces into which taps cut a pipe that was there already are one line with the largest of their flows.
    """
    pipes = scene.plan.built_pipes
    corridors = scene.plan.built_corridors.drop_duplicates("corridor").set_index("corridor")
    ends = {column: pipes["corridor"].map(corridors[column]).fillna("").astype("str")
            for column in ("from_node", "to_node")}  # fmt: skip
    flow = pipes["flow_forward"] + pipes["flow_backward"]
    lengths = pipes["corridor"].map(corridors["length_m"]).astype("float64")
    frame = pipes.assign(
        **ends,
        resource_name=mapped(pipes["resource"], scene.resource_names),
        unit=mapped(pipes["resource"], scene.units, "unit/year"),
        flow=flow,
        load_share=(flow / pipes["capacity"].where(pipes["capacity"] > 0)).astype("float64"),
        length_m=lengths,
        trench_cost=pipes["corridor"].map(corridors["fixed_cost"]).astype("float64"),
        draw_width_mm=pipe_widths_mm(pipes["diameter_mm"], scene.everything.built_pipes["diameter_mm"].max()),
        geometry=scene.ways(pipes["corridor"], "built_pipes"),
    )
    frame = whole_pipes(frame).sort_values(["corridor", "resource", "option"], kind="stable", ignore_index=True)
    frame["draw_offset_mm"] = side_by_side(_at_one_time(frame["corridor"], frame), frame["draw_width_mm"], 0.15)
    lines = _eastward(list(frame.pop("geometry")))
    for end in ("from", "to"):
        frame[f"{end}_name"] = mapped(frame[f"{end}_node"], scene.place_names)
    return _frame(scene, _coloured(scene, frame), lines)


def truck_routes(scene: Scene) -> gpd.GeoDataFrame:
    """Return hauls along their roads; one without a road path is a straight line."""
    hauls = scene.plan.hauls
    frame = hauls.assign(
        from_name=mapped(hauls["from_node"], scene.place_names),
        to_name=mapped(hauls["to_node"], scene.place_names),
        resource_name=mapped(hauls["resource"], scene.resource_names),
        vehicle_name=mapped(hauls["vehicle"], scene.vehicle_names),
        unit=mapped(hauls["resource"], scene.units, "unit/year"),
        draw_width_mm=_relative_width(hauls, scene.everything.hauls, 0.4, 1.2),
    ).sort_values(["geometry_key", "resource", "vehicle", "route"], kind="stable", ignore_index=True)
    own = frame["geometry_key"].where(frame["geometry_key"] != "", frame["from_node"] + "\t" + frame["to_node"])
    frame["draw_offset_mm"] = side_by_side(_at_one_time(own, frame), frame["draw_width_mm"], 0.25)
    return _frame(scene, _coloured(scene, frame), haul_lines(scene, frame))


def coarse_parts(scene: Scene, routes: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return truck routes without their coarse stretches, and those stretches; rows with nothing left are gone."""
    coarse = [scene.lines.get(COARSE_KEY + key) for key in routes["geometry_key"]]
    some = np.array([line is not None for line in coarse], dtype=bool)
    parts = [parted(line, of) for line, of in zip(routes.geometry[some], filter(None, coarse), strict=True)]
    fine, rough = routes.copy(), routes[some].copy()
    if some.any():
        fine.loc[some, "geometry"] = [rest for rest, _ in parts]
        rough["geometry"] = [stretch for _, stretch in parts]
    return fine[~fine.geometry.is_empty], rough[~rough.geometry.is_empty]


def haul_lines(scene: Scene, frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return the road path of each row, or a straight line where none is named."""
    lines = np.empty(len(frame), dtype=object)
    drawn = (frame["geometry_key"] != "").to_numpy()
    lines[drawn] = scene.ways(frame.loc[drawn, "geometry_key"], "hauls")
    bare = frame[~drawn]
    if len(bare):
        ends = [scene.xy(bare[column], "hauls") for column in ("from_node", "to_node")]
        lines[~drawn] = shapely.linestrings(np.stack(ends, axis=1))
    return lines


def left_over(scene: Scene, table: Literal["unplaced", "unserved"]) -> gpd.GeoDataFrame:
    """Return supplies not placed, or demands not served, at their plants."""
    rows: pd.DataFrame = getattr(scene.plan, table)
    rows = not_nothing(rows).sort_values(["node", "resource"], ignore_index=True)
    frame = rows.assign(
        name=mapped(rows["node"], scene.place_names),
        resource_name=mapped(rows["resource"], scene.resource_names),
        unit=mapped(rows["resource"], scene.units, "unit/year"),
        draw_size_mm=_relative_width(rows, getattr(scene.everything, table), 2.0, 7.0),
    )
    frame["draw_offset_mm"] = side_by_side(_at_one_time(frame["node"], frame), frame["draw_size_mm"], 0.4)
    return _frame(scene, _coloured(scene, frame), scene.points(rows["node"], table))


def not_nothing(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose quantity is more than what a solver leaves behind."""
    return rows[rows["quantity"] > _NEGLIGIBLE]


def pipe_widths_mm(diameters_mm: pd.Series, most_mm: float) -> pd.Series:
    """Return how wide pipes are drawn beside the widest one."""
    return _width(diameters_mm / most_mm if most_mm > 0 else diameters_mm * np.nan, 0.4, 1.5)


def hubs(scene: Scene) -> gpd.GeoDataFrame:
    """Return shared hubs that are built."""
    table = scene.plan.built_hubs
    frame = table.assign(name=mapped(table["node"], scene.place_names))
    return _frame(scene, frame, scene.points(table["node"], "built_hubs"))


def side_by_side(group: pd.Series, width: pd.Series, gap: float) -> pd.Series:
    """Return how far each line is moved aside so that those of one group lie next to each other, centred."""
    step = width + gap
    before = step.groupby(group).cumsum() - step
    total = step.groupby(group).transform("sum")
    return (before + step / 2 - total / 2).astype("float64").round(6)


def _at_one_time(place: pd.Series, frame: pd.DataFrame) -> pd.Series:
    """Return a group per place and period: periods are drawn one by one."""
    return place + "\t" + frame["period"]


def _eastward(lines: list[BaseGeometry]) -> list[BaseGeometry]:
    """Return lines turned to run east, so that a fluid stays on one side of the trench from section to section."""
    return [line.reverse() if _runs_west(line) else line for line in lines]


def _runs_west(line: BaseGeometry) -> bool:
    xy = shapely.get_coordinates(line)
    return bool(len(xy) and tuple(xy[-1]) < tuple(xy[0]))


def _coloured(scene: Scene, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(colour=mapped(frame["resource"], scene.colours))


def _width(shares: pd.Series, least: float, most: float) -> pd.Series:
    """Return widths that grow with the square root of a share of the largest; the least where it is missing."""
    share = np.sqrt(shares.astype("float64").clip(0, 1)).fillna(0)
    return (least + (most - least) * share).astype("float64").round(3)


def _relative_width(table: pd.DataFrame, all_phases: pd.DataFrame, least: float, most: float) -> pd.Series:
    """Return widths by quantity within each resource: tonnes and megawatt-hours cannot be compared."""
    top = table["resource"].map(all_phases.groupby("resource")["quantity"].max()).astype("float64")
    return _width((table["quantity"] / top.where(top > 0)).astype("float64"), least, most)


def _frame(scene: Scene, table: pd.DataFrame, geometry: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=list(geometry), crs=scene.study.crs)  # type: ignore[call-overload]
