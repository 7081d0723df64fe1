"""A place of its own into which a copy is restored, to be looked at and thrown away; never the database in use."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from netquota.errors import ConfigurationError
from netquota.storage.database import Connection, Database
from netquota.storage.schema import (
    accounting_session,
    audit_entry,
    employee,
    ledger_entry,
    metadata,
    nas,
    opd,
    plan,
    usage_day,
)

COUNTED = {
    "employees": employee, "offices": opd, "gateways": nas, "plans": plan, "sessions": accounting_session,
    "ledger rows": ledger_entry, "days of use": usage_day, "audit entries": audit_entry,
}  # fmt: skip
_SUFFIX = "_trial_"


@contextmanager
def scratch(live: Database, folder: Path) -> Generator[str]:
    """The URL of an empty place of the same kind, in `folder` or on the same server; gone afterwards.

    What an earlier trial left behind when its process died goes, too. Raises `ConfigurationError` where the server does
    not let this user make databases.
    """
    if live.path is not None:
        for left in folder.glob(f".*{_SUFFIX}*"):
            left.unlink(missing_ok=True)
        place = folder / f".netquota{_SUFFIX}{secrets.token_hex(4)}.sqlite"
        try:
            yield f"sqlite:///{place}"
        finally:
            for suffix in ("", "-wal", "-shm"):
                place.with_name(place.name + suffix).unlink(missing_ok=True)
        return
    url = make_url(live.url)
    prefix = f"{(url.database or 'netquota')[:40]}{_SUFFIX}"
    name = prefix + secrets.token_hex(4)
    _drop_others(live, prefix)
    try:
        _on_server(live, f'CREATE DATABASE "{name}" TEMPLATE template0')
    except DBAPIError as error:
        told = str(error.orig).strip().splitlines()[0]
        raise ConfigurationError(
            f"no scratch database can be made to try the copy in ({told}); as the server's admin: "
            f"ALTER ROLE {url.username} CREATEDB"
        ) from None
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _on_server(live, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _drop_others(live: Database, prefix: str) -> None:
    with live.read() as connection:
        like = prefix.replace("_", r"\_") + "%"
        names = connection.execute(text("SELECT datname FROM pg_database WHERE datname LIKE :like"), {"like": like})
        left = list(names.scalars())
    for name in left:
        _on_server(live, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _on_server(live: Database, statement: str) -> None:
    """Databases are made and dropped outside a transaction."""
    with live.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))


def counts(connection: Connection) -> dict[str, int]:
    """How many rows the tables hold by which one knows a city."""
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in COUNTED.items()
    }


def missing_tables(connection: Connection) -> list[str]:
    """The tables of this release that are not there."""
    return sorted(set(metadata.tables) - set(inspect(connection).get_table_names()))
