"""Bring a database to the schema of this program: a backup first, then all revisions in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from netquota.errors import StorageUnavailable
from netquota.storage import backup
from netquota.storage.database import Database
from netquota.storage.revision import SCRIPTS, check, current, known, refuse_newer

__all__ = ["Upgraded", "check", "configuration", "current", "upgrade"]

_LOCK = 0x6E6574716D6967  # PostgreSQL advisory lock: one upgrade at a time


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which revision (None = empty) to which, and where the copy of the state before lies."""

    before: str | None
    after: str
    backup: Path | None


def upgrade(database: Database, backups: Path | None = None) -> Upgraded:
    """Run what is missing; an existing SQLite file is copied first, into `backups` (default: beside the file).

    Interrupted, it leaves the old schema whole. Raises `ConfigurationError` for a newer schema, `StorageUnavailable`.
    """
    newest = known()[-1]
    with database.read() as connection:
        before = current(connection)
    refuse_newer(before)
    if before == newest:
        return Upgraded(before, newest, None)
    copy = _copy(database, before, backups)
    with database.remake() as connection:
        _lock(connection)
        command.upgrade(configuration(connection), "head")
        _refuse_dangling(connection)
    return Upgraded(before, newest, copy)


def configuration(connection: Connection) -> Config:
    """Alembic's settings without a file; `connection` is in the transaction that the revisions run in."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _copy(database: Database, before: str | None, backups: Path | None) -> Path | None:
    if before is None or database.path is None:
        return None
    return backup.before_upgrade(database, before, backups or database.path.parent)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _refuse_dangling(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    row = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if row is not None:
        raise StorageUnavailable(
            f"the upgrade was undone: {row[0]} has rows that refer to a row of {row[2]} that is gone"
        )
