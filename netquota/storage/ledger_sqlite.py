"""The books' statements in SQLite: the write transaction is exclusive, so reading first and adding after is safe.

The driver's own calls are used: a packet's share of a batch is a few microseconds, of which an ORM would be most.
"""
# ruff: noqa: S608 - the statements are put together from the names of our own columns

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection

from netquota.domain.quota import LedgerFigure
from netquota.storage.feed_store import PUBLISH_SQLITE
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

_ALL = ", ".join(COLUMNS)
_OF_KEY = (
    f"SELECT {_ALL} FROM accounting_session"
    " WHERE gateway_id = ? AND acct_session_id = ?"
    " AND (last_arrival_s >= ? OR ended_s IS NULL OR end_cause = 'stale') ORDER BY incarnation_s, id"
)
_OPEN_OF_GATEWAY = f"SELECT {_ALL} FROM accounting_session WHERE gateway_id = ? AND ended_s IS NULL ORDER BY id"
_OPEN_OF_EMPLOYEE = f"SELECT {_ALL} FROM accounting_session WHERE employee_id = ? AND ended_s IS NULL ORDER BY id"
_OPEN_OF_OPD = (
    f"SELECT {', '.join(f's.{name}' for name in COLUMNS)} FROM employee e JOIN accounting_session s"
    " ON s.employee_id = e.id WHERE e.opd_id = ? AND s.ended_s IS NULL ORDER BY s.id"
)
_BY_ID = f"SELECT {_ALL} FROM accounting_session WHERE id = ?"
_INSERT = f"INSERT INTO accounting_session ({', '.join(INSERTED)}) VALUES ({', '.join('?' * len(INSERTED))})"


def _update(names: Sequence[str]) -> str:
    changes = ", ".join(f"{name} = ?" for name in names)
    return f"UPDATE accounting_session SET {changes}, seq = seq + 1 WHERE id = ? AND seq = ?"


_UPDATE, _UPDATE_COUNTED = _update(UPDATED), _update(COUNTED)
_FIGURE_COLUMNS = "quota_id, subject_id, period_start_s, period_end_s, used - forgiven, granted, carried_in"
_CHARGE = (
    "INSERT INTO ledger_entry (quota_id, subject_id, period_start_s, period_end_s, used, rest)"
    " VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET used = used + excluded.used + (rest + excluded.rest) / 1000,"
    " rest = (rest + excluded.rest) % 1000"
    f" RETURNING {_FIGURE_COLUMNS}"
)
_FIGURE = f"SELECT {_FIGURE_COLUMNS} FROM ledger_entry"
_FIGURE_NOW = f"{_FIGURE} WHERE quota_id = ? AND subject_id = ? AND period_start_s <= ? AND period_end_s > ?"
_STANDING = (
    "SELECT session_id, kind, desired_down_bps, desired_up_bps FROM enforcement"
    " WHERE session_id = ? AND ended_ms IS NULL ORDER BY id"
)
_SAMPLE = (
    "INSERT INTO usage_sample (kind, subject_id, bin_s, part, down, up) VALUES (?, ?, ?, 0, ?, ?)"
    " ON CONFLICT DO UPDATE SET down = down + excluded.down, up = up + excluded.up"
)


class SqlitePage:
    """A page in SQLite; the methods are described in `ledger_store.Page`."""

    def __init__(self, connection: Connection) -> None:
        self._driver = cast(sqlite3.Connection, connection.connection.driver_connection)

    def _rows(self, statement: str, parameters: Sequence[tuple[object, ...]]) -> list[SessionRow]:
        execute = self._driver.execute
        return [_session(row) for values in parameters for row in execute(statement, values)]

    def sessions_of(self, keys: Sequence[tuple[int, str]], since_s: int) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_OF_KEY, [(gateway_id, session_id, since_s) for gateway_id, session_id in keys])

    def open_sessions_of_gateway(self, gateway_id: int) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_OPEN_OF_GATEWAY, [(gateway_id,)])

    def open_sessions_of(self, employee_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_OPEN_OF_EMPLOYEE, [(employee_id,) for employee_id in employee_ids])

    def sessions_by_id(self, session_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_BY_ID, [(session_id,) for session_id in session_ids])

    def open_sessions_of_opds(self, opd_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`."""
        return self._rows(_OPEN_OF_OPD, [(opd_id,) for opd_id in opd_ids])

    def idle_sessions_by_id(self, session_ids: Sequence[int]) -> list[SessionRow]:
        """See `Page`; there is no other writer."""
        return self.sessions_by_id(session_ids)

    def standing_orders(self, session_ids: Sequence[int]) -> dict[int, StandingOrder]:
        """See `Page`."""
        execute = self._driver.execute
        return {
            row[0]: StandingOrder(*row[1:]) for session_id in session_ids for row in execute(_STANDING, (session_id,))
        }

    def insert_sessions(self, rows: Sequence[SessionRow]) -> None:
        """See `Page`."""
        for row in rows:
            row.id = self._driver.execute(_INSERT, inserted_values(row)).lastrowid or 0

    def update_sessions(self, rows: Sequence[SessionRow]) -> None:
        """See `Page`."""
        counted, whole = by_change(rows)
        self._update(_UPDATE_COUNTED, [counted_values(row) for row in counted])
        self._update(_UPDATE, [updated_values(row) for row in whole])
        for row in rows:
            row.seq += 1

    def _update(self, statement: str, values: Sequence[tuple[object, ...]]) -> None:
        if values and self._driver.executemany(statement, values).rowcount != len(values):
            raise Overtaken

    def write(self, rows: Sequence[SessionRow], leaves: Leaves) -> list[LedgerFigure]:
        """See `Page`."""
        self.update_sessions(rows)
        self.add_samples(leaves.samples)
        if leaves.news is not None:
            self._driver.execute(PUBLISH_SQLITE, leaves.news)
        return self.charge(leaves.charges)

    def charge(self, charges: Sequence[Charge]) -> list[LedgerFigure]:
        """See `Page`."""
        execute = self._driver.execute
        added = [(c.quota_id, c.subject_id, c.period_start_s, c.period_end_s, c.octets, c.rest) for c in charges]
        return [LedgerFigure(*row) for values in added for row in execute(_CHARGE, values).fetchall()]

    def add_samples(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        """See `Page`."""
        self._driver.executemany(_SAMPLE, rows)

    def figures(self, keys: Sequence[tuple[int, int]], now_s: int) -> list[LedgerFigure]:
        """See `Page`."""
        execute = self._driver.execute
        return [
            LedgerFigure(*row)
            for quota_id, subject_id in keys
            for row in execute(_FIGURE_NOW, (quota_id, subject_id, now_s, now_s))
        ]


def _session(row: tuple[object, ...]) -> SessionRow:
    session = SessionRow(*row)  # pyright: ignore[reportArgumentType]  the columns are listed from its own fields
    session.gigawords_seen = bool(session.gigawords_seen)
    return session
