"""The books' statements in PostgreSQL: rows locked in key order, arrays through unnest, one round trip a statement.

A session's key is guarded by an advisory lock before its rows are read: rows that another worker adds for it meanwhile
would not be seen otherwise, and be added twice. A batch takes one lock a key: some hundreds fit, thousands do not.
"""
# ruff: noqa: S608 - the statements are put together from the names of our own columns

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, LiteralString, cast

import psycopg
from sqlalchemy import Connection

from netquota.domain.quota import LedgerFigure
from netquota.storage.postgres_arrays import array_text
from netquota.storage.session_row import (
    COLUMNS,
    INSERTED,
    UPDATED,
    Charge,
    SessionRow,
    StandingOrder,
    inserted_values,
    updated_values,
)

_TYPES = {
    "acct_session_id": "text",
    "username": "text",
    "mac": "text",
    "framed_ip": "text",
    "called_station": "text",
    "nas_port": "text",
    "class_token": "bytea",
    "end_cause": "text",
    "gigawords_seen": "bool",
    "interim_s": "int",
    "applied_code": "text",
    "flag": "text",
}


def _kinds(names: Sequence[str]) -> list[str]:
    return [_TYPES.get(name, "bigint") for name in names]


def _arrays(names: Sequence[str]) -> str:
    return ", ".join(f"%s::{_TYPES.get(name, 'bigint')}[]" for name in names)


_ALL = ", ".join(f"s.{name}" for name in COLUMNS)
_OF_KEYS = (
    f"SELECT {_ALL} FROM accounting_session s JOIN unnest(%s::bigint[], %s::text[]) AS k(gateway_id, sid)"
    " ON s.gateway_id = k.gateway_id AND s.acct_session_id = k.sid"
    " WHERE s.last_arrival_s >= %s OR s.ended_s IS NULL OR s.end_cause = 'stale' ORDER BY s.id FOR UPDATE OF s"
)
_LOCK_KEYS = "SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS u(k)"
_OPEN_OF_GATEWAY = (
    f"SELECT {_ALL} FROM accounting_session s WHERE s.gateway_id = %s AND s.ended_s IS NULL ORDER BY s.id FOR UPDATE"
)
_OPEN_OF_EMPLOYEES = (
    f"SELECT {_ALL} FROM accounting_session s WHERE s.employee_id = ANY(%s) AND s.ended_s IS NULL ORDER BY s.id"
)
_OPEN_OF_OPDS = (
    f"SELECT {_ALL} FROM employee e JOIN accounting_session s ON s.employee_id = e.id"
    " WHERE e.opd_id = ANY(%s) AND s.ended_s IS NULL ORDER BY s.id"
)
_BY_IDS = f"SELECT {_ALL} FROM accounting_session s WHERE s.id = ANY(%s) ORDER BY s.id FOR UPDATE"
_IDLE_BY_IDS = f"{_BY_IDS} SKIP LOCKED"
_STANDING = (
    "SELECT session_id, kind, desired_down_bps, desired_up_bps FROM enforcement"
    " WHERE session_id = ANY(%s) AND ended_ms IS NULL ORDER BY id"
)
_INSERT = (
    f"INSERT INTO accounting_session ({', '.join(INSERTED)})"
    f" SELECT * FROM unnest({_arrays(INSERTED)})"
    " RETURNING id, gateway_id, acct_session_id, username, mac, incarnation_s"
)
_UPDATE = (
    f"UPDATE accounting_session s SET {', '.join(f'{name} = u.{name}' for name in UPDATED)}"
    f" FROM unnest({_arrays([*UPDATED, 'id'])}) AS u({', '.join([*UPDATED, 'id'])}) WHERE s.id = u.id"
)
_CHARGE = (
    "INSERT INTO ledger_entry AS l (quota_id, subject_id, period_start_s, period_end_s, used)"
    " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"
    " ON CONFLICT (quota_id, subject_id, period_start_s) DO UPDATE SET used = l.used + excluded.used"
    " RETURNING quota_id, subject_id, period_start_s, period_end_s, used, granted, carried_in"
)
_SAMPLE = (
    "INSERT INTO usage_sample AS s (kind, subject_id, bin_s, down, up)"
    " SELECT * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"
    " ON CONFLICT (kind, subject_id, bin_s) DO UPDATE SET down = s.down + excluded.down, up = s.up + excluded.up"
)
_FIGURES_NOW = (
    "SELECT l.quota_id, l.subject_id, period_start_s, period_end_s, used, granted, carried_in FROM ledger_entry l"
    " JOIN unnest(%s::bigint[], %s::bigint[]) AS k(quota_id, subject_id)"
    " ON l.quota_id = k.quota_id AND l.subject_id = k.subject_id WHERE period_start_s <= %s AND period_end_s > %s"
)


