"""What is slow to make and easy to check is kept in a cache folder: parsed road files, road networks.

An entry's key is a hash over the content of all that went into it, the code that made it included, so an
entry is never out of date; when anything changes it is merely not found. Entries are written beside their
place and moved there, so that readers and other writers never meet half of one, and they carry checksums:
a damaged entry is made anew. The cache only saves time: nothing fails because of it.

The folder is ``SYMBIOPLAN_CACHE``, else the user's cache folder; ``SYMBIOPLAN_CACHE=off`` turns it off. Of
more than ``LIMIT_BYTES`` the entries longest unused are dropped.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

VARIABLE = "SYMBIOPLAN_CACHE"
LIMIT_BYTES = 4 * 2**30
_FORMAT = "1"  # of the entries themselves
_SUFFIX = ".npz"
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)  # pa.ArrowInvalid is a ValueError

Arrays = Mapping[str, npt.NDArray[Any]]


def cache_folder() -> Path | None:
    """Return the folder of the cache, which need not exist, or None when it is turned off."""
    told = os.environ.get(VARIABLE, "")
    if told:
        return None if told.lower() == "off" else Path(told)
    try:
        home = Path.home()
    except RuntimeError:  # no home directory
        return None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "symbioplan"


def content_key(*parts: object) -> str:
    """Return a key that any change of the parts changes.

    Parameters
    ----------
    *parts
        A ``Path`` counts by the bytes and suffix of its file (a shapefile by its companions too), a table by its cells
        and geometries, an array by its values, bytes as they are, anything else by its ``repr``.
    """
    sha = hashlib.sha256(_FORMAT.encode())
    for part in parts:
        sha.update(type(part).__name__.encode())
        sha.update(_digest(part))
    return sha.hexdigest()


def _digest(part: object) -> bytes:
    if isinstance(part, Path):
        return _file_digest(part)
    sha = hashlib.sha256()
    if isinstance(part, pd.DataFrame):
        if isinstance(part, gpd.GeoDataFrame):
            sha.update(str(part.crs).encode())
            part = part.to_wkb()
        table = pa.Table.from_pandas(part, preserve_index=False).combine_chunks().replace_schema_metadata(None)
        with pa.ipc.new_stream(pa.PythonFile(_HashFile(sha), mode="w"), table.schema) as stream:
            stream.write_table(table)
    elif isinstance(part, np.ndarray):
        sha.update(f"{part.dtype.str}{part.shape}".encode())
        sha.update(np.ascontiguousarray(part).tobytes())
    else:
        sha.update(part if isinstance(part, bytes) else repr(part).encode())
    return sha.digest()


class _HashFile(io.RawIOBase):
    """A file that keeps only the hash of what is written to it."""

    def __init__(self, sha: hashlib._Hash) -> None:
        super().__init__()
        self._sha = sha

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Add bytes to the hash."""
        self._sha.update(data)
        return memoryview(data).nbytes


def _file_digest(path: Path) -> bytes:
    pending = path.with_name(path.name + "-wal")  # what SQLite has yet to put into a GeoPackage
    files = [path, pending] if pending.is_file() else [path]
    if path.suffix.lower() == ".shp":
        files = sorted(file for file in path.parent.iterdir() if file.stem == path.stem and file.is_file())
    sha = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            sha.update(file.suffix.lower().encode() + hashlib.file_digest(stream, "sha256").digest())
    return sha.digest()


def load_arrays(key: str) -> dict[str, npt.NDArray[Any]] | None:
    """Return the arrays stored under a key, or None when there are none that are whole."""
    folder = cache_folder()
    if folder is None:
        return None
    path = folder / (key + _SUFFIX)
    try:
        # The checksum of every array is checked as it is read.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        os.utime(path)
    except _DAMAGED:
        return None
    return arrays


def store_arrays(key: str, arrays: Arrays) -> None:
    """Store arrays under a key; a folder that cannot be written to leaves them unstored."""
    folder = cache_folder()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                kept: dict[str, Any] = dict(arrays)
                np.savez(stream, **kept)
            beside.replace(folder / (key + _SUFFIX))
        finally:
            beside.unlink(missing_ok=True)
        _drop_unused(folder, LIMIT_BYTES)
    except OSError:
        return


def _drop_unused(folder: Path, limit: int) -> None:
    """Drop the entries longest unused until the rest fits the limit."""
    entries = []
    for path in folder.glob("*" + _SUFFIX):
        try:
            entries.append((path.stat().st_mtime, path.stat().st_size, path))
        except FileNotFoundError:  # dropped by another process
            continue
    kept = 0
    for _, size, path in sorted(entries, reverse=True):
        kept += size
        if kept > limit:
            path.unlink(missing_ok=True)


def cached_frame(key_parts: tuple[object, ...], make: Callable[[], gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the layer that ``make`` makes, from the cache when it was made before.

    Parameters
    ----------
    key_parts
        All that the layer depends on, as :func:`content_key` takes it.
    make
        Makes the layer; what it raises is passed on and nothing is stored.
    """
    key = content_key("frame", *key_parts)
    stored = load_arrays(key)
    if stored is not None:
        try:
            return gpd.read_parquet(io.BytesIO(stored["parquet"].tobytes()))
        except _DAMAGED:
            pass
    frame = make()
    written = io.BytesIO()
    frame.to_parquet(written, compression=None)
    store_arrays(key, {"parquet": np.frombuffer(written.getbuffer(), dtype=np.uint8)})
    return frame
