"""What the books hold of certain people and gateways, in names instead of ids: the checker's view. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from netquota.storage.database import Connection

_Rows = list[dict[str, Any]]
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
# a pool's subject is the office, by its code; any other's the person
_LEDGER = """
SELECT quota.key AS quota, COALESCE('opd ' || opd.code, employee.username) AS subject, quota.direction,
       period_start_s, period_end_s, used
  FROM ledger_entry JOIN quota ON quota.id = quota_id
  LEFT JOIN opd ON quota.opd_id IS NOT NULL AND opd.id = subject_id
  LEFT JOIN employee ON quota.opd_id IS NULL AND employee.id = subject_id
"""
_ORDERS = """
SELECT enforcement.id, employee.username, state, ended_ms FROM enforcement
  JOIN employee ON employee.id = employee_id
"""
# only where a client has one site: what several share is told apart by things that the truth does not hold
_SITES = """
SELECT gateway.identifier AS gateway, MIN(site.name) AS site FROM gateway JOIN site ON site.nas_id = gateway.nas_id
  GROUP BY gateway.identifier HAVING COUNT(*) = 1
"""
_MEMBERS = "SELECT 'opd ' || opd.code AS subject, employee.username FROM employee JOIN opd ON opd.id = employee.opd_id"


@dataclass(frozen=True, slots=True)
class BookRows:
    """Rows as the checker takes them; `sites` by gateway, `members` (usernames) by ledger subject."""

    samples: _Rows
    sessions: _Rows
    ledger: _Rows
    orders: _Rows
    sites: dict[str, str] = field(default_factory=dict[str, str])
    members: dict[str, set[str]] = field(default_factory=dict[str, set[str]])


def book_rows(connection: Connection, usernames: Collection[str], gateways: Collection[str]) -> BookRows:
    """What stands in the books about these people at these gateways, as of one moment.

    A site or a pool is told of only where nobody else can have added to it.
    """
    people = frozenset(usernames)
    members: dict[str, set[str]] = {}
    for row in _rows(connection, _MEMBERS):
        members.setdefault(row["subject"], set()).add(row["username"])
    members = {subject: names for subject, names in members.items() if names <= people}
    sites = {row["gateway"]: row["site"] for row in _rows(connection, _SITES) if row["gateway"] in gateways}
    own = {"person": people, "site": frozenset(sites.values())}
    return BookRows(
        [row for row in _rows(connection, _SAMPLES) if row["subject"] in own[row["kind"]]],
        [row for row in _rows(connection, _SESSIONS) if row["gateway"] in gateways and row["username"] in people],
        [row for row in _rows(connection, _LEDGER) if row["subject"] in people or row["subject"] in members],
        [row for row in _rows(connection, _ORDERS) if row["username"] in people],
        sites,
        members,
    )


def open_orders(connection: Connection) -> int:
    """How many orders have no end yet."""
    return int(connection.execute(text("SELECT COUNT(*) FROM enforcement WHERE ended_ms IS NULL")).scalar_one())


def ledger_totals(connection: Connection) -> list[tuple[str, int]]:
    """(row of the ledger, octets used) as shown at this moment: they may only grow (reliability.md §2, C)."""
    return [
        (f"{row['quota']} {row['subject']} {row['direction']} {row['period_start_s']}", row["used"])
        for row in _rows(connection, _LEDGER)
    ]


def _rows(connection: Connection, statement: str) -> _Rows:
    return [dict(row) for row in connection.execute(text(statement)).mappings()]
