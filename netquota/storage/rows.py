"""Rows of the policy tables by natural key, and the few statements that SQLite and PostgreSQL spell differently.

What a row means is the business of netquota.services.catalogue; here a row is a mapping of column to value. A table's
own child rows (the windows of a schedule) come and go with it, as one more "column" that holds a tuple of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    Select,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from netquota.errors import Conflict
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.schema import admin_opd, event_opd, metadata, rotation_employee, rotation_opd, schedule_window

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows that refer to another: of which table, by which column, how many, and some of their ids."""

    table: str
    column: str
    count: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows are wanted. `equal`: all must hold (None = empty); `like`: one of the columns holds the text."""

    table: str
    equal: Mapping[str, object]
    among: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    """Columns that must hold one of these numbers."""
    like: tuple[tuple[str, ...], str] | None = None
    order: Sequence[tuple[str, bool]] = ()
    """(column, whether descending), then by id."""
    offset: int = 0
    limit: int = 50
    after: tuple[str, object] | None = None
    """(a unique column, value): only rows beyond it, for who goes on where the last page ended."""


_Child = tuple[str, Table, str]
_CHILDREN: dict[str, tuple[_Child, ...]] = {
    "schedule": (("windows", schedule_window, "schedule_id"),),
    "admin": (("opds", admin_opd, "admin_id"),),
    "event": (("opds", event_opd, "event_id"),),
    "rotation": (("opds", rotation_opd, "rotation_id"), ("employees", rotation_employee, "rotation_id")),
}
"""Table: names of its further "columns", with the table of the child rows and their column that names the parent."""
_PARENTS = {
    **{of.name: (table, name, by) for table, children in _CHILDREN.items() for name, of, by in children},
    "pending_move": ("employee", "opd_id", "employee_id"),
}


def find(connection: Connection, table: str, columns: Sequence[str], key: object, *, lock: bool = False) -> Row | None:
    """The row in which one of the columns (the first that fits) equals the key; locked until the transaction ends."""
    of = metadata.tables[table]
    for column in columns:
        query = select(of).where(of.c[column] == key)
        row = connection.execute(query.with_for_update() if lock else query).mappings().first()
        if row is not None:
            return dict(row) | _children(connection, table, row["id"])
    return None


def insert(connection: Connection, table: str, values: Mapping[str, Any]) -> int:
    """Add a row and its children; gives its id."""
    own, children = _parted(table, values)
    key = connection.execute(metadata.tables[table].insert().values(own)).inserted_primary_key
    if key is None:
        raise Conflict(f"{table}: the database gave no number to the new row; try again")
    _replace_children(connection, table, int(key[0]), children)
    return int(key[0])


def change(connection: Connection, table: str, row_id: int, values: Mapping[str, Any], version: int) -> bool:
    """Write values and the next version, if the row still has `version`; whether it had."""
    own, children = _parted(table, values)
    of = metadata.tables[table]
    query = update(of).where(of.c.id == row_id, of.c.version == version).values(**own, version=version + 1)
    if connection.execute(query).rowcount == 0:
        return False
    _replace_children(connection, table, row_id, children)
    return True


def remove(connection: Connection, table: str, row_id: int) -> None:
    """Delete a row; its children go with it."""
    of = metadata.tables[table]
    connection.execute(delete(of).where(of.c.id == row_id))


def referring(connection: Connection, table: str, row_id: int) -> list[Reference]:
    """What would be left dangling without the row: rows that refer to it and do not go with it."""
    found: list[Reference] = []
    for other in metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table.name == table and key.ondelete is None:
                mine = key.parent == row_id
                name, column, by = holder_of(key)
                count = connection.execute(select(func.count()).select_from(other).where(mine)).scalar_one()
                ids = connection.execute(select(other.c[by]).where(mine).order_by(other.c[by]).limit(3)).scalars()
                if count:
                    found.append(Reference(name, column, count, tuple(ids)))
    return found


def holder_of(key: ForeignKey) -> tuple[str, str, str]:
    """Whose rows hold on to what a foreign key refers to: table, its column, and the column that names its row there.

    A child row stands for the thing whose part it is.
    """
    table = key.parent.table.name
    return _PARENTS.get(table, (table, key.parent.name, "id"))


def keys_of(connection: Connection, table: str, column: str, ids: Iterable[int]) -> dict[int, str]:
    """The natural keys of rows, by their ids."""
    of = metadata.tables[table]
    query = select(of.c.id, of.c[column]).where(of.c.id.in_(sorted(set(ids))))
    return {row[0]: row[1] for row in connection.execute(query)}


def page(connection: Connection, query: Query) -> tuple[list[Row], int]:
    """One page of rows, and how many there are in all."""
    of = metadata.tables[query.table]
    conditions = list(_conditions(of, query))
    order = [of.c[column].desc() if down else of.c[column].asc() for column, down in query.order]
    wanted: Select[Any] = select(of).where(*conditions).order_by(*order, of.c.id)
    total = connection.execute(select(func.count()).select_from(of).where(*conditions)).scalar_one()
    rows = [dict(row) for row in connection.execute(wanted.offset(query.offset).limit(query.limit)).mappings()]
    if query.table in _CHILDREN:
        rows = [row | _children(connection, query.table, row["id"]) for row in rows]
    return rows, total


def insert_unless_there(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row whose key may exist already, also by another transaction under way; whether it was inserted."""
    make = postgresql.insert if is_postgresql(connection) else sqlite.insert
    statement = make(table).values(dict(values)).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount > 0


def _conditions(of: Table, query: Query) -> Iterable[ColumnElement[bool]]:
    for column, value in query.equal.items():
        yield of.c[column].is_(None) if value is None else of.c[column] == value
    for column, values in query.among.items():
        among: BindParameter[int] = bindparam(f"among_{column}", sorted(values), expanding=True, literal_execute=True)
        yield of.c[column].in_(among)  # written out: a statement takes fewer parameters than a city has people
    if query.after is not None:
        yield of.c[query.after[0]] > query.after[1]
    if query.like is not None:
        columns, text = query.like
        yield or_(*(func.lower(of.c[column]).contains(text.lower(), autoescape=True) for column in columns))


def _parted(table: str, values: Mapping[str, Any]) -> tuple[Row, dict[str, Sequence[Row]]]:
    own = dict(values)
    children = {name: own.pop(name) for name, _, _ in _CHILDREN.get(table, ()) if name in own}
    return own, {name: rows for name, rows in children.items() if rows is not None}


def _children(connection: Connection, table: str, row_id: int) -> Row:
    found: Row = {}
    for name, of, parent in _CHILDREN.get(table, ()):
        query = select(of).where(of.c[parent] == row_id).order_by(of.c.position)
        dropped = {"id", parent, "position"}
        rows = connection.execute(query).mappings()
        found[name] = tuple({key: value for key, value in row.items() if key not in dropped} for row in rows)
    return found


def _replace_children(
    connection: Connection, table: str, row_id: int, children: Mapping[str, Sequence[Row]]
) -> None:  # fmt: skip
    for name, of, parent in _CHILDREN.get(table, ()):
        if name not in children:
            continue
        connection.execute(delete(of).where(of.c[parent] == row_id))
        for position, child in enumerate(children[name], start=1):
            connection.execute(of.insert().values({**child, parent: row_id, "position": position}))
