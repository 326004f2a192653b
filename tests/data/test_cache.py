"""The cache: found again, never out of date, damaged entries made anew, writers side by side."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from data import cache, road_cache
from data.cache import cache_folder, cached_frame, content_key, load_arrays, store_arrays
from data.catalogue import read_catalogue
from data.road_cache import kept_road_edges
from data.settings import LayerSpec


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SYMBIOPLAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def frame() -> gpd.GeoDataFrame:
    table = pd.DataFrame({"u": ["a", "b"], "oneway": [True, False], "maxspeed_kmh": [50.0, np.nan]})
    table["u"] = table["u"].astype("str")
    lines = [shapely.LineString([(0, 0), (1, 2)]), shapely.LineString([(1, 2), (3, 3), (4, 4)])]
    return gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:25832")


def never() -> gpd.GeoDataFrame:
    raise AssertionError("it was made again")


def test_a_frame_comes_back_as_it_was() -> None:
    made = cached_frame(("x", 1), frame)
    again = cached_frame(("x", 1), never)
    pd.testing.assert_frame_equal(pd.DataFrame(made), pd.DataFrame(again))
    assert again.crs == made.crs
    with pytest.raises(AssertionError, match="made again"):
        cached_frame(("x", 2), never)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "text", "other arrays"])
def test_a_damaged_entry_is_made_anew(folder: Path, damage: str) -> None:
    cached_frame(("x",), frame)
    (entry,) = folder.glob("*.npz")
    content = bytearray(entry.read_bytes())
    middle = len(content) // 2
    content[middle] ^= 0xFF
    entry.write_bytes(
        {"flip": content, "cut": content[:middle], "empty": b"", "text": b"no", "other arrays": b""}[damage]
    )
    if damage == "other arrays":
        np.savez(entry, parquet=np.arange(9, dtype=np.uint8))
    assert cached_frame(("x",), frame).equals(frame())
    assert cached_frame(("x",), never).equals(frame())


def test_what_fails_is_not_kept(folder: Path) -> None:
    with pytest.raises(AssertionError):
        cached_frame(("x",), never)
    assert not folder.exists()


@pytest.mark.parametrize("change", ["cell", "geometry", "column", "crs", "dtype", "order"])
def test_any_change_of_a_table_changes_its_key(change: str) -> None:
    other = frame()
    if change == "cell":
        other.loc[1, "maxspeed_kmh"] = 30.0
    elif change == "geometry":
        other.geometry = shapely.transform(other.geometry.to_numpy(), lambda points: points + 1e-9)
    elif change == "column":
        other = other.rename(columns={"u": "v"})
    elif change == "crs":
        other = other.set_crs("EPSG:25833", allow_override=True)
    elif change == "dtype":
        other["oneway"] = other["oneway"].astype("int64")
    else:
        other = other.iloc[::-1]
    assert content_key(other) != content_key(frame())
    assert content_key(frame()) == content_key(frame())
    assert content_key("ab", "c") != content_key("a", "bc")


def test_a_shapefile_counts_with_its_companions(tmp_path: Path) -> None:
    frame().rename(columns={"maxspeed_kmh": "kmh"}).to_file(tmp_path / "a.shp")
    before = content_key(tmp_path / "a.shp")
    table = tmp_path / "a.dbf"
    table.write_bytes(table.read_bytes().replace(b"50.0", b"60.0"))
    assert content_key(tmp_path / "a.shp") != before


def test_it_can_be_turned_off_and_nothing_fails_without_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SYMBIOPLAN_CACHE", str(tmp_path / "file"))
    assert cached_frame(("x",), frame).equals(frame())
    monkeypatch.setenv("SYMBIOPLAN_CACHE", "off")
    assert cache_folder() is None
    assert cached_frame(("x",), frame).equals(frame())
    assert load_arrays("x") is None


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SYMBIOPLAN_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "symbioplan"


def test_what_is_longest_unused_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("old", "older", "used")):
        store_arrays(name, {"x": np.zeros(1000)})
        os.utime(folder / f"{name}.npz", (1000 - number, 1000 - number))
    assert load_arrays("used") is not None
    monkeypatch.setattr(cache, "LIMIT_BYTES", 30_000)
    store_arrays("new", {"x": np.zeros(1000)})
    assert {path.stem for path in folder.glob("*")} == {"new", "used", "old"}


def _store(folder: str) -> int:
    os.environ["SYMBIOPLAN_CACHE"] = folder
    return sum(cached_frame(("shared", n % 3), frame).equals(frame()) for n in range(30))


def test_many_writers(folder: Path) -> None:
    with ProcessPoolExecutor(3) as pool:
        assert list(pool.map(_store, [str(folder)] * 3)) == [30] * 3
    assert len(list(folder.glob("*"))) == 3  # and nothing half written


def test_road_files_are_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(road_cache, "_WORTH_KEEPING", 0)
    edges = frame()[["geometry"]].assign(highway="primary")
    edges.to_file(tmp_path / "roads.gpkg")
    highways, crs = read_catalogue().highways, CRS("EPSG:25832")
    first = kept_road_edges(LayerSpec(path="roads.gpkg"), tmp_path, crs=crs, highways=highways)
    reads: list[Path] = []
    whole = road_cache.read_road_edges

    def counted(spec: LayerSpec, at: Path, **rest: object) -> gpd.GeoDataFrame:
        reads.append(at)
        return whole(spec, at, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(road_cache, "read_road_edges", counted)
    again = kept_road_edges(LayerSpec(path="roads.gpkg"), tmp_path, crs=crs, highways=highways)
    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(again))
    assert not reads
    kept_road_edges(LayerSpec(path="roads.gpkg"), tmp_path, crs=CRS("EPSG:25833"), highways=highways)
    assert len(reads) == 1
