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
from netquota.storage.feed_store import PUBLISH_POSTGRES_SELECT
from netquota.storage.postgres_arrays import array_text
from netquota.storage.session_row import (
    COLUMNS,
    COUNTED,
    INSERTED,
    UPDATED,
    Charge,
    Leaves,
    Overtaken,
    SessionRow,
    StandingOrder,
    by_change,
    counted_values,
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
    "audit_session_id": "text",
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
_OPEN_OF_ONE = (  # OFFSET keeps the planner from reading all open sessions instead, before it has statistics
    "SELECT * FROM accounting_session o WHERE o.employee_id = k.id AND o.ended_s IS NULL OFFSET 0"
)
_OPEN_OF_EMPLOYEES = (
    f"SELECT {_ALL} FROM unnest(%s::bigint[]) AS k(id) CROSS JOIN LATERAL ({_OPEN_OF_ONE}) s ORDER BY s.id"
)
_OPEN_OF_OPDS = (
    f"SELECT {_ALL} FROM employee k CROSS JOIN LATERAL ({_OPEN_OF_ONE}) s WHERE k.opd_id = ANY(%s) ORDER BY s.id"
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


def _update(names: Sequence[str]) -> str:
    given = [*names, "id", "seq"]
    return (
        f"UPDATE accounting_session s SET {', '.join(f'{name} = u.{name}' for name in names)}, seq = s.seq + 1"
        f" FROM unnest({_arrays(given)}) AS u({', '.join(given)}) WHERE s.id = u.id AND s.seq = u.seq"
    )


_UPDATE, _UPDATE_COUNTED = _update(UPDATED), _update(COUNTED)
_FIGURE_COLUMNS = "l.quota_id, l.subject_id, period_start_s, period_end_s, used - forgiven, granted, carried_in"
_CHARGE = (
    "INSERT INTO ledger_entry AS l (quota_id, subject_id, period_start_s, period_end_s, used, rest)"
    " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[])"
    " ON CONFLICT (quota_id, subject_id, period_start_s) DO UPDATE SET"
    " used = l.used + excluded.used + (l.rest + excluded.rest) / 1000, rest = (l.rest + excluded.rest) %% 1000"
    f" RETURNING {_FIGURE_COLUMNS}"
)
_SAMPLE = (
    "INSERT INTO usage_sample AS s (kind, subject_id, bin_s, down, up, part)"
    " SELECT * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[])"
    " ON CONFLICT (kind, subject_id, bin_s, part) DO UPDATE SET down = s.down + excluded.down, up = s.up + excluded.up"
)
_WRITE = (  # all that most batches leave, in one statement: a round trip and a plan for each table would cost more
    f"WITH updated AS ({_UPDATE_COUNTED} RETURNING 1), charged AS ({_CHARGE}), sampled AS ({_SAMPLE}),"
    f" told AS ({PUBLISH_POSTGRES_SELECT})"
    " SELECT count(*), 0, 0, 0, 0, 0, 0 FROM updated UNION ALL SELECT * FROM charged"
)
_FIGURES_NOW = (
    f"SELECT {_FIGURE_COLUMNS} FROM ledger_entry l"
    " JOIN unnest(%s::bigint[], %s::bigint[]) AS k(quota_id, subject_id)"
    " ON l.quota_id = k.quota_id AND l.subject_id = k.subject_id WHERE period_start_s <= %s AND period_end_s > %s"
)


_INSERTED_KINDS = _kinds(INSERTED)
_UPDATED_KINDS = _kinds((*UPDATED, "id", "seq"))
_COUNTED_KINDS = _kinds((*COUNTED, "id", "seq"))
_CURSOR = "netquota_cursor"
_NUMBERS = ["bigint"] * 5
_CHARGE_KINDS = [*_NUMBERS, "int"]
_PERSON = 1  # usage_sample.kind; only rows that many writers add to, those of sites and links, are in parts


class PostgresPage:
    """A page in PostgreSQL; the methods are described in `ledger_store.Page`."""

    def __init__(self, connection: Connection, part: int = 0) -> None:
        self._part = part
        self._driver = cast("psycopg.Connection[tuple[Any, ...]]", connection.connection.driver_connection)
        kept = connection.info  # of the driver's connection: making a cursor takes a tenth of a batch
        if _CURSOR not in kept:
            kept[_CURSOR] = self._driver.cursor()
        self._writer: psycopg.Cursor[tuple[Any, ...]] = kept[_CURSOR]

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
        rows = [SessionRow(*row) for row in found.fetchall()]
        return sorted(rows, key=lambda row: (row.incarnation_s, row.id))

    def write(self, rows: Sequence[SessionRow], leaves: Leaves) -> list[LedgerFigure]:
        """See `Page`."""
        counted, whole = by_change(rows)
        values = [
            *_columns(_COUNTED_KINDS, map(counted_values, counted)),
            *_columns(_CHARGE_KINDS, map(_charged, leaves.charges)),
            *_columns(_NUMBERS, leaves.samples),
            self._parts(leaves.samples),
            *(leaves.news or (None, None, None)),
        ]
        with self._driver.pipeline():  # BEGIN, too
            updates = self._update_whole(whole)
            written = self._writer.execute(cast(LiteralString, _WRITE), values)
        (updated, *_), *figures = written.fetchall()
        _written(rows, updated, updates)
        return [LedgerFigure(*row) for row in figures]

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
        counted, whole = by_change(rows)
        updates = self._update_whole(whole)
        if counted:
            values = _columns(_COUNTED_KINDS, map(counted_values, counted))
            updates.append(self._driver.execute(cast(LiteralString, _UPDATE_COUNTED), values))
        _written(rows, 0, updates)

    def _update_whole(self, rows: Sequence[SessionRow]) -> list[psycopg.Cursor[tuple[Any, ...]]]:
        if not rows:
            return []
        values = _columns(_UPDATED_KINDS, map(updated_values, rows))
        return [self._driver.execute(cast(LiteralString, _UPDATE), values)]

    def charge(self, charges: Sequence[Charge]) -> list[LedgerFigure]:
        """See `Page`."""
        if not charges:
            return []
        found = self._driver.execute(_CHARGE, _columns(_CHARGE_KINDS, map(_charged, charges)))
        return [LedgerFigure(*row) for row in found.fetchall()]

    def add_samples(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        """See `Page`."""
        if rows:
            self._driver.execute(_SAMPLE, [*_columns(_NUMBERS, rows), self._parts(rows)])

    def _parts(self, rows: Sequence[tuple[int, int, int, int, int]]) -> str:
        return array_text("int", (0 if row[0] == _PERSON else self._part for row in rows))

    def figures(self, keys: Sequence[tuple[int, int]], now_s: int) -> list[LedgerFigure]:
        """See `Page`."""
        quotas, subjects = [key[0] for key in keys], [key[1] for key in keys]
        return [LedgerFigure(*row) for row in self._driver.execute(_FIGURES_NOW, (quotas, subjects, now_s, now_s))]


def _written(rows: Sequence[SessionRow], updated: int, others: Sequence[psycopg.Cursor[tuple[Any, ...]]]) -> None:
    if updated + sum(update.rowcount for update in others) != len(rows):
        raise Overtaken
    for row in rows:
        row.seq += 1


def _charged(charge: Charge) -> tuple[int, int, int, int, int, int]:
    c = charge
    return c.quota_id, c.subject_id, c.period_start_s, c.period_end_s, c.octets, c.rest


def _columns(kinds: Sequence[str], rows: Iterable[tuple[object, ...]]) -> list[str]:
    """The rows turned into one array literal a column."""
    columns = list(zip(*rows, strict=True))
    if not columns:
        return ["{}"] * len(kinds)
    return [array_text(kind, column) for kind, column in zip(kinds, columns, strict=True)]


def _lock_number(key: tuple[int, str]) -> int:
    """A signed 64-bit number for the advisory lock of a session's key; a collision only waits."""
    return (zlib.crc32(key[1].encode()) << 31) ^ key[0]
