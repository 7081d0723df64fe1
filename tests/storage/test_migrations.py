"""From every revision that ever was on, an upgrade ends in exactly the schema, keeps each value, or changes nothing."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Table, insert, select, text

from netquota.storage.database import Database, open_database
from netquota.storage.revision import current, known
from netquota.storage.schema import employee, metadata, opd
from netquota.storage.upgrade import configuration, upgrade

_NEWEST = known()[-1]
_ROWS = 3
_COLUMNS = (
    "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, 2"
)
_CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2"
)
_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
)
_STORAGE = "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL ORDER BY 1"
_SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version' ORDER BY 1, 2"

_Shape = list[tuple[object, ...]]
_Row = dict[str, object]


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = open_database(empty_url)
    yield database
    database.dispose()


@pytest.fixture(params=known()[:-1])
def earlier(request: pytest.FixtureRequest, empty: Database) -> Database:
    """A database as each release with an earlier schema left it, with rows in all tables."""
    return _at(empty, request.param)


@pytest.fixture
def first(empty: Database) -> Database:
    """The same of the first release: from there, all revisions are run."""
    return _at(empty, known()[0])


_SHAPES: dict[str, _Shape] = {}


def _at(empty: Database, revision: str) -> Database:
    with empty.remake() as connection:
        command.upgrade(configuration(connection), revision)
        _fill(connection)
    return empty


# What a database is, without the order of its columns, which a column that was added cannot have.


def _shape(database: Database) -> _Shape:
    with database.read() as connection:
        if database.kind == "sqlite":
            rows = connection.execute(text(_SQLITE))
            return [(kind, name, _parts(sql) if kind == "table" else _plain(sql)) for kind, name, sql in rows]
        queries = (_COLUMNS, _CONSTRAINTS, _INDEXES, _STORAGE)
        return [tuple(row) for query in queries for row in connection.execute(text(query))]


def _plain(sql: str | None) -> str:
    return " ".join((sql or "").replace('"', "").replace("DEFAULT ('')", "DEFAULT ''").split())


def _parts(sql: str) -> tuple[str, ...]:
    """What stands between the commas of a CREATE TABLE, sorted; then what follows the last bracket."""
    match = re.fullmatch(r"CREATE TABLE \w+ ?\((.*)\)([^()]*)", _plain(sql))
    assert match, sql
    parts, depth = [""], 0
    for sign in match[1]:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return (*sorted(part.strip() for part in parts), match[2].strip())


def _shape_of_the_schema(database: Database) -> _Shape:
    """That of this kind of database; made once."""
    if database.kind not in _SHAPES:
        with database.write() as connection:
            metadata.drop_all(connection)
            metadata.create_all(connection)
        _SHAPES[database.kind] = _shape(database)
    return _SHAPES[database.kind]


# Rows that fit any schema: each column gets a value of its type, each reference a row that is there.


def _tables(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _fill(connection: Connection) -> None:
    for table in _tables(connection):
        rows = [{column.name: _value(column, number) for column in table.columns} for number in range(1, _ROWS + 1)]
        connection.execute(insert(table), [_with_one_owner(row) if table.name == "quota" else row for row in rows])
        if connection.dialect.name == "sqlite":
            continue
        for column in table.columns:
            if "nextval" in str(column.server_default.arg if column.server_default else ""):  # type: ignore[attr-defined]
                sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
                connection.execute(text(f"SELECT setval({sequence}, {_ROWS})"))


def _value(column: Column[object], number: int) -> object:
    if column.foreign_keys:
        return number
    kind = column.type.python_type
    if kind is bool:
        return number % 2 == 0
    if kind is int:
        return number
    if kind is bytes:
        return f"{number}{column.name}".encode()[:32]
    assert kind is str, column
    return f"{number}{column.name}"[: getattr(column.type, "length", None) or 40]


def _with_one_owner(row: _Row) -> _Row:
    return {**row, "plan_id": None, "opd_id": None}


def _content(connection: Connection) -> dict[str, list[_Row]]:
    return {
        table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in _tables(connection)
    }


def test_an_empty_database_gets_exactly_the_schema(empty: Database) -> None:
    upgrade(empty)
    with empty.read() as connection:
        defaults = empty.kind == "postgresql"  # SQLite's empty text is misread; the shape compares it by its SQL
        context = MigrationContext.configure(connection, opts={"compare_server_default": defaults})
        assert compare_metadata(context, metadata) == []
    migrated = _shape(empty)
    assert migrated == _shape_of_the_schema(empty)
    assert len(migrated) > 50


def test_each_earlier_revision_ends_in_exactly_the_schema_with_every_value_that_has_a_place_there(
    earlier: Database,
) -> None:
    with earlier.read() as connection:
        before = _content(connection)
    assert all(len(rows) == _ROWS for rows in before.values())
    upgrade(earlier)
    with earlier.read() as connection:
        after = _content(connection)
    for name in before.keys() & metadata.tables.keys():
        kept = [column for column in before[name][0] if column in metadata.tables[name].columns]
        assert _only(kept, after[name]) == _only(kept, before[name]), name
    assert _shape(earlier) == _shape_of_the_schema(earlier)


def _only(columns: list[str], rows: list[_Row]) -> list[_Row]:
    return [{column: row[column] for column in columns} for row in rows]


def test_orders_and_problems_of_the_first_release_date_from_what_was_known(first: Database) -> None:
    upgrade(first)
    with first.read() as connection:
        orders = connection.execute(text("SELECT cause_ms, created_ms FROM enforcement ORDER BY id")).all()
        problems = connection.execute(text("SELECT first_s, last_s FROM gateway_problem ORDER BY nas_id")).all()
    assert orders == problems == [(number, number) for number in range(1, _ROWS + 1)]


def test_a_number_of_a_row_that_is_gone_names_no_other_after_an_upgrade(first: Database) -> None:
    with first.write() as connection:
        for table in reversed(_tables(connection)):
            connection.execute(table.delete())
    upgrade(first)
    person = {"username": "u", "username_key": "u", "name": "n"}
    with first.write() as connection:
        [opd_id] = connection.execute(insert(opd).values(code="C", name="n", kind="k").returning(opd.c.id)).one()
        [number] = connection.execute(insert(employee).values(**person, opd_id=opd_id).returning(employee.c.id)).one()
    assert opd_id > _ROWS
    assert number > _ROWS


_KILLED = """
import os, signal, sys
from netquota.storage import upgrade as upgrading
from netquota.storage.database import open_database

upgrading._refuse_dangling = lambda _: os.kill(os.getpid(), signal.SIGKILL)
upgrading.upgrade(open_database(sys.argv[1]))
"""


def test_an_upgrade_that_is_killed_leaves_the_earlier_schema_whole_and_goes_through_when_run_again(
    first: Database,
) -> None:
    shape = _shape(first)
    with first.read() as connection:
        content, revision = _content(connection), current(connection)
    first.dispose()
    died = subprocess.run([sys.executable, "-c", _KILLED, first.url], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert _shape(first) == shape
    with first.read() as connection:
        assert (_content(connection), current(connection)) == (content, revision)
    assert upgrade(first).after == _NEWEST
