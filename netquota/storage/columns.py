"""What tables are written with: the registry of all of them, and columns in few words."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# sqlite_autoincrement: counts and history go on naming a row that is gone, so its number must not name another.
Key = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only in INTEGER


def ident() -> Column[int]:
    """The row's number, given by the database."""
    return Column("id", Key, primary_key=True, autoincrement=True)


def version() -> Column[int]:
    """Counts the changes of a row that people edit."""
    return Column("version", Integer, nullable=False, server_default="1")


def rate(name: str, *, nullable: bool = True) -> tuple[Column[int], Column[int]]:
    """Two columns `<name>_down_bps`, `<name>_up_bps`: bit/s to and from the user."""
    return (
        Column(f"{name}_down_bps", BigInteger, nullable=nullable),
        Column(f"{name}_up_bps", BigInteger, nullable=nullable),
    )


def big(name: str, default: int | None = None, *, nullable: bool = False, index: bool = False) -> Column[int]:
    """A whole number of 64 bits."""
    text = None if default is None else str(default)
    return Column(name, BigInteger, nullable=nullable, index=index, server_default=text)


def interface(faces: str) -> tuple[Column[str], Column[str]]:
    """Where a gateway measures something: the interface's name, and to which side that looks by default."""
    return (
        Column("interface", String(63)),
        Column("interface_faces", String(8), nullable=False, server_default=faces),  # provider | users
    )


def learnt(name: str) -> tuple[Column[str] | Column[int], ...]:
    """What a gateway's answers told of an ability: the verdict, why and since when, and failures in a row."""
    return (
        Column(f"{name}_works", String(8), nullable=False, server_default="learn"),
        Column(f"{name}_why", String(40), nullable=False, server_default=""),
        big(f"{name}_since_s", nullable=True),
        Column(f"{name}_misses", Integer, nullable=False, server_default="0"),
        big(f"{name}_missed_s", nullable=True),  # the first of those in a row
    )
