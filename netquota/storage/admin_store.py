"""The people of the admin door: who they are and what they may see. Changing them is allocate's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, Select, func, select

from netquota.storage.database import Connection
from netquota.storage.schema import admin, opd


@dataclass(frozen=True, slots=True)
class Admin:
    """An admin; `opd_id` and `opd_code` name the only office that an opd_operator sees."""

    id: int
    username: str
    name: str
    role: str
    opd_id: int | None
    opd_code: str | None
    language: str
    theme: str
    active: bool
    password_hash: str = field(repr=False)
    version: int = 1


def by_username(connection: Connection, username: str) -> Admin | None:
    """The admin of a log-in name, also one who may not log in (`active`)."""
    return _first(connection, _all().where(admin.c.username == username))


def by_id(connection: Connection, admin_id: int) -> Admin | None:
    """The admin of a session."""
    return _first(connection, _all().where(admin.c.id == admin_id))


def count_active(connection: Connection, role: str = "network_admin") -> int:
    """How many of a role may log in; 0 of network_admin means that set-up is still to come."""
    query = select(func.count()).select_from(admin).where(admin.c.active, admin.c.role == role)
    return connection.execute(query).scalar_one()


def _all() -> Select[Any]:
    return select(admin, opd.c.code.label("opd_code")).select_from(admin.outerjoin(opd, admin.c.opd_id == opd.c.id))


def _first(connection: Connection, query: Select[Any]) -> Admin | None:
    row: Row[Any] | None = connection.execute(query).first()
    return None if row is None else Admin(**{name: getattr(row, name) for name in Admin.__slots__})
