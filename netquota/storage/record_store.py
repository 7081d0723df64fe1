"""Decision records: each log-in's outcome with its reasons as codes, for the denial log and `explain --at`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from netquota.storage.database import is_postgresql
from netquota.storage.schema import decision_record


class DecisionRow(NamedTuple):
    """One log-in as decided; `reasons` is JSON (services.reasons), `at_s` epoch seconds."""

    at_s: int
    accepted: bool
    employee_id: int | None
    username: str
    nas_id: int | None
    gateway: str
    mac: str
    code: str
    reasons: str


_INSERT = f"INSERT INTO decision_record ({', '.join(DecisionRow._fields)}) VALUES ({{}})"  # noqa: S608 (own names)
_MARKS = len(DecisionRow._fields)


def write_records(connection: Connection, rows: Sequence[DecisionRow]) -> None:
    """Add decisions, many at once."""
    mark = "%s" if is_postgresql(connection) else "?"
    connection.exec_driver_sql(_INSERT.format(", ".join([mark] * _MARKS)), [tuple(row) for row in rows])


def records(
    connection: Connection,
    *,
    employee_id: int | None = None,
    refused_only: bool = False,
    since_s: int = 0,
    until_s: int | None = None,
    most: int = 100,
) -> list[DecisionRow]:
    """Decisions since an epoch second (and before another), newest first."""
    c = decision_record.c
    statement = select(*(c[name] for name in DecisionRow._fields)).where(c.at_s >= since_s)
    if employee_id is not None:
        statement = statement.where(c.employee_id == employee_id)
    if refused_only:
        statement = statement.where(c.accepted.is_(False))
    if until_s is not None:
        statement = statement.where(c.at_s <= until_s)
    return [DecisionRow(*row) for row in connection.execute(statement.order_by(c.at_s.desc(), c.id.desc()).limit(most))]


def was_let_in(connection: Connection, employee_id: int, mac: str, since_s: int) -> bool:
    """Whether this device was accepted for the account since an epoch second."""
    c = decision_record.c
    mine = select(c.id).where(
        c.employee_id == employee_id, c.at_s >= since_s, c.accepted.is_(True), c.mac == mac
    )  # fmt: skip
    return connection.execute(mine.limit(1)).first() is not None


def forget_records(connection: Connection, before_s: int, most: int = 10_000) -> int:
    """Delete up to `most` decisions from before an epoch second; how many."""
    c = decision_record.c
    oldest = select(c.id).where(c.at_s < before_s).order_by(c.id).limit(most)
    return connection.execute(delete(decision_record).where(c.id.in_(oldest.scalar_subquery()))).rowcount
