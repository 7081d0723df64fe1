"""Fixtures of tests that drive live workers; a folder's conftest.py takes them over. One city for a whole module."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netquota.secrets import Keyring, create_key_file
from netquota.storage.database import Database, open_database
from tests.live.city import SECRET, City
from tests.live.workers import Workers, settings_for

StartWorkers = Callable[..., Workers]
WATCHER = "127.0.9.9"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def live_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the newest schema and no rows, once on each kind."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("live") / "netquota.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        database = open_database(f"sqlite:///{path}")
        yield database
        database.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create(request.getfixturevalue("postgres_template"))
    database = open_database(url)
    yield database
    database.dispose()
    server.drop(url)


@pytest.fixture(scope="module")
def live_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the installation, with its key file."""
    folder = tmp_path_factory.mktemp("state")
    create_key_file(folder / "netquota.key")
    return folder


@pytest.fixture(scope="module")
def live_city(live_database: Database, live_folder: Path) -> City:
    """A city without people yet; one client from which readiness is asked."""
    city = City(live_database, Keyring.load(live_folder / "netquota.key"))
    city.nas("watcher", WATCHER)
    return city


@pytest.fixture(scope="module")
def start_workers(live_city: City, live_folder: Path) -> Iterator[StartWorkers]:
    """Starts worker processes of the city; killed at the end."""
    running: list[Workers] = []

    def start(count: int = 1, **further: Any) -> Workers:
        settings = settings_for(live_city.database.url, live_folder, radius__workers=count, **further)
        workers = Workers(settings, SECRET, WATCHER, live_folder)
        running.append(workers)
        workers.start()
        return workers

    yield start
    for workers in running:
        workers.close()
