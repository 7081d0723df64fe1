"""Hosts of applications in their tables: which are measured, and what each gateway's counters stood at last."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from netquota.domain.interfaces import Reading
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.sample_tables import address_reading
from netquota.storage.schema import application

Key = tuple[int, str]
"""An application's id and one of its hosts."""
_a = address_reading.c


class Standing(NamedTuple):
    """Where a gateway's counters of a host stood: octets from the host (`input`) and to it (`output`)."""

    application_id: int
    host: str
    nas_id: int
    gateway: str
    last: Reading

    @property
    def key(self) -> Key:
        """Whose host it is."""
        return self.application_id, self.host


class Reporting(NamedTuple):
    """How many gateways have reported an application's hosts, and when one did last (epoch seconds, None: never)."""

    gateways: int
    last_s: int | None


def addressed(connection: Connection) -> list[tuple[int, str]]:
    """(id, address) of every application that has an address, in the order of their codes."""
    c = application.c
    query = select(c.id, c.address).where(func.coalesce(c.address, "") != "").order_by(c.code)
    return [(int(row[0]), str(row[1])) for row in connection.execute(query)]


def standings(connection: Connection, nas_id: int, gateway: str) -> dict[Key, Standing]:
    """What a gateway's counters stood at; locked in the order of their keys until the transaction ends."""
    query = (
        select(address_reading)
        .where(_a.nas_id == nas_id, _a.gateway == gateway)
        .order_by(_a.application_id, _a.host)
        .with_for_update()
    )
    found = (
        Standing(
            row.application_id, row.host, row.nas_id, row.gateway,
            Reading(row.at_s, int(row.down), int(row.up), row.up_ticks),
        )
        for row in connection.execute(query)
    )  # fmt: skip
    return {one.key: one for one in found}


def put(connection: Connection, found: Iterable[Standing]) -> None:
    """Keep these in place of what stood there."""
    values = [
        {
            "application_id": one.application_id, "host": one.host, "nas_id": one.nas_id, "gateway": one.gateway,
            "at_s": one.last.at_s, "up_ticks": one.last.up_ticks, "down": str(one.last.input),
            "up": str(one.last.output),
        }
        for one in sorted(found, key=lambda each: each.key)
    ]  # fmt: skip
    if values:
        insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(address_reading)
        keys = [column.name for column in address_reading.primary_key.columns]
        fresh = {column.name: insert.excluded[column.name] for column in _a if column.name not in keys}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=fresh), values)


def kept(connection: Connection) -> set[Key]:
    """Whose hosts have readings."""
    return {(row[0], row[1]) for row in connection.execute(select(_a.application_id, _a.host).distinct())}


def forget(connection: Connection, keys: Collection[Key]) -> None:
    """Keep no readings of these any more: nobody asks for them."""
    if keys:
        connection.execute(delete(address_reading).where(tuple_(_a.application_id, _a.host).in_(sorted(keys))))


def has_older(connection: Connection, before_s: int) -> bool:
    """Whether a reading is from before an epoch second."""
    return connection.execute(select(_a.host).where(_a.at_s < before_s).limit(1)).first() is not None


def forget_older(connection: Connection, before_s: int) -> None:
    """Keep no readings from before an epoch second."""
    connection.execute(delete(address_reading).where(_a.at_s < before_s))


def reporting(connection: Connection, application_id: int) -> Reporting:
    """Who has reported an application's hosts."""
    mine = (
        select(_a.nas_id, _a.gateway, func.max(_a.at_s).label("at_s"))
        .where(_a.application_id == application_id)
        .group_by(_a.nas_id, _a.gateway)
        .subquery()
    )
    row = connection.execute(select(func.count(), func.max(mine.c.at_s)).select_from(mine)).one()
    return Reporting(int(row[0]), row[1])
