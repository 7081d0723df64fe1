"""The row of an office's morning: 200 first log-ins at the portal at once; how long the last one waits."""

from __future__ import annotations

from pathlib import Path

from netquota.secrets import Keyring, create_key_file
from netquota.storage.database import open_database
from netquota.storage.upgrade import upgrade
from tests.live.city import City
from tests.live.morning import Morning, morning, people, running_web


def measured(url: str, folder: Path) -> Morning:
    """One morning on an empty database at `url`; the installation's files go to `folder`."""
    folder.mkdir()
    create_key_file(folder / "netquota.key")
    database = open_database(url)
    upgrade(database)
    people(City(database, Keyring.load(folder / "netquota.key")))
    try:
        with running_web(url, folder) as settings:
            return morning(settings)
    finally:
        database.dispose()