_INSERTED_KINDS = _kinds(INSERTED)
_UPDATED_KINDS = _kinds((*UPDATED, "id"))
_NUMBERS = ["bigint"] * 5


class PostgresPage:
    """A page in PostgreSQL; the methods are described in `ledger_store.Page`."""

    def __init__(self, connection: Connection) -> None:
        self._driver = cast("psycopg.Connection[tuple[Any, ...]]", connection.connection.driver_connection)

    def _rows(self, statement: str, parameters: Sequence[object]) -> list[SessionRow]:
        found = self._driver.execute(cast(LiteralString, statement), parameters)
        return [SessionRow(*row) for row in found]

    def sessions_of(self, keys: Sequence[tuple[int, str]], since_s: int) -> list[SessionRow]:
        """See `Page`."""
        if not keys:
            return []
        locks = array_text("bigint", sorted({_lock_number(key) for key in keys}))
        gateways, session_ids = array_text("bigint", [k[0] for k in keys]), array_text("text", [k[1] for k in keys])
        with self._driver.pipeline():  # one after the other at the server, in one round trip
            self._driver.execute(_LOCK_KEYS, (locks,))
            found = self._driver.execute(cast(LiteralString, _OF_KEYS), (gateways, session_ids, since_s))
        return sorted((SessionRow(*row) for row in found), key=lambda row: (row.incarnation_s, row.id))

    def write(
        self, rows: Sequence[SessionRow], charges: Sequence[Charge], samples: Sequence[tuple[int, int, int, int, int]]
    ) -> list[LedgerFigure]:
        """See `Page`."""
        with self._driver.pipeline():
            self.update_sessions(rows)
            self.add_samples(samples)
            charged = self._charge(charges) if charges else None
        return [] if charged is None else [LedgerFigure(*row) for row in charged]

    def open_sessions_of_gateway(self, gateway_id: int) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_OPEN_OF_GATEWAY, (gateway_id,))

    def open_sessions_of(self, employee_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_OPEN_OF_EMPLOYEES, (list(employee_ids),))

    def sessions_by_id(self, session_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_BY_IDS, (list(session_ids),))

    def open_sessions_of_opds(self, opd_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_OPEN_OF_OPDS, (list(opd_ids),))

    def idle_sessions_by_id(self, session_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_IDLE_BY_IDS, (list(session_ids),))

    def standing_orders(self, session_ids: Sequence[int]) -> dict[int, StandingOrder]:
        """See `Page`."""
        return {row[0]: StandingOrder(*row[1:]) for row in self._driver.execute(_STANDING, (list(session_ids),))}

    def insert_sessions(self, rows: Sequence[SessionRow]) -> None:
        """See `Page`."""
        if not rows:
            return
        columns = _columns(_INSERTED_KINDS, map(inserted_values, rows))
        inserted = self._driver.execute(cast(LiteralString, _INSERT), columns)
        ids = {tuple(key): new_id for new_id, *key in inserted}
        for row in rows:
            row.id = ids[(row.gateway_id, row.acct_session_id, row.username, row.mac, row.incarnation_s)]

    def update_sessions(self, rows: Sequence[SessionRow]) -> None:
        """See `Page`."""
        if rows:
            self._driver.execute(cast(LiteralString, _UPDATE), _columns(_UPDATED_KINDS, map(updated_values, rows)))

    def charge(self, charges: Sequence[Charge]) -> list[LedgerFigure]:
        """See `Page`."""
        return [LedgerFigure(*row) for row in self._charge(charges)] if charges else []

    def _charge(self, charges: Sequence[Charge]) -> psycopg.Cursor[tuple[Any, ...]]:
        values = ((c.quota_id, c.subject_id, c.period_start_s, c.period_end_s, c.octets) for c in charges)
        return self._driver.execute(_CHARGE, _columns(_NUMBERS, values))

    def add_samples(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        """See `Page`."""
        if rows:
            self._driver.execute(_SAMPLE, _columns(_NUMBERS, rows))

    def figures(self, keys: Sequence[tuple[int, int]], now_s: int) -> list[LedgerFigure]:
        """See `Page`."""
        quotas, subjects = [key[0] for key in keys], [key[1] for key in keys]
        return [LedgerFigure(*row) for row in self._driver.execute(_FIGURES_NOW, (quotas, subjects, now_s, now_s))]


def _columns(kinds: Sequence[str], rows: Iterable[tuple[object, ...]]) -> list[str]:
    """The rows turned into one array literal a column."""
    return [array_text(kind, column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]


def _lock_number(key: tuple[int, str]) -> int:
    """A signed 64-bit number for the advisory lock of a session's key; a collision only waits."""
    return (zlib.crc32(key[1].encode()) << 31) ^ key[0]
