"""What commands work at: the database of the settings, checked, with cipher and clock; closed when they are done."""

from __future__ import annotations

import getpass
from collections.abc import Generator
from contextlib import contextmanager

from netquota.clock import SystemClock
from netquota.secrets import Keyring
from netquota.services.changes import AfterChange
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.office import Author, Office
from netquota.settings import Settings
from netquota.storage.database import Connection, open_database
from netquota.storage.policy_store import load_snapshot
from netquota.storage.revision import check


@contextmanager
def office_of(settings: Settings, keyring: Keyring | None = None) -> Generator[Office]:
    """The desk at which policy is read and changed; a change reaches the running sessions that it concerns.

    Raises `ConfigurationError` for a missing key, an empty, older or newer database; `StorageUnavailable`.
    """
    database = open_database(settings.database.url)
    try:
        check(database)
        found = keyring or Keyring.load(settings.security.key_file)
        zone, floor_bps = settings.city.zone, settings.enforcement.throttle_floor_bps
        keeps_text = settings.security.passwords_for_chap
        yield Office(database, found, SystemClock(), zone, AfterChange(found, zone, floor_bps), keeps_text)
    finally:
        database.dispose()


def policy_of(connection: Connection, office: Office, settings: Settings) -> tuple[Policy, GatewayBook]:
    """Policy as it stands, and the gateways that have shown themselves."""
    book = GatewayBook()
    book.read(connection)
    snapshot = load_snapshot(connection, office.secrets, office.zone)
    return Policy.of(snapshot, settings.enforcement.throttle_floor_bps), book


def author(why: str) -> Author:
    """Who works at this terminal, for the audit trail."""
    return Author(f"cli:{getpass.getuser()}", why)
