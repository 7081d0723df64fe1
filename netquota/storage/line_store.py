"""The accounts of lines in their table: which office they belong to follows from their site."""

from __future__ import annotations

from sqlalchemy import select, update

from netquota.domain.people import AccountKind
from netquota.storage.database import Connection
from netquota.storage.schema import employee, site


def office_of_site(connection: Connection, site_id: int) -> int:
    """The office (id) that a site belongs to."""
    return connection.execute(select(site.c.opd_id).where(site.c.id == site_id)).scalar_one()


def follow_site(connection: Connection, site_id: int, opd_id: int) -> list[int]:
    """Give a site's lines to an office; the accounts' ids."""
    ids = lines_of_site(connection, site_id)
    connection.execute(update(employee).where(employee.c.id.in_(ids)).values(opd_id=opd_id))
    return ids


def lines_of_site(connection: Connection, site_id: int) -> list[int]:
    """The accounts (ids) of a site's lines."""
    mine = (employee.c.kind == AccountKind.CIRCUIT) & (employee.c.site_id == site_id)
    return list(connection.execute(select(employee.c.id).where(mine).order_by(employee.c.id)).scalars())
