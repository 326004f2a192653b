"""Layers in a PostGIS database: read one, or replace a schema's tables in one transaction.

Needs the extra ``symbioplan[postgis]``. No message ever holds the password of an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote, unquote_plus

import geopandas as gpd
import pandas as pd

from data.errors import Fault, InputError, OfflineError

PREFIX = "postgresql://"
_NAME = re.compile(r"\w+")
Frame: TypeAlias = gpd.GeoDataFrame | pd.DataFrame


@dataclass(frozen=True)
class Address:
    """``postgresql://user@host/database#schema``, or ``#schema.table``; says all but the password."""

    url: str = field(repr=False)
    names: tuple[str, ...]

    def __str__(self) -> str:
        """Return the host and database with the names, never a user, password or query."""
        host = self._rest.partition("?")[0].rpartition("@")[2]
        return self.hidden(f"{PREFIX}{host}#{'.'.join(self.names)}")

    @property
    def _rest(self) -> str:
        return self.url.removeprefix(PREFIX)

    def hidden(self, text: str) -> str:
        """Return the text without the password, however it is given and written."""
        before, _, query = self._rest.partition("?")
        given = {before.rpartition("@")[0].partition(":")[2]}
        for part in query.split("&"):
            name, _, value = part.partition("=")
            if "password" in unquote_plus(name).lower():  # also passwords of keys, as in sslpassword
                given.add(value)
        spellings = given | {unquote(secret) for secret in given} | {unquote_plus(secret) for secret in given}
        for spelling in sorted(filter(None, spellings), key=len, reverse=True):
            text = text.replace(spelling, "***")
        return text


def address(text: str, *, most: int, expected: str) -> Address:
    """Return an address whose part after ``#`` has at most so many names.

    Raises
    ------
    InputError
        When it is no such address.
    """
    url, _, after = text.partition("#")
    found = Address(url, tuple(after.split(".")))
    if not text.startswith(PREFIX) or len(found.names) > most or not all(map(_NAME.fullmatch, found.names)):
        shown = str(found) if text.startswith(PREFIX) else "something else"
        raise InputError([Fault(shown, "", repr(after), expected)])
    return found


def read_postgis(text: str) -> gpd.GeoDataFrame:
    """Return the layer at ``postgresql://user@host/database#schema.table`` in its own CRS.

    Raises
    ------
    InputError
        When the address has no table, the table no geometry, or the extra is missing.
    OfflineError
        When the database cannot be read.
    """
    place = address(text, most=2, expected=f"{PREFIX}host/database#schema.table")
    schema, table = place.names if len(place.names) == 2 else ("public", place.names[0])
    with _transaction(place) as connection:
        query = "SELECT f_geometry_column FROM geometry_columns WHERE f_table_schema = %s AND f_table_name = %s"
        column = connection.exec_driver_sql(query, (schema, table)).scalar()
        if column is None:
            raise InputError([Fault(str(place), "", "no such table with a geometry", "a PostGIS layer")])
        layer: gpd.GeoDataFrame = gpd.read_postgis(f'SELECT * FROM "{schema}"."{table}"', connection, geom_col=column)  # noqa: S608 - names are checked
    return layer.rename_geometry("geometry") if column != "geometry" else layer


def write_postgis(
    frames: Mapping[str, Frame], text: str, *, words: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Address:
    """Replace tables in a schema, all in one transaction, and return where they are.

    Parameters
    ----------
    frames
        Layers and tables by name; the schema is made when it is not there.
    text
        ``postgresql://user@host/database#schema``.
    words
        Comment of each table, and of its columns.

    Raises
    ------
    InputError
        When the address names no schema, a layer's CRS has no EPSG code, or the extra is missing.
    OfflineError
        When the database cannot be written; it is then as it was.
    """
    place = address(text, most=1, expected=f"{PREFIX}host/database#schema")
    (schema,) = place.names
    for name, frame in frames.items():
        if isinstance(frame, gpd.GeoDataFrame) and frame.crs.to_epsg() is None:
            raise InputError([Fault(name, "", f"the CRS {frame.crs.name}", "a CRS with an EPSG code, for PostGIS")])
    with _transaction(place) as connection:
        connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        for name, frame in frames.items():
            if isinstance(frame, gpd.GeoDataFrame):
                frame.rename_geometry("geom").to_postgis(name, connection, schema=schema, if_exists="replace")
            else:
                frame.to_sql(name, connection, schema=schema, if_exists="replace", index=False)
            comment, columns = words.get(name, ("", {}))
            where = f'"{schema}"."{name}"'
            connection.exec_driver_sql(f"COMMENT ON TABLE {where} IS {_literal(comment)}")
            for column, meaning in columns.items():
                connection.exec_driver_sql(f'COMMENT ON COLUMN {where}."{column}" IS {_literal(meaning)}')
    return place


def _literal(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@contextmanager
def _transaction(place: Address) -> Iterator[Any]:
    try:
        import geoalchemy2  # noqa: F401 - an extra
        import sqlalchemy
    except ImportError:
        expected = "the packages of symbioplan[postgis]: pip install 'symbioplan[postgis]'"
        raise InputError([Fault(str(place), "", "no driver for PostGIS", expected)]) from None
    try:
        url = sqlalchemy.make_url(place.url).set(drivername="postgresql+psycopg")
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
        with engine.begin() as connection:
            yield connection
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:  # such as a port that is no number
        reason = place.hidden(str(error).splitlines()[0])
        raise InputError(
            [Fault(str(place), "", reason, f"an address such as {PREFIX}user@host:5432/database")]
        ) from None
    except sqlalchemy.exc.SQLAlchemyError as error:
        reason = place.hidden(str(getattr(error, "orig", None) or error).splitlines()[0])
        raise OfflineError(f"{place}: the database refused: {reason}") from None
