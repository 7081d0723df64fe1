"""Codes with which a person sets a password: one at a time for each way, good once and not for long; digests alone."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import and_, delete, func, insert, select, true

from netquota.domain.scope import EVERYTHING, Scope
from netquota.storage.database import Connection
from netquota.storage.schema import employee, password_code


class Way(StrEnum):
    """How a code comes to its person."""

    OPERATOR = "operator"
    MAIL = "mail"
    SLIP = "slip"


@dataclass(frozen=True, slots=True)
class PasswordCode:
    """Whose, by which way it went, who made it, until which epoch second."""

    employee_id: int
    way: Way
    by: str
    expires_s: int


def put(connection: Connection, code: str, made: PasswordCode) -> None:
    """Keep a code in place of the last one that went the same way: one asked for by mail ends no operator's."""
    c = password_code.c
    connection.execute(delete(password_code).where(c.employee_id == made.employee_id, c.way == made.way))
    values = {"digest": _digest(code), **asdict(made)}
    connection.execute(insert(password_code).values(values))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody active without a password; `slip_until_s`: until when a printed slip of his is good (0: none)."""

    id: int
    username: str
    nip: str | None
    name: str
    slip_until_s: int
    opd_id: int


def waiting(connection: Connection, opd_id: int | None, now_s: int, scope: Scope = EVERYTHING) -> list[Waiting]:
    """Those of an office (None: of all in scope) who have no password yet, by name."""
    e, c = employee.c, password_code.c
    here = true() if opd_id is None else e.opd_id == opd_id
    if scope.opd_ids is not None:
        here = and_(here, e.opd_id.in_(sorted(scope.opd_ids)))
    own = and_(c.employee_id == e.id, c.way == Way.SLIP, c.expires_s > now_s)
    query = (
        select(e.id, e.username, e.nip, e.name, func.coalesce(func.max(c.expires_s), 0), e.opd_id)
        .join_from(employee, password_code, own, isouter=True)
        .where(here, e.kind == "person", e.status == "active", e.password_hash.is_(None))
        .group_by(e.id, e.username, e.nip, e.name, e.opd_id)
        .order_by(e.name, e.id)
    )
    return [Waiting(row[0], row[1], row[2], row[3], int(row[4]), row[5]) for row in connection.execute(query)]


def until(connection: Connection, employee_id: int, way: Way) -> int:
    """Until which epoch second the person's last code of a way is good; 0 where there is none."""
    c = password_code.c
    found = connection.execute(select(c.expires_s).where(c.employee_id == employee_id, c.way == way)).scalar()
    return int(found or 0)


def find(connection: Connection, code: str, now_s: int) -> PasswordCode | None:
    """The code, if it is good; it stays."""
    c = password_code.c
    row = connection.execute(select(c.employee_id, c.way, c.by, c.expires_s).where(c.digest == _digest(code))).first()
    if row is None or now_s >= row.expires_s:
        return None
    return PasswordCode(row.employee_id, Way(row.way), row.by, row.expires_s)


def use(connection: Connection, code: str) -> bool:
    """The code is used up; whether it was there: of two who use it at once, one does."""
    return connection.execute(delete(password_code).where(password_code.c.digest == _digest(code))).rowcount > 0


def end_all(connection: Connection, employee_id: int) -> None:
    """Whoever has a password needs none of his codes any more: none of them opens his account."""
    connection.execute(delete(password_code).where(password_code.c.employee_id == employee_id))


def forget_old(connection: Connection, now_s: int) -> int:
    """Delete those that are over; how many."""
    return connection.execute(delete(password_code).where(password_code.c.expires_s <= now_s)).rowcount


def _digest(code: str) -> bytes:
    return hashlib.sha256(b"password code\0" + code.encode()).digest()
