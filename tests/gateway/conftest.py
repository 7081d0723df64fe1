"""A city on hosts of its own: netquota's worker in the server's namespace, the reference gateway before its users."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from netquota.secrets import Keyring, create_key_file
from netquota.storage.database import open_database
from tests.live.city import City
from tests.live.reference_gateway import forget_folder, short_folder


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a short path (sockets need one), with the installation's key file."""
    folder = short_folder("gateway")
    create_key_file(folder / "netquota.key")
    yield folder
    forget_folder(folder)


@pytest.fixture(scope="module")
def city(place: Path, sqlite_template: Path) -> Iterator[City]:
    """A city without people yet; one client on loopback from which readiness is asked."""
    path = place / "netquota.sqlite"
    shutil.copyfile(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    made = City(database, Keyring.load(place / "netquota.key"))
    made.nas("watcher", "127.0.9.9")
    yield made
    database.dispose()
