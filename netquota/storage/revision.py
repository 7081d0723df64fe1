"""Which schema a database has and which this program needs. Knows no Alembic, so that a worker starts fast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from netquota.errors import ConfigurationError
from netquota.storage.database import Database

SCRIPTS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found: the schema's revision and, where asked for, the file's own faults (empty = sound)."""

    revision: str
    faults: tuple[str, ...] = ()


def known() -> tuple[str, ...]:
    """The revisions of this program, oldest first: the numbers that begin the files in migrations/versions."""
    return tuple(sorted(path.name.partition("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*_*.py")))


def current(connection: Connection) -> str | None:
    """The revision of the schema in the database; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check(database: Database, *, integrity: bool = False) -> Checked:
    """Refuse a database that this program would misread; with `integrity`, also let SQLite read every page.

    Raises `ConfigurationError` where the schema is missing, older or newer; `StorageUnavailable` where it is away.
    """
    with database.read() as connection:
        revision = require(current(connection))
        faults = _faults(connection) if integrity and database.kind == "sqlite" else ()
    return Checked(revision, faults)


def require(revision: str | None) -> str:
    """The revision, if it is the one that this program needs; else `ConfigurationError` with the remedy."""
    newest = known()[-1]
    if revision is None:
        raise ConfigurationError("the database is empty; run `netquota db upgrade`")
    refuse_newer(revision)
    if revision != newest:
        raise ConfigurationError(f"the database has schema {revision}, {newest} is needed; run `netquota db upgrade`")
    return revision


def refuse_newer(revision: str | None) -> None:
    """Raise `ConfigurationError` where a later release made the schema: what it means is not known here."""
    if revision is not None and revision not in known():
        remedy = "install that release of netquota again, or restore a backup made before its upgrade"
        problem = f"the database has schema {revision}, newer than this program's {known()[-1]}"
        raise ConfigurationError(f"{problem}; {remedy}")


def _faults(connection: Connection) -> tuple[str, ...]:
    rows = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    dangling = [
        f"{table}: row {row} refers to a row of {parent} that is gone"
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check")
    ]
    return tuple([row for row in rows if row != "ok"] + dangling[:20])
