"""A plan's layers in a real PostgreSQL with PostGIS on loopback, and a study's layers read from there."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import geopandas as gpd
import pytest

import maps
from data.errors import InputError, OfflineError
from data.layers import layer_name, read_layer
from data.plan import read_plan
from data.postgis import read_postgis
from data.settings import LayerSpec
from tests.maps.conftest import make_plan, make_study

SECRET = "p@ss word"
QUOTED = "p%40ss%20word"
BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), default=None)


@pytest.fixture(scope="module")
def database():
    """Start a cluster of our own on loopback that asks for a password, and return its address."""
    if BIN is None or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        message = "no PostgreSQL with PostGIS (apt install postgresql postgresql-postgis)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="symbioplan-pg-"))  # pytest's own is closed to other users
    if root := os.geteuid() == 0:  # PostgreSQL does not run as root
        shutil.chown(folder, "postgres", "postgres")

    def run(*command):
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if root else []
        # into a file and not a pipe, which the server would inherit and keep open
        with (folder / "said").open("w+") as said:
            done = subprocess.run([*words, *map(str, command)], check=False, cwd=folder, stdout=said, stderr=said)
            said.seek(0)
            log = folder / "log"
            assert done.returncode == 0, said.read() + (log.read_text() if log.exists() else "")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o644)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    try:
        run(BIN / "initdb", "-D", folder / "db", "-U", "planner", "-A", "scram-sha-256", "-N",
            f"--pwfile={folder}/secret")  # fmt: skip
        run(BIN / "pg_ctl", "-D", folder / "db", "-w", "-l", folder / "log", "-o", options, "start")
        try:
            url = f"postgresql://planner:{QUOTED}@127.0.0.1:{port}/postgres"
            asked(url, "CREATE EXTENSION postgis")
            yield url
        finally:
            run(BIN / "pg_ctl", "-D", folder / "db", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def asked(url, query):
    done = subprocess.run([BIN / "psql", "-At", url, "-c", query], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_layer_comes_back_as_it_went(database):
    place = maps.write_postgis(make_study(), make_plan(), f"{database}#town")
    assert SECRET not in f"{place!r} {place}"
    assert QUOTED not in f"{place!r} {place}"
    pipes = read_postgis(f"{database}#town.pipelines")
    assert len(pipes) == 7
    assert pipes.crs.to_epsg() == 25832
    assert set(pipes.geom_type) == {"MultiLineString"}
    assert len(read_postgis(f"{database}#town.hubs")) == 0
    tables = asked(database, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'town'").split()
    assert {"plants", "exchanges", "coarse_stretches", "streams", "indicators"} <= {*tables}
    assert asked(database, "SELECT obj_description('town.exchanges'::regclass)").startswith("Exchanges: Who gives")


def test_writing_again_replaces_and_a_failure_changes_nothing(database):
    study, plan = make_study(), make_plan()
    maps.write_postgis(study, plan, f"{database}#again")
    fewer = plan.replace(exchanges=plan.exchanges.iloc[:3])
    maps.write_postgis(study, fewer, f"{database}#again")
    assert len(read_postgis(f"{database}#again.exchanges")) == 3
    asked(database, "CREATE VIEW again.mine AS SELECT name FROM again.zones")  # zones cannot be dropped any more
    with pytest.raises(OfflineError, match="refused"):
        maps.write_postgis(study, plan, f"{database}#again")
    assert len(read_postgis(f"{database}#again.exchanges")) == 3


def test_a_study_reads_its_layers_from_there(database):
    study = make_study()
    maps.write_postgis(study, make_plan(), f"{database}#input")
    layer = read_layer(LayerSpec(path=f"{database}#input.plants"), Path())
    assert isinstance(layer, gpd.GeoDataFrame)
    assert sorted(layer["plant"]) == sorted(study.plants["plant"])
    assert layer.crs.to_epsg() == study.crs.to_epsg()


def test_no_message_says_the_password(database):
    wrong = database.replace(QUOTED, "wr0ng%20word")
    for text, error in (
        (f"{wrong}#town.pipelines", OfflineError),
        (f"{database}#town.nothing", InputError),
        (f"{database}#a.b.c", InputError),
        (f"{database}#x;drop", InputError),
    ):
        with pytest.raises(error) as caught:
            read_postgis(text)
        for secret in (SECRET, QUOTED, "wr0ng word", "wr0ng%20word"):
            assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://planner:s3cret@127.0.0.1:s3cret/postgres",
        "postgresql://planner:s3cret@127.0.0.1:port/postgres",
        "postgresql://planner:s3cret@[half/postgres",
        "postgresql://127.0.0.1:1/postgres?user=planner&password=s3cret",
        "postgresql://127.0.0.1:1/postgres?sslpassword=s3cret&wrong=s3cret",
        "postgresql://127.0.0.1:1/s3cret?password=s3cret",
        "postgresql://planner:s3cret/with@127.0.0.1:1/postgres",
    ],
)
@pytest.mark.parametrize("layer", ["town.pipelines", "not;a;name"])
def test_no_message_says_the_password_of_a_bad_address(url, layer):
    with pytest.raises((InputError, OfflineError)) as caught:
        read_postgis(f"{url}#{layer}")
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in layer_name(LayerSpec(path=f"{url}#{layer}"))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_draw_writes_there_from_the_command_line(database, run, kalundborg, tmp_path, monkeypatch):
    for part in ("study", "plan"):
        shutil.copytree(kalundborg / part, tmp_path / part)
    count = len(read_plan(tmp_path / "plan").exchanges)
    monkeypatch.setenv("PGPASSWORD", SECRET)
    open_address = database.replace(f":{QUOTED}", "")
    done = run("draw", str(tmp_path), "--postgis", f"{open_address}#drawn", "--also", "parquet")
    assert done.returncode == 0, done.stderr
    assert len(read_postgis(f"{database}#drawn.exchanges")) == count
    assert len(gpd.read_parquet(tmp_path / "gis" / "exchanges.parquet")) == count
    monkeypatch.setenv("PGPASSWORD", "wr0ng")
    done = run("draw", str(tmp_path), "--postgis", f"{open_address}#drawn")
    assert done.returncode != 0
    assert "refused" in done.stderr
    assert "Traceback" not in done.stderr
    assert "wr0ng" not in done.stderr + done.stdout


def test_other_formats(tmp_path):
    maps.write_outputs(make_study(), make_plan(), tmp_path, also=("fgb", "parquet"))
    for name, count in (("pipelines", 7), ("exchanges", 8), ("hubs", 0)):
        path = tmp_path / "gis" / name
        for layer in (gpd.read_file(path.with_suffix(".fgb")), gpd.read_parquet(path.with_suffix(".parquet"))):
            assert len(layer) == count
            assert layer.crs.to_epsg() == 25832
    assert (tmp_path / "gis" / "indicators.parquet").is_file()
    with pytest.raises(InputError, match=r"'shp'.*fgb or parquet"):
        maps.checked_formats(["fgb", "shp"])
