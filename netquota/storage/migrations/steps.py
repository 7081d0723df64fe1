"""What revisions are written with: columns in few words, and changes of tables that keep what Alembic would lose.

A revision is a small file in `versions`, NNNN_what_it_does.py: the next number, the one before it, and `upgrade()`.
Whatever column it adds has a default or may be null, for there are rows already. These words mean what they mean for
good: a revision that was released goes on using them.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only in INTEGER


def ident() -> sa.Column[int]:
    """The row's number, given by the database."""
    return sa.Column("id", Key, primary_key=True, autoincrement=True)


def big(name: str, default: int | None = None, *, nullable: bool = False, index: bool = False) -> sa.Column[int]:
    """A whole number of 64 bits."""
    text = None if default is None else str(default)
    return sa.Column(name, sa.BigInteger, nullable=nullable, index=index, server_default=text)


def rate(name: str, *, nullable: bool = True) -> tuple[sa.Column[int], sa.Column[int]]:
    """Two columns `<name>_down_bps`, `<name>_up_bps`: bit/s to and from the user."""
    return (
        sa.Column(f"{name}_down_bps", sa.BigInteger, nullable=nullable),
        sa.Column(f"{name}_up_bps", sa.BigInteger, nullable=nullable),
    )


def text(name: str, longest: int, default: str = "") -> sa.Column[str]:
    """Words that are always there, if only empty."""
    return sa.Column(name, sa.String(longest), nullable=False, server_default=default)


def index_where(name: str, table: str, columns: list[str], where: str) -> None:
    """An index of the rows alone for which the SQL `where` holds."""
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def add(table: str, *columns: sa.Column[int] | sa.Column[str] | sa.Column[bool] | sa.Column[bytes]) -> None:
    """Add columns to a table that has rows."""
    with changing(table) as batch:
        for column in columns:
            batch.add_column(column)


@contextmanager
def changing(table: str) -> Generator[BatchOperations]:
    """Alembic's batch on a table, which SQLite makes anew where it must: as the kind of table that it was.

    Name each constraint as schema.py's convention does (`fk_<table>_<column>`, `uq_<table>_<column>`, ...).
    """
    if not _numbers_for_good(table):
        with op.batch_alter_table(table) as batch:
            yield batch
        return
    last = _last_number(table)
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as batch:
        yield batch
    if last is not None:
        _number_on_from(table, last)


def _numbers_for_good(table: str) -> bool:
    """Whether SQLite gives no number of the table twice (AUTOINCREMENT), which Alembic does not see."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return False
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    made_by = str(connection.execute(query, {"name": table}).scalar_one())
    return re.search(r"\bAUTOINCREMENT\b", made_by) is not None


def _last_number(table: str) -> int | None:
    """The last number that a row of the table got, also of one that is gone."""
    query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return op.get_bind().execute(query, {"name": table}).scalar()


def _number_on_from(table: str, last: int) -> None:
    """Counts and history go on naming rows that are gone: their numbers must name no other."""
    values = {"name": table, "seq": last}
    connection = op.get_bind()
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
    connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), values)
