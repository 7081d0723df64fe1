"""What a database holds, in names instead of ids: the checker's view of the books (reliability.md §2)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from netquota.storage.database import Connection, Database
from radius.simulator.checker import Books, Places

_SAMPLES = """
SELECT 'person' AS kind, employee.username AS subject, bin_s, down, up FROM usage_sample
  JOIN employee ON employee.id = subject_id WHERE usage_sample.kind = 1
UNION ALL
SELECT 'site', site.name, bin_s, down, up FROM usage_sample
  JOIN site ON site.id = subject_id WHERE usage_sample.kind = 2
"""
_SESSIONS = """
SELECT gateway.identifier AS gateway, acct_session_id, username, mac FROM accounting_session
  JOIN gateway ON gateway.id = gateway_id
"""
_LEDGER = """
SELECT quota.key AS quota, employee.username AS subject, quota.direction, period_start_s, period_end_s, used
  FROM ledger_entry JOIN quota ON quota.id = quota_id JOIN employee ON employee.id = subject_id
"""
_ORDERS = "SELECT id, state, ended_ms FROM enforcement"


def books_of(database: Database) -> Books:
    """Everything that the checker compares with the truth, as of one moment. All quotas are of persons."""
    with database.read() as connection:
        parts = [_rows(connection, statement) for statement in (_SAMPLES, _SESSIONS, _LEDGER, _ORDERS)]
    return Books(*parts)


def places_of(database: Database) -> Places:
    """The site of each gateway: here each client has one site and its gateways are all of it."""
    statement = "SELECT gateway.identifier, site.name FROM gateway JOIN site ON site.nas_id = gateway.nas_id"
    with database.read() as connection:
        return Places(sites={row["identifier"]: row["name"] for row in _rows(connection, statement)})


def _rows(connection: Connection, statement: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(text(statement))]
