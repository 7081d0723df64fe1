"""Commits that fail: a written session leads to a reference to nothing, which the database checks only at the end."""

from __future__ import annotations

from sqlalchemy import text

from netquota.storage.database import Database

_TABLE = (
    "CREATE TABLE checked_late (id integer PRIMARY KEY,"
    " other integer REFERENCES checked_late DEFERRABLE INITIALLY DEFERRED)"
)
_SQLITE = (
    _TABLE,
    "CREATE TRIGGER spoil AFTER UPDATE ON accounting_session BEGIN INSERT INTO checked_late (other) VALUES (77); END",
)
_FUNCTION = (
    "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN INSERT INTO checked_late VALUES (1, 77); RETURN NULL; END $$"
)
_POSTGRES = (
    _TABLE,
    _FUNCTION,
    "CREATE TRIGGER spoil AFTER UPDATE ON accounting_session EXECUTE FUNCTION spoil()",
)


def spoil(database: Database) -> None:
    """From now on every transaction that changes a session fails at its commit."""
    with database.write() as connection:
        for statement in _SQLITE if database.kind == "sqlite" else _POSTGRES:
            connection.execute(text(statement))


def mend(database: Database) -> None:
    """The next ones do not."""
    with database.write() as connection:
        connection.execute(text("DROP TRIGGER spoil" + (" ON accounting_session" if database.kind != "sqlite" else "")))
