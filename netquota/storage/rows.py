"""Rows of the policy tables by natural key, and the few statements that SQLite and PostgreSQL spell differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from netquota.storage.database import Connection, is_postgresql


def insert_unless_there(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row whose key may exist already, also by another transaction under way; whether it was inserted."""
    make = postgresql.insert if is_postgresql(connection) else sqlite.insert
    return connection.execute(make(table).values(dict(values)).on_conflict_do_nothing()).rowcount > 0
