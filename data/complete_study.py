"""What a study leaves open, taken from the catalogue: resources, technologies, land, lines, vehicles."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from data.carriage import fleet_faults
from data.contracts import empty_table
from data.errors import Fault
from data.layer_reader import LayerReader
from data.spelling import closest
from data.streams import property_columns
from data.technologies import complete_technologies, hub_faults, merged


def own_resources(reader: LayerReader) -> pd.DataFrame:
    """Return the catalogue's resources with the study's own in their place, by name."""
    own = reader.table("resources")
    reader.unknown(own[own["pipe_class"] != ""], "pipe_class", reader.catalogue.pipe_costs["pipe_class"], "resources")
    merged = pd.concat([reader.catalogue.resources, own]).drop_duplicates("resource", keep="last")
    known = merged["resource"].map(reader.catalogue.families.set_index("resource")["family"])
    merged["family"] = merged["family"].mask(merged["family"] == "", known).fillna("").astype("str")
    return merged.sort_values("resource", ignore_index=True)


def usable_technologies(
    reader: LayerReader, resources: pd.DataFrame, places: tuple[pd.Series, pd.Series]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the technologies that the study may use, and their recipes: none unless it asks for any."""
    properties, hubs, base = property_columns(resources), reader.settings.hubs, reader.catalogue.technologies
    own, recipes = reader.table("technologies", also=properties), reader.table("recipes")
    reader.faults += hub_faults(reader.settings, pd.concat([own["technology"], base["technology"]]), places)
    files = {"file": reader.file("technologies"), "recipe_file": reader.file("recipes")}
    own, own_recipes, found = complete_technologies(own, recipes, resources, **files)
    reader.faults += found
    base, base_recipes, found = complete_technologies(
        base, empty_table("study", "recipes"), resources, file="catalogue/technologies.csv", recipe_file="recipes"
    )
    reader.faults += found
    table, recipes = merged(base, own), merged(base_recipes, own_recipes)
    wanted = own["technology"] if hubs is None else pd.Series(hubs.technologies or table["technology"])
    wanted = wanted if hubs is None or hubs.enabled else wanted.iloc[:0]
    return tuple(rows[rows["technology"].isin(wanted)].reset_index(drop=True) for rows in (table, recipes))


def completed_zones(reader: LayerReader, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return zones with what the catalogue says of kinds that the study leaves open."""
    land = reader.catalogue.land.set_index("kind")
    own = zones["forbidden"].notna() & (zones["factor"].notna() | zones["forbidden"].fillna(value=False))
    reader.unknown(zones[~own], "kind", reader.catalogue.land["kind"], "zones", hint=" or forbidden and factor set")
    forbidden = zones["forbidden"].fillna(zones["kind"].map(land["forbidden"]).astype("boolean"))
    zones["forbidden"] = forbidden.fillna(value=False).astype(bool)
    zones["factor"] = zones["factor"].fillna(zones["kind"].map(land["factor"])).fillna(1.0)
    return zones


def completed_crossings(reader: LayerReader, crossings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return crossings with the catalogue's costs where the study has none."""
    lines = reader.catalogue.lines.set_index("kind")
    unset = crossings[crossings["cost"].isna()]
    reader.unknown(unset, "kind", reader.catalogue.lines["kind"], "crossings", hint=" or a cost set")
    crossings["cost"] = crossings["cost"].fillna(crossings["kind"].map(lines["cost"])).fillna(0.0)
    return crossings


def usable_vehicles(reader: LayerReader) -> pd.DataFrame:
    """Return the vehicle classes that the study allows, with its own values."""
    trucks, vehicles = reader.settings.trucks, reader.catalogue.vehicles
    for key, names in (("classes", trucks.classes or ()), ("vehicles", trucks.vehicles)):
        for name in set(names) - set(vehicles["vehicle"]):
            expected = "one of " + ", ".join(vehicles["vehicle"])
            reader.faults.append(Fault("study.toml", f"trucks.{key}", repr(name), expected))
    for name in trucks.speed_caps_kmh:
        if name not in set(reader.catalogue.highways["highway"]):
            expected = closest(name, reader.catalogue.highways["highway"])
            reader.faults.append(Fault("study.toml", "trucks.speed_caps_kmh", repr(name), expected))
    if trucks.classes is not None:
        vehicles = vehicles[vehicles["vehicle"].isin(trucks.classes)]
    vehicles = vehicles.set_index("vehicle")
    for name, override in trucks.vehicles.items():
        if name in vehicles.index:
            for column, value in override.model_dump(exclude_none=True, exclude={"resources"}).items():
                vehicles.loc[name, column] = value
    reader.faults += fleet_faults(reader.settings, vehicles.reset_index())
    return vehicles.reset_index()
