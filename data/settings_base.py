"""What every table of settings is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pyproj import CRS
from pyproj.exceptions import CRSError

PositiveFloat = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """Base of every table of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class LayerSpec(Section):
    """Where one layer or table is. A bare string in ``[layers]`` is the ``path``."""

    path: str
    layer: str | None = None  # layer of a GeoPackage or sheet of a workbook
    crs: str | None = None  # for a file that cannot say; contradicting the file is an error

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, crs: str | None) -> str | None:
        if crs is not None:
            try:
                CRS.from_user_input(crs)
            except CRSError:
                msg = 'a CRS such as "EPSG:4326"'
                raise ValueError(msg) from None
        return crs


class Download(Section):
    """Roads or land use fetched from OpenStreetMap instead of read from a file."""

    place: str | None = None
    bbox: tuple[float, float, float, float] | None = None  # west, south, east, north in degrees
    polygon: str | None = None  # a layer whose first polygon is the area
    overpass_url: str = "https://overpass-api.de/api"
    nominatim_url: str = "https://nominatim.openstreetmap.org/"
    cache: str = "cache"  # folder, relative to the study

    @model_validator(mode="after")
    def _one_area(self) -> Download:
        if sum(area is not None for area in (self.place, self.bbox, self.polygon)) != 1:
            msg = "exactly one of place, bbox and polygon"
            raise ValueError(msg)
        return self


def check_rising(pairs: Sequence[tuple[float, float]] | None, name: str, of: str) -> None:
    """Raise a ValueError unless there are no pairs, or at least one ``[value, of]`` with values that rise."""
    if pairs is not None and (not pairs or any(a[0] >= b[0] for a, b in pairwise(pairs))):
        msg = f"{name} with at least one pair [value, {of}], the values rising"
        raise ValueError(msg)


def spelled_out(values: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return settings whose layers under ``key`` are tables, also where a bare path stood."""
    layers = values.get(key)
    if not isinstance(layers, dict):
        return values
    return {**values, key: {name: {"path": spec} if isinstance(spec, str) else spec for name, spec in layers.items()}}
