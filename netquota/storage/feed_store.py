"""The feed between workers: whose ledger or sessions another worker changed. Short-lived, read every quarter second.

On PostgreSQL a row with a lower number may become visible later than one with a higher; so each carries its
transaction's number, and a reader reads again from the oldest transaction that still ran when it last looked.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete

from netquota.storage.database import is_postgresql
from netquota.storage.schema import live_change

KEPT_S = 60

PUBLISH_SQLITE = "INSERT INTO live_change (worker, payload, at_s) VALUES (?, ?, ?)"
PUBLISH_POSTGRES = (
    "INSERT INTO live_change (worker, payload, at_s, xid) VALUES (%s, %s, %s, pg_current_xact_id()::text::bigint)"
)
PUBLISH_POSTGRES_SELECT = (  # nothing where there is no worker
    "INSERT INTO live_change (worker, payload, at_s, xid) SELECT w, p, t, pg_current_xact_id()::text::bigint"
    " FROM (VALUES (%s::text, %s::text, %s::bigint)) AS n(w, p, t) WHERE w IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come: a row id on SQLite, a transaction number on PostgreSQL."""

    mark: int = -1


def publish(connection: Connection, worker: str, payload: str, now_s: int) -> None:
    """Say, in the transaction that did it, whose figures changed (JSON list of employee ids)."""
    if is_postgresql(connection):
        connection.exec_driver_sql(PUBLISH_POSTGRES, (worker, payload, now_s))
    else:
        connection.exec_driver_sql(PUBLISH_SQLITE, (worker, payload, now_s))


def news(connection: Connection, worker: str, since: Position) -> tuple[list[str], Position]:
    """Payloads of other workers since a position (some may come twice), and the next position.

    The first call (`Position()`) gives nothing: who starts has nothing to forget.
    """
    if is_postgresql(connection):
        mark = connection.exec_driver_sql("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").scalar_one()
        statement = "SELECT payload FROM live_change WHERE xid >= %s AND worker <> %s"
    else:
        mark = connection.exec_driver_sql("SELECT coalesce(max(id), 0) + 1 FROM live_change").scalar_one()
        statement = "SELECT payload FROM live_change WHERE id >= ? AND worker <> ?"
    if since.mark < 0:
        return [], Position(mark)
    rows = connection.exec_driver_sql(statement, (since.mark, worker))
    return [row[0] for row in rows], Position(mark)


def trim(connection: Connection, now_s: int) -> None:
    """Forget what every reader has had time to read; a reader that was away longer forgets all it knew."""
    connection.execute(delete(live_change).where(live_change.c.at_s < now_s - KEPT_S))
