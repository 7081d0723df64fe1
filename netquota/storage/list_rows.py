"""Whole tables at once, for lists of thousands: read, written, each statement for many rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from netquota.errors import Conflict
from netquota.storage.database import Connection
from netquota.storage.rows import Row
from netquota.storage.schema import metadata

_BATCH = 500


def all_rows(connection: Connection, table: str, without: Collection[str] = ()) -> Iterable[Row]:
    """Every row of a table, but for some columns (hashes, secrets: large, and nobody's business)."""
    of = metadata.tables[table]
    columns = [column for column in of.columns if column.name not in without]
    for row in connection.execute(select(*columns).order_by(of.c.id)).mappings():
        yield dict(row)


def keys(
    connection: Connection, table: str, columns: Sequence[str], fixed: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    """(id, keys …) of the rows that have these values."""
    of = metadata.tables[table]
    conditions = [of.c[name] == value for name, value in fixed.items()]
    query = select(of.c.id, *(of.c[name] for name in columns)).where(*conditions).order_by(of.c.id)
    return [tuple(row) for row in connection.execute(query)]


def insert_all(connection: Connection, table: str, key: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows; their ids, in the same order. `key` is a column that tells them apart."""
    of = metadata.tables[table]
    if not rows:
        return []
    connection.execute(of.insert(), [dict(row) for row in rows])
    found: dict[Any, int] = {}
    wanted = [row[key] for row in rows]
    for at in range(0, len(wanted), _BATCH):
        query = select(of.c.id, of.c[key]).where(of.c[key].in_(wanted[at : at + _BATCH]))
        found |= {row[1]: row[0] for row in connection.execute(query)}
    return [found[value] for value in wanted]


def change_all(connection: Connection, table: str, rows: Iterable[tuple[int, int, Mapping[str, Any]]]) -> None:
    """Write (id, version, values), each if it still has that version. Raises `Conflict` where one was changed since."""
    of = metadata.tables[table]
    for row_id, version, values in rows:
        mine = update(of).where(of.c.id == bindparam("of_id"), of.c.version == bindparam("of_version"))
        statement = mine.values({**{name: bindparam(name) for name in values}, "version": version + 1})
        given = {"of_id": row_id, "of_version": version, **values}
        if connection.execute(statement, given).rowcount == 0:
            raise Conflict("the list was changed by somebody else meanwhile; look at it anew")


def remove_all(connection: Connection, table: str, ids: Sequence[int]) -> None:
    """Delete these rows; what goes with them goes. Raises `Conflict` where something else refers to one."""
    of = metadata.tables[table]
    for at in range(0, len(ids), _BATCH):
        connection.execute(of.delete().where(of.c.id.in_(ids[at : at + _BATCH])))


def of_ids(connection: Connection, table: str, ids: Sequence[int]) -> dict[int, Row]:
    """These rows, by id; locked until the transaction ends."""
    of = metadata.tables[table]
    found: dict[int, Row] = {}
    for at in range(0, len(ids), _BATCH):
        query = select(of).where(of.c.id.in_(ids[at : at + _BATCH])).order_by(of.c.id).with_for_update()
        found |= {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    return found
