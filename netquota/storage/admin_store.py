"""The people of the admin door: who they are, what they may see, their second factor. Changing them is allocate's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from netquota.storage.database import Connection
from netquota.storage.schema import admin, admin_opd, api_token, opd, recovery_code, web_session

_COLUMNS = ("id", "username", "name", "role", "language", "theme", "active", "password_hash", "version")


@dataclass(frozen=True, slots=True)
class Admin:
    """An admin; `opd_ids` and `opd_codes` name the only offices that an opd_operator sees."""

    id: int
    username: str
    name: str
    role: str
    language: str
    theme: str
    active: bool
    password_hash: str = field(repr=False)
    version: int = 1
    has_totp: bool = False
    opd_ids: frozenset[int] = frozenset()
    opd_codes: tuple[str, ...] = ()


def by_username(connection: Connection, username: str) -> Admin | None:
    """The admin of a log-in name, also one who may not log in (`active`)."""
    return _first(connection, admin.c.username == username)


def by_id(connection: Connection, admin_id: int) -> Admin | None:
    """The admin of a session."""
    return _first(connection, admin.c.id == admin_id)


class Contact(NamedTuple):
    """Where notices reach somebody of the office; None = not there. `opd_ids`: an operator's offices."""

    name: str
    role: str
    opd_ids: frozenset[int]
    language: str
    mail: str | None
    phone: str | None
    telegram: str | None


def contacts(connection: Connection) -> list[Contact]:
    """All who may log in and are to be reached by something, by name."""
    a = admin.c
    reached = or_(a.mail.is_not(None), a.phone.is_not(None), a.telegram.is_not(None))
    query = select(a.id, a.name, a.role, a.language, a.mail, a.phone, a.telegram).where(a.active, reached)
    theirs: dict[int, set[int]] = {}
    for admin_id, opd_id in connection.execute(select(admin_opd.c.admin_id, admin_opd.c.opd_id)):
        theirs.setdefault(admin_id, set()).add(opd_id)
    return [
        Contact(row.name, row.role, frozenset(theirs.get(row.id, ())), row.language, row.mail, row.phone, row.telegram)
        for row in connection.execute(query.order_by(a.name, a.id))
    ]


def count_active(connection: Connection, role: str = "network_admin") -> int:
    """How many of a role may log in; 0 of network_admin means that set-up is still to come."""
    query = select(func.count()).select_from(admin).where(admin.c.active, admin.c.role == role)
    return connection.execute(query).scalar_one()


def overview(connection: Connection, now_s: int, idle_s: int) -> list[tuple[Admin, int, int, int | None]]:
    """Each admin by name, with his sessions that hold, good tokens, and the last sign of him (epoch s)."""
    s, t = web_session.c, api_token.c
    holds = (s.kind == "admin") & (s.expires_s > now_s) & (s.seen_s > now_s - idle_s)
    found = connection.execute(select(s.person_id, func.count(), func.max(s.seen_s)).where(holds).group_by(s.person_id))
    signed_in = {row[0]: (int(row[1]), int(row[2])) for row in found}
    good = t.revoked_s.is_(None) & (t.expires_s.is_(None) | (t.expires_s > now_s))
    counted = connection.execute(select(t.admin_id, func.count()).where(good).group_by(t.admin_id))
    tokens = {int(row[0]): int(row[1]) for row in counted}
    names = connection.execute(select(admin.c.username).order_by(admin.c.name, admin.c.id)).scalars().all()
    every = [one for one in (by_username(connection, name) for name in names) if one is not None]
    return [
        (one, signed_in.get(one.id, (0, 0))[0], tokens.get(one.id, 0), signed_in.get(one.id, (0, None))[1])
        for one in every
    ]


def totp_seed(connection: Connection, admin_id: int) -> bytes | None:
    """The sealed seed of somebody's second factor; None where there is none."""
    return connection.execute(select(admin.c.totp_encrypted).where(admin.c.id == admin_id)).scalar()


def set_totp(connection: Connection, admin_id: int, sealed: bytes | None, step: int = 0) -> None:
    """Keep another seed (None: no second factor) and the last step whose code was taken."""
    connection.execute(update(admin).where(admin.c.id == admin_id).values(totp_encrypted=sealed, totp_step=step))


def take_step(connection: Connection, admin_id: int, step: int) -> bool:
    """Whether no code of this 30 s step or a later one was taken before; from now on it was."""
    fresh = update(admin).where(admin.c.id == admin_id, admin.c.totp_step < step).values(totp_step=step)
    return connection.execute(fresh).rowcount > 0


def set_recovery_codes(connection: Connection, admin_id: int, digests: Iterable[bytes]) -> None:
    """Replace somebody's recovery codes."""
    connection.execute(delete(recovery_code).where(recovery_code.c.admin_id == admin_id))
    rows = [{"admin_id": admin_id, "digest": digest} for digest in digests]
    if rows:
        connection.execute(recovery_code.insert(), rows)


def take_recovery_code(connection: Connection, admin_id: int, digest: bytes, now_s: int) -> bool:
    """Whether this is a code of his that was not used yet; from now on it was."""
    r = recovery_code.c
    unused = (r.admin_id == admin_id) & (r.digest == digest) & r.used_s.is_(None)
    return connection.execute(update(recovery_code).where(unused).values(used_s=now_s)).rowcount > 0


def recovery_codes_left(connection: Connection, admin_id: int) -> int:
    """How many of somebody's recovery codes were not used yet."""
    r = recovery_code.c
    query = select(func.count()).select_from(recovery_code).where(r.admin_id == admin_id, r.used_s.is_(None))
    return connection.execute(query).scalar_one()


def _first(connection: Connection, condition: ColumnElement[bool]) -> Admin | None:
    query = select(*(admin.c[name] for name in _COLUMNS), admin.c.totp_encrypted.is_not(None)).where(condition)
    row = connection.execute(query).first()
    if row is None:
        return None
    joined = admin_opd.join(opd, opd.c.id == admin_opd.c.opd_id)
    theirs = select(opd.c.id, opd.c.code).select_from(joined).where(admin_opd.c.admin_id == row[0])
    offices = connection.execute(theirs.order_by(opd.c.code)).all()
    return Admin(*row, opd_ids=frozenset(each[0] for each in offices), opd_codes=tuple(each[1] for each in offices))
