"""Reads policy into a snapshot, keeps it current change by change, and notes each change for the other processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from sys import intern
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Row, Text, cast, func, literal, select, text

from netquota.storage.database import Connection, is_postgresql
from netquota.storage.policy_rows import Decrypts, load_rules
from netquota.storage.schema import employee, policy_change
from netquota.storage.snapshot import EmployeeRow, PlainRow, Roster, Snapshot, Version, assemble

CHANNEL = "netquota"  # PostgreSQL: workers listen here
_BATCH = 5000
_MANY = 500  # beyond so many changed employees one reading of all is cheaper
_EMPLOYEES = select(*(employee.c[name] for name in EmployeeRow._fields))


def load_snapshot(connection: Connection, secrets: Decrypts, zone: ZoneInfo) -> Snapshot:
    """All policy at the moment of the transaction; `zone` is the city's, for periods and schedules.

    100,000 employees take one to two seconds.
    """
    at = _version(connection, Version(-1))
    return assemble(at, load_rules(connection, secrets, zone), _roster(connection))


def refresh(connection: Connection, snapshot: Snapshot, secrets: Decrypts, zone: ZoneInfo) -> Snapshot | None:
    """The snapshot with what changed since, None where nothing did; on PostgreSQL also what was committed late.

    Changed employees are read one by one; any other change reads all the small tables again. `connection` is of
    `Database.read()`, a new one for each call: what changed and what is read must be of one moment.
    """
    changes = _changes(connection, snapshot.at)
    if not changes:
        return None
    at = _version(connection, snapshot.at)
    ids = {entity_id for _, kind, entity_id in changes if kind == "employee"}
    if any(kind != "employee" for _, kind, _ in changes):
        snapshot = assemble(at, load_rules(connection, secrets, zone), snapshot.roster)
    if None in ids or len(ids) > _MANY:
        return assemble(at, snapshot.rules, _roster(connection))
    known = sorted(entity_id for entity_id in ids if entity_id is not None)
    return snapshot.with_employees(at, known, _rows(connection, known)) if known else snapshot.moved_to(at)


def record_change(connection: Connection, kind: str, entity_id: int | None, now_s: int) -> None:
    """Note that policy changed, in the transaction that changes it; wakes the workers where PostgreSQL can.

    `kind` is the table; `entity_id` None stands for all of them.
    """
    record_changes(connection, kind, [entity_id], now_s)


def record_changes(connection: Connection, kind: str, entity_ids: Sequence[int | None], now_s: int) -> None:
    """`record_change` for many of a kind; of very many just that all may have changed."""
    ids = list(entity_ids) if len(entity_ids) <= _MANY else [None]
    if not ids:
        return
    own = policy_change.insert()
    if is_postgresql(connection):
        own = own.values(xid=cast(cast(func.pg_current_xact_id(), Text), BigInteger))
    connection.execute(own, [{"kind": kind, "entity_id": entity_id, "at_s": now_s} for entity_id in ids])
    if is_postgresql(connection):
        connection.execute(select(func.pg_notify(CHANNEL, "policy")))


def forget_changes(connection: Connection, before_s: int) -> int:
    """Delete notes of changes older than `before_s`, all but the newest (its number is not given out again)."""
    newest = select(func.max(policy_change.c.id)).scalar_subquery()
    old = policy_change.delete().where(policy_change.c.at_s < before_s, policy_change.c.id < newest)
    return connection.execute(old).rowcount


def _changes(connection: Connection, at: Version) -> list[tuple[int, str, int | None]]:
    """(id, kind, entity) of what the snapshot does not know; a transaction under way then shows all it wrote now."""
    asked = select(policy_change.c.id, policy_change.c.kind, policy_change.c.entity_id)
    late = policy_change.c.xid >= at.horizon if is_postgresql(connection) else policy_change.c.id > at.number
    found = connection.execute(asked.where(late).order_by(policy_change.c.id))
    return [(row.id, row.kind, row.entity_id) for row in found if row.id not in at.seen]


def _version(connection: Connection, before: Version) -> Version:
    number = connection.execute(select(func.coalesce(func.max(policy_change.c.id), literal(0)))).scalar_one()
    number = max(number, before.number)
    if not is_postgresql(connection):
        return Version(number)
    horizon = connection.execute(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")).scalar_one()
    seen = connection.execute(select(policy_change.c.id).where(policy_change.c.xid >= horizon)).scalars()
    return Version(number, horizon, frozenset(seen))


def _roster(connection: Connection) -> Roster:
    roster = Roster({}, {}, {})
    reading = connection.execute(_EMPLOYEES.execution_options(yield_per=_BATCH))
    for row in reading:
        roster.put(_plain(row))
    return roster


def _rows(connection: Connection, ids: Iterable[int]) -> Iterator[PlainRow]:
    for row in connection.execute(_EMPLOYEES.where(employee.c.id.in_(list(ids)))):
        yield _plain(row)


def _plain(row: Row[Any]) -> PlainRow:
    """The row as a bare tuple; texts that repeat are kept once."""
    entry = EmployeeRow._make(row)
    key = entry.username if entry.username == entry.username_key else entry.username_key
    return tuple(entry._replace(username_key=key, language=intern(entry.language), status=intern(entry.status)))
