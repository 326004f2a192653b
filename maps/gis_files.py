"""The layers of a plan for other programs: FlatGeobuf, GeoParquet, PostGIS."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pyogrio

from data.errors import Fault, InputError
from data.plan import Plan
from data.postgis import Address
from data.postgis import write_postgis as write_tables
from data.study import Study
from maps.gis_layers import KINDS, Frames, plan_frames, writable
from maps.scene import Scene
from maps.styles import aliases

FORMATS = ("fgb", "parquet")


def checked_formats(formats: Iterable[str]) -> tuple[str, ...]:
    """Return the formats, or raise one error that names those that are not known."""
    given = tuple(formats)
    faults = [Fault("--also", "", repr(one), " or ".join(FORMATS)) for one in given if one not in FORMATS]
    if faults:
        raise InputError(faults)
    return given


def write_gis_files(study: Study, plan: Plan, folder: Path, formats: Iterable[str]) -> None:
    """Write every layer and table of a plan as ``<folder>/<layer>.<format>``; FlatGeobuf holds layers only.

    Raises
    ------
    InputError
        When a format is not one of :data:`FORMATS`, or the plan names a line or place that is not there.
    """
    wanted = checked_formats(formats)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in _frames(study, plan).items():
        if "parquet" in wanted:
            frame.to_parquet(folder / f"{name}.parquet")
        if "fgb" in wanted and isinstance(frame, gpd.GeoDataFrame):
            with warnings.catch_warnings():  # an empty layer has nothing to index, and the driver says so
                warnings.filterwarnings("ignore", category=UserWarning, module="pyogrio")
                pyogrio.write_dataframe(
                    frame, folder / f"{name}.fgb", driver="FlatGeobuf", geometry_type=KINDS[name].geometry
                )


def write_postgis(study: Study, plan: Plan, address: str) -> Address:
    """Replace a plan's layers and tables in ``postgresql://user@host/database#schema``, all or none."""
    frames = _frames(study, plan)
    words = {
        name: (f"{KINDS[name].title}: {KINDS[name].abstract}", aliases(frame, plan.currency))
        for name, frame in frames.items()
    }
    return write_tables(frames, address, words=words)


def _frames(study: Study, plan: Plan) -> Frames:
    return {name: writable(name, frame, study) for name, frame in plan_frames(Scene(study, plan)).items()}
