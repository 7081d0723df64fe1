"""Databases for tests: every storage promise is kept on SQLite and on PostgreSQL alike.

A PostgreSQL cluster of our own is started when first wanted, one for each test process, and gone at the end. Where its
programs are missing the tests fail, unless NETQUOTA_TESTS_WITHOUT=postgresql says that they are to be left out.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from cryptography.fernet import Fernet
from hypothesis import settings as hypothesis_settings

from netquota.clock import FixedClock
from netquota.secrets import Keyring
from netquota.services.office import Office
from netquota.storage.database import Database, open_database
from netquota.storage.upgrade import upgrade

hypothesis_settings.register_profile("netquota", deadline=None, derandomize=True)  # a busy machine is no finding
hypothesis_settings.register_profile("search", deadline=None)  # new examples: pytest --hypothesis-profile=search
hypothesis_settings.load_profile("netquota")

MORNING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
_MEMORY, _ROOM = "/dev/shm", 4 * 2**30  # noqa: S108
_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_TEMPLATE = "netquota_template"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # the cluster does not outlive the tests
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "timezone": "UTC",
}


def _roomy() -> str:
    """Memory where there is much of it: a test's database is 11 MB of small files, and there are over a thousand."""
    with suppress(OSError):
        if shutil.disk_usage(_MEMORY).free > _ROOM:
            return _MEMORY
    return "/tmp"  # noqa: S108


os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _roomy())  # where tmp_path lies


@dataclass
class PostgresServer:
    """A private cluster on loopback: `url(name)` of a database, `create()` a fresh one with or without the schema."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return f"postgresql://netquota@127.0.0.1:{self.port}/{name}"

    def create(self, template: str = "template0") -> str:
        """A fresh database's URL."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self._run(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _account() -> dict[str, object]:
    """PostgreSQL refuses to run as root: then its own user runs it."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def _start(folder: Path) -> PostgresServer:
    account = _account()
    if account:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    initdb = [_PROGRAMS / "initdb", "-D", data, "-U", "netquota", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **account)  # type: ignore[call-overload]
    port = _free_port()
    settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
    command = [_PROGRAMS / "postgres", "-D", data, "-p", str(port), "-k", folder, *settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **account)  # type: ignore[call-overload]
    server = PostgresServer(folder, port, process)
    _wait_until_ready(server)
    return server


def _wait_until_ready(server: PostgresServer) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((server.folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if "postgresql" in os.environ.get("NETQUOTA_TESTS_WITHOUT", "").split(","):
        pytest.skip("left out by NETQUOTA_TESTS_WITHOUT=postgresql")
    if not (_PROGRAMS / "postgres").exists():
        pytest.fail("Debian's postgresql is not installed; install it or set NETQUOTA_TESTS_WITHOUT=postgresql")
    folder = Path(tempfile.mkdtemp(prefix="netquota-pg-", dir=_roomy()))  # reachable for its user
    server = None
    try:
        server = _start(folder)
        yield server
    finally:
        if server is not None:
            server.process.terminate()  # refuses new connections; FORCE below ended the old ones
            try:
                server.process.wait(5)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """A database with the schema, copied for each test."""
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
    database = open_database(postgres_server.url(_TEMPLATE))
    upgrade(database)
    database.dispose()
    return _TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path / "netquota.sqlite"
    shutil.copyfile(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, postgres_template: str) -> Iterator[Database]:
    url = postgres_server.create(postgres_template)
    database = open_database(url)
    yield database
    database.dispose()
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the newest schema and no rows, once on each kind."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a place without a schema, once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what `needs` a Debian package that `make test` could not install; it has said so."""
    left_out = os.environ.get("NETQUOTA_TESTS_WITHOUT", "").split(",")
    for mark in item.iter_markers("needs"):
        if missing := sorted(set(mark.args) & set(left_out)):
            pytest.skip(f"left out by NETQUOTA_TESTS_WITHOUT={','.join(missing)}")


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring([Fernet.generate_key()])


@pytest.fixture
def clock() -> FixedClock:
    """Tuesday, 24 November 2026, 09:00 WIB."""
    return FixedClock(MORNING)


@pytest.fixture
def office(database: Database, keyring: Keyring, clock: FixedClock) -> Office:
    """The desk at which policy is changed, once on each kind of database; the city is empty."""
    return Office(database, keyring, clock, ZoneInfo("Asia/Jakarta"))


@pytest.fixture(scope="session")
def planned_file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, keyring: Keyring) -> Path:
    """A database of the small city with half a year of use (tests/plan_city.py), to be copied."""
    from tests import plan_city

    path = tmp_path_factory.mktemp("planned") / "planned.sqlite"
    shutil.copyfile(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    plan_city.make(Office(database, keyring, FixedClock(MORNING), ZoneInfo("Asia/Jakarta")))
    database.dispose()
    return path


@pytest.fixture(scope="module")
def planned_city(tmp_path_factory: pytest.TempPathFactory, planned_file: Path, keyring: Keyring) -> Iterator[Office]:
    """The desk of that city, on SQLite."""
    path = tmp_path_factory.mktemp("city") / "netquota.sqlite"
    shutil.copyfile(planned_file, path)
    database = open_database(f"sqlite:///{path}")
    yield Office(database, keyring, FixedClock(MORNING), ZoneInfo("Asia/Jakarta"))
    database.dispose()
