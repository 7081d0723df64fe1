"""Who a notice is for, as the rows say: employees, offices, quotas by their numbers. Reads only."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from netquota.domain.people import AccountKind, Status
from netquota.storage.database import Connection
from netquota.storage.schema import employee, opd, quota


class Person(NamedTuple):
    """An employee as one who is told; None = no such address."""

    name: str
    language: str
    mail: str | None
    phone: str | None
    opd_id: int
    opd_code: str


class Office(NamedTuple):
    """An office as one whose people are told."""

    code: str
    name: str


def person(connection: Connection, employee_id: int) -> Person | None:
    """The employee of this number, while active; None for one who left, is suspended, or is a line or device."""
    e = employee.c
    query = (
        select(e.name, e.language, e.mail, e.phone, e.opd_id, opd.c.code)
        .join_from(employee, opd, opd.c.id == e.opd_id)
        .where(e.id == employee_id, e.status == Status.ACTIVE, e.kind == AccountKind.PERSON)
    )
    row = connection.execute(query).first()
    return None if row is None else Person(*row)


def office(connection: Connection, opd_id: int) -> Office | None:
    """The office of this number."""
    row = connection.execute(select(opd.c.code, opd.c.name).where(opd.c.id == opd_id)).first()
    return None if row is None else Office(*row)


def quota_name(connection: Connection, quota_id: int) -> str:
    """What people call a quota; empty where it is gone."""
    return connection.execute(select(quota.c.name).where(quota.c.id == quota_id)).scalar() or ""
