"""The OPDs, sites and links of the city, by id and name: whom measures, metrics and exports go through."""

from __future__ import annotations

from sqlalchemy import select

from netquota.domain.samples import LINK, OPD, SITE
from netquota.storage.database import Connection
from netquota.storage.schema import employee, nas, opd, provider_link, site

_NAMES = {OPD: (opd, opd.c.code), SITE: (site, site.c.name), LINK: (provider_link, provider_link.c.name)}


def ids(connection: Connection, kind: int) -> list[int]:
    """All of a kind, by id."""
    return list(names(connection, kind))


def names(connection: Connection, kind: int) -> dict[int, str]:
    """The natural keys of all of a kind, by id: an OPD's code, the name of a site or a link."""
    table, name = _NAMES[kind]
    return {row[0]: row[1] for row in connection.execute(select(table.c.id, name).order_by(table.c.id))}


def sites_at(connection: Connection, gateway: str) -> list[int] | None:
    """The sites of a gateway by its name; None where there is no such gateway."""
    nas_id = connection.execute(select(nas.c.id).where(nas.c.name == gateway)).scalar()
    if nas_id is None:
        return None
    return list(connection.execute(select(site.c.id).where(site.c.nas_id == nas_id).order_by(site.c.id)).scalars())


def employee_id(connection: Connection, name: str) -> int | None:
    """A person by username or NIP."""
    for column in (employee.c.username, employee.c.nip):
        found = connection.execute(select(employee.c.id).where(column == name)).scalar()
        if found is not None:
            return int(found)
    return None
